import type { Host } from '../io/host.ts'
import {
  defaultCachePath,
  loadCachedRoot,
  loadNpmKeys,
  loadTrustFiles,
  type PublicInstance,
  type PublicTrustOptions,
} from '../io/trusted-root.ts'
import type { FetchedAttestation } from '../model/attestation.ts'
import { nameField, parseCertificate } from '../model/certificate.ts'
import {
  parseNpmKeys,
  parsePublicKey,
  parseRootCertificates,
  parseTrustedRoots,
  type Trust,
  type TrustedKey,
} from '../verify/trust-material.ts'

/** The trust options of the command line: paths, as given. */
export interface TrustOptions {
  readonly trustedRoots: readonly string[]
  readonly npmKeys?: string | undefined
  readonly keys: readonly string[]
  readonly rootCertificates: readonly string[]
  readonly offline: boolean
  /** Default: {@link defaultCachePath}. */
  readonly cachePath?: string | undefined
  readonly githubTufRoot?: string | undefined
}

/** Keys and private CAs: known before any bundle is read, since a key is also an identity. */
export async function loadGivenTrust(
  options: TrustOptions,
): Promise<{ keys: TrustedKey[]; rootCertificates: Trust['rootCertificates'] }> {
  const keys = (await loadTrustFiles(options.keys)).map(({ bytes, name }) => parsePublicKey(bytes, name))
  const certificates = await loadTrustFiles(options.rootCertificates)
  return { keys, rootCertificates: certificates.flatMap(({ bytes, name }) => parseRootCertificates(bytes, name)) }
}

/**
 * Completes the trust with what these attestations need: the given trusted roots, else the public ones. The network is
 * asked only for an instance that one of them comes from.
 *
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`, `TRUST_ROOT_UNAVAILABLE`, `FILE_NOT_FOUND`
 */
export async function loadTrust(
  options: TrustOptions,
  given: Pick<Trust, 'rootCertificates'> & { readonly keys: readonly TrustedKey[] },
  attestations: readonly FetchedAttestation[],
  host: Host,
): Promise<Trust> {
  const publicTrust: PublicTrustOptions = {
    cachePath: options.cachePath ?? defaultCachePath(host),
    offline: options.offline,
    githubTufRoot: options.githubTufRoot,
  }
  return {
    roots: await loadRoots(options, given, attestations, publicTrust),
    keys: [...given.keys, ...(await loadRegistryKeys(options, attestations, publicTrust))],
    rootCertificates: given.rootCertificates,
    now: host.now(),
  }
}

async function loadRoots(
  { trustedRoots }: TrustOptions,
  given: Pick<Trust, 'rootCertificates'>,
  attestations: readonly FetchedAttestation[],
  publicTrust: PublicTrustOptions,
): Promise<Trust['roots']> {
  if (trustedRoots.length > 0) {
    const files = await loadTrustFiles(trustedRoots)
    return files.flatMap(({ bytes, name, currentUntil }) => parseTrustedRoots(bytes, name, currentUntil))
  }
  const instances = new Set(attestations.flatMap((attestation) => instanceOf(attestation, given) ?? []))
  const roots: Trust['roots'][number][] = []
  for (const instance of instances) {
    const { bytes, name, currentUntil } = await loadCachedRoot(instance, publicTrust)
    roots.push(...parseTrustedRoots(bytes, name, currentUntil))
  }
  return roots
}

/** Which public root may know this signer. The issuer's organisation only selects what to load; it proves nothing. */
export function instanceOf(
  { key, bundle, logEntries }: FetchedAttestation,
  given: Pick<Trust, 'rootCertificates'>,
): PublicInstance | undefined {
  if (bundle === undefined) return undefined
  if (key.kind !== 'certificate') return logEntries.length > 0 ? 'sigstore' : undefined
  if (logEntries.length === 0 && given.rootCertificates.length > 0) return undefined
  try {
    const [der] = key.chain
    const organisation = der && nameField(parseCertificate(der).x509.issuer, 'O')
    return organisation === 'GitHub, Inc.' ? 'github' : 'sigstore'
  } catch {
    // A certificate that cannot be read is refused by the verifier, with its own code and without any root.
    return undefined
  }
}

async function loadRegistryKeys(
  { npmKeys }: TrustOptions,
  attestations: readonly FetchedAttestation[],
  publicTrust: PublicTrustOptions,
): Promise<TrustedKey[]> {
  const needed = attestations.some(({ form, key }) => form === 'npm' && key.kind === 'key')
  if (npmKeys === undefined && !needed) return []
  const [source] = npmKeys === undefined ? [await loadNpmKeys(publicTrust)] : await loadTrustFiles([npmKeys])
  return source === undefined ? [] : parseNpmKeys(source.bytes, source.name, source.currentUntil)
}
