import { HOSTILE_VALUES, HOSTILE_WORDS, NESTED } from './hostile-words.ts'

/** Longer inputs only take longer; what grows with the square of a length shows well below this. */
export const MAX_INPUT = 300_000

/** One change, in numbers that mean something for any input: fast-check shrinks them, and the list of them. */
export interface Change {
  readonly kind: number
  /** Where, as a share of the length. */
  readonly at: number
  readonly length: number
  readonly pick: number
  /** How often, for what is repeated. */
  readonly times: number
}

type TextChange = (text: string, change: Change) => string
type BytesChange = (bytes: Uint8Array, change: Change) => Uint8Array

const place = (length: number, at: number): number => Math.min(length, Math.floor(at * (length + 1)))
const from = <T>(list: readonly T[], pick: number): T => list[pick % list.length] as T

/** Changes of a text that knows nothing of its format. */
const TEXT: readonly TextChange[] = [
  insertWord,
  insertWord,
  replaceWord,
  replaceWord,
  replaceWord,
  (text, { at, length }) => cut(text, place(text.length, at), length),
  (text, { at }) => text.slice(0, place(text.length, at)),
  repeatPiece,
  repeatPiece,
  repeatHostile,
  nest,
  swapWords,
  dropLine,
  doubleLine,
  numberLine,
]

function insertWord(text: string, { at, pick }: Change): string {
  const start = place(text.length, at)
  return text.slice(0, start) + from(HOSTILE_WORDS, pick) + text.slice(start)
}

const cut = (text: string, start: number, length: number): string => text.slice(0, start) + text.slice(start + length)

/** A piece of the input itself, over and over: what backtracks or scans again takes the square of it. */
function repeatPiece(text: string, { at, length, times }: Change): string {
  const start = place(text.length, at)
  const piece = text.slice(start, start + 1 + (length % 12))
  return text.slice(0, start) + piece.repeat(bounded(piece, times)) + text.slice(start)
}

function repeatHostile(text: string, { at, pick, times }: Change): string {
  const start = place(text.length, at)
  const piece = from(HOSTILE_WORDS, pick)
  return text.slice(0, start) + piece.repeat(bounded(piece, times)) + text.slice(start)
}

const bounded = (piece: string, times: number) => Math.min(times, Math.floor(MAX_INPUT / Math.max(piece.length, 1)))

function nest(text: string, { at, pick, times, length }: Change): string {
  const [open, close] = from(NESTED, pick)
  const start = place(text.length, at)
  const deep = Math.min(times, Math.floor(MAX_INPUT / 8))
  return text.slice(0, start) + open.repeat(deep) + (length % 2 === 0 ? close.repeat(deep) : '') + text.slice(start)
}

const WORD = /[^\s"',:;=<>()[\]{}|]+/g

function words(text: string): { index: number; word: string }[] {
  return [...text.slice(0, 20_000).matchAll(WORD)].map((match) => ({ index: match.index, word: match[0] }))
}

function replaceWord(text: string, change: Change): string {
  const all = words(text)
  const found = all[place(all.length - 1, change.at)]
  if (found === undefined) return insertWord(text, change)
  return text.slice(0, found.index) + from(HOSTILE_WORDS, change.pick) + text.slice(found.index + found.word.length)
}

/** A word of the input in another word's place: what is right by itself, where it does not belong. */
function swapWords(text: string, change: Change): string {
  const all = words(text)
  const found = all[place(all.length - 1, change.at)]
  const other = all[change.pick % Math.max(all.length, 1)]
  if (found === undefined || other === undefined) return insertWord(text, change)
  return text.slice(0, found.index) + other.word + text.slice(found.index + found.word.length)
}

function dropLine(text: string, { at }: Change): string {
  const lines = text.split('\n')
  lines.splice(place(lines.length - 1, at), 1)
  return lines.join('\n')
}

function doubleLine(text: string, { at }: Change): string {
  const lines = text.split('\n')
  const index = place(lines.length - 1, at)
  lines.splice(index, 0, lines[index] ?? '')
  return lines.join('\n')
}

/** A line over and over, each time by another name: what compares every name with every other takes the square of them. */
function numberLine(text: string, { at, times }: Change): string {
  const lines = text.split('\n')
  const index = place(lines.length - 1, at)
  const line = lines[index] ?? ''
  const count = bounded(`${line}12345\n`, times)
  lines.splice(index, 0, ...Array.from({ length: count }, (_, number) => line.replace(/\w+/, `$&${number}`)))
  return lines.join('\n')
}

/** Applies changes to a text: those of its format where it is JSON, else those of any text. */
export function mutateText(seed: string, changes: readonly Change[]): string {
  let text = seed
  for (const change of changes) {
    const asJson = change.kind % 2 === 0 ? mutateJson(text, change) : undefined
    text = (asJson ?? from(TEXT, change.kind >> 1)(text, change)).slice(0, MAX_INPUT)
  }
  return text
}

/** Keys on the way to each value. */
type Path = readonly (string | number)[]

function pathsOf(value: unknown, path: Path = [], found: Path[] = []): Path[] {
  if (found.length > 2_000 || path.length > 40) return found
  found.push(path)
  if (Array.isArray(value)) value.forEach((item, index) => void pathsOf(item, [...path, index], found))
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) pathsOf(item, [...path, key], found)
  }
  return found
}

