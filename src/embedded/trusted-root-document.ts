import type { KeyObject } from 'node:crypto'
import { encodeBase64 } from '../model/base64.ts'
import { logId } from './checkpoint.ts'
import { ctLogId } from './ct-log.ts'
import type { State } from './state.ts'
import { spkiOf } from './x509.ts'

/**
 * Names of the services in the trusted root and in checkpoints. They are names, not addresses: `.internal` never
 * resolves publicly (ICANN, 2024), and without a port the trusted root stays the same across restarts.
 */
export const SERVICE_NAMES = {
  fulcio: 'fulcio.cleanbill.internal',
  ctLog: 'ctlog.cleanbill.internal',
  rekorV1: 'rekor-v1.cleanbill.internal',
  rekorV2: 'rekor.cleanbill.internal',
  timestamp: 'timestamp.cleanbill.internal',
} as const

const OPERATOR = 'cleanbill.internal'

/** What a trusted root speaks of. A log that an instance does not have is not named. */
export interface TrustedParts {
  readonly createdAt: Date
  readonly keys: Partial<Pick<State['keys'], 'rekorV1' | 'rekorV2' | 'ctLog'>>
  readonly certificates: State['certificates']
}

/** `trusted_root.json`; protobuf-specs `sigstore_trustroot.proto`, TrustedRoot. A function of the state alone. */
export function buildTrustedRoot({ keys, certificates, createdAt }: TrustedParts): object {
  const validFor = { start: toProtoTime(createdAt) }
  const publicKey = (key: KeyObject) => ({
    rawBytes: encodeBase64(spkiOf(key)),
    keyDetails: key.asymmetricKeyType === 'ed25519' ? 'PKIX_ED25519' : 'PKIX_ECDSA_P256_SHA_256',
    validFor,
  })
  const authority = (commonName: string, name: string, chain: readonly Uint8Array[]) => ({
    subject: { organization: OPERATOR, commonName },
    uri: `https://${name}`,
    certChain: { certificates: chain.map((der) => ({ rawBytes: encodeBase64(der) })) },
    validFor,
  })
  const log = (name: string, key: KeyObject, id: Uint8Array) => ({
    baseUrl: `https://${name}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: publicKey(key),
    logId: { keyId: encodeBase64(id) },
  })
  const rekor = (name: string, key: KeyObject) => log(name, key, logId({ name, publicKey: key }))
  const { rekorV1, rekorV2, ctLog } = keys
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [
      ...(rekorV1 === undefined ? [] : [rekor(SERVICE_NAMES.rekorV1, rekorV1.publicKey)]),
      ...(rekorV2 === undefined ? [] : [rekor(SERVICE_NAMES.rekorV2, rekorV2.publicKey)]),
    ],
    certificateAuthorities: [authority('fulcio', SERVICE_NAMES.fulcio, certificates.fulcio)],
    ctlogs: ctLog === undefined ? [] : [log(SERVICE_NAMES.ctLog, ctLog.publicKey, ctLogId(ctLog))],
    timestampAuthorities: [authority('timestamp', SERVICE_NAMES.timestamp, certificates.timestamp)],
  }
}

/** `signing_config.json`; protobuf-specs `sigstore_trustroot.proto`, SigningConfig v0.2. */
export function buildSigningConfig(state: State, url: string, rekor: 1 | 2): object {
  const service = (address: string, majorApiVersion: number) => [
    { url: address, majorApiVersion, validFor: { start: toProtoTime(state.createdAt) }, operator: OPERATOR },
  ]
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: service(url, 1),
    oidcUrls: service(url, 1),
    rekorTlogUrls: service(url, rekor),
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: service(`${url}/api/v1/timestamp`, 1),
    tsaConfig: { selector: 'ANY' },
  }
}

/** Both in one, as sigstore-python's `--trust-config` wants it. */
export function buildClientTrustConfig(state: State, url: string): object {
  return {
    mediaType: 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json',
    trustedRoot: buildTrustedRoot(state),
    signingConfig: buildSigningConfig(state, url, 2),
  }
}

function toProtoTime(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}
