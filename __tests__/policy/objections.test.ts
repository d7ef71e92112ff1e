import { describe, expect, it } from 'vitest'
import { SOURCE_FAULTS, type SourceFault } from '../../src/model/evidence.ts'
import type { UnknownCode } from '../../src/model/facts.ts'
import { codeOfFault, contextState, nameOf, once, show, showSome, unknownOf } from '../../src/policy/objections.ts'
import type { Objection } from '../../src/policy/rule.ts'
import { dependencyOf, known, lockOf, subjectOf, unknown } from '../support/subjects.ts'

describe('hostile text is shown', () => {
  it('quoted, without control characters, and cut behind its last allowed one', () => {
    expect(show('a"b\n\u001b[31m')).toBe('"a\\"b\\n\\u001b[31m"')
    expect(show('n'.repeat(200))).toBe(`"${'n'.repeat(200)}"`)
    expect(show('n'.repeat(201))).toBe(`"${'n'.repeat(200)}…"`)
    expect([show('abc', 3), show('abcd', 3), show(undefined)]).toEqual(['"abc"', '"abc…"', 'nothing'])
  })

  it('a few at a time, with the number of the others', () => {
    expect(showSome(['a'])).toBe('"a"')
    expect(showSome(['a', 'b', 'c'])).toBe('"a", "b", "c"')
    expect(showSome(['a', 'b', 'c', 'd', 'e'])).toBe('"a", "b", "c" and 2 more')
    expect(showSome(['a', 'b'], 1)).toBe('"a" and 1 more')
  })

  it('as a name with its version, where there is one', () => {
    const of = (id: string) => nameOf(subjectOf({ dependency: dependencyOf(id) }))
    expect([of('pkg:npm/axios@1.14.1'), of('pkg:npm/axios')]).toEqual(['"axios@1.14.1"', '"axios"'])
  })
})

describe('a fact that is not known', () => {
  it.for<[UnknownCode, wanted: boolean, Partial<Objection> | undefined]>([
    ['NOT_ASKED', false, undefined],
    ['NOT_ASKED', true, { code: 'CONTEXT_UNKNOWN' }],
    ['NOT_ASKED_BUDGET', false, { code: 'NOT_ASKED_BUDGET', hint: 'The next run goes on where this one stopped.' }],
    ['CONTEXT_UNKNOWN', false, { code: 'CONTEXT_UNKNOWN' }],
    ['RUN_IN_PROGRESS', true, { code: 'RUN_IN_PROGRESS' }],
    // Nobody can look at it any more: no fault of anybody.
    ['RUN_OUTCOME_EXPIRED', false, { code: 'RUN_OUTCOME_EXPIRED', weight: 'note' }],
  ])('because of %s, wanted: %s', ([code, wanted, expected]) => {
    const message = 'the run is not known: "the simulated answer was 502"'
    expect(unknownOf(unknown(code), 'the run', wanted)).toEqual(
      expected === undefined ? [] : [{ outcome: 'unknown', message, ...expected }],
    )
  })

  it('is none where it is', () => {
    expect(unknownOf(known('matches'), 'the rebuild', true)).toEqual([])
  })
})

describe('an objection', () => {
  it('to a context is a change only where the lock knows the package', () => {
    expect([contextState(subjectOf()), contextState(subjectOf({ lock: lockOf() }))]).toEqual(['invalid', 'changed'])
  })

  it('is said once, however many files of a release it is about', () => {
    const say = (code: Objection['code'], message: string): Objection => ({ outcome: 'fire', code, message })
    const all = [
      say('RUN_FAILED', 'a'),
      say('RUN_FAILED', 'a'),
      say('RUN_FAILED', 'b'),
      say('REF_DENIED', 'a'),
      say('RUN_FAILED', 'a'),
    ]
    expect(once(all)).toEqual([say('RUN_FAILED', 'a'), say('RUN_FAILED', 'b'), say('REF_DENIED', 'a')])
  })

  it('to a source without an answer has the code of its fault', () => {
    const special: Partial<Record<SourceFault, string>> = {
      truncated: 'SOURCE_TRUNCATED',
      unreadable: 'EVIDENCE_UNREADABLE',
      unsupported: 'UNSUPPORTED',
    }
    for (const fault of SOURCE_FAULTS) expect(codeOfFault(fault)).toBe(special[fault] ?? 'SOURCE_UNREACHABLE')
  })
})
