import { createHash } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mentions } from '../../src/record/mentions.ts'
import { environmentRecorder } from '../../src/record/recorders/environment.ts'
import { gpuRecorder } from '../../src/record/recorders/gpu.ts'
import { nodeRecorder } from '../../src/record/recorders/node.ts'
import { pythonRecorder } from '../../src/record/recorders/python.ts'
import { BARE_ENV, codes, makeContext, makeProject, observe } from './support.ts'

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')

/** A folder with one program in it, first on PATH. */
async function withProgram(name: string, script: string) {
  const folder = await makeProject({ [name]: `#!/bin/sh\n${script}\n` })
  await chmod(join(folder, name), 0o755)
  return { PATH: [folder, BARE_ENV.PATH].join(delimiter), HOME: BARE_ENV.HOME }
}

describe('what a command starts', () => {
  test.each([
    [['python3', 'train.py'], undefined, true],
    [['/usr/bin/python3.11'], undefined, true],
    [['bash', '/tmp/x.sh'], 'set -e\npip install x && torchrun train.py', true],
    [['make'], undefined, false],
    [['echo', 'pythonic'], undefined, false],
  ])('%j with script %j mentions Python: %s', (argv, shell, expected) => {
    expect(mentions({ argv, shell }, /^(python[\d.]*|torchrun)$/)).toBe(expected)
  })
})

describe('Python', () => {
  const ANSWER = (packages: unknown) =>
    JSON.stringify({ version: '3.12.1', implementation: 'CPython', executable: process.execPath, packages })
  /** A Python that says what the file `installed` says. */
  async function fakePython(workspace: string, packages: unknown) {
    await writeFile(join(workspace, 'installed'), ANSWER(packages))
    return await withProgram('python3', `test "$1" = -I || exit 1\ncat ${workspace}/installed`)
  }

  test('is recorded with its interpreter and the set of installed packages', async () => {
    const workspace = await makeProject({ 'requirements.txt': 'numpy\n' })
    const record = 'a'.repeat(64)
    const packages = [
      ['zlib-x', '1', null],
      ['numpy', '2.1', record],
    ]
    const childEnv = await fakePython(workspace, packages)
    const recorded = await observe(pythonRecorder, makeContext({ workspace, childEnv }))
    const lines = [`numpy==2.1 sha256:${record}`, 'zlib-x==1 sha256:-']
    expect(recorded.resolvedDependencies).toEqual([
      {
        name: 'python',
        uri: 'pkg:generic/python@3.12.1',
        digest: { sha256: sha256(await readFile(process.execPath)) },
        annotations: { role: 'toolchain', implementation: 'CPython' },
      },
      {
        name: 'python-packages',
        digest: { sha256: sha256(lines.map((line) => `${line}\n`).join('')) },
        annotations: { role: 'installed-set', count: 2, packages: lines },
      },
      {
        name: 'requirements.txt',
        uri: 'workspace:requirements.txt',
        digest: { sha256: sha256('numpy\n') },
        annotations: { role: 'lockfile' },
      },
    ])
    expect(recorded.limits).toEqual([])
  })

  test('shows what the command installed', async () => {
    const workspace = await makeProject()
    const childEnv = await fakePython(workspace, [['a', '1', null]])
    const context = makeContext({ workspace, childEnv, argv: ['pip', 'install', 'evil'] })
    const { limits, resolvedDependencies } = await observe(pythonRecorder, context, () =>
      fakePython(workspace, [
        ['a', '1', null],
        ['evil', '1', null],
      ]),
    )
    expect(codes(limits)).toEqual(['TOOLCHAIN_CHANGED_DURING_RUN'])
    expect(resolvedDependencies?.map(({ name }) => name)).toEqual([
      'python',
      'python-packages',
      'python-packages-after',
    ])
  })

  test('answers for real, where there is one', async () => {
    const workspace = await makeProject()
    const recorded = await observe(pythonRecorder, makeContext({ workspace, argv: ['python3', 'x.py'] }))
    for (const dependency of recorded.resolvedDependencies ?? []) {
      expect(dependency.digest?.sha256).toMatch(/^[0-9a-f]{64}$/)
    }
    expect(recorded.limits ?? []).toEqual([])
  })

  test('is not asked where nothing uses it, and says nothing where it does not answer', async () => {
    const workspace = await makeProject({ 'package.json': '{}' })
    const calls: string[] = []
    const runTool = async ([program]: readonly string[]) => void calls.push(program ?? '')
    expect(
      await observe(pythonRecorder, makeContext({ workspace, runTool: async (a) => runTool(a) as never })),
    ).toEqual({})
    expect(calls).toEqual([])
    const broken = await withProgram('python3', 'echo "{}"')
    const childEnv = { ...broken, PATH: broken.PATH.split(delimiter)[0] ?? '' }
    expect(await observe(pythonRecorder, makeContext({ workspace, childEnv, argv: ['python3'] }))).toEqual({})
  })
})

