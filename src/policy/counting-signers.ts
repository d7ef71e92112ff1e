import type { AcceptedAttestation } from '../model/evidence.ts'
import type { LockedSigner } from '../model/trust-lock.ts'
import { isOfKind, wantedAttestations } from './evidence-kinds.ts'
import { matchesSigner, signerOf, signersFor } from './locked-signer.ts'
import { isPipelineIdentity } from './pipeline-identity.ts'
import type { Subject } from './rule.ts'

/** An accepted attestation with its place in the list, by which facts are found. */
export interface Signed {
  readonly accepted: AcceptedAttestation
  readonly index: number
  readonly signer: LockedSigner
}

/** Without a version the ref stays what it is: it is compared with patterns, and not a pattern with a pattern. */
const AS_IT_IS = ''

/** Signers of the lock that are in force for this version. */
export function lockedSigners({ lock, dependency }: Subject): readonly LockedSigner[] {
  return lock === undefined ? [] : signersFor(lock, dependency.version)
}

/** Is this signer one that the lock accepts? */
export function isAccepted(signed: Signed, locked: readonly LockedSigner[]): boolean {
  return locked.some((one) => matchesSigner(one, signed.signer).matches)
}

/**
 * What speaks for each file of a dependency, one list a file: provenance, or whatever else is signed where there is
 * none. An attestation about the whole stands in a list of its own.
 */
export function speakersByFile({ dependency, evidence }: Subject): readonly (readonly Signed[])[] {
  const wanted = new Set(wantedAttestations(dependency, evidence))
  const byFile = new Map<string | undefined, Signed[]>()
  for (const [index, accepted] of evidence.accepted.entries()) {
    if (!wanted.has(accepted)) continue
    const signed = { accepted, index, signer: signerOf(accepted.attestation, AS_IT_IS) }
    byFile.set(accepted.file, [...(byFile.get(accepted.file) ?? []), signed])
  }
  return [...byFile.values()].map((all) => {
    const provenance = all.filter(({ accepted }) => isOfKind(accepted.attestation, 'provenance'))
    return provenance.length > 0 ? provenance : all
  })
}

/**
 * The attestations on whose context R3 to R6 look. Where the lock accepts a signer, its attestations only: one that holds
 * beside them changes nothing (R2 notes it). **All** of these have to hold: "any one" would let a stranger's attestation
 * answer for the ref and the owner's for the signer.
 */
export function countingSigners(subject: Subject): readonly Signed[] {
  const locked = lockedSigners(subject)
  return speakersByFile(subject).flatMap((all) => {
    const accepted = all.filter((signed) => isAccepted(signed, locked))
    return (accepted.length > 0 ? accepted : all).filter(({ accepted: { attestation } }) =>
      isPipelineIdentity(attestation.signer),
    )
  })
}
