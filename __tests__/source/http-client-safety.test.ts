import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type Http, type HttpRequest, makeHttp } from '../../src/io/http.ts'
import type { EvidenceAnswer, EvidenceRequest } from '../../src/source/client.ts'
import { type EvidenceServer, serve, testClient } from '../support/evidence-server.ts'
import { codeOf } from '../support/real-signer.ts'

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
const codeIn = (answer: { kind: string; error?: { fault: string; code?: string | undefined } }) =>
  `${answer.error?.fault ?? answer.kind} ${answer.error?.code ?? ''}`.trim()

/** An internet in memory: what it is asked, and what it says. */
function fakeWeb(
  answers: (request: HttpRequest) => { status?: number; headers?: Record<string, string> } = () => ({}),
) {
  const asked: HttpRequest[] = []
  const http: Http = async (request) => {
    asked.push(request)
    const { status = 200, headers = {} } = answers(request)
    return { status, headers: new Headers(headers), body: Buffer.from('{}') }
  }
  return { asked, http }
}

const HOSTS = ['blobs.example', '.githubusercontent.com']

describe('T-NS-04: a URL that a response named', () => {
  it.each([
    'https://blobs.example/bundle?signature=x',
    'https://objects.githubusercontent.com/a',
    'https://registry.example/-/below/a/configured/origin',
  ])('is asked where the source or the policy knows the host: %s', async (url) => {
    const { asked, http } = fakeWeb()
    const client = testClient('https://registry.example', { http, stream: undefined })
    expect(codeIn(await client.fetch(ask(url, { trust: 'supplied', hosts: HOSTS })))).toBe('answer')
    expect(asked.map((request) => request.url)).toStrictEqual([url])
  })

  it.each([
    ['another host', 'https://evil.example/a'],
    ['a host that only ends alike', 'https://notgithubusercontent.com/a'],
    ['the suffix itself', 'https://githubusercontent.com/a'],
    ['a host that only begins alike', 'https://blobs.example.evil.example/a'],
    ['a name with a dot at its end', 'https://blobs.example./a'],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data'],
    ['the metadata service by https', 'https://169.254.169.254/latest/meta-data'],
    ['a private address', 'https://10.0.0.1/a'],
    ['an address written as one number', 'https://2130706433/a'],
    ['an address in hexadecimal', 'https://0x7f.1/a'],
    ['loopback', 'http://127.0.0.1:8080/a'],
    ['loopback by name', 'https://localhost/a'],
    ['an IPv6 address', 'https://[::1]/a'],
    ['an IPv6 form of an IPv4 address', 'https://[::ffff:169.254.169.254]/a'],
    ['plain http', 'http://blobs.example/a'],
    ['a port', 'https://blobs.example:8443/a'],
    ['a name and password', 'https://user:pw@blobs.example/a'],
    ['a file', 'file:///etc/passwd'],
    ['no URL', 'bundle'],
  ])('is not asked: %s', async (_, url) => {
    const { asked, http } = fakeWeb()
    const client = testClient('https://registry.example', { http, stream: undefined })
    const answer = await client.fetch(ask(url, { trust: 'supplied', hosts: HOSTS }))
    expect(codeIn(answer)).toBe('malformed URL_DENIED')
    expect(asked).toStrictEqual([])
  })

  it.each(['https://10.0.0.1/a', 'https://[::1]/a', 'https://localhost/a', 'https://metadata.google.internal/a'])(
    'is not asked even when a list would let it through: %s',
    async (url) => {
      const { asked, http } = fakeWeb()
      const client = testClient('https://registry.example', { http, stream: undefined })
      const hosts = [new URL(url).hostname, '.internal']
      expect(codeIn(await client.fetch(ask(url, { trust: 'supplied', hosts })))).toBe('malformed URL_DENIED')
      expect(asked).toStrictEqual([])
    },
  )
})

