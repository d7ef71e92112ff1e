import { createHash } from 'node:crypto'
import { decodeBase64 } from './base64.ts'
import { CleanbillError } from './error.ts'

/** Levels of the tree in one tile: 256 hashes of 32 bytes. */
const HEIGHT = 8
const WIDTH = 2 ** HEIGHT

/** A row of hashes of a tiled log: `width` of them, of the subtrees of 2^(8·level) leaves from `index`·256 on. */
export interface Tile {
  readonly level: number
  readonly index: number
  readonly width: number
}

/** What a log signs: how many records, and the root over them. Source: C2SP tlog-checkpoint. */
export interface TreeHead {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
}

/**
 * Reads the text of a signed tree head; its signature is looked at elsewhere.
 *
 * @throws {CleanbillError} `SOURCE_MALFORMED`, `BASE64_MALFORMED`
 */
export function parseTreeHead(note: string): TreeHead {
  const [, origin, sizeText, base64] = /^([^\n]+)\n(0|[1-9]\d{0,14})\n([^\n]+)\n(?:[^\n]+\n)*\n/.exec(note) ?? []
  if (origin === undefined || base64 === undefined) throw broken('the tree head is none')
  const root = decodeBase64(base64, 'the root of the log')
  if (root.length !== 32) throw broken('the root of the log has not 32 bytes')
  return { origin, size: Number(sizeText), root }
}

/** `tile/8/0/x001/234`, with `.p/17` for the first 17 hashes. Source: golang.org/x/mod/sumdb/tlog `Tile.Path`. */
export function tilePath({ level, index, width }: Tile): string {
  let rest = Math.floor(index / 1000)
  let path = String(index % 1000).padStart(3, '0')
  for (; rest > 0; rest = Math.floor(rest / 1000)) path = `x${String(rest % 1000).padStart(3, '0')}/${path}`
  return `tile/${HEIGHT}/${level}/${path}${width === WIDTH ? '' : `.p/${width}`}`
}

/** SHA-256(0x00 ‖ record). Source: RFC 6962 §2.1. */
export function recordHash(record: string): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(0)).update(record).digest()
}

const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest()

/** Tiles that hold every hash which the inclusion proof of one record in a tree of `size` is made of. */
export function tilesForProof(index: number, size: number): Tile[] {
  const tiles = new Map<string, Tile>()
  for (const { start, leaves } of siblings(index, size)) {
    for (const { level, index: at } of completeParts(start, leaves)) {
      const tile = tileOf(level, at, size)
      tiles.set(tilePath(tile), tile)
    }
  }
  return [...tiles.values()]
}

/**
 * The inclusion proof (RFC 6962 §2.1.1), lowest hash first.
 *
 * @throws {CleanbillError} `SOURCE_MALFORMED` when a tile is missing
 */
export function proofFromTiles(
  index: number,
  size: number,
  tiles: readonly (Tile & { readonly hashes: Uint8Array })[],
): Uint8Array[] {
  const rows = new Map(tiles.map((tile) => [`${tile.level}/${tile.index}`, tile.hashes]))
  const complete = (level: number, at: number): Uint8Array => {
    const tile = tileOf(level, at, size)
    const depth = level % HEIGHT
    const first = (at * 2 ** depth) % WIDTH
    const row = rows.get(`${tile.level}/${tile.index}`)
    if (row === undefined || row.length < (first + 2 ** depth) * 32) throw broken('a tile of the log is missing')
    let hashes: Uint8Array[] = Array.from({ length: 2 ** depth }, (_, i) =>
      row.slice((first + i) * 32, (first + i + 1) * 32),
    )
    while (hashes.length > 1) hashes = pairs(hashes)
    return hashes[0] ?? new Uint8Array()
  }
  return siblings(index, size).map(({ start, leaves }) =>
    // A part that is not complete is the right edge: its complete parts, folded from the right.
    completeParts(start, leaves)
      .map(({ level, index: at }) => complete(level, at))
      .reduceRight((right, left) => nodeHash(left, right)),
  )
}

/**
 * The root that a proof leads to.
 *
 * @throws {CleanbillError} `SOURCE_MALFORMED` when the proof has another length than the tree asks for, or the tree has no
 *   such record: an empty proof of a record before the first would make any leaf the root
 */
export function rootFromProof(leaf: Uint8Array, index: number, size: number, proof: readonly Uint8Array[]): Uint8Array {
  const sides = siblings(index, size)
  if (index < 0 || index >= size || sides.length !== proof.length)
    throw broken('the inclusion proof does not fit the tree')
  return proof.reduce(
    (hash, other, i) => ((sides[i]?.start ?? 0) < index ? nodeHash(other, hash) : nodeHash(hash, other)),
    leaf,
  )
}

/** The subtrees beside the way from a leaf to the root, lowest first. */
function siblings(index: number, size: number): { start: number; leaves: number }[] {
  const out: { start: number; leaves: number }[] = []
  let start = 0
  let leaves = size
  while (leaves > 1) {
    const split = largestPowerBelow(leaves)
    if (index < start + split) {
      out.unshift({ start: start + split, leaves: leaves - split })
      leaves = split
    } else {
      out.unshift({ start, leaves: split })
      start += split
      leaves -= split
    }
  }
  return out
}

/** Cuts a run of leaves into complete subtrees, largest first. */
function completeParts(start: number, leaves: number): { level: number; index: number }[] {
  const parts: { level: number; index: number }[] = []
  for (let at = start, left = leaves; left > 0; ) {
    const level = Math.floor(Math.log2(left))
    parts.push({ level, index: at / 2 ** level })
    at += 2 ** level
    left -= 2 ** level
  }
  return parts
}

function tileOf(level: number, index: number, size: number): Tile {
  const tileLevel = Math.floor(level / HEIGHT)
  const first = index * 2 ** (level % HEIGHT)
  const tile = Math.floor(first / WIDTH)
  const row = Math.floor(size / 2 ** (HEIGHT * tileLevel))
  return { level: tileLevel, index: tile, width: Math.min(WIDTH, row - tile * WIDTH) }
}

function pairs(hashes: readonly Uint8Array[]): Uint8Array[] {
  return hashes.flatMap((left, i) => {
    const right = hashes[i + 1]
    return i % 2 === 0 && right !== undefined ? [nodeHash(left, right)] : []
  })
}

function largestPowerBelow(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1)
}

function broken(why: string): CleanbillError {
  return new CleanbillError('SOURCE_MALFORMED', why)
}
