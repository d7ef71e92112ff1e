import { readFile } from 'node:fs/promises'
import type { Limit } from '../model/error.ts'
import type { RunTool } from './process.ts'

/** Names whose value lets a process sign in our name. */
const TELLING = ['ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'ACTIONS_RUNTIME_TOKEN', 'SIGSTORE_ID_TOKEN']

export interface ExposureOptions {
  readonly pid: number
  readonly uid: number | undefined
  readonly platform: NodeJS.Platform
  readonly runTool: RunTool
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Looks at what the wrapped command could still reach in this job, as itself would: tokens in the environment of an
 * ancestor (a shell, npm), and root, which reads every memory (T-AC-11, TanStack 2026-05). Measured, not assumed: the
 * result stands in the statement's limits.
 */
export async function measureExposure(options: ExposureOptions): Promise<Limit[]> {
  if (options.platform !== 'linux') return []
  const limits: Limit[] = []
  const ancestor = await ancestorWithToken(options.pid)
  if (ancestor !== undefined) {
    limits.push({
      code: 'TOKEN_IN_ANCESTOR',
      message: `A parent process (${ancestor}) shows a token in its environment to code under the same user.`,
    })
  }
  if (options.uid === 0 || (await hasPasswordlessRoot(options))) {
    limits.push({
      code: 'ROOT_IN_JOB',
      message: 'The command can become root, and root can read the memory of the runner and of this step.',
    })
  }
  return limits
}

async function ancestorWithToken(pid: number): Promise<string | undefined> {
  for (let current = await parentOf(pid); current > 1; current = await parentOf(current)) {
    const environ = await readFile(`/proc/${current}/environ`, 'latin1').catch(() => '')
    const names = environ.split('\0').map((entry) => entry.slice(0, entry.indexOf('=')))
    if (TELLING.some((name) => names.includes(name))) {
      const name = await readFile(`/proc/${current}/comm`, 'utf8').catch(() => '?')
      return name.trim().replace(/[^\w.:/-]/g, '?')
    }
  }
  return undefined
}

async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  // The name stands in brackets and may hold anything: read from the last bracket on.
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
  return parent === undefined ? 0 : Number(parent)
}

async function hasPasswordlessRoot({ runTool, env }: ExposureOptions): Promise<boolean> {
  const result = await runTool(['sudo', '-n', 'true'], { cwd: '/', env: { PATH: env.PATH }, timeoutMs: 3_000 })
  return result !== undefined
}
