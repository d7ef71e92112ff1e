import { createHash } from 'node:crypto'
import { bundleFromJSON } from '@sigstore/bundle'
import { RFC3161Timestamp } from '@sigstore/core'
import { toSignedEntity, Verifier } from '@sigstore/verify'
import type {
  FetchedAttestation,
  Origin,
  TrustDomain,
  VerifiedAttestation,
  VerifiedMessage,
} from '../model/attestation.ts'
import { type Certificate, hasCodeSigningUsage, parseCertificate } from '../model/certificate.ts'
import { CleanbillError } from '../model/error.ts'
import { parseKeylessIdentity, parsePrivateCaIdentity, type SignerIdentity } from '../model/identity.ts'
import { keyFingerprint } from '../model/key-fingerprint.ts'
import { parseStatement, preAuthEncoding, STATEMENT_PAYLOAD_TYPE } from '../model/statement.ts'
import type { KeyFinder } from './library-material.ts'
import { rememberEncoding } from './library-material.ts'
import { mapFault } from './map-fault.ts'
import { verifyPrivateChain } from './private-ca.ts'
import { type ProvenSignature, rememberIssuers, rememberSignature } from './proven-before.ts'
import { checkSignature, firstThatSigned, signatureInvalid } from './signature.ts'
import { orStale, orStaleKeys } from './stale-root.ts'
import { THRESHOLDS, type Trust, type TrustedKey, type VerificationRoot } from './trust-material.ts'

/** Kinds of log entries that bind a signature (formats.md §3.1). `dsse` 0.0.2 is withdrawn: servers refuse new ones. */
const LOG_ENTRY_KINDS = ['dsse/0.0.1', 'intoto/0.0.2', 'hashedrekord/0.0.1', 'hashedrekord/0.0.2']

/** Who signed, as proven, before the statement is looked at. */
interface Proof {
  readonly signer: SignerIdentity
  readonly domain: TrustDomain
  readonly times: readonly Date[]
}

/**
 * Verifies one attestation: signature, certificate or key, log inclusion, time. The sole maker of
 * {@link VerifiedAttestation}. It says who signed what; subject and identity are judged by others.
 *
 * @param artifact the bytes of the file, needed (and used) only for a signature directly over a file
 * @throws {CleanbillError} the codes of threats.md §1; nothing else is ever thrown for hostile input
 */
export function verifyAttestation(
  attestation: FetchedAttestation,
  trust: Trust,
  artifact?: Uint8Array,
): VerifiedAttestation | VerifiedMessage {
  try {
    const signed = signedBytes(attestation, artifact)
    const proof = prove(attestation, trust, signed)
    const origin = toOrigin(attestation, proof)
    const { content } = attestation
    if (content.kind === 'message') {
      const digest = { algorithm: content.algorithm, hex: Buffer.from(content.digest).toString('hex') }
      // Sound: the brand has no value of its own, and everything it stands for was checked above.
      return { statement: undefined, digest, signer: proof.signer, origin } as VerifiedMessage
    }
    if (content.payloadType !== STATEMENT_PAYLOAD_TYPE) {
      throw new CleanbillError(
        'PAYLOAD_TYPE',
        `${attestation.where} holds ${JSON.stringify(content.payloadType.slice(0, 100))}, not an in-toto statement`,
      )
    }
    // The bytes that were verified are the bytes that are parsed.
    const statement = parseStatement(content.payload)
    return { statement, signer: proof.signer, origin } as VerifiedAttestation
  } catch (error) {
    throw mapFault(error, attestation.where)
  }
}

