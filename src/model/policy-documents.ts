import { z } from 'zod'
import { evidenceSchema, findingSchema, toEvidenceEntry, toFindingEntry } from './gate-document.ts'
import { LEVELS, type Level, PROFILES, type Profile, type RuleId } from './rules.ts'
import { schemaUri } from './uris.ts'
import { EVIDENCE_STATES, type EvidenceState, type EvidenceSummary, type Finding } from './verdict.ts'

/** `schema` of the document that `cleanbill policy explain --json` prints. */
export const EXPLAIN_SCHEMA = schemaUri('policy-explain-v1')
/** `schema` of the document that `cleanbill policy test --json` prints. */
export const POLICY_TEST_SCHEMA = schemaUri('policy-test-v1')

/** What an entry that has to do with a dependency is part of. */
export const EXPLAINED_PARTS = ['require', 'allow', 'waiver', 'lock'] as const

/** One entry of the policy or the trust lock that applies to a dependency, and where it stands. */
export interface ExplainedEntry {
  readonly kind: (typeof EXPLAINED_PARTS)[number]
  readonly file: string
  readonly line: number
  /** What the entry says, in one sentence. */
  readonly says: string
}

/** How one rule looks at a dependency. */
export interface ExplainedRule {
  readonly rule: RuleId
  /** What it does when it fires on this dependency. */
  readonly level: Level | 'off'
  /** The profile, or the policy's own setting. */
  readonly because: string
}

/** Why one dependency is judged as it is. */
export interface Explanation {
  readonly id: string
  readonly file: string
  readonly line: number
  /** Undefined where nothing was judged. */
  readonly state: EvidenceState | undefined
  readonly reason: string | undefined
  readonly evidence?: readonly EvidenceSummary[] | undefined
  readonly entries: readonly ExplainedEntry[]
  readonly rules: readonly ExplainedRule[]
  readonly findings: readonly Finding[]
}

/** By what it was judged. */
export interface ExplainMeta {
  /** Path of the policy, or `built-in`. */
  readonly policy: string
  readonly profile: Profile
}

const line = z.int().min(1)

const explanation = z.strictObject({
  id: z.string(),
  file: z.string(),
  line,
  state: z.enum(EVIDENCE_STATES).nullable().describe('null: nothing was judged'),
  reason: z.string().nullable(),
  evidence: z.array(evidenceSchema),
  entries: z
    .array(z.strictObject({ kind: z.enum(EXPLAINED_PARTS), file: z.string(), line, says: z.string() }))
    .describe('Entries of policy and trust lock that apply'),
  rules: z.array(z.strictObject({ rule: z.string(), level: z.enum([...LEVELS, 'off']), because: z.string() })),
  findings: z.array(findingSchema),
})

/** The document of `policy explain --json`: one item for each place where the dependency is named. */
export const explainDocumentSchema = z
  .strictObject({
    schema: z.literal(EXPLAIN_SCHEMA),
    policy: z.string(),
    profile: z.enum(PROFILES),
    explanations: z.array(explanation),
  })
  .describe('cleanbill policy explain: which entries of the policy apply to a dependency, and why')

/** One expectation of the user's own, and what came of it. */
export interface PolicyTestCase {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly passed: boolean
  /** What is other than expected. */
  readonly differences: readonly string[]
}

/** The document of `policy test --json`. */
export const policyTestDocumentSchema = z
  .strictObject({
    schema: z.literal(POLICY_TEST_SCHEMA),
    passed: z.boolean(),
    cases: z.array(
      z.strictObject({
        name: z.string(),
        file: z.string(),
        line,
        passed: z.boolean(),
        differences: z.array(z.string()).describe('What is other than expected'),
      }),
    ),
  })
  .describe("cleanbill policy test: a user's own expectations of a policy")

export type ExplainDocument = z.infer<typeof explainDocumentSchema>
export type PolicyTestDocument = z.infer<typeof policyTestDocumentSchema>

/** JSON Schema of the document, for `schemas/policy-explain-v1.schema.json`. */
export function explainJsonSchema(): unknown {
  return { $id: EXPLAIN_SCHEMA, ...z.toJSONSchema(explainDocumentSchema) }
}

/** JSON Schema of the document, for `schemas/policy-test-v1.schema.json`. */
export function policyTestJsonSchema(): unknown {
  return { $id: POLICY_TEST_SCHEMA, ...z.toJSONSchema(policyTestDocumentSchema) }
}

export function toExplainDocument(explanations: readonly Explanation[], meta: ExplainMeta): ExplainDocument {
  return {
    schema: EXPLAIN_SCHEMA,
    policy: meta.policy,
    profile: meta.profile,
    explanations: explanations.map((one) => ({
      id: one.id,
      file: one.file,
      line: one.line,
      state: one.state ?? null,
      reason: one.reason ?? null,
      evidence: (one.evidence ?? []).map(toEvidenceEntry),
      entries: one.entries.map(({ kind, file, line: at, says }) => ({ kind, file, line: at, says })),
      rules: one.rules.map(({ rule, level, because }) => ({ rule, level, because })),
      findings: one.findings.map(toFindingEntry),
    })),
  }
}

/** No case at all is no pass: a folder without expectations proves nothing. */
export function toPolicyTestDocument(cases: readonly PolicyTestCase[]): PolicyTestDocument {
  return {
    schema: POLICY_TEST_SCHEMA,
    passed: cases.length > 0 && cases.every(({ passed }) => passed),
    cases: cases.map(({ name, file, line: at, passed, differences }) => ({
      name,
      file,
      line: at,
      passed,
      differences: [...differences],
    })),
  }
}
