import { z } from 'zod'
import { schemaUri } from './uris.ts'

/** `schema` of the document that `cleanbill verify --json` prints. */
export const VERIFY_SCHEMA = schemaUri('verify-v1')

const limit = z.strictObject({ code: z.string(), message: z.string() })
const texts = z.record(z.string(), z.string())

const signer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('certificate'),
    subjectAlternativeName: z.strictObject({ type: z.enum(['uri', 'email', 'otherName']), value: z.string() }),
    issuer: z.string().optional(),
    claims: texts,
    legacy: texts,
  }),
  z.strictObject({
    kind: z.literal('private-ca'),
    subject: z.string(),
    commonName: z.string().optional(),
    subjectAlternativeName: z
      .strictObject({ type: z.enum(['uri', 'email', 'otherName']), value: z.string() })
      .optional(),
    fingerprint: z.string(),
  }),
  z.strictObject({
    kind: z.literal('key'),
    hint: z.string().optional(),
    fingerprint: z.string(),
    source: z.enum(['key', 'npm-keys']),
  }),
])

const attestation = z.strictObject({
  where: z.string().describe('File and position of the attestation'),
  verified: z.boolean(),
  code: z.string().nullable(),
  message: z.string(),
  hint: z.string().nullable(),
  predicateType: z.string().nullable(),
  signer: signer.nullable(),
})

const result = {
  verified: z.boolean(),
  code: z.string().nullable().describe('Why it was refused; null when it was verified'),
  message: z.string(),
  hint: z.string().nullable().describe('What the reader can do about it'),
  artifact: z
    .strictObject({ name: z.string(), kind: z.enum(['file', 'directory', 'digest']), digest: texts })
    .nullable(),
  signer: signer.nullable().describe('Who signed the attestation that satisfied everything'),
  statement: z
    .looseObject({ _type: z.string(), predicateType: z.string() })
    .nullable()
    .describe('The in-toto statement, only after its signature was verified'),
  limits: z.array(limit).describe('What this does not prove'),
  attestations: z.array(attestation).describe('Every attestation that was looked at, with its own result'),
}

const resultSchema = z.strictObject(result)

/** The document of `verify --json`. With several artifacts the top repeats the first that failed, else the first. */
export const verifyDocumentSchema = z
  .strictObject({ schema: z.literal(VERIFY_SCHEMA), ...result, results: z.array(resultSchema).optional() })
  .describe('cleanbill verify: one artifact, or several in `results`')

export type VerifyResult = z.infer<typeof resultSchema>
export type AttestationResult = z.infer<typeof attestation>
export type VerifyDocument = z.infer<typeof verifyDocumentSchema>

/** JSON Schema of the document, for `schemas/verify-v1.schema.json`. */
export function verifyJsonSchema(): unknown {
  return { $id: VERIFY_SCHEMA, ...z.toJSONSchema(verifyDocumentSchema) }
}

/** One document for any number of artifacts; `verified` only when every one is. */
export function toVerifyDocument(results: readonly VerifyResult[]): VerifyDocument | undefined {
  const shown = results.find(({ verified }) => !verified) ?? results[0]
  if (shown === undefined) return undefined
  return { schema: VERIFY_SCHEMA, ...shown, ...(results.length > 1 ? { results: [...results] } : {}) }
}
