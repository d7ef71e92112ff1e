import { CleanbillError } from '../model/error.ts'
import type { CertificateClaims, SignerIdentity } from '../model/identity.ts'
import { isJsonObject, type JsonValue } from '../model/json.ts'
import { lateMark } from '../model/late-mark.ts'
import {
  PROVENANCE_V1,
  PROVENANCE_V02,
  type ProvenancePredicate,
  parseProvenance,
} from '../model/predicates/provenance.ts'
import type { Statement } from '../model/statement.ts'
import { RUN_BUILD_TYPE, RUN_PARAMETERS } from '../model/uris.ts'
import type { ClaimPair } from './claim-pair.ts'
import { claimPairsV02 } from './verify-claims-v02.ts'

/** buildTypes whose fields mean the same as the certificate's claims (formats.md §5.1). */
const GITHUB_BUILD_TYPES: readonly string[] = [
  'https://actions.github.io/buildtypes/workflow/v1',
  'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
]

/** builder.id of npm's provenance: names the runner and not the workflow. */
const RUNNER_BUILDER = 'https://github.com/actions/runner/'

/**
 * The predicate is written by whoever ran the build, the certificate by the CA from the CI system's token. Where both
 * speak of one thing they must agree: otherwise a workflow of one repository claims to have built another's (T-ID-10).
 * Only fields that are present on both sides are compared; an absent one proves nothing and is no conflict.
 *
 * @throws {CleanbillError} `CLAIM_CONFLICT`, `PARAMETERS_UNKNOWN`, `PREDICATE_MALFORMED`
 */
export function verifyClaims(statement: Statement, signer: SignerIdentity): void {
  const late = lateMark(statement.predicate) !== undefined
  if (statement.predicateType === PROVENANCE_V02 && signer.kind === 'certificate') {
    requireAgreement(claimPairsV02(statement.predicate, signer))
  }
  if (statement.predicateType !== PROVENANCE_V1) return
  const provenance = parseProvenance(statement.predicate)
  const { buildType } = provenance.buildDefinition
  if (buildType === RUN_BUILD_TYPE) requireKnownParameters(provenance)
  const known = GITHUB_BUILD_TYPES.includes(buildType) || buildType === RUN_BUILD_TYPE
  if (!known || signer.kind !== 'certificate') return
  const pairs = late
    ? latePairs(provenance, signer.claims)
    : allPairs(provenance, signer.claims, GITHUB_BUILD_TYPES.includes(buildType))
  requireAgreement(pairs)
}

function requireAgreement(pairs: readonly ClaimPair[]): void {
  for (const { field, said, certified } of pairs) {
    if (said === undefined || certified === undefined || said === certified) continue
    throw new CleanbillError(
      'CLAIM_CONFLICT',
      `${field} is ${short(said)} in the provenance and ${short(certified)} in the certificate`,
      { hint: 'Whoever signed this did not run the build that it describes.' },
    )
  }
}

/** SLSA: a parameter that the verifier does not know may change what the others mean, so it is refused. */
function requireKnownParameters({ buildDefinition }: ProvenancePredicate): void {
  const known: readonly string[] = RUN_PARAMETERS
  const unknown = Object.keys(buildDefinition.externalParameters).find((key) => !known.includes(key))
  if (unknown === undefined) return
  throw new CleanbillError(
    'PARAMETERS_UNKNOWN',
    `the provenance has the parameter ${short(unknown)}, which is unknown`,
    {
      hint: 'Made by a newer version? Verify with that version.',
    },
  )
}

function allPairs(provenance: ProvenancePredicate, claims: CertificateClaims, github: boolean): ClaimPair[] {
  return [
    ...workflowPairs(provenance, claims),
    ...platformPairs(provenance, claims),
    ...runPairs(provenance, claims),
    ...commitPairs(provenance, claims, github),
  ]
}

/**
 * What waited in an outbox is signed by a later run of the same repository: another run, maybe another workflow and
 * commit. The certificate says who signed and policy judges that; the mark becomes the limit `LATE_SIGNED`.
 */
function latePairs(provenance: ProvenancePredicate, claims: CertificateClaims): ClaimPair[] {
  const ofRepository = ['the repository', 'the repository id', 'the owner id']
  const pairs = [...workflowPairs(provenance, claims), ...platformPairs(provenance, claims)]
  return pairs.filter(({ field }) => ofRepository.includes(field))
}

