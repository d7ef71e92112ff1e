import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type RunnerTestCase, TestRunner, type TestRunnerConfig } from 'vitest'
import { ownDist, takeAsked, turnOff } from './own-dist.ts'
import type { LogLine, Plan } from './plan.ts'

declare global {
  var isSwitchedOff: ((id: number) => boolean) | undefined
  /** The check that is off from the start is caught: what follows in this process need not run. */
  var isCaught: boolean | undefined
}

// Times of the processor, not of the clock: the outcome must not hang on what else the machine does.

/** Tests that take longer are left to a second round, when most checks are caught. */
const SLOW_MS = 400
/** So many checks a test tries alone, then several at a time. */
const ONE_BY_ONE = 12
/** Of a test of the list of threats, or of the group that it is in. */
const IS_CASE = / > T-[A-Z]{2}-\d{2}\b/
/** A loop may come by a switch this often. */
const FEWEST_TURNS = 100_000

/** A test that finds out that it cannot run here. */
function isSkip(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'VITEST_PENDING'
}

function usedMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/**
 * Runs each test as usual, and then again for every check that it came by, with that check off. One load of the modules
 * serves all; what was asked outside of a test's body (tables, schemas, hooks) is left to runs of its own.
 */
export default class SwitchOffRunner extends TestRunner {
  readonly #plan: Plan
  /** Where the built programs are that the tests start, when the checks of those are meant. */
  readonly #programs: string | undefined
  readonly #todo: ReadonlySet<number>
  /** How often each was asked. */
  readonly #asked = new Map<number, number>()
  readonly #outside = new Set<number>()
  readonly #caught = new Set<number>()
  readonly #spent = new Map<number, number>()
  #off: number
  /** How often the one that is off may still be asked before this counts as a loop without end. */
  #turnsLeft = Number.POSITIVE_INFINITY
  #read = 0
  /** The tests of this file, with every check on. */
  #tookMs = 0
  #queue: Promise<void> = Promise.resolve()

