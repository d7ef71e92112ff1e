import { CleanbillError } from '../model/error.ts'
import type { SourceError, SourceFault } from '../model/evidence.ts'
import type { Fact } from '../model/facts.ts'
import type { EvidenceAnswer } from './client.ts'
import type { SourceSession } from './source.ts'

export interface Unavailable {
  readonly kind: 'unavailable'
  readonly error: SourceError
}

export function unavailable(source: string, fault: SourceFault, message: string, hint?: string): Unavailable {
  return { kind: 'unavailable', error: { source, fault, message, hint } }
}

type Answered = Extract<EvidenceAnswer, { kind: 'answer' }>

/**
 * What a status means that a source has no row of its own for (sources.md §0.1). A 404 is not among them: who answers
 * it decides whether it means "nothing".
 */
export function statusFault(answer: Pick<Answered, 'status' | 'headers'>): SourceFault {
  const { status, headers } = answer
  if (status === 429) return 'rate-limited'
  if (status === 403 && (headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after'))) {
    return 'rate-limited'
  }
  // 451: withheld. Like a private project, it is something we are not shown, not something that is not there.
  if ([401, 403, 451].includes(status)) return 'unreadable'
  // 407 is a proxy on the way: the source was never asked.
  if (status === 407 || status === 408 || status === 425 || status >= 500) return 'unreachable'
  return 'malformed'
}

/** {@link statusFault} as an outcome, with the place that gave it. */
export function refusedStatus(source: string, what: string, answer: Answered): Unavailable {
  return unavailable(source, statusFault(answer), `${what}: the answer is ${answer.status}`)
}

/**
 * Runs a parser of an answer. A refusal becomes `malformed`: what a registry garbled is not an attack, and not nothing.
 */
export function parsedOr<T>(source: string, what: string, parse: () => T): T | Unavailable {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof CleanbillError)) throw error
    return unavailable(source, 'malformed', `${what}: ${error.message}`)
  }
}

export function isUnavailable(value: unknown): value is Unavailable {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'unavailable'
}

export function knownFact<T>(session: SourceSession, value: T): Fact<T> {
  return { kind: 'known', value, observedAt: session.now().toISOString(), from: 'api' }
}

/** Asked, and not learned. Never read as "no". */
export function unknownFact(message: string): Fact<never> {
  return { kind: 'unknown', code: 'CONTEXT_UNKNOWN', message }
}
