import { type Fact, questionKey, type SourceFacts, type SourceQuestion } from '../model/facts.ts'
import { mapBounded } from '../model/map-bounded.ts'
import { unknownFact } from './answers.ts'
import { GITHUB, isAskable } from './github/api.ts'
import { openBudget } from './github/budget.ts'
import { type Draft, draftsOf, giveUp, learn } from './github/drafts.ts'
import { askByGraphql } from './github/facts-by-graphql.ts'
import { knownNow, unknown } from './github/read-facts.ts'
import { type RestAsker, restCompare, restRepository, restTree } from './github/rest.ts'
import { restReview, restRun } from './github/rest-run.ts'
import type { SourceSession } from './source.ts'

/** GitHub keeps runs so long (sources.md §17). */
const RETENTION_DAYS = 400
const TREES_AT_ONCE = 8

export interface FactOptions {
  /** Keys of questions whose tree is wanted too. */
  readonly wantTree?: ReadonlySet<string>
  /** Runs of older versions may have been deleted by the platform. Default 400. */
  readonly retentionDays?: number
}

/**
 * What GitHub says today about the sources of signers: ids, reachability, run, review. Equal questions are asked once,
 * in batches, within half of what was left of the token's quota; what does not fit is `NOT_ASKED_BUDGET`.
 *
 * The answers are unsigned and change: they are true at the moment of asking, and nobody may keep them bare (T-NS-18).
 */
export async function askGithubFacts(
  questions: readonly SourceQuestion[],
  session: SourceSession,
  options: FactOptions = {},
): Promise<ReadonlyMap<string, SourceFacts>> {
  const drafts = draftsOf(questions, options.wantTree ?? new Set())
  await answer(drafts, session, options.retentionDays ?? RETENTION_DAYS)
  return new Map(drafts.map(({ key, facts }) => [key, facts]))
}

export { questionKey }

async function answer(drafts: readonly Draft[], session: SourceSession, retentionDays: number): Promise<void> {
  const askable = drafts.filter((draft) => {
    if (isAskable(draft.question, session)) return true
    const { server } = draft.question
    giveUp(draft, unknown('CONTEXT_UNKNOWN', `${server} is not the server whose API ${session.origin(GITHUB)} is`))
    return false
  })
  if (askable.length === 0) return
  const budget = await openBudget(session)
  if ('fault' in budget) {
    for (const draft of askable) giveUp(draft, unknownFact(budget))
    return
  }
  const asker: RestAsker = { session, budget, quota: 'core' }
  const left = budget.hasGraphql ? await askByGraphql(askable, asker, retentionDays) : askable
  const byRest: RestAsker = budget.hasGraphql ? { ...asker, quota: 'anonymous' } : asker
  // In order: with 60 requests an hour, some questions whole are worth more than all of them in part.
  for (const draft of left) await askByRest(draft, byRest, retentionDays)
  const refused = new Set(left)
  await mapBounded(
    askable.filter(({ wantsTree }) => wantsTree),
    TREES_AT_ONCE,
    async (draft) => {
      const quota = refused.has(draft) ? byRest : asker
      learn(draft, { tree: await restTree(quota, draft.name, draft.question.commit) })
    },
  )
}

/** Without GraphQL: no token, or an owner whose IP allow list refuses it while strangers may read. */
async function askByRest(draft: Draft, asker: RestAsker, retentionDays: number): Promise<void> {
  const { name, question } = draft
  const repository = await restRepository(asker, name)
  learn(draft, { repository })
  if (repository.kind !== 'known') return giveUp(draft, repository)
  const branch = repository.value.defaultBranch
  learn(draft, { reachability: await reachabilityByRest(draft, asker, branch) })
  if (question.run !== undefined) learn(draft, { run: await restRun(asker, question, retentionDays) })
  if (question.review) learn(draft, { review: await restReview(asker, question) })
}

/** Every ref costs a request here: the default branch, then the branches that the lock names without a pattern. */
async function reachabilityByRest({ name, question }: Draft, asker: RestAsker, defaultBranch: string) {
  const exact = question.refPatterns.flatMap((pattern) => /^refs\/heads\/([^*]+)$/.exec(pattern)?.[1] ?? [])
  const patterns = question.refPatterns.some((pattern) => pattern.startsWith('refs/heads/') && pattern.includes('*'))
  let open: Fact<never> | undefined
  for (const branch of new Set([defaultBranch, ...exact])) {
    const result = await restCompare(asker, name, branch, question.commit)
    if (result === 'contained')
      return knownNow({ reachableFrom: `refs/heads/${branch}`, tags: [] }, asker.session.now())
    if (typeof result !== 'string') open ??= result
  }
  if (patterns)
    open ??= unknown('CONTEXT_UNKNOWN', 'without a token the branches that match a pattern are not asked for')
  // Tags would only excuse it, and they are many: without a token nothing is excused and nothing accused.
  if (question.ref?.startsWith('refs/tags/'))
    open ??= unknown('CONTEXT_UNKNOWN', 'without a token its tag is not asked for')
  return open ?? knownNow({ reachableFrom: null, tags: [] }, asker.session.now())
}
