import { z } from 'zod'
import { parseJson } from '../../../model/json.ts'
import type { WorldAdvisory, WorldEcosystem } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { WorldState } from '../state.ts'

/** osv.dev: batches of questions, and one advisory by its id. Source: google.github.io/osv.dev/api. */
export const osvService: WorldService = { origin: 'osv', handle }

const NAMES: Readonly<Record<string, WorldEcosystem>> = {
  npm: 'npm',
  PyPI: 'pypi',
  'crates.io': 'cargo',
  Go: 'go',
  RubyGems: 'rubygems',
  Maven: 'maven',
}

const questions = z.strictObject({
  queries: z
    .array(
      z.strictObject({
        package: z.strictObject({ name: z.string(), ecosystem: z.string() }),
        version: z.string(),
        page_token: z.string().optional(),
      }),
    )
    .max(1000),
})

function handle({ method, url, body }: WorldRequest, state: WorldState): WorldAnswer {
  const advisories = state.description().advisories ?? []
  const [, id] = /^\/v1\/vulns\/([^/]+)$/.exec(decodeURIComponent(url.pathname)) ?? []
  if (id !== undefined && method === 'GET') {
    const advisory = advisories.find((one) => one.id === id)
    return advisory === undefined ? refusal(404, 5, 'Bug not found.') : { status: 200, body: toDetail(advisory) }
  }
  if (url.pathname !== '/v1/querybatch' || method !== 'POST') return refusal(404, 5, 'Not Found')
  return answerBatch(body, advisories)
}

function answerBatch(body: Uint8Array, advisories: readonly WorldAdvisory[]): WorldAnswer {
  const asked = questions.safeParse(parseOrNothing(body))
  if (!asked.success) return refusal(400, 3, 'Invalid query.')
  if (asked.data.queries.some(({ package: { ecosystem } }) => NAMES[ecosystem] === undefined)) {
    return refusal(400, 3, 'Invalid ecosystem.')
  }
  const results = asked.data.queries.map(({ package: { name, ecosystem }, version }) => {
    const hits = advisories.filter(
      (one) =>
        one.ecosystem === NAMES[ecosystem] &&
        one.name === name &&
        // The version as each ecosystem's advisories write it: Go's have no v.
        one.versions.some((own) => own === version || (one.ecosystem === 'go' && own === `v${version}`)),
    )
    return hits.length === 0 ? {} : { vulns: hits.map(({ id }) => ({ id, modified: '2026-01-01T00:00:00Z' })) }
  })
  return { status: 200, body: { results } }
}

function toDetail({ id, ecosystem, name, versions, summary, withdrawn }: WorldAdvisory): object {
  return {
    id,
    summary: summary ?? `Malicious code in ${name} (${ecosystem})`,
    modified: '2026-01-01T00:00:00Z',
    published: '2026-01-01T00:00:00Z',
    ...(withdrawn === undefined ? {} : { withdrawn }),
    affected: [{ package: { name, ecosystem: Object.keys(NAMES).find((key) => NAMES[key] === ecosystem) }, versions }],
    schema_version: '1.7.3',
  }
}

function parseOrNothing(body: Uint8Array): unknown {
  try {
    return parseJson(body, 'the question')
  } catch {
    return undefined
  }
}

const refusal = (status: number, code: number, message: string): WorldAnswer => ({ status, body: { code, message } })
