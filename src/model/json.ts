import { visit } from 'jsonc-parser'
import { CleanbillError } from './error.ts'

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

export interface JsonLimits {
  /** Bytes, checked before decoding. */
  readonly maxBytes: number
  readonly maxDepth?: number
}

/** Documents of ours and bundles. Source: formats.md §1 (GHSA-cq38-jh5f-37mq, GHSA-vfp6-jrw2-99g9). */
export const DOCUMENT_LIMITS: JsonLimits = { maxBytes: 16 * 1024 * 1024, maxDepth: 64 }

/**
 * Strict JSON: valid UTF-8, no byte order mark, no duplicate keys, no `__proto__`, bounded size and depth.
 * Two parsers that read one signed text differently are a way around a signature, so an ambiguous text is refused.
 *
 * Integers beyond 2^53 come back as strings of their digits: repository ids and log indexes must not be rounded into
 * each other.
 *
 * @throws {CleanbillError} `LIMIT_EXCEEDED`, `JSON_MALFORMED` (with line and column), `JSON_AMBIGUOUS`
 */
export function parseJson(bytes: Uint8Array | string, what: string, limits: JsonLimits = DOCUMENT_LIMITS): JsonValue {
  const size = Buffer.byteLength(bytes)
  if (size > limits.maxBytes) {
    throw new CleanbillError('LIMIT_EXCEEDED', `${what} has ${size} bytes; the limit is ${limits.maxBytes}`)
  }
  const text = typeof bytes === 'string' ? bytes : decodeUtf8(bytes, what)
  const { isTooDeep, hasUniqueKeys, hasLongNumber } = scan(text, limits.maxDepth ?? 64)
  // Before any recursive reader sees the text: 100,000 opening brackets must not become a stack overflow.
  if (isTooDeep) {
    throw new CleanbillError('LIMIT_EXCEEDED', `${what} is nested deeper than ${limits.maxDepth ?? 64} levels`)
  }
  let value: JsonValue
  try {
    // Most documents hold no integer of so many digits, and a callback for each value costs more than the parsing.
    value = hasLongNumber ? JSON.parse(text, keepBigIntegers) : JSON.parse(text)
  } catch (cause) {
    // Read again by a reader that says where it stops making sense.
    checkKeys(text, what)
    throw new CleanbillError('JSON_MALFORMED', `${what} is not valid JSON: ${(cause as Error).message}`, { cause })
  }
  if (!hasUniqueKeys) checkKeys(text, what)
  return value
}

/** As {@link parseJson}, and the top must be an object. */
export function parseJsonObject(bytes: Uint8Array | string, what: string, limits?: JsonLimits): JsonObject {
  const value = parseJson(bytes, what, limits)
  if (!isJsonObject(value)) throw new CleanbillError('JSON_MALFORMED', `${what} is not a JSON object`)
  return value
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * @throws {CleanbillError} `JSON_MALFORMED` on invalid UTF-8
 */
export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new CleanbillError('JSON_MALFORMED', `${what} is not valid UTF-8`, { cause })
  }
}

/** Only a number is written with nothing but digits. */
function keepBigIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  return source !== undefined && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value
}

/**
 * Refuses numbers that do not survive being read and written: what gets signed must be what the file says.
 *
 * @param text JSON that {@link parseJson} has accepted
 * @throws {CleanbillError} `JSON_AMBIGUOUS` for what is written as an integer beyond 2^53, more than 17 digits, and
 *   what overflows
 */
export function requireExactNumbers(text: string, what: string): void {
  JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number') return value
    const source = context?.source ?? ''
    const digits = source
      .replace(/[eE].*/, '')
      .replace(/\D/g, '')
      .replace(/^0+|0+$/g, '')
    // `1e20` is written as digits alone, which are then read as a text.
    const isLong = [source, String(value)].some((one) => /^-?\d+$/.test(one)) && !Number.isSafeInteger(value)
    if (!isLong && Number.isFinite(value) && digits.length <= 17) return value
    throw new CleanbillError('JSON_AMBIGUOUS', `${what} has the number ${source.slice(0, 40)}, which readers round`, {
      hint: 'Write it as a string.',
    })
  })
}