describe('T-NS-04: where a name leads is looked at', () => {
  const only = (asked: readonly HttpRequest[]) => asked.map(({ url, publicOnly }) => [new URL(url).host, publicOnly])

  it('for a URL that a response named, unless it is below an origin of the user', async () => {
    const { asked, http } = fakeWeb()
    const client = testClient('https://registry.example/npm', { http, stream: undefined })
    const hosts = ['registry.example', 'blobs.example']
    for (const path of ['registry.example/npm/a', 'registry.example/other', 'blobs.example/a']) {
      await client.fetch(ask(`https://${path}`, { trust: 'supplied', hosts }))
      await client.stream(ask(`https://${path}`, { trust: 'supplied', hosts }), async () => undefined)
    }
    await client.fetch(ask('https://registry.example/npm/b'))
    expect(only(asked)).toStrictEqual([
      ['registry.example', false],
      ['registry.example', false],
      ['registry.example', true],
      ['registry.example', true],
      ['blobs.example', true],
      ['blobs.example', true],
      ['registry.example', false],
    ])
  })

  it('for a redirect, hop by hop', async () => {
    const hops: Readonly<Record<string, string>> = {
      'https://registry.example/start': 'https://blobs.example/next',
      'https://blobs.example/next': 'https://registry.example/end',
    }
    const { asked, http } = fakeWeb(({ url }) => {
      const location = hops[url]
      return location === undefined ? {} : { status: 302, headers: { location } }
    })
    const client = testClient('https://registry.example', { http, stream: undefined })
    await client.fetch(ask('https://registry.example/start', { redirects: 2, hosts: HOSTS }))
    expect(only(asked)).toStrictEqual([
      ['registry.example', false],
      ['blobs.example', true],
      ['registry.example', false],
    ])
  })

  it('on the connection itself: a name on the list that leads inside by now is refused', async () => {
    const asked: string[] = []
    const inside = makeHttp({
      lookup: async (hostname) => {
        asked.push(hostname)
        return [{ address: '127.0.0.1', family: 4 }]
      },
    })
    const origin = await start(() => ({ status: 302, headers: { location: 'https://blobs.example/latest' } }))
    const client = testClient(origin.url, { http: inside.http, stream: inside.httpStream })
    const named = ask('https://blobs.example/latest', { trust: 'supplied', hosts: HOSTS })
    expect(codeIn(await client.fetch(named))).toBe('malformed URL_DENIED')
    expect(codeIn(await client.stream(named, async () => undefined))).toBe('malformed URL_DENIED')
    const redirected = ask(`${origin.url}/a`, { redirects: 1, hosts: HOSTS })
    expect(codeIn(await client.fetch(redirected))).toBe('malformed URL_DENIED')
    // Refused is refused: it is not tried again as if nobody had answered.
    expect(asked).toStrictEqual(['blobs.example', 'blobs.example', 'blobs.example'])
  })
})

describe('T-NS-04: a URL of a source', () => {
  it.each([
    ['another origin', 'https://registry.example.evil.example/a'],
    ['another port', 'https://registry.example:444/npm/a'],
    ['a neighbour of the path', 'https://registry.example/npm-evil/a'],
    ['above the path', 'https://registry.example/npm/../admin'],
    ['above the path, encoded', 'https://registry.example/npm/%2e%2e/admin'],
  ])('is below a configured origin, or is not asked: %s', async (_, url) => {
    const { asked, http } = fakeWeb()
    const client = testClient('https://registry.example/npm', { http, stream: undefined })
    expect(codeIn(await client.fetch(ask(url, { hosts: ['registry.example'] })))).toBe('malformed URL_DENIED')
    expect(asked).toStrictEqual([])
    expect(codeIn(await client.fetch(ask('https://registry.example/npm/a')))).toBe('answer')
  })

  it('cannot be made of an origin that is not https', async () => {
    expect(await codeOf(() => testClient('http://registry.example'))).toBe('URL_DENIED')
    expect(await codeOf(() => testClient('not a url'))).toBe('URL_DENIED')
  })
})

