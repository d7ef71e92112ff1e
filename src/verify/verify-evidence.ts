import { createHash } from 'node:crypto'
import type { FetchedAttestation, FetchedDocument, VerifiedAttestation } from '../model/attestation.ts'
import { FILE_DIGEST_ALGORITHMS } from '../model/digest.ts'
import type { CleanbillError } from '../model/error.ts'
import type { AcceptedAttestation, RefusedAttestation, SourceError, Target } from '../model/evidence.ts'
import { OMS_DIGESTS_V01, OMS_SIGNATURE_V1 } from '../model/predicates/oms.ts'
import { PROVENANCE_V1, PROVENANCE_V02 } from '../model/predicates/provenance.ts'
import { NPM_PUBLISH } from '../model/predicates/registry.ts'
import { verifyTarget } from './evidence-subject.ts'
import { mapFault } from './map-fault.ts'
import type { Outcome } from './outcome.ts'
import type { Trust } from './trust-material.ts'
import { verifyAttestation } from './verify-attestation.ts'
import { verifyClaims } from './verify-claims.ts'
import { type ListedFile, verifyModelListing } from './verify-listing.ts'
import { verifyClaimedType } from './verify-npm.ts'
import { verifySummary } from './verify-summary.ts'
import { requireTogether } from './verify-together.ts'

/** What the attestations of one target came to. Every attestation that was given is in exactly one of the lists. */
export interface VerifiedEvidence {
  readonly accepted: readonly AcceptedAttestation[]
  readonly refused: readonly RefusedAttestation[]
  /**
   * What can be judged neither way: a signature over bytes that are not here, a lock without a strong digest, a kind of
   * statement that only looks like one that is known. Never a pass, and nobody's attack.
   */
  readonly unsupported: readonly SourceError[]
}

/** What of the target itself is at hand, where a signature cannot be judged by digest and name alone. */
export interface HeldContent {
  /** The artifact, for a signature directly over it. */
  readonly bytes?: Uint8Array | undefined
  /** The files of a model as its hub or its folder lists them, for an OMS signature. */
  readonly files?: readonly ListedFile[] | undefined
}

/**
 * Verifies everything that one source found about one target: signature and time, wrapper against signed type, name and
 * digest against the lock, predicate against certificate. Says who signed what about exactly these bytes; whether that
 * signer is wanted is policy.
 *
 * @param source row of the table of sources that found the documents
 * @throws {CleanbillError} of class `tool` only: `TRUST_ROOT_UNAVAILABLE` where there is no root at all
 */
export function verifyEvidence(
  target: Target,
  source: string,
  documents: readonly FetchedDocument[],
  trust: Trust,
  held: HeldContent = {},
): VerifiedEvidence {
  const weak = whyNotComparable(target, held)
  const outcomes = documents.flatMap((document) =>
    requireTogether(
      document.attestations.map((fetched) =>
        weak === undefined ? judge(target, source, fetched, trust, held) : { fetched, unsupported: weak },
      ),
      target,
      source,
    ),
  )
  return {
    accepted: outcomes.flatMap((outcome) => toAccepted(outcome, source, target)),
    refused: [
      ...refuseUnreadable(documents, source),
      ...outcomes.flatMap(({ fetched, refusal, attestation }) =>
        refusal === undefined ? [] : [toRefused(fetched.where, source, refusal, attestation)],
      ),
    ],
    unsupported: outcomes.flatMap(({ unsupported }) =>
      unsupported === undefined ? [] : [{ source, fault: 'unsupported' as const, ...unsupported }],
    ),
  }
}

/** What could not be read is evidence that does not count, not evidence that is not there. */
export function refuseUnreadable(documents: readonly FetchedDocument[], source: string): RefusedAttestation[] {
  return documents.flatMap(({ unreadable }) => unreadable.map(({ where, error }) => toRefused(where, source, error)))
}

/** md5 and sha1 identify nothing that an attacker may choose; a commit identifies git objects only (T-SU-04, T-SU-06). */
function whyNotComparable({ dependency, digests, file }: Target, held: HeldContent): Outcome['unsupported'] {
  const strong = [...FILE_DIGEST_ALGORITHMS, 'gitCommit'].some((algorithm) => digests[algorithm] !== undefined)
  if (strong || held.files !== undefined || held.bytes !== undefined) return undefined
  const named = Object.keys(digests).slice(0, 5).join(', ')
  return {
    message: `the lock names ${file?.name ?? dependency.name} by ${named === '' ? 'no digest' : `${named} only`}, which no attestation can be compared with`,
    hint: 'Write the lock again with a current package manager (DIGEST_WEAK).',
  }
}

