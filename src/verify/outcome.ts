import type { FetchedAttestation, VerifiedAttestation } from '../model/attestation.ts'
import type { CleanbillError } from '../model/error.ts'
import type { SourceError } from '../model/evidence.ts'

/** One attestation on its way through the checks. */
export interface Outcome {
  readonly fetched: FetchedAttestation
  readonly attestation?: VerifiedAttestation | undefined
  readonly refusal?: CleanbillError | undefined
  readonly unsupported?: Pick<SourceError, 'message' | 'hint'> | undefined
}
