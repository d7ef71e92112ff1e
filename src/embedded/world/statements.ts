import type { DigestSet } from '../../model/digest.ts'
import { PROVENANCE_V1 } from '../../model/predicates/provenance.ts'
import { NPM_PUBLISH, PYPI_PUBLISH } from '../../model/predicates/registry.ts'
import { RELEASE_V02 } from '../../model/predicates/release.ts'
import { STATEMENT_TYPE, STATEMENT_TYPE_V01, type Subject } from '../../model/statement.ts'
import { deriveHex, deriveId } from './derive.ts'
import type { WorldPackage, WorldRelease } from './description.ts'
import type { CompleteAttestation, CompleteRepository } from './repositories.ts'
import type { ServedFile } from './state.ts'

const SERVER = 'https://github.com'
const NPM_BUILD_TYPE = 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1'
const GITHUB_BUILD_TYPE = 'https://actions.github.io/buildtypes/workflow/v1'

/** npm's registry writes the scope's `@` percent-encoded. */
export function npmPurl(name: string, version: string): string {
  return `pkg:npm/${name.startsWith('@') ? `%40${name.slice(1)}` : name}@${version}`
}

/** The subject as the ecosystem's own tool names it; about something else where the description says so. */
export function subjectOf(pack: WorldPackage, file: ServedFile, broken: CompleteAttestation['broken']): Subject {
  const other = broken === 'name'
  const digest = broken === 'digest' ? otherBytes(file.digests) : pickDigest(pack.ecosystem, file.digests)
  if (pack.ecosystem === 'npm') return { name: npmPurl(other ? `${pack.name}-other` : pack.name, pack.version), digest }
  return { name: other ? `other-${file.name}` : file.name, digest }
}

function pickDigest(ecosystem: string, digests: DigestSet): DigestSet {
  const wanted = ecosystem === 'npm' ? ['sha512', 'sha256'] : ['sha256', 'sha512', 'dirHash']
  const algorithm = wanted.find((name) => digests[name] !== undefined)
  return algorithm === undefined ? digests : { [algorithm]: digests[algorithm] ?? '' }
}

function otherBytes(digests: DigestSet): DigestSet {
  return Object.fromEntries(
    Object.entries(digests).map(([algorithm, hex]) => [algorithm, deriveHex(hex).repeat(2).slice(0, hex.length)]),
  )
}

/** SLSA provenance as npm (`npm publish --provenance`) or GitHub (`actions/attest`) writes it (formats.md §5.1). */
export function provenanceStatement(
  subject: readonly Subject[],
  attestation: CompleteAttestation,
  repository: CompleteRepository,
  form: 'npm' | 'github',
): object {
  const claimed = attestation.broken === 'claims' ? `${repository.name}-other` : repository.name
  const uri = `${SERVER}/${claimed}`
  const { ref, commit, workflow, trigger, run } = attestation
  const runner = attestation.runner ?? 'github-hosted'
  const own = { event_name: trigger, repository_id: repository.id, repository_owner_id: repository.ownerId }
  const signer = `${attestation.signerRepository}/${attestation.signerWorkflow}@${attestation.signerRef}`
  return {
    _type: STATEMENT_TYPE,
    subject,
    predicateType: PROVENANCE_V1,
    predicate: {
      buildDefinition: {
        buildType: form === 'npm' ? NPM_BUILD_TYPE : GITHUB_BUILD_TYPE,
        externalParameters: { workflow: { ref, repository: uri, path: workflow } },
        internalParameters: { github: form === 'npm' ? own : { ...own, runner_environment: runner } },
        resolvedDependencies: [{ uri: `git+${uri}@${ref}`, digest: { gitCommit: commit } }],
      },
      runDetails: {
        builder: { id: form === 'npm' ? `${SERVER}/actions/runner/${runner}` : `${SERVER}/${signer}` },
        metadata: { invocationId: `${uri}/actions/runs/${run.id}/attempts/${run.attempt}` },
      },
    },
  }
}

/** The registry's word about one version, with its own spelling of the subject. */
export function npmPublishStatement({ name, version }: WorldPackage, digests: DigestSet): object {
  return {
    _type: STATEMENT_TYPE_V01,
    subject: [{ name: npmPurl(name, version), digest: pickDigest('npm', digests) }],
    predicateType: NPM_PUBLISH,
    predicate: { name, version, registry: 'https://registry.npmjs.org' },
  }
}

export function pypiPublishStatement(subject: Subject): object {
  return { _type: STATEMENT_TYPE, subject: [subject], predicateType: PYPI_PUBLISH, predicate: null }
}

/** What GitHub signs for an immutable release (formats.md §10). `tagObject`: what the ref of the tag points at. */
export function releaseStatement(
  repository: CompleteRepository,
  { tag, broken }: WorldRelease,
  tagObject: string,
): object {
  const purl = `pkg:github/${repository.name}@${tag}`
  const uri = broken === 'name' ? `pkg:github/other/repository@${tag}` : purl
  return {
    _type: STATEMENT_TYPE,
    subject: [{ uri, digest: { sha1: tagObject } }],
    predicateType: RELEASE_V02,
    predicate: {
      databaseId: deriveId('release', repository.name, tag),
      ownerId: repository.ownerId,
      packageId: repository.id,
      purl: broken === 'claims' ? `${purl}-rc` : purl,
      repository: repository.name,
      repositoryId: repository.id,
      tag,
    },
  }
}
