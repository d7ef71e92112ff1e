import { uncompress } from 'snappyjs'
import { CleanbillError } from '../../model/error.ts'

/**
 * Reads a snappy block (no stream framing), as GitHub stores bundles (sources.md §5).
 *
 * The library is given only what was walked through before: version 0.7.0 takes a literal of 2^31 bytes or more for a
 * negative length, steps back and never ends, and it does not look whether the output has the length that was declared.
 *
 * @throws {CleanbillError} `LIMIT_EXCEEDED` before anything is allocated, `BUNDLE_MALFORMED`
 */
export function unsnap(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const { length, start } = readLength(bytes)
  if (length > maxBytes) {
    throw new CleanbillError('LIMIT_EXCEEDED', `a bundle declares ${length} bytes; at most ${maxBytes} are read`)
  }
  if (outputLength(bytes, start, length) !== length) throw malformed('its length is not the one it declares')
  try {
    // A plain view: the library makes a Buffer of a Buffer.
    return uncompress(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), maxBytes)
  } catch (cause) {
    throw malformed((cause as Error).message)
  }
}

/** A varint of at most 32 bits. */
function readLength(bytes: Uint8Array): { length: number; start: number } {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = bytes[i]
    if (byte === undefined) break
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80 && length < 2 ** 32) return { length, start: i + 1 }
  }
  throw malformed('it declares no length')
}

/** Walks over the elements without copying: how many bytes would come out? Stops past `limit`. */
function outputLength(bytes: Uint8Array, start: number, limit: number): number {
  let at = start
  let out = 0
  while (at < bytes.length && out <= limit) {
    const tag = bytes[at] ?? 0
    const kind = tag & 3
    const size = tag >> 2
    if (kind === 0) {
      const extra = size < 60 ? 0 : size - 59
      const length = (extra === 0 ? size : little(bytes, at + 1, extra)) + 1
      at += 1 + extra + length
      if (at > bytes.length) throw malformed('a literal runs past its end')
      out += length
    } else {
      const width = kind === 3 ? 4 : kind
      const offset = little(bytes, at + 1, width) + (kind === 1 ? (tag >> 5) * 256 : 0)
      if (offset === 0 || offset > out) throw malformed('a copy reaches before its beginning')
      out += kind === 1 ? (size & 7) + 4 : size + 1
      at += 1 + width
    }
  }
  return out
}

function little(bytes: Uint8Array, at: number, width: number): number {
  if (at + width > bytes.length) throw malformed('it ends within an element')
  let value = 0
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0)
  return value
}

const malformed = (why: string) => new CleanbillError('BUNDLE_MALFORMED', `a compressed bundle cannot be read: ${why}`)
