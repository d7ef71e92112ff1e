import type { Host } from '../io/host.ts'
import { type Http, type HttpRequest, type HttpStream, makeHeaders, parseHttpUrl } from '../io/http.ts'
import { isCleanbillError } from '../model/error.ts'
import type { SourceError } from '../model/evidence.ts'
import { isConfigured, requireAllowed } from './address-rules.ts'
import { type BundleCache, type CacheEntry, makeBundleCache } from './bundle-cache.ts'
import type { BodyReducer, EvidenceAnswer, EvidenceClient, EvidenceRequest } from './client.ts'
import { type Exchanged, type ExchangeRules, exchange, type Outcome } from './exchange.ts'
import { makeHostGate } from './host-gate.ts'
import { watchHosts } from './host-health.ts'

export interface EvidenceClientOptions {
  readonly http: Http
  /** Default: `http`, its body handed over as one piece. */
  readonly stream?: HttpStream | undefined
  readonly host: Pick<Host, 'now' | 'monotonic' | 'sleep' | 'log'>
  /** Base URLs by row of `EVIDENCE_ORIGINS` or `oci:HOST`: where requests may go without being on a list. */
  readonly origins: Readonly<Record<string, string>>
  /** `Authorization` values, each sent to exactly its origin (scheme, host and port) and nowhere else (T-NS-05). */
  readonly credentials: readonly { readonly origin: string; readonly header: string }[]
  /** Absent: nothing is kept. */
  readonly cacheDir?: string | undefined
  /** Nothing is asked; what the cache has is used. */
  readonly offline: boolean
  /** From [0, 1). */
  readonly random: () => number
  /** Default 48 in all, 32 for one host. */
  readonly concurrency?: { readonly total: number; readonly perHost: number } | undefined
  /** Default 3. */
  readonly attempts?: number | undefined
  /** Of one attempt. Default 10,000. */
  readonly timeoutMs?: number | undefined
  /** Kept answers are used without asking for so long; after that the server is asked whether they changed. Default a day. */
  readonly freshMs?: number | undefined
}

/** sources.md §0.3. */
const MAX_BYTES = 16 * 1024 * 1024
const DAY_MS = 86_400_000

type Exchange<T> = (request: HttpRequest) => Promise<Exchanged<T>>

/**
 * The {@link EvidenceClient} of a run. It knows the policy's origins and the credentials; sources know neither.
 *
 * @throws {CleanbillError} `URL_DENIED` for an origin that is not https (plain http: loopback only)
 */
