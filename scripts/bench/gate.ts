import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { npmOfMachine, startNpmPeer } from './npm-peer.ts'
import { writeProject } from './project.ts'

/**
 * Measures the gate against a simulated world: cold and warm, its memory, its requests, the shares of its steps; then in
 * turn with an unmodified `npm audit signatures` on the same npm tree and server. Ratios are what counts: absolute times
 * are those of one machine on one day.
 */
const { values } = parseArgs({
  options: {
    npm: { type: 'string', default: '1653' },
    python: { type: 'string', default: '347' },
    share: { type: 'string', default: '0.4' },
    latency: { type: 'string', default: '30' },
    runs: { type: 'string', default: '3' },
  },
})
const CLI = resolve(import.meta.dirname, '../../dist/cli.js')
const scratch = mkdtempSync(join(tmpdir(), 'cleanbill-bench-'))

interface World {
  readonly origins: Record<string, string>
  readonly token: string
  readonly trustedRootPath: string
  readonly attestations: number
  readonly child: ChildProcess
}

interface Measured {
  readonly ms: number
  readonly megabytes: number
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

try {
  await measureWhole()
  await measureAgainstNpm()
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function measureWhole(): Promise<void> {
  const project = join(scratch, 'whole')
  writeProject(project, Number(values.npm), Number(values.python))
  const world = await openWorld(project)
  say(
    `${values.npm} npm and ${values.python} Python packages, ${values.share} with evidence (${world.attestations} attestations), ${values.latency} ms an answer`,
  )
  const cache = join(scratch, 'cache')
  const gate = (fresh: boolean, ...more: string[]) => {
    if (fresh) rmSync(cache, { recursive: true, force: true })
    return measure([process.execPath, CLI, 'gate', '--json', ...more], project, environment(world, cache))
  }
  await measure([process.execPath, CLI, 'init'], project, environment(world, cache))
  for (const [name, fresh] of [
    ['cold', true],
    ['warm', false],
  ] as const) {
    const runs: Measured[] = []
    await counts(world)
    for (let run = 0; run < Number(values.runs); run++) runs.push(await gate(fresh))
    const last = runs.at(-1)
    const document = JSON.parse(last?.stdout || '{}') as Document
    const requests = await counts(world)
    say(
      `${name}: ${median(runs.map(({ ms }) => ms))} ms, ${Math.max(...runs.map(({ megabytes }) => megabytes))} MB, ${document.verdict} (exit ${last?.code})`,
    )
    say(`  steps: ${shares(document.durations)}`)
    say(
      `  requests a run: ${Object.entries(requests)
        .map(([to, n]) => `${to} ${Math.round(n / runs.length)}`)
        .join(', ')}`,
    )
    if (document.verdict === undefined) say(last?.stderr ?? '')
  }
  world.child.disconnect()
}

async function measureAgainstNpm(): Promise<void> {
  const npm = npmOfMachine()
  if (npm === undefined) return say('npm audit signatures: SKIPPED, there is no npm beside this Node')
  const project = join(scratch, 'npm')
  writeProject(project, Number(values.npm), 0)
  const world = await openWorld(project)
  const peer = await startNpmPeer(join(scratch, 'peer'), readFileSync(world.trustedRootPath), Number(values.latency))
  await measure([process.execPath, CLI, 'init'], project, environment(world, join(scratch, 'cache-npm')))
  const ratios: number[] = []
  const theirs: number[] = []
  const ours: number[] = []
  for (let run = 0; run < Number(values.runs); run++) {
    const cold = join(scratch, `npm-cache-${run}`)
    const audit = await measure(
      [process.execPath, npm.path, 'audit', 'signatures'],
      project,
      peer.env(cold, world.origins.npm ?? ''),
    )
    const gate = await measure(
      [process.execPath, CLI, 'gate', '--json'],
      project,
      environment(world, join(scratch, `gate-cache-${run}`)),
    )
    if (run === 0)
      say(
        `npm ${npm.version}: ${(audit.stdout || audit.stderr).trim().split('\n').slice(0, 3).join(' | ')} (exit ${audit.code})`,
      )
    theirs.push(audit.ms)
    ours.push(gate.ms)
    ratios.push(audit.ms / gate.ms)
  }
  say(
    `npm audit signatures ${median(theirs)} ms, gate ${median(ours)} ms: ${median(ratios, 2)} times as fast, and it asks GitHub too`,
  )
  await peer.close()
  world.child.disconnect()
}

interface Document {
  readonly verdict?: string
  readonly durations?: Readonly<Record<string, number>>
}

function environment(world: World, cache: string): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: scratch, XDG_CACHE_HOME: cache, GITHUB_TOKEN: world.token }
}

async function openWorld(project: string): Promise<World> {
  const child = fork(join(import.meta.dirname, 'world.ts'), [project, values.share, values.latency], { silent: true })
  child.stderr?.pipe(process.stderr)
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk)
    if (text.includes('\n')) break
  }
  return { ...(JSON.parse(text) as Omit<World, 'child'>), child }
}

async function counts({ child }: World): Promise<Readonly<Record<string, number>>> {
  child.send('counts')
  const [answer] = (await once(child, 'message')) as [Record<string, number>]
  return answer
}

/** Wall time and peak memory of a whole process; the kernel's own high water mark, read until it is gone. */
async function measure(argv: readonly string[], cwd: string, env: Record<string, string>): Promise<Measured> {
  const [program = '', ...args] = argv
  const started = performance.now()
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr, kilobytes] = ['', '', 0]
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk))
  const watch = setInterval(() => {
    kilobytes = Math.max(kilobytes, peakOf(child.pid))
  }, 50)
  const [code] = (await once(child, 'close')) as [number | null]
  clearInterval(watch)
  return { ms: performance.now() - started, megabytes: Math.round(kilobytes / 1024), code, stdout, stderr }
}

function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

function shares(durations: Readonly<Record<string, number>> = {}): string {
  const { total = 1, ...steps } = durations
  return Object.entries(steps)
    .map(([step, ms]) => `${step} ${ms} ms (${Math.round((100 * ms) / total)} %)`)
    .join(', ')
}

function median(numbers: readonly number[], digits = 0): string {
  const sorted = [...numbers].sort((a, b) => a - b)
  return (sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(digits)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
