/**
 * A world in facts: what registries serve, who signed it, and what GitHub says about it. Everything has a default, so
 * that a world names only what matters for its story. No code of any package is in it: archives are lists of names.
 */
export interface WorldDescription {
  /** RFC 3339: the moment at which a story is judged. Whoever starts the world sets its clock. */
  readonly now?: string
  readonly packages: readonly WorldPackage[]
  readonly repositories: readonly WorldRepository[]
  readonly images?: readonly WorldImage[]
  readonly models?: readonly WorldModel[]
  readonly advisories?: readonly WorldAdvisory[]
  readonly rebuilds?: readonly WorldRebuild[]
  readonly github?: WorldGithub
}

/** How GitHub's API answers, where it has several ways. */
export interface WorldGithub {
  /** Where bundles are. Default `inline`; `neither` is an entry that lost both. */
  readonly bundles?: 'inline' | 'url' | 'both' | 'neither'
  /** How "no attestation" is said: an empty list, or 404. Both occur. Default 200. */
  readonly nothing?: 200 | 404
  /** Requests and points an hour for a token. Default: those of a job's own token, 1,000 each. */
  readonly quota?: { readonly core?: number; readonly graphql?: number }
  /** Owners that are people and no organisations. */
  readonly people?: readonly string[]
  /** Owners whose IP allow list refuses every token, while strangers may read. */
  readonly allowLists?: readonly string[]
  /** Commits that share no history with any branch, which is more than not to be on one. */
  readonly unrelated?: readonly string[]
}

export type WorldEcosystem = 'npm' | 'pypi' | 'cargo' | 'go' | 'rubygems' | 'maven'

