import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileExists } from '../io/files.ts'
import type { Limit } from '../model/error.ts'
import { compareCodePoints } from '../model/json.ts'
import type { ResourceDescriptor } from '../model/statement.ts'

/** Deeper folders than this are not looked at: a branch name with more slashes is shown by its beginning. */
const MAX_REF_SEGMENTS = 4

/**
 * The actions of this job, as the runner unpacked them: `_actions/<owner>/<repo>/<ref>`, beside the workspaces. Only a
 * ref of 40 digits is a commit; a tag or branch names one that the runner resolved and does not show.
 */
export async function readJobActions(
  env: Readonly<Record<string, string | undefined>>,
  server: string,
): Promise<{ resolvedDependencies: ResourceDescriptor[]; limits: Limit[] }> {
  const root = await findActionsFolder(env)
  const actions = root === undefined ? [] : await listActions(root)
  const resolvedDependencies = actions.map(({ repository, ref }): ResourceDescriptor => {
    const uri = `git+${server}/${repository}@${ref}`
    const pinned = /^[0-9a-f]{40}$/.test(ref)
    return { name: repository, uri, ...(pinned && { digest: { gitCommit: ref } }), annotations: { role: 'action' } }
  })
  const mutable = actions.filter(({ ref }) => !/^[0-9a-f]{40}$/.test(ref))
  if (mutable.length === 0) return { resolvedDependencies, limits: [] }
  const names = mutable.map(({ repository, ref }) => `${repository}@${ref}`).join(', ')
  const message = `actions of this job named by a tag or branch, whose commit the runner does not show: ${names}`
  return { resolvedDependencies, limits: [{ code: 'ACTION_REF_MUTABLE', message }] }
}

async function findActionsFolder(env: Readonly<Record<string, string | undefined>>): Promise<string | undefined> {
  for (const start of [env.RUNNER_WORKSPACE, env.GITHUB_WORKSPACE && dirname(env.GITHUB_WORKSPACE)]) {
    if (!start) continue
    const folder = join(dirname(start), '_actions')
    if ((await folders(folder)).length > 0) return folder
  }
  return undefined
}

async function listActions(root: string): Promise<{ repository: string; ref: string }[]> {
  const actions: { repository: string; ref: string }[] = []
  for (const owner of await folders(root)) {
    for (const name of await folders(join(root, owner))) {
      const refs = await listRefs(join(root, owner, name), '', 1)
      actions.push(...refs.map((ref) => ({ repository: `${owner}/${name}`, ref })))
    }
  }
  return actions
}

/** A branch `release/v1` is two folders; the runner writes `<ref>.completed` beside the last one. */
async function listRefs(folder: string, prefix: string, depth: number): Promise<string[]> {
  const refs: string[] = []
  for (const name of await folders(folder)) {
    const path = join(folder, name)
    const ref = prefix + name
    const whole = depth >= MAX_REF_SEGMENTS || (await isAction(path)) || (await fileExists(`${path}.completed`))
    const deeper = whole ? [] : await listRefs(path, `${ref}/`, depth + 1)
    refs.push(...(deeper.length > 0 ? deeper : [ref]))
  }
  return refs
}

async function isAction(folder: string): Promise<boolean> {
  for (const file of ['action.yml', 'action.yaml', 'Dockerfile']) {
    if (await fileExists(join(folder, file))) return true
  }
  return false
}

async function folders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return names.sort(compareCodePoints)
}
