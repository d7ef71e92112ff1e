import { CleanbillError } from '../model/error.ts'
import { type BodyLimit, discardBody, readBody, readPieces } from './http-body.ts'
import { type HttpHeaders, readHeaders } from './http-headers.ts'
import type { HttpRequest } from './http-request.ts'
import { makePools, type Sent, send } from './http-send.ts'
import { type ResolveName, resolveName } from './public-address.ts'

export { type HttpHeaders, makeHeaders } from './http-headers.ts'
export type { HttpRequest } from './http-request.ts'

export interface HttpResponse {
  readonly status: number
  readonly headers: HttpHeaders
  readonly body: Uint8Array
}

/** One request, no retry: who calls knows what may be repeated. A fake that answers from memory fits the type. */
export type Http = (request: HttpRequest) => Promise<HttpResponse>

export interface HttpStreamRequest extends HttpRequest {
  /** Until the headers are there, and then between two pieces of the body. */
  readonly timeoutMs?: number
  /** For the whole answer: one that drips is given up too. Default 120,000 ms. */
  readonly deadlineMs?: number
}

export interface HttpStreamResponse {
  readonly status: number
  readonly headers: HttpHeaders
  /** Decoded, piece by piece. Throws what {@link http} throws. Read it or {@link discard} it. */
  readonly body: AsyncIterable<Uint8Array>
  readonly discard: () => Promise<void>
}

/** As {@link Http}, for bodies that are too large to hold. */
export type HttpStream = (request: HttpStreamRequest) => Promise<HttpStreamResponse>

/** The server could not be asked or did not finish its answer. Never the same as an answer. */
export class HttpUnavailable extends Error {
  override readonly name = 'HttpUnavailable'
}

export interface HttpOptions {
  /** Default: the system's resolver. */
  readonly lookup?: ResolveName
  /** PEM of the authorities that servers are held to. Default: Node's own. */
  readonly ca?: string
}

export interface HttpClient {
  /**
   * One request with a deadline, a size cap and no redirects followed: a redirect would carry a token to another host.
   * `Content-Encoding` is undone; the cap counts what comes in and what comes out of that.
   *
   * @throws {HttpUnavailable} connection refused or reset, timeout, half a body
   * @throws {CleanbillError} `LIMIT_EXCEEDED`, `URL_DENIED`
   */
  readonly http: Http
  /**
   * The same for a body that is reduced while it comes.
   *
   * @throws {HttpUnavailable} while the body is read too
   * @throws {CleanbillError} `LIMIT_EXCEEDED` (while the body is read), `URL_DENIED`
   */
  readonly httpStream: HttpStream
}

/**
 * HTTP/1.1 over connections that are kept. On `node:http`, which costs half the processor time of `fetch` and lets us
 * see the address that a name leads to before anything is sent there.
 */
export function makeHttp({ lookup = resolveName, ca }: HttpOptions = {}): HttpClient {
  const pools = makePools(lookup, ca)
  /** A header that Node does not accept is thrown at once. */
  const sendOrFail = (url: URL, request: HttpRequest) => {
    try {
      return send(url, request, pools)
    } catch (error) {
      throw toHttpFault(error, url)
    }
  }
  return {
    http: async (request) => {
      const url = parseHttpUrl(request.url)
      const sent = sendOrFail(url, request)
      const timer = setTimeout(() => sent.giveUp(late()), request.timeoutMs ?? 30_000)
      try {
        const { incoming, headers, limit } = await begin(sent, url, request)
        const body = await readBody(incoming, headers, limit)
        return { status: incoming.statusCode ?? 0, headers, body }
      } catch (error) {
        throw toHttpFault(error, url)
      } finally {
        clearTimeout(timer)
      }
    },
    httpStream: async (request) => {
      const url = parseHttpUrl(request.url)
      const sent = sendOrFail(url, request)
      const watch = watchOver(sent, request)
      try {
        watch.waiting(true)
        const { incoming, headers, limit } = await begin(sent, url, request)
        watch.waiting(false)
        async function* read() {
          try {
            // Whoever reduces may take as long as it likes: only waiting for the server is timed.
            yield* readPieces(incoming, headers, limit, watch.waiting)
          } catch (error) {
            throw toHttpFault(error, url)
          } finally {
            watch.end()
          }
        }
        const discard = async () => {
          watch.waiting(true)
          await discardBody(incoming, limit)
          watch.end()
        }
        return { status: incoming.statusCode ?? 0, headers, body: read(), discard }
      } catch (error) {
        watch.end()
        throw toHttpFault(error, url)
      }
    },
  }
}

/** The client of the whole process. */
export const { http, httpStream }: HttpClient = makeHttp()

const late = () => new HttpUnavailable('no answer in time')

/** The headers are there; a body that says itself that it is too large is not waited for. */
async function begin(sent: Sent, url: URL, { method, maxBytes = 16 * 1024 * 1024 }: HttpRequest) {
  const incoming = await sent.answer
  const headers = readHeaders(incoming.rawHeaders)
  const tooLarge = () => new CleanbillError('LIMIT_EXCEEDED', `the answer of ${url.host} exceeds ${maxBytes} bytes`)
  // Without a body the length is that of the body there would be (RFC 9110 §8.6).
  const bodiless = method === 'HEAD' || incoming.statusCode === 304
  if (!bodiless && Number(headers.get('content-length') ?? 0) > maxBytes) {
    incoming.destroy()
    throw tooLarge()
  }
  const limit: BodyLimit = { maxBytes, tooLarge }
  return { incoming, headers, limit }
}

/** Gives up when one wait or the whole takes too long. */
function watchOver(sent: Sent, { timeoutMs = 30_000, deadlineMs = 120_000 }: HttpStreamRequest) {
  const whole = setTimeout(() => sent.giveUp(late()), deadlineMs)
  let idle: NodeJS.Timeout | undefined
  const waiting = (now: boolean) => {
    clearTimeout(idle)
    if (now) idle = setTimeout(() => sent.giveUp(late()), timeoutMs)
  }
  const end = () => {
    clearTimeout(whole)
    clearTimeout(idle)
  }
  return { waiting, end }
}

/**
 * https anywhere; plain http on loopback only.
 *
 * @throws {CleanbillError} `URL_DENIED`
 */
export function parseHttpUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') {
    throw new CleanbillError('URL_DENIED', `not a URL we ask: ${JSON.stringify(text.slice(0, 200))}`)
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return url
  throw new CleanbillError('URL_DENIED', `${url.protocol}//${url.host} is not https`, {
    hint: 'Plain http is accepted for loopback addresses only.',
  })
}

/** By the parsed host, never by substring: `127.0.0.1.evil.example` is somebody else (T-ID-13). */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(hostname)
}

function toHttpFault(error: unknown, url: URL): Error {
  if (error instanceof CleanbillError) return error
  const { code, message } = error as { code?: unknown; message?: unknown }
  const reason = typeof code === 'string' ? code : String(message)
  return new HttpUnavailable(`${url.host}: ${reason}`, { cause: error })
}
