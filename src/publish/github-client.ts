import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { Octokit } from '@octokit/rest'
import type { Host } from '../io/host.ts'
import { type Http, type HttpRequest, parseHttpUrl } from '../io/http.ts'
import { type Failure, isTransient, planRetry } from '../io/retry-plan.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { maskedText } from './masked-text.ts'

export interface GithubOptions {
  /** `GITHUB_API_URL`: `https://api.github.com`, `https://api.<tenant>.ghe.com`, `https://<host>/api/v3`; http on loopback only. */
  readonly apiUrl: string
  /** `owner/name`. */
  readonly repository: string
  readonly token: string
  readonly http: Http
  readonly host: Pick<Host, 'now' | 'monotonic' | 'log'>
  readonly patience?: {
    /** All attempts and pauses together. Default 120,000 ms. */
    readonly deadlineMs?: number
    /** One attempt. Default 30,000 ms. */
    readonly attemptMs?: number
    /** Default 5. */
    readonly maxAttempts?: number
    /** A limit that ends later than this is not waited for. Default 60,000 ms. */
    readonly maxWaitMs?: number
    /** First pause after a fault. Default 1,000 ms. */
    readonly backoffMs?: number
    readonly random?: () => number
  }
}

/** What GitHub answered in the end, whatever it was. */
export interface GithubAnswer {
  /** 0 when there was no (whole) answer. */
  readonly status: number
  readonly headers: Readonly<Record<string, string | number | undefined>>
  readonly data: unknown
  /** GitHub's message, masked, on one line; what went wrong where there was no answer. */
  readonly message: string
  /** Milliseconds the server asked us to wait, where that was why we stopped. */
  readonly askedMs?: number
}

export type GithubClient = (route: string, parameters?: Readonly<Record<string, unknown>>) => Promise<GithubAnswer>

const API_VERSION = '2022-11-28'
/** Every status is decided by our own plan; the plugin's own list would repeat some and ignore `retry-after`. */
const ALL_ERRORS = Array.from({ length: 200 }, (_, index) => 400 + index)

/**
 * GitHub's REST API through Octokit, over our own transport (deadline, size cap, no redirects, half a body is a fault).
 * The throttling plugin spaces writes one second apart, as GitHub asks; the retry plugin waits as `planRetry` says.
 *
 * @throws {CleanbillError} `URL_DENIED`, `ARGUMENT_INVALID`; the client itself throws only codes of the transport
 */
export function buildGithubClient(options: GithubOptions): GithubClient {
  const base = parseHttpUrl(options.apiUrl).href.replace(/\/+$/, '')
  const [owner = '', repo = ''] = parseRepository(options.repository)
  const { host, patience = {}, token } = options
  const debug = (message: unknown) => host.log.debug(maskedText(String(message), [token]))

  return async (route, parameters = {}) => {
    const end = host.monotonic() + (patience.deadlineMs ?? 120_000)
    const leftMs = () => end - host.monotonic()
    let attempt = 0
    let asked: number | undefined
    const plan = (error: unknown) => {
      attempt++
      if (!isRequestError(error) || isCleanbillError(error.cause)) throw error
      const next = planRetry(toFailure(error, token), {
        attempt,
        maxAttempts: patience.maxAttempts ?? 5,
        nowMs: host.now().getTime(),
        leftMs: leftMs(),
        maxWaitMs: patience.maxWaitMs ?? 60_000,
        backoffMs: patience.backoffMs ?? 1_000,
        random: patience.random ?? Math.random,
      })
      asked = next.kind === 'stop' ? next.asked : undefined
      // The contract of plugin-retry's `retryRequest`: how often in all, and the pause in units of retryAfterBaseValue.
      if (next.kind === 'wait') {
        error.request.request = { ...error.request.request, retries: attempt, retryAfter: next.ms }
      }
      throw error
    }
    const Client = Octokit.plugin((octokit) => void octokit.hook.error('request', plan), retry, throttling)
    const attemptMs = () => Math.ceil(Math.max(1, Math.min(patience.attemptMs ?? 30_000, leftMs())))
    const octokit = new Client({
      auth: token,
      baseUrl: base,
      userAgent: 'cleanbill',
      // The log of each request goes to debug; what GitHub deprecates does too. Nothing reaches the console.
      log: { debug() {}, info: debug, warn: debug, error: debug },
      request: {
        fetch: toFetch(options.http, attemptMs),
        log: { debug() {}, info: debug, warn: debug, error: debug },
      },
      retry: { doNotRetry: ALL_ERRORS, retryAfterBaseValue: 1 },
      throttle: { id: base, onRateLimit: () => false, onSecondaryRateLimit: () => false },
    })
    try {
      const headers = { 'x-github-api-version': API_VERSION }
      const answer = await octokit.request(route, { ...parameters, owner, repo, headers })
      return {
        status: answer.status,
        headers: answer.headers,
        data: answer.data,
        message: messageOf(answer.data, token),
      }
    } catch (error) {
      if (!isRequestError(error)) throw error
      if (isCleanbillError(error.cause)) throw error.cause
      const failure = toFailure(error, token)
      return { ...failure, data: error.response?.data, ...(asked === undefined ? {} : { askedMs: asked }) }
    }
  }
}

