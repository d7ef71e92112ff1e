import { describe, expect, it } from 'vitest'
import type { ReviewFact } from '../../../src/model/facts.ts'
import {
  askRule,
  attested,
  factsOf,
  gist,
  known,
  signedSubject,
  sourceOf,
  subjectOf,
  unknown,
} from '../../support/subjects.ts'

const ask = (pullRequests: ReviewFact['pullRequests'], setting = {}) =>
  gist(
    askRule(
      'reviewed-source',
      signedSubject([attested()], { facts: sourceOf({ review: known({ pullRequests }) }) }),
      setting,
    ),
  )
const request = { number: 5, merged: true, author: 'alice', approvers: ['bob'] }

describe('reviewed-source (R5)', () => {
  it('is quiet where somebody else approved what was merged', () => {
    expect(ask([request])).toStrictEqual([])
    expect(ask([{ ...request, approvers: [] }, request])).toStrictEqual([])
  })

  it.each([
    ['pushed without a pull request', []],
    ['approved by nobody', [{ ...request, approvers: [] }]],
    ['approved by its author only', [{ ...request, approvers: ['Alice'] }]],
    ['approved and not merged', [{ ...request, merged: false }]],
  ])('T-PP-13: fires where the commit was %s', (_, requests) => {
    expect(ask(requests)).toStrictEqual(['UNREVIEWED'])
  })

  it('passes on why it does not know', () => {
    const at = (code: 'CONTEXT_UNKNOWN' | 'NOT_ASKED_BUDGET') =>
      gist(askRule('reviewed-source', signedSubject([attested()], { facts: sourceOf({ review: unknown(code) }) })))
    expect(at('CONTEXT_UNKNOWN')).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(at('NOT_ASKED_BUDGET')).toStrictEqual(['NOT_ASKED_BUDGET unknown'])
  })

  it('is silent where nobody asked, unless the policy requires a review of this package', () => {
    const subject = signedSubject([attested()], { facts: sourceOf({}) })
    expect(gist(askRule('reviewed-source', subject))).toStrictEqual([])
    const setting = { requireFor: ['pkg:npm/@acme/*'] }
    expect(gist(askRule('reviewed-source', subject, setting))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(gist(askRule('reviewed-source', { ...subject, facts: factsOf() }, setting))).toStrictEqual([
      'CONTEXT_UNKNOWN unknown',
    ])
    expect(gist(askRule('reviewed-source', subject, { requireFor: ['pkg:npm/other'] }))).toStrictEqual([])
  })
})

describe('reviewed-source, at its edges', () => {
  it('is content with a review that the policy asks for', () => {
    const request = { number: 5, merged: true, author: 'alice', approvers: ['bob'] }
    const facts = sourceOf({ review: known({ pullRequests: [request] }) })
    const setting = { requireFor: ['pkg:npm/@acme/*'] }
    expect(gist(askRule('reviewed-source', signedSubject([attested()], { facts }), setting))).toStrictEqual([])
    expect(gist(askRule('reviewed-source', subjectOf(), setting))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(gist(askRule('reviewed-source', subjectOf()))).toStrictEqual([])
  })
})
