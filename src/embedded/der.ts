import { CleanbillError } from '../model/error.ts'

/**
 * The little of DER (ITU-T X.690 §10) that certificates, certificate requests and timestamps need, written and read.
 * Every `to…` function returns one whole element: tag, length, content.
 */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** One element with the given identifier octet around the content. */
export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < 0x80) return Buffer.concat([Uint8Array.of(tag, body.length), body])
  const length = unsigned(body.length)
  return Buffer.concat([Uint8Array.of(tag, 0x80 | length.length), length, body])
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return element(TAG.sequence, ...content)
}

/** SET OF: DER orders the elements by their encoding (X.690 §11.6); strict readers refuse any other order. */
export function setOf(...content: readonly Uint8Array[]): Buffer {
  return element(TAG.set, ...sortSet(content))
}

export function sortSet(content: readonly Uint8Array[]): Uint8Array[] {
  return [...content].sort((a, b) => Buffer.compare(a, b))
}

/** Context-specific and constructed: `[n]` around whole elements. */
export function contextConstructed(n: number, ...content: readonly Uint8Array[]): Buffer {
  return element(0xa0 | n, ...content)
}

/** Context-specific and primitive: `[n] IMPLICIT` of a string type. */
export function contextPrimitive(n: number, content: Uint8Array): Buffer {
  return element(0x80 | n, content)
}

/** A non-negative INTEGER from its big-endian bytes, in the shortest form. */
export function integer(value: number | Uint8Array): Buffer {
  const bytes = typeof value === 'number' ? unsigned(value) : trimZeros(value)
  const negativeLooking = (bytes[0] ?? 0) >= 0x80
  return element(TAG.integer, negativeLooking ? Buffer.concat([Uint8Array.of(0), bytes]) : bytes)
}

export function boolean(value: boolean): Buffer {
  return element(TAG.boolean, Uint8Array.of(value ? 0xff : 0))
}

export function octetString(bytes: Uint8Array): Buffer {
  return element(TAG.octetString, bytes)
}

export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return element(TAG.bitString, Uint8Array.of(unusedBits), bytes)
}

export function utf8String(text: string): Buffer {
  return element(TAG.utf8String, Buffer.from(text))
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(TAG.oid, Buffer.concat([first * 40 + second, ...rest].map(base128)))
}

/**
 * X.509 Time: UTCTime through 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). Whole seconds: fractions are dropped.
 */
export function time(date: Date): Buffer {
  const digits = timeDigits(date)
  return date.getUTCFullYear() < 2050
    ? element(TAG.utcTime, Buffer.from(digits.slice(2), 'ascii'))
    : element(TAG.generalizedTime, Buffer.from(digits, 'ascii'))
}

/** `YYYYMMDDHHMMSSZ`. A fraction would be legal, but readers of timestamps differ in which ones they take. */
export function generalizedTime(date: Date): Buffer {
  return element(TAG.generalizedTime, Buffer.from(timeDigits(date), 'ascii'))
}

function timeDigits(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
}

function base128(arc: number): Buffer {
  const digits = [arc % 128]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(0x80 | (rest % 128))
  return Buffer.from(digits)
}

function unsigned(value: number): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}

function trimZeros(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  return bytes.subarray(start)
}

/** One element as it was read. */
export interface DerElement {
  readonly tag: number
  readonly content: Buffer
  /** Tag, length and content: what a signature over this element covers. */
  readonly encoded: Buffer
}

/**
 * Reads exactly one element and nothing after it.
 *
 * @throws {CleanbillError} `INPUT_INVALID`: not DER (indefinite or padded length, bytes after the end)
 */
export function readDer(bytes: Uint8Array): DerElement {
  const [first, ...rest] = readAll(Buffer.from(bytes))
  if (first === undefined || rest.length > 0) throw notDer('more or less than one element')
  return first
}

/**
 * The elements inside a SEQUENCE (or another constructed element with the given tag).
 *
 * @throws {CleanbillError} `INPUT_INVALID`
 */
export function readChildren(parent: DerElement | undefined, tag: number = TAG.sequence): DerElement[] {
  if (parent?.tag !== tag) throw notDer(`expected tag 0x${tag.toString(16)}`)
  return readAll(parent.content)
}

/** @throws {CleanbillError} `INPUT_INVALID` */
export function readContent(found: DerElement | undefined, tag: number): Buffer {
  if (found?.tag !== tag) throw notDer(`expected tag 0x${tag.toString(16)}`)
  return found.content
}

/** A non-negative INTEGER. @throws {CleanbillError} `INPUT_INVALID` for a negative or padded one */
export function readUnsigned(found: DerElement | undefined): bigint {
  const content = readContent(found, TAG.integer)
  const [first, second] = content
  if (first === undefined || first >= 0x80) throw notDer('a negative integer')
  if (first === 0 && second !== undefined && second < 0x80) throw notDer('a padded integer')
  return BigInt(`0x${content.toString('hex')}`)
}

function readAll(bytes: Buffer): DerElement[] {
  const found: DerElement[] = []
  for (let at = 0; at < bytes.length; ) {
    const one = readAt(bytes, at)
    found.push(one)
    at += one.encoded.length
  }
  return found
}

function readAt(bytes: Buffer, start: number): DerElement {
  const tag = bytes[start] ?? 0
  const first = bytes[start + 1]
  if (first === undefined || (tag & 0x1f) === 0x1f) throw notDer('a truncated or multi-byte tag')
  let at = start + 2
  let length = first
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4 || at + count > bytes.length) throw notDer('an indefinite or oversized length')
    length = bytes.readUIntBE(at, count)
    at += count
    if (length < 0x80 || bytes[at - count] === 0) throw notDer('a padded length')
  }
  if (at + length > bytes.length) throw notDer('truncated')
  return { tag, content: bytes.subarray(at, at + length), encoded: bytes.subarray(start, at + length) }
}

function notDer(why: string): CleanbillError {
  return new CleanbillError('INPUT_INVALID', `not strict DER: ${why}`)
}
