import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { encodeBase64 } from '../model/base64.ts'
import type { LogFile } from './log-file.ts'
import { toCanonicalEntry } from './rekor-v1-entries.ts'
import { toCanonicalHashedRekord } from './rekor-v2.ts'
import { spkiOf, toPem } from './x509.ts'

/**
 * Takes index 0 of both logs with a throw-away entry: protobuf JSON leaves out a zero, and sigstore-python then
 * refuses the bundle of a log's very first user.
 */
export async function seed(rekorV1: LogFile, rekorV2: LogFile, now: Date): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const data = Buffer.from('first entry of a trial log')
  const digest = createHash('sha256').update(data).digest()
  const content = encodeBase64(sign('sha256', data, privateKey))
  const spki = spkiOf(publicKey)
  if (rekorV1.size === 0) {
    const pem = encodeBase64(Buffer.from(toPem(spki, 'PUBLIC KEY')))
    const hash = { algorithm: 'sha256', value: digest.toString('hex') }
    const spec = { data: { hash }, signature: { content, publicKey: { content: pem } } }
    await rekorV1.append(toCanonicalEntry({ apiVersion: '0.0.1', kind: 'hashedrekord', spec }), now)
  }
  if (rekorV2.size === 0) {
    const verifier = { publicKey: { rawBytes: encodeBase64(spki) }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' }
    const request = { digest: encodeBase64(digest), signature: { content, verifier } }
    await rekorV2.append(toCanonicalHashedRekord({ hashedRekordRequestV002: request }), now)
  }
}
