import { afterEach, expect, test, vi } from 'vitest'
import { http } from '../../src/io/http.ts'
import type { GithubOptions } from '../../src/publish/github-client.ts'
import { attestationStoreState, type GithubStoreOptions, githubStorePublisher } from '../../src/publish/github-store.ts'
import { type Fault, type GithubApi, type GithubApiSetup, startGithubApi } from '../support/github-api.ts'
import { makeHost, makeRequest, refusal } from './fixtures.ts'

const TOKEN = 'ghs_secretOfThisJob123'
const POST = 'POST /repos/acme/model/attestations'
let api: GithubApi | undefined
afterEach(() => api?.close())

async function start(setup: GithubApiSetup = {}) {
  api = await startGithubApi({ tokens: { [TOKEN]: { attestations: 'write' } }, ...setup })
  return api
}

function options(patience: GithubOptions['patience'] = {}, more: Partial<GithubStoreOptions> = {}): GithubStoreOptions {
  return {
    apiUrl: api?.url ?? '',
    serverUrl: 'https://github.example',
    repository: 'acme/model',
    token: TOKEN,
    http,
    host: makeHost(),
    patience: { backoffMs: 10, ...patience },
    ...more,
  }
}

/** Publishes against a server that misbehaves so. */
async function publishThrough(faults: readonly Fault[], patience: GithubOptions['patience'] = {}) {
  const server = await start()
  server.misbehave(POST, ...faults)
  return githubStorePublisher(options(patience)).publish(makeRequest())
}

test('stores the bundle, exactly its three members, and says where it can be seen', async () => {
  const server = await start()
  const request = makeRequest()
  expect(await githubStorePublisher(options()).publish(request)).toEqual({
    publisher: 'github-store',
    id: '4711',
    url: 'https://github.example/acme/model/attestations/4711',
  })
  expect(server.requests).toHaveLength(1)
  expect(server.requests[0]?.body).toBe(JSON.stringify({ bundle: request.bundle }))
  expect(server.requests[0]?.headers['x-github-api-version']).toBe('2022-11-28')
  expect(server.attestations[0]?.digests).toEqual([`sha256:${request.statement.subject[0]?.digest.sha256}`])
})

test('keeps an id beyond 2^53 digit by digit', async () => {
  await start({ firstId: '9007199254740993' })
  expect((await githubStorePublisher(options()).publish(makeRequest())).id).toBe('9007199254740993')
})

test('accepts an id that comes as a string', async () => {
  expect((await publishThrough([{ kind: 'status', status: 201, body: { id: '12' } }])).id).toBe('12')
})

test.each([{}, { id: '../../evil' }, { id: -1 }, { id: 1.5 }, { id: null }, 'no json'])(
  'does not build an address from the answer %j',
  async (body) => {
    const error = await refusal(publishThrough([{ kind: 'status', status: 201, body }]))
    expect(error.code).toBe('STORE_UNAVAILABLE')
    expect(api?.requests).toHaveLength(1)
  },
)

test('prints nothing by itself', async () => {
  const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name))
  await publishThrough([
    { kind: 'status', status: 500 },
    { kind: 'status', status: 201, body: { id: 1 }, headers: { deprecation: 'true', sunset: 'soon' } },
  ])
  for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})

