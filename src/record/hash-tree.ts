import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type HashedFile, hashDirectory, hashFile, listFiles, toFileError } from '../io/files.ts'
import type { Host } from '../io/host.ts'
import { OMS_DEFAULT_IGNORES, omsRoot, sortOmsResources } from '../model/predicates/oms.ts'

/** A file or directory of the workspace, hashed by us. */
export interface HashedTree {
  readonly kind: 'file' | 'directory'
  /** Of a file its SHA-256; of a directory the OMS root (formats.md §14.1). */
  readonly sha256: string
  readonly bytes: number
  /** Of a directory, in the order of the root. Empty when it holds no file: then there is no root either. */
  readonly files?: readonly HashedFile[]
}

/**
 * Hashes one path below the workspace. Inside a directory a symlink is refused, not followed; at its root `.git`,
 * `.gitattributes`, `.github` and `.gitignore` are left out, as OMS does.
 *
 * @throws {CleanbillError} `PATH_UNSAFE`, `FILE_NOT_FOUND`, `FILE_UNREADABLE`
 */
export async function hashTree(host: Host, workspace: string, path: string, kind: HashedTree['kind']) {
  const absolute = join(workspace, path)
  let done = 0
  const onBytes = (bytes: number) => {
    done += bytes
    host.log.progress(`hashing ${path}`, done)
  }
  if (kind === 'file') {
    const { sha256, bytes } = await hashFile(absolute, { onBytes })
    return { kind, sha256, bytes } satisfies HashedTree
  }
  const files = await hashDirectory(absolute, { ignore: OMS_DEFAULT_IGNORES, onBytes })
  const resources = files.map(({ name, sha256 }) => ({ name, digest: sha256, algorithm: 'sha256' as const }))
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return { kind, sha256: omsRoot(sortOmsResources(resources)), bytes, files } satisfies HashedTree
}

/**
 * One line per file that changes whenever somebody writes to it: the change time of an inode cannot be set back by
 * ordinary means. Cheaper than hashing; says *written*, not *different*.
 */
export async function fingerprint(workspace: string, path: string, kind: HashedTree['kind']): Promise<string> {
  const absolute = join(workspace, path)
  const names = kind === 'file' ? [''] : await listFiles(absolute, { ignore: OMS_DEFAULT_IGNORES })
  const lines: string[] = []
  for (const name of names) {
    try {
      const found = await lstat(join(absolute, name), { bigint: true })
      const { dev, ino, size, mtimeNs, ctimeNs } = found
      lines.push(`${JSON.stringify(name)} ${found.isFile()} ${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`)
    } catch (error) {
      throw toFileError(error, join(path, name))
    }
  }
  return lines.join('\n')
}
