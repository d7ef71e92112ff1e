import type { SignerIdentity } from '../model/identity.ts'
import { PROVENANCE_V1, PROVENANCE_V02 } from '../model/predicates/provenance.ts'
import { foreignRunner } from '../model/recorded-runner.ts'
import type { Statement } from '../model/statement.ts'

/** SLSA Build levels that can be told without a policy's `builders` table. */
export type BuildLevel = 0 | 1 | 2

/**
 * What SLSA Build level a verified statement is worth by who signed it, never by what the predicate claims (T-ID-14).
 *
 * Provenance is L1. Signed by the identity of a job on a hosted runner it is L2: the platform vouches for the run. A
 * key, a self-hosted runner or an unknown one stays L1, be it the runner of the job that signed or of the one that ran. L3 needs a builder that the tenant cannot reach, which no
 * certificate can say: that is the policy's `builders` table (DESIGN §6).
 *
 * @param signer as proven by `verifyAttestation`
 */
export function buildLevel(statement: Statement | undefined, signer: SignerIdentity): BuildLevel {
  const isProvenance = statement?.predicateType === PROVENANCE_V1 || statement?.predicateType === PROVENANCE_V02
  if (!isProvenance) return 0
  const hosted = signer.kind === 'certificate' && signer.claims.runnerEnvironment === 'github-hosted'
  return hosted && foreignRunner(statement) === undefined ? 2 : 1
}
