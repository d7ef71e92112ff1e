import { z } from 'zod'
import { CleanbillError } from '../error.ts'
import type { JsonObject } from '../json.ts'
import { parseWith, type ResourceDescriptor, resourceDescriptorSchema } from '../statement.ts'

/** Source: in-toto/attestation `spec/predicates/link.md`, v0.3. */
export const LINK_V03 = 'https://in-toto.io/attestation/link/v0.3'

/** One step of a supply chain; its products are the statement's subjects. */
export interface LinkPredicate {
  readonly name: string
  readonly command?: readonly string[]
  /** Each with a name of its own and a digest. */
  readonly materials?: readonly ResourceDescriptor[]
  readonly byproducts?: JsonObject
  readonly environment?: JsonObject
}

const object = z.record(z.string(), z.unknown()).optional()
const linkSchema = z.looseObject({
  name: z.string().min(1),
  command: z.array(z.string()).optional(),
  materials: z.array(resourceDescriptorSchema).optional(),
  byproducts: object,
  environment: object,
})

/** @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED` */
export function parseLink(predicate: unknown): LinkPredicate {
  const parsed = parseWith(linkSchema, predicate, 'the link', 'PREDICATE_MALFORMED')
  const seen = new Set<string>()
  for (const { name, digest } of parsed.materials ?? []) {
    if (name === undefined || digest === undefined || seen.has(name)) {
      throw new CleanbillError('PREDICATE_MALFORMED', 'every material of a link has a name of its own and a digest')
    }
    seen.add(name)
  }
  // Sound: checked field by field above; zod's `unknown` values are JSON, since the statement was parsed from it.
  return parsed as unknown as LinkPredicate
}
