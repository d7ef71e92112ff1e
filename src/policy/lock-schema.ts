import { z } from 'zod'
import { EVIDENCE_TIERS } from '../model/trust-lock.ts'
import { schemaUri } from '../model/uris.ts'

const text = z.string().min(1).max(2048)
const list = z.array(text).max(64)

const signer = z.strictObject({
  issuer: text.optional().describe('OIDC issuer'),
  repository: text.optional().describe('Shown to people; the ids decide'),
  'repository-id': text.optional(),
  'owner-id': text.optional(),
  workflow: text.optional().describe('Who signed, without the ref'),
  'build-config': text.optional().describe('The workflow that ran, where another one signed'),
  runner: text.optional(),
  refs: list.optional().describe('Patterns: * within a segment, ** across'),
  triggers: list.optional(),
  environments: list.optional(),
  identity: text.optional().describe('Name in the certificate, for signers without such claims'),
  key: text.optional().describe('SHA-256 of the public key, hex'),
  until: text.optional().describe('Version from which on it no longer counts'),
})
export type SignerText = z.infer<typeof signer>

const entry = z.strictObject({
  ecosystem: text.describe('Type of the package URL'),
  name: text,
  line: text.describe('Major version, 0.MINOR below 1.0, or *'),
  best: z.enum(EVIDENCE_TIERS).describe('Strongest evidence that a version of this line had'),
  first: text.describe('First version that was seen'),
  'owner-id': text.optional().describe('Of a model or data set'),
  unusual: z
    .array(text.regex(/^[\s\S]+ [A-Z][A-Z0-9_]*$/))
    .min(1)
    .max(1024)
    .optional()
    .describe('VERSION CODE: what a rule objected to when this version was first seen'),
  signers: z.array(signer).max(64).optional(),
})
export type EntryText = z.infer<typeof entry>

export const lockSchema = z
  .strictObject({ version: z.literal(1), entries: z.array(entry).max(200_000) })
  .describe('cleanbill.lock: from whom each dependency is accepted')

/** JSON Schema of the trust lock, for `schemas/lock-v1.schema.json`. */
export function lockJsonSchema(): unknown {
  return { $id: schemaUri('lock-v1'), ...z.toJSONSchema(lockSchema, { io: 'input' }) }
}
