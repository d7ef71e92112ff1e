import { describe, expect, it } from 'vitest'
import type { Statement } from '../../src/model/statement.ts'
import { findSubjects, type HeldArtifact } from '../../src/verify/verify-subject.ts'
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

  it('says about what the statement is by a digest that can be compared', () => {
    const weak = { name: 'weak', digest: { sha1: 'a'.repeat(40) } }
    const other = { name: 'strong', digest: { sha256: sha256('x') } }
    expect(() => find([weak, other])).toThrow(/about "strong"/)
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
