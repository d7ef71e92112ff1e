import { createHash, sign } from 'node:crypto'
import { octetString } from './der.ts'
import type { AppendOnlyLog } from './log-file.ts'
import type { SigningKey } from './state.ts'
import { extension, spkiOf } from './x509.ts'

/** Embedded SCT list (RFC 6962 §3.3). */
const SCT_LIST = '1.3.6.1.4.1.11129.2.4.2'

/** A certificate transparency log for precertificates (RFC 6962). */
export class CtLog {
  readonly #key: SigningKey
  readonly #log: AppendOnlyLog

  constructor(key: SigningKey, log: AppendOnlyLog) {
    this.#key = key
    this.#log = log
  }

  /**
   * Logs a precertificate and answers with the extension that carries its one SCT.
   *
   * @param tbs the certificate to be, without the SCT extension: what both the log and a verifier sign and check
   * @param issuerSpki SubjectPublicKeyInfo of the issuing certificate
   */
  async logPrecertificate(tbs: Uint8Array, issuerSpki: Uint8Array, now: Date): Promise<Buffer> {
    const timestamp = Buffer.alloc(8)
    timestamp.writeBigUInt64BE(BigInt(now.getTime()))
    const issuerKeyHash = createHash('sha256').update(issuerSpki).digest()
    const preCert = Buffer.concat([issuerKeyHash, vector(tbs, 3)])
    // §3.2 and §3.4: timestamp, LogEntryType precert_entry(1), the entry, no extensions.
    const timestamped = Buffer.concat([timestamp, Uint8Array.of(0, 1), preCert, Uint8Array.of(0, 0)])
    await this.#log.append(Buffer.concat([Uint8Array.of(0, 0), timestamped]), now)
    // version v1(0), SignatureType certificate_timestamp(0)
    const signature = sign('sha256', Buffer.concat([Uint8Array.of(0, 0), timestamped]), this.#key.privateKey)
    const sct = Buffer.concat([
      Uint8Array.of(0),
      ctLogId(this.#key),
      timestamp,
      Uint8Array.of(0, 0),
      // RFC 5246 §7.4.1.4.1: sha256(4), ecdsa(3)
      Uint8Array.of(4, 3),
      vector(signature, 2),
    ])
    return extension(SCT_LIST, false, octetString(vector(vector(sct, 2), 2)))
  }
}

/** RFC 6962 §3.2: SHA-256 of the log's SubjectPublicKeyInfo. */
export function ctLogId(key: Pick<SigningKey, 'publicKey'>): Buffer {
  return createHash('sha256').update(spkiOf(key.publicKey)).digest()
}

/** A TLS vector: length in so many bytes, then the bytes (RFC 5246 §4.3). */
function vector(bytes: Uint8Array, lengthBytes: 2 | 3): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntBE(bytes.length, 0, lengthBytes)
  return Buffer.concat([length, bytes])
}
