import { RFC3161Timestamp, X509Certificate as SigstoreCertificate } from '@sigstore/core'
import type { FetchedAttestation } from '../model/attestation.ts'
import type { Certificate } from '../model/certificate.ts'
import { CleanbillError } from '../model/error.ts'
import type { LibraryMaterial, Trust, VerificationRoot } from './trust-material.ts'

/** What was being verified when it was refused. */
export interface Refused {
  readonly attestation: FetchedAttestation
  /** Undefined for a bundle that is signed with a key. */
  readonly leaf?: Certificate | undefined
  /** The roots that it was held to. */
  readonly roots: readonly VerificationRoot[]
  readonly now: Date
}

/**
 * Authorities, logs and keys are replaced about twice a year, and a root from before does not know those that came after
 * it: good evidence is then refused as if somebody had forged it (GitHub's timestamp authority, end of June 2026). So
 * where exactly an unknown one is what the refusal rests on, and the evidence is from after the day until which the root
 * was current, nothing can be said of it: `TRUST_ROOT_STALE` in place of the refusal (T-CR-13).
 *
 * It is no way past a check. A root that is current never gives it, whoever made the evidence; and what was changed after
 * it was signed has been found before any root is asked.
 *
 * @returns the error to throw
 */
export function orStale(error: unknown, refused: Refused): unknown {
  if (!(error instanceof CleanbillError)) return error
  const { attestation, roots, now } = refused
  const missing = roots.map((root) => unknownTo(root, error, refused))
  // One that knows everybody has judged it.
  const [what] = missing
  if (what === undefined || missing.includes(undefined)) return error
  const signed = signedAt(refused)
  const old = roots.find((root) => isBefore(currentUntil(root), signed, now))
  return old === undefined ? error : stale(attestation.where, old.name, currentUntil(old), what, error)
}

/** The same for a key that is named by its hint alone, such as npm's. */
export function orStaleKeys(error: CleanbillError, attestation: FetchedAttestation, { keys, now }: Trust): unknown {
  const signed = signedAt({ attestation })
  const old = keys.find((key) => isBefore(key.currentUntil, signed, now))
  return old === undefined ? error : stale(attestation.where, 'the list of keys', old.currentUntil, 'a key', error)
}

/** The kind of authority that this root would have to know, and does not; undefined where the refusal has another reason. */
function unknownTo(root: VerificationRoot, { code }: CleanbillError, { attestation, leaf }: Refused) {
  const { logEntries, timestamps } = attestation
  const { timestampAuthorities, ctlogs } = root.material(noKey)
  if (code === 'TRUST_DOMAIN') return 'a certificate authority'
  if (code === 'TIMESTAMP_INVALID')
    return timestamps.some((der) => !knowsAuthority(timestampAuthorities, der)) ? 'a timestamp authority' : undefined
  if (code === 'LOG_PROOF_INVALID') {
    const unknown = logEntries.some(({ logId }) => !root.logs.some(({ id }) => Buffer.compare(id, logId) === 0))
    return unknown ? 'a transparency log' : undefined
  }
  if (code !== 'CERTIFICATE_INVALID' || leaf === undefined) return undefined
  const promises = SigstoreCertificate.parse(Buffer.from(leaf.der)).extSCT?.signedCertificateTimestamps ?? []
  return promises.some((promise) => !ctlogs.some(({ logID }) => logID.equals(promise.logID))) ? 'a CT log' : undefined
}

/** By the name that the timestamp gives, and whatever its time: an authority that has ended is known, and refused. */
function knowsAuthority(authorities: LibraryMaterial['timestampAuthorities'], der: Uint8Array): boolean {
  try {
    const { signerIssuer, signerSerialNumber } = RFC3161Timestamp.parse(Buffer.from(der))
    return authorities.some(
      ({ certChain: [signer] }) =>
        signer?.issuer.equals(signerIssuer) === true && signer.serialNumber.equals(signerSerialNumber),
    )
  } catch {
    // What cannot be read is nobody's, and no newer root would change that.
    return true
  }
}

const noKey = () => {
  throw new CleanbillError('KEY_INVALID', 'no key is looked up here')
}

/**
 * A certificate of such a CA begins when it is used. Where its CA is known nobody can move that; for the rest it is a
 * claim, which can turn one refusal into another and nothing into a pass.
 */
function signedAt({ attestation, leaf }: Pick<Refused, 'attestation' | 'leaf'>): Date {
  if (leaf !== undefined) return leaf.x509.validFromDate
  return new Date(Math.max(0, ...attestation.logEntries.map(({ integratedTime }) => integratedTime * 1000)))
}

/** Whatever is said of its age: it was current when the last one that it names began. */
function currentUntil({ currentUntil: said, material }: VerificationRoot): Date | undefined {
  if (said === undefined) return undefined
  const { certificateAuthorities, timestampAuthorities, tlogs, ctlogs } = material(noKey)
  const all = [...certificateAuthorities, ...timestampAuthorities, ...tlogs, ...ctlogs]
  return new Date(Math.max(said.getTime(), ...all.map(({ validFor }) => validFor.start.getTime())))
}

const isBefore = (until: Date | undefined, signed: Date, now: Date): boolean =>
  until !== undefined && until < signed && until < now

function stale(where: string, root: string, until: Date | undefined, what: string, cause: CleanbillError) {
  return new CleanbillError(
    'TRUST_ROOT_STALE',
    `${where} cannot be verified: ${root} was current until ${until?.toISOString() ?? 'an unknown day'}, and what was signed after that names ${what} that it does not know`,
    {
      cause,
      hint: 'That alone is no sign of tampering. Run once with the network to refresh the cached root, or give a newer one with --trusted-root FILE.',
    },
  )
}
