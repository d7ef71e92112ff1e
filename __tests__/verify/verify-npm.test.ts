import { describe, expect, it } from 'vitest'
import type { VerifiedAttestation } from '../../src/model/attestation.ts'
import { verifyClaimedType, verifyNpmPublish } from '../../src/verify/verify-npm.ts'
import { codeOf } from '../support/real-signer.ts'

const SHA512 = 'a'.repeat(128)
const PURL = 'pkg:npm/%40acme/app@1.0.0'

interface Parts {
  readonly predicate?: unknown
  readonly signer?: object
  readonly name?: string
  readonly digest?: object
}

/** As if it had been verified: only the statement and who signed it are looked at. */
function publish(parts: Parts = {}): VerifiedAttestation {
  return {
    statement: {
      _type: 'https://in-toto.io/Statement/v0.1',
      subject: [{ name: parts.name ?? PURL, digest: parts.digest ?? { sha512: SHA512 } }],
      predicateType: 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1',
      predicate: 'predicate' in parts ? parts.predicate : { name: '@acme/app', version: '1.0.0' },
    },
    signer: parts.signer ?? { kind: 'key', source: 'npm-keys', fingerprint: 'f' },
    origin: { form: 'npm', where: 'test', domain: 'key', times: [] },
  } as unknown as VerifiedAttestation
}

const held = { name: 'app.tgz', digests: [{ sha512: SHA512, sha256: 'b'.repeat(64) }] }
const code = (parts: Parts, purl?: string) => codeOf(() => verifyNpmPublish(publish(parts), { ...held, purl }))

describe('verifyNpmPublish', () => {
  it('says which package the registry published', () => {
    expect(verifyNpmPublish(publish(), { ...held, purl: PURL })).toBe(PURL)
    expect(verifyNpmPublish(publish(), held)).toBe(PURL)
  })

  it.for<[string, Parts]>([
    ['a certificate signed', { signer: { kind: 'certificate', source: 'npm-keys' } }],
    ['a key signed that was given by hand', { signer: { kind: 'key', source: 'key' } }],
    ['has no predicate', { predicate: null }],
    ['names no package', { predicate: { version: '1.0.0' } }],
    ['names a package by a number', { predicate: { name: 1, version: '1.0.0' } }],
    ['names no version', { predicate: { name: '@acme/app' } }],
    ['names a version by a number', { predicate: { name: '@acme/app', version: 1 } }],
    ['has a subject of another name', { name: 'pkg:npm/other@1.0.0' }],
    ['has a subject of other bytes', { digest: { sha512: 'c'.repeat(128) } }],
    ['names its subject by sha256 only', { digest: { sha256: 'b'.repeat(64) } }],
  ])('does not count what %s', async ([, parts]) => {
    expect(await code(parts)).toBe('PUBLISH_ATTESTATION_MISSING')
  })

  it('says so of a package without a scope too', () => {
    const predicate = { name: 'left-pad', version: '1.0.0+x' }
    const purl = 'pkg:npm/left-pad@1.0.0%2Bx'
    expect(verifyNpmPublish(publish({ predicate, name: purl }), held)).toBe(purl)
  })

  it('does not count for another package', async () => {
    expect(await code({}, 'pkg:npm/%40acme/app@1.0.1')).toBe('PUBLISH_ATTESTATION_MISSING')
  })

  it('says why where it does not count for its subject', () => {
    expect(() => verifyNpmPublish(publish({ digest: { sha256: 'b'.repeat(64) } }), held)).toThrow(
      expect.objectContaining({
        message: "the registry's publish attestation does not count: its subject has no sha512",
        hint: expect.stringContaining('provenance and the registry'),
      }),
    )
    expect(() => verifyNpmPublish(publish({ name: 'pkg:npm/other@1.0.0' }), held)).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'SUBJECT_NAME_MISMATCH' }) }),
    )
    const unversioned = { predicate: { name: '@acme/app', version: 1 } }
    expect(() => verifyNpmPublish(publish(unversioned), held)).toThrow(/names no package$/)
  })
})

describe('verifyClaimedType', () => {
  const claimed = (claimedPredicateType: string | undefined, predicateType = 'https://slsa.dev/provenance/v1') =>
    ({
      statement: { predicateType },
      origin: { where: 'test', claimedPredicateType },
    }) as unknown as VerifiedAttestation

  it('takes a type that is said beside the signature as it is said inside, or not at all', async () => {
    expect(await codeOf(() => verifyClaimedType(claimed('https://slsa.dev/provenance/v1')))).toBeUndefined()
    expect(await codeOf(() => verifyClaimedType(claimed(undefined)))).toBeUndefined()
    expect(await codeOf(() => verifyClaimedType(claimed('https://slsa.dev/provenance/v1 ')))).toBe('PREDICATE_TYPE')
  })

  it('repeats no more than the beginning of both', () => {
    const [outside, inside] = ['a'.repeat(300), 'b'.repeat(300)]
    expect(() => verifyClaimedType(claimed(outside, inside))).toThrow(
      /^test is called "a{120}" and signed as "b{120}"$/,
    )
  })
})
