import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { buildOmsStatement, type OmsResource, omsRoot } from '../../src/model/predicates/oms.ts'
import type { Statement } from '../../src/model/statement.ts'
import { observeDirectory } from '../../src/verify/directory-root.ts'
import { type HeldModel, verifyModel } from '../../src/verify/verify-model.ts'
import { codeOf, type LooseJson, sha256, toBytes } from '../support/real-signer.ts'

const base = mkdtempSync(join(tmpdir(), 'cleanbill-model-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

const CONTENT: Readonly<Record<string, string>> = { 'a.bin': 'weights', 'dir/b.bin': 'more weights' }
let folder: string
let count = 0
beforeEach(() => {
  folder = join(base, String(++count))
  for (const [name, text] of Object.entries(CONTENT)) write(name, text)
})
function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), text)
}

const resource = (name: string, text: string): OmsResource => ({ name, digest: sha256(text), algorithm: 'sha256' })
const resources = Object.entries(CONTENT).map(([name, text]) => resource(name, text))

/** The signed statement over these resources, as they are listed. */
function statementOf(list: readonly OmsResource[] = resources, change: (s: LooseJson) => unknown = () => undefined) {
  const statement: LooseJson = structuredClone(buildOmsStatement('m', resources, []))
  statement.predicate.resources = list
  statement.subject[0].digest.sha256 = omsRoot(list)
  change(statement)
  return statement
}

const verify = (statement: LooseJson, more: Partial<HeldModel> = {}) =>
  verifyModel(statement as Statement, toBytes(statement), {
    path: folder,
    kind: 'directory',
    ignorePaths: [],
    ignoreUnsignedFiles: false,
    ...more,
  })
const code = (statement: LooseJson, more: Partial<HeldModel> = {}) => codeOf(() => verify(statement, more))

