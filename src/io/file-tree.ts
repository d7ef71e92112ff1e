import { opendir, realpath } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { CleanbillError } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'
import { pathKind, readFileBytes, toFileError } from './files.ts'

/** Files of one tree, wherever it lies: a folder here, a commit elsewhere. Paths are from its root, with `/`. */
export interface FileTree {
  readonly paths: readonly string[]
  /** Folders that were not looked into, with the reason. */
  readonly skipped: readonly string[]
  /** Symlinks; none is followed. */
  readonly links: readonly string[]
  /** Is this a regular file of the tree, listed or not? */
  readonly has: (path: string) => Promise<boolean>
  /** @throws {CleanbillError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `PATH_UNSAFE`, `LIMIT_EXCEEDED` */
  readonly read: (path: string, maxBytes: number) => Promise<Uint8Array>
}

export interface OpenFolderOptions {
  /** Is this folder (its path from the root) left out? */
  readonly skip: (path: string, name: string) => boolean
  readonly maxFiles: number
}

/**
 * Lists a folder once. No symlink is followed: one could lead out of the tree, or in circles.
 *
 * @throws {CleanbillError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `LIMIT_EXCEEDED`
 */
export async function openFolder(root: string, options: OpenFolderOptions): Promise<FileTree> {
  const found = { paths: [] as string[], skipped: [] as string[], links: [] as string[] }
  const pending = ['']
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    try {
      for await (const entry of await opendir(join(root, folder), { bufferSize: 256 })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`
        if (entry.isSymbolicLink()) found.links.push(path)
        else if (entry.isDirectory()) {
          if (options.skip(path, entry.name)) found.skipped.push(path)
          else pending.push(path)
        } else if (entry.isFile()) found.paths.push(path)
      }
    } catch (error) {
      throw toFileError(error, join(root, folder))
    }
    if (found.paths.length > options.maxFiles) {
      throw new CleanbillError('LIMIT_EXCEEDED', `${root} holds more than ${options.maxFiles} files`, {
        hint: 'Name the folder of the project.',
      })
    }
  }
  for (const list of Object.values(found)) list.sort(compareCodePoints)
  return { ...found, ...access(root) }
}

/** One file of a folder, without listing the folder; what the file pulls in is still reached. */
export function openOneFile(root: string, path: string): FileTree {
  return { paths: [path], skipped: [], links: [], ...access(root) }
}

const access = (root: string): Pick<FileTree, 'has' | 'read'> => ({
  has: async (path) => (await pathKind(join(root, path))) === 'file',
  read: (path, maxBytes) => readInside(root, path, maxBytes),
})

/** A folder on the way may have become a symlink since the listing. */
async function readInside(root: string, path: string, maxBytes: number): Promise<Uint8Array> {
  const realRoot = await realpath(root).catch((error: unknown) => Promise.reject(toFileError(error, root)))
  const real = await realpath(join(root, path)).catch((error: unknown) => Promise.reject(toFileError(error, path)))
  if (relative(realRoot, real).split(sep).join('/') !== path) {
    throw new CleanbillError('PATH_UNSAFE', `${JSON.stringify(path)} is reached through a symlink`, { as: 'tool' })
  }
  return readFileBytes(real, maxBytes)
}
