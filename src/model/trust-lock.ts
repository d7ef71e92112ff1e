/** Strength of signed evidence, weakest first (R1). `registered` is the registry's own word, nobody's build. */
export const EVIDENCE_TIERS = ['none', 'registered', 'signed', 'provenance'] as const
export type EvidenceTier = (typeof EVIDENCE_TIERS)[number]

/**
 * One accepted signer. What is constant over releases is exact; `refs` are patterns; `triggers` and `environments` are
 * sets. Absent means that the certificate did not say, and unknown equals nothing.
 */
export interface LockedSigner {
  readonly issuer?: string | undefined
  /** `https://github.com/owner/name`; shown, the ids decide. */
  readonly repository?: string | undefined
  readonly repositoryId?: string | undefined
  readonly ownerId?: string | undefined
  /** OID .9 without its ref: who signed. */
  readonly workflow?: string | undefined
  /** OID .18 without its ref, where it differs from `workflow`. */
  readonly buildConfig?: string | undefined
  readonly runner?: string | undefined
  readonly refs: readonly string[]
  readonly triggers: readonly string[]
  readonly environments: readonly string[]
  /** For signers without such claims: name in the certificate, or fingerprint of a key. */
  readonly identity?: string | undefined
  readonly key?: string | undefined
  /** Version from which on it no longer counts. */
  readonly until?: string | undefined
}

/**
 * What a rule objected to when a version was seen for the first time: recorded, so that the same word about the same
 * version is no news. About any other version it is.
 */
export interface UnusualRecord {
  /** Of the dependency; commit or digest of what is no package. */
  readonly version: string
  /** Code of the finding. */
  readonly code: string
}

/** One dependency name and release line. */
export interface LockEntry {
  /** `npm`, `pypi`, `github` … */
  readonly ecosystem: string
  readonly name: string
  /** Major version, `0.MINOR` below 1.0, or `*` where versions have no order. */
  readonly line: string
  readonly best: EvidenceTier
  /** First version that was seen with it. */
  readonly first: string
  /** Owner id of a model or data set. */
  readonly ownerId?: string | undefined
  readonly signers: readonly LockedSigner[]
  /** Absent where nothing was. */
  readonly unusual?: readonly UnusualRecord[] | undefined
}

/** `cleanbill.lock`, sorted by ecosystem, name and line. */
export interface TrustLock {
  readonly version: 1
  readonly entries: readonly LockEntry[]
}

export const EMPTY_LOCK: TrustLock = { version: 1, entries: [] }
