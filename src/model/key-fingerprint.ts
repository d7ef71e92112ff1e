import { createHash, type KeyObject } from 'node:crypto'

/** A registry signs thousands of attestations with one key; a key object never becomes another key. */
const known = new WeakMap<KeyObject, string>()

/** SHA-256 of the DER SubjectPublicKeyInfo, hex: the hint in bundles signed with a key. A name, never a proof. */
export function keyFingerprint(key: KeyObject): string {
  const before = known.get(key)
  if (before !== undefined) return before
  const fingerprint = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
  known.set(key, fingerprint)
  return fingerprint
}
