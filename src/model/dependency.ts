import type { DigestSet } from './digest.ts'

/** What a pipeline can consume (DESIGN §3). */
export const DEPENDENCY_KINDS = ['package', 'action', 'reusable-workflow', 'image', 'model', 'dataset', 'file'] as const
export type DependencyKind = (typeof DEPENDENCY_KINDS)[number]

/**
 * What an entry is needed for, as far as its own file says. `unspecified`: the format does not say, so a policy has to
 * take it for `runtime`. `metadata`: only its manifest is read while versions are resolved, none of its code is used.
 * `constraint`: limits the version of something and installs nothing by itself.
 */
export const DEPENDENCY_SCOPES = [
  'runtime',
  'optional',
  'peer',
  'development',
  'build',
  'ci',
  'unspecified',
  'metadata',
  'constraint',
] as const
export type DependencyScope = (typeof DEPENDENCY_SCOPES)[number]

/**
 * Where the bytes come from. Only `registry` entries have a registry that can vouch for them; every other source is
 * named as what it is, so that it ends in a state too (T-AC-05).
 *
 * `bundled`: inside the archive of another package. `patch`: another entry, changed by a patch. `dynamic`: an expression
 * decides at run time. `unread`: a known dependency file that nothing here reads.
 */
export const DEPENDENCY_SOURCES = [
  'registry',
  'git',
  'url',
  'file',
  'link',
  'workspace',
  'bundled',
  'patch',
  'dynamic',
  'unread',
] as const
export type DependencySource = (typeof DEPENDENCY_SOURCES)[number]

/** One file that an entry may install: a wheel, a source archive, a jar. */
export interface DependencyFile {
  /** File name; unknown where the lock lists bare hashes (requirements.txt, Pipfile.lock). */
  readonly name?: string | undefined
  readonly url?: string | undefined
  readonly digests: DigestSet
}

/** One entry of one dependency file. Every string in it comes from a file that a pull request may change. */
export interface Dependency {
  /** Package URL where one exists, else `SOURCE:LOCATION` such as `workspace:packages/a`. */
  readonly id: string
  readonly kind: DependencyKind
  /** Type of the package URL (`npm`, `pypi`, `github`, `oci` …), or `generic`. */
  readonly ecosystem: string
  /** As the registry writes it: `@scope/name`, `group:artifact`, `owner/repository`, `docker.io/library/node`. */
  readonly name: string
  readonly version?: string | undefined
  /** Of the one artifact that the entry names; empty where it names none or several (then see `files`). */
  readonly digests: DigestSet
  readonly files?: readonly DependencyFile[] | undefined
  /** Path of the dependency file from the root, with `/`. */
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly scope: DependencyScope
  readonly source: DependencySource
  /** URL, repository or path the entry is taken from, as written. */
  readonly location?: string | undefined
  /** Package index or registry the entry names; absent for the format's own default. */
  readonly registry?: string | undefined
  /** The other name under which an alias installs it. */
  readonly alias?: string | undefined
  /** A version comment beside a pinned commit (`# v4.2.1`); unproven. */
  readonly comment?: string | undefined
  /** Size of the one artifact, where the entry states it exactly. */
  readonly bytes?: number | undefined
  /** A checksum that is not one of the published bytes, such as yarn's own of its zip. */
  readonly checksum?: string | undefined
}

/**
 * What a file says that is no entry, and that a person has to know:
 * `UNLOCKED_INSTALL` something is installed outside a lock; `UNLOCKED_MANIFEST` a manifest without its lock, or entries
 * that are not pinned; `RESOLVED_MISMATCH` an entry's URL delivers another package than its name says (T-NS-19);
 * `EXTRA_INDEX` a further package index is asked; `LOCAL_MISSING` a local action that is not in the tree;
 * `CONTRADICTION` two sections of a lock disagree about one package; `CACHE_RESTORED` a job that releases restores a cache
 * that other jobs may write; `GATE_TOO_LATE` something is installed before the gate has run; `GATE_SKIPPABLE` the gate can be
 * left out, which counts as passed; `RUNTIME_DOWNLOAD` a tool is downloaded and used without a check.
 */
export const NOTICE_CODES = [
  'UNLOCKED_INSTALL',
  'UNLOCKED_MANIFEST',
  'RESOLVED_MISMATCH',
  'EXTRA_INDEX',
  'LOCAL_MISSING',
  'CONTRADICTION',
  'CACHE_RESTORED',
  'GATE_TOO_LATE',
  'GATE_SKIPPABLE',
  'RUNTIME_DOWNLOAD',
] as const
export type NoticeCode = (typeof NOTICE_CODES)[number]

export interface Notice {
  readonly code: NoticeCode
  readonly message: string
  readonly hint?: string | undefined
  readonly file: string
  readonly line: number
}

/** Why one dependency file could not be read. The others are read all the same. */
export interface DiscoveryError {
  readonly code: string
  readonly message: string
  readonly line?: number | undefined
}

export interface DiscoveredFile {
  readonly path: string
  /** The finder that read it; undefined for a known file that nothing here reads. */
  readonly finder?: string | undefined
  /** How many entries it has. */
  readonly dependencies: number
  readonly error?: DiscoveryError | undefined
}

/** Everything that was found below one root. `dependencies.length` is the sum over `files`. */
export interface Discovery {
  readonly files: readonly DiscoveredFile[]
  readonly dependencies: readonly Dependency[]
  readonly notices: readonly Notice[]
  /** Folders that were not looked into (installed packages, version control, vendored copies). */
  readonly skipped: readonly string[]
}
