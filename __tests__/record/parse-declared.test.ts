import { describe, expect, test } from 'vitest'
import { parseInputReference } from '../../src/record/input-reference.ts'
import { parseDeclaredInputs, parseDeclaredOutputs } from '../../src/record/parse-declared.ts'

const COMMIT = 'a'.repeat(40)
const SHA256 = 'b'.repeat(64)

describe('declared inputs and outputs', () => {
  test('splits at the first colon only, so that a URI keeps its own', () => {
    const text = `\n# data\ndataset: data/train set\r\nmodel: hf://acme/base@${COMMIT}\n  web:https://example.test:8443/x\n`
    expect(parseDeclaredInputs(text)).toEqual([
      { role: 'dataset', ref: 'data/train set' },
      { role: 'model', ref: `hf://acme/base@${COMMIT}` },
      { role: 'web', ref: 'https://example.test:8443/x' },
    ])
  })

  test('skips the comments of a block that comes as lines, too', () => {
    expect(parseDeclaredInputs(['# data: train', 'dataset: data/#1', '  #x:y'])).toEqual([
      { role: 'dataset', ref: 'data/#1' },
    ])
    expect(parseDeclaredOutputs(['#model: old', 'model: out'])).toEqual([{ role: 'model', pattern: 'out' }])
  })

  test('takes the same line twice as one', () => {
    expect(parseDeclaredOutputs(['model:out', 'model: out'])).toEqual([{ role: 'model', pattern: 'out' }])
  })

  test.each([
    ['no role', 'data/train'],
    ['a URI without a role', 'https://example.test/x'],
    ['a role with capitals', 'Model: out'],
    ['a drive letter for a role', 'C:\\data'],
    ['nothing after the role', 'model:  '],
    ['an empty value of the command line', ''],
    ['a line break', 'model: a\nb'],
    ['a terminal escape', 'model: a\u001b]8;;x'],
    ['a mark that reverses the text', 'model: a\u202egpj.exe'],
  ])('refuses %s', (_what, line) => {
    expect(() => parseDeclaredInputs([line])).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }))
  })
})

describe('input references', () => {
  test.each([
    [`hf://acme/base@${COMMIT}`, { gitCommit: COMMIT }],
    [`hf://datasets/acme/data@${COMMIT}`, { gitCommit: COMMIT }],
    [`hf://gpt2@${COMMIT}`, { gitCommit: COMMIT }],
    [`git+https://example.test/a/b@${COMMIT}`, { gitCommit: COMMIT }],
    [`git+ssh://git@example.test/a/b@${COMMIT}`, { gitCommit: COMMIT }],
    [`oci://registry.test/a/b@sha256:${SHA256}`, { sha256: SHA256 }],
  ])('takes %s for pinned', (uri, digest) => {
    expect(parseInputReference(uri)).toEqual({ kind: 'uri', uri, state: 'PINNED', digest })
  })

  test.each([
    'hf://acme/base@main',
    'hf://gpt2@main',
    `hf://acme/base@${COMMIT.slice(1)}`,
    `https://example.test/${COMMIT}`,
    'oci://registry.test/a/b:latest',
    `s3://bucket/key?versionId=3`,
    'pkg:npm/left-pad@1.3.0',
  ])('takes %s for a name only', (uri) => {
    expect(parseInputReference(uri)).toEqual({ kind: 'uri', uri, state: 'DECLARED' })
  })

  test.each(['data/train', './a:b', 'weird:name', 'C:\\x'])('takes %s for a path', (path) => {
    expect(parseInputReference(path)).toEqual({ kind: 'path', path })
  })

  test.each([
    'https://user:hunter2secret@example.test/x',
    'https://hunter2secret@example.test/x',
    `git+https://hunter2secret@example.test/a@${COMMIT}`,
    'https://example.test/x?X-Amz-Signature=hunter2secret',
    'https://example.test/x?sv=1&sig=hunter2secret',
    'hf://u:hunter2secret@acme/base',
    'file:///etc/passwd',
  ])('refuses the credential or local file in %s, and does not repeat it', (uri) => {
    try {
      parseInputReference(uri)
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'INPUT_INVALID' })
      expect(String(error)).not.toContain('hunter2secret')
    }
  })
})
