import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { http } from '../../src/io/http.ts'
import type { EvidenceAnswer, EvidenceRequest } from '../../src/source/client.ts'
import { type EvidenceServer, realHost, serve, testClient, virtualHost } from '../support/evidence-server.ts'

const servers: EvidenceServer[] = []
const start = async (handle: Parameters<typeof serve>[0]) => {
  const server = await serve(handle)
  servers.push(server)
  return server
}
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const ask = (url: string, more: Partial<EvidenceRequest> = {}): EvidenceRequest => ({ source: 'npm', url, ...more })
const textOf = (answer: EvidenceAnswer) => (answer.kind === 'answer' ? Buffer.from(answer.body).toString() : undefined)
const faultOf = (answer: { kind: string; error?: { fault: string } }) => answer.error?.fault ?? answer.kind

describe('T-NS-01: what is not an answer', () => {
  it.each([500, 502, 503, 504, 408, 425])('is asked for again after %i, and then is unreachable', async (status) => {
    const server = await start(() => ({ status }))
    const answer = await testClient(server.url).fetch(ask(`${server.url}/a`))
    expect(faultOf(answer)).toBe('unreachable')
    expect(server.requests).toHaveLength(3)
  })

  it.each([
    ['429', { status: 429 }],
    ['403 with nothing left of the quota', { status: 403, headers: { 'x-ratelimit-remaining': '0' } }],
    ['403 with Retry-After', { status: 403, headers: { 'retry-after': '1' } }],
  ])('is a rate limit after %s', async (_, served) => {
    const server = await start(() => served)
    const answer = await testClient(server.url).fetch(ask(`${server.url}/a`))
    expect(faultOf(answer)).toBe('rate-limited')
    expect(server.requests).toHaveLength(3)
  })

  it.each([{ kind: 'reset' }, { kind: 'half-body', status: 200 }] as const)('is unreachable: $kind', async (fault) => {
    const server = await start(() => fault)
    const answer = await testClient(server.url).fetch(ask(`${server.url}/a`))
    expect(faultOf(answer)).toBe('unreachable')
    expect(server.requests).toHaveLength(3)
  })

  it('is unreachable: nothing comes in time', async () => {
    const server = await start(() => ({ kind: 'silent' }))
    const answer = await testClient(server.url, { timeoutMs: 100, attempts: 2 }).fetch(ask(`${server.url}/a`))
    expect(faultOf(answer)).toBe('unreachable')
    expect(server.requests).toHaveLength(2)
  })

  it('is unreachable: a name that does not resolve', async () => {
    const origin = 'https://registry.invalid'
    const answer = await testClient(origin, { attempts: 1 }).fetch(ask(`${origin}/a`))
    expect(faultOf(answer)).toBe('unreachable')
  })

  it('is forgotten as soon as the server is well again', async () => {
    const server = await start((_, __, number) => (number < 3 ? { status: 503 } : { body: 'well' }))
    expect(textOf(await testClient(server.url).fetch(ask(`${server.url}/a`)))).toBe('well')
  })
})

describe('what is an answer', () => {
  it.each([200, 204, 304, 400, 401, 403, 404, 406, 410, 451])('is asked for once: %i', async (status) => {
    const server = await start(() => ({ status, headers: { 'x-ratelimit-remaining': '4999' } }))
    const answer = await testClient(server.url).fetch(ask(`${server.url}/a`))
    expect(answer).toMatchObject({ kind: 'answer', status })
    expect(server.requests).toHaveLength(1)
  })

  it('may be one to a question with a body', async () => {
    const server = await start((request) => ({ body: `${request.method} ${request.body}` }))
    const answer = await testClient(server.url).fetch(ask(`${server.url}/a`, { method: 'POST', body: '{}' }))
    expect(textOf(answer)).toBe('POST {}')
  })
})

describe('pauses', () => {
  it('grow, and lots are drawn for them', async () => {
    const server = await start(() => ({ status: 500 }))
    const [low, high] = [virtualHost(), virtualHost()]
    await testClient(server.url, { host: low, random: () => 0 }).fetch(ask(`${server.url}/a`))
    await testClient(server.url, { host: high, random: () => 0.99 }).fetch(ask(`${server.url}/a`))
    expect(low.sleeps).toStrictEqual([125, 250])
    expect(high.sleeps.map((ms, index) => ms > 2 * (low.sleeps[index] ?? 0))).toStrictEqual([true, true])
  })

  it.each([
    ['seconds', '7', 7_000],
    ['a date', 'Sun, 22 Nov 2026 12:00:09 GMT', 9_000],
  ])('are as long as Retry-After wants, in %s, for the whole host', async (_, value, ms) => {
    const limited = { status: 429, headers: { 'retry-after': value } }
    const server = await start((_, __, number) => (number === 1 ? limited : { body: 'yes' }))
    const host = virtualHost()
    const client = testClient(server.url, { host, random: () => 0 })
    expect(textOf(await client.fetch(ask(`${server.url}/a`)))).toBe('yes')
    expect(host.monotonic()).toBe(ms)
  })

  it('that are too long are not waited for, and the host is left alone', async () => {
    const server = await start(() => ({ status: 429, headers: { 'retry-after': '61' } }))
    const host = virtualHost()
    const client = testClient(server.url, { host })
    expect(faultOf(await client.fetch(ask(`${server.url}/a`)))).toBe('rate-limited')
    expect(faultOf(await client.fetch(ask(`${server.url}/b`)))).toBe('rate-limited')
    expect(server.requests).toHaveLength(1)
    expect(host.sleeps).toStrictEqual([])
    await host.sleep(61_000)
    await client.fetch(ask(`${server.url}/b`))
    expect(server.requests).toHaveLength(2)
  })

  it('end for those that wait too, when a host goes on asking for them', async () => {
    const server = await start(() => ({ status: 503, headers: { 'retry-after': '59' } }))
    const host = virtualHost()
    const answer = await testClient(server.url, { host, attempts: 100 }).fetch(ask(`${server.url}/a`))
    expect(faultOf(answer)).toBe('rate-limited')
    expect(host.monotonic()).toBeLessThan(200_000)
  })
})

