import { availableParallelism } from 'node:os'
import type { VerifyThreads } from '../verify/verify-parallel.ts'

const cores = availableParallelism()

/**
 * The verifier's program lies beside the one that starts it. More than four threads wait for the network together; on one
 * core a thread only costs.
 */
export const VERIFY_THREADS: VerifyThreads | undefined =
  cores < 2 ? undefined : { program: new URL('./verify-worker.mjs', import.meta.url), size: Math.min(cores, 4) }
