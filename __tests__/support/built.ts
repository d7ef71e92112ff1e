import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inject } from 'vitest'
import type {} from './global-setup.ts'

const inRepository = resolve(import.meta.dirname, '../../dist')

/** The built files under test: the copy that the global setup made, or `dist/` itself. */
export const DIST: string = inject('dist') ?? inRepository

export const ACTION = join(DIST, 'action.mjs')
export const CLI = join(DIST, 'cli.js')

if (!existsSync(ACTION)) throw new Error(`${ACTION} is not there: run npm run build`)

/** What a program needs to start; everything else is given by the test. vitest's own variables stay here. */
export const BARE_ENV: Readonly<Record<string, string>> = { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8' }

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
  /** Called once the process runs, e.g. to signal it. */
  readonly onStart?: (child: ChildProcess) => void
  /** Called with everything on stdout so far. */
  readonly onStdout?: (text: string, child: ChildProcess) => void
  readonly timeoutMs?: number
}

/** Runs Node on a built file and waits for its end; never blocks, as the servers it asks live in this process. */
export async function runNode(argv: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
  return await runProgram([process.execPath, ...argv], options)
}

export async function runProgram(
  [program = '', ...args]: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished> {
  const env = Object.fromEntries(
    Object.entries({ ...BARE_ENV, ...options.env }).filter(([, value]) => value !== undefined),
  )
  const { uid, gid, cwd } = options
  const child = spawn(program, args, {
    env: env as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 50_000,
    killSignal: 'SIGKILL',
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
    ...(cwd === undefined ? {} : { cwd }),
  })
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    options.onStdout?.(stdout, child)
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  options.onStart?.(child)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal, stdout, stderr }
}

/** The command line, outside any CI system. */
export function runCli(argv: readonly string[], options: ProgramOptions = {}): Promise<Finished> {
  return runNode([CLI, ...argv], options)
}

/** A folder that is gone when the tests of this file are through; open to other users for tests that become one. */
export function scratch(): { readonly path: (name?: string) => string; readonly remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), 'cleanbill-test-'))
  chmodSync(root, 0o777)
  let count = 0
  return {
    path: (name) => {
      const path = join(root, name ?? `f${++count}`)
      mkdirSync(path, { recursive: true })
      chmodSync(path, 0o777)
      return path
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
