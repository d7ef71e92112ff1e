import type { Host } from '../io/host.ts'
import { type Http, HttpUnavailable } from '../io/http.ts'
import { CleanbillError } from '../model/error.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../model/json.ts'

/** The audience Fulcio accepts. */
export const SIGSTORE_AUDIENCE = 'sigstore'

export interface IdentityToken {
  readonly jwt: string
  /** Decoded, not verified: Fulcio verifies. For deciding what becomes public. Neither claims nor token are ever printed whole. */
  readonly claims: JsonObject
}

/** One source of identity tokens. Chosen by the CI system we are in, never by which answers first. */
export interface IdentityProvider {
  readonly id: 'github' | 'gitlab' | 'environment'
  readonly getToken: () => Promise<IdentityToken>
}

/** Variables that hold, or buy, an identity. Never given to the wrapped command. */
const GITHUB_URL = 'ACTIONS_ID_TOKEN_REQUEST_URL'
const GITHUB_BEARER = 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'
const GENERIC_TOKEN = 'SIGSTORE_ID_TOKEN'

interface ProviderRow {
  readonly id: IdentityProvider['id']
  readonly applies: (env: Host['env']) => boolean
  /** Throws what the user must change; called before the command runs. */
  readonly check: (env: Host['env'], forkPullRequest: boolean) => void
  readonly fetch: (host: Host, http: Http) => Promise<string>
}

/**
 * Order matters and only the first row that applies is used. `sigstore` for JavaScript asks all at once and takes the
 * first answer, so any step that writes `SIGSTORE_ID_TOKEN` to `GITHUB_ENV` changes who signs (T-AC-12).
 */
const PROVIDERS: readonly ProviderRow[] = [
  {
    id: 'github',
    applies: (env) => env.GITHUB_ACTIONS === 'true',
    check: checkGithub,
    fetch: fetchGithubToken,
  },
  {
    id: 'gitlab',
    applies: (env) => env.GITLAB_CI === 'true',
    check: (env) => {
      if (!env[GENERIC_TOKEN]) {
        throw new CleanbillError('TOKEN_PERMISSION', 'this GitLab job has no SIGSTORE_ID_TOKEN', {
          hint: 'Add to the job: id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }.',
        })
      }
    },
    fetch: async (host) => host.env[GENERIC_TOKEN] ?? '',
  },
  {
    id: 'environment',
    applies: () => true,
    check: (env) => {
      if (!env[GENERIC_TOKEN]) {
        throw new CleanbillError('TOKEN_PERMISSION', 'there is no identity to sign with', {
          hint: 'Outside CI set SIGSTORE_ID_TOKEN, sign with --signing-key FILE, or record only with --no-sign.',
        })
      }
    },
    fetch: async (host) => host.env[GENERIC_TOKEN] ?? '',
  },
]

/**
 * Picks the provider of this CI system and checks what can be checked before the command runs: a missing permission
 * must not surface after six hours of training.
 *
 * @param forkPullRequest the event is a pull request from another repository, which GitHub gives no token
 * @throws {CleanbillError} `TOKEN_PERMISSION`, `TOKEN_FORK`, `TOKEN_SOURCE`
 */
export function chooseIdentityProvider(host: Host, http: Http, forkPullRequest = false): IdentityProvider {
  const row = PROVIDERS.find((candidate) => candidate.applies(host.env))
  if (row === undefined) throw new CleanbillError('INTERNAL_ERROR', 'no identity provider applies')
  row.check(host.env, forkPullRequest)
  return {
    id: row.id,
    getToken: async () => {
      const jwt = await row.fetch(host, http)
      return parseIdentityToken(jwt, host.now())
    },
  }
}

function checkGithub(env: Host['env'], forkPullRequest: boolean): void {
  if (env[GENERIC_TOKEN]) {
    throw new CleanbillError(
      'TOKEN_SOURCE',
      'SIGSTORE_ID_TOKEN is set in a GitHub job: an earlier step wants to sign',
      {
        hint: 'Remove it. On GitHub the identity comes from the job itself (permissions: id-token: write).',
      },
    )
  }
  if (env[GITHUB_URL] && env[GITHUB_BEARER]) return
  if (forkPullRequest) {
    throw new CleanbillError('TOKEN_FORK', 'pull requests from forks get no identity token', {
      hint: 'Use --no-sign on pull requests, and sign on the default branch.',
    })
  }
  throw new CleanbillError('TOKEN_PERMISSION', 'this job may not ask for an identity token', {
    hint: 'Add to the job: permissions: { id-token: write, attestations: write, contents: read }.',
  })
}

