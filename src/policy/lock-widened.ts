import { EVIDENCE_TIERS, type LockEntry, type LockedSigner, type TrustLock } from '../model/trust-lock.ts'
import { matchesSigner } from './locked-signer.ts'
import { nameSigner } from './propose-lock.ts'

/** One way in which a changed trust lock accepts more than before. */
export interface WidenedEntry {
  readonly ecosystem: string
  readonly name: string
  readonly line: string
  readonly message: string
}

/**
 * What the head's lock accepts that the base's does not: the pull request changes who is believed (T-PP-08). Entries of
 * names or lines that are new are none of it: those are first sights, and the gate says so. What they record as unusual
 * is: whoever brings a dependency in would have excused it.
 */
export function lockWidened(base: TrustLock, head: TrustLock): readonly WidenedEntry[] {
  const heads = new Map(head.entries.map((entry) => [keyOf(entry), entry]))
  const bases = new Map(base.entries.map((entry) => [keyOf(entry), entry]))
  const of = ({ ecosystem, name, line }: LockEntry, messages: readonly string[]): WidenedEntry[] =>
    messages.map((message) => ({ ecosystem, name, line, message }))
  return [
    ...base.entries.flatMap((before) => of(before, widened(before, heads.get(keyOf(before))))),
    ...head.entries.flatMap((after) => of(after, excused(bases.get(keyOf(after)), after))),
  ]
}

function excused(before: LockEntry | undefined, { unusual = [] }: LockEntry): string[] {
  return unusual
    .filter(({ version, code }) => !before?.unusual?.some((one) => one.version === version && one.code === code))
    .map(({ version, code }) => `${code} of ${version} is recorded as seen before`)
}

function widened(before: LockEntry, after: LockEntry | undefined): string[] {
  // What is not in the lock is believed on first use.
  if (after === undefined) return ['the entry is gone']
  const weaker = EVIDENCE_TIERS.indexOf(after.best) < EVIDENCE_TIERS.indexOf(before.best)
  return [
    ...(weaker ? [`best evidence ${before.best} becomes ${after.best}`] : []),
    ...(before.ownerId !== undefined && before.ownerId !== after.ownerId ? ['another owner is accepted'] : []),
    ...(before.signers.length > 0 && after.signers.length === 0 ? ['no signer is named any more'] : []),
    ...after.signers
      .filter((signer) => !before.signers.some((known) => isNarrower(signer, known)))
      .map((signer) => `a signer is added or widened: ${nameSigner(signer)}`),
  ]
}

/** Does the known signer accept everything that this one does? */
function isNarrower(signer: LockedSigner, known: LockedSigner): boolean {
  const ends = known.until === undefined || known.until === signer.until
  // Compared as text `*` covers `**`, which spans more: whoever writes `refs/tags/**` lets any folder of tags in.
  const spans = signer.refs.some((ref) => ref.includes('**') && !known.refs.includes(ref))
  return ends && !spans && matchesSigner(known, signer).matches
}

const keyOf = ({ ecosystem, name, line }: LockEntry) => JSON.stringify([ecosystem, name, line])
