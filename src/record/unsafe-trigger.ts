import { readdir, realpath } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathKind } from '../io/files.ts'
import { type GitOptions, openGit } from '../io/git.ts'
import { CleanbillError } from '../model/error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts'
import type { RecordContext } from './recorder.ts'

/**
 * Refuses a run that holds the repository's own rights and has a stranger's code checked out: `pull_request_target`,
 * and `workflow_run` after a pull request (T-AC-07: TanStack, Ultralytics, nx). Signing it would vouch, as this
 * repository, for whatever a pull request wrote.
 *
 * Looks at the workspace and at the job's (`GITHUB_WORKSPACE`), at the folders right below each (`checkout` with
 * `path:`) and at all above it, for the head commit itself and for a merge of it.
 *
 * @throws {CleanbillError} `UNSAFE_TRIGGER`, also when the event cannot be read and safety not be told
 */
export async function refuseUnsafeTrigger(
  context: Pick<RecordContext, 'host' | 'workspace' | 'runTool'> & { readonly childEnv: GitOptions['env'] },
  event: JsonObject | undefined,
  hint = 'Build pull requests under the pull_request trigger, which holds no rights of the repository.',
): Promise<void> {
  const name = context.host.env.GITHUB_EVENT_NAME
  if (name !== 'pull_request_target' && name !== 'workflow_run') return
  if (event === undefined) throw unsafe(name, 'and its event file cannot be read', hint)
  const heads = headsOf(name, event)
  if (heads === undefined) return
  if (heads.length === 0) throw unsafe(name, 'and its event does not name the head commit', hint)
  for (const folder of await checkouts([context.workspace, context.host.env.GITHUB_WORKSPACE])) {
    const git = await openGit(folder, { env: context.childEnv, runTool: context.runTool })
    // The raw object: in a shallow clone `rev-list` hides the parents.
    const raw = (await git?.text(['cat-file', 'commit', 'HEAD'])) ?? ''
    const commit = (await git?.text(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']))?.trim()
    const parents = [...(raw.split('\n\n')[0] ?? '').matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent]) => parent)
    if (heads.some((head) => head === commit || parents.includes(head))) {
      throw unsafe(name, `with the pull request's commit ${commit} checked out`, hint)
    }
  }
}

/** Commits that are a stranger's; undefined when the event is about no pull request. */
function headsOf(name: string, event: JsonObject): string[] | undefined {
  const subject = object(name === 'workflow_run' ? event.workflow_run : event.pull_request)
  if (name === 'pull_request_target') {
    return [object(subject?.head)?.sha, subject?.merge_commit_sha].filter((sha) => typeof sha === 'string')
  }
  const own = object(event.repository)?.id
  const from = object(subject?.head_repository)?.id
  const trigger = subject?.event
  const foreign = from === undefined || from === null || own === undefined || from !== own
  if (typeof trigger === 'string' && !trigger.startsWith('pull_request') && !foreign) return undefined
  return [subject?.head_sha].filter((sha) => typeof sha === 'string')
}

async function checkouts(workspaces: readonly (string | undefined)[]): Promise<string[]> {
  const folders = new Set<string>()
  for (const workspace of workspaces) {
    if (workspace === undefined || workspace === '') continue
    const below = await readdir(workspace, { withFileTypes: true }).catch(() => [])
    for (const entry of below) if (entry.isDirectory()) folders.add(join(workspace, entry.name))
    for (const folder of await upwards(workspace)) folders.add(folder)
  }
  const found: string[] = []
  for (const folder of folders) if ((await pathKind(join(folder, '.git'))) !== undefined) found.push(folder)
  return found
}

/** The folder and all above it, in its real place, as git looks for a repository; a nested one hides none around it. */
async function upwards(directory: string): Promise<string[]> {
  const folders = [await realpath(directory).catch(() => resolve(directory))]
  for (let folder = folders[0] ?? ''; dirname(folder) !== folder; folder = dirname(folder))
    folders.push(dirname(folder))
  return folders
}

function object(value: JsonValue | undefined): JsonObject | undefined {
  return value !== undefined && isJsonObject(value) ? value : undefined
}

function unsafe(trigger: string, why: string, hint: string): CleanbillError {
  return new CleanbillError('UNSAFE_TRIGGER', `this run was triggered by ${trigger} ${why}`, { hint })
}
