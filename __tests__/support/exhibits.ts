import type { Dependency, Discovery } from '../../src/model/dependency.ts'
import { type AcceptedAttestation, NO_EVIDENCE, type RegistryWord } from '../../src/model/evidence.ts'
import { type DependencyFacts, NOT_ASKED, type SourceFacts } from '../../src/model/facts.ts'
import type { KeylessIdentity } from '../../src/model/identity.ts'
import { PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import type { EvidenceTier, LockEntry } from '../../src/model/trust-lock.ts'
import { releaseLine } from '../../src/model/versions.ts'
import type { Subject } from '../../src/policy/rule.ts'
import {
  archiveOf,
  attested,
  dependencyOf,
  evidenceOf,
  factsOf,
  GOOD_SOURCE,
  known,
  lockedFrom,
  noticed,
  recordOf,
  sourceOf,
  subjectOf,
  treeOf,
  usesOf,
} from './subjects.ts'

/** One incident as what a consumer's gate would see of it: the pattern of the evidence, never the payload. */
export interface Exhibit {
  readonly now: Date
  readonly subjects: readonly Subject[]
  readonly discovery: Discovery
}

export const exhibit = (now: string, ...subjects: readonly Subject[]): Exhibit => ({
  now: new Date(now),
  subjects,
  discovery: noticed(),
})

const COMMIT = 'c'.repeat(40)

interface Signing {
  readonly at: string
  readonly ref?: string
  readonly trigger?: string
  readonly workflow?: string
  readonly file?: string
  readonly predicateType?: string
}

/** Provenance by a workflow of this repository. */
export function by(
  repository: string,
  { at, ref = 'refs/heads/main', trigger = 'push', ...more }: Signing,
): AcceptedAttestation {
  const { workflow = 'release.yml', ...rest } = more
  const uri = `https://github.com/${repository}/.github/workflows/${workflow}@${ref}`
  const claims: Partial<KeylessIdentity['claims']> = {
    buildSignerUri: uri,
    buildConfigUri: uri,
    sourceRepositoryUri: `https://github.com/${repository}`,
    sourceRepositoryRef: ref,
    sourceRepositoryDigest: COMMIT,
    sourceRepositoryIdentifier: `1${repository.length}`,
    sourceRepositoryOwnerIdentifier: `2${repository.length}`,
    buildTrigger: trigger,
  }
  return attested(claims, { at, ...rest })
}

export const byPypi = (repository: string, signing: Signing): AcceptedAttestation =>
  by(repository, { ...signing, predicateType: PYPI_PUBLISH })

/** The source of `by(repository)` in good order: main, reviewed, a run that succeeded. */
export const sourceFacts = (repository: string, more: Partial<SourceFacts> = {}): SourceFacts => ({
  ...GOOD_SOURCE,
  repository: known({ id: `1${repository.length}`, ownerId: `2${repository.length}`, defaultBranch: 'main' }),
  ...more,
})

interface Release {
  readonly published: string
  readonly before: string
  readonly accepted?: readonly AcceptedAttestation[]
  /** Signer and strength of the release line so far; absent: the line is not in the lock. */
  readonly baseline?: AcceptedAttestation | EvidenceTier
  readonly facts?: DependencyFacts
  readonly dependencies?: Readonly<Record<string, string>>
  readonly subject?: Partial<Subject>
}

/** A version that a pull request brings in place of an earlier one. */
export function release(id: string, { published, before, accepted = [], baseline, ...more }: Release): Subject {
  const dependency = dependencyOf(id)
  const registry: RegistryWord = {
    kind: 'vouched',
    basis: 'signature',
    record: recordOf({ publishedAt: published, dependencies: more.dependencies }),
  }
  const lock = baseline === undefined ? undefined : baselineOf(dependency, baseline)
  return subjectOf({
    dependency,
    change: 'changed',
    previous: { ...dependency, version: before },
    evidence: evidenceOf({ accepted, registry }),
    facts: more.facts ?? factsOf(),
    ...(lock === undefined ? {} : { lock }),
    ...more.subject,
  })
}

export function baselineOf(
  { ecosystem, name, version }: Dependency,
  was: AcceptedAttestation | EvidenceTier,
): LockEntry {
  const line = releaseLine(ecosystem, version)
  const common = { ecosystem, name, line, first: '0.0.0' }
  if (typeof was === 'string') return { ...common, best: was, signers: [] }
  const publish = was.attestation.statement.predicateType === PYPI_PUBLISH
  return { ...common, best: publish ? 'signed' : 'provenance', signers: [lockedFrom(was)] }
}

/** A dependency that was not there before. */
export function newcomer(id: string, published: string, more: Partial<Subject> = {}): Subject {
  const registry: RegistryWord = { kind: 'vouched', basis: 'signature', record: recordOf({ publishedAt: published }) }
  return subjectOf({ dependency: dependencyOf(id), change: 'added', evidence: evidenceOf({ registry }), ...more })
}

/** A git dependency that was not there before, at a commit on no branch. */
export function orphanDependency(id: string, location: string): Subject {
  const dependency = dependencyOf(id, { source: 'git', location, digests: { gitCommit: COMMIT } })
  const action = known({ tags: [], reachableFrom: null, repositoryId: '1', ownerId: '2' })
  return subjectOf({ dependency, change: 'added', evidence: NO_EVIDENCE, facts: factsOf({ action }) })
}

export function uses(ref: string, more: Partial<DependencyFacts> = {}, change: Subject['change'] = 'changed'): Subject {
  return subjectOf({ dependency: usesOf(ref), change, evidence: NO_EVIDENCE, facts: factsOf(more) })
}

interface Contents {
  /** Beyond the sources that both have: what the new archive alone holds. */
  readonly added?: readonly string[]
  /** Files of the sources that have another size in the new archive. */
  readonly altered?: readonly string[]
  /** What of `added` is in git too. */
  readonly committed?: readonly string[]
  readonly scripts?: Readonly<Record<string, string>>
  /** Neither commit nor tag of the new version. */
  readonly missing?: boolean
  readonly source?: Partial<SourceFacts>
}

/** Archive and tree of the version and of the one before it; the version before built the same `dist/`. */
export function contents({
  added = [],
  altered = [],
  committed = [],
  scripts,
  missing = false,
  source,
}: Contents): DependencyFacts {
  const sources = ['package.json', 'index.js', 'lib/main.py']
  const built = [...sources, 'dist/index.js']
  const files = [...built, ...added].map((path) => [path, altered.includes(path) ? 999 : 100] as const)
  return {
    ...sourceOf({
      ...source,
      tree: known(missing ? treeOf([], { missing: true }) : treeOf([...sources, ...committed])),
    }),
    archive: known(archiveOf(files, { scripts: scripts ?? {} })),
    previousArchive: known(archiveOf(built, { scripts: {} })),
    previousTree: known(treeOf(sources)),
    advisories: NOT_ASKED,
  }
}