describe('verifyModel', () => {
  it('accepts the model that was signed', async () => {
    expect(await verify(statementOf())).toStrictEqual([])
  })

  it.for<[string, LooseJson, string]>([
    ['with a field that the form does not have', (s: LooseJson) => (s.extra = 1), 'STATEMENT_MALFORMED'],
    ['of two subjects', (s: LooseJson) => s.subject.push(s.subject[0]), 'PREDICATE_MALFORMED'],
    ['of another root', (s: LooseJson) => (s.subject[0].digest.sha256 = sha256('x')), 'SUBJECT_MISMATCH'],
    ['of no subject', (s: LooseJson) => (s.subject = []), 'SUBJECT_MISMATCH'],
  ])('refuses a statement %s', async ([, change, expected]) => {
    expect(await code(statementOf(resources, change))).toBe(expected)
  })

  it('refuses a file that changed, one that is gone, and one that nobody signed', async () => {
    write('a.bin', 'other')
    expect(await code(statementOf())).toBe('SUBJECT_MISMATCH')
    write('a.bin', 'weights')
    rmSync(join(folder, 'dir/b.bin'))
    expect(await code(statementOf())).toBe('SUBJECT_MISMATCH')
    write('dir/b.bin', 'more weights')
    write('c.bin', 'x')
    expect(await code(statementOf())).toBe('FILE_UNLISTED')
  })

  it('says what is wrong by no more than the beginning of five names', async () => {
    const named = (change: (s: LooseJson) => unknown) => verify(statementOf(resources, change))
    await expect(named((s) => (s['y'.repeat(300)] = 1))).rejects.toThrow(/no field "y{80}"$/)
    write('a.bin', 'other')
    await expect(verify(statementOf())).rejects.toMatchObject({
      message: 'the model is not the one that was signed; changed: "a.bin"',
      hint: expect.stringContaining('Fetch the model again'),
    })
    write('a.bin', 'weights')
    const long = 'y'.repeat(200)
    for (const name of ['c', 'd', 'e', 'f', long]) write(name, 'x')
    await expect(verify(statementOf())).rejects.toMatchObject({
      message: `files that nobody signed: "c", "d", "e", "f", "${'y'.repeat(120)}"`,
      hint: expect.stringContaining('--ignore-unsigned-files'),
    })
    write('g', 'x')
    write('h', 'x')
    await expect(verify(statementOf())).rejects.toThrow(/: "c", "d", "e", "f", "g" and 2 more$/)
  })

  it('reads colons in the name of a whole file as a part of it', async () => {
    write('aa:0:3', 'x')
    expect(await verify(statementOf([...resources, resource('aa:0:3', 'x')]))).toStrictEqual([])
  })

  it('takes the root of a directory for none of its files', async () => {
    await expect(verify(statementOf([resource('.', 'x')]))).rejects.toThrow(/^"." is not a path below the model$/)
  })

  it('says when files only carry each other’s names, and not when one of them is new or gone', async () => {
    write('a.bin', 'more weights')
    write('dir/b.bin', 'weights')
    expect(await code(statementOf())).toBe('FILE_NAME_MISMATCH')
    write('a.bin', 'new')
    expect(await code(statementOf())).toBe('SUBJECT_MISMATCH')
    rmSync(join(folder, 'a.bin'))
    expect(await code(statementOf())).toBe('SUBJECT_MISMATCH')
    await expect(verify(statementOf())).rejects.toThrow(/changed: "dir\/b.bin"; missing: "a.bin"$/)
    write('dir/b.bin', 'more weights')
    await expect(verify(statementOf())).rejects.toThrow(/signed; missing: "a.bin"$/)
  })

  it('leaves out what the form leaves out, and what the caller does', async () => {
    write('.git/config', 'x')
    write('.gitattributes', 'x')
    expect(await verify(statementOf())).toStrictEqual([])
    write('model.sig', 'x')
    expect(await code(statementOf())).toBe('FILE_UNLISTED')
    expect(await verify(statementOf(), { ignorePaths: ['model.sig'] })).toStrictEqual([])
  })

  it('says what the signature does not cover', async () => {
    write('notes.md', 'x')
    write('other.md', 'x')
    const hides = statementOf(resources, (s: LooseJson) => (s.predicate.serialization.ignore_paths = ['notes.md']))
    expect(await code(hides)).toBe('FILE_UNLISTED')
    const limits = await verify(hides, { ignoreUnsignedFiles: true })
    expect(limits).toMatchObject([
      { code: 'FILES_NOT_SIGNED', message: expect.stringMatching(/"notes.md", "other.md"/) },
    ])
    rmSync(join(folder, 'other.md'))
    expect(await verify(hides)).toMatchObject([{ code: 'FILES_NOT_SIGNED' }])
    rmSync(join(folder, 'notes.md'))
    expect(await verify(hides)).toStrictEqual([])
  })

  it('refuses names that lead out of the model, and links in it, as evidence and not as arguments', async () => {
    const outside = statementOf([resource('../x', 'x')])
    expect(await code(outside)).toBe('PATH_UNSAFE')
    symlinkSync(join(folder, 'a.bin'), join(folder, 'link.bin'))
    await expect(verify(statementOf())).rejects.toMatchObject({
      code: 'PATH_UNSAFE',
      class: 'refused',
      cause: expect.objectContaining({ code: 'PATH_UNSAFE' }),
    })
    rmSync(join(folder, 'link.bin'))
    rmSync(join(folder, 'a.bin'))
    symlinkSync(join(folder, 'dir/b.bin'), join(folder, 'a.bin'))
    await expect(verify(statementOf())).rejects.toMatchObject({ code: 'PATH_UNSAFE', class: 'refused' })
  })

  it('gives its own name to what is no fault of the path', async () => {
    rmSync(join(folder, 'a.bin'))
    mkdirSync(join(folder, 'a.bin'))
    expect(await code(statementOf())).toBe('PATH_UNSAFE')
    const long = `${'d'.repeat(300)}/x`
    expect(await code(statementOf([resource(long, 'x')]))).toBe('FILE_UNREADABLE')
  })

  it('refuses BLAKE3, which it cannot compute', async () => {
    expect(await code(statementOf([{ ...resource('a.bin', 'weights'), algorithm: 'blake3' }]))).toBe(
      'PREDICATE_MALFORMED',
    )
  })

  it('takes a model of one file by the name that was signed, and by no other', async () => {
    const single = statementOf([resource('a.bin', 'weights')])
    const held = { kind: 'file' as const, path: join(folder, 'a.bin') }
    expect(await verify(single, held)).toStrictEqual([])
    expect(await code(statementOf([resource('.', 'weights')]), held)).toBeUndefined()
    expect(await code(single, { ...held, fileName: 'other.bin' })).toBe('SUBJECT_MISMATCH')
    expect(await code(statementOf([resource('../a.bin', 'weights')]), held)).toBe('PATH_UNSAFE')
  })
})

