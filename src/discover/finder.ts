import type { Dependency, DependencyScope, Notice } from '../model/dependency.ts'
import { CleanbillError } from '../model/error.ts'

/** One dependency file: its path from the root with `/`, and its bytes. */
export interface SourceFile {
  readonly path: string
  readonly bytes: Uint8Array
  /** The file was included as a list of constraints (`pip -c`): its entries install nothing. */
  readonly constraint?: boolean
}

/** Another file that this one pulls in, to be read by the finder named. */
export interface Include {
  /** Candidates from the root with `/`, already normalised; the first that exists is read. */
  readonly paths: readonly string[]
  /** Absent: the finder that matches the path. */
  readonly finder?: string
  readonly line: number
  readonly constraint?: boolean
  /** A local action may be made at run time; a missing requirements file is a fault. */
  readonly whenMissing: 'error' | 'notice'
}

export interface Found {
  readonly dependencies: readonly Dependency[]
  readonly notices?: readonly Notice[]
  readonly includes?: readonly Include[]
}

/**
 * Reads one kind of dependency file. Pure: bytes in, values out. A file that is not understood is an exception with the
 * line where it stops making sense, never an empty list.
 */
export interface Finder {
  readonly id: string
  /** Of a path from the root with `/`. */
  readonly matches: (path: string) => boolean
  /**
   * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`, `DEPENDENCY_FILE_AMBIGUOUS`, `DEPENDENCY_FILE_VERSION`,
   *   `DIGEST_MALFORMED`, `LIMIT_EXCEEDED`
   */
  readonly find: (file: SourceFile) => Found
}

/** The last segment of a path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/** The folder of a path, `''` for the root. */
export const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0))

/** A matcher for exact file names, anywhere in the tree. */
export function named(...names: readonly string[]): (path: string) => boolean {
  return (path) => names.includes(baseName(path))
}

/**
 * Joins a relative path of a dependency file to its folder.
 *
 * @returns undefined when it leads out of the root, or is absolute
 */
export function joinInside(folder: string, relative: string): string | undefined {
  if (relative.startsWith('/') || relative.includes('\\') || relative.includes('\0')) return undefined
  const parts: string[] = folder === '' ? [] : folder.split('/')
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

export function malformed(message: string, line?: number, hint?: string): CleanbillError {
  return new CleanbillError('DEPENDENCY_FILE_MALFORMED', message, { line, hint })
}

export function ambiguous(message: string, line?: number): CleanbillError {
  return new CleanbillError('DEPENDENCY_FILE_AMBIGUOUS', message, { line })
}

/** For a path in a dependency file that leaves the project: what lies there is somebody else's. */
export function leadsOut(path: string, line: number): CleanbillError {
  return new CleanbillError('PATH_UNSAFE', `${JSON.stringify(path.slice(0, 100))} leads out of the project`, {
    line,
    as: 'tool',
  })
}

export function unknownVersion(format: string, version: unknown, line?: number): CleanbillError {
  return new CleanbillError(
    'DEPENDENCY_FILE_VERSION',
    `${format} version ${JSON.stringify(version)?.slice(0, 40) ?? 'missing'} is not one this program reads`,
    { line, hint: 'Update this program, or write the lock again with a release of the package manager that it reads.' },
  )
}

/** Runs `read`; an error of it without a line gets this one. */
export function atLine<T>(line: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CleanbillError) || error.line !== undefined) throw error
    throw new CleanbillError(error.code, error.message, { line, hint: error.hint, cause: error, as: 'tool' })
  }
}

/** Of the scopes under which one entry is reached, the one that gives a policy the most to check. */
export function strongerScope(left: DependencyScope | undefined, right: DependencyScope): DependencyScope {
  const order: readonly DependencyScope[] = ['runtime', 'optional', 'peer', 'build', 'development']
  if (left === undefined) return right
  return order.indexOf(left) <= order.indexOf(right) ? left : right
}
