import { z } from 'zod'
import { parseWith, type ResourceDescriptor, resourceDescriptorSchema } from '../statement.ts'

/** Simple verification result. Source: in-toto/attestation `spec/predicates/svr.md`, v0.2. */
export const SVR_V02 = 'https://in-toto.io/attestation/svr/v0.2'

/** Properties that hold. There is no form that says FAILED: what failed has no SVR. */
export interface SvrPredicate {
  readonly verifier: { readonly id: string; readonly policies: readonly ResourceDescriptor[] }
  /** RFC 3339, UTC, `Z`. */
  readonly timeCreated: string
  readonly properties: readonly string[]
}

const svrSchema = z.looseObject({
  verifier: z.looseObject({ id: z.string().min(1), policies: z.array(resourceDescriptorSchema) }),
  timeCreated: z.iso.datetime({ offset: true }),
  properties: z.array(z.string().min(1)).min(1),
})

/** @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED` */
export function parseSvr(predicate: unknown): SvrPredicate {
  return parseWith(svrSchema, predicate, 'the verification result', 'PREDICATE_MALFORMED')
}
