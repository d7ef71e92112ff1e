import { isMap, isScalar, isSeq, type Node, type ParsedNode, visit } from 'yaml'
import { z } from 'zod'
import { CleanbillError, type ErrorCode } from '../model/error.ts'
import { nearest } from '../model/nearest.ts'
import { readYaml } from '../model/yaml-text.ts'

/** What a kind of file is called, what its faults are called, and how large it may be. */
export interface YamlKind {
  readonly what: string
  readonly malformed: ErrorCode
  readonly unknownKey: ErrorCode
  readonly maxBytes: number
}

interface Place {
  readonly line: number
  readonly column: number
}
type Path = readonly PropertyKey[]

/** A YAML text as a plain value that knows where each part of it stands. */
export interface YamlDocument {
  readonly value: unknown
  /** Of the value at this path; of the nearest part above it that is there. */
  readonly placeOf: (path: Path) => Place
}

/**
 * Reads one document of plain YAML 1.2: no anchors, aliases, tags, merge keys or directives, no key twice. Each of those
 * lets two readers see two policies in one text.
 *
 * @throws {CleanbillError} the kind's `malformed` code with line and column
 */
export function parseYamlDocument(text: string, file: string, kind: YamlKind): YamlDocument {
  const fail = (message: string, place: Place, hint?: string) =>
    new CleanbillError(kind.malformed, `${kind.what} ${message}`, { file, ...place, hint })
  if (Buffer.byteLength(text) > kind.maxBytes) {
    throw fail(`has more than ${kind.maxBytes} bytes`, { line: 1, column: 1 })
  }
  const conflict = /^(?:<{7}|>{7}|\|{7})(?: |$)/m.exec(text)
  if (conflict !== null) {
    const line = text.slice(0, conflict.index).split('\n').length
    throw fail('holds the markers of a merge conflict', { line, column: 1 }, 'Resolve the conflict first.')
  }
  const { documents, lines, fault } = readYaml(text)
  const place = (offset: number | undefined): Place => {
    const { line, col } = lines.linePos(offset ?? 0)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  if (fault !== undefined) throw fail(`is not valid YAML: ${fault.message}`, place(fault.offset), fault.hint)
  const [document, second] = documents
  if (document === undefined || document.contents === null) throw fail('is empty', { line: 1, column: 1 })
  const [warning] = document.warnings
  if (warning !== undefined) throw fail(`is not plain YAML: ${warning.message}`, place(warning.pos[0]))
  if (second !== undefined) throw fail('holds a second document', place(second.range[0]))
  if (document.directives?.yaml.explicit) throw fail('has a directive', { line: 1, column: 1 })
  refuseFancy(document.contents, (message, node) => fail(message, place(node.range?.[0])))
  return {
    value: document.toJS({ maxAliasCount: 0 }),
    placeOf: (path) => place(findNode(document.contents, path)?.range?.[0]),
  }
}

function refuseFancy(contents: Node, fail: (message: string, node: Node) => CleanbillError): void {
  visit(contents, {
    Alias: (_, node) => {
      throw fail('has an alias', node)
    },
    Node: (_, node) => {
      if (node.anchor !== undefined) throw fail('has an anchor', node)
      if (node.tag !== undefined) throw fail('has a tag', node)
    },
    Pair: (_, { key }) => {
      if (!isScalar(key)) throw fail('has a key that is no text', contents)
      if (key.value === '<<') throw fail('has a merge key', key)
    },
  })
}

function findNode(root: ParsedNode | null, path: Path): Node | undefined {
  let node: Node | undefined = root ?? undefined
  for (const part of path) {
    const next: unknown = isMap(node) || isSeq(node) ? node.get(part, true) : undefined
    // Sound: with `keepScalar` the parser gives nodes, or undefined for what is not there.
    if (next === undefined) return node
    node = next as Node
  }
  return node
}

/**
 * Holds a document to its schema.
 *
 * @throws {CleanbillError} `unknownKey` with the nearest known key, `malformed`, or the code in a refinement's
 *   `params.code`; all with file, line and column
 */
export function checkYaml<T>(schema: z.ZodType<T>, document: YamlDocument, file: string, kind: YamlKind): T {
  const result = schema.safeParse(document.value)
  if (result.success) return result.data
  // Sound: a value that was refused has an issue, and so has each branch of a union.
  const issue = deepest(result.error.issues[0] as Issue)
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? ''
    const known = keysAt(z.toJSONSchema(schema, { io: 'input' }), path)
    const guess = nearest(key, known)
    throw new CleanbillError(kind.unknownKey, `${kind.what} has an unknown key ${quote(key)}${inside(path)}`, {
      file,
      ...document.placeOf([...path, key]),
      hint: guess === undefined ? `Known keys: ${known.join(', ')}.` : `Did you mean ${guess}?`,
    })
  }
  const params = issue.code === 'custom' ? (issue.params as { code?: ErrorCode; hint?: string } | undefined) : undefined
  const hint = params?.hint
  throw new CleanbillError(
    params?.code ?? kind.malformed,
    `${kind.what}${path.length === 0 ? '' : ` at ${show(path)}`}: ${issue.message}`,
    { file, ...document.placeOf(path), hint },
  )
}

type Issue = z.core.$ZodIssue

/** Of the branches of a union, the complaint of the one that the author most likely meant. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue
  const firsts = issue.errors.map(([first]) => deepest(first as Issue))
  const ranked = firsts.toSorted((a, b) => rank(b) - rank(a))
  const [best] = ranked
  return best === undefined ? issue : { ...best, path: [...issue.path, ...best.path] }
}

/** A branch of another type was not meant; one whose parts could be read was. */
function rank(issue: Issue): number {
  if (issue.path.length === 0 && issue.code === 'invalid_type') return -1
  const keys = issue.code === 'unrecognized_keys' ? issue.keys.length : 0
  return issue.path.length * 10 - keys
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly anyOf?: readonly JsonSchema[]
}

function keysAt(schema: unknown, path: Path): string[] {
  // Sound: a JSON Schema as zod writes it; absent parts are absent.
  let candidates = branches(schema as JsonSchema)
  for (const part of path) {
    candidates = candidates.flatMap((one) => {
      const next = typeof part === 'number' ? one.items : one.properties?.[String(part)]
      return next === undefined ? [] : branches(next)
    })
  }
  return [...new Set(candidates.flatMap(({ properties }) => Object.keys(properties ?? {})))].sort()
}

const branches = (schema: JsonSchema): JsonSchema[] => [schema, ...(schema.anyOf ?? []).flatMap(branches)]
const show = (path: Path) => path.map(String).join('.').slice(0, 120)
const inside = (path: Path) => (path.length === 0 ? '' : ` in ${show(path)}`)
const quote = (text: string) => JSON.stringify(text.slice(0, 80))