function signedBytes({ content, where }: FetchedAttestation, artifact: Uint8Array | undefined): Uint8Array {
  if (content.kind === 'dsse') return preAuthEncoding(content.payloadType, content.payload)
  if (artifact === undefined) {
    throw new CleanbillError('ARGUMENT_INVALID', `${where} is a signature over the file itself: the file is needed`, {
      hint: 'Pass the file, not its digest.',
    })
  }
  // Compared before the signature, so that another file is called that and not a forgery.
  if (!createHash(content.algorithm).update(artifact).digest().equals(content.digest)) {
    throw new CleanbillError('SUBJECT_MISMATCH', `${where} is a signature over another file`, {
      hint: 'The file was changed after it was signed, or this is the bundle of another file.',
    })
  }
  return artifact
}

function prove(attestation: FetchedAttestation, trust: Trust, signed: Uint8Array): Proof {
  if (attestation.key.kind === 'certificate') return proveCertificate(attestation, trust, signed, attestation.key.chain)
  return proveKey(attestation, trust, signed)
}

function proveCertificate(
  attestation: FetchedAttestation,
  trust: Trust,
  signed: Uint8Array,
  chain: readonly Uint8Array[],
): Proof {
  const { where } = attestation
  const [der] = chain
  if (der === undefined) throw new CleanbillError('BUNDLE_MALFORMED', `${where} holds no certificate`)
  refuseForeignKeyid(attestation)
  const leaf = parseCertificate(der)
  // First of all, so that a changed payload is called that: the library looks at the log entry before it.
  const proven = checkSignature(attestation, leaf.x509.publicKey, signed)
  if (attestation.bundle === undefined || (attestation.logEntries.length === 0 && trust.rootCertificates.length > 0)) {
    verifyPrivateChain(chain, trust.rootCertificates, trust.now, where)
    return { signer: parsePrivateCaIdentity(leaf), domain: 'private-ca', times: [] }
  }
  if (hasCodeSigningUsage(leaf) !== true) {
    throw new CleanbillError('CERTIFICATE_INVALID', `${where}: the certificate is not for code signing`)
  }
  const signer = parseKeylessIdentity(leaf)
  const issuing = issuingRoots(leaf, trust.roots)
  try {
    if (issuing.length === 0) throw issuedElsewhere(leaf, where)
    return firstThatHolds(issuing, ({ root, issuers }) => ({
      signer,
      domain: root.domain,
      times: verifyWithRoot(attestation, root, { signed, proven, issued: { leaf, issuers }, findKey: refuseKeys }),
    }))
  } catch (error) {
    const roots = issuing.length === 0 ? trust.roots : issuing.map(({ root }) => root)
    throw orStale(error, { attestation, leaf, roots, now: trust.now })
  }
}

/**
 * npm's registry signs with keys and provenance with certificates. An envelope with both was put together by somebody
 * else: pacote would look the key up, and every other reader would not.
 */
function refuseForeignKeyid({ form, content, where }: FetchedAttestation): void {
  if (form !== 'npm' || content.kind !== 'dsse' || content.keyid === '') return
  throw new CleanbillError('KEY_INVALID', `${where} names a key and carries a certificate`)
}

interface IssuingRoot {
  readonly root: VerificationRoot
  /** Its certificates whose key signed the certificate at hand. */
  readonly issuers: VerificationRoot['authorities']
}

/** The roots that have the CA which issued this very certificate. */
function issuingRoots(leaf: Certificate, roots: readonly VerificationRoot[]): readonly IssuingRoot[] {
  const issuing = roots
    .map((root) => ({ root, issuers: root.authorities.filter((authority) => isIssuer(authority, leaf)) }))
    .filter(({ issuers }) => issuers.length > 0)
  // A root with logs always wins: beside one without, the bundle must not choose which thresholds it is held to.
  const logged = issuing.filter(({ root }) => root.domain === 'sigstore')
  return logged.length > 0 ? logged : issuing
}

/**
 * A certificate that no root issued comes from another instance: `TRUST_DOMAIN` says so, where a library says that a
 * timestamp could not be verified.
 */
