import { createHash, type KeyObject } from 'node:crypto'

/** SHA-256 of the DER SubjectPublicKeyInfo, hex: the hint in bundles signed with a key. A name, never a proof. */
export function keyFingerprint(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}