export function makeEvidenceClient(options: EvidenceClientOptions): EvidenceClient {
  const { host, offline } = options
  const origins = Object.values(options.origins).map(parseHttpUrl)
  const rules: ExchangeRules = {
    host,
    gate: makeHostGate(options.concurrency?.total ?? 48, options.concurrency?.perHost ?? 32),
    health: watchHosts(host.monotonic),
    random: options.random,
    attempts: options.attempts ?? 3,
  }
  const cache =
    options.cacheDir === undefined ? undefined : makeBundleCache(options.cacheDir, MAX_BYTES, host.log.debug)
  const timeoutMs = options.timeoutMs ?? 10_000
  const counters = makeCounters()
  const inFlight = new Map<string, Promise<EvidenceAnswer>>()
  const stream = options.stream ?? toStream(options.http)

  async function ask<T>(request: EvidenceRequest, make: Exchange<T>): Promise<Outcome<T>> {
    if (offline) return failed(request.source, 'offline', `${hostOf(request.url)} was not asked: this run is offline`)
    try {
      return await follow(request, (url, headers) => {
        const { method = 'GET', body, maxBytes = MAX_BYTES } = request
        // A name that a response chose may lead anywhere by now, whatever it led to when it came onto a list.
        const publicOnly = !isConfigured(url, origins)
        const sent = {
          url: url.href,
          method,
          headers,
          timeoutMs,
          maxBytes,
          publicOnly,
          ...(body === undefined ? {} : { body }),
        }
        const send = () => {
          counters.of(request.source).requests++
          return make(sent)
        }
        return exchange({ source: request.source, method, url }, send, rules)
      })
    } catch (error) {
      if (!isCleanbillError(error)) throw error
      return failed(request.source, 'malformed', error.message, error.code)
    }
  }

  /** Hop by hop: each address is held to the rules, and what was meant for one origin goes to no other. */
  async function follow<T>(
    request: EvidenceRequest,
    go: (url: URL, headers: Record<string, string>) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const first = requireAllowed(request.url, request, origins)
    for (let url = first, hops = request.redirects ?? 0; ; hops--) {
      const outcome = await go(url, headersFor(request, url, first))
      const location = outcome.kind === 'answer' ? outcome.headers.get('location') : null
      const redirected = outcome.kind === 'answer' && [301, 302, 303, 307, 308].includes(outcome.status)
      if (!redirected || location === null || hops <= 0 || request.method === 'POST') return outcome
      const target = URL.parse(location, url.href)?.href ?? location
      // From here on the server chooses, so its choice is held to the rules for what a response names.
      url = requireAllowed(target, { trust: 'supplied', hosts: request.hosts ?? [] }, origins)
    }
  }

  function headersFor(request: EvidenceRequest, url: URL, first: URL): Record<string, string> {
    const own = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const)
    const headers: Record<string, string> = Object.fromEntries(
      own.filter(([name]) => url.origin === first.origin || !['authorization', 'cookie'].includes(name)),
    )
    const credential = options.credentials.find(({ origin }) => URL.parse(origin)?.origin === url.origin)
    if (credential !== undefined && request.anonymous !== true) headers.authorization ??= credential.header
    return headers
  }

  const buffered: (source: string) => Exchange<Uint8Array> = (source) => async (request) => {
    const { status, headers, body } = await options.http(request)
    counters.of(source).bytes += body.length
    return { status, headers, value: body }
  }

  async function fetchOnce(request: EvidenceRequest): Promise<EvidenceAnswer> {
    const key = request.method === undefined || request.method === 'GET' ? request.cacheAs : undefined
    const kept = key === undefined || cache === undefined ? undefined : await readKept(cache, key, request)
    const fresh = kept !== undefined && isFresh(kept, host.now(), options.freshMs ?? DAY_MS)
    if (kept !== undefined && (offline || fresh)) return useKept(kept, request)
    const conditional = kept?.etag === undefined ? {} : { 'if-none-match': kept.etag }
    const outcome = await ask({ ...request, headers: { ...request.headers, ...conditional } }, buffered(request.source))
    // What was kept still proves itself when its server is away; that it was taken back, only an answer can say.
    if (outcome.kind === 'failed') return kept === undefined ? outcome : useKept(kept, request)
    const unchanged = kept !== undefined && outcome.status === 304
    const body = unchanged ? kept.body : outcome.value
    const etag = outcome.headers.get('etag') ?? (unchanged ? kept.etag : undefined)
    const worth = unchanged || (outcome.status === 200 && (request.keepIf?.(body) ?? true))
    if (key !== undefined && worth) await cache?.write(key, { body, etag, askedAt: host.now() })
    return unchanged
      ? useKept(kept, request)
      : { kind: 'answer', status: outcome.status, headers: outcome.headers, body }
  }

  function useKept({ body, etag }: CacheEntry, { source }: EvidenceRequest): EvidenceAnswer {
    counters.of(source).cached++
    return { kind: 'answer', status: 200, headers: makeHeaders(etag === undefined ? {} : { etag }), body }
  }

  return {
    fetch: (request) => {
      const key = questionOf(request)
      const running = key === undefined ? undefined : inFlight.get(key)
      if (running !== undefined) return running
      const answer = fetchOnce(request)
      if (key !== undefined) {
        inFlight.set(key, answer)
        const forget = () => void inFlight.delete(key)
        answer.then(forget, forget)
      }
      return answer
    },
    stream: async (request, reduce) => {
      const outcome = await ask(
        request,
        reduced(stream, reduce, (bytes) => (counters.of(request.source).bytes += bytes)),
      )
      return outcome.kind === 'failed' ? outcome : { kind: 'answer', status: outcome.status, value: outcome.value }
    },
    counts: counters.all,
  }
}

async function readKept(cache: BundleCache, key: string, { keepIf }: EvidenceRequest): Promise<CacheEntry | undefined> {
  const entry = await cache.read(key)
  return entry !== undefined && (keepIf?.(entry.body) ?? true) ? entry : undefined
}

/** A date in the future is somebody else's doing. */
function isFresh({ askedAt }: CacheEntry, now: Date, freshMs: number): boolean {
  const age = now.getTime() - askedAt.getTime()
  return age >= 0 && age < freshMs
}

/** A 200 goes to the reducer, piece by piece; of anything else the body is not read. Repeated as a whole. */
function reduced<T>(
  stream: HttpStream,
  reduce: BodyReducer<T>,
  onBytes: (bytes: number) => void,
): Exchange<T | undefined> {
  return async (request) => {
    const { status, headers, body, discard } = await stream(request)
    if (status !== 200) {
      await discard()
      return { status, headers, value: undefined }
    }
    return { status, headers, value: await reduce(counted(body, onBytes)) }
  }
}

async function* counted(chunks: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void) {
  for await (const chunk of chunks) {
    onBytes(chunk.length)
    yield chunk
  }
}

function toStream(http: Http): HttpStream {
  return async (request) => {
    const { status, headers, body } = await http(request)
    async function* once() {
      yield body
    }
    return { status, headers, body: once(), discard: async () => undefined }
  }
}

/** Equal questions that are on their way share one answer. A body makes a question that is not compared. */
function questionOf(request: EvidenceRequest): string | undefined {
  const { keepIf: _, method = 'GET', body, ...rest } = request
  return method === 'GET' && body === undefined ? JSON.stringify(rest) : undefined
}

function makeCounters() {
  const counts = new Map<string, { requests: number; cached: number; bytes: number }>()
  const of = (source: string) => {
    const count = counts.get(source) ?? { requests: 0, cached: 0, bytes: 0 }
    counts.set(source, count)
    return count
  }
  return { of, all: () => Object.fromEntries([...counts].map(([source, count]) => [source, { ...count }])) }
}

function failed(
  source: string,
  fault: SourceError['fault'],
  message: string,
  code?: SourceError['code'],
): { readonly kind: 'failed'; readonly error: SourceError } {
  return { kind: 'failed', error: { source, fault, message, ...(code === undefined ? {} : { code }) } }
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'the source'
