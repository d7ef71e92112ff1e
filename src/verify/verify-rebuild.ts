import { createPublicKey } from 'node:crypto'
import type { FetchedDocument } from '../model/attestation.ts'
import { isCleanbillError } from '../model/error.ts'
import type { Statement } from '../model/statement.ts'
import type { TrustedKey } from './trust-material.ts'
import { verifyAttestation } from './verify-attestation.ts'

/**
 * Key of the OSS Rebuild service: P-256, SHA-256, static. It signs without a certificate, a log or a timestamp, so it
 * counts for ever until it is replaced here. Source: google/oss-rebuild `cmd/oss-rebuild/verify.go`.
 */
const OSS_REBUILD_KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXkyL5IFxz/Hg6DwUy0HBumXcMxt9nQSECAK6r262hPwIzjd6LpE7IPlUbwgheE87vU8EUE9tsS02MShFZGo1gg=='

/** The rebuilder that is believed where a policy names no other. */
export function ossRebuildKey(): TrustedKey {
  const key = createPublicKey({ key: Buffer.from(OSS_REBUILD_KEY, 'base64'), format: 'der', type: 'spki' })
  // No hint: the service has signed under two names of one key.
  return { hint: '', key, start: undefined, end: undefined, source: 'key' }
}

/**
 * The statements of a rebuilder that hold, for `rebuildOf`. What does not hold is left out: somebody else's word about a
 * rebuild is no word about it.
 */
export function verifyRebuild(documents: readonly FetchedDocument[], key: TrustedKey, now: Date): readonly Statement[] {
  const trust = { roots: [], keys: [key], rootCertificates: [], now }
  return documents.flatMap(({ attestations }) =>
    attestations.flatMap((attestation) => {
      try {
        const { statement } = verifyAttestation(attestation, trust)
        return statement === undefined ? [] : [statement]
      } catch (error) {
        if (!isCleanbillError(error) || error.class !== 'refused') throw error
        return []
      }
    }),
  )
}