describe('Node', () => {
  test('is the one on the PATH of the command, with locks and what is installed', async () => {
    const workspace = await makeProject({
      'package.json': '{}',
      'package-lock.json': '{"a":1}',
      'node_modules/.package-lock.json': '{"b":1}',
    })
    const childEnv = { ...BARE_ENV, PATH: dirname(process.execPath), NODE_OPTIONS: '--require /nonexistent.js' }
    const recorded = await observe(nodeRecorder, makeContext({ workspace, childEnv }))
    expect(recorded.resolvedDependencies).toEqual([
      {
        name: 'node',
        uri: `pkg:generic/node@${process.version.slice(1)}`,
        digest: { sha256: sha256(await readFile(process.execPath)) },
        annotations: { role: 'toolchain' },
      },
      {
        name: 'package-lock.json',
        uri: 'workspace:package-lock.json',
        digest: { sha256: sha256('{"a":1}') },
        annotations: { role: 'lockfile' },
      },
      {
        name: 'node_modules/.package-lock.json',
        uri: 'workspace:node_modules/.package-lock.json',
        digest: { sha256: sha256('{"b":1}') },
        annotations: { role: 'installed-set' },
      },
    ])
    expect(recorded.limits).toEqual([])
  })

  test('shows that the command changed what is installed', async () => {
    const workspace = await makeProject({ 'package.json': '{}', 'node_modules/.package-lock.json': '1' })
    const recorded = await observe(nodeRecorder, makeContext({ workspace }), () =>
      writeFile(join(workspace, 'node_modules/.package-lock.json'), '2'),
    )
    expect(codes(recorded.limits)).toEqual(['TOOLCHAIN_CHANGED_DURING_RUN'])
    expect(recorded.resolvedDependencies?.map(({ digest }) => digest?.sha256)).toContain(sha256('2'))
  })

  test('is nothing where nothing uses it', async () => {
    expect(await observe(nodeRecorder, makeContext({ workspace: await makeProject(), argv: ['make'] }))).toEqual({})
  })
})

describe('GPUs', () => {
  test('are recorded with driver and memory, where nvidia-smi answers', async () => {
    const childEnv = await withProgram(
      'nvidia-smi',
      'printf "NVIDIA H100 80GB HBM3, 570.1, 81559 MiB, 96.00.74\\nrubbish\\n"',
    )
    const recorded = await observe(gpuRecorder, makeContext({ workspace: await makeProject(), childEnv }))
    expect(recorded.internalParameters).toEqual({
      gpus: [{ name: 'NVIDIA H100 80GB HBM3', driver: '570.1', memory: '81559 MiB', vbios: '96.00.74' }],
    })
  })

  test('are nothing where it fails or is not there', async () => {
    const workspace = await makeProject()
    const failing = await withProgram('nvidia-smi', 'echo "No devices were found"; exit 9')
    expect(await observe(gpuRecorder, makeContext({ workspace, childEnv: failing }))).toEqual({})
    expect(await observe(gpuRecorder, makeContext({ workspace, childEnv: { PATH: workspace } }))).toEqual({})
  })
})

describe('the machine', () => {
  test('is recorded with the variables of a short list, and no others', async () => {
    const workspace = await makeProject()
    const env = { PYTHONHASHSEED: '7', PRIVATE_NOTE: 'mine', MY_TOKEN: 'hunter2hunter2', NODE_ENV: 'hunter2hunter2' }
    const recorded = await observe(environmentRecorder, makeContext({ workspace, env }))
    expect(recorded.internalParameters?.environment).toEqual({ PYTHONHASHSEED: '7', NODE_ENV: '***' })
    expect(recorded.internalParameters?.machine).toMatchObject({
      os: expect.any(String),
      kernel: expect.any(String),
      cpu_count: expect.any(Number),
      memory_bytes: expect.any(Number),
      container: expect.any(Boolean),
    })
  })

  test('knows the image of its container where GitLab names it', async () => {
    const workspace = await makeProject()
    const image = async (name: string) =>
      observe(environmentRecorder, makeContext({ workspace, env: { CI_JOB_IMAGE: name } }))
    const pinned = await image(`python@sha256:${'a'.repeat(64)}`)
    expect(pinned.resolvedDependencies?.[0]?.digest).toEqual({ sha256: 'a'.repeat(64) })
    expect(pinned.limits).toBeUndefined()
    const tagged = await image('registry.test:5000/python:3.12')
    expect(tagged.resolvedDependencies?.[0]?.digest).toBeUndefined()
    expect(codes(tagged.limits)).toEqual(['CONTAINER_IMAGE_MUTABLE'])
  })
})
