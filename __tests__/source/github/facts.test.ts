import { beforeAll, describe, expect, it } from 'vitest'
import type { WorldDescription, WorldJob, WorldRun } from '../../../src/embedded/world/description.ts'
import { questionKey, type SourceQuestion } from '../../../src/model/facts.ts'
import { askGithubFacts, type FactOptions } from '../../../src/source/github-facts.ts'
import { commit, type GithubWorld, githubWorld, question, repository, type SessionOptions } from './github-world.ts'

const step = (
  name: string,
  conclusion: string,
  startedAt = '2026-05-11T19:15:50Z',
  completedAt = '2026-05-11T19:20:40Z',
) => ({
  name,
  conclusion,
  startedAt,
  completedAt,
})
const job = (name: string, conclusion: string, steps: WorldJob['steps']): WorldJob => ({
  ...step(name, conclusion),
  steps,
})
const run = (more: Partial<WorldRun> = {}): WorldRun => ({
  id: '25613093674',
  commit: commit('head'),
  startedAt: '2026-05-11T19:15:44Z',
  updatedAt: '2026-05-11T19:20:47Z',
  jobs: [job('publish', 'success', [step('Publish', 'success')])],
  ...more,
})
const RUN = { id: '25613093674', attempt: '1' }

let world: GithubWorld
beforeAll(async () => {
  world = await githubWorld({})
})

function story(repositories: WorldDescription['repositories'], more: Partial<WorldDescription> = {}) {
  world.setFaults([])
  world.clearRequests()
  world.setDescription({ packages: [], repositories, ...more })
}

async function ask(one: SourceQuestion, options: SessionOptions & FactOptions = {}) {
  const facts = await askGithubFacts([one], world.session(options), options)
  const found = facts.get(questionKey(one))
  if (found === undefined) throw new Error('no answer')
  return found
}

const value = (fact: { kind: string; value?: unknown; code?: string }): unknown =>
  fact.kind === 'known' ? fact.value : fact.code
/** With a token, and without: the two ways must not disagree. */
const WAYS = [
  ['GraphQL', {}],
  ['REST, without a token', { token: null }],
] as const

describe('the repository of a signer', () => {
  it.each(WAYS)('is known by its numbers (%s)', async (_, way) => {
    story([repository('acme/app', { id: '42', ownerId: '7', defaultBranch: 'main' })])
    const { repository: fact, run: unasked } = await ask(question('acme/app'), way)
    expect(fact).toStrictEqual({
      kind: 'known',
      value: { id: '42', ownerId: '7', defaultBranch: 'main' },
      observedAt: '2026-11-22T12:00:00.000Z',
      from: 'api',
    })
    expect(value(unasked)).toBe('NOT_ASKED')
  })

  it.each(WAYS)(
    'that is private, deleted or blocked leaves everything unknown, nothing denied (%s)',
    async (_, way) => {
      story([
        repository('acme/app', { visibility: 'private' }),
        repository('acme/gone', { status: 404 }),
        repository('acme/blocked', { status: 451 }),
      ])
      for (const name of ['acme/app', 'acme/gone', 'acme/blocked', 'acme/never']) {
        const facts = await ask(question(name, { run: RUN, review: true }), way)
        for (const fact of [facts.repository, facts.reachability, facts.run, facts.review]) {
          expect(value(fact)).toBe('CONTEXT_UNKNOWN')
        }
      }
    },
  )

  it('is asked on its own server only: the same name elsewhere is another repository', async () => {
    story([repository('acme/app')])
    const facts = await ask(question('acme/app', { server: 'https://acme.ghe.com' }))
    expect(value(facts.repository)).toBe('CONTEXT_UNKNOWN')
    expect(world.asked()).toHaveLength(0)
  })

  it('behind an IP allow list that refuses the token is asked once without it', async () => {
    story([repository('acme/app', { runs: [run()] })], { github: { allowLists: ['acme'] } })
    const facts = await ask(question('acme/app', { run: RUN }))
    expect(value(facts.reachability)).toMatchObject({ reachableFrom: 'refs/heads/main' })
    expect(value(facts.run)).toMatchObject({ conclusion: 'success' })
  })
})

