import {
  EVIDENCE_TIERS,
  type EvidenceTier,
  type LockEntry,
  type LockedSigner,
  type TrustLock,
  type UnusualRecord,
} from '../model/trust-lock.ts'
import { compareVersions } from '../model/versions.ts'
import { isWeaker, tierOf, wantedAttestations } from './evidence-kinds.ts'
import { isRecordable, lockKey, recordedAs, WEAKER, weakerAs } from './lock-entries.ts'
import { matchesSigner, signerOf, signersFor } from './locked-signer.ts'
import type { Subject } from './rule.ts'

/** One line of what `gate --update-lock` would write, for people to review. */
export interface LockChange {
  readonly kind: 'entry-added' | 'signer-added' | 'best-raised' | 'environment-added'
  readonly ecosystem: string
  readonly name: string
  readonly line: string
  /** What is new: `provenance`, or who the signer is. */
  readonly message: string
}

/**
 * What the lock should say after this run. Adds entries of names and lines that are new, signers that are new, and raises
 * `best`. Never removes, and never lowers: a version that lost its evidence is what the lock is there to show.
 *
 * @param firstSights codes that each subject is unusual for, in the order of the subjects: recorded with an entry that is
 *   new, and never added to one that is there
 */
export function proposeLock(
  lock: TrustLock,
  subjects: readonly Subject[],
  firstSights: readonly (readonly string[])[] = [],
): { readonly lock: TrustLock; readonly changes: readonly LockChange[] } {
  const keyOf = (entry: { ecosystem: string; name: string; line: string }) =>
    JSON.stringify([entry.ecosystem, entry.name, entry.line])
  const entries = new Map(lock.entries.map((entry) => [keyOf(entry), entry]))
  const groups = Map.groupBy(
    subjects.filter(
      ({ dependency, evidence }) => isRecordable(dependency) && (wasAnswered(evidence) || evidence.accepted.length > 0),
    ),
    ({ dependency }) => keyOf(lockKey(dependency)),
  )
  const codes = new Map(subjects.map((subject, index) => [subject, firstSights[index] ?? []]))
  const seen = (group: readonly Subject[], best: EvidenceTier): Pick<LockEntry, 'unusual'> => {
    const records = recordsOf(group, best, (subject) => codes.get(subject) ?? [])
    return records.length === 0 ? {} : { unusual: records }
  }
  const changes: LockChange[] = []
  for (const [key, group] of groups) {
    const before = entries.get(key)
    const after = group.reduce<LockEntry | undefined>(addSubject, before)
    if (after === undefined) continue
    const strengthened = addEnvironments(before === undefined ? { ...after, ...seen(group, after.best) } : after, group)
    entries.set(key, strengthened)
    changes.push(...describeChanges(before, strengthened))
  }
  return { lock: { version: 1, entries: [...entries.values()] }, changes }
}

/** What could not be asked must not be recorded as "has none": the entry would never be found weaker again. */
function wasAnswered({ unavailable, refused }: Subject['evidence']): boolean {
  return unavailable.length === 0 && refused.length === 0
}

function addSubject(entry: LockEntry | undefined, { dependency, evidence, facts }: Subject): LockEntry {
  const best = tierOf(dependency, evidence)
  const signers = wantedAttestations(dependency, evidence).map(({ attestation }) =>
    signerOf(attestation, dependency.version),
  )
  const fresh = { ...lockKey(dependency), best, first: dependency.version ?? '*', signers: [] }
  const ownerId = facts.model.kind === 'known' ? facts.model.value.ownerId : undefined
  const base: LockEntry = entry ?? { ...fresh, ...(ownerId === undefined ? {} : { ownerId }) }
  return {
    ...base,
    first: earlier(base.ecosystem, base.first, dependency.version),
    best: stronger(base.best, best),
    signers: signers.reduce<readonly LockedSigner[]>(
      (known, signer) =>
        signersFor({ ...base, signers: known }, dependency.version).some((one) => matchesSigner(one, signer).matches)
          ? known
          : addSigner(known, signer),
      base.signers,
    ),
  }
}

