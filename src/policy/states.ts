import type { AcceptedAttestation, RefusedAttestation, SourceError, SourceFault } from '../model/evidence.ts'
import type { Policy } from '../model/policy.ts'
import { EVIDENCE_TIERS, type LockEntry } from '../model/trust-lock.ts'
import type { EvidenceState } from '../model/verdict.ts'
import { wantedAttestations } from './evidence-kinds.ts'
import { nameIdentity } from './evidence-summary.ts'
import { wasRegistered } from './levels.ts'
import { isRecorded, WEAKER } from './lock-entries.ts'
import { isForeignSummary, type Quorum } from './quorum.ts'
import { type EntryObjection, requirementsFor } from './requirements.ts'
import type { Objection, Subject } from './rule.ts'

/** What a dependency's state is, why in one sentence, and what is objected to it. */
export interface StateDecision {
  readonly state: EvidenceState
  readonly reason: string
  /** Absent where the state is none to object to, or where the objection that made it is there already. */
  readonly objection?: EntryObjection | undefined
}

/** What a source's fault means for the entry; none of it is ever `absent` (promise 1). */
const FAULT_STATES: Readonly<Record<SourceFault, 'unreachable' | 'unreadable' | 'unsupported'>> = {
  unreachable: 'unreachable',
  'rate-limited': 'unreachable',
  stripped: 'unreachable',
  malformed: 'unreachable',
  truncated: 'unreachable',
  offline: 'unreachable',
  unreadable: 'unreadable',
  disabled: 'unsupported',
  unsupported: 'unsupported',
}

/**
 * Decides the one state of a dependency (DESIGN §3, threats.md §0), the worst answer first.
 *
 * @param failing objections that fail under the enforcing form of the profile and carry a state
 */
export function decideState(
  subject: Subject,
  policy: Policy,
  quorum: Quorum,
  failing: readonly Pick<Objection, 'state' | 'message'>[],
): StateDecision {
  const { dependency, evidence } = subject
  const wanted = wantedAttestations(dependency, evidence)
  const counts = wanted.length > 0 || quorum.met
  const refusal = evidence.refused.find((one) => one.code !== 'PREDICATE_TYPE' && !isForeignSummary(one, policy))
  if (!counts && refusal !== undefined) return refused(refusal)
  for (const state of ['invalid', 'changed', 'lost'] as const) {
    const cause = failing.find((one) => one.state === state)
    if (cause !== undefined) return { state, reason: cause.message }
  }
  const found = attestedFiles(subject)
  if (counts && !quorum.met && found < evidence.files.checked) return partial(subject, policy, found)
  if (counts) return { state: 'verified', reason: signedBy(wanted[0]) }
  return withoutAttestation(subject, policy)
}

const signedBy = (found: AcceptedAttestation | undefined) =>
  found === undefined ? 'enough verifiers vouch for it' : `signed by ${nameIdentity(found.attestation.signer)}`

/** Files that are attested by one of the kinds that count, by the flow's count or by ours. */
function attestedFiles({ dependency, evidence }: Subject): number {
  const files = new Set(wantedAttestations(dependency, evidence).map(({ file }) => file))
  return Math.max(files.size, evidence.files.attested)
}

function refused({ code, message, hint, where }: RefusedAttestation): StateDecision {
  const reason = `${where.slice(0, 200)}: ${message}`
  return {
    state: 'invalid',
    reason,
    objection: { rule: 'valid-evidence', outcome: 'fire', code, message: reason, hint },
  }
}

/** Every file that the lock can install has to be vouched for: the installer takes the one that is not (T-SU-12). */
function partial(subject: Subject, policy: Policy, found: number): StateDecision {
  const reason = `${found} of ${subject.evidence.files.checked} files are attested`
  const before = lostFrom(subject)
  if (before !== undefined) return lost(subject, before, reason)
  return absent(subject, policy, 'ATTESTATION_ABSENT', reason)
}

function withoutAttestation(subject: Subject, policy: Policy): StateDecision {
  const { evidence } = subject
  const { unavailable, silent, registry } = evidence
  const hard = unavailable.find(({ fault }) => FAULT_STATES[fault] === 'unreachable')
  const shut = unavailable.find(({ fault }) => FAULT_STATES[fault] === 'unreadable')
  if (hard !== undefined) return notAsked(hard, isExpected(subject, policy), policy)
  if (shut !== undefined) return notAsked(shut, requirementsFor(subject, policy).length > 0, policy)
  // Whoever is left does not speak about such entries.
  const [soft] = unavailable
  // Nobody who answers could have said anything: that is not the same as "has none any more".
  if (soft !== undefined && silent.length === 0 && isExpected(subject, policy))
    return unsupported(subject, policy, soft)
  const before = lostFrom(subject)
  if (before !== undefined) return lost(subject, before, 'no attestation is found')
  const other = evidence.accepted[0]?.attestation.statement.predicateType ?? wrongType(evidence.refused)
  switch (registry.kind) {
    case 'vouched':
      return registered(subject, policy, `the registry vouches for these bytes (${registry.basis})`, other)
    case 'unavailable': {
      const { error } = registry
      if (FAULT_STATES[error.fault] === 'unsupported') return unsupported(subject, policy, error)
      return notAsked(error, wasRegistered(subject) || isRequired(subject, policy), policy)
    }
    case 'mismatch':
      return absent(subject, policy, registry.code, registry.message)
    case 'not-vouched':
      return absent(subject, policy, other === undefined ? 'ATTESTATION_ABSENT' : 'PREDICATE_TYPE', registry.message)
    default:
      if (silent.length === 0 && other === undefined) return unsupported(subject, policy, soft)
      return other === undefined
        ? absent(subject, policy, 'ATTESTATION_ABSENT', registry.message ?? 'no attestation is found')
        : absent(subject, policy, 'PREDICATE_TYPE', notWhatCounts(other))
  }
}

