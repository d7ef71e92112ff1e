import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { pathKind, resolveInside, toFileError } from '../io/files.ts'
import { CleanbillError } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'

export interface FoundOutput {
  /** From the workspace, with `/`; `.` is the workspace itself. */
  readonly path: string
  readonly kind: 'file' | 'directory'
}

/**
 * Says before the command whether a pattern can name something in the workspace at all: a training must not run for
 * a day to end on a typing error.
 *
 * @returns the pattern from the workspace, with `/`
 * @throws {CleanbillError} `PATTERN_UNSAFE`
 */
export function parsePattern(workspace: string, pattern: string): string {
  const inside = isAbsolute(pattern) ? relative(workspace, pattern).split(sep).join('/') : pattern
  const segments = inside.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (isAbsolute(inside) || inside.includes('\0') || segments.includes('..')) {
    throw new CleanbillError('PATTERN_UNSAFE', `the output ${JSON.stringify(pattern)} leads out of the workspace`, {
      hint: 'Name outputs by paths or globs below the workspace, without "..".',
    })
  }
  return segments.length === 0 ? '.' : segments.join('/')
}

/**
 * What a parsed pattern names now, in code point order; empty when there is nothing.
 *
 * A path that exists is taken literally, whatever characters it has. In a glob, `*` and `?` stay within one segment
 * and match no leading dot unless the pattern has one; `**` crosses segments, follows no symlink and enters no hidden
 * folder. A glob names directories too (each becomes one output), except one with `**`, which names files.
 *
 * @throws {CleanbillError} `PATH_UNSAFE` for a symlink or a special file that the pattern names (T-SU-11);
 *   `FILE_UNREADABLE`
 */
export async function findOutputs(workspace: string, pattern: string): Promise<FoundOutput[]> {
  const literal = await pathKind(join(workspace, pattern))
  if (literal !== undefined) return [await accept(workspace, pattern)]
  if (!isGlob(pattern)) return []
  const segments = pattern.split('/')
  const found = new Set<string>()
  await walk(workspace, '', segments, segments.includes('**'), found)
  const outputs: FoundOutput[] = []
  for (const path of [...found].sort(compareCodePoints)) outputs.push(await accept(workspace, path))
  return outputs
}

export function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern)
}

async function accept(workspace: string, path: string): Promise<FoundOutput> {
  await resolveInside(workspace, path)
  const kind = await pathKind(join(workspace, path))
  if (kind === 'file' || kind === 'directory') return { path, kind }
  throw unsafe(path, 'is neither a file nor a directory')
}

async function walk(
  workspace: string,
  folder: string,
  [segment, ...rest]: readonly string[],
  filesOnly: boolean,
  found: Set<string>,
): Promise<void> {
  if (segment === undefined) return
  const last = rest.length === 0
  if (segment === '**') {
    // `**` matches no segment at all, too.
    if (!last) await walk(workspace, folder, rest, filesOnly, found)
    for (const entry of await list(workspace, folder)) {
      if (entry.name.startsWith('.')) continue
      const path = below(folder, entry.name)
      if (entry.isDirectory()) await walk(workspace, path, [segment, ...rest], filesOnly, found)
      else if (last) found.add(path)
    }
    return
  }
  for (const entry of await list(workspace, folder)) {
    if (!matchSegment(segment, entry.name)) continue
    const path = below(folder, entry.name)
    if (last) {
      if (!(filesOnly && entry.isDirectory())) found.add(path)
    } else if (entry.isDirectory()) await walk(workspace, path, rest, filesOnly, found)
    else if (entry.isSymbolicLink()) throw unsafe(path, 'is a symlink')
  }
}

async function list(workspace: string, folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(join(workspace, folder), { withFileTypes: true })
    return entries.sort((a, b) => compareCodePoints(a.name, b.name))
  } catch (error) {
    const fault = toFileError(error, folder)
    if (fault.code === 'FILE_NOT_FOUND') return []
    throw fault
  }
}

/**
 * Matches one segment against `*` and `?`, in time proportional to the product of both lengths: names come from the
 * command, and a pattern compiled to a regular expression can be made to run for ever (or to miss a line break).
 */
export function matchSegment(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  const wanted = [...pattern]
  const given = [...name]
  let p = 0
  let star = -1
  let resume = 0
  for (let n = 0; n < given.length; ) {
    if (wanted[p] === '*') {
      star = p++
      resume = n
    } else if (p < wanted.length && (wanted[p] === '?' || wanted[p] === given[n])) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++resume
    } else return false
  }
  while (wanted[p] === '*') p++
  return p === wanted.length
}

function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

function unsafe(path: string, why: string): CleanbillError {
  return new CleanbillError('PATH_UNSAFE', `the output ${JSON.stringify(path)} ${why}`, {
    as: 'usage',
    hint: 'Have the command write regular files and folders.',
  })
}
