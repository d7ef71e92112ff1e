import fc from 'fast-check'
import { changes } from './inputs.ts'
import { type Change, mutateText } from './mutate.ts'

export type Path = readonly (string | number)[]

/** A change of a document that knows what its parts are, in numbers that mean something for any document. */
export type JsonChange =
  | { readonly kind: 'bits'; readonly at: number; readonly byte: number; readonly bit: number }
  | { readonly kind: 'length'; readonly at: number; readonly by: number }
  | { readonly kind: 'number'; readonly at: number; readonly by: number }
  | { readonly kind: 'swap'; readonly at: number }
  | { readonly kind: 'drop'; readonly at: number }
  | { readonly kind: 'double'; readonly at: number; readonly from: 'own' | 'other' }
  | { readonly kind: 'add'; readonly at: number; readonly name: string; readonly value: unknown }
  | { readonly kind: 'any'; readonly changes: readonly Change[] }

const at = fc.nat(100_000)

export const jsonChange: fc.Arbitrary<JsonChange> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('bits'), at, byte: fc.nat(5_000), bit: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('length'), at, by: fc.constantFrom(-3, -1, 1, 3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('number'), at, by: fc.constantFrom(-1, 1, 3_600, 2 ** 32) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('swap'), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop'), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('double'), at, from: fc.constantFrom('own', 'other') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: fc.constant('add'), at, value: fc.constantFrom(1, '', [], {}) },
      name: fc.constantFrom('x', '__proto__', 'dsseEnvelope', 'messageSignature', 'publicKey', 'certificate', 'keyid'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('any'), changes }) },
) as fc.Arbitrary<JsonChange>

/** Applies a change; `other` is a document of the same shape, whose parts are swapped in. */
export function changeJson(document: unknown, change: JsonChange, other: unknown): unknown {
  if (change.kind === 'any') return reread(mutateText(JSON.stringify(document), change.changes), document)
  const copy = structuredClone(document)
  const paths = pathsOf(copy).filter(({ value }) => fits(change, value))
  const found = paths[change.at % Math.max(paths.length, 1)]
  if (found === undefined) return copy
  const { path, value } = found
  if (change.kind === 'drop') return without(copy, path)
  if (change.kind === 'swap') return put(copy, path, atPath(other, path) ?? value)
  if (change.kind === 'double') {
    const list = value as unknown[]
    const theirs = atPath(other, path)
    return put(copy, path, [...list, ...(change.from === 'other' && Array.isArray(theirs) ? theirs : list)])
  }
  if (change.kind === 'add') return put(copy, path, { ...(value as object), [change.name]: change.value })
  return put(copy, path, otherText(String(value), change))
}

/** A mutation that is no JSON any more is one that every reader refuses; what is looked for are those that are. */
function reread(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return otherwise
  }
}

function fits({ kind }: JsonChange, value: unknown): boolean {
  if (kind === 'bits' || kind === 'length') return typeof value === 'string' && value !== ''
  if (kind === 'number') return typeof value === 'string' && /^\d+$/.test(value)
  if (kind === 'double') return Array.isArray(value)
  if (kind === 'add') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return true
}

type TextChange = Extract<JsonChange, { readonly kind: 'bits' | 'length' | 'number' }>

/** Bytes where the text is Base64, else the text's own. */
function otherText(text: string, change: TextChange): string {
  if (change.kind === 'number') return String(BigInt(text) + BigInt(change.by))
  const isBase64 = text.length >= 8 && /^[A-Za-z0-9+/]+=*$/.test(text) && text.length % 4 === 0
  const encoding = isBase64 ? 'base64' : 'utf8'
  const bytes = Buffer.from(text, encoding)
  if (change.kind === 'length') {
    const longer = change.by > 0 ? Buffer.concat([bytes, Buffer.alloc(change.by)]) : bytes.subarray(0, change.by)
    return longer.toString(encoding)
  }
  const index = change.byte % bytes.length
  bytes[index] = (bytes[index] ?? 0) ^ (1 << change.bit)
  return bytes.toString(encoding)
}

interface Part {
  readonly path: Path
  readonly value: unknown
}

/** Every part below the top, in the order of the document. */
export function pathsOf(value: unknown, path: Path = []): Part[] {
  const own = path.length === 0 ? [] : [{ path, value }]
  if (typeof value !== 'object' || value === null) return own
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value)
  return [...own, ...entries.flatMap(([key, part]) => pathsOf(part, [...path, key]))]
}

function atPath(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (part, key) => (typeof part === 'object' && part !== null ? (part as Record<string, unknown>)[key] : undefined),
    value,
  )
}

function put(value: unknown, [key, ...rest]: Path, part: unknown): unknown {
  if (key === undefined) return part
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? put(item, rest, part) : item))
  const entries = Object.entries(value as object)
  return Object.fromEntries(entries.map(([name, item]) => [name, name === key ? put(item, rest, part) : item]))
}

function without(value: unknown, [key, ...rest]: Path): unknown {
  if (Array.isArray(value)) {
    return rest.length === 0
      ? value.filter((_, index) => index !== key)
      : value.map((item, index) => (index === key ? without(item, rest) : item))
  }
  const entries = Object.entries(value as object)
  if (rest.length === 0) return Object.fromEntries(entries.filter(([name]) => name !== key))
  return Object.fromEntries(entries.map(([name, item]) => [name, name === key ? without(item, rest) : item]))
}

export interface Difference {
  /** With `*` for places in lists. */
  readonly place: string
  /** Undefined where it is not there. */
  readonly before: unknown
  readonly after: unknown
}

/** The smallest parts in which two documents differ. */
export function differences(before: unknown, after: unknown, place = ''): Difference[] {
  if (Object.is(before, after)) return []
  const isPlain = (value: unknown): value is object => typeof value === 'object' && value !== null
  if (!isPlain(before) || !isPlain(after) || Array.isArray(before) !== Array.isArray(after)) {
    return [{ place, before, after }]
  }
  const at = (value: object, key: string) =>
    Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
    const name = Array.isArray(before) ? '*' : key
    return differences(at(before, key), at(after, key), place === '' ? name : `${place}.${name}`)
  })
}
