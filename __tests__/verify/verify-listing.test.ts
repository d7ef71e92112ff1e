import { describe, expect, it } from 'vitest'
import { buildOmsStatement, omsRoot } from '../../src/model/predicates/oms.ts'
import type { Statement } from '../../src/model/statement.ts'
import { type ListedFile, verifyModelListing } from '../../src/verify/verify-listing.ts'
import { codeOf, type LooseJson, sha256, toBytes } from '../support/real-signer.ts'

const FILES = ['a.bin', 'dir/b.txt']
const listing: readonly ListedFile[] = FILES.map((path) => ({ path, sha256: sha256(path) }))
const resources = (names = FILES) => names.map((name) => ({ name, digest: sha256(name), algorithm: 'sha256' as const }))
const statementOf = (names = FILES, ignores: readonly string[] = []): LooseJson =>
  structuredClone(buildOmsStatement('m', resources(names), ignores))

function judge(statement: LooseJson, files = listing) {
  return verifyModelListing(statement as Statement, toBytes(statement), files)
}
const code = (change: (statement: LooseJson) => unknown, files = listing) => {
  const statement = statementOf()
  change(statement)
  return codeOf(() => judge(statement, files))
}

describe('verifyModelListing', () => {
  it('accepts a list that has every signed file, and names those that it gives no digest of', () => {
    expect(judge(statementOf())).toStrictEqual([])
    const silent = [listing[0] ?? { path: '' }, { path: 'dir/b.txt' }]
    expect(judge(statementOf(), silent)).toStrictEqual(['dir/b.txt'])
  })

  it.for<[string, (statement: LooseJson) => unknown, string]>([
    ['with a field that the form does not have', (s) => (s.extra = 1), 'STATEMENT_MALFORMED'],
    ['of the type before', (s) => (s._type = 'https://in-toto.io/Statement/v0.1'), 'STATEMENT_MALFORMED'],
    ['of the form before v1.0', (s) => (s.predicateType = 'https://model_signing/Digests/v0.1'), 'PREDICATE_MALFORMED'],
    [
      'of shards',
      (s) => Object.assign(s.predicate.serialization, { method: 'shards', shard_size: 10 }),
      'PREDICATE_MALFORMED',
    ],
    ['of another hash', (s) => (s.predicate.serialization.hash_type = 'blake2b'), 'PREDICATE_MALFORMED'],
    ['with a second subject', (s) => s.subject.push(s.subject[0]), 'SUBJECT_MISMATCH'],
    ['without a subject', (s) => (s.subject = []), 'SUBJECT_MISMATCH'],
    ['of another root', (s) => (s.subject[0].digest.sha256 = sha256('x')), 'SUBJECT_MISMATCH'],
  ])('refuses a signature %s', async ([, change, expected]) => {
    expect(await code(change)).toBe(expected)
  })

  it('refuses a signed name that leads out of the model', async () => {
    const statement = statementOf(['../a.bin'])
    expect(statement.subject[0].digest.sha256).toBe(omsRoot(resources(['../a.bin'])))
    const files = [{ path: '../a.bin', sha256: sha256('../a.bin') }]
    expect(await codeOf(() => judge(statement, files))).toBe('PATH_UNSAFE')
  })

  it('refuses a file that is missing, and one that is another', async () => {
    expect(await code(() => undefined, listing.slice(1))).toBe('SUBJECT_MISMATCH')
    expect(await code(() => undefined, [{ path: 'a.bin', sha256: sha256('x') }, ...listing.slice(1)])).toBe(
      'SUBJECT_MISMATCH',
    )
  })

  it('refuses a file that nobody signed, except signatures and what the form leaves out', async () => {
    const and = (path: string) => code(() => undefined, [...listing, { path, sha256: sha256('x') }])
    expect(await and('c.bin')).toBe('FILE_UNLISTED')
    expect(await and('gitignore')).toBe('FILE_UNLISTED')
    expect(await and('.gitx')).toBe('FILE_UNLISTED')
    for (const path of ['model.sig.exe', 'x.sigstore.py', '.sig/run.py']) expect(await and(path)).toBe('FILE_UNLISTED')
    for (const path of ['weights.sig', 'weights.sigstore', 'dir/weights.sigstore.json']) {
      expect(await and(path)).toBeUndefined()
    }
    for (const path of ['model.sig', 'dir/x.sig', 'x.sigstore.json', '.gitattributes', '.git/config']) {
      expect(await and(path)).toBeUndefined()
    }
  })

  it('says which file it is about, by the beginning of its name', () => {
    const name = 'y'.repeat(300)
    const hint = expect.stringContaining('not the one that was signed')
    expect(() => judge(statementOf([name]), [])).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^"y{120}" was signed and is not there$/), hint }),
    )
    expect(() => judge(statementOf([name]), [{ path: name, sha256: sha256('x') }])).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^"y{120}" is not the file/), hint }),
    )
    const extra = ['a', 'b', 'c', 'd', name, 'f'].map((path) => ({ path }))
    expect(() => judge(statementOf(), [...listing, ...extra])).toThrow(/: "a", "b", "c", "d", "y{120}"$/)
  })

  it('leaves out what the signer left out, unless a loader runs it', () => {
    const extra = (path: string) => [...listing, { path, sha256: sha256('x') }]
    expect(judge(statementOf(FILES, ['notes.md']), extra('notes.md'))).toStrictEqual([])
    expect(() => judge(statementOf(FILES, ['run.py']), extra('run.py'))).toThrow()
    expect(() => judge(statementOf(FILES, ['.']), listing)).toThrow()
  })
})
