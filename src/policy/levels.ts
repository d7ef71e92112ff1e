import type { Dependency } from '../model/dependency.ts'
import type { ErrorCode } from '../model/error.ts'
import type { FindingCode } from '../model/finding-codes.ts'
import type { Policy, RuleSetting } from '../model/policy.ts'
import type { Level, Profile, RuleId } from '../model/rules.ts'
import { EVIDENCE_TIERS } from '../model/trust-lock.ts'
import { isRecorded } from './lock-entries.ts'
import { matchesAnyPurl, matchesPurl } from './match.ts'
import type { Objection, Subject } from './rule.ts'

/** `off`: nothing is said at all. */
export type SetLevel = Level | 'off'
/** Under `recommended` and under `strict`. `baseline` is `recommended` that never fails. */
type Levels = readonly [recommended: SetLevel, strict: SetLevel]

interface RuleLevels {
  readonly fire: Levels
  /** What could not be learned (threats.md §0, "A rule that answers unknown"). */
  readonly unknown: Levels
  /** Codes of the rule that weigh otherwise. */
  readonly codes?: Readonly<Partial<Record<FindingCode | ErrorCode, Levels>>>
}

const FAIL: Levels = ['fail', 'fail']
const CHANGE: Levels = ['warn', 'fail']
const PRINTED: Levels = ['warn', 'warn']

/** incidents.md §1, "Proposed level", and threats.md §0 in one table. */
export const LEVEL_TABLE: Readonly<Record<RuleId, RuleLevels>> = {
  'valid-evidence': { fire: FAIL, unknown: FAIL },
  // By state; what a `require` entry asks for fails under both. See `states.ts`.
  'missing-provenance': { fire: FAIL, unknown: FAIL, codes: { UNSUPPORTED: ['note', 'fail'] } },
  'required-signer': { fire: FAIL, unknown: FAIL },
  // Default-deny: what is not shown to be allowed is not allowed.
  allowed: { fire: FAIL, unknown: FAIL },
  'verifier-quorum': { fire: FAIL, unknown: FAIL },
  locked: { fire: CHANGE, unknown: CHANGE, codes: { RESOLVED_MISMATCH: FAIL, CONTRADICTION: FAIL } },
  readable: { fire: FAIL, unknown: FAIL },
  'policy-change': { fire: FAIL, unknown: FAIL },
  waiver: { fire: FAIL, unknown: FAIL },
  // Not vouched for is the state `absent`, which recommended prints; other bytes than the registry's are not that.
  'lock-matches-registry': { fire: FAIL, unknown: CHANGE, codes: { REGISTRY_NOT_VOUCHED: CHANGE } },
  'no-downgrade': { fire: FAIL, unknown: CHANGE },
  'signer-continuity': { fire: FAIL, unknown: CHANGE },
  'ref-allow-list': { fire: FAIL, unknown: CHANGE },
  'reachable-commit': { fire: FAIL, unknown: CHANGE },
  'reviewed-source': { fire: ['off', 'warn'], unknown: PRINTED },
  'run-outcome': { fire: FAIL, unknown: CHANGE },
  cooldown: { fire: CHANGE, unknown: CHANGE },
  'independent-rebuild': { fire: ['off', 'warn'], unknown: PRINTED },
  // A further index may have been asked for years: what changes its index fails, entry by entry.
  'closed-world-dependencies': { fire: FAIL, unknown: CHANGE, codes: { NEW_UNATTESTED: CHANGE, EXTRA_INDEX: CHANGE } },
  // An impostor commit is no lack of care, it is an attack.
  'pinned-actions': { fire: CHANGE, unknown: CHANGE, codes: { COMMIT_UNREACHABLE: FAIL } },
  'no-cache-restore': { fire: CHANGE, unknown: CHANGE },
  'source-matches-archive': { fire: FAIL, unknown: CHANGE },
  'new-entry-points': { fire: FAIL, unknown: CHANGE },
  'pinned-models': { fire: CHANGE, unknown: CHANGE, codes: { OWNER_CHANGED: FAIL } },
  revoked: { fire: FAIL, unknown: CHANGE },
  'before-install': { fire: CHANGE, unknown: PRINTED },
}

