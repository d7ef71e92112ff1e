import { describe, expect, it } from 'vitest'
import type { LockEntry, LockedSigner, TrustLock } from '../../src/model/trust-lock.ts'
import { lockWidened } from '../../src/policy/lock-widened.ts'
import { signerOf } from '../../src/policy/locked-signer.ts'
import { verified } from './support.ts'

const SIGNER = signerOf(verified(), '1.2.3')
const ENTRY: LockEntry = {
  ecosystem: 'npm',
  name: '@acme/app',
  line: '1',
  best: 'provenance',
  first: '1.0.0',
  signers: [SIGNER],
}
const lockOf = (...entries: LockEntry[]): TrustLock => ({ version: 1, entries })
const messages = (before: Partial<LockEntry>, after: Partial<LockEntry>) =>
  lockWidened(lockOf({ ...ENTRY, ...before }), lockOf({ ...ENTRY, ...after })).map(({ message }) => message)
const refs = (...list: string[]): Partial<LockEntry> => ({ signers: [{ ...SIGNER, refs: list }] })

describe('a lock that a pull request changes (T-PP-08)', () => {
  it.for<[string, Partial<LockEntry>, Partial<LockEntry>, readonly string[]]>([
    ['the owner of a model', { ownerId: '7' }, { ownerId: '8' }, ['another owner is accepted']],
    ['an owner that is not named any more', { ownerId: '7' }, {}, ['another owner is accepted']],
    ['an owner that is named now', {}, { ownerId: '7' }, []],
    ['the same owner', { ownerId: '7' }, { ownerId: '7' }, []],
    [
      'less evidence and no signer',
      {},
      { best: 'signed', signers: [] },
      ['best evidence provenance becomes signed', 'no signer is named any more'],
    ],
    ['no signer where there was none', { signers: [] }, { signers: [] }, []],
    ['fewer signers', { signers: [SIGNER, { ...SIGNER, repositoryId: '9' }] }, {}, []],
    [
      'a signer beside others',
      { signers: [SIGNER, { ...SIGNER, repositoryId: '9' }] },
      { signers: [SIGNER, { ...SIGNER, repositoryId: '9', ownerId: '8' }] },
      [expect.stringMatching(/a signer is added or widened: https:.*release\.yml at refs\/tags\/v\*$/)],
    ],
    ['the same end', { signers: [{ ...SIGNER, until: '2.0.0' }] }, { signers: [{ ...SIGNER, until: '2.0.0' }] }, []],
    [
      'a later end',
      { signers: [{ ...SIGNER, until: '2.0.0' }] },
      { signers: [{ ...SIGNER, until: '3.0.0' }] },
      [expect.stringMatching(/^a signer is added or widened/)],
    ],
    [
      'no environment where one was asked for',
      { signers: [{ ...SIGNER, environments: ['release'] }] },
      {},
      [expect.stringMatching(/^a signer is added or widened/)],
    ],
  ])('to %s', ([, before, after, expected]) => {
    expect(messages(before, after)).toEqual(expected)
  })

  it.for<[string, string, boolean]>([
    ['refs/tags/v*', 'refs/tags/v*', false],
    ['refs/tags/v*', 'refs/tags/v1.*', false],
    ['refs/**', 'refs/tags/v*', false],
    ['refs/tags/**', 'refs/tags/**', false],
    ['refs/tags/*', 'refs/tags/**', true],
    ['refs/tags/v*', 'refs/tags/v**', true],
    ['refs/*/*', 'refs/**', true],
    ['refs/tags/v1.*', 'refs/tags/v*', true],
  ])('from %s to %s is wider: %s', ([before, after, wider]) => {
    expect(messages(refs(before), refs(after))).toHaveLength(wider ? 1 : 0)
    expect(messages(refs('refs/heads/x', before), refs(after, 'refs/heads/x'))).toHaveLength(wider ? 1 : 0)
  })

  it('names the entry that is wider, and the one that is gone', () => {
    const other: LockEntry = { ...ENTRY, ecosystem: 'pypi', name: 'app', line: '2' }
    const nobody: LockedSigner = { key: 'ab', refs: [], triggers: [], environments: [] }
    expect(lockWidened(lockOf(ENTRY, other), lockOf({ ...ENTRY, signers: [SIGNER, nobody] }))).toEqual([
      { ecosystem: 'npm', name: '@acme/app', line: '1', message: 'a signer is added or widened: key ab' },
      { ecosystem: 'pypi', name: 'app', line: '2', message: 'the entry is gone' },
    ])
  })

  const record = (version: string, code: string) => ({ version, code })
  it.for<[string, Partial<LockEntry>, Partial<LockEntry>, readonly string[]]>([
    [
      'a record that is new',
      {},
      { unusual: [record('1.2.3', 'RUN_FAILED')] },
      ['RUN_FAILED of 1.2.3 is recorded as seen before'],
    ],
    [
      'a record of another code',
      { unusual: [record('1.2.3', 'RUN_FAILED')] },
      { unusual: [record('1.2.3', 'REF_DENIED'), record('1.2.3', 'RUN_FAILED')] },
      ['REF_DENIED of 1.2.3 is recorded as seen before'],
    ],
    [
      'records that were there, in another order',
      { unusual: [record('1.2.3', 'RUN_FAILED'), record('1.2.4', 'REF_DENIED')] },
      { unusual: [record('1.2.4', 'REF_DENIED'), record('1.2.3', 'RUN_FAILED')] },
      [],
    ],
  ])('to %s', ([, before, after, expected]) => {
    expect(messages(before, after)).toEqual(expected)
  })
})
