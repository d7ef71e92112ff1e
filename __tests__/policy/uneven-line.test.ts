import { describe, expect, it } from 'vitest'
import type { Profile } from '../../src/model/rules.ts'
import { EMPTY_LOCK, type LockEntry } from '../../src/model/trust-lock.ts'
import { evaluate } from '../../src/policy/evaluate.ts'
import { isRecorded, recordedAs } from '../../src/policy/lock-entries.ts'
import { lockWidened } from '../../src/policy/lock-widened.ts'
import { defaultPolicy } from '../../src/policy/parse-policy.ts'
import { proposeLock } from '../../src/policy/propose-lock.ts'
import type { Subject } from '../../src/policy/rule.ts'
import { RULES_TABLE } from '../../src/policy/rules/index.ts'
import { accepted, dependencyOf, discoveryOf, evidenceOf, NOW, subjectOf } from './support.ts'

const signed = subjectOf({ evidence: evidenceOf({ accepted: [accepted()] }) })
const of = (version: string, more: Partial<Subject> = {}) =>
  subjectOf({ id: `pkg:npm/%40acme/app@${version}`, ...more })
const action = (version: string, more: Partial<Subject> = {}) =>
  subjectOf({
    ...more,
    dependency: dependencyOf(`pkg:github/acme/do@${version}`, { kind: 'action', source: 'git', digests: {} }),
  })
const LOST = 'ATTESTATION_LOST'

/** The entry that a first lock has, where no name is there twice. */
function firstEntry(...subjects: readonly Subject[]): LockEntry {
  const [entry, ...others] = proposeLock(EMPTY_LOCK, subjects).lock.entries
  if (entry === undefined || others.length > 0) throw new Error(`${others.length + 1} entries`)
  return entry
}

describe('the first lock of a release line with and without evidence', () => {
  it('records the version that has less, and none that has as much', () => {
    const entry = firstEntry(signed, of('1.1.0'), of('1.2.4', { evidence: signed.evidence }))
    expect(entry).toMatchObject({ best: 'provenance', first: '1.1.0' })
    expect(entry.unusual).toStrictEqual([{ version: '1.1.0', code: LOST }])
  })

  it('records a tag too, which has no evidence to lose wherever it is moved', () => {
    const tag = action('v4')
    const entry = firstEntry(action('c'.repeat(40), { evidence: signed.evidence }), tag)
    expect(entry.unusual).toStrictEqual([{ version: 'v4', code: LOST }])
    expect(isRecorded(entry, tag.dependency, LOST)).toBe(true)
    // Of what a tag points at nothing else is recorded: it may point at something else tomorrow.
    expect(recordedAs(tag.dependency)).toBeUndefined()
  })

  it('records nothing where all are equal, and nothing that came in place of another version', () => {
    expect(firstEntry(of('1.1.0'), of('1.1.1')).unusual).toBeUndefined()
    expect(firstEntry(signed, of('1.1.0', { change: 'changed' })).unusual).toBeUndefined()
  })

  it('is not what a later lock is: there nothing is recorded, and a record that a change adds widens it', () => {
    const entry = firstEntry(signed)
    const lock = { version: 1, entries: [entry] } as const
    expect(proposeLock(lock, [of('1.1.0', { lock: entry })]).lock.entries[0]?.unusual).toBeUndefined()
    const excused = { ...entry, unusual: [{ version: '1.1.0', code: LOST }] }
    expect(lockWidened(lock, { ...lock, entries: [excused] })).toHaveLength(1)
  })
})

describe('under that lock', () => {
  const lock = firstEntry(signed, of('1.1.0'))
  function judge(version: string, profile: Profile, more: Partial<Subject> = {}) {
    const subject = of(version, { lock, ...more })
    const input = { subjects: [subject], discovery: discoveryOf([subject]), policy: defaultPolicy(profile) }
    const { result, dependencies } = evaluate({ ...input, now: NOW, rules: RULES_TABLE, judged: 'all' })
    const said = dependencies[0]?.findings.find(({ code }) => code === LOST)
    return [result, dependencies[0]?.state, said?.level]
  }

  it('the recorded version is as it was, and unusual; strict refuses it', () => {
    expect(judge('1.1.0', 'recommended')).toStrictEqual(['PASSED', 'registered', 'unusual'])
    expect(judge('1.1.0', 'baseline')).toStrictEqual(['PASSED', 'registered', 'unusual'])
    expect(judge('1.1.0', 'strict')).toStrictEqual(['FAILED', 'lost', 'fail'])
  })

  it('any other version without evidence is lost, whether its number is lower or higher', () => {
    for (const version of ['1.0.9', '1.1.1', '1.2.4']) {
      expect(judge(version, 'recommended')).toStrictEqual(['FAILED', 'lost', 'fail'])
    }
  })

  it('the version that was attested is lost when it is not any more', () => {
    expect(judge('1.2.3', 'recommended')).toStrictEqual(['FAILED', 'lost', 'fail'])
  })
})
