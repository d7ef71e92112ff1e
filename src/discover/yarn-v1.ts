import { ambiguous, malformed } from './finder.ts'
import { refuseConflicts, splitLines } from './text.ts'

export interface YarnV1Entry {
  /** What asked for it: `name@range`, several apart by commas in the file. */
  readonly patterns: readonly string[]
  readonly fields: ReadonlyMap<string, string>
  readonly line: number
}

/**
 * Reads yarn's own format of version 1: blocks by indentation, `key value`, text in quotes where it needs them. yarn's
 * published parser takes quadratic time and gives no lines. Source: yarn 1.22 `src/lockfile/parse.js`.
 *
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`, `DEPENDENCY_FILE_AMBIGUOUS`
 */
export function parseYarnV1(text: string): YarnV1Entry[] {
  refuseConflicts(text)
  const entries: YarnV1Entry[] = []
  const seen = new Set<string>()
  let fields: Map<string, string> | undefined
  let inBlock = false
  for (const [index, raw] of splitLines(text).entries()) {
    const line = index + 1
    if (raw.trim() === '' || raw.trimStart().startsWith('#')) continue
    const indent = raw.length - raw.trimStart().length
    const words = readWords(raw.trim(), line)
    if (indent === 0) {
      const patterns = readHead(words, line)
      for (const pattern of patterns) {
        if (seen.has(pattern)) throw ambiguous(`${JSON.stringify(pattern.slice(0, 100))} stands twice`, line)
        seen.add(pattern)
      }
      fields = new Map()
      entries.push({ patterns, fields, line })
    } else if (fields === undefined || indent % 2 !== 0 || indent > 4 || (indent === 4 && !inBlock)) {
      throw malformed('the line belongs to no entry', line)
    } else if (indent === 2) {
      inBlock = words.at(-1) === ':'
      if (!inBlock) readField(fields, words, line)
      else if (words.length !== 2) throw malformed('a block has one name', line)
    } else if (words.length !== 2) throw malformed('a dependency is a name and a range', line)
  }
  return entries
}

const WORD = /\s*(?:"((?:[^"\\]|\\.)*)"|([,:])(?=\s|$)|([^\s",][^\s,]*?)(?=,?\s|,?:$|,?$))/y

function readWords(text: string, line: number): string[] {
  const words: string[] = []
  WORD.lastIndex = 0
  while (WORD.lastIndex < text.length) {
    const match = WORD.exec(text)
    if (match === null) throw malformed('the line is not in the format of yarn.lock', line)
    words.push(match[1] === undefined ? (match[2] ?? match[3] ?? '') : unquote(match[1], line))
  }
  return words
}

function unquote(text: string, line: number): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch (cause) {
    throw malformed(`the quoted text is not closed: ${(cause as Error).message}`, line)
  }
}

function readHead(words: readonly string[], line: number): string[] {
  const patterns = words.slice(0, -1).filter((word) => word !== ',')
  const commas = words.slice(0, -1).length - patterns.length
  if (words.at(-1) !== ':' || patterns.length === 0 || commas !== patterns.length - 1) {
    throw malformed('an entry starts with what asked for it, apart by commas, and a colon', line)
  }
  return patterns
}

function readField(fields: Map<string, string>, words: readonly string[], line: number): void {
  const [key, value] = words
  if (key === undefined || value === undefined || words.length !== 2)
    throw malformed('a field is a name and a value', line)
  if (fields.has(key)) throw ambiguous(`the field ${JSON.stringify(key.slice(0, 100))} stands twice`, line)
  fields.set(key, value)
}
