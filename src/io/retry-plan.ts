/** One failed attempt, as far as it matters for another. */
export interface Failure {
  /** 0 when nothing, or only half an answer, came back. */
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly message: string
}

export interface Patience {
  /** Attempts made so far, this one included. */
  readonly attempt: number
  readonly maxAttempts: number
  /** Wall clock in milliseconds since 1970: servers state when a limit ends as a date. */
  readonly nowMs: number
  /** Milliseconds left of the total deadline. */
  readonly leftMs: number
  /** A server that asks for more than this is not waited for. */
  readonly maxWaitMs: number
  /** First pause after a fault; doubles. */
  readonly backoffMs: number
  /** From [0, 1): a hundred jobs of a matrix must not come back in the same instant. */
  readonly random: () => number
}

export type RetryPlan =
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'stop'; readonly asked?: number }

/** GitHub: "wait for at least one minute" when a secondary limit names no time. */
const SECONDARY_WAIT_MS = 60_000

/** Does the answer say "too many requests"? GitHub uses 429 and 403 for both kinds of limit. */
export function isRateLimit(failure: Failure): boolean {
  if (failure.status === 429) return true
  if (failure.status !== 403) return false
  return (
    failure.headers['retry-after'] !== undefined ||
    String(failure.headers['x-ratelimit-remaining']) === '0' ||
    /\b(secondary rate limit|abuse detection|api rate limit exceeded)\b/i.test(failure.message)
  )
}

/** Faults of the way or of the server, that may be gone in a moment. */
export function isTransient(failure: Failure): boolean {
  return failure.status === 0 || failure.status === 408 || failure.status >= 500
}

/**
 * Decides on the next attempt: never for a refusal; for a rate limit when the server wants it, if that is soon; for a
 * fault after a growing, random pause. The sum of all pauses stays within the deadline.
 */
export function planRetry(failure: Failure, patience: Patience): RetryPlan {
  const limited = isRateLimit(failure)
  if (!limited && !isTransient(failure)) return { kind: 'stop' }
  const asked = askedWaitMs(failure, patience.nowMs) ?? (limited ? SECONDARY_WAIT_MS : undefined)
  const backoff = patience.backoffMs * 2 ** (patience.attempt - 1)
  const ms = Math.ceil(asked === undefined ? backoff * (0.5 + patience.random() / 2) : asked + 500 * patience.random())
  if (patience.attempt >= patience.maxAttempts || ms > patience.leftMs || (asked ?? 0) > patience.maxWaitMs) {
    return asked === undefined ? { kind: 'stop' } : { kind: 'stop', asked }
  }
  return { kind: 'wait', ms }
}

/** How long the server asks to be left alone, in milliseconds: `Retry-After` in seconds or as a date, or GitHub's reset time. */
export function askedWaitMs(failure: Pick<Failure, 'headers'>, nowMs: number): number | undefined {
  const after = failure.headers['retry-after']
  if (after !== undefined) {
    const text = String(after).trim()
    const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
    if (Number.isFinite(ms)) return Math.max(ms, 0)
  }
  const reset = String(failure.headers['x-ratelimit-reset'] ?? '')
  if (String(failure.headers['x-ratelimit-remaining']) === '0' && /^\d{1,12}$/.test(reset)) {
    // One second more: the limit ends within the second that is named.
    return Math.max(Number(reset) * 1000 - nowMs, 0) + 1000
  }
  return undefined
}
