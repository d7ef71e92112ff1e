import { spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join } from 'node:path'

/** A call of git in a repository that we made ourselves. */
export interface OwnGitCall {
  readonly args: readonly string[]
  readonly stdin?: Uint8Array | undefined
  /** Variables besides those that git needs to start. */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly timeoutMs?: number
  /** Of what it prints. */
  readonly maxBytes?: number
  /** Of the packs in the repository while it runs; more ends it. */
  readonly maxPackBytes?: number
}

/** git said no, took too long, or had too much to say; the message is git's last line. */
export class OwnGitFailure extends Error {
  override readonly name = 'OwnGitFailure'
}

export type OwnGit = (call: OwnGitCall) => Promise<Buffer>

const MAX_BYTES = 64 * 1024 * 1024
const TIMEOUT_MS = 120_000
const WATCH_MS = 500

/**
 * Runs git in a folder of our own, on a repository whose configuration nobody else writes. What is fetched into it is a
 * stranger's: no hook, no filter, no submodule, no name that means something to a file system, and nothing that is
 * written below `HOME`, where a `.netrc` or a configuration of the machine would speak (T-AC-01).
 *
 * @param env where git is found, and the way out of the network; nothing else of it reaches git
 */
export function openOwnGit(folder: string, env: Readonly<Record<string, string | undefined>>): OwnGit {
  const kept = Object.fromEntries(KEPT.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
  return (call) => runGit(folder, { ...kept, ...CALM, ...call.env }, call)
}

const KEPT = [
  ...['PATH', 'Path', 'SYSTEMROOT', 'TMPDIR', 'TEMP'],
  ...['HTTPS_PROXY', 'https_proxy', 'http_proxy', 'ALL_PROXY', 'all_proxy', 'NO_PROXY', 'no_proxy', 'GIT_SSL_CAINFO'],
]

const CALM = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: devNull,
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  LC_ALL: 'C',
}

const HARDENED = [
  ...['core.fsmonitor=false', `core.hooksPath=${devNull}`, `core.attributesFile=${devNull}`],
  ...['core.autocrlf=false', 'core.eol=lf', 'core.symlinks=false', 'core.protectHFS=true', 'core.protectNTFS=true'],
  ...['protocol.allow=never', 'credential.helper=', 'submodule.recurse=false', 'gc.auto=0', 'maintenance.auto=false'],
].flatMap((setting) => ['-c', setting])

function runGit(folder: string, env: Readonly<Record<string, string>>, call: OwnGitCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...HARDENED, '--no-pager', ...call.args], { cwd: folder, env })
    let ended: string | undefined
    // Not SIGKILL: git then ends the transport and the unpacking that it started.
    const end = (why: string) => {
      ended ??= why
      child.kill('SIGTERM')
    }
    const timeoutMs = call.timeoutMs ?? TIMEOUT_MS
    const timer = setTimeout(() => end(`it took longer than ${timeoutMs / 1000} seconds`), timeoutMs)
    const watch = watchPacks(folder, call.maxPackBytes, end)
    const chunks: Buffer[] = []
    let bytes = 0
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > (call.maxBytes ?? MAX_BYTES)) return end('it had too much to say')
      chunks.push(chunk)
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-4096)
    })
    const done = (failure: string | undefined) => {
      clearTimeout(timer)
      clearInterval(watch)
      if (failure === undefined) resolve(Buffer.concat(chunks))
      else reject(new OwnGitFailure(failure))
    }
    child.on('error', (error) => done(`git cannot be started: ${error.message}`))
    child.on('close', (code) => done(ended ?? (code === 0 ? undefined : lastLine(said))))
    // git may end before it has read everything.
    child.stdin.on('error', () => undefined)
    child.stdin.end(call.stdin)
  })
}

/** git has no limit of its own for what a server sends. */
function watchPacks(
  folder: string,
  maxBytes: number | undefined,
  end: (why: string) => void,
): NodeJS.Timeout | undefined {
  if (maxBytes === undefined) return undefined
  return setInterval(async () => {
    if ((await packBytes(folder)) > maxBytes) end(`it is larger than ${maxBytes} bytes`)
  }, WATCH_MS)
}

export async function packBytes(folder: string): Promise<number> {
  const packs = join(folder, '.git', 'objects', 'pack')
  const names = await readdir(packs).catch(() => [])
  const sizes = names.map(async (name) => (await stat(join(packs, name)).catch(() => undefined))?.size ?? 0)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** The server's words may be in it: one line, without what a terminal would obey. */
function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? ''
  return line.replace(/[^\x20-\x7e]/g, '?').slice(0, 200) || 'git failed'
}
