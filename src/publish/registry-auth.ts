import { type Http, isLoopback, parseHttpUrl } from '../io/http.ts'
import { CleanbillError } from '../model/error.ts'
import { isJsonObject, type JsonValue, parseJson, parseJsonObject } from '../model/json.ts'
import type { Challenge } from '../model/oci.ts'
import { sameRegistry } from './image-reference.ts'

/** What `docker login` would have kept for one registry. */
export interface RegistryCredentials {
  readonly username: string
  readonly password: string
  /** OAuth2 refresh token; used instead of the password where it is there. */
  readonly identityToken?: string
}

export interface TokenRequest {
  readonly challenge: Challenge
  /** Origin of the registry that asked. */
  readonly registry: URL
  readonly repository: string
  readonly credentials: RegistryCredentials | undefined
  readonly http: Http
  readonly timeoutMs: number
}

/**
 * Answers a challenge: the value of `Authorization`.
 *
 * The scope is ours, not the one the server asks for: a token for somebody else's repository would be handed to this
 * registry. The realm may be another host (Docker Hub, GitLab), but never plain http, and a loopback address only for a
 * registry on loopback: a remote registry must not make us ask services of this machine.
 *
 * @throws {CleanbillError} `REGISTRY_DENIED`, `REGISTRY_MALFORMED`, `REGISTRY_UNAVAILABLE` (status ≥ 500 or 429),
 *   `URL_DENIED`
 * @throws {HttpUnavailable}
 */
export async function answerChallenge(request: TokenRequest): Promise<string> {
  const { challenge, credentials, registry, http, timeoutMs } = request
  if (challenge.scheme === 'basic') {
    if (credentials === undefined) throw denied(registry, 'it asks for a user name and a password')
    return basic(credentials)
  }
  const realm = parseHttpUrl(challenge.parameters.realm ?? '')
  if (isLoopback(realm.hostname) && !isLoopback(registry.hostname)) {
    throw new CleanbillError('URL_DENIED', `${registry.host} sends its token requests to a loopback address`)
  }
  const scope = `repository:${request.repository}:pull,push`
  const service = challenge.parameters.service
  const form = new URLSearchParams({ ...(service === undefined ? {} : { service }), scope })
  let answer: Awaited<ReturnType<Http>>
  if (credentials?.identityToken !== undefined) {
    form.set('grant_type', 'refresh_token')
    form.set('client_id', 'cleanbill')
    form.set('refresh_token', credentials.identityToken)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    answer = await http({
      url: realm.href,
      method: 'POST',
      headers,
      body: form.toString(),
      timeoutMs,
      maxBytes: 1 << 20,
    })
  } else {
    for (const [name, value] of form) realm.searchParams.append(name, value)
    const headers = credentials === undefined ? {} : { authorization: basic(credentials) }
    answer = await http({ url: realm.href, headers, timeoutMs, maxBytes: 1 << 20 })
  }
  if (answer.status === 429 || answer.status >= 500) {
    throw new CleanbillError('REGISTRY_UNAVAILABLE', `the token service ${realm.host} answered ${answer.status}`)
  }
  if (answer.status !== 200) throw denied(registry, `its token service ${realm.host} answered ${answer.status}`)
  return `Bearer ${parseToken(answer.body, realm.host)}`
}

function parseToken(body: Uint8Array, host: string): string {
  let value: JsonValue
  try {
    value = parseJson(body, 'the token')
  } catch {
    throw new CleanbillError('REGISTRY_MALFORMED', `the token service ${host} did not answer with JSON`)
  }
  const token = isJsonObject(value) ? (value.token ?? value.access_token) : undefined
  // RFC 6750 b64token; anything else in a header could be another header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(token)) {
    throw new CleanbillError('REGISTRY_MALFORMED', `the token service ${host} answered without a token`)
  }
  return token
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function denied(registry: URL, why: string): CleanbillError {
  return new CleanbillError('REGISTRY_DENIED', `${registry.host} does not let us in: ${why}`, {
    hint: 'Log in to the registry with an account that may push to this repository (docker/login-action or docker login).',
  })
}

/**
 * Finds the entry for a registry in the text of a docker `config.json` (`auths`). Hosts are compared whole, after
 * Docker Hub's aliases. Credential helpers are programs and are not run.
 *
 * @returns undefined when the file has no entry with credentials for this registry
 * @throws {CleanbillError} `CONFIG_MALFORMED`
 */
export function parseDockerConfig(text: Uint8Array | string, registry: string): RegistryCredentials | undefined {
  let auths: JsonValue | undefined
  try {
    auths = parseJsonObject(text, 'the docker configuration').auths
  } catch (cause) {
    throw new CleanbillError('CONFIG_MALFORMED', 'the docker configuration is not readable JSON', { cause })
  }
  for (const [key, entry] of Object.entries(isJsonObject(auths) ? auths : {})) {
    // Docker Hub's key is `https://index.docker.io/v1/`; others may carry a scheme or a path too.
    const host = key.replace(/^https?:\/\//, '').split('/')[0] ?? ''
    if (!isJsonObject(entry) || !sameRegistry(host, registry)) continue
    const decoded = typeof entry.auth === 'string' ? Buffer.from(entry.auth, 'base64').toString('utf8') : ''
    const colon = decoded.indexOf(':')
    const username = colon < 0 ? textOf(entry.username) : decoded.slice(0, colon)
    const password = colon < 0 ? textOf(entry.password) : decoded.slice(colon + 1)
    const identityToken = textOf(entry.identitytoken)
    if (identityToken !== '') return { username, password, identityToken }
    if (username !== '' && password !== '') return { username, password }
  }
  return undefined
}

const textOf = (value: JsonValue | undefined) => (typeof value === 'string' ? value : '')
