import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  boolean,
  contextConstructed,
  contextPrimitive,
  element,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  utf8String,
} from '../../src/embedded/der.ts'
import { hasCodeSigningUsage, nameField, parseCertificate } from '../../src/model/certificate.ts'
import { readDerChildren, readDerExact } from '../../src/model/der.ts'
import { parseKeylessIdentity, parsePrivateCaIdentity } from '../../src/model/identity.ts'
import {
  claim,
  codeSigning,
  emailName,
  issueCertificate,
  makeCertificate,
  raw,
  san,
  type TestExtension,
  uriName,
} from '../support/certificates.ts'
import { errorOf } from './bundle-parts.ts'

const CONTEXT = { code: 'CERTIFICATE_INVALID', what: 'the certificate' } as const
const URI = 'https://a.example/'
const SAN = '2.5.29.17'
const childrenOf = (bytes: Uint8Array) => readDerChildren(readDerExact(bytes, CONTEXT).content, CONTEXT)

/** A certificate like ours with other bytes for its extensions; its signature no longer holds, which others judge. */
const withExtensions = (...extensions: Uint8Array[]): Uint8Array =>
  withBody((parts) => [...parts, contextConstructed(3, sequence(...extensions))])

/** The parts of the body: version, number, algorithm, issuer, validity, subject, key. */
function withBody(change: (parts: Uint8Array[]) => Uint8Array[]): Uint8Array {
  const [tbs, ...rest] = childrenOf(makeCertificate([]))
  const parts = readDerChildren(tbs?.content ?? new Uint8Array(), CONTEXT).map(({ tag, content }) =>
    element(tag, content),
  )
  return sequence(sequence(...change(parts)), ...rest.map(({ tag, content }) => element(tag, content)))
}

const ID = oid('1.2.3.4')
const VALUE = octetString(Uint8Array.of(5, 0))
const KNOWN = oid('2.5.29.15')

