import type { AttestationForm, VerifiedAttestation, VerifiedMessage } from '../model/attestation.ts'
import type { DigestSet } from '../model/digest.ts'
import { CleanbillError, type ErrorCode, type Limit } from '../model/error.ts'
import { NPM_PUBLISH } from '../model/predicates/registry.ts'
import type { AttestationResult, VerifyResult } from '../model/verify-document.ts'
import type { Held } from './verify-held.ts'

/** One attestation's result. `stage` tells how far it came: the furthest refusal is the one worth showing. */
export interface Judged {
  readonly where: string
  readonly line: number | undefined
  /** Undefined for one that could not be read. */
  readonly form?: AttestationForm | undefined
  readonly stage: number
  readonly error?: CleanbillError | undefined
  readonly attestation?: VerifiedAttestation | VerifiedMessage
  readonly limits: readonly Limit[]
}

/**
 * npm: provenance counts only together with the registry's own word that it published this. Each document by itself, and
 * each line is a document: what another line says says nothing about this one.
 */
export function requirePublish(judged: readonly Judged[]): Judged[] {
  const documents = Map.groupBy(judged, ({ line }) => line)
  return [...documents.values()].flatMap((document) =>
    document.some(({ form }) => form === 'npm') ? requirePublishInOne(document) : document,
  )
}

function requirePublishInOne(judged: readonly Judged[]): Judged[] {
  const publish = judged.filter(isPublish)
  if (publish.some(({ error }) => error === undefined)) return [...judged]
  const cause = publish[0]?.error ?? judged.find(({ error }) => error !== undefined)?.error
  const error =
    cause ??
    new CleanbillError('PUBLISH_ATTESTATION_MISSING', 'the document has no publish attestation of the registry', {
      hint: 'Fetch the whole document: /-/npm/v1/attestations/NAME@VERSION.',
    })
  return judged.map((one) => (one.error === undefined ? { ...one, error, stage: 5 } : one))
}

/** What may well hold: the trusted root at hand is too old to say (T-CR-13). */
export const isStale = ({ code }: CleanbillError): boolean => code === 'TRUST_ROOT_STALE'

/**
 * One attestation that satisfies everything suffices; of several refusals the one that came furthest is shown.
 *
 * @throws {CleanbillError} `TRUST_ROOT_STALE` where nothing holds and one could not be judged
 */
export function conclude(held: Held, judged: readonly Judged[], digests: readonly DigestSet[]): VerifyResult {
  const good = judged.find((one) => one.error === undefined && !isPublish(one))
  if (good?.attestation !== undefined) {
    const { signer, statement } = good.attestation
    return {
      verified: true,
      code: null,
      message: `${held.name} is what was signed`,
      hint: null,
      artifact: toArtifact(held, digests),
      signer: { ...signer } as VerifyResult['signer'],
      statement: statement === undefined ? null : { ...statement },
      limits: good.limits.map(({ code, message }) => ({ code, message })),
      attestations: judged.map(toAttestationResult),
    }
  }
  const open = judged.find((one) => one.error !== undefined && isStale(one.error))
  if (open?.error !== undefined) throw open.error
  const furthest = [...judged].filter(({ error }) => error !== undefined).sort((a, b) => b.stage - a.stage)[0]
  const error =
    furthest?.error ?? new CleanbillError('ATTESTATION_ABSENT', 'the bundle holds no attestation that counts')
  return refusal(held, error, judged, digests, furthest)
}

export function refusal(
  held: Held,
  { code, message, hint }: CleanbillError,
  judged: readonly Judged[],
  digests: readonly DigestSet[],
  shown?: Judged,
): VerifyResult {
  return {
    verified: false,
    code: code satisfies ErrorCode,
    message,
    hint: hint ?? null,
    artifact: toArtifact(held, digests),
    // Only what a signature covers is shown, and who made it; not that the signature is welcome.
    signer: (shown?.attestation?.signer ?? null) as VerifyResult['signer'],
    statement: shown?.attestation?.statement === undefined ? null : { ...shown.attestation.statement },
    limits: [],
    attestations: judged.map(toAttestationResult),
  }
}

function toArtifact({ kind, name }: Held, digests: readonly DigestSet[]): VerifyResult['artifact'] {
  return { kind, name, digest: { ...digests[0] } }
}

function toAttestationResult({ where, error, attestation }: Judged): AttestationResult {
  return {
    where,
    verified: error === undefined,
    code: error?.code ?? null,
    message: error?.message ?? 'holds',
    hint: error?.hint ?? null,
    predicateType: attestation?.statement?.predicateType ?? null,
    signer: (attestation?.signer ?? null) as AttestationResult['signer'],
  }
}

/**
 * The registry's word, in its document, that it took a package from whoever sent it. Nobody asked whether its signer is
 * the expected one, so it is never a success: anybody may publish. As a bundle by itself it is a statement like any other.
 */
function isPublish({ form, attestation }: Judged): boolean {
  return form === 'npm' && attestation?.statement?.predicateType === NPM_PUBLISH
}