test.each<readonly [string, Fault[]]>([
  [
    'a 500 and a 502',
    [
      { kind: 'status', status: 500 },
      { kind: 'status', status: 502 },
    ],
  ],
  ['a 503 that asks for a second', [{ kind: 'status', status: 503, headers: { 'retry-after': '1' } }]],
  ['a reset', [{ kind: 'reset' }]],
  ['half a body', [{ kind: 'half-body' }]],
  ['a 429 with Retry-After', [{ kind: 'status', status: 429, headers: { 'retry-after': '1' } }]],
  [
    'a primary rate limit that ends now',
    [{ kind: 'status', status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' } }],
  ],
])('stores after %s', async (_, faults) => {
  expect((await publishThrough(faults)).id).toBe('4711')
  expect(api?.requests).toHaveLength(faults.length + 1)
})

test('gives up after five attempts when the server stays down', async () => {
  const faults = Array.from({ length: 9 }, (): Fault => ({ kind: 'status', status: 500 }))
  expect((await refusal(publishThrough(faults))).code).toBe('STORE_UNAVAILABLE')
  expect(api?.requests).toHaveLength(5)
})

test('gives up at the deadline when the server never answers', async () => {
  const faults = Array.from({ length: 9 }, (): Fault => ({ kind: 'silent' }))
  const began = performance.now()
  const error = await refusal(publishThrough(faults, { attemptMs: 150, deadlineMs: 400 }))
  expect(error.code).toBe('STORE_UNAVAILABLE')
  expect(error.message).toContain('no answer in time')
  expect(api?.requests.length).toBeGreaterThan(1)
  expect(performance.now() - began).toBeLessThan(2_000)
})

test('names a server that cannot be reached', async () => {
  await start()
  const unreachable = options({ maxAttempts: 2 })
  await api?.close()
  api = undefined
  expect((await refusal(githubStorePublisher(unreachable).publish(makeRequest()))).code).toBe('STORE_UNAVAILABLE')
})

test('does not wait for a rate limit that ends in an hour, and says so', async () => {
  const fault: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '3600' } }
  const error = await refusal(publishThrough([fault]))
  expect(error.code).toBe('STORE_RATE_LIMITED')
  expect(error.message).toContain('3600 s')
  expect(api?.requests).toHaveLength(1)
})

test.each<readonly [string, Fault]>([
  [
    'a secondary limit in a 403',
    { kind: 'status', status: 403, body: { message: 'You have exceeded a secondary rate limit' } },
  ],
  ['a 429 without Retry-After', { kind: 'status', status: 429 }],
])('does not repeat %s within the minute', async (_, fault) => {
  expect((await refusal(publishThrough([fault], { maxWaitMs: 1_000 }))).code).toBe('STORE_RATE_LIMITED')
  expect(api?.requests).toHaveLength(1)
})

test.each([
  [401, 'STORE_DENIED'],
  [403, 'STORE_DENIED'],
  [404, 'STORE_DENIED'],
  [409, 'STORE_REFUSED'],
  [413, 'STORE_REFUSED'],
  [422, 'STORE_REFUSED'],
  [307, 'STORE_REFUSED'],
])('a %i is %s and is never repeated', async (status, code) => {
  const error = await refusal(
    publishThrough([{ kind: 'status', status, headers: { location: 'https://evil.example/' } }]),
  )
  expect(error.code).toBe(code)
  expect(error.message).toContain(`status ${status}`)
  expect(api?.requests).toHaveLength(1)
})

test('a token that may only read gets the permission as a hint', async () => {
  await start({ tokens: { [TOKEN]: { attestations: 'read' } } })
  const error = await refusal(githubStorePublisher(options()).publish(makeRequest()))
  expect(error.code).toBe('STORE_DENIED')
  expect(error.hint).toContain('attestations: write')
  expect(error.message).toContain('Resource not accessible by integration')
})

test('a fork is told that its token is read-only, not to change the workflow', async () => {
  await start({ tokens: { [TOKEN]: { attestations: 'read' } } })
  const error = await refusal(githubStorePublisher(options({}, { fork: true })).publish(makeRequest()))
  expect(error.hint).toContain('read-only')
  expect(error.hint).not.toContain('Give the job')
})

test('a plan without a store is the user’s choice of three', async () => {
  await start({ repositories: [{ name: 'acme/model', visibility: 'private' }] })
  const error = await refusal(githubStorePublisher(options()).publish(makeRequest()))
  expect(error).toMatchObject({ code: 'STORE_NOT_AVAILABLE', class: 'usage' })
  for (const choice of ['OCI', 'key', 'allow-public-log: true']) expect(error.hint).toContain(choice)
})

test('the store’s own objection reaches the user', async () => {
  await start()
  const { bundle, statement } = makeRequest()
  const envelope = { ...(bundle.dsseEnvelope as object), signatures: [{ sig: 'a' }, { sig: 'b' }] }
  const error = await refusal(
    githubStorePublisher(options()).publish({ bundle: { ...bundle, dsseEnvelope: envelope }, statement }),
  )
  expect(error.code).toBe('STORE_REFUSED')
  expect(error.message).toContain('exactly one signature')
})

