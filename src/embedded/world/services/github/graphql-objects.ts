import { GraphQLError } from 'graphql'
import { deriveId } from '../../derive.ts'
import type { WorldPullRequest } from '../../description.ts'
import type { CompleteRepository, CompleteRun } from '../../repositories.ts'
import type { WorldState } from '../../state.ts'
import { allowListText } from './answers.ts'
import type { Caller } from './caller.ts'
import { compare, hasCommit, see, tagObject } from './git.ts'

/** What GraphQL's own resolver finds by name; a function is called with the field's arguments. */
type Objects = { readonly [field: string]: unknown }

interface Page {
  readonly first?: number
  readonly last?: number
}

/** Only the first page: nothing here asks for another. */
function connection(all: readonly Objects[], { first = 100 }: Page): Objects {
  const nodes = all.slice(0, first)
  return { nodes, totalCount: all.length, pageInfo: { hasNextPage: all.length > nodes.length, hasPreviousPage: false } }
}

/** @throws {GraphQLError} `NOT_FOUND`, `FORBIDDEN`, in GitHub's words */
export function repositoryObject(state: WorldState, caller: Caller, name: string): Objects {
  const seen = see(state, caller, name)
  if (seen.kind === 'allow-list') throw typed('FORBIDDEN', allowListText(seen.owner))
  if (seen.kind === 'hidden') throw typed('NOT_FOUND', `Could not resolve to a Repository with the name '${name}'.`)
  const { repository } = seen
  const [login = ''] = repository.name.split('/')
  const person = state.description().github?.people?.includes(login) === true
  const branch = (short: string) => branchObject(state, repository, short)
  return {
    id: `R_${repository.id}`,
    databaseId: Number(repository.id),
    nameWithOwner: repository.name,
    owner: {
      __typename: person ? 'User' : 'Organization',
      id: `O_${repository.ownerId}`,
      login,
      databaseId: Number(repository.ownerId),
    },
    defaultBranchRef: branch(repository.defaultBranch),
    ref: ({ qualifiedName }: { qualifiedName: string }) => refObject(state, repository, qualifiedName),
    refs: ({ refPrefix, ...page }: Page & { refPrefix: string }) =>
      connection(refsUnder(state, repository, refPrefix), page),
    object: ({ oid }: { oid?: string }) => gitObject(repository, oid ?? ''),
  }
}

/** As GitHub: the type beside the message, not in the extensions; `graphql.ts` moves it there. */
function typed(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } })
}

function refObject(state: WorldState, repository: CompleteRepository, qualifiedName: string): Objects | null {
  if (qualifiedName.startsWith('refs/heads/'))
    return branchObject(state, repository, qualifiedName.slice('refs/heads/'.length))
  const name = qualifiedName.slice('refs/tags/'.length)
  return (
    refsUnder(state, repository, 'refs/tags/').find(
      (ref) => ref.name === name && qualifiedName === `refs/tags/${name}`,
    ) ?? null
  )
}

function refsUnder(state: WorldState, repository: CompleteRepository, prefix: string): Objects[] {
  if (prefix.startsWith('refs/heads/')) {
    const inside = prefix.slice('refs/heads/'.length)
    const names = Object.keys(repository.branches).filter((name) => name.startsWith(inside))
    return names.flatMap((name) => {
      const ref = branchObject(state, repository, name)
      return ref === null ? [] : [{ ...ref, prefix, name: name.slice(inside.length) }]
    })
  }
  if (prefix !== 'refs/tags/') return []
  return repository.tags.toReversed().map((tag) => {
    const object = tagObject(repository, tag)
    const commit = gitObject(repository, tag.commit)
    return {
      id: `REF_${tag.name}`,
      name: tag.name,
      prefix,
      target:
        tag.annotated === true
          ? { __typename: 'Tag', id: `T_${object}`, oid: object, name: tag.name, target: commit }
          : commit,
      compare: comparer(state, repository, tag.name),
    }
  })
}

function branchObject(state: WorldState, repository: CompleteRepository, name: string): Objects | null {
  const head = repository.branches[name]?.at(-1)
  if (head === undefined) return null
  return {
    id: `REF_${name}`,
    name,
    prefix: 'refs/heads/',
    target: gitObject(repository, head),
    compare: comparer(state, repository, name),
  }
}

/** Histories without a common commit cannot be compared: null, and an error that says so. */
function comparer(state: WorldState, repository: CompleteRepository, base: string) {
  return ({ headRef }: { headRef: string }): Objects | null => {
    const status = compare(state, repository, base, headRef)
    if (status === undefined) return null
    if (status === 'UNRELATED') throw typed('UNPROCESSABLE', 'No common ancestor between the two refs.')
    const target = gitObject(repository, headRef)
    return { id: `CMP_${base}_${headRef}`, status, aheadBy: 0, behindBy: 0, baseTarget: target, headTarget: target }
  }
}

