import { z } from 'zod'
import type { Limit } from './error.ts'
import { countsSchema, findingSchema, limitSchema, toFindingEntry } from './gate-document.ts'
import { schemaUri } from './uris.ts'
import { EVIDENCE_STATES, type EvidenceState, type Finding, type Verdict } from './verdict.ts'

/** `schema` of the document that `cleanbill init --json` prints. */
export const INIT_SCHEMA = schemaUri('init-v1')

const count = z.int().min(0)
const written = z.strictObject({
  path: z.string(),
  written: z.boolean().describe('false: it was there and is left as it is'),
})

/** The document of `init --json`. */
export const initDocumentSchema = z
  .strictObject({
    schema: z.literal(INIT_SCHEMA),
    policy: written,
    lock: written.extend({ entries: count, signers: count }),
    counts: countsSchema,
    total: count,
    ecosystems: z
      .array(z.strictObject({ ecosystem: z.string(), total: count, counts: countsSchema }))
      .describe('Largest first; their totals add up to `total`'),
    findings: z.array(findingSchema).describe('What `gate` says of the same state, under the written policy'),
    limits: z.array(limitSchema),
  })
  .describe('cleanbill init: what was written, and what share is verifiable today')

export type InitDocument = z.infer<typeof initDocumentSchema>

/** What `init` found and wrote. */
export interface InitResult {
  readonly policy: { readonly path: string; readonly written: boolean }
  readonly lock: {
    readonly path: string
    readonly written: boolean
    readonly entries: number
    readonly signers: number
  }
  readonly counts: Readonly<Record<EvidenceState, number>>
  readonly total: number
  readonly ecosystems: readonly EcosystemShare[]
  readonly findings: readonly Finding[]
  readonly limits: readonly Limit[]
}

export interface EcosystemShare {
  /** Type of the package URL, or `generic`. */
  readonly ecosystem: string
  readonly total: number
  readonly counts: Readonly<Record<EvidenceState, number>>
}

/** JSON Schema of the document, for `schemas/init-v1.schema.json`. */
export function initJsonSchema(): unknown {
  return { $id: INIT_SCHEMA, ...z.toJSONSchema(initDocumentSchema) }
}

export function toInitDocument(result: InitResult): InitDocument {
  const { policy, lock } = result
  return {
    schema: INIT_SCHEMA,
    policy: { path: policy.path, written: policy.written },
    lock: { path: lock.path, written: lock.written, entries: lock.entries, signers: lock.signers },
    counts: { ...result.counts },
    total: result.total,
    ecosystems: result.ecosystems.map(({ ecosystem, total, counts }) => ({ ecosystem, total, counts: { ...counts } })),
    findings: result.findings.map(toFindingEntry),
    limits: result.limits.map(({ code, message }) => ({ code, message })),
  }
}

/** States by ecosystem, largest first. */
export function countEcosystems({ dependencies }: Pick<Verdict, 'dependencies'>): EcosystemShare[] {
  const shares = new Map<string, Record<EvidenceState, number>>()
  for (const { id, state } of dependencies) {
    const ecosystem = /^pkg:([a-z0-9.+-]+)\//.exec(id)?.[1] ?? 'generic'
    const counts = shares.get(ecosystem) ?? noStates()
    counts[state] += 1
    shares.set(ecosystem, counts)
  }
  return [...shares]
    .map(([ecosystem, counts]) => ({ ecosystem, total: sum(counts), counts }))
    .sort((a, b) => b.total - a.total || (a.ecosystem < b.ecosystem ? -1 : 1))
}

function noStates(): Record<EvidenceState, number> {
  // Sound: the keys are exactly the states.
  return Object.fromEntries(EVIDENCE_STATES.map((state) => [state, 0])) as Record<EvidenceState, number>
}

const sum = (counts: Readonly<Record<EvidenceState, number>>) =>
  EVIDENCE_STATES.reduce((total, state) => total + counts[state], 0)
