import type { FetchedDocument } from '../../model/attestation.ts'
import type { Lookup, SourceError } from '../../model/evidence.ts'
import { isJsonObject, type JsonValue } from '../../model/json.ts'
import type { SourceSession } from '../source.ts'
import {
  type ApiReply,
  askApi,
  GITHUB,
  MAX_PAGES,
  nextCursor,
  pathOf,
  type RepositoryName,
  segment,
  sourceError,
} from './api.ts'
import { readBundleEntry } from './bundles.ts'
import { askReadable } from './readable.ts'

/** More bundles than this about one digest are a fault of whoever stored them (GHSA-47q9-m4ww-924m). */
const MAX_ENTRIES = 100

/** Which attestations: all of them, or GitHub's own about a release. */
export interface ListQuestion {
  readonly repository: RepositoryName
  /** `sha256:…`; for releases `sha1:…`. */
  readonly digest: string
  readonly predicateType?: 'release'
}

/**
 * Every attestation that one repository stores about one digest, all pages of it (T-NS-02). 200 with nothing and 404
 * both occur for "nothing", and both also for "nothing that you may see": only a readable repository turns them into
 * `none` (T-NS-03).
 */
export async function listAttestations(question: ListQuestion, session: SourceSession): Promise<Lookup> {
  const { repository, digest, predicateType } = question
  const entries: JsonValue[] = []
  let after: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({ per_page: '100', ...(predicateType ? { predicate_type: predicateType } : {}) })
    if (after !== undefined) query.set('after', after)
    const reply = await askApi(session, { path: `${pathOf(repository)}/attestations/${segment(digest)}?${query}` })
    if (reply.kind !== 'json') return entries.length > 0 ? cut(digest, reply) : refusedList(reply, repository, session)
    const list = isJsonObject(reply.value) ? reply.value.attestations : undefined
    if (!Array.isArray(list)) return unavailable(sourceError('malformed', `the list for ${digest} has no attestations`))
    entries.push(...list)
    const next = nextCursor(reply.headers, 'after')
    if (next === undefined)
      return entries.length === 0 ? silence(repository, session) : readEntries(entries, question, session)
    if (next === 'broken' || entries.length > MAX_ENTRIES) break
    after = next
  }
  return cut(digest)
}

/** The bundles of a whole list. One that cannot be had makes the list a cut one: it may be the one that counts. */
export async function readEntries(
  entries: readonly JsonValue[],
  { repository, digest }: ListQuestion,
  session: SourceSession,
): Promise<Lookup> {
  if (entries.length > MAX_ENTRIES) return cut(digest)
  const name = `github:${repository.owner}/${repository.name} ${digest.slice(0, 19)}`
  const results = await Promise.all(
    entries.map((entry, index) => readBundleEntry(entry, `${name} #${index + 1}`, session)),
  )
  const documents: FetchedDocument[] = []
  for (const result of results) {
    if (result.kind === 'failed') return unavailable(result.error)
    documents.push(result.document)
  }
  return { kind: 'found', source: GITHUB, documents }
}

/** An answer of "nothing" is believed from a repository that can be read, and from no other. */
export async function silence(repository: RepositoryName, session: SourceSession): Promise<Lookup> {
  const problem = await askReadable(repository, session)
  return problem === null ? { kind: 'none', source: GITHUB } : unavailable(problem)
}

export const unavailable = (error: SourceError): Lookup => ({ kind: 'unavailable', error })

function refusedList(reply: Exclude<ApiReply, { kind: 'json' }>, repository: RepositoryName, session: SourceSession) {
  return reply.error === undefined ? silence(repository, session) : unavailable(reply.error)
}

function cut(digest: string, reply?: Exclude<ApiReply, { kind: 'json' }>): Lookup {
  const why = reply?.error === undefined ? '' : `: ${reply.error.message}`
  return unavailable(sourceError('truncated', `the list of attestations for ${digest.slice(0, 19)} is not whole${why}`))
}

/** Several repositories, or several digests, of one target: any found counts, and silence must be unanimous. */
export function mergeLookups(lookups: readonly Lookup[]): Lookup {
  const found = lookups.flatMap((lookup) => (lookup.kind === 'found' ? lookup.documents : []))
  if (found.length > 0) return { kind: 'found', source: GITHUB, documents: found }
  return lookups.find(({ kind }) => kind === 'unavailable') ?? { kind: 'none', source: GITHUB }
}
