import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { CleanbillError } from '../model/error.ts'
import { toFileError } from './files.ts'

/** Hashes that OMS v1.0 knows and Node has; BLAKE3 is not in OpenSSL. */
const NODE_NAMES = { sha256: 'sha256', blake2b: 'blake2b512' } as const
export type ModelHash = keyof typeof NODE_NAMES

/**
 * Hashes bytes `start` to `end` (exclusive) of a regular file; the whole file without a range. Symlinks, pipes and
 * devices are refused.
 *
 * @returns lower-case hex
 * @throws {CleanbillError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `PATH_UNSAFE`
 */
export async function hashModelFile(
  path: string,
  algorithm: ModelHash,
  range?: { readonly start: number; readonly end: number },
): Promise<string> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    try {
      if (!(await handle.stat()).isFile()) throw new CleanbillError('PATH_UNSAFE', `${path} is not a regular file`)
      const hash = createHash(NODE_NAMES[algorithm])
      if (range !== undefined && range.end <= range.start) return hash.digest('hex')
      const part = range === undefined ? {} : { start: range.start, end: range.end - 1 }
      const stream = createReadStream(path, { fd: handle, autoClose: false, highWaterMark: 1 << 20, ...part })
      for await (const chunk of stream as AsyncIterable<Buffer>) hash.update(chunk)
      return hash.digest('hex')
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw toFileError(error, path)
  }
}

/** Size in bytes of what stands at a path, not following a symlink. */
export async function fileSize(path: string): Promise<number> {
  try {
    return (await lstat(path)).size
  } catch (error) {
    throw toFileError(error, path)
  }
}
