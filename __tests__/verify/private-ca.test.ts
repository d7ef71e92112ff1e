import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { verifyPrivateChain } from '../../src/verify/private-ca.ts'
import {
  authority,
  codeSigning,
  issueCertificate,
  serverAuthentication,
  type TestCertificate,
  type TestCertificateOptions,
} from '../support/certificates.ts'
import { codeOf } from '../support/real-signer.ts'

const NOW = new Date('2026-06-01T00:00:00Z')
const root = issueCertificate({ commonName: 'root', extensions: [authority] })
const middle = issueCertificate({ commonName: 'middle', extensions: [authority], issuer: root })
const leafOf = (more: TestCertificateOptions = {}) =>
  issueCertificate({ commonName: 'leaf', extensions: [codeSigning], issuer: middle, ...more })

function check(...chain: TestCertificate[]) {
  const ders = chain.map(({ der }) => der)
  return codeOf(() => verifyPrivateChain(ders, [new X509Certificate(root.pem)], NOW, 'test'))
}

describe('verifyPrivateChain', () => {
  it('accepts a leaf that leads to the root, by way of intermediates in the bundle', async () => {
    expect(await check(leafOf(), middle)).toBeUndefined()
    expect(await check(leafOf({ issuer: root }))).toBeUndefined()
    expect(await check(leafOf(), leafOf(), middle, root)).toBeUndefined()
  })

  it('accepts a leaf that does not restrict its use, and refuses one for another use', async () => {
    expect(await check(leafOf({ extensions: [] }), middle)).toBeUndefined()
    expect(await check(leafOf({ extensions: [serverAuthentication] }), middle)).toBe('CERTIFICATE_INVALID')
  })

  it('refuses a leaf whose way to the root is missing or somebody else’s', async () => {
    expect(await check(leafOf())).toBe('CERTIFICATE_INVALID')
    const stranger = issueCertificate({ commonName: 'root', extensions: [authority] })
    expect(await check(leafOf({ issuer: stranger }), stranger)).toBe('CERTIFICATE_INVALID')
  })

  it('refuses an issuer of the right name that did not sign', async () => {
    const impostor = issueCertificate({ commonName: 'middle', extensions: [authority] })
    expect(await check(leafOf({ issuer: { name: middle.name, privateKey: impostor.privateKey } }), middle)).toBe(
      'CERTIFICATE_INVALID',
    )
  })

  it('refuses a leaf issued by another leaf', async () => {
    const other = leafOf({ commonName: 'other' })
    expect(await check(leafOf({ issuer: other }), other, middle)).toBe('CERTIFICATE_INVALID')
  })

  it('accepts a leaf in its first moment and in its last one', async () => {
    for (const [notBefore, notAfter] of [
      ['2026-06-01', '2027-01-01'],
      ['2026-01-01', '2026-06-01'],
    ] as const) {
      expect(await check(leafOf({ notBefore, notAfter }), middle)).toBeUndefined()
    }
  })

  it('says which certificate was not valid when, and which root to pass', () => {
    const verify = (...chain: TestCertificate[]) =>
      verifyPrivateChain(
        chain.map(({ der }) => der),
        [new X509Certificate(root.pem)],
        NOW,
        'test',
      )
    expect(() => verify(leafOf({ notAfter: '2026-02-01', organization: 'acme' }), middle)).toThrow(
      /of CN=leaf, O=acme was valid from 2026-01-01T00:00:00.000Z to 2026-02-01T00:00:00.000Z$/,
    )
    expect(() => verify(leafOf())).toThrow(expect.objectContaining({ hint: expect.stringContaining('--root-cert') }))
  })

  it('passes over a root of the right name whose key cannot be read', async () => {
    const hex = Buffer.from(root.der).toString('hex').replace('2a8648ce3d0201', '2a8648ce3d027f')
    const unreadable = new X509Certificate(Buffer.from(hex, 'hex'))
    const leaf = [leafOf({ issuer: root }).der]
    const code = (...roots: X509Certificate[]) => codeOf(() => verifyPrivateChain(leaf, roots, NOW, 'test'))
    expect(await code(unreadable)).toBe('CERTIFICATE_INVALID')
    expect(await code(unreadable, new X509Certificate(root.pem))).toBeUndefined()
  })

  it('refuses a leaf or an intermediate that is not valid now', async () => {
    expect(await check(leafOf({ notAfter: '2026-02-01' }), middle)).toBe('CERTIFICATE_EXPIRED')
    expect(await check(leafOf({ notBefore: '2026-07-01' }), middle)).toBe('CERTIFICATE_EXPIRED')
    const old = issueCertificate({ commonName: 'old', extensions: [authority], issuer: root, notAfter: '2026-02-01' })
    expect(await check(leafOf({ issuer: old }), old)).toBe('CERTIFICATE_EXPIRED')
  })

  it('refuses no certificate at all', async () => {
    expect(await check()).toBe('CERTIFICATE_INVALID')
  })

  it('refuses what a trusted root signed itself: it is there to issue', async () => {
    const own = issueCertificate({ commonName: 'own', extensions: [authority, codeSigning] })
    const chain = () => verifyPrivateChain([own.der], [new X509Certificate(own.pem)], NOW, 'test')
    expect(await codeOf(chain)).toBe('CERTIFICATE_INVALID')
  })

  it('refuses an issuer whose key fits and whose name does not', async () => {
    const named = issueCertificate({ commonName: 'other' }).name
    expect(await check(leafOf({ issuer: { name: named, privateKey: middle.privateKey } }), middle)).toBe(
      'CERTIFICATE_INVALID',
    )
  })

  it('tries every intermediate of one name, for a CA that was renewed', async () => {
    const stale = issueCertificate({ commonName: 'middle', extensions: [authority], privateKey: middle.privateKey })
    expect(await check(leafOf(), stale, middle)).toBeUndefined()
    expect(await check(leafOf(), middle, stale)).toBeUndefined()
  })

  it('ends soon where a bundle holds many intermediates that all issue each other', async () => {
    const first = issueCertificate({ commonName: 'ring', extensions: [authority] })
    const ring = Array.from({ length: 60 }, () =>
      issueCertificate({ commonName: 'ring', extensions: [authority], privateKey: first.privateKey, issuer: first }),
    )
    expect(await check(leafOf({ issuer: first }), ...ring)).toBe('CERTIFICATE_INVALID')
  })
})
