import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import {
  bitString,
  boolean,
  contextConstructed,
  contextPrimitive,
  element,
  integer,
  octetString,
  oid,
  readChildren,
  readContent,
  readDer,
  sequence,
  setOf,
  TAG,
  time,
  utf8String,
} from './der.ts'

/** AlgorithmIdentifier of ECDSA with SHA-256 (RFC 5758 §3.2): no parameters. */
export const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))

export const EKU = { codeSigning: '1.3.6.1.5.5.7.3.3', timeStamping: '1.3.6.1.5.5.7.3.8' } as const

/** A certificate before it is signed (RFC 5280 §4.1.2). Names and keys are DER. */
export interface CertificateFields {
  readonly serial: Uint8Array
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: Uint8Array
  readonly extensions: readonly Uint8Array[]
}

export function buildTbsCertificate(fields: CertificateFields): Buffer {
  return sequence(
    contextConstructed(0, integer(2)),
    integer(fields.serial),
    ECDSA_WITH_SHA256,
    fields.issuer,
    sequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    fields.publicKey,
    contextConstructed(3, sequence(...fields.extensions)),
  )
}

/** Signs with ECDSA P-256 and SHA-256. */
export function signCertificate(tbs: Uint8Array, issuerKey: KeyObject): Buffer {
  return sequence(tbs, ECDSA_WITH_SHA256, bitString(sign('sha256', tbs, issuerKey)))
}

/** 16 random bytes: two certificates of one issuer must never share a serial number. */
export function randomSerial(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}

/** O and CN, both UTF8String. An empty name is `sequence()`. */
export function distinguishedName(organization: string, commonName: string): Buffer {
  const attribute = (type: string, value: string) => setOf(sequence(oid(type), utf8String(value)))
  return sequence(attribute('2.5.4.10', organization), attribute('2.5.4.3', commonName))
}

const exported = new WeakMap<KeyObject, Buffer>()

/** SubjectPublicKeyInfo. Kept, since a CA and its logs ask for the same few keys at every signature. */
export function spkiOf(publicKey: KeyObject): Buffer {
  const spki = exported.get(publicKey) ?? publicKey.export({ type: 'spki', format: 'der' })
  exported.set(publicKey, spki)
  return spki
}

export function extension(id: string, critical: boolean, value: Uint8Array): Buffer {
  return critical ? sequence(oid(id), boolean(true), octetString(value)) : sequence(oid(id), octetString(value))
}

export function basicConstraints(pathLength: number | undefined): Buffer {
  const value = pathLength === undefined ? sequence() : sequence(boolean(true), integer(pathLength))
  return extension('2.5.29.19', true, value)
}

/** `digitalSignature`, or `keyCertSign` with `cRLSign`. */
export function keyUsage(usage: 'signature' | 'authority'): Buffer {
  const bits = usage === 'signature' ? bitString(Uint8Array.of(0x80), 7) : bitString(Uint8Array.of(0x06), 1)
  return extension('2.5.29.15', true, bits)
}

export function extendedKeyUsage(purpose: string, critical: boolean): Buffer {
  return extension('2.5.29.37', critical, sequence(oid(purpose)))
}

export function subjectKeyIdentifier(spki: Uint8Array): Buffer {
  return extension('2.5.29.14', false, octetString(keyIdentifier(spki)))
}

export function authorityKeyIdentifier(issuerSpki: Uint8Array): Buffer {
  return extension('2.5.29.35', false, sequence(contextPrimitive(0, keyIdentifier(issuerSpki))))
}

/** Critical, because the subject is empty (RFC 5280 §4.2.1.6). */
export function subjectAltName(kind: 'uri' | 'email', value: string): Buffer {
  const name = contextPrimitive(kind === 'uri' ? 6 : 1, Buffer.from(value))
  return extension('2.5.29.17', true, sequence(name))
}

/** RFC 5280 §4.2.1.2 (1): SHA-1 of the key's bits. An identifier, not a protection. */
function keyIdentifier(spki: Uint8Array): Buffer {
  const [, key] = readChildren(readDer(spki))
  return createHash('sha1').update(readContent(key, TAG.bitString).subarray(1)).digest()
}

/** The `issuer` and `serialNumber` of a certificate, as they stand in it. */
export function issuerAndSerial(certificate: Uint8Array): { issuer: Buffer; serial: Buffer; subject: Buffer } {
  const [tbs] = readChildren(readDer(certificate))
  const [, serial, , issuer, , subject] = readChildren(tbs)
  return {
    serial: element(TAG.integer, readContent(serial, TAG.integer)),
    issuer: element(TAG.sequence, readContent(issuer, TAG.sequence)),
    subject: element(TAG.sequence, readContent(subject, TAG.sequence)),
  }
}

export function toPem(der: Uint8Array, label = 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
