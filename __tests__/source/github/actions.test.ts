import { beforeAll, describe, expect, it } from 'vitest'
import { action as actionFinder, workflow } from '../../../src/discover/finders/workflow.ts'
import type { WorldDescription, WorldTag } from '../../../src/embedded/world/description.ts'
import type { Dependency } from '../../../src/model/dependency.ts'
import type { Lookup } from '../../../src/model/evidence.ts'
import { parseStatement } from '../../../src/model/statement.ts'
import { actionKey, askActionFacts } from '../../../src/source/action-facts.ts'
import { expandActions } from '../../../src/source/remote-actions.ts'
import { readRemoteFile } from '../../../src/source/remote-file.ts'
import { github } from '../../../src/source/sources/github.ts'
import { action, commit, type GithubWorld, githubWorld, repository, type SessionOptions } from './github-world.ts'

let world: GithubWorld
beforeAll(async () => {
  world = await githubWorld({})
})
function story(repositories: WorldDescription['repositories'], more: Partial<WorldDescription> = {}) {
  world.setFaults([])
  world.clearRequests()
  world.setDescription({ packages: [], repositories, ...more })
}

const PIN = commit('head')
const target = (dependency: Dependency) => ({ dependency, digests: dependency.digests })
const lookup = async (dependency: Dependency, options?: SessionOptions): Promise<Lookup | undefined> =>
  (await github.lookupMany?.([target(dependency)], world.session(options)))?.[0]
const subjectsOf = (found: Lookup | undefined) =>
  found?.kind === 'found'
    ? found.documents.flatMap(({ attestations }) =>
        attestations.map(
          ({ content }) => content.kind === 'dsse' && parseStatement(content.payload).subject[0]?.digest?.sha1,
        ),
      )
    : found

describe('a pinned action', () => {
  const tag = (more: Partial<WorldTag> = {}): WorldTag => ({ name: 'v4.2.1', commit: PIN, ...more })
  const immutable = [{ tag: 'v4.2.1', immutable: true }]

  it('T-SU-15: at a lightweight tag of an immutable release has an attestation about its commit', async () => {
    story([repository('acme/setup', { tags: [tag()], releases: immutable })])
    expect(subjectsOf(await lookup(action('acme/setup', PIN)))).toStrictEqual([PIN])
    expect(world.asked()).toHaveLength(1)
  })

  it('T-SU-15: at an annotated tag has one about the tag object, which is named as standing for the commit', async () => {
    story([repository('acme/setup', { tags: [tag({ annotated: true })], releases: immutable })])
    const found = await lookup(action('acme/setup', PIN, { comment: 'v4.2.1' }))
    const [object] = subjectsOf(found) as string[]
    expect(object).not.toBe(PIN)
    expect(found).toMatchObject({ kind: 'found', aliases: { gitTag: object } })
    // Without the version comment nothing says which tag it could be.
    expect(await lookup(action('acme/setup', PIN))).toMatchObject({ kind: 'none' })
  })

  it('T-SU-15: does not borrow the attestation of a tag that stands at another commit', async () => {
    story([repository('acme/setup', { tags: [tag({ annotated: true, commit: commit('root') })], releases: immutable })])
    expect(await lookup(action('acme/setup', PIN, { comment: 'v4.2.1' }))).toMatchObject({ kind: 'none' })
  })

  it.each([200, 404] as const)('of a repository without immutable releases has none (%d)', async (nothing) => {
    story([repository('acme/setup', { tags: [tag()] })], { github: { nothing } })
    expect(await lookup(action('acme/setup', PIN, { comment: 'v4.2.1' }))).toMatchObject({ kind: 'none' })
  })

  it('of a repository that cannot be read is unreadable, never absent', async () => {
    story([repository('acme/setup', { visibility: 'private', tags: [tag()], releases: immutable })])
    expect(await lookup(action('acme/setup', PIN))).toMatchObject({
      kind: 'unavailable',
      error: { fault: 'unreadable' },
    })
  })
})

