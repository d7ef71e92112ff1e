import { describe, expect, it } from 'vitest'
import { hasCodeSigningUsage, parseCertificate } from '../../src/model/certificate.ts'
import { parseKeylessIdentity } from '../../src/model/identity.ts'
import {
  claim,
  codeSigning,
  emailName,
  makeCertificate,
  raw,
  san,
  type TestExtension,
  uriName,
} from '../support/certificates.ts'
import { codeOf } from '../support/real-signer.ts'

const URI = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main'
const read = (...extensions: TestExtension[]) => parseKeylessIdentity(parseCertificate(makeCertificate(extensions)))

describe('parseKeylessIdentity', () => {
  it('reads the name, the issuer and every claim', () => {
    const identity = read(
      san(uriName(URI)),
      raw(1, 'https://issuer.example'),
      raw(5, 'acme/app'),
      claim(8, 'https://issuer.example'),
      claim(12, 'https://github.com/acme/app'),
      claim(15, '12345678901234567890'),
      claim(24, 'repo:acme/app:ref:refs/heads/main'),
    )
    expect(identity).toEqual({
      kind: 'certificate',
      subjectAlternativeName: { type: 'uri', value: URI },
      issuer: 'https://issuer.example',
      claims: {
        sourceRepositoryUri: 'https://github.com/acme/app',
        sourceRepositoryIdentifier: '12345678901234567890',
        tokenSubject: 'repo:acme/app:ref:refs/heads/main',
      },
      legacy: { repository: 'acme/app' },
    })
  })

  it('reads a value of 200 bytes, whose length takes two bytes', () => {
    const long = `https://github.com/acme/${'a'.repeat(200)}`
    expect(read(san(uriName(URI)), claim(12, long)).claims.sourceRepositoryUri).toBe(long)
  })

  it('reads an e-mail name', () => {
    expect(read(san(emailName('a@example.org'))).subjectAlternativeName).toEqual({
      type: 'email',
      value: 'a@example.org',
    })
  })

  it.for([
    ['two names', [san(uriName(URI), emailName('a@example.org'))]],
    ['no name', [san()]],
    ['no subject alternative name at all', [claim(8, 'https://issuer.example')]],
    ['a byte above 0x7F in a URI, which Node would read as a letter', [san(uriName(Buffer.from('687474e9', 'hex')))]],
    ['a line break in a URI', [san(uriName('https://a.example/\nb'))]],
    ['an extension twice', [san(uriName(URI)), claim(12, 'https://a.example/'), claim(12, 'https://b.example/')]],
    ['two different issuers', [san(uriName(URI)), raw(1, 'https://a.example'), claim(8, 'https://b.example')]],
    ['a claim that is no DER', [san(uriName(URI)), raw(12, 'https://github.com/acme/app')]],
    ['a claim of another string type', [san(uriName(URI)), raw(12, Buffer.from([0x16, 1, 0x61]))]],
    ['a claim with bytes after it', [san(uriName(URI)), raw(12, Buffer.from([0x0c, 1, 0x61, 0x62]))]],
    ['a claim with a length that is not minimal', [san(uriName(URI)), raw(12, Buffer.from([0x0c, 0x81, 1, 0x61]))]],
    ['a claim with an indefinite length', [san(uriName(URI)), raw(12, Buffer.from([0x0c, 0x80, 0x61, 0, 0]))]],
    ['a claim that is not UTF-8', [san(uriName(URI)), raw(12, Buffer.from([0x0c, 1, 0xff]))]],
  ] as const)('refuses %s', async ([, extensions]) => {
    expect(await codeOf(() => read(...extensions))).toBe('EXTENSION_MALFORMED')
  })
})

describe('parseCertificate', () => {
  it('refuses an unknown critical extension', async () => {
    const unknown = { oid: '1.2.3.4.5', critical: true, value: Buffer.from([5, 0]) }
    expect(await codeOf(() => read(san(uriName(URI)), unknown))).toBe('CERTIFICATE_INVALID')
  })

  it('refuses bytes that are no certificate', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), Buffer.from([0x30, 0x80, 0, 0])]) {
      expect(await codeOf(() => parseCertificate(bytes))).toBe('CERTIFICATE_INVALID')
    }
  })

  it('tells code signing, another use, and no restriction apart', () => {
    const usage = (...extensions: TestExtension[]) => hasCodeSigningUsage(parseCertificate(makeCertificate(extensions)))
    expect(usage(codeSigning)).toBe(true)
    expect(usage({ ...codeSigning, value: Buffer.from('300a06082b06010505070301', 'hex') })).toBe(false)
    expect(usage()).toBeUndefined()
  })
})
