import { describe, expect, it } from 'vitest'
import { faultOf, nextCursor, parseRepository } from '../../../src/source/github/api.ts'
import { contains, toReviews } from '../../../src/source/github/read-facts.ts'
import { tagOfComment } from '../../../src/source/github/release.ts'
import { commit } from './github-world.ts'

describe('an answer of GitHub', () => {
  it.each([
    [403, { 'x-ratelimit-remaining': '0' }, 'rate-limited'],
    [403, { 'retry-after': '60' }, 'rate-limited'],
    [403, { 'x-ratelimit-remaining': '10' }, 'unreadable'],
    [401, {}, 'unreadable'],
    [451, {}, 'unreadable'],
    [429, {}, 'rate-limited'],
    [502, {}, 'unreachable'],
    [422, {}, 'malformed'],
    [302, {}, 'malformed'],
  ] as const)('with status %d and %j is %s', (status, headers, expected) => {
    expect(faultOf(status, new Headers(headers))).toBe(expected)
  })

  it.each([
    ['<https://api.github.com/repositories/1/attestations/sha256:a?per_page=100&after=Y3Vy>; rel="next"', 'Y3Vy'],
    ['<https://evil.example/x?after=abc>; rel="next", <https://x/?before=1>; rel="prev"', 'abc'],
    ['<https://api.github.com/x?before=abc>; rel="prev"', undefined],
    ['<https://api.github.com/x>; rel="next"', 'broken'],
    ['nonsense; rel="next"', 'broken'],
  ])('T-NS-02: names its next page by a cursor: %s', (link, expected) => {
    expect(nextCursor(new Headers({ link }), 'after')).toBe(expected)
  })

  it('about another commit than the one that was asked for makes nothing reachable', () => {
    const behind = (oid: string) => ({ status: 'BEHIND' as const, headTarget: { oid } })
    expect(contains(behind(commit('a')), commit('a'))).toBe(true)
    expect(contains(behind(commit('b')), commit('a'))).toBe(false)
  })

  it('about reviews counts approvals of the head that was merged, as they stand at last', () => {
    const review = (login: string, state: string, oid: string | null) => ({
      state,
      author: { login, __typename: 'User' },
      commit: oid === null ? null : { oid },
    })
    const nodes = [
      review('bob', 'APPROVED', 'head'),
      review('early', 'APPROVED', 'older'),
      review('gone', 'APPROVED', null),
      review('no', 'CHANGES_REQUESTED', 'head'),
      { ...review('x', 'APPROVED', 'head'), author: null },
    ]
    const pull = {
      number: 1,
      merged: true,
      author: { login: 'ann' },
      headRefOid: 'head',
      latestOpinionatedReviews: { nodes },
    }
    expect(toReviews([pull]).pullRequests[0]?.approvers).toStrictEqual(['bob'])
  })
})

describe('a name', () => {
  it.each([
    ['acme/app', { owner: 'acme', name: 'app' }],
    ['https://github.com/acme/a.b', { owner: 'acme', name: 'a.b' }],
    ['acme/..', undefined],
    ['../app', undefined],
    ['acme/app/x', undefined],
    ['acme', undefined],
    ['acme/app?x', undefined],
    ['http://github.com/acme/app', undefined],
  ])('of a repository is read strictly: %s', (text, expected) => {
    expect(parseRepository(text)).toStrictEqual(expected)
  })

  it.each([
    ['v4.2.1', 'v4.2.1'],
    ['tag=v4.2.1', 'v4.2.1'],
    ['v4.2.1 since March', 'v4.2.1'],
    ['pinned', undefined],
    ['../../x1', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of a tag is the first word of a version comment: %s', (comment, expected) => {
    expect(tagOfComment(comment)).toBe(expected)
  })
})
