import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Bundle, bundleToJSON } from '@sigstore/bundle'
import { TransparencyLogEntry, TrustedRoot } from '@sigstore/protobuf-specs'
import { DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness, type Witness } from '@sigstore/sign'
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { type EmbeddedSigstore, startEmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'

/** A small client of the embedded Sigstore, made of the real libraries. */
export const now = () => new Date()

export function start(stateDir: string, clock: () => Date = now): Promise<EmbeddedSigstore> {
  return startEmbeddedSigstore({ stateDir, clock })
}

export async function fetchToken(sigstore: EmbeddedSigstore, claims: object = {}, audience = 'sigstore') {
  const url = `${sigstore.tokenUrl}&audience=${audience}&claims=${encodeURIComponent(JSON.stringify(claims))}`
  const response = await fetch(url, { headers: { authorization: `Bearer ${sigstore.requestToken}` } })
  return ((await response.json()) as { value: string }).value
}

export const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [
    { name: 'artifact.txt', digest: { sha256: createHash('sha256').update('hello artifact\n').digest('hex') } },
  ],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: { buildType: 'https://example.com/t', externalParameters: {}, resolvedDependencies: [] },
    runDetails: { builder: { id: 'https://example.com/b' } },
  },
}

export function pae(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload])
}

/** Rekor v2 takes hashedrekord only; the library's own witness sends dsse. */
export class HashedRekordWitness implements Witness {
  readonly #url: string

  constructor(url: string) {
    this.#url = url
  }

  async testify(content: Bundle['content'], certificate: string) {
    if (content.$case !== 'dsseEnvelope') throw new Error('only DSSE here')
    const { payloadType, payload, signatures } = content.dsseEnvelope
    const request = hashedRekordRequest(
      createHash('sha256').update(pae(payloadType, payload)).digest(),
      signatures[0]?.sig ?? Buffer.alloc(0),
      { x509Certificate: { rawBytes: certificate.replace(/-----[^-]+-----|\s/g, '') } },
    )
    const response = await post(`${this.#url}/api/v2/log/entries`, request)
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
    const { logId, kindVersion, ...entry } = TransparencyLogEntry.fromJSON(await response.json())
    if (logId === undefined || kindVersion === undefined) throw new Error('not a log entry')
    return { tlogEntries: [{ ...entry, logId, kindVersion }] }
  }
}

export function hashedRekordRequest(digest: Buffer, signature: Buffer, verifier: object) {
  return {
    hashedRekordRequestV002: {
      digest: digest.toString('base64'),
      signature: {
        content: signature.toString('base64'),
        verifier: { ...verifier, keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
      },
    },
  }
}

export function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

export async function signStatement(sigstore: EmbeddedSigstore, rekor: 1 | 2 | 'intoto', claims: object = {}) {
  const token = await fetchToken(sigstore, claims)
  const url = sigstore.url
  const log =
    rekor === 2
      ? new HashedRekordWitness(url)
      : new RekorWitness({ rekorBaseURL: url, majorApiVersion: 1, entryType: rekor === 1 ? 'dsse' : 'intoto' })
  const builder = new DSSEBundleBuilder({
    signer: new FulcioSigner({ fulcioBaseURL: url, identityProvider: { getToken: async () => token } }),
    witnesses: [log, new TSAWitness({ tsaBaseURL: url })],
  })
  const bundle = await builder.create({
    data: Buffer.from(JSON.stringify(statement)),
    type: 'application/vnd.in-toto+json',
  })
  return { bundle, json: bundleToJSON(bundle) }
}

/** The unmodified verifier with every threshold at one. Throws what it throws. */
export function verifyWith(trustedRootPath: string, bundle: Bundle): Signer {
  const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(trustedRootPath, 'utf8')))
  const thresholds = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 }
  return new Verifier(toTrustMaterial(root), thresholds).verify(toSignedEntity(bundle))
}
