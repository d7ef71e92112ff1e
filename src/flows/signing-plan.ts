import { readFileBytes } from '../io/files.ts'
import { githubTufRoot } from '../io/github-tuf-root.ts'
import { loadPublicRoot, loadSigningConfigTarget, loadTrustFiles, type TrustSource } from '../io/trusted-root.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { noAttestationStore } from '../model/no-store.ts'
import {
  chooseIdentityProvider,
  type IdentityProvider,
  type IdentityToken,
  publicNames,
} from '../sign/identity-token.ts'
import { requireSigningKey } from '../sign/sign-statement.ts'
import {
  chooseInstance,
  githubServices,
  parseSigningConfig,
  type SigningServices,
  type Visibility,
} from '../sign/signing-services.ts'
import type { World } from './world.ts'

/** How the user wants it signed. Nothing here is secret but the key's passphrase. */
export interface SigningRequest {
  /** Sigstore signing config of an instance of one's own. */
  readonly signingConfig?: string | undefined
  readonly instance?: 'public-good' | 'github' | undefined
  readonly allowPublicLog: boolean
  /** PEM file; signs without Sigstore. */
  readonly signingKey?: string | undefined
  readonly keyPassphrase?: string | undefined
  /** Files with the trusted root of that instance; default: the cached public roots. */
  readonly trustedRoots: readonly string[]
}

/** Decided before the command runs, so that nothing a user could have known costs them a training. */
export type SigningPlan =
  | { readonly kind: 'key'; readonly pem: Uint8Array; readonly passphrase: string | undefined }
  | {
      readonly kind: 'sigstore'
      readonly provider: IdentityProvider
      /**
       * Services and trusted roots, read and fetched before the command runs: afterwards whatever it left running could
       * swap them and have the identity token sent to itself. Throws what kept us from fetching: an outage.
       */
      readonly material: () => { readonly services: SigningServices; readonly trustedRoots: readonly TrustSource[] }
      readonly allowPublicLog: boolean
      readonly instance: SigningServices['instance']
    }

/**
 * Chooses key or Sigstore instance and checks what can be checked now: files are there, the identity may be asked for,
 * a private repository does not end in a public log.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`, `KEY_INVALID`, `CONFIG_MALFORMED`, `FILE_NOT_FOUND`, `TOKEN_PERMISSION`, `TOKEN_FORK`,
 *   `TOKEN_SOURCE`, `PUBLIC_LOG`, `STORE_NOT_AVAILABLE`
 */
export async function planSigning(request: SigningRequest, world: World): Promise<SigningPlan> {
  if (request.signingKey !== undefined) {
    if (request.signingConfig !== undefined || request.instance !== undefined) {
      throw new CleanbillError('ARGUMENT_INVALID', 'a signing key and a Sigstore instance exclude each other')
    }
    const pem = await readFileBytes(request.signingKey, 64 * 1024)
    requireSigningKey(pem, request.keyPassphrase)
    return { kind: 'key', pem, passphrase: request.keyPassphrase }
  }
  const provider = chooseIdentityProvider(world.host, world.http, world.github?.forkPullRequest)
  const common = { kind: 'sigstore' as const, provider, allowPublicLog: request.allowPublicLog }
  const trustedRoots = await loadTrustFiles(request.trustedRoots)
  if (request.signingConfig !== undefined) {
    if (request.trustedRoots.length === 0) {
      throw new CleanbillError('ARGUMENT_INVALID', 'a signing config of your own needs its trusted root', {
        hint: 'Give --trusted-root FILE too: the bundle is verified before it is published.',
      })
    }
    const services = await readSigningConfig(request.signingConfig, world)
    if (services.publicLog) guardPublicLog(request, world)
    return { ...common, material: () => ({ services, trustedRoots }), instance: 'custom' }
  }
  const instance = choosePublicInstance(request, world)
  return { ...common, material: await fetchMaterial(instance, trustedRoots, world), instance }
}

type Material = Extract<SigningPlan, { kind: 'sigstore' }>['material']