const notWhatCounts = (other: string) => `${JSON.stringify(other.slice(0, 200))} is not what counts here`

const wrongType = (refused: readonly RefusedAttestation[]) =>
  refused.find(({ code }) => code === 'PREDICATE_TYPE')?.predicateType

/** Was there signed evidence for this release line before? */
function hadSigned({ lock }: Subject): boolean {
  return lock !== undefined && (lock.signers.length > 0 || isSigned(lock.best))
}

/** What the lock knew of signed evidence. Of a version that had no more when its line was first seen, nothing is lost. */
function lostFrom(subject: Subject): LockEntry | undefined {
  const { lock, dependency } = subject
  return hadSigned(subject) && !isRecorded(lock, dependency, WEAKER) ? lock : undefined
}

const isSigned = (tier: (typeof EVIDENCE_TIERS)[number]) =>
  EVIDENCE_TIERS.indexOf(tier) >= EVIDENCE_TIERS.indexOf('signed')

const isRequired = (subject: Subject, policy: Policy) => requirementsFor(subject, policy).length > 0

/** Evidence was expected: it was there before, the registry says there is some, or the policy asks for it. */
export function isExpected(subject: Subject, policy: Policy): boolean {
  const { registry } = subject.evidence
  const record = 'record' in registry ? registry.record : undefined
  return hadSigned(subject) || record?.claimsAttestations === true || isRequired(subject, policy)
}

function notAsked({ source, fault, message, hint }: SourceError, fails: boolean, { profile }: Policy): StateDecision {
  const unreadable = FAULT_STATES[fault] === 'unreadable'
  const code = fault === 'truncated' ? 'SOURCE_TRUNCATED' : unreadable ? 'EVIDENCE_UNREADABLE' : 'SOURCE_UNREACHABLE'
  const reason = `${source} gave no answer (${fault}): ${message}`
  const level = fails || profile === 'strict' ? 'fail' : 'warn'
  return {
    state: unreadable ? 'unreadable' : 'unreachable',
    reason,
    objection: { rule: 'valid-evidence', outcome: 'unknown', code, message: reason, hint, level },
  }
}

function lost({ dependency }: Subject, { best, first }: LockEntry, reason: string): StateDecision {
  const message = `${reason}, and earlier versions of this line had ${best} (since ${first})`
  return {
    state: 'lost',
    reason: message,
    objection: {
      rule: 'no-downgrade',
      outcome: 'fire',
      code: 'ATTESTATION_LOST',
      message,
      hint: `Stay on the version before, and ask the maintainers of ${dependency.name.slice(0, 200)} why this one has none.`,
    },
  }
}

function absent(
  subject: Subject,
  policy: Policy,
  code: 'ATTESTATION_ABSENT' | 'PREDICATE_TYPE' | 'REGISTRY_DIGEST_MISMATCH' | 'REGISTRY_SIGNATURE_INVALID',
  reason: string,
): StateDecision {
  const level = isRequired(subject, policy) || policy.profile === 'strict' ? 'fail' : 'note'
  return {
    state: 'absent',
    reason,
    objection: { rule: 'missing-provenance', outcome: 'fire', code, message: reason, ...asSet(policy, level) },
  }
}

/** The registry's word is nobody's build: an objection only where the policy asks for provenance of everything. */
function registered(subject: Subject, policy: Policy, reason: string, other: string | undefined): StateDecision {
  const set = policy.rules['missing-provenance']?.level
  const objection: EntryObjection = {
    rule: 'missing-provenance',
    outcome: 'fire',
    code: other === undefined ? 'ATTESTATION_ABSENT' : 'PREDICATE_TYPE',
    message: other === undefined ? `${reason}, and nobody attests the build` : notWhatCounts(other),
    level: set === 'fail' || set === 'warn' ? set : 'note',
  }
  const silent = objection.level === 'note' && other === undefined
  return { state: 'registered', reason, ...(silent || isRequired(subject, policy) ? {} : { objection }) }
}

function unsupported(subject: Subject, policy: Policy, error: SourceError | undefined): StateDecision {
  const { kind, source } = subject.dependency
  const listed = policy.acceptUnsupported.some((one) => one === kind || one === source)
  const reason =
    error === undefined ? `nothing speaks about entries from "${source}"` : `${error.source}: ${error.message}`
  const fails = isRequired(subject, policy) || (policy.profile === 'strict' && !listed)
  const objection = { rule: 'missing-provenance', outcome: 'fire', code: 'UNSUPPORTED', message: reason } as const
  const hint = `List ${source} or ${kind} in \`accept-unsupported\`, if that is meant.`
  return { state: 'unsupported', reason, objection: { ...objection, hint, ...asSet(policy, fails ? 'fail' : 'note') } }
}

/** `missing-provenance: fail` asks for provenance of everything; `warn` takes the failing out of a profile. */
function asSet(policy: Policy, level: 'fail' | 'note'): { readonly level: 'fail' | 'warn' | 'note' } {
  const set = policy.rules['missing-provenance']?.level
  return { level: set === 'fail' || set === 'warn' ? set : level }
}
