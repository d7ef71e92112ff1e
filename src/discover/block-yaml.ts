import { parseSyml } from '@yarnpkg/parsers'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts'
import { ambiguous, malformed } from './finder.ts'
import { refuseConflicts } from './text.ts'

/**
 * A lock in block YAML as pnpm and yarn write it: all scalars are text, and each key of the first levels knows its line.
 */
export interface BlockYaml {
  readonly root: JsonObject
  /** Line of the key that these names lead to; 1 when there is none. */
  readonly lineOf: (...path: readonly string[]) => number
}

/**
 * Reads machine-written block YAML. The general YAML parser takes 0.8 s for 50,000 lines; yarn's takes a tenth of that,
 * but gives no lines and lets a key that stands twice win silently. So the lines are read a second time here, by
 * indentation alone: keys that stand twice are refused, and where the two readings do not see the same keys, the file is
 * refused as well. A text that means one thing to one parser and another to the next is not a lock.
 *
 * @param levels how many levels of keys get a line and are compared
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`, `DEPENDENCY_FILE_AMBIGUOUS`
 */
export function parseBlockYaml(text: string, levels: number, firstLine = 1): BlockYaml {
  refuseConflicts(text)
  const tree = scanKeys(text, firstLine)
  let root: unknown
  try {
    root = parseSyml(text)
  } catch (error) {
    const line = (error as { mark?: { line?: number } }).mark?.line
    throw malformed(
      `the file is not valid YAML: ${(error as Error).message.split('\n')[0] ?? ''}`,
      line === undefined ? firstLine : line + firstLine,
    )
  }
  if (!isJsonObject(root)) throw malformed('the file holds no mapping', firstLine)
  compareKeys(root, tree, levels)
  return {
    root,
    lineOf: (...path) => {
      let node: KeyNode | undefined = tree
      for (const key of path) node = node?.below.get(key)
      return node?.line ?? firstLine
    },
  }
}

interface KeyNode {
  readonly line: number
  readonly indent: number
  readonly below: Map<string, KeyNode>
  /** Has a value on its own line, so deeper lines continue that value. */
  readonly closed: boolean
}

/** No lock has longer lines; the expression below takes more than linear time for hostile ones. */
const MAX_LINE = 32_768

const KEY =
  /^( *)(\? )?(?:'((?:[^']|'')*)'|"((?:[^"\\]|\\.)*)"|([^\s'"#&*!|>%@`?{[\]}-](?:[^#]|(?<=\S)#)*?|[?-][^\s].*?)) *(?::(?: +(.*)| *$)|$)/

function scanKeys(text: string, firstLine: number): KeyNode {
  const root: KeyNode = { line: firstLine, indent: -1, below: new Map(), closed: false }
  const open: KeyNode[] = [root]
  let line = firstLine - 1
  for (const raw of text.split(/\r?\n/)) {
    line++
    if (raw.length > MAX_LINE) throw malformed(`the line has more than ${MAX_LINE} characters`, line)
    const match = KEY.exec(raw)
    if (match === null) continue
    const indent = match[1]?.length ?? 0
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop()
    const owner = open.at(-1) ?? root
    // Not below a scalar: what stands there is its continuation, whatever it looks like.
    if (owner.closed) continue
    const colonless = match[6] === undefined && !/: *$/.test(raw)
    if (colonless && match[2] === undefined) continue
    const key = keyOf(match)
    if (owner.below.has(key)) throw ambiguous(`the key ${JSON.stringify(key.slice(0, 100))} stands twice`, line)
    const value = match[6]?.replace(/(?:^| +)#.*$/, '') ?? ''
    const node: KeyNode = { line, indent, below: new Map(), closed: value !== '' }
    owner.below.set(key, node)
    open.push(node)
  }
  return root
}

function keyOf(match: RegExpExecArray): string {
  if (match[3] !== undefined) return match[3].replace(/''/g, "'")
  if (match[4] === undefined) return match[5] ?? ''
  try {
    return JSON.parse(`"${match[4]}"`) as string
  } catch {
    return match[4]
  }
}

function compareKeys(value: JsonValue, node: KeyNode, levels: number): void {
  if (levels === 0 || !isJsonObject(value)) return
  const keys = Object.keys(value)
  if (node.closed && keys.length === 0) return
  for (const key of keys) {
    const below = node.below.get(key)
    if (below === undefined) {
      throw malformed(`the key ${JSON.stringify(key.slice(0, 100))} is not written one to a line`, node.line)
    }
    compareKeys(value[key] ?? null, below, levels - 1)
  }
  if (keys.length === node.below.size) return
  const extra = [...node.below].find(([key]) => !(key in value))
  throw malformed(`the line of ${JSON.stringify(extra?.[0].slice(0, 100))} is read in two ways`, extra?.[1].line)
}
