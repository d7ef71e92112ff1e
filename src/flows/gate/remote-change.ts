import { tmpdir } from 'node:os'
import { openGit } from '../../io/git.ts'
import { type FetchedCommit, fetchCommit } from '../../io/git-fetch.ts'
import { CleanbillError } from '../../model/error.ts'
import { refuseUnsafeTrigger } from '../../record/unsafe-trigger.ts'
import type { World } from '../world.ts'
import { type GateJob, readEvent, readGateJob } from './job.ts'

/** A change that is judged where nobody checked it out. */
export interface RemoteChange extends FetchedCommit {
  /** The head commit that the event names. */
  readonly head: string
}

export interface RemoteChangeRequest {
  /** Where the gate would look otherwise, absolute. */
  readonly workspace: string
  /** `base` of the caller: here the event alone decides. */
  readonly base: string | undefined
  readonly token: string | undefined
}

/**
 * Fetches the change of this job where its workspace does not have it: under `pull_request_target`, whose workflow the pull
 * request cannot edit, and in a merge queue without a checkout. A checkout of the base is no reason to judge the base: it
 * would look as if the pull request changed nothing.
 *
 * @returns undefined where the workspace is what is judged
 * @throws {CleanbillError} `UNSAFE_TRIGGER` where a pull request's code lies in a workspace with the rights of the
 *   repository (T-AC-07); `CHANGE_UNREADABLE`; `INPUT_INVALID` with a base of one's own
 */
export async function fetchChange(request: RemoteChangeRequest, world: World): Promise<RemoteChange | undefined> {
  const { host, github, runTool } = world
  const job = await readGateJob(world)
  const event = job?.change?.event
  if (github === undefined || job?.change === undefined) return undefined
  if (event === 'pull_request_target') {
    const context = { host, runTool, workspace: request.workspace, childEnv: host.env }
    await refuseUnsafeTrigger(context, await readEvent(host.env.GITHUB_EVENT_PATH), NO_CHECKOUT)
  } else if (event !== 'merge_group' || (await hasCheckedOut(request.workspace, job.change.head, world))) {
    return undefined
  }
  if (request.base !== undefined) {
    throw new CleanbillError('INPUT_INVALID', `base is given, and this ${event} is judged by the base of its event`, {
      hint: 'Leave base out.',
    })
  }
  const { head, base } = commitsOf(job.change)
  const url = `${github.serverUrl.replace(/\/+$/, '')}/${github.repository}`
  const parent = host.env.RUNNER_TEMP || tmpdir()
  host.log.info(`fetching ${head} to judge it: it is not checked out`)
  return { head, ...(await fetchCommit({ url, token: request.token, head, base, parent, env: host.env })) }
}

const NO_CHECKOUT = 'Remove the checkout from this workflow: the gate fetches what it judges, and runs nothing of it.'

/** What an earlier job left on the runner is some other commit. */
async function hasCheckedOut(
  workspace: string,
  head: string | undefined,
  { host, runTool }: Pick<World, 'host' | 'runTool'>,
): Promise<boolean> {
  const git = await openGit(workspace, { env: host.env, runTool })
  const commit = (await git?.text(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']))?.trim()
  return commit !== undefined && commit === head
}

function commitsOf({ event, head, base }: NonNullable<GateJob['change']>): { head: string; base: string } {
  if (head !== undefined && base !== undefined) return { head, base }
  throw new CleanbillError('CHANGE_UNREADABLE', `the event of this ${event} does not name the commits to compare`, {
    hint: 'Nothing was judged.',
  })
}
