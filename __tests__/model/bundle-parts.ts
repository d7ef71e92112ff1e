import { makeCertificate, san, uriName } from '../support/certificates.ts'
import { envelope, keyPair, type LooseJson, statementAbout } from '../support/real-signer.ts'

export const b64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64')
export const certificate = b64(makeCertificate([san(uriName('https://a.example/'))]))
export const dsse: LooseJson = envelope(statementAbout('hello'), keyPair().privateKey)
export const ROOT = b64(Buffer.alloc(32, 7))

/** A checkpoint of 42 entries; each part of it can be another. */
export const checkpoint = ({
  origin = 'log.example',
  size = '42',
  root = ROOT,
  extra = '',
  signatures = line(),
} = {}) => `${origin}\n${size}\n${root}\n${extra}\n${signatures}`

export const line = (name = 'log.example', signature = 'c2ln'): string => `\u2014 ${name} ${signature}\n`

/** A log entry with everything that one can hold. */
export function logEntry(change: (entry: LooseJson) => void = () => undefined): LooseJson {
  const entry: LooseJson = {
    logIndex: '41',
    logId: { keyId: b64('log') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: '1700000000',
    inclusionPromise: { signedEntryTimestamp: b64('promise') },
    inclusionProof: {
      logIndex: '40',
      rootHash: ROOT,
      treeSize: '42',
      hashes: [b64('a'), b64('b')],
      checkpoint: { envelope: checkpoint() },
    },
    canonicalizedBody: b64('{}'),
  }
  change(entry)
  return entry
}

/** A v0.3 bundle with a log entry and a timestamp. */
export function fullBundle(change: (bundle: LooseJson) => void = () => undefined): LooseJson {
  const bundle: LooseJson = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: certificate },
      tlogEntries: [logEntry()],
      timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: b64('time') }] },
    },
    dsseEnvelope: structuredClone(dsse),
  }
  change(bundle)
  return bundle
}

/** In place of the envelope, a signature over a digest of so many bytes. */
export function message(bundle: LooseJson, algorithm: string, length: number): void {
  delete bundle.dsseEnvelope
  bundle.messageSignature = {
    messageDigest: { algorithm, digest: b64(Buffer.alloc(length, 9)) },
    signature: b64('signature'),
  }
}

/** What a call failed with; fails the test where it did not. */
export function errorOf(work: () => unknown): LooseJson {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was refused')
}
