import type { HttpHeaders } from '../io/http.ts'
import type { SourceError } from '../model/evidence.ts'

/** One request of a source. Credentials are the client's business: a source never sees a token. */
export interface EvidenceRequest {
  readonly source: string
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'HEAD'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Bytes of the body, as it comes and after decoding. Default 16 MiB. */
  readonly maxBytes?: number
  /**
   * `configured` (default): the URL is below an origin of the policy. `supplied`: a response named it, so it must be
   * https at one of `hosts`, or below a configured origin; never a private or link-local address.
   */
  readonly trust?: 'configured' | 'supplied'
  /** For `supplied`: host names, exact, or `.suffix`. */
  readonly hosts?: readonly string[]
  /** May the answer be kept on disk? Only what proves itself: bundles and signed records, never API facts. */
  readonly cacheAs?: string
  /**
   * Is this body worth keeping? Asked before an answer is kept and again before a kept one is used: whoever can write
   * the cache must not be able to make "nothing found" of it (T-NS-09).
   */
  readonly keepIf?: (body: Uint8Array) => boolean
  /** Ask without credentials, also where the client has some for this host: an IP allow list refuses them (trivy#10567). */
  readonly anonymous?: boolean
  /** Redirects that may be followed, hop by hop under the same rules; credentials are dropped on another host. Default 0. */
  readonly redirects?: number
}

export type EvidenceAnswer =
  /** Any status that is an answer: 2xx, 3xx that was not followed, 404, 410, 401, 403 without a rate limit, other 4xx. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers: HttpHeaders; readonly body: Uint8Array }
  /** After retries: network, timeout, 5xx, 429, rate limit, over a cap, address denied, offline. */
  | { readonly kind: 'failed'; readonly error: SourceError }

/** Streams a body to a reducer, for documents that are too large to hold (packuments, archives). */
export type BodyReducer<T> = (chunks: AsyncIterable<Uint8Array>) => Promise<T>

/**
 * How sources reach the network: bounded concurrency, per-host rate limits, retry with jitter, `Retry-After`,
 * conditional requests, caps, one request for equal questions, a cache of what proves itself.
 */
export interface EvidenceClient {
  readonly fetch: (request: EvidenceRequest) => Promise<EvidenceAnswer>
  /** As `fetch`; a 200 is given to the reducer as it comes. */
  readonly stream: <T>(
    request: EvidenceRequest,
    reduce: BodyReducer<T>,
  ) => Promise<
    | { readonly kind: 'answer'; readonly status: number; readonly value: T | undefined }
    | Extract<EvidenceAnswer, { kind: 'failed' }>
  >
  /** Requests made so far, by source; for reports and budgets. */
  readonly counts: () => Readonly<
    Record<string, { readonly requests: number; readonly cached: number; readonly bytes: number }>
  >
}
