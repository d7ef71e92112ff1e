import { createPublicKey, X509Certificate as NodeCertificate } from 'node:crypto'
import { bundleFromJSON } from '@sigstore/bundle'
import { X509Certificate } from '@sigstore/core'
import { toSignedEntity } from '@sigstore/verify'
import { describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import { preAuthEncoding, STATEMENT_PAYLOAD_TYPE } from '../../src/model/statement.ts'
import { rememberEncoding } from '../../src/verify/library-material.ts'
import { type ProvenSignature, rememberIssuers, rememberSignature } from '../../src/verify/proven-before.ts'
import { authority, codeSigning, issueCertificate } from '../support/certificates.ts'
import { envelope, keyPair, statementAbout, toBytes } from '../support/real-signer.ts'

describe('rememberSignature', () => {
  const pair = keyPair()
  const key = createPublicKey(pair.pem)
  const stranger = createPublicKey(keyPair().pem)
  const statement = statementAbout('x')
  const signed = preAuthEncoding(STATEMENT_PAYLOAD_TYPE, Buffer.from(JSON.stringify(statement)))
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: 'k' }, tlogEntries: [] },
    dsseEnvelope: envelope(statement, pair.privateKey),
  }
  const signature = Buffer.from(bundle.dsseEnvelope.signatures[0].sig, 'base64')

  /** What the library says of its own content, told that something had been proven before. */
  function says(proven: Partial<ProvenSignature>, of: typeof key): boolean {
    const [attestation] = parseAttestations(toBytes(bundle), 'test').attestations
    const content = toSignedEntity(bundleFromJSON(attestation?.bundle)).signature
    rememberSignature(content, { signed, signature, key, ...proven })
    return content.verifySignature(of)
  }

  it('stands for the same key, signature and bytes', () => {
    expect(says({}, key)).toBe(true)
  })

  it('stands for no other key', () => {
    expect(says({}, stranger)).toBe(false)
  })

  it('stands for no other signature and for no other bytes', () => {
    const other = Buffer.from(signature)
    other[10] = (other[10] ?? 0) ^ 1
    expect(says({ key: stranger, signature: other }, stranger)).toBe(false)
    expect(says({ key: stranger, signed: Buffer.from('other') }, stranger)).toBe(false)
  })

  it('leaves everything else to the library', () => {
    expect(says({ signed: Buffer.from('other') }, key)).toBe(true)
    expect(says({ key: stranger }, key)).toBe(true)
  })
})

describe('rememberIssuers', () => {
  const ca = issueCertificate({ commonName: 'ca', extensions: [authority] })
  const twin = issueCertificate({ commonName: 'ca', extensions: [authority] })
  const leaf = issueCertificate({ commonName: 'leaf', extensions: [codeSigning], issuer: ca })
  const parsed = ({ der }: { der: Uint8Array }) => X509Certificate.parse(Buffer.from(der))

  it('stands for the very certificates that are known to have issued it', () => {
    const certificate = parsed(leaf)
    rememberIssuers(certificate, leaf.der, [new NodeCertificate(ca.pem)])
    expect(certificate.verify(parsed(ca))).toBe(true)
    expect(certificate.verify(parsed(twin))).toBe(false)
    expect(certificate.verify()).toBe(false)
  })

  it('leaves everything else to the library', () => {
    const certificate = parsed(leaf)
    rememberIssuers(certificate, leaf.der, [])
    expect(certificate.verify(parsed(ca))).toBe(true)
  })
})

describe('rememberIssuers of another certificate', () => {
  const ca = issueCertificate({ commonName: 'ca', extensions: [authority] })
  const twin = issueCertificate({ commonName: 'ca', extensions: [authority] })
  const leaf = issueCertificate({ commonName: 'leaf', extensions: [codeSigning], issuer: ca })
  const other = issueCertificate({ commonName: 'leaf', extensions: [codeSigning], issuer: twin })
  const parsed = ({ der }: { der: Uint8Array }) => X509Certificate.parse(Buffer.from(der))

  it('stands for nothing: what issued the one has not issued the other', () => {
    const certificate = parsed(leaf)
    rememberIssuers(certificate, other.der, [new NodeCertificate(twin.pem)])
    expect(certificate.verify(parsed(twin))).toBe(false)
    expect(certificate.verify(parsed(ca))).toBe(true)
  })

  it('stands for nothing where the library does not know the algorithm: it may decide otherwise', () => {
    const certificate = parsed(leaf)
    Object.defineProperty(certificate, 'signatureAlgorithm', { value: undefined })
    rememberIssuers(certificate, leaf.der, [new NodeCertificate(twin.pem)])
    expect(certificate.verify(parsed(twin))).toBe(false)
  })
})

describe('rememberEncoding', () => {
  it('writes a certificate and its copy as they were read, to the last byte', () => {
    const { der } = issueCertificate({ commonName: 'any', extensions: [codeSigning, authority] })
    const certificate = X509Certificate.parse(Buffer.from(der))
    rememberEncoding(certificate)
    expect(certificate.root.toDER()).toStrictEqual(Buffer.from(der))
    expect(certificate.clone().root.toDER()).toStrictEqual(Buffer.from(der))
  })

  it('gives a copy whose extensions can be left out, as the library does for the SCT, and the original keeps them', () => {
    const { der } = issueCertificate({ commonName: 'any', extensions: [codeSigning, authority] })
    const certificate = X509Certificate.parse(Buffer.from(der))
    rememberEncoding(certificate)
    const copy = certificate.clone()
    const extensions = copy.root.subs[0]?.subs.find(({ tag }) => tag.isContextSpecific(3))?.subs[0]
    extensions?.subs.splice(0, 1)
    expect(copy.root.toDER().length).toBeLessThan(der.length)
    expect(certificate.clone().root.toDER()).toStrictEqual(Buffer.from(der))
  })

  it.each([0x7e, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x101])(
    'writes a name of %i bytes with its length in the shortest form',
    (length) => {
      // Names of their lengths make every part around them grow past each step of the form.
      for (let off = 0; off < 16; off++) {
        const { der } = issueCertificate({
          commonName: 'n'.repeat(Math.max(length - off * 2, 1)),
          extensions: [codeSigning],
        })
        const certificate = X509Certificate.parse(Buffer.from(der))
        rememberEncoding(certificate)
        expect(certificate.root.toDER()).toStrictEqual(Buffer.from(der))
        expect(certificate.clone().root.toDER()).toStrictEqual(Buffer.from(der))
      }
    },
  )
})
