import { z } from 'zod'
import { type Profile, RULE_IDS, type RuleId } from './rules.ts'
import { schemaUri } from './uris.ts'
import { EVIDENCE_STATES } from './verdict.ts'

/** `schema` of the document that `cleanbill museum --json` prints. */
export const MUSEUM_SCHEMA = schemaUri('museum-v1')

/** What verifying signatures says by itself, with no question about who signed. */
export const SIGNATURE_ANSWERS = ['valid', 'nothing', 'invalid', 'mixed'] as const
export type SignatureAnswer = (typeof SIGNATURE_ANSWERS)[number]

/** `unusual`: it prints something, which fails nobody and is no warning either. */
export const RULE_ANSWERS = ['fire', 'unusual', 'quiet', 'unknown'] as const
export type RuleAnswer = (typeof RULE_ANSWERS)[number]

const ruleId = z.enum(RULE_IDS as [RuleId, ...RuleId[]])
const verdict = z.enum(['PASSED', 'FAILED'])

/** What one profile says of an exhibit, in full: the file `expected.json` holds one for each. */
const expectedProfile = z.strictObject({
  verdict,
  states: z.record(z.string(), z.enum(EVIDENCE_STATES)),
  findings: z.array(z.string()).describe('`LEVEL RULE CODE DEPENDENCY`, sorted'),
  limits: z.array(z.string()),
})
export type ExpectedProfile = z.infer<typeof expectedProfile>

export const expectedSchema = z.strictObject({
  signatureOnly: z.enum(SIGNATURE_ANSWERS),
  rules: z
    .partialRecord(ruleId, z.enum(RULE_ANSWERS))
    .describe('What a rule must say of what was attacked; a rule that is not named may say anything'),
  profiles: z.strictObject({ baseline: expectedProfile, recommended: expectedProfile, strict: expectedProfile }),
})
/** The file `expected.json` of an exhibit. */
export type Expected = z.infer<typeof expectedSchema>

/** One exhibit, as it was judged just now. */
export interface ExhibitResult {
  /** `axios-2026-03/v1` */
  readonly slug: string
  readonly title: string
  readonly notCaught: string | undefined
  readonly actual: Expected
  /** What is otherwise than `expected.json` says, a line each. */
  readonly differences: readonly string[]
}

const profileResult = z.strictObject({
  verdict,
  rules: z.array(ruleId).describe('Of a FAILED: the rules that failed it; of a PASSED: those that warn'),
})

/** The document of `museum --json`. */
export const museumDocumentSchema = z
  .strictObject({
    schema: z.literal(MUSEUM_SCHEMA),
    exhibits: z.array(
      z.strictObject({
        slug: z.string(),
        title: z.string(),
        signatureOnly: z.enum(SIGNATURE_ANSWERS).describe('What a check of signatures alone says'),
        profiles: z.strictObject({ baseline: profileResult, recommended: profileResult, strict: profileResult }),
        notCaught: z.string().exactOptional(),
        matchesExpected: z.boolean(),
        differences: z.array(z.string()),
      }),
    ),
  })
  .describe('cleanbill museum: real attacks, replayed')
export type MuseumDocument = z.infer<typeof museumDocumentSchema>

export function toMuseumDocument(results: readonly ExhibitResult[]): MuseumDocument {
  return {
    schema: MUSEUM_SCHEMA,
    exhibits: results.map(({ slug, title, notCaught, actual, differences }) => ({
      slug,
      title,
      signatureOnly: actual.signatureOnly,
      profiles: {
        baseline: toProfile(actual, 'baseline'),
        recommended: toProfile(actual, 'recommended'),
        strict: toProfile(actual, 'strict'),
      },
      ...(notCaught === undefined ? {} : { notCaught }),
      matchesExpected: differences.length === 0,
      differences: [...differences],
    })),
  }
}

function toProfile(actual: Expected, profile: Profile) {
  const { verdict: result } = actual.profiles[profile]
  return { verdict: result, rules: [...decidingRules(actual, profile)] }
}

/** In the order in which findings are shown. */
export function decidingRules({ profiles }: Expected, profile: Profile): readonly RuleId[] {
  const { verdict: result, findings } = profiles[profile]
  const level = result === 'FAILED' ? 'fail' : 'warn'
  const found = new Set(findings.filter((one) => one.startsWith(`${level} `)).map((one) => one.split(' ')[1]))
  return RULE_IDS.filter((id) => found.has(id))
}

/** JSON Schema of the document, for `schemas/museum-v1.schema.json`. */
export function museumJsonSchema(): unknown {
  return { $id: MUSEUM_SCHEMA, ...z.toJSONSchema(museumDocumentSchema) }
}
