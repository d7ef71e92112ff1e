import { type Certificate, nameField, OID } from './certificate.ts'
import {
  DER_OID,
  DER_SEQUENCE,
  type DerContext,
  decodeText,
  readDerChildren,
  readDerExact,
  readDerUtf8String,
} from './der.ts'
import { CleanbillError } from './error.ts'
import { dropEmpty } from './statement.ts'

/** What the CI system said about the run, from Fulcio's extensions .9–.24. Missing means unknown, and unknown equals nothing. */
export interface CertificateClaims {
  readonly buildSignerUri?: string
  readonly buildSignerDigest?: string
  readonly runnerEnvironment?: string
  readonly sourceRepositoryUri?: string
  readonly sourceRepositoryDigest?: string
  readonly sourceRepositoryRef?: string
  readonly sourceRepositoryIdentifier?: string
  readonly sourceRepositoryOwnerUri?: string
  readonly sourceRepositoryOwnerIdentifier?: string
  readonly buildConfigUri?: string
  readonly buildConfigDigest?: string
  readonly buildTrigger?: string
  readonly runInvocationUri?: string
  readonly sourceRepositoryVisibility?: string
  readonly deploymentEnvironment?: string
  readonly tokenSubject?: string
}

/** The deprecated extensions .2–.6: raw strings, GitHub only, still the only ones in certificates before 2023. */
export interface LegacyClaims {
  readonly trigger?: string
  readonly sha?: string
  readonly workflowName?: string
  readonly repository?: string
  readonly ref?: string
}

export type SubjectName = { readonly type: 'uri' | 'email' | 'otherName'; readonly value: string }

/** Somebody to whom a Fulcio CA gave a certificate. */
export interface KeylessIdentity {
  readonly kind: 'certificate'
  readonly subjectAlternativeName: SubjectName
  /** OIDC issuer, `.8` or the deprecated `.1`. GitHub's release signer has none. */
  readonly issuer?: string
  readonly claims: CertificateClaims
  readonly legacy: LegacyClaims
}

/** Somebody with a certificate of a private CA (OMS method `certificate`): no OIDC issuer, no claims. */
export interface PrivateCaIdentity {
  readonly kind: 'private-ca'
  readonly subject: string
  readonly commonName?: string
  readonly subjectAlternativeName?: SubjectName
  /** SHA-256 of the DER certificate, hex. */
  readonly fingerprint: string
}

/** Whoever holds a key: no name in it. */
export interface KeyIdentity {
  readonly kind: 'key'
  /** What the bundle calls the key. Unsigned: for display. */
  readonly hint?: string
  /** SHA-256 of the DER SubjectPublicKeyInfo, hex. */
  readonly fingerprint: string
  /** The set the key came from. */
  readonly source: 'key' | 'npm-keys'
}

/** Who signed. Whether that is somebody we want is policy. */
export type SignerIdentity = KeylessIdentity | PrivateCaIdentity | KeyIdentity

/** Fulcio extension number → claim. Source: fulcio docs/oid-info.md. .8–.24 hold a DER UTF8String. */
const CLAIMS: readonly (readonly [number, keyof CertificateClaims])[] = [
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
]

/** .1–.6 hold the raw bytes of the string, no DER. */
const LEGACY: readonly (readonly [number, keyof LegacyClaims])[] = [
  [2, 'trigger'],
  [3, 'sha'],
  [4, 'workflowName'],
  [5, 'repository'],
  [6, 'ref'],
]

const OTHER_NAME_OID = `${OID.fulcioArc}07`
const oidOf = (n: number): string => OID.fulcioArc + n.toString(16).padStart(2, '0')

/**
 * Reads who a Fulcio certificate was given to.
 *
 * @throws {CleanbillError} `EXTENSION_MALFORMED`
 */
