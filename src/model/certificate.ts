import { createHash, X509Certificate } from 'node:crypto'
import { DER_SEQUENCE, type DerContext, readDerChildren, readDerExact } from './der.ts'
import { CleanbillError } from './error.ts'

/** OIDs as lower-case hex of their DER content: compared as bytes, so no decoder of ours can confuse two of them. */
export const OID = {
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
  extKeyUsage: '551d25',
  codeSigning: '2b06010505070303',
  /** 1.3.6.1.4.1.57264.1, the arc of Fulcio's extensions (fulcio docs/oid-info.md). */
  fulcioArc: '2b0601040183bf3001',
} as const

/** Critical extensions that are understood here or by the verifier; any other critical one is refused (RFC 5280 §4.2). */
const KNOWN_CRITICAL: readonly string[] = [OID.keyUsage, OID.subjectAltName, OID.basicConstraints, OID.extKeyUsage]

export interface CertificateExtension {
  readonly critical: boolean
  /** Content of the extension's OCTET STRING. */
  readonly value: Uint8Array
}

/** A leaf certificate, its extensions read by us from the very bytes that the signature check uses. */
export interface Certificate {
  readonly der: Uint8Array
  readonly x509: X509Certificate
  /** By {@link OID} hex. */
  readonly extensions: ReadonlyMap<string, CertificateExtension>
  readonly sha256: string
}

const CONTEXT: DerContext = { code: 'CERTIFICATE_INVALID', what: 'the certificate' }

/**
 * Parses one DER certificate and its extensions, strictly. No trust is implied.
 *
 * @throws {CleanbillError} `CERTIFICATE_INVALID`, `EXTENSION_MALFORMED` (an extension twice)
 */
export function parseCertificate(der: Uint8Array): Certificate {
  const extensions = readExtensions(der)
  for (const [oid, { critical }] of extensions) {
    if (critical && !KNOWN_CRITICAL.includes(oid)) {
      throw new CleanbillError('CERTIFICATE_INVALID', `the certificate has an unknown critical extension (${oid})`)
    }
  }
  try {
    const sha256 = createHash('sha256').update(der).digest('hex')
    const x509 = new X509Certificate(der)
    // Touched here so that a key or a date OpenSSL cannot read fails at the door and not in the middle of a check.
    void x509.publicKey
    // The texts say where a date is none.
    const dates = [x509.validFrom, x509.validTo].map((text) => Date.parse(text))
    if (dates.some(Number.isNaN)) throw new Error('a date that no calendar has')
    return { der, x509, extensions, sha256 }
  } catch (cause) {
    throw new CleanbillError('CERTIFICATE_INVALID', 'the certificate cannot be read', { cause })
  }
}

function readExtensions(der: Uint8Array): Map<string, CertificateExtension> {
  const [tbs] = readDerChildren(readDerExact(der, CONTEXT).content, CONTEXT)
  if (tbs?.tag !== DER_SEQUENCE) throw new CleanbillError('CERTIFICATE_INVALID', 'the certificate has no body')
  const wrapped = readDerChildren(tbs.content, CONTEXT).find((value) => value.tag === 0xa3)
  const extensions = new Map<string, CertificateExtension>()
  if (wrapped === undefined) return extensions
  for (const entry of readDerChildren(readDerExact(wrapped.content, CONTEXT).content, CONTEXT)) {
    const parts = readDerChildren(entry.content, CONTEXT)
    const [oid, value] = [parts[0], parts.at(-1)]
    if (oid?.tag !== 0x06 || value?.tag !== 0x04 || parts.length > 3) {
      throw new CleanbillError('CERTIFICATE_INVALID', 'the certificate has a malformed extension')
    }
    const name = Buffer.from(oid.content).toString('hex')
    if (extensions.has(name)) {
      throw new CleanbillError('EXTENSION_MALFORMED', `the certificate has the extension ${name} twice`)
    }
    extensions.set(name, { critical: parts.length === 3 && parts[1]?.content[0] !== 0, value: value.content })
  }
  return extensions
}

/**
 * Is the extended key usage code signing there? The library does not look at it (a TLS certificate would do).
 *
 * @returns undefined when the certificate does not restrict its use at all
 */
export function hasCodeSigningUsage(certificate: Certificate): boolean | undefined {
  const extension = certificate.extensions.get(OID.extKeyUsage)
  if (extension === undefined) return undefined
  const usages = readDerChildren(readDerExact(extension.value, CONTEXT).content, CONTEXT)
  return usages.some((usage) => Buffer.from(usage.content).toString('hex') === OID.codeSigning)
}

/** One name of a certificate's subject or issuer, e.g. `O` → `GitHub, Inc.`; undefined when absent or twice. */
export function nameField(name: string, field: string): string | undefined {
  const found = name.split('\n').filter((line) => line.startsWith(`${field}=`))
  return found.length === 1 ? found[0]?.slice(field.length + 1) : undefined
}
