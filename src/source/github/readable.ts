import type { SourceError } from '../../model/evidence.ts'
import { isJsonObject } from '../../model/json.ts'
import type { SourceSession } from '../source.ts'
import { askApi, keyOf, memoOf, pathOf, type RepositoryName, sourceError } from './api.ts'
import { openBudget } from './budget.ts'
import { readablePiece } from './fact-queries.ts'
import { askGraphql } from './graphql.ts'

/** `null`: this token can read the repository, so that its silence means something. */
export type Readable = SourceError | null

const memos = memoOf<Promise<Readable>>()

/**
 * GitHub leaves out what the caller may not read, without a trace: an empty list is "nothing" only from a repository
 * that this very token can read (T-NS-03). Asked once for each repository and run.
 */
export function askReadable(repository: RepositoryName, session: SourceSession): Promise<Readable> {
  const memo = memos(session)
  const known = memo.get(keyOf(repository)) ?? ask(repository, session)
  memo.set(keyOf(repository), known)
  return known
}

/** From so many on, one query is cheaper than asking each. */
const WORTH_A_QUERY = 4

/** Asks about many at once, where GraphQL can be asked; whoever it leaves open is asked by itself when it comes up. */
export async function askReadableMany(repositories: readonly RepositoryName[], session: SourceSession): Promise<void> {
  const memo = memos(session)
  const open = [...new Map(repositories.map((one) => [keyOf(one), one])).values()].filter(
    (one) => !memo.has(keyOf(one)),
  )
  if (open.length < WORTH_A_QUERY) return
  const budget = await openBudget(session)
  if ('fault' in budget || !budget.hasGraphql) return
  const answers = await askGraphql(open.map(readablePiece), session, budget)
  for (const [index, repository] of open.entries()) {
    const answer = answers[index]
    if (answer?.kind === 'answer') memo.set(keyOf(repository), Promise.resolve(null))
    else if (answer?.kind === 'absent') memo.set(keyOf(repository), Promise.resolve(hidden(repository)))
  }
}

function hidden({ owner, name }: RepositoryName): SourceError {
  return sourceError(
    'unreadable',
    `${owner}/${name} is private or does not exist: whether it has attestations cannot be told`,
    'Give a token that can read it, or correct the repository in the policy.',
  )
}

async function ask(repository: RepositoryName, session: SourceSession): Promise<Readable> {
  const reply = await askApi(session, { path: pathOf(repository), maxBytes: 1024 * 1024 })
  const name = `${repository.owner}/${repository.name}`
  if (reply.kind === 'failed') return reply.error
  if (reply.kind === 'json') {
    return isJsonObject(reply.value) && reply.value.id !== undefined
      ? null
      : sourceError('malformed', `the answer about ${name} describes no repository`)
  }
  return reply.error ?? hidden(repository)
}
