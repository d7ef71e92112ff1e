import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../src/model/json.ts'
import { lateMark } from '../../src/model/late-mark.ts'
import { errorOf } from './bundle-parts.ts'

const mark = { sealedOn: '2026-01-01', sealedSha256: 'ab', signedOn: '2026-01-02', reason: 'no network' }
const inProvenance = (value: JsonValue): JsonValue => ({
  runDetails: { metadata: { cleanbill_lateSigned: value, other: 1 } },
})

describe('the mark of a late signature', () => {
  it.for<[string, JsonValue]>([
    ['in the metadata of provenance', inProvenance(mark)],
    ['at the top of any other predicate', { cleanbill_lateSigned: mark }],
    ['in both places', { ...(inProvenance(mark) as object), cleanbill_lateSigned: mark }],
  ])('is read %s', ([, predicate]) => {
    expect(lateMark(predicate)).toEqual(mark)
  })

  it.for<[JsonValue]>([
    [{}],
    [null],
    ['text'],
    [{ runDetails: {} }],
    [{ runDetails: { metadata: 'x' } }],
    [{ cleanbill: mark }],
  ])('is not there in %j', ([predicate]) => {
    expect(lateMark(predicate)).toBeUndefined()
  })

  // The mark lifts checks: whatever one reader could take for a mark and another for none is refused.
  it.for<[string, JsonValue]>([
    ['false', false],
    ['null', null],
    ['a word', 'yes'],
    ['a list', [mark]],
    ['nothing in it', {}],
    ['one field alone', { reason: 'no network' }],
    ['a number for a reason', { ...mark, reason: 1 }],
    ['null for a date', { ...mark, signedOn: null }],
    ['no digest', { sealedOn: mark.sealedOn, signedOn: mark.signedOn, reason: mark.reason }],
  ])('is refused with %s, at either place', ([, value]) => {
    for (const predicate of [inProvenance(value), { cleanbill_lateSigned: value }]) {
      const { code, hint } = errorOf(() => lateMark(predicate))
      expect(code).toBe('PREDICATE_MALFORMED')
      expect(hint).toContain('sealedOn, sealedSha256, signedOn, reason')
    }
  })

  it('is refused where a bad one stands beside a good one', () => {
    const predicate = { ...(inProvenance(mark) as object), cleanbill_lateSigned: false }
    expect(errorOf(() => lateMark(predicate)).code).toBe('PREDICATE_MALFORMED')
  })
})
