import { readFileBytes } from '../../io/files.ts'
import { isCommit } from '../../model/digest.ts'
import { isJsonObject, type JsonObject, type JsonValue, parseJsonObject } from '../../model/json.ts'
import { GITHUB_ISSUER } from '../../policy/expected-identity.ts'
import type { World } from '../world.ts'
import type { FactsSigner } from './facts-statement.ts'

const MAX_EVENT_BYTES = 32 * 1024 * 1024
/** Events of a change that waits to be merged: it is compared with what it would be merged into. */
const CHANGE_EVENTS = ['pull_request', 'pull_request_target', 'merge_group'] as const

/** What the event of this job says, as far as the gate asks. Every text in it may be a stranger's. */
export interface GateJob {
  /** Undefined where nothing waits to be merged. */
  readonly change:
    | {
        readonly event: (typeof CHANGE_EVENTS)[number]
        readonly base: string | undefined
        readonly head: string | undefined
      }
    | undefined
  /** Undefined outside pull requests. */
  readonly pull: { readonly number: number; readonly head: string; readonly author: string } | undefined
  readonly defaultRef: string | undefined
  /** The ref that this job runs for. */
  readonly ref: string | undefined
  readonly facts: FactsSigner | undefined
}

/** Undefined outside GitHub Actions. */
export async function readGateJob({ host, github }: Pick<World, 'host' | 'github'>): Promise<GateJob | undefined> {
  if (github === undefined) return undefined
  const { env } = host
  const event = await readEvent(env.GITHUB_EVENT_PATH)
  const name = CHANGE_EVENTS.find((known) => known === github.eventName)
  const pull = objectAt(event, 'pull_request')
  const group = objectAt(event, 'merge_group')
  const ends =
    name === 'merge_group'
      ? { base: group.base_sha, head: group.head_sha }
      : { base: objectAt(pull, 'base').sha, head: objectAt(pull, 'head').sha }
  const branch = textOf(objectAt(event, 'repository').default_branch)
  const defaultRef = branch === undefined ? undefined : `refs/heads/${branch}`
  const id = env.GITHUB_REPOSITORY_ID
  return {
    change: name === undefined ? undefined : { event: name, base: commitOf(ends.base), head: commitOf(ends.head) },
    pull: pullOf(pull),
    defaultRef,
    ref: env.GITHUB_REF,
    facts:
      id === undefined || defaultRef === undefined
        ? undefined
        : { repositoryId: id, defaultRef, issuer: GITHUB_ISSUER },
  }
}

/** Where a verdict is signed: on the default branch, on tags and in the merge queue, not on every pull request. */
export function signsHere({ change, defaultRef, ref }: GateJob): boolean {
  if (change !== undefined) return change.event === 'merge_group'
  return ref !== undefined && (ref === defaultRef || ref.startsWith('refs/tags/'))
}

function pullOf(pull: JsonObject): GateJob['pull'] {
  const { number } = pull
  const head = commitOf(objectAt(pull, 'head').sha)
  const author = textOf(objectAt(pull, 'user').login)
  return typeof number === 'number' && head !== undefined && author !== undefined ? { number, head, author } : undefined
}

/** Empty outside a job. */
export async function readEvent(path: string | undefined): Promise<JsonObject> {
  if (path === undefined || path === '') return {}
  const limits = { maxBytes: MAX_EVENT_BYTES, maxDepth: 100 }
  return parseJsonObject(await readFileBytes(path, MAX_EVENT_BYTES), 'the event of this job', limits)
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key]
  return value !== undefined && isJsonObject(value) ? value : {}
}

const textOf = (value: JsonValue | undefined) => (typeof value === 'string' && value !== '' ? value : undefined)

const commitOf = (value: JsonValue | undefined) => (typeof value === 'string' && isCommit(value) ? value : undefined)
