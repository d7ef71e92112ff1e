import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { WorldState } from '../state.ts'
import { allowListText, notFound, refusal } from './github/answers.ts'
import { bulkList, serveBlob } from './github/attestations.ts'
import { type Caller, callerOf, quotaHeaders, quotaOf, rateLimitAnswer } from './github/caller.ts'
import { see } from './github/git.ts'
import { answerGraphql } from './github/graphql.ts'
import { REPOSITORY_ROUTES } from './github/repository-routes.ts'

/** GitHub's REST and GraphQL APIs, as far as a gate asks them, with their quotas and their silence about what is private. */
export const github: WorldService = { origin: 'github', handle }

/** Where GitHub's API sends for bundles that it does not carry itself. */
export const githubBlobs: WorldService = {
  origin: 'github-blobs',
  handle: (request, state) => serveBlob(state, request),
}

async function handle(request: WorldRequest, state: WorldState): Promise<WorldAnswer> {
  const caller = callerOf(request)
  if (caller === undefined) return refusal(401, 'Bad credentials')
  const refused = checkHeaders(request)
  if (refused !== undefined) return refused
  const { pathname } = request.url
  if (pathname === '/rate_limit') return rateLimitAnswer(state, caller)
  const resource = pathname === '/graphql' ? 'graphql' : 'core'
  const quota = quotaOf(state, caller, resource)
  // Before anything else, also before a 404: whoever has asked too much learns nothing.
  if (quota.remaining === 0 && caller.kind !== 'anonymous' && resource === 'graphql')
    return withQuota(refusal(403, 'API rate limit exceeded'))
  if (quota.remaining === 0 && resource === 'core') return withQuota(refusal(403, 'API rate limit exceeded'))
  if (resource === 'core') quota.spend(1)
  return withQuota(
    await (resource === 'graphql' ? answerGraphql(state, caller, request) : answerRest(state, caller, request)),
  )

  function withQuota(answer: WorldAnswer): WorldAnswer {
    return caller === undefined
      ? answer
      : { ...answer, headers: { ...quotaHeaders(state, caller, resource), ...answer.headers } }
  }
}

function checkHeaders({ headers }: WorldRequest): WorldAnswer | undefined {
  const { accept = '*/*', 'user-agent': agent, 'x-github-api-version': version } = headers
  if (agent === undefined || agent === '') return refusal(403, 'Request forbidden by administrative rules.')
  if (!/^application\/(?:vnd\.github(?:\.v3)?\+)?json$|^\*\/\*$/.test(accept)) {
    return refusal(415, `Unsupported 'Accept' header: '${accept}'. Must accept 'application/json'.`)
  }
  return version === undefined || ['2022-11-28', '2026-03-10'].includes(version)
    ? undefined
    : refusal(400, `${version} is not a supported version.`)
}

async function answerRest(state: WorldState, caller: Caller, request: WorldRequest): Promise<WorldAnswer> {
  const { pathname, searchParams } = request.url
  const [, kind, owner] = /^\/(orgs|users)\/([^/]+)\/attestations\/bulk-list$/.exec(pathname) ?? []
  if (owner !== undefined) {
    const isPerson =
      state.description().github?.people?.some((one) => one.toLowerCase() === owner.toLowerCase()) === true
    if (request.method !== 'POST' || (kind === 'users') !== isPerson) return notFound()
    return bulkList(state, caller, decodeURIComponent(owner), request)
  }
  const [, name, rest = ''] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(pathname) ?? []
  if (name === undefined || request.method !== 'GET') return notFound()
  const seen = see(state, caller, name)
  if (seen.kind === 'allow-list') return refusal(403, allowListText(seen.owner))
  if (seen.kind === 'hidden')
    return refusal(seen.status, seen.status === 451 ? 'Repository access blocked' : 'Not Found')
  for (const { path, handle: answer } of REPOSITORY_ROUTES) {
    const match = path.exec(rest)
    if (match === null) continue
    const parts = match.slice(1).map(decodeURIComponent)
    return answer({ state, repository: seen.repository, query: searchParams, parts })
  }
  return notFound()
}
