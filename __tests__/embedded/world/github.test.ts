import { uncompress } from 'snappyjs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { WorldDescription } from '../../../src/embedded/world/description.ts'
import { attested, commit, type GithubWorld, githubWorld, repository, sha } from '../../source/github/github-world.ts'

let world: GithubWorld
beforeAll(async () => {
  world = await githubWorld({})
})
const many = Array.from({ length: 31 }, (_, i) => attested(`many${i}`, sha('3')))
const story = (more: Partial<WorldDescription> = {}) =>
  world.setDescription({ packages: [], repositories: [repository('acme/app')], ...more })

interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, looked at by their tests
  readonly body: any
}

async function ask(
  path: string,
  token?: string,
  init: { method?: string; body?: object; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${world.origins.github}${path}`, {
    method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...init.headers },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
const query = async (text: string, token = 'job', variables: object = {}) =>
  (await ask('/graphql', token, { body: { query: text, variables } })).body

describe("GitHub's API in a world", () => {
  it('has no more paths than GitHub, and takes no unknown version or type', async () => {
    story()
    expect((await ask('/nothing')).status).toBe(404)
    expect((await ask('/repos/acme/app/nothing')).status).toBe(404)
    expect((await ask('/repos/acme/app', undefined, { method: 'DELETE' })).status).toBe(404)
    expect((await ask('/repos/acme/app', undefined, { headers: { accept: 'text/html' } })).status).toBe(415)
    expect(
      (await ask('/repos/acme/app', undefined, { headers: { 'x-github-api-version': '2000-01-01' } })).status,
    ).toBe(400)
    expect((await ask('/repos/acme/app', undefined, { headers: { authorization: 'Basic x' } })).status).toBe(401)
  })

  it.each([
    [undefined, 60],
    ['job', 1000],
    ['pat-person', 5000],
  ])('counts the requests of %s against %d an hour', async (token, limit) => {
    story()
    await ask('/repos/acme/app', token)
    const { headers } = await ask('/repos/acme/nothing', token)
    expect(headers.get('x-ratelimit-limit')).toBe(String(limit))
    expect(Number(headers.get('x-ratelimit-remaining'))).toBeLessThan(limit - 1)
    const before = (await ask('/rate_limit', token)).body.resources.core.remaining
    expect((await ask('/rate_limit', token)).body.resources.core.remaining).toBe(before)
  })

  it('says 403 to whoever has used its quota up, before any 404', async () => {
    story({ github: { quota: { core: 2 } } })
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await ask('/repos/acme/nothing', 'small')).status)
    expect(statuses).toStrictEqual([404, 404, 403])
  })

  it('hides what a token may not read, in REST and in GraphQL', async () => {
    story({ repositories: [repository('acme/app', { visibility: 'private' })] })
    const text = '{ repository(owner: "acme", name: "app") { databaseId } }'
    expect((await ask('/repos/acme/app', 'job')).status).toBe(404)
    expect((await ask('/repos/acme/app', 'pat-person')).status).toBe(200)
    expect(await query(text)).toMatchObject({
      data: { repository: null },
      errors: [{ type: 'NOT_FOUND', path: ['repository'] }],
    })
    expect((await query(text, 'pat-person')).errors).toBe(undefined)
  })

  it('gives thirty attestations a page, and says where the next one is', async () => {
    story({ packages: many })
    const path = `/repos/acme/app/attestations/sha256:${sha('3')}`
    const first = await ask(path)
    expect(first.body.attestations).toHaveLength(30)
    const after = /[?&]after=([^&>]+)/.exec(first.headers.get('link') ?? '')?.[1]
    const second = await ask(`${path}?after=${after}`)
    expect(second.body.attestations).toHaveLength(1)
    expect(second.headers.get('link')).toBe(null)
    expect((await ask('/repos/acme/app/attestations/md5:1')).status).toBe(422)
  })

  it('answers in bulk to tokens only, about 1 to 1,024 digests', async () => {
    story({ packages: many.slice(0, 1) })
    const path = '/orgs/acme/attestations/bulk-list'
    const body = { subject_digests: [`sha256:${sha('3')}`, `sha256:${sha('9')}`] }
    expect((await ask(path, undefined, { body })).status).toBe(401)
    expect((await ask('/users/acme/attestations/bulk-list', 'job', { body })).status).toBe(404)
    expect((await ask(path, 'job', { body: { subject_digests: [] } })).status).toBe(422)
    const { attestations_subject_digests: map, page_info: info } = (await ask(path, 'job', { body })).body
    expect(map[`sha256:${sha('3')}`]).toHaveLength(1)
    expect(map[`sha256:${sha('9')}`]).toBe(null)
    expect(info.has_next).toBe(false)
  })

  it('keeps bundles as snappy blocks at addresses that take no token', async () => {
    story({ packages: many.slice(0, 1), github: { bundles: 'url' } })
    const [entry] = (await ask(`/repos/acme/app/attestations/sha256:${sha('3')}`)).body.attestations
    expect(entry.bundle).toBe(null)
    const response = await fetch(entry.bundle_url)
    const bytes = uncompress(new Uint8Array(await response.arrayBuffer()))
    expect(JSON.parse(Buffer.from(bytes).toString()).mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json')
    expect((await fetch(entry.bundle_url, { headers: { authorization: 'Bearer x' } })).status).toBe(403)
    expect((await fetch(entry.bundle_url.split('?')[0])).status).toBe(404)
  })

  it('shows an annotated tag as GitHub does: the ref at the tag object, the tag object at the commit', async () => {
    story({
      repositories: [repository('acme/app', { tags: [{ name: 'v1', commit: commit('head'), annotated: true }] })],
    })
    const { object } = (await ask('/repos/acme/app/git/ref/tags/v1')).body
    expect(object.type).toBe('tag')
    expect((await ask(`/repos/acme/app/git/tags/${object.sha}`)).body.object).toStrictEqual({
      type: 'commit',
      sha: commit('head'),
    })
  })

  it('holds GraphQL to its limits: a token, bounded pages, nodes, points', async () => {
    story({ github: { quota: { graphql: 3 } } })
    const wide = (first: number) =>
      `{ repository(owner: "acme", name: "app") { refs(refPrefix: "refs/tags/", first: ${first}) { nodes { target { ... on Commit { checkSuites(first: 100) { nodes { checkRuns(first: 100) { nodes { name } } } } } } } } } }`
    expect((await ask('/graphql', undefined, { body: { query: '{ rateLimit { cost } }' } })).status).toBe(401)
    expect((await query('{ nothing }', 'limits')).errors).toHaveLength(1)
    expect((await query(wide(101), 'limits')).errors[0].type).toBe('MISSING_PAGINATION_BOUNDARIES')
    expect((await query(wide(100), 'limits')).errors[0].type).toBe('MAX_NODE_LIMIT_EXCEEDED')
    expect((await query(wide(40), 'limits')).errors[0].type).toBe('RATE_LIMITED')
    expect((await query('{ rateLimit { cost remaining } }', 'limits')).data.rateLimit).toStrictEqual({
      cost: 1,
      remaining: 2,
    })
  })
})
