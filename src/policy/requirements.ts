import type { AcceptedAttestation } from '../model/evidence.ts'
import type { Policy, RequireEntry } from '../model/policy.ts'
import type { RuleId } from '../model/rules.ts'
import { isOfKind, wantedKinds } from './evidence-kinds.ts'
import { matches } from './match.ts'
import type { Objection, Subject } from './rule.ts'
import { checkSigner, checkSource, levelOfBuild, type Mismatch } from './signer-match.ts'

/** An objection of the policy's own entries. */
export interface EntryObjection extends Objection {
  readonly rule: RuleId
  /** Something is missing that nobody could be asked for: what could not be asked is said once, by the state. */
  readonly missing?: boolean
  /** Decided already, where it does not follow from rule and code alone. */
  readonly level?: 'fail' | 'warn' | 'note'
}

/** The `require` entries that apply to this dependency: every one of them has to hold. */
export function requirementsFor({ dependency }: Pick<Subject, 'dependency'>, policy: Policy): readonly RequireEntry[] {
  return policy.require.filter(({ match }) => matches(match, dependency))
}

/** Holds one dependency to the entries that match it. */
export function checkRequirements(subject: Subject, policy: Policy): readonly EntryObjection[] {
  return requirementsFor(subject, policy).flatMap((entry) => checkEntry(subject, entry, policy))
}

function checkEntry(subject: Subject, entry: RequireEntry, policy: Policy): EntryObjection[] {
  const { accepted, refused } = subject.evidence
  const groups = kindsOf(subject, entry)
    // Summaries are counted by the quorum, where the policy names one.
    .filter((kinds) => policy.verifiers === undefined || !kinds.includes('vsa'))
    .map((kinds) => ({
      kinds,
      found: accepted.filter(({ attestation }) => kinds.some((kind) => isOfKind(attestation, kind))),
    }))
  const [conflict] = entry.mode === 'all-of' && accepted.length > 0 ? refused : []
  return [
    ...groups.flatMap(({ kinds, found }) =>
      found.length === 0 ? [missing(subject, entry, policy, kinds)] : checkGroup(subject, entry, policy, found),
    ),
    ...(conflict === undefined ? [] : [conflicting(entry, policy, conflict.message)]),
  ]
}

/** Sets of kinds, each of which has to be there; within a set one is enough. */
function kindsOf({ dependency }: Subject, { evidence, level }: RequireEntry): readonly (readonly string[])[] {
  if (evidence.length > 0) return evidence.map((kind) => [kind])
  // Only provenance has a level.
  return level === undefined ? [wantedKinds(dependency)] : [['provenance']]
}

/**
 * Every file needs its own: a wheel that the wanted workflow built does not speak for one that somebody else built
 * (T-SU-12). Several attestations of one file: one suffices, or all have to do (T-PP-04).
 */
function checkGroup(
  subject: Subject,
  entry: RequireEntry,
  policy: Policy,
  found: readonly AcceptedAttestation[],
): EntryObjection[] {
  const files = Map.groupBy(found, ({ file }) => file)
  for (const candidates of files.values()) {
    const faults = candidates.flatMap((candidate) => checkOne(candidate, entry, policy) ?? [])
    const suffices = entry.mode === 'any-of' && faults.length < candidates.length
    const [worst] = faults.toSorted((a, b) => b.depth - a.depth)
    if (worst !== undefined && !suffices) return [refused(subject, entry, policy, worst.mismatch)]
  }
  return []
}

/** The further the checks came, the likelier this one was meant. */
interface Fault {
  readonly mismatch: Mismatch
  readonly depth: number
}

function checkOne(
  { attestation }: AcceptedAttestation,
  { source, signers, level, trust }: RequireEntry,
  policy: Policy,
): Fault | undefined {
  const checks: (() => Mismatch | undefined)[] = [
    () => (source === undefined ? undefined : checkSource(attestation, source)),
    () => {
      const faults = signers?.map((signer) => checkSigner(attestation, signer))
      return faults?.includes(undefined) ? undefined : faults?.[0]
    },
    () => {
      const actual = levelOfBuild(attestation, policy.builders)
      // Only provenance has a level.
      if (level === undefined || actual >= level || !isOfKind(attestation, 'provenance')) return undefined
      const hint = 'Add the signer to `builders`, if you know how it builds.'
      return { code: 'BUILDER_UNTRUSTED', message: `the signer is worth Build L${actual}, not L${level}`, hint }
    },
    () =>
      trust === undefined || attestation.origin.domain === trust
        ? undefined
        : { code: 'TRUST_DOMAIN', message: `the trust domain is ${attestation.origin.domain}, not ${trust}` },
  ]
  for (const [depth, check] of checks.entries()) {
    const mismatch = check()
    if (mismatch !== undefined) return { mismatch, depth }
  }
  return undefined
}

const placeOf = (entry: RequireEntry, policy: Policy) => `${entry.file ?? policy.file}:${entry.line}`

function refused(subject: Subject, entry: RequireEntry, policy: Policy, fault: Mismatch): EntryObjection {
  const known = (subject.lock?.signers.length ?? 0) > 0
  return {
    rule: 'required-signer',
    outcome: 'fire',
    code: fault.code,
    message: `${fault.message} (required by ${placeOf(entry, policy)})`,
    hint: fault.hint,
    state: known ? 'changed' : 'invalid',
  }
}

function missing(subject: Subject, entry: RequireEntry, policy: Policy, kinds: readonly string[]): EntryObjection {
  const other = subject.evidence.accepted[0]?.attestation.statement.predicateType
  const found = other === undefined ? '' : `; ${JSON.stringify(other.slice(0, 200))} is something else`
  return {
    rule: 'missing-provenance',
    outcome: 'fire',
    code: other === undefined ? 'ATTESTATION_ABSENT' : 'PREDICATE_TYPE',
    message: `there is no ${kinds.join(' or ')}, which ${placeOf(entry, policy)} asks for${found}`,
    hint: 'Use a version that has it, ask its maintainers for it, or waive the rule for this version until a date.',
    missing: true,
  }
}

function conflicting(entry: RequireEntry, policy: Policy, message: string): EntryObjection {
  return {
    rule: 'required-signer',
    outcome: 'fire',
    code: 'ATTESTATION_CONFLICT',
    message: `${placeOf(entry, policy)} wants all attestations to hold, and one was refused: ${message}`,
    state: 'invalid',
  }
}
