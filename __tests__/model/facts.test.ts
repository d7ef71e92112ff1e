import { describe, expect, it } from 'vitest'
import { NO_FACTS, questionKey, type SourceQuestion, UNKNOWN_CODES } from '../../src/model/facts.ts'

const question: SourceQuestion = {
  server: 'https://github.com',
  owner: 'acme',
  repository: 'app',
  commit: 'ab'.repeat(20),
  ref: 'refs/tags/v1',
  refPatterns: ['refs/heads/main', 'refs/heads/v*'],
  run: { id: '7', attempt: '2' },
  review: false,
}

describe('what was not asked', () => {
  it('is unknown, by a code of its own, and no answer', () => {
    const { sources, ...facts } = NO_FACTS
    expect(sources).toStrictEqual([])
    for (const fact of Object.values(facts)) expect(fact).toMatchObject({ kind: 'unknown', code: 'NOT_ASKED' })
    expect(UNKNOWN_CODES).toContain('NOT_ASKED')
  })
})

describe('the key of a question', () => {
  const commit = question.commit

  it.each<[string, Partial<SourceQuestion>, string]>([
    [
      'everything that belongs to it',
      {},
      `https://github.com/acme/app ${commit} 7/2 refs/tags/v1 refs/heads/main refs/heads/v*`,
    ],
    [
      'dashes for a run and a ref that nobody named',
      { run: undefined, ref: undefined, refPatterns: [] },
      `https://github.com/acme/app ${commit} - -`,
    ],
    [
      'blanks that end no part',
      { ref: 'refs/heads/a b c', refPatterns: [] },
      `https://github.com/acme/app ${commit} 7/2 refs/heads/a%20b%20c`,
    ],
  ])('is one line with %s', (_, change, key) => {
    expect(questionKey({ ...question, ...change })).toBe(key)
  })

  it.each<[string, Partial<SourceQuestion>]>([
    ['the name of the repository in other letters', { server: 'https://GitHub.com', owner: 'Acme', repository: 'APP' }],
    ['refs in another order', { refPatterns: ['refs/heads/v*', 'refs/heads/main'] }],
    ['a ref twice', { refPatterns: ['refs/heads/main', 'refs/heads/v*', 'refs/heads/main'] }],
  ])('is the same with %s', (_, change) => {
    expect(questionKey({ ...question, ...change })).toBe(questionKey(question))
  })
})
