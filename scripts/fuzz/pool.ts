import { type ChildProcess, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { minimise } from '../../__tests__/fuzz/engine/minimise.ts'
import type { Fault } from '../../__tests__/fuzz/engine/run-input.ts'
import type { Input } from '../../__tests__/fuzz/engine/target.ts'
import type { Order, Report } from './messages.ts'

const MEMORY_MB = 768
/** For one order without any answer, beyond the time that it was given: then the process hangs. */
const PATIENCE_MS = 30_000
/** For one input, when it is known that it hangs. */
const SHORT_PATIENCE_MS = 8_000
const MINIMISE_MS = 60_000

type Done = Extract<Report, { kind: 'done' }>

/** A process that tries inputs. When one hangs it, or ends it, the next order gets a new one. */
export class Worker {
  readonly #inputFile: string
  readonly #isText: (target: string) => boolean
  #child: ChildProcess | undefined

  constructor(folder: string, number: number, isText: (target: string) => boolean) {
    this.#inputFile = join(folder, `input-${number}`)
    this.#isText = isText
  }

  /** As {@link ask}; an input that hangs or ends the process is a fault like any other, made small from outside. */
  async slice(target: string, seed: number, maxMs: number): Promise<Done> {
    const done = await this.ask({ kind: 'slice', target, seed, maxMs }, maxMs + PATIENCE_MS)
    const { fault, input } = done
    if (fault === undefined || input === undefined || (fault.kind !== 'hang' && fault.kind !== 'memory')) return done
    // A machine that is busy with others starves a process too: what hangs, hangs again in a new one.
    const once = await this.ask({ kind: 'input', target, input }, PATIENCE_MS)
    if (once.fault?.kind !== fault.kind) return { ...once, inputs: done.inputs, input }
    const isSame = async (shorter: Input): Promise<boolean> => {
      const again = await this.ask({ kind: 'input', target, input: shorter }, SHORT_PATIENCE_MS)
      return again.fault?.kind === fault.kind
    }
    return { ...done, input: await minimise(input, isSame, Date.now() + MINIMISE_MS) }
  }

  async ask(order: Order, patienceMs: number): Promise<Done> {
    const child = await this.#ready()
    return new Promise((resolve, reject) => {
      let watchdog: NodeJS.Timeout | undefined
      const finish = (done: Done) => {
        clearTimeout(watchdog)
        child.removeAllListeners()
        resolve(done)
      }
      const lost = (fault: Fault) => {
        this.#child = undefined
        finish({ kind: 'done', inputs: 1, fault, input: this.#lastInput(order.target) })
      }
      watchdog = setTimeout(() => {
        child.removeAllListeners()
        // By its own id: nothing else on the machine is ended.
        if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL')
        lost({ kind: 'hang', detail: `gave no answer in ${patienceMs} ms` })
      }, patienceMs)
      child.once('message', (report: Report) => {
        if (report.kind === 'done') return finish(report)
        clearTimeout(watchdog)
        reject(new Error(`the fuzzer itself does not work: ${report.kind === 'broken' ? report.why : report.kind}`))
      })
      child.once('exit', (code, signal) =>
        lost({
          kind: 'memory',
          detail: `ended the process (${signal ?? `code ${code}`}) with ${MEMORY_MB} MB of heap`,
        }),
      )
      child.send(order)
    })
  }

  close(): void {
    this.#child?.removeAllListeners()
    this.#child?.disconnect()
    this.#child = undefined
  }

  async #ready(): Promise<ChildProcess> {
    if (this.#child !== undefined) return this.#child
    const child = fork(join(import.meta.dirname, 'worker.ts'), [this.#inputFile], {
      execArgv: [`--max-old-space-size=${MEMORY_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve())
      child.once('exit', () => reject(new Error('a worker does not start')))
    })
    child.removeAllListeners()
    return child
  }

  #lastInput(target: string): Input {
    const bytes = readFileSync(this.#inputFile)
    return this.#isText(target) ? (JSON.parse(bytes.toString('utf8')) as string) : new Uint8Array(bytes)
  }
}
