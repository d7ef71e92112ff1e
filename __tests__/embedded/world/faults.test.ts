import { type IncomingHttpHeaders, request } from 'node:http'
import { createGunzip } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { WorldFault } from '../../../src/embedded/world/description.ts'
import type { WorldRequest, WorldService } from '../../../src/embedded/world/route.ts'
import { policyFor } from '../../../src/embedded/world/world.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

/** Says what it was asked. */
const echo: WorldService = {
  origin: 'echo',
  handle: ({ method, url, body }: WorldRequest, state) => {
    if (url.pathname === '/defect') throw new Error('a defect')
    const sent = Buffer.from(body).toString('utf8')
    const pageInfo = { hasNextPage: false, endCursor: null }
    return { status: 200, body: { method, path: url.pathname, query: url.search, sent, pageInfo, now: state.now() } }
  },
}
const silent = (origin: string): WorldService => ({ origin, handle: () => ({ status: 204 }) })
const services = [echo, silent('github-blobs'), silent('npm'), silent('oci:ghcr.io')]

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly ms: number
}

/** A client with no opinions: no redirects, no decoding, no retries. */
function ask(
  path: string,
  { timeoutMs = 5000, ...options }: { timeoutMs?: number; method?: string; body?: string; headers?: object } = {},
): Promise<Answer> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const { body, headers = {}, method = 'GET' } = options
    const sent = request(`${world.origins.echo}${path}`, { method, headers: { ...headers } }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks),
          ms: performance.now() - started,
        }),
      )
    })
    sent.on('error', reject)
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error('client gave up')))
    sent.end(body)
  })
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )

const json = ({ body }: Answer) => JSON.parse(body.toString('utf8')) as Record<string, unknown>

let world: TestWorld
const defects: string[] = []
beforeAll(async () => {
  world = await startTestWorld({}, { services, log: (line) => defects.push(line) })
  return () => world.close()
})
afterEach(() => world.setFaults([]))

const fault = (kind: WorldFault['kind'], more: Partial<WorldFault> = {}) =>
  world.setFaults([{ match: 'echo /', kind, ...more }])

describe('a service of the world', () => {
  it('answers, on loopback, with its own origin', async () => {
    expect(world.origins.echo).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const answer = await ask('/a%2fb?x=1', { method: 'POST', body: 'hello' })
    expect(json(answer)).toMatchObject({ method: 'POST', path: '/a%2fb', query: '?x=1', sent: 'hello' })
    expect(answer.headers['content-type']).toBe('application/json')
  })

  it('keeps a list of what it was asked, and of who showed the token', async () => {
    world.clearRequests()
    await ask('/a?b=c', { headers: { authorization: `Bearer ${world.token}` } })
    await ask('/a', { headers: { authorization: 'Bearer other' } })
    expect(world.requests()).toStrictEqual([
      { service: 'echo', method: 'GET', path: '/a?b=c', authorized: true },
      { service: 'echo', method: 'GET', path: '/a', authorized: false },
    ])
    expect(world.requestCounts()).toStrictEqual({ echo: 2 })
  })

  it('says its own defects instead of hiding them behind a status', async () => {
    expect((await ask('/defect')).status).toBe(500)
    expect(defects.join()).toContain('a defect')
  })

  it('takes a body up to its cap', async () => {
    expect((await ask('/', { method: 'POST', body: 'x'.repeat(4 * 1024 * 1024) })).status).toBe(200)
    expect((await ask('/', { method: 'POST', body: 'x'.repeat(4 * 1024 * 1024 + 1) })).status).toBe(413)
  })

  it('answers after the latency that was set', async () => {
    const slow = await startTestWorld({}, { services: [echo], latencyMs: 80 })
    const started = performance.now()
    await (await fetch(`${slow.origins.echo}/`)).text()
    expect(performance.now() - started).toBeGreaterThan(75)
    await slow.close()
  })

  it('is named in the policy for this world where evidence is asked', () => {
    expect(policyFor(world, world.root)).toBe(world.policyYaml)
    expect(() => policyFor(world, '/elsewhere')).toThrow(expect.objectContaining({ code: 'PATH_UNSAFE' }))
    const { npm, 'oci:ghcr.io': oci } = world.origins
    expect(parse(world.policyYaml)).toStrictEqual({
      trust: {
        roots: ['.world/trusted_root.json', '.world/github_trusted_root.json'],
        'npm-keys': '.world/npm_keys.json',
        'go-sumdb': world.goSumdb,
        'oss-rebuild': '.world/rebuild_key.pem',
      },
      evidence: { npm, 'oci:ghcr.io': oci },
    })
  })
})

