import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleToJSON } from '@sigstore/bundle'
import { DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness, type Witness } from '@sigstore/sign'
import { type EmbeddedSigstore, startEmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { preAuthEncoding, STATEMENT_PAYLOAD_TYPE } from '../../src/model/statement.ts'
import { parseTrustedRoots, type Trust } from '../../src/verify/trust-material.ts'

/** A bundle in JSON that a test may take apart. */
// biome-ignore lint/suspicious/noExplicitAny: tests break these documents on purpose, at any place
export type LooseJson = any

/** An embedded Sigstore in a scratch folder, with its trust. */
export interface RealSigner {
  readonly sigstore: EmbeddedSigstore
  readonly folder: string
  readonly trust: Trust
  readonly sign: (payload: string | object, options?: SignOptions) => Promise<LooseJson>
  /** A signer with a certificate of this instance, for bundles of other forms. */
  readonly certified: (claims?: JsonObject) => Promise<FulcioSigner>
  readonly close: () => Promise<void>
}

export interface SignOptions {
  readonly claims?: JsonObject
  readonly payloadType?: string
  readonly log?: boolean
  readonly timestamp?: boolean
  /** In place of Rekor v1 with an entry of kind `dsse`. */
  readonly witness?: Witness
}

export async function startRealSigner(clock: () => Date = () => new Date()): Promise<RealSigner> {
  const folder = mkdtempSync(join(tmpdir(), 'cleanbill-signer-'))
  const sigstore = await startEmbeddedSigstore({ stateDir: join(folder, 'state'), clock })
  const roots = parseTrustedRoots(readFileSync(sigstore.trustedRootPath), 'embedded')
  return {
    sigstore,
    folder,
    trust: { roots, keys: [], rootCertificates: [], now: clock() },
    sign: (payload, options = {}) => signReally(sigstore, payload, options),
    certified: (claims = {}) => certified(sigstore, claims),
    close: async () => {
      await sigstore.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const logWitness = ({ url }: EmbeddedSigstore, entryType: 'dsse' | 'intoto' = 'dsse'): Witness =>
  new RekorWitness({ rekorBaseURL: url, majorApiVersion: 1, entryType })

export const timestampWitness = ({ url }: EmbeddedSigstore): Witness => new TSAWitness({ tsaBaseURL: url })

async function certified(sigstore: EmbeddedSigstore, claims: JsonObject): Promise<FulcioSigner> {
  const url = `${sigstore.tokenUrl}&audience=sigstore&claims=${encodeURIComponent(JSON.stringify(claims))}`
  const answer = await fetch(url, { headers: { authorization: `Bearer ${sigstore.requestToken}` } })
  const { value } = (await answer.json()) as { value: string }
  return new FulcioSigner({ fulcioBaseURL: sigstore.url, identityProvider: { getToken: async () => value } })
}

async function signReally(
  sigstore: EmbeddedSigstore,
  payload: string | object,
  { claims = {}, payloadType = STATEMENT_PAYLOAD_TYPE, log = true, timestamp = true, witness }: SignOptions,
): Promise<LooseJson> {
  const witnesses: Witness[] = [
    ...(log ? [witness ?? logWitness(sigstore)] : []),
    ...(timestamp ? [timestampWitness(sigstore)] : []),
  ]
  const builder = new DSSEBundleBuilder({ signer: await certified(sigstore, claims), witnesses })
  const data = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  return structuredClone(bundleToJSON(await builder.create({ data, type: payloadType })))
}

export const sha256 = (text: string | Uint8Array): string => createHash('sha256').update(text).digest('hex')

/** A statement about some bytes, SLSA provenance of an unknown build type unless said otherwise. */
export function statementAbout(bytes: string | Uint8Array, more: object = {}): LooseJson {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'artifact.txt', digest: { sha256: sha256(bytes) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: { buildType: 'https://example.com/type', externalParameters: {} },
      runDetails: { builder: { id: 'https://example.com/builder' } },
    },
    ...more,
  }
}

export function keyPair(curve = 'P-256'): { privateKey: KeyObject; pem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve })
  return { privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() }
}

/** A bare DSSE envelope signed with a key. */
export function envelope(payload: object, privateKey: KeyObject, keyid = ''): LooseJson {
  const bytes = Buffer.from(JSON.stringify(payload))
  const sig = sign('sha256', preAuthEncoding(STATEMENT_PAYLOAD_TYPE, bytes), privateKey).toString('base64')
  return {
    payloadType: STATEMENT_PAYLOAD_TYPE,
    payload: bytes.toString('base64'),
    signatures: [{ sig, keyid }],
  }
}

export const toBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/** Calls back and gives the code it failed with, or `undefined`. Anything but a coded error comes through. */
export async function codeOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    const { name, code } = error as { name?: string; code?: string }
    if (name !== 'CleanbillError') throw error
    return code
  }
}
