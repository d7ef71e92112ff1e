import { isCleanbillError } from '../../../src/model/error.ts'
import type { Input, Target } from './target.ts'

export interface Fault {
  readonly kind: 'throws' | 'slow' | 'hang' | 'memory' | 'property'
  readonly detail: string
}

export interface Bounds {
  /** Of the processor, not of the clock: other work on the machine is no finding. What any input may take. */
  readonly cpuMs: number
  /** And what each kB of it may take on top: YAML takes some 3 ms, so what is left is room for a slow machine, and none for a square. */
  readonly cpuMsPerKb: number
  /** For an answer that never comes though nothing is computed. */
  readonly waitMs: number
  /** By how much one input may raise the highest memory that the process ever had. */
  readonly memoryBytes: number
}

export const BOUNDS: Bounds = { cpuMs: 1_000, cpuMsPerKb: 10, waitMs: 15_000, memoryBytes: 400 * 1024 * 1024 }

/** Gives one input to a target and says what is wrong with what came of it; undefined where nothing is. */
export async function runInput(target: Target, input: Input, bounds: Bounds = BOUNDS): Promise<Fault | undefined> {
  const first = await measured(target, input, bounds)
  // Compiling, collecting and waiting for others happen to whoever comes by: what is slow is slow twice.
  return first?.kind === 'slow' || first?.kind === 'hang' ? await measured(target, input, bounds) : first
}

/** What an input may take of the processor. */
export function cpuBoundOf(input: Input, { cpuMs, cpuMsPerKb }: Bounds): number {
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.length
  return Math.round(cpuMs + (bytes / 1_000) * cpuMsPerKb)
}

async function measured(target: Target, input: Input, bounds: Bounds): Promise<Fault | undefined> {
  const memory = process.resourceUsage().maxRSS * 1024
  const start = process.cpuUsage()
  const fault = await judged(target, input, bounds)
  if (fault !== undefined) return fault
  const { user, system } = process.cpuUsage(start)
  const bound = cpuBoundOf(input, bounds)
  if ((user + system) / 1_000 > bound) return { kind: 'slow', detail: `took more than ${bound} ms of processor time` }
  const grown = process.resourceUsage().maxRSS * 1024 - memory
  if (grown > bounds.memoryBytes) return { kind: 'memory', detail: `raised the memory by ${grown >> 20} MiB` }
  return undefined
}

async function judged(target: Target, input: Input, { waitMs }: Bounds): Promise<Fault | undefined> {
  // Sound: a target and its inputs are made by one constructor, which knows the type of both.
  const { run, complain } = target as unknown as Untyped
  let result: unknown
  try {
    const answer = run(input)
    result = answer instanceof Promise ? await inTime(answer, waitMs) : answer
  } catch (error) {
    if (isCleanbillError(error) && target.throwsNothing !== true) return undefined
    if (error instanceof NoAnswer) return { kind: 'hang', detail: `gave no answer in ${waitMs} ms` }
    return { kind: 'throws', detail: describeError(error) }
  }
  const complaint = complain?.(result, input)
  return complaint === undefined ? undefined : { kind: 'property', detail: complaint }
}

/** What comes of an input with which nothing is wrong: `reads`, or the code of its error. */
export async function outcomeOf(target: Target, input: Input): Promise<string> {
  const { run } = target as unknown as Untyped
  try {
    await run(input)
    return 'reads'
  } catch (error) {
    if (isCleanbillError(error)) return error.code
    throw error
  }
}

interface Untyped {
  readonly run: (input: Input) => unknown
  readonly complain?: (result: unknown, input: Input) => string | undefined
}

class NoAnswer extends Error {}

async function inTime<T>(answer: Promise<T>, waitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer()), waitMs)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Name, message and the first places of ours on the stack: enough to tell two findings apart. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${String(error)}`
  const places = (error.stack ?? '').split('\n').filter((line) => line.includes('/src/'))
  const named = places.slice(0, 2).map((line) => /(src\/[^:)]+:\d+)/.exec(line)?.[1] ?? '')
  return [`${error.name}: ${error.message.slice(0, 160)}`, ...named].join(' at ')
}
