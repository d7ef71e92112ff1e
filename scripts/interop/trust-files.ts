import { createHash, X509Certificate } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogKey, Pki } from './pki.ts'

/** What verifiers trust and signers use, in the forms that the different programs read. */
export interface TrustFiles {
  readonly trustedRoot: string
  /** The same on one line: gh reads JSON lines. */
  readonly trustedRootLines: string
  /** Trusted root and signing config in one, for sigstore-python. */
  readonly clientTrustConfig: string
}

/** Where the servers of one run answer; base URLs without a trailing slash. */
export interface Endpoints {
  readonly fulcio: string
  readonly ctlog: string
  readonly rekorV2: string
  readonly rekorV1: string
  readonly timestamp: string
}

export interface PrivateTrust extends TrustFiles {
  readonly signingConfigV2: string
  readonly signingConfigV1: string
}

/** Names in the logs' checkpoints. A port in them would make sigstore-go find no signature that it knows. */
export const REKOR_V2_ORIGIN = 'rekor-v2.interop.example'
export const REKOR_V1_ORIGIN = 'rekor-v1.interop.example'

/** Writes `trusted_root.json` (protobuf-specs TrustedRoot 0.1) and the signing configs (SigningConfig 0.2). */
export async function writePrivateTrust(folder: string, pki: Pki, endpoints: Endpoints): Promise<PrivateTrust> {
  await mkdir(folder, { recursive: true })
  const validFor = { start: new Date(Date.now() - 60 * 60_000).toISOString() }
  const ctKey = ecdsaKey(pki.ctlog, validFor)
  const subject = { organization: 'interop.example', commonName: 'interop' }
  const trustedRoot = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      // @sigstore/verify wants the checkpoint's signer inside baseUrl, sigstore-go takes its host name.
      { baseUrl: `https://${REKOR_V2_ORIGIN}`, hashAlgorithm: 'SHA2_256', ...ed25519Key(pki.rekorV2, validFor) },
      { baseUrl: `https://${REKOR_V1_ORIGIN}`, hashAlgorithm: 'SHA2_256', ...ecdsaKey(pki.rekorV1, validFor) },
    ],
    certificateAuthorities: [{ subject, uri: endpoints.fulcio, certChain: await chainOf(pki.fulcio.chain), validFor }],
    ctlogs: [{ baseUrl: endpoints.ctlog, hashAlgorithm: 'SHA2_256', ...ctKey }],
    timestampAuthorities: [
      {
        subject,
        uri: `${endpoints.timestamp}/api/v1/timestamp`,
        certChain: await chainOf(pki.timestamp.chain),
        validFor,
      },
    ],
  }
  const service = (url: string, majorApiVersion: number) => ({
    url,
    majorApiVersion,
    validFor,
    operator: 'interop.example',
  })
  const signingConfig = (rekor: string, majorApiVersion: number) => ({
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(endpoints.fulcio, 1)],
    oidcUrls: [],
    rekorTlogUrls: [service(rekor, majorApiVersion)],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service(`${endpoints.timestamp}/api/v1/timestamp`, 1)],
    tsaConfig: { selector: 'ANY' },
  })
  const write = async (name: string, value: object, indent?: number) => {
    const path = join(folder, name)
    await writeFile(path, `${JSON.stringify(value, null, indent)}\n`)
    return path
  }
  const signingConfigV2 = signingConfig(endpoints.rekorV2, 2)
  return {
    trustedRoot: await write('trusted_root.json', trustedRoot, 2),
    trustedRootLines: await write('trusted_root.jsonl', trustedRoot),
    clientTrustConfig: await write('client_trust_config.json', clientTrustConfig(trustedRoot, signingConfigV2), 2),
    signingConfigV2: await write('signing_config.json', signingConfigV2, 2),
    signingConfigV1: await write('signing_config_rekor_v1.json', signingConfig(endpoints.rekorV1, 1), 2),
  }
}

function clientTrustConfig(trustedRoot: object, signingConfig: object): object {
  const mediaType = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json'
  return { mediaType, trustedRoot, signingConfig }
}

type ValidFor = { readonly start: string }

/** RFC 6962, and C2SP signed notes with ECDSA: the log is named by the SHA-256 of its public key's DER. */
function ecdsaKey(log: LogKey, validFor: ValidFor) {
  const der = log.publicKey.export({ type: 'spki', format: 'der' })
  return {
    publicKey: { rawBytes: der.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: createHash('sha256').update(der).digest('base64') },
  }
}

/** C2SP signed notes with Ed25519: SHA-256(origin || 0x0A || 0x01 || key), here not cut to its first four bytes. */
function ed25519Key(log: LogKey, validFor: ValidFor) {
  const der = log.publicKey.export({ type: 'spki', format: 'der' })
  const raw = der.subarray(-32)
  const keyId = createHash('sha256')
    .update(REKOR_V2_ORIGIN)
    .update(Buffer.from([0x0a, 0x01]))
    .update(raw)
    .digest('base64')
  return {
    publicKey: { rawBytes: der.toString('base64'), keyDetails: 'PKIX_ED25519', validFor },
    logId: { keyId },
    checkpointKeyId: { keyId },
  }
}

/** Fulcio's chain is intermediate, root; the timestamp authority's begins with the leaf. The root alone is refused. */
async function chainOf(file: string) {
  const pems = (await readFile(file, 'utf8')).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return { certificates: pems.map((pem) => ({ rawBytes: new X509Certificate(pem).raw.toString('base64') })) }
}
