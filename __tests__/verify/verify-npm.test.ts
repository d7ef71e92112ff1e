import { describe, expect, it } from 'vitest'
import type { VerifiedAttestation } from '../../src/model/attestation.ts'
import { verifyNpmPublish } from '../../src/verify/verify-npm.ts'
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

  it('does not count for another package', async () => {
    expect(await code({}, 'pkg:npm/%40acme/app@1.0.1')).toBe('PUBLISH_ATTESTATION_MISSING')
  })

  it('says why where it does not count for its subject', () => {
    expect(() => verifyNpmPublish(publish({ digest: { sha256: 'b'.repeat(64) } }), held)).toThrow(
      /^the registry's publish attestation does not count: its subject has no sha512$/,
    )
    const unversioned = { predicate: { name: '@acme/app', version: 1 } }
    expect(() => verifyNpmPublish(publish(unversioned), held)).toThrow(/names no package$/)
  })
})
