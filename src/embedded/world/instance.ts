import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { encodeBase64 } from '../../model/base64.ts'
import { BUNDLE_V03 } from '../../model/bundle-schema.ts'
import { preAuthEncoding, STATEMENT_PAYLOAD_TYPE } from '../../model/statement.ts'
import { issueCertificate } from '../certificate-authority.ts'
import type { CertificateIdentity } from '../certificate-extensions.ts'
import { type CheckpointSigner, logId, signCheckpoint } from '../checkpoint.ts'
import { CtLog } from '../ct-log.ts'
import type { ProvenEntry } from '../log-file.ts'
import { MemoryLog } from '../memory-log.ts'
import { signPromise } from '../rekor-v1.ts'
import { toCanonicalEntry } from '../rekor-v1-entries.ts'
import type { SigningKey } from '../state.ts'
import { TimestampAuthority } from '../timestamp-authority.ts'
import { buildTrustedRoot, SERVICE_NAMES } from '../trusted-root-document.ts'
import { spkiOf, toPem } from '../x509.ts'
import type { WorldKeys } from './keys.ts'
import { npmKeyId } from './npm-keys.ts'

/** GitHub's release certificates live a year (sources.md §6), the public instance's ten minutes. */
const RELEASE_SECONDS = 365 * 24 * 3600

/** Who signs what in a world, all in this process, at any moment of a simulated past. */
export interface WorldSigner {
  /** A statement → a Sigstore bundle v0.3 of the instance. */
  readonly sign: (payload: Uint8Array, identity: CertificateIdentity, at: Date, who: Instance) => Promise<object>
  /** A signature directly over a file, as RubyGems and Maven have it. */
  readonly signFile: (bytes: Uint8Array, identity: CertificateIdentity, at: Date) => Promise<object>
  /** A statement signed with npm's registry key, in the log. */
  readonly signAsNpm: (payload: Uint8Array, at: Date) => object
  readonly trustedRoot: () => object
  readonly githubTrustedRoot: () => object
}

/** `github-release`: GitHub's own instance, whose release signer has a certificate of another lifetime. */
export type Instance = 'sigstore' | 'github' | 'github-release'

export function makeSigner({ keys, sigstore, github, createdAt }: WorldKeys): WorldSigner {
  const ctLog = new CtLog(keys.ctLog, new MemoryLog())
  const never = () => createdAt
  const publicInstance = {
    issuer: { key: keys.fulcio, chain: sigstore.fulcio, ctLog },
    timestamps: new TimestampAuthority(keys.timestamp, leafOf(sigstore.timestamp), never),
  }
  const githubInstance = {
    issuer: { key: keys.githubFulcio, chain: github.fulcio, ctLog: undefined },
    timestamps: new TimestampAuthority(keys.githubTimestamp, leafOf(github.timestamp), never),
  }
  const log = new TransparencyLog({ name: SERVICE_NAMES.rekorV1, ...keys.rekor })
  return {
    sign: async (payload, identity, at, who) => {
      const { issuer, timestamps } = who === 'sigstore' ? publicInstance : githubInstance
      const pair: SigningKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const seconds = who === 'github-release' ? RELEASE_SECONDS : undefined
      const leaf = await issueCertificate(issuer, pair.publicKey, identity, at, seconds)
      const { envelope, signature } = signEnvelope(payload, pair)
      // GitHub's own instance has no log, only timestamps (sources.md §6); what registries hold of the public instance
      // was signed with a promise of the log and without a timestamp.
      const time =
        who === 'sigstore'
          ? { tlogEntries: [log.addEnvelope(envelope, toPem(leaf), at)] }
          : { tlogEntries: [], timestampVerificationData: timestampData(timestamps.stamp(signature, at)) }
      return {
        mediaType: BUNDLE_V03,
        verificationMaterial: { certificate: { rawBytes: encodeBase64(leaf) }, ...time },
        dsseEnvelope: envelope,
      }
    },
    signFile: async (bytes, identity, at) => {
      const pair: SigningKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const leaf = await issueCertificate(publicInstance.issuer, pair.publicKey, identity, at)
      const signature = sign('sha256', bytes, pair.privateKey)
      const digest = createHash('sha256').update(bytes).digest()
      return {
        mediaType: BUNDLE_V03,
        verificationMaterial: {
          certificate: { rawBytes: encodeBase64(leaf) },
          tlogEntries: [log.addFile(digest, signature, toPem(leaf), at)],
          timestampVerificationData: timestampData(publicInstance.timestamps.stamp(signature, at)),
        },
        messageSignature: {
          messageDigest: { algorithm: 'SHA2_256', digest: encodeBase64(digest) },
          signature: encodeBase64(signature),
        },
      }
    },
    signAsNpm: (payload, at) => {
      const hint = npmKeyId(keys.npm)
      const { envelope } = signEnvelope(payload, keys.npm, hint)
      return {
        mediaType: BUNDLE_V03,
        verificationMaterial: {
          publicKey: { hint },
          tlogEntries: [log.addEnvelope(envelope, toPem(spkiOf(keys.npm.publicKey), 'PUBLIC KEY'), at)],
        },
        dsseEnvelope: envelope,
      }
    },
    trustedRoot: () =>
      buildTrustedRoot({
        createdAt,
        keys: { ctLog: keys.ctLog, rekorV1: keys.rekor },
        certificates: sigstore,
      }),
    githubTrustedRoot: () => buildTrustedRoot({ createdAt, keys: {}, certificates: github }),
  }
}

