import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Dependency } from '../../model/dependency.ts'
import { CleanbillError } from '../../model/error.ts'
import { type JsonObject, parseJson, parseJsonObject } from '../../model/json.ts'
import { MANIFEST_MAX_BYTES, parseChallenge, registryHost } from '../../model/oci.ts'
import { parseWith } from '../../model/statement.ts'
import type { EvidenceAnswer, EvidenceRequest } from '../client.ts'
import { parsedOr, refusedStatus, type Unavailable, unavailable } from '../outcome.ts'
import type { SourceSession } from '../source.ts'

export const SOURCE = 'oci'

/** Hosts that registries redirect their blobs to. Every blob is held to its digest, so a host here is no trust. */
const BLOB_HOSTS = [
  '.githubusercontent.com',
  '.docker.com',
  '.cloudflarestorage.com',
  '.cloudfront.net',
  '.amazonaws.com',
  '.blob.core.windows.net',
  '.azurecr.io',
  'storage.googleapis.com',
  '.pkg.dev',
  '.quay.io',
  '.gitlab-static.net',
] as const

export interface RepositoryRequest {
  /** Below `/v2/<name>/`, or the address of a next page. */
  readonly at: string | URL
  readonly accept?: string
  readonly blob?: boolean
  readonly maxBytes?: number
}

export interface Repository {
  /** `ghcr.io`, lower case. */
  readonly host: string
  readonly base: URL
  readonly get: (request: RepositoryRequest) => Promise<EvidenceAnswer>
}

// OCI distribution specification v1.1, "Pulling manifests".
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/

/** One token a repository and run, however many images of it are asked about. */
const opened = new WeakMap<SourceSession, Map<string, Repository | Unavailable>>()

/**
 * The repository of an image, asked as whom the registry lets in.
 *
 * The host stands in a file that a pull request may change. So it is asked as a host that a stranger named: https, no
 * address of this network; only an `oci:HOST` origin of the policy may be anything else.
 */
export function openRepository({ name }: Pick<Dependency, 'name'>, session: SourceSession): Repository | Unavailable {
  const known = opened.get(session) ?? new Map<string, Repository | Unavailable>()
  opened.set(session, known)
  const repository = known.get(name) ?? buildRepository(name, session)
  known.set(name, repository)
  return repository
}

function buildRepository(name: string, session: SourceSession): Repository | Unavailable {
  const slash = name.indexOf('/')
  const path = name.slice(slash + 1)
  const host = registryHost(name.slice(0, Math.max(slash, 0)))
  const origin = host === '' ? null : URL.parse(session.origin(`oci:${host}`))
  if (origin === null || !NAME.test(path) || path.length > 255) {
    return unavailable(SOURCE, 'unsupported', `${name.slice(0, 300)} names no repository of a registry`)
  }
  const base = new URL(`${origin.href.replace(/\/$/, '')}/v2/${path}/`)
  let authorization: Promise<string | Unavailable> | undefined

  const send = async (request: RepositoryRequest): Promise<EvidenceAnswer> => {
    const url = typeof request.at === 'string' ? new URL(request.at, base) : request.at
    const token = await authorization
    if (typeof token === 'object') return { kind: 'failed', error: token.error }
    const asked: EvidenceRequest = {
      source: SOURCE,
      url: url.href,
      headers: {
        ...(request.accept === undefined ? {} : { accept: request.accept }),
        ...(token === undefined ? {} : { authorization: token }),
      },
      maxBytes: request.maxBytes ?? MANIFEST_MAX_BYTES,
      trust: 'supplied',
      hosts: request.blob === true ? [base.hostname, ...BLOB_HOSTS] : [base.hostname],
      redirects: request.blob === true ? 3 : 1,
    }
    return session.client.fetch(asked)
  }

  const get = async (request: RepositoryRequest): Promise<EvidenceAnswer> => {
    const answer = await send(request)
    if (answer.kind === 'failed' || answer.status !== 401 || authorization !== undefined) return answer
    // Several questions may meet the challenge at once; the first asks for the token.
    authorization ??= authorize(answer.headers.get('www-authenticate') ?? '', path, session, base)
    return send(request)
  }
  return { host, base, get }
}

const tokenSchema = z.looseObject({ token: z.string().nullish(), access_token: z.string().nullish() })

/**
 * Asks the registry's token service for a token to pull with; the client adds credentials where it has some for that
 * very host. The scope is ours, not the one that is asked of us. Source: distribution, "Token Authentication".
 */
async function authorize(
  header: string,
  repository: string,
  session: SourceSession,
  base: URL,
): Promise<string | Unavailable> {
  const challenge = parseChallenge(header)
  const realm = URL.parse(challenge?.parameters.realm ?? '')
  if (challenge?.scheme !== 'bearer' || realm === null) {
    return unavailable(SOURCE, 'unreadable', `${base.host} asks for a login`, 'Log in to the registry (docker login).')
  }
  const { service } = challenge.parameters
  if (service !== undefined) realm.searchParams.set('service', service)
  realm.searchParams.set('scope', `repository:${repository}:pull`)
  const answer = await session.client.fetch({
    source: SOURCE,
    url: realm.href,
    trust: 'supplied',
    hosts: [realm.hostname],
    maxBytes: 1 << 20,
  })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status !== 200) return refusedStatus(SOURCE, `the token service ${realm.host}`, answer)
  return parsedOr(SOURCE, realm.host, () => {
    const parsed = parseWith(tokenSchema, parseJson(answer.body, 'the token'), 'the token')
    const token = parsed.token ?? parsed.access_token ?? ''
    // RFC 6750 b64token; anything else in a header could be another header.
    if (!/^[\x21-\x7e]{1,16384}$/.test(token)) throw new CleanbillError('SOURCE_MALFORMED', 'the token is none')
    return `Bearer ${token}`
  })
}

/** A body that must have a digest: what a registry calls a thing is believed only of these bytes. */
export function holdToDigest(body: Uint8Array, digest: string): void {
  const [algorithm = '', hex = ''] = digest.split(':')
  const known = algorithm === 'sha256' || algorithm === 'sha512'
  if (!known || createHash(algorithm).update(body).digest('hex') !== hex.toLowerCase()) {
    throw new CleanbillError('SOURCE_MALFORMED', `the registry gave other bytes than ${digest.slice(0, 140)}`)
  }
}

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/),
  size: z.number().int().nonnegative(),
  artifactType: z.string().nullish(),
  platform: z
    .looseObject({ os: z.string(), architecture: z.string(), variant: z.string().nullish() })
    .nullish()
    .catch(undefined),
  annotations: z.record(z.string(), z.string()).nullish().catch(undefined),
})
export type Descriptor = z.output<typeof descriptorSchema>

const indexSchema = z.looseObject({ schemaVersion: z.literal(2), manifests: z.array(descriptorSchema).max(10_000) })
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  artifactType: z.string().nullish(),
  config: z.looseObject({ mediaType: z.string() }).nullish(),
  layers: z.array(descriptorSchema).max(1000),
})

export const parseIndex = (body: Uint8Array) => parseWith(indexSchema, readJson(body, 'the index'), 'the index')
export const parseManifest = (body: Uint8Array) =>
  parseWith(manifestSchema, readJson(body, 'the manifest'), 'the manifest')

export function readJson(body: Uint8Array, what: string): JsonObject {
  return parseJsonObject(body, what, { maxBytes: MANIFEST_MAX_BYTES })
}
