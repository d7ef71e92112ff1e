import { join, relative } from 'node:path'
import { createVitest, type TestModule, type TestSpecification, type Vitest } from 'vitest/node'
import type { Switch } from './check.ts'
import { type Log, type OpenLog, openLog } from './log.ts'
import type { Plan } from './plan.ts'
import type { ScratchCopy } from './scratch-copy.ts'
import { BOUND_MS, BUILT_BOUND_MS, watch } from './watch.ts'

export type Outcome = Pick<Log, 'caught' | 'red'>

export interface Runs {
  readonly copy: ScratchCopy
  readonly checks: readonly Switch[]
  /** Nearest to the checks first. */
  readonly files: readonly string[]
  readonly workers: number
  /** Keys of checks that nothing can catch. */
  readonly explained: ReadonlySet<string>
  /** Only the tests of the check's own room. */
  readonly near: boolean
  readonly budgetMs: number
  readonly patienceMs: number
  /** How many test files try a switch for which the sources have to be loaded anew, the nearest ones first. */
  readonly loads: number
  readonly say: (line: string) => void
}

interface Stage extends Runs {
  readonly log: OpenLog
  readonly shared: Vitest
  readonly alone: readonly Vitest[]
}

/** Switches every check off, one at a time, until a test goes red: in the tests of its own room, then in all others. */
export async function runAll(runs: Runs): Promise<Outcome> {
  const { copy, checks, files, near, workers, explained, say } = runs
  const log = openLog(copy.folder)
  const shared = await openLane(copy, { boundMs: BOUND_MS, maxWorkers: workers })
  // Files of one such run share their modules, and the next run begins with none.
  const alone = await Promise.all(
    Array.from({ length: workers }, () => openLane(copy, { boundMs: BOUND_MS, maxWorkers: 1, isolate: false })),
  )
  const stage: Stage = { ...runs, log, shared, alone }
  const stopWatch = watch(copy, log, say, BOUND_MS)
  try {
    const rooms = Map.groupBy(checks, homeOf)
    for (const [home, own] of rooms) {
      const homely = files.filter((file) => file.startsWith(home))
      say(`${own.length} checks, ${homely.length} test files of ${home}`)
      await runStage(stage, own, homely)
    }
    for (const [home, own] of near ? [] : rooms) {
      const { caught } = log.read()
      const survivors = own.filter(({ id, key }) => !caught.has(id) && !explained.has(key))
      const others = files.filter((file) => !file.startsWith(home))
      if (survivors.length === 0 || others.length === 0) continue
      say(`${survivors.length} survivors of ${home}, ${others.length} other test files`)
      await runStage(stage, survivors, others)
    }
    const { caught, red } = log.read()
    return { caught, red }
  } finally {
    stopWatch()
    await Promise.all([shared, ...alone].map((lane) => lane.close()))
  }
}

/**
 * What each test comes by, and then for each test a check without which it goes red.
 *
 * @param rankOf which checks are tried first: of the lowest rank, and of these the ones that the fewest tests come by
 */
export async function runCases(runs: Runs, rankOf: (id: number) => number): Promise<Pick<Log, 'needs' | 'red'>> {
  const { copy, files, workers, say } = runs
  const log = openLog(copy.folder)
  const shared = await openLane(copy, { boundMs: BUILT_BOUND_MS, maxWorkers: workers })
  const stage: Stage = { ...runs, log, shared, alone: [] }
  const stopWatch = watch(copy, log, say, BUILT_BOUND_MS)
  try {
    const task = { off: 0, todo: [], second: [], red: [] }
    await run(stage, shared, files, { ...task, cases: {} })
    const counts: Record<string, number> = {}
    for (const { asked } of log.read().slow) for (const id of asked) counts[id] = (counts[id] ?? rankOf(id) * ALL) + 1
    say(`${log.read().slow.length} tests come by ${Object.keys(counts).length} checks`)
    await run(stage, shared, files, { ...task, cases: counts })
    return log.read()
  } finally {
    stopWatch()
    await shared.close()
  }
}

/** More than there are tests. */
const ALL = 100_000

/** Folder of the tests that are a check's own. */
const homeOf = ({ file }: Switch): string => `__tests__/${file.split('/')[1]}/`

/** Fast tests, then slow ones, then those that have to be loaded anew. */
async function runStage(stage: Stage, checks: readonly Switch[], files: readonly string[]): Promise<void> {
  const { log, alone, loads, say } = stage
  const todo = checks.map(({ id }) => id)
  const open = () => {
    const { caught } = log.read()
    return todo.filter((id) => !caught.has(id))
  }
  await runEach(stage, files, todo, [])
  const left = new Set(open())
  const second = log.read().slow.filter(({ file, asked }) => files.includes(file) && asked.some((id) => left.has(id)))
  const slowFiles = files.filter((name) => second.some(({ file }) => file === name))
  if (slowFiles.length > 0) {
    say(`${left.size} left by fast tests; ${second.length} slow ones in ${slowFiles.length} files`)
    log.write({ is: 'again' })
    await runEach(
      stage,
      slowFiles,
      todo,
      second.map(({ test }) => test),
    )
  }
  const known = log.read()
  const queue = checks.filter(
    ({ id }) => !known.caught.has(id) && known.outside.get(id)?.some((one) => files.includes(one)),
  )
  say(`${open().length} left, of which ${queue.length} count when a file is loaded`)
  const work = async (lane: Vitest): Promise<void> => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
      await runOne(stage, lane, check.id, inOrder(check, known, files).slice(0, loads), known.red)
      if (queue.length % 25 === 0) say(`${queue.length} to load anew`)
    }
  }
  await Promise.all(alone.map(work))
}

