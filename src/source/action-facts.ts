import type { Dependency } from '../model/dependency.ts'
import type { ActionFact, Fact } from '../model/facts.ts'
import { unknownFact } from './answers.ts'
import { isAskable, keyOf, type RepositoryName } from './github/api.ts'
import { openBudget } from './github/budget.ts'
import { actionPiece, refPiece } from './github/fact-queries.ts'
import { gitPinOf } from './github/git-location.ts'
import { askGraphql, type PieceAnswer } from './github/graphql.ts'
import { contains, knownNow, readNamedRef, readRepository, readTagsAt, unknown } from './github/read-facts.ts'
import { tagOfComment } from './github/release.ts'
import { absent, malformed, overBudget, type RestAsker, restCompare, restRepository, restTags } from './github/rest.ts'
import type { SourceSession } from './source.ts'

interface Action {
  readonly key: string
  readonly name: RepositoryName
  /** Of a reference that names a tag or a branch: what that means today. */
  readonly commit: string
  /** Tag that a version comment names. */
  readonly tag: string | undefined
}

/** A reference that can be moved, before it is known what it means. */
interface Moving extends Omit<Action, 'commit'> {
  readonly ref: string
}

type Facts = Map<string, Fact<ActionFact>>

/**
 * `owner/repo@commit` or `owner/repo@ref`, the key of {@link askActionFacts}; undefined for what is neither a `uses:` nor
 * a git dependency on GitHub that names its commit.
 */
export function actionKey(dependency: Dependency): string | undefined {
  const pin = gitPinOf(dependency)
  return pin && `${keyOf(pin.name)}@${pin.commit ?? pin.ref}`
}

/**
 * What GitHub says about actions and git dependencies: whether the commit is in the history of the repository that the
 * name promises (a commit of a fork answers to it too, T-AC-25), and which tags stand at it (T-AC-26). Of a tag or a branch
 * it is asked first what it means today.
 */
export async function askActionFacts(
  dependencies: readonly Dependency[],
  session: SourceSession,
): Promise<ReadonlyMap<string, Fact<ActionFact>>> {
  const { pinned, moving } = actionsOf(dependencies, session)
  const all = [...pinned, ...moving]
  if (all.length === 0) return new Map()
  const budget = await openBudget(session)
  if ('fault' in budget) return new Map(all.map(({ key }) => [key, unknownFact(budget)]))
  const asker: RestAsker = { session, budget, quota: 'core' }
  const facts: Facts = new Map()
  if (!budget.hasGraphql) {
    await askAllByRest(all, asker, facts)
    return facts
  }
  const resolved = await resolve(moving, asker, facts)
  const actions = [...pinned, ...resolved.actions]
  const pieces = actions.map(({ name, commit, tag }) => actionPiece({ ...name, repository: name.name, commit }, tag))
  const answers = await askGraphql(pieces, session, budget)
  const refused: (Action | Moving)[] = [...resolved.refused]
  await Promise.all(
    actions.map(async (action, index) => {
      const answer = answers[index]
      if (answer === undefined || answer.kind === 'allow-list') refused.push(action)
      else facts.set(action.key, await readAction(action, answer, asker))
    }),
  )
  await askAllByRest(refused, { ...asker, quota: 'anonymous' }, facts)
  return facts
}

/** Several uses of one commit are one question; any of them may bring the version comment. */
function actionsOf(dependencies: readonly Dependency[], session: SourceSession) {
  const pinned = new Map<string, Action>()
  const moving = new Map<string, Moving>()
  for (const dependency of dependencies) {
    const pin = gitPinOf(dependency)
    const key = actionKey(dependency)
    if (key === undefined || pin === undefined) continue
    const { name, server, commit, ref } = pin
    if (server !== undefined && !isAskable({ server }, session)) continue
    const tag = tagOfComment(dependency.comment) ?? pinned.get(key)?.tag
    if (commit !== undefined) pinned.set(key, { key, name, commit, tag })
    else if (ref !== undefined) moving.set(key, { key, name, ref, tag: undefined })
  }
  return { pinned: [...pinned.values()], moving: [...moving.values()] }
}

