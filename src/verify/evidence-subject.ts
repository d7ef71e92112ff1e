import type { VerifiedAttestation } from '../model/attestation.ts'
import type { Dependency } from '../model/dependency.ts'
import { digestsMatch, FILE_DIGEST_ALGORITHMS } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'
import type { Target } from '../model/evidence.ts'
import { normalizePythonVersion } from '../model/pep440.ts'
import { PROVENANCE_V1 } from '../model/predicates/provenance.ts'
import { NPM_PUBLISH, PYPI_PUBLISH } from '../model/predicates/registry.ts'
import { RELEASE_V01, RELEASE_V02 } from '../model/predicates/release.ts'
import { normalizePythonName, parsePackageUrl, samePackage } from '../model/purl.ts'
import { parsePythonFile, samePythonFile } from '../model/python-file-name.ts'
import type { Subject } from '../model/statement.ts'
import { sameImage } from './image-name.ts'
import { verifyNpmPublish } from './verify-npm.ts'
import { verifyRelease } from './verify-release.ts'
import { findSubjects, hasPurl } from './verify-subject.ts'

/**
 * How an attestation of one origin names what it is about. A digest alone is not enough: a genuine attestation of other
 * bytes, or of these bytes under another name or version, is what a replay looks like (T-SU-01, T-SU-02, T-SU-05).
 */
interface SubjectRule {
  readonly covers: (target: Target, source: string, attestation: VerifiedAttestation) => boolean
  /** @throws {CleanbillError} a refusal */
  readonly check: (target: Target, attestation: VerifiedAttestation) => void
}

const RULES: readonly SubjectRule[] = [
  {
    // A pinned action is a commit, and GitHub's release signer speaks of tags at commits.
    covers: ({ dependency }, _source, { statement }) =>
      isGitObject(dependency) && (statement.predicateType === RELEASE_V01 || statement.predicateType === RELEASE_V02),
    check: verifyRelease,
  },
  { covers: ({ dependency }) => isGitObject(dependency), check: checkCommit },
  {
    covers: ({ dependency }, source, { origin }) =>
      dependency.ecosystem === 'npm' && (source === 'npm' || origin.form === 'npm'),
    check: checkNpm,
  },
  {
    covers: ({ dependency }, source, { origin }) =>
      dependency.ecosystem === 'pypi' && (source === 'pypi' || origin.form === 'pep740'),
    check: checkPython,
  },
  { covers: ({ dependency }) => dependency.kind === 'image', check: checkImage },
  { covers: () => true, check: checkFile },
]

/**
 * Is this attestation about exactly this target: the name **and** the digest of one subject?
 *
 * @param source row of the table of sources that found it
 * @throws {CleanbillError} `SUBJECT_MISMATCH`, `SUBJECT_NAME_MISMATCH`, `SUBJECT_LIMIT`, `DIGEST_WEAK`, `PREDICATE_TYPE`,
 *   `PUBLISH_ATTESTATION_MISSING`, `KEY_INVALID`, `TRUST_DOMAIN`, `IDENTITY_MISMATCH`, `PREDICATE_MALFORMED`
 */
export function verifyTarget(target: Target, source: string, attestation: VerifiedAttestation): void {
  RULES.find(({ covers }) => covers(target, source, attestation))?.check(target, attestation)
}

/** Actions, reusable workflows and git packages: what is locked is a commit. */
function isGitObject({ kind, source }: Dependency): boolean {
  return kind === 'action' || kind === 'reusable-workflow' || source === 'git'
}

/** sha1 names commits in GitHub's release statements only; everywhere else a commit has its own algorithm. */
function checkCommit({ dependency, digests }: Target, { statement }: VerifiedAttestation): void {
  const same = statement.subject.some(({ digest }) => digestsMatch(digest, digests, ['gitCommit']))
  if (!same) throw otherBytes(dependency.name, digests.gitCommit ?? 'no commit')
}

function checkNpm(target: Target, attestation: VerifiedAttestation): void {
  const { dependency, digests } = target
  const { statement, signer, origin } = attestation
  const subject = onlySubject(attestation, 'a package')
  if (origin.domain === 'github') throw wrongDomain('npm')
  if (statement.predicateType === NPM_PUBLISH) {
    verifyNpmPublish(attestation, { name: dependency.name, digests: [digests], purl: dependency.id })
    checkRegistryName(dependency, attestation)
    return
  }
  // The registry's key says what the registry did. Of a build it knows what it was told.
  if (signer.kind === 'key' && signer.source === 'npm-keys') {
    throw new CleanbillError(
      'KEY_INVALID',
      `${origin.where} is signed with a key that is for publish attestations only`,
    )
  }
  findSubjects(statement, { name: dependency.name, digests: [digests] })
  if (!hasPurl({ digest: subject.digest, name: subject.name ?? '' }, dependency.id))
    throw otherName(subject, dependency.id)
}

/** npm's own registry signs its own name into the publish attestation; a mirror hands that on. */
function checkRegistryName({ registry }: Dependency, { statement, origin }: VerifiedAttestation): void {
  // Sound: verifyNpmPublish has just read two fields of this object.
  const said = (statement.predicate as { readonly registry?: unknown }).registry
  const known = ['https://registry.npmjs.org', registry].map((url) => url?.replace(/\/$/, ''))
  if (typeof said === 'string' && known.includes(said.replace(/\/$/, ''))) return
  throw new CleanbillError(
    'PUBLISH_ATTESTATION_MISSING',
    `${origin.where}: the publish attestation is of the registry ${JSON.stringify(String(said).slice(0, 120))}`,
    { hint: 'A package of that name in another registry is another package.' },
  )
}