/** All files in one go, those whose worker had to be ended again. */
async function runEach(
  stage: Stage,
  files: readonly string[],
  todo: readonly number[],
  second: readonly string[],
): Promise<void> {
  const { log, shared, say } = stage
  for (let round = 0; round < 6; round++) {
    const { ended, caught } = log.read()
    const open = files.filter((file) => !ended.has(file))
    if (open.length === 0) return
    if (round > 0) say(`again, since their worker was ended: ${open.join(', ')}`)
    await run(stage, shared, open, { off: 0, todo: todo.filter((id) => !caught.has(id)), second, red: [] })
  }
  const { ended } = log.read()
  say(`given up: ${files.filter((file) => !ended.has(file)).join(', ')}`)
}

/** Files in which the check was asked while they were loaded: its own tests, then the fastest. */
function inOrder({ id, file }: Switch, { outside, took }: Log, files: readonly string[]): readonly string[] {
  const stem = file.replace(/^src\//, '__tests__/').replace(/\.ts$/, '')
  const room = stem.slice(0, stem.lastIndexOf('/'))
  const far = (test: string) => (test.startsWith(stem) ? 0 : test.startsWith(room) ? 1 : 2)
  const rank = (test: string) => far(test) * 1e9 + (took.get(test) ?? 0)
  return (outside.get(id) ?? []).filter((one) => files.includes(one)).sort((a, b) => rank(a) - rank(b))
}

/** One check off from the start, in a process of its own. */
async function runOne(stage: Stage, lane: Vitest, id: number, files: readonly string[], red: readonly string[]) {
  const { log, copy } = stage
  const modules = await run(stage, lane, files, { off: id, todo: [], second: [], red })
  if (log.read().caught.has(id)) return
  // A file that cannot be loaded, or set up, has no test that could say so.
  for (const module of modules) {
    const file = relative(copy.root, module.moduleId)
    const [fault] = faultsOf(module)
    if (fault === undefined || red.some((one) => one.startsWith(`${file} (`))) continue
    return log.write({ is: 'caught', id, test: `${file} (${fault})` })
  }
}

/** What went wrong outside of tests. */
function faultsOf(module: TestModule): readonly string[] {
  const suites = [...module.children.allSuites()]
  return [module, ...suites].flatMap((one) =>
    one.errors().map(({ message }) => message.split('\n')[0]?.slice(0, 200) ?? ''),
  )
}

type Task = Pick<Plan, 'off' | 'todo' | 'second' | 'red' | 'cases'>

async function run(stage: Stage, lane: Vitest, files: readonly string[], task: Task): Promise<readonly TestModule[]> {
  const { copy, budgetMs, patienceMs } = stage
  const plan: Plan = { root: copy.root, folder: copy.folder, budgetMs, patienceMs, ...task }
  lane.provide('switchOff', JSON.stringify(plan))
  const project = lane.getRootProject()
  const specifications = files.map((file): TestSpecification => project.createSpecification(join(copy.root, file)))
  const { testModules: all } = await lane.runTestSpecifications(specifications)
  // The lane still knows files of earlier runs, and what went wrong in them then.
  const testModules = all.filter(({ moduleId }) => files.includes(relative(copy.root, moduleId)))
  if (task.off === 0) for (const one of testModules) noteUnloadable(stage, one)
  return testModules
}

/** With every check on, a file that cannot be loaded or set up has tests that nobody runs. */
function noteUnloadable({ copy, log }: Stage, module: TestModule): void {
  const [fault] = faultsOf(module)
  if (fault !== undefined) log.write({ is: 'red', test: `${relative(copy.root, module.moduleId)} (${fault})` })
}

/** An own instance: the global setup of the project builds `dist/`, which no test here needs. */
async function openLane(
  { root }: ScratchCopy,
  { boundMs, ...options }: { boundMs: number; maxWorkers: number; isolate?: boolean },
): Promise<Vitest> {
  const lane = await createVitest(
    {
      root,
      config: false,
      watch: false,
      include: ['__tests__/**/*.test.ts'],
      pool: 'forks',
      ...options,
      maxConcurrency: 1,
      testTimeout: boundMs,
      hookTimeout: boundMs,
      runner: join(root, 'scripts/switch-off/runner.ts'),
      reporters: [{}],
      silent: true,
      sequence: { sequencer: InOrder },
    },
    { logLevel: 'silent' },
  )
  await lane.standalone()
  return lane
}

class InOrder {
  sort(files: TestSpecification[]): TestSpecification[] {
    return files
  }
  shard(files: TestSpecification[]): TestSpecification[] {
    return files
  }
}
