import { z } from 'zod'
import { LEVELS, PROFILES } from './rules.ts'
import { schemaUri } from './uris.ts'
import { EVIDENCE_STATES, type EvidenceSummary, type Finding, type JudgedDependency, type Verdict } from './verdict.ts'

/** `schema` of the document that `cleanbill gate --json` prints. */
export const VERDICT_SCHEMA = schemaUri('verdict-v1')

const line = z.int().min(1)
const count = z.int().min(0)

export const countsSchema = z
  .record(z.enum(EVIDENCE_STATES), count)
  .describe('How many dependencies have each state; every state is there, their sum is `total`')

// Rules and codes are open lists: a new one is no new version of this document.
export const findingSchema = z.strictObject({
  rule: z.string().describe('Rule id, see docs/rules.md'),
  level: z.enum(LEVELS).describe('Only `fail` fails the run'),
  outcome: z.enum(['fire', 'unknown']).describe('unknown: the rule could not learn what it needs; never a pass'),
  code: z.string().describe('See docs/findings.md and, for refused evidence, docs/errors.md'),
  message: z.string(),
  hint: z.string().nullable().describe('What the reader can do about it'),
  dependency: z.string().nullable().describe('Id of the dependency; null: about a file, a workflow or the policy'),
  file: z.string(),
  line,
  waiver: z
    .strictObject({
      reason: z.string(),
      owner: z.string(),
      expires: z.string().describe('Last day, UTC'),
      file: z.string().nullable().describe('Where that is another file than the policy of the project'),
      line,
    })
    .nullable()
    .describe('The waiver that covers it; such a finding fails nothing'),
})

export const evidenceSchema = z.strictObject({
  source: z.string().describe('Where the attestation came from'),
  predicateType: z.string(),
  signer: z.string().describe('Name in the certificate, or fingerprint of the key'),
  repository: z.string().nullable(),
  ref: z.string().nullable(),
  commit: z.string().nullable(),
  run: z.string().nullable(),
  domain: z.string().describe('Trust domain that vouches for the signer'),
  payloadSha256: z.string(),
})

const dependency = z.strictObject({
  id: z.string().describe('Package URL where one exists, else SOURCE:LOCATION'),
  name: z.string(),
  version: z.string().nullable(),
  kind: z.string(),
  scope: z.string(),
  state: z.enum(EVIDENCE_STATES),
  qualifiers: z.array(z.enum(['new', 'unusual'])),
  reason: z.string().describe('Why it has this state, one sentence'),
  file: z.string(),
  line,
  evidence: z.array(evidenceSchema).describe('Verified attestations that count for it'),
  findings: z.array(findingSchema).describe('Objections to it; they are in the list of the whole document too'),
})

export const limitSchema = z.strictObject({ code: z.string(), message: z.string() })

/** The document of `gate --json`. */
export const gateDocumentSchema = z
  .strictObject({
    schema: z.literal(VERDICT_SCHEMA),
    verdict: z.enum(['PASSED', 'FAILED']),
    profile: z.enum(PROFILES),
    judged: z
      .union([z.literal('all'), z.strictObject({ base: z.string(), changed: count, found: count })])
      .describe('all, or what differs from a base: `changed` of `found` dependencies'),
    counts: countsSchema,
    total: count,
    dependencies: z.array(dependency),
    findings: z.array(findingSchema).describe('Sorted: what fails comes first'),
    limits: z.array(limitSchema).describe('What this verdict does not prove'),
    policy: z.string().describe('Path of the policy; built-in where there is none'),
    lock: z.string().nullable().describe('Path of the trust lock; null where there is none'),
    requests: z.record(z.string(), count).describe('Requests that were sent, by source'),
    durations: z.record(z.string(), z.number().min(0)).describe('Milliseconds by step; `total` is all of it'),
    version: z.string().describe('Version of cleanbill'),
  })
  .describe('cleanbill gate: whether a project may be built from what it depends on, and why')

export type GateDocument = z.infer<typeof gateDocumentSchema>
export type FindingEntry = z.infer<typeof findingSchema>
export type EvidenceEntry = z.infer<typeof evidenceSchema>

/** How a verdict came about, beside the verdict. */
export interface GateMeta {
  readonly version: string
  /** Path of the policy file, or `built-in`. */
  readonly policy: string
  readonly lock?: string | undefined
  /** Requests that were sent, by row of the table of sources. */
  readonly requests: Readonly<Record<string, number>>
  /** Milliseconds by step (`discover`, `fetch`, `verify`, `evaluate` …); `total` is all of it. */
  readonly durations: Readonly<Record<string, number>>
}

/** JSON Schema of the document, for `schemas/verdict-v1.schema.json`. */
export function gateJsonSchema(): unknown {
  return { $id: VERDICT_SCHEMA, ...z.toJSONSchema(gateDocumentSchema) }
}

export function toGateDocument(verdict: Verdict, meta: GateMeta): GateDocument {
  const { judged, counts } = verdict
  return {
    schema: VERDICT_SCHEMA,
    verdict: verdict.result,
    profile: verdict.profile,
    judged: judged === 'all' ? judged : { base: judged.base, changed: judged.changed, found: judged.found },
    counts: { ...counts },
    total: verdict.total,
    dependencies: verdict.dependencies.map(toDependencyEntry),
    findings: verdict.findings.map(toFindingEntry),
    limits: verdict.limits.map(({ code, message }) => ({ code, message })),
    policy: meta.policy,
    lock: meta.lock ?? null,
    requests: { ...meta.requests },
    durations: { ...meta.durations },
    version: meta.version,
  }
}

function toDependencyEntry(one: JudgedDependency): z.infer<typeof dependency> {
  return {
    id: one.id,
    name: one.name,
    version: one.version ?? null,
    kind: one.kind,
    scope: one.scope,
    state: one.state,
    qualifiers: [...one.qualifiers],
    reason: one.reason,
    file: one.file,
    line: one.line,
    evidence: one.evidence.map(toEvidenceEntry),
    findings: one.findings.map(toFindingEntry),
  }
}

function toWaiverEntry({ reason, owner, expires, file, line: at }: NonNullable<Finding['waiver']>) {
  return { reason, owner, expires, file: file ?? null, line: at }
}

/** What can be absent is null, so that every key is always there. */
export function toFindingEntry(finding: Finding): FindingEntry {
  const { rule, level, outcome, code, message, hint, dependency: id, file, line: at, waiver } = finding
  return {
    rule,
    level,
    outcome,
    code,
    message,
    hint: hint ?? null,
    dependency: id ?? null,
    file,
    line: at,
    waiver: waiver === undefined ? null : toWaiverEntry(waiver),
  }
}

export function toEvidenceEntry(evidence: EvidenceSummary): EvidenceEntry {
  const { source, predicateType, signer, repository, ref, commit, run, domain, payloadSha256 } = evidence
  return {
    source,
    predicateType,
    signer,
    repository: repository ?? null,
    ref: ref ?? null,
    commit: commit ?? null,
    run: run ?? null,
    domain,
    payloadSha256,
  }
}
