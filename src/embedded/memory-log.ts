import type { Appended, AppendOnlyLog, ProvenEntry } from './log-file.ts'
import { leafHash, MerkleTree } from './merkle-tree.ts'

/** A log for one process: nothing on disk, so that a simulated world can sign thousands of things in a second. */
export class MemoryLog implements AppendOnlyLog {
  readonly #tree = new MerkleTree()

  constructor() {
    // Index 0 is taken: protobuf JSON leaves out a zero, and sigstore-python refuses a bundle without an index.
    this.#tree.append(leafHash(Buffer.from('first entry')))
  }

  async append(body: Uint8Array, time: Date): Promise<Appended> {
    return { kind: 'added', entry: this.add(body, time) }
  }

  /** At once, and always as a new entry. */
  add(body: Uint8Array, time: Date): ProvenEntry {
    const leaf = leafHash(body)
    const index = this.#tree.size
    this.#tree.append(leaf)
    return {
      index,
      time: Math.floor(time.getTime() / 1000),
      body: Buffer.from(body),
      leafHash: leaf,
      treeSize: this.#tree.size,
      rootHash: this.#tree.root(),
      hashes: this.#tree.inclusionProof(index),
    }
  }
}
