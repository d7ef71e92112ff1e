import type { ErrorCode } from '../../model/error.ts'
import type { FindingCode } from '../../model/finding-codes.ts'
import type { LockEntry, LockedSigner } from '../../model/trust-lock.ts'
import { isAccepted, lockedSigners, type Signed, speakersByFile } from '../counting-signers.ts'
import { matchesSigner } from '../locked-signer.ts'
import { nameOf, once, show } from '../objections.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/**
 * R2. The signer is one of those that the trust lock accepts for this release line (T-ID-08, T-PP-11). Attackers can make
 * valid provenance in a repository of their own; they cannot make it in this one's name and number.
 *
 * On first sight there is nobody to compare with: the entry is `new`, and the verdict says `TOFU_FIRST_SEEN`.
 */
export const signerContinuity: Rule = {
  id: 'signer-continuity',
  docs: 'docs/rules.md#signer-continuity',
  check: (subject) => {
    const { lock } = subject
    if (lock === undefined) return unlikeOtherLines(subject)
    const owner = changedOwner(subject, lock)
    if (lock.signers.length === 0) return owner
    const locked = lockedSigners(subject)
    return once([...owner, ...speakersByFile(subject).flatMap((all) => checkFile(subject, lock, locked, all))])
  },
}

/** One accepted signer suffices for a file; the others are named, so that nobody joins silently. */
function checkFile(
  subject: Subject,
  lock: LockEntry,
  locked: readonly LockedSigner[],
  all: readonly Signed[],
): readonly Objection[] {
  const strangers = all.filter((signed) => !isAccepted(signed, locked))
  if (strangers.length < all.length) {
    return strangers.map((stranger) => ({
      outcome: 'fire',
      code: 'SIGNER_CHANGED',
      message: `${nameOf(subject)} is signed by ${describe(stranger.signer)} too, who is not in the trust lock`,
      weight: 'note',
    }))
  }
  return strangers.map((stranger) => changed(subject, lock, locked, stranger.signer))
}

function changed(subject: Subject, lock: LockEntry, locked: readonly LockedSigner[], actual: LockedSigner): Objection {
  const nearest = [...locked]
    .map((signer) => ({ signer, fields: matchesSigner(signer, actual).differs }))
    .sort((a, b) => a.fields.length - b.fields.length)[0]
  const line = `release line ${show(lock.line)}`
  if (nearest === undefined) {
    return {
      outcome: 'fire',
      code: 'SIGNER_CHANGED',
      message: `${nameOf(subject)} is signed by ${describe(actual)}, and every signer of ${line} has an end in the trust lock`,
      hint: HINT,
      state: 'changed',
    }
  }
  const { signer, fields } = nearest
  const seen = fields
    .slice(0, MOST_FIELDS)
    .map((field) => `${field} ${showField(actual, field)}, not ${showField(signer, field)}`)
  return {
    outcome: 'fire',
    code: codeOf(signer, actual, fields),
    message: `${nameOf(subject)} is signed by another than ${line} was: ${seen.join('; ')}${fields.length > MOST_FIELDS ? ` and ${fields.length - MOST_FIELDS} fields more` : ''}`,
    hint: HINT,
    state: 'changed',
  }
}

/** A key and a certificate differ in everything; what matters stands first. */
const MOST_FIELDS = 4

const HINT = 'Ask the project whether it moved; only a reviewed change of cleanbill.lock adds a signer.'

/** Which code fits: exactly one field differs, or the same name stands for another repository. */
function codeOf(locked: LockedSigner, actual: LockedSigner, fields: readonly string[]): FindingCode | ErrorCode {
  if (isSameNameOtherId(locked, actual, fields)) return 'REPOSITORY_ID_MISMATCH'
  const codes = new Set(fields.map((field) => CODES[field] ?? 'SIGNER_CHANGED'))
  const [code, ...others] = codes
  return code === undefined || others.length > 0 ? 'SIGNER_CHANGED' : code
}

/**
 * A repository or owner that was deleted and made again by somebody else. Names are compared without case here, as
 * GitHub does: this picks the words for a refusal, it accepts nobody.
 */
function isSameNameOtherId(locked: LockedSigner, actual: LockedSigner, fields: readonly string[]): boolean {
  const byName = ['repository', 'workflow', 'buildConfig'] as const
  return (
    fields.some((field) => field === 'repository-id' || field === 'owner-id') &&
    fields.every((field) => ['repository', 'repository-id', 'owner-id', 'workflow', 'build-config'].includes(field)) &&
    byName.every((field) => locked[field]?.toLowerCase() === actual[field]?.toLowerCase())
  )
}

const CODES: Readonly<Partial<Record<string, FindingCode | ErrorCode>>> = {
  workflow: 'SIGNER_WORKFLOW',
  'build-config': 'SIGNER_WORKFLOW',
  runner: 'RUNNER_DENIED',
  triggers: 'TRIGGER_DENIED',
  refs: 'REF_DENIED',
}

/** The lock's own names of its fields, as its reader knows them. */
const FIELDS: Readonly<Partial<Record<string, keyof LockedSigner>>> = {
  'repository-id': 'repositoryId',
  'owner-id': 'ownerId',
  'build-config': 'buildConfig',
  issuer: 'issuer',
  repository: 'repository',
  workflow: 'workflow',
  runner: 'runner',
  refs: 'refs',
  triggers: 'triggers',
  environments: 'environments',
  identity: 'identity',
  key: 'key',
}

function showField(signer: LockedSigner, field: string): string {
  const value = signer[FIELDS[field] ?? 'identity']
  return typeof value === 'string' || value === undefined
    ? show(value)
    : value.map((one) => show(one)).join(' or ') || 'nothing'
}

function describe({ key, identity, workflow, repository, issuer }: LockedSigner): string {
  if (key !== undefined) return `the key ${show(key)}`
  return `${show(identity ?? workflow ?? repository)} of ${issuer === undefined ? 'no issuer' : show(issuer)}`
}

/** A new release line that nobody of the old ones signed: worth a look, no reason to fail. */
function unlikeOtherLines(subject: Subject): readonly Objection[] {
  const known = subject.otherLines.flatMap(({ signers }) => signers)
  if (known.length === 0) return []
  const strangers = speakersByFile(subject).flatMap((all) =>
    all.some((signed) => isAccepted(signed, known)) ? [] : all,
  )
  return once(
    strangers.map(({ signer }) => ({
      outcome: 'fire',
      code: 'SIGNER_CHANGED',
      message: `${nameOf(subject)} is signed by ${describe(signer)}, who signed none of its other release lines`,
      hint: 'Look whether the project moved before the entry enters cleanbill.lock.',
      weight: 'unusual',
    })),
  )
}

/** On a hub the owner stands for the signer: a name that was given up can be taken by somebody else (T-MF-13). */
function changedOwner(subject: Subject, lock: LockEntry): readonly Objection[] {
  const { facts } = subject
  const fact = facts.model.kind === 'known' ? facts.model : facts.action
  if (lock.ownerId === undefined || fact.kind === 'unknown') return []
  const { ownerId } = fact.value
  if (ownerId === undefined || ownerId === lock.ownerId) return []
  return [
    {
      outcome: 'fire',
      code: 'OWNER_CHANGED',
      message: `the owner of ${nameOf(subject)} has the id ${show(ownerId)}, not ${show(lock.ownerId)}: another owner of the same name`,
      hint: 'Do not load it; the name was given up or taken over.',
      state: 'changed',
    },
  ]
}