function workflowPairs({ buildDefinition }: ProvenancePredicate, claims: CertificateClaims): ClaimPair[] {
  const workflow = buildDefinition.externalParameters.workflow ?? null
  const path = text(workflow, 'path')
  return [
    { field: 'the repository', said: text(workflow, 'repository'), certified: claims.sourceRepositoryUri },
    { field: 'the ref', said: text(workflow, 'ref'), certified: claims.sourceRepositoryRef },
    { field: 'the workflow', said: path, certified: certifiedPath(path, claims) },
  ]
}

/**
 * `.18` is `<server>/<owner>/<repo>/<path>@<ref>`, and a path may itself hold an `@`: so the said path is put in front
 * of `@refs/` and looked for, and the certificate's is never cut into parts.
 */
function certifiedPath(path: string | undefined, claims: CertificateClaims): string | undefined {
  const { buildConfigUri, sourceRepositoryUri } = claims
  if (path === undefined || buildConfigUri === undefined) return undefined
  const server = URL.parse(buildConfigUri)?.origin
  const bases = [sourceRepositoryUri, server].filter((base) => base !== undefined)
  const holds = bases.some((base) => buildConfigUri.startsWith(`${base}/${path}@refs/`))
  return holds ? path : buildConfigUri
}

function platformPairs({ buildDefinition }: ProvenancePredicate, claims: CertificateClaims): ClaimPair[] {
  const github = buildDefinition.internalParameters?.github ?? null
  return [
    { field: 'the event', said: text(github, 'event_name'), certified: claims.buildTrigger },
    {
      field: 'the repository id',
      said: text(github, 'repository_id'),
      certified: claims.sourceRepositoryIdentifier,
    },
    {
      field: 'the owner id',
      said: text(github, 'repository_owner_id'),
      certified: claims.sourceRepositoryOwnerIdentifier,
    },
    { field: 'the runner', said: text(github, 'runner_environment'), certified: claims.runnerEnvironment },
  ]
}

function runPairs({ runDetails }: ProvenancePredicate, claims: CertificateClaims): ClaimPair[] {
  const { id } = runDetails.builder
  // Ours ends in `#same-job` or `#separate-job`: modes of one workflow, which the certificate cannot tell apart.
  const builder = id.split('#')[0] ?? id
  const runner = builder.startsWith(RUNNER_BUILDER)
  return [
    {
      field: 'the builder',
      said: runner ? builder.slice(RUNNER_BUILDER.length) : builder,
      certified: runner ? claims.runnerEnvironment : claims.buildSignerUri,
    },
    { field: 'the run', said: runDetails.metadata?.invocationId ?? undefined, certified: claims.runInvocationUri },
  ]
}

/** The commit that the certificate names is the one at `git+<repository>@<ref>`; GitHub's own provenance lists only it. */
function commitPairs(
  { buildDefinition }: ProvenancePredicate,
  claims: CertificateClaims,
  github: boolean,
): ClaimPair[] {
  const { sourceRepositoryUri: repository, sourceRepositoryRef: ref, sourceRepositoryDigest } = claims
  const dependencies = (buildDefinition.resolvedDependencies ?? []).filter(({ uri }) => uri?.startsWith('git+'))
  const source = `git+${repository}@${ref}`
  const own = dependencies.filter(({ uri }) => uri === source)
  const first = github && own.length === 0 ? dependencies.slice(0, 1) : []
  return [
    ...first.map(({ uri }) => ({
      field: 'the source',
      said: uri,
      certified: repository === undefined || ref === undefined ? undefined : source,
    })),
    ...[...own, ...first].map(({ digest }) => ({
      field: 'the commit',
      said: digest?.gitCommit ?? digest?.sha1,
      certified: sourceRepositoryDigest,
    })),
  ]
}

/** Ids are text in one producer and numbers in another: compared as text. */
function text(value: JsonValue, name: string): string | undefined {
  if (!isJsonObject(value)) return undefined
  const field = value[name]
  if (typeof field === 'number') return String(field)
  return typeof field === 'string' ? field : undefined
}

function short(value: string): string {
  return JSON.stringify(value.slice(0, 200))
}