describe('whether a commit is reachable', () => {
  it.each(WAYS)('is answered by the default branch (%s)', async (_, way) => {
    story([repository('acme/app')])
    for (const name of ['head', 'root']) {
      const { reachability } = await ask(question('acme/app', { commit: commit(name) }), way)
      expect(value(reachability)).toStrictEqual({ reachableFrom: 'refs/heads/main', tags: [] })
    }
  })

  it.each(WAYS)(
    'redhat-miasma, T-AC-25: a commit of the fork network exists and is not reachable (%s)',
    async (_, way) => {
      story([repository('acme/app', { orphans: [commit('impostor')] })])
      const { reachability } = await ask(question('acme/app', { commit: commit('impostor') }), way)
      expect(value(reachability)).toStrictEqual({ reachableFrom: null, tags: [] })
    },
  )

  it.each(WAYS)(
    'a commit that shares no history, which GitHub cannot compare, is not reachable either (%s)',
    async (_, way) => {
      story([repository('acme/app', { orphans: [commit('impostor')] })], {
        github: { unrelated: [commit('impostor')] },
      })
      const { reachability } = await ask(question('acme/app', { commit: commit('impostor') }), way)
      expect(value(reachability)).toMatchObject({ reachableFrom: null })
    },
  )

  it('a commit that is nowhere to be found is on no branch', async () => {
    story([repository('acme/app')])
    const { reachability } = await ask(question('acme/app', { commit: commit('nothing') }))
    expect(value(reachability)).toMatchObject({ reachableFrom: null })
  })

  const branches = { main: [commit('root'), commit('head')], 'release/1.x': [commit('root'), commit('old')] }

  it.each([
    [['refs/heads/release/1.x'], 'refs/heads/release/1.x'],
    [['refs/heads/release/*'], 'refs/heads/release/1.x'],
    [['refs/heads/**'], 'refs/heads/release/1.x'],
    [['refs/heads/*'], null],
    [['refs/tags/**'], null],
    [[], null],
  ])('other branches count when the lock names them: %j', async (refPatterns, reachableFrom) => {
    story([repository('acme/app', { branches })])
    const { reachability } = await ask(question('acme/app', { commit: commit('old'), refPatterns }))
    expect(value(reachability)).toMatchObject({ reachableFrom })
  })

  it('a branch that the lock names for one package makes nothing reachable for another', async () => {
    story([repository('acme/app', { branches })])
    const named = question('acme/app', { commit: commit('old'), refPatterns: ['refs/heads/release/*'] })
    const bare = question('acme/app', { commit: commit('old') })
    const facts = await askGithubFacts([named, bare], world.session())
    expect([named, bare].map((one) => value(facts.get(questionKey(one))?.reachability ?? { kind: '' }))).toMatchObject([
      { reachableFrom: 'refs/heads/release/1.x' },
      { reachableFrom: null },
    ])
  })

  it('whoever can push a commit can tag it: a tag that the lock’s patterns match makes nothing reachable', async () => {
    const tags = [{ name: 'v1.0.0', commit: commit('x') }]
    story([repository('acme/app', { orphans: [commit('x')], tags })])
    const refPatterns = ['refs/tags/*', '**']
    const one = question('acme/app', { commit: commit('x'), ref: 'refs/tags/v1.0.0', refPatterns })
    const { reachability } = await ask(one)
    expect(value(reachability)).toStrictEqual({ reachableFrom: null, tags: [{ name: 'v1.0.0', immutable: false }] })
  })

  it('more matching branches than are asked leave it open', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`release/${i}`, [commit(`r${i}`)]]))
    story([repository('acme/app', { branches: { main: [commit('head')], ...many }, orphans: [commit('x')] })])
    const { reachability } = await ask(
      question('acme/app', { commit: commit('x'), refPatterns: ['refs/heads/release/*'] }),
    )
    expect(value(reachability)).toBe('CONTEXT_UNKNOWN')
  })

  it('names the tags at the commit, and which of them nobody can move', async () => {
    const tags = ['v1.0.0', 'v1', 'v2.0.0'].map((name) => ({
      name,
      commit: commit(name === 'v2.0.0' ? 'head' : 'x'),
      annotated: name === 'v1',
    }))
    const releases = [
      { tag: 'v1.0.0', immutable: true },
      { tag: 'v1', immutable: false },
    ]
    story([repository('acme/app', { orphans: [commit('x')], tags, releases })])
    const { reachability } = await ask(question('acme/app', { commit: commit('x'), ref: 'refs/tags/v1.0.0' }))
    const found = value(reachability) as { reachableFrom: null; tags: { name: string }[] }
    expect(found.reachableFrom).toBe(null)
    expect(found.tags.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toStrictEqual([
      { name: 'v1', immutable: false },
      { name: 'v1.0.0', immutable: true },
    ])
  })
})

