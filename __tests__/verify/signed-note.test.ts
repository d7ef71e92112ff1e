import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { GO_SUMDB_KEY, parseNoteKey, verifyChecksumEntry, verifyNote } from '../../src/verify/signed-note.ts'
import { codeOf } from '../support/real-signer.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const bare = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)

function keyText(bytes: Uint8Array, name = 'sum.example'): string {
  const id = createHash('sha256').update(`${name}\n`).update(bytes).digest('hex').slice(0, 8)
  return `${name}+${id}+${Buffer.from(bytes).toString('base64')}`
}
const good = keyText(Buffer.concat([Uint8Array.of(1), bare]))
const key = parseNoteKey(good)

/** One line under a note: who signed what, under which key id. */
function line(text: string, { name = 'sum.example', id = key.id } = {}): string {
  const signature = Buffer.concat([Buffer.from(id, 'hex'), sign(null, Buffer.from(text), privateKey)])
  return `— ${name} ${signature.toString('base64')}\n`
}
const note = (text: string, name?: string): string => `${text}\n${line(text, name === undefined ? {} : { name })}`

describe('parseNoteKey', () => {
  it('reads name, hash and key', () => {
    expect(key).toMatchObject({ name: 'sum.example', id: good.split('+')[1] })
    expect(key.key.export({ type: 'spki', format: 'der' }).subarray(-32)).toEqual(bare)
  })

  it('reads the key of the public checksum database', () => {
    expect(parseNoteKey(GO_SUMDB_KEY)).toMatchObject({ name: 'sum.golang.org', id: '033de0ae' })
  })

  it('says how a key is written', () => {
    expect(() => parseNoteKey('sum.example')).toThrow(
      expect.objectContaining({ hint: 'It is written name+hash+key, as in GOSUMDB.' }),
    )
  })

  it.for<[string, string]>([
    ['nothing', ''],
    ['no hash', good.replace(/\+[0-9a-f]{8}\+/, '+')],
    ['base64 that is none', `${good.slice(0, -1)}=A`],
    ['another kind of key', keyText(Buffer.concat([Uint8Array.of(2), bare]))],
    ['a key that is too short', keyText(Buffer.concat([Uint8Array.of(1), bare.subarray(1)]))],
    ['a key that is too long', keyText(Buffer.concat([Uint8Array.of(1), bare, Uint8Array.of(0)]))],
    ['a blank in front', ` ${good}`],
    ['a line end behind', `${good}\n`],
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
  it.for<[string, string]>([
    ['a line', 'text\n'],
    ['an empty line', '\n'],
    ['blank lines of its own', 'text\n\nmore\n'],
  ])('gives the text that was signed: %s', ([, text]) => {
    expect(verifyNote(note(text), key)).toBe(text)
  })

  it('skips what witnesses added', () => {
    const witness = line('another text\n', { name: 'witness.example' })
    expect(verifyNote(`text\n\n${witness}${line('text\n')}${witness}`, key)).toBe('text\n')
  })

  it('reads a million characters, and not one more', async () => {
    const text = 'x'.repeat(1_000_000 - note('\n').length)
    expect(note(`${text}\n`)).toHaveLength(1_000_000)
    expect(verifyNote(note(`${text}\n`), key)).toBe(`${text}\n`)
    expect(await codeOf(() => verifyNote(note(`${text}x\n`), key))).toBe('BUNDLE_MALFORMED')
  })

  it.for<[string, string, string]>([
    ['no signatures', 'text\n', 'BUNDLE_MALFORMED'],
    ['only a signature', '— sum.example AAAA\n', 'BUNDLE_MALFORMED'],
    ['no line end', note('text\n').slice(0, -1), 'BUNDLE_MALFORMED'],
    ['a line that is no signature', `${note('text\n')}sum.example\n`, 'BUNDLE_MALFORMED'],
    ['a line that does not begin as a signature', `${note('text\n')}x${line('text\n')}`, 'BUNDLE_MALFORMED'],
    ['a line that does not end as a signature', `${note('text\n').slice(0, -1)} x\n`, 'BUNDLE_MALFORMED'],
    ['the same key under another name', note('text\n', 'sum.other'), 'KEY_INVALID'],
    ['the same name with another key', `text\n\n${line('text\n', { id: '00000000' })}`, 'KEY_INVALID'],
    ['the signature of another text', `text\n\n${line('other\n')}`, 'SIGNATURE_INVALID'],
    ['a good signature and a wrong one', `${note('text\n')}${line('other\n')}`, 'SIGNATURE_INVALID'],
    ['a wrong signature and a good one', `text\n\n${line('other\n')}${line('text\n')}`, 'SIGNATURE_INVALID'],
  ])('refuses %s', async ([, text, code]) => {
    expect(await codeOf(() => verifyNote(text, key))).toBe(code)
  })
})

describe('verifyChecksumEntry', () => {
  const sha256 = (...parts: readonly Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
  const leafOf = (records: string) => sha256(Uint8Array.of(0), Buffer.from(records))
  const above = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right)
  const log = (size: number) => Array.from({ length: size }, (_, at) => `records ${at}`)
  /** The largest power of two below a length. */
  const half = (length: number) => 2 ** Math.ceil(Math.log2(length) - 1)

  /** The root of a tree by its definition (RFC 9162 §2.1.1): two halves, the left one full. */
  function rootOf(leaves: readonly string[]): Buffer {
    if (leaves.length === 1) return leafOf(leaves[0] ?? '')
    const cut = half(leaves.length)
    return above(rootOf(leaves.slice(0, cut)), rootOf(leaves.slice(cut)))
  }

  /** The proof of one record by its definition (RFC 9162 §2.1.3.1): the other half, nearest to the leaf first. */
  function proofOf(leaves: readonly string[], at: number): readonly Buffer[] {
    if (leaves.length === 1) return []
    const cut = half(leaves.length)
    const [left, right] = [leaves.slice(0, cut), leaves.slice(cut)]
    return at < cut ? [...proofOf(left, at), rootOf(right)] : [...proofOf(right, at - cut), rootOf(left)]
  }

  const head = (size: number | string, root: Uint8Array, more = '') =>
    `go.sum database tree\n${size}\n${Buffer.from(root).toString('base64')}\n${more}`
  const entry = (records: string, text: string, index: number | string, proof: readonly Uint8Array[] = []) => ({
    records,
    signed: note(text),
    index: String(index),
    proof: proof.map((hash) => Buffer.from(hash).toString('base64')),
  })
  const verdict = (...given: Parameters<typeof entry>) => codeOf(() => verifyChecksumEntry(entry(...given), key))

  it.for([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16])(
    'finds each record of a log of %i, and no other there',
    async (size) => {
      const leaves = log(size)
      const text = head(size, rootOf(leaves))
      for (const [at, records] of leaves.entries()) {
        const proof = proofOf(leaves, at)
        expect(await verdict(records, text, at, proof)).toBeUndefined()
        expect(await verdict('other records', text, at, proof)).toBe('LOG_PROOF_INVALID')
        expect(await verdict(records, text, at, [...proof, leafOf('more')])).toBe('LOG_PROOF_INVALID')
        if (size > 1) expect(await verdict(records, text, at, proof.slice(1))).toBe('LOG_PROOF_INVALID')
        if (size > 1) expect(await verdict(records, text, (at + 1) % size, proof)).toBe('LOG_PROOF_INVALID')
      }
    },
  )

  it('counts in as many digits as the log has', async () => {
    const leaves = log(120)
    const text = head(120, rootOf(leaves))
    for (const at of [7, 42, 119]) {
      expect(await verdict(leaves[at] ?? '', text, at, proofOf(leaves, at))).toBeUndefined()
    }
  })

  const alone = leafOf('records')
  const beside = leafOf('beside')
  const short = beside.subarray(1)

  // Whoever chooses what is hashed, or how often, could build a path from any records to a root that was signed.
  it.for<[string, Parameters<typeof entry>]>([
    ['a place past the end of the log', ['records', head(1, alone), 1]],
    ['a place in an empty log', ['records', head(0, alone), 0]],
    ['a hash above the root', ['records', head(1, above(beside, alone)), 0, [beside]]],
    ['a hash too few', ['records', head(2, alone), 0]],
    ['a hash that is too short', ['records', head(2, above(alone, short)), 0, [short]]],
    [
      'a hash that is too long',
      ['records', head(2, sha256(Uint8Array.of(1), alone, beside, alone)), 0, [Buffer.concat([beside, alone])]],
    ],
    ['a hash on the wrong side', ['records', head(2, above(beside, alone)), 0, [beside]]],
  ])('does not take %s', async ([, given]) => {
    expect(await verdict(...given)).toBe('LOG_PROOF_INVALID')
  })

  it('takes lines that a later form of the tree head adds', async () => {
    expect(await verdict('records', head(1, alone, 'later\nlines\n'), 0)).toBeUndefined()
  })

  it.for<[string, string, string]>([
    ['a note that is no tree head', 'another text\n', '0'],
    ['a tree head after another text', `text\n${head(1, alone)}`, '0'],
    ['a blank line in the tree head', head(1, alone, '\nlater\n'), '0'],
    ['a size in another notation', head('01', alone), '0'],
    ['a size of sixteen digits', head('1000000000000000', alone), '0'],
    ['an index in another notation', head(1, alone), '00'],
    ['an index that is a text', head(1, alone), ''],
    ['an index with more behind it', head(1, alone), '0 '],
    ['an index with more before it', head(1, alone), ' 0'],
    ['an index of sixteen digits', head(1, alone), '1000000000000000'],
  ])('refuses %s', async ([, text, index]) => {
    expect(await verdict('records', text, index)).toBe('BUNDLE_MALFORMED')
  })
})
