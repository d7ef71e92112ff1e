import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { builderIdentity, invocationIdentity } from '../../src/record/builder-identity.ts'
import { workflowPath, workflowRecorder } from '../../src/record/recorders/workflow.ts'
import { codes, git, makeContext, makeProject, makeRepository, observe } from './support.ts'

const GITHUB = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/model',
  GITHUB_REPOSITORY_ID: '12',
  GITHUB_REPOSITORY_OWNER_ID: '34',
  GITHUB_ACTOR_ID: '56',
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_WORKFLOW_REF: 'acme/model/.github/workflows/train.yml@refs/heads/main',
  GITHUB_RUN_ID: '789',
  GITHUB_RUN_ATTEMPT: '2',
  RUNNER_ENVIRONMENT: 'github-hosted',
  RUNNER_OS: 'Linux',
  RUNNER_ARCH: 'X64',
  RUNNER_NAME: 'my-private-host',
  ImageOS: 'ubuntu24',
  ImageVersion: '20261101.1',
}

const GITLAB = {
  GITLAB_CI: 'true',
  CI_SERVER_URL: 'https://gitlab.com',
  CI_SERVER_HOST: 'gitlab.com',
  CI_PROJECT_PATH: 'acme/model',
  CI_PROJECT_URL: 'https://gitlab.com/acme/model',
  CI_COMMIT_REF_NAME: 'main',
  CI_PIPELINE_SOURCE: 'push',
  CI_JOB_ID: '77',
  CI_JOB_URL: 'https://gitlab.com/acme/model/-/jobs/77',
}

async function workflow(env: Record<string, string | undefined>, event?: object, workspace?: string) {
  const folder = await makeProject(event === undefined ? {} : { 'event.json': JSON.stringify(event) })
  const path = event === undefined ? {} : { GITHUB_EVENT_PATH: join(folder, 'event.json') }
  const context = makeContext({ workspace: workspace ?? folder, env: { ...GITHUB, ...path, ...env } })
  return await observe(workflowRecorder, context)
}

describe('a job on GitHub', () => {
  test('is recorded in the shape of GitHub itself, without the name of the runner', async () => {
    const recorded = await workflow({}, {})
    expect(recorded.externalParameters).toEqual({
      workflow: {
        ref: 'refs/heads/main',
        repository: 'https://github.com/acme/model',
        path: '.github/workflows/train.yml',
      },
    })
    expect(recorded.internalParameters).toEqual({
      github: {
        event_name: 'push',
        repository_id: '12',
        repository_owner_id: '34',
        runner_environment: 'github-hosted',
        actor_id: '56',
        run_id: '789',
        run_attempt: '2',
      },
      runner: { os: 'Linux', arch: 'X64', image: 'ubuntu24', image_version: '20261101.1' },
    })
    expect(recorded.limits).toEqual([])
  })

  test('carries the inputs of a manual start, secrets masked, and those of no other event', async () => {
    const event = { inputs: { epochs: '4', note: 'uses hunter2hunter2' } }
    const env = { GITHUB_EVENT_NAME: 'workflow_dispatch', MY_TOKEN: 'hunter2hunter2' }
    const { externalParameters } = await workflow(env, event)
    expect(externalParameters?.workflowInputs).toEqual({ epochs: '4', note: 'uses ***' })
    expect((await workflow({}, event)).externalParameters).not.toHaveProperty('workflowInputs')
  })

  test('says when its event or its runner is not to be known', async () => {
    expect(codes((await workflow({ RUNNER_ENVIRONMENT: 'self-hosted' })).limits)).toEqual([
      'SELF_HOSTED_RUNNER',
      'EVENT_UNREADABLE',
    ])
    expect(codes((await workflow({ RUNNER_ENVIRONMENT: undefined }, {})).limits)).toEqual(['SELF_HOSTED_RUNNER'])
  })

  test('lists its actions, with a digest only where the reference is a commit', async () => {
    const sha = 'd'.repeat(40)
    const home = await makeProject({
      [`_actions/actions/checkout/${sha}/action.yml`]: '',
      '_actions/actions/setup-node/v4/action.yml': '',
      '_actions/acme/tool/release/v1/action.yml': '',
      '_actions/acme/sub/feature/x/nested/action.yml': '',
      '_actions/acme/sub/feature/x.completed': '',
      '_actions/acme/sub/feature/x/other/file': '',
      'model/model/x': '',
    })
    const recorded = await workflow({ RUNNER_WORKSPACE: join(home, 'model') }, {})
    expect(recorded.resolvedDependencies).toEqual([
      {
        name: 'acme/sub',
        uri: 'git+https://github.com/acme/sub@feature/x',
        annotations: { role: 'action' },
      },
      { name: 'acme/tool', uri: 'git+https://github.com/acme/tool@release/v1', annotations: { role: 'action' } },
      {
        name: 'actions/checkout',
        uri: `git+https://github.com/actions/checkout@${sha}`,
        digest: { gitCommit: sha },
        annotations: { role: 'action' },
      },
      {
        name: 'actions/setup-node',
        uri: 'git+https://github.com/actions/setup-node@v4',
        annotations: { role: 'action' },
      },
    ])
    expect(codes(recorded.limits)).toEqual(['ACTION_REF_MUTABLE'])
    expect(recorded.limits?.[0]?.message).not.toContain('checkout')
  })

  test.each([
    ['acme/model/.github/workflows/a@b.yml@refs/heads/main', '.github/workflows/a@b.yml'],
    ['acme/model/.github/workflows/a.yml@refs/heads/x@refs/y', '.github/workflows/a.yml'],
    [`acme/model/.github/workflows/a.yml@${'e'.repeat(40)}`, '.github/workflows/a.yml'],
    ['evil/model/.github/workflows/a.yml@refs/heads/main', undefined],
  ])('reads the path out of %s', (ref, path) => {
    expect(workflowPath({ ...GITHUB, GITHUB_WORKFLOW_REF: ref })).toBe(path)
  })
})