/**
 * The level of one objection, as an enforcing profile would have it: under `baseline` that of `recommended`, so that its
 * report shows the states that enforcing would give. {@link shownLevel} takes the failing out.
 */
export function levelOf(rule: RuleId, objection: Objection, policy: Policy, subject?: Subject): SetLevel {
  const setting = policy.rules[rule] ?? {}
  if (setting.level === 'off' || (subject !== undefined && isLeftAlone(setting, subject.dependency))) return 'off'
  // Older than the platform keeps runs: nobody can know any more (R6).
  if (objection.code === 'RUN_OUTCOME_EXPIRED') return 'note'
  if (objection.weight === 'note' || objection.weight === 'unusual') return objection.weight
  if (subject !== undefined && matchesAnyPurl(setting.requireFor, subject.dependency)) return 'fail'
  const level = settingLevel(setting, objection) ?? tableLevel(rule, objection, policy.profile, subject)
  if (objection.weight !== 'context' || policy.profile === 'strict' || subject === undefined) return level
  // Context that was never seen before is recorded, not refused: most projects meet it on day one. Nor is it refused
  // later, as long as it is about the version of which it was recorded.
  const recorded = objection.outcome === 'fire' && isRecorded(subject.lock, subject.dependency, objection.code)
  return (isFirstSight(subject) || recorded) && level !== 'off' ? 'unusual' : level
}

/** A rule that is set to fail still cannot fail what it could not learn: that is what the table is for. */
function settingLevel({ level }: RuleSetting, { outcome }: Objection): SetLevel | undefined {
  return outcome === 'fire' || level === 'warn' ? level : undefined
}

function tableLevel(rule: RuleId, objection: Objection, profile: Profile, subject: Subject | undefined): SetLevel {
  const row = LEVEL_TABLE[rule]
  // The registry vouched for this name before: that it cannot be asked now is a change.
  const answered = rule === 'lock-matches-registry' && objection.outcome === 'unknown' && wasRegistered(subject)
  if (answered) return 'fail'
  const levels = objection.outcome === 'unknown' ? row.unknown : (row.codes?.[objection.code] ?? row.fire)
  return levels[profile === 'strict' ? 1 : 0]
}

export const wasRegistered = (subject: Subject | undefined): boolean =>
  subject?.lock !== undefined && EVIDENCE_TIERS.indexOf(subject.lock.best) >= EVIDENCE_TIERS.indexOf('registered')

/** Neither in the diff nor in the trust lock. */
function isFirstSight({ change, lock }: Subject): boolean {
  return change === 'first-sight' || (change === 'unchanged' && lock === undefined)
}

/** Is this dependency outside what the rule looks at? */
export function isLeftAlone({ except, scopes }: RuleSetting, dependency: Dependency): boolean {
  const scope = dependency.scope === 'unspecified' ? 'runtime' : dependency.scope
  if (scopes !== undefined && !scopes.includes(scope) && !scopes.includes(dependency.scope)) return true
  return except?.some((pattern) => matchesPurl(pattern, dependency, 'loosen')) === true
}

/** What the report shows: `baseline` only reports. */
export const shownLevel = <T extends SetLevel>(level: T, profile: Profile): T | 'warn' =>
  profile === 'baseline' && level === 'fail' ? 'warn' : level

/** Can the rule say anything under this policy? What no rule needs is not asked for. */
export function isRuleOn(rule: RuleId, { profile, rules }: Pick<Policy, 'profile' | 'rules'>): boolean {
  const { level, requireFor = [] } = rules[rule] ?? {}
  if (level !== undefined) return level !== 'off'
  return requireFor.length > 0 || LEVEL_TABLE[rule].fire[profile === 'strict' ? 1 : 0] !== 'off'
}
