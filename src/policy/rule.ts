import type { Dependency, Discovery } from '../model/dependency.ts'
import type { ErrorCode } from '../model/error.ts'
import type { Evidence } from '../model/evidence.ts'
import type { DependencyFacts, PipelineFile } from '../model/facts.ts'
import type { FindingCode } from '../model/finding-codes.ts'
import type { Policy, RuleSetting } from '../model/policy.ts'
import type { Profile, RuleId } from '../model/rules.ts'
import type { LockEntry } from '../model/trust-lock.ts'

/**
 * How an entry stands to what was there before. With a base (pull request): `added`, `changed`, `unchanged`. Without
 * one: `known` when the trust lock has its name and release line, else `first-sight`.
 */
export type Change = 'added' | 'changed' | 'unchanged' | 'known' | 'first-sight'

/** One dependency with everything that was learned about it. Rules look at nothing else. */
export interface Subject {
  readonly dependency: Dependency
  readonly change: Change
  /** The entry of the same name in the base, where it differs. */
  readonly previous?: Dependency | undefined
  readonly evidence: Evidence
  readonly facts: DependencyFacts
  /** Of this name and release line. */
  readonly lock?: LockEntry | undefined
  /** Of this name, other lines. */
  readonly otherLines: readonly LockEntry[]
}

export interface RuleContext {
  readonly profile: Profile
  readonly policy: Policy
  /** Of this rule; empty where the policy says nothing. */
  readonly setting: RuleSetting
  readonly now: Date
}

/**
 * What a rule says. Levels are not its business: `evaluate` looks them up by rule, outcome, weight and profile.
 *
 * `weight`: `absolute` (default) counts at the rule's level; `context` counts so on entries that are new, changed or
 * known to the trust lock, and is `unusual` on first sight; `unusual` and `note` never fail.
 */
export interface Objection {
  readonly outcome: 'fire' | 'unknown'
  readonly code: FindingCode | ErrorCode
  readonly message: string
  readonly hint?: string | undefined
  readonly weight?: 'absolute' | 'context' | 'unusual' | 'note' | undefined
  /** Makes the state of the dependency this one, when the objection fails the run. */
  readonly state?: 'invalid' | 'changed' | 'lost' | undefined
}

/** An objection to something that is no dependency: a workflow's step, a manifest without its lock. */
export interface PipelineObjection extends Objection {
  readonly file: string
  readonly line: number
}

/** What a rule sees that looks at no single dependency. */
export interface Pipeline extends Discovery {
  /** Empty where nobody asked about them. */
  readonly pipelineFiles?: readonly PipelineFile[] | undefined
}

/** One row of the table of rules (`rules/index.ts`), one file, one anchor in `docs/policy.md`. Pure. */
export interface Rule {
  readonly id: RuleId
  /** Page and anchor: `docs/policy.md#signer-continuity`. */
  readonly docs: string
  readonly check?: (subject: Subject, context: RuleContext) => readonly Objection[]
  readonly checkPipeline?: (pipeline: Pipeline, context: RuleContext) => readonly PipelineObjection[]
}
