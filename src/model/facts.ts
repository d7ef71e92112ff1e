/**
 * A fact from an API: unsigned, and true only at the moment of asking. Not knowable and not asked are answers of their
 * own; none of them is ever read as "no".
 */
export type Fact<T> =
  | {
      readonly kind: 'known'
      readonly value: T
      /** RFC 3339. */
      readonly observedAt: string
      readonly from: 'api' | 'facts-statement'
    }
  | { readonly kind: 'unknown'; readonly code: UnknownCode; readonly message: string }

/**
 * `CONTEXT_UNKNOWN` asked, and the answer is missing, private or broken; `NOT_ASKED_BUDGET` half of the token's quota is
 * used up; `NOT_ASKED` offline, or no rule of this profile needs it; `RUN_IN_PROGRESS` too early to say;
 * `RUN_OUTCOME_EXPIRED` older than the platform keeps runs.
 */
export const UNKNOWN_CODES = [
  'CONTEXT_UNKNOWN',
  'NOT_ASKED_BUDGET',
  'NOT_ASKED',
  'RUN_IN_PROGRESS',
  'RUN_OUTCOME_EXPIRED',
] as const
export type UnknownCode = (typeof UNKNOWN_CODES)[number]

export const NOT_ASKED: Fact<never> = { kind: 'unknown', code: 'NOT_ASKED', message: 'was not asked for' }

/** What is asked about one signer's source. Equal questions are asked once. */
export interface SourceQuestion {
  /** `https://github.com` or a GHE.com server. */
  readonly server: string
  readonly owner: string
  readonly repository: string
  readonly commit: string
  /** Ref of the certificate (`refs/heads/main`, `refs/tags/v1.2.3`), where there is one. */
  readonly ref?: string | undefined
  /** Ref patterns from the trust lock that count beside the default branch. */
  readonly refPatterns: readonly string[]
  readonly run?: { readonly id: string; readonly attempt: string } | undefined
  /** When the attested version was published or its attestation logged, RFC 3339. */
  readonly publishedAt?: string | undefined
  /** Whether reviews are wanted too (R5). */
  readonly review: boolean
}

/**
 * One line a question, for deduplication and for facts statements. The refs belong to it: a branch that the lock names
 * for one package must not make a commit reachable for another.
 */
export function questionKey(question: Omit<SourceQuestion, 'review'>): string {
  const { server, owner, repository, commit, run, ref, refPatterns } = question
  return [
    `${server}/${owner}/${repository}`.toLowerCase(),
    commit,
    run ? `${run.id}/${run.attempt}` : '-',
    ref ?? '-',
    ...new Set([...refPatterns].sort()),
  ]
    .map((part) => part.replaceAll(' ', '%20'))
    .join(' ')
}

/** The repository as it is today, under the name that the certificate gives. */
export interface RepositoryFact {
  /** Numeric, as text. */
  readonly id: string
  readonly ownerId: string
  readonly defaultBranch: string
}

export interface ReachabilityFact {
  /** Full ref of a branch or tag pattern that contains the commit; null: none that was asked does. */
  readonly reachableFrom: string | null
  /** Tags that point at this very commit. Whoever can push a commit can tag it: only an immutable one counts. */
  readonly tags: readonly { readonly name: string; readonly immutable: boolean }[]
}

export interface StepFact {
  readonly name: string
  /** `success`, `failure`, `skipped`, `cancelled` … */
  readonly conclusion: string
  readonly startedAt?: string | undefined
  readonly completedAt?: string | undefined
}

export interface JobFact extends StepFact {
  readonly steps: readonly StepFact[]
}

export interface RunFact {
  readonly conclusion: string
  readonly event: string
  readonly headSha: string
  /** `.github/workflows/release.yml` */
  readonly path: string
  readonly startedAt: string
  readonly updatedAt: string
  readonly jobs: readonly JobFact[]
}

export interface ReviewFact {
  readonly pullRequests: readonly {
    readonly number: number
    readonly merged: boolean
    readonly author: string
    /** Who approved the head that was merged; the author's own approval is not among them. */
    readonly approvers: readonly string[]
  }[]
}

/**
 * A file of the project itself that decides what its pipeline runs or what its gate accepts, and who looked at its last
 * change. No dependency moves when a stolen account pushes a workflow (GhostAction).
 */
