import { readFileBytes } from '../../io/files.ts'
import { isCleanbillError, type Limit } from '../../model/error.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from '../../model/json.ts'
import { dropEmpty } from '../../model/statement.ts'
import { githubServer, gitlabRef, gitlabServer, platformOf } from '../builder-identity.ts'
import { readJobActions } from '../job-actions.ts'
import { createMasker } from '../masker.ts'
import { type RecordContext, type Recorded, type Recorder, settled } from '../recorder.ts'
import { refuseUnsafeTrigger } from '../unsafe-trigger.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The CI job around the command. GitHub's names and shape are those of its own provenance (formats.md §5.1). */
export const workflowRecorder: Recorder = {
  id: 'workflow',
  async start(context) {
    const platform = platformOf(context.host.env)
    if (platform === 'github') return settled(await recordGithub(context))
    return settled(platform === 'gitlab' ? recordGitlab(context.host.env) : {})
  },
}

async function recordGithub(context: RecordContext): Promise<Recorded> {
  const { env } = context.host
  const event = await readEvent(env.GITHUB_EVENT_PATH)
  await refuseUnsafeTrigger(context, event)
  const server = githubServer(env)
  const workflow = { ref: env.GITHUB_REF, repository: `${server}/${env.GITHUB_REPOSITORY}`, path: workflowPath(env) }
  const inputs = env.GITHUB_EVENT_NAME === 'workflow_dispatch' && event && isJsonObject(event.inputs ?? null)
  const actions = await readJobActions(env, server)
  return {
    externalParameters: {
      workflow: present(workflow),
      ...(inputs && { workflowInputs: createMasker(env).json(event.inputs as JsonObject) }),
    },
    internalParameters: { github: githubFacts(env), runner: runnerFacts(env) },
    resolvedDependencies: actions.resolvedDependencies,
    limits: [...actions.limits, ...runnerLimits(env), ...(event === undefined ? [NO_EVENT] : [])],
  }
}

/**
 * `owner/repo/.github/workflows/x.yml@refs/heads/main` without the repository and the ref. A file name may hold an
 * `@`, but no `/`: the first `@refs/` is where the ref begins (GitHub's own code cuts at the first `@`).
 */
export function workflowPath(env: Environment): string | undefined {
  const { GITHUB_WORKFLOW_REF: full, GITHUB_REPOSITORY: repository } = env
  if (!full || !repository || !full.startsWith(`${repository}/`)) return undefined
  const path = full.slice(repository.length + 1)
  const end = path.indexOf('@refs/')
  return end < 0 ? path.replace(/@[0-9a-f]{40}$/, '') : path.slice(0, end)
}

/** What the runner says of this job; all text. */
export function githubFacts(env: Environment): JsonObject {
  return present({
    event_name: env.GITHUB_EVENT_NAME,
    repository_id: env.GITHUB_REPOSITORY_ID,
    repository_owner_id: env.GITHUB_REPOSITORY_OWNER_ID,
    runner_environment: env.RUNNER_ENVIRONMENT,
    actor_id: env.GITHUB_ACTOR_ID,
    sha: env.GITHUB_SHA,
    workflow_sha: env.GITHUB_WORKFLOW_SHA,
    job: env.GITHUB_JOB,
    run_id: env.GITHUB_RUN_ID,
    run_attempt: env.GITHUB_RUN_ATTEMPT,
  })
}

/** Not the runner's name: on self-hosted ones it is a host name. */
function runnerFacts(env: Environment): JsonObject {
  return present({
    os: env.RUNNER_OS,
    arch: env.RUNNER_ARCH,
    image: env.ImageOS,
    image_version: env.ImageVersion,
  })
}

function runnerLimits(env: Environment): Limit[] {
  if (env.RUNNER_ENVIRONMENT === 'github-hosted') return []
  const message = 'the runner is not one of GitHub: whoever runs it can change what is observed on it'
  return [{ code: 'SELF_HOSTED_RUNNER', message }]
}

function recordGitlab(env: Environment): Recorded {
  const hosted = env.CI_RUNNER_TAGS?.includes('saas-') && env.CI_SERVER_HOST === 'gitlab.com'
  const message = 'the runner is not known to be one of gitlab.com: whoever runs it can change what is observed on it'
  const workflow = {
    ref: gitlabRef(env),
    repository: env.CI_PROJECT_URL ?? (env.CI_PROJECT_PATH && `${gitlabServer(env)}/${env.CI_PROJECT_PATH}`),
    path: env.CI_CONFIG_PATH || '.gitlab-ci.yml',
  }
  return {
    externalParameters: { workflow: present(workflow) },
    internalParameters: {
      gitlab: present({
        pipeline_source: env.CI_PIPELINE_SOURCE,
        pipeline_id: env.CI_PIPELINE_ID,
        project_id: env.CI_PROJECT_ID,
        namespace_id: env.CI_PROJECT_NAMESPACE_ID,
        job_id: env.CI_JOB_ID,
        job_name: env.CI_JOB_NAME,
        sha: env.CI_COMMIT_SHA,
        user_id: env.GITLAB_USER_ID,
        runner_arch: env.CI_RUNNER_EXECUTABLE_ARCH,
        runner_version: env.CI_RUNNER_VERSION,
      }),
    },
    limits: hosted ? [] : [{ code: 'SELF_HOSTED_RUNNER', message }],
  }
}

const NO_EVENT: Limit = {
  code: 'EVENT_UNREADABLE',
  message: 'the event that started the workflow could not be read: its inputs are not recorded',
}

async function readEvent(path: string | undefined): Promise<JsonObject | undefined> {
  if (!path) return undefined
  try {
    return parseJsonObject(await readFileBytes(path, 32 * 1024 * 1024), 'the event file', {
      maxBytes: 32 * 1024 * 1024,
      maxDepth: 128,
    })
  } catch (error) {
    if (isCleanbillError(error)) return undefined
    throw error
  }
}

function present(values: Readonly<Record<string, string | undefined>>): JsonObject {
  return dropEmpty(Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))) as JsonObject
}
