import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { buildProvenance, directoryManifest, withJobWorkflow } from '../../src/model/build-provenance.ts'
import type { RecordedOutput, Recording } from '../../src/model/recording.ts'
import { LOCAL_BUILDER, RUN_BUILD_TYPE } from '../../src/model/uris.ts'
import { codeOf } from '../support/real-signer.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const FILE: RecordedOutput = {
  role: 'package',
  path: 'dist/app.tgz',
  kind: 'file',
  digest: { sha256: 'a'.repeat(64) },
  bytes: 7,
}
const directoryOf = (count: number): RecordedOutput => ({
  role: 'model',
  path: 'out/my model',
  kind: 'directory',
  digest: { sha256: 'b'.repeat(64) },
  bytes: count,
  files: Array.from({ length: count }, (_, index) => ({ name: `w/${index}`, sha256: sha256(`${index}`), bytes: 1 })),
})
const RECORDING = {
  schema: 'https://github.com/cleanbill/cleanbill/schemas/recording-v1.schema.json',
  kind: 'build',
  startedOn: '2026-11-22T00:00:00Z',
  finishedOn: '2026-11-22T00:01:00Z',
  exit: { code: 0, signal: null },
  externalParameters: { kind: 'build', command: ['make'] },
  internalParameters: { os: 'linux' },
  resolvedDependencies: [{ uri: 'git+https://example.test/a', digest: { gitCommit: 'c'.repeat(40) } }],
  byproducts: [{ name: 'log', digest: { sha256: 'd'.repeat(64) } }],
  builder: { id: 'https://github.com/acme/app/.github/workflows/ci.yml@refs/heads/main', version: { cleanbill: '1' } },
  invocationId: 'https://github.com/acme/app/actions/runs/1',
  outputs: [FILE],
  limits: [{ code: 'NO_SANDBOX', message: 'nothing kept the command in' }],
} as const satisfies Recording

const byproductsOf = (output: RecordedOutput) =>
  buildProvenance({ ...RECORDING, byproducts: [], outputs: [output] })[0]?.predicate.runDetails.byproducts

describe('the provenance of a recording', () => {
  it('says who ran what, from when to when, what came out of it, and what it does not prove', () => {
    expect(buildProvenance(RECORDING)).toEqual([
      {
        _type: 'https://in-toto.io/Statement/v1',
        subject: [
          { name: FILE.path, digest: FILE.digest, annotations: { role: 'package', kind: 'file', bytes: FILE.bytes } },
        ],
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: {
          buildDefinition: {
            buildType: RUN_BUILD_TYPE,
            externalParameters: RECORDING.externalParameters,
            internalParameters: RECORDING.internalParameters,
            resolvedDependencies: RECORDING.resolvedDependencies,
          },
          runDetails: {
            builder: RECORDING.builder,
            metadata: {
              invocationId: RECORDING.invocationId,
              startedOn: RECORDING.startedOn,
              finishedOn: RECORDING.finishedOn,
            },
            byproducts: RECORDING.byproducts,
            cleanbill_limits: RECORDING.limits,
          },
        },
      },
    ])
  })

  it('names no invocation that the recording does not know', () => {
    const [statement] = buildProvenance({ ...RECORDING, invocationId: undefined })
    expect(Object.keys(statement?.predicate.runDetails.metadata ?? {})).toEqual(['startedOn', 'finishedOn'])
  })

  it.each([
    ['all', [['dist/app.tgz', 'out/b']]],
    [undefined, [['dist/app.tgz', 'out/b']]],
    ['single', [['dist/app.tgz'], ['out/b']]],
  ] as const)('with the subject mode %s groups the outputs', (mode, names) => {
    const outputs = [FILE, { ...FILE, path: 'out/b' }]
    const statements = buildProvenance({ ...RECORDING, outputs }, mode)
    expect(statements.map(({ subject }) => subject.map(({ name }) => name))).toEqual(names)
  })

  it.each<[string, Partial<Recording>, string]>([
    ['a command that failed', { exit: { code: 1, signal: null } }, 'INTERNAL_ERROR'],
    ['a command that was killed', { exit: { code: null, signal: 'SIGKILL' } }, 'INTERNAL_ERROR'],
    ['no output', { outputs: [] }, 'SUBJECT_EMPTY'],
    ['one output twice', { outputs: [FILE, FILE] }, 'SUBJECT_NAME_DUPLICATE'],
  ])('does not exist for %s', async (_, change, code) => {
    expect(await codeOf(() => buildProvenance({ ...RECORDING, ...change }))).toBe(code)
  })

  it('does not exist for no output in the mode single either', async () => {
    expect(await codeOf(() => buildProvenance({ ...RECORDING, outputs: [] }, 'single'))).toBe('SUBJECT_EMPTY')
  })
})

