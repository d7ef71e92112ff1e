import type { KeylessIdentity, LegacyClaims, SignerIdentity } from '../model/identity.ts'
import { dropEmpty } from '../model/statement.ts'

/** Repository, ref and trigger of a run; from the deprecated extensions where the certificate has no others. */
export function sourceClaims(signer: SignerIdentity): { repository?: string; ref?: string; trigger?: string } {
  if (signer.kind !== 'certificate') return {}
  const { claims } = signer
  // Certificates that have both sets carry the old ones as a copy; the new ones decide.
  const legacy: LegacyClaims = claims.sourceRepositoryUri === undefined ? signer.legacy : {}
  const name = legacy.repository
  return dropEmpty({
    repository: claims.sourceRepositoryUri ?? (name === undefined ? undefined : `https://github.com/${name}`),
    ref: claims.sourceRepositoryRef ?? legacy.ref,
    trigger: claims.buildTrigger ?? legacy.trigger,
  })
}

/** Does the certificate speak of a run in CI, or of a person or service that signed in with a name? */
export function isPipelineIdentity(signer: SignerIdentity): signer is KeylessIdentity {
  return sourceClaims(signer).repository !== undefined
}
