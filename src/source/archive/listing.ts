import type { ArchiveFact } from '../../model/facts.ts'

/** How much of an archive is read before it is called truncated. Everything in it was chosen by whoever made it (T-NS-06). */
export interface ArchiveLimits {
  /** As it comes over the wire. */
  readonly packedBytes: number
  /** After decompression: 1 kB can claim gigabytes. */
  readonly unpackedBytes: number
  readonly entries: number
  /** UTF-16 units; longer paths are cut. */
  readonly pathLength: number
  /** Of one file whose content is wanted. */
  readonly manifestBytes: number
}

export const ARCHIVE_LIMITS: ArchiveLimits = {
  packedBytes: 64 * 1024 * 1024,
  unpackedBytes: 512 * 1024 * 1024,
  entries: 100_000,
  pathLength: 4096,
  manifestBytes: 1024 * 1024,
}

/** What was read of one archive. */
export interface Listing {
  readonly files: ArchiveFact['files']
  /** Contents that were wanted, in the order they came: a path may be there twice, and either may be installed. */
  readonly contents: readonly { readonly path: string; readonly bytes: Uint8Array }[]
  readonly truncated: boolean
}

/** Collects entries up to the caps. Paths are kept as text and never used to open anything. */
export class ListingBuilder {
  readonly #files: { path: string; bytes: number }[] = []
  readonly #contents: { path: string; bytes: Uint8Array }[] = []
  readonly #limits: ArchiveLimits
  #truncated = false

  constructor(limits: ArchiveLimits) {
    this.#limits = limits
  }

  /** @returns false when no more entries are taken */
  add(path: string, bytes: number): boolean {
    if (this.#files.length >= this.#limits.entries) {
      this.#truncated = true
      return false
    }
    if (path.length > this.#limits.pathLength) this.#truncated = true
    this.#files.push({ path: path.slice(0, this.#limits.pathLength), bytes })
    return true
  }

  addContent(path: string, bytes: Uint8Array): void {
    this.#contents.push({ path, bytes })
  }

  /** A cap was reached: what is missing may be there. */
  truncate(): void {
    this.#truncated = true
  }

  build(): Listing {
    return { files: this.#files, contents: this.#contents, truncated: this.#truncated }
  }
}

/** Package managers drop the first folder of an archive, whatever it is called (`package/`, `name-1.0/`). */
export function withoutTop(path: string): string {
  const bare = path.replace(/^(?:\.\/)+/, '')
  const slash = bare.indexOf('/')
  return slash < 0 ? bare : bare.slice(slash + 1)
}
