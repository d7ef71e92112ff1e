import type { Host } from '../io/host.ts'
import {
  type Http,
  type HttpRequest,
  type HttpResponse,
  HttpUnavailable,
  isLoopback,
  parseHttpUrl,
} from '../io/http.ts'
import { planRetry } from '../io/retry-plan.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { isJsonObject, parseJson } from '../model/json.ts'
import { MANIFEST_MAX_BYTES, parseChallenge } from '../model/oci.ts'
import { maskedText } from './masked-text.ts'
import { answerChallenge, type RegistryCredentials } from './registry-auth.ts'

export interface RegistryOptions {
  /** `host[:port]`. */
  readonly registry: string
  readonly repository: string
  /** From `parseDockerConfig` or the caller; undefined asks as nobody. */
  readonly credentials?: RegistryCredentials | undefined
  readonly http: Http
  readonly host: Pick<Host, 'now' | 'monotonic' | 'sleep'>
  readonly patience?: {
    /** All requests of one publishing together. Default 180,000 ms. */
    readonly deadlineMs?: number
    /** One request. Default 60,000 ms. */
    readonly attemptMs?: number
    /** Default 4. */
    readonly maxAttempts?: number
    /** Default 30,000 ms. */
    readonly maxWaitMs?: number
    /** Default 500 ms. */
    readonly backoffMs?: number
    readonly random?: () => number
  }
}

export interface RegistryRequest {
  readonly method: NonNullable<HttpRequest['method']>
  /** A path below `/v2/<repository>/`, or a whole address that the registry gave (upload location, next page). */
  readonly at: string | URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Statuses that are handed back; any other is an error. */
  readonly expect: readonly number[]
  /** False where the address is used up by the first try (an upload session). */
  readonly repeat?: boolean
}

/** An answer, and the address that gave it: a relative `Location` or `Link` starts there. */
export type RegistryAnswer = HttpResponse & { readonly url: URL }

export type RegistryClient = (request: RegistryRequest) => Promise<RegistryAnswer>

const MAX_REDIRECTS = 3

/** Where a registry is asked: https, plain http on loopback only. */
export function registryOrigin(registry: string): URL {
  const hostname = new URL(`https://${registry}`).hostname
  return parseHttpUrl(`${isLoopback(hostname) ? 'http' : 'https'}://${registry}`)
}

/**
 * A client for one repository of one registry (OCI distribution specification v1.1). `@sigstore/oci` was tried and does
 * not do: it fails when credentials are given to a registry that asks for none, sends them to a token service over
 * plain http, believes the descriptor of the subject unchecked, and checks nothing after writing.
 *
 * `Authorization` goes to the registry's own origin and nowhere else, redirects and upload locations included
 * (CVE-2026-48501 is the same mistake elsewhere).
 *
 * @throws {CleanbillError} `REGISTRY_DENIED` (401, 403, unexpected 404), `REGISTRY_UNAVAILABLE` (network, 429, 5xx),
 *   `REGISTRY_MALFORMED` (any other answer that was not expected), `URL_DENIED`, `LIMIT_EXCEEDED`
 */
