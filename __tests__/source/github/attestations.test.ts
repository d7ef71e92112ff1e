import { createServer } from 'node:http'
import { compress } from 'snappyjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorldDescription } from '../../../src/embedded/world/description.ts'
import type { Lookup, Target } from '../../../src/model/evidence.ts'
import { github } from '../../../src/source/sources/github.ts'
import { close, listen } from '../../support/loopback-server.ts'
import { attested, dependency, type GithubWorld, githubWorld, repository, sha, target } from './github-world.ts'

const BASE: Partial<WorldDescription> = {
  packages: [attested('one', sha('1')), attested('two', sha('2'), { attestation: { repository: 'acme/secret' } })],
  repositories: [repository('acme/app'), repository('acme/secret', { visibility: 'private' })],
}

async function ask(
  world: GithubWorld,
  targets: readonly Target[],
  options: Parameters<GithubWorld['session']>[0] = {},
) {
  const session = world.session({ repositories: ['acme/app'], ...options })
  return (await github.lookupMany?.(targets, session)) ?? []
}

const bundles = (lookup: Lookup | undefined) =>
  lookup?.kind === 'found' ? lookup.documents.flatMap(({ attestations }) => attestations) : lookup
const fault = (lookup: Lookup | undefined) => (lookup?.kind === 'unavailable' ? lookup.error.fault : lookup?.kind)