describe('what GitHub says about pinned actions', () => {
  const facts = async (dependencies: readonly Dependency[], options?: SessionOptions) =>
    [...(await askActionFacts(dependencies, world.session(options)))].map(([key, fact]) => [
      key,
      fact.kind === 'known' ? fact.value : fact.code,
    ])

  it('T-AC-26: names the tags at the commit, so that a wrong version comment shows', async () => {
    const tags = [
      { name: 'v4.1.0', commit: PIN },
      { name: 'v4', commit: PIN, annotated: true },
      { name: 'v4.2.1', commit: commit('root') },
    ]
    const releases = [{ tag: 'v4.1.0', immutable: true }]
    story([repository('acme/setup', { id: '42', ownerId: '7', tags, releases })])
    expect(await facts([action('acme/setup', PIN, { comment: 'v4.2.1' })])).toStrictEqual([
      [
        `acme/setup@${PIN}`,
        {
          repositoryId: '42',
          ownerId: '7',
          reachableFrom: 'refs/heads/main',
          tags: [
            { name: 'v4', immutable: false },
            { name: 'v4.1.0', immutable: true },
          ],
        },
      ],
    ])
  })

  it('finds the tag of the comment among any number of tags', async () => {
    const others = Array.from({ length: 150 }, (_, i) => ({ name: `v9.${i}`, commit: commit('root') }))
    story([repository('acme/setup', { tags: [{ name: 'v1.0.0', commit: PIN }, ...others] })])
    const [found] = await facts([action('acme/setup', PIN, { comment: 'v1.0.0' })])
    expect(found?.[1]).toMatchObject({ tags: [{ name: 'v1.0.0', immutable: false }] })
  })

  it.each([
    ['GraphQL', {}, { reachableFrom: null, tags: [{ name: 'v45', immutable: false }] }],
    ['REST', { token: null }, 'CONTEXT_UNKNOWN'],
  ])(
    'T-AC-25, tj-actions-2025-03: an impostor of the fork network is not in the history (%s)',
    async (_, way, expected) => {
      const impostor = '0e58ed8671d6b60d0890c21b07f8835ace038e67'
      story([
        repository('tj-actions/changed-files', { orphans: [impostor], tags: [{ name: 'v45', commit: impostor }] }),
      ])
      const [found] = await facts([action('tj-actions/changed-files', impostor)], way)
      if (typeof expected === 'string') expect(found?.[1]).toBe(expected)
      else expect(found?.[1]).toMatchObject(expected)
    },
  )

  it('issues-helper-2026-05: blocked is unknown, back again with its tags is still an impostor', async () => {
    const one = action('actions-cool/issues-helper', commit('impostor'))
    const back = { orphans: [commit('impostor')], tags: [{ name: 'v3', commit: commit('impostor') }] }
    for (const status of [404, 451]) {
      story([repository('actions-cool/issues-helper', { ...back, status })])
      expect((await facts([one]))[0]?.[1]).toBe('CONTEXT_UNKNOWN')
    }
    story([repository('actions-cool/issues-helper', back)])
    expect((await facts([one]))[0]?.[1]).toMatchObject({ reachableFrom: null })
  })

  it('asks about many actions at once, and about each commit once', async () => {
    const many = Array.from({ length: 45 }, (_, i) => `acme/action${i}`)
    story(many.map((name) => repository(name)))
    const uses = many.flatMap((name) => [action(name, PIN), action(name, PIN, { location: `${name}/sub@${PIN}` })])
    expect(await facts(uses)).toHaveLength(45)
    expect(world.asked().map(({ path }) => path)).toStrictEqual(['/rate_limit', '/graphql'])
  })

  it('asks what tags and branches mean, all in one more question', async () => {
    const impostor = commit('impostor')
    const tags = [
      { name: 'v1', commit: PIN, annotated: true },
      { name: 'v45', commit: impostor },
    ]
    story([repository('acme/setup', { id: '42', ownerId: '7', tags, orphans: [impostor] })])
    const uses = ['v1', 'v45', 'main', 'v9', PIN].map((ref) => action('acme/setup', ref))
    const ids = { repositoryId: '42', ownerId: '7' }
    expect(Object.fromEntries(await facts([...uses, ...uses]))).toStrictEqual({
      'acme/setup@v1': { ...ids, reachableFrom: 'refs/heads/main', tags: [{ name: 'v1', immutable: false }] },
      // tj-actions-2025-03: the tag was moved to a commit on no branch.
      'acme/setup@v45': { ...ids, reachableFrom: null, tags: [{ name: 'v45', immutable: false }] },
      'acme/setup@main': { ...ids, reachableFrom: 'refs/heads/main', tags: [] },
      'acme/setup@v9': 'CONTEXT_UNKNOWN',
      [`acme/setup@${PIN}`]: { ...ids, reachableFrom: 'refs/heads/main', tags: [{ name: 'v1', immutable: false }] },
    })
    expect(world.asked('/graphql')).toHaveLength(2)
  })

  it('without a token compares what a tag means, and excuses and accuses nothing else', async () => {
    const impostor = commit('impostor')
    const tags = [
      { name: 'v1', commit: PIN },
      { name: 'v45', commit: impostor },
    ]
    story([repository('acme/setup', { tags, orphans: [impostor] })])
    const [good, bad] = await facts([action('acme/setup', 'v1'), action('acme/setup', 'v45')], { token: null })
    expect(good?.[1]).toMatchObject({ reachableFrom: 'refs/heads/main' })
    expect(bad?.[1]).toBe('CONTEXT_UNKNOWN')
  })
})

