import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../../src/model/dependency.ts'
import { type ActionFact, type Fact, NOT_ASKED } from '../../../src/model/facts.ts'
import {
  askRule,
  dependencyOf,
  factsOf,
  gist,
  known,
  messageOf,
  subjectOf,
  unknown,
  usesOf,
} from '../../support/subjects.ts'

const PIN = '0e58ed8671d6b60d0890c21b07f8835ace038e67'
const ask = (dependency: Dependency, action: Fact<ActionFact> = NOT_ASKED) =>
  gist(askRule('pinned-actions', subjectOf({ dependency, facts: factsOf({ action }) })))
const tagged = (...names: string[]): Fact<ActionFact> =>
  known({
    tags: names.map((name) => ({ name, immutable: false })),
    reachableFrom: 'refs/heads/main',
    repositoryId: '1',
    ownerId: '2',
  })
const commented = (comment: string) => usesOf(PIN, { comment })
const image = (location: string, more: Partial<Dependency> = {}) =>
  dependencyOf('pkg:oci/node?repository_url=docker.io/library/node', {
    kind: 'image',
    ecosystem: 'oci',
    location,
    digests: {},
    ...more,
  })

describe('pinned-actions (R10)', () => {
  it.each(['v4', 'main', 'v4.2.1', PIN.slice(0, 39), PIN.toUpperCase(), PIN.slice(0, 7)])(
    'T-AC-24: fires for uses: …@%s',
    (ref) => {
      expect(ask(usesOf(ref))).toStrictEqual(['UNPINNED_ACTION'])
      expect(ask(usesOf(ref, { kind: 'reusable-workflow' }))).toStrictEqual(['UNPINNED_ACTION'])
    },
  )

  it('is quiet for a commit, for local actions and for packages', () => {
    expect(ask(usesOf(PIN))).toStrictEqual([])
    expect(ask(usesOf('a'.repeat(64)))).toStrictEqual([])
    expect(ask(usesOf('x', { source: 'workspace', location: './.github/actions/x' }))).toStrictEqual([])
    expect(ask(dependencyOf('pkg:npm/a@1.0.0'))).toStrictEqual([])
  })

  it('T-AC-24: wants a digest for docker:// and leaves other images alone', () => {
    expect(ask(image('docker://node:20'))).toStrictEqual(['UNPINNED_ACTION'])
    expect(ask(image('docker://node@sha256:ab', { digests: { sha256: 'a'.repeat(64) } }))).toStrictEqual([])
    expect(ask(image('docker://node:$TAG', { source: 'dynamic', digests: { sha256: 'a' } }))).toStrictEqual([
      'UNPINNED_ACTION',
    ])
    expect(ask(image('node:20'))).toStrictEqual([])
  })

  it.each([
    ['v4.2.1', ['v4.1.0']],
    ['v4.2.1', []],
    ['4.2.1', ['v4.2.10']],
    ['v4', ['v40.0.0']],
    ['tag=v4.2.1', ['v4.1.0']],
    ['ratchet:acme/action@v4', ['v3']],
    ['pin@v4.2.1', ['v4.1.0']],
  ])('T-AC-26: fires where the comment says %j and the commit has the tags %j', (comment, tags) => {
    expect(ask(commented(comment), tagged(...tags))).toStrictEqual(['PIN_COMMENT_MISMATCH'])
  })

  it.each([
    ['v4.2.1', ['v4', 'v4.2.1']],
    ['4.2.1', ['v4.2.1']],
    ['v4', ['v4.2.1']],
    ['v4.2.1 (2026-01-01)', ['refs/tags/v4.2.1']],
    ['pinned by hand', ['v1']],
    ['2026-01-01', ['v1']],
    ['', ['v1']],
  ])('T-AC-26: is quiet where the comment says %j and the commit has the tags %j', (comment, tags) => {
    expect(ask(commented(comment), tagged(...tags))).toStrictEqual([])
  })

  it('does not know what a comment is worth where the tags could not be learned', () => {
    expect(ask(commented('v4.2.1'), unknown())).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask(usesOf(PIN), unknown())).toStrictEqual([])
    expect(ask(commented('v4.2.1'))).toStrictEqual([])
  })
})