function issuedElsewhere(leaf: Certificate, where: string): CleanbillError {
  const issuer = leaf.x509.issuer.split('\n').join(', ')
  return new CleanbillError(
    'TRUST_DOMAIN',
    `${where}: no allowed trusted root has the CA of this certificate (${issuer})`,
    {
      hint: 'Pass the trusted root of the instance that signed with --trusted-root, if you trust it; an old one may not know this CA yet.',
    },
  )
}

function isIssuer(authority: VerificationRoot['authorities'][number], leaf: Certificate): boolean {
  try {
    return leaf.x509.issuer === authority.subject && leaf.x509.verify(authority.publicKey)
  } catch {
    return false
  }
}

function proveKey(attestation: FetchedAttestation, trust: Trust, signed: Uint8Array): Proof {
  const { content, key, where } = attestation
  const hint = key.kind === 'key' ? key.hint : content.kind === 'dsse' ? content.keyid : ''
  // Sigstore bundle: the hint is the envelope's keyid. OMS leaves the keyid empty.
  if (key.kind === 'key' && content.kind === 'dsse' && content.keyid !== '' && content.keyid !== key.hint) {
    throw new CleanbillError('KEY_INVALID', `${where}: the envelope names another key than the bundle`)
  }
  const candidates = trust.keys.filter((candidate) => candidate.hint === '' || candidate.hint === hint)
  if (candidates.length === 0) {
    const refusal = new CleanbillError(
      'KEY_INVALID',
      `${where} is signed with the key ${JSON.stringify(hint.slice(0, 100))}, which is not trusted`,
      {
        hint: "Pass the key with --key, or the registry's keys with --npm-keys.",
      },
    )
    throw orStaleKeys(refusal, attestation, trust)
  }
  const held = firstThatSigned(candidates, attestation, signed)
  if (held === undefined) throw mapFault(signatureInvalid(where), where)
  const { found, proven } = held
  const signer: SignerIdentity = {
    kind: 'key',
    ...(hint === '' ? {} : { hint }),
    fingerprint: keyFingerprint(found.key),
    source: found.source,
  }
  const logged = attestation.logEntries.length > 0 || attestation.timestamps.length > 0
  if (!logged && found.start === undefined && found.end === undefined) return { signer, domain: 'key', times: [] }
  if (!logged) {
    throw new CleanbillError(
      'TIME_UNTRUSTED',
      `${where}: the key counts for a time only, and no log says when it signed`,
    )
  }
  if (trust.roots.length === 0) {
    throw new CleanbillError('TRUST_ROOT_UNAVAILABLE', `${where} is in a log, and there is no trusted root to check it`)
  }
  const roots = trust.roots.filter((root) => root.domain === 'sigstore')
  try {
    const times = firstThatHolds(roots, (root) =>
      verifyWithRoot(attestation, root, { signed, proven, findKey: () => toLibraryKey(found) }),
    )
    return { signer, domain: 'key', times }
  } catch (error) {
    throw orStale(error, { attestation, roots, now: trust.now })
  }
}

/** Real windows: the library's own key selector says that every key is valid for ever. */
function toLibraryKey({ key, start, end }: TrustedKey): ReturnType<KeyFinder> {
  return {
    publicKey: key,
    validFor: (date) => (start === undefined || start <= date) && (end === undefined || date <= end),
  }
}

const refuseKeys: KeyFinder = () => {
  throw new CleanbillError('KEY_INVALID', 'the bundle names a key and a certificate')
}

function firstThatHolds<R, T>(roots: readonly R[], check: (root: R) => T): T {
  let first: unknown
  for (const root of roots) {
    try {
      return check(root)
    } catch (error) {
      first ??= error
    }
  }
  throw first ?? new CleanbillError('TRUST_DOMAIN', 'no allowed trusted root has a transparency log')
}

/** What the library is given beside the bundle, and what we know of it already. */
interface Given {
  readonly signed: Uint8Array
  readonly proven: ProvenSignature | undefined
  readonly findKey: KeyFinder
  /** Undefined for a bundle that is signed with a key. */
  readonly issued?: { readonly leaf: Certificate; readonly issuers: VerificationRoot['authorities'] }
}

