import { visit } from 'jsonc-parser'
import { CleanbillError } from '../model/error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts'
import { ambiguous, malformed } from './finder.ts'
import { decodeText, refuseConflicts } from './text.ts'

/** A JSON document that still knows on which line each property stands. */
export interface JsonWithLines {
  readonly root: JsonObject
  /** Line of a property of an object of this document, from 1. */
  readonly lineOf: (owner: JsonObject, key: string) => number
}

const MAX_DEPTH = 512

/**
 * Reads JSON with lines in one pass. A key that stands twice is refused: one package manager would install the first,
 * another the second. Nesting is deep in lock files of npm 6 (a level of `dependencies` a package), so the bound is
 * wide; it is there to keep a hostile file from ending the process.
 *
 * @param relaxed comments and trailing commas, as `bun.lock` has them
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`, `DEPENDENCY_FILE_AMBIGUOUS`, `LIMIT_EXCEEDED`
 */
export function parseJsonLines(bytes: Uint8Array, relaxed = false): JsonWithLines {
  const text = decodeText(bytes)
  refuseConflicts(text)
  const lines = new WeakMap<object, Map<string, number>>()
  const root = buildValue(text, relaxed, lines)
  if (!isJsonObject(root)) throw malformed('the file is not a JSON object', 1)
  return { root, lineOf: (owner, key) => lines.get(owner)?.get(key) ?? 1 }
}

type Building = { readonly keys: Map<string, number>; readonly value: Record<string, JsonValue> } | JsonValue[]

function buildValue(text: string, relaxed: boolean, lines: WeakMap<object, Map<string, number>>): JsonValue {
  const open: Building[] = []
  let key = ''
  const keyStack: string[] = []
  let root: JsonValue = null
  const put = (value: JsonValue) => {
    const owner = open.at(-1)
    if (owner === undefined) root = value
    else if (Array.isArray(owner)) owner.push(value)
    else owner.value[key] = value
  }
  const enter = (building: Building, value: JsonValue, line: number) => {
    if (open.length >= MAX_DEPTH) {
      throw new CleanbillError('LIMIT_EXCEEDED', `nested deeper than ${MAX_DEPTH} levels`, { line: line + 1 })
    }
    put(value)
    keyStack.push(key)
    open.push(building)
  }
  const leave = () => {
    open.pop()
    key = keyStack.pop() ?? ''
  }
  visit(
    text,
    {
      onObjectBegin: (_offset, _length, line) => {
        // No prototype: a key such as `constructor` is then a key like any other.
        const value: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>
        const keys = new Map<string, number>()
        lines.set(value, keys)
        enter({ keys, value }, value, line)
      },
      onObjectEnd: leave,
      onArrayBegin: (_offset, _length, line) => {
        const value: JsonValue[] = []
        enter(value, value, line)
      },
      onArrayEnd: leave,
      onObjectProperty: (name, _offset, _length, line) => {
        const owner = open.at(-1)
        key = name
        if (owner === undefined || Array.isArray(owner)) return
        if (name === '__proto__' || owner.keys.has(name)) {
          throw ambiguous(`the key ${JSON.stringify(name.slice(0, 100))} stands twice, or is "__proto__"`, line + 1)
        }
        owner.keys.set(name, line + 1)
      },
      onLiteralValue: (value) => put(value as JsonValue),
      onError: (_error, _offset, _length, line) => {
        throw malformed('the file is not valid JSON', line + 1)
      },
    },
    { disallowComments: !relaxed, allowTrailingComma: relaxed, allowEmptyContent: false },
  )
  return root
}

/** A property that must be an object, or undefined where it is absent. */
export function objectAt(document: JsonWithLines, owner: JsonObject, key: string): JsonObject | undefined {
  const value = owner[key]
  if (value === undefined) return undefined
  if (!isJsonObject(value)) throw malformed(`${JSON.stringify(key)} is not an object`, document.lineOf(owner, key))
  return value
}

/** A property that must be text, or undefined where it is absent or null. */
export function textAt(document: JsonWithLines, owner: JsonObject, key: string): string | undefined {
  const value = owner[key]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw malformed(`${JSON.stringify(key)} is not text`, document.lineOf(owner, key))
  return value
}