describe('the attestation store', () => {
  let world: GithubWorld
  beforeAll(async () => {
    world = await githubWorld(BASE)
  })
  const story = (github: WorldDescription['github'], more: Partial<WorldDescription> = {}) => {
    world.setFaults([])
    world.clearRequests()
    world.setDescription({ packages: [], repositories: [], ...BASE, ...more, ...(github ? { github } : {}) })
  }

  it('covers what has a strong digest and a repository that somebody named, and pinned actions', () => {
    const named = world.session({ repositories: ['acme/app'] })
    const nobody = world.session()
    const one = dependency('one', { digests: { sha256: sha('1') } })
    expect(github.covers(one, named)).toBe(true)
    expect(github.covers(one, nobody)).toBe(false)
    expect(github.covers(dependency('one'), named)).toBe(false)
    expect(github.covers({ ...one, kind: 'image' }, named)).toBe(false)
    const action = dependency('a/b', { kind: 'action', ecosystem: 'github', digests: { gitCommit: 'a'.repeat(40) } })
    expect(github.covers(action, nobody)).toBe(true)
  })

  it('asks in bulk, once for an owner, and finds what is there', async () => {
    story(undefined)
    const lookups = await ask(world, [target('one', sha('1')), target('absent', sha('9'), { ecosystem: 'npm' })])
    expect(bundles(lookups[0])).toHaveLength(1)
    expect(lookups[1]).toMatchObject({ kind: 'none' })
    expect(world.asked('bulk-list')).toHaveLength(1)
  })

  it('splits 250 digests of one owner over three calls', async () => {
    story(undefined)
    const targets = Array.from({ length: 250 }, (_, i) =>
      target(`p${i}`, i.toString(16).padStart(64, '0'), { ecosystem: 'npm' }),
    )
    const lookups = await ask(world, targets)
    expect(new Set(lookups.map(({ kind }) => kind))).toStrictEqual(new Set(['none']))
    // three bulk calls, and once whether the repository can be read
    expect(world.asked()).toHaveLength(4)
  })

  it('asks a person as a person', async () => {
    story({ people: ['acme'] })
    expect(bundles((await ask(world, [target('one', sha('1'))]))[0])).toHaveLength(1)
    expect(world.asked('/users/acme/')).toHaveLength(1)
  })

  it('asks by repository without a token, since bulk needs one', async () => {
    story(undefined)
    expect(bundles((await ask(world, [target('one', sha('1'))], { token: null }))[0])).toHaveLength(1)
    expect(world.asked('/repos/acme/app/attestations/')).toHaveLength(1)
  })

  it.each([200, 404] as const)('reads "nothing" (%d) as none when the repository can be read', async (nothing) => {
    story({ nothing })
    expect((await ask(world, [target('no', sha('9'))]))[0]).toMatchObject({ kind: 'none' })
    expect((await ask(world, [target('no', sha('9'))], { token: null }))[0]).toMatchObject({ kind: 'none' })
  })

  it.each([200, 404] as const)(
    'T-NS-03: a repository that this token may not read is unreadable, never absent (%d)',
    async (nothing) => {
      story({ nothing })
      const two = [target('two', sha('2')), target('two', sha('2'), { ecosystem: 'npm' })]
      const poor = await ask(world, two, { repositories: ['acme/secret'] })
      expect(poor.map(fault)).toStrictEqual(['unreadable', 'unreadable'])
      const rich = await ask(world, two, { repositories: ['acme/secret'], token: 'pat-reads-all' })
      expect(bundles(rich[0])).toHaveLength(1)
    },
  )

  it('asks once whether a repository can be read, however many digests it is silent about', async () => {
    story(undefined)
    await ask(
      world,
      Array.from({ length: 20 }, (_, i) => target(`p${i}`, sha(`${i}a`), { ecosystem: 'npm' })),
    )
    expect(world.asked().filter(({ path }) => path === '/repos/acme/app')).toHaveLength(1)
  })

  it.each([
    ['inline', 0],
    ['both', 0],
    ['url', 1],
  ] as const)('T-NS-11: takes a bundle that is given %s', async (bundlesGiven, blobs) => {
    story({ bundles: bundlesGiven })
    expect(bundles((await ask(world, [target('one', sha('1'))]))[0])).toHaveLength(1)
    const fetched = world.asked('.json.sn')
    expect(fetched).toHaveLength(blobs)
    expect(fetched.every(({ authorized }) => !authorized)).toBe(true)
  })

  it('T-NS-11: an entry with neither bundle nor address is unavailable, never none', async () => {
    story({ bundles: 'neither' })
    expect(fault((await ask(world, [target('one', sha('1'))]))[0])).toBe('malformed')
  })

  it('T-NS-11: a bundle that is not where GitHub says it is, is unavailable', async () => {
    story({ bundles: 'url' })
    world.setFaults([{ match: 'github-blobs', kind: 'status', status: 404 }])
    expect(fault((await ask(world, [target('one', sha('1'))]))[0])).toBe('unreadable')
  })

  const many = Array.from({ length: 131 }, (_, i) => attested(`many${i}`, sha('3')))

  it('T-NS-02: follows all pages of a list: the last of 31 is there', async () => {
    story(undefined, { packages: many.slice(0, 31) })
    expect(bundles((await ask(world, [target('x', sha('3'))]))[0])).toHaveLength(31)
    expect(bundles((await ask(world, [target('x', sha('3'))], { token: null }))[0])).toHaveLength(31)
  })

  it('T-NS-02: follows the pages of a bulk list', async () => {
    const more = Array.from({ length: 90 }, (_, i) => attested(`other${i}`, sha('4')))
    story(undefined, { packages: [...many.slice(0, 90), ...more] })
    const lookups = await ask(world, [target('x', sha('3')), target('y', sha('4'))])
    expect(lookups.map((one) => (bundles(one) as unknown[]).length)).toStrictEqual([90, 90])
    expect(world.asked('bulk-list')).toHaveLength(2)
  })

  it('T-NS-02: more bundles than are read, and a list that never ends, are truncated', async () => {
    story(undefined, { packages: many })
    expect(fault((await ask(world, [target('x', sha('3'))], { token: null }))[0])).toBe('truncated')
    story(undefined, { packages: [attested('one', sha('1'))] })
    world.setFaults([{ match: 'bulk-list', kind: 'endless-pages' }])
    expect(fault((await ask(world, [target('one', sha('1'))]))[0])).toBe('truncated')
  })

  it.each([
    [500, 'unreachable'],
    [429, 'rate-limited'],
    [403, 'unreadable'],
    [400, 'malformed'],
  ] as const)('reads status %d of a list as %s', async (status, expected) => {
    story(undefined)
    world.setFaults([{ match: '/attestations/sha256', kind: 'status', status }])
    expect(fault((await ask(world, [target('one', sha('1'))], { token: null }))[0])).toBe(expected)
  })

  it('reads an exhausted quota as rate-limited', async () => {
    story({ quota: { core: 0 } })
    expect(fault((await ask(world, [target('one', sha('1'))], { token: 'poor' }))[0])).toBe('rate-limited')
  })

  it('asks without credentials where an IP allow list refuses them', async () => {
    story({ allowLists: ['acme'] })
    expect(bundles((await ask(world, [target('one', sha('1'))]))[0])).toHaveLength(1)
  })

  it('says so when no repository is named, or when it is no repository', async () => {
    story(undefined)
    for (const repositories of [[], ['acme/..'], ['a/b/c']]) {
      expect(fault((await ask(world, [target('one', sha('1'))], { repositories }))[0])).toBe('unsupported')
    }
    expect(world.asked()).toHaveLength(0)
  })
})

