import { z } from 'zod'
import { CleanbillError } from '../error.ts'
import { parseWith } from '../statement.ts'

/**
 * Source: in-toto/attestation `spec/predicates/release.md`. Its page says 0.2 while schema and examples write v0.1, and
 * GitHub emits v0.2: both are read.
 */
export const RELEASE_V01 = 'https://in-toto.io/attestation/release/v0.1'
export const RELEASE_V02 = 'https://in-toto.io/attestation/release/v0.2'

/** That these files are release `purl`; one statement should name all files of the release. */
export interface ReleasePredicate {
  /** Package URL with a version. */
  readonly purl: string
  /** v0.2; called `releaseId` in v0.1. */
  readonly packageId?: string | undefined
  readonly releaseId?: string | undefined
}

const releaseSchema = z.looseObject({
  purl: z.string().startsWith('pkg:'),
  packageId: z.string().optional(),
  releaseId: z.string().optional(),
})

/** @throws {CleanbillError} `PREDICATE_MALFORMED` */
export function parseRelease(predicate: unknown): ReleasePredicate {
  const parsed = parseWith(releaseSchema, predicate, 'the release', 'PREDICATE_MALFORMED')
  const path = parsed.purl.split(/[?#]/)[0] ?? ''
  if (path.lastIndexOf('@') <= path.lastIndexOf('/')) {
    throw new CleanbillError('PREDICATE_MALFORMED', `the release names no version: ${parsed.purl.slice(0, 200)}`)
  }
  return parsed
}
