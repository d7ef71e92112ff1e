import { sourceFiles } from '../../archives.ts'
import { deriveId } from '../../derive.ts'
import type { WorldPullRequest, WorldReview, WorldTag } from '../../description.ts'
import type { CompleteRepository, CompleteRun } from '../../repositories.ts'
import type { WorldAnswer } from '../../route.ts'
import type { WorldState } from '../../state.ts'
import { json, notFound, refusal } from './answers.ts'
import { listByRepository } from './attestations.ts'
import { blobId, compare, hasCommit, tagObject } from './git.ts'

export interface RepositoryContext {
  readonly state: WorldState
  readonly repository: CompleteRepository
  readonly query: URLSearchParams
  /** Groups of the route's pattern, decoded. */
  readonly parts: readonly string[]
}

type Handler = (context: RepositoryContext) => WorldAnswer | Promise<WorldAnswer>

/** Everything below `/repos/{owner}/{repo}`; what is not here is 404. */
export const REPOSITORY_ROUTES: readonly { readonly path: RegExp; readonly handle: Handler }[] = [
  { path: /^$/, handle: ({ state, repository }) => json(200, describe(state, repository)) },
  {
    path: /^\/attestations\/([^/]+)$/,
    handle: ({ state, repository, query, parts: [digest = ''] }) =>
      listByRepository(state, repository.name, digest, query),
  },
  { path: /^\/git\/ref\/tags\/(.+)$/, handle: ({ repository, parts: [name = ''] }) => tagRef(repository, name) },
  { path: /^\/git\/tags\/([0-9a-f]+)$/, handle: ({ repository, parts: [sha = ''] }) => annotatedTag(repository, sha) },
  {
    path: /^\/git\/commits\/([0-9a-f]+)$/,
    handle: ({ repository, parts: [sha = ''] }) =>
      hasCommit(repository, sha) ? json(200, { sha, message: 'simulated', parents: [] }) : notFound(),
  },
  { path: /^\/git\/trees\/([0-9a-f]+)$/, handle: tree },
  { path: /^\/contents\/(.+)$/, handle: contents },
  { path: /^\/compare\/(.+)\.\.\.([^/]+)$/, handle: comparison },
  {
    path: /^\/actions\/runs\/(\d+)\/attempts\/(\d+)$/,
    handle: (context) => withRun(context, (run) => json(200, toRun(run))),
  },
  {
    path: /^\/actions\/runs\/(\d+)\/attempts\/(\d+)\/jobs$/,
    handle: (context) => withRun(context, (run) => jobs(run, context.query)),
  },
  {
    path: /^\/commits\/([0-9a-f]+)\/pulls$/,
    handle: ({ repository, parts: [sha] }) =>
      json(200, repository.pullRequests.filter(({ commit }) => commit === sha).map(toPull)),
  },
  { path: /^\/pulls\/(\d+)\/reviews$/, handle: reviews },
  { path: /^\/releases\/tags\/([^/]+)$/, handle: ({ repository, parts: [tag = ''] }) => release(repository, tag) },
]

function describe(state: WorldState, { name, id, ownerId, defaultBranch, visibility }: CompleteRepository): object {
  const [login = '', short = ''] = name.split('/')
  const person = state.description().github?.people?.includes(login) === true
  return {
    id: Number(id),
    name: short,
    full_name: name,
    owner: { login, id: Number(ownerId), type: person ? 'User' : 'Organization' },
    private: visibility === 'private',
    visibility,
    default_branch: defaultBranch,
  }
}

function tagRef(repository: CompleteRepository, name: string): WorldAnswer {
  const tag = repository.tags.find((one) => one.name === name)
  if (tag === undefined) return notFound()
  return json(200, {
    ref: `refs/tags/${name}`,
    object: { type: tag.annotated === true ? 'tag' : 'commit', sha: tagObject(repository, tag) },
  })
}

function annotatedTag(repository: CompleteRepository, sha: string): WorldAnswer {
  const tag: WorldTag | undefined = repository.tags.find(
    (one) => one.annotated === true && tagObject(repository, one) === sha,
  )
  return tag === undefined ? notFound() : json(200, { tag: tag.name, sha, object: { type: 'commit', sha: tag.commit } })
}

function tree({ state, repository, parts: [sha = ''] }: RepositoryContext): WorldAnswer {
  const files = repository.trees[sha] ?? (hasCommit(repository, sha) ? impliedTree(state, sha) : undefined)
  if (files === undefined) return notFound()
  const entries = Object.entries(files).map(([path, content]) => ({
    path,
    mode: '100644',
    type: 'blob',
    sha: blobId(content),
    size: Buffer.byteLength(content),
  }))
  return json(200, { sha, tree: entries, truncated: false })
}

