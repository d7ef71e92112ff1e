import { randomBytes } from 'node:crypto'
import type { OutgoingHttpHeaders } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type HttpStreamRequest, HttpUnavailable, http, httpStream } from '../../src/io/http.ts'
import { countingServers } from '../support/raw-server.ts'
import { codeOf } from '../support/real-signer.ts'

const start = countingServers()

const serve = (headers: OutgoingHttpHeaders, body: Uint8Array, status = 200) =>
  start.http((_, response) => response.writeHead(status, headers).end(body))

async function join(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces)
}

const readAll = async (request: HttpStreamRequest) => join((await httpStream(request)).body)

const WAYS = [
  ['whole', async (request: HttpStreamRequest) => Buffer.from((await http(request)).body)],
  ['in pieces', readAll],
] as const

const TEXT = Buffer.from('{"a":1}')
/** More than is unpacked on the spot, on both sides. */
const LARGE = Buffer.concat([randomBytes(200_000), Buffer.alloc(2_000_000)])

const gzipTwice = (bytes: Uint8Array) => gzipSync(gzipSync(bytes))
const CODINGS: readonly [name: string, pack: (bytes: Uint8Array) => Uint8Array][] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['GZip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['gzip, gzip', gzipTwice],
  ['gzip,br', (bytes) => brotliCompressSync(gzipSync(bytes))],
]