/** An instance that cannot be reached now does not keep the command from running: its statement will wait. */
async function fetchMaterial(
  instance: 'public-good' | 'github',
  given: readonly TrustSource[],
  world: World,
): Promise<Material> {
  try {
    const services = await loadServices(instance, world)
    const trustedRoots = given.length > 0 ? given : [await loadInstanceRoot(instance, world)]
    return () => ({ services, trustedRoots })
  } catch (error) {
    if (!isCleanbillError(error) || error.code !== 'TRUST_ROOT_UNAVAILABLE') throw error
    world.host.log.warn(`Sigstore's trust material cannot be fetched now: ${error.message}`)
    return () => {
      throw error
    }
  }
}

async function loadInstanceRoot(instance: 'public-good' | 'github', { host, github }: World): Promise<TrustSource> {
  if (instance === 'public-good') return await loadPublicRoot('sigstore', host)
  const server = URL.parse(github?.serverUrl ?? '')?.hostname
  // A tenant of GHE.com has an authority of its own, under its own target in GitHub's TUF repository.
  const tenant = server?.endsWith('.ghe.com') ? server : undefined
  return await loadPublicRoot('github', host, githubTufRoot, tenant)
}

async function readSigningConfig(path: string, { host }: World): Promise<SigningServices> {
  return parseSigningConfig(await readFileBytes(path), path, host.now())
}

async function loadServices(instance: 'public-good' | 'github', { host, github }: World): Promise<SigningServices> {
  if (instance === 'github') return githubServices(github?.serverUrl ?? 'https://github.com')
  const bytes = await loadSigningConfigTarget(host)
  return parseSigningConfig(bytes, 'signing_config.v0.2.json', host.now(), 'public-good')
}

function choosePublicInstance(request: SigningRequest, world: World): 'public-good' | 'github' {
  const { github } = world
  if (github === undefined) {
    // Outside GitHub nobody tells us whether the project is private: naming the public instance is the consent.
    if (request.instance === 'public-good' || request.allowPublicLog) return 'public-good'
    throw new CleanbillError('PUBLIC_LOG', 'outside GitHub the only instance without configuration is the public one', {
      hint: 'Say --sigstore public-good if the names may become public, or give --signing-config and --trusted-root.',
    })
  }
  const instance = guardPublicLog(request, world)
  // Private repositories of a person have no store on any plan; those of organisations are asked (flows/run).
  if (instance === 'github' && github.ownerType === 'User' && github.visibility !== 'public') {
    throw noAttestationStore('a private repository of a user account has no attestation store')
  }
  return instance
}

function guardPublicLog(request: SigningRequest, { github, host }: World): 'public-good' | 'github' {
  const visibility: Visibility = github?.visibility ?? 'unknown'
  if (visibility !== 'public') {
    host.log.info(
      `What a public log would show: repository ${github?.repository ?? '(unknown)'}, workflow, ref, commit, run.`,
    )
  }
  return chooseInstance({
    visibility,
    serverUrl: github?.serverUrl ?? 'https://github.com',
    requested: request.signingConfig === undefined ? request.instance : 'public-good',
    allowPublicLog: request.allowPublicLog,
  })
}

/**
 * The last look before something becomes public, now with the token's own word on visibility: an event payload may
 * lack it or be stale, the claim is what the certificate will carry.
 *
 * @throws {CleanbillError} `PUBLIC_LOG`
 */
export function confirmPublic(
  services: SigningServices,
  token: IdentityToken,
  allowPublicLog: boolean,
  { host }: World,
): void {
  if (!services.publicLog) return
  const visibility = token.claims.repository_visibility ?? token.claims.project_visibility
  for (const name of publicNames(token.claims)) host.log.info(`becomes public: ${name}`)
  if (visibility !== undefined && visibility !== 'public' && !allowPublicLog) {
    throw new CleanbillError('PUBLIC_LOG', `the token says that the repository is ${String(visibility)}`, {
      hint: 'Set allow-public-log: true if the names printed above may become public.',
    })
  }
}
