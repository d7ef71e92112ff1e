import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { devNull } from 'node:os'
import { dirname, join } from 'node:path'
import { pathKind } from './files.ts'
import { type RunTool, runTool } from './process.ts'

/** Asks git about one working tree. Every answer is undefined when git fails or is missing. */
export interface Git {
  /** Root of the working tree, absolute. */
  readonly root: string
  text(args: readonly string[]): Promise<string | undefined>
  /** The bytes git prints, up to `maxBytes`; undefined also for more than that. */
  bytes(args: readonly string[], maxBytes: number): Promise<Uint8Array | undefined>
  /** Digest of what git prints, of any length. */
  digest(args: readonly string[]): Promise<{ readonly sha256: string; readonly bytes: number } | undefined>
}

export interface GitOptions {
  /** Where git is found and whose `HOME` it is; nothing else of it reaches git. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runTool?: RunTool
}

const TIMEOUT_MS = 120_000
const MAX_BYTES = 256 * 1024 * 1024

/**
 * Opens the working tree that holds `directory`, or returns undefined where there is none.
 *
 * A repository's own configuration can name programs: monitors, hooks, diff drivers, filters. Whoever wrote to the
 * workspace would have them run by us, with our environment. So: no hook, no monitor, no external diff, no transport,
 * no global or system file, and every content filter that the repository configures is switched off, save Git LFS
 * with its known command.
 */
export async function openGit(directory: string, options: GitOptions): Promise<Git | undefined> {
  // git compares real paths when it asks whose folder this is.
  const root = await findRoot(await realpath(directory).catch(() => directory))
  if (root === undefined) return undefined
  const run = options.runTool ?? runTool
  const env = gitEnvironment(options.env)
  const base = [...HARDENED, '-c', `safe.directory=${root}`]
  const limits = { cwd: directory, env, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES }
  const names = await run(['git', ...base, 'config', '--null', '--name-only', '--get-regexp', '^filter\\.'], limits)
  const lfs = (await run(['git-lfs', 'version'], limits)) !== undefined
  const filters = filterSettings(names?.stdout.split('\0') ?? [], lfs)
  const flags = [...base, ...filters.flags]
  const calm = { ...limits, env: { ...env, ...filters.env } }
  return {
    root,
    text: async (args) => (await run(['git', ...flags, ...args], calm))?.stdout,
    bytes: (args, maxBytes) => collectOutput(['git', ...flags, ...args], directory, calm.env, maxBytes),
    digest: (args) => digestOutput(['git', ...flags, ...args], directory, calm.env),
  }
}

const HARDENED = [
  ...['-c', 'core.fsmonitor=false'],
  ...['-c', `core.hooksPath=${devNull}`],
  ...['-c', 'protocol.allow=never'],
  ...['-c', 'core.pager=cat'],
  // Names are bytes to compare, not text to read.
  ...['-c', 'core.quotePath=true'],
  '--no-pager',
]

/** The program is git by name, found on PATH; GIT_DIR, GIT_CONFIG_* and the like of the caller are not passed on. */
function gitEnvironment(env: GitOptions['env']): Record<string, string> {
  const kept = ['PATH', 'Path', 'HOME', 'USERPROFILE', 'SYSTEMROOT', 'TMPDIR', 'TEMP']
  return {
    ...Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: devNull,
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // A replace reference shows another commit's content under the hash of this one.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    LC_ALL: 'C',
  }
}

/** What switches the filters off. Of a driver's name, all is the repository's choice: it may be empty or hold a `=`. */
function filterSettings(keys: readonly string[], lfs: boolean) {
  const drivers = new Set(keys.flatMap((key) => /^filter\.(.*)\.[^.]+$/s.exec(key)?.[1] ?? []))
  drivers.add('lfs')
  const settings = [...drivers].flatMap((driver): [string, string][] => {
    const known = driver === 'lfs' && lfs
    return [
      [`filter.${driver}.clean`, known ? 'git-lfs clean -- %f' : ''],
      [`filter.${driver}.process`, known ? 'git-lfs filter-process' : ''],
      [`filter.${driver}.smudge`, ''],
      [`filter.${driver}.required`, 'false'],
    ]
  })
  // `-c` ends the key at its first `=`; the variables keep key and value apart, but git reads them from 2.31 on only.
  const apart = settings.filter(([key]) => key.includes('='))
  const named = apart.flatMap(([key, value], at): [string, string][] => [
    [`GIT_CONFIG_KEY_${at}`, key],
    [`GIT_CONFIG_VALUE_${at}`, value],
  ])
  return {
    flags: settings.flatMap(([key, value]) => (key.includes('=') ? [] : ['-c', `${key}=${value}`])),
    env: { ...Object.fromEntries<string>(named), GIT_CONFIG_COUNT: `${apart.length}` },
  }
}

async function findRoot(directory: string): Promise<string | undefined> {
  for (let folder = directory; ; folder = dirname(folder)) {
    if ((await pathKind(join(folder, '.git'))) !== undefined) return folder
    if (dirname(folder) === folder) return undefined
  }
}

/** As `runTool`, for output that may be larger than memory. */
async function digestOutput(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<{ sha256: string; bytes: number } | undefined> {
  const hash = createHash('sha256')
  let bytes = 0
  const ended = await readOutput(argv, cwd, env, (chunk) => {
    hash.update(chunk)
    bytes += chunk.length
    return true
  })
  return ended ? { sha256: hash.digest('hex'), bytes } : undefined
}

/** As `runTool`, for output that is no text. */
async function collectOutput(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  const ended = await readOutput(argv, cwd, env, (chunk) => {
    chunks.push(chunk)
    bytes += chunk.length
    return bytes <= maxBytes
  })
  return ended ? Buffer.concat(chunks) : undefined
}

/** @param onChunk false ends the program: it has said too much */
function readOutput(
  [program = 'git', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
  onChunk: (chunk: Buffer) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'], timeout: 10 * TIMEOUT_MS })
    child.stdout.on('data', (chunk: Buffer) => {
      if (!onChunk(chunk)) child.kill('SIGKILL')
    })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
}
