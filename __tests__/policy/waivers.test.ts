import { describe, expect, it } from 'vitest'
import type { Policy, Waiver } from '../../src/model/policy.ts'
import { defaultPolicy } from '../../src/policy/parse-policy.ts'
import { type Approval, applyWaivers, isApproved, type WaiverChange } from '../../src/policy/waivers.ts'
import { dependencyOf, NOW } from '../support/subjects.ts'

const APP = dependencyOf('pkg:npm/%40acme/app@1.2.3')
const FORK = dependencyOf('pkg:npm/fork@1.0.0?vcs_url=git%2Bhttps://evil.example/x')
const PAD = dependencyOf('pkg:npm/left-pad@1.3.0')

const waiver = (more: Partial<Waiver> = {}): Waiver => ({
  match: { purl: 'pkg:npm/@acme/app' },
  rule: 'cooldown',
  reason: 'we wrote it',
  owner: 'platform',
  expires: '2026-10-20',
  created: '2026-09-25',
  line: 5,
  ...more,
})

interface Given {
  readonly limits?: Partial<Policy['waiverLimits']>
  readonly now?: Date
  readonly change?: WaiverChange
  readonly dependencies?: readonly (typeof APP)[]
}
function review(
  waivers: readonly Waiver[],
  { limits, now = NOW, change, dependencies = [APP, PAD, FORK] }: Given = {},
) {
  const policy = defaultPolicy()
  const waiverLimits = { ...policy.waiverLimits, ...limits }
  return applyWaivers({ ...policy, waivers, waiverLimits }, dependencies, now, change)
}
/** What is wrong with one waiver: code and the whole message. */
const faults = (waivers: readonly Waiver[], given: Given = {}) =>
  review(waivers, given).faults.map((one) => `${one.waiver.line} ${one.code}: ${one.message}`)

const team: Approval = { login: 'Alice', teams: ['acme/security'] }
const outsider: Approval = { login: 'mallory', teams: [] }

describe('a change is approved', () => {
  it.for<[string, readonly string[] | undefined, readonly Approval[] | undefined, boolean]>([
    ['by anybody, where nobody is named', undefined, [outsider], true],
    ['by nobody, where nobody is named', undefined, [], false],
    ['by nobody, where nobody could be asked', undefined, undefined, false],
    ['by a login that is named, in any case', ['alice'], [team], true],
    ['by the team of one', ['acme/security'], [team], true],
    ['by one of two', ['alice'], [outsider, team], true],
    ['not by somebody who is not named', ['alice'], [outsider], false],
    ['not by a team that is not named', ['acme/other'], [team], false],
    ['not by anybody, where none is named at all', [], [team], false],
  ])('%s', ([, approvers, approvals, expected]) => {
    expect(isApproved({ maxDays: 30, solo: false, approvers }, approvals)).toBe(expected)
  })
})

describe('a waiver covers', () => {
  const finds = (one: Waiver, ...[rule, dependency, file]: Parameters<ReturnType<typeof review>['find']>) =>
    review([one]).find(rule, dependency, file) === one

  it.for<[string, boolean, Partial<Waiver>, typeof APP | undefined, string]>([
    ['the package it names', true, {}, APP, ''],
    ['no other package', false, {}, PAD, ''],
    ['the file it names', true, { match: { name: 'a/*.yml' } }, undefined, 'a/ci.yml'],
    ['no other file', false, { match: { name: 'a/*.yml' } }, undefined, 'b/ci.yml'],
    ['no file, where it names a package', false, {}, undefined, 'pkg:npm/@acme/app'],
    // Whoever narrows a waiver to a package does not mean the file of that name.
    [
      'no file, where it asks for more than a name',
      false,
      { match: { name: 'a.yml', kind: 'package' } },
      undefined,
      'a.yml',
    ],
    ['a package by its name', true, { match: { name: '@acme/app' } }, APP, '@acme/app'],
    ['no package by the file it is in', false, { match: { name: 'package-lock.json' } }, APP, 'package-lock.json'],
  ])('%s: %s', ([, expected, more, dependency, file]) => {
    expect(finds(waiver(more), 'cooldown', dependency, file)).toBe(expected)
  })

  it('one rule and no other', () => {
    expect(finds(waiver(), 'revoked', APP, '')).toBe(false)
  })

  it('what it names also beside one that is broken, and that one covers nothing', () => {
    const broken = waiver({ reason: '', match: { purl: 'pkg:npm/left-pad' }, line: 6 })
    const { faults: found, find } = review([broken, waiver()])
    expect(found.map((one) => one.waiver.line)).toEqual([6])
    expect([find('cooldown', APP, '')?.line, find('cooldown', PAD, '')]).toEqual([5, undefined])
  })
})

