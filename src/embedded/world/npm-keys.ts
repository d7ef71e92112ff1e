import { createHash, sign } from 'node:crypto'
import { encodeBase64 } from '../../model/base64.ts'
import type { SigningKey } from '../state.ts'
import { spkiOf } from '../x509.ts'

/** npm's way to name a key: SHA-256 of the SubjectPublicKeyInfo, base64 without padding. */
export function npmKeyId({ publicKey }: Pick<SigningKey, 'publicKey'>): string {
  return `SHA256:${createHash('sha256').update(spkiOf(publicKey)).digest('base64').replace(/=+$/, '')}`
}

/** `dist.signatures` of a version: over `name@version:integrity`. */
export function signAsNpmRegistry(key: SigningKey, text: string): { readonly keyid: string; readonly sig: string } {
  return { keyid: npmKeyId(key), sig: encodeBase64(sign('sha256', Buffer.from(text), key.privateKey)) }
}

/** As the Sigstore TUF target `registry.npmjs.org/keys.json`: one entry a usage, with its window. */
export function npmKeysDocument(key: SigningKey, createdAt: Date): object {
  const entry = (keyUsage: string, start: string) => ({
    keyId: npmKeyId(key),
    keyUsage,
    publicKey: {
      rawBytes: encodeBase64(spkiOf(key.publicKey)),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start },
    },
  })
  return {
    keys: [entry('npm:signatures', '1999-01-01T00:00:00.000Z'), entry('npm:attestations', createdAt.toISOString())],
  }
}