function mutateJson(text: string, change: Change): string | undefined {
  if (!/^\s*[[{]/.test(text) || text.length > 50_000) return undefined
  try {
    const value: unknown = JSON.parse(text)
    const paths = pathsOf(value)
    const path = paths[place(paths.length - 1, change.at)] ?? []
    return JSON.stringify(withChange(value, path, change))
  } catch {
    return undefined
  }
}

function withChange(value: unknown, path: Path, change: Change): unknown {
  const [key, ...rest] = path
  if (key === undefined) return otherValue(value, change)
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value]
    const at = Number(key)
    if (rest.length === 0 && change.length % 5 === 0) copy.splice(at, 1)
    else if (rest.length === 0 && change.length % 5 === 1) {
      copy.splice(at, 0, ...Array<unknown>(Math.min(change.times, 1_000)).fill(copy[at]))
    } else copy[at] = withChange(copy[at], rest, change)
    return copy
  }
  const entries = Object.entries(value as object).map(([name, item]): [string, unknown] =>
    name === key ? [name, withChange(item, rest, change)] : [name, item],
  )
  if (rest.length > 0) return Object.fromEntries(entries)
  if (change.length % 5 === 0) return Object.fromEntries(entries.filter(([name]) => name !== key))
  if (change.length % 5 === 1) {
    return Object.fromEntries(
      entries.map(([name, item]) => [name === key ? from(HOSTILE_WORDS, change.pick) : name, item]),
    )
  }
  if (change.length % 5 === 2) {
    return Object.fromEntries([...entries, ...numberedKeys(key, entries, change)])
  }
  return Object.fromEntries(entries)
}

/** A key over and over, each time by another name. */
function numberedKeys(key: string | number, entries: readonly [string, unknown][], { times }: Change) {
  const item = entries.find(([name]) => name === key)?.[1]
  // Room for the rest of the document, which would be cut off and be no JSON any more.
  const count = Math.floor(bounded(`"${key}12345":${JSON.stringify(item) ?? ''},`, times) * 0.8)
  return Array.from({ length: count }, (_, number): [string, unknown] => [`${key}${number}`, item])
}

function otherValue(value: unknown, { pick, length, times }: Change): unknown {
  if (typeof value === 'string' && length % 3 === 0) {
    const start = place(value.length, (pick % 100) / 100)
    return value.slice(0, start) + from(HOSTILE_WORDS, pick) + value.slice(start + (length % 4))
  }
  if (length % 7 === 1) return [value]
  if (length % 7 === 2) {
    let deep: unknown = value
    for (let depth = 0; depth < Math.min(times, 100); depth++) deep = pick % 2 === 0 ? [deep] : { a: deep }
    return deep
  }
  return from(HOSTILE_VALUES, pick)
}

const BYTES: readonly BytesChange[] = [
  (bytes, { at, pick }) =>
    set(bytes, place(bytes.length - 1, at), [(bytes[place(bytes.length - 1, at)] ?? 0) ^ (1 << (pick % 8))]),
  (bytes, { at, pick }) => set(bytes, place(bytes.length - 1, at), [pick % 256]),
  (bytes, { at, pick }) => set(bytes, place(bytes.length - 1, at), from(EDGES, pick)),
  (bytes, { at }) => bytes.slice(0, place(bytes.length, at)),
  (bytes, { at, length }) => splice(bytes, place(bytes.length, at), length, []),
  (bytes, { at, length, pick }) => splice(bytes, place(bytes.length, at), 0, Array<number>(length).fill(pick % 256)),
  (bytes, { at, length, times }) => {
    const start = place(bytes.length, at)
    const piece = bytes.slice(start, start + 1 + length)
    const count = Math.min(times, Math.floor(MAX_INPUT / piece.length))
    return joined([bytes.slice(0, start), ...Array<Uint8Array>(count).fill(piece), bytes.slice(start)])
  },
  (bytes, { at, pick, length }) => {
    const other = place(bytes.length, (pick % 1_000) / 1_000)
    return set(bytes, place(bytes.length - 1, at), [...bytes.slice(other, other + length)])
  },
]

/** Lengths and offsets at the edges of their types, in both orders of bytes. */
const EDGES: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff],
  [0x7f, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0, 0, 0, 0],
  [0, 0, 0, 0x80],
  [0x80, 0, 0, 0],
  [0xff, 0xff],
  [0x84, 0xff, 0xff, 0xff, 0xff],
  [0x30, 0x80],
  [0x1f, 0x8b, 8],
]

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

function set(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  const copy = bytes.slice()
  for (const [index, value] of values.entries()) if (at + index < copy.length) copy[at + index] = value
  return copy
}

function splice(bytes: Uint8Array, at: number, length: number, values: readonly number[]): Uint8Array {
  return joined([bytes.slice(0, at), Uint8Array.from(values), bytes.slice(at + length)])
}

export function mutateBytes(seed: Uint8Array, changes: readonly Change[]): Uint8Array {
  let bytes = seed
  for (const change of changes) bytes = from(BYTES, change.kind)(bytes, change).slice(0, MAX_INPUT)
  return bytes
}
