import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import type { TrustMaterial as LibraryMaterial } from '@sigstore/verify'
import { decodeBase64 } from '../model/base64.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { decodeUtf8, isJsonObject, type JsonObject, type JsonValue, parseJsonObject } from '../model/json.ts'
import { type KeyFinder, libraryMaterial } from './library-material.ts'

/**
 * A trusted root is of one of two kinds, told by what it holds and never by its file name or by the certificate at
 * hand: with logs (`sigstore`: one log entry, one SCT and one time are required) or without (`github`: one timestamp).
 * The thresholds are fixed: the GitHub ones applied to a root with logs would drop the log requirement.
 */
export interface VerificationRoot {
  readonly name: string
  /** The document itself, for threads that read it again. */
  readonly text: string
  readonly domain: 'sigstore' | 'github'
  readonly authorities: readonly X509Certificate[]
  readonly logs: readonly { readonly id: Uint8Array; readonly start: Date; readonly end: Date | undefined }[]
  /** Whoever began to count after this moment, it may not name. Undefined where nobody says how old it is. */
  readonly currentUntil: Date | undefined
  /** The library's own form, with the given finder for bundles that name a key. */
  readonly material: (findKey: KeyFinder) => LibraryMaterial
}

export const THRESHOLDS = {
  sigstore: { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 },
  github: { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 1 },
} as const

/** A public key that is trusted, with the window in which what it signed counts. */
export interface TrustedKey {
  /** What bundles call it; empty for a key that was given by hand: then any hint may mean it. */
  readonly hint: string
  readonly key: KeyObject
  readonly start: Date | undefined
  readonly end: Date | undefined
  readonly source: 'key' | 'npm-keys'
  /** Of the list that it comes from; see {@link VerificationRoot}. */
  readonly currentUntil?: Date | undefined
}

/** Everything that verification may rely on. All of it was chosen by whoever verifies. */
export interface Trust {
  readonly roots: readonly VerificationRoot[]
  readonly keys: readonly TrustedKey[]
  /** Certificates of private CAs. */
  readonly rootCertificates: readonly X509Certificate[]
  /** For certificates of a private CA, whose signatures carry no trusted time. */
  readonly now: Date
}

export type { LibraryMaterial }

const ROOT_MEDIA_TYPES = [
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
]

/**
 * Reads a `trusted_root.json`, or JSON lines of them (as `gh attestation trusted-root` prints; the last line may lack
 * its newline).
 *
 * @param currentUntil of the document, which has no date of its own
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export function parseTrustedRoots(bytes: Uint8Array, name: string, currentUntil?: Date): VerificationRoot[] {
  const lines = decodeRoot(bytes, name)
    .split('\n')
    .filter((line) => line.trim() !== '')
  const jsonl = lines.length > 1 && lines.every((line) => line.startsWith('{') && line.trimEnd().endsWith('}'))
  const texts = jsonl ? lines : [lines.join('\n')]
  return texts.map((text, index) => parseTrustedRoot(text, jsonl ? `${name} line ${index + 1}` : name, currentUntil))
}

function decodeRoot(bytes: Uint8Array, name: string): string {
  try {
    return decodeUtf8(bytes, name)
  } catch (cause) {
    throw invalid(name, 'is not UTF-8', cause)
  }
}

function parseTrustedRoot(text: string, name: string, currentUntil: Date | undefined): VerificationRoot {
  const json = readJson(text, name)
  if (typeof json.mediaType !== 'string' || !ROOT_MEDIA_TYPES.includes(json.mediaType)) {
    throw invalid(name, `has the media type ${JSON.stringify(json.mediaType)}`)
  }
  checkWindows(json, name)
  try {
    const root = TrustedRoot.fromJSON(json)
    if (root.certificateAuthorities.length === 0) throw invalid(name, 'names no certificate authority')
    const chains = root.certificateAuthorities.flatMap((entry) => entry.certChain?.certificates ?? [])
    // Built once here so that a key or certificate that cannot be read is the root's fault and not the bundle's.
    const material = libraryMaterial(root)
    return {
      name,
      text,
      currentUntil,
      domain: root.tlogs.length === 0 && root.ctlogs.length === 0 ? 'github' : 'sigstore',
      authorities: chains.map((entry) => new X509Certificate(entry.rawBytes)),
      logs: root.tlogs.map((log) => ({
        id: log.checkpointKeyId?.keyId ?? log.logId?.keyId ?? new Uint8Array(),
        start: log.publicKey?.validFor?.start ?? new Date(Number.NaN),
        end: log.publicKey?.validFor?.end,
      })),
      material,
    }
  } catch (error) {
    if (isCleanbillError(error)) throw error
    throw invalid(name, `cannot be read: ${(error as Error).message}`, error)
  }
}

/**
 * Every key and authority must say since when it counts. Without a start the library takes the beginning of time
 * (measured with the conformance case `trust-root-tlog-missing-validity-start_fail`, which it accepts).
 */