describe('a git dependency of a lock', () => {
  const orphan = commit('impostor')
  const git = (location: string, more: Partial<Dependency> = {}): Dependency => ({
    ...{ id: `git:${location}`, kind: 'package', ecosystem: 'npm', name: '@antv/setup', source: 'git', location },
    ...{ digests: { gitCommit: orphan }, file: 'package-lock.json', line: 1, scope: 'runtime', ...more },
  })
  const FORMS = [
    `github:antvis/G2#${orphan}`,
    `git+ssh://git@github.com/antvis/G2.git#${orphan}`,
    `git+ssh://git@github.com:antvis/G2.git#${orphan}`,
    `git+https://github.com/antvis/G2?branch=main#${orphan}`,
    `git+https://github.com/antvis/g2@${orphan}#egg=g2`,
    `git@github.com:antvis/G2.git#${orphan}`,
    `https://codeload.github.com/antvis/G2/tar.gz/${orphan}`,
    `https://github.com/antvis/G2.git#${orphan}`,
  ]

  it.each(FORMS)('antv-2026-05: on GitHub is asked about: %s', (location) => {
    expect(actionKey(git(location))).toBe(`antvis/g2@${orphan}`)
  })

  it.each([
    ['another server', git(`git+https://gitlab.com/antvis/G2.git#${orphan}`)],
    ['a name that only begins like it', git(`git+https://github.com.evil.example/antvis/G2.git#${orphan}`)],
    ['a name in the path', git(`git+https://evil.example/github.com/antvis/G2.git#${orphan}`)],
    ['no repository', git(`https://github.com/..#${orphan}`)],
    ['no commit', git('github:antvis/G2#main', { digests: {} })],
    ['another source', git(`github:antvis/G2#${orphan}`, { source: 'url' })],
  ])('is not, with %s', (_, dependency) => {
    expect(actionKey(dependency)).toBe(undefined)
  })

  it('at an orphan commit is on no branch, whatever locks name it, by one question', async () => {
    story([repository('antvis/G2', { orphans: [orphan] })])
    const facts = await askActionFacts(
      FORMS.map((location) => git(location)),
      world.session(),
    )
    expect([...facts.values()]).toMatchObject([{ value: { reachableFrom: null, tags: [] } }])
    expect(world.asked().map(({ path }) => path)).toStrictEqual(['/rate_limit', '/graphql'])
  })

  it('of a server whose API is another one is not asked about', async () => {
    story([])
    const ghe = git(`git+https://acme.ghe.com/antvis/G2.git#${orphan}`)
    expect([...(await askActionFacts([ghe], world.session()))]).toStrictEqual([])
    expect(world.asked()).toHaveLength(0)
  })
})

describe('a file of another repository', () => {
  const read = (path: string, at = PIN, name = 'setup') => readRemoteFile('acme', name, at, path, world.session())

  it('is read at a commit and nowhere else, inside of its repository', async () => {
    story([repository('acme/setup', { trees: { [PIN]: { 'a b/action.yml': 'name: é\n' } } })])
    expect(await read('a b/action.yml')).toStrictEqual({ kind: 'found', bytes: Buffer.from('name: é\n') })
    expect(await read('action.yml')).toStrictEqual({ kind: 'none' })
    expect(await read('action.yml', 'v1')).toMatchObject({ kind: 'unavailable', error: { fault: 'unsupported' } })
    for (const path of ['../x', 'a/../../b', '/etc/passwd', '']) {
      expect(await read(path)).toMatchObject({ kind: 'unavailable', error: { fault: 'malformed' } })
    }
  })

  it('is refused when it has not the content that its id names', async () => {
    story([repository('acme/setup', { trees: { [PIN]: { 'action.yml': 'name: a\n' } } })])
    const session = world.session()
    const client: typeof session.client = {
      ...session.client,
      fetch: async (request) => {
        const answer = await session.client.fetch(request)
        if (answer.kind !== 'answer') return answer
        const body = JSON.parse(Buffer.from(answer.body).toString())
        return { ...answer, body: Buffer.from(JSON.stringify({ ...body, content: 'bmFtZTogYgo=' })) }
      },
    }
    expect(await readRemoteFile('acme', 'setup', PIN, 'action.yml', { ...session, client })).toMatchObject({
      kind: 'unavailable',
      error: { fault: 'malformed' },
    })
  })

  it('that cannot be seen is unreadable, which is not "no such file"', async () => {
    story([repository('acme/setup', { visibility: 'private', trees: { [PIN]: { 'action.yml': '' } } })])
    expect(await read('action.yml')).toMatchObject({ kind: 'unavailable', error: { fault: 'unreadable' } })
  })
})

