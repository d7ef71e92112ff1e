import { parseHttpUrl } from '../io/http.ts'
import { isRateLimit } from '../io/retry-plan.ts'
import { CleanbillError } from '../model/error.ts'
import { noAttestationStore } from '../model/no-store.ts'
import { bundleParts } from './bundle-parts.ts'
import {
  buildGithubClient,
  type GithubAnswer,
  type GithubClient,
  type GithubOptions,
  isUnavailable,
  parseRepository,
} from './github-client.ts'
import type { Publisher } from './publisher.ts'

export interface GithubStoreOptions extends GithubOptions {
  /** `GITHUB_SERVER_URL`, for the address of the page. */
  readonly serverUrl: string
  /** The run belongs to a pull request from a fork: its token cannot write, whatever the workflow says. */
  readonly fork?: boolean
}

/**
 * GitHub's attestation store: `POST /repos/{owner}/{repo}/attestations` (sources.md §5).
 *
 * @throws {CleanbillError} on publishing: `STORE_DENIED` (401, 403, 404), `STORE_NOT_AVAILABLE` (the plan has no
 *   store), `STORE_REFUSED` (other 4xx), `STORE_RATE_LIMITED`, `STORE_UNAVAILABLE` (5xx, network, unreadable answer);
 *   `BUNDLE_MALFORMED`, `BUNDLE_VERSION`; on building: `URL_DENIED`, `ARGUMENT_INVALID`
 */
export function githubStorePublisher(options: GithubStoreOptions): Publisher {
  const client = buildGithubClient(options)
  const [owner, repo] = parseRepository(options.repository)
  const server = parseHttpUrl(options.serverUrl).href.replace(/\/+$/, '')
  return {
    id: 'github-store',
    async publish(request) {
      // Serialised by us: Octokit's own encoder knows about big integers and marks them in strings.
      const data = JSON.stringify({ bundle: bundleParts(request.bundle) })
      const answer = await client('POST /repos/{owner}/{repo}/attestations', { data })
      if (answer.status !== 201) throw toStoreError(answer, options)
      const id = parseId(answer.data)
      if (id === undefined) {
        throw new CleanbillError('STORE_UNAVAILABLE', 'GitHub answered 201 without an attestation id', {
          hint: 'The attestation may have been stored; look at the attestations page of the repository.',
        })
      }
      return { publisher: 'github-store', id, url: `${server}/${owner}/${repo}/attestations/${id}` }
    },
  }
}

/** `id` is a number or a string of digits; a large number arrives as a bigint. It ends up in an address. */
function parseId(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || !('id' in data)) return undefined
  const { id } = data
  if (typeof id === 'number' && !Number.isSafeInteger(id)) return undefined
  if (typeof id !== 'number' && typeof id !== 'string' && typeof id !== 'bigint') return undefined
  return /^[1-9]\d{0,19}$/.test(String(id)) ? String(id) : undefined
}

const isPlanWithoutStore = (answer: GithubAnswer) => /feature not available/i.test(answer.message)

function toStoreError(answer: GithubAnswer, options: GithubStoreOptions): CleanbillError {
  const said = `GitHub's attestation store answered ${answer.status}: ${answer.message || 'no message'}`
  if (isUnavailable(answer)) {
    const what = answer.status === 0 ? `GitHub's attestation store cannot be reached: ${answer.message}` : said
    return new CleanbillError('STORE_UNAVAILABLE', what, { hint: 'The bundle is on disk; store it again later.' })
  }
  if (isRateLimit(answer)) {
    const wait = answer.askedMs === undefined ? '' : ` (wait ${Math.ceil(answer.askedMs / 1000)} s)`
    return new CleanbillError('STORE_RATE_LIMITED', `${said}${wait}`, {
      hint: 'The bundle is on disk; store it again when the limit has ended.',
    })
  }
  if (isPlanWithoutStore(answer)) return noAttestationStore(answer.message)
  if (answer.status === 401 || answer.status === 403) {
    return new CleanbillError('STORE_DENIED', said, { hint: permissionHint(options.fork) })
  }
  if (answer.status === 404) {
    return new CleanbillError('STORE_DENIED', said, {
      hint: `Check that the token may see ${options.repository} and that the job has "permissions: attestations: write"; GitHub Enterprise Server has no store.`,
    })
  }
  return new CleanbillError('STORE_REFUSED', said, {
    hint: answer.status < 400 ? 'Was the repository renamed? Redirects are not followed with a token.' : undefined,
  })
}

function permissionHint(fork: boolean | undefined): string {
  const read = 'the token of a pull request from a fork is read-only, whatever the workflow asks for'
  if (fork === true) return `${read[0]?.toUpperCase()}${read.slice(1)}: attest after the merge.`
  return `Give the job "permissions: attestations: write" (${read}).`
}

/** Has this repository a store? `unknown` is neither yes nor no. */
export type StoreState =
  | { readonly state: 'available' }
  | { readonly state: 'not-available'; readonly message: string }
  | { readonly state: 'unknown'; readonly reason: string }

const ZERO_DIGEST = `sha256:${'0'.repeat(64)}`

/**
 * Asked before the command runs, so that nobody trains for a week to learn that the plan has no store. Stores nothing.
 *
 * Public repositories on github.com have one. Private ones need Enterprise Cloud and an organisation; GitHub Enterprise
 * Server has none (sources.md §5).
 *
 * @throws {CleanbillError} `URL_DENIED`, `ARGUMENT_INVALID`
 */
export async function attestationStoreState(options: GithubOptions): Promise<StoreState> {
  const client = buildGithubClient(options)
  const repository = await client('GET /repos/{owner}/{repo}')
  if (repository.status !== 200) return unknown('the repository', repository)
  if (repository.headers['x-github-enterprise-version'] !== undefined) {
    return { state: 'not-available', message: 'GitHub Enterprise Server has no attestation store' }
  }
  const shape = parseVisibility(repository.data)
  if (shape === undefined) return { state: 'unknown', reason: 'the repository: the answer names no visibility' }
  if (!shape.private) return { state: 'available' }
  if (shape.ownerType === 'User') {
    return { state: 'not-available', message: 'private repositories of a user have no attestation store' }
  }
  return await askStore(client)
}

async function askStore(client: GithubClient): Promise<StoreState> {
  const answer = await client(`GET /repos/{owner}/{repo}/attestations/${ZERO_DIGEST}`, { per_page: 1 })
  if (answer.status === 200 || answer.status === 404) return { state: 'available' }
  if (answer.status === 403 && !isRateLimit(answer) && isPlanWithoutStore(answer)) {
    return { state: 'not-available', message: answer.message }
  }
  return unknown('the attestations', answer)
}

function unknown(what: string, answer: GithubAnswer): StoreState {
  const status = answer.status === 0 ? 'no answer' : `status ${answer.status}`
  return { state: 'unknown', reason: `${what}: ${status}: ${answer.message || 'no message'}` }
}

/** `private` decides; an answer whose `visibility` says otherwise is no answer. */
function parseVisibility(data: unknown): { private: boolean; ownerType: string } | undefined {
  if (typeof data !== 'object' || data === null || !('private' in data) || typeof data.private !== 'boolean') {
    return undefined
  }
  if ('visibility' in data && (data.visibility === 'public') === data.private) return undefined
  const owner = 'owner' in data ? data.owner : undefined
  const type = typeof owner === 'object' && owner !== null && 'type' in owner ? String(owner.type) : ''
  return { private: data.private, ownerType: type }
}