export interface WorldPackage {
  readonly ecosystem: WorldEcosystem
  readonly name: string
  readonly version: string
  /** RFC 3339. Default: 400 days before the world's clock. */
  readonly publishedAt?: string
  /** One for most ecosystems; PyPI has one for each wheel and archive. Default: one, its bytes made of `archive`. */
  readonly files?: readonly WorldFile[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly scripts?: Readonly<Record<string, string>>
  /** Paths and contents of the archive. Default: a manifest and one file. Contents are harmless text. */
  readonly archive?: Readonly<Record<string, string>>
  readonly publisher?: string
  /** `owner/name` that its metadata names, which nobody signs. Default: that of the signer. */
  readonly repository?: string
  readonly yanked?: boolean
  /** Absent: no attestation. Applies to every file without one of its own. */
  readonly attestation?: WorldAttestation
  /** GitHub's attestation API has it too, in the repository of the signer. */
  readonly onGithub?: boolean
}

export interface WorldFile {
  readonly name: string
  /** Hex by algorithm (`sha256`, `sha512`, `dirHash`). Absent: computed from the bytes that the world serves. */
  readonly digests?: Readonly<Record<string, string>>
  readonly bytes?: number
  /** `null`: this file has none, though its package has. */
  readonly attestation?: WorldAttestation | null
}

/** Who signed, in the words of the identity token, and what is wrong with the result. */
export interface WorldAttestation {
  /** `owner/name` of a {@link WorldRepository}. */
  readonly repository: string
  /** Default: the repository's default branch. */
  readonly ref?: string
  /** Default: the head of `ref`. */
  readonly commit?: string
  /** Default `.github/workflows/release.yml`. */
  readonly workflow?: string
  /** Repository of the signing workflow, where a reusable one signs. */
  readonly signerRepository?: string
  /** Path of the reusable workflow in it. Default: `workflow`. */
  readonly signerWorkflow?: string
  readonly signerRef?: string
  /** Default: the run's event, else `push`. */
  readonly trigger?: string
  /** Default: GitHub's. */
  readonly issuer?: string
  /** Default `github-hosted`; null: the claim is missing. */
  readonly runner?: string | null
  readonly environment?: string
  /** Id of a {@link WorldRun}; default: one that succeeded around the time of publishing. */
  readonly run?: string
  /** Default: the package's `publishedAt`. */
  readonly signedAt?: string
  /** `github`: GitHub's own instance signed, without a log. Default `sigstore`. */
  readonly instance?: 'sigstore' | 'github'
  readonly predicateType?: string
  /**
   * `signature` a byte of the payload changed; `digest` about other bytes; `name` about another package; `claims` the
   * predicate names another repository than the certificate; `no-publish` npm's publish attestation is missing;
   * `malformed` no bundle at all.
   */
  readonly broken?: 'signature' | 'digest' | 'name' | 'claims' | 'no-publish' | 'malformed'
}

export interface WorldRepository {
  /** `owner/name` */
  readonly name: string
  /** RFC 3339. Default: long before the world's clock. */
  readonly createdAt?: string
  /** Defaults are derived from the names, so that equal names give equal ids. */
  readonly id?: string
  readonly ownerId?: string
  readonly visibility?: 'public' | 'private'
  /** Default `main`. */
  readonly defaultBranch?: string
  /** Commits by branch, oldest first. A commit on no branch exists all the same (fork network). */
  readonly branches?: Readonly<Record<string, readonly string[]>>
  /** Commits that are on no branch. */
  readonly orphans?: readonly string[]
  readonly tags?: readonly WorldTag[]
  readonly runs?: readonly WorldRun[]
  /** Pull requests by commit. */
  readonly pullRequests?: readonly WorldPullRequest[]
  /** Paths and contents by commit, for trees and for files (`action.yml`). */
  readonly trees?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly releases?: readonly WorldRelease[]
  /** Every answer about this repository is this status (404: deleted or private; 451: blocked). */
  readonly status?: number
}

export interface WorldRelease {
  readonly tag: string
  /** Immutable releases have an attestation of GitHub's own. */
  readonly immutable: boolean
  /** `name` its subject is a release of another repository; `claims` its predicate says another tag; `signer` a workflow signed it. */
  readonly broken?: 'name' | 'claims' | 'signer'
}

export interface WorldTag {
  readonly name: string
  readonly commit: string
  readonly annotated?: boolean
}

export interface WorldRun {
  readonly id: string
  readonly attempt?: string
  readonly status?: 'completed' | 'in_progress'
  readonly conclusion?: string
  readonly event?: string
  readonly commit: string
  readonly path?: string
  readonly startedAt: string
  readonly updatedAt: string
  readonly jobs?: readonly WorldJob[]
  /** The platform has deleted it: 404. */
  readonly deleted?: boolean
}

export interface WorldJob {
  readonly name: string
  readonly conclusion: string
  readonly startedAt: string
  readonly completedAt: string
  readonly steps: readonly {
    readonly name: string
    readonly conclusion: string
    readonly startedAt: string
    readonly completedAt: string
  }[]
}

export interface WorldPullRequest {
  readonly number: number
  readonly commit: string
  readonly author: string
  readonly merged: boolean
  /** They approved `commit`, and belong to the repository. */
  readonly approvers?: readonly string[]
  /** What else was said, after the approvals. */
  readonly reviews?: readonly WorldReview[]
}

export interface WorldReview {
  readonly login: string
  /** Default `APPROVED`. */
  readonly state?: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED'
  /** Default: the pull request's. */
  readonly commit?: string
  /** Default `MEMBER`. */
  readonly association?: 'OWNER' | 'MEMBER' | 'COLLABORATOR' | 'CONTRIBUTOR' | 'NONE'
}

export interface WorldImage {
  /** `ghcr.io/owner/name` */
  readonly name: string
  readonly tag?: string
  /** `sha256:…`. Absent: that of the manifest which the world makes. */
  readonly digest?: string
  readonly attestation?: WorldAttestation
  /** How the registry offers referrers. Default `api`. */
  readonly referrers?: 'api' | 'tag' | 'none'
}

export interface WorldModel {
  /** `org/name` */
  readonly name: string
  readonly type: 'models' | 'datasets'
  readonly ownerId: string
  /** RFC 3339. Absent: the hub does not say. */
  readonly createdAt?: string
  readonly revision: string
  readonly files: Readonly<Record<string, string>>
  readonly signed?: WorldAttestation
}

export interface WorldAdvisory {
  readonly id: string
  readonly ecosystem: WorldEcosystem
  readonly name: string
  readonly versions: readonly string[]
  readonly summary?: string
  readonly withdrawn?: string
}

export interface WorldRebuild {
  readonly ecosystem: WorldEcosystem
  readonly name: string
  readonly version: string
  readonly result: 'matches' | 'differs'
}

/** How the world misbehaves, until told otherwise. The first rule whose pattern is in the request's `HOST PATH` counts. */
export interface WorldFault {
  /** A part of `npm /left-pad/1.3.0`, `github /repos/acme/app`, … */
  readonly match: string
  readonly kind:
    | 'status'
    | 'rate-limit'
    | 'timeout'
    | 'reset'
    | 'truncated'
    | 'wrong-type'
    | 'endless-pages'
    | 'redirect'
    | 'slow'
    | 'bomb'
  readonly status?: number
  /** Seconds, or absent: no header. */
  readonly retryAfter?: number
  readonly location?: string
  /** So many requests, then it behaves. Default: for ever. */
  readonly times?: number
}