function checkWindows(root: JsonObject, name: string): void {
  const windows = [
    ...entries(root, 'tlogs', name).map((entry) => [memberOf(memberOf(entry, 'publicKey'), 'validFor'), 'a log']),
    ...entries(root, 'ctlogs', name).map((entry) => [memberOf(memberOf(entry, 'publicKey'), 'validFor'), 'a CT log']),
    ...entries(root, 'certificateAuthorities', name).map((entry) => [memberOf(entry, 'validFor'), 'a CA']),
    ...entries(root, 'timestampAuthorities', name).map((entry) => [memberOf(entry, 'validFor'), 'a timestamp CA']),
  ] as const
  for (const [window, what] of windows) {
    const start = memberOf(window ?? null, 'start')
    const end = memberOf(window ?? null, 'end')
    if (typeof start !== 'string' || Number.isNaN(Date.parse(start))) {
      throw invalid(name, `says no start of validity for ${what as string}`)
    }
    if (end !== null && (typeof end !== 'string' || Number.isNaN(Date.parse(end)))) {
      throw invalid(name, `has an unreadable end of validity for ${what as string}`)
    }
  }
}

function entries(root: JsonObject, field: string, name: string): readonly JsonValue[] {
  const list = root[field] ?? []
  if (!Array.isArray(list)) throw invalid(name, `has no list in ${field}`)
  return list as readonly JsonValue[]
}

function memberOf(value: JsonValue, field: string): JsonValue {
  return isJsonObject(value) ? (value[field] ?? null) : null
}

function readJson(text: string | Uint8Array, name: string): JsonObject {
  try {
    return parseJsonObject(text, name)
  } catch (cause) {
    throw invalid(name, (cause as Error).message, cause)
  }
}

/**
 * Reads a public key in PEM: P-256, P-384, P-521, Ed25519 or RSA from 2048 bits.
 *
 * @throws {CleanbillError} `KEY_INVALID`, a usage error
 */
export function parsePublicKey(bytes: Uint8Array, name: string): TrustedKey {
  const text = Buffer.from(bytes).toString('latin1')
  if (!text.includes('-----BEGIN') || text.includes('PRIVATE KEY-----')) {
    throw keyInvalid(name, 'is not a public key in PEM')
  }
  try {
    const key = createPublicKey(text)
    if (signatureHashes(key) === undefined) throw keyInvalid(name, `is a ${key.asymmetricKeyType} key`)
    return { hint: '', key, start: undefined, end: undefined, source: 'key' }
  } catch (error) {
    if (isCleanbillError(error)) throw error
    throw keyInvalid(name, 'cannot be read', error)
  }
}

/** The hash algorithms a signature with this key may use; undefined for keys that are not accepted. */
export function signatureHashes(key: KeyObject): readonly (string | null)[] | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return [null]
  if (type === 'rsa') return (details?.modulusLength ?? 0) >= 2048 ? ['sha256', 'sha384', 'sha512'] : undefined
  if (type !== 'ec') return undefined
  // The curve's own hash first; Sigstore signs with SHA-256 over every curve.
  if (details?.namedCurve === 'prime256v1') return ['sha256']
  if (details?.namedCurve === 'secp384r1') return ['sha384', 'sha256']
  return details?.namedCurve === 'secp521r1' ? ['sha512', 'sha256'] : undefined
}

