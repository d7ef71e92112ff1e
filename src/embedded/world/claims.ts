import type { Claims } from '../issuer.ts'
import type { CompleteAttestation, CompleteRepository } from './repositories.ts'

/** The issuer of GitHub's tokens: what a world signs has to look to a policy as the real thing would. */
const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'

/** What the token of the job would have claimed. Names: GitHub's documentation of its OIDC token. */
export function toClaims(attestation: CompleteAttestation, repository: CompleteRepository): Claims {
  const { ref, commit, workflow, environment, trigger, run } = attestation
  const { name } = repository
  const place = environment === undefined ? `ref:${ref}` : `environment:${environment}`
  return {
    iss: attestation.issuer ?? GITHUB_ISSUER,
    sub: `repo:${name}:${place}`,
    event_name: trigger,
    job_workflow_ref: `${attestation.signerRepository}/${attestation.signerWorkflow}@${attestation.signerRef}`,
    job_workflow_sha: attestation.signerCommit,
    ref,
    repository: name,
    repository_id: repository.id,
    repository_owner: name.split('/')[0] ?? '',
    repository_owner_id: repository.ownerId,
    repository_visibility: repository.visibility,
    run_attempt: run.attempt,
    run_id: run.id,
    runner_environment: attestation.runner ?? 'github-hosted',
    sha: commit,
    workflow: 'release',
    workflow_ref: `${name}/${workflow}@${ref}`,
    workflow_sha: commit,
    ...(environment === undefined ? {} : { environment }),
  }
}

/** Extensions that the certificate does not have. */
export const missingExtensions = ({ runner }: CompleteAttestation): readonly number[] => (runner === null ? [11] : [])
