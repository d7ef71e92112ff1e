import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs'
import { CleanbillError } from '../model/error.ts'

/**
 * Appends to a file that the runner named (`GITHUB_OUTPUT`, `GITHUB_STEP_SUMMARY`). The wrapped command knew the name
 * too and may have put a pipe there, on which we would wait for ever, or a link to somebody's file.
 *
 * @throws {CleanbillError} `WRITE_FAILED`
 */
export function appendRunnerFile(path: string, text: string): void {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants
  let fd: number | undefined
  try {
    fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o644)
    if (!fstatSync(fd).isFile()) throw new Error('not a regular file')
    writeSync(fd, text)
  } catch (cause) {
    throw new CleanbillError('WRITE_FAILED', `cannot write ${path}: ${(cause as Error).message}`, { file: path, cause })
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
