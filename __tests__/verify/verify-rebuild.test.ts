import { describe, expect, it } from 'vitest'
import type { FetchedDocument } from '../../src/model/attestation.ts'
import { parseAttestations } from '../../src/model/bundle.ts'
import { parsePublicKey } from '../../src/verify/trust-material.ts'
import { ossRebuildKey, verifyRebuild } from '../../src/verify/verify-rebuild.ts'
import { codeOf, envelope, keyPair, type LooseJson, statementAbout, toBytes } from '../support/real-signer.ts'

const pair = keyPair()
const key = parsePublicKey(Buffer.from(pair.pem), 'key.pem')
const now = new Date('2026-06-01T00:00:00Z')
const statement = statementAbout('x')
const good = envelope(statement, pair.privateKey, 'any name')

const documentOf = (document: LooseJson): FetchedDocument => parseAttestations(toBytes(document), 'test')
const verify = (...documents: LooseJson[]) => verifyRebuild(documents.map(documentOf), key, now)

describe('verifyRebuild', () => {
  it('gives the statements that the rebuilder signed, under any name of its key', () => {
    expect(verify(good, envelope(statement, pair.privateKey))).toHaveLength(2)
  })

  it('leaves out what somebody else signed, and what was changed', () => {
    const forged = { ...good, payload: Buffer.from(JSON.stringify(statementAbout('y'))).toString('base64') }
    expect(verify(envelope(statement, keyPair().privateKey), forged, good)).toHaveLength(1)
  })

  it('believes OSS Rebuild itself by no name of its key, since it has had two', () => {
    expect(ossRebuildKey()).toMatchObject({ hint: '', start: undefined, end: undefined, source: 'key' })
    expect(verifyRebuild([documentOf(good)], ossRebuildKey(), now)).toStrictEqual([])
  })

  it('takes no signature over bytes for a statement', () => {
    const [attestation] = documentOf(good).attestations
    if (attestation === undefined) throw new Error('no attestation')
    const content = { kind: 'message', algorithm: 'sha256', digest: new Uint8Array(), signature: new Uint8Array() }
    const message = { ...attestation, content } as FetchedDocument['attestations'][number]
    const document = { form: attestation.form, attestations: [message], unreadable: [] }
    // Without the bytes nothing can be said, and that is no refusal.
    expect(() => verifyRebuild([document], key, now)).toThrow()
  })

  it('is not silent where nothing could be checked', async () => {
    // In a log, and there is no root to check it with: no word of anybody, and not a forged one.
    const [attestation] = documentOf(good).attestations
    if (attestation === undefined) throw new Error('no attestation')
    const logged = { ...attestation, timestamps: [Uint8Array.of(0)], bundle: {} }
    const document = { form: attestation.form, attestations: [logged], unreadable: [] }
    expect(await codeOf(() => verifyRebuild([document], key, now))).toBe('TRUST_ROOT_UNAVAILABLE')
  })
})
