import { z } from 'zod'
import { parseHttpUrl } from '../io/http.ts'
import { CleanbillError } from '../model/error.ts'
import { parseJson } from '../model/json.ts'
import { noAttestationStore } from '../model/no-store.ts'

/** Which Sigstore signs, and so whose trusted root verifies. */
export type SigstoreInstance = 'public-good' | 'github' | 'custom'

/** The services one signing talks to. Chosen once, before the command runs. */
export interface SigningServices {
  readonly instance: SigstoreInstance
  /** Fulcio, without a path. */
  readonly caUrl: string
  /** Rekor; absent on GitHub's own instance, which keeps no log. */
  readonly log?: { readonly url: string; readonly majorApiVersion: 1 | 2 } | undefined
  /** RFC 3161 authority. Always there: a Rekor v2 bundle has no other trusted time. */
  readonly tsaUrl: string
  /** Does anybody in the world see what is logged? */
  readonly publicLog: boolean
}

/** Media type of a signing config. Source: sigstore/protobuf-specs, `SigningConfig` v0.2. */
const SIGNING_CONFIG_V02 = 'application/vnd.dev.sigstore.signingconfig.v0.2+json'

const service = z.object({
  url: z.string(),
  majorApiVersion: z.number().int(),
  validFor: z.object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }).nullish() }),
})
const selector = z.object({ selector: z.enum(['ANY', 'ALL', 'EXACT']) })
const signingConfigSchema = z.object({
  mediaType: z.literal(SIGNING_CONFIG_V02),
  caUrls: z.array(service).min(1),
  rekorTlogUrls: z.array(service).optional(),
  rekorTlogConfig: selector.optional(),
  tsaUrls: z.array(service).min(1),
  tsaConfig: selector.optional(),
})

/** Everything of the public-good instance lies below this domain: "the world will read this". */
const PUBLIC_LOG_DOMAIN = 'sigstore.dev'

/**
 * Reads a signing config and picks the services that are valid now. `@sigstore/sign` ignores `validFor.start` and takes
 * the newest start: a service that opens in 2099 would be used today.
 *
 * @param now used against `validFor`
 * @throws {CleanbillError} `CONFIG_MALFORMED`, `URL_DENIED`
 */
export function parseSigningConfig(
  bytes: Uint8Array | string,
  file: string,
  now: Date,
  instance: SigstoreInstance = 'custom',
): SigningServices {
  const result = signingConfigSchema.safeParse(parseJson(bytes, `the signing config ${file}`))
  if (!result.success) {
    const issue = result.error.issues[0]
    throw configError(file, `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'malformed'}`)
  }
  const config = result.data
  const ca = pick(config.caUrls, [1], now)
  const tsa = pick(config.tsaUrls, [1], now)
  const log = pick(config.rekorTlogUrls ?? [], [1, 2], now)
  if (ca === undefined) throw configError(file, 'no certificate authority is valid now')
  if (tsa === undefined) throw configError(file, 'no timestamp authority is valid now')
  if (log === undefined && (config.rekorTlogUrls ?? []).length > 0) throw configError(file, 'no log is valid now')
  return {
    instance,
    caUrl: origin(ca.url),
    log: log && { url: origin(log.url), majorApiVersion: log.majorApiVersion === 2 ? 2 : 1 },
    tsaUrl: timestampUrl(tsa.url),
    publicLog: log !== undefined && isPublicLog(log.url),
  }
}

type Service = z.infer<typeof service>

/** The first valid one in file order: the operator lists the preferred service first. */
function pick(services: readonly Service[], versions: readonly number[], now: Date): Service | undefined {
  return services.find(
    ({ majorApiVersion, validFor }) =>
      versions.includes(majorApiVersion) &&
      Date.parse(validFor.start) <= now.getTime() &&
      (validFor.end == null || now.getTime() < Date.parse(validFor.end)),
  )
}

function origin(text: string): string {
  const url = parseHttpUrl(text)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** The full path: a signing config names it, GitHub's constant and older configs do not. */
function timestampUrl(text: string): string {
  const url = parseHttpUrl(text)
  return url.pathname === '/' ? `${url.origin}/api/v1/timestamp` : url.href
}

function isPublicLog(text: string): boolean {
  // The dot at the end names the same host.
  const hostname = parseHttpUrl(text).hostname.replace(/\.$/, '')
  return hostname === PUBLIC_LOG_DOMAIN || hostname.endsWith(`.${PUBLIC_LOG_DOMAIN}`)
}

/**
 * GitHub's own instance, for private repositories of an enterprise: no log, no SCT, one timestamp.
 * Source: actions/toolkit `packages/attest/src/endpoints.ts`; a tenant of GHE.com has its own hosts.
 *
 * @param serverUrl `https://github.com` or `https://<tenant>.ghe.com`
 * @throws {CleanbillError} `STORE_NOT_AVAILABLE` for any other server: GitHub Enterprise Server has no such instance
 */
export function githubServices(serverUrl: string): SigningServices {
  const host = parseHttpUrl(serverUrl).hostname
  if (host === 'github.com') return github('githubapp.com')
  const tenant = /^([a-z0-9-]+)\.ghe\.com$/.exec(host)?.[1]
  if (tenant !== undefined) return github(`${tenant}.ghe.com`)
  throw noAttestationStore(
    `${host} is a GitHub Enterprise Server, which has no signing instance and no attestation store`,
  )
}

function github(domain: string): SigningServices {
  return {
    instance: 'github',
    caUrl: `https://fulcio.${domain}`,
    tsaUrl: timestampUrl(`https://timestamp.${domain}`),
    publicLog: false,
  }
}

export type Visibility = 'public' | 'private' | 'internal' | 'unknown'

export interface InstanceChoice {
  readonly visibility: Visibility
  readonly serverUrl: string
  /** What the user asked for by name. */
  readonly requested?: 'public-good' | 'github' | undefined
  readonly allowPublicLog: boolean
}

/**
 * Public repository → public-good; private → GitHub's. A private name never reaches the public log unless the user
 * wrote so (T-AC-16). Unknown counts as private: guessing wrong cannot be undone.
 *
 * @throws {CleanbillError} `PUBLIC_LOG`, `STORE_NOT_AVAILABLE`
 */
export function chooseInstance(choice: InstanceChoice): 'public-good' | 'github' {
  const isPublic = choice.visibility === 'public'
  const wanted = choice.requested ?? (isPublic || choice.allowPublicLog ? 'public-good' : 'github')
  if (wanted === 'public-good' && !isPublic && !choice.allowPublicLog) {
    throw new CleanbillError('PUBLIC_LOG', `the repository is ${choice.visibility}, and the public log is for ever`, {
      hint: 'Set allow-public-log: true if the names printed above may become public, or use GitHub’s own instance.',
    })
  }
  if (wanted === 'github') githubServices(choice.serverUrl)
  return wanted
}

function configError(file: string, why: string): CleanbillError {
  return new CleanbillError('CONFIG_MALFORMED', `${file} is not a usable signing config: ${why}`, {
    file,
    hint: 'It must be a Sigstore signing config v0.2 with a CA and a timestamp authority.',
  })
}
