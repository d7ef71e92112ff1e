import { describe, expect, it } from 'vitest'
import type { PipelineFile, ReviewFact } from '../../../src/model/facts.ts'
import {
  askPipeline,
  askRule,
  attested,
  factsOf,
  gist,
  known,
  noticed,
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

describe('reviewed-source, of the project’s own files', () => {
  const file = (path: string, review: PipelineFile['review']): PipelineFile => ({
    path,
    commit: 'ab'.repeat(20),
    review,
  })
  const reviewed = known({ pullRequests: [request] })
  const pushed = known({ pullRequests: [] })
  const askFiles = (...pipelineFiles: PipelineFile[]) =>
    askPipeline('reviewed-source', { ...noticed(), pipelineFiles }).map(
      ({ code, outcome, file: path, line }) => `${outcome} ${code} ${path}:${line}`,
    )

  it('fires at each one whose last change nobody reviewed', () => {
    expect(askFiles(file('ci.yml', pushed), file('lock', reviewed), file('release.yml', pushed))).toStrictEqual([
      'fire UNREVIEWED ci.yml:1',
      'fire UNREVIEWED release.yml:1',
    ])
  })

  it('shows name and commit as text', () => {
    const [objection] = askPipeline('reviewed-source', { ...noticed(), pipelineFiles: [file('a\nb.yml', pushed)] })
    expect(objection?.message).toBe(
      `"a\\nb.yml": nobody but the author approved "${'ab'.repeat(20)}", which changed it last (pushed without a pull request)`,
    )
  })

  it('says once why it does not know, for all that it holds for', () => {
    const open = unknown('CONTEXT_UNKNOWN')
    const budget = { kind: 'unknown', code: 'NOT_ASKED_BUDGET', message: 'half of the quota is used' } as const
    expect(askFiles(file('a', open), file('b', budget), file('c', open))).toStrictEqual([
      'unknown CONTEXT_UNKNOWN a:1',
      'unknown NOT_ASKED_BUDGET b:1',
    ])
    const [first] = askPipeline('reviewed-source', {
      ...noticed(),
      pipelineFiles: [file('a', open), file('b', budget), file('c', open), file('d', pushed)],
    })
    expect(first?.message).toContain('the last change of "a", "c" is not known')
    expect(askFiles(file('a', { ...budget, message: '' }))).toStrictEqual(['unknown NOT_ASKED_BUDGET a:1'])
    expect(askFiles(file('a', unknown('NOT_ASKED')))).toStrictEqual([])
  })

  it('has nothing to say where nobody looked for them', () => {
    expect(askPipeline('reviewed-source', noticed())).toStrictEqual([])
  })
})
