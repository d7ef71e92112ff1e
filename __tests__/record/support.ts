import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { type Host, SILENT_LOG } from '../../src/io/host.ts'
import { runTool } from '../../src/io/process.ts'
import { parseRecording, type Recording } from '../../src/model/recording.ts'
import { childEnvironment } from '../../src/record/child-environment.ts'
import { type RecordRunOptions, recordRun } from '../../src/record/record-run.ts'
import type { RecordContext, Recorded, Recorder } from '../../src/record/recorder.ts'

/** What a process needs to run at all; nothing of vitest's. */
export const BARE_ENV = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/' }

export function makeHost(env: Record<string, string | undefined> = {}): Host {
  return {
    env: { ...BARE_ENV, ...env },
    cwd: process.cwd(),
    platform: process.platform,
    arch: process.arch,
    pid: process.pid,
    nodePath: process.execPath,
    now: () => new Date(),
    monotonic: () => performance.now(),
    sleep: async () => undefined,
    log: SILENT_LOG,
  }
}

/** A new folder outside any repository, with these files; gone when the test is over. */
export async function makeProject(files: Record<string, string> = {}): Promise<string> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'record-')))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content)
  }
  return root
}

export async function git(cwd: string, ...args: string[]): Promise<string> {
  const identity = ['-c', 'user.name=T', '-c', 'user.email=t@example.test', '-c', 'init.defaultBranch=main']
  const { stdout } = await promisify(execFile)('git', [...identity, ...args], {
    cwd,
    env: { ...BARE_ENV, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
  })
  return stdout.trim()
}

/** As `makeProject`, committed. */
export async function makeRepository(files: Record<string, string>, remote?: string): Promise<string> {
  const root = await makeProject(files)
  await git(root, 'init', '--quiet')
  await git(root, 'add', '--all')
  await git(root, 'commit', '--quiet', '--message', 'first')
  if (remote !== undefined) await git(root, 'remote', 'add', 'origin', remote)
  return root
}

type ContextOverrides = Partial<RecordContext> & {
  readonly workspace: string
  readonly env?: Record<string, string | undefined>
}

export function makeContext({ env, ...overrides }: ContextOverrides): RecordContext {
  const host = makeHost(env)
  return {
    host,
    kind: 'build',
    argv: ['true'],
    inputs: [],
    outputs: [],
    runTool,
    childEnv: childEnvironment(host.env),
    ...overrides,
  }
}

/** Runs one recorder around what `between` does to the workspace. */
export async function observe(
  recorder: Recorder,
  context: RecordContext,
  between: () => unknown = () => undefined,
  exit: { code: number | null; signal: string | null } = { code: 0, signal: null },
): Promise<Recorded> {
  const session = await recorder.start(context)
  await between()
  return await session.finish({ exit })
}

/** Runs the whole thing with a shell script as the command, and checks that the recording survives its file. */
export async function record(
  script: string,
  overrides: ContextOverrides,
  options: Partial<RecordRunOptions> = {},
): Promise<Recording> {
  const recording = await recordRun(makeContext({ argv: ['sh', '-c', script], ...overrides }), {
    mode: 'same-job',
    stdin: 'ignore',
    ...options,
  })
  const reread = parseRecording(Buffer.from(JSON.stringify(recording)), 'recording.json')
  if (JSON.stringify(reread) !== JSON.stringify(recording)) throw new Error('the recording changed by being written')
  return recording
}

export const codes = (limits: readonly { code: string }[] | undefined) => (limits ?? []).map(({ code }) => code)