test('no message and no log line holds the token, even when the server reflects it', async () => {
  const message = `bad ${TOKEN} ${Buffer.from(TOKEN).toString('base64')}\n::add-mask::x\u001b[31m`
  const server = await start()
  server.misbehave(POST, { kind: 'status', status: 422, body: { message, errors: [{ message: TOKEN }] } })
  const host = makeHost()
  const error = await refusal(githubStorePublisher(options({}, { host })).publish(makeRequest()))
  const shown = [error.message, error.hint, String(error.cause), ...host.lines].join('\n')
  expect(shown).not.toContain(TOKEN)
  expect(shown).not.toContain(Buffer.from(TOKEN).toString('base64'))
  expect(error.message).not.toMatch(/[\n\u001b]/)
  expect(host.lines.length).toBeGreaterThan(0)
})

test.each(['http://api.example', 'ftp://127.0.0.1', 'https://user:pw@api.example', ''])(
  'sends no token to %j',
  async (apiUrl) => {
    expect(() => githubStorePublisher(options({}, { apiUrl }))).toThrowError(
      expect.objectContaining({ code: 'URL_DENIED' }),
    )
  },
)

test.each(['acme', 'acme/model/x', '../x', 'acme/..', 'acme/mo del', 'a%2fb/c'])(
  'refuses the repository %j',
  (repository) => {
    const build = () => githubStorePublisher(options({}, { apiUrl: 'https://api.example', repository }))
    expect(build).toThrowError(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  },
)

test('asks before the command: a public repository has a store', async () => {
  await start()
  expect(await attestationStoreState(options())).toEqual({ state: 'available' })
})

test.each([
  ['an organisation on Enterprise Cloud', { privateStore: true }, 'available'],
  ['an internal repository on Enterprise Cloud', { privateStore: true, visibility: 'internal' }, 'available'],
  ['an organisation on another plan', {}, 'not-available'],
  ['a user', { ownerType: 'User' }, 'not-available'],
] as const)('asks before the command: a private repository of %s', async (_, setup, state) => {
  await start({ repositories: [{ name: 'acme/model', visibility: 'private', ...setup }] })
  expect((await attestationStoreState(options())).state).toBe(state)
  expect(api?.attestations).toEqual([])
  expect(api?.requests.every(({ method }) => method === 'GET')).toBe(true)
})

test('asks before the command: GitHub Enterprise Server has none', async () => {
  await start({ enterpriseServer: '3.18.0' })
  expect((await attestationStoreState(options())).state).toBe('not-available')
})

test.each<readonly [string, string, Fault]>([
  ['the repository cannot be read', 'GET /repos/acme/model', { kind: 'status', status: 404 }],
  ['GitHub is down', 'GET /repos/acme/model', { kind: 'status', status: 500 }],
  ['the answer is no repository', 'GET /repos/acme/model', { kind: 'status', status: 200, body: { private: 'no' } }],
  [
    'the answer contradicts itself',
    'GET /repos/acme/model',
    { kind: 'status', status: 200, body: { private: false, visibility: 'private' } },
  ],
  ['the token may not read attestations', 'attestations/', { kind: 'status', status: 403 }],
  [
    'a rate limit says something else',
    'attestations/',
    { kind: 'status', status: 403, body: { message: 'feature not available' }, headers: { 'retry-after': '9999' } },
  ],
])('asks before the command: unknown when %s', async (_, match, fault) => {
  const server = await start({ repositories: [{ name: 'acme/model', visibility: 'private' }] })
  server.misbehave(match, fault)
  expect((await attestationStoreState(options({ maxAttempts: 1 }))).state).toBe('unknown')
})

test('two bundles to one GitHub are a second apart, as GitHub asks', async () => {
  await start()
  const publisher = githubStorePublisher(options())
  const began = performance.now()
  await publisher.publish(makeRequest('a'))
  await publisher.publish(makeRequest('b'))
  expect(performance.now() - began).toBeGreaterThan(900)
})
