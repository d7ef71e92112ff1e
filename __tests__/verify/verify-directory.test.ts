import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { directoryManifest } from '../../src/model/build-provenance.ts'
import { RUN_BUILD_TYPE } from '../../src/model/uris.ts'
import { verifyDirectoryNames } from '../../src/verify/verify-directory.ts'
import { codeOf, type LooseJson, sha256, statementAbout } from '../support/real-signer.ts'

const subject = { name: 'out/model', digest: { sha256: sha256('root') } }
const files = [
  { name: 'a.bin', sha256: sha256('a'), bytes: 1 },
  { name: 'b.bin', sha256: sha256('b'), bytes: 1 },
]
const renamed = [{ name: 'c.bin', sha256: sha256('a'), bytes: 1 }, ...files.slice(1)]

function manifestOf(list = files, path = subject.name): string {
  const manifest = directoryManifest({
    role: '',
    path,
    kind: 'directory',
    digest: subject.digest,
    bytes: 0,
    files: list,
  })
  return createHash('sha256')
    .update(manifest?.text ?? '')
    .digest('hex')
}

function statementOf(byproducts: readonly object[], buildType = RUN_BUILD_TYPE): LooseJson {
  const statement = statementAbout('x', { subject: [subject] })
  statement.predicate.buildDefinition.buildType = buildType
  statement.predicate.runDetails.byproducts = byproducts
  return statement
}
const manifest = (digest = manifestOf(), annotations: object = {}) => ({
  digest: { sha256: digest },
  annotations: { role: 'output-manifest', of: subject.name, ...annotations },
})

const verify = (statement: LooseJson, held = files, subjects = [subject]) =>
  verifyDirectoryNames(statement, subjects, { files: held, roots: [] })
const code = (statement: LooseJson, held = files) => codeOf(() => verify(statement, held))

describe('verifyDirectoryNames', () => {
  it('accepts the names that were signed, and refuses others', async () => {
    expect(verify(statementOf([manifest()]))).toStrictEqual([])
    expect(await code(statementOf([manifest()]), renamed)).toBe('SUBJECT_MISMATCH')
  })

  it('says where names were not signed', () => {
    for (const statement of [
      statementOf([]),
      statementOf([manifest()], 'https://example.com/type'),
      statementOf([manifest(manifestOf(), { role: 'log' })]),
      statementOf([manifest(manifestOf(), { of: 'out/other' })]),
    ]) {
      expect(verify(statement)).toMatchObject([{ code: 'NAMES_NOT_SIGNED' }])
    }
  })

  it('says so where the statement is no provenance, or does not name the directory', () => {
    const other = { ...statementOf([manifest()]), predicateType: 'https://example.com/x', predicate: {} }
    expect(verify(other)).toMatchObject([{ code: 'NAMES_NOT_SIGNED' }])
    const nameless = { digest: subject.digest }
    const ofNothing = { digest: { sha256: manifestOf() }, annotations: { role: 'output-manifest' } }
    const unnamed = statementOf([ofNothing])
    expect(verifyDirectoryNames(unnamed, [nameless], { files, roots: [] })).toMatchObject([
      { code: 'NAMES_NOT_SIGNED' },
    ])
    expect(verify(statementOf([{ digest: { sha256: manifestOf() } }]))).toMatchObject([{ code: 'NAMES_NOT_SIGNED' }])
  })

  it('takes a manifest without a digest for names that fit nothing', async () => {
    const annotations = { role: 'output-manifest', of: subject.name }
    expect(await code(statementOf([{ uri: 'x', annotations }]))).toBe('SUBJECT_MISMATCH')
  })

  it('names the directory by the beginning of its name, and says what to do', () => {
    const long = { ...subject, name: 'y'.repeat(300) }
    const ofLong = statementOf([manifest(manifestOf(), { of: long.name })])
    expect(() => verify(ofLong, renamed, [long])).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/^the files of "y{120}" are/),
        hint: expect.stringContaining('Fetch the directory again'),
      }),
    )
    const nameless = { digest: subject.digest }
    const both = [nameless, subject]
    expect(() => verifyDirectoryNames(statementOf([manifest()]), both, { files: renamed, roots: [] })).toThrow(
      /^the files of "" are/,
    )
  })

  it('looks at the manifests of this directory only', async () => {
    const other = manifest(manifestOf(renamed), { of: 'out/other' })
    const log = manifest(sha256('log'), { role: 'log' })
    expect(await code(statementOf([other, log, manifest()]))).toBeUndefined()
  })

  it('refuses two manifests of one directory that differ', async () => {
    expect(await code(statementOf([manifest(), manifest(manifestOf(renamed))]))).toBe('SUBJECT_MISMATCH')
  })

  it('takes no subject without a manifest for one whose names fit', async () => {
    const twin = { name: 'out/twin', digest: subject.digest }
    const statement = statementOf([manifest(manifestOf(renamed))])
    expect(await codeOf(() => verify(statement, files, [subject, twin]))).toBe('SUBJECT_MISMATCH')
    expect(await codeOf(() => verify(statement, renamed, [twin, subject]))).toBeUndefined()
  })
})
