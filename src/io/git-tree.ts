import { CleanbillError } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'
import type { FileTree } from './file-tree.ts'
import type { Git } from './git.ts'

export interface OpenCommitOptions {
  /** Folder of the tree that is the root here, with `/`; empty for all of it. */
  readonly folder: string
  /** Is this folder (its path from the root) left out? */
  readonly skip: (path: string, name: string) => boolean
  readonly maxFiles: number
}

/** `100644 blob 3b18e5… \tpath`, NUL between entries. */
const ENTRY = /^(\d{6}) (blob|commit|tree) ([0-9a-f]{40,64})\t(.*)$/s

/**
 * The files of one commit, read out of git's store: the working tree may hold another commit, or what a build left.
 *
 * @throws {CleanbillError} `BASE_UNREADABLE` when the commit is not there (a shallow clone) or cannot be listed
 */
export async function openCommit(git: Git, commit: string, options: OpenCommitOptions): Promise<FileTree> {
  const scope = options.folder === '' ? [] : ['--', options.folder]
  const listing = await git.bytes(['ls-tree', '-r', '-z', '--full-tree', commit, ...scope], 512 * 1024 * 1024)
  if (listing === undefined) throw unreadable(commit, 'it is not in this clone')
  const found = { paths: [] as string[], skipped: new Set<string>(), links: [] as string[] }
  const blobs = new Map<string, string>()
  const prefix = options.folder === '' ? '' : `${options.folder}/`
  for (const entry of Buffer.from(listing).toString('utf8').split('\0')) {
    const [, mode, type, hash, path] = ENTRY.exec(entry) ?? []
    if (mode === undefined || hash === undefined || path === undefined || !path.startsWith(prefix)) continue
    const name = path.slice(prefix.length)
    const left = skippedFolder(name, options.skip)
    if (left !== undefined) found.skipped.add(left)
    else if (mode === '120000') found.links.push(name)
    else if (type === 'blob') {
      found.paths.push(name)
      blobs.set(name, hash)
    }
    if (found.paths.length > options.maxFiles) throw unreadable(commit, `it has more than ${options.maxFiles} files`)
  }
  return {
    paths: found.paths.sort(compareCodePoints),
    skipped: [...found.skipped].sort(compareCodePoints),
    links: found.links.sort(compareCodePoints),
    has: async (path) => blobs.has(path),
    read: (path, maxBytes) => readBlob(git, commit, path, blobs.get(path), maxBytes),
  }
}

/** The first folder on the way that is left out. */
function skippedFolder(path: string, skip: OpenCommitOptions['skip']): string | undefined {
  const parts = path.split('/')
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = parts.slice(0, depth).join('/')
    if (skip(folder, parts[depth - 1] ?? '')) return folder
  }
  return undefined
}

async function readBlob(
  git: Git,
  commit: string,
  path: string,
  hash: string | undefined,
  maxBytes: number,
): Promise<Uint8Array> {
  if (hash === undefined) throw new CleanbillError('FILE_NOT_FOUND', `no such file in ${commit}: ${path}`)
  const bytes = await git.bytes(['cat-file', 'blob', hash], maxBytes)
  if (bytes !== undefined) return bytes
  throw unreadable(
    commit,
    `${JSON.stringify(path.slice(0, 200))} in it cannot be read, or has more than ${maxBytes} bytes`,
  )
}

function unreadable(commit: string, why: string): CleanbillError {
  return new CleanbillError('BASE_UNREADABLE', `the commit ${commit.slice(0, 100)} cannot be read: ${why}`, {
    hint: 'Fetch it (actions/checkout with fetch-depth: 0), or judge everything with --all.',
  })
}