describe('the run that signed', () => {
  const asking = question('acme/app', { run: RUN, publishedAt: '2026-05-11T19:20:39Z' })

  it.each(WAYS)('tanstack-2026-05: ended as failure, its publishing step skipped (%s)', async (_, way) => {
    const jobs = [job('release', 'failure', [step('Run Tests', 'failure'), step('Publish Packages', 'skipped')])]
    story([repository('acme/app', { runs: [run({ conclusion: 'failure', jobs })] })])
    const { run: fact } = await ask(asking, way)
    expect(value(fact)).toStrictEqual({
      conclusion: 'failure',
      event: 'push',
      headSha: commit('head'),
      path: '.github/workflows/release.yml',
      startedAt: '2026-05-11T19:15:44Z',
      updatedAt: '2026-05-11T19:20:47Z',
      jobs: [
        {
          ...step('release', 'failure'),
          steps: [step('Run Tests', 'failure'), step('Publish Packages', 'skipped')],
        },
      ],
    })
  })

  it.each(WAYS)('T-PP-21: is unknown while in progress, then failure, then gone (%s)', async (_, way) => {
    story([repository('acme/app', { runs: [run({ status: 'in_progress' })] })])
    expect(value((await ask(asking, way)).run)).toBe('RUN_IN_PROGRESS')
    story([repository('acme/app', { runs: [run({ conclusion: 'failure' })] })])
    expect(value((await ask(asking, way)).run)).toMatchObject({ conclusion: 'failure' })
    story([repository('acme/app', { runs: [run({ deleted: true })] })])
    expect(value((await ask(asking, way)).run)).toBe('CONTEXT_UNKNOWN')
  })

  it('T-PP-21: is expired only where it is gone and older than GitHub keeps runs', async () => {
    story([repository('acme/app', { runs: [run({ deleted: true })] })])
    const old = { ...asking, publishedAt: '2024-01-01T00:00:00Z' }
    expect(value((await ask(old)).run)).toBe('RUN_OUTCOME_EXPIRED')
    expect(value((await ask(asking, { retentionDays: 90 })).run)).toBe('RUN_OUTCOME_EXPIRED')
    const { publishedAt: _, ...undated } = asking
    expect(value((await ask(undated)).run)).toBe('CONTEXT_UNKNOWN')
    story([repository('acme/app', { runs: [run()] })])
    expect(value((await ask(old)).run)).toMatchObject({ conclusion: 'success' })
  })

  it('is the attempt that the certificate names, not the last one', async () => {
    const runs = [
      run({ attempt: '4', conclusion: 'failure', jobs: [job('publish', 'failure', [])] }),
      run({ attempt: '5', jobs: [job('publish', 'success', [])] }),
    ]
    story([repository('acme/app', { runs })])
    const fourth = { ...asking, run: { ...RUN, attempt: '4' } }
    expect(value((await ask(fourth)).run)).toMatchObject({ conclusion: 'failure' })
    // GraphQL has no attempts: it is not even asked for the jobs.
    expect(world.asked('/graphql')).toHaveLength(1)
  })

  it('is asked attempt by attempt where a job occurs twice: GraphQL mixes attempts', async () => {
    const twice = [job('build', 'success', []), job('build', 'failure', [])]
    story([repository('acme/app', { runs: [run({ jobs: twice })] })])
    expect(value((await ask(asking)).run)).toMatchObject({
      jobs: [{ conclusion: 'success' }, { conclusion: 'failure' }],
    })
    expect(world.asked('/attempts/1')).toHaveLength(2)
  })

  it('has all its jobs, however many', async () => {
    const jobs = Array.from({ length: 130 }, (_, i) => job(`matrix ${i}`, 'success', [step('Build', 'success')]))
    story([repository('acme/app', { runs: [run({ jobs })] })])
    const fact = value((await ask(asking)).run) as { jobs: unknown[] }
    expect(fact.jobs).toHaveLength(130)
  })

  it('needs no request of its own where GraphQL tells everything', async () => {
    story([repository('acme/app', { runs: [run()] })])
    await ask(asking)
    expect(world.asked().map(({ path }) => path)).toStrictEqual(['/rate_limit', '/graphql', '/graphql'])
  })
})

describe('whether a commit was reviewed', () => {
  const asking = question('acme/app', { review: true })
  const pull = (approvers: string[]) => ({ number: 7, commit: commit('head'), author: 'ann', merged: true, approvers })

  it.each([
    ['by nobody', [], []],
    ['by the author', ['ann'], []],
    ['by a machine', ['approve[bot]'], []],
    ['by somebody else', ['ann', 'bob'], ['bob']],
  ])('counts an approval of other people only: %s', async (_, approvers, expected) => {
    story([repository('acme/app', { pullRequests: [pull(approvers)] })])
    const { review } = await ask(asking)
    expect(value(review)).toStrictEqual({
      pullRequests: [{ number: 7, merged: true, author: 'ann', approvers: expected }],
    })
  })

  it('is the same without a token', async () => {
    story([repository('acme/app', { pullRequests: [pull(['ann', 'bob'])] })])
    expect(value((await ask(asking, { token: null })).review)).toMatchObject({ pullRequests: [{ approvers: ['bob'] }] })
  })

  it('is known to be without a pull request, and not asked for where nobody wants it', async () => {
    story([repository('acme/app')])
    expect(value((await ask(asking)).review)).toStrictEqual({ pullRequests: [] })
    expect(value((await ask(question('acme/app'))).review)).toBe('NOT_ASKED')
  })
})

describe('the tree of a commit', () => {
  it('is asked for only where it is wanted', async () => {
    const files = { 'package.json': '{}', 'src/index.js': '0' }
    story([repository('acme/app', { trees: { [commit('head')]: files } })])
    const one = question('acme/app')
    expect(value((await ask(one)).tree)).toBe('NOT_ASKED')
    expect(value((await ask(one, { wantTree: new Set([questionKey(one)]) })).tree)).toStrictEqual({
      paths: [
        { path: 'package.json', bytes: 2 },
        { path: 'src/index.js', bytes: 1 },
      ],
      truncated: false,
    })
  })
})
