import type { IncomingMessage } from 'node:http'
import { pipeline, type Transform } from 'node:stream'
import { promisify } from 'node:util'
import {
  brotliDecompress,
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  gunzip,
  gunzipSync,
  inflate,
  inflateSync,
} from 'node:zlib'
import type { CleanbillError } from '../model/error.ts'
import type { HttpHeaders } from './http-headers.ts'

/** How much of a body is read, and what is thrown at more. */
export interface BodyLimit {
  readonly maxBytes: number
  readonly tooLarge: () => CleanbillError
}

interface Output {
  readonly maxOutputLength: number
}

/** One way to undo `Content-Encoding`. */
interface Coding {
  readonly atOnce: (body: Buffer, output: Output) => Buffer
  readonly aside: (body: Buffer, output: Output) => Promise<Buffer>
  readonly piecewise: (options: { readonly chunkSize: number }) => Transform
}

const GZIP: Coding = { atOnce: gunzipSync, aside: promisify(gunzip), piecewise: createGunzip }

/** RFC 9110 §8.4.1. */
const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ['gzip', GZIP],
  ['x-gzip', GZIP],
  ['deflate', { atOnce: inflateSync, aside: promisify(inflate), piecewise: createInflate }],
  ['br', { atOnce: brotliDecompressSync, aside: promisify(brotliDecompress), piecewise: createBrotliDecompress }],
])

const MAX_CODINGS = 3

/**
 * What is to be undone, in that order: the last one first (RFC 9110 §8.4). Nothing where a coding is named that we did
 * not ask for: the body is handed over as it came, and whoever parses or hashes it refuses it. Object stores keep words
 * here that code nothing (`aws-chunked`, `utf-8`).
 */
function codingsOf(headers: HttpHeaders): readonly Coding[] {
  const value = headers.get('content-encoding')
  if (value === null) return []
  const names = value.split(',').map((name) => name.trim().toLowerCase())
  const known = names.flatMap((name) => CODINGS.get(name) ?? [])
  return known.length === names.length && known.length <= MAX_CODINGS ? known.reverse() : []
}

/**
 * The whole body, decoded. What comes in is held to the cap as well as what comes out of it, so that a kilobyte that
 * unfolds to gigabytes is cut off at the cap (GHSA-88jx-383q-w4qc and others).
 *
 * @throws {CleanbillError} the limit's
 * @throws {Error} when the body is cut short, by the connection or inside its coding
 */
export async function readBody(incoming: IncomingMessage, headers: HttpHeaders, limit: BodyLimit): Promise<Buffer> {
  let body = await collect(incoming, limit)
  if (body.length === 0) return body
  try {
    for (const coding of codingsOf(headers)) {
      body = decodeSmall(coding, body, limit) ?? (await coding.aside(body, { maxOutputLength: limit.maxBytes }))
    }
    return toOwned(body)
  } catch (error) {
    throw isOverflow(error) ? limit.tooLarge() : error
  }
}

const SMALL_IN = 64 * 1024
const SMALL_OUT = 1024 * 1024

/**
 * On the spot: handing work to another thread costs more than most answers. Undefined for what is not small on either
 * side, so that a bomb does not hold everything else up.
 */
function decodeSmall({ atOnce }: Coding, body: Buffer, { maxBytes }: BodyLimit): Buffer | undefined {
  if (body.length > SMALL_IN) return undefined
  try {
    return atOnce(body, { maxOutputLength: Math.min(SMALL_OUT, maxBytes) })
  } catch (error) {
    if (isOverflow(error)) return undefined
    throw error
  }
}

const isOverflow = (error: unknown) =>
  error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'

/** A short rest is read, so that the connection can be used again: a new one takes longer. Never throws. */
export async function discardBody(incoming: IncomingMessage, { tooLarge }: BodyLimit): Promise<void> {
  if (Number(incoming.headers['content-length'] ?? Number.NaN) <= SMALL_IN) {
    await collect(incoming, { maxBytes: SMALL_IN, tooLarge }).catch(() => undefined)
  } else incoming.destroy()
}

/** Out of Node's pool of buffers: one kept answer of a kilobyte would keep all of a 64 KiB slab. */
function toOwned(body: Buffer): Buffer {
  if (body.length === body.buffer.byteLength) return body
  const own = Buffer.allocUnsafeSlow(body.length)
  body.copy(own)
  return own
}

const joined = (chunks: readonly Buffer[]): Buffer => {
  const [only, ...more] = chunks
  return only !== undefined && more.length === 0 ? only : Buffer.concat(chunks)
}

/** By events: an iterator costs a promise a piece, and most bodies are one piece. */
function collect(incoming: IncomingMessage, { maxBytes, tooLarge }: BodyLimit): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const cut = () => reject(new Error('the answer was cut short'))
    if (incoming.destroyed) return cut()
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      if (size > maxBytes) incoming.destroy(tooLarge())
    })
    incoming.once('end', () => {
      incoming.off('close', cut)
      resolve(joined(chunks))
    })
    incoming.once('error', reject)
    incoming.once('close', cut)
  })
}

/**
 * {@link readBody}, piece by piece.
 *
 * @param waiting told true before each wait for the server and false after it
 */
export async function* readPieces(
  incoming: IncomingMessage,
  headers: HttpHeaders,
  limit: BodyLimit,
  waiting: (now: boolean) => void,
): AsyncGenerator<Uint8Array> {
  let pieces = readRaw(incoming, limit, waiting)
  for (const coding of codingsOf(headers)) pieces = decodePieces(coding, pieces, limit)
  try {
    yield* pieces
  } finally {
    // Whoever stops reading wants no more: a connection with half a body in it serves nobody.
    if (!incoming.readableEnded) incoming.destroy()
  }
}

async function* readRaw(
  incoming: IncomingMessage,
  { maxBytes, tooLarge }: BodyLimit,
  waiting: (now: boolean) => void,
): AsyncGenerator<Buffer> {
  let size = 0
  waiting(true)
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    waiting(false)
    size += chunk.length
    if (size > maxBytes) throw tooLarge()
    yield chunk
    waiting(true)
  }
  waiting(false)
}

async function* decodePieces(coding: Coding, raw: AsyncGenerator<Buffer>, limit: BodyLimit): AsyncGenerator<Buffer> {
  const head: Buffer[] = []
  let ended = false
  for (let held = 0; held <= SMALL_IN && !ended; ) {
    const next = await raw.next()
    ended = next.done === true
    if (next.done === true) break
    head.push(next.value)
    held += next.value.length
  }
  if (head.length === 0) return
  const small = ended ? decodeSmall(coding, Buffer.concat(head), limit) : undefined
  if (small !== undefined) return yield small
  async function* all() {
    yield* head
    yield* raw
  }
  // Whatever ends the pipeline ends its last stream with the same error, which is thrown where that is read.
  const decoded = pipeline(all(), coding.piecewise({ chunkSize: 64 * 1024 }), () => undefined)
  let size = 0
  for await (const piece of decoded as AsyncIterable<Buffer>) {
    size += piece.length
    if (size > limit.maxBytes) throw limit.tooLarge()
    yield piece
  }
}
