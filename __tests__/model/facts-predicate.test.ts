import { describe, expect, it } from 'vitest'
import { NOT_ASKED, questionKey, type SourceFacts, type SourceQuestion } from '../../src/model/facts.ts'
import { applyFacts, buildFactsPredicate, isAnswered, parseFactsPredicate } from '../../src/model/predicates/facts.ts'

const NOW = new Date('2026-11-22T12:00:00Z')
const AT = '2026-11-22T11:00:00.000Z'
const asked: SourceQuestion = {
  server: 'https://github.com',
  owner: 'acme',
  repository: 'app',
  commit: 'a'.repeat(40),
  ref: 'refs/heads/main',
  refPatterns: ['refs/heads/main'],
  run: { id: '25613093674', attempt: '1' },
  review: true,
}
const known = <T>(value: T, observedAt = AT) => ({ kind: 'known', value, observedAt, from: 'api' }) as const
const facts: SourceFacts = {
  repository: known({ id: '1', ownerId: '2', defaultBranch: 'main' }),
  reachability: known({ reachableFrom: 'refs/heads/main', tags: [{ name: 'v1', immutable: true }] }),
  run: { kind: 'unknown', code: 'RUN_IN_PROGRESS', message: '' },
  review: known({ pullRequests: [{ number: 1, merged: true, author: 'ann', approvers: ['bob'] }] }),
  tree: known({ paths: [], truncated: false }),
}
const build = (given = facts) => buildFactsPredicate([asked], new Map([[questionKey(asked), given]]), AT)
const apply = (question: SourceQuestion, predicate = build(), maxAgeHours = 24) =>
  applyFacts([question], predicate, { now: NOW, maxAgeHours }).get(questionKey(question))
const codeOf = (work: () => unknown) => {
  try {
    return work()
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('a facts statement', () => {
  it('carries what is known, and nothing that is not', () => {
    const predicate = parseFactsPredicate(JSON.parse(JSON.stringify(build())))
    expect(predicate).toStrictEqual(build())
    expect(Object.keys(predicate.sources[0] ?? {})).toStrictEqual(['source', 'repository', 'reachability', 'review'])
    const nothing = { ...facts, repository: NOT_ASKED, reachability: NOT_ASKED, review: NOT_ASKED }
    expect(build(nothing).sources).toStrictEqual([])
  })

  it('answers the same question, and says that it is from a statement', () => {
    const answer = apply({ ...asked, owner: 'ACME' })
    expect(answer?.repository).toStrictEqual({ ...facts.repository, from: 'facts-statement' })
    expect(answer?.run).toBe(NOT_ASKED)
    expect(isAnswered(asked, answer)).toBe(false)
    const finished = apply(
      asked,
      build({
        ...facts,
        run: known({
          conclusion: 'success',
          event: 'push',
          headSha: '',
          path: '',
          startedAt: AT,
          updatedAt: AT,
          jobs: [],
        }),
      }),
    )
    expect(isAnswered(asked, finished)).toBe(true)
  })

  it.each<[string, Partial<SourceQuestion>]>([
    ['repository', { repository: 'app2' }],
    ['server', { server: 'https://acme.ghe.com' }],
    ['commit', { commit: 'b'.repeat(40) }],
    ['run', { run: { id: '1', attempt: '1' } }],
    ['attempt', { run: { id: '25613093674', attempt: '2' } }],
    ['ref', { ref: 'refs/heads/other' }],
    ['set of refs that count', { refPatterns: [] }],
  ])('answers nothing about another %s', (_, other) => {
    expect(apply({ ...asked, ...other })).toBe(undefined)
  })

  it('T-NS-18: past its age a fact counts no more, however young the statement is', () => {
    const old = build({
      ...facts,
      repository: known({ id: '1', ownerId: '2', defaultBranch: 'main' }, '2026-11-20T00:00:00.000Z'),
    })
    const answer = apply(asked, { ...old, observedAt: NOW.toISOString() })
    expect(answer?.repository).toBe(NOT_ASKED)
    expect(answer?.reachability.kind).toBe('known')
    expect(apply(asked, build(), 0.5)).toBe(undefined)
  })

  it('T-NS-18: a fact from the future counts no more than an old one', () => {
    const future = build({
      ...facts,
      reachability: known({ reachableFrom: null, tags: [] }, '2026-11-23T00:00:00.000Z'),
    })
    expect(apply(asked, future)?.reachability).toBe(NOT_ASKED)
  })

  it.each([
    ['an unknown key', { ...build(), extra: 1 }],
    ['no time', { sources: [] }],
    [
      'a bare "unknown" as a value',
      { observedAt: AT, sources: [{ source: { ...build().sources[0]?.source }, run: { kind: 'unknown' } }] },
    ],
    [
      'a value of another shape',
      {
        observedAt: AT,
        sources: [{ source: build().sources[0]?.source, repository: { observedAt: AT, value: { id: 1 } } }],
      },
    ],
  ])('is refused with %s', (_, predicate) => {
    expect(codeOf(() => parseFactsPredicate(predicate))).toBe('PREDICATE_MALFORMED')
  })
})