interface Envelope {
  readonly payload: string
  readonly payloadType: string
  readonly signatures: readonly [{ readonly sig: string; readonly keyid?: string }]
}

/** @param keyid npm's registry names its key; keyless signatures name none */
function signEnvelope(payload: Uint8Array, key: SigningKey, keyid?: string): { envelope: Envelope; signature: Buffer } {
  const signature = sign('sha256', preAuthEncoding(STATEMENT_PAYLOAD_TYPE, payload), key.privateKey)
  const sig = encodeBase64(signature)
  const envelope: Envelope = {
    payload: encodeBase64(payload),
    payloadType: STATEMENT_PAYLOAD_TYPE,
    signatures: [keyid === undefined ? { sig } : { sig, keyid }],
  }
  return { envelope, signature }
}

const timestampData = (response: Uint8Array) => ({
  rfc3161Timestamps: [{ signedTimestamp: encodeBase64(response) }],
})

function leafOf(chain: readonly Uint8Array[]): Uint8Array {
  const [leaf] = chain
  if (leaf === undefined) throw new RangeError('a chain without a certificate')
  return leaf
}

/** Rekor's first API without its HTTP: canonical entries, promise, proof, as they stand in a bundle. */
class TransparencyLog {
  readonly #signer: CheckpointSigner
  readonly #log = new MemoryLog()
  readonly #id: Buffer
  readonly #origin: string

  constructor(signer: CheckpointSigner) {
    this.#signer = signer
    this.#id = logId(signer)
    this.#origin = `${signer.name} - ${this.#id.readBigUInt64BE() & 0x7fffffffffffffffn}`
  }

  addEnvelope(envelope: Envelope, verifier: string, at: Date): object {
    const proposedContent = {
      envelope: JSON.stringify(envelope),
      verifiers: [encodeBase64(Buffer.from(verifier))],
    }
    const body = toCanonicalEntry({ apiVersion: '0.0.1', kind: 'dsse', spec: { proposedContent } })
    return this.#entry('dsse', this.#log.add(body, at))
  }

  addFile(digest: Buffer, signature: Uint8Array, verifier: string, at: Date): object {
    const spec = {
      data: { hash: { algorithm: 'sha256', value: digest.toString('hex') } },
      signature: { content: encodeBase64(signature), publicKey: { content: encodeBase64(Buffer.from(verifier)) } },
    }
    const body = toCanonicalEntry({ apiVersion: '0.0.1', kind: 'hashedrekord', spec })
    return this.#entry('hashedrekord', this.#log.add(body, at))
  }

  #entry(kind: string, entry: ProvenEntry): object {
    return {
      logIndex: String(entry.index),
      logId: { keyId: encodeBase64(this.#id) },
      kindVersion: { kind, version: '0.0.1' },
      integratedTime: String(entry.time),
      inclusionPromise: { signedEntryTimestamp: encodeBase64(signPromise(this.#signer, this.#id, entry).promise) },
      inclusionProof: {
        logIndex: String(entry.index),
        rootHash: encodeBase64(entry.rootHash),
        treeSize: String(entry.treeSize),
        hashes: entry.hashes.map(encodeBase64),
        checkpoint: { envelope: signCheckpoint(this.#signer, this.#origin, entry.treeSize, entry.rootHash) },
      },
      canonicalizedBody: encodeBase64(entry.body),
    }
  }
}
