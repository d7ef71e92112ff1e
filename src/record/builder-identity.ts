import { LOCAL_BUILDER } from '../model/uris.ts'

/**
 * Where the statement is signed: in the job that ran the command, or in another one that the command cannot reach.
 * The two are worth different levels, so they are different builders (SLSA provenance v1, `builder.id`).
 */
export type SigningMode = 'same-job' | 'separate-job'

type Environment = Readonly<Record<string, string | undefined>>

export type Platform = 'github' | 'gitlab' | 'local'

/** GITLAB_CI is asked second: the GitHub runner lets no step set a `GITHUB_*` variable, anybody may set the other. */
export function platformOf(env: Environment): Platform {
  if (env.GITHUB_ACTIONS === 'true') return 'github'
  return env.GITLAB_CI === 'true' ? 'gitlab' : 'local'
}

/**
 * `builder.id`: the workflow that ran the command, and the mode.
 *
 * @param jobWorkflowRef `job_workflow_ref` of the identity token where it is known: of a reusable workflow it names
 *   the file that holds the job, while the environment names the caller's only
 * @example
 * 'https://github.com/acme/model/.github/workflows/train.yml@refs/heads/main#same-job'
 */
export function builderIdentity(env: Environment, mode: SigningMode, jobWorkflowRef?: string): string {
  const platform = platformOf(env)
  const workflow = jobWorkflowRef ?? env.GITHUB_WORKFLOW_REF
  if (platform === 'github' && workflow) return `${githubServer(env)}/${workflow}#${mode}`
  const { CI_PROJECT_PATH } = env
  const ref = gitlabRef(env)
  if (platform === 'gitlab' && CI_PROJECT_PATH && ref !== undefined) {
    return `${gitlabServer(env)}/${CI_PROJECT_PATH}//${env.CI_CONFIG_PATH || '.gitlab-ci.yml'}@${ref}#${mode}`
  }
  return LOCAL_BUILDER
}

/** Of this very attempt; undefined outside CI. */
export function invocationIdentity(env: Environment): string | undefined {
  const platform = platformOf(env)
  const { GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT } = env
  if (platform === 'github' && GITHUB_REPOSITORY && GITHUB_RUN_ID) {
    return `${githubServer(env)}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}/attempts/${GITHUB_RUN_ATTEMPT || '1'}`
  }
  return platform === 'gitlab' ? env.CI_JOB_URL || undefined : undefined
}

export function githubServer(env: Environment): string {
  return (env.GITHUB_SERVER_URL || 'https://github.com').replace(/\/+$/, '')
}

export function gitlabServer(env: Environment): string {
  return (env.CI_SERVER_URL || 'https://gitlab.com').replace(/\/+$/, '')
}

/** The full name of the ref that GitLab gives in parts. */
export function gitlabRef(env: Environment): string | undefined {
  if (env.CI_COMMIT_TAG) return `refs/tags/${env.CI_COMMIT_TAG}`
  if (env.CI_MERGE_REQUEST_REF_PATH) return env.CI_MERGE_REQUEST_REF_PATH
  return env.CI_COMMIT_REF_NAME ? `refs/heads/${env.CI_COMMIT_REF_NAME}` : undefined
}