function judge(target: Target, source: string, fetched: FetchedAttestation, trust: Trust, held: HeldContent): Outcome {
  if (fetched.content.kind === 'message' && held.bytes === undefined)
    return { fetched, unsupported: needsBytes(fetched) }
  let attestation: VerifiedAttestation | undefined
  try {
    const verified = verifyAttestation(fetched, trust, held.bytes)
    if (verified.statement === undefined) return { fetched, unsupported: saysNothing(fetched) }
    attestation = verified
    verifyClaimedType(attestation)
    const nearMiss = whyNotKnown(attestation, target)
    if (nearMiss !== undefined) return { fetched, unsupported: nearMiss }
    if (OMS_TYPES.includes(attestation.statement.predicateType)) {
      if (held.files === undefined) return { fetched, unsupported: needsFiles(fetched) }
      const unknown = verifyModelListing(attestation.statement, payloadOf(fetched), held.files)
      if (unknown.length > 0) return { fetched, unsupported: needsDigests(fetched, unknown) }
    } else {
      verifyTarget(target, source, attestation)
    }
    verifyClaims(attestation.statement, attestation.signer)
    verifySummary(attestation.statement)
    return { fetched, attestation }
  } catch (error) {
    const refusal = mapFault(error, fetched.where)
    if (refusal.class === 'tool') throw refusal
    return { fetched, attestation, refusal }
  }
}

const OMS_TYPES: readonly string[] = [OMS_SIGNATURE_V1, OMS_DIGESTS_V01]
const NPM_TYPES: readonly string[] = [NPM_PUBLISH, PROVENANCE_V1, PROVENANCE_V02]
const PROVENANCE_TYPES: readonly string[] = [PROVENANCE_V1, PROVENANCE_V02]

/** Types are an exact list: `…/provenance/v1.0`, which witness writes, is not provenance and must not be read as it (T-PP-19). */
function whyNotKnown({ statement, origin }: VerifiedAttestation, { dependency }: Target): Outcome['unsupported'] {
  const { predicateType } = statement
  const looksLike = /^https?:\/\/(?:www\.)?slsa\.dev\/provenance\b/i.test(predicateType)
  const known =
    origin.form === 'npm' && dependency.ecosystem === 'npm'
      ? NPM_TYPES.includes(predicateType)
      : !looksLike || PROVENANCE_TYPES.includes(predicateType)
  if (known) return undefined
  return {
    message: `${origin.where} is a ${JSON.stringify(predicateType.slice(0, 120))}, which is no type that is known`,
  }
}

function needsBytes({ where }: FetchedAttestation): Outcome['unsupported'] {
  return {
    message: `${where} is a signature over the bytes of the artifact, and only its digest is known here`,
    hint: 'Verify the downloaded artifact with `verify`; such a signature names neither a package nor a build.',
  }
}

function saysNothing({ where }: FetchedAttestation): Outcome['unsupported'] {
  return {
    message: `${where} is a genuine signature over these bytes; it names neither a package nor a build`,
    hint: 'Ask the publisher for an attestation.',
  }
}

function needsFiles({ where }: FetchedAttestation): Outcome['unsupported'] {
  return { message: `${where} signs a list of files, and what the model consists of is not known here` }
}

function needsDigests({ where }: FetchedAttestation, unknown: readonly string[]): Outcome['unsupported'] {
  const first = JSON.stringify((unknown[0] ?? '').slice(0, 120))
  return { message: `${where} signs ${unknown.length} files whose digest is not listed, ${first} first` }
}

function payloadOf({ content }: FetchedAttestation): Uint8Array {
  return content.kind === 'dsse' ? content.payload : new Uint8Array()
}

function toAccepted({ fetched, attestation, refusal, unsupported }: Outcome, source: string, { file }: Target) {
  if (attestation === undefined || refusal !== undefined || unsupported !== undefined) return []
  const payloadSha256 = createHash('sha256').update(payloadOf(fetched)).digest('hex')
  return [{ attestation, source, payloadSha256, ...(file?.name === undefined ? {} : { file: file.name }) }]
}

function toRefused(
  where: string,
  source: string,
  { code, message, hint }: CleanbillError,
  attestation?: VerifiedAttestation,
): RefusedAttestation {
  return {
    where,
    source,
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(attestation === undefined
      ? {}
      : { predicateType: attestation.statement.predicateType, signer: attestation.signer }),
  }
}
