import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Limit } from '../model/error.ts'

/**
 * What a wrapped command must never find: neither in its own environment, nor in `/proc/<our pid>/environ`. Kept aside
 * for us; `NODE_OPTIONS` goes to the command but not to our second image, which an earlier step could steer with it.
 */
const KEPT_ASIDE =
  /^(?:ACTIONS_(?:ID_TOKEN_REQUEST|RUNTIME|RESULTS|CACHE)_.*|INPUT_.*|SIGSTORE_ID_TOKEN|GITHUB_TOKEN|GH_TOKEN|NODE_OPTIONS|CLEANBILL_KEY_PASSPHRASE)$/

const FLAG = '--carried'

export interface Carried {
  /** The environment as the caller gave it, secrets included. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** A Node binary that is still there. */
  readonly nodePath: string
  readonly limits: readonly Limit[]
}

/**
 * Replaces this process by itself with a clean environment: deleting from `process.env` leaves the old values readable
 * in `/proc/self/environ`, and attacks of 2025–2026 read exactly that. Where we are not root, the second image runs
 * from a copy of Node that may be executed but not read: the kernel then makes the process non-dumpable, so its memory
 * cannot be read by the command either. SIGUSR1 does not open an inspector there.
 *
 * Must be called before anything else is loaded or done. Windows has no execve: a limit says so.
 */
export function shed(program: string): Carried {
  const [, , flag, folder] = process.argv
  // argv, not the environment: an earlier step can write variables, never our arguments.
  if (flag === FLAG && folder !== undefined) return takeUp(folder)

  const kept: Record<string, string> = {}
  const clean: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) (KEPT_ASIDE.test(name) ? kept : clean)[name] = value
  }
  if (typeof process.execve !== 'function') {
    for (const name of Object.keys(kept)) delete process.env[name]
    return { env: { ...clean, ...kept }, nodePath: process.execPath, limits: [NO_EXECVE] }
  }
  const { node, room, limits } = copyOfNode()
  const carried = mkdtempSync(join(sharedMemory() ?? tmpdir(), 'cleanbill-'))
  const letter = JSON.stringify({ kept, nodePath: process.execPath, limits, room })
  const fd = openSync(join(carried, 'kept'), 'wx', 0o600)
  writeSync(fd, letter)
  closeSync(fd)
  // `--disable-sigusr1`: whoever can signal us could otherwise open an inspector and read the tokens in it.
  const args = [process.execPath, '--disable-sigusr1', program, FLAG, carried, ...process.argv.slice(2)]
  process.execve(node, args, clean)
  throw new Error('unreachable')
}

const NO_EXECVE: Limit = {
  code: 'TOKEN_IN_OWN_ENVIRONMENT',
  message: 'This platform cannot replace a process: our own environment block may still show tokens to the command.',
}
const COPY_REFUSED: Limit = {
  code: 'TOKEN_IN_OWN_MEMORY',
  message: 'The temporary folder does not allow programs: code under the same user can read our memory.',
}

function takeUp(folder: string): Carried {
  const file = join(folder, 'kept')
  const letter = JSON.parse(readFileSync(file, 'utf8')) as {
    kept: Record<string, string>
    nodePath: string
    limits: Limit[]
    room?: string
  }
  rmSync(folder, { recursive: true, force: true })
  if (letter.room !== undefined) rmSync(letter.room, { recursive: true, force: true })
  process.argv.splice(2, 2)
  return { env: { ...process.env, ...letter.kept }, nodePath: letter.nodePath, limits: letter.limits }
}

/** An execute-only copy. For root the kernel's rule does not hold, so root is spared the copy. */
function copyOfNode(): { node: string; room?: string; limits: Limit[] } {
  if (process.getuid?.() === 0 || process.platform !== 'linux') return { node: process.execPath, limits: [] }
  let room: string | undefined
  try {
    room = mkdtempSync(join(process.env.RUNNER_TEMP || tmpdir(), 'cleanbill-'))
    const node = join(room, 'node')
    copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE)
    chmodSync(node, 0o111)
    // A failing execve aborts with a native stack and cannot be caught: try the copy first (noexec temp folders).
    if (spawnSync(node, ['-v'], { env: {}, stdio: 'ignore', timeout: 10_000 }).status === 0) {
      return { node, room, limits: [] }
    }
  } catch {
    // no such folder, disk full, or no permission: go on without the copy, and say so
  }
  if (room !== undefined) rmSync(room, { recursive: true, force: true })
  return { node: process.execPath, limits: [COPY_REFUSED] }
}

/** Memory rather than disk for the letter between the two images, where there is some. */
function sharedMemory(): string | undefined {
  try {
    const probe = mkdtempSync('/dev/shm/cleanbill-')
    rmSync(probe, { recursive: true })
    return '/dev/shm'
  } catch {
    return undefined
  }
}
