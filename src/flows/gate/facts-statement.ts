import { basename } from 'node:path'
import { readFileBytes } from '../../io/files.ts'
import { parseAttestations } from '../../model/bundle.ts'
import { CleanbillError, isCleanbillError } from '../../model/error.ts'
import type { SourceFacts, SourceQuestion } from '../../model/facts.ts'
import type { KeylessIdentity } from '../../model/identity.ts'
import { applyFacts, FACTS_V1, type FactsPredicate, parseFactsPredicate } from '../../model/predicates/facts.ts'
import { verifyAttestation } from '../../verify/verify-attestation.ts'
import type { World } from '../world.ts'
import type { TrustShelf } from './trust.ts'

/** Older observations are asked anew. */
export const FACTS_MAX_AGE_HOURS = 7 * 24

/** Who may have signed facts that this gate believes: its own repository, on its own default branch. */
export interface FactsSigner {
  readonly repositoryId: string
  /** `refs/heads/main` */
  readonly defaultRef: string
  /** OIDC issuer of this CI system. */
  readonly issuer: string
}

export interface KnownFacts {
  readonly answer: (questions: readonly SourceQuestion[]) => ReadonlyMap<string, SourceFacts>
  /** Statements that were not believed, with the reason: `FACTS_UNTRUSTED`. */
  readonly untrusted: readonly string[]
}

/** No statement was given. */
export const NO_KNOWN_FACTS: KnownFacts = { answer: () => new Map(), untrusted: [] }

/**
 * Reads facts statements of earlier runs. A cache is restored by whoever could write it, so nothing in such a file counts
 * but what this repository's own gate signed on its default branch (T-NS-18); a pull request's run signs under another
 * ref. What is not believed is asked anew, and said.
 */
export async function loadFacts(
  paths: readonly string[],
  signer: FactsSigner | undefined,
  trust: TrustShelf,
  { host }: Pick<World, 'host'>,
): Promise<KnownFacts> {
  const predicates: FactsPredicate[] = []
  const untrusted: string[] = []
  for (const path of paths) {
    try {
      if (signer === undefined) throw notOurs('no repository is known here whose gate it could be')
      predicates.push(...(await readStatements(path, signer, trust)))
    } catch (error) {
      if (!isCleanbillError(error) || error.class === 'tool') throw error
      untrusted.push(`${basename(path)}: ${error.code}: ${error.message}`)
      host.log.warn(`facts in ${basename(path)} are not believed (${error.code}): ${error.message}`)
    }
  }
  const age = { now: host.now(), maxAgeHours: FACTS_MAX_AGE_HOURS }
  return {
    answer: (questions) => new Map(predicates.flatMap((predicate) => [...applyFacts(questions, predicate, age)])),
    untrusted,
  }
}

async function readStatements(path: string, expected: FactsSigner, trust: TrustShelf): Promise<FactsPredicate[]> {
  const { attestations, unreadable } = parseAttestations(await readFileBytes(path), basename(path))
  const [broken] = unreadable
  if (broken !== undefined) throw broken.error
  const predicates: FactsPredicate[] = []
  for (const fetched of attestations) {
    const { statement, signer } = verifyAttestation(fetched, await trust.trustFor([fetched]))
    if (statement?.predicateType !== FACTS_V1) throw new CleanbillError('PREDICATE_TYPE', 'it is no facts statement')
    if (signer.kind !== 'certificate') throw notOurs('it is signed with a key')
    requireOwnGate(signer, expected)
    predicates.push(parseFactsPredicate(statement.predicate))
  }
  return predicates
}

function requireOwnGate({ issuer, claims }: KeylessIdentity, expected: FactsSigner): void {
  if (issuer !== expected.issuer) throw notOurs(`its identity comes from ${show(issuer)}`)
  if (claims.sourceRepositoryIdentifier !== expected.repositoryId) {
    throw notOurs(`it is of the repository with id ${show(claims.sourceRepositoryIdentifier)}`)
  }
  if (claims.sourceRepositoryRef !== expected.defaultRef) throw notOurs(`it is of ${show(claims.sourceRepositoryRef)}`)
  // A pull request's run has the target's ref in some events, and never one of these triggers.
  const triggers = ['push', 'schedule', 'workflow_dispatch']
  if (!triggers.includes(claims.buildTrigger ?? '')) throw notOurs(`it was made under ${show(claims.buildTrigger)}`)
}

const show = (text: string | undefined): string => JSON.stringify(text?.slice(0, 100) ?? 'unknown')

function notOurs(why: string): CleanbillError {
  return new CleanbillError('IDENTITY_MISMATCH', `not a statement of this repository's own gate: ${why}`)
}
