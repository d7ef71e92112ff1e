import { spawn } from 'node:child_process'
import type { IncomingMessage } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type HttpRequest, HttpUnavailable, http, isLoopback, makeHeaders, parseHttpUrl } from '../../src/io/http.ts'
import { countingServers } from '../support/raw-server.ts'
import { codeOf } from '../support/real-signer.ts'

const start = countingServers()
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** What one request of ours looks like on the other side. */
async function seen(request: Omit<HttpRequest, 'url'>) {
  let got: { incoming: IncomingMessage; body: string } | undefined
  const server = await start.http(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += String(chunk)
    got = { incoming, body }
    response.end()
  })
  await http({ url: `${server.url}/a?b=c%20d`, ...request })
  if (got === undefined) throw new Error('nothing came')
  const { method, url, headers } = got.incoming
  return { method, url, headers, body: got.body }
}

describe('a request', () => {
  it('says who asks, and that it reads what is packed', async () => {
    const { method, url, headers, body } = await seen({})
    expect({ method, url, body }).toStrictEqual({ method: 'GET', url: '/a?b=c%20d', body: '' })
    expect(headers).toMatchObject({ 'user-agent': 'cleanbill', accept: '*/*', 'accept-encoding': 'gzip, br' })
  })

  it('says what the caller says, in whatever case', async () => {
    const { headers } = await seen({ headers: { Accept: 'text/plain', 'ACCEPT-ENCODING': 'br', 'User-Agent': 'x' } })
    expect(headers).toMatchObject({ accept: 'text/plain', 'accept-encoding': 'br', 'user-agent': 'x' })
  })

  it('asks for a part as it is: a part of what is packed cannot be unpacked', async () => {
    const { headers } = await seen({ headers: { Range: 'bytes=0-9' } })
    expect(headers).toMatchObject({ range: 'bytes=0-9', 'accept-encoding': 'identity' })
  })

  it.each(['POST', 'PUT', 'DELETE'] as const)('states the length of its body: %s', async (method) => {
    const sent = await seen({ method, body: 'é', headers: { 'Content-Length': '7' } })
    expect(sent).toMatchObject({ method, body: 'é', headers: { 'content-length': '2' } })
    expect(await seen({ method, body: Uint8Array.of(97, 98) })).toMatchObject({ body: 'ab' })
  })

  it('cannot be split in two by a header', async () => {
    const server = await start.http((_, response) => response.end())
    const request = { url: server.url, headers: { accept: 'a\r\nauthorization: b' } }
    await expect(http(request)).rejects.toThrow(HttpUnavailable)
    expect(server.connections()).toBe(0)
  })

  it.each(['http://example.com', 'ftp://127.0.0.1', 'https://user@example.com', 'http://127.0.0.1.evil.example', ''])(
    'is not sent to %j',
    async (url) => {
      expect(await codeOf(() => http({ url }))).toBe('URL_DENIED')
      expect(await codeOf(() => parseHttpUrl(url))).toBe('URL_DENIED')
    },
  )

  it('may go to loopback without encryption, and that is told by the host alone', () => {
    const local = ['localhost', '127.0.0.1', '127.9.9.9', '[::1]']
    expect([...local, '128.0.0.1', 'localhost.evil.example', '::1'].filter(isLoopback)).toStrictEqual(local)
  })
})

describe('an answer', () => {
  it('has headers that are found in any case, and that are joined when they come twice', async () => {
    const server = await start.http((_, response) => {
      response.writeHead(404, ['ETag', '"x"', 'Link', '<a>', 'link', '<b>']).end('no')
    })
    const { status, headers, body } = await http({ url: server.url })
    expect([status, Buffer.from(body).toString()]).toStrictEqual([404, 'no'])
    expect([headers.get('etag'), headers.get('ETAG'), headers.get('link')]).toStrictEqual(['"x"', '"x"', '<a>, <b>'])
    expect([headers.has('Link'), headers.has('location'), headers.get('location')]).toStrictEqual([true, false, null])
    expect(Object.fromEntries(headers)).toMatchObject({ etag: '"x"', link: '<a>, <b>' })
    expect([...makeHeaders({ ETag: 'a' }).entries()]).toStrictEqual([['etag', 'a']])
  })

  it.each([301, 302, 303, 307, 308])('is a redirect, and nobody follows it: %i', async (status) => {
    const server = await start.http((_, response) => response.writeHead(status, { location: '/next' }).end())
    const answer = await http({ url: server.url })
    expect([answer.status, answer.headers.get('location')]).toStrictEqual([status, '/next'])
    expect(server.connections()).toBe(1)
  })

  it.each([
    ['comes after others that are none', `HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n${OK}`],
    ['ends with the connection', 'HTTP/1.1 200 OK\r\n\r\nok'],
    ['comes in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n'],
  ])('%s', async (_, bytes) => {
    const server = await start.tcp((socket) => socket.end(bytes))
    const { status, body } = await http({ url: server.url })
    expect([status, Buffer.from(body).toString()]).toStrictEqual([200, 'ok'])
  })
})