export function parseKeylessIdentity(certificate: Certificate): KeylessIdentity {
  const name = parseSubjectName(certificate)
  if (name === undefined) throw new CleanbillError('EXTENSION_MALFORMED', 'the certificate names nobody (no SAN)')
  const claims: Record<string, string | undefined> = {}
  for (const [number, claim] of CLAIMS) claims[claim] = readWrapped(certificate, number)
  const legacy: Record<string, string | undefined> = {}
  for (const [number, claim] of LEGACY) legacy[claim] = readRaw(certificate, number)
  const [current, deprecated] = [readWrapped(certificate, 8), readRaw(certificate, 1)]
  if (current !== undefined && deprecated !== undefined && current !== deprecated) {
    throw new CleanbillError('EXTENSION_MALFORMED', 'the certificate names two different issuers')
  }
  return {
    kind: 'certificate',
    subjectAlternativeName: name,
    ...dropEmpty({ issuer: current ?? deprecated }),
    claims: dropEmpty(claims) as CertificateClaims,
    legacy: dropEmpty(legacy) as LegacyClaims,
  }
}

/** Reads who a certificate of a private CA names; a SAN is optional there. */
export function parsePrivateCaIdentity(certificate: Certificate): PrivateCaIdentity {
  const subject = certificate.x509.subject ?? ''
  return {
    kind: 'private-ca',
    subject: subject.split('\n').join(', '),
    ...dropEmpty({
      commonName: nameField(subject, 'CN'),
      subjectAlternativeName: certificate.extensions.has(OID.subjectAltName)
        ? parseSubjectName(certificate)
        : undefined,
    }),
    fingerprint: certificate.sha256,
  }
}

/**
 * The one general name of the SAN extension. Two names would let a verifier that reads the first and one that reads
 * the last see different signers; Node's `ascii` decoding drops the high bit, so `é` would read as `i`.
 */
function parseSubjectName(certificate: Certificate): SubjectName | undefined {
  const context: DerContext = { code: 'EXTENSION_MALFORMED', what: 'the subject alternative name' }
  const extension = certificate.extensions.get(OID.subjectAltName)
  if (extension === undefined) return undefined
  const outer = readDerExact(extension.value, context)
  const names = readDerChildren(outer.content, context)
  const name = names[0]
  if (outer.tag !== DER_SEQUENCE || name === undefined || names.length !== 1) {
    throw new CleanbillError('EXTENSION_MALFORMED', `the certificate has ${names.length} subject names, not one`)
  }
  if (name.tag === 0x86) return { type: 'uri', value: readAscii(name.content) }
  if (name.tag === 0x81) return { type: 'email', value: readAscii(name.content) }
  if (name.tag === 0xa0) return { type: 'otherName', value: readOtherName(name.content, context) }
  throw new CleanbillError('EXTENSION_MALFORMED', 'the subject name is neither URI, e-mail nor Fulcio user name')
}

function readAscii(bytes: Uint8Array): string {
  if (bytes.length === 0 || bytes.some((byte) => byte > 0x7e || byte < 0x21)) {
    throw new CleanbillError('EXTENSION_MALFORMED', 'the subject name holds characters that no URI or e-mail has')
  }
  return Buffer.from(bytes).toString('latin1')
}

function readOtherName(content: Uint8Array, context: DerContext): string {
  const [type, value, ...rest] = readDerChildren(content, context)
  const known = type?.tag === DER_OID && Buffer.from(type.content).toString('hex') === OTHER_NAME_OID
  if (!known || value?.tag !== 0xa0 || rest.length > 0) {
    throw new CleanbillError('EXTENSION_MALFORMED', 'the subject name is an otherName of an unknown type')
  }
  return readDerUtf8String(value.content, context)
}

function readWrapped(certificate: Certificate, number: number): string | undefined {
  const extension = certificate.extensions.get(oidOf(number))
  if (extension === undefined) return undefined
  return readDerUtf8String(extension.value, {
    code: 'EXTENSION_MALFORMED',
    what: `certificate extension 1.3.6.1.4.1.57264.1.${number}`,
  })
}

function readRaw(certificate: Certificate, number: number): string | undefined {
  const extension = certificate.extensions.get(oidOf(number))
  if (extension === undefined) return undefined
  return decodeText(extension.value, {
    code: 'EXTENSION_MALFORMED',
    what: `certificate extension 1.3.6.1.4.1.57264.1.${number}`,
  })
}
