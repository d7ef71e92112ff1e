import { afterAll, beforeAll, expect, test } from 'vitest'
import { http } from '../../src/io/http.ts'
import { buildPublishers, PUBLISHERS } from '../../src/publish/index.ts'
import { type GithubApi, startGithubApi } from '../support/github-api.ts'
import { makeHost, makeRequest, sha256 } from './fixtures.ts'

let api: GithubApi
beforeAll(async () => {
  api = await startGithubApi()
})
afterAll(() => api.close())

const githubStore = () => ({
  apiUrl: api.url,
  serverUrl: 'https://github.com',
  repository: 'acme/model',
  token: 'test-token',
  http,
  host: makeHost(),
})

test('the disk comes first, whatever else is asked for', () => {
  expect(PUBLISHERS.map(({ id }) => id)).toEqual(['file', 'github-store', 'oci'])
  const oci = { image: `ghcr.io/acme/app@sha256:${'a'.repeat(64)}`, http, host: makeHost() }
  const built = buildPublishers({ oci, githubStore: githubStore(), file: { path: '/out/attestation.json' } })
  expect(built.map(({ id }) => id)).toEqual(['file', 'github-store', 'oci'])
  expect(buildPublishers({})).toEqual([])
})

test('refuses a bad reference before anything runs', () => {
  const build = () => buildPublishers({ oci: { image: 'app', http, host: makeHost() } })
  expect(build).toThrowError(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})

test('the test server lists what was stored, page by page, and filters by predicate type', async () => {
  const request = makeRequest('same')
  // Straight to the server: the publisher would wait a second between two.
  const headers = {
    authorization: 'Bearer test-token',
    'content-type': 'application/json',
    accept: 'application/vnd.github+json',
  }
  for (let n = 0; n < 5; n++) {
    const body = JSON.stringify({ bundle: request.bundle })
    const answer = await http({ url: `${api.url}/repos/acme/model/attestations`, method: 'POST', headers, body })
    expect(answer.status).toBe(201)
  }
  const list = `${api.url}/repos/acme/model/attestations/sha256:${sha256('same')}`
  const sizes: number[] = []
  let next: string | undefined = `${list}?per_page=2&predicate_type=provenance`
  while (next !== undefined) {
    const answer = await http({ url: next, headers })
    sizes.push(JSON.parse(Buffer.from(answer.body).toString('utf8')).attestations.length)
    const link: string | undefined = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1]
    next = link === undefined ? undefined : new URL(link, api.url).href
  }
  expect(sizes).toEqual([2, 2, 1])
  expect((await http({ url: `${list}?predicate_type=sbom`, headers })).status).toBe(404)
  expect((await http({ url: list, headers: { ...headers, accept: 'text/html' } })).status).toBe(415)
  expect((await http({ url: list, headers: { ...headers, authorization: 'Bearer other' } })).status).toBe(401)
})
