import { createHash } from 'node:crypto'

/** SHA-256(0x00 ‖ entry). Source: RFC 6962 §2.1. */
export function leafHash(entry: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(0)).update(entry).digest()
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest()
}

/**
 * An append-only Merkle tree in memory (RFC 6962 §2.1): appending, its root and an inclusion proof each take a
 * logarithmic number of hashes.
 */
export class MerkleTree {
  /** `#levels[k][i]` is the root of the complete subtree of 2^k leaves that starts at leaf i·2^k. */
  readonly #levels: Buffer[][] = [[]]

  get size(): number {
    return this.#levels[0]?.length ?? 0
  }

  append(leaf: Buffer): void {
    let hash = leaf
    for (let level = 0; ; level++) {
      const row = this.#levels[level] ?? []
      this.#levels[level] = row
      row.push(hash)
      const left = row.at(-2)
      if (row.length % 2 === 1 || left === undefined) return
      hash = nodeHash(left, hash)
    }
  }

  root(): Buffer {
    return this.size === 0 ? createHash('sha256').digest() : this.#subtree(0, this.size)
  }

  /** PATH(m, D[n]) of RFC 6962 §2.1.1, lowest hash first, for the tree as it is now. */
  inclusionProof(index: number): Buffer[] {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(`no leaf ${index} in a tree of ${this.size}`)
    }
    return this.#path(index, 0, this.size)
  }

  #path(index: number, start: number, size: number): Buffer[] {
    if (size === 1) return []
    const split = largestPowerBelow(size)
    return index < split
      ? [...this.#path(index, start, split), this.#subtree(start + split, size - split)]
      : [...this.#path(index - split, start + split, size - split), this.#subtree(start, split)]
  }

  #subtree(start: number, size: number): Buffer {
    const level = Math.log2(size)
    if (Number.isInteger(level)) {
      const complete = this.#levels[level]?.[start / size]
      if (complete === undefined) throw new RangeError(`no subtree of ${size} leaves at ${start}`)
      return complete
    }
    const split = largestPowerBelow(size)
    return nodeHash(this.#subtree(start, split), this.#subtree(start + split, size - split))
  }
}

function largestPowerBelow(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1)
}
