import { openEvidenceVerifier, type VerifyThreads } from '../../verify/verify-parallel.ts'
import type { VerifyTarget } from './look-up.ts'
import type { TrustShelf } from './trust.ts'

export interface GateVerifier {
  readonly verify: VerifyTarget
  readonly close: () => Promise<void>
}

/** Verifies while the rest is still being fetched, each attestation with just the trust that it needs. */
export function openVerifier(shelf: TrustShelf, threads: VerifyThreads | undefined): GateVerifier {
  const verifier = openEvidenceVerifier(threads)
  return {
    verify: async (target, answer, held) => {
      const { source } = answer
      const [documents, unread] = answer.kind === 'found' ? [answer.documents, undefined] : [[], answer.document]
      const trust = await shelf.trustFor(unread ?? documents.flatMap(({ attestations }) => attestations))
      return await verifier.verify({ target, source, documents, unread, held }, trust)
    },
    close: verifier.close,
  }
}