describe.each(WAYS)('a body, read %s,', (_, read) => {
  it.each(CODINGS)('is unpacked: %s', async (encoding, pack) => {
    for (const body of [TEXT, LARGE, Buffer.alloc(1_500_000)]) {
      const server = await serve({ 'content-encoding': encoding }, pack(body))
      expect((await read({ url: server.url })).equals(body)).toBe(true)
    }
  })

  it.each(['identity', 'aws-chunked', 'constructor', '', 'gzip, zstd', 'gzip, gzip, gzip, gzip'])(
    'is left as it is where its coding is not one of ours: %j',
    async (encoding) => {
      const server = await serve({ 'content-encoding': encoding }, TEXT)
      expect((await read({ url: server.url })).equals(TEXT)).toBe(true)
    },
  )

  it('may be empty, packed or not', async () => {
    for (const status of [200, 204, 304]) {
      const server = await serve({ 'content-encoding': 'gzip' }, Buffer.alloc(0), status)
      expect(await read({ url: server.url })).toHaveLength(0)
    }
  })

  it.each(CODINGS)('is no answer when its packing is cut short or broken: %s', async (encoding, pack) => {
    for (const body of [TEXT, LARGE]) {
      const packed = Buffer.from(pack(body))
      for (const bad of [packed.subarray(0, packed.length - 1), Buffer.from('no packing at all')]) {
        const server = await serve({ 'content-encoding': encoding }, bad)
        await expect(read({ url: server.url })).rejects.toThrow(HttpUnavailable)
      }
    }
  })

  it('is held to the cap to the byte', async () => {
    for (const body of [LARGE, Buffer.alloc(10_000)]) {
      for (const [headers, bytes] of [
        [{}, body],
        [{ 'content-length': body.length }, body],
        [{ 'content-encoding': 'gzip' }, gzipSync(body)],
      ] as const) {
        const server = await serve(headers, bytes)
        expect(await read({ url: server.url, maxBytes: body.length })).toHaveLength(body.length)
        expect(await codeOf(() => read({ url: server.url, maxBytes: body.length - 1 }))).toBe('LIMIT_EXCEEDED')
      }
    }
  })

  it('is refused by the length it states, before any of it is read', async () => {
    const server = await start.http((_, response) => {
      response.writeHead(200, { 'content-length': 1_000 }).flushHeaders()
    })
    const request = { url: server.url, maxBytes: 999, timeoutMs: 5_000 }
    expect(await codeOf(() => read(request))).toBe('LIMIT_EXCEEDED')
    await expect.poll(server.open).toBe(0)
  })

  it('is not refused by the length of a body that is not sent', async () => {
    const server = await serve({ 'content-length': 1_000 }, Buffer.alloc(0), 304)
    expect(await read({ url: server.url, maxBytes: 10 })).toHaveLength(0)
    const head = await serve({ 'content-length': 1_000 }, Buffer.alloc(0))
    expect(await read({ url: head.url, method: 'HEAD', maxBytes: 10 })).toHaveLength(0)
  })

  it('counts as it comes too: what is in the packing and not in the body costs as well', async () => {
    // Five gzip members of nothing, twenty bytes each (RFC 1952 §2.2).
    const packed = Buffer.concat(Array.from({ length: 5 }, () => gzipSync('')))
    const server = await serve({ 'content-encoding': 'gzip' }, packed)
    expect(await read({ url: server.url, maxBytes: 100 })).toHaveLength(0)
    expect(await codeOf(() => read({ url: server.url, maxBytes: 99 }))).toBe('LIMIT_EXCEEDED')
  })

  it.each([
    ['gzip', gzipSync(Buffer.alloc(50_000_000))],
    ['br', brotliCompressSync(Buffer.alloc(50_000_000))],
    ['gzip, gzip', gzipTwice(Buffer.alloc(50_000_000))],
  ])('T-NS-06: is cut off at the cap when it unfolds to more: %s', async (encoding, bomb) => {
    const server = await serve({ 'content-encoding': encoding }, bomb)
    const before = process.memoryUsage().arrayBuffers
    for (const maxBytes of [1_000, 2_000_000]) {
      expect(await codeOf(() => read({ url: server.url, maxBytes }))).toBe('LIMIT_EXCEEDED')
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
  })
})

describe('a whole body', () => {
  it('has memory of its own: one that is kept keeps nothing else', async () => {
    for (const [headers, bytes] of [
      [{}, TEXT],
      [{ 'content-encoding': 'gzip' }, gzipSync(TEXT)],
      [{ 'content-encoding': 'br' }, brotliCompressSync(TEXT)],
    ] as const) {
      const { body } = await http({ url: (await serve(headers, bytes)).url })
      expect(body.buffer.byteLength).toBe(body.length)
    }
    const halves = await start.http(async (_, response) => {
      response.write('half')
      await pause(20)
      response.end('half')
    })
    const { body } = await http({ url: halves.url })
    expect([body.length, body.buffer.byteLength]).toStrictEqual([8, 8])
  })
})

describe('a body in pieces', () => {
  it('is handed over while it comes', async () => {
    let release = () => {}
    const server = await start.http(async (_, response) => {
      response.write('first')
      await new Promise<void>((resolve) => {
        release = resolve
      })
      response.end('second')
    })
    const { status, body } = await httpStream({ url: server.url })
    const texts: string[] = []
    for await (const piece of body) {
      texts.push(Buffer.from(piece).toString())
      release()
    }
    expect([status, ...texts]).toStrictEqual([200, 'first', 'second'])
  })

  it('is no answer when it breaks off while it is read', async () => {
    const server = await start.tcp((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))
    const { status, body } = await httpStream({ url: server.url })
    expect(status).toBe(200)
    await expect(join(body)).rejects.toThrow(HttpUnavailable)
  })

  it.each([
    ['no answer', ''],
    ['the headers', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n'],
    ['a piece', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx'],
  ])('is given up when the server is silent too long after %s', async (_, bytes) => {
    const server = await start.tcp((socket) => socket.write(bytes))
    await expect(readAll({ url: server.url, timeoutMs: 100 })).rejects.toThrow(HttpUnavailable)
    await expect.poll(server.open).toBe(0)
  })

  it.each(['identity', 'gzip'])('is given up when it drips past its deadline: %s', async (encoding) => {
    const server = await start.http(async (_, response) => {
      response.writeHead(200, { 'content-encoding': encoding })
      const bytes = gzipSync(randomBytes(4_096))
      for (let at = 0; !response.destroyed; await pause(20)) response.write(bytes.subarray(at, ++at))
    })
    const request = { url: server.url, timeoutMs: 5_000, deadlineMs: 200 }
    await expect(readAll(request)).rejects.toThrow(HttpUnavailable)
    await expect.poll(server.open).toBe(0)
  })

  it('may be read slowly: only waiting for the server is timed', async () => {
    const server = await serve({}, LARGE)
    const { body } = await httpStream({ url: server.url, timeoutMs: 100 })
    let size = 0
    for await (const piece of body) {
      if (size === 0) await pause(300)
      size += piece.length
    }
    expect(size).toBe(LARGE.length)
  })

  it('leaves a connection that serves again when it was read to its end', async () => {
    const server = await serve({ 'content-encoding': 'gzip' }, gzipSync(LARGE))
    for (let number = 0; number < 3; number++) await readAll({ url: server.url })
    expect(server.connections()).toBe(1)
  })

  it.each(['identity', 'gzip'])('takes its connection with it when nobody reads on: %s', async (encoding) => {
    const body = randomBytes(3_000_000)
    const server = await serve({ 'content-encoding': encoding }, encoding === 'gzip' ? gzipSync(body) : body)
    for await (const piece of (await httpStream({ url: server.url })).body) if (piece.length > 0) break
    await expect.poll(server.open).toBe(0)
  })

  it('is discarded: a short one is read and leaves its connection, a long one or one without an end does not', async () => {
    const short = await serve({ 'content-length': 4 }, Buffer.from('gone'), 404)
    for (let number = 0; number < 3; number++) await (await httpStream({ url: short.url })).discard()
    expect(short.connections()).toBe(1)

    const long = await serve({ 'content-length': LARGE.length }, LARGE)
    await (await httpStream({ url: long.url })).discard()
    await expect.poll(long.open).toBe(0)

    const silent = await start.tcp((socket) => socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngo'))
    await (await httpStream({ url: silent.url, timeoutMs: 100 })).discard()
    await expect.poll(silent.open).toBe(0)
  })
})
