import { Readable } from 'node:stream'
import { RandomAccessReader } from 'yauzl'
import { CleanbillError } from '../../model/error.ts'
import type { SourceError } from '../../model/evidence.ts'
import type { EvidenceRequest } from '../client.ts'
import type { SourceSession } from '../source.ts'

/** So much is asked for at once: the whole directory of most wheels, and one request for them. */
const WINDOW = 256 * 1024
/** Of one archive; a directory of 100,000 entries has about 10 MB. */
const MAX_BYTES = 16 * 1024 * 1024

/** More of the archive would have to be read than is worth it. */
export class RangeBudget extends Error {
  override readonly name = 'RangeBudget'
}

/** The server did not answer. Kept apart from "is no archive". */
export class RangeFailed extends CleanbillError {
  readonly sourceError: SourceError

  constructor(error: SourceError) {
    super('SOURCE_MALFORMED', error.message)
    this.sourceError = error
  }
}

interface Segment {
  readonly start: number
  readonly bytes: Buffer
}

/** A file on a server, read in parts. Source: RFC 9110 §14. */
export class RangeReader extends RandomAccessReader {
  readonly size: number
  readonly #load: (start: number, end: number) => Promise<Buffer>
  readonly #segments: Segment[]
  #spent = 0

  constructor(size: number, first: Segment, load: (start: number, end: number) => Promise<Buffer>) {
    super()
    this.size = size
    this.#load = load
    this.#segments = [first]
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#bytes(position, position + length).then(
      (bytes) => {
        bytes.copy(buffer, offset)
        callback(null)
      },
      (error: Error) => callback(error),
    )
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const bytes = () => this.#bytes(start, end)
    return Readable.from(
      (async function* () {
        yield await bytes()
      })(),
      { objectMode: false },
    )
  }

  async #bytes(start: number, end: number): Promise<Buffer> {
    const held = this.#segments.find((one) => one.start <= start && end <= one.start + one.bytes.length)
    if (held !== undefined) return held.bytes.subarray(start - held.start, end - held.start)
    if (start < 0 || end > this.size) throw new CleanbillError('SOURCE_MALFORMED', 'the archive points beyond its end')
    const stop = Math.min(this.size, Math.max(end, start + WINDOW))
    this.#spent += stop - start
    if (this.#spent > MAX_BYTES) throw new RangeBudget('too much of the archive')
    const bytes = await this.#load(start, stop)
    this.#segments.push({ start, bytes })
    return bytes.subarray(0, end - start)
  }
}

/**
 * Asks for the end of a file; the answer says how long it is. A server without ranges sends all of it, up to the
 * client's cap.
 *
 * @throws {RangeFailed} when the server gives no such answer
 */
export async function openRange(request: EvidenceRequest, session: SourceSession): Promise<RangeReader> {
  const ask = async (range: string): Promise<{ status: number; total: number; start: number; bytes: Buffer }> => {
    const answer = await session.client.fetch({
      ...request,
      headers: { ...request.headers, range: `bytes=${range}`, 'accept-encoding': 'identity' },
    })
    if (answer.kind === 'failed') throw new RangeFailed(answer.error)
    const bytes = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength)
    if (answer.status === 200) return { status: 200, total: bytes.length, start: 0, bytes }
    const [, start, end, total] =
      /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(answer.headers.get('content-range') ?? '') ?? []
    const fits = Number(end) - Number(start) + 1 === bytes.length && Number(end) < Number(total)
    if (answer.status !== 206 || !fits) throw failed(request, `the answer to a range is ${answer.status}`)
    return { status: 206, total: Number(total), start: Number(start), bytes }
  }
  const tail = await ask(`-${WINDOW}`)
  return new RangeReader(tail.total, { start: tail.start, bytes: tail.bytes }, async (start, end) => {
    const part = await ask(`${start}-${end - 1}`)
    // Another length is another file: parts of two would be read as one.
    if (part.total !== tail.total || part.start !== start || part.bytes.length !== end - start) {
      throw failed(request, 'the file changed while it was read')
    }
    return part.bytes
  })
}

function failed({ source, url }: EvidenceRequest, why: string): RangeFailed {
  return new RangeFailed({ source, fault: 'malformed', message: `${URL.parse(url)?.host ?? source}: ${why}` })
}