export function buildRegistryClient(options: RegistryOptions): RegistryClient {
  const origin = registryOrigin(options.registry)
  const base = new URL(`/v2/${options.repository}/`, origin)
  const { host, patience = {} } = options
  const end = host.monotonic() + (patience.deadlineMs ?? 180_000)
  const timeoutMs = () => Math.ceil(Math.max(1, Math.min(patience.attemptMs ?? 60_000, end - host.monotonic())))
  const secrets = secretsOf(options.credentials)
  let authorization: string | undefined

  async function once(request: RegistryRequest): Promise<RegistryAnswer> {
    let url = typeof request.at === 'string' ? new URL(request.at, base) : request.at
    let challenged = false
    for (let hops = 0; ; ) {
      checkAddress(url, origin)
      const own = url.origin === origin.origin
      const answer = await options.http({
        url: url.href,
        method: request.method,
        headers: { ...request.headers, ...(own && authorization !== undefined ? { authorization } : {}) },
        timeoutMs: timeoutMs(),
        maxBytes: MANIFEST_MAX_BYTES,
        ...(request.body === undefined ? {} : { body: request.body }),
      })
      const location = answer.headers.get('location')
      if (answer.status === 401 && own && !challenged) {
        challenged = true
        authorization = await authorize(answer.headers.get('www-authenticate'))
      } else if (
        isRedirect(answer.status) &&
        request.method === 'GET' &&
        location !== null &&
        ++hops <= MAX_REDIRECTS
      ) {
        url = parseLocation(location, url)
      } else return { ...answer, url }
    }
  }

  async function authorize(header: string | null): Promise<string> {
    const challenge = parseChallenge(header ?? '')
    if (challenge === undefined) {
      throw new CleanbillError('REGISTRY_MALFORMED', `${origin.host} answered 401 without a challenge we know`)
    }
    const { repository, credentials, http } = options
    const value = await answerChallenge({
      challenge,
      registry: origin,
      repository,
      credentials,
      http,
      timeoutMs: timeoutMs(),
    })
    secrets.push(value.slice(value.indexOf(' ') + 1))
    return value
  }

  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      const outcome = await once(request).catch(toUnavailable)
      if (!(outcome instanceof CleanbillError) && request.expect.includes(outcome.status)) return outcome
      const error = outcome instanceof CleanbillError ? outcome : toRegistryError(outcome, request, secrets)
      const plan = planRetry(
        outcome instanceof CleanbillError
          ? { status: 0, headers: {}, message: '' }
          : { status: outcome.status, headers: Object.fromEntries(outcome.headers), message: '' },
        {
          attempt,
          maxAttempts: request.repeat === false ? 1 : (patience.maxAttempts ?? 4),
          nowMs: host.now().getTime(),
          leftMs: end - host.monotonic(),
          maxWaitMs: patience.maxWaitMs ?? 30_000,
          backoffMs: patience.backoffMs ?? 500,
          random: patience.random ?? Math.random,
        },
      )
      if (error.code !== 'REGISTRY_UNAVAILABLE' || plan.kind === 'stop') throw error
      await host.sleep(plan.ms)
    }
  }
}

/** A refusal is thrown on; what may pass by itself comes back as a value. */
function toUnavailable(error: unknown): CleanbillError {
  if (isCleanbillError(error) && error.code === 'REGISTRY_UNAVAILABLE') return error
  if (!(error instanceof HttpUnavailable)) throw error
  return new CleanbillError('REGISTRY_UNAVAILABLE', `the registry cannot be reached: ${error.message}`, {
    hint: 'The bundle is on disk; attach it again later.',
  })
}

function toRegistryError(answer: RegistryAnswer, request: RegistryRequest, secrets: string[]): CleanbillError {
  const { status, url } = answer
  const said = errorText(answer.body, secrets)
  const what = `${url.host} answered ${status} to ${request.method} ${url.pathname}${said === '' ? '' : `: ${said}`}`
  if (status === 429 || status === 408 || status >= 500) {
    return new CleanbillError('REGISTRY_UNAVAILABLE', what, { hint: 'The bundle is on disk; attach it again later.' })
  }
  if (status === 401 || status === 403 || status === 404) {
    return new CleanbillError('REGISTRY_DENIED', what, {
      hint: 'Push the image first, and log in with an account that may push to this repository (on GitHub: "permissions: packages: write").',
    })
  }
  return new CleanbillError('REGISTRY_MALFORMED', what)
}

/** `{"errors":[{"code","message"}]}` of the distribution specification, "Error Codes". */
function errorText(body: Uint8Array, secrets: string[]): string {
  try {
    const value = parseJson(body, 'the error')
    const errors = isJsonObject(value) && Array.isArray(value.errors) ? value.errors.slice(0, 3) : []
    return maskedText(errors.map((e) => `${e?.code ?? ''} ${e?.message ?? ''}`.trim()).join('; '), secrets)
  } catch {
    return ''
  }
}

/** Resolves an address a registry gave. @throws {CleanbillError} `REGISTRY_MALFORMED` */
export function parseLocation(location: string, from: URL): URL {
  const url = URL.parse(location, from.href)
  if (url === null) throw new CleanbillError('REGISTRY_MALFORMED', `${from.host} names an address that is none`)
  return url
}

function checkAddress(url: URL, origin: URL): void {
  parseHttpUrl(url.href)
  if (isLoopback(url.hostname) && !isLoopback(origin.hostname)) {
    throw new CleanbillError('URL_DENIED', `${origin.host} sends us to a loopback address`)
  }
}

const isRedirect = (status: number) => [301, 302, 303, 307, 308].includes(status)

function secretsOf(credentials: RegistryCredentials | undefined): string[] {
  if (credentials === undefined) return []
  const { username, password, identityToken = '' } = credentials
  return [password, identityToken, Buffer.from(`${username}:${password}`).toString('base64')]
}