describe('what pinned actions use themselves', () => {
  const composite = (...uses: string[]) =>
    `name: a\ndescription: b\nruns:\n  using: composite\n  steps:\n${uses.map((one) => `    - uses: ${one}\n`).join('')}`
  const read = (path: string, bytes: Uint8Array): readonly Dependency[] => {
    const finder = workflow.matches(path) ? workflow : actionFinder
    return finder.find({ path, bytes }).dependencies ?? []
  }
  const expand = async (...dependencies: Dependency[]) => {
    const { dependencies: found, unread } = await expandActions(dependencies, world.session(), read)
    return {
      found: found.map(({ location, file }) => `${location} in ${file}`),
      unread: unread.map(({ dependency, error }) => `${dependency.location}: ${error.fault}`),
    }
  }

  it('T-AC-24: the moved tag inside a pinned composite action is found, and named as not fixed', async () => {
    const outer = 'reviewdog/action-shellcheck'
    const text = composite(`reviewdog/action-setup@v1`, 'docker://alpine:3')
    story([repository(outer, { trees: { [PIN]: { 'action.yml': text } } })])
    expect(await expand(action(outer, PIN))).toStrictEqual({
      found: [
        `reviewdog/action-setup@v1 in ${outer}@${PIN}/action.yml`,
        expect.stringContaining(`in ${outer}@${PIN}/action.yml`),
      ],
      unread: ['reviewdog/action-setup@v1: unsupported'],
    })
  })

  it('T-AC-24: follows reusable workflows, their own repository, and actions in folders', async () => {
    const job = (uses: string) => `on: workflow_call\njobs:\n  a:\n    uses: ${uses}\n`
    const steps = `on: workflow_call\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: acme/deep/sub@${PIN}\n`
    story([
      repository('acme/flows', {
        trees: {
          [PIN]: { '.github/workflows/a.yml': job('./.github/workflows/b.yml'), '.github/workflows/b.yml': steps },
        },
      }),
      repository('acme/deep', { trees: { [PIN]: { 'sub/action.yaml': composite('evil/inner@main') } } }),
    ])
    const outer = action('acme/flows', PIN, {
      kind: 'reusable-workflow',
      location: `acme/flows/.github/workflows/a.yml@${PIN}`,
    })
    const { found, unread } = await expand(outer)
    expect(found.map((one) => one.split(' ')[0])).toStrictEqual([
      `acme/flows/.github/workflows/b.yml@${PIN}`,
      `acme/deep/sub@${PIN}`,
      'evil/inner@main',
    ])
    expect(unread).toStrictEqual(['evil/inner@main: unsupported'])
  })

  it('ends in a circle', async () => {
    story([
      repository('acme/a', { trees: { [PIN]: { 'action.yml': composite(`acme/b@${PIN}`) } } }),
      repository('acme/b', { trees: { [PIN]: { 'action.yml': composite(`acme/a@${PIN}`) } } }),
    ])
    expect((await expand(action('acme/a', PIN))).unread).toStrictEqual([])
    expect(world.asked('/contents/')).toHaveLength(2)
  })

  it('names what it could not read: missing, private, broken, too deep', async () => {
    const chain = Array.from({ length: 15 }, (_, i) =>
      repository(`acme/c${i}`, { trees: { [PIN]: { 'action.yml': composite(`acme/c${i + 1}@${PIN}`) } } }),
    )
    story([
      repository('acme/missing', { trees: { [PIN]: { 'README.md': '' } } }),
      repository('acme/private', { visibility: 'private' }),
      repository('acme/broken', { trees: { [PIN]: { 'action.yml': 'name: [' } } }),
      ...chain,
    ])
    const { unread } = await expand(
      ...['missing', 'private', 'broken', 'c0'].map((name) => action(`acme/${name}`, PIN)),
    )
    expect(unread.toSorted()).toStrictEqual([
      `acme/broken@${PIN}: malformed`,
      `acme/c10@${PIN}: truncated`,
      `acme/missing@${PIN}: unreadable`,
      `acme/private@${PIN}: unreadable`,
    ])
  })
})