/** Runs the library with one root and returns the times it verified. */
function verifyWithRoot(
  attestation: FetchedAttestation,
  root: VerificationRoot,
  { signed, proven, findKey, issued }: Given,
): readonly Date[] {
  const { where, content } = attestation
  const times = claimedTimes(attestation)
  try {
    const bundle = bundleFromJSON(attestation.bundle)
    const entity = toSignedEntity(bundle, content.kind === 'message' ? Buffer.from(signed) : undefined)
    if (entity.key.$case === 'certificate') {
      rememberEncoding(entity.key.certificate)
      if (issued !== undefined) rememberIssuers(entity.key.certificate, issued.leaf.der, issued.issuers)
    }
    if (proven !== undefined) rememberSignature(entity.signature, proven)
    // Never a policy here: the library matches names as unanchored regular expressions.
    new Verifier(root.material(findKey), THRESHOLDS[root.domain]).verify(entity)
  } catch (error) {
    throw refine(mapFault(error, where), issued?.leaf, times)
  }
  for (const entry of attestation.logEntries) {
    if (!LOG_ENTRY_KINDS.includes(`${entry.kind}/${entry.version}`)) {
      throw new CleanbillError(
        'LOG_ENTRY_UNSUPPORTED',
        `${where} has a log entry of kind ${JSON.stringify(`${entry.kind}/${entry.version}`.slice(0, 60))}`,
      )
    }
    checkLogWindow(entry, root, times, where)
  }
  return times
}

/**
 * The times that count once the library has accepted them: of a log entry only together with a promise (the signed
 * entry timestamp covers it; an inclusion proof does not, GHSA-xgjw-pm74-86q4), and of every RFC 3161 timestamp.
 */
function claimedTimes({ logEntries, timestamps, where }: FetchedAttestation): readonly Date[] {
  const promised = logEntries
    .filter(({ hasPromise }) => hasPromise)
    .map((entry) => new Date(entry.integratedTime * 1000))
  try {
    return [...promised, ...timestamps.map((der) => RFC3161Timestamp.parse(Buffer.from(der)).signingTime)]
  } catch (cause) {
    throw new CleanbillError('TIMESTAMP_INVALID', `${where} has a timestamp that cannot be read`, { cause })
  }
}

/** For an entry without a promise the library does not look at when the log's key was in use. */
function checkLogWindow(
  entry: FetchedAttestation['logEntries'][number],
  root: VerificationRoot,
  times: readonly Date[],
  where: string,
): void {
  const log = root.logs.find(({ id }) => Buffer.compare(id, entry.logId) === 0)
  const inside = (time: Date) => log !== undefined && log.start <= time && (log.end === undefined || time <= log.end)
  if (!times.every(inside)) {
    throw new CleanbillError('LOG_PROOF_INVALID', `${where} is in a log whose key did not count at the time of signing`)
  }
}

function refine(error: CleanbillError, leaf: Certificate | undefined, times: readonly Date[]): CleanbillError {
  if (error.code !== 'CERTIFICATE_INVALID' || leaf === undefined) return error
  const outside = times.find((time) => time < leaf.x509.validFromDate || leaf.x509.validToDate < time)
  if (outside === undefined) return error
  return new CleanbillError(
    'CERTIFICATE_EXPIRED',
    `the certificate was valid from ${leaf.x509.validFromDate.toISOString()} to ${leaf.x509.validToDate.toISOString()}, and it signed at ${outside.toISOString()}`,
    { cause: error },
  )
}

function toOrigin(attestation: FetchedAttestation, proof: Proof): Origin {
  return {
    form: attestation.form,
    where: attestation.where,
    domain: proof.domain,
    times: proof.times.map((time) => time.toISOString()),
    logIndex: attestation.logEntries[0]?.logIndex,
    claimedPredicateType: attestation.claimedPredicateType,
  }
}
