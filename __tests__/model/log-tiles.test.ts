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

  it('refuses a proof of another length, a record beyond the tree, and a tile that is not there', async () => {
    const leaf = recordHash('x')
    expect(await codeOf(() => rootFromProof(leaf, 0, 2, []))).toBe('SOURCE_MALFORMED')
    expect(await codeOf(() => rootFromProof(leaf, 2, 2, [leaf]))).toBe('SOURCE_MALFORMED')
    expect(await codeOf(() => proofFromTiles(0, 300, []))).toBe('SOURCE_MALFORMED')
  })

  it.each([
    ['no size', 'origin\nx\nAAAA\n\n'],
    ['a size with a leading zero', `origin\n01\n${Buffer.alloc(32).toString('base64')}\n\n`],
    ['a root of 31 bytes', `origin\n1\n${Buffer.alloc(31).toString('base64')}\n\n`],
    ['no blank line', `origin\n1\n${Buffer.alloc(32).toString('base64')}\n`],
  ])('have no tree head with %s', async (_, note) => {
    expect(await codeOf(() => parseTreeHead(note))).toBe('SOURCE_MALFORMED')
  })
})
