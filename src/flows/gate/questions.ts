import type { Dependency } from '../../model/dependency.ts'
import { isCommit } from '../../model/digest.ts'
import type { AcceptedAttestation, Evidence } from '../../model/evidence.ts'
import type { SourceQuestion } from '../../model/facts.ts'
import type { LockEntry } from '../../model/trust-lock.ts'

/** `https://HOST/OWNER/NAME`, and nothing after it. Nested groups of other hosts are no repositories of GitHub's. */
const REPOSITORY = /^(https:\/\/[^/]+)\/([^/]+)\/([^/]+)$/
/** `https://HOST/OWNER/NAME/actions/runs/ID/attempts/N` (OID .21). */
const RUN = /^https:\/\/[^/]+\/[^/]+\/[^/]+\/actions\/runs\/(\d+)\/attempts\/(\d+)$/

/** Where a certificate says that the code came from; undefined for one that names no repository. */
export function repositoryOf({ attestation: { signer } }: AcceptedAttestation) {
  if (signer.kind !== 'certificate') return undefined
  const { sourceRepositoryUri, sourceRepositoryDigest: commit } = signer.claims
  const [, server, owner, repository] = REPOSITORY.exec(sourceRepositoryUri ?? '') ?? []
  if (server === undefined || owner === undefined || repository === undefined) return undefined
  return { server, owner, repository, commit }
}

/**
 * What has to be asked about the source of one attestation, from the certificate alone: the predicate is the tenant's word.
 *
 * @param servers servers whose API is asked; a certificate may name any
 * @returns undefined for signers that name no commit of such a server
 */
export function questionFor(
  accepted: AcceptedAttestation,
  context: {
    readonly evidence: Evidence
    readonly lock: LockEntry | undefined
    readonly review: boolean
    readonly servers: readonly string[]
  },
): SourceQuestion | undefined {
  const { signer, origin } = accepted.attestation
  if (signer.kind !== 'certificate') return undefined
  const { server, owner, repository, commit } = repositoryOf(accepted) ?? {}
  const { sourceRepositoryRef, runInvocationUri } = signer.claims
  if (server === undefined || owner === undefined || repository === undefined || commit === undefined) return undefined
  if (!context.servers.includes(server) || !isCommit(commit)) return undefined
  const [, id, attempt] = RUN.exec(runInvocationUri ?? '') ?? []
  return {
    server,
    owner,
    repository,
    commit,
    ref: sourceRepositoryRef,
    refPatterns: [...new Set(context.lock?.signers.flatMap(({ refs }) => refs) ?? [])],
    run: id === undefined || attempt === undefined ? undefined : { id, attempt },
    publishedAt: publishedAt(context.evidence) ?? origin.times[0],
    review: context.review,
  }
}

/** The registry's word on when it was published, where it has one. */
export function publishedAt({ registry }: Evidence): string | undefined {
  const record = 'record' in registry ? registry.record : undefined
  const times = record?.files.flatMap((file) => file.publishedAt ?? []) ?? []
  return record?.publishedAt ?? times.sort().at(-1)
}

/** Registry entries whose archive differs from what was there before: the only ones whose archives are looked into. */
export function isReplaced(dependency: Dependency, previous: Dependency | undefined): previous is Dependency {
  return (
    previous !== undefined &&
    dependency.source === 'registry' &&
    previous.source === 'registry' &&
    dependency.version !== previous.version
  )
}
