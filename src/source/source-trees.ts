import { type Fact, NOT_ASKED, type TreeFact } from '../model/facts.ts'
import { mapBounded } from '../model/map-bounded.ts'
import { unknownFact } from './answers.ts'
import { GITHUB, isAskable, keyOf, type RepositoryName } from './github/api.ts'
import { type Budget, openBudget } from './github/budget.ts'
import { tagsPiece } from './github/fact-queries.ts'
import { askGraphql, type PieceAnswer } from './github/graphql.ts'
import { knownNow, readFirstTag, unknown } from './github/read-facts.ts'
import { absent, malformed, NO_TREE, overBudget, type RestAsker, restTree } from './github/rest.ts'
import type { SourceSession } from './source.ts'

/** The source of one version: a commit that a certificate names, or else the tag of its release. */
export interface TreeQuestion {
  /** `https://github.com` or a GHE.com server. */
  readonly server: string
  readonly name: RepositoryName
  readonly commit?: string | undefined
  /** Names that the release may be tagged with; the first one that is there counts. */
  readonly tags: readonly string[]
  /** Nobody but the registry's unsigned metadata says that this is the repository. */
  readonly claimed: boolean
}

const AT_ONCE = 8

export function treeKey({ server, name, commit, tags, claimed }: TreeQuestion): string {
  return [
    server.toLowerCase(),
    keyOf(name),
    ...(commit === undefined ? tags : [commit]),
    claimed ? 'claimed' : '',
  ].join(' ')
}

/** How projects tag a release: by version, and where several packages share a repository by name and version. */
export function releaseTags(name: string, version: string): readonly string[] {
  const bare = name.slice(name.lastIndexOf('/') + 1)
  const names = [...new Set([name, bare])].flatMap((one) => [
    `${one}@${version}`,
    `${one}-v${version}`,
    `${one}-${version}`,
  ])
  return [`v${version}`, version, ...names].filter((tag) => /^[\w@][\w@.+/-]*$/.test(tag) && !tag.includes('..'))
}

/**
 * The files in the source of versions (R12): by commit, or by the tag of the release, all tags in one question. Equal
 * questions are asked once, within the budget of {@link openBudget}.
 *
 * A repository that can be read and has no such tag is an answer: `missing`. One that only the registry names and that
 * cannot be read is none at all, since whoever publishes may write any name there: it stays `NOT_ASKED`.
 */
export async function askGithubTrees(
  questions: readonly TreeQuestion[],
  session: SourceSession,
): Promise<ReadonlyMap<string, Fact<TreeFact>>> {
  const unique = [...new Map(questions.map((question) => [treeKey(question), question])).values()]
  if (unique.length === 0) return new Map()
  const facts = new Map<string, Fact<TreeFact>>()
  const askable = unique.filter((question) => {
    if (isAskable(question, session)) return true
    const { server, claimed } = question
    const other = unknown('CONTEXT_UNKNOWN', `${server} is not the server whose API ${session.origin(GITHUB)} is`)
    facts.set(treeKey(question), claimed ? NOT_ASKED : other)
    return false
  })
  if (askable.length === 0) return facts
  const budget = await openBudget(session)
  if ('fault' in budget) {
    for (const question of askable) facts.set(treeKey(question), unknownFact(budget))
    return facts
  }
  const commits = await resolveTags(askable, session, budget)
  const asker: RestAsker = { session, budget, quota: 'core' }
  await mapBounded(askable, AT_ONCE, async (question) => {
    const key = treeKey(question)
    const { name, claimed } = question
    const commit = question.commit ?? commits.get(key) ?? malformed(name)
    const fact = typeof commit === 'string' ? await restTree(asker, name, commit) : commit
    facts.set(key, fact.kind === 'known' && claimed ? { ...fact, value: claim(fact.value, name) } : fact)
  })
  return facts
}

const claim = (tree: TreeFact, { owner, name }: RepositoryName): TreeFact => ({
  ...tree,
  claimedBy: `${owner}/${name}`,
})

/** The commit of each version's tag, by key; a fact where there is none to ask for a tree. */
async function resolveTags(
  questions: readonly TreeQuestion[],
  session: SourceSession,
  budget: Budget,
): Promise<ReadonlyMap<string, string | Fact<TreeFact>>> {
  const byTag = questions.filter(({ commit }) => commit === undefined)
  const noTags = unknown('CONTEXT_UNKNOWN', 'without a token the tags of a repository are not asked for')
  if (!budget.hasGraphql) return new Map(byTag.map((one) => [treeKey(one), one.claimed ? NOT_ASKED : noTags]))
  const pieces = byTag.map(({ name, tags }) => tagsPiece({ owner: name.owner, repository: name.name }, tags))
  const answers = await askGraphql(pieces, session, budget)
  return new Map(
    byTag.map((one, index) => {
      const answer = answers[index] ?? { kind: 'over-budget' }
      return [treeKey(one), readTag(one, answer, session.now())]
    }),
  )
}

function readTag({ name, tags, claimed }: TreeQuestion, answer: PieceAnswer, now: Date): string | Fact<TreeFact> {
  switch (answer.kind) {
    case 'over-budget':
      return overBudget()
    case 'failed':
      return unknownFact(answer.error)
    case 'answer': {
      const commit = answer.faults.length > 0 ? undefined : readFirstTag(answer.value, tags.length)
      return commit === null ? knownNow(NO_TREE, now) : (commit ?? malformed(name))
    }
    default:
      return claimed ? NOT_ASKED : absent(name)
  }
}
