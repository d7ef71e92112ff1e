import { z } from 'zod'
import type { JsonObject } from '../json.ts'
import { parseWith, type ResourceDescriptor, resourceDescriptorSchema } from '../statement.ts'

/** Always this string, under SLSA 1.0, 1.1 and 1.2 alike. Source: slsa.dev/spec/v1.2/provenance. */
export const PROVENANCE_V1 = 'https://slsa.dev/provenance/v1'
export const PROVENANCE_V02 = 'https://slsa.dev/provenance/v0.2'

/** What was built and from what. Source: SLSA provenance v1, `BuildDefinition`. */
export interface BuildDefinition {
  /** TypeURI: how to read `externalParameters`. */
  readonly buildType: string
  /** Under the tenant's control, complete; a verifier should reject keys it does not know. */
  readonly externalParameters: JsonObject
  /** Set by the platform. */
  readonly internalParameters?: JsonObject
  /** Unordered, best effort. */
  readonly resolvedDependencies?: readonly ResourceDescriptor[]
}

/** Who ran it and when. Source: SLSA provenance v1, `RunDetails`. Times are RFC 3339, UTC, `Z`. */
export interface RunDetails {
  readonly builder: {
    readonly id: string
    readonly version?: Readonly<Record<string, string>>
    readonly builderDependencies?: readonly ResourceDescriptor[]
  }
  readonly metadata?: { readonly invocationId?: string; readonly startedOn?: string; readonly finishedOn?: string }
  readonly byproducts?: readonly ResourceDescriptor[]
}

/** Predicate of `https://slsa.dev/provenance/v1`. Fields named `<vendor>_<name>` are extensions and kept by the parser. */
export interface ProvenancePredicate {
  readonly buildDefinition: BuildDefinition
  readonly runDetails: RunDetails
}

const descriptors = z
  .array(resourceDescriptorSchema)
  .nullish()
  .transform((list) => list ?? [])
const object = z.record(z.string(), z.unknown())

const provenanceSchema = z.looseObject({
  buildDefinition: z.looseObject({
    buildType: z.string().min(1),
    externalParameters: object,
    internalParameters: object.nullish().transform((value) => value ?? {}),
    resolvedDependencies: descriptors,
  }),
  runDetails: z.looseObject({
    builder: z.looseObject({ id: z.string().min(1) }),
    metadata: z
      .looseObject({
        invocationId: z.string().nullish(),
        startedOn: z.string().nullish(),
        finishedOn: z.string().nullish(),
      })
      .nullish()
      .transform((value) => value ?? {}),
    byproducts: descriptors,
  }),
})

/**
 * Parses a SLSA provenance v1 predicate. Unset, `null` and empty mean the same and come back as empty.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export function parseProvenance(predicate: unknown): ProvenancePredicate {
  const parsed = parseWith(provenanceSchema, predicate, 'the provenance', 'PREDICATE_MALFORMED')
  // Sound: the schema has checked every field the type names; `unknown` values are JSON, as the statement was parsed from it.
  return parsed as unknown as ProvenancePredicate
}