  constructor(config: TestRunnerConfig) {
    super(config)
    // Sound: the script provides it, as `plan.ts` describes it.
    this.#plan = JSON.parse(String(this.injectValue('switchOff'))) as Plan
    this.#programs = this.#plan.cases === undefined ? undefined : ownDist(join(this.#plan.root, 'dist'))
    this.#off = this.#plan.off
    this.#turn(this.#off)
    if (globalThis.isCaught) this.cancel('test-failure')
    this.#todo = new Set(this.#plan.todo)
    globalThis.isSwitchedOff = (id) => {
      if (id === this.#off) return this.#isOff()
      // With one off, what else is come by was noted before.
      if (this.#off === 0) this.#asked.set(id, (this.#asked.get(id) ?? 0) + 1)
      return false
    }
  }

  async runTask(test: RunnerTestCase): Promise<void> {
    // Tests that run at the same time would share the one switch.
    const turn = this.#queue.then(() => this.#runInTurn(test))
    this.#queue = turn.catch(() => undefined)
    await turn
  }

  override onAfterRunFiles(files: Parameters<TestRunner['onAfterRunFiles']>[0]): void {
    super.onAfterRunFiles(files)
    if (this.#plan.off !== 0) return
    this.#note()
    for (const { filepath } of files) {
      const file = this.#path(filepath)
      this.#log({ is: 'end', file, tookMs: Math.round(this.#tookMs), outside: [...this.#outside] })
    }
    this.#tookMs = 0
    this.#outside.clear()
  }

  async #runInTurn(test: RunnerTestCase): Promise<void> {
    const body = TestRunner.getTestFn(test)
    const run = this.#programs === undefined ? body : () => this.#afterHooks(test, body)
    const name = `${this.#path(test.file.filepath)} > ${test.fullTestName}`
    if (this.#plan.off !== 0) return await this.#runOnce(body, name)
    this.#note()
    const start = usedMs()
    try {
      await body()
    } catch (error) {
      if (!isSkip(error)) this.#log({ is: 'red', test: name })
      throw error
    }
    const took = usedMs() - start
    this.#tookMs += took
    const asked = this.#takeAsked()
    if (this.#plan.cases !== undefined) await this.#findNeeded(asked, run, name, took)
    else if (this.#plan.second.length > 0) {
      if (this.#plan.second.includes(name)) await this.#runWithout(asked, run, name, took)
    } else if (took > SLOW_MS)
      this.#log({ is: 'slow', file: this.#path(test.file.filepath), test: name, asked: [...asked.keys()] })
    else await this.#runWithout(asked, run, name, took)
    this.#takeAsked()
  }

  /** With the check off from the start; the first red test is enough. */
  async #runOnce(run: () => unknown, name: string): Promise<void> {
    if (globalThis.isCaught || this.#plan.red.includes(name)) return
    this.#beat(this.#plan.off, name)
    try {
      await run()
    } catch (error) {
      if (isSkip(error)) throw error
      globalThis.isCaught = true
      this.cancel('test-failure')
      this.#log({ is: 'caught', id: this.#plan.off, test: name })
      throw error
    }
  }

  async #runWithout(asked: ReadonlyMap<number, number>, run: () => unknown, name: string, took: number): Promise<void> {
    this.#readLog()
    const todo = [...asked.keys()].filter((id) => this.#todo.has(id) && !this.#caught.has(id) && !this.#isSpent(id))
    if (todo.length === 0) return
    // A test that does not stand a second run says nothing about checks.
    if (!(await this.#holds([], run, name, took))) return this.#leave(todo)
    const caught: number[] = []
    for (const id of todo) {
      this.#turnsLeft = Math.max(FEWEST_TURNS, (asked.get(id) ?? 0) * 100)
      if (!(await this.#holds([id], run, name, took))) caught.push(id)
    }
    if (caught.length === 0) return
    // What a check that was off has spoiled for good may have failed the ones after it.
    if (!(await this.#holds([], run, name, took))) return this.#leave(todo)
    for (const id of caught) {
      this.#caught.add(id)
      this.#log({ is: 'caught', id, test: name })
    }
  }

  /** The check that the fewest tests come by is the one that this test is about, more often than not. */
  async #findNeeded(asked: ReadonlyMap<number, number>, run: () => unknown, name: string, took: number) {
    if (!IS_CASE.test(name)) return
    const { cases = {} } = this.#plan
    const ids = [...asked.keys()]
    if (Object.keys(cases).length === 0) {
      this.#log({ is: 'slow', file: name.split(' > ')[0] ?? '', test: name, asked: ids })
      return
    }
    ids.sort((a, b) => (cases[a] ?? 0) - (cases[b] ?? 0))
    // A test that does not stand a second run says nothing about checks.
    if (!(await this.#holds([], run, name, took))) return
    for (let from = 0, size = 1; from < ids.length; from += size, size = from < ONE_BY_ONE ? 1 : 16) {
      const [id] = await this.#firstOf(ids.slice(from, from + size), run, name, took)
      if (id !== undefined) return this.#log({ is: 'caught', id, test: name })
    }
  }

  /** One of them without which the test goes red. */
  async #firstOf(ids: readonly number[], run: () => unknown, name: string, took: number): Promise<readonly number[]> {
    if (ids.length === 0 || (await this.#holds(ids, run, name, took))) return []
    if (ids.length === 1) return ids
    const first = await this.#firstOf(ids.slice(0, ids.length / 2), run, name, took)
    return first.length > 0 ? first : await this.#firstOf(ids.slice(ids.length / 2), run, name, took)
  }

  async #holds(ids: readonly number[], run: () => unknown, name: string, took: number): Promise<boolean> {
    const [id = 0] = ids
    this.#beat(id, name)
    const start = usedMs()
    this.#turn(...ids)
    let timer: NodeJS.Timeout | undefined
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('it does not end')), Math.max(this.#plan.patienceMs, took * 20))
      })
      await Promise.race([run(), late])
      return true
    } catch {
      return false
    } finally {
      clearTimeout(timer)
      this.#turn()
      this.#beat(0, name)
      const ms = Math.round(usedMs() - start)
      if (ms >= 20 && id !== 0) this.#log({ is: 'spent', id, ms })
    }
  }

  /** Tests of built programs share a project, which a hook puts in order before each. */
  async #afterHooks(test: RunnerTestCase, body: () => unknown): Promise<void> {
    const suites = [test.suite ?? test.file, ...(test.suite === undefined ? [] : [test.file])]
    for (const suite of suites.toReversed()) {
      for (const hook of TestRunner.getSuiteHooks(suite).beforeEach) await hook(test.context, suite)
    }
    await body()
  }

  #turn(...ids: readonly number[]): void {
    this.#off = ids[0] ?? 0
    if (this.#programs !== undefined) turnOff(this.#programs, ids)
  }

  /** What was asked since the last time, and how often. */
  #takeAsked(): ReadonlyMap<number, number> {
    const asked = new Map(this.#asked)
    this.#asked.clear()
    for (const id of this.#programs === undefined ? [] : takeAsked(this.#programs)) asked.set(id, 1)
    return asked
  }

  #isOff(): boolean {
    if (this.#turnsLeft-- > 0) return true
    throw new Error('it does not end')
  }

  #isSpent(id: number): boolean {
    return (this.#spent.get(id) ?? 0) > this.#plan.budgetMs
  }

  #leave(ids: readonly number[]): void {
    for (const id of ids) this.#outside.add(id)
  }

  /** What was asked since the last test was asked by hooks or by modules that were loaded. */
  #note(): void {
    this.#leave([...this.#takeAsked().keys()])
  }

  /** What the other worker has caught need not be tried here. */
  #readLog(): void {
    const text = readFileSync(`${this.#plan.folder}/log`, 'utf8')
    const whole = text.slice(this.#read, text.lastIndexOf('\n') + 1)
    this.#read += whole.length
    for (const line of whole.split('\n').filter((one) => one !== '')) {
      const entry = JSON.parse(line) as LogLine
      if (entry.is === 'caught') this.#caught.add(entry.id)
      if (entry.is === 'spent') this.#spent.set(entry.id, (this.#spent.get(entry.id) ?? 0) + entry.ms)
    }
  }

  #log(line: LogLine): void {
    appendFileSync(`${this.#plan.folder}/log`, `${JSON.stringify(line)}\n`)
  }

  /** For the watch that ends a worker which never comes back. */
  #beat(id: number, test: string): void {
    writeFileSync(`${this.#plan.folder}/beat-${process.pid}`, JSON.stringify({ id, test, since: Date.now() }))
  }

  #path(file: string): string {
    return relative(this.#plan.root, file)
  }
}
