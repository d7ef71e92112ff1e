import { describe, expect, it } from 'vitest'
import {
  type Contribution,
  mergeContributions,
  parseRecording,
  RECORDING_INCOMPLETE,
  RECORDING_SCHEMA,
} from '../../src/model/recording.ts'
import { codeOf } from '../support/real-signer.ts'

const output = {
  role: 'model',
  path: 'out',
  kind: 'directory',
  digest: { sha256: 'a'.repeat(64) },
  bytes: 0,
  files: [{ name: 'w', sha256: 'a'.repeat(64), bytes: 0 }],
}
const recording = {
  schema: 'https://github.com/cleanbill/cleanbill/schemas/recording-v1.schema.json',
  kind: 'train',
  startedOn: '2026-11-22T00:00:00Z',
  finishedOn: '2026-11-22T00:01:00Z',
  exit: { code: 0, signal: null },
  externalParameters: { kind: 'train' },
  internalParameters: {},
  resolvedDependencies: [],
  byproducts: [],
  builder: { id: 'https://b.test', version: { cleanbill: '1' } },
  invocationId: 'https://b.test/1',
  outputs: [output, { ...output, kind: 'file', files: undefined }, { ...output, kind: 'image', files: undefined }],
  limits: [{ code: RECORDING_INCOMPLETE, message: 'an output is missing' }],
}
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))
const parse = (value: unknown) => parseRecording(bytesOf(value), 'recording.json')

describe('a recording', () => {
  it('is read as it was written', () => {
    expect(parse(recording)).toEqual(recording)
    expect(RECORDING_SCHEMA).toBe(recording.schema)
    expect(RECORDING_INCOMPLETE).toBe('RECORDING_INCOMPLETE')
  })

  // The file comes from a job in which anybody's code ran; the job that reads it signs.
  it.each<[string, object]>([
    ['a key of its own', { more: 1 }],
    ['another schema', { schema: 'recording-v2' }],
    ['a kind that there is not', { kind: 'deploy' }],
    ['a time without zone', { startedOn: '2026-11-22T00:00:00' }],
    ['an end that is no time', { finishedOn: 'later' }],
    ['a part of an exit code', { exit: { code: 0.5, signal: null } }],
    ['an exit without signal', { exit: { code: 0 } }],
    ['more about the exit', { exit: { code: 0, signal: null, more: 1 } }],
    ['a builder without name', { builder: { id: '', version: {} } }],
    ['more about the builder', { builder: { id: 'a', version: {}, more: 1 } }],
    ['a builder without versions', { builder: { id: 'a' } }],
    ['a limit without code', { limits: [{ message: 'm' }] }],
    ['more about a limit', { limits: [{ code: 'C', message: 'm', more: 1 }] }],
    ['an output without role', { outputs: [{ ...output, role: '' }] }],
    ['an output without path', { outputs: [{ ...output, path: '' }] }],
    ['an output of another kind', { outputs: [{ ...output, kind: 'socket' }] }],
    ['an output of less than no bytes', { outputs: [{ ...output, bytes: -1 }] }],
    ['more about an output', { outputs: [{ ...output, more: 1 }] }],
    ['more about a file', { outputs: [{ ...output, files: [{ ...output.files[0], more: 1 }] }] }],
    ['a file without digest', { outputs: [{ ...output, files: [{ name: 'w', bytes: 0 }] }] }],
    ['parameters that are a list', { externalParameters: [] }],
  ])('with %s is refused', (_, change) => {
    expect(() => parse({ ...recording, ...change })).toThrow(
      expect.objectContaining({ code: 'RECORDING_MALFORMED', file: 'recording.json' }),
    )
  })

  it('says where it is wrong, and which file to pass', () => {
    expect(() => parse({ ...recording, outputs: [{ ...output, bytes: -1 }] })).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^recording\.json is not a recording: outputs\.0\.bytes .*>=0$/),
        hint: expect.stringContaining('run --no-sign'),
      }),
    )
  })

  it('may be larger than a bundle, and not without end', async () => {
    // One long text: blanks would be looked at one by one.
    const padded = (bytes: number) => bytesOf({ ...recording, invocationId: 'x'.repeat(bytes) })
    const limit = 64 * 1024 * 1024 - padded(0).length
    expect(parseRecording(padded(limit), 'r').kind).toBe('train')
    expect(await codeOf(() => parseRecording(padded(limit + 1), 'r'))).toBe('LIMIT_EXCEEDED')
  })
})

describe('what recorders contribute', () => {
  const first: Required<Contribution> = {
    externalParameters: { kind: 'build' },
    internalParameters: { os: 'linux' },
    builderVersion: { cleanbill: '1' },
    resolvedDependencies: [{ name: 'a' }],
    byproducts: [{ name: 'log' }],
    limits: [{ code: 'NO_SANDBOX', message: 'm' }],
  }
  const none: Required<Contribution> = {
    externalParameters: {},
    internalParameters: {},
    builderVersion: {},
    resolvedDependencies: [],
    byproducts: [],
    limits: [],
  }

  it('is joined in their order', () => {
    const second: Contribution = {
      externalParameters: { command: ['make'] },
      resolvedDependencies: [{ name: 'b' }],
      byproducts: [{ name: 'b' }],
      limits: [{ code: 'B', message: 'm' }],
    }
    expect(mergeContributions([first, {}, second])).toEqual({
      ...first,
      externalParameters: { kind: 'build', command: ['make'] },
      resolvedDependencies: [{ name: 'a' }, { name: 'b' }],
      byproducts: [{ name: 'log' }, { name: 'b' }],
      limits: [...first.limits, { code: 'B', message: 'm' }],
    })
    expect(mergeContributions([{}])).toEqual(none)
  })

  it.each<[string, Contribution]>([
    ['external parameter', { externalParameters: { kind: 'train' } }],
    ['internal parameter', { internalParameters: { os: 'other' } }],
    ['component', { builderVersion: { cleanbill: '2' } }],
  ])('is a defect where two write one %s', async (_, second) => {
    expect(await codeOf(() => mergeContributions([first, second]))).toBe('INTERNAL_ERROR')
  })
})
