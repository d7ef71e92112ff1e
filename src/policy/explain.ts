import type { Policy, RuleSetting } from '../model/policy.ts'
import { RULES, type RuleId } from '../model/rules.ts'
import type { LockEntry } from '../model/trust-lock.ts'
import type { EvidenceState, Finding, Verdict } from '../model/verdict.ts'
import { isLeftAlone, LEVEL_TABLE, type SetLevel, shownLevel } from './levels.ts'
import { matches } from './match.ts'
import { nameSigner } from './propose-lock.ts'
import type { Subject } from './rule.ts'

/** One entry of the policy or the lock that has to do with a dependency, and where it stands. */
export interface AppliedEntry {
  readonly kind: 'require' | 'allow' | 'waiver' | 'lock'
  readonly file: string
  readonly line: number
  /** What the entry says, in one sentence. */
  readonly says: string
}

/** How one rule looks at the dependency. */
export interface AppliedRule {
  readonly rule: RuleId
  /** What it does when it fires on this dependency. */
  readonly level: SetLevel
  /** Why: the profile, or the policy's own setting. */
  readonly because: string
}

/** Why the gate judges one dependency as it does: a value, for `policy explain` to print. */
export interface Explanation {
  readonly id: string
  readonly file: string
  readonly line: number
  readonly state: EvidenceState | undefined
  readonly reason: string | undefined
  readonly entries: readonly AppliedEntry[]
  readonly rules: readonly AppliedRule[]
  readonly findings: readonly Finding[]
}

/**
 * Collects what applied to one dependency.
 *
 * @param verdict of a gate over it, where there is one: without it nothing is said about its state
 */
export function explain(
  subject: Pick<Subject, 'dependency' | 'lock'>,
  policy: Policy,
  lockFile: string,
  verdict?: Verdict,
): Explanation {
  const { dependency, lock } = subject
  const { id, file, line } = dependency
  const judged = verdict?.dependencies.find((one) => one.id === id && one.file === file && one.line === line)
  return {
    id,
    file,
    line,
    state: judged?.state,
    reason: judged?.reason,
    entries: [
      ...requirements(subject, policy),
      ...allowed(subject, policy),
      ...waivers(subject, policy),
      ...(lock === undefined ? [] : [lockEntry(lock, lockFile)]),
    ],
    rules: RULES.map(({ id: rule }) => appliedRule(rule, subject, policy)),
    findings: judged?.findings ?? [],
  }
}

function requirements({ dependency }: Pick<Subject, 'dependency'>, policy: Policy): AppliedEntry[] {
  return policy.require
    .filter(({ match }) => matches(match, dependency))
    .map(({ source, signers, level, trust, evidence, mode, line, file = policy.file }) => {
      const parts = [
        evidence.length === 0 ? 'the usual evidence' : evidence.join(' and '),
        ...(source === undefined ? [] : [`from ${words(source)}`]),
        ...(signers === undefined ? [] : [`signed by ${signers.map(words).join(' or ')}`]),
        ...(level === undefined ? [] : [`at Build L${level} or above`]),
        ...(trust === undefined ? [] : [`under the roots of ${trust}`]),
        ...(mode === 'all-of' ? ['by all of its attestations'] : []),
      ]
      return { kind: 'require', file, line, says: `asks for ${parts.join(', ')}` }
    })
}

function allowed({ dependency }: Pick<Subject, 'dependency'>, policy: Policy): AppliedEntry[] {
  return policy.allow
    .filter(({ kind }) => kind === dependency.kind)
    .map(({ kind, line, file = policy.file, ...entry }) => ({
      kind: 'allow',
      file,
      line,
      says: `allows each ${kind} with ${words(entry)}`,
    }))
}

function waivers({ dependency }: Pick<Subject, 'dependency'>, policy: Policy): AppliedEntry[] {
  return policy.waivers
    .filter(({ match }) => matches(match, dependency, 'loosen'))
    .map(({ rule, owner, reason, expires, line, file = policy.file }) => ({
      kind: 'waiver',
      file,
      line,
      says: `waives ${rule} until ${expires}: ${reason} (${owner})`,
    }))
}

function lockEntry({ line, best, first, signers, unusual = [] }: LockEntry, file: string): AppliedEntry {
  const who = signers.length === 0 ? 'no signer' : signers.map(nameSigner).join(' or ')
  const odd = unusual.map(({ version, code }) => `${code} of ${version}`).join(', ')
  const says = `release line ${line}: ${best} since ${first}, from ${who}${odd === '' ? '' : `; unusual and recorded: ${odd}`}`
  return { kind: 'lock', file, line: 1, says }
}

function appliedRule(rule: RuleId, { dependency }: Pick<Subject, 'dependency'>, policy: Policy): AppliedRule {
  const setting: RuleSetting = policy.rules[rule] ?? {}
  if (isLeftAlone(setting, dependency)) return { rule, level: 'off', because: `${policy.file} leaves it alone` }
  const usual = LEVEL_TABLE[rule].fire[policy.profile === 'strict' ? 1 : 0]
  const level = setting.level ?? usual
  return {
    rule,
    level: shownLevel(level, policy.profile),
    because: setting.level === undefined ? `the profile ${policy.profile}` : `rules.${rule} in ${policy.file}`,
  }
}

function words(value: object): string {
  return Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .map(([key, one]) => `${key} ${Array.isArray(one) ? one.join(' or ') : String(one)}`)
    .join(', ')
}
