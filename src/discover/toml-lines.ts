import { parse, TomlError } from 'smol-toml'
import { malformed } from './finder.ts'
import { decodeText, refuseConflicts } from './text.ts'

export type TomlTable = { readonly [key: string]: unknown }

export interface TomlWithLines {
  readonly root: TomlTable
  /** The tables of `[[key]]`, each with the line of its header. */
  readonly items: readonly { readonly table: TomlTable; readonly line: number }[]
}

/**
 * Reads TOML whose entries are an array of tables. The parser gives no positions, so headers are counted in the text: the
 * k-th `[[key]]` is the k-th table. Where the counts differ (an inline array, a header inside a text block) the file is
 * refused, because then no line could be trusted.
 *
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`
 */
export function parseTomlItems(bytes: Uint8Array, key: string): TomlWithLines {
  const text = decodeText(bytes)
  refuseConflicts(text)
  const root = parseToml(text)
  const value = root[key] ?? []
  if (!Array.isArray(value) || !value.every(isTable)) throw malformed(`"${key}" is not a list of tables`, 1)
  const header = new RegExp(`^[ \\t]*\\[\\[[ \\t]*["']?${key}["']?[ \\t]*\\]\\]`)
  const lines = text.split('\n').flatMap((line, index) => (header.test(line) ? [index + 1] : []))
  if (lines.length !== value.length) {
    throw malformed(
      `${value.length} entries are read, and ${lines.length} headers [[${key}]] are written`,
      lines[0] ?? 1,
    )
  }
  return { root, items: value.map((table, index) => ({ table, line: lines[index] ?? 1 })) }
}

/** @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED` */
export function parseToml(text: string): TomlTable {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' })
  } catch (cause) {
    const line = cause instanceof TomlError ? cause.line : undefined
    throw malformed(`the file is not valid TOML: ${(cause as Error).message.split('\n')[0] ?? ''}`, line)
  }
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A table below, or an empty one. */
export const tableAt = (table: TomlTable, key: string): TomlTable => {
  const value = table[key]
  return isTable(value) ? value : {}
}

/** The tables of a list below, or none. */
export const tablesAt = (table: TomlTable, key: string): readonly TomlTable[] => {
  const value = table[key]
  return Array.isArray(value) ? value.filter(isTable) : []
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
