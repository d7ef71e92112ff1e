import type { HttpHeaders } from '../io/http.ts'
import { askedWaitMs, isRateLimit } from '../io/retry-plan.ts'
import type { SourceFault } from '../model/evidence.ts'

/** What one attempt brought. */
export interface Attempt {
  /** 0: nothing, or only half an answer. */
  readonly status: number
  readonly headers: HttpHeaders
  /** Number of this attempt, from 1. */
  readonly number: number
}

export interface RetryRules {
  readonly attempts: number
  readonly nowMs: number
  /** A server that asks for a longer pause is not waited for. */
  readonly maxWaitMs: number
  readonly random: () => number
}

export type Next =
  /** The source may make of it what it can. */
  | { readonly kind: 'answer' }
  | { readonly kind: 'again'; readonly ms: number; readonly pauseMs: number }
  | { readonly kind: 'failed'; readonly fault: SourceFault; readonly pauseMs: number }

const FIRST_BACKOFF_MS = 250

/** Faults of the way or of the server, gone in a moment perhaps (sources.md §0.1). */
export function isPassing(status: number): boolean {
  return status === 0 || status === 408 || status === 425 || status >= 500
}

/**
 * Decides what follows on one attempt. `pauseMs`: for how long nobody should ask in this lane, since the server said so.
 * A rate limit that ends too late for this run is a state of its own and no outage.
 */
export function decideNext({ status, headers, number }: Attempt, rules: RetryRules): Next {
  const failure = { status, headers: Object.fromEntries(headers), message: '' }
  const limited = isRateLimit(failure)
  if (!limited && !isPassing(status)) return { kind: 'answer' }
  const asked = askedWaitMs(failure, rules.nowMs)
  const fault = limited ? 'rate-limited' : 'unreachable'
  if (asked !== undefined && asked > rules.maxWaitMs) {
    // Whoever asks for an hour's rest is given it, at least on this run.
    return { kind: 'failed', fault: 'rate-limited', pauseMs: asked }
  }
  if (number >= rules.attempts) return { kind: 'failed', fault, pauseMs: asked ?? 0 }
  const backoff = FIRST_BACKOFF_MS * 2 ** (number - 1) * (0.5 + rules.random())
  return { kind: 'again', ms: Math.ceil(Math.max(backoff, asked ?? 0)), pauseMs: asked ?? 0 }
}
