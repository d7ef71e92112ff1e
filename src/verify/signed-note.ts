import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { decodeBase64 } from '../model/base64.ts'
import { CleanbillError } from '../model/error.ts'
import type { ChecksumEntry } from '../model/evidence.ts'

/** The key of a log that signs notes: `name+hash+key`. Source: C2SP signed-note, golang.org/x/mod/sumdb/note. */
export interface NoteKey {
  readonly name: string
  /** First four bytes of SHA-256(name ‖ 0x0A ‖ algorithm ‖ key), hex. */
  readonly id: string
  readonly key: KeyObject
}

/** Key of sum.golang.org, as the go command carries it. Source: go `cmd/go/internal/modfetch/key.go`. */
export const GO_SUMDB_KEY = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'

const ED25519 = 1
/** DER of an Ed25519 SubjectPublicKeyInfo up to the key itself (RFC 8410 §4). */
const ED25519_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/**
 * Reads a verifier key in the text form of the go command.
 *
 * @throws {CleanbillError} `TRUST_ROOT_INVALID`
 */
export function parseNoteKey(text: string): NoteKey {
  const [, name, id, base64] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text) ?? []
  if (name === undefined || id === undefined || base64 === undefined) throw keyInvalid('is not "name+hash+key"')
  let bytes: Buffer
  try {
    bytes = Buffer.from(decodeBase64(base64, 'the key'))
  } catch (cause) {
    throw keyInvalid('is not base64', cause)
  }
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw keyInvalid('is no Ed25519 key')
  if (keyId(name, bytes) !== id) throw keyInvalid('has a hash that is not its own')
  const key = createPublicKey({ key: Buffer.concat([ED25519_PREFIX, bytes.subarray(1)]), format: 'der', type: 'spki' })
  return { name, id, key }
}

function keyId(name: string, key: Uint8Array): string {
  return createHash('sha256').update(`${name}\n`).update(key).digest('hex').slice(0, 8)
}

/**
 * Verifies a signed note and gives its text. Signatures by other keys are skipped, as witnesses add theirs; of the
 * named key one must be there and hold.
 *
 * @throws {CleanbillError} `KEY_INVALID` when the key did not sign, `SIGNATURE_INVALID`, `BUNDLE_MALFORMED`
 */
export function verifyNote(note: string, { name, id, key }: NoteKey): string {
  // The last blank line parts them: the text may have blank lines of its own.
  const cut = note.lastIndexOf('\n\n')
  if (cut < 0 || note.length > 1_000_000) throw malformed('the note has no signatures')
  const text = note.slice(0, cut + 1)
  const lines = note.slice(cut + 2).split('\n')
  if (lines.pop() !== '') throw malformed('the note does not end with a line end')
  const own = lines.flatMap((line) => {
    const [, signer, base64] = /^— (\S+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? []
    if (signer === undefined || base64 === undefined) throw malformed('a signature of the note is not in its format')
    const bytes = Buffer.from(decodeBase64(base64, 'a signature'))
    return signer === name && bytes.subarray(0, 4).toString('hex') === id ? [bytes.subarray(4)] : []
  })
  if (own.length === 0) throw new CleanbillError('KEY_INVALID', `the note is not signed with the key of ${name}`)
  if (own.every((signature) => verify(null, Buffer.from(text), key, signature))) return text
  throw new CleanbillError('SIGNATURE_INVALID', `the signature of ${name} does not belong to this note`)
}

/**
 * Verifies that the records stand in the log whose head the key signed: a signed head by itself covers no record.
 * Source: RFC 9162 §2.1.3.2, golang.org/x/mod/sumdb/tlog `CheckRecord`.
 *
 * @throws {CleanbillError} as {@link verifyNote}, and `LOG_PROOF_INVALID`
 */
export function verifyChecksumEntry({ records, signed, index, proof }: ChecksumEntry, key: NoteKey): void {
  const text = verifyNote(signed, key)
  const [, size, root] =
    /^go\.sum database tree\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*$/.exec(text) ?? []
  if (size === undefined || root === undefined || !/^(?:0|[1-9]\d{0,14})$/.test(index)) {
    throw malformed('the note is no tree head of a checksum database')
  }
  const leaf = createHash('sha256').update(Uint8Array.of(0)).update(records).digest()
  const hashes = proof.map((hash) => Buffer.from(decodeBase64(hash, 'a hash of the proof')))
  const computed = rootFrom(leaf, Number(index), Number(size), hashes)
  if (computed?.equals(Buffer.from(root, 'base64')) === true) return
  throw new CleanbillError('LOG_PROOF_INVALID', 'the records are not in the log whose head was signed')
}

/** Numbers of up to 15 digits: divided, not shifted, since shifts are 32 bits wide. */
function rootFrom(leaf: Buffer, index: number, size: number, proof: readonly Buffer[]): Buffer | undefined {
  if (index >= size) return undefined
  let [at, last, hash] = [index, size - 1, leaf]
  for (const other of proof) {
    if (other.length !== 32 || last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(other, hash)
      // A right edge without a sibling goes up as it is.
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)]
    } else {
      hash = nodeHash(hash, other)
    }
    ;[at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  }
  return last === 0 ? hash : undefined
}

const nodeHash = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest()

function malformed(why: string): CleanbillError {
  return new CleanbillError('BUNDLE_MALFORMED', why)
}

function keyInvalid(why: string, cause?: unknown): CleanbillError {
  return new CleanbillError('TRUST_ROOT_INVALID', `the key of the checksum database ${why}`, {
    cause,
    hint: 'It is written name+hash+key, as in GOSUMDB.',
  })
}
