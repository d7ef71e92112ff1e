import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import { bundleToJSON } from '@sigstore/bundle'
import { DSSEBundleBuilder, FulcioSigner, InternalError, RekorWitness, TSAWitness, type Witness } from '@sigstore/sign'
import type { Host } from '../io/host.ts'
import type { Http } from '../io/http.ts'
import { encodeBase64 } from '../model/base64.ts'
import { CleanbillError, type ErrorCode } from '../model/error.ts'
import type { JsonObject } from '../model/json.ts'
import { keyFingerprint } from '../model/key-fingerprint.ts'
import { preAuthEncoding, STATEMENT_PAYLOAD_TYPE } from '../model/statement.ts'
import type { IdentityToken } from './identity-token.ts'
import { RekorV2Witness } from './rekor-v2-witness.ts'
import type { SigningServices } from './signing-services.ts'

/** Media type of every bundle we write. */
export const BUNDLE_V03 = 'application/vnd.dev.sigstore.bundle.v0.3+json'

const CA_TIMEOUT_MS = 20_000
const LOG_TIMEOUT_MS = 30_000
const RETRY = { retries: 3, minTimeout: 500, maxTimeout: 5_000 }

/**
 * Signs a statement keyless: ephemeral P-256 key, certificate from the CA, log entry, timestamp. What comes back is not
 * checked here (the library checks nothing it receives): the flow verifies its own bundle before it publishes it.
 *
 * @returns Sigstore bundle v0.3 as JSON
 * @throws {CleanbillError} `CA_UNAVAILABLE`, `CA_REFUSED`, `LOG_UNAVAILABLE`, `LOG_REFUSED`, `TSA_UNAVAILABLE`
 */
export async function signStatement(
  payload: Uint8Array,
  services: SigningServices,
  token: IdentityToken,
  world: { readonly host: Host; readonly http: Http },
): Promise<JsonObject> {
  const signer = new FulcioSigner({
    fulcioBaseURL: services.caUrl,
    identityProvider: { getToken: async () => token.jwt },
    timeout: CA_TIMEOUT_MS,
    retry: RETRY,
  })
  const witnesses: Witness[] = [
    ...logWitness(services, world),
    new TSAWitness({ tsaBaseURL: services.tsaUrl, timeout: CA_TIMEOUT_MS, retry: RETRY }),
  ]
  try {
    const data = Buffer.from(payload)
    const bundle = await new DSSEBundleBuilder({ signer, witnesses }).create({ data, type: STATEMENT_PAYLOAD_TYPE })
    return bundleToJSON(bundle) as unknown as JsonObject // protobuf JSON: plain objects, arrays and strings only
  } catch (error) {
    throw toSigningError(error, token.jwt)
  }
}

function logWitness(services: SigningServices, { host, http }: { host: Host; http: Http }): Witness[] {
  const { log } = services
  if (log === undefined) return []
  if (log.majorApiVersion === 2) return [new RekorV2Witness({ url: log.url, http, sleep: host.sleep })]
  // fetchOnConflict off: a fresh key never makes an entry twice, so a duplicate is a replay (S11).
  const options = { rekorBaseURL: log.url, majorApiVersion: 1, entryType: 'dsse', fetchOnConflict: false } as const
  return [new RekorWitness({ ...options, timeout: LOG_TIMEOUT_MS, retry: RETRY })]
}

interface Fault {
  readonly unavailable: ErrorCode
  readonly refused: ErrorCode
  readonly what: string
  readonly hint: string
}

const FAULTS: Readonly<Record<string, Fault>> = {
  CA_CREATE_SIGNING_CERTIFICATE_ERROR: {
    unavailable: 'CA_UNAVAILABLE',
    refused: 'CA_REFUSED',
    what: 'the certificate authority',
    hint: 'It accepts tokens of known issuers, with audience sigstore, that have not expired.',
  },
  TLOG_CREATE_ENTRY_ERROR: {
    unavailable: 'LOG_UNAVAILABLE',
    refused: 'LOG_REFUSED',
    what: 'the transparency log',
    hint: 'A Rekor v2 server needs majorApiVersion 2 in the signing config.',
  },
  TLOG_FETCH_ENTRY_ERROR: {
    unavailable: 'LOG_UNAVAILABLE',
    refused: 'LOG_REFUSED',
    what: 'the transparency log',
    hint: 'A Rekor v2 server needs majorApiVersion 2 in the signing config.',
  },
  TSA_CREATE_TIMESTAMP_ERROR: {
    unavailable: 'TSA_UNAVAILABLE',
    refused: 'TSA_UNAVAILABLE',
    what: 'the timestamp authority',
    hint: 'The certificate is short-lived: the statement is signed again later, with a new one.',
  },
}