/** Is another try later worth it? (No answer, half an answer, or a fault of the server.) */
export function isUnavailable(answer: GithubAnswer): boolean {
  return isTransient(answer)
}

/** Octokit's `RequestError`, by its shape: its package is not a dependency of ours. No `response`: no answer came. */
interface RequestError extends Error {
  readonly status: number
  readonly request: { request?: object }
  readonly response?: { readonly headers: GithubAnswer['headers']; readonly data: unknown }
}

function isRequestError(error: unknown): error is RequestError {
  return error instanceof Error && error.name === 'HttpError' && 'status' in error && 'request' in error
}

function toFailure(error: RequestError, token: string): Failure {
  if (error.response === undefined) return { status: 0, headers: {}, message: maskedText(error.message, [token]) }
  return {
    status: error.status,
    headers: error.response.headers,
    message: messageOf(error.response.data, token) || `status ${error.status}`,
  }
}

/** GitHub's error body: `{"message", "errors": [string | {message?, resource?, field?, code?}], "documentation_url"}`. */
function messageOf(data: unknown, token: string): string {
  if (typeof data !== 'object' || data === null || !('message' in data)) return ''
  const errors = 'errors' in data && Array.isArray(data.errors) ? data.errors : []
  const details = errors
    .slice(0, 5)
    .map((entry: unknown) => (typeof entry === 'string' ? entry : JSON.stringify(entry)))
  return maskedText([String(data.message), ...details].join('; '), [token])
}

/** Octokit's `fetch` over our transport: octokit reads half a body as an empty one and would call it success. */
function toFetch(http: Http, timeoutMs: () => number): typeof fetch {
  return async (input, init) => {
    const answer = await http({
      url: String(input),
      method: toMethod(init?.method),
      headers: Object.fromEntries(new Headers(init?.headers)),
      timeoutMs: timeoutMs(),
      ...(typeof init?.body === 'string' ? { body: init.body } : {}),
    })
    const body = answer.body.length === 0 ? null : answer.body.slice()
    return new Response(body, { status: answer.status, headers: [...answer.headers] })
  }
}

function toMethod(method = 'GET'): NonNullable<HttpRequest['method']> {
  if (method === 'GET' || method === 'POST' || method === 'PUT' || method === 'HEAD' || method === 'DELETE')
    return method
  throw new CleanbillError('INTERNAL_ERROR', `unexpected method ${method}`)
}

/** @throws {CleanbillError} `ARGUMENT_INVALID` */
export function parseRepository(text: string): [owner: string, name: string] {
  const [owner = '', name = '', ...rest] = text.split('/')
  const ok = (part: string) => /^[A-Za-z0-9._-]{1,100}$/.test(part) && part !== '.' && part !== '..'
  if (!ok(owner) || !ok(name) || rest.length > 0) {
    throw new CleanbillError('ARGUMENT_INVALID', `not a repository: ${JSON.stringify(text.slice(0, 200))}`, {
      hint: 'Write owner/name.',
    })
  }
  return [owner, name]
}
