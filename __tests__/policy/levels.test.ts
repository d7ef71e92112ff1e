import { describe, expect, it } from 'vitest'
import type { RuleSetting } from '../../src/model/policy.ts'
import { LEVELS, PROFILES, type Profile, RULE_IDS, type RuleId } from '../../src/model/rules.ts'
import { isLeftAlone, isRuleOn, levelOf, shownLevel, wasRegistered } from '../../src/policy/levels.ts'
import type { Objection, Subject } from '../../src/policy/rule.ts'
import { contextOf, dependencyOf, lockOf, subjectOf } from '../support/subjects.ts'

type Code = Objection['code']
type SetLevel = ReturnType<typeof levelOf>

const say = (code: Code, outcome: Objection['outcome'] = 'fire', weight?: Objection['weight']): Objection => ({
  outcome,
  code,
  message: 'seen',
  ...(weight === undefined ? {} : { weight }),
})

/** The level of an objection under a profile, with what the policy sets for the rule. */
function level(
  rule: RuleId,
  objection: Objection,
  more: { readonly profile?: Profile; readonly setting?: RuleSetting; readonly subject?: Subject } = {},
): SetLevel {
  const { profile = 'recommended', setting = {}, subject } = more
  return levelOf(rule, objection, contextOf(rule, setting, profile).policy, subject)
}

/**
 * What fails and what is only printed, as the rules promise it: written out here a second time, so that a row that is
 * weakened by mistake, or by somebody who wants it weak, is noticed. Each: under `recommended`, under `strict`.
 */
const FAILS = 'fail fail'
const WARNS = 'warn fail'
const PRINTS = 'warn warn'
const PROMISED: readonly (readonly [RuleId, Code, fire: string, unknown: string])[] = [
  // The base check.
  ['valid-evidence', 'SIGNATURE_INVALID', FAILS, FAILS],
  ['missing-provenance', 'ATTESTATION_ABSENT', FAILS, FAILS],
  ['missing-provenance', 'UNSUPPORTED', 'note fail', FAILS],
  ['required-signer', 'SIGNER_WORKFLOW', FAILS, FAILS],
  ['allowed', 'NOT_ALLOWED', FAILS, FAILS],
  ['verifier-quorum', 'QUORUM_MISSING', FAILS, FAILS],
  ['locked', 'UNLOCKED_INSTALL', WARNS, WARNS],
  ['locked', 'RESOLVED_MISMATCH', FAILS, WARNS],
  ['locked', 'CONTRADICTION', FAILS, WARNS],
  ['readable', 'FILE_UNREAD', FAILS, FAILS],
  ['policy-change', 'POLICY_LOOSENED', FAILS, FAILS],
  ['waiver', 'WAIVER_EXPIRED', FAILS, FAILS],
  // R0 to R16, in their order.
  ['lock-matches-registry', 'REGISTRY_DIGEST_MISMATCH', FAILS, WARNS],
  ['lock-matches-registry', 'REGISTRY_NOT_VOUCHED', WARNS, WARNS],
  ['no-downgrade', 'ATTESTATION_LOST', FAILS, WARNS],
  ['signer-continuity', 'SIGNER_CHANGED', FAILS, WARNS],
  ['ref-allow-list', 'REF_DENIED', FAILS, WARNS],
  ['reachable-commit', 'COMMIT_UNREACHABLE', FAILS, WARNS],
  ['reviewed-source', 'UNREVIEWED', 'off warn', PRINTS],
  ['run-outcome', 'RUN_FAILED', FAILS, WARNS],
  ['cooldown', 'TOO_YOUNG', WARNS, WARNS],
  ['independent-rebuild', 'REBUILD_DIFFERS', 'off warn', PRINTS],
  ['closed-world-dependencies', 'SOURCE_NOT_REGISTRY', FAILS, WARNS],
  ['closed-world-dependencies', 'INDEX_CHANGED', FAILS, WARNS],
  ['closed-world-dependencies', 'NEW_UNATTESTED', WARNS, WARNS],
  ['closed-world-dependencies', 'EXTRA_INDEX', WARNS, WARNS],
  ['pinned-actions', 'UNPINNED_ACTION', WARNS, WARNS],
  ['pinned-actions', 'COMMIT_UNREACHABLE', FAILS, WARNS],
  ['no-cache-restore', 'CACHE_RESTORED', WARNS, WARNS],
  ['source-matches-archive', 'ARCHIVE_DRIFT', FAILS, WARNS],
  ['new-entry-points', 'NEW_INSTALL_SCRIPT', FAILS, WARNS],
  ['pinned-models', 'MODEL_UNSIGNED', WARNS, WARNS],
  ['pinned-models', 'OWNER_CHANGED', FAILS, WARNS],
  ['revoked', 'REVOKED', FAILS, WARNS],
  ['before-install', 'GATE_TOO_LATE', WARNS, PRINTS],
]

