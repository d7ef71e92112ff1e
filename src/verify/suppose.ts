import type { VerifiedAttestation } from '../model/attestation.ts'

/**
 * An attestation that nobody signed, for trying a policy out (`policy test`): what would be judged if somebody had. It
 * never meets evidence: the flow that uses it asks no source and gives no verdict about a project.
 */
export function supposeVerified(
  parts: Pick<VerifiedAttestation, 'statement' | 'signer' | 'origin'>,
): VerifiedAttestation {
  // Sound for its one use: see above. The type says "verified", and the test's own text says what that stands for.
  return parts as VerifiedAttestation
}
