import type { ErrorCode, Limit } from './error.ts'
import type { FindingCode } from './finding-codes.ts'
import type { Waiver } from './policy.ts'
import type { Level, Profile, RuleId } from './rules.ts'

/** One for each dependency, exactly one (DESIGN §3). Worst first: the order in which reports count them. */
export const EVIDENCE_STATES = [
  'invalid',
  'changed',
  'lost',
  'unreachable',
  'unreadable',
  'absent',
  'unsupported',
  'waived',
  'registered',
  'verified',
] as const
export type EvidenceState = (typeof EVIDENCE_STATES)[number]

/** One rule's objection. A value: a bad dependency is never thrown. */
export interface Finding {
  readonly rule: RuleId
  readonly level: Level
  /** `unknown`: the rule could not learn what it needs; never shown as a pass. */
  readonly outcome: 'fire' | 'unknown'
  readonly code: FindingCode | ErrorCode
  readonly message: string
  readonly hint?: string | undefined
  /** Id of the dependency; absent for objections to a file, a workflow or the policy. */
  readonly dependency?: string | undefined
  readonly file: string
  readonly line: number
  /** The waiver that covers it; the level is then `note`. */
  readonly waiver?: Pick<Waiver, 'owner' | 'reason' | 'expires' | 'line' | 'file'> | undefined
}

/** Who vouched for one dependency, for people and for the next pipeline. Every string is hostile. */
export interface EvidenceSummary {
  readonly source: string
  readonly predicateType: string
  /** Name in the certificate, or the fingerprint of a key. */
  readonly signer: string
  readonly repository?: string | undefined
  readonly ref?: string | undefined
  readonly commit?: string | undefined
  readonly run?: string | undefined
  readonly domain: string
  readonly payloadSha256: string
}

export interface JudgedDependency {
  readonly id: string
  readonly name: string
  readonly version?: string | undefined
  readonly kind: string
  readonly state: EvidenceState
  /** `new`: not in the trust lock yet; `unusual`: valid, unlike its own history. */
  readonly qualifiers: readonly ('new' | 'unusual')[]
  readonly file: string
  readonly line: number
  readonly scope: string
  readonly evidence: readonly EvidenceSummary[]
  /** In one sentence why it has this state: `signed by …`, `the registry vouches for sha512-…`. */
  readonly reason: string
  readonly findings: readonly Finding[]
}

export interface Verdict {
  readonly result: 'PASSED' | 'FAILED'
  readonly profile: Profile
  /** Every state is there, also with 0. Their sum is `total`, or the run stops with `ACCOUNTING`. */
  readonly counts: Readonly<Record<EvidenceState, number>>
  readonly total: number
  /** What was judged: everything, or what differs from a base. */
  readonly judged: 'all' | { readonly base: string; readonly changed: number; readonly found: number }
  readonly dependencies: readonly JudgedDependency[]
  /** Of all dependencies, files, workflows and the policy; sorted by level, rule, file, line. */
  readonly findings: readonly Finding[]
  readonly limits: readonly Limit[]
}
