import type { FetchedDocument, UnreadDocument } from '../model/attestation.ts'
import { readUnread } from '../model/bundle.ts'
import { isCleanbillError } from '../model/error.ts'
import type { Target } from '../model/evidence.ts'
import type { Trust } from './trust-material.ts'
import { type HeldContent, type VerifiedEvidence, verifyEvidence } from './verify-evidence.ts'

/** One call of {@link verifyEvidence}. */
export interface EvidenceTask {
  readonly target: Target
  readonly source: string
  readonly documents: readonly FetchedDocument[]
  /** In place of `documents`: what has to be read first. */
  readonly unread?: UnreadDocument | undefined
  readonly held?: HeldContent | undefined
}

/**
 * Reads what has to be read, and verifies. A document that cannot be read as a whole is no evidence that is refused: its
 * source sent something else, and what it has is not known.
 *
 * @throws {CleanbillError} as {@link verifyEvidence}
 */
export function verifyTask({ target, source, documents, unread, held }: EvidenceTask, trust: Trust): VerifiedEvidence {
  if (unread === undefined) return verifyEvidence(target, source, documents, trust, held)
  let document: FetchedDocument
  try {
    document = readUnread(unread)
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    const message = `${unread.where}: ${error.message}`
    return { accepted: [], refused: [], unsupported: [{ source, fault: 'malformed', code: error.code, message }] }
  }
  return verifyEvidence(target, source, [document], trust, held)
}

/** How much work it is; a document that was not read yet counts as what is usual for its form. */
export function attestationsOf({ documents, unread }: EvidenceTask): number {
  if (unread !== undefined) return unread.form === 'npm' ? 2 : 1
  return documents.reduce((sum, { attestations }) => sum + attestations.length, 0)
}