async function fetchGithubToken(host: Host, http: Http): Promise<string> {
  const base = host.env[GITHUB_URL] ?? ''
  const url = `${base}${base.includes('?') ? '&' : '?'}audience=${encodeURIComponent(SIGSTORE_AUDIENCE)}`
  const response = await askTwice(host, http, url)
  if (response.status === 401 || response.status === 403) {
    throw new CleanbillError('TOKEN_PERMISSION', `the token endpoint refused this job (HTTP ${response.status})`, {
      hint: 'The request token may have expired, or the job lacks permissions: id-token: write.',
    })
  }
  if (response.status !== 200) {
    throw new CleanbillError('TOKEN_UNAVAILABLE', `the token endpoint answered HTTP ${response.status}`)
  }
  // Status, then type: sigstore-js takes an error body as the token "undefined" (S2).
  const value = tokenIn(response.body)
  if (typeof value !== 'string' || value === '') {
    throw new CleanbillError('TOKEN_MALFORMED', 'the token endpoint answered without a token')
  }
  return value
}

function tokenIn(body: Uint8Array): unknown {
  try {
    return parseJsonObject(body, 'the answer of the token endpoint', { maxBytes: 64 * 1024 }).value
  } catch {
    // The cause quotes the text, and the text may hold a token.
    return undefined
  }
}

async function askTwice(host: Host, http: Http, url: string) {
  const headers = { authorization: `Bearer ${host.env[GITHUB_BEARER] ?? ''}`, accept: 'application/json' }
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await http({ url, headers, timeoutMs: 15_000, maxBytes: 64 * 1024 })
      if (response.status < 500 || attempt === 3) return response
    } catch (error) {
      if (!(error instanceof HttpUnavailable) || attempt === 3) {
        if (error instanceof HttpUnavailable) {
          throw new CleanbillError('TOKEN_UNAVAILABLE', `the token endpoint cannot be reached: ${error.message}`, {
            cause: error,
          })
        }
        throw error
      }
    }
    await host.sleep(500 * attempt)
  }
}

/**
 * Looks at a token's claims before it is used: an expired or foreign token gives a clear refusal here and only
 * "There was an error processing the identity token" at Fulcio.
 *
 * @throws {CleanbillError} `TOKEN_MALFORMED`, `TOKEN_AUDIENCE`, `TOKEN_EXPIRED`; the message never holds the token
 */
export function parseIdentityToken(jwt: string, now: Date): IdentityToken {
  const parts = jwt.trim().split('.')
  const claims = parts.length === 3 ? decodeClaims(parts[1] ?? '') : undefined
  if (claims === undefined || typeof claims.iss !== 'string' || typeof claims.sub !== 'string') {
    throw new CleanbillError('TOKEN_MALFORMED', 'the identity token is not a JWT with issuer and subject')
  }
  const audiences = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
  if (!audiences.includes(SIGSTORE_AUDIENCE)) {
    const shown = audiences.map((aud) => (typeof aud === 'string' ? aud.slice(0, 60) : '?')).join(', ')
    throw new CleanbillError(
      'TOKEN_AUDIENCE',
      `the identity token is for ${JSON.stringify(shown)}, not for "sigstore"`,
      {
        hint: 'Ask for a token with audience sigstore.',
      },
    )
  }
  if (typeof claims.exp !== 'number' || claims.exp * 1000 <= now.getTime()) {
    throw new CleanbillError('TOKEN_EXPIRED', 'the identity token has expired', {
      hint: 'Tokens live minutes: fetch it right before signing, or sign in a separate job (attest --recording).',
    })
  }
  return { jwt: jwt.trim(), claims }
}

function decodeClaims(part: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Everything a public log and the certificate would tell the world (T-AC-16). Printed before signing. */
export function publicNames(claims: JsonObject): readonly string[] {
  const names = [
    'repository',
    'workflow_ref',
    'job_workflow_ref',
    'ref',
    'sha',
    'environment',
    'run_id',
    'email',
    'sub',
    'project_path',
    'ci_config_ref_uri',
  ]
  return names.flatMap((name) =>
    typeof claims[name] === 'string' && claims[name] !== '' ? [`${name}: ${claims[name]}`] : [],
  )
}
