import type { HttpHeaders } from '../../io/http.ts'
import type { SourceError, SourceFault } from '../../model/evidence.ts'
import { type JsonValue, parseJson } from '../../model/json.ts'
import type { EvidenceAnswer } from '../client.ts'
import type { SourceSession } from '../source.ts'

export const GITHUB = 'github'
/** The older version: it still brings bundles along, where GitHub brings them at all (sources.md §5). */
export const API_VERSION = '2022-11-28'
/** Of one list, whatever its links say: an endless one must end. */
export const MAX_PAGES = 20

/** One request below the API's origin. */
export interface ApiRequest {
  /** Begins with `/`; every part that is no constant went through {@link segment}. */
  readonly path: string
  /** Makes it a POST. */
  readonly body?: object
  readonly maxBytes?: number
  readonly anonymous?: boolean
}

export type ApiReply =
  | { readonly kind: 'json'; readonly status: number; readonly headers: HttpHeaders; readonly value: JsonValue }
  /** An answer that says no; `fault` is what it means for evidence, undefined for 404 and 410. */
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly headers: HttpHeaders
      readonly error?: SourceError
      readonly text: string
    }
  | { readonly kind: 'failed'; readonly error: SourceError }

/**
 * Asks GitHub's REST API. An organisation's IP allow list answers 403 to credentials on data that is public: such a
 * request is repeated once without them (trivy#10567).
 */
export async function askApi(session: SourceSession, request: ApiRequest): Promise<ApiReply> {
  const first = await askOnce(session, request)
  if (first.kind !== 'refused' || first.status !== 403 || request.anonymous === true) return first
  return isAllowList(first.text) ? askOnce(session, { ...request, anonymous: true }) : first
}

async function askOnce(session: SourceSession, { path, body, maxBytes, anonymous }: ApiRequest): Promise<ApiReply> {
  const answer = await session.client.fetch({
    source: GITHUB,
    url: `${session.origin(GITHUB)}${path}`,
    headers: {
      accept: 'application/vnd.github+json',
      'x-github-api-version': API_VERSION,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(anonymous === undefined ? {} : { anonymous }),
  })
  return readReply(answer, path)
}

/** @param what how to call the answer in messages */
export function readReply(answer: EvidenceAnswer, what: string): ApiReply {
  if (answer.kind === 'failed') return answer
  const { status, headers, body } = answer
  if (status === 200) {
    const value = jsonOf(body, what)
    return value === undefined
      ? { kind: 'failed', error: sourceError('malformed', `the answer to ${what} is no JSON`) }
      : { kind: 'json', status, headers, value }
  }
  const text = new TextDecoder().decode(body.subarray(0, 2000))
  if (status === 404 || status === 410) return { kind: 'refused', status, headers, text }
  return {
    kind: 'refused',
    status,
    headers,
    text,
    error: sourceError(faultOf(status, headers), `${what}: status ${status}`),
  }
}

function jsonOf(body: Uint8Array, what: string): JsonValue | undefined {
  try {
    return parseJson(body, what)
  } catch {
    return undefined
  }
}

/** What a status means that is neither an answer nor "there is nothing" (sources.md §0.1, §5). */
export function faultOf(status: number, headers: HttpHeaders): SourceFault {
  const exhausted = headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')
  if (status === 429 || ((status === 401 || status === 403) && exhausted)) return 'rate-limited'
  if (status === 401 || status === 403 || status === 451) return 'unreadable'
  if (status === 408 || status === 425 || status >= 500) return 'unreachable'
  return 'malformed'
}

export function sourceError(fault: SourceFault, message: string, hint?: string): SourceError {
  return { source: GITHUB, fault, message, ...(hint === undefined ? {} : { hint }) }
}

export const isAllowList = (text: string): boolean => /\bIP allow list\b/i.test(text)

/** One segment of a path. Names come from lockfiles and certificates: none may climb out of its place. */
export function segment(text: string): string {
  return encodeURIComponent(text)
}

/** A path below a repository, for refs and files: slashes stay, dots that climb do not. */
export function segments(path: string): string {
  return path.split('/').map(segment).join('/')
}

export interface RepositoryName {
  readonly owner: string
  readonly name: string
}

/** `owner/name`, or a URL that ends in it; undefined when it is neither. `..` names nothing. */
export function parseRepository(text: string): RepositoryName | undefined {
  const [, owner, name] = /^(?:https:\/\/[^/]+\/)?([A-Za-z0-9_-][\w.-]*)\/([\w.-]+)$/.exec(text) ?? []
  if (owner === undefined || name === undefined || /^\.{1,2}$/.test(name)) return undefined
  return { owner, name }
}

export const pathOf = ({ owner, name }: RepositoryName): string => `/repos/${segment(owner)}/${segment(name)}`

/** GitHub compares names without case; so do our maps, never our decisions: those compare numeric ids. */
export const keyOf = ({ owner, name }: RepositoryName): string => `${owner}/${name}`.toLowerCase()

/**
 * The cursor of the next page, from `Link: rel="next"`. Only the cursor is taken: a URL in an answer chooses no host.
 * `broken`: there is a next page, and nothing says where.
 */
export function nextCursor(headers: HttpHeaders, parameter: 'after' | 'page'): string | undefined | 'broken' {
  const next = (headers.get('link') ?? '').split(',').find((link) => /;\s*rel="next"/.test(link))
  if (next === undefined) return undefined
  const url = /<([^>]*)>/.exec(next)?.[1]
  const cursor =
    url === undefined ? null : (URL.parse(url, 'https://api.github.com')?.searchParams.get(parameter) ?? null)
  return cursor === null || cursor === '' ? 'broken' : cursor
}

/** Remembers answers for the time of one run: the client is made anew for each. */
export function memoOf<T>(): (session: SourceSession) => Map<string, T> {
  const memos = new WeakMap<object, Map<string, T>>()
  return ({ client }) => {
    const memo = memos.get(client) ?? new Map<string, T>()
    memos.set(client, memo)
    return memo
  }
}

/** Does the configured API belong to the server that a certificate names? A name on another server is another repository. */
export function isAskable({ server }: { readonly server: string }, session: SourceSession): boolean {
  const host = URL.parse(session.origin(GITHUB))?.hostname ?? ''
  const tenant = host.endsWith('.ghe.com') ? `https://${host.replace(/^api\./, '')}` : 'https://github.com'
  return server.toLowerCase() === tenant
}
