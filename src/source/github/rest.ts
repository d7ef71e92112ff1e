import type { Fact, ReachabilityFact, RepositoryFact, TreeFact } from '../../model/facts.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { unknownFact } from '../answers.ts'
import type { SourceSession } from '../source.ts'
import { askApi, keyOf, memoOf, pathOf, type RepositoryName, segment, segments } from './api.ts'
import type { Budget, Quota } from './budget.ts'
import { knownNow, unknown } from './read-facts.ts'

/** Asks by REST, each request paid from one quota. */
export interface RestAsker {
  readonly session: SourceSession
  readonly budget: Budget
  readonly quota: Exclude<Quota, 'graphql'>
}

/** What became of one request; all but `value` are reasons why a fact is not known. */
export type RestAnswer =
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'missing'; readonly text: string }
  | { readonly kind: 'unknown'; readonly fact: Fact<never> }

export async function askRest({ session, budget, quota }: RestAsker, path: string): Promise<RestAnswer> {
  if (!budget.take(quota, 1)) return { kind: 'unknown', fact: overBudget() }
  const reply = await askApi(session, { path, ...(quota === 'anonymous' ? { anonymous: true } : {}) })
  if (reply.kind === 'failed') {
    // What the client has learned of the limit is newer than what stood there at the beginning.
    if (reply.error.fault === 'rate-limited') return { kind: 'unknown', fact: overBudget() }
    return { kind: 'unknown', fact: unknownFact(reply.error) }
  }
  const remaining = reply.headers.get('x-ratelimit-remaining')
  if (remaining !== null && /^\d+$/.test(remaining)) budget.settle(quota, 1, 1, Number(remaining))
  if (reply.kind === 'json') return { kind: 'value', value: reply.value }
  if (reply.error === undefined) return { kind: 'missing', text: reply.text }
  if (reply.error.fault === 'rate-limited') return { kind: 'unknown', fact: overBudget() }
  return { kind: 'unknown', fact: unknown('CONTEXT_UNKNOWN', reply.error.message) }
}

export const overBudget = () =>
  unknown('NOT_ASKED_BUDGET', "half of what was left of the token's quota is used up; the next run goes on from here")

const repositories = memoOf<Promise<Fact<RepositoryFact>>>()

/** Ids and default branch; once for each repository, whoever asks. */
export function restRepository(asker: RestAsker, name: RepositoryName): Promise<Fact<RepositoryFact>> {
  const memo = repositories(asker.session)
  const fact = memo.get(keyOf(name)) ?? askRepository(asker, name)
  memo.set(keyOf(name), fact)
  return fact
}

async function askRepository(asker: RestAsker, name: RepositoryName): Promise<Fact<RepositoryFact>> {
  const answer = await askRest(asker, pathOf(name))
  if (answer.kind === 'unknown') return answer.fact
  const value: JsonValue = answer.kind === 'value' ? answer.value : null
  const owner = isJsonObject(value) ? value.owner : undefined
  if (!isJsonObject(value) || !isJsonObject(owner)) return absent(name)
  const { id, default_branch: branch } = value
  if (!isId(id) || !isId(owner.id) || typeof branch !== 'string') return malformed(name)
  return knownNow({ id: String(id), ownerId: String(owner.id), defaultBranch: branch }, asker.session.now())
}

const isId = (value: JsonValue | undefined): value is number | string => /^[1-9]\d*$/.test(String(value))

export const absent = ({ owner, name }: RepositoryName) =>
  unknown('CONTEXT_UNKNOWN', `${owner}/${name} is private, deleted or blocked: what happened there cannot be told`)
export const malformed = ({ owner, name }: RepositoryName) =>
  unknown('CONTEXT_UNKNOWN', `GitHub's answer about ${owner}/${name} has another shape than its schema says`)

/** `orphan`: the two histories share nothing, which GitHub says by a 404. */
export type RestComparison = 'contained' | 'outside' | 'orphan' | Fact<never>

