import { createPublicKey, X509Certificate } from 'node:crypto'
import { parseTrustedRoots, type Trust, type TrustedKey, type VerificationRoot } from './trust-material.ts'

/** {@link Trust} as it can be sent to a thread: texts and bytes. */
export interface PackedTrust {
  readonly roots: readonly Pick<VerificationRoot, 'name' | 'text' | 'currentUntil'>[]
  readonly keys: readonly (Omit<TrustedKey, 'key'> & { readonly der: Uint8Array })[]
  readonly rootCertificates: readonly string[]
  readonly now: Date
}

export function packTrust({ roots, keys, rootCertificates, now }: Trust): PackedTrust {
  return {
    roots: roots.map(({ name, text, currentUntil }) => ({ name, text, currentUntil })),
    keys: keys.map(({ key, ...rest }) => ({ ...rest, der: key.export({ type: 'spki', format: 'der' }) })),
    rootCertificates: rootCertificates.map((certificate) => certificate.toString()),
    now,
  }
}

/** @throws {CleanbillError} `TRUST_ROOT_INVALID` */
export function unpackTrust({ roots, keys, rootCertificates, now }: PackedTrust): Trust {
  return {
    roots: roots.flatMap(({ name, text, currentUntil }) =>
      parseTrustedRoots(new TextEncoder().encode(text), name, currentUntil),
    ),
    keys: keys.map(({ der, ...rest }) => ({
      ...rest,
      key: createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' }),
    })),
    rootCertificates: rootCertificates.map((pem) => new X509Certificate(pem)),
    now,
  }
}
