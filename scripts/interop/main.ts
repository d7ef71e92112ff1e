/**
 * `npm run interop`: what the built product signs, before the verifiers that other people run. See README.md here.
 *
 *     node scripts/interop/main.ts [--keep]
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { exec, lastLine } from './exec.ts'
import { prepareGoPrograms } from './go-programs.ts'
import { INTERRUPTED, runInterop } from './interop.ts'
import type { Prepared } from './prepared.ts'
import { preparePython } from './python.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** How this script calls itself for the half that runs in the namespace. */
const INSIDE = '--inside'
const ISOLATED = ['unshare', '--map-root-user', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

const say = (line: string) => {
  process.stdout.write(`${line}\n`)
}

async function main(argv: readonly string[]): Promise<number> {
  const [flag, file] = argv
  if (flag === INSIDE && file !== undefined) {
    return await runInterop(JSON.parse(await readFile(file, 'utf8')) as Prepared, process.env.PATH, say)
  }
  const keep = flag === '--keep'
  if (argv.length > (keep ? 1 : 0)) {
    process.stderr.write('usage: node scripts/interop/main.ts [--keep]\n')
    return 2
  }
  return await prepareAndRun(keep)
}

async function prepareAndRun(keep: boolean): Promise<number> {
  if (!existsSync(join(ROOT, 'dist', 'cli.js'))) {
    say('there is no dist/cli.js to sign with: npm run build\n0 passed, 1 failed')
    return 1
  }
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cleanbill-interop')
  await mkdir(cache, { recursive: true })
  const go = await prepareGoPrograms(cache, join(import.meta.dirname, 'ctlog'), process.env, say)
  const python = await preparePython(cache, process.env, say)
  const reason = await whyNotIsolated()
  const scratch = await mkdtemp(join(tmpdir(), 'cleanbill-interop-'))
  const state = join(scratch, 'prepared.json')
  const notIsolated = reason === undefined ? {} : { notIsolated: reason }
  const prepared: Prepared = { root: ROOT, scratch, keep, go, python, ...notIsolated }
  await writeFile(state, JSON.stringify(prepared))
  const self = [process.execPath, import.meta.filename, INSIDE, state]
  const code = await runInForeground(reason === undefined ? [...ISOLATED, ...self] : self)
  if ((code === 0 || code === INTERRUPTED) && !keep) await rm(scratch, { recursive: true, force: true })
  return code
}

/**
 * The metrics listeners of Fulcio, Rekor v1 and the timestamp authority bind every interface and cannot be told not to,
 * so the servers only ever run in a network namespace with nothing but a loopback in it.
 */
async function whyNotIsolated(): Promise<string | undefined> {
  const options = { env: { PATH: process.env.PATH }, timeoutMs: 10_000 }
  const [unshare = '', ...args] = ISOLATED
  const namespace = await exec(unshare, [...args, 'true'], options)
  if (namespace.code !== 0) {
    return `the real servers need a network namespace, and unshare -rn with ip link failed: ${lastLine(namespace.stderr)}`
  }
  const limit = await exec('timeout', ['--kill-after=1', '1', 'true'], options)
  return limit.code === 0 ? undefined : 'the real servers need the timeout command of coreutils, which is not there'
}

/** Hands the terminal to the second half, and passes on what would end this one. */
function runInForeground([command = '', ...args]: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

process.exitCode = await main(process.argv.slice(2))
