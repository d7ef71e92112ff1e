import { describe, expect, it } from 'vitest'
import type { RuleSetting } from '../../src/model/policy.ts'
import type { Profile } from '../../src/model/rules.ts'
import type { LockEntry } from '../../src/model/trust-lock.ts'
import { findFirstSights } from '../../src/policy/first-sight.ts'
import { levelOf } from '../../src/policy/levels.ts'
import { defaultPolicy } from '../../src/policy/parse-policy.ts'
import type { Objection, Rule, Subject } from '../../src/policy/rule.ts'
import { dependencyOf, NOW, rule, subjectOf } from './support.ts'

const UNREACHABLE: Objection = { outcome: 'fire', code: 'COMMIT_UNREACHABLE', message: 'x', weight: 'context' }
const KNOWN: LockEntry = {
  ...{ ecosystem: 'npm', name: '@acme/app', line: '1', best: 'provenance', first: '1.0.0', signers: [] },
}
const RECORDED: LockEntry = { ...KNOWN, unusual: [{ version: '1.2.3', code: 'COMMIT_UNREACHABLE' }] }

const judging = (objections: readonly Objection[], setting: RuleSetting = {}, profile: Profile = 'recommended') => ({
  policy: { ...defaultPolicy(profile), rules: { 'reachable-commit': setting } },
  rules: [rule('reachable-commit', ...objections)],
  now: NOW,
})
const seen = (subject: Partial<Subject>, ...given: Parameters<typeof judging>) =>
  findFirstSights([subjectOf(subject)], judging(...given))[0]

/** A rule that looks at the profile. */
const onlyUnder = (wanted: Profile, code: Objection['code'] = 'RUN_FAILED'): Rule => ({
  ...rule('reachable-commit'),
  check: (_, { profile }) => (profile === wanted ? [{ ...UNREACHABLE, code }] : []),
})

describe('a first sight', () => {
  it.each(['baseline', 'recommended', 'strict'] as const)('has context that is no failure, under %s', (profile) => {
    expect(seen({}, [UNREACHABLE, UNREACHABLE], {}, profile)).toStrictEqual(['COMMIT_UNREACHABLE'])
  })

  it.each(['first-sight', 'added', 'unchanged'] as const)('is what is new to the lock: %s', (change) => {
    expect(seen({ change }, [UNREACHABLE])).toStrictEqual(['COMMIT_UNREACHABLE'])
  })

  it.each<[string, Partial<Subject>]>([
    ['the lock knows', { lock: KNOWN }],
    ['the lock knows, added in this diff', { lock: KNOWN, change: 'added' }],
    ['had another version before', { change: 'changed' }],
  ])('is nothing that %s', (_, subject) => {
    expect(seen(subject, [UNREACHABLE])).toStrictEqual([])
  })

  it.each<[string, Objection, RuleSetting]>([
    ['fails on first sight too', { ...UNREACHABLE, weight: 'absolute' }, {}],
    ['never fails', { ...UNREACHABLE, weight: 'unusual' }, {}],
    ['could not be learned', { ...UNREACHABLE, outcome: 'unknown', code: 'CONTEXT_UNKNOWN' }, {}],
    ['is switched off', UNREACHABLE, { level: 'off' }],
    ['is left alone', UNREACHABLE, { except: ['pkg:npm/@acme/**'] }],
    ['is asked for of this one', UNREACHABLE, { requireFor: ['pkg:npm/@acme/**'] }],
  ])('does not record what %s', (_, objection, setting) => {
    expect(seen({}, [objection], setting)).toStrictEqual([])
  })

  it('is looked at as `recommended` does, by the rules too', () => {
    const strictly = {
      ...judging([], {}, 'strict'),
      rules: [onlyUnder('strict'), onlyUnder('recommended', 'REF_DENIED')],
    }
    expect(findFirstSights([subjectOf()], strictly)).toStrictEqual([['REF_DENIED']])
  })

  it('is nothing of a tag: it can be moved to what was never seen', () => {
    const tag = dependencyOf('pkg:github/acme/do@v4', { kind: 'action', source: 'git', digests: {} })
    const pinned = { ...tag, digests: { gitCommit: 'c'.repeat(40) } }
    expect(seen({ dependency: tag }, [UNREACHABLE])).toStrictEqual([])
    expect(seen({ dependency: pinned }, [UNREACHABLE])).toStrictEqual(['COMMIT_UNREACHABLE'])
  })

  it('is told apart by subject', () => {
    const both = [subjectOf({ lock: KNOWN }), subjectOf()]
    expect(findFirstSights(both, judging([UNREACHABLE]))).toStrictEqual([[], ['COMMIT_UNREACHABLE']])
  })
})

describe('the level of what the lock has recorded', () => {
  const level = (subject: Partial<Subject>, objection = UNREACHABLE, profile: Profile = 'recommended') =>
    levelOf('reachable-commit', objection, defaultPolicy(profile), subjectOf(subject))

  it.each(['known', 'unchanged', 'added', 'changed'] as const)('is unusual again: %s', (change) => {
    expect(level({ lock: RECORDED, change })).toBe('unusual')
    expect(level({ lock: KNOWN, change })).toBe('fail')
  })

  it('is that of strict under strict', () => {
    expect(level({ lock: RECORDED }, UNREACHABLE, 'strict')).toBe('fail')
  })

  it.each<[string, Objection]>([
    ['another code', { ...UNREACHABLE, code: 'RUN_FAILED' }],
    ['what is no context', { ...UNREACHABLE, weight: 'absolute' }],
  ])('is as ever for %s', (_, objection) => {
    expect(level({ lock: RECORDED }, objection)).toBe('fail')
  })

  it('is as ever for what could not be learned', () => {
    expect(level({ lock: RECORDED }, { ...UNREACHABLE, outcome: 'unknown' })).toBe('warn')
  })

  it('is as ever for another version', () => {
    const { dependency } = subjectOf({ id: 'pkg:npm/%40acme/app@1.2.4' })
    expect(level({ lock: RECORDED, dependency })).toBe('fail')
  })
})
