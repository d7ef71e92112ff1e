import type { AcceptedAttestation, Evidence } from '../model/evidence.ts'
import type { SignerIdentity } from '../model/identity.ts'
import type { EvidenceSummary } from '../model/verdict.ts'

/** Who vouched, for people and for the next pipeline. Nothing is added to what was verified. */
export function summarizeEvidence({ accepted }: Evidence): EvidenceSummary[] {
  return accepted.map(summarize)
}

function summarize({ attestation, source, payloadSha256 }: AcceptedAttestation): EvidenceSummary {
  const { signer, statement, origin } = attestation
  const claims = signer.kind === 'certificate' ? signer.claims : {}
  return {
    source,
    predicateType: statement.predicateType,
    signer: nameIdentity(signer),
    repository: claims.sourceRepositoryUri,
    ref: claims.sourceRepositoryRef,
    commit: claims.sourceRepositoryDigest,
    run: claims.runInvocationUri,
    domain: origin.domain,
    payloadSha256,
  }
}

/** Name in the certificate, or the fingerprint of a key. */
export function nameIdentity(signer: SignerIdentity): string {
  if (signer.kind === 'key') return signer.fingerprint
  if (signer.kind === 'certificate') return signer.subjectAlternativeName.value
  return signer.subjectAlternativeName?.value ?? signer.commonName ?? signer.subject
}
