import { CleanbillError, type ErrorCode } from './error.ts'

/** One DER value: its tag byte, its content, and where it ended in the bytes it was read from. */
export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
  readonly end: number
}

export const DER_OID = 0x06
export const DER_UTF8_STRING = 0x0c
export const DER_SEQUENCE = 0x30

/** Who complains, and with which code, when the bytes are not DER. */
export interface DerContext {
  readonly code: ErrorCode
  readonly what: string
}

/**
 * Reads the DER value that starts at `offset`. One-byte tags only, definite and minimal lengths (X.690 §10.1): a
 * lenient reader would let two encodings of one extension read as the same text, and one of them is the attacker's.
 *
 * @throws {CleanbillError} with the code of the context
 */
export function readDer(bytes: Uint8Array, offset: number, context: DerContext): DerValue {
  const tag = bytes[offset]
  const first = bytes[offset + 1]
  if (tag === undefined || first === undefined) throw malformed(context, 'ends early')
  if ((tag & 0x1f) === 0x1f) throw malformed(context, 'has a tag of several bytes')
  let length = first
  let start = offset + 2
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4) throw malformed(context, 'has an indefinite or oversized length')
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0)
    start += count
    if (bytes[offset + 2] === 0 || length < 0x80) throw malformed(context, 'has a length that is not minimal')
  }
  if (start + length > bytes.length) throw malformed(context, 'ends early')
  return { tag, content: bytes.subarray(start, start + length), end: start + length }
}

/** As {@link readDer}, and nothing may follow. */
export function readDerExact(bytes: Uint8Array, context: DerContext): DerValue {
  const value = readDer(bytes, 0, context)
  if (value.end !== bytes.length) throw malformed(context, 'has bytes after its end')
  return value
}

/** The values inside a constructed value, in order. */
export function readDerChildren(content: Uint8Array, context: DerContext): DerValue[] {
  const children: DerValue[] = []
  for (let offset = 0; offset < content.length; ) {
    const child = readDer(content, offset, context)
    children.push(child)
    offset = child.end
  }
  return children
}

/** A UTF8String that is the whole of the bytes: tag 0x0C, no trailing bytes, valid UTF-8 (fulcio oid-info.md). */
export function readDerUtf8String(bytes: Uint8Array, context: DerContext): string {
  const value = readDerExact(bytes, context)
  if (value.tag !== DER_UTF8_STRING) throw malformed(context, 'is not a UTF8String')
  return decodeText(value.content, context)
}

/** @throws {CleanbillError} when the bytes are not valid UTF-8 */
export function decodeText(bytes: Uint8Array, context: DerContext): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new CleanbillError(context.code, `${context.what} is not valid UTF-8`, { cause })
  }
}

function malformed({ code, what }: DerContext, why: string): CleanbillError {
  return new CleanbillError(code, `${what} ${why}`)
}