describe('the table of levels', () => {
  it('has a promise for every rule', () => {
    expect([...new Set(PROMISED.map(([rule]) => rule))]).toStrictEqual(RULE_IDS)
  })

  it.each(PROMISED)('%s weighs %s as it promises', (rule, code, fire, unknown) => {
    const both = (outcome: Objection['outcome'], profiles: readonly Profile[]) =>
      profiles.map((profile) => level(rule, say(code, outcome), { profile })).join(' ')
    expect(both('fire', ['recommended', 'strict'])).toBe(fire)
    expect(both('unknown', ['recommended', 'strict'])).toBe(unknown)
    // Until it is shown, `baseline` has the levels that enforcing would give.
    expect(both('fire', ['baseline'])).toBe(fire.split(' ')[0])
    expect(both('unknown', ['baseline'])).toBe(unknown.split(' ')[0])
  })

  it('fails nothing under baseline, and shows everything else as it is', () => {
    const shown = PROFILES.map((profile) => LEVELS.map((one) => shownLevel(one, profile)).join(' '))
    expect(shown).toStrictEqual(['warn warn unusual note', 'fail warn unusual note', 'fail warn unusual note'])
  })
})

describe('the level of an objection', () => {
  it('T-PP-21: notes a run that its platform no longer keeps, under every profile', () => {
    const gone = say('RUN_OUTCOME_EXPIRED', 'unknown')
    for (const profile of PROFILES) expect(level('run-outcome', gone, { profile })).toBe('note')
  })

  it.each(['note', 'unusual'] as const)('is %s where the rule says so, whatever the policy sets', (weight) => {
    const objection = say('RUN_FAILED', 'fire', weight)
    for (const profile of PROFILES) {
      expect(level('run-outcome', objection, { profile, setting: { level: 'fail' } })).toBe(weight)
    }
  })

  it('is what the policy sets for the rule; what was not learned fails only where the table says so', () => {
    const young = (outcome: Objection['outcome'], setting: RuleSetting) =>
      level('cooldown', say('TOO_YOUNG', outcome), { setting })
    expect(young('fire', {})).toBe('warn')
    expect(young('fire', { level: 'fail' })).toBe('fail')
    expect(young('unknown', { level: 'fail' })).toBe('warn')
    expect(young('fire', { level: 'off' })).toBe('off')
    expect(young('unknown', { level: 'off' })).toBe('off')
    const strict = { profile: 'strict', setting: { level: 'warn' } } as const
    expect(level('cooldown', say('TOO_YOUNG'), strict)).toBe('warn')
    expect(level('cooldown', say('TOO_YOUNG', 'unknown'), strict)).toBe('warn')
  })

  it('fails for what a policy requires by name, learned or not, and for nothing else', () => {
    const setting = { requireFor: ['pkg:npm/@acme/**'] }
    const at = (id: string, outcome: Objection['outcome']) =>
      level('independent-rebuild', say('CONTEXT_UNKNOWN', outcome), { setting, subject: subjectOf({ id }) })
    expect(at('pkg:npm/%40acme/app@1.2.3', 'fire')).toBe('fail')
    expect(at('pkg:npm/%40acme/app@1.2.3', 'unknown')).toBe('fail')
    expect(at('pkg:npm/%40acme-evil/app@1.2.3', 'fire')).toBe('off')
    expect(at('pkg:npm/%40acme-evil/app@1.2.3', 'unknown')).toBe('warn')
    const subject = subjectOf({})
    expect(level('independent-rebuild', say('CONTEXT_UNKNOWN'), { subject })).toBe('off')
  })

  it('is off for what the policy excepts, and for that alone', () => {
    const at = (id: string, setting: RuleSetting) =>
      level('signer-continuity', say('SIGNER_CHANGED'), { setting, subject: subjectOf({ id }) })
    const setting = { except: ['pkg:npm/@acme/**'] }
    expect(at('pkg:npm/%40acme/app@1.2.3', setting)).toBe('off')
    expect(at('pkg:npm/other@1.2.3', setting)).toBe('fail')
    // An objection to no dependency has no package that could be excepted.
    expect(level('signer-continuity', say('SIGNER_CHANGED'), { setting })).toBe('fail')
  })

  it('T-NS-19: fails where the registry answered for this name before and cannot be asked now', () => {
    const at = (rule: RuleId, outcome: Objection['outcome'], best: 'none' | 'registered' | 'signed' | 'provenance') =>
      level(rule, say('SOURCE_UNREACHABLE', outcome), { subject: subjectOf({ lock: lockOf({ best }) }) })
    expect(at('lock-matches-registry', 'unknown', 'none')).toBe('warn')
    expect(at('lock-matches-registry', 'unknown', 'registered')).toBe('fail')
    expect(at('lock-matches-registry', 'unknown', 'provenance')).toBe('fail')
    // That is about the registry's silence alone.
    expect(at('no-downgrade', 'unknown', 'registered')).toBe('warn')
    const missing = say('REGISTRY_NOT_VOUCHED')
    expect(level('lock-matches-registry', missing, { subject: subjectOf({ lock: lockOf() }) })).toBe('warn')
    const unknown = say('SOURCE_UNREACHABLE', 'unknown')
    expect(level('lock-matches-registry', unknown, { subject: subjectOf({}) })).toBe('warn')
    expect(level('lock-matches-registry', unknown)).toBe('warn')
  })

  it('knows from the lock alone whether a registry answered', () => {
    const locked = (best: 'none' | 'registered' | 'signed' | 'provenance') =>
      wasRegistered(subjectOf({ lock: lockOf({ best }) }))
    expect([locked('none'), locked('registered'), locked('signed'), locked('provenance')]).toStrictEqual([
      false,
      true,
      true,
      true,
    ])
    expect([wasRegistered(subjectOf({})), wasRegistered(undefined)]).toStrictEqual([false, false])
  })
})

