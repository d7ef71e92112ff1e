import { describe, expect, it } from 'vitest'
import type { Statement } from '../../src/model/statement.ts'
import { findSubjects, type HeldArtifact, verifySubject } from '../../src/verify/verify-subject.ts'
import { codeOf, sha256, statementAbout } from '../support/real-signer.ts'

const digest = { sha256: sha256('bytes') }
const held: HeldArtifact = { name: 'app', digests: [digest] }
const find = (subject: readonly object[], more: Partial<HeldArtifact> = {}) =>
  findSubjects(statementAbout('x', { subject }) as Statement, { ...held, ...more })
const code = (subject: readonly object[], more: Partial<HeldArtifact> = {}) => codeOf(() => find(subject, more))

describe('findSubjects', () => {
  it('finds every subject that is the artifact, and none that is not', () => {
    const [one, two] = [
      { name: 'a', digest },
      { name: 'b', digest },
    ]
    expect(find([one, { name: 'c', digest: { sha256: sha256('c') } }, two])).toStrictEqual([one, two])
  })

  it('refuses other bytes, and a statement that names none by a strong digest', async () => {
    expect(await code([{ name: 'a', digest: { sha256: sha256('x') } }])).toBe('SUBJECT_MISMATCH')
    expect(await code([{ name: 'a', digest: { sha1: 'a'.repeat(40) } }])).toBe('DIGEST_WEAK')
  })

  it('gives the first of them where one is asked for', () => {
    const subjects = [
      { name: 'x', digest: { sha256: sha256('x') } },
      { name: 'a', digest },
      { name: 'b', digest },
    ]
    expect(verifySubject(statementAbout('x', { subject: subjects }) as Statement, held)).toStrictEqual(subjects[1])
  })

  it('takes any digest that the artifact has: a directory has a root by each of two orders', () => {
    const other = { sha256: sha256('the other order') }
    expect(find([{ name: 'a', digest }], { digests: [other, digest] })).toHaveLength(1)
  })

  const weak = { name: 'weak', digest: { sha1: 'a'.repeat(40) } }
  const x = { sha256: sha256('x') }

  it.for<[string, readonly object[], Partial<HeldArtifact>, RegExp]>([
    ['both, by what can be compared', [weak, { name: 'b', digest: x }], {}, /^app is sha256:277.* "b" sha256:2d7\w+$/],
    ['a subject that only has a URI', [{ uri: 'file:b', digest: x }], {}, /about "file:b" sha256:2d7\w+$/],
    ['a subject without a name', [{ digest: x }], {}, /about "" sha256:2d7\w+$/],
    ['how many more there are', [{ digest: x }, { digest: x }, { digest: x }], {}, / sha256:2d7\w+ and 2 more$/],
    ['an artifact without a digest', [{ digest: x }], { digests: [{}] }, /^app is no digest;/],
    ['an artifact without any digests', [{ digest: x }], { digests: [] }, /^app is no digest;/],
  ])('of other bytes names %s', ([, subject, more, text]) => {
    expect(() => find(subject, more)).toThrow(
      expect.objectContaining({
        code: 'SUBJECT_MISMATCH',
        message: expect.stringMatching(text),
        hint: expect.stringContaining('changed after it was signed'),
      }),
    )
  })

  it('names the weak digests once each, and no more than five of them', () => {
    const digests = { md5: 'a', sha1: 'b', crc32: 'c', adler32: 'd', md4: 'e', md2: 'f' }
    expect(() => find([{ digest: digests }, weak])).toThrow(
      expect.objectContaining({
        code: 'DIGEST_WEAK',
        message: expect.stringMatching(/ by md5, sha1, crc32, adler32, md4 only$/),
        hint: expect.stringContaining('sha256, sha384 or sha512'),
      }),
    )
    expect(() => find([weak, weak])).toThrow(/ by sha1 only$/)
  })

  it.for<[string, object, string]>([
    ['a name', { name: 'pkg:npm/b@1.0.0', uri: 'pkg:npm/c@1.0.0' }, '"pkg:npm/b@1.0.0"'],
    ['a URI', { uri: 'pkg:npm/c@1.0.0' }, '"pkg:npm/c@1.0.0"'],
    ['neither', {}, '"nothing with a name"'],
  ])('of another package says what it is called by %s', ([, named, said]) => {
    expect(() => find([{ ...named, digest }], { purl: 'pkg:npm/a@1.0.0' })).toThrow(
      expect.objectContaining({
        code: 'SUBJECT_NAME_MISMATCH',
        message: expect.stringContaining(`about ${said}, not about pkg:npm/a@1.0.0`),
        hint: expect.stringContaining('another name or version'),
      }),
    )
  })

  it('needs the digest and the package of one subject', async () => {
    const purl = 'pkg:npm/a@1.0.0'
    expect(await code([{ name: purl, digest }], { purl })).toBeUndefined()
    expect(await code([{ uri: purl, digest }], { purl })).toBeUndefined()
    expect(await code([{ digest }], { purl })).toBe('SUBJECT_NAME_MISMATCH')
    const spread = [
      { name: purl, digest: { sha256: sha256('x') } },
      { name: 'pkg:npm/b@1.0.0', digest },
    ]
    expect(await code(spread, { purl })).toBe('SUBJECT_NAME_MISMATCH')
    const [first] = find([...spread, { name: purl, digest }], { purl })
    expect(first?.name).toBe(purl)
  })

  it.for<[string | undefined, 'file' | 'directory' | undefined, string | undefined]>([
    ['file', 'file', undefined],
    ['directory', 'directory', undefined],
    ['file', 'directory', 'SUBJECT_MISMATCH'],
    ['directory', 'file', 'SUBJECT_MISMATCH'],
    ['dataset', 'file', undefined],
    [undefined, 'directory', undefined],
    ['file', undefined, undefined],
    ['directory', undefined, undefined],
  ])('of what was signed as %s and is held as %s says %s', async ([said, kind, expected]) => {
    const subject = { name: 'a', digest, ...(said === undefined ? {} : { annotations: { kind: said } }) }
    expect(await code([subject], { kind })).toBe(expected)
  })
})
