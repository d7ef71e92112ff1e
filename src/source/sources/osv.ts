import { z } from 'zod'
import type { Dependency } from '../../model/dependency.ts'
import type { AdvisoryFact, Fact } from '../../model/facts.ts'
import { parseJson } from '../../model/json.ts'
import { parseWith } from '../../model/statement.ts'
import type { EvidenceAnswer, EvidenceRequest } from '../client.ts'
import { isUnavailable, knownFact, parsedOr, refusedStatus, unknownFact } from '../outcome.ts'
import type { Source, SourceSession } from '../source.ts'

const SOURCE = 'osv'
/** Queries in one request. Source: google.github.io/osv.dev, "POST /v1/querybatch". */
const BATCH = 1000
const MAX_PAGES = 10

/** Names of ecosystems there. */
const ECOSYSTEMS: Readonly<Record<string, string>> = {
  npm: 'npm',
  pypi: 'PyPI',
  cargo: 'crates.io',
  golang: 'Go',
  gem: 'RubyGems',
  maven: 'Maven',
}

/**
 * OSV, for what is known to be malicious (`MAL-…`, from ossf/malicious-packages). Ordinary vulnerabilities are not asked
 * for: a version with a bug is not a version that was taken over, and R15 would stop every pipeline there is.
 */
export const osvSource: Source = {
  id: SOURCE,
  covers: ({ ecosystem, source, version }) =>
    ECOSYSTEMS[ecosystem] !== undefined && source === 'registry' && version !== undefined,
  advisories,
}

type Answer = Fact<readonly AdvisoryFact[]>

async function advisories(dependencies: readonly Dependency[], session: SourceSession): Promise<readonly Answer[]> {
  const batches: (readonly Dependency[])[] = []
  for (let at = 0; at < dependencies.length; at += BATCH) batches.push(dependencies.slice(at, at + BATCH))
  const details = new Map<string, Promise<AdvisoryFact | string>>()
  const answers = await Promise.all(batches.map((batch) => askBatch(batch, session)))
  return Promise.all(
    answers.flat().map(async (ids): Promise<Answer> => {
      if (typeof ids === 'string') return unknownFact(ids)
      const learned = await Promise.all(
        ids.map((id) => {
          const detail = details.get(id) ?? loadAdvisory(id, session)
          details.set(id, detail)
          return detail
        }),
      )
      const failed = learned.find((one) => typeof one === 'string')
      if (failed !== undefined) return unknownFact(failed)
      return knownFact(
        session,
        learned.filter((one) => typeof one !== 'string'),
      )
    }),
  )
}

interface Query {
  readonly index: number
  readonly package: { readonly name: string; readonly ecosystem: string }
  readonly version: string
  readonly page_token?: string
}

const batchSchema = z.looseObject({
  results: z.array(
    z
      .looseObject({
        vulns: z.array(z.looseObject({ id: z.string().max(100) })).nullish(),
        next_page_token: z.string().nullish(),
      })
      .nullish(),
  ),
})

/** Ids of malicious-package advisories by dependency, or why there is no answer. */
async function askBatch(batch: readonly Dependency[], session: SourceSession): Promise<(string[] | string)[]> {
  const found: string[][] = batch.map(() => [])
  let queries = batch.map(toQuery)
  for (let page = 0; queries.length > 0; page++) {
    if (page === MAX_PAGES) return batch.map(() => 'the list of advisories does not end')
    const body = JSON.stringify({ queries: queries.map(({ index: _, ...query }) => query) })
    const results = await ask(
      { url: `${session.origin('osv')}/v1/querybatch`, method: 'POST', body },
      session,
      batchSchema,
    )
    if (typeof results === 'string') return batch.map(() => results)
    // Answers are told apart by their place alone: one too few would move all that follow to another package.
    if (results.results.length !== queries.length)
      return batch.map(() => 'the answer has another length than the question')
    queries = queries.flatMap((query, at): Query[] => {
      const result = results.results[at]
      const ids = (result?.vulns ?? []).map(({ id }) => id).filter((id) => id.startsWith('MAL-'))
      found[query.index]?.push(...ids)
      const token = result?.next_page_token
      return token ? [{ ...query, page_token: token }] : []
    })
  }
  return found
}

function toQuery({ ecosystem, name, version = '' }: Dependency, index: number): Query {
  // OSV writes Go versions without the v.
  const bare = ecosystem === 'golang' ? version.replace(/^v/, '') : version
  return { index, package: { name, ecosystem: ECOSYSTEMS[ecosystem] ?? '' }, version: bare }
}

const advisorySchema = z.looseObject({
  id: z.string(),
  summary: z.string().nullish(),
  /** A time: the advisory no longer stands (T-PP-22). */
  withdrawn: z.string().nullish(),
})

async function loadAdvisory(id: string, session: SourceSession): Promise<AdvisoryFact | string> {
  const url = `${session.origin('osv')}/v1/vulns/${encodeURIComponent(id)}`
  const advisory = await ask({ url }, session, advisorySchema)
  if (typeof advisory === 'string') return advisory
  if (advisory.id !== id) return `the answer about ${id} is about another advisory`
  return { id, summary: (advisory.summary ?? '').slice(0, 500), withdrawn: Boolean(advisory.withdrawn) }
}

/** @returns a text where there is no answer: silence is not "no advisory" */
async function ask<T>(
  request: Pick<EvidenceRequest, 'url' | 'method' | 'body'>,
  session: SourceSession,
  schema: z.ZodType<T>,
): Promise<T | string> {
  const headers = {
    accept: 'application/json',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
  }
  const answer: EvidenceAnswer = await session.client.fetch({ source: SOURCE, ...request, headers })
  if (answer.kind === 'failed') return answer.error.message
  if (answer.status !== 200) return refusedStatus(SOURCE, SOURCE, answer).error.message
  const parsed = parsedOr(SOURCE, SOURCE, () => parseWith(schema, parseJson(answer.body, 'the answer'), 'the answer'))
  return isUnavailable(parsed) ? parsed.error.message : parsed
}
