import { CleanbillError } from '../model/error.ts'
import { malformed } from './finder.ts'

/**
 * UTF-8 text; one byte order mark at the start is dropped, as every package manager does.
 *
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new CleanbillError('DEPENDENCY_FILE_MALFORMED', 'the file is not valid UTF-8', { cause })
  }
}

/** Lines without their ends. A lone carriage return ends none, so that line numbers are those of an editor and of git. */
export const splitLines = (text: string): string[] => text.split(/\r?\n/)

/**
 * Refuses a file that a merge left half done: each side's entries are in it, and which of them counts is open.
 *
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`
 */
export function refuseConflicts(text: string): void {
  const at = /^(?:<{7}|>{7}) /m.exec(text)
  if (at === null) return
  throw malformed('the file holds the marks of an unresolved merge', lineAt(text, at.index))
}

/** The line, from 1, that holds this offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++
  return line
}
