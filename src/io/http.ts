import { CleanbillError } from '../model/error.ts'

export interface HttpRequest {
  readonly url: string
  readonly method?: 'GET' | 'POST' | 'PUT' | 'HEAD' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly timeoutMs?: number
  /** Bytes of body read before giving up. */
  readonly maxBytes?: number
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** One request, no retry: who calls knows what may be repeated. A fake that answers from memory fits the type. */
export type Http = (request: HttpRequest) => Promise<HttpResponse>

/** The server could not be asked or did not finish its answer. Never the same as an answer. */
export class HttpUnavailable extends Error {
  override readonly name = 'HttpUnavailable'
}

/**
 * `fetch` with a deadline, a size cap and no redirects followed: a redirect would carry a token to another host.
 *
 * @throws {HttpUnavailable} connection refused or reset, timeout, half a body
 * @throws {CleanbillError} `LIMIT_EXCEEDED`, `URL_DENIED`
 */
export const http: Http = async (request) => {
  const url = parseHttpUrl(request.url)
  const signal = AbortSignal.timeout(Math.ceil(request.timeoutMs ?? 30_000))
  const body =
    request.body === undefined ? null : typeof request.body === 'string' ? request.body : request.body.slice()
  try {
    const response = await fetch(url, {
      method: request.method ?? 'GET',
      headers: { 'user-agent': 'cleanbill', ...request.headers },
      body,
      redirect: 'manual',
      signal,
    })
    return {
      status: response.status,
      headers: response.headers,
      body: await readCapped(response, request.maxBytes ?? 16 * 1024 * 1024),
    }
  } catch (error) {
    if (error instanceof CleanbillError) throw error
    throw new HttpUnavailable(`${url.host}: ${reasonOf(error)}`, { cause: error })
  }
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

async function readCapped(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) {
      throw new CleanbillError(
        'LIMIT_EXCEEDED',
        `the answer of ${new URL(response.url).host} exceeds ${maxBytes} bytes`,
      )
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown; message?: unknown } }).cause
  const code = typeof cause?.code === 'string' ? cause.code : undefined
  if ((error as Error).name === 'TimeoutError') return 'no answer in time'
  return code ?? (typeof cause?.message === 'string' ? cause.message : (error as Error).message)
}
