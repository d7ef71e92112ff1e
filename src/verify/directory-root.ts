import { type HashedFile, hashDirectory } from '../io/files.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'
import { OMS_DEFAULT_IGNORES, type OmsResource, omsRoot, sortOmsResources } from '../model/predicates/oms.ts'

/** A directory as it lies on disk, hashed once. */
export interface ObservedDirectory {
  readonly files: readonly HashedFile[]
  /** Any of these is its OMS root. */
  readonly roots: readonly string[]
}

/**
 * The files of a directory and its OMS root, by the specification's order (code points of the whole name) and by that of the Python
 * reference (part by part), which differ as soon as a file `model.json` stands beside a folder `model`.
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY`, `PATH_UNSAFE`, `FILE_UNREADABLE`
 */
export async function observeDirectory(
  path: string,
  ignorePaths: readonly string[],
  onBytes?: (bytes: number) => void,
): Promise<ObservedDirectory> {
  const ignore = [...OMS_DEFAULT_IGNORES, ...ignorePaths]
  const files = await hashDirectory(path, { ignore, ...(onBytes === undefined ? {} : { onBytes }) }).catch(
    (error: unknown) => {
      if (!isCleanbillError(error) || error.code !== 'PATH_UNSAFE') throw error
      throw new CleanbillError('PATH_UNSAFE', error.message, { cause: error, hint: error.hint, as: 'refused' })
    },
  )
  if (files.length === 0) throw new CleanbillError('SUBJECT_EMPTY', `${path} holds no file`, { as: 'usage' })
  const resources = files.map(({ name, sha256 }): OmsResource => ({ name, digest: sha256, algorithm: 'sha256' }))
  const byParts = [...resources].sort((a, b) => compareParts(a.name, b.name))
  return { files, roots: [...new Set([omsRoot(sortOmsResources(resources)), omsRoot(byParts)])] }
}

function compareParts(left: string, right: string): number {
  const [a, b] = [left.split('/'), right.split('/')]
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareCodePoints(a[i] ?? '', b[i] ?? '')
    if (order !== 0) return order
  }
  return a.length - b.length
}
