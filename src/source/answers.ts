import type { HttpHeaders } from '../io/http.ts'
import { isCleanbillError } from '../model/error.ts'
import type { SourceError, SourceFault } from '../model/evidence.ts'
import type { Fact } from '../model/facts.ts'

/**
 * What a status means that a source has no use for (sources.md §0.1). Never "there is nothing": 404 is for the source to
 * judge, since only the authority may say no.
 */
export function statusError(source: string, status: number, what: string): SourceError {
  // 407 is a proxy on the way: the source was never asked.
  const fault: SourceFault =
    status === 407 ? 'unreachable' : status === 401 || status === 403 || status === 451 ? 'unreadable' : 'malformed'
  const redirect = status >= 300 && status < 400
  return {
    source,
    fault,
    message: `${what} was answered with ${status}${redirect ? ', a redirect that is not followed' : ''}`,
    ...(fault === 'unreadable' ? { hint: 'Give a token that may read it, or check the one that was given.' } : {}),
  }
}

/** Does the answer say that there is more of it? Then what it holds is not all there is (T-NS-02). */
export const hasNextPage = (headers: HttpHeaders): boolean =>
  /;\s*rel="?next"?(?:[;,\s]|$)/i.test(headers.get('link') ?? '')

/** For an answer in pages from an endpoint that has none: nobody knows how to ask for the rest. */
export function truncated(source: string, what: string): SourceError {
  return { source, fault: 'truncated', message: `${what} came as the first of several pages` }
}

/** @throws what is no refusal of ours: a defect */
export function malformed(source: string, what: string, cause: unknown): SourceError {
  if (!isCleanbillError(cause)) throw cause
  return { source, fault: 'malformed', code: cause.code, message: `${what}: ${cause.message}` }
}

export const unavailable = (error: SourceError): { readonly kind: 'unavailable'; readonly error: SourceError } => ({
  kind: 'unavailable',
  error,
})

/** A fact that could not be learned; offline nobody was asked. */
export function unknownFact(error: SourceError): Fact<never> {
  const code = error.fault === 'offline' ? 'NOT_ASKED' : 'CONTEXT_UNKNOWN'
  return { kind: 'unknown', code, message: error.message }
}
