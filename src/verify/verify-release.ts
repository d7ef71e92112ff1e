import type { VerifiedAttestation } from '../model/attestation.ts'
import { CleanbillError } from '../model/error.ts'
import type { Target } from '../model/evidence.ts'
import { isJsonObject } from '../model/json.ts'
import { parseRelease } from '../model/predicates/release.ts'
import { type PackageUrl, parsePackageUrl } from '../model/purl.ts'
import type { Subject } from '../model/statement.ts'

/** The one name under which GitHub signs immutable releases; its certificate carries no issuer. */
export const GITHUB_RELEASE_SIGNER = 'https://dotcom.releases.github.com'

/**
 * Checks that GitHub itself says: this commit, or this tag object, is an immutable release of this repository. It says
 * nothing about how the release's files were made. Source: sources.md §6, gh's release verification.
 *
 * The digest of an annotated tag is that of the tag object: the source that looked the tag up gives it as `gitTag`
 * beside the commit (T-SU-15).
 *
 * @throws {CleanbillError} `IDENTITY_MISMATCH`, `TRUST_DOMAIN`, `SUBJECT_MISMATCH`, `SUBJECT_NAME_MISMATCH`,
 *   `CLAIM_CONFLICT`, `PREDICATE_MALFORMED`
 */
export function verifyRelease(target: Target, { statement, signer, origin }: VerifiedAttestation): void {
  const { dependency, digests } = target
  const name = signer.kind === 'certificate' ? signer.subjectAlternativeName : undefined
  if (name?.type !== 'uri' || name.value !== GITHUB_RELEASE_SIGNER) {
    throw new CleanbillError('IDENTITY_MISMATCH', `${origin.where} speaks of a release, and GitHub did not sign it`, {
      hint: `Releases are signed by ${GITHUB_RELEASE_SIGNER} and by nobody else.`,
    })
  }
  if (origin.domain !== 'github') {
    throw new CleanbillError('TRUST_DOMAIN', `${origin.where}: GitHub signs releases with its own instance`)
  }
  const objects = [digests.gitCommit, digests.gitTag].filter((hex) => hex !== undefined)
  const [subject, ...more] = statement.subject.filter(({ digest }) => namesOneOf(digest, objects))
  if (subject === undefined || more.length > 0) {
    throw new CleanbillError(
      'SUBJECT_MISMATCH',
      `${origin.where} is about ${subject === undefined ? 'another commit' : 'this commit more than once'}`,
      { hint: 'The pinned commit is not the one that was released.' },
    )
  }
  checkNames(subject, dependency.name, statement.predicate, origin.where)
}

/** GitHub writes a commit or a tag object as sha1; `gitCommit` is what the specification would have it write. */
function namesOneOf(digest: Subject['digest'], objects: readonly string[]): boolean {
  const named = [digest.sha1, digest.gitCommit, digest.gitTag].filter((hex) => hex !== undefined)
  return named.length > 0 && named.every((hex) => objects.includes(hex))
}

function checkNames(subject: Subject, repository: string, predicate: unknown, where: string): void {
  const purl = parsePackageUrl(subject.uri ?? subject.name ?? '')
  if (purl?.type !== 'github' || purl.version === '' || fullName(purl) !== repository.toLowerCase()) {
    throw new CleanbillError(
      'SUBJECT_NAME_MISMATCH',
      `${where} is about ${JSON.stringify((subject.uri ?? '').slice(0, 200))}, not about a release of ${repository}`,
    )
  }
  const said = parseRelease(predicate)
  const { tag, repository: named } = isJsonObject(predicate) ? predicate : {}
  const released = parsePackageUrl(said.purl)
  const agrees =
    released !== undefined &&
    fullName(released) === fullName(purl) &&
    released.version === purl.version &&
    (tag === undefined || tag === purl.version) &&
    (named === undefined || (typeof named === 'string' && named.toLowerCase() === fullName(purl)))
  if (agrees) return
  throw new CleanbillError(
    'CLAIM_CONFLICT',
    `${where}: the release and its subject name different tags or repositories`,
  )
}

/** GitHub compares names of owners and repositories without case. */
const fullName = ({ namespace, name }: PackageUrl): string => `${namespace}/${name}`.toLowerCase()

/** Tag of a release statement that {@link verifyRelease} accepted. */
export function releaseTag({ statement }: VerifiedAttestation): string {
  return parsePackageUrl(parseRelease(statement.predicate).purl)?.version ?? ''
}
