import type { SourceError } from '../../model/evidence.ts'
import { isJsonObject, type JsonValue } from '../../model/json.ts'
import type { SourceSession } from '../source.ts'
import { askApi, MAX_PAGES, segment, sourceError } from './api.ts'

/** GitHub allows 1,024; its answers carry whole bundles, and an answer of many megabytes is no answer in time. */
const BATCH = 100

/** By digest: its entries; `null`: this owner has nothing that we may see; a fault: ask the repository itself. */
export type BulkAnswer = readonly JsonValue[] | null | SourceError

/**
 * Attestations of one owner about many digests. Undefined: this owner cannot be asked in bulk (no token, no such
 * owner), which says nothing about any digest.
 */
export async function askBulk(
  owner: string,
  digests: readonly string[],
  session: SourceSession,
): Promise<ReadonlyMap<string, BulkAnswer> | undefined> {
  const answers = new Map<string, BulkAnswer>()
  for (let start = 0; start < digests.length; start += BATCH) {
    const batch = digests.slice(start, start + BATCH)
    const answer = await askBatch(owner, batch, session)
    if (answer === undefined) return undefined
    for (const digest of batch) answers.set(digest, answer.get(digest) ?? null)
  }
  return answers
}

/** An owner is an organisation or a person, and its name does not say which. */
async function askBatch(owner: string, digests: readonly string[], session: SourceSession) {
  for (const kind of ['orgs', 'users']) {
    const answer = await askPages(`/${kind}/${segment(owner)}/attestations/bulk-list`, digests, session)
    if (answer !== 'no-such-owner') return answer
  }
  return undefined
}

async function askPages(
  path: string,
  digests: readonly string[],
  session: SourceSession,
): Promise<Map<string, BulkAnswer> | undefined | 'no-such-owner'> {
  const found = new Map<string, JsonValue[]>()
  const named = new Set<string>()
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({ per_page: '100', ...(after === undefined ? {} : { after }) })
    const reply = await askApi(session, { path: `${path}?${query}`, body: { subject_digests: digests } })
    if (reply.kind === 'failed') return spread(digests, reply.error)
    if (reply.kind === 'refused') {
      if (page > 0) return spread(digests, sourceError('truncated', `${path}: a page is missing`))
      if (reply.error === undefined) return 'no-such-owner'
      return reply.error.fault === 'rate-limited' ? spread(digests, reply.error) : undefined
    }
    const next = readPage(reply.value, found, named)
    if (next === 'malformed') return spread(digests, sourceError('malformed', `${path}: the answer is no bulk list`))
    if (next === undefined) return complete(digests, found, named)
    after = next
  }
  return spread(digests, sourceError('truncated', `${path}: the list has more than ${MAX_PAGES} pages`))
}

/** Adds a page; the cursor of the next one, or undefined on the last. */
function readPage(
  value: JsonValue,
  found: Map<string, JsonValue[]>,
  named: Set<string>,
): string | undefined | 'malformed' {
  if (!isJsonObject(value)) return 'malformed'
  const { attestations_subject_digests: map, page_info: info } = value
  if (!isJsonObject(map)) return 'malformed'
  for (const [digest, entries] of Object.entries(map)) {
    named.add(digest)
    if (entries === null) continue
    if (!Array.isArray(entries)) return 'malformed'
    found.set(digest, [...(found.get(digest) ?? []), ...entries])
  }
  if (!isJsonObject(info) || info.has_next !== true) return undefined
  return typeof info.next === 'string' && info.next !== '' ? info.next : 'malformed'
}

/** `null` says "nothing"; a digest that no page names was not answered (T-NS-02). */
function complete(digests: readonly string[], found: ReadonlyMap<string, JsonValue[]>, named: ReadonlySet<string>) {
  const answers = new Map<string, BulkAnswer>()
  for (const digest of digests) {
    const entries = found.get(digest)
    const missing = sourceError('truncated', `GitHub's answer leaves out ${digest.slice(0, 19)}`)
    answers.set(digest, entries !== undefined && entries.length > 0 ? entries : named.has(digest) ? null : missing)
  }
  return answers
}

const spread = (digests: readonly string[], error: SourceError) =>
  new Map<string, BulkAnswer>(digests.map((digest) => [digest, error]))