function gitObject(repository: CompleteRepository, oid: string): Objects | null {
  const tag = repository.tags.find((one) => one.annotated === true && tagObject(repository, one) === oid)
  if (tag !== undefined)
    return { __typename: 'Tag', id: `T_${oid}`, oid, name: tag.name, target: gitObject(repository, tag.commit) }
  if (!hasCommit(repository, oid)) return null
  return {
    __typename: 'Commit',
    id: `C_${oid}`,
    oid,
    checkSuites: (page: Page) => connection(suitesAt(repository, oid), page),
    associatedPullRequests: (page: Page) =>
      connection(
        repository.pullRequests.filter(({ commit }) => commit === oid).map((pull) => pullObject(repository, pull)),
        page,
      ),
  }
}

function suitesAt(repository: CompleteRepository, commit: string): Objects[] {
  const runs: readonly CompleteRun[] = repository.runs
  const last = new Map(runs.filter((run) => run.commit === commit && run.deleted !== true).map((run) => [run.id, run]))
  return [...last.values()].map((run) => suiteObject(repository, run))
}

const SUITE = /^CS_([A-Za-z0-9_-]+)$/

function suiteObject(repository: CompleteRepository, run: CompleteRun): Objects {
  const done = run.status === 'completed'
  return {
    __typename: 'CheckSuite',
    id: `CS_${Buffer.from(JSON.stringify([repository.name, run.id])).toString('base64url')}`,
    status: done ? 'COMPLETED' : 'IN_PROGRESS',
    conclusion: done ? run.conclusion.toUpperCase() : null,
    createdAt: run.startedAt,
    updatedAt: run.updatedAt,
    workflowRun: {
      id: `WFR_${run.id}`,
      // An Int of GraphQL has 32 bits, and ids of runs have long outgrown them.
      databaseId: null,
      resourcePath: `/${repository.name}/actions/runs/${run.id}`,
      event: run.event,
      createdAt: run.startedAt,
      updatedAt: run.updatedAt,
      file: { id: `WFF_${run.id}`, path: run.path },
    },
    checkRuns: ({ filterBy, ...page }: Page & { filterBy?: { checkType?: string } }) =>
      connection(jobObjects(run, filterBy?.checkType === 'ALL'), page),
  }
}

/** A run that was run again has the jobs of every attempt in its suite. */
function jobObjects(run: CompleteRun, all: boolean): Objects[] {
  const attempts = all ? Number(run.attempt) : 1
  return Array.from({ length: attempts }, () => run.jobs)
    .flat()
    .map((job, index) => ({
      id: `CR_${deriveId('job', run.id, String(index))}`,
      ...timed(job),
      steps: (page: Page) =>
        connection(
          job.steps.map((step, number) => ({ number: number + 1, ...timed(step) })),
          page,
        ),
    }))
}

function timed({ name, conclusion, startedAt, completedAt }: CompleteRun['jobs'][number]['steps'][number]): Objects {
  return {
    name,
    status: 'COMPLETED',
    conclusion: conclusion === '' ? null : conclusion.toUpperCase(),
    startedAt,
    completedAt,
  }
}

function pullObject(
  repository: CompleteRepository,
  { number, merged, author, commit, approvers = [] }: WorldPullRequest,
): Objects {
  const actor = (login: string) => ({ __typename: login.endsWith('[bot]') ? 'Bot' : 'User', id: `U_${login}`, login })
  return {
    id: `PR_${number}`,
    number,
    merged,
    author: actor(author),
    headRefOid: commit,
    latestOpinionatedReviews: (page: Page) =>
      connection(
        approvers.map((login) => ({
          id: `PRR_${number}_${login}`,
          state: 'APPROVED',
          author: actor(login),
          commit: gitObject(repository, commit),
        })),
        page,
      ),
  }
}

export function nodeObject(state: WorldState, caller: Caller, id: string): Objects | null {
  const text = SUITE.exec(id)?.[1]
  if (text === undefined) throw typed('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`)
  const [name, run] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [string, string]
  const seen = see(state, caller, name)
  if (seen.kind !== 'repository') throw typed('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`)
  const runs: readonly CompleteRun[] = seen.repository.runs
  const found = runs.findLast((one) => one.id === run && one.deleted !== true)
  return found === undefined ? null : suiteObject(seen.repository, found)
}