/**
 * What tags and branches mean. The head of a branch is on that branch, which whoever wrote the workflow has chosen: it
 * needs no second question.
 */
async function resolve(moving: readonly Moving[], { session, budget }: RestAsker, facts: Facts) {
  const pieces = moving.map(({ name, ref }) => refPiece({ ...name, repository: name.name }, ref))
  const answers = await askGraphql(pieces, session, budget)
  const actions: Action[] = []
  const refused: Moving[] = []
  for (const [index, one] of moving.entries()) {
    const { key, name, ref } = one
    const answer = answers[index]
    if (answer === undefined || answer.kind === 'allow-list') {
      refused.push(one)
      continue
    }
    const fault = faultOf(answer, name)
    const found = answer.kind === 'answer' ? readNamedRef(answer.value) : undefined
    if (fault !== undefined) facts.set(key, fault)
    else if (found === undefined) facts.set(key, malformed(name))
    else if (found.commit === undefined) {
      const where = `${name.owner}/${name.name}`
      facts.set(key, unknown('CONTEXT_UNKNOWN', `${where} has neither a tag nor a branch ${JSON.stringify(ref)}`))
    } else if (found.kind === 'branch') {
      const { repositoryId, ownerId } = found
      const fact = { repositoryId, ownerId, tags: [], reachableFrom: `refs/heads/${ref}` }
      facts.set(key, knownNow(fact, session.now()))
    } else actions.push({ key, name, commit: found.commit, tag: ref })
  }
  return { actions, refused }
}

type Answered = Exclude<PieceAnswer, { kind: 'allow-list' }>

function faultOf(answer: Answered, name: RepositoryName): Fact<never> | undefined {
  if (answer.kind === 'over-budget') return overBudget()
  if (answer.kind === 'failed') return unknownFact(answer.error)
  return answer.kind === 'absent' ? absent(name) : undefined
}

async function readAction({ name, commit }: Action, answer: Answered, asker: RestAsker): Promise<Fact<ActionFact>> {
  if (answer.kind !== 'answer') return faultOf(answer, name) ?? malformed(name)
  const read = readRepository(answer.value)
  if (read === undefined) return malformed(name)
  const { repository, comparison, objectType } = read
  const ids = { repositoryId: repository.id, ownerId: repository.ownerId }
  const missing = objectType === undefined && !answer.faults.some(({ path }) => path === 'object')
  if (missing) return knownNow({ ...ids, tags: [], reachableFrom: null }, asker.session.now())
  const branch = `refs/heads/${repository.defaultBranch}`
  const told = comparison?.headTarget.oid === commit ? contains(comparison, commit) : undefined
  const result = told ?? (await restCompare(asker, name, repository.defaultBranch, commit))
  if (typeof result === 'object') return result
  const inside = result === true || result === 'contained'
  const tags = await restTags(asker, name, readTagsAt(answer.value, commit))
  return knownNow({ ...ids, tags, reachableFrom: inside ? branch : null }, asker.session.now())
}

async function askAllByRest(actions: readonly (Action | Moving)[], asker: RestAsker, facts: Facts): Promise<void> {
  for (const action of actions) facts.set(action.key, await askByRest(action, asker))
}

/** Without GraphQL a commit's tags are not asked for: only whether it belongs to the repository. */
async function askByRest(action: Action | Moving, asker: RestAsker): Promise<Fact<ActionFact>> {
  const { name } = action
  const repository = await restRepository(asker, name)
  if (repository.kind !== 'known') return repository
  const { id: repositoryId, ownerId, defaultBranch } = repository.value
  // A comparison takes names of refs as well.
  const result = await restCompare(asker, name, defaultBranch, 'ref' in action ? action.ref : action.commit)
  if (typeof result === 'object') return result
  // Outside of the default branch only a tag could excuse it, and tags were not asked for.
  return result === 'contained'
    ? knownNow({ repositoryId, ownerId, tags: [], reachableFrom: `refs/heads/${defaultBranch}` }, asker.session.now())
    : unknown('CONTEXT_UNKNOWN', 'it is not on the default branch, and without a token its tags are not asked for')
}
