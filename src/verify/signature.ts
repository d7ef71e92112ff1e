import { type DSAEncoding, type KeyObject, verify as verifySignature } from 'node:crypto'
import type { FetchedAttestation } from '../model/attestation.ts'
import { CleanbillError } from '../model/error.ts'
import type { ProvenSignature } from './proven-before.ts'
import { signatureHashes, type TrustedKey } from './trust-material.ts'

/**
 * The signature over exactly these bytes.
 *
 * @returns what the library needs not compute again
 * @throws {CleanbillError} `SIGNATURE_INVALID`
 */
export function checkSignature(
  attestation: FetchedAttestation,
  key: KeyObject,
  signed: Uint8Array,
): ProvenSignature | undefined {
  const encoding = findEncoding(attestation, key, signed)
  if (encoding === undefined) throw signatureInvalid(attestation.where)
  return toProven(attestation, key, signed, encoding)
}

/** Which of the keys signed it; undefined: none. */
export function firstThatSigned(keys: readonly TrustedKey[], attestation: FetchedAttestation, signed: Uint8Array) {
  for (const found of keys) {
    const encoding = findEncoding(attestation, found.key, signed)
    if (encoding !== undefined) return { found, proven: toProven(attestation, found.key, signed, encoding) }
  }
  return undefined
}

/** The library hashes what an envelope's signature covers with SHA-256 and reads DER, and nothing else. */
function toProven(
  { content }: FetchedAttestation,
  key: KeyObject,
  signed: Uint8Array,
  { hash, dsaEncoding }: SignatureEncoding,
): ProvenSignature | undefined {
  const same = content.kind === 'dsse' && key.asymmetricKeyType === 'ec' && hash === 'sha256' && dsaEncoding === 'der'
  return same ? { signed, signature: content.signature, key } : undefined
}

export function signatureInvalid(where: string): CleanbillError {
  return new CleanbillError('SIGNATURE_INVALID', `${where}: the signature does not belong to these bytes`, {
    hint: 'The payload, the signature or the key was changed after signing.',
  })
}

interface SignatureEncoding {
  readonly hash: string | null
  readonly dsaEncoding: DSAEncoding
}

/**
 * How the signature is to be read so that it holds; undefined: it does not. ECDSA signatures come as DER nearly
 * everywhere, and as the two bare numbers from some key management services.
 */
function findEncoding(
  { content }: FetchedAttestation,
  key: KeyObject,
  signed: Uint8Array,
): SignatureEncoding | undefined {
  const encodings: readonly DSAEncoding[] = key.asymmetricKeyType === 'ec' ? ['der', 'ieee-p1363'] : ['der']
  const ways = (signatureHashes(key) ?? []).flatMap((hash) => encodings.map((dsaEncoding) => ({ hash, dsaEncoding })))
  return ways.find(({ hash, dsaEncoding }) => {
    try {
      return verifySignature(hash, signed, { key, dsaEncoding }, content.signature)
    } catch {
      return false
    }
  })
}
