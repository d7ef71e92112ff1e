import type { SignedDocument, WorldState } from './state.ts'

export interface WorldRequest {
  readonly method: string
  /** Decoded once by `URL`; still percent-encoded in its segments. */
  readonly url: URL
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface WorldAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Objects become JSON. */
  readonly body?: string | Uint8Array | object
}

/**
 * One service of the world, on a port of its own: `npm`, `pypi`, `github` … It enforces the real protocol: an `Accept`
 * that the real service refuses is refused, and what the real one never sends is never sent.
 */
export interface WorldService {
  /** Row of `EVIDENCE_ORIGINS`, or `oci:HOST`, or `github-blobs`. */
  readonly origin: string
  readonly handle: (request: WorldRequest, state: WorldState) => Promise<WorldAnswer> | WorldAnswer
}

export type { SignedDocument, WorldState }
