import { z } from 'zod'
import { type Fact, NOT_ASKED, questionKey, type SourceFacts, type SourceQuestion } from '../facts.ts'
import { parseWith } from '../statement.ts'
import { PROJECT_URI } from '../uris.ts'

/** Documented in `docs/predicates/facts-v1.md`. */
export const FACTS_V1 = `${PROJECT_URI}/blob/main/docs/predicates/facts-v1.md`
/** More sources than this in one statement are refused. */
const MAX_SOURCES = 20_000

const text = z.string().max(1000)
const time = z.iso.datetime()
const optional = text.optional()
const step = { name: text, conclusion: text, startedAt: optional, completedAt: optional }

const observed = <T extends z.ZodType>(value: T) => z.strictObject({ observedAt: time, value }).optional()

const entrySchema = z.strictObject({
  source: z.strictObject({
    server: text,
    owner: text,
    repository: text,
    commit: text,
    ref: optional,
    refPatterns: z.array(text),
    run: z.strictObject({ id: text, attempt: text }).optional(),
  }),
  repository: observed(z.strictObject({ id: text, ownerId: text, defaultBranch: text })),
  reachability: observed(
    z.strictObject({
      reachableFrom: text.nullable(),
      tags: z.array(z.strictObject({ name: text, immutable: z.boolean() })),
    }),
  ),
  run: observed(
    z.strictObject({
      conclusion: text,
      event: text,
      headSha: text,
      path: text,
      startedAt: text,
      updatedAt: text,
      jobs: z.array(z.strictObject({ ...step, steps: z.array(z.strictObject(step)) })),
    }),
  ),
  review: observed(
    z.strictObject({
      pullRequests: z.array(
        z.strictObject({
          number: z.number().int(),
          merged: z.boolean(),
          author: text,
          approvers: z.array(text),
        }),
      ),
    }),
  ),
})
const factsSchema = z.strictObject({ observedAt: time, sources: z.array(entrySchema).max(MAX_SOURCES) })

/** What a gate on the default branch learned from APIs, each fact with the moment at which it was true. */
export type FactsPredicate = z.infer<typeof factsSchema>
type FactsEntry = FactsPredicate['sources'][number]

/** The facts a statement may carry. A tree follows from its commit and is long: it is asked anew. */
const KINDS = ['repository', 'reachability', 'run', 'review'] as const
type Kind = (typeof KINDS)[number]

/**
 * Predicate of a facts statement: only what is known. "Unknown" is no fact, and written down it would be taken for one.
 *
 * @param observedAt when the statement is made, RFC 3339
 */
export function buildFactsPredicate(
  questions: readonly SourceQuestion[],
  facts: ReadonlyMap<string, SourceFacts>,
  observedAt: string,
): FactsPredicate {
  const byKey = new Map(questions.map((question) => [questionKey(question), question]))
  const sources = [...byKey]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, question]) => {
      const entry = toEntry(question, facts.get(key))
      return entry === undefined ? [] : [entry]
    })
  return { observedAt, sources }
}

function toEntry(question: SourceQuestion, facts: SourceFacts | undefined): FactsEntry | undefined {
  const known = KINDS.flatMap((kind) => {
    const fact: Fact<unknown> | undefined = facts?.[kind]
    return fact?.kind === 'known' ? [[kind, { observedAt: fact.observedAt, value: fact.value }] as const] : []
  })
  if (known.length === 0) return undefined
  const { server, owner, repository, commit, ref, run } = question
  const refPatterns = [...new Set(question.refPatterns)].sort()
  const source = {
    server,
    owner,
    repository,
    commit,
    ...(ref === undefined ? {} : { ref }),
    refPatterns,
    ...(run ? { run } : {}),
  }
  // Sound: each value is of its kind in `SourceFacts`, whose shapes the schema repeats.
  return { source, ...Object.fromEntries(known) } as FactsEntry
}

/** @throws {CleanbillError} `PREDICATE_MALFORMED` */
export function parseFactsPredicate(predicate: unknown): FactsPredicate {
  return parseWith(factsSchema, predicate, 'the facts statement', 'PREDICATE_MALFORMED')
}

export interface FactsAge {
  readonly now: Date
  readonly maxAgeHours: number
}

/**
 * Which facts of a statement still hold for these questions, by their keys; everything else is as if it had not been
 * asked. Whether the statement may be believed at
 * all (its signer must be this repository's own gate on its default branch) is decided before (T-NS-18).
 *
 * The age of every fact counts by itself, from when it was observed: a statement that is signed anew does not make old
 * observations young. A fact from the future is as little worth as an old one.
 */
export function applyFacts(
  questions: readonly SourceQuestion[],
  predicate: FactsPredicate,
  { now, maxAgeHours }: FactsAge,
): ReadonlyMap<string, SourceFacts> {
  const entries = new Map(predicate.sources.map((entry) => [questionKey(entry.source), entry]))
  const answers = new Map<string, SourceFacts>()
  for (const key of new Set(questions.map(questionKey))) {
    const entry = entries.get(key)
    if (entry === undefined) continue
    const fresh = KINDS.flatMap((kind) => {
      const fact = entry[kind]
      if (fact === undefined || !isFresh(fact.observedAt, now, maxAgeHours)) return []
      return [
        [kind, { kind: 'known', value: fact.value, observedAt: fact.observedAt, from: 'facts-statement' }] as const,
      ]
    })
    // Sound: the schema has checked each value to be of its kind.
    if (fresh.length > 0) answers.set(key, { ...NOTHING, ...(Object.fromEntries(fresh) as Partial<SourceFacts>) })
  }
  return answers
}

const NOTHING: SourceFacts = {
  repository: NOT_ASKED,
  reachability: NOT_ASKED,
  run: NOT_ASKED,
  review: NOT_ASKED,
  tree: NOT_ASKED,
}

/** Does a statement's answer spare the question? Everything that is wanted must be in it. */
export function isAnswered(question: SourceQuestion, answer: SourceFacts | undefined): boolean {
  const wanted: Kind[] = ['repository', 'reachability']
  if (question.run !== undefined) wanted.push('run')
  if (question.review) wanted.push('review')
  return answer !== undefined && wanted.every((kind) => answer[kind].kind === 'known')
}

function isFresh(observedAt: string, now: Date, maxAgeHours: number): boolean {
  const age = (now.getTime() - Date.parse(observedAt)) / 3_600_000
  return age >= 0 && age <= maxAgeHours
}