describe('a waiver does not count', () => {
  it.for<[string, Partial<Waiver>, string]>([
    ['that names nothing', { match: {} }, 'names nothing'],
    ['without a reason', { reason: ' \t' }, 'gives no reason'],
    ['without an owner', { owner: ' \t' }, 'has no owner'],
  ])('%s', ([, more, message]) => {
    expect(faults([waiver(more)])).toEqual([`5 WAIVER_INVALID: the waiver ${message}`])
  })

  const at = (time: string) => new Date(time)
  it.for<[string, Partial<Waiver>, Date, string | undefined]>([
    ['in the last second of its last day', { expires: '2026-10-01' }, at('2026-10-01T23:59:59.999Z'), undefined],
    [
      'in the first of the next',
      { expires: '2026-10-01' },
      at('2026-10-02T00:00:00Z'),
      'WAIVER_EXPIRED: the waiver ended on 2026-10-01',
    ],
    ['for the days that are allowed', { created: '2026-09-25', expires: '2026-10-25' }, NOW, undefined],
    [
      'for a day more',
      { created: '2026-09-25', expires: '2026-10-26' },
      NOW,
      'WAIVER_INVALID: the waiver lasts longer than 30 days',
    ],
    [
      'from now on, where it does not say since when',
      { created: undefined, expires: '2026-10-31' },
      at('2026-10-01T00:00:00Z'),
      undefined,
    ],
    [
      'from now on, for a day more',
      { created: undefined, expires: '2026-11-01' },
      at('2026-10-01T00:00:00Z'),
      'WAIVER_INVALID: the waiver lasts longer than 30 days',
    ],
    // Somewhere it is tomorrow already.
    ['that is dated a day ahead', { created: '2026-10-02' }, at('2026-10-01T00:00:00Z'), undefined],
    [
      'that is dated two days ahead',
      { created: '2026-10-03' },
      at('2026-10-01T23:59:59Z'),
      'WAIVER_INVALID: the waiver says that it was written on 2026-10-03, which is still to come',
    ],
  ])('%s, or does: %o', ([, more, now, message]) => {
    expect(faults([waiver(more)], { now })).toEqual(message === undefined ? [] : [`5 ${message}`])
  })

  it('says what to do about it', () => {
    const [expired] = review([waiver({ expires: '2026-09-30' })]).faults
    expect(expired?.hint).toContain('new one')
    const [long] = review([waiver({ expires: '2026-12-24' })]).faults
    expect(long?.hint).toContain('`expires`')
  })
})

describe('two waivers of one rule', () => {
  const other = (more: Partial<Waiver> = {}) => waiver({ match: { purl: 'pkg:npm/@acme/*' }, line: 6, ...more })
  const stacked = (one: number, two: number) =>
    `${one} WAIVER_INVALID: two waivers of cooldown cover one dependency (the other: line ${two}); neither counts`

  it.for<[string, readonly Waiver[], readonly string[]]>([
    ['do not count for one dependency', [waiver(), other()], [stacked(5, 6), stacked(6, 5)]],
    ['count for one dependency each', [waiver(), other({ match: { purl: 'pkg:npm/left-pad' } })], []],
    ['count, where one is about nothing that is there', [waiver(), other({ match: { purl: 'pkg:npm/gone' } })], []],
    [
      'count, where both are about nothing that is there',
      [waiver({ match: { purl: 'pkg:npm/gone' } }), other({ match: { purl: 'pkg:npm/gone' } })],
      [],
    ],
    [
      'count, where only a package of that name from a git repository is there',
      [waiver({ match: { purl: 'pkg:npm/fork' } }), other({ match: { purl: 'pkg:npm/fork@1.0.0' } })],
      [],
    ],
    ['count, where the rules are two', [waiver(), other({ rule: 'revoked' })], []],
    [
      'do not count for one file',
      [waiver({ match: { name: 'a.yml' } }), other({ match: { name: 'a.yml' } })],
      [stacked(5, 6), stacked(6, 5)],
    ],
    ['count for two files', [waiver({ match: { name: 'a.yml' } }), other({ match: { name: 'b.yml' } })], []],
    // Files are no dependencies: two that would match any path or none cover none together.
    ['count for a file and a package', [waiver(), other({ match: { name: 'a.yml' } })], []],
  ])('%s', ([, waivers, expected]) => {
    expect(faults(waivers)).toEqual(expected)
  })

  it('leave a third one alone', () => {
    const third = waiver({ match: { purl: 'pkg:npm/left-pad' }, line: 7 })
    const { find, faults: found } = review([waiver(), third, other()])
    expect(found.map((one) => one.waiver.line)).toEqual([5, 6])
    expect([find('cooldown', APP, ''), find('cooldown', PAD, '')?.line]).toEqual([undefined, 7])
  })
})

