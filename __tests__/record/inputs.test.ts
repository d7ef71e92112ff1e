import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { omsRoot } from '../../src/model/predicates/oms.ts'
import { inputsRecorder } from '../../src/record/recorders/inputs.ts'
import { BARE_ENV, codes, makeContext, makeProject, observe } from './support.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const COMMIT = 'c'.repeat(40)

async function inputs(workspace: string, refs: readonly string[], between?: () => unknown) {
  const context = makeContext({ workspace, inputs: refs.map((ref) => ({ role: 'dataset', ref })) })
  return await observe(inputsRecorder, context, between)
}

describe('inputs', () => {
  test('carry what is needed to hash them again', async () => {
    const workspace = await makeProject({ 'data/b\n': 'bb', 'data/é': 'e', 'config file.yaml': 'x: 1' })
    const recorded = await inputs(workspace, ['./data/', 'config file.yaml'])
    const files = [
      { name: 'b\n', sha256: sha256('bb') },
      { name: 'é', sha256: sha256('e') },
    ]
    const resources = files.map(({ name, sha256: digest }) => ({ name, digest, algorithm: 'sha256' as const }))
    expect(recorded.resolvedDependencies).toEqual([
      {
        name: 'data',
        uri: 'workspace:data',
        digest: { sha256: omsRoot(resources) },
        annotations: {
          role: 'dataset',
          state: 'VERIFIED',
          kind: 'directory',
          path: 'data',
          bytes: 3,
          files: 2,
          manifest: files,
        },
      },
      {
        name: 'config file.yaml',
        uri: 'workspace:config%20file.yaml',
        digest: { sha256: sha256('x: 1') },
        annotations: { role: 'dataset', state: 'VERIFIED', kind: 'file', path: 'config file.yaml', bytes: 4 },
      },
    ])
    expect(recorded.limits).toEqual([])
    expect(recorded.changed).toEqual([])
  })

  test('by URI are pinned or declared, never verified', async () => {
    const refs = [`hf://acme/base@${COMMIT}`, 'https://example.test/data.csv']
    const recorded = await inputs(await makeProject(), refs)
    expect(recorded.resolvedDependencies).toEqual([
      { name: refs[0], uri: refs[0], digest: { gitCommit: COMMIT }, annotations: { role: 'dataset', state: 'PINNED' } },
      { name: refs[1], uri: refs[1], annotations: { role: 'dataset', state: 'DECLARED' } },
    ])
    expect(codes(recorded.limits)).toEqual(['DATA_PINNED_NOT_HASHED', 'DATA_DECLARED_ONLY'])
  })

  test.each<[string, (root: string) => unknown]>([
    ['a byte', (root) => writeFile(join(root, 'data/a'), 'B')],
    ['a new file', (root) => writeFile(join(root, 'data/new'), '')],
    ['a removed file', (root) => rm(join(root, 'data/a'))],
    ['a new name', (root) => rename(join(root, 'data/a'), join(root, 'data/aa'))],
    ['everything gone', (root) => rm(join(root, 'data'), { recursive: true })],
    [
      'a symlink instead',
      async (root) => {
        await rename(join(root, 'data'), join(root, 'moved'))
        await symlink('moved', join(root, 'data'))
      },
    ],
  ])('that changed during the run are named: %s', async (_what, change) => {
    const workspace = await makeProject({ 'data/a': 'A', 'data/b': 'b', 'other/x': 'x' })
    const recorded = await inputs(workspace, ['data', 'other'], () => change(workspace))
    expect(recorded.changed).toEqual(['data'])
    expect(recorded.limits).toMatchObject([
      { code: 'INPUT_CHANGED_DURING_RUN', message: expect.stringMatching(/: "data"$/) },
    ])
    const [data, other] = recorded.resolvedDependencies ?? []
    expect(data?.annotations?.changedDuringRun).toBe(true)
    expect(other?.annotations?.changedDuringRun).toBeUndefined()
  })

  test('that lie behind a symlink after the run have changed, whatever lies there', async () => {
    const workspace = await makeProject({ 'sub/data/a': 'a' })
    const recorded = await inputs(workspace, ['sub/data'], async () => {
      await rename(join(workspace, 'sub'), join(workspace, 'moved'))
      await symlink('moved', join(workspace, 'sub'))
    })
    expect(recorded.changed).toEqual(['sub/data'])
  })

  test.each<[string, string, (root: string) => unknown]>([
    ['is missing', 'FILE_NOT_FOUND', () => undefined],
    ['is an empty directory', 'INPUT_INVALID', (root) => mkdir(join(root, 'x'))],
    ['is a symlink out of the workspace', 'PATH_UNSAFE', (root) => symlink('/etc/hostname', join(root, 'x'))],
    [
      'holds a symlink',
      'PATH_UNSAFE',
      async (root) => {
        await mkdir(join(root, 'x'))
        await symlink('/etc/hostname', join(root, 'x/link'))
      },
    ],
    ['is a pipe', 'PATH_UNSAFE', (root) => execFileSync('mkfifo', [join(root, 'x')], { env: BARE_ENV })],
    [
      'holds a pipe',
      'PATH_UNSAFE',
      async (root) => {
        await mkdir(join(root, 'x'))
        execFileSync('mkfifo', [join(root, 'x/pipe')], { env: BARE_ENV })
      },
    ],
  ])('refuses one that %s, before the command', async (_what, code, make) => {
    const workspace = await makeProject()
    await make(workspace)
    const context = makeContext({ workspace, inputs: [{ role: 'dataset', ref: 'x' }] })
    await expect(inputsRecorder.start(context)).rejects.toMatchObject({ code, class: 'usage' })
  })

  test.each(['../x', '/etc/hostname', 'a/../../x'])('refuses %s, which leads out of the workspace', async (ref) => {
    await expect(inputs(await makeProject(), [ref])).rejects.toMatchObject({ code: 'PATH_UNSAFE' })
  })

  test('refuses a name that is not UTF-8, which could not be told from another one', async () => {
    const workspace = await makeProject({ 'x/a': 'a' })
    await writeFile(Buffer.concat([Buffer.from(`${workspace}/x/`), Buffer.from([0xff, 0xfe])]), 'x')
    await expect(inputs(workspace, ['x'])).rejects.toMatchObject({ code: 'PATH_UNSAFE' })
  })

  test('refuses a URI with the value of a secret in it', async () => {
    const context = makeContext({
      workspace: await makeProject(),
      env: { MY_TOKEN: 'hunter2hunter2' },
      inputs: [{ role: 'x', ref: 'https://example.test/hunter2hunter2/data' }],
    })
    await expect(inputsRecorder.start(context)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('refuses a file that it may not read', async () => {
    const workspace = await makeProject({ 'x/secret': 'x' })
    await chmod(workspace, 0o755)
    await chmod(join(workspace, 'x/secret'), 0)
    // Root reads everything: be somebody else for as long as it takes.
    const root = process.getuid?.() === 0
    if (root) process.seteuid?.(65534)
    try {
      await expect(inputs(workspace, ['x'])).rejects.toMatchObject({ code: 'FILE_UNREADABLE', class: 'usage' })
    } finally {
      if (root) process.seteuid?.(0)
    }
  })

  test('may be 10,000 files; the list is then named by its digest', async () => {
    const workspace = await makeProject()
    await mkdir(join(workspace, 'data'))
    for (let i = 0; i < 10_000; i += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, j) => writeFile(join(workspace, `data/${i + j}`), `${i + j}`)))
    }
    const started = process.cpuUsage()
    const recorded = await inputs(workspace, ['data'])
    // Of the processor, not by the clock: what else the machine does is not the list's fault. A square would take minutes.
    const { user, system } = process.cpuUsage(started)
    expect((user + system) / 1e6).toBeLessThan(20)
    expect(recorded.resolvedDependencies?.[0]?.annotations).toEqual({
      role: 'dataset',
      state: 'VERIFIED',
      kind: 'directory',
      path: 'data',
      bytes: 38_890,
      files: 10_000,
    })
    expect(recorded.byproducts).toMatchObject([
      {
        name: 'manifest of data',
        digest: { sha256: expect.stringMatching(/^\w{64}$/) },
        annotations: { files: 10_000 },
      },
    ])
  })
})
