import { type DigestSet, digestsMatch, FILE_DIGEST_ALGORITHMS } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'
import { parsePackageUrl, samePackage } from '../model/purl.ts'
import type { Statement, Subject } from '../model/statement.ts'

/** What the caller holds in hand. */
export interface HeldArtifact {
  /** For messages. */
  readonly name: string
  /** Undefined where only a digest is known. */
  readonly kind?: 'file' | 'directory' | undefined
  /** Any one of these is the artifact: a directory has a root by each of two orders. */
  readonly digests: readonly DigestSet[]
  /** Package URL the subject must have, where the caller said one. */
  readonly purl?: string | undefined
}

/**
 * Finds the subject that is this artifact: one subject must have the digest **and** the name.
 *
 * @throws {CleanbillError} `SUBJECT_MISMATCH`, `SUBJECT_NAME_MISMATCH`, `DIGEST_WEAK`
 */
export function verifySubject(statement: Statement, artifact: HeldArtifact): Subject {
  return findSubjects(statement, artifact)[0]
}

/** As {@link verifySubject}, and every subject that is it: two directories with other names can have one root. */
export function findSubjects(statement: Statement, artifact: HeldArtifact): [Subject, ...Subject[]] {
  const strong = statement.subject.filter(({ digest }) => FILE_DIGEST_ALGORITHMS.some((name) => name in digest))
  const [first] = strong
  if (first === undefined) {
    const names = [...new Set(statement.subject.flatMap(({ digest }) => Object.keys(digest)))].slice(0, 5).join(', ')
    throw new CleanbillError('DIGEST_WEAK', `the statement names its subjects by ${names} only`, {
      hint: 'A file is identified by sha256, sha384 or sha512.',
    })
  }
  const same = strong
    .filter(({ digest }) => artifact.digests.some((held) => digestsMatch(digest, held)))
    .filter((subject) => isOfKind(subject, artifact))
  const [found] = same
  if (found === undefined) throw subjectMismatch(artifact, first, strong.length - 1)
  const [named, ...others] = same.filter((subject) => artifact.purl === undefined || hasPurl(subject, artifact.purl))
  if (named === undefined) {
    throw new CleanbillError(
      'SUBJECT_NAME_MISMATCH',
      `the statement is about ${JSON.stringify(found.name ?? found.uri ?? 'nothing with a name')}, not about ${artifact.purl}`,
      { hint: 'The bytes are the ones that were attested, under another name or version.' },
    )
  }
  return [named, ...others]
}

/** The root of a directory is the hash of some bytes, and a file can be made of just these: what it is was signed too. */
function isOfKind({ annotations }: Subject, { kind }: HeldArtifact): boolean {
  const said = annotations?.kind
  return kind === undefined || (said !== 'file' && said !== 'directory') || said === kind
}

export function hasPurl(subject: Subject, purl: string): boolean {
  const wanted = parsePackageUrl(purl)
  return [subject.name, subject.uri].some((text) => samePackage(parsePackageUrl(text ?? ''), wanted))
}

function subjectMismatch(artifact: HeldArtifact, other: Subject, others: number): CleanbillError {
  const held = Object.entries(artifact.digests[0] ?? {})[0]?.join(':') ?? 'no digest'
  const named = Object.entries(other.digest)[0]?.join(':') ?? ''
  const more = others > 0 ? ` and ${others} more` : ''
  return new CleanbillError(
    'SUBJECT_MISMATCH',
    `${artifact.name} is ${held}; the statement is about ${JSON.stringify(other.name ?? other.uri ?? '')} ${named}${more}`,
    { hint: 'The file was changed after it was signed, or this is the bundle of another file.' },
  )
}
