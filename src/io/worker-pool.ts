import { Worker } from 'node:worker_threads'
import { CleanbillError } from '../model/error.ts'

/** Threads that each run one program and answer what they are asked, in order. */
export interface WorkerPool {
  /**
   * Hands a message to the thread with the fewest and gives its answer. Both are structured clones.
   *
   * @param transfer buffers in the message that are handed over and are empty here afterwards
   */
  readonly ask: (message: unknown, transfer?: readonly ArrayBuffer[]) => Promise<unknown>
  /** Tells every thread something that it does not answer. */
  readonly tell: (message: unknown) => void
  readonly close: () => Promise<void>
}

interface Job {
  readonly resolve: (answer: unknown) => void
  readonly reject: (reason: CleanbillError) => void
}

/**
 * Starts threads of a program that answers every message that is asked on its port with one message.
 *
 * The program is read from disk now: after somebody else's command has run beside it, it is not ours any more, and no
 * pool may be started.
 *
 * @param program file that `entry/` names
 */
export function startWorkerPool(program: URL, size: number): WorkerPool {
  const workers = Array.from({ length: size }, () => startWorker(program))
  let fault: CleanbillError | undefined
  let closing = false

  const fail = (reason: string): void => {
    fault ??= new CleanbillError('INTERNAL_ERROR', `a thread of the verifier stopped: ${reason}`, {
      hint: 'Nothing of what it had was judged. Report it with the evidence that was being verified.',
    })
    for (const { reject } of workers.flatMap(({ jobs }) => jobs.splice(0))) reject(fault)
  }
  for (const { thread, jobs } of workers) {
    thread.on('message', (answer: unknown) => jobs.shift()?.resolve(answer))
    thread.on('error', (error: Error) => fail(error.message))
    // Also one that had nothing to do: what it is asked next would wait for ever.
    thread.on('exit', () => {
      if (!closing) fail('it ended')
    })
  }
  return {
    ask: async (message, transfer = []) =>
      await new Promise((resolve, reject) => {
        const [idlest] = workers.toSorted((a, b) => a.jobs.length - b.jobs.length)
        if (fault !== undefined || idlest === undefined) {
          reject(fault ?? new CleanbillError('INTERNAL_ERROR', 'there is no thread'))
          return
        }
        idlest.thread.postMessage(message, [...transfer])
        idlest.jobs.push({ resolve, reject })
      }),
    tell: (message) => {
      for (const { thread } of workers) thread.postMessage(message)
    },
    close: async () => {
      closing = true
      await Promise.all(workers.map(({ thread }) => thread.terminate()))
    },
  }
}

interface PooledWorker {
  readonly thread: Worker
  /** What it was asked and has not answered. */
  readonly jobs: Job[]
}

/**
 * A thread that needs more than this was given something to make it grow. What a batch leaves behind is thrown away at
 * once: a larger nursery takes memory and saves no time (measured).
 */
const LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 12 } as const

/** No environment and no arguments: a thread that verifies needs neither, and tokens stay where they are. */
function startWorker(program: URL): PooledWorker {
  return {
    thread: new Worker(program, { env: {}, argv: [], stdin: false, resourceLimits: LIMITS }),
    jobs: [],
  }
}
