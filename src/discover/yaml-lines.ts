import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { CleanbillError } from '../model/error.ts'
import { readYaml } from '../model/yaml-text.ts'
import { malformed } from './finder.ts'
import { decodeText, refuseConflicts } from './text.ts'

/** A node of a YAML document: a view that knows lines and follows aliases, one step at a time. */
export interface YamlNode {
  /** From 1. */
  readonly line: number
  /** Of a scalar, as text; undefined for anything else, and for null. */
  readonly text: string | undefined
  /** The comment behind a scalar on its line. */
  readonly comment: string | undefined
  /** A scalar in block style (`|`, `>`): its text starts on the next line. */
  readonly isBlock: boolean
  readonly isMap: boolean
  readonly isList: boolean
  /** The value of a key, of a mapping. */
  readonly get: (key: string) => YamlNode | undefined
  readonly entries: () => readonly (readonly [key: string, value: YamlNode, line: number])[]
  readonly items: () => readonly YamlNode[]
}

/** Of files that people write, and of conda's locks; the parser takes some 15 s for as much. */
const MAX_BYTES = 16 * 1024 * 1024

/**
 * Reads YAML 1.2 with lines. A key that stands twice is an error. Aliases are followed only where a reader
 * asks, so that a few lines cannot unfold into millions.
 *
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`
 */
export function parseYamlLines(bytes: Uint8Array): YamlNode[] {
  if (bytes.length > MAX_BYTES) {
    throw new CleanbillError('LIMIT_EXCEEDED', `the file has ${bytes.length} bytes; the limit is ${MAX_BYTES}`)
  }
  const text = decodeText(bytes)
  refuseConflicts(text)
  const { documents, lines, fault } = readYaml(text)
  if (fault !== undefined) {
    throw malformed(`the file is not valid YAML: ${fault.message}`, lines.linePos(fault.offset).line, fault.hint)
  }
  return documents.flatMap((document) =>
    document.contents === null ? [] : [view(document.contents as Node, document, lines)],
  )
}

/**
 * One document whose top is a mapping.
 *
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`
 */
export function parseYamlMap(bytes: Uint8Array): YamlNode {
  const [root, second] = parseYamlLines(bytes)
  if (root === undefined || !root.isMap) throw malformed('the file holds no mapping', root?.line ?? 1)
  if (second !== undefined) throw malformed('the file holds a second document', second.line)
  return root
}

function view(node: Node, document: Document, lines: LineCounter): YamlNode {
  const real: Node = isAlias(node) ? (node.resolve(document) ?? node) : node
  const lineAt = (of: Node) => lines.linePos(of.range?.[0] ?? 0).line
  const child = (value: unknown, owner: Node) => view(value as Node, document, lines) ?? owner
  return {
    line: lineAt(node),
    text: isScalar(real) && real.value !== null ? String(real.source ?? real.value) : undefined,
    comment: isScalar(node) ? (node.comment ?? undefined)?.trim() : undefined,
    isBlock: isScalar(real) && (real.type === 'BLOCK_LITERAL' || real.type === 'BLOCK_FOLDED'),
    isMap: isMap(real),
    isList: isSeq(real),
    get: (key) => {
      const value = isMap(real) ? real.get(key, true) : undefined
      return value === undefined || value === null ? undefined : child(value, real)
    },
    entries: () =>
      isMap(real)
        ? (real as YAMLMap<Scalar, Node | null>).items.flatMap(({ key, value }) =>
            isScalar(key) && value !== null ? [[String(key.value), child(value, real), lineAt(key)] as const] : [],
          )
        : [],
    items: () => (isSeq(real) ? real.items.flatMap((item) => (item === null ? [] : [child(item, real)])) : []),
  }
}
