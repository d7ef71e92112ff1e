import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseNoteKey, verifyChecksumEntry, verifyNote } from '../../src/verify/signed-note.ts'
import { codeOf } from '../support/real-signer.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const bare = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)

function keyText(bytes: Uint8Array, name = 'sum.example'): string {
  const id = createHash('sha256').update(`${name}\n`).update(bytes).digest('hex').slice(0, 8)
  return `${name}+${id}+${Buffer.from(bytes).toString('base64')}`
}
const good = keyText(Buffer.concat([Uint8Array.of(1), bare]))
const key = parseNoteKey(good)

function note(text: string, signer = 'sum.example'): string {
  const signature = Buffer.concat([Buffer.from(key.id, 'hex'), sign(null, Buffer.from(text), privateKey)])
  return `${text}\n— ${signer} ${signature.toString('base64')}\n`
}

describe('parseNoteKey', () => {
  it('reads name, hash and key', () => {
    expect(key).toMatchObject({ name: 'sum.example', id: good.split('+')[1] })
  })

  it.for<[string, string]>([
    ['nothing', ''],
    ['no hash', good.replace(/\+[0-9a-f]{8}\+/, '+')],
    ['base64 that is none', `${good.slice(0, -1)}=A`],
    ['another kind of key', keyText(Buffer.concat([Uint8Array.of(2), bare]))],
    ['a key that is too short', keyText(Buffer.concat([Uint8Array.of(1), bare.subarray(1)]))],
    ['a key that is too long', keyText(Buffer.concat([Uint8Array.of(1), bare, Uint8Array.of(0)]))],
    ['the hash of another name', good.replace('sum.example', 'sum.exampel')],
  ])('refuses %s', async ([, text]) => {
    expect(await codeOf(() => parseNoteKey(text))).toBe('TRUST_ROOT_INVALID')
  })
})

it('says what is wrong with a key and with a note', () => {
  expect(() => parseNoteKey('sum.example')).toThrow(/is not "name\+hash\+key"$/)
  expect(() => verifyNote('text\n', key)).toThrow(/has no signatures$/)
})

describe('verifyNote', () => {
  it('gives the text that was signed', () => {
    expect(verifyNote(note('text\n'), key)).toBe('text\n')
  })

  it('refuses a note without signatures, one that is too long, and lines that are no signature', async () => {
    expect(await codeOf(() => verifyNote('text\n', key))).toBe('BUNDLE_MALFORMED')
    expect(await codeOf(() => verifyNote('— sum.example AAAA\n', key))).toBe('BUNDLE_MALFORMED')
    expect(await codeOf(() => verifyNote(note(`${'x'.repeat(1_000_000)}\n`), key))).toBe('BUNDLE_MALFORMED')
    expect(await codeOf(() => verifyNote(`${note('text\n')}sum.example\n`, key))).toBe('BUNDLE_MALFORMED')
  })

  it('does not take the signature of another name with the same key', async () => {
    expect(await codeOf(() => verifyNote(note('text\n', 'sum.other'), key))).toBe('KEY_INVALID')
  })
})

describe('verifyChecksumEntry', () => {
  const root = createHash('sha256').update(Uint8Array.of(0)).update('records').digest('base64')
  const head = (text: string) => ({ records: 'records', signed: note(text), index: '0', proof: [] })
  const tree = `go.sum database tree\n1\n${root}\n`

  it('takes the one record of a log of one', async () => {
    expect(await codeOf(() => verifyChecksumEntry(head(tree), key))).toBeUndefined()
  })

  it.for<[string, object]>([
    ['a note that is no tree head', head('another text\n')],
    ['a size in another notation', head(tree.replace('\n1\n', '\n01\n'))],
    ['an index in another notation', { ...head(tree), index: '00' }],
    ['an index that is a text', { ...head(tree), index: '' }],
  ])('refuses %s', async ([, entry]) => {
    expect(await codeOf(() => verifyChecksumEntry(entry as ReturnType<typeof head>, key))).toBe('BUNDLE_MALFORMED')
  })
})