describe('context on first sight', () => {
  const DENIED = say('REF_DENIED', 'fire', 'context')
  const at = (subject: Partial<Subject>, objection = DENIED, profile: Profile = 'recommended') =>
    level('ref-allow-list', objection, { profile, subject: subjectOf(subject) })

  it('is unusual on an entry that neither the diff nor the lock has, and absolute under strict', () => {
    expect(at({ change: 'first-sight' })).toBe('unusual')
    expect(at({ change: 'unchanged' })).toBe('unusual')
    expect(at({ change: 'first-sight' }, DENIED, 'baseline')).toBe('unusual')
    expect(at({ change: 'first-sight' }, DENIED, 'strict')).toBe('fail')
    expect(at({ change: 'first-sight' }, say('REF_DENIED'))).toBe('fail')
    // Of no dependency: nothing was seen before that could excuse it.
    expect(level('ref-allow-list', DENIED)).toBe('fail')
  })

  it('counts in full on an entry that is new, changed or in the lock', () => {
    for (const change of ['added', 'changed'] as const) expect(at({ change })).toBe('fail')
    expect(at({ change: 'known', lock: lockOf() })).toBe('fail')
    expect(at({ change: 'unchanged', lock: lockOf() })).toBe('fail')
  })

  it('is unusual where the lock has a record of this very version and code, and is not where it was not learned', () => {
    const lock = lockOf({ unusual: [{ version: '1.2.3', code: 'REF_DENIED' }] })
    expect(at({ change: 'known', lock })).toBe('unusual')
    expect(at({ change: 'known', lock }, say('TRIGGER_DENIED', 'fire', 'context'))).toBe('fail')
    const later = dependencyOf('pkg:npm/%40acme/app@1.2.4')
    expect(at({ change: 'known', lock, dependency: later })).toBe('fail')
    expect(at({ change: 'known', lock }, say('REF_DENIED', 'unknown', 'context'))).toBe('warn')
    expect(at({ change: 'known', lock }, DENIED, 'strict')).toBe('fail')
  })

  it('stays off where the rule is off', () => {
    const subject = subjectOf({ change: 'first-sight' })
    expect(level('reviewed-source', say('UNREVIEWED', 'fire', 'context'), { subject })).toBe('off')
  })
})

