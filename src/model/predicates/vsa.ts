import { z } from 'zod'
import { CleanbillError } from '../error.ts'
import { parseWith, type ResourceDescriptor, resourceDescriptorSchema } from '../statement.ts'

/** Predicate type of a SLSA verification summary. Source: slsa.dev/spec/v1.2/verification_summary. */
export const VSA_V1 = 'https://slsa.dev/verification_summary/v1'

/** What a verifier says it checked: this artifact, against this policy, with this result. */
export interface VsaPredicate {
  readonly verifier: { readonly id: string; readonly version?: Readonly<Record<string, string>> }
  /** RFC 3339, UTC, `Z`. */
  readonly timeVerified?: string
  /** Where the consumer fetches the artifact; must equal what the consumer expects. */
  readonly resourceUri: string
  readonly policy: ResourceDescriptor & { readonly uri: string }
  /** When not empty: *all* attestations that were used, each with its digest. */
  readonly inputAttestations?: readonly ResourceDescriptor[]
  readonly verificationResult: 'PASSED' | 'FAILED'
  /** At most one level a track, e.g. `SLSA_BUILD_LEVEL_2`; `['FAILED']` on failure. */
  readonly verifiedLevels: readonly string[]
  /** Transitive dependencies counted at their highest level. Unset is no claim; `{}` is "there are none". */
  readonly dependencyLevels?: Readonly<Record<string, number>>
  readonly slsaVersion?: string
}

const vsaSchema = z.looseObject({
  verifier: z.looseObject({ id: z.string().min(1), version: z.record(z.string(), z.string()).optional() }),
  timeVerified: z.iso.datetime({ offset: true }).optional(),
  resourceUri: z.string().min(1),
  policy: resourceDescriptorSchema,
  inputAttestations: z.array(resourceDescriptorSchema).optional(),
  verificationResult: z.enum(['PASSED', 'FAILED']),
  verifiedLevels: z.array(z.string()).min(1),
  dependencyLevels: z.record(z.string(), z.number().int().nonnegative()).optional(),
  slsaVersion: z
    .string()
    .regex(/^\d+\.\d+$/)
    .optional(),
})

const LEVEL = /^SLSA_([A-Z]+)_LEVEL_(\d+|UNEVALUATED)$/

/**
 * Parses a verification summary, with the rules its schema cannot say: the policy has a URI, attestations that were
 * used have digests, a track has one level, and `FAILED` stands alone and agrees with the result.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export function parseVsa(predicate: unknown): VsaPredicate {
  const parsed = parseWith(vsaSchema, predicate, 'the verification summary', 'PREDICATE_MALFORMED')
  if (parsed.policy.uri === undefined) throw malformed('the policy has no uri')
  if (parsed.inputAttestations?.some(({ digest }) => Object.keys(digest ?? {}).length === 0)) {
    throw malformed('an input attestation has no digest')
  }
  const failed = parsed.verifiedLevels.includes('FAILED')
  if (failed !== (parsed.verificationResult === 'FAILED') || (failed && parsed.verifiedLevels.length > 1)) {
    throw malformed('verificationResult and verifiedLevels contradict each other')
  }
  const tracks = parsed.verifiedLevels.flatMap((level) => LEVEL.exec(level)?.[1] ?? [])
  if (new Set(tracks).size < tracks.length) throw malformed('one track has two levels')
  // Sound: the schema has just checked every field the type names, and `policy.uri` was checked above.
  return parsed as unknown as VsaPredicate
}

/**
 * Checks the parts of a summary together and returns it, ready for {@link buildStatement}.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export function buildVsa(parts: VsaPredicate): VsaPredicate {
  const reserved = parts.verifiedLevels.find((level) => level.startsWith('SLSA_') && !isKnownLevel(level))
  // The specification keeps the prefix for itself: an invented SLSA_… level would read as a standard one.
  if (reserved !== undefined) throw malformed(`${JSON.stringify(reserved)} is no level of SLSA`)
  return parseVsa(parts)
}

function isKnownLevel(level: string): boolean {
  return LEVEL.test(level) || ['SLSA_SOURCE_TWO_PARTY_REVIEWED', 'SLSA_BUILD_REPRODUCED'].includes(level)
}

function malformed(why: string): CleanbillError {
  return new CleanbillError('PREDICATE_MALFORMED', `the verification summary is malformed: ${why}`)
}
