import { mkdir, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { exec } from './exec.ts'

const REPOSITORY = 'octo-org/octo-repo'
const REF = 'refs/heads/main'
const WORKFLOW_REF = `${REPOSITORY}/.github/workflows/release.yml@${REF}`

/** Who every bundle of a run must be signed by. */
export const IDENTITY = `https://github.com/${WORKFLOW_REF}`

/** The job that pretends to run: a checkout, the runner's environment, and the claims of a token for that very job. */
export interface Workspace {
  readonly folder: string
  readonly claims: Readonly<Record<string, string>>
  readonly runnerEnv: NodeJS.ProcessEnv
}

/** Environment of every program that is started here: nothing of the caller's but where programs and languages are. */
export function cleanEnv(scratch: string, path: string | undefined): NodeJS.ProcessEnv {
  return {
    PATH: [dirname(process.execPath), path ?? ''].join(delimiter),
    HOME: join(scratch, 'home'),
    TMPDIR: join(scratch, 'tmp'),
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    COLUMNS: '200',
    NO_COLOR: '1',
  }
}

export async function makeWorkspace(scratch: string, env: NodeJS.ProcessEnv): Promise<Workspace> {
  const folder = join(scratch, 'workspace')
  const runnerTemp = join(scratch, 'runner-temp')
  for (const path of [folder, runnerTemp, join(scratch, 'home'), join(scratch, 'tmp')]) {
    await mkdir(path, { recursive: true })
  }
  await writeFile(join(folder, 'data.csv'), 'x,y\n1,2\n3,4\n')
  await writeFile(join(folder, '.gitignore'), 'out/\n')
  const sha = await commit(folder, env)
  const eventPath = join(runnerTemp, 'event.json')
  const [owner] = REPOSITORY.split('/')
  const repository = {
    id: 74,
    full_name: REPOSITORY,
    private: false,
    visibility: 'public',
    owner: { id: 65, login: owner },
  }
  await writeFile(eventPath, JSON.stringify({ ref: REF, after: sha, repository }))
  const shared = {
    repository: REPOSITORY,
    repository_id: '74',
    repository_owner: 'octo-org',
    repository_owner_id: '65',
    ref: REF,
    sha,
    workflow: 'release',
    workflow_ref: WORKFLOW_REF,
    workflow_sha: sha,
    run_id: '1234567890',
    run_number: '10',
    run_attempt: '2',
    actor: 'octocat',
    actor_id: '12',
    event_name: 'push',
    ref_type: 'branch',
    ref_protected: 'true',
  }
  return {
    folder,
    claims: {
      ...shared,
      sub: `repo:${REPOSITORY}:ref:${REF}`,
      job_workflow_ref: WORKFLOW_REF,
      job_workflow_sha: sha,
      repository_visibility: 'public',
      runner_environment: 'github-hosted',
      head_ref: '',
      base_ref: '',
    },
    runnerEnv: {
      ...Object.fromEntries(Object.entries(shared).map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, value])),
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_JOB: 'train',
      GITHUB_WORKSPACE: folder,
      GITHUB_EVENT_PATH: eventPath,
      GITHUB_REF_NAME: 'main',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_API_URL: 'https://api.github.com',
      RUNNER_ENVIRONMENT: 'github-hosted',
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: process.arch.toUpperCase(),
      RUNNER_TEMP: runnerTemp,
    },
  }
}

/** A commit, so that the checkout, the environment and the token name the same one; where git is absent, a made-up one. */
async function commit(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const who = ['-c', 'user.name=octocat', '-c', 'user.email=octocat@example.com', '-c', 'commit.gpgsign=false']
  const git = (...args: string[]) => exec('git', [...who, ...args], { cwd: folder, env, timeoutMs: 30_000 })
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'origin', `https://github.com/${REPOSITORY}`)
  await git('add', '.')
  await git('commit', '--quiet', '--message=Add the data')
  const head = (await git('rev-parse', 'HEAD')).stdout.trim()
  return /^[0-9a-f]{40}$/.test(head) ? head : 'a'.repeat(40)
}