describe('a model in shards', () => {
  const shard = (name: string, start: number, end: number): OmsResource =>
    resource(`${name}:${start}:${end}`, (CONTENT[name] ?? '').slice(start, end))
  const sharded = (list: readonly OmsResource[], shard_size = 4) =>
    statementOf(list, (s: LooseJson) => Object.assign(s.predicate.serialization, { method: 'shards', shard_size }))
  const b = [shard('dir/b.bin', 0, 4), shard('dir/b.bin', 4, 8), shard('dir/b.bin', 8, 12)]

  it('is covered from its first byte to its last, in any order', async () => {
    expect(await code(sharded([shard('a.bin', 4, 7), shard('a.bin', 0, 4), ...b]))).toBeUndefined()
  })

  it.for<[string, OmsResource[]]>([
    ['begins late', [shard('a.bin', 4, 7)]],
    ['ends early', [shard('a.bin', 0, 4)]],
    ['has a gap', [shard('a.bin', 0, 4), shard('a.bin', 5, 7)]],
    ['overlaps', [shard('a.bin', 0, 4), shard('a.bin', 3, 7)]],
    ['has a part of another size', [shard('a.bin', 0, 3), shard('a.bin', 3, 7)]],
  ])('is refused where it %s (T-MF-07)', async ([, parts]) => {
    expect(await code(sharded([...parts, ...b]))).toBe('SUBJECT_MISMATCH')
  })

  it('has parts that begin anywhere', async () => {
    const long = [shard('dir/b.bin', 0, 10), shard('dir/b.bin', 10, 12)]
    expect(await code(sharded([shard('a.bin', 0, 7), ...long], 10))).toBeUndefined()
  })

  it('is told from a file of the model under another name, part by part', async () => {
    write('a.bin', 'more weights')
    write('dir/b.bin', 'WEIGHTS MORE')
    const parts = (name: string, text: string) =>
      [0, 4, 8].map((start) => resource(`${name}:${start}:${start + 4}`, text.slice(start, start + 4)))
    expect(await code(sharded([...parts('a.bin', 'WEIGHTS MORE'), ...parts('dir/b.bin', 'more weights')]))).toBe(
      'FILE_NAME_MISMATCH',
    )
  })

  it.for(['a.bin:0:4x', 'x\na.bin:0:4', 'a.bin:0', `${'y'.repeat(200)}`])(
    'is refused where a part is called %j',
    async (name) => {
      const refused = verify(sharded([resource(name, 'weig'), shard('a.bin', 4, 7), ...b]))
      await expect(refused).rejects.toMatchObject({
        code: 'PREDICATE_MALFORMED',
        message: `${JSON.stringify(name.slice(0, 100))} is not the name of a shard`,
      })
    },
  )

  it('is refused where a part changed, or has no range', async () => {
    expect(await code(sharded([shard('a.bin', 0, 4), { ...shard('a.bin', 4, 7), digest: sha256('x') }, ...b]))).toBe(
      'SUBJECT_MISMATCH',
    )
    expect(await code(sharded([resource('a.bin', 'weights'), ...b]))).toBe('PREDICATE_MALFORMED')
  })
})

describe('a signature of the form before v1.0', () => {
  const old = (subject: object[]): LooseJson => ({
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType: 'https://model_signing/Digests/v0.1',
    predicate: {},
  })
  const [a, b] = resources.map(({ name, digest }) => ({ name, digest: { sha256: digest } }))

  it('names each file with its digest', async () => {
    expect(await code(old([a ?? {}, b ?? {}]))).toBeUndefined()
    expect(await code(old([a ?? {}]))).toBe('FILE_UNLISTED')
  })

  it.for<[string, object]>([
    ['without a name', { digest: { sha256: sha256('weights') } }],
    ['without a sha256', { name: 'a.bin', digest: { sha512: createHash('sha512').update('weights').digest('hex') } }],
  ])('refuses a file %s', async ([, subject]) => {
    expect(await code(old([subject, b ?? {}]))).toBe('PREDICATE_MALFORMED')
  })

  it('takes a file by its name where the model is that one file', async () => {
    expect(await verify(old([a ?? {}]), { kind: 'file', path: join(folder, 'a.bin') })).toStrictEqual([])
  })

  it('refuses a file that is listed twice', async () => {
    expect(await code(old([a ?? {}, a ?? {}, b ?? {}]))).toBe('PREDICATE_MALFORMED')
  })
})

describe('observeDirectory', () => {
  const names = async (ignore: string[] = []) => (await observeDirectory(folder, ignore)).files.map(({ name }) => name)

  it('lists everything but what the form and the caller leave out', async () => {
    write('.gitignore', 'x')
    expect(await names()).toStrictEqual(['a.bin', 'dir/b.bin'])
    expect(await names(['dir'])).toStrictEqual(['a.bin'])
  })

  it('knows the root by either order of the names', async () => {
    write('dir.json', 'x')
    const { roots } = await observeDirectory(folder, [])
    const json = resource('dir.json', 'x')
    const [a, b] = resources
    if (a === undefined || b === undefined) throw new Error('no resources')
    expect(roots).toStrictEqual([omsRoot([a, json, b]), omsRoot([a, b, json])])
  })

  it('refuses an empty directory, a link, and one that is not there, each as what it is', async () => {
    expect(await codeOf(() => observeDirectory(folder, ['a.bin', 'dir']))).toBe('SUBJECT_EMPTY')
    symlinkSync('a.bin', join(folder, 'link'))
    await expect(observeDirectory(folder, [])).rejects.toMatchObject({ code: 'PATH_UNSAFE', class: 'refused' })
    expect(await codeOf(() => observeDirectory(join(folder, 'missing'), []))).toBe('FILE_NOT_FOUND')
  })
})
