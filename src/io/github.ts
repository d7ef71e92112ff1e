import { CleanbillError } from '../model/error.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../model/json.ts'
import { readFileBytes } from './files.ts'
import type { Host } from './host.ts'

export interface GithubContext {
  /** `owner/name` */
  readonly repository: string
  readonly serverUrl: string
  readonly apiUrl: string
  readonly eventName: string
  /** From the event; `unknown` when the event carries no repository (schedule), never guessed. */
  readonly visibility: 'public' | 'private' | 'internal' | 'unknown'
  readonly ownerType: 'User' | 'Organization' | 'unknown'
  /** A pull request whose head is another repository: no identity token, a read-only GITHUB_TOKEN. */
  readonly forkPullRequest: boolean
}

/**
 * What the runner says about this job, or undefined outside GitHub Actions.
 *
 * @throws {CleanbillError} `INPUT_INVALID` when the variables contradict their form
 */
export async function readGithubContext(host: Host): Promise<GithubContext | undefined> {
  const { env } = host
  if (env.GITHUB_ACTIONS !== 'true') return undefined
  const repository = env.GITHUB_REPOSITORY ?? ''
  if (!/^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/.test(repository)) {
    throw new CleanbillError('INPUT_INVALID', `GITHUB_REPOSITORY is not owner/name: ${JSON.stringify(repository)}`)
  }
  const event = await readEvent(env.GITHUB_EVENT_PATH)
  const eventRepository = objectAt(event, 'repository')
  const head = objectAt(objectAt(objectAt(event, 'pull_request'), 'head'), 'repo')
  const headName = typeof head.full_name === 'string' ? head.full_name : undefined
  return {
    repository,
    serverUrl: env.GITHUB_SERVER_URL ?? 'https://github.com',
    apiUrl: env.GITHUB_API_URL ?? 'https://api.github.com',
    eventName: env.GITHUB_EVENT_NAME ?? '',
    visibility: visibilityOf(eventRepository),
    ownerType: ownerTypeOf(objectAt(eventRepository, 'owner')),
    forkPullRequest: headName !== undefined && headName.toLowerCase() !== repository.toLowerCase(),
  }
}

async function readEvent(path: string | undefined): Promise<JsonObject> {
  if (path === undefined || path === '') return {}
  return parseJsonObject(await readFileBytes(path, 32 * 1024 * 1024), 'the event of this job', {
    maxBytes: 32 * 1024 * 1024,
    maxDepth: 100,
  })
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key]
  return isJsonObject(value) ? value : {}
}

function visibilityOf(repository: JsonObject): GithubContext['visibility'] {
  const { visibility } = repository
  if (visibility === 'public' || visibility === 'private' || visibility === 'internal') return visibility
  return repository.private === true ? 'private' : repository.private === false ? 'public' : 'unknown'
}

function ownerTypeOf(owner: JsonObject): GithubContext['ownerType'] {
  return owner.type === 'User' || owner.type === 'Organization' ? owner.type : 'unknown'
}