describe('T-NS-04: a redirect', () => {
  const web = (to: string) =>
    fakeWeb(({ url }) => (url.endsWith('/start') ? { status: 302, headers: { location: to } } : {}))

  it('is not followed unless the source asks for it', async () => {
    const { asked, http } = web('https://registry.example/next')
    const client = testClient('https://registry.example', { http, stream: undefined })
    expect(await client.fetch(ask('https://registry.example/start'))).toMatchObject({ kind: 'answer', status: 302 })
    expect(asked).toHaveLength(1)
  })

  it.each(['https://registry.example/next', '/next', 'https://blobs.example/next'])(
    'is followed to where the source may go: %s',
    async (to) => {
      const { asked, http } = web(to)
      const client = testClient('https://registry.example', { http, stream: undefined })
      const answer = await client.fetch(ask('https://registry.example/start', { redirects: 1, hosts: HOSTS }))
      expect(answer).toMatchObject({ kind: 'answer', status: 200 })
      expect(asked.map(({ url }) => new URL(url).pathname)).toStrictEqual(['/start', '/next'])
    },
  )

  it.each(['http://169.254.169.254/latest', 'https://evil.example/a', 'http://registry.example/a', 'https://[::1]/'])(
    'is not followed elsewhere: %s',
    async (to) => {
      const { asked, http } = web(to)
      const client = testClient('https://registry.example', { http, stream: undefined })
      const answer = await client.fetch(ask('https://registry.example/start', { redirects: 3, hosts: HOSTS }))
      expect(codeIn(answer)).toBe('malformed URL_DENIED')
      expect(asked).toHaveLength(1)
    },
  )

  it('is followed so often and no more', async () => {
    const { asked, http } = fakeWeb(() => ({ status: 302, headers: { location: '/again' } }))
    const client = testClient('https://registry.example', { http, stream: undefined })
    const answer = await client.fetch(ask('https://registry.example/start', { redirects: 3 }))
    expect(answer).toMatchObject({ kind: 'answer', status: 302 })
    expect(asked).toHaveLength(4)
  })
})

describe('T-NS-05: a credential', () => {
  const credentials = [{ origin: 'https://api.example', header: 'Bearer secret' }]
  const origins = { github: 'https://api.example', npm: 'https://registry.example', ghes: 'https://api.example:8443' }
  const sent = (asked: readonly HttpRequest[]) => asked.map(({ headers }) => headers?.authorization)

  it('goes to exactly its origin', async () => {
    const { asked, http } = fakeWeb()
    const client = testClient('', { http, stream: undefined, origins, credentials })
    const hosts = ['api.example.evil.example', 'blobs.example', '.example']
    for (const url of [
      'https://api.example/a',
      'https://api.example:8443/a',
      'https://registry.example/a',
      'https://blobs.example/api.example/a',
      'https://xapi.example/a',
      'https://api.example.evil.example/a',
    ]) {
      await client.fetch(ask(url, { trust: 'supplied', hosts }))
    }
    expect(asked).toHaveLength(6)
    expect(sent(asked)).toStrictEqual(['Bearer secret', ...Array(5).fill(undefined)])
  })

  it('is left out where the source asks as nobody', async () => {
    const { asked, http } = fakeWeb()
    const client = testClient('', { http, stream: undefined, origins, credentials })
    await client.fetch(ask('https://api.example/a', { anonymous: true }))
    expect(sent(asked)).toStrictEqual([undefined])
  })

  it('does not follow a redirect to another host, nor does one of the source itself, on real connections', async () => {
    const target = await start(() => ({ body: 'blob' }))
    const api = await start(() => ({ status: 302, headers: { location: `${target.url}/blob` } }))
    const client = testClient('', {
      origins: { github: api.url, npm: target.url },
      credentials: [{ origin: api.url, header: 'Bearer secret' }],
    })
    const answer = await client.fetch(ask(`${api.url}/a`, { redirects: 1 }))
    await client.fetch(
      ask(`${api.url}/b`, { redirects: 1, headers: { Authorization: 'Bearer registry', Cookie: 'c' } }),
    )
    expect(answer).toMatchObject({ kind: 'answer', status: 200 })
    expect(api.requests.map(({ headers }) => headers.authorization)).toStrictEqual(['Bearer secret', 'Bearer registry'])
    expect(target.requests.map(({ headers }) => [headers.authorization, headers.cookie])).toStrictEqual([
      [undefined, undefined],
      [undefined, undefined],
    ])
  })
})

