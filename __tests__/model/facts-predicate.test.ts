import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NOT_ASKED, questionKey, type SourceFacts, type SourceQuestion } from '../../src/model/facts.ts'
import {
  applyFacts,
  buildFactsPredicate,
  FACTS_V1,
  isAnswered,
  parseFactsPredicate,
} from '../../src/model/predicates/facts.ts'
import { PROJECT_URI } from '../../src/model/uris.ts'

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
const finished = known({
  conclusion: 'success',
  event: 'push',
  headSha: asked.commit,
  path: '.github/workflows/release.yml',
  startedAt: AT,
  updatedAt: AT,
  jobs: [
    {
      name: 'build',
      conclusion: 'success',
      startedAt: AT,
      completedAt: AT,
      steps: [
        { name: 'test', conclusion: 'success', startedAt: AT, completedAt: AT },
        { name: 'publish', conclusion: 'skipped' },
      ],
    },
  ],
})
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

  it('carries a run with its jobs and steps', () => {
    const predicate = parseFactsPredicate(JSON.parse(JSON.stringify(build({ ...facts, run: finished }))))
    expect(predicate.sources[0]?.run).toStrictEqual({ observedAt: AT, value: finished.value })
  })

  it('names its sources in one order and each once, however they were asked for', () => {
    const questions = ['c', 'a', 'd', 'b', 'a'].map((owner) => ({ ...asked, owner }))
    const all = new Map(questions.map((question) => [questionKey(question), facts]))
    for (const list of [
      questions,
      questions.toReversed(),
      questions.toSorted((a, b) => (a.owner < b.owner ? -1 : 1)),
    ]) {
      const { sources } = buildFactsPredicate(list, all, AT)
      expect(sources.map(({ source }) => source.owner)).toStrictEqual(['a', 'b', 'c', 'd'])
    }
  })

  it('names no source that nothing was learned about', () => {
    expect(buildFactsPredicate([asked], new Map(), AT)).toStrictEqual({ observedAt: AT, sources: [] })
  })

  it('names the refs that count in one order and each once, and no ref where there is none', () => {
    const { ref: _, ...bare } = { ...asked, refPatterns: ['refs/tags/v*', 'refs/heads/main', 'refs/tags/v*'] }
    const { review: _review, ...source } = { ...bare, refPatterns: ['refs/heads/main', 'refs/tags/v*'] }
    const predicate = buildFactsPredicate([bare], new Map([[questionKey(bare), facts]]), AT)
    expect(predicate.sources[0]?.source).toStrictEqual(source)
  })

  it('has a type that leads to its page', () => {
    const [project, page = ''] = FACTS_V1.split('/blob/main/')
    expect(project).toBe(PROJECT_URI)
    expect(page).toMatch(/^docs\/predicates\/.+\.md$/)
    expect(existsSync(join(import.meta.dirname, '../..', page))).toBe(true)
  })

  it('answers the same question, and says that it is from a statement', () => {
    const answer = apply({ ...asked, owner: 'ACME' })
    expect(answer?.repository).toStrictEqual({ ...facts.repository, from: 'facts-statement' })
    expect(answer?.run).toBe(NOT_ASKED)
    expect(isAnswered(asked, answer)).toBe(false)
    expect(isAnswered(asked, apply(asked, build({ ...facts, run: finished })))).toBe(true)
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

  it('counts from the moment of the observation until the end of its age', () => {
    const repository = { id: '1', ownerId: '2', defaultBranch: 'main' }
    const at = (observedAt: string) => apply(asked, build({ ...facts, repository: known(repository, observedAt) }))
    expect(at('2026-11-22T12:00:00.000Z')?.repository.kind).toBe('known')
    expect(at('2026-11-22T12:00:00.001Z')?.repository).toBe(NOT_ASKED)
    expect(at('2026-11-21T12:00:00.000Z')?.repository.kind).toBe('known')
    expect(at('2026-11-21T11:59:59.999Z')?.repository).toBe(NOT_ASKED)
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

describe('a question is answered', () => {
  const { run: _, ...withoutRun } = { ...asked, review: false }
  const small: SourceFacts = { ...facts, run: NOT_ASKED, review: NOT_ASKED }
  it.each<[boolean, string, SourceQuestion, SourceFacts | undefined]>([
    [true, 'by what it asks for, and it asks for neither run nor review', withoutRun, small],
    [false, 'without an answer', withoutRun, undefined],
    [false, 'without the repository', withoutRun, { ...small, repository: NOT_ASKED }],
    [false, 'without what the commit is reachable from', withoutRun, { ...small, reachability: NOT_ASKED }],
    [true, 'with the run it asks for', { ...asked, review: false }, { ...small, run: finished }],
    [false, 'without the run it asks for', { ...asked, review: false }, small],
    [true, 'with the review it asks for', { ...withoutRun, review: true }, { ...small, review: facts.review }],
    [false, 'without the review it asks for', { ...withoutRun, review: true }, small],
  ])('%s: %s', (answered, _how, question, answer) => {
    expect(isAnswered(question, answer)).toBe(answered)
  })
})