/**
 * One for each version and code, whatever number of files name the version. A version that is weaker than `best` is there
 * as that: a project that locks an attested version beside one from before would otherwise fail right after `init`.
 */
function recordsOf(
  group: readonly Subject[],
  best: EvidenceTier,
  codesOf: (subject: Subject) => readonly string[],
): UnusualRecord[] {
  const records = new Map<string, UnusualRecord>()
  const add = (version: string | undefined, code: string) =>
    version === undefined || records.set(`${version} ${code}`, { version, code })
  for (const subject of group) {
    const { dependency, evidence, change } = subject
    for (const code of codesOf(subject)) add(recordedAs(dependency), code)
    // What came in place of another version is no first sight: it has to be as good as that one.
    const isUneven = change !== 'changed' && !isWeaker(best, 'signed') && isWeaker(tierOf(dependency, evidence), best)
    if (isUneven) add(weakerAs(dependency), WEAKER)
  }
  return [...records.keys()].sort().flatMap((key) => records.get(key) ?? [])
}

/** A signer that differs in its refs or triggers alone is the same one from another place: its sets grow. */
function addSigner(known: readonly LockedSigner[], signer: LockedSigner): readonly LockedSigner[] {
  const index = known.findIndex((one) =>
    matchesSigner(one, signer).differs.every((field) => field === 'refs' || field === 'triggers'),
  )
  const same = known[index]
  if (same === undefined || same.until !== undefined) return [...known, signer]
  const grown = { ...same, refs: union(same.refs, signer.refs), triggers: union(same.triggers, signer.triggers) }
  return known.with(index, grown)
}

/** An environment that is new strengthens a signer, once every version in use has it. */
function addEnvironments(entry: LockEntry, group: readonly Subject[]): LockEntry {
  const found = group.flatMap(({ dependency, evidence }) =>
    wantedAttestations(dependency, evidence).map(({ attestation }) => signerOf(attestation, dependency.version)),
  )
  const signers = entry.signers.map((locked) => {
    const same = found.filter((signer) => matchesSigner(locked, signer).matches)
    const all = same.every(({ environments }) => environments.length > 0)
    if (locked.environments.length > 0 || !all) return locked
    return {
      ...locked,
      environments: union(
        [],
        same.flatMap(({ environments }) => environments),
      ),
    }
  })
  return { ...entry, signers }
}

function describeChanges(before: LockEntry | undefined, after: LockEntry): LockChange[] {
  const { ecosystem, name, line } = after
  const common = { ecosystem, name, line }
  if (before === undefined) {
    const who = after.signers.map(nameSigner).join(', ')
    const odd = (after.unusual ?? []).map(({ version, code }) => `; unusual: ${version} ${code}`).join('')
    const message = who === '' ? after.best : `${after.best}, signed by ${who}`
    return [{ kind: 'entry-added', ...common, message: `${message}${odd}` }]
  }
  const texts = new Map(before.signers.map((signer) => [JSON.stringify({ ...signer, environments: [] }), signer]))
  const raised = before.best === after.best ? [] : [{ kind: 'best-raised', ...common, message: after.best } as const]
  const signers = after.signers.flatMap((signer): LockChange[] => {
    const same = texts.get(JSON.stringify({ ...signer, environments: [] }))
    if (same === undefined) return [{ kind: 'signer-added', ...common, message: nameSigner(signer) }]
    const grown = signer.environments.length > same.environments.length
    return grown ? [{ kind: 'environment-added', ...common, message: signer.environments.join(', ') }] : []
  })
  return [...raised, ...signers]
}

export const nameSigner = ({ workflow, identity, key, refs }: LockedSigner): string =>
  workflow === undefined ? (identity ?? `key ${key ?? 'unknown'}`) : `${workflow} at ${refs.join(', ')}`

function earlier(ecosystem: string, first: string, version: string | undefined): string {
  if (version === undefined) return first
  return (compareVersions(ecosystem, version, first) ?? 0) < 0 ? version : first
}

const stronger = (a: EvidenceTier, b: EvidenceTier): EvidenceTier =>
  EVIDENCE_TIERS.indexOf(a) >= EVIDENCE_TIERS.indexOf(b) ? a : b

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])].sort()
