import type { KeyObject } from 'node:crypto'
import { z } from 'zod'
import { decodeBase64, encodeBase64 } from '../model/base64.ts'
import { toSortedJson } from '../model/json.ts'
import { type CheckpointSigner, logId, signCheckpoint } from './checkpoint.ts'
import { keyFromDer, verifyDigestSignature } from './ecdsa-digest.ts'
import { grpcRefusal, type Refusal, type Route, readJsonBody } from './http-routes.ts'
import type { LogFile, ProvenEntry } from './log-file.ts'

/** The key details that a hashedrekord entry may have here, and the hash that goes with each. */
const KEY_DETAILS: Readonly<Record<string, { curve: string; algorithm: string } | undefined>> = {
  PKIX_ECDSA_P256_SHA_256: { curve: 'prime256v1', algorithm: 'SHA2_256' },
  PKIX_ECDSA_P384_SHA_384: { curve: 'secp384r1', algorithm: 'SHA2_384' },
}

/** rekor-tiles `hashedrekord.proto`, HashedRekordRequestV002. */
const request = z.strictObject({
  hashedRekordRequestV002: z.strictObject({
    digest: z.string(),
    signature: z.strictObject({
      content: z.string(),
      verifier: z.strictObject({
        x509Certificate: z.strictObject({ rawBytes: z.string() }).optional(),
        publicKey: z.strictObject({ rawBytes: z.string() }).optional(),
        keyDetails: z.string(),
      }),
    }),
  }),
})

/** Rekor's second API (rekor-tiles ≥ 2.3): hashedrekord 0.0.2 only, no promise, no time of its own. */
export class RekorV2 {
  readonly #signer: CheckpointSigner
  readonly #log: LogFile
  readonly #clock: () => Date

  constructor(signer: CheckpointSigner, log: LogFile, clock: () => Date) {
    this.#signer = signer
    this.#log = log
    this.#clock = clock
  }

  routes(): readonly Route[] {
    return [
      {
        method: 'POST',
        path: '/api/v2/log/entries',
        handle: async (call) => ({ status: 201, body: await this.add(readJsonBody(call)) }),
      },
      {
        method: 'GET',
        path: '/api/v2/checkpoint',
        handle: () => ({ status: 200, body: this.#checkpoint(this.#log.size, this.#log.rootHash()) }),
      },
    ]
  }

  /** Verifies and logs; the answer is a TransparencyLogEntry in protobuf JSON. */
  async add(body: object): Promise<object> {
    const { kind, entry } = await this.#log.append(toCanonicalHashedRekord(body), this.#clock())
    if (kind === 'added') return this.#toJson(entry)
    const message = `an equivalent entry already exists in the transparency log with index ${entry.index}`
    throw grpcRefusal(409, 6, message, { 'x-log-index': String(entry.index) })
  }

  #toJson(entry: ProvenEntry): object {
    return {
      logIndex: String(entry.index),
      logId: { keyId: encodeBase64(logId(this.#signer)) },
      kindVersion: { kind: 'hashedrekord', version: '0.0.2' },
      integratedTime: '0',
      inclusionProof: {
        logIndex: String(entry.index),
        rootHash: encodeBase64(entry.rootHash),
        treeSize: String(entry.treeSize),
        hashes: entry.hashes.map(encodeBase64),
        checkpoint: { envelope: this.#checkpoint(entry.treeSize, entry.rootHash) },
      },
      canonicalizedBody: encodeBase64(entry.body),
    }
  }

  #checkpoint(size: number, root: Uint8Array): string {
    return signCheckpoint(this.#signer, this.#signer.name, size, root)
  }
}

/**
 * Request → the entry as it is logged, in RFC 8785 form (only ASCII keys, so sorting by code point is the same order).
 * The signature over the digest is verified first.
 *
 * @throws {Refusal} 400
 */
export function toCanonicalHashedRekord(body: object): Buffer {
  if (!('hashedRekordRequestV002' in body)) throw grpcRefusal(400, 3, 'invalid type, must be hashedrekord')
  const parsed = request.safeParse(body)
  if (!parsed.success) throw invalid()
  const { digest, signature } = parsed.data.hashedRekordRequestV002
  const { x509Certificate, publicKey, keyDetails } = signature.verifier
  const expected = KEY_DETAILS[keyDetails]
  const der = x509Certificate ?? publicKey
  if (expected === undefined || der === undefined || (x509Certificate && publicKey)) throw invalid()
  const content = decodeBase64(signature.content, 'signature')
  const digestBytes = decodeBase64(digest, 'digest')
  const rawBytes = decodeBase64(der.rawBytes, 'verifier')
  const key = readKey(x509Certificate === undefined ? 'spki' : 'certificate', rawBytes)
  if (key.asymmetricKeyDetails?.namedCurve !== expected.curve) throw invalid()
  if (!verifyDigestSignature(key, digestBytes, content)) throw invalid()
  const verifier = { [x509Certificate ? 'x509Certificate' : 'publicKey']: { rawBytes: encodeBase64(rawBytes) } }
  const entry = {
    apiVersion: '0.0.2',
    kind: 'hashedrekord',
    spec: {
      hashedRekordV002: {
        data: { algorithm: expected.algorithm, digest: encodeBase64(digestBytes) },
        signature: { content: encodeBase64(content), verifier: { ...verifier, keyDetails } },
      },
    },
  }
  return Buffer.from(toSortedJson(entry))
}

function readKey(kind: 'certificate' | 'spki', der: Uint8Array): KeyObject {
  try {
    return keyFromDer(kind, der)
  } catch {
    throw invalid()
  }
}

function invalid(): Refusal {
  return grpcRefusal(400, 3, 'invalid hashedrekord request')
}
