import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { lateMark } from '../../src/model/late-mark.ts'
import { markLate, readOutbox, removeFromOutbox, sealBundle, sealStatement } from '../../src/sign/outbox.ts'
import { codeOf, type LooseJson, sha256, statementAbout } from '../support/real-signer.ts'

const root = mkdtempSync(join(tmpdir(), 'cleanbill-outbox-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const folder = () => join(root, String(++count))

const NOW = new Date('2026-11-22T12:00:00.000Z')
const payload = Buffer.from(JSON.stringify(statementAbout('artifact')))
const reason = { code: 'LOG_UNAVAILABLE', message: 'HTTP 503' } as const
const seal = (into: string, bytes: Uint8Array = payload) =>
  sealStatement(into, bytes, { bundle: 'attestation.json', reason, now: NOW })
const sealUpload = (into: string, bundle: object = { a: 1 }) =>
  sealBundle(into, bundle as { a: number }, { bundle: 'attestation.json', publisher: 'oci', reason, now: NOW })
const change = (path: string, edit: (entry: LooseJson) => unknown) =>
  writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, 'utf8')))))

describe('the outbox', () => {
  it('gives back the exact bytes that were sealed, and says their digest', async () => {
    const into = folder()
    const { path, sha256: digest } = await seal(into)
    expect(digest).toBe(sha256(payload))
    const { statements, bundles } = await readOutbox(into)
    expect(bundles).toStrictEqual([])
    expect(statements).toMatchObject([{ path, sealed: { sha256: digest, sealedOn: NOW.toISOString(), reason } }])
    expect(Buffer.from(statements[0]?.sealed.statement ?? '', 'base64').equals(payload)).toBe(true)
  })

  it('holds one entry of one statement however often it is sealed, and two of two', async () => {
    const into = folder()
    await seal(into)
    await seal(into)
    expect(readdirSync(into)).toHaveLength(1)
    await seal(into, Buffer.from(JSON.stringify(statementAbout('other'))))
    expect((await readOutbox(into)).statements).toHaveLength(2)
  })

  it('keeps uploads apart by publisher', async () => {
    const into = folder()
    const { path } = await sealUpload(into)
    const { bundles } = await readOutbox(into)
    expect(bundles).toMatchObject([{ path, unpublished: { publisher: 'oci', signed: { a: 1 } } }])
  })

  it('looks at nothing else that lies there', async () => {
    const into = folder()
    await seal(into)
    writeFileSync(join(into, 'notes.json'), 'hello')
    expect((await readOutbox(into)).statements).toHaveLength(1)
  })

  it('forgets an entry only when told to', async () => {
    const into = folder()
    const { path } = await seal(into)
    await readOutbox(into)
    expect(readdirSync(into)).toHaveLength(1)
    await removeFromOutbox(path)
    expect(readdirSync(into)).toHaveLength(0)
  })

  it.each([
    [
      'the statement',
      (entry: LooseJson) => ({
        ...entry,
        statement: Buffer.from(JSON.stringify(statementAbout('x'))).toString('base64'),
      }),
      'STATE_CHANGED',
    ],
    ['the digest', (entry: LooseJson) => ({ ...entry, sha256: '0'.repeat(64) }), 'STATE_CHANGED'],
    ['a digest that is none', (entry: LooseJson) => ({ ...entry, sha256: 'x' }), 'CONFIG_MALFORMED'],
    ['a path for a name', (entry: LooseJson) => ({ ...entry, bundle: '../x.json' }), 'CONFIG_MALFORMED'],
    ['a hidden name', (entry: LooseJson) => ({ ...entry, bundle: '.bashrc' }), 'CONFIG_MALFORMED'],
    ['an added key', (entry: LooseJson) => ({ ...entry, more: 1 }), 'CONFIG_MALFORMED'],
    ['base64 that is none', (entry: LooseJson) => ({ ...entry, statement: '***' }), 'BASE64_MALFORMED'],
  ])('refuses an entry in which somebody changed %s', async (_, edit, code) => {
    const into = folder()
    change((await seal(into)).path, edit)
    expect(await codeOf(() => readOutbox(into))).toBe(code)
  })

  it('refuses a waiting bundle that is another now, or that goes to a publisher that is none', async () => {
    const into = folder()
    const { path } = await sealUpload(into)
    change(path, (entry) => ({ ...entry, signed: { a: 2 } }))
    expect(await codeOf(() => readOutbox(into))).toBe('STATE_CHANGED')
    change(path, (entry) => ({ ...entry, signed: { a: 1 }, publisher: 'ftp' }))
    expect(await codeOf(() => readOutbox(into))).toBe('CONFIG_MALFORMED')
  })

  it('says that it is not there', async () => {
    expect(await codeOf(() => readOutbox(folder()))).toBe('FILE_NOT_FOUND')
  })
})

describe('the mark of lateness', () => {
  const entryOf = async (statement: LooseJson) => {
    const into = folder()
    await seal(into, Buffer.from(JSON.stringify(statement)))
    const [entry] = (await readOutbox(into)).statements
    if (entry === undefined) throw new Error('no entry')
    return entry
  }
  const LATER = new Date('2026-11-23T00:00:00.000Z')
  const mark = { sealedOn: NOW.toISOString(), signedOn: LATER.toISOString(), reason: 'LOG_UNAVAILABLE' }

  it('stands in the metadata of provenance and changes nothing else', async () => {
    const statement = statementAbout('artifact')
    const late: LooseJson = markLate(await entryOf(statement), LATER)
    expect(late.predicate.runDetails.metadata).toMatchObject({
      cleanbill_lateSigned: { ...mark, sealedSha256: sha256(payload) },
    })
    const { metadata: _, ...details } = late.predicate.runDetails
    expect({ ...late, predicate: { ...late.predicate, runDetails: details } }).toStrictEqual(statement)
    expect(lateMark(late.predicate)?.reason).toBeDefined()
    expect(lateMark(statement.predicate)).toBeUndefined()
  })

  it('stands at the top of any other predicate', async () => {
    const statement = statementAbout('artifact', { predicateType: 'https://example.com/t', predicate: { a: 1 } })
    const late: LooseJson = markLate(await entryOf(statement), LATER)
    expect(late.predicate).toMatchObject({ a: 1, cleanbill_lateSigned: mark })
    expect(lateMark(late.predicate)?.reason).toBeDefined()
  })
})
