import { sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import type { Target } from '../../src/model/evidence.ts'
import { preAuthEncoding } from '../../src/model/statement.ts'
import { parsePublicKey, type Trust } from '../../src/verify/trust-material.ts'
import { type HeldContent, verifyEvidence } from '../../src/verify/verify-evidence.ts'
import { dependencyOf } from '../support/dependencies.ts'
import { codeOf, keyPair, type RealSigner, sha256, startRealSigner, toBytes } from '../support/real-signer.ts'
import { CLAIMS, provenance } from '../support/verify-bench.ts'

const pair = keyPair()
let signer: RealSigner
let trust: Trust
beforeAll(async () => {
  signer = await startRealSigner()
  trust = { ...signer.trust, keys: [parsePublicKey(Buffer.from(pair.pem), 'key.pem')] }
})
afterAll(() => signer.close())

const digests = { sha256: sha256('hello') }
const file: Target = {
  dependency: dependencyOf({ kind: 'file', ecosystem: 'generic', name: 'tool', source: 'url', digests }),
  digests,
}
const model: Target = { dependency: { ...file.dependency, kind: 'model', ecosystem: 'huggingface' }, digests }

function outcome(target: Target, document: unknown, held: HeldContent = {}, by: Trust = trust): string {
  const { accepted, refused, unsupported } = verifyEvidence(
    target,
    'github',
    [parseAttestations(toBytes(document), 'test')],
    by,
    held,
  )
  return refused[0]?.code ?? unsupported[0]?.message ?? `${accepted.length} accepted`
}

describe('verifyEvidence', () => {
  it('takes a signature over the bytes for no word about a package, though it holds', () => {
    const bytes = Buffer.from('hello')
    const message = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: '' }, tlogEntries: [] },
      messageSignature: {
        messageDigest: { algorithm: 'SHA2_256', digest: Buffer.from(digests.sha256, 'hex').toString('base64') },
        signature: sign('sha256', bytes, pair.privateKey).toString('base64'),
      },
    }
    expect(outcome(file, message, { bytes })).toMatch(/names neither a package nor a build$/)
    expect(outcome(file, message)).toMatch(/only its digest is known here$/)
    expect(outcome(file, message, { bytes: Buffer.from('other') })).toBe('SUBJECT_MISMATCH')
  })

  it('holds what provenance says against the certificate', async () => {
    expect(outcome(file, await signer.sign(provenance(), { claims: CLAIMS }))).toBe('1 accepted')
    const other = await signer.sign(provenance(), { claims: { ...CLAIMS, event_name: 'pull_request' } })
    expect(outcome(file, other)).toBe('CLAIM_CONFLICT')
  })

  it('knows a model signature of the form before v1.0, and that a list is not enough for it', async () => {
    const old = await signer.sign({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'a.bin', digest: { sha256: sha256('A') } }],
      predicateType: 'https://model_signing/Digests/v0.1',
      predicate: {},
    })
    expect(outcome(model, old, { files: [{ path: 'a.bin', sha256: sha256('A') }] })).toBe('PREDICATE_MALFORMED')
    expect(outcome(model, old)).toMatch(/what the model consists of is not known here$/)
  })

  it('stops where there is no root to check with: that is no refusal', async () => {
    const good = await signer.sign(provenance(), { claims: CLAIMS })
    const keyed = structuredClone(good)
    keyed.verificationMaterial = { ...keyed.verificationMaterial, publicKey: { hint: '' } }
    delete keyed.verificationMaterial.certificate
    const payload = Buffer.from(keyed.dsseEnvelope.payload, 'base64')
    const bytes = preAuthEncoding(keyed.dsseEnvelope.payloadType, payload)
    keyed.dsseEnvelope.signatures = [{ sig: sign('sha256', bytes, pair.privateKey).toString('base64') }]
    expect(await codeOf(() => outcome(file, keyed, {}, { ...trust, roots: [] }))).toBe('TRUST_ROOT_UNAVAILABLE')
  })
})