const PYTHON_TYPES: readonly string[] = [PYPI_PUBLISH, PROVENANCE_V1]

function checkPython({ dependency, file, digests }: Target, attestation: VerifiedAttestation): void {
  const { statement, origin } = attestation
  if (!PYTHON_TYPES.includes(statement.predicateType)) {
    throw new CleanbillError(
      'PREDICATE_TYPE',
      `${origin.where} is a ${JSON.stringify(statement.predicateType.slice(0, 120))}; PyPI takes provenance and publish attestations`,
    )
  }
  if (origin.domain === 'github') throw wrongDomain('PyPI')
  const subject = onlySubject(attestation, 'a file')
  // PyPI identifies files by sha256 and by nothing else.
  if (!digestsMatch(subject.digest, digests, ['sha256']))
    throw otherBytes(file?.name ?? dependency.name, digests.sha256)
  const name = subject.name ?? ''
  if (file?.name !== undefined && !samePythonFile(name, file.name)) throw otherName(subject, file.name)
  checkPythonRelease(subject, dependency)
}

/** A lock may list bare hashes, or a file name that is not the package's: the signed name must be of this very release. */
function checkPythonRelease(subject: Subject, { name, version }: Dependency): void {
  const parsed = parsePythonFile(subject.name ?? '')
  const sameVersion = version === undefined || parsed?.version === normalizePythonVersion(version)
  if (parsed === undefined || parsed.project !== normalizePythonName(name) || !sameVersion) {
    throw otherName(subject, `a file of ${name} ${version ?? ''}`.trim())
  }
}

function checkImage(target: Target, { statement }: VerifiedAttestation): void {
  const { dependency, digests } = target
  const subjects = findSubjects(statement, { name: dependency.name, digests: [digests] })
  // An unnamed subject is the digest alone, which is what a reference by digest is too.
  const fits = subjects.some(({ name }) => name === undefined || name === '' || sameImage(name, dependency))
  if (!fits) throw otherName(subjects[0], dependency.name)
}

/** Everything else: the bytes, and a name where the statement gives one that can be of another release. */
function checkFile(target: Target, { statement }: VerifiedAttestation): void {
  const { dependency, file, digests } = target
  const subjects = findSubjects(statement, { name: file?.name ?? dependency.name, digests: [digests] })
  if (!subjects.some((subject) => fitsName(subject, target))) throw otherName(subjects[0], dependency.id)
}

function fitsName({ name, uri }: Subject, { dependency, file }: Target): boolean {
  const purls = [name, uri].flatMap((text) => (text?.startsWith('pkg:') === true ? [parsePackageUrl(text)] : []))
  if (purls.length > 0) return purls.every((purl) => samePackage(purl, parsePackageUrl(dependency.id)))
  // A file by URL is what its digest says; people call it as they like.
  if (dependency.kind !== 'package' || name === undefined) return true
  const base = name.slice(name.lastIndexOf('/') + 1)
  const known = file?.name ?? archiveName(dependency)
  if (known === undefined) return true
  return dependency.ecosystem === 'pypi' ? samePythonFile(base, known) : base === known
}

/** What the registry of an ecosystem calls the one archive of a version; undefined where it has no such rule. */
function archiveName({ ecosystem, name, version }: Dependency): string | undefined {
  if (version === undefined) return undefined
  if (ecosystem === 'npm') return `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`
  return ecosystem === 'cargo' ? `${name}-${version}.crate` : undefined
}

function onlySubject({ statement, origin }: VerifiedAttestation, what: string): Subject {
  const [subject, ...more] = statement.subject
  // A second subject is a second package under one signature: which of them was meant is not said.
  if (subject === undefined || more.length > 0) {
    throw new CleanbillError(
      'SUBJECT_LIMIT',
      `${origin.where} names ${statement.subject.length} subjects; the attestation of ${what} names one`,
    )
  }
  if (!FILE_DIGEST_ALGORITHMS.some((algorithm) => subject.digest[algorithm] !== undefined)) {
    throw new CleanbillError('DIGEST_WEAK', `${origin.where} names its subject by no strong digest`)
  }
  return subject
}

function wrongDomain(registry: string): CleanbillError {
  return new CleanbillError(
    'TRUST_DOMAIN',
    `GitHub's own instance signed it, and ${registry} takes public signatures only`,
  )
}

function otherBytes(name: string, held: string | undefined): CleanbillError {
  return new CleanbillError(
    'SUBJECT_MISMATCH',
    `the statement is about other bytes than ${name} ${held ?? ''}`.trim(),
    {
      hint: 'What the lock names is not what was attested.',
    },
  )
}

function otherName(subject: Subject, wanted: string): CleanbillError {
  const said = (subject.name ?? subject.uri ?? '').slice(0, 200)
  return new CleanbillError(
    'SUBJECT_NAME_MISMATCH',
    `the statement is about ${JSON.stringify(said)}, not about ${JSON.stringify(wanted.slice(0, 200))}`,
    { hint: 'The bytes are the ones that were attested, under another name or version.' },
  )
}
