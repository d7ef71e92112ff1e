import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Extract, extract } from 'tar-stream'
import { CleanbillError } from '../../model/error.ts'
import { ARCHIVE_LIMITS, type ArchiveLimits, type Listing, ListingBuilder } from './listing.ts'

type Entry = Extract extends AsyncIterable<infer One> ? One : never

/** Old formats are taken as well: installers unpack them, so they must not hide anything. The types lack the option. */
const EXTRACT = { highWaterMark: 64 * 1024, allowUnknownFormat: true }

export interface TarOptions {
  /** What an entry is called in the listing. */
  readonly rename?: (path: string) => string
  /** Whose content is wanted, by its name in the listing. */
  readonly wants?: (path: string) => boolean
  /** Entries that are tars themselves (`data.tar.gz` of a gem): listed in place of the entry. */
  readonly nested?: (path: string) => boolean
  readonly limits?: ArchiveLimits
}

/**
 * Lists a tar, gzipped or not, as it streams by. Only headers are read, and the contents that are wanted; the rest flows
 * through and is dropped. Nothing is written anywhere.
 *
 * @throws {CleanbillError} `SOURCE_MALFORMED` for what is no such archive
 */
export async function listTar(chunks: AsyncIterable<Uint8Array>, options: TarOptions = {}): Promise<Listing> {
  const limits = options.limits ?? ARCHIVE_LIMITS
  const builder = new ListingBuilder(limits)
  await readInto(builder, capped(chunks, limits.packedBytes, builder), { ...options, limits }, limits.unpackedBytes)
  return builder.build()
}

async function readInto(
  builder: ListingBuilder,
  chunks: AsyncIterable<Uint8Array>,
  options: TarOptions & { readonly limits: ArchiveLimits },
  unpackedBytes: number,
): Promise<void> {
  const tar = extract(EXTRACT)
  const source = Readable.from(capped(unpacked(chunks), unpackedBytes, builder))
  source.on('error', (error) => tar.destroy(error))
  source.pipe(tar)
  try {
    for await (const entry of tar) if (!(await takeEntry(builder, entry, options, unpackedBytes))) break
  } catch (error) {
    // A tar that a cap has cut ends in the middle of an entry: that is said by `truncated`.
    if (!builder.build().truncated) throw asMalformed(error)
  } finally {
    source.destroy()
  }
}

async function takeEntry(
  builder: ListingBuilder,
  entry: Entry,
  options: TarOptions & { readonly limits: ArchiveLimits },
  unpackedBytes: number,
): Promise<boolean> {
  const { name, size = 0, type } = entry.header
  const path = options.rename?.(name) ?? name
  if (type === 'directory') return drain(entry)
  if (options.nested?.(path) === true) {
    const { nested: _, ...inner } = options
    await readInto(builder, bytesOf(entry), inner, unpackedBytes)
    return drain(entry)
  }
  if (!builder.add(path, size)) return false
  if (options.wants?.(path) !== true) return drain(entry)
  if (size > options.limits.manifestBytes) {
    builder.truncate()
    return drain(entry)
  }
  const parts: Uint8Array[] = []
  for await (const part of bytesOf(entry)) parts.push(part)
  builder.addContent(path, Buffer.concat(parts))
  return true
}

/** Sound: an entry's stream is fed with the buffers that were written to the tar, and with nothing else. */
const bytesOf = (entry: Entry): AsyncIterable<Uint8Array> =>
  entry as AsyncIterable<unknown> as AsyncIterable<Uint8Array>

function drain(entry: Entry): true {
  entry.resume()
  return true
}

/** Passes so many bytes on and then ends, saying so. */
async function* capped(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  builder: ListingBuilder,
): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > maxBytes) return builder.truncate()
    yield chunk
  }
}

/** Gunzips what starts like gzip. Output comes in small pieces, so a bomb is met by the cap and not by memory. */
async function* unpacked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  const head: Uint8Array[] = []
  // A network may bring a single byte, or none, first: two of them tell what it is.
  for (let size = 0; size < 2; ) {
    const next = await iterator.next()
    if (next.done === true) break
    head.push(next.value)
    size += next.value.length
  }
  const start = Buffer.concat(head)
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield start
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value
  }
  if (start.length === 0) throw new CleanbillError('SOURCE_MALFORMED', 'the archive is empty')
  if (start[0] !== 0x1f || start[1] !== 0x8b) return yield* whole()
  const gunzip = createGunzip()
  const source = Readable.from(whole())
  source.on('error', (error) => gunzip.destroy(error))
  try {
    yield* source.pipe(gunzip) as AsyncIterable<Uint8Array>
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

function asMalformed(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CleanbillError || !isFormatError(error)) return error
  return new CleanbillError('SOURCE_MALFORMED', `the archive cannot be read: ${error.message}`, { cause: error })
}

/** Of zlib and tar-stream; an error of the network passes through to who owns it. */
function isFormatError(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : ''
  return (
    code.startsWith('Z_') ||
    /^(?:Invalid|Unexpected end of data|Header exceeds|Writable stream closed|unexpected end of file)/i.test(
      error.message,
    )
  )
}