describe('a fault', () => {
  it('is counted down, and only meets what matches', async () => {
    world.setFaults([{ match: 'echo /bad', kind: 'status', status: 503, times: 1 }])
    expect((await ask('/good')).status).toBe(200)
    expect((await ask('/bad/x')).status).toBe(503)
    expect((await ask('/bad/x')).status).toBe(200)
  })

  it('status: is the status that was named', async () => {
    fault('status', { status: 502, retryAfter: 7 })
    expect(await ask('/')).toMatchObject({ status: 502, headers: { 'retry-after': '7' } })
  })

  it('rate-limit: 429 with or without Retry-After', async () => {
    fault('rate-limit', { retryAfter: 3 })
    expect(await ask('/')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '3', 'x-ratelimit-remaining': '0' },
    })
    fault('rate-limit', { status: 403 })
    const bare = await ask('/')
    expect(bare.status).toBe(403)
    expect(bare.headers).not.toHaveProperty('retry-after')
  })

  it('timeout: nothing is ever said', async () => {
    fault('timeout')
    expect(await codeOf(ask('/', { timeoutMs: 200 }))).toBe('client gave up')
  })

  it('reset: the connection is cut', async () => {
    fault('reset')
    expect(await codeOf(ask('/'))).toBe('ECONNRESET')
  })

  it('truncated: less comes than the header promises', async () => {
    fault('truncated')
    expect(await codeOf(ask('/'))).toBe('ECONNRESET')
  })

  it('wrong-type: a page for people', async () => {
    fault('wrong-type')
    const answer = await ask('/')
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(answer.body.toString()).toContain('<!doctype html>')
  })

  it('redirect: to where the story says, a metadata service unless told otherwise', async () => {
    fault('redirect', { location: 'http://10.0.0.1/x' })
    expect(await ask('/')).toMatchObject({ status: 302, headers: { location: 'http://10.0.0.1/x' } })
    fault('redirect')
    expect((await ask('/')).headers.location).toContain('169.254.169.254')
  })

  it('endless-pages: every page promises one more, in headers and in bodies', async () => {
    fault('endless-pages')
    const first = await ask('/list?per_page=10')
    expect(first.headers.link).toBe(`<${world.origins.echo}/list?per_page=10&page=2>; rel="next"`)
    expect(json(first)).toMatchObject({ query: '?per_page=10', pageInfo: { hasNextPage: true, endCursor: 'endless' } })
    const later = await ask('/list?per_page=10&page=41')
    expect(later.headers.link).toContain('page=42')
    expect(json(later)).toMatchObject({ query: '?per_page=10' })
    const posted = await ask('/graphql', { method: 'POST', body: '{"variables":{"after":"endless","first":5}}' })
    expect(json(posted)).toMatchObject({ sent: '{"variables":{"first":5}}', pageInfo: { hasNextPage: true } })
  })

  it('slow: the answer drips', async () => {
    fault('slow')
    const answer = await ask('/')
    expect(answer.ms).toBeGreaterThan(100)
    expect(json(answer)).toMatchObject({ path: '/' })
  })

  it('bomb: a megabyte that unpacks to a gigabyte', async () => {
    fault('bomb')
    const answer = await ask('/')
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.body.length).toBeLessThan(4 * 1024 * 1024)
    let unpacked = 0
    const gunzip = createGunzip()
    gunzip.end(answer.body)
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      unpacked += chunk.length
      if (unpacked > 64 * 1024 * 1024) break
    }
    expect(unpacked).toBeGreaterThan(64 * 1024 * 1024)
  })
})
