import { describe, expect, it } from 'vitest'
import { FILE_DIGEST_ALGORITHMS } from '../../src/model/digest.ts'
import type { SignerIdentity } from '../../src/model/identity.ts'
import { PROVENANCE_V1 } from '../../src/model/predicates/provenance.ts'
import { nameIdentity, summarizeEvidence } from '../../src/policy/evidence-summary.ts'
import { isPinned } from '../../src/policy/pinned.ts'
import { accepted, dependencyOf, evidenceOf, signerWith, verified } from '../support/subjects.ts'

const KEY: SignerIdentity = { kind: 'key', fingerprint: 'f'.repeat(64), source: 'key' }
const CA = { kind: 'private-ca', subject: 'CN=acme,O=Acme', fingerprint: 'e'.repeat(64) } as const

describe('who vouched', () => {
  it('is said with what the certificate claims of the source and the run', () => {
    const signer = signerWith()
    expect(summarizeEvidence(evidenceOf({ accepted: [accepted(verified({}, signer), { source: 'github' })] }))).toEqual(
      [
        {
          source: 'github',
          predicateType: PROVENANCE_V1,
          signer: signer.subjectAlternativeName.value,
          repository: 'https://github.com/acme/app',
          ref: 'refs/tags/v1.2.3',
          commit: 'b'.repeat(40),
          run: 'https://github.com/acme/app/actions/runs/11/attempts/1',
          domain: 'sigstore',
          payloadSha256: 'c'.repeat(64),
        },
      ],
    )
  })

  it('claims nothing where it is a key', () => {
    const [summary] = summarizeEvidence(evidenceOf({ accepted: [accepted(verified({}, KEY))] }))
    expect(summary).toMatchObject({ signer: 'f'.repeat(64), repository: undefined, ref: undefined, run: undefined })
    expect(summarizeEvidence(evidenceOf())).toEqual([])
  })

  it.for<[string, SignerIdentity, string]>([
    ['a key by its fingerprint', KEY, 'f'.repeat(64)],
    ['a certificate by its name', signerWith(), signerWith().subjectAlternativeName.value],
    [
      'a private CA’s by its alternative name',
      { ...CA, commonName: 'acme', subjectAlternativeName: { type: 'email', value: 'a@acme.example' } },
      'a@acme.example',
    ],
    ['a private CA’s by its common name', { ...CA, commonName: 'acme' }, 'acme'],
    ['a private CA’s by its subject', CA, 'CN=acme,O=Acme'],
  ])('names %s', ([, signer, name]) => {
    expect(nameIdentity(signer)).toBe(name)
  })
})

describe('an entry is pinned', () => {
  const COMMIT = '0123456789abcdef0123456789abcdef01234567'
  const pinned = (more: Partial<ReturnType<typeof dependencyOf>>) =>
    isPinned(dependencyOf('pkg:github/acme/app@v1', { digests: {}, ...more }))

  it('by a commit, or by a digest that nobody can make a second time', () => {
    expect(pinned({ version: COMMIT })).toBe(true)
    expect(pinned({ digests: { gitCommit: COMMIT } })).toBe(true)
    for (const name of FILE_DIGEST_ALGORITHMS) expect(pinned({ digests: { [name]: 'aa' } })).toBe(true)
    expect(pinned({ digests: { sha1: 'aa' } })).toBe(false)
    expect(pinned({})).toBe(false)
  })

  it('by its files, where each of them is', () => {
    const file = { digests: { sha256: 'aa' } }
    expect(pinned({ files: [file, file] })).toBe(true)
    expect(pinned({ files: [file, { digests: {} }] })).toBe(false)
    expect(pinned({ files: [] })).toBe(false)
  })
})