describe('a bulk list that is not what it should be', () => {
  let body: object = {}
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    if (request.url?.startsWith('/blob')) response.end(compress(Buffer.from('{"no":"bundle"}')))
    else {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(body))
    }
  })
  let world: GithubWorld
  let origin: string
  beforeAll(async () => {
    world = await githubWorld({})
    origin = await listen(server)
  })
  afterAll(() => close(server))

  const lookup = async () => {
    const session = { ...world.session({ repositories: ['acme/app'] }), origin: () => origin }
    const client = world.session().client
    // The client of the world knows only the world's origins: this server stands for the API.
    const given = {
      ...client,
      fetch: (request: Parameters<typeof client.fetch>[0]) =>
        request.url.startsWith(origin) && request.trust !== 'supplied'
          ? fetch(request.url, {
              method: request.method ?? 'GET',
              ...(request.body ? { body: request.body } : {}),
            }).then(async (r) => ({
              kind: 'answer' as const,
              status: r.status,
              headers: r.headers,
              body: new Uint8Array(await r.arrayBuffer()),
            }))
          : client.fetch(request),
    }
    return (await github.lookupMany?.([target('one', sha('1'))], { ...session, client: given }))?.[0]
  }
  const page = { has_next: false }

  it('T-NS-02: a digest that no page names is truncated, not none', async () => {
    body = { attestations_subject_digests: {}, page_info: page }
    expect(fault(await lookup())).toBe('truncated')
  })

  it('T-NS-05: goes to no other host for a bundle than where GitHub keeps them, with no token', async () => {
    for (const bundle_url of [
      `${origin}/blob`,
      'https://evil.example/x.blob.core.windows.net',
      'https://blob.core.windows.net.evil.example/1.json.sn',
      'http://x.blob.core.windows.net/1.json.sn',
      'https://169.254.169.254/1.json.sn',
    ]) {
      body = {
        attestations_subject_digests: { [`sha256:${sha('1')}`]: [{ bundle: null, bundle_url }] },
        page_info: page,
      }
      seen.length = 0
      expect(fault(await lookup())).toBe('malformed')
      expect(seen.filter((one) => one.startsWith('/blob'))).toStrictEqual([])
    }
  })

  it('a bundle that cannot be read is refused evidence and hides no other', async () => {
    body = {
      attestations_subject_digests: { [`sha256:${sha('1')}`]: [{ bundle: { mediaType: 'x' } }] },
      page_info: page,
    }
    expect(await lookup()).toMatchObject({
      kind: 'found',
      documents: [{ attestations: [], unreadable: [{ error: { code: 'BUNDLE_VERSION' } }] }],
    })
  })
})
