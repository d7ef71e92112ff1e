import { createHash, randomUUID, sign, timingSafeEqual, verify } from 'node:crypto'
import { decodeBase64 } from '../model/base64.ts'
import type { JsonObject } from '../model/json.ts'
import { parseJsonObject } from '../model/json.ts'
import { Refusal, type Route, type RouteRequest } from './http-routes.ts'
import type { SigningKey } from './state.ts'

/**
 * The issuer in every token and certificate. Not a URL that resolves, and without a port, so that it stays the same
 * across restarts; and not GitHub's, so that no policy written for GitHub ever accepts what was signed here.
 */
export const EMBEDDED_ISSUER = 'https://issuer.cleanbill.internal'
/** What Fulcio wants the token to be for. */
export const SIGSTORE_AUDIENCE = 'sigstore'

const TOKEN_SECONDS = 300
const CLOCK_SKEW_SECONDS = 5

export type Claims = JsonObject

/** A token was not accepted. The reason is for the server's own log; the client only learns that it was refused. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
}

/** An OIDC issuer whose tokens look like those of a GitHub Actions job. */
export class Issuer {
  readonly #key: SigningKey
  readonly #keyId: string
  readonly #requestToken: string
  readonly #clock: () => Date

  constructor(key: SigningKey, requestToken: string, clock: () => Date) {
    this.#key = key
    this.#keyId = createHash('sha256')
      .update(key.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('base64url')
    this.#requestToken = requestToken
    this.#clock = clock
  }

  /** Signs a token (RS256, as GitHub does). A claim that is null is left out. */
  issue(audience: string | undefined, overrides: Claims): string {
    const now = Math.floor(this.#clock().getTime() / 1000)
    const times = { iat: now, nbf: now - CLOCK_SKEW_SECONDS, exp: now + TOKEN_SECONDS }
    const demo = demoClaims(overrides)
    // Without an audience GitHub names the owner, which Fulcio refuses: asking for the right one is the client's part.
    const aud = audience ?? `https://github.com/${demo.repository_owner}`
    const all = { iss: EMBEDDED_ISSUER, aud, jti: randomUUID(), ...times, ...demo, ...overrides }
    const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
    const input = `${toPart({ alg: 'RS256', typ: 'JWT', kid: this.#keyId })}.${toPart(kept)}`
    return `${input}.${sign('sha256', Buffer.from(input), this.#key.privateKey).toString('base64url')}`
  }

  /**
   * Checks signature, issuer, audience and times (RFC 7519 §4.1, RFC 7515 §5.2) and gives back the claims.
   *
   * @throws {TokenRefused}
   */
  verify(token: string): Claims {
    const parts = token.split('.')
    const [header, payload, signature] = parts
    if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
      throw new TokenRefused('not a compact JWS')
    }
    const { alg, kid, crit } = readPart(header)
    // The algorithm is ours to say: a token that names its own (`none`, HS256 with our public key) is a known attack.
    if (alg !== 'RS256' || kid !== this.#keyId || crit !== undefined) throw new TokenRefused('another key or algorithm')
    const signed = Buffer.from(`${header}.${payload}`)
    if (!verify('sha256', signed, this.#key.publicKey, Buffer.from(signature, 'base64url'))) {
      throw new TokenRefused('the signature does not hold')
    }
    const claims = readPart(payload)
    this.#requireCurrent(claims)
    return claims
  }

  #requireCurrent({ iss, aud, exp, nbf }: Claims): void {
    const now = this.#clock().getTime() / 1000
    if (iss !== EMBEDDED_ISSUER) throw new TokenRefused('another issuer')
    const audiences = Array.isArray(aud) ? aud : [aud]
    if (audiences.length !== 1 || audiences[0] !== SIGSTORE_AUDIENCE) throw new TokenRefused('another audience')
    if (typeof exp !== 'number' || exp <= now) throw new TokenRefused('expired')
    if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now)) throw new TokenRefused('not valid yet')
  }

  /** @param baseUrl where this server is reached, asked at the time of the request */
  routes(baseUrl: () => string): readonly Route[] {
    return [
      { method: 'GET', path: '/token', handle: (request) => this.#answerToken(request) },
      {
        method: 'GET',
        path: '/.well-known/openid-configuration',
        handle: () => ({ status: 200, body: discovery(baseUrl()) }),
      },
      { method: 'GET', path: '/.well-known/jwks', handle: () => ({ status: 200, body: { keys: [this.#jwk()] } }) },
    ]
  }

  #answerToken({ headers, query }: RouteRequest) {
    const expected = createHash('sha256').update(`bearer ${this.#requestToken}`).digest()
    const given = (headers.authorization ?? '').replace(/^bearer /i, 'bearer ')
    if (!timingSafeEqual(expected, createHash('sha256').update(given).digest())) {
      throw new Refusal(401, 'wrong or missing bearer token')
    }
    const claims = parseJsonObject(query.get('claims') ?? '{}', 'claims', { maxBytes: 16 * 1024, maxDepth: 8 })
    return { status: 200, body: { value: this.issue(query.get('audience') ?? undefined, claims) } }
  }

  #jwk() {
    return { ...this.#key.publicKey.export({ format: 'jwk' }), kid: this.#keyId, alg: 'RS256', use: 'sig' }
  }
}

/**
 * What a push to the default branch of a demo repository would claim. Names that are made of others (`sub`,
 * `workflow_ref` …) follow an overridden `repository`, `ref` or `sha`.
 */
export function demoClaims(overrides: Claims): Record<string, string> {
  const pick = (name: string, otherwise: string): string => {
    const value = overrides[name]
    return typeof value === 'string' ? value : otherwise
  }
  const repository = pick('repository', 'octo-org/demo')
  const ref = pick('ref', 'refs/heads/main')
  const sha = pick('sha', '4a1f0cf5f2b8a4ddcf3b1f0a7c9d7f7bd2c1e0a9')
  const workflowRef = pick('workflow_ref', `${repository}/.github/workflows/train.yml@${ref}`)
  return {
    sub: `repo:${repository}:ref:${ref}`,
    actor: 'octocat',
    actor_id: '583231',
    base_ref: '',
    event_name: 'push',
    head_ref: '',
    job_workflow_ref: workflowRef,
    job_workflow_sha: sha,
    ref,
    ref_protected: 'true',
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    repository,
    repository_id: '700100200',
    repository_owner: repository.split('/')[0] ?? '',
    repository_owner_id: '9919001',
    repository_visibility: 'public',
    run_attempt: '1',
    run_id: '1000000001',
    run_number: '1',
    runner_environment: 'github-hosted',
    sha,
    workflow: 'train',
    workflow_ref: workflowRef,
    workflow_sha: sha,
  }
}

function discovery(baseUrl: string): object {
  return {
    issuer: EMBEDDED_ISSUER,
    jwks_uri: `${baseUrl}/.well-known/jwks`,
    token_endpoint: `${baseUrl}/token`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}

function toPart(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function readPart(part: string): JsonObject {
  try {
    return parseJsonObject(decodeBase64(part, 'a token part'), 'a token part', { maxBytes: 64 * 1024, maxDepth: 8 })
  } catch (cause) {
    throw new TokenRefused('a part is not base64url JSON', { cause })
  }
}