/**
 * Is a commit in the history of a branch? The second page of one commit a page: the first would bring the patches of
 * every changed file along.
 */
export async function restCompare(
  asker: RestAsker,
  name: RepositoryName,
  branch: string,
  /** Or the name of a tag or branch. */
  commit: string,
): Promise<RestComparison> {
  const range = `${segments(branch)}...${segments(commit)}`
  const answer = await askRest(asker, `${pathOf(name)}/compare/${range}?per_page=1&page=2`)
  if (answer.kind === 'unknown') return answer.fact
  if (answer.kind === 'missing') {
    return /no common ancestor/i.test(answer.text)
      ? 'orphan'
      : unknown('CONTEXT_UNKNOWN', `GitHub cannot compare ${commit.slice(0, 12)} with ${branch}`)
  }
  const status = isJsonObject(answer.value) ? answer.value.status : undefined
  if (status === 'behind' || status === 'identical') return 'contained'
  return status === 'ahead' || status === 'diverged' ? 'outside' : malformed(name)
}

const releases = memoOf<Promise<boolean | undefined>>()
/** Of the tags at one commit, so many are asked about; the others count as mutable. */
const MAX_RELEASES = 5

/**
 * Which tags at a commit can be moved. Only an immutable release's cannot: GitHub says so of a release, and GraphQL has
 * no such field. What could not be learned counts as mutable.
 */
export async function restTags(
  asker: RestAsker,
  name: RepositoryName,
  tags: readonly string[],
): Promise<ReachabilityFact['tags']> {
  const memo = releases(asker.session)
  return Promise.all(
    tags.map(async (tag, index) => {
      const key = `${keyOf(name)} ${tag}`
      const answer =
        memo.get(key) ?? (index < MAX_RELEASES ? askImmutable(asker, name, tag) : Promise.resolve(undefined))
      memo.set(key, answer)
      return { name: tag, immutable: (await answer) === true }
    }),
  )
}

async function askImmutable(asker: RestAsker, name: RepositoryName, tag: string): Promise<boolean | undefined> {
  const answer = await askRest(asker, `${pathOf(name)}/releases/tags/${segment(tag)}`)
  return answer.kind === 'value' && isJsonObject(answer.value)
    ? answer.value.immutable === true && answer.value.tag_name === tag
    : undefined
}

const trees = memoOf<Promise<Fact<TreeFact>>>()

/** The files of a commit, once for each commit, whoever asks. GitHub cuts long lists, and says so. */
export function restTree(asker: RestAsker, name: RepositoryName, commit: string): Promise<Fact<TreeFact>> {
  const memo = trees(asker.session)
  const key = `${keyOf(name)} ${commit}`
  const fact = memo.get(key) ?? askTree(asker, name, commit)
  memo.set(key, fact)
  return fact
}

async function askTree(asker: RestAsker, name: RepositoryName, commit: string): Promise<Fact<TreeFact>> {
  const answer = await askRest(asker, `${pathOf(name)}/git/trees/${segment(commit)}?recursive=1`)
  if (answer.kind === 'unknown') return answer.fact
  if (answer.kind === 'missing') {
    // A repository that is private or gone answers in the same way: only one that can be read lacks its commit.
    const repository = await restRepository(asker, name)
    return repository.kind === 'known' ? knownNow(NO_TREE, asker.session.now()) : repository
  }
  const { tree, truncated } = isJsonObject(answer.value) ? answer.value : {}
  if (!Array.isArray(tree)) return malformed(name)
  const files = tree.filter((entry): entry is JsonObject => isJsonObject(entry) && entry.type === 'blob')
  const paths = files.flatMap(({ path, size }) =>
    typeof path === 'string' ? [{ path, bytes: typeof size === 'number' ? size : 0 }] : [],
  )
  return knownNow({ paths, truncated: truncated !== false }, asker.session.now())
}

/** The repository can be read, and has no such commit or tag. */
export const NO_TREE: TreeFact = { missing: true, paths: [], truncated: false }
