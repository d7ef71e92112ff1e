import { createHash, type KeyObject, sign } from 'node:crypto'
import { encodeBase64 } from '../model/base64.ts'
import { spkiOf } from './x509.ts'

/** Who signs a log's checkpoints, and how the key is named. */
export interface CheckpointSigner {
  /** Host name without port: cosign compares it with the host of the trusted root's `baseUrl`. */
  readonly name: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/**
 * The log id, whole. Ed25519: SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key) (C2SP signed-note). ECDSA: SHA-256 of the
 * SubjectPublicKeyInfo (RFC 6962 §3.2). Its first four bytes are the key hint in a signature line.
 */
export function logId(signer: Pick<CheckpointSigner, 'name' | 'publicKey'>): Buffer {
  const spki = spkiOf(signer.publicKey)
  const hash = createHash('sha256')
  if (signer.publicKey.asymmetricKeyType !== 'ed25519') return hash.update(spki).digest()
  return hash.update(signer.name).update(Uint8Array.of(0x0a, 0x01)).update(spki.subarray(-32)).digest()
}

/**
 * A signed checkpoint: origin, size, root. Source: C2SP tlog-checkpoint and signed-note.
 *
 * @param origin the first line; Rekor v1 writes the tree's id behind the name, Rekor v2 the name alone
 */
export function signCheckpoint(signer: CheckpointSigner, origin: string, size: number, root: Uint8Array): string {
  const note = `${origin}\n${size}\n${encodeBase64(root)}\n`
  const algorithm = signer.publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const signature = sign(algorithm, Buffer.from(note), signer.privateKey)
  const hinted = Buffer.concat([logId(signer).subarray(0, 4), signature])
  return `${note}\n\u2014 ${signer.name} ${encodeBase64(hinted)}\n`
}