interface Scanned {
  readonly isTooDeep: boolean
  /** Every key of every object is there once, and none is `__proto__`. Means something for valid JSON only. */
  readonly hasUniqueKeys: boolean
  /** A number has so many digits in a row that it may not be one that JavaScript can hold. */
  readonly hasLongNumber: boolean
}

/**
 * Looks over a text that may be anything: one pass for all that has to be known before it is parsed. What it finds wrong
 * with keys, {@link checkKeys} names with its place.
 */
function scan(text: string, maxDepth: number): Scanned {
  const open: (Set<string> | undefined)[] = []
  let keys: Set<string> | undefined
  /** The keys of which the next string is one. */
  let expecting: Set<string> | undefined
  let hasUniqueKeys = true
  let hasLongNumber = false
  let digits = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0x30 && c <= 0x39) {
      if (++digits === MAX_EXACT_DIGITS + 1) hasLongNumber = true
      continue
    }
    digits = 0
    if (c === QUOTE) {
      const start = i + 1
      i = endOfString(text, start)
      if (expecting === undefined) continue
      const key = text.slice(start, i)
      // `\u0061` and `a` are one key: rare, so the slow reader looks at it.
      if (key === '__proto__' || expecting.has(key) || key.includes('\\')) hasUniqueKeys = false
      else expecting.add(key)
      expecting = undefined
    } else if (c === 0x7b || c === 0x5b) {
      if (open.push(keys) > maxDepth) return { isTooDeep: true, hasUniqueKeys, hasLongNumber }
      keys = c === 0x7b ? new Set() : undefined
      expecting = keys
    } else if (c === 0x7d || c === 0x5d) {
      keys = open.pop()
      expecting = undefined
    } else if (c === 0x2c) expecting = keys
  }
  return { isTooDeep: false, hasUniqueKeys, hasLongNumber }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** Any integer of so many digits is below 2^53. */
const MAX_EXACT_DIGITS = 15

/** Where the string that begins at `start` ends: at its quote, or with a text that lacks one. Long strings are what bundles are made of. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end
    // The quote before `start` is no backslash, so this ends there.
    while (text.charCodeAt(before - 1) === BACKSLASH) before--
    // An even number of backslashes are backslashes; after an odd number the quote is a part of the string.
    if ((end - before) % 2 === 0) return end
  }
  return text.length
}

function checkKeys(text: string, what: string): void {
  const open: Set<string>[] = []
  visit(
    text,
    {
      onObjectBegin: () => void open.push(new Set()),
      onObjectEnd: () => void open.pop(),
      onObjectProperty: (key, _offset, _length, line, column) => {
        const keys = open.at(-1)
        const at = { line: line + 1, column: column + 1 }
        if (key === '__proto__') throw new CleanbillError('JSON_AMBIGUOUS', `${what} has a key "__proto__"`, at)
        if (keys?.has(key)) {
          throw new CleanbillError(
            'JSON_AMBIGUOUS',
            `${what} has the key ${JSON.stringify(key.slice(0, 80))} twice`,
            at,
          )
        }
        keys?.add(key)
      },
      onError: (_error, _offset, _length, line, column) => {
        throw new CleanbillError(
          'JSON_MALFORMED',
          `${what} is not valid JSON (line ${line + 1}, column ${column + 1})`,
          {
            line: line + 1,
            column: column + 1,
          },
        )
      },
    },
    { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false },
  )
}

/**
 * Compact JSON with the keys of every object sorted by code point: equal values give equal bytes. Used for documents
 * of ours that are compared or digested (not for anything a specification canonicalises otherwise).
 */
export function toSortedJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, v: unknown) => (isJsonObject(v) ? sortKeys(v) : v), indent)
}

function sortKeys(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => compareCodePoints(a, b)))
}

/** Code point order. JavaScript's own `<` compares UTF-16 units, which puts U+1F600 before U+FF5E (formats.md §14.1). */
export function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