export interface PipelineFile {
  /** From the project's folder. */
  readonly path: string
  /** The commit that changed it last; undefined where the history of this clone does not reach back so far. */
  readonly commit: string | undefined
  readonly review: Fact<ReviewFact>
}

/** Everything asked about one {@link SourceQuestion}. */
export interface SourceFacts {
  readonly repository: Fact<RepositoryFact>
  readonly reachability: Fact<ReachabilityFact>
  readonly run: Fact<RunFact>
  readonly review: Fact<ReviewFact>
  /** Paths in the tree of the commit, for R12; asked for changed entries only. */
  readonly tree: Fact<TreeFact>
}

export interface TreeFact {
  /** The repository answered that it has neither the commit nor a tag of this version; then `paths` is empty. */
  readonly missing?: boolean | undefined
  /** `owner/name`, where only the registry's unsigned metadata says that this is the source. */
  readonly claimedBy?: string | undefined
  readonly paths: readonly { readonly path: string; readonly bytes: number }[]
  readonly truncated: boolean
}

/** An archive as a listing: nothing of it is extracted or run. */
export interface ArchiveFact {
  /** Paths without the archive's own top folder (`package/`). */
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  /** `scripts` of package.json; absent for archives without one. */
  readonly scripts?: Readonly<Record<string, string>> | undefined
  /** `gypfile` of package.json. */
  readonly gypfile?: boolean | undefined
  /** Names in `entry_points.txt` or `bin`. */
  readonly entryPoints: readonly string[]
  /** A cap was reached: what is missing here may be there. */
  readonly truncated: boolean
}

/** One published version, from a packument or a project's index; unsigned. */
export interface VersionFact {
  readonly version: string
  readonly publishedAt?: string | undefined
  readonly claimsAttestations: boolean
}

export interface AdvisoryFact {
  /** `MAL-2025-6022`, `GHSA-…`, or the id of a signed revocation. */
  readonly id: string
  readonly summary: string
  readonly withdrawn: boolean
}

/** `matches`: an independent rebuild was verified and equals this artifact; `none`: the rebuilder has no such version. */
export type RebuildFact = 'matches' | 'differs' | 'none'

/** A pinned `uses:`. */
export interface ActionFact {
  /** Tags at the pinned commit, for the version comment. */
  readonly tags: readonly { readonly name: string; readonly immutable: boolean }[]
  readonly reachableFrom: string | null
  readonly repositoryId: string
  readonly ownerId: string
}

/** A model or data set on a hub. */
export interface ModelFact {
  /** 40-hex commit that the reference means today. */
  readonly revision: string
  /** When the repository was made, by the hub's own clock, and when this revision was, by whoever pushed it. RFC 3339. */
  readonly createdAt?: string | undefined
  readonly modifiedAt?: string | undefined
  readonly ownerId?: string | undefined
  readonly files: readonly { readonly path: string; readonly sha256?: string | undefined }[]
  readonly signed: boolean
}

/** What was learned beside the attestations of one dependency. Unasked facts are {@link NOT_ASKED}. */
export interface DependencyFacts {
  /**
   * By index of the accepted attestation. Where none was accepted, one entry may stand for the repository that the
   * registry names (unsigned): its `tree` is what R12 compares the archive with.
   */
  readonly sources: readonly SourceFacts[]
  readonly archive: Fact<ArchiveFact>
  /** The archive of the version that base or lock had before. */
  readonly previousArchive: Fact<ArchiveFact>
  /** Tree of the previous version. What its archive holds beyond it is the drift that R12 takes for normal. */
  readonly previousTree: Fact<TreeFact>
  readonly history: Fact<readonly VersionFact[]>
  readonly advisories: Fact<readonly AdvisoryFact[]>
  readonly rebuild: Fact<RebuildFact>
  readonly action: Fact<ActionFact>
  readonly model: Fact<ModelFact>
}

export const NO_FACTS: DependencyFacts = {
  sources: [],
  archive: NOT_ASKED,
  previousArchive: NOT_ASKED,
  previousTree: NOT_ASKED,
  history: NOT_ASKED,
  advisories: NOT_ASKED,
  rebuild: NOT_ASKED,
  action: NOT_ASKED,
  model: NOT_ASKED,
}
