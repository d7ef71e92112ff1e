import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bundleToJSON } from '@sigstore/bundle'
import { MessageSignatureBundleBuilder } from '@sigstore/sign'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CheckpointSigner, logId, signCheckpoint } from '../../src/embedded/checkpoint.ts'
import { MemoryLog } from '../../src/embedded/memory-log.ts'
import { signPromise } from '../../src/embedded/rekor-v1.ts'
import { spkiOf } from '../../src/embedded/x509.ts'
import { http } from '../../src/io/http.ts'
import { parseAttestations } from '../../src/model/bundle.ts'
import { RekorV2Witness } from '../../src/sign/rekor-v2-witness.ts'
import { parseTrustedRoots, type Trust } from '../../src/verify/trust-material.ts'
import { verifyAttestation } from '../../src/verify/verify-attestation.ts'
import {
  codeOf,
  type LooseJson,
  logWitness,
  type RealSigner,
  startRealSigner,
  statementAbout,
  timestampWitness,
  toBytes,
} from '../support/real-signer.ts'

let signer: RealSigner
beforeAll(async () => {
  signer = await startRealSigner()
})
afterAll(() => signer.close())

function verify(bundle: LooseJson, artifact?: Uint8Array, trust: Trust = signer.trust) {
  const [attestation] = parseAttestations(toBytes(bundle), 'test').attestations
  if (attestation === undefined) throw new Error('no attestation')
  return verifyAttestation(attestation, trust, artifact)
}

const kindOf = (bundle: LooseJson): string => {
  const { kind, version } = bundle.verificationMaterial.tlogEntries[0].kindVersion
  return `${kind} ${version}`
}

describe('verifyAttestation over each kind of log entry that binds a signature', () => {
  it('holds for a statement that was logged as dsse', async () => {
    const bundle = await signer.sign(statementAbout('hello'))
    expect(kindOf(bundle)).toBe('dsse 0.0.1')
    expect(verify(bundle).statement).toBeDefined()
  })

  it('holds for a statement that was logged as intoto, as npm does it', async () => {
    const bundle = await signer.sign(statementAbout('hello'), { witness: logWitness(signer.sigstore, 'intoto') })
    expect(kindOf(bundle)).toBe('intoto 0.0.2')
    expect(verify(bundle).statement).toBeDefined()
  })

  it('holds for a statement that was logged by Rekor v2', async () => {
    const witness = new RekorV2Witness({ url: signer.sigstore.url, http, sleep: async () => {} })
    const bundle = await signer.sign(statementAbout('hello'), { witness })
    expect(kindOf(bundle)).toBe('hashedrekord 0.0.2')
    const { statement, origin } = verify(bundle)
    expect(statement).toBeDefined()
    // The one time is the timestamp: such an entry has neither a promise nor a time that anybody signed.
    expect(origin.times).toHaveLength(1)
  })

  it('holds for a signature directly over a file', async () => {
    const data = Buffer.from('the very file')
    const builder = new MessageSignatureBundleBuilder({
      signer: await signer.certified(),
      witnesses: [logWitness(signer.sigstore), timestampWitness(signer.sigstore)],
    })
    const bundle = structuredClone(bundleToJSON(await builder.create({ data }))) as LooseJson
    expect(kindOf(bundle)).toBe('hashedrekord 0.0.1')
    expect(verify(bundle, data).signer).toMatchObject({ kind: 'certificate' })
    expect(await codeOf(() => verify(bundle, Buffer.from('another file')))).toBe('SUBJECT_MISMATCH')
  })
})

/** A log that takes what no server takes any more: its key is in the trusted root, and everything it says is signed. */
describe('verifyAttestation over a log that writes an entry of a withdrawn kind', () => {
  const log: CheckpointSigner = { name: 'old.log.internal', ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) }
  const keyId = logId(log)

  function trustWithLog(): Trust {
    const root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
    const [known] = root.tlogs
    root.tlogs.push({
      ...known,
      baseUrl: `https://${log.name}`,
      publicKey: { ...known.publicKey, rawBytes: Buffer.from(spkiOf(log.publicKey)).toString('base64') },
      logId: { keyId: keyId.toString('base64') },
    })
    return { ...signer.trust, roots: parseTrustedRoots(toBytes(root), 'with an old log') }
  }

  function logged(bundle: LooseJson, kind: string, version: string, spec: object): LooseJson {
    const body = Buffer.from(JSON.stringify({ apiVersion: version, kind, spec }))
    const entry = new MemoryLog().add(body, new Date())
    const { promise } = signPromise(log, keyId, entry)
    const copy = structuredClone(bundle)
    copy.verificationMaterial.tlogEntries = [
      {
        logIndex: String(entry.index),
        logId: { keyId: keyId.toString('base64') },
        kindVersion: { kind, version },
        integratedTime: String(entry.time),
        inclusionPromise: { signedEntryTimestamp: promise.toString('base64') },
        inclusionProof: {
          logIndex: String(entry.index),
          rootHash: entry.rootHash.toString('base64'),
          treeSize: String(entry.treeSize),
          hashes: entry.hashes.map((hash) => hash.toString('base64')),
          checkpoint: { envelope: signCheckpoint(log, log.name, entry.treeSize, entry.rootHash) },
        },
        canonicalizedBody: body.toString('base64'),
      },
    ]
    return copy
  }

  it('refuses dsse 0.0.2 as LOG_ENTRY_UNSUPPORTED, though the library takes it', async () => {
    const bundle = await signer.sign(statementAbout('hello'))
    const { payload, signatures } = bundle.dsseEnvelope
    const payloadHash = {
      algorithm: 'SHA2_256',
      digest: createHash('sha256').update(Buffer.from(payload, 'base64')).digest('base64'),
    }
    const verifier = {
      x509Certificate: bundle.verificationMaterial.certificate,
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
    }
    const spec = { dsseV002: { payloadHash, signatures: [{ content: signatures[0].sig, verifier }] } }
    const withdrawn = logged(bundle, 'dsse', '0.0.2', spec)
    expect(() => verify(withdrawn, undefined, trustWithLog())).toThrow(
      expect.objectContaining({
        code: 'LOG_ENTRY_UNSUPPORTED',
        message: expect.stringContaining('"dsse/0.0.2"'),
      }),
    )
  })

  it('holds for an entry of this log whose kind is known', async () => {
    const bundle = await signer.sign(statementAbout('hello'))
    const body = JSON.parse(
      Buffer.from(bundle.verificationMaterial.tlogEntries[0].canonicalizedBody, 'base64').toString(),
    )
    const known = logged(bundle, 'dsse', '0.0.1', body.spec)
    expect(verify(known, undefined, trustWithLog()).statement).toBeDefined()
  })
})
