import { startWorkerPool, type WorkerPool } from '../io/worker-pool.ts'
import { CleanbillError, type ErrorCode, isCleanbillError } from '../model/error.ts'
import { attestationsOf, type EvidenceTask, verifyTask } from './evidence-task.ts'
import { type PackedTrust, packTrust, unpackTrust } from './packed-trust.ts'
import type { Trust } from './trust-material.ts'
import { refuseUnreadable, type VerifiedEvidence } from './verify-evidence.ts'

export type { EvidenceTask }

export interface VerifyThreads {
  /** The built `verify-worker.mjs`; named by `entry/`. */
  readonly program: URL
  /** How many at most; the number of cores. */
  readonly size: number
}

/** Fewer attestations than this are verified before a thread has started. */
export const PARALLEL_THRESHOLD = 64
/** Attestations a message: enough that a message is cheap, few enough that no thread waits for the last one. */
const BATCH = 16
/** Messages a thread has at once: the next one waits there, not for a turn of the thread that fetches. */
const AHEAD = 2

/** Verifies one task after another, as they come. */
export interface EvidenceVerifier {
  /**
   * @param trust kept for equal objects: what a thread was told once it is not told again
   * @throws {CleanbillError} as `verifyEvidence`; `INTERNAL_ERROR` when a thread dies
   */
  readonly verify: (task: EvidenceTask, trust: Trust) => Promise<VerifiedEvidence>
  readonly close: () => Promise<void>
}

/**
 * A verifier for tasks that come while others are still being fetched. The first {@link PARALLEL_THRESHOLD} attestations
 * are verified here; only then threads are started, which small projects never need.
 *
 * Never after a wrapped command has run: the threads' program is read from disk.
 */
export function openEvidenceVerifier(threads?: VerifyThreads): EvidenceVerifier {
  const waiting: Waiting[] = []
  const told = new Map<Trust, number>()
  let pool: WorkerPool | undefined
  let seen = 0
  let sent = 0
  let number = 0

  /** What waits goes out as soon as a thread can take it, in as few messages as there are. */
  function pump(from: WorkerPool, size: number): void {
    while (waiting.length > 0 && sent < size * AHEAD) {
      sent++
      const done = () => {
        sent--
        pump(from, size)
      }
      void send(from, takeBatch(waiting), number++).then(done)
    }
  }
  /** Every thread is told before it is given anything that needs it: messages arrive in their order. */
  function tell(to: WorkerPool, trust: Trust): number {
    const known = told.get(trust)
    if (known !== undefined) return known
    const id = told.size
    told.set(trust, id)
    to.tell({ kind: 'trust', id, packed: packTrust(trust) } satisfies WorkerMessage)
    return id
  }
  return {
    verify: async (task, trust) => {
      seen += attestationsOf(task)
      if (threads === undefined || seen <= PARALLEL_THRESHOLD) return verifyTask(task, trust)
      const { program, size } = threads
      pool ??= startWorkerPool(program, size)
      const running = pool
      const id = tell(running, trust)
      return await new Promise((resolve, reject) => {
        // What comes in one turn of the event loop goes out together.
        if (waiting.length === 0) queueMicrotask(() => pump(running, size))
        waiting.push({ task, trust: id, resolve, reject })
      })
    },
    close: async () => await pool?.close(),
  }
}

/**
 * Verifies the evidence of many targets at once. The results are those of `verifyEvidence`, in the order of the tasks.
 *
 * @throws {CleanbillError} as {@link EvidenceVerifier}
 */
export async function verifyEvidenceOfMany(
  tasks: readonly EvidenceTask[],
  trust: Trust,
  threads?: VerifyThreads,
): Promise<VerifiedEvidence[]> {
  const verifier = openEvidenceVerifier(threads)
  try {
    return await Promise.all(tasks.map((task) => verifier.verify(task, trust)))
  } finally {
    await verifier.close()
  }
}

interface Waiting {
  readonly task: EvidenceTask
  readonly trust: number
  readonly resolve: (result: VerifiedEvidence) => void
  readonly reject: (reason: unknown) => void
}

function takeBatch(waiting: Waiting[]): readonly Waiting[] {
  let load = 0
  const end = waiting.findIndex(({ task }) => {
    load += attestationsOf(task)
    return load > BATCH
  })
  // One that is more than a batch goes out alone.
  return waiting.splice(0, end < 0 ? waiting.length : Math.max(end, 1))
}

