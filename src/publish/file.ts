import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { toFileError, writeFileAtomic } from '../io/files.ts'
import { CleanbillError } from '../model/error.ts'
import { bundleParts } from './bundle-parts.ts'
import type { Publisher, PublishRequest } from './publisher.ts'

export interface FileOptions {
  /** Absolute path of the bundle file, or how to choose it (one file per statement in subject-mode single). */
  readonly path: string | ((request: PublishRequest) => string)
}

/**
 * The bundle on disk: one line of JSON, whole or not at all, flushed. Always the first publisher (DESIGN §2.7).
 *
 * @throws {CleanbillError} `DISK_FULL`, `WRITE_FAILED`, `PATH_UNSAFE`, `BUNDLE_MALFORMED`, `BUNDLE_VERSION`
 */
export function filePublisher(options: FileOptions): Publisher {
  return {
    id: 'file',
    async publish(request) {
      const path = typeof options.path === 'string' ? options.path : options.path(request)
      if (!isAbsolute(path) || path.includes('\0')) {
        throw new CleanbillError('PATH_UNSAFE', `the path of a bundle must be absolute: ${JSON.stringify(path)}`, {
          as: 'usage',
        })
      }
      await writeFileAtomic(path, `${JSON.stringify(bundleParts(request.bundle))}\n`)
      return { publisher: 'file', path }
    },
  }
}

/** The list that `actions/attest` keeps and that other tools read (formats.md §19). */
export const ATTESTATION_PATHS_FILE = 'created_attestation_paths.txt'

/**
 * Adds one bundle path to `$RUNNER_TEMP/created_attestation_paths.txt`.
 *
 * @param runnerTemp `RUNNER_TEMP`; undefined or empty outside a runner
 * @returns whether a line was written: no runner, or a path that would be two lines, writes none
 * @throws {CleanbillError} `PATH_UNSAFE`, `DISK_FULL`, `WRITE_FAILED`
 */
export async function recordAttestationPath(runnerTemp: string | undefined, bundlePath: string): Promise<boolean> {
  if (runnerTemp === undefined || runnerTemp === '' || /[\r\n]/.test(bundlePath)) return false
  await appendLines(join(runnerTemp, ATTESTATION_PATHS_FILE), [bundlePath])
  return true
}

/**
 * Appends whole lines to a file that other programs write too; what is there stays, byte for byte.
 *
 * The wrapped command owns the folder: a symlink, pipe or device it put there is refused, so that we neither write
 * where it points nor hang.
 *
 * @throws {CleanbillError} `PATH_UNSAFE`, `DISK_FULL`, `WRITE_FAILED`
 */
export async function appendLines(path: string, lines: readonly string[]): Promise<void> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants
  try {
    const handle = await open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644)
    try {
      const found = await handle.stat()
      if (!found.isFile()) throw new CleanbillError('PATH_UNSAFE', `${path} is not a regular file`)
      const last = Buffer.alloc(1)
      if (found.size > 0) await handle.read(last, 0, 1, found.size - 1)
      const gap = found.size > 0 && last[0] !== 0x0a ? '\n' : ''
      await handle.appendFile(gap + lines.map((line) => `${line}\n`).join(''))
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (error instanceof CleanbillError || code === 'ELOOP') throw toFileError(error, path)
    throw new CleanbillError(
      code === 'ENOSPC' || code === 'EDQUOT' ? 'DISK_FULL' : 'WRITE_FAILED',
      `cannot append to ${path}: ${code ?? (error as Error).message}`,
      { file: path, cause: error },
    )
  }
}
