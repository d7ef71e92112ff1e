import { CleanbillError } from '../model/error.ts'
import { decodeUtf8 } from '../model/json.ts'

/** What to do with the value at a path: go inside, hand its bytes over, or pass it by. */
export type Step = 'enter' | 'keep' | 'skip'

export interface JsonPlan {
  /** Keys from the top; `*` for the items of a list. A value to enter that is no object or list is passed by. */
  readonly choose: (path: readonly string[]) => Step
  /** Bytes of one value, whole; not looked at yet. */
  readonly onValue: (path: readonly string[], bytes: Uint8Array) => void
}

export interface JsonStreamLimits {
  readonly maxDepth: number
  /** Of one kept value. */
  readonly maxValueBytes: number
}

const LIMITS: JsonStreamLimits = { maxDepth: 64, maxValueBytes: 8 * 1024 * 1024 }
const MAX_KEY_BYTES = 4_096

const QUOTE = 0x22
const BACKSLASH = 0x5c
const CLOSES: Readonly<Record<number, number>> = { 123: 0x7d, 91: 0x5d }

/**
 * Reads a JSON document as it comes and keeps only what the plan wants: a packument has tens of megabytes, a question
 * about it needs a line for each version. Brackets, strings, keys and commas are checked on the way and a key twice in an
 * object that is entered is refused; what is inside of passed-by values is not.
 *
 * @throws {CleanbillError} `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `LIMIT_EXCEEDED`, and what the chunks and the plan throw
 */
export async function reduceJson(
  chunks: AsyncIterable<Uint8Array>,
  what: string,
  plan: JsonPlan,
  limits: JsonStreamLimits = LIMITS,
): Promise<void> {
  const scanner = makeScanner(what, plan, limits)
  for await (const chunk of chunks) scanner.push(chunk)
  scanner.end()
}

type Expects = 'value' | 'first-item' | 'first-key' | 'key' | 'name' | 'colon' | 'next' | 'inside' | 'nothing'

interface Frame {
  readonly close: number
  /** Keys so far; undefined in a list. */
  readonly keys: Set<string> | undefined
}

function makeScanner(what: string, plan: JsonPlan, limits: JsonStreamLimits) {
  const frames: Frame[] = []
  const path: string[] = []
  let expects: Expects = 'value'
  // Of the value or key that is being read across chunks:
  let keeping = false
  let pieces: Uint8Array[] = []
  let size = 0
  let closing: number[] = []
  let inString = false
  let escaped = false
  let scalar = false

  const broken = (why: string) => new CleanbillError('JSON_MALFORMED', `${what} is not valid JSON: ${why}`)

  function keep(piece: Uint8Array, maxBytes: number): void {
    size += piece.length
    if (size > maxBytes) throw new CleanbillError('LIMIT_EXCEEDED', `a value in ${what} exceeds ${maxBytes} bytes`)
    pieces.push(piece)
  }

  function taken(): Uint8Array {
    const bytes = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    pieces = []
    size = 0
    return bytes
  }

  function valueDone(): void {
    expects = frames.length === 0 ? 'nothing' : 'next'
  }

  function startValue(byte: number): void {
    const step = plan.choose(path)
    const close = CLOSES[byte]
    if (step === 'enter' && close !== undefined) {
      if (frames.length >= limits.maxDepth) throw tooDeep()
      const isObject = byte === 0x7b
      frames.push({ close, keys: isObject ? new Set() : undefined })
      path.push(isObject ? '' : '*')
      expects = isObject ? 'first-key' : 'first-item'
      return
    }
    keeping = step === 'keep'
    closing = close === undefined ? [] : [close]
    inString = byte === QUOTE
    scalar = close === undefined && !inString
    if (scalar && !/[-0-9tfn]/.test(String.fromCharCode(byte))) throw broken('a value is missing')
    if (keeping) keep(Uint8Array.of(byte), limits.maxValueBytes)
    expects = 'inside'
  }

  const tooDeep = () => new CleanbillError('LIMIT_EXCEEDED', `${what} is nested deeper than ${limits.maxDepth} levels`)

  /** Where the value ends in this chunk, or undefined. */
  function endOfValue(chunk: Uint8Array, from: number): number | undefined {
    for (let i = from; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0
      if (escaped) escaped = false
      else if (inString) {
        if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) {
          inString = false
          if (closing.length === 0) return i + 1
        }
      } else if (scalar) {
        if (byte <= 0x20 || byte === 0x2c || byte === 0x7d || byte === 0x5d) return i
      } else if (byte === QUOTE) inString = true
      else if (byte === 0x7b || byte === 0x5b) {
        if (frames.length + closing.length >= limits.maxDepth) throw tooDeep()
        closing.push(byte + 2)
      } else if (byte === 0x7d || byte === 0x5d) {
        if (closing.pop() !== byte) throw broken('a bracket does not close what it should')
        if (closing.length === 0) return i + 1
      }
    }
    return undefined
  }

  function readInside(chunk: Uint8Array, from: number): number {
    const end = endOfValue(chunk, from)
    if (keeping) keep(chunk.subarray(from, end), limits.maxValueBytes)
    if (end === undefined) return chunk.length
    if (keeping) plan.onValue(path, taken())
    valueDone()
    return end
  }

  function readName(chunk: Uint8Array, from: number): number {
    const end = endOfValue(chunk, from)
    keep(chunk.subarray(from, end), MAX_KEY_BYTES)
    if (end === undefined) return chunk.length
    const key = parseKey(`"${decodeUtf8(taken(), `a key in ${what}`)}`)
    const keys = frames.at(-1)?.keys
    if (keys?.has(key) || key === '__proto__') {
      throw new CleanbillError('JSON_AMBIGUOUS', `${what} has the key ${JSON.stringify(key.slice(0, 80))} twice`)
    }
    keys?.add(key)
    path[path.length - 1] = key
    expects = 'colon'
    return end
  }

  function parseKey(text: string): string {
    try {
      return String(JSON.parse(text))
    } catch {
      throw broken('a key is no string')
    }
  }

  /** One byte of structure. */
  function step(byte: number): void {
    const frame = frames.at(-1)
    if (frame !== undefined && byte === frame.close && ['first-key', 'first-item', 'next'].includes(expects)) {
      frames.pop()
      path.pop()
      valueDone()
    } else if (expects === 'value' || expects === 'first-item') startValue(byte)
    else if ((expects === 'key' || expects === 'first-key') && byte === QUOTE) {
      closing = []
      inString = true
      expects = 'name'
    } else if (expects === 'colon' && byte === 0x3a) expects = 'value'
    else if (expects === 'next' && byte === 0x2c) expects = frame?.keys === undefined ? 'value' : 'key'
    else throw broken(`${JSON.stringify(String.fromCharCode(byte))} where ${expects} was expected`)
  }

  return {
    push(chunk: Uint8Array): void {
      for (let i = 0; i < chunk.length; ) {
        const byte = chunk[i] ?? 0
        if (expects === 'inside') i = readInside(chunk, i)
        else if (expects === 'name') i = readName(chunk, i)
        else {
          i++
          if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) step(byte)
        }
      }
    },
    end(): void {
      if (expects !== 'nothing') throw broken('it ends too early')
    },
  }
}
