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
  const size = typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length
  if (size > limits.maxBytes) {
    throw new CleanbillError('LIMIT_EXCEEDED', `${what} has ${size} bytes; the limit is ${limits.maxBytes}`)
  }
  const text = typeof bytes === 'string' ? bytes : decodeUtf8(bytes, what)
  checkDepth(text, limits.maxDepth ?? 64, what)
  checkKeys(text, what)
  try {
    return JSON.parse(text, keepBigIntegers) as JsonValue
  } catch (cause) {
    throw new CleanbillError('JSON_MALFORMED', `${what} is not valid JSON: ${(cause as Error).message}`, { cause })
  }
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

function keepBigIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value
  const source = context?.source
  return source !== undefined && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value
}

/**
 * Refuses numbers that do not survive being read and written: what gets signed must be what the file says.
 *
 * @param text JSON that {@link parseJson} has accepted
 * @throws {CleanbillError} `JSON_AMBIGUOUS` for integers beyond 2^53, more than 17 digits, and what overflows
 */
export function requireExactNumbers(text: string, what: string): void {
  JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value !== 'number') return value
    const source = context?.source ?? ''
    const digits = source
      .replace(/[eE].*$/, '')
      .replace(/\D/g, '')
      .replace(/^0+|0+$/g, '')
    const exact = /^-?\d+$/.test(source) ? Number.isSafeInteger(value) : Number.isFinite(value) && digits.length <= 17
    if (exact) return value
    throw new CleanbillError('JSON_AMBIGUOUS', `${what} has the number ${source.slice(0, 40)}, which readers round`, {
      hint: 'Write it as a string.',
    })
  })
}

/** Before any recursive reader sees the text: 100,000 opening brackets must not become a stack overflow. */
function checkDepth(text: string, maxDepth: number, what: string): void {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inString) {
      if (c === 0x5c) i++
      else if (c === 0x22) inString = false
    } else if (c === 0x22) inString = true
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > maxDepth)
        throw new CleanbillError('LIMIT_EXCEEDED', `${what} is nested deeper than ${maxDepth} levels`)
    } else if (c === 0x7d || c === 0x5d) depth--
  }
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