/**
 * Reads npm's keys: the Sigstore TUF target `registry.npmjs.org/keys.json` (with windows), or what a registry answers
 * on `/-/npm/v1/keys` (with `expires` only).
 *
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export function parseNpmKeys(bytes: Uint8Array, name: string, currentUntil?: Date): TrustedKey[] {
  const { attestations } = parseRegistryKeys(bytes, name)
  if (attestations.length === 0) throw invalid(name, 'holds no key for attestations')
  return attestations.map((key) => ({ ...key, currentUntil }))
}

/**
 * Reads the same documents for both usages: `attestations` sign publish attestations, `signatures` what the registry says
 * of a version. A key counts for the usage that it is published for; a document without usages means both.
 *
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export function parseRegistryKeys(
  bytes: Uint8Array,
  name: string,
): { readonly attestations: TrustedKey[]; readonly signatures: TrustedKey[] } {
  const list = readJson(bytes, name).keys
  if (!Array.isArray(list)) throw invalid(name, 'has no list of keys')
  const entries = list as readonly JsonValue[]
  return {
    attestations: entries.flatMap((entry) => readNpmKey(entry, name, 'npm:attestations')),
    signatures: entries.flatMap((entry) => readNpmKey(entry, name, 'npm:signatures')),
  }
}

function readNpmKey(entry: JsonValue, name: string, wanted: 'npm:attestations' | 'npm:signatures'): TrustedKey[] {
  const nested = memberOf(entry, 'publicKey')
  const usage = memberOf(entry, 'keyUsage')
  // Other usages are other keys: what signs package metadata must not vouch for attestations.
  if (usage !== null && usage !== wanted) return []
  const window = memberOf(nested, 'validFor')
  const hint = memberOf(entry, 'keyId') ?? memberOf(entry, 'keyid')
  const raw = memberOf(nested, 'rawBytes') ?? memberOf(entry, 'key')
  if (typeof hint !== 'string' || hint === '' || typeof raw !== 'string') throw invalid(name, 'has an incomplete key')
  const start = toDate(memberOf(window, 'start'), name)
  if (isJsonObject(nested) && start === undefined) throw invalid(name, 'says no start of validity for a key')
  try {
    const key = createPublicKey({ key: Buffer.from(decodeBase64(raw, 'a key')), format: 'der', type: 'spki' })
    const end = toDate(memberOf(window, 'end') ?? memberOf(entry, 'expires'), name)
    return [{ hint, key, start, end, source: 'npm-keys' }]
  } catch (error) {
    if (isCleanbillError(error) && error.code === 'TRUST_ROOT_INVALID') throw error
    throw invalid(name, 'has a key that cannot be read', error)
  }
}

function toDate(value: JsonValue, name: string): Date | undefined {
  if (value === null) return undefined
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) throw invalid(name, 'has an unreadable date')
  return new Date(time)
}

/**
 * Reads the certificates of a private CA, PEM, one or several in a file.
 *
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export function parseRootCertificates(bytes: Uint8Array, name: string): X509Certificate[] {
  const blocks = Buffer.from(bytes)
    .toString('latin1')
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  if (blocks === null) throw invalid(name, 'holds no certificate in PEM')
  try {
    return blocks.map((pem) => new X509Certificate(pem))
  } catch (cause) {
    throw invalid(name, 'has a certificate that cannot be read', cause)
  }
}

function invalid(name: string, why: string, cause?: unknown): CleanbillError {
  return new CleanbillError('TRUST_ROOT_INVALID', `the trust material ${name} ${why}`, {
    cause,
    hint: 'Nothing was verified. Fetch the trusted root anew from where you trust it.',
  })
}

function keyInvalid(name: string, why: string, cause?: unknown): CleanbillError {
  return new CleanbillError('KEY_INVALID', `${name} ${why}`, {
    as: 'usage',
    cause,
    hint: 'Pass a PEM public key: P-256, P-384, P-521, Ed25519 or RSA (2048 bits or more).',
  })
}
