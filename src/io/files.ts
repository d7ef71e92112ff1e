import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { lstat, mkdir, open, opendir, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { CleanbillError } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'

/** What is read at once when a file is hashed: what its size says, between these. */
const LEAST_CHUNK_BYTES = 4096
const MOST_CHUNK_BYTES = 1 << 20

/** Of one file, hashed by us. */
export interface HashedFile {
  /** Path from the root that was walked, with `/`. */
  readonly name: string
  readonly sha256: string
  readonly sha512?: string | undefined
  readonly bytes: number
}

export interface HashOptions {
  /** Called with the bytes read since the last call. */
  readonly onBytes?: (bytes: number) => void
  readonly algorithms?: readonly ('sha256' | 'sha512')[]
}

/**
 * Hashes a regular file. Never follows a symlink at the last step, never opens a pipe or a device (it would hang).
 *
 * @throws {CleanbillError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `PATH_UNSAFE`
 */
export async function hashFile(path: string, options: HashOptions = {}): Promise<Omit<HashedFile, 'name'>> {
  const handle = await openRegular(path)
  try {
    const hashes = (options.algorithms ?? ['sha256']).map((name) => ({ name, hash: createHash(name) }))
    let bytes = 0
    // No larger than the file: a data set of ten thousand small ones would make a mebibyte for each.
    const { size } = await handle.stat()
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(size, LEAST_CHUNK_BYTES), MOST_CHUNK_BYTES))
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) break
      const chunk = buffer.subarray(0, bytesRead)
      for (const { hash } of hashes) hash.update(chunk)
      bytes += bytesRead
      options.onBytes?.(bytesRead)
    }
    const hex = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')]))
    return { sha256: hex.sha256 ?? '', sha512: hex.sha512, bytes }
  } catch (error) {
    throw toFileError(error, path)
  } finally {
    await handle.close()
  }
}

/**
 * Reads a whole regular file of at most `maxBytes`.
 *
 * @throws {CleanbillError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `PATH_UNSAFE`, `LIMIT_EXCEEDED`
 */
export async function readFileBytes(path: string, maxBytes = 16 * 1024 * 1024): Promise<Uint8Array> {
  const handle = await openRegular(path, { followLast: true })
  try {
    const { size } = await handle.stat()
    if (size > maxBytes)
      throw new CleanbillError('LIMIT_EXCEEDED', `${path} has ${size} bytes; the limit is ${maxBytes}`)
    return await handle.readFile()
  } catch (error) {
    throw toFileError(error, path)
  } finally {
    await handle.close()
  }
}

/**
 * As {@link readFileBytes}, at once: for thousands of files of some kilobytes, where waiting for five answers of the system
 * each costs more than reading them.
 *
 * @throws {CleanbillError} as {@link readFileBytes}
 */
export function readSmallFile(path: string, maxBytes: number): Uint8Array {
  let handle: number | undefined
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = fstatSync(handle)
    if (!found.isFile()) throw new CleanbillError('PATH_UNSAFE', `${path} is not a regular file`, { as: 'usage' })
    if (found.size > maxBytes) throw new CleanbillError('LIMIT_EXCEEDED', `${path} has ${found.size} bytes`)
    return readFileSync(handle)
  } catch (error) {
    throw toFileError(error, path)
  } finally {
    if (handle !== undefined) closeSync(handle)
  }
}

async function openRegular(path: string, { followLast = false } = {}) {
  try {
    // O_NONBLOCK: opening a named pipe for reading must not wait for a writer that never comes.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | (followLast ? 0 : constants.O_NOFOLLOW)
    const handle = await open(path, flags)
    if (!(await handle.stat()).isFile()) {
      await handle.close()
      throw new CleanbillError('PATH_UNSAFE', `${path} is not a regular file`, { as: 'usage' })
    }
    return handle
  } catch (error) {
    throw toFileError(error, path)
  }
}

export interface WalkOptions {
  /** Paths from the root (exact, with what lies under them) that are left out. */
  readonly ignore?: readonly string[]
  /** What a symlink is: an error (OMS `allow_symlinks: false`), or left out and reported. */
  readonly onSymlink?: (name: string) => void
}

/**
 * Lists the regular files below a directory, names with `/`, in code point order.
 *
 * @throws {CleanbillError} `PATH_UNSAFE` for a symlink (unless `onSymlink`), a device, a pipe, or a name that is not
 *   UTF-8; `FILE_NOT_FOUND`, `FILE_UNREADABLE`
 */
