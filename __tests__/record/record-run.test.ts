import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Recording } from '../../src/model/recording.ts'
import { recordRun } from '../../src/record/record-run.ts'
import { RECORDERS } from '../../src/record/recorders/index.ts'
import { codes, makeContext, makeProject, makeRepository, record } from './support.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('a run', () => {
  test('is recorded with what went in, what was run, and what came out', async () => {
    const workspace = await makeRepository({ 'data/a': 'a', '.gitignore': 'out\n' })
    const recording = await record('mkdir out; cat data/a > out/model; echo done; echo hm >&2', {
      workspace,
      kind: 'train',
      inputs: [{ role: 'dataset', ref: 'data' }],
      outputs: [{ role: 'model', pattern: 'out/model' }],
    })
    expect(recording).toMatchObject({
      kind: 'train',
      exit: { code: 0, signal: null },
      builder: { id: expect.stringMatching(/#local$/), version: {} },
      outputs: [{ role: 'model', path: 'out/model', digest: { sha256: sha256('a') } }],
    })
    expect(recording.externalParameters).toEqual({
      kind: 'train',
      command: { argv: ['sh', '-c', 'mkdir out; cat data/a > out/model; echo done; echo hm >&2'] },
      inputs: [{ role: 'dataset', ref: 'data' }],
      outputs: [{ role: 'model', pattern: 'out/model' }],
    })
    expect(recording.resolvedDependencies.map(({ name }) => name)).toEqual(['data', 'source'])
    expect(recording.byproducts).toEqual([
      { name: 'stdout', digest: { sha256: sha256('done\n') }, annotations: { role: 'output-stream', bytes: 5 } },
      { name: 'stderr', digest: { sha256: sha256('hm\n') }, annotations: { role: 'output-stream', bytes: 3 } },
    ])
    expect(codes(recording.limits)).toEqual(['DEPENDENCIES_TENANT_REPORTED', 'SAME_JOB_SIGNING'])
    expect(Date.parse(recording.finishedOn)).toBeGreaterThanOrEqual(Date.parse(recording.startedOn))
    expect(recording.startedOn).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test('shows no secret: not from the command, the remote, the environment or the output', async () => {
    const secret = 'hunter2-hunter2-hunter2'
    const workspace = await makeRepository({ a: 'a' }, `https://x:${secret}@github.com/acme/model`)
    const recording = await record(`echo ${secret}; echo "$DB_PASSWORD" >&2; echo x > out`, {
      workspace,
      env: { DB_PASSWORD: secret, GITHUB_TOKEN: 'ghs_hunter3hunter3', NODE_ENV: secret },
      outputs: [{ role: 'x', pattern: 'out' }],
    })
    expect(JSON.stringify(recording)).not.toMatch(/hunter2|hunter3/)
    expect(codes(recording.limits)).toContain('COMMAND_MASKED')
    expect(recording.externalParameters.command).toMatchObject({
      argv: ['sh', '-c', expect.stringMatching(/^echo \*\*\*;/)],
    })
  })

  test('gives the command no token', async () => {
    const tokens = {
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'hunter2a',
      ACTIONS_RUNTIME_TOKEN: 'hunter2b',
      SIGSTORE_ID_TOKEN: 'hunter2c',
      GITHUB_TOKEN: 'hunter2d',
      INPUT_SECRET: 'hunter2e',
    }
    const printed: Uint8Array[] = []
    const workspace = await makeProject()
    await record('env', { workspace, env: tokens }, { onStdout: (chunk) => void printed.push(chunk) })
    expect(Buffer.concat(printed).toString()).toContain('PATH=')
    expect(Buffer.concat(printed).toString()).not.toContain('hunter2')
  })

  test('of a script is recorded with its text, not with the temporary file it was in', async () => {
    const workspace = await makeProject()
    const overrides = { workspace, argv: ['/bin/sh', '-e', '/dev/null'], shell: 'make all\n' }
    const { externalParameters } = await record('', overrides)
    expect(externalParameters.command).toEqual({ script: 'make all\n', shell: 'sh' })
    const long = await record('', { ...overrides, shell: 'x'.repeat(70_000) })
    expect(long.externalParameters.command).toEqual({ scriptSha256: sha256('x'.repeat(70_000)), shell: 'sh' })
  })

  test.each([
    ['exit 7', { code: 7, signal: null }],
    ['kill -KILL $$', { code: null, signal: 'SIGKILL' }],
  ])('that fails (%s) is recorded in full, with the outputs that are there', async (end, exit) => {
    const workspace = await makeProject({ 'data/a': 'a' })
    const recording = await record(`echo half > model; ${end}`, {
      workspace,
      inputs: [{ role: 'dataset', ref: 'data' }],
      outputs: [
        { role: 'model', pattern: 'model' },
        { role: 'report', pattern: 'report.json' },
      ],
    })
    expect(recording.exit).toEqual(exit)
    expect(recording.outputs.map(({ path }) => path)).toEqual(['model'])
    expect(recording.resolvedDependencies.map(({ name }) => name)).toEqual(['data'])
  })

  test('in which the command changed its input says so', async () => {
    const workspace = await makeProject({ 'data/a': 'a' })
    const recording = await record('echo b >> data/a', { workspace, inputs: [{ role: 'dataset', ref: 'data' }] })
    expect(codes(recording.limits)).toContain('INPUT_CHANGED_DURING_RUN')
    expect(recording.resolvedDependencies[0]?.annotations?.changedDuringRun).toBe(true)
  })

  test('of a command that makes nothing is refused when it should have', async () => {
    const given = { workspace: await makeProject(), outputs: [{ role: 'x', pattern: 'out' }] }
    await expect(record('true', given)).rejects.toMatchObject({ code: 'PATTERN_NO_MATCH' })
  })

  test('keeps what was seen when a declared output is missing after a command that succeeded', async () => {
    const workspace = await makeProject()
    const outputs = [
      { role: 'model', pattern: 'there' },
      { role: 'report', pattern: 'missing' },
    ]
    const kept: Recording[] = []
    const options = { mode: 'same-job' as const, onFault: async (recording: Recording) => void kept.push(recording) }
    const context = makeContext({ workspace, argv: ['sh', '-c', 'echo made > there'], outputs })
    await expect(recordRun(context, options)).rejects.toMatchObject({ code: 'PATTERN_NO_MATCH' })
    expect(kept[0]?.outputs.map(({ path }) => path)).toEqual(['there'])
    expect(kept[0]?.limits.map(({ code }) => code)).toContain('RECORDING_INCOMPLETE')
  })

  test('does not start when an input or an output pattern is wrong', async () => {
    const workspace = await makeProject()
    const started = async () => (await readdir(workspace)).includes('started')
    const inputs = [{ role: 'x', ref: 'missing' }]
    await expect(record('touch started', { workspace, inputs })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    const outputs = [{ role: 'x', pattern: '../x' }]
    await expect(record('touch started', { workspace, outputs })).rejects.toMatchObject({ code: 'PATTERN_UNSAFE' })
    expect(await started()).toBe(false)
  })

  test('says which of its limits the caller knew, and which mode signs', async () => {
    const limits = [{ code: 'ROOT_IN_JOB', message: 'root' }]
    const env = {
      GITHUB_ACTIONS: 'true',
      GITHUB_REPOSITORY: 'acme/model',
      GITHUB_RUN_ID: '1',
      GITHUB_WORKFLOW_REF: 'acme/model/.github/workflows/x.yml@refs/heads/main',
      RUNNER_ENVIRONMENT: 'github-hosted',
    }
    const recording = await record(
      'true',
      { workspace: await makeProject(), env },
      {
        mode: 'separate-job',
        limits,
        version: { cleanbill: '1.2.3' },
      },
    )
    expect(codes(recording.limits)).not.toContain('SAME_JOB_SIGNING')
    expect(codes(recording.limits)).toEqual(expect.arrayContaining(['ROOT_IN_JOB', 'DEPENDENCIES_TENANT_REPORTED']))
    expect(recording.invocationId).toBe('https://github.com/acme/model/actions/runs/1/attempts/1')
    expect(recording.builder).toEqual({
      id: 'https://github.com/acme/model/.github/workflows/x.yml@refs/heads/main#separate-job',
      version: { cleanbill: '1.2.3' },
    })
  })

  test('carries the limit of a process left behind', async () => {
    const workspace = await makeProject()
    const recording = await record('sleep 2 &', { workspace }, { streamGraceMs: 100 })
    expect(codes(recording.limits)).toContain('OUTPUT_STREAM_OPEN')
  })
})

test('every recorder is one file and one row', async () => {
  const files = await readdir(join(import.meta.dirname, '../../src/record/recorders'))
  const ids = files.filter((file) => file !== 'index.ts').map((file) => file.replace('.ts', ''))
  expect(RECORDERS.map(({ id }) => id).sort()).toEqual(ids.sort())
})

test('no two recorders write one key, whatever platform they run on', async () => {
  const workspace = await makeRepository({ 'package.json': '{}', 'requirements.txt': '', a: 'a' })
  for (const env of [{}, { GITHUB_ACTIONS: 'true' }, { GITLAB_CI: 'true' }]) {
    await expect(record('true', { workspace, env })).resolves.toBeDefined()
  }
  expect(makeContext({ workspace }).childEnv).not.toHaveProperty('VITEST')
})