describe('many questions', () => {
  it('are asked a few at a time: so many of one host, so many in all', async () => {
    let open = 0
    let most = 0
    const slow = async () => {
      most = Math.max(most, ++open)
      await pause(10)
      open--
      return { body: 'x' }
    }
    const [a, b] = [await start(slow), await start(slow)]
    const client = testClient(a.url, {
      origins: { a: a.url, b: b.url },
      concurrency: { total: 8, perHost: 5 },
    })
    const urls = [a, b].flatMap(({ url }) => Array.from({ length: 30 }, (_, index) => `${url}/${index}`))
    const answers = await Promise.all(urls.map((url) => client.fetch(ask(url))))
    expect(answers.every(({ kind }) => kind === 'answer')).toBe(true)
    expect([a.most(), b.most()].every((count) => count <= 5)).toBe(true)
    expect(a.most()).toBe(5)
    expect(most).toBe(8)
  })

  it('do not wait for a host that fills its own share', async () => {
    const stuck = await start(() => ({ kind: 'silent' }))
    const quick = await start(() => ({ body: 'quick' }))
    const client = testClient(stuck.url, {
      origins: { a: stuck.url, b: quick.url },
      concurrency: { total: 4, perHost: 2 },
      attempts: 1,
      timeoutMs: 500,
    })
    const waiting = Array.from({ length: 6 }, (_, index) => client.fetch(ask(`${stuck.url}/${index}`)))
    const begun = performance.now()
    expect(textOf(await client.fetch(ask(`${quick.url}/a`)))).toBe('quick')
    expect(performance.now() - begun).toBeLessThan(400)
    await Promise.all(waiting)
  })

  it('that are equal and under way share one answer; later ones ask again', async () => {
    const server = await start(async () => {
      await pause(20)
      return { body: 'x' }
    })
    const client = testClient(server.url)
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.fetch(ask(`${server.url}/same`))))
    expect(new Set(answers).size).toBe(1)
    expect(server.requests).toHaveLength(1)
    await client.fetch(ask(`${server.url}/same`, { headers: { accept: 'text/html' } }))
    await client.fetch(ask(`${server.url}/same`))
    expect(server.requests).toHaveLength(3)
    expect(client.counts()).toStrictEqual({ npm: { requests: 3, cached: 0, bytes: 3 } })
  })

  it('to a host that is gone fail soon, all of them, and say so', async () => {
    const gone = await start(() => undefined)
    await gone.close()
    let attempts = 0
    const client = testClient(gone.url, {
      http: (request) => {
        attempts++
        return http(request)
      },
      host: realHost(),
    })
    const begun = performance.now()
    // In waves, as a run asks: later questions come when the host is known to be down.
    const answers: EvidenceAnswer[] = []
    for (let wave = 0; wave < 4; wave++) {
      const urls = Array.from({ length: 500 }, (_, index) => `${gone.url}/${wave}-${index}`)
      answers.push(...(await Promise.all(urls.map((url) => client.fetch(ask(url))))))
      await pause(400)
    }
    expect(new Set(answers.map(faultOf))).toStrictEqual(new Set(['unreachable']))
    expect(performance.now() - begun).toBeLessThan(10_000)
    expect(attempts).toBeLessThan(3_500)
    const last = answers.at(-1)
    expect(last?.kind === 'failed' && last.error.message).toContain('in a row')
  })

  it('to a host that never answers do not each wait for their own timeout', async () => {
    const server = await start(() => ({ kind: 'silent' }))
    const client = testClient(server.url, {
      timeoutMs: 2_100,
      host: realHost(),
    })
    const begun = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 2_000 }, (_, index) => client.fetch(ask(`${server.url}/${index}`))),
    )
    expect(new Set(answers.map(faultOf))).toStrictEqual(new Set(['unreachable']))
    expect(performance.now() - begun).toBeLessThan(6_000)
    expect(server.requests.length).toBeLessThan(70)
  })

  it('survive one moment in which every connection breaks', async () => {
    const server = await start((_, __, number) => (number <= 32 ? { kind: 'reset' } : { body: 'x' }))
    const client = testClient(server.url, { host: realHost() })
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => client.fetch(ask(`${server.url}/${index}`))),
    )
    expect(answers.map(faultOf)).toStrictEqual(answers.map(() => 'answer'))
  })
})

describe('a host that was given up', () => {
  it('is tried by one question after a while, and is back with its answer', async () => {
    let well = false
    const server = await start(() => (well ? { body: 'x' } : { status: 500 }))
    const host = virtualHost()
    const client = testClient(server.url, { host })
    for (let index = 0; index < 12; index++) await client.fetch(ask(`${server.url}/${index}`))
    const before = server.requests.length
    expect(faultOf(await client.fetch(ask(`${server.url}/z`)))).toBe('unreachable')
    expect(server.requests).toHaveLength(before)
    well = true
    await host.sleep(15_000)
    expect(faultOf(await client.fetch(ask(`${server.url}/z`)))).toBe('answer')
    expect(faultOf(await client.fetch(ask(`${server.url}/y`)))).toBe('answer')
  })
})
