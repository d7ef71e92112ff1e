import { createHash, sign } from 'node:crypto'
import { bundleToJSON } from '@sigstore/bundle'
import { DSSEBundleBuilder, type Signer } from '@sigstore/sign'
import { STATEMENT_PAYLOAD_TYPE } from '../../src/model/statement.ts'
import { type keyPair, type LooseJson, logWitness, statementAbout } from '../support/real-signer.ts'
import { provenance } from '../support/verify-bench.ts'
import type { Bench } from './bench.ts'

type KeyPair = ReturnType<typeof keyPair>

/** npm's keys as its TUF target has them: one key with a name and the time in which it counts. */
export function npmKeys({ pem }: KeyPair, keyId: string, validFor: object): object {
  const rawBytes = pem.replace(/-----[^-]+-----|\s/g, '')
  const publicKey = { rawBytes, keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor }
  return { keys: [{ keyId, keyUsage: 'npm:attestations', publicKey }] }
}

/** A statement signed with a key that is named by a hint, in the bench's log. */
export async function signWithKey(
  { signer }: Bench,
  { privateKey, pem }: KeyPair,
  hint: string,
  statement: object = provenance(),
): Promise<LooseJson> {
  const keySigner: Signer = {
    sign: async (data) => ({
      signature: sign('sha256', data, privateKey),
      key: { $case: 'publicKey', publicKey: pem, hint },
    }),
  }
  const builder = new DSSEBundleBuilder({ signer: keySigner, witnesses: [logWitness(signer.sigstore)] })
  const bundle = await builder.create({ data: Buffer.from(JSON.stringify(statement)), type: STATEMENT_PAYLOAD_TYPE })
  const json: LooseJson = structuredClone(bundleToJSON(bundle))
  json.dsseEnvelope.signatures[0].keyid = hint
  return json
}

export const PUBLISH_TYPE = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1'

/** The registry's word that it published `artifact.txt` (`hello`) as this package. */
export function publishStatement(name: string, version: string): object {
  const sha512 = createHash('sha512').update('hello').digest('hex')
  const subject = [{ name: `pkg:npm/${name}@${version}`, digest: { sha512 } }]
  const statement = statementAbout('hello', { subject, predicateType: PUBLISH_TYPE })
  return { ...statement, predicate: { name, version, registry: 'https://registry.npmjs.org' } }
}