describe('a waiver that the change itself adds', () => {
  const change = (more: Partial<WaiverChange> = {}): WaiverChange => ({ isNew: () => true, author: 'bob', ...more })
  const NAMED = { approvers: ['alice', 'carol'] }
  const TEAM = { approvers: ['acme/security', 'alice'] }
  const NO = 'the waiver is new, and'

  it.for<[string, Given, string | undefined]>([
    [
      'counts with the approval of one who is named',
      { limits: NAMED, change: change({ approvals: [team] }) },
      undefined,
    ],
    [
      'does not with that of somebody else',
      { limits: NAMED, change: change({ approvals: [outsider] }) },
      `${NO} none of those who may has approved this commit`,
    ],
    [
      'does not with none',
      { limits: NAMED, change: change({ approvals: [] }) },
      `${NO} none of those who may has approved this commit`,
    ],
    [
      'does not where nobody could be asked',
      { limits: NAMED, change: change() },
      `${NO} nobody could be asked who approved it`,
    ],
    [
      'does not where nobody could be asked, of a team either',
      { limits: TEAM, change: change() },
      `${NO} nobody could be asked who approved it`,
    ],
    [
      'does not where teams are not known',
      { limits: TEAM, change: change({ approvals: [outsider] }) },
      `${NO} whether who approved it is one of @acme/security, @alice is not known`,
    ],
    [
      'does not where a team is named and nobody approved',
      { limits: TEAM, change: change({ approvals: [] }) },
      `${NO} none of those who may has approved this commit`,
    ],
    // A pull request that takes the approvers out of the policy is held to those of its base.
    [
      'does not with what the change made of the limits',
      { change: change({ approvals: [outsider], limits: { maxDays: 30, solo: true, ...NAMED } }) },
      `${NO} none of those who may has approved this commit`,
    ],
    [
      'counts where the base names nobody',
      { change: change({ approvals: [], limits: { maxDays: 30, solo: false } }) },
      undefined,
    ],
    ['counts where it was there before', { limits: NAMED, change: change({ isNew: () => false }) }, undefined],
    ['counts where nobody knows who wrote the change', { change: { isNew: () => true } }, undefined],
  ])('%s', ([, given, message]) => {
    expect(faults([waiver()], given)).toEqual(message === undefined ? [] : [`5 WAIVER_INVALID: ${message}`])
  })

  it('tells whose approval it needs, and that teams cannot be looked into', () => {
    const hint = (limits: Given['limits']) =>
      review([waiver()], { limits: limits ?? {}, change: change() }).faults[0]?.hint
    expect(hint(NAMED)).toBe('Have this very commit approved by @alice, @carol.')
    expect(hint(TEAM)).toMatch(/^Have this very commit approved by @acme\/security, @alice\. .*team/)
    expect(hint({ approvers: ['alice', 'acme/security'] })).toMatch(/team/)
  })

  it.for<[string, owner: string, author: string, own: boolean]>([
    ['by its author', 'bob', 'bob', true],
    ['by its author, written as one writes it to somebody', ' @Bob ', 'bob', true],
    ['by somebody else', 'alice', 'bob', false],
    // Capitals make two letters of this one, and one name of two.
    ['by a name that is the same in capitals only', 'straße', 'strasse', false],
    // Only the first sign is how one speaks to somebody.
    ['by a name with the sign inside', 'bo@b', 'bob', false],
  ])('owned %s', ([, owner, author, own]) => {
    const message = '5 WAIVER_INVALID: the waiver is owned by the author of the change that adds it'
    expect(faults([waiver({ owner })], { change: change({ author }) })).toEqual(own ? [message] : [])
    // With somebody else’s approval nobody waives for themselves.
    expect(faults([waiver({ owner })], { change: change({ author, approvals: [outsider] }) })).toEqual([])
  })

  it.for<[string, Date | undefined, solo: boolean, counts: boolean]>([
    ['a day old to the second', new Date('2026-09-30T12:00:00Z'), true, true],
    ['a second younger', new Date('2026-09-30T12:00:01Z'), true, false],
    ['of unknown age', undefined, true, false],
    ['a day old, where one is not alone', new Date('2026-09-30T12:00:00Z'), false, false],
  ])('by its author is %s', ([, since, solo, counts]) => {
    const given = { limits: { solo }, change: change({ author: 'platform', since }) }
    const [found, ...more] = review([waiver()], given).faults
    expect([found?.code, more]).toEqual([counts ? undefined : 'WAIVER_INVALID', []])
    if (!counts) expect(found?.message.includes('24 hours')).toBe(solo)
  })
})