describe('T-NS-06: a body that is too large', () => {
  const zeros = Buffer.alloc(32 * 1024 * 1024)
  const gzip = gzipSync(zeros, { level: 1 })
  const brotli = brotliCompressSync(zeros, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
  const cases: readonly [string, Parameters<typeof serve>[0]][] = [
    ['as it is', () => ({ body: Buffer.alloc(200_000) })],
    ['packed by gzip', () => ({ headers: { 'content-encoding': 'gzip' }, body: gzip })],
    ['packed by brotli', () => ({ headers: { 'content-encoding': 'br' }, body: brotli })],
    ['packed twice', () => ({ headers: { 'content-encoding': 'gzip, gzip' }, body: gzipSync(gzip) })],
    [
      'without a length and without an end',
      (_, outgoing) => {
        outgoing.writeHead(200)
        const more = () => {
          while (outgoing.write(Buffer.alloc(65_536)) && !outgoing.destroyed);
        }
        outgoing.on('drain', more)
        more()
        return undefined
      },
    ],
  ]
  it.each(cases)('is given up: %s', async (_, handle) => {
    const server = await start(handle)
    const client = testClient(server.url)
    const request = ask(`${server.url}/a`, { maxBytes: 100_000 })
    expect(codeIn(await client.fetch(request))).toBe('malformed LIMIT_EXCEEDED')
    let most = 0
    const streamed = await client.stream(request, async (chunks) => {
      let size = 0
      for await (const chunk of chunks) {
        size += chunk.length
        most = Math.max(most, size)
      }
    })
    expect(codeIn(streamed)).toBe('malformed LIMIT_EXCEEDED')
    expect(most).toBeLessThanOrEqual(100_000)
    expect(server.requests).toHaveLength(2)
  })

  it('is not begun when its length says so', async () => {
    const server = await start((_, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '4000000000' })
      outgoing.write('x')
      return undefined
    })
    const begun = performance.now()
    const answer = await testClient(server.url).fetch(ask(`${server.url}/a`, { maxBytes: 100_000 }))
    expect(codeIn(answer)).toBe('malformed LIMIT_EXCEEDED')
    expect(performance.now() - begun).toBeLessThan(1_000)
  })

  it('is unfolded when it fits', async () => {
    const server = await start(() => ({ headers: { 'content-encoding': 'gzip' }, body: gzipSync('hello') }))
    const answer: EvidenceAnswer = await testClient(server.url).fetch(ask(`${server.url}/a`))
    expect(answer.kind === 'answer' && Buffer.from(answer.body).toString()).toBe('hello')
  })

  it('is given up when it comes in drips', async () => {
    const server = await start((_, outgoing) => {
      outgoing.writeHead(200)
      const timer = setInterval(() => outgoing.write('x'), 20)
      outgoing.on('close', () => clearInterval(timer))
      return undefined
    })
    const client = testClient(server.url, { timeoutMs: 200, attempts: 1 })
    expect(codeIn(await client.fetch(ask(`${server.url}/a`)))).toBe('unreachable')
  })

  it.each(['', 'x'])('is given up in a stream when the server falls silent after %j', async (sent) => {
    const server = await start((_, outgoing) => {
      outgoing.writeHead(200)
      outgoing.flushHeaders()
      if (sent !== '') outgoing.write(sent)
      return undefined
    })
    const client = testClient(server.url, { timeoutMs: 200, attempts: 2 })
    const begun = performance.now()
    const streamed = await client.stream(ask(`${server.url}/a`), async (chunks) => {
      for await (const _ of chunks);
    })
    expect(codeIn(streamed)).toBe('unreachable')
    expect(server.requests).toHaveLength(2)
    expect(performance.now() - begun).toBeLessThan(10_000)
  })
})
