import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import { NPM_PUBLISH } from '../../src/model/predicates/registry.ts'
import { parsePublicKey } from '../../src/verify/trust-material.ts'
import { verifyEvidence } from '../../src/verify/verify-evidence.ts'
import {
  envelope,
  keyPair,
  type RealSigner,
  sha256,
  startRealSigner,
  statementAbout,
  toBytes,
} from '../support/real-signer.ts'

const V02 = 'https://slsa.dev/provenance/v0.2'
const predicate = { builder: { id: 'https://example.com/builder' }, buildType: 'https://example.com/type' }

let signer: RealSigner
beforeAll(async () => {
  signer = await startRealSigner()
})
afterAll(() => signer.close())

const base = { digests: {}, file: 'lock', line: 1, scope: 'runtime' } as const

describe('verifyEvidence over provenance v0.2, which npm wrote before 2023', () => {
  it('accepts it beside the publish attestation of the registry', async () => {
    const registry = keyPair()
    const subject = [
      { name: 'pkg:npm/app@1.0.0', digest: { sha512: createHash('sha512').update('tarball').digest('hex') } },
    ]
    const published = {
      ...{ _type: 'https://in-toto.io/Statement/v0.1', subject, predicateType: NPM_PUBLISH },
      predicate: { name: 'app', version: '1.0.0', registry: 'https://registry.npmjs.org' },
    }
    const publish = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: 'SHA256:reg' }, tlogEntries: [] },
      dsseEnvelope: envelope(published, registry.privateKey, 'SHA256:reg'),
    }
    const provenance = await signer.sign(statementAbout('x', { subject, predicateType: V02, predicate }))
    const attestations = [
      { predicateType: V02, bundle: provenance },
      { predicateType: NPM_PUBLISH, bundle: publish },
    ]
    const key = { ...parsePublicKey(Buffer.from(registry.pem), 'registry'), hint: 'SHA256:reg' }
    const trust = { ...signer.trust, keys: [{ ...key, source: 'npm-keys' as const }] }
    const dependency: Dependency = {
      ...{ ...base, id: 'pkg:npm/app@1.0.0', kind: 'package', ecosystem: 'npm', name: 'app', version: '1.0.0' },
      ...{ digests: subject[0]?.digest ?? {}, source: 'registry' },
    }
    const target = { dependency, digests: dependency.digests }
    const { accepted, unsupported, refused } = verifyEvidence(
      target,
      'npm',
      [parseAttestations(toBytes({ attestations }), 'doc')],
      trust,
    )
    expect([refused, unsupported]).toStrictEqual([[], []])
    expect(accepted.map(({ attestation }) => attestation.statement.predicateType)).toStrictEqual([V02, NPM_PUBLISH])
  })

  it('accepts it for a file', async () => {
    const dependency: Dependency = {
      ...{ ...base, id: 'file:tool', kind: 'file', ecosystem: 'generic', name: 'tool' },
      source: 'url',
    }
    const bundle = await signer.sign(statementAbout('bytes', { predicateType: V02, predicate }))
    const { accepted } = verifyEvidence(
      { dependency, digests: { sha256: sha256('bytes') } },
      'github',
      [parseAttestations(toBytes(bundle), 'doc')],
      signer.trust,
    )
    expect(accepted).toHaveLength(1)
  })
})