async function send(pool: WorkerPool, batch: readonly Waiting[], number: number): Promise<void> {
  try {
    const { tasks, transfer } = packTasks(batch)
    const answer = await pool.ask({ kind: 'tasks', number, tasks } satisfies WorkerMessage, transfer)
    const results = unpackAnswer(answer, number, batch.length)
    for (const [index, { task, resolve, reject }] of batch.entries()) {
      const result = results[index]
      if (result === undefined) reject(new CleanbillError('INTERNAL_ERROR', 'a thread left a target out'))
      else resolve(withUnreadable(result, task))
    }
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}

interface PackedTask extends EvidenceTask {
  readonly trust: number
}

/**
 * Errors lose their class on the way to a thread, and what could not be read needs no thread. Bytes go over as one piece,
 * a copy: two that asked the same question hold one answer, and what is handed over is gone here.
 */
function packTasks(batch: readonly Waiting[]): { tasks: PackedTask[]; transfer: ArrayBuffer[] } {
  const size = batch.reduce((sum, { task }) => sum + (task.unread?.bytes.length ?? 0), 0)
  const bytes = new Uint8Array(size)
  let end = 0
  const tasks = batch.map(({ task: { target, ...task }, trust }): PackedTask => {
    const documents = task.documents.map((document) => ({ ...document, unreadable: [] }))
    // Of a lock's entry with many files one is the target, and no check looks at the others.
    const { files: _, ...dependency } = target.dependency
    const packed = { ...task, target: { ...target, dependency }, documents, trust }
    if (task.unread === undefined) return packed
    const start = end
    end += task.unread.bytes.length
    bytes.set(task.unread.bytes, start)
    return { ...packed, unread: { ...task.unread, bytes: bytes.subarray(start, end) } }
  })
  return { tasks, transfer: size === 0 ? [] : [bytes.buffer] }
}

function withUnreadable(result: VerifiedEvidence, task: EvidenceTask): VerifiedEvidence {
  return { ...result, refused: [...refuseUnreadable(task.documents, task.source), ...result.refused] }
}

/** What a thread is sent. Only tasks are answered. */
type WorkerMessage =
  | { readonly kind: 'trust'; readonly id: number; readonly packed: PackedTrust }
  | { readonly kind: 'tasks'; readonly number: number; readonly tasks: readonly PackedTask[] }

/** What a thread sends back. */
export type WorkerAnswer =
  | { readonly kind: 'results'; readonly number: number; readonly results: readonly VerifiedEvidence[] }
  | { readonly kind: 'fault'; readonly code: ErrorCode; readonly message: string; readonly hint?: string | undefined }

/** The side of the thread: takes the messages of {@link openEvidenceVerifier}. */
export function makeAnswerer(): (message: unknown) => WorkerAnswer | undefined {
  const trusts = new Map<number, Trust>()
  return (message) => {
    // Sound: the one sender of such messages is the function above, in this process.
    const given = message as WorkerMessage
    if (given.kind === 'tasks') return answerTasks(given, trusts)
    trusts.set(given.id, unpackTrust(given.packed))
    return undefined
  }
}

function answerTasks(
  { number, tasks }: Extract<WorkerMessage, { kind: 'tasks' }>,
  trusts: ReadonlyMap<number, Trust>,
): WorkerAnswer {
  try {
    const results = tasks.map((task) => {
      const trust = trusts.get(task.trust)
      if (trust === undefined) throw new CleanbillError('INTERNAL_ERROR', 'a thread was given no trust')
      return verifyTask(task, trust)
    })
    return { kind: 'results', number, results }
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    return { kind: 'fault', code: error.code, message: error.message, hint: error.hint }
  }
}

/**
 * What crossed over is as verified as it was: the brand has no value that could be lost, and the one who answers is
 * {@link answerTasks} in a thread of this process.
 */
function unpackAnswer(answer: unknown, number: number, asked: number): readonly VerifiedEvidence[] {
  const given = answer as WorkerAnswer
  if (given.kind === 'fault') throw new CleanbillError(given.code, given.message, { hint: given.hint })
  // One result too few, or the answer to another message, would give dependencies the evidence of their neighbours.
  if (given.number === number && given.results.length === asked) return given.results
  throw new CleanbillError('INTERNAL_ERROR', `a thread judged other targets than the ${asked} that it was given`)
}
