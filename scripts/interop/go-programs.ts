import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ExecResult, exec, lastLine } from './exec.ts'
import { GO_PROGRAMS, type GoProgram, type GoProgramId } from './versions.ts'

/** A program that is there, or the reason why not. */
export type Tool = { readonly path: string; readonly version: string } | { readonly missing: string }

export type GoTools = Readonly<Record<GoProgramId | 'ctlog', Tool>>

const BUILD_LIMIT_MS = 20 * 60_000

interface Context {
  readonly binFolder: string
  readonly env: NodeJS.ProcessEnv
  readonly say: (line: string) => void
  /** Set after a first failure that the next build would only repeat (no Go, no network). */
  hopeless: string | undefined
}

/**
 * The servers, cosign and our own log, from the cache or built into it. One at a time: each build takes all cores and
 * several hundred megabytes.
 */
export async function prepareGoPrograms(
  cacheFolder: string,
  ctlogSources: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<GoTools> {
  const binFolder = join(cacheFolder, 'bin')
  await mkdir(binFolder, { recursive: true })
  const context: Context = { binFolder, env: { ...env, GOTOOLCHAIN: 'local' }, say, hopeless: undefined }
  const version = await go(context, ['version'])
  if (version.code !== 0) context.hopeless = 'Go is not installed'
  const tools: Partial<Record<GoProgramId | 'ctlog', Tool>> = { ctlog: await ctlog(context, ctlogSources) }
  for (const id of Object.keys(GO_PROGRAMS) as GoProgramId[]) tools[id] = await program(context, GO_PROGRAMS[id])
  // Every key of GoTools has just been set: the keys of GO_PROGRAMS and 'ctlog'.
  return tools as GoTools
}

async function program(context: Context, wanted: GoProgram): Promise<Tool> {
  const path = join(context.binFolder, wanted.name)
  const stamp = `${wanted.module}${wanted.path}@${wanted.version}`
  if (await isCached(context, path, stamp, wanted)) return { path, version: wanted.version }
  return await build(context, path, stamp, wanted.version, async (folder) => {
    const result = await go(context, ['install', stamp], { GOBIN: folder })
    return { result, built: join(folder, (await readdir(folder))[0] ?? wanted.name) }
  })
}

/** The name holds a hash of the sources, so an edited log is never mistaken for the built one. */
async function ctlog(context: Context, sources: string): Promise<Tool> {
  const hash = createHash('sha256')
  for (const name of ['go.mod', 'go.sum', 'main.go'])
    hash.update(`${name}\0`).update(await readFile(join(sources, name)))
  const version = hash.digest('hex').slice(0, 16)
  const path = join(context.binFolder, `ctlog-${version}`)
  if (await exists(path)) return { path, version }
  return await build(context, path, undefined, version, async (folder) => {
    const built = join(folder, 'ctlog')
    return { result: await go(context, ['build', '-C', sources, '-trimpath', '-o', built, '.']), built }
  })
}

async function build(
  context: Context,
  path: string,
  stamp: string | undefined,
  version: string,
  run: (folder: string) => Promise<{ result: ExecResult; built: string }>,
): Promise<Tool> {
  const name = stamp ?? 'scripts/interop/ctlog'
  if (context.hopeless !== undefined) return { missing: `${name} is not in the cache and ${context.hopeless}` }
  context.say(`building ${name} (minutes the first time, then cached)`)
  const folder = await mkdtemp(join(context.binFolder, '.build-'))
  try {
    const { result, built } = await run(folder)
    if (result.code !== 0) {
      const reason = lastLine(result.stderr)
      if (/dial tcp|no such host|i\/o timeout|connection refused/.test(result.stderr)) {
        context.hopeless = `the Go module proxy cannot be reached (${reason})`
      }
      return { missing: `building ${name} failed: ${reason}` }
    }
    await rename(built, path)
    if (stamp !== undefined) await writeFile(`${path}.stamp`, `${stamp}\n`)
    return { path, version }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A program without a stamp is asked what it was built from, and stamped when that is what we want. */
async function isCached(context: Context, path: string, stamp: string, wanted: GoProgram): Promise<boolean> {
  if (!(await exists(path))) return false
  const written = await readFile(`${path}.stamp`, 'utf8').catch(() => undefined)
  if (written !== undefined) return written.trim() === stamp
  const { code, stdout } = await go(context, ['version', '-m', path])
  const fields = stdout.split('\n').map((line) => line.trim().split('\t'))
  const same =
    code === 0 &&
    fields.some(([key, value]) => key === 'path' && value === wanted.module + wanted.path) &&
    fields.some(([key, module, version]) => key === 'mod' && module === wanted.module && version === wanted.version)
  if (same) await writeFile(`${path}.stamp`, `${stamp}\n`)
  return same
}

async function go(context: Context, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<ExecResult> {
  return await exec('go', args, { env: { ...context.env, ...more }, timeoutMs: BUILD_LIMIT_MS })
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