describe('a directory output', () => {
  it('lists its manifest and each file, so that one file can be checked alone', () => {
    const output = directoryOf(2)
    const { name, text = '' } = directoryManifest(output) ?? {}
    expect(byproductsOf(output)).toEqual([
      {
        name,
        digest: { sha256: sha256(text) },
        mediaType: 'application/json',
        annotations: { role: 'output-manifest', of: output.path, files: 2 },
      },
      ...[0, 1].map((index) => ({
        name: `out/my model/w/${index}`,
        digest: { sha256: sha256(`${index}`) },
        annotations: { role: 'output-file', of: output.path, bytes: 1 },
      })),
    ])
  })

  it.each([
    [1000, 1001],
    [1001, 1],
  ])('of %i files puts %i descriptors into the statement', (files, descriptors) => {
    expect(byproductsOf(directoryOf(files))).toHaveLength(descriptors)
  })

  it('alone has a manifest', () => {
    expect(directoryManifest(FILE)).toBeUndefined()
    expect(byproductsOf(FILE)).toEqual([])
  })

  it.each([
    ['out/my model', 'out_my_model'],
    ['a/ :b.c-d', 'a_b.c-d'],
    ['x'.repeat(61), 'x'.repeat(60)],
  ])('%s gets a file name that no path can hide in, and none shares', (path, readable) => {
    const { name, text = '' } = directoryManifest({ ...directoryOf(1), path }) ?? {}
    expect(name).toBe(`manifests/${readable}-${sha256(path).slice(0, 12)}.oms.json`)
    expect(JSON.parse(text)).toMatchObject({
      subject: [{ name: path }],
      predicate: { resources: [{ name: 'w/0', digest: sha256('0'), algorithm: 'sha256' }] },
    })
    expect(text.endsWith('}\n')).toBe(true)
  })
})

describe('the workflow that the identity token names', () => {
  const called = 'acme/builders/.github/workflows/train.yml@refs/tags/v1'
  const [statement] = buildProvenance(RECORDING)
  if (statement === undefined) throw new Error('one statement')
  const builtBy = (id: string) => ({
    ...statement,
    predicate: {
      ...statement.predicate,
      runDetails: { ...statement.predicate.runDetails, builder: { ...RECORDING.builder, id } },
    },
  })

  it('takes the place of the caller in builder.id, and nothing else changes', () => {
    expect(withJobWorkflow(statement, called)).toEqual(builtBy(`https://github.com/${called}`))
  })

  it('keeps what follows the hash', () => {
    expect(withJobWorkflow(builtBy('https://ghe.example/a/b@c#self-hosted'), called)).toEqual(
      builtBy(`https://ghe.example/${called}#self-hosted`),
    )
  })

  it.each<[string, { predicate: unknown }]>([
    ['a person’s own machine', builtBy(LOCAL_BUILDER)],
    ['a builder that is no URL', builtBy('me')],
    ['no predicate', { predicate: null }],
    ['another predicate', { predicate: { some: 'thing' } }],
    ['no run', { predicate: { buildDefinition: { buildType: RUN_BUILD_TYPE } } }],
    ['another build type', { predicate: { ...statement.predicate, buildDefinition: { buildType: 'https://b.test' } } }],
  ])('changes nothing about %s', (_, change) => {
    const other = { ...statement, ...change }
    expect(withJobWorkflow(other, called)).toBe(other)
  })
})
