import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  integer,
  octetString,
  oid,
  sequence,
  setOf,
  time,
  utf8String,
} from '../../src/embedded/der.ts'

export interface TestExtension {
  readonly oid: string
  readonly critical?: boolean
  readonly value: Uint8Array
}

const FULCIO = '1.3.6.1.4.1.57264.1'
export const codeSigning: TestExtension = { oid: '2.5.29.37', value: sequence(oid('1.3.6.1.5.5.7.3.3')) }

export interface TestCertificate {
  readonly der: Uint8Array
  readonly pem: string
  readonly privateKey: KeyObject
  readonly name: Uint8Array
}

export interface TestCertificateOptions {
  readonly extensions?: readonly TestExtension[]
  readonly commonName?: string
  readonly organization?: string
  /** Default: signed by its own key. */
  readonly issuer?: Pick<TestCertificate, 'privateKey' | 'name'>
  readonly notBefore?: string
  readonly notAfter?: string
  /** Default: a new one. */
  readonly privateKey?: KeyObject
}

export const authority: TestExtension = { oid: '2.5.29.19', critical: true, value: sequence(boolean(true)) }

/** A certificate with exactly these extensions, and the key it is about. */
export function issueCertificate(options: TestCertificateOptions): TestCertificate {
  const { extensions = [], commonName = 'test', notBefore = '2026-01-01', notAfter = '2027-01-01' } = options
  const privateKey = options.privateKey ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const publicKey = createPublicKey(privateKey)
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'))
  const part = (type: string, value: string) => setOf(sequence(oid(type), utf8String(value)))
  const { organization } = options
  const name = sequence(
    part('2.5.4.3', commonName),
    ...(organization === undefined ? [] : [part('2.5.4.10', organization)]),
  )
  const issuer = options.issuer ?? { privateKey, name }
  const tbs = sequence(
    contextConstructed(0, integer(2)),
    integer(7),
    algorithm,
    issuer.name,
    sequence(time(new Date(notBefore)), time(new Date(notAfter))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [contextConstructed(3, sequence(...extensions.map(toDer)))]),
  )
  const der = sequence(tbs, algorithm, bitString(sign('sha256', tbs, issuer.privateKey)))
  const pem = `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
  return { der, pem, privateKey, name }
}

/** Only the bytes, for readers that look at no chain. */
export const makeCertificate = (extensions: readonly TestExtension[]): Uint8Array =>
  issueCertificate({ extensions }).der

function toDer(extension: TestExtension): Uint8Array {
  const critical = extension.critical === true ? [boolean(true)] : []
  return sequence(oid(extension.oid), ...critical, octetString(extension.value))
}

export const uriName = (uri: string | Uint8Array): Uint8Array => contextPrimitive(6, Buffer.from(uri))
export const emailName = (email: string): Uint8Array => contextPrimitive(1, Buffer.from(email))
export const san = (...names: Uint8Array[]): TestExtension => ({
  oid: '2.5.29.17',
  critical: true,
  value: sequence(...names),
})

/** Extension .8–.24: a DER UTF8String. */
export const claim = (n: number, value: string): TestExtension => ({ oid: `${FULCIO}.${n}`, value: utf8String(value) })
/** Extension .1–.6, or broken bytes in any other. */
export const raw = (n: number, value: string | Uint8Array): TestExtension => ({
  oid: `${FULCIO}.${n}`,
  value: Buffer.from(value),
})

export const serverAuthentication: TestExtension = { oid: '2.5.29.37', value: sequence(oid('1.3.6.1.5.5.7.3.1')) }
