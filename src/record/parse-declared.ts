import { CleanbillError } from '../model/error.ts'
import type { DeclaredInput, DeclaredOutput } from './recorder.ts'

const ROLE = /^[a-z][a-z0-9-]{0,63}$/
/** C0, C1, line separators, and the marks that make a terminal show a name in another order than it has. */
const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

/**
 * Reads declared inputs, `role: path-or-uri` each: the text block of the action's input (one a line),
 * its lines, or the values of `--input`. What starts with `#` is a comment. Only the first `:` separates, so that URIs keep theirs.
 *
 * @throws {CleanbillError} `INPUT_INVALID`
 * @example
 * parseDeclaredInputs('dataset: data/train\nmodel: hf://org/base@<40 hex>')
 */
export function parseDeclaredInputs(lines: string | readonly string[]): DeclaredInput[] {
  return parseLines(lines, 'input').map(({ role, value }) => ({ role, ref: value }))
}

/** As {@link parseDeclaredInputs}, for `role: path-or-glob`. */
export function parseDeclaredOutputs(lines: string | readonly string[]): DeclaredOutput[] {
  return parseLines(lines, 'output').map(({ role, value }) => ({ role, pattern: value }))
}

function parseLines(lines: string | readonly string[], what: 'input' | 'output') {
  const list = typeof lines === 'string' ? lines.split(/\r?\n/) : lines
  const entries = new Map<string, { role: string; value: string }>()
  for (const line of list) {
    const text = line.trim()
    // An empty value of the command line is a variable that was not set, not a blank line.
    if (text.startsWith('#') || (text === '' && typeof lines === 'string')) continue
    const entry = parseLine(text, what)
    entries.set(`${entry.role}:${entry.value}`, entry)
  }
  return [...entries.values()]
}

function parseLine(text: string, what: 'input' | 'output') {
  if (HOSTILE.test(text)) throw invalid(text, what, 'holds a control character')
  const colon = text.indexOf(':')
  const role = colon < 0 ? '' : text.slice(0, colon)
  const value = text.slice(colon + 1).trim()
  if (!ROLE.test(role)) throw invalid(text, what, 'has no role')
  // `https://host/x` without a role would otherwise be the role "https" of the path "//host/x".
  if (value.startsWith('//')) throw invalid(text, what, 'has no role before the URI')
  if (value === '') throw invalid(text, what, 'names nothing after the role')
  return { role, value }
}

function invalid(text: string, what: 'input' | 'output', why: string): CleanbillError {
  const example = what === 'input' ? 'dataset: data/train' : 'model: out/model'
  return new CleanbillError('INPUT_INVALID', `the ${what} ${JSON.stringify(text.slice(0, 200))} ${why}`, {
    hint: `Write role: path, such as "${example}"; a role is lower-case letters, digits and hyphens.`,
  })
}