/** The library's error to ours. Its messages hold what the server said, and a server may echo the token (S3). */
function toSigningError(error: unknown, secret: string): CleanbillError {
  if (error instanceof CleanbillError) return error
  const fault = error instanceof InternalError ? FAULTS[error.code] : undefined
  if (fault === undefined) {
    const kind = error instanceof InternalError ? error.code : (error as Error).name
    return new CleanbillError('SIGNING_FAILED', `signing failed (${kind})`)
  }
  const status = (error as { cause?: { statusCode?: unknown } }).cause?.statusCode
  const refused = typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429
  if (refused) {
    const said = (error as Error).message.replaceAll(secret, '***').slice(0, 300)
    return new CleanbillError(fault.refused, `${fault.what} refused the request: ${said}`, { hint: fault.hint })
  }
  const why = typeof status === 'number' ? `HTTP ${status}` : 'no connection'
  return new CleanbillError(fault.unavailable, `${fault.what} cannot be reached or does not answer (${why})`)
}

/** May the same signing succeed later, with nothing changed by the user? Then the statement waits in the outbox. */
export function isOutage(error: unknown): boolean {
  const codes: readonly ErrorCode[] = [
    'TOKEN_UNAVAILABLE',
    'CA_UNAVAILABLE',
    'LOG_UNAVAILABLE',
    'TSA_UNAVAILABLE',
    'TRUST_ROOT_UNAVAILABLE',
  ]
  return error instanceof CleanbillError && codes.includes(error.code)
}

const HASHES: Readonly<Record<string, string | null>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
}

/**
 * Signs a statement with a private key: no certificate, no log, no trusted time. For those who may use neither the
 * public log nor an instance of their own.
 *
 * @param pem PKCS#8 or SEC1 PEM; P-256, P-384, P-521 or Ed25519
 * @throws {CleanbillError} `KEY_INVALID` (usage)
 */
export function signStatementWithKey(payload: Uint8Array, pem: Uint8Array, passphrase?: string): JsonObject {
  const { key, hash } = requireSigningKey(pem, passphrase)
  const sig = sign(hash, preAuthEncoding(STATEMENT_PAYLOAD_TYPE, payload), key)
  const hint = keyFingerprint(createPublicKey(key))
  return {
    mediaType: BUNDLE_V03,
    verificationMaterial: { publicKey: { hint }, tlogEntries: [] },
    dsseEnvelope: {
      payload: encodeBase64(payload),
      payloadType: STATEMENT_PAYLOAD_TYPE,
      signatures: [{ sig: encodeBase64(sig), keyid: hint }],
    },
  }
}

/**
 * Can this key sign? Asked before the command runs, too: a wrong passphrase must not surface after a training.
 *
 * @throws {CleanbillError} `KEY_INVALID` (usage)
 */
export function requireSigningKey(
  pem: Uint8Array,
  passphrase: string | undefined,
): { readonly key: KeyObject; readonly hash: string | null } {
  const key = readPrivateKey(pem, passphrase)
  const curve = key.asymmetricKeyDetails?.namedCurve
  const hash = key.asymmetricKeyType === 'ed25519' ? null : HASHES[curve ?? '']
  if (hash === undefined) {
    throw keyError(`a ${key.asymmetricKeyType ?? 'unknown'} key (${curve ?? 'no curve'}) is not supported`)
  }
  return { key, hash }
}

function readPrivateKey(pem: Uint8Array, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({
      key: Buffer.from(pem),
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    })
  } catch {
    // The cause is dropped on purpose: OpenSSL messages have quoted key material before.
    throw keyError('the signing key cannot be read')
  }
}

function keyError(why: string): CleanbillError {
  return new CleanbillError('KEY_INVALID', why, {
    as: 'usage',
    hint: 'A PEM private key: P-256, P-384, P-521 or Ed25519; its passphrase in CLEANBILL_KEY_PASSPHRASE.',
  })
}