describe('what a rule leaves alone', () => {
  const of = (scope: 'runtime' | 'development' | 'unspecified') => dependencyOf('pkg:npm/a@1.0.0', { scope })

  it('takes a scope that nobody states for run time, and matches it by its own name too', () => {
    expect(isLeftAlone({ scopes: ['runtime'] }, of('runtime'))).toBe(false)
    expect(isLeftAlone({ scopes: ['runtime'] }, of('development'))).toBe(true)
    expect(isLeftAlone({ scopes: ['runtime'] }, of('unspecified'))).toBe(false)
    expect(isLeftAlone({ scopes: ['unspecified'] }, of('unspecified'))).toBe(false)
    expect(isLeftAlone({ scopes: ['development'] }, of('unspecified'))).toBe(true)
    expect(isLeftAlone({}, of('development'))).toBe(false)
  })

  it('does not except bytes from a git repository that have the name of an excepted package', () => {
    const except = ['pkg:npm/a']
    expect(isLeftAlone({ except }, of('runtime'))).toBe(true)
    expect(isLeftAlone({ except: ['pkg:npm/b', ...except] }, of('runtime'))).toBe(true)
    expect(isLeftAlone({ except: ['pkg:npm/b'] }, of('runtime'))).toBe(false)
    expect(isLeftAlone({ except: [] }, of('runtime'))).toBe(false)
    const git = dependencyOf('pkg:npm/a@1.0.0?vcs_url=git%2Bhttps://github.com/evil/a', { source: 'git' })
    expect(isLeftAlone({ except }, git)).toBe(false)
  })
})

describe('whether a rule is asked at all', () => {
  const on = (rule: RuleId, profile: Profile, setting: RuleSetting = {}) =>
    isRuleOn(rule, contextOf(rule, setting, profile).policy)

  it('is so unless its level is off, by the policy or by the table', () => {
    expect(PROFILES.map((profile) => on('reviewed-source', profile))).toStrictEqual([false, false, true])
    expect(PROFILES.map((profile) => on('signer-continuity', profile))).toStrictEqual([true, true, true])
    expect(on('signer-continuity', 'strict', { level: 'off' })).toBe(false)
    expect(on('reviewed-source', 'recommended', { level: 'warn' })).toBe(true)
    expect(on('reviewed-source', 'recommended', { requireFor: ['pkg:npm/**'] })).toBe(true)
    expect(on('reviewed-source', 'recommended', { requireFor: [] })).toBe(false)
  })
})