describe('parseCertificate', () => {
  it('gives the bytes, their SHA-256 and what OpenSSL reads in them', () => {
    const der = makeCertificate([san(uriName(URI))])
    const certificate = parseCertificate(der)
    expect(certificate.der).toBe(der)
    expect(certificate.sha256).toBe(createHash('sha256').update(der).digest('hex'))
    expect(certificate.x509.subject).toBe('CN=test')
    expect([...certificate.extensions.keys()]).toEqual(['551d11'])
  })

  it('may have no extensions at all', () => {
    expect(parseCertificate(makeCertificate([])).extensions.size).toBe(0)
  })

  it('tells a critical extension from one that says it is not, or says nothing', () => {
    const extensionsOf = (...parts: Uint8Array[]) => parseCertificate(withExtensions(sequence(...parts))).extensions
    expect(extensionsOf(KNOWN, boolean(true), VALUE).get('551d0f')).toEqual({
      critical: true,
      value: Buffer.from([5, 0]),
    })
    expect(extensionsOf(KNOWN, boolean(false), VALUE).get('551d0f')?.critical).toBe(false)
    expect(extensionsOf(KNOWN, VALUE).get('551d0f')?.critical).toBe(false)
    expect(extensionsOf(ID, boolean(false), VALUE).size).toBe(1)
  })

  it('refuses an unknown extension that is critical, and one that ends early', () => {
    for (const extension of [sequence(ID, boolean(true), VALUE), sequence(Uint8Array.of(6, 9, 1))]) {
      expect(errorOf(() => parseCertificate(withExtensions(extension))).code).toBe('CERTIFICATE_INVALID')
    }
  })

  it.for<[string, Uint8Array]>([
    ['one with nothing in it', sequence()],
    ['one that is a name alone', sequence(ID)],
    ['one that is a value alone', sequence(VALUE)],
    ['one without a name', sequence(integer(1), VALUE)],
    ['one whose value is no octet string', sequence(ID, utf8String('x'))],
    ['one of four parts', sequence(ID, boolean(false), boolean(false), VALUE)],
  ])('refuses among the extensions %s', ([, extension]) => {
    expect(errorOf(() => parseCertificate(withExtensions(extension)))).toMatchObject({
      code: 'CERTIFICATE_INVALID',
      message: 'the certificate has a malformed extension',
    })
  })

  it('refuses an extension twice, of which two readers take different ones', () => {
    const one = sequence(ID, VALUE)
    expect(errorOf(() => parseCertificate(withExtensions(one, one))).code).toBe('EXTENSION_MALFORMED')
  })

  it.for<[string, Uint8Array]>([
    ['an empty sequence', sequence()],
    ['a body of another kind', sequence(integer(1))],
    [
      'a body of another kind with the extensions of one',
      sequence(contextConstructed(1, contextConstructed(3, sequence()))),
    ],
  ])('refuses %s', ([, der]) => {
    expect(errorOf(() => parseCertificate(der))).toMatchObject({
      code: 'CERTIFICATE_INVALID',
      message: 'the certificate has no body',
    })
  })

  it('refuses what OpenSSL cannot read, and says why', () => {
    const error = errorOf(() => parseCertificate(sequence(sequence())))
    expect(error.code).toBe('CERTIFICATE_INVALID')
    expect(error.cause).toBeInstanceOf(Error)
  })

  const TIME = Uint8Array.from([0x17, 13, ...Buffer.from('260101000000Z')])
  const NO_TIME = Uint8Array.from([0x17, 13, ...Buffer.from('269901000000Z')])
  it.for<[string, Uint8Array]>([
    ['begins', sequence(NO_TIME, TIME)],
    ['ends', sequence(TIME, NO_TIME)],
  ])('refuses one that %s on a day that no calendar has', ([, validity]) => {
    const der = withBody((parts) => parts.map((part, i) => (i === 4 ? validity : part)))
    expect(errorOf(() => parseCertificate(der))).toMatchObject({
      code: 'CERTIFICATE_INVALID',
      cause: { message: 'a date that no calendar has' },
    })
  })

  it('finds code signing among other usages', () => {
    const both = { ...codeSigning, value: sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.3')) }
    expect(hasCodeSigningUsage(parseCertificate(makeCertificate([both])))).toBe(true)
  })
})

it.for<[string, string | undefined]>([
  ['O', 'GitHub, Inc.'],
  ['CN', 'a=b'],
  ['OU', undefined],
  ['C', undefined],
  ['', undefined],
])('reads the field %s of a name, if it is there once', ([field, value]) => {
  expect(nameField('O=GitHub, Inc.\nOU=one\nOU=two\nCN=a=b\nL=x O=', field)).toBe(value)
})

describe('who a certificate names', () => {
  const FULCIO_NAME = '1.3.6.1.4.1.57264.1.7'
  const other = (...parts: Uint8Array[]): Uint8Array => contextConstructed(0, ...parts)
  const user = (name: Uint8Array) => contextConstructed(0, name)
  const read = (...extensions: TestExtension[]) => parseKeylessIdentity(parseCertificate(makeCertificate(extensions)))

  it('is a user name of Fulcio', () => {
    const name = other(oid(FULCIO_NAME), user(utf8String('me!oidc.example')))
    expect(read(san(name)).subjectAlternativeName).toEqual({ type: 'otherName', value: 'me!oidc.example' })
  })

  it.for(['a', '!', '~', 'https://a.example/~x!y'])('may hold the letters of %s', (name) => {
    expect(read(san(uriName(name))).subjectAlternativeName).toEqual({ type: 'uri', value: name })
    expect(read(san(emailName(name))).subjectAlternativeName).toEqual({ type: 'email', value: name })
  })

  it.for<[string, TestExtension]>([
    ['an empty URI', san(uriName(''))],
    ['an empty e-mail', san(emailName(''))],
    ['a blank', san(uriName('a b'))],
    ['the byte 0x7F', san(uriName('a\x7f'))],
    ['the byte 0', san(uriName('a\0'))],
    ['a host name', san(contextPrimitive(2, Buffer.from('a.example')))],
    ['an IP address', san(contextPrimitive(7, Uint8Array.of(1, 2, 3, 4)))],
    ['a set of names', { oid: SAN, value: Buffer.concat([Uint8Array.of(0x31, 3), uriName('a')]) }],
    ['no name in an empty list', san()],
    [
      'a name with bytes after the list',
      { oid: SAN, value: Buffer.concat([sequence(uriName('a')), Uint8Array.of(5, 0)]) },
    ],
    ['a list that ends early', { oid: SAN, value: Uint8Array.of(0x30, 9) }],
    ['a user name of another type', san(other(oid('1.3.6.1.4.1.57264.1.8'), user(utf8String('me'))))],
    [
      'the letters of the type in another tag',
      san(other(element(4, oid(FULCIO_NAME).subarray(2)), user(utf8String('me')))),
    ],
    ['a user name without wrapping', san(other(oid(FULCIO_NAME), utf8String('me')))],
    ['a user name in another wrapping', san(other(oid(FULCIO_NAME), contextConstructed(1, utf8String('me'))))],
    ['the parts of a user name in another form', san(contextConstructed(3, oid(FULCIO_NAME), user(utf8String('me'))))],
    ['a type without a name', san(other(oid(FULCIO_NAME)))],
    ['a user name of no parts', san(other())],
    ['a user name of three parts', san(other(oid(FULCIO_NAME), user(utf8String('me')), user(utf8String('you'))))],
    ['a user name of another string type', san(other(oid(FULCIO_NAME), user(integer(1))))],
  ])('is refused with %s', ([, extension]) => {
    expect(errorOf(() => read(extension))).toMatchObject({ name: 'CleanbillError', code: 'EXTENSION_MALFORMED' })
  })

  it('is every claim under its own name', () => {
    const names = [
      [9, 'buildSignerUri'],
      [10, 'buildSignerDigest'],
      [11, 'runnerEnvironment'],
      [12, 'sourceRepositoryUri'],
      [13, 'sourceRepositoryDigest'],
      [14, 'sourceRepositoryRef'],
      [15, 'sourceRepositoryIdentifier'],
      [16, 'sourceRepositoryOwnerUri'],
      [17, 'sourceRepositoryOwnerIdentifier'],
      [18, 'buildConfigUri'],
      [19, 'buildConfigDigest'],
      [20, 'buildTrigger'],
      [21, 'runInvocationUri'],
      [22, 'sourceRepositoryVisibility'],
      [23, 'deploymentEnvironment'],
      [24, 'tokenSubject'],
    ] as const
    const legacy = [
      [2, 'trigger'],
      [3, 'sha'],
      [4, 'workflowName'],
      [5, 'repository'],
      [6, 'ref'],
    ] as const
    const identity = read(
      san(uriName(URI)),
      ...names.map(([n]) => claim(n, `value ${n}`)),
      ...legacy.map(([n]) => raw(n, `value ${n}`)),
    )
    expect(identity.claims).toEqual(Object.fromEntries(names.map(([n, name]) => [name, `value ${n}`])))
    expect(identity.legacy).toEqual(Object.fromEntries(legacy.map(([n, name]) => [name, `value ${n}`])))
    expect(identity).not.toHaveProperty('issuer')
  })

  it.for<[string, TestExtension[]]>([
    ['of today', [claim(8, 'https://issuer.example')]],
    ['of old', [raw(1, 'https://issuer.example')]],
    ['both, where they agree', [raw(1, 'https://issuer.example'), claim(8, 'https://issuer.example')]],
  ])('has the issuer in the extension %s', ([, extensions]) => {
    expect(read(san(uriName(URI)), ...extensions).issuer).toBe('https://issuer.example')
  })

  it.for([1, 5])('is refused with bytes that are not UTF-8 in the extension .%i', (number) => {
    expect(errorOf(() => read(san(uriName(URI)), raw(number, Uint8Array.of(0xff)))).code).toBe('EXTENSION_MALFORMED')
  })

  it('is a subject of a private CA, with a name beside it where there is one', () => {
    const bare = parseCertificate(issueCertificate({ commonName: 'builder' }).der)
    expect(parsePrivateCaIdentity(bare)).toStrictEqual({
      kind: 'private-ca',
      subject: 'CN=builder',
      commonName: 'builder',
      fingerprint: bare.sha256,
    })
    const field = (id: string, value: string) => setOf(sequence(oid(id), utf8String(value)))
    const subjectOf = (...fields: Uint8Array[]) => {
      const der = withBody((parts) => parts.map((part, i) => (i === 5 ? sequence(...fields) : part)))
      return parsePrivateCaIdentity(parseCertificate(der)).subject
    }
    expect(subjectOf(field('2.5.4.10', 'Acme'), field('2.5.4.3', 'builder'))).toBe('O=Acme, CN=builder')
    expect(subjectOf()).toBe('')
    const named = parseCertificate(issueCertificate({ extensions: [san(emailName('a@example.org'))] }).der)
    expect(parsePrivateCaIdentity(named).subjectAlternativeName).toEqual({ type: 'email', value: 'a@example.org' })
  })
})