export async function listFiles(root: string, options: WalkOptions = {}): Promise<string[]> {
  const ignored = new Set(options.ignore ?? [])
  const names: string[] = []
  const pending = ['']
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    try {
      for await (const entry of await opendir(join(root, folder), { bufferSize: 256 })) {
        // A name that is no UTF-8 arrives with U+FFFD in it: two such files could not be told apart.
        if (entry.name.includes('\uFFFD')) {
          throw new CleanbillError('PATH_UNSAFE', `a file name below ${root} is not valid UTF-8`, { as: 'usage' })
        }
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`
        if (ignored.has(name)) continue
        if (entry.isDirectory()) pending.push(name)
        else if (entry.isFile()) names.push(name)
        else if (entry.isSymbolicLink() && options.onSymlink) options.onSymlink(name)
        else {
          const what = entry.isSymbolicLink() ? 'a symlink' : 'neither a file nor a directory'
          throw new CleanbillError('PATH_UNSAFE', `${JSON.stringify(name)} below ${root} is ${what}`, {
            as: 'usage',
            hint: 'Replace it by the file it stands for, or leave it out of the directory.',
          })
        }
      }
    } catch (error) {
      throw toFileError(error, join(root, folder))
    }
  }
  return names.sort(compareCodePoints)
}

/** Hashes every file below a directory, two at a time (disks and cores of a hosted runner). */
export async function hashDirectory(root: string, options: WalkOptions & HashOptions = {}): Promise<HashedFile[]> {
  const names = await listFiles(root, options)
  const results: HashedFile[] = new Array(names.length)
  let next = 0
  const worker = async () => {
    for (let index = next++; index < names.length; index = next++) {
      const name = names[index] ?? ''
      results[index] = { name, ...(await hashFile(join(root, name), options)) }
    }
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  return results
}

/**
 * Resolves a path that a user or a build wrote, and refuses one that leaves the root: `..`, absolute paths elsewhere,
 * or a symlink on the way (actions/attest hashes `/etc/hostname` through such a link, T-SU-11).
 *
 * @returns the absolute path, and the name from the root with `/`
 * @throws {CleanbillError} `PATH_UNSAFE`, `FILE_NOT_FOUND`
 */
export async function resolveInside(root: string, path: string): Promise<{ path: string; name: string }> {
  if (path.includes('\0')) throw new CleanbillError('PATH_UNSAFE', 'a path holds a NUL character', { as: 'usage' })
  const absolute = resolve(root, path)
  const name = relative(root, absolute)
  if (name === '..' || name.startsWith(`..${sep}`) || isAbsolute(name)) throw outside(path)
  let real: string
  let realRoot: string
  try {
    realRoot = await realpath(root)
    real = await realpath(absolute)
  } catch (error) {
    throw toFileError(error, path)
  }
  if (real !== join(realRoot, name)) throw outside(path)
  return { path: absolute, name: name.split(sep).join('/') }
}

function outside(path: string): CleanbillError {
  return new CleanbillError('PATH_UNSAFE', `${JSON.stringify(path)} leads out of the workspace or through a symlink`, {
    as: 'usage',
    hint: 'Name a path inside the workspace that is not a symlink.',
  })
}

/** `file`, `directory`, or undefined when there is nothing. A symlink is looked at, not through. */
export async function pathKind(path: string): Promise<'file' | 'directory' | 'other' | undefined> {
  try {
    const found = await lstat(path)
    return found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other'
  } catch (error) {
    if (isMissing(error)) return undefined
    throw toFileError(error, path)
  }
}

/** When the file was last written. @throws {CleanbillError} `FILE_NOT_FOUND`, `FILE_UNREADABLE` */
export async function modifiedAt(path: string): Promise<Date> {
  try {
    return (await stat(path)).mtime
  } catch (error) {
    throw toFileError(error, path)
  }
}

export async function fileExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/**
 * Writes a file whole or not at all: temporary file beside it, flushed to disk, renamed. A bundle must survive the
 * machine going away right after. `flush: false` is for what can be fetched again.
 *
 * @throws {CleanbillError} `DISK_FULL`, `WRITE_FAILED`
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | string,
  mode = 0o644,
  flush = true,
): Promise<void> {
  const temporary = join(dirname(path), `.${Math.random().toString(36).slice(2)}.tmp`)
  try {
    await mkdir(dirname(path), { recursive: true })
    const handle = await open(temporary, 'wx', mode)
    try {
      await handle.writeFile(content)
      if (flush) await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    const code = (error as NodeJS.ErrnoException).code
    throw new CleanbillError(
      code === 'ENOSPC' || code === 'EDQUOT' ? 'DISK_FULL' : 'WRITE_FAILED',
      `cannot write ${path}: ${code ?? (error as Error).message}`,
      { file: path, cause: error, hint: 'Nothing was lost that had been written before; free space or choose --out.' },
    )
  }
}

/**
 * Moves files that match away into another folder, so that nothing of an earlier run is taken for this one's, and
 * nothing of it is lost.
 *
 * @returns the names that were moved
 * @throws {CleanbillError} `WRITE_FAILED`
 */
export async function setAside(folder: string, matches: (name: string) => boolean, into: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter(matches)
  try {
    if (names.length > 0) await mkdir(into, { recursive: true })
    for (const name of names) await rename(join(folder, name), join(into, name))
  } catch (error) {
    throw new CleanbillError('WRITE_FAILED', `cannot move ${names.join(', ')} to ${into}`, { file: into, cause: error })
  }
  return names
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}

export function toFileError(error: unknown, path: string): CleanbillError {
  if (error instanceof CleanbillError) return error
  const code = (error as NodeJS.ErrnoException).code
  if (isMissing(error)) {
    return new CleanbillError('FILE_NOT_FOUND', `no such file or directory: ${path}`, { file: path, cause: error })
  }
  if (code === 'ELOOP') {
    return new CleanbillError('PATH_UNSAFE', `${path} is a symlink`, { file: path, cause: error, as: 'usage' })
  }
  return new CleanbillError('FILE_UNREADABLE', `cannot read ${path}: ${code ?? (error as Error).message}`, {
    file: path,
    cause: error,
    hint: 'Check the permissions of the file.',
  })
}
