import { describe, expect, it } from 'vitest'
import type { FetchedDocument, UnreadDocument } from '../../src/model/attestation.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import { CleanbillError } from '../../src/model/error.ts'
import { attestationsOf, verifyTask } from '../../src/verify/evidence-task.ts'
import type { Trust } from '../../src/verify/trust-material.ts'
import { envelope, keyPair, sha256, statementAbout, toBytes } from '../support/real-signer.ts'

const dependency: Dependency = {
  ...{ id: 'pkg:npm/app@1.0.0', kind: 'package', ecosystem: 'npm', name: 'app', version: '1.0.0' },
  ...{ digests: {}, file: 'lock', line: 1, scope: 'runtime', source: 'registry' },
}
const trust: Trust = { roots: [], keys: [], rootCertificates: [], now: new Date(0) }
const read: FetchedDocument = {
  form: 'npm',
  attestations: [],
  unreadable: [{ where: 'a', error: new CleanbillError('BUNDLE_MALFORMED', 'x') }],
}
const task = (unread: UnreadDocument | undefined) => ({
  target: { dependency, digests: {} },
  source: 'npm',
  documents: [],
  unread,
})

describe('verifyTask', () => {
  it('takes a document that cannot be read for one that is not known, and not for none', () => {
    const web = { form: 'npm' as const, where: 'the attestations', bytes: Buffer.from('<html>') }
    const { accepted, refused, unsupported } = verifyTask(task(web), trust)
    expect([accepted, refused]).toStrictEqual([[], []])
    expect(unsupported).toMatchObject([{ source: 'npm', fault: 'malformed', code: 'JSON_MALFORMED' }])
    expect(unsupported[0]?.message).toMatch(/^the attestations: ./)
  })

  it('reads a document and judges what is in it', () => {
    const bundle = {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: 'k' }, tlogEntries: [] },
      dsseEnvelope: envelope(statementAbout('x'), keyPair().privateKey, 'k'),
    }
    const bytes = toBytes({ attestations: [{ predicateType: 'https://slsa.dev/provenance/v1', bundle }] })
    const strong = { dependency, digests: { sha256: sha256('x') } }
    const result = verifyTask({ ...task({ form: 'npm', where: 'x', bytes }), target: strong }, trust)
    expect(result).toMatchObject({ accepted: [], refused: [{ source: 'npm', code: 'KEY_INVALID' }], unsupported: [] })
  })

  it('judges what was read before as it is', () => {
    const { refused } = verifyTask({ ...task(undefined), documents: [read] }, trust)
    expect(refused).toMatchObject([{ where: 'a', code: 'BUNDLE_MALFORMED' }])
  })

  it('lets an error of the program through', () => {
    const unread = { form: 'npm', where: 'x', bytes: undefined } as never
    expect(() => verifyTask(task(unread), trust)).toThrow(TypeError)
  })
})

describe('attestationsOf', () => {
  it('counts a document that was not read yet as what is usual for its form', () => {
    const bytes = new Uint8Array()
    expect(attestationsOf(task({ form: 'npm', where: 'x', bytes }))).toBe(2)
    expect(attestationsOf(task({ form: 'pep740', where: 'x', bytes }))).toBe(1)
    const [one, two] = [1, 2].map((length) => ({ ...read, attestations: Array.from({ length }, () => ({}) as never) }))
    expect(attestationsOf({ ...task(undefined), documents: [one ?? read, two ?? read, read] })).toBe(3)
    expect(attestationsOf({ ...task({ form: 'npm', where: 'x', bytes }), unread: undefined })).toBe(0)
  })
})