describe('pinned-actions, at its edges', () => {
  const PIN = 'a'.repeat(40)
  const ask = (dependency: Dependency, facts = factsOf()) =>
    gist(askRule('pinned-actions', subjectOf({ dependency, facts })))
  const commented = (comment: string | undefined, ...tags: string[]) =>
    ask(
      usesOf(PIN, { comment }),
      factsOf({
        action: known({
          tags: tags.map((name) => ({ name, immutable: false })),
          reachableFrom: 'main',
          repositoryId: '1',
          ownerId: '2',
        }),
      }),
    ).length > 0

  it('leaves an image of no `uses:` to others', () => {
    expect(ask({ ...usesOf('v4'), kind: 'image', location: undefined })).toStrictEqual([])
    expect(ask({ ...usesOf('v4'), kind: 'image', location: 'acme/image' })).toStrictEqual([])
  })

  it('takes no digest for the pin of an action', () => {
    expect(ask(usesOf('v4', { digests: { sha256: 'a'.repeat(64) } }))).toStrictEqual(['UNPINNED_ACTION'])
  })

  it.for<[string | undefined, string, boolean]>([
    ['v4.2.1', 'v4.2.1', false],
    ['v4.2.1', 'refs/tags/v4.2.1', false],
    ['v4.2.1', '4.2.1', false],
    ['v4', 'v4.2.1', false],
    ['v4', 'v42.1', true],
    ['v4.2.1', 'v4.2.2', true],
    ['10.2.0', 'v9.0.0', true],
    ['tag=v4.2.1', 'v4.2.2', true],
    ['pin@v4.2.1', 'v4.2.2', true],
    ['pin @ v4.2.1', 'v4.2.2', true],
    ['pin @v4.2.1', 'v4.2.2', true],
    ['ratchet:acme/action@v4.2.1', 'v4.2.2', true],
    // No version is claimed.
    [undefined, 'v4.2.2', false],
    ['', 'v4.2.2', false],
    ['was v4.2.1 before', 'v4.2.2', false],
    ['2026-09-01', 'v4.2.2', false],
    ['42', 'v4.2.2', false],
    // Names that only come near.
    ['v4.2.1', 'v4.refs/tags/2.1', true],
    ['4.2-v1', '4.2-1', true],
    [`v1.${'1'.repeat(300)}`, `v1.${'1'.repeat(300)}`, true],
  ])('the comment %j with the tag %s misleads: %s', ([comment, tag, misleads]) => {
    expect(commented(comment, tag)).toBe(misleads)
  })
})

describe('pinned-actions names the reference', () => {
  it.for<[string, ReturnType<typeof usesOf>, string]>([
    ['an action', usesOf('v4'), '"acme/action@v4" is not pinned to a commit:'],
    [
      'an action without a location',
      { ...usesOf('v4'), location: undefined },
      '"acme/action" is not pinned to a commit:',
    ],
    [
      'an image',
      { ...usesOf('v4'), kind: 'image', location: 'docker://acme/image:1' },
      '"docker://acme/image:1" is not pinned to a digest:',
    ],
  ])('%s', ([, dependency, text]) => {
    const [objection] = askRule('pinned-actions', subjectOf({ dependency }))
    expect(objection?.message).toContain(text)
    expect(objection?.hint).toContain(dependency.kind === 'image' ? '@sha256:DIGEST' : '40 digits')
  })

  it.for<[readonly string[], string]>([
    [[], 'is called "v4.2.1" in its comment, and no tag is at this commit'],
    [['v3.0.0', 'refs/tags/v3'], 'is called "v4.2.1" in its comment, and "v3.0.0", "v3" is at this commit'],
  ])('the tags at the commit: %j', ([names, text]) => {
    const action = known({
      tags: names.map((name) => ({ name, immutable: false })),
      reachableFrom: 'main',
      repositoryId: '1',
      ownerId: '2',
    })
    const dependency = usesOf('a'.repeat(40), { comment: 'v4.2.1' })
    expect(messageOf('pinned-actions', subjectOf({ dependency, facts: factsOf({ action }) }))).toContain(text)
  })
})