/** A commit that a description says nothing about holds what was released from it. */
function impliedTree(state: WorldState, sha: string): Readonly<Record<string, string>> {
  const released = state.description().packages.filter(({ attestation }) => attestation?.commit === sha)
  return Object.assign({ 'README.md': '# Readme\n' }, ...released.map(sourceFiles))
}

function contents({ repository, query, parts: [path = ''] }: RepositoryContext): WorldAnswer {
  const ref = query.get('ref') ?? repository.branches[repository.defaultBranch]?.at(-1) ?? ''
  const content = repository.trees[ref]?.[path]
  if (content === undefined) return notFound()
  const encoded = Buffer.from(content)
    .toString('base64')
    .replace(/(.{60})/g, '$1\n')
  return json(200, {
    type: 'file',
    encoding: 'base64',
    size: Buffer.byteLength(content),
    path,
    content: encoded,
    sha: blobId(content),
  })
}

function comparison({ state, repository, parts: [base = '', head = ''] }: RepositoryContext): WorldAnswer {
  const status = compare(state, repository, base, head)
  if (status === undefined) return notFound()
  if (status === 'UNRELATED') return refusal(404, `No common ancestor between ${base} and ${head}.`)
  return json(200, {
    status: status.toLowerCase(),
    ahead_by: 0,
    behind_by: 0,
    total_commits: 0,
    commits: [],
    files: [],
  })
}

function withRun(
  { repository, parts: [id, attempt] }: RepositoryContext,
  show: (run: CompleteRun) => WorldAnswer,
): WorldAnswer {
  const runs: readonly CompleteRun[] = repository.runs
  const run = runs.find((one) => one.id === id && one.attempt === attempt && one.deleted !== true)
  return run === undefined ? notFound() : show(run)
}

function toRun(run: CompleteRun): object {
  return {
    id: Number(run.id),
    run_attempt: Number(run.attempt),
    status: run.status,
    conclusion: run.status === 'completed' ? run.conclusion : null,
    event: run.event,
    head_sha: run.commit,
    path: run.path,
    created_at: run.startedAt,
    run_started_at: run.startedAt,
    updated_at: run.updatedAt,
  }
}

function jobs(run: CompleteRun, query: URLSearchParams): WorldAnswer {
  const timed = ({ name, conclusion, startedAt, completedAt }: CompleteRun['jobs'][number]['steps'][number]) => ({
    name,
    status: 'completed',
    conclusion,
    started_at: startedAt,
    completed_at: completedAt,
  })
  const all = run.jobs.map((job, index) => ({
    id: Number(deriveId('job', run.id, String(index))),
    run_id: Number(run.id),
    ...timed(job),
    steps: job.steps.map((step, number) => ({ number: number + 1, ...timed(step) })),
  }))
  return json(200, { total_count: all.length, jobs: pageOf(all, query) })
}

function toPull({ number, author, merged, commit }: WorldPullRequest): object {
  return {
    number,
    state: merged ? 'closed' : 'open',
    merged_at: merged ? '2026-01-01T00:00:00Z' : null,
    user: { login: author, type: 'User' },
    head: { sha: commit },
  }
}

/** Oldest first, 30 a page unless more are asked for. */
function reviews({ repository: { pullRequests }, parts: [number], query }: RepositoryContext): WorldAnswer {
  const pull = pullRequests.find((one) => String(one.number) === number)
  if (pull === undefined) return notFound()
  const said: readonly WorldReview[] = [...(pull.approvers ?? []).map((login) => ({ login })), ...(pull.reviews ?? [])]
  const all = said.map(({ login, state = 'APPROVED', commit = pull.commit, association = 'MEMBER' }) => ({
    user: { login, type: 'User' },
    state,
    commit_id: commit,
    author_association: association,
  }))
  return json(200, pageOf(all, query))
}

function pageOf<T>(all: readonly T[], query: URLSearchParams): readonly T[] {
  const size = Math.min(Number(query.get('per_page') ?? 30) || 30, 100)
  const start = ((Number(query.get('page') ?? 1) || 1) - 1) * size
  return all.slice(start, start + size)
}

function release({ releases }: CompleteRepository, tag: string): WorldAnswer {
  const found = releases.find((one) => one.tag === tag)
  return found === undefined ? notFound() : json(200, { tag_name: tag, draft: false, immutable: found.immutable })
}