describe('a run with the rights of the repository', () => {
  const head = async (root: string) => git(root, 'rev-parse', 'HEAD')
  const target = { GITHUB_EVENT_NAME: 'pull_request_target' }
  const after = { GITHUB_EVENT_NAME: 'workflow_run' }
  const pull = (sha: string) => ({ pull_request: { head: { sha } } })
  const finished = (sha: string, event: string, from = 1) => ({
    repository: { id: 1 },
    workflow_run: { head_sha: sha, event, head_repository: { id: from } },
  })

  test('is refused with the head of a pull request checked out', async () => {
    const workspace = await makeRepository({ a: 'a' })
    const sha = await head(workspace)
    await expect(workflow(target, pull(sha), workspace)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
    await expect(workflow(after, finished(sha, 'pull_request'), workspace)).rejects.toMatchObject({
      code: 'UNSAFE_TRIGGER',
    })
    await expect(workflow(after, finished(sha, 'push', 2), workspace)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
  })

  test('is refused with a merge of it checked out, and with it checked out in a folder', async () => {
    const workspace = await makeRepository({ a: 'a' })
    await git(workspace, 'checkout', '--quiet', '-b', 'pull')
    await git(workspace, 'commit', '--quiet', '--allow-empty', '--message', 'theirs')
    const sha = await head(workspace)
    await git(workspace, 'checkout', '--quiet', 'main')
    await git(workspace, 'merge', '--quiet', '--no-ff', '--message', 'merge', 'pull')
    await expect(workflow(target, pull(sha), workspace)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
    const outer = await makeProject()
    await rename(workspace, join(outer, 'pr'))
    await mkdir(workspace)
    await expect(workflow(target, pull(sha), outer)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
  })

  test('is refused when the workspace is a folder below the checkout, also of a nested repository', async () => {
    const root = await makeRepository({ 'pkg/app/a': 'a' })
    const event = pull(await head(root))
    const below = join(root, 'pkg/app')
    await expect(workflow(target, event, below)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
    const link = join(await makeProject(), 'link')
    await symlink(below, link)
    await expect(workflow(target, event, link)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
    // The stranger's checkout around a repository that is somebody else's.
    await git(below, 'init', '--quiet')
    await git(below, 'commit', '--quiet', '--allow-empty', '--message', 'inner')
    await expect(workflow(target, event, below)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
  })

  test('is refused when the head is checked out in the job’s workspace and the command runs elsewhere', async () => {
    const outer = await makeProject({ 'own/pkg/a': 'a' })
    const checkout = await makeRepository({ a: 'a' })
    const event = pull(await head(checkout))
    const own = join(outer, 'own/pkg')
    const inJob = (folder: string) => workflow({ ...target, GITHUB_WORKSPACE: folder }, event, own)
    await expect(inJob(outer)).resolves.toBeDefined()
    await expect(inJob(checkout)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
    await rename(checkout, join(outer, 'pr'))
    await mkdir(checkout)
    await expect(inJob(outer)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
  })

  test('is refused when the event cannot be read or names no commit', async () => {
    await expect(workflow(target)).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
    await expect(workflow(target, {})).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
    await expect(workflow(after, { workflow_run: {} })).rejects.toMatchObject({ code: 'UNSAFE_TRIGGER' })
  })

  test('goes on with its own code checked out, or after a push to the repository itself', async () => {
    const workspace = await makeRepository({ a: 'a' })
    await expect(workflow(target, pull('f'.repeat(40)), workspace)).resolves.toBeDefined()
    await expect(workflow(after, finished(await head(workspace), 'push'), workspace)).resolves.toBeDefined()
    const pullRequest = { GITHUB_EVENT_NAME: 'pull_request' }
    await expect(workflow(pullRequest, pull(await head(workspace)), workspace)).resolves.toBeDefined()
  })
})

describe('a job on GitLab', () => {
  test('is recorded with project, ref, configuration, pipeline source and job', async () => {
    const recorded = await workflow({ GITHUB_ACTIONS: undefined, ...GITLAB })
    expect(recorded.externalParameters).toEqual({
      workflow: { ref: 'refs/heads/main', repository: 'https://gitlab.com/acme/model', path: '.gitlab-ci.yml' },
    })
    expect(recorded.internalParameters?.gitlab).toMatchObject({ pipeline_source: 'push', job_id: '77' })
    expect(codes(recorded.limits)).toEqual(['SELF_HOSTED_RUNNER'])
  })
})

describe('outside CI', () => {
  test('there is no workflow', async () => {
    expect(await workflow({ GITHUB_ACTIONS: undefined })).toEqual({})
  })
})

describe('the builder', () => {
  const github = 'https://github.com/acme/model/.github/workflows/train.yml@refs/heads/main'
  test.each([
    ['GitHub', GITHUB, `${github}#same-job`],
    ['GitLab', GITLAB, 'https://gitlab.com/acme/model//.gitlab-ci.yml@refs/heads/main#same-job'],
    [
      'GitLab, on a tag',
      { ...GITLAB, CI_COMMIT_TAG: 'v1' },
      'https://gitlab.com/acme/model//.gitlab-ci.yml@refs/tags/v1#same-job',
    ],
    ['a GitHub job in which a step set GITLAB_CI', { ...GITLAB, ...GITHUB }, `${github}#same-job`],
    ['a machine', {}, expect.stringMatching(/#local$/)],
    ['a half-set environment', { GITHUB_ACTIONS: 'true' }, expect.stringMatching(/#local$/)],
  ])('of %s', (_what, env, id) => {
    expect(builderIdentity(env, 'same-job')).toEqual(id)
  })

  test('is another one when another job signs, and names the reusable workflow where the token does', () => {
    expect(builderIdentity(GITHUB, 'separate-job')).toBe(`${github}#separate-job`)
    const reusable = 'acme/builders/.github/workflows/train.yml@refs/tags/v1'
    expect(builderIdentity(GITHUB, 'same-job', reusable)).toBe(`https://github.com/${reusable}#same-job`)
  })

  test('has an invocation', () => {
    expect(invocationIdentity(GITHUB)).toBe('https://github.com/acme/model/actions/runs/789/attempts/2')
    expect(invocationIdentity(GITLAB)).toBe('https://gitlab.com/acme/model/-/jobs/77')
    expect(invocationIdentity({})).toBeUndefined()
  })
})

test('an event file that is no JSON is an event that is not known', async () => {
  const folder = await makeProject()
  await writeFile(join(folder, 'event.json'), '{"inputs": {"a": "1", "a": "2"}}')
  const env = { GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_EVENT_PATH: join(folder, 'event.json') }
  expect(codes((await workflow(env)).limits)).toEqual(['EVENT_UNREADABLE'])
})
