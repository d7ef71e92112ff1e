import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  buildOmsStatement,
  OMS_DIGESTS_V01,
  type OmsResource,
  omsRoot,
  parseOmsPredicate,
  sortOmsResources,
} from '../../src/model/predicates/oms.ts'
import { codeOf } from '../support/real-signer.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)
const resource = (name: string, digest = A): OmsResource => ({ name, digest, algorithm: 'sha256' })
const serialization = { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: ['.git'] }
const predicate = { resources: [resource('a'), resource('b', B)], serialization }

describe('the predicate of a model signature', () => {
  it.each<[string, object]>([
    ['files', {}],
    ['no ignored paths', { serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: true } }],
    ['shards of one byte', { serialization: { ...serialization, method: 'shards', shard_size: 1 } }],
    [
      'blake3',
      {
        resources: [{ ...resource('a'), algorithm: 'blake3' }],
        serialization: { ...serialization, hash_type: 'blake3' },
      },
    ],
    [
      'blake2b',
      {
        resources: [{ ...resource('a', A + A), algorithm: 'blake2b' }],
        serialization: { ...serialization, hash_type: 'blake2b' },
      },
    ],
    ['more about a resource', { resources: [{ ...resource('a'), size: 1 }] }],
  ])('is read with %s', (_, change) => {
    expect(parseOmsPredicate({ ...predicate, ...change })).toEqual({ ...predicate, ...change })
  })

  it.each<[string, object, string]>([
    ['a key of its own', { more: 1 }, 'PREDICATE_MALFORMED'],
    ['no resource', { resources: [] }, 'PREDICATE_MALFORMED'],
    ['a resource without name', { resources: [resource('')] }, 'PREDICATE_MALFORMED'],
    ['one name for two contents', { resources: [resource('a'), resource('a', B)] }, 'PREDICATE_MALFORMED'],
    ['a weak algorithm', { resources: [{ ...resource('a'), algorithm: 'md5' }] }, 'PREDICATE_MALFORMED'],
    ['a digest too short', { resources: [resource('a', A.slice(1))] }, 'DIGEST_MALFORMED'],
    ['a digest too long', { resources: [resource('a', `${A}a`)] }, 'DIGEST_MALFORMED'],
    ['a digest in upper case', { resources: [resource('a', A.toUpperCase())] }, 'DIGEST_MALFORMED'],
    ['half a blake2b', { resources: [{ ...resource('a'), algorithm: 'blake2b' }] }, 'DIGEST_MALFORMED'],
    ['another method', { serialization: { ...serialization, method: 'tar' } }, 'PREDICATE_MALFORMED'],
    ['more about the method', { serialization: { ...serialization, more: 1 } }, 'PREDICATE_MALFORMED'],
    ['files with a shard size', { serialization: { ...serialization, shard_size: 1 } }, 'PREDICATE_MALFORMED'],
    ['shards without a size', { serialization: { ...serialization, method: 'shards' } }, 'PREDICATE_MALFORMED'],
    ['empty shards', { serialization: { ...serialization, method: 'shards', shard_size: 0 } }, 'PREDICATE_MALFORMED'],
  ])('is refused with %s', async (_, change, code) => {
    expect(await codeOf(() => parseOmsPredicate({ ...predicate, ...change }))).toBe(code)
  })

  it.each<[string, readonly OmsResource[]]>([
    ['without digest', [resource('n'.repeat(101), '')]],
    ['listed twice', [resource('n'.repeat(101)), resource('n'.repeat(101))]],
  ])('repeats no more than the beginning of a name that is %s', (_, resources) => {
    expect(() => parseOmsPredicate({ ...predicate, resources })).toThrow(/"n{100}"/)
  })
})

describe('the statement of a directory', () => {
  // Code points, not UTF-16 units: U+FF5E stands before U+1F600.
  const names = ['a/b', 'a.b', '\u{1F600}', '\uFF5E']
  const sorted = ['a.b', 'a/b', '\uFF5E', '\u{1F600}']

  it('is what model-signing would sign', () => {
    const resources = names.map((name, index) => resource(name, `${index}`.repeat(64)))
    const inOrder = sorted.map((name) => resource(name, `${names.indexOf(name)}`.repeat(64)))
    expect(sortOmsResources(resources)).toEqual(inOrder)
    const root = createHash('sha256')
    for (const { digest } of inOrder) root.update(Buffer.from(digest, 'hex'))
    expect(buildOmsStatement('model', resources)).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'model', digest: { sha256: root.digest('hex') } }],
      predicateType: 'https://model_signing/signature/v1.0',
      predicate: {
        resources: inOrder,
        serialization: {
          method: 'files',
          hash_type: 'sha256',
          allow_symlinks: false,
          ignore_paths: ['.git', '.gitattributes', '.github', '.gitignore'],
        },
      },
    })
    expect(resources.map(({ name }) => name)).toEqual(names)
    expect(OMS_DIGESTS_V01).toBe('https://model_signing/Digests/v0.1')
  })

  it('has a root that depends on the order, as it is listed', () => {
    expect(omsRoot([resource('a'), resource('b', B)])).not.toBe(omsRoot([resource('b', B), resource('a')]))
  })

  it('sorts the ignored paths that it is given', () => {
    expect(buildOmsStatement('m', [resource('a')], ['b', 'a']).predicate.serialization.ignore_paths).toEqual(['a', 'b'])
  })

  it('does not exist for an empty directory', () => {
    expect(() => buildOmsStatement('m', [])).toThrow(expect.objectContaining({ code: 'SUBJECT_EMPTY', class: 'usage' }))
  })
})
