import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, matchesGlob, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { TARGETS } from '../__tests__/fuzz/targets/targets.ts'
import { Findings } from './fuzz/findings.ts'
import { Worker } from './fuzz/pool.ts'

/**
 * The long run over everything that reads what others wrote: target after target, round after round, until the time is up.
 * A worker that hangs is ended and its input is a finding, as is one that takes too much memory.
 */
const ROOT = resolve(import.meta.dirname, '..')
const HELP = `npm run fuzz -- [--minutes N] [--target GLOB]… [--seed N] [--workers N] [--list]

  --minutes N    default 10
  --target GLOB  such as 'discover/*'; default: all
  --seed N       default: the time; the same seed asks the same things
  --workers N    processes at once; default 1
  --list         names the targets and runs nothing

Findings lie in fuzz-findings/, each a case folder with the smallest input. CONTRIBUTING says what to do with one.`

/** Of one target in one round: long enough to compile what it runs, short enough for many rounds. */
const SLICE_MS = 1_000
/** A target with so many findings is left alone for the rest of the run. */
const ENOUGH = 3

const say = (line: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)

process.exitCode = await main()

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      target: { type: 'string', multiple: true, default: ['**'] },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      workers: { type: 'string', default: '1' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const [minutes, seed, workers] = [values.minutes, values.seed, values.workers].map(Number)
  const numbers = [minutes, seed, workers].every((value) => value !== undefined && Number.isFinite(value) && value >= 0)
  const names = TARGETS.map(({ name }) => name).filter((name) => values.target.some((glob) => matchesGlob(name, glob)))
  if (values.help || !numbers || names.length === 0) {
    console.log(values.help ? HELP : 'nothing to do: a number is none, or no target has such a name')
    return values.help ? 0 : 2
  }
  if (values.list) {
    for (const name of names) console.log(name)
    return 0
  }
  const run = { names, seed: seed ?? 0, until: Date.now() + (minutes ?? 10) * 60_000 }
  say(`${names.length} targets, seed ${run.seed}, until ${new Date(run.until).toISOString().slice(11, 19)}`)
  const { inputs, findings } = await fuzz(run, Math.max(workers ?? 1, 1))
  console.log(`${inputs} inputs, ${names.length} targets, ${findings.size} findings`)
  return findings.size > 0 ? 1 : 0
}

interface Run {
  readonly names: readonly string[]
  readonly seed: number
  readonly until: number
}

async function fuzz({ names, seed, until }: Run, workers: number) {
  const out = join(ROOT, 'fuzz-findings')
  mkdirSync(out, { recursive: true })
  const scratch = mkdtempSync(join(tmpdir(), 'cleanbill-fuzz-'))
  const findings = new Findings(out)
  const faults = new Map<string, number>()
  const isText = (name: string) => TARGETS.find((target) => target.name === name)?.input === 'text'
  let inputs = 0
  let turn = 0

  async function work(number: number): Promise<void> {
    const worker = new Worker(scratch, number, isText)
    try {
      while (Date.now() < until && names.some((name) => (faults.get(name) ?? 0) < ENOUGH)) {
        const at = turn++
        const target = names[at % names.length]
        if (target === undefined || (faults.get(target) ?? 0) >= ENOUGH) continue
        if (at > 0 && at % names.length === 0)
          say(`round ${at / names.length}: ${inputs} inputs, ${findings.size} findings`)
        const done = await worker.slice(target, seed + at, Math.min(SLICE_MS, Math.max(until - Date.now(), 100)))
        inputs += done.inputs
        if (done.fault === undefined || done.input === undefined) continue
        faults.set(target, (faults.get(target) ?? 0) + 1)
        const folder = findings.add({ target, seed: seed + at, fault: done.fault, input: done.input })
        if (folder !== undefined) say(`${target}: ${done.fault.kind}: ${done.fault.detail}\n         ${folder}`)
      }
    } finally {
      worker.close()
    }
  }

  try {
    await Promise.all(Array.from({ length: workers }, (_, number) => work(number)))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return { inputs, findings }
}
