import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { leafHash, MerkleTree } from '../../src/embedded/merkle-tree.ts'
import {
  parseTreeHead,
  proofFromTiles,
  recordHash,
  rootFromProof,
  type Tile,
  tilePath,
  tilesForProof,
} from '../../src/model/log-tiles.ts'
import { codeOf } from '../support/real-signer.ts'
import { errorOf } from './bundle-parts.ts'

const leaves = Array.from({ length: 70_000 }, (_, i) => leafHash(Buffer.from(`record ${i}\n`)))
const rows = [leaves]
for (let level = 1; level <= 16; level++) {
  const below = rows[level - 1] ?? []
  rows.push(
    Array.from({ length: Math.floor(below.length / 2) }, (_, i) =>
      createHash('sha256')
        .update(Uint8Array.of(1))
        .update(below[2 * i] ?? '')
        .update(below[2 * i + 1] ?? '')
        .digest(),
    ),
  )
}

function serve({ level, index, width }: Tile, size: number) {
  const row = (rows[level * 8] ?? []).slice(0, Math.floor(size / 256 ** level))
  const hashes = Buffer.concat(row.slice(index * 256, index * 256 + width))
  expect(hashes.length).toBe(width * 32)
  return { level, index, width, hashes }
}

describe('tiles of a log', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/8/0/000'],
    [{ level: 1, index: 1234067, width: 5 }, 'tile/8/1/x001/x234/067.p/5'],
    [{ level: 0, index: 1000, width: 256 }, 'tile/8/0/x001/000'],
  ])('lie where the Go command looks for them: %o', (tile, path) => {
    expect(tilePath(tile)).toBe(path)
  })

  it.each([1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000, 65_536, 65_537, 70_000])(
    'give the proofs of RFC 6962 in a tree of %i',
    (size) => {
      const tree = new MerkleTree()
      for (const leaf of leaves.slice(0, size)) tree.append(leaf)
      const root = tree.root()
      const indexes = new Set(
        [0, 1, 255, 256, 300, Math.floor(size / 2), size - 2, size - 1].filter((i) => i >= 0 && i < size),
      )
      for (const index of indexes) {
        const tiles = tilesForProof(index, size).map((tile) => serve(tile, size))
        const proof = proofFromTiles(index, size, tiles)
        expect(proof.map((hash) => Buffer.from(hash).toString('hex'))).toStrictEqual(
          tree.inclusionProof(index).map((hash) => hash.toString('hex')),
        )
        expect(rootFromProof(recordHash(`record ${index}\n`), index, size, proof)).toStrictEqual(root)
      }
    },
  )

  it.for<[string, number, number, number]>([
    ['before the tree', -1, 2, 1],
    ['before the tree, with no proof', -1, 2, 0],
    ['right behind the tree', 2, 2, 1],
    ['right behind the tree, with no proof', 2, 2, 0],
    ['of an empty tree', 0, 0, 0],
    ['right behind a tree of one', 1, 1, 0],
    ['with a hash too many', 0, 2, 2],
    ['with a hash too few', 0, 2, 0],
    ['with a hash in a tree of one', 0, 1, 1],
  ])('refuse a record %s', async ([, index, size, length]) => {
    const proof = Array.from({ length }, () => recordHash('x'))
    expect(await codeOf(() => rootFromProof(recordHash('x'), index, size, proof))).toBe('SOURCE_MALFORMED')
  })

  it('refuse a tile that is one hash short, and one that is cut within a hash', async () => {
    const served = tilesForProof(0, 300).map((tile) => serve(tile, 300))
    expect(proofFromTiles(0, 300, served)).toHaveLength(9)
    for (const missing of [1, 32]) {
      for (const at of served.keys()) {
        const short = served.map((tile, i) =>
          i === at ? { ...tile, hashes: tile.hashes.subarray(0, tile.hashes.length - missing) } : tile,
        )
        expect(await codeOf(() => proofFromTiles(0, 300, short))).toBe('SOURCE_MALFORMED')
      }
    }
  })

  it('refuses a proof of another length, a record beyond the tree, and a tile that is not there', async () => {
    const leaf = recordHash('x')
    expect(await codeOf(() => rootFromProof(leaf, 0, 2, []))).toBe('SOURCE_MALFORMED')
    expect(await codeOf(() => rootFromProof(leaf, 2, 2, [leaf]))).toBe('SOURCE_MALFORMED')
    expect(await codeOf(() => proofFromTiles(0, 300, []))).toBe('SOURCE_MALFORMED')
  })

  const head = (origin: string, size: string, bytes = 32, rest = '\n') =>
    `${origin}\n${size}\n${Buffer.alloc(bytes, 7).toString('base64')}\n${rest}`

  it.for<[string, string, number]>([
    ['an empty log', head('log.example', '0'), 0],
    ['nine records', head('log.example', '9'), 9],
    ['as many records as fifteen digits say', head('log.example', '123456789012345'), 123_456_789_012_345],
    ['a line more, and a signature', head('log.example', '42', 32, 'more words\n\n\u2014 log.example c2ln\n'), 42],
  ])('have a tree head over %s', ([, note, size]) => {
    const { origin, root, ...rest } = parseTreeHead(note)
    expect([origin, rest.size, Buffer.from(root)]).toEqual(['log.example', size, Buffer.alloc(32, 7)])
  })

  it.for<[string, string, string]>([
    ['nothing', '', 'the tree head is none'],
    ['no size', 'origin\nx\nAAAA\n\n', 'the tree head is none'],
    ['a line before its origin', `\n${head('origin', '1')}`, 'the tree head is none'],
    ['no origin', head('', '1'), 'the tree head is none'],
    ['a size with a leading zero', head('origin', '01'), 'the tree head is none'],
    ['a size of sixteen digits', head('origin', '1234567890123456'), 'the tree head is none'],
    ['letters in its size', head('origin', '1a'), 'the tree head is none'],
    ['an empty root', 'origin\n1\n\n\n', 'the tree head is none'],
    ['a root of 31 bytes', head('origin', '1', 31), 'the root of the log has not 32 bytes'],
    ['a root of 33 bytes', head('origin', '1', 33), 'the root of the log has not 32 bytes'],
    ['no blank line', head('origin', '1', 32, ''), 'the tree head is none'],
    ['no blank line after a line more', head('origin', '1', 32, 'more\n'), 'the tree head is none'],
  ])('have no tree head with %s', ([, note, message]) => {
    expect(errorOf(() => parseTreeHead(note))).toMatchObject({ code: 'SOURCE_MALFORMED', message })
  })
})
