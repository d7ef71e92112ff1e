import { type Document, isNode, isPair, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { CleanbillError } from '../../model/error.ts'
import type { WorldDescription } from './description.ts'
import { worldSchema } from './schema.ts'

const MAX_BYTES = 4 * 1024 * 1024

/**
 * Reads a `world.yaml`: a world in facts.
 *
 * @param file for messages
 * @throws {CleanbillError} `CONFIG_MALFORMED` with line and column, `LIMIT_EXCEEDED`
 */
export function parseWorld(yaml: string, file: string): WorldDescription {
  return parseStrictYaml(yaml, file, worldSchema)
}

/**
 * Reads YAML that people write, held to a strict schema.
 *
 * @throws {CleanbillError} `CONFIG_MALFORMED` with line and column, `LIMIT_EXCEEDED`
 */
export function parseStrictYaml<T>(yaml: string, file: string, schema: z.ZodType<T>): T {
  if (Buffer.byteLength(yaml) > MAX_BYTES) {
    throw new CleanbillError('LIMIT_EXCEEDED', `${file} has more than ${MAX_BYTES} bytes`, { file })
  }
  const lineCounter = new LineCounter()
  const document = parseDocument(yaml, { lineCounter, prettyErrors: false, logLevel: 'silent' })
  const [broken] = [...document.errors, ...document.warnings]
  if (broken !== undefined) {
    throw malformed(file, broken.message.split('\n')[0] ?? 'is not YAML', lineCounter.linePos(broken.pos[0]))
  }
  const parsed = schema.safeParse(toValue(document, file))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue === undefined ? [] : pathOf(issue)
  const offset = offsetOf(document, path)
  const where = path.map(String).join('.')
  throw malformed(file, `${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`, lineCounter.linePos(offset))
}

/** Aliases may repeat a value a few times, and never unfold into millions. */
function toValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    const { message } = cause as Error
    if (message.startsWith('Excessive alias count'))
      throw new CleanbillError('LIMIT_EXCEEDED', `${file}: ${message}`, { file })
    throw malformed(file, message, { line: 1, col: 1 })
  }
}

/** An unknown key is reported at itself and not at the object that holds it. */
function pathOf(issue: z.core.$ZodIssue): readonly PropertyKey[] {
  return issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path
}

/** Where the key or the item of a path begins; of the nearest thing above it, when it is not there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true)
    const key = path[depth - 1]
    if (isNode(parent) && 'items' in parent) {
      const pair = parent.items.find((item) => isPair(item) && String(item.key) === String(key))
      const found = pair !== undefined && isPair(pair) ? pair.key : document.getIn(path.slice(0, depth), true)
      if (isNode(found) && found.range) return found.range[0]
    }
  }
  return 0
}

function malformed(file: string, why: string, { line, col }: { line: number; col: number }): CleanbillError {
  return new CleanbillError('CONFIG_MALFORMED', `${file}:${line}:${col}: ${why}`, {
    file,
    line,
    column: col,
    hint: 'Texts that look like numbers need quotes: version: "1.0".',
  })
}