describe('T-NS-01: there is no answer', () => {
  const unavailable = (url: string, more: Partial<HttpRequest> = {}) =>
    expect(http({ url, timeoutMs: 5_000, ...more })).rejects.toThrow(HttpUnavailable)

  it('when nobody listens', async () => {
    await unavailable('http://127.0.0.1:1/')
  })

  it.each([
    ['the connection is closed', ''],
    ['half of the headers come', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['half of the body comes', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'],
    ['the last chunk is missing', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['two lengths are given', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\nhalf'],
    ['it is another protocol', 'SSH-2.0-x\r\n'],
    ['it wants another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
    ['the headers are endless', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['the headers are many', `HTTP/1.1 200 OK\r\n${'X: xxxxxxxx\r\n'.repeat(2_000)}\r\n`],
  ])('when %s', async (_, bytes) => {
    const server = await start.tcp((socket) => socket.end(bytes))
    await unavailable(server.url)
  })

  it.each(['', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'])(
    'when the connection breaks after %j',
    async (bytes) => {
      const server = await start.tcp((socket) => socket.write(bytes, () => socket.resetAndDestroy()))
      await unavailable(server.url)
    },
  )

  it.each(['', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', 'HTTP/1.1 103 Early Hints\r\n\r\n'])(
    'when the server falls silent after %j, and the connection is gone',
    async (bytes) => {
      const server = await start.tcp((socket) => socket.write(bytes))
      await unavailable(server.url, { timeoutMs: 100 })
      await expect.poll(server.open).toBe(0)
    },
  )

  it('when it drips: the time is for the whole of it', async () => {
    const server = await start.http(async (_, response) => {
      for (response.writeHead(200); !response.destroyed; await pause(20)) response.write('x')
    })
    await unavailable(server.url, { timeoutMs: 200 })
    await expect.poll(server.open).toBe(0)
  })
})

describe('a connection', () => {
  it('serves one request after the other', async () => {
    const server = await start.http((_, response) => response.end('ok'))
    for (let number = 0; number < 10; number++) await http({ url: `${server.url}/${number}` })
    expect(server.connections()).toBe(1)
  })

  it('is one of so many to a host, and no more', async () => {
    const waiting: (() => void)[] = []
    const server = await start.http((_, response) => void waiting.push(() => response.end('ok')))
    const answers = Promise.all(Array.from({ length: 100 }, () => http({ url: server.url })))
    await expect.poll(() => waiting.length).toBe(64)
    await pause(50)
    expect(waiting).toHaveLength(64)
    const flush = setInterval(() => waiting.splice(0).map((answer) => answer()), 5)
    expect(await answers).toHaveLength(100)
    clearInterval(flush)
    expect(server.connections()).toBe(64)
  })

  /** Answers the first request of a connection and resets it at the second, as if it had just been closed. */
  const forgetful = () =>
    start.tcp((socket, number) => (number === 1 ? socket.write(OK) : void socket.resetAndDestroy()))

  it.each(['GET', 'HEAD'] as const)(
    'that was closed while idle is made anew, where nothing can happen twice: %s',
    async (method) => {
      const server = await start.tcp((socket, number) => {
        if (number === 1) socket.write(method === 'HEAD' ? 'HTTP/1.1 204 No Content\r\n\r\n' : OK)
        else socket.resetAndDestroy()
      })
      await http({ url: server.url, method })
      await http({ url: server.url, method })
      expect(server.connections()).toBe(2)
    },
  )

  it('that was closed while idle loses a request that changes something', async () => {
    const server = await forgetful()
    await http({ url: server.url, method: 'POST', body: 'a' })
    await expect(http({ url: server.url, method: 'POST', body: 'b' })).rejects.toThrow(HttpUnavailable)
    expect(server.connections()).toBe(1)
  })

  it('that is new and breaks is not made anew', async () => {
    const server = await start.tcp((socket) => socket.resetAndDestroy())
    await expect(http({ url: server.url })).rejects.toThrow(HttpUnavailable)
    expect(server.connections()).toBe(1)
  })

  it('does not keep the process alive when it is idle', async () => {
    const server = await start.http((_, response) => response.end('ok'), { keepAliveTimeout: 60_000 })
    const module = resolve(import.meta.dirname, '../../src/io/http.ts')
    const program = `
      const { http, httpStream } = await import(${JSON.stringify(module)})
      await http({ url: ${JSON.stringify(server.url)} })
      for await (const piece of (await httpStream({ url: ${JSON.stringify(server.url)} })).body);
      const done = performance.now()
      process.on('exit', () => process.stdout.write(String(performance.now() - done)))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    for await (const chunk of child.stdout) printed += String(chunk)
    expect(Number(printed)).toBeGreaterThan(0)
    expect(Number(printed)).toBeLessThan(2_000)
    expect(server.connections()).toBe(1)
  })
})
