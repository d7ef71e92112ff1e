import type { VerifiedAttestation } from '../model/attestation.ts'
import type { ErrorCode } from '../model/error.ts'
import type { RefusedAttestation } from '../model/evidence.ts'
import type { SignerIdentity } from '../model/identity.ts'
import type { Policy, VerifierEntry } from '../model/policy.ts'
import { parseVsa, VSA_V1, type VsaPredicate } from '../model/predicates/vsa.ts'
import { parsePackageUrl, samePackage } from '../model/purl.ts'
import { GITHUB_ISSUER } from './expected-identity.ts'
import { splitRef } from './locked-signer.ts'
import { type EntryObjection, requirementsFor } from './requirements.ts'
import type { Subject } from './rule.ts'

/** What the named verifiers say about one dependency. */
export interface Quorum {
  /** Enough of them vouch for it, and none speaks against it. */
  readonly met: boolean
  readonly objections: readonly EntryObjection[]
}

type Verifiers = NonNullable<Policy['verifiers']>
const DAY = 24 * 60 * 60 * 1000

/**
 * Counts verification summaries (SLSA VSA v1) by verifier. A summary that says FAILED beats one that says PASSED by the
 * same verifier, and one that is too old says nothing: whoever withholds the FAILED one has only until then (T-PP-04).
 */
export function checkQuorum(subject: Subject, policy: Policy, now: Date): Quorum {
  const { verifiers } = policy
  if (verifiers === undefined) return { met: false, objections: [] }
  const wanting = requirementsFor(subject, policy).filter(({ evidence }) => evidence.includes('vsa'))
  const level = Math.max(0, ...wanting.map((entry) => entry.level ?? 0))
  const passed = new Set<VerifierEntry>()
  const failed = new Set<VerifierEntry>(failures(subject.evidence.refused, verifiers))
  const faults: string[] = []
  for (const { attestation } of subject.evidence.accepted) {
    if (attestation.statement.predicateType !== VSA_V1) continue
    const entry = verifiers.anyOf.find((one) => isVerifier(attestation.signer, one))
    const read =
      entry === undefined ? 'its signer is no named verifier' : readSummary(attestation, entry, subject, verifiers, now)
    if (entry === undefined || typeof read === 'string') faults.push(String(read))
    else if (read.verificationResult === 'FAILED') failed.add(entry)
    else if (buildLevelOf(read) < level) faults.push(`it says less than Build L${level}`)
    else passed.add(entry)
  }
  const met = failed.size === 0 && passed.size >= verifiers.quorum
  return {
    met,
    objections: [
      ...[...failed].map((entry) => speaksAgainst(entry, passed.has(entry))),
      ...faults.map((fault) => objection('VSA_REJECTED', `a verification summary does not count: ${fault}`, 'note')),
      ...(wanting.length > 0 && !met && failed.size === 0 ? [tooFew(passed.size, verifiers, faults)] : []),
    ],
  }
}

/** A refusal that is none of ours: anybody can sign a summary that says FAILED and hang it on a package. */
export function isForeignSummary({ code, predicateType, signer }: RefusedAttestation, policy: Policy): boolean {
  if (code !== 'VSA_REJECTED' || (predicateType !== undefined && predicateType !== VSA_V1)) return false
  return signer === undefined || !(policy.verifiers?.anyOf ?? []).some((entry) => isVerifier(signer, entry))
}

function failures(refused: readonly RefusedAttestation[], { anyOf }: Verifiers): VerifierEntry[] {
  return refused.flatMap(({ code, signer }) =>
    code !== 'VSA_REJECTED' || signer === undefined ? [] : anyOf.filter((entry) => isVerifier(signer, entry)),
  )
}

function isVerifier(signer: SignerIdentity, { issuer, repository, workflow, identity, key }: VerifierEntry): boolean {
  if (key !== undefined) return signer.kind === 'key' && signer.fingerprint === key
  if (signer.kind !== 'certificate' || signer.issuer !== (issuer ?? GITHUB_ISSUER)) return false
  if (identity !== undefined && signer.subjectAlternativeName.value !== identity) return false
  if (repository === undefined) return identity !== undefined
  const { path, ref } = splitRef(signer.claims.buildSignerUri ?? '')
  const base = `https://github.com/${repository}/`
  return ref !== undefined && (workflow === undefined ? path.startsWith(base) : path === base + workflow)
}

/** The summary, or why it does not count. Checks of SLSA's "verifying a VSA" that are not cryptography. */
function readSummary(
  { statement, origin }: VerifiedAttestation,
  entry: VerifierEntry,
  { dependency }: Subject,
  { maxAgeDays }: Verifiers,
  now: Date,
): VsaPredicate | string {
  let summary: VsaPredicate
  try {
    summary = parseVsa(statement.predicate)
  } catch (cause) {
    return (cause as Error).message
  }
  if (entry.id !== undefined && summary.verifier.id !== entry.id)
    return 'its verifier.id is not the one that is expected'
  const about = parsePackageUrl(summary.resourceUri)
  const same = summary.resourceUri === dependency.id || samePackage(about, parsePackageUrl(dependency.id))
  if (!same && summary.resourceUri !== dependency.location) return 'its resourceUri is another artifact'
  if (summary.timeVerified === undefined) return 'it does not say when it was made'
  // A log's time cannot be moved by the verifier; the earlier of both is the older claim.
  const times = [summary.timeVerified, ...origin.times].map((time) => Date.parse(time)).filter(Number.isFinite)
  const made = Math.min(...times)
  if (made > now.getTime() + DAY / 24) return 'it was made in the future'
  return now.getTime() - made > maxAgeDays * DAY ? `it is older than ${maxAgeDays} days` : summary
}

function buildLevelOf({ verifiedLevels }: VsaPredicate): number {
  return Math.max(0, ...verifiedLevels.map((level) => Number(/^SLSA_BUILD_LEVEL_(\d)$/.exec(level)?.[1] ?? 0)))
}

function speaksAgainst(entry: VerifierEntry, alsoPassed: boolean): EntryObjection {
  const who = JSON.stringify((entry.repository ?? entry.identity ?? entry.key ?? '').slice(0, 200))
  return alsoPassed
    ? { ...objection('ATTESTATION_CONFLICT', `the verifier ${who} says both PASSED and FAILED`), state: 'invalid' }
    : { ...objection('VSA_REJECTED', `the verifier ${who} checked this and refused it`), state: 'invalid' }
}

function tooFew(passed: number, { quorum }: Verifiers, faults: readonly string[]): EntryObjection {
  const why = faults.length === 0 ? '' : ` (${faults[0]})`
  return { ...objection('QUORUM_MISSING', `${passed} of ${quorum} verifiers vouch for it${why}`), missing: true }
}

function objection(
  code: ErrorCode | 'QUORUM_MISSING' | 'ATTESTATION_CONFLICT',
  message: string,
  weight?: 'note',
): EntryObjection {
  return { rule: 'verifier-quorum', outcome: 'fire', code, message, ...(weight === undefined ? {} : { weight }) }
}
