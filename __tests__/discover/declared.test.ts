import { describe, expect, it } from 'vitest'
import { declaredDependencies } from '../../src/discover/declared.ts'
import type { CleanbillError } from '../../src/model/error.ts'
import type { DeclaredInput } from '../../src/model/policy.ts'
import { codeOf } from '../support/real-signer.ts'

const COMMIT = 'ab'.repeat(20)
const SHA256 = 'cd'.repeat(32)

function one(ref: string, more: Partial<DeclaredInput> = {}) {
  const [entry] = declaredDependencies([{ ref, role: 'model', line: 7, ...more }], '.github/cleanbill.yml')
  if (entry === undefined) throw new Error('no entry')
  return entry
}

describe('declaredDependencies', () => {
  it.for<[string, Partial<DeclaredInput>, object]>([
    [
      `hf://org/name@${COMMIT}`,
      {},
      {
        id: `pkg:huggingface/org/name@${COMMIT}`,
        kind: 'model',
        source: 'registry',
        version: COMMIT,
        digests: { gitCommit: COMMIT },
      },
    ],
    [
      `hf://datasets/org/name@${COMMIT}`,
      {},
      {
        id: `pkg:huggingface/datasets/org/name@${COMMIT}`,
        kind: 'dataset',
        name: 'org/name',
        ecosystem: 'huggingface',
      },
    ],
    ['hf://org/name@main', {}, { version: 'main', digests: {} }],
    ['hf://gpt2', { role: 'dataset' }, { name: 'gpt2', kind: 'dataset', version: undefined }],
    ['hf://org/name@refs/pr/1', {}, { version: 'refs/pr/1', digests: {} }],
    [
      './data/train/',
      { role: 'dataset' },
      { id: 'file:data/train', kind: 'dataset', source: 'file', location: 'data/train' },
    ],
    [
      'https://example.com/tool.tgz',
      { role: 'file', sha256: SHA256.toUpperCase(), bytes: 10 },
      { id: 'url:https://example.com/tool.tgz', kind: 'file', source: 'url', digests: { sha256: SHA256 }, bytes: 10 },
    ],
    ['s3://bucket/data', { role: 'dataset' }, { kind: 'dataset', source: 'url', digests: {} }],
    [
      `oci://ghcr.io/acme/model@sha256:${SHA256}`,
      {},
      { kind: 'image', name: 'ghcr.io/acme/model', digests: { sha256: SHA256 } },
    ],
    [`git+https://example.com/r.git@${COMMIT}`, {}, { kind: 'model', source: 'git', digests: { gitCommit: COMMIT } }],
  ])('reads %s', ([ref, more, expected]) => {
    expect(one(ref, more)).toMatchObject({ file: '.github/cleanbill.yml', line: 7, ...expected })
  })

  it.for<[string, Partial<DeclaredInput>, string]>([
    ['hf://org/name/extra@main', {}, 'POLICY_MALFORMED'],
    ['hf://spaces/org/name', {}, 'POLICY_MALFORMED'],
    ['file:///etc/passwd', {}, 'POLICY_MALFORMED'],
    [`hf://org/name@${COMMIT}`, { sha256: SHA256 }, 'POLICY_MALFORMED'],
    ['../outside', {}, 'PATH_UNSAFE'],
    ['/etc/passwd', {}, 'PATH_UNSAFE'],
    ['https://example.com/a', { sha256: 'a'.repeat(32) }, 'DIGEST_MALFORMED'],
    ['https://example.com/a', { sha256: 'a'.repeat(40) }, 'DIGEST_MALFORMED'],
    ['https://example.com/a', { sha256: 'a'.repeat(63) }, 'DIGEST_MALFORMED'],
    ['https://example.com/a', { sha256: 'a'.repeat(65) }, 'DIGEST_MALFORMED'],
    ['https://example.com/a', { sha256: 'sha256' }, 'DIGEST_MALFORMED'],
  ])('refuses %s with %j', async ([ref, more, code]) => {
    expect(await codeOf(() => one(ref, more))).toBe(code)
    expect(() => one(ref, more)).toThrow(expect.objectContaining({ line: 7, class: 'usage' }) as CleanbillError)
  })
})
