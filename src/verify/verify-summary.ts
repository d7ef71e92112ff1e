import { CleanbillError } from '../model/error.ts'
import { parseVsa, VSA_V1 } from '../model/predicates/vsa.ts'
import type { Statement } from '../model/statement.ts'

/**
 * A verification summary that says FAILED is genuine and speaks against the artifact. Not part of the claims: whoever
 * signs such a summary must be able to check the own bundle.
 *
 * @throws {CleanbillError} `VSA_REJECTED`, `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export function verifySummary({ predicateType, predicate }: Statement): void {
  if (predicateType !== VSA_V1) return
  const { verificationResult, verifier, policy } = parseVsa(predicate)
  if (verificationResult === 'PASSED') return
  throw new CleanbillError(
    'VSA_REJECTED',
    `${JSON.stringify(verifier.id.slice(0, 200))} checked this against ${JSON.stringify(policy.uri.slice(0, 200))} and refused it`,
    { hint: 'The signature holds; what it says is that the artifact failed.' },
  )
}
