import type { DependencyKind, DependencyScope } from './dependency.ts'
import type { Profile, RuleId } from './rules.ts'

/** Origins that evidence is asked from; the default of each is the public one. `oci:HOST` is added for registries. */
export const EVIDENCE_ORIGINS = {
  npm: 'https://registry.npmjs.org',
  pypi: 'https://pypi.org',
  github: 'https://api.github.com',
  cargo: 'https://index.crates.io',
  go: 'https://sum.golang.org',
  rubygems: 'https://rubygems.org',
  maven: 'https://repo1.maven.org/maven2',
  huggingface: 'https://huggingface.co',
  'oss-rebuild': 'https://storage.googleapis.com/google-rebuild-attestations',
  osv: 'https://api.osv.dev',
} as const
export type EvidenceOrigin = keyof typeof EVIDENCE_ORIGINS

/** What a `require`, `allow` or waiver entry applies to. All fields that are present must match. */
export interface Match {
  /** Package URL, `*` within a segment and `**` across; with `@VERSION` exactly that version. */
  readonly purl?: string | undefined
  readonly kind?: DependencyKind | undefined
  /** Semver or PEP 440 range, by ecosystem. */
  readonly versions?: string | undefined
  readonly scope?: DependencyScope | undefined
  /** Glob on `name`, for entries without a purl. */
  readonly name?: string | undefined
}

/** Where the code came from: OIDs .12–.17, .20, .22. */
export interface SourceRequirement {
  /** `owner/name` with `*` for a segment, on github.com; or a whole URL. */
  readonly repository?: string | undefined
  readonly repositoryId?: string | undefined
  readonly ownerId?: string | undefined
  readonly ref?: string | undefined
  readonly triggers?: readonly string[] | undefined
}

/** Who built and signed it: OIDs .9, .10, .11, or a key or e-mail. */
export interface SignerRequirement {
  readonly workflow?: string | undefined
  readonly ref?: string | undefined
  readonly runner?: 'github-hosted' | 'any' | undefined
  /** SHA-256 of the SubjectPublicKeyInfo, hex: the flow has read the PEM file that the policy names. */
  readonly key?: string | undefined
  readonly email?: string | undefined
  readonly identity?: string | undefined
  readonly issuer?: string | undefined
}

export interface RequireEntry {
  readonly match: Match
  readonly source?: SourceRequirement | undefined
  /** Any one of them; absent: nobody in particular. */
  readonly signers?: readonly SignerRequirement[] | undefined
  readonly level?: number | undefined
  readonly trust?: 'sigstore' | 'github' | undefined
  /**
   * Kinds of evidence, each of which has to be there: `provenance`, `publish`, `release`, `signature`, `training`,
   * `evaluation`, `sbom`, `vsa`, or a predicate URI. Empty: what counts for the kind of dependency by default.
   */
  readonly evidence: readonly string[]
  /** Of several attestations: one suffices, or every one has to satisfy this entry (T-PP-04). */
  readonly mode: 'any-of' | 'all-of'
  /** Where the entry stands in its file. */
  readonly line: number
  /** Where that is another file than the policy's own: it was inherited. */
  readonly file?: string | undefined
}

/** Default-deny within one kind: once a kind has an `allow` entry, what is on none of its entries is refused. */
export interface AllowEntry {
  readonly kind: DependencyKind
  readonly owner?: readonly string[] | undefined
  readonly name?: string | undefined
  readonly purl?: string | undefined
  readonly pinned?: 'sha' | 'digest' | 'version' | undefined
  readonly immutableRelease?: boolean | undefined
  readonly line: number
  readonly file?: string | undefined
}

export interface BuilderEntry {
  readonly signer: string
  readonly ref?: string | undefined
  readonly level: 1 | 2 | 3
  readonly line: number
}

/** Settings of one rule; options that a rule does not have are refused by the parser. */
export interface RuleSetting {
  /** Overrides the profile's level. */
  readonly level?: 'fail' | 'warn' | 'off' | undefined
  /** cooldown: days. */
  readonly days?: number | undefined
  /** purl globs that the rule leaves alone. */
  readonly except?: readonly string[] | undefined
  /** no-downgrade: versions published before this date do not count (RFC 3339 date). */
  readonly ignoreOlderThan?: string | undefined
  readonly scopes?: readonly DependencyScope[] | undefined
  /** ref-allow-list: refs and triggers that count for everybody. */
  readonly refs?: readonly string[] | undefined
  readonly triggers?: readonly string[] | undefined
  /** run-outcome: after so many days a platform has deleted its runs. */
  readonly retentionDays?: number | undefined
  /** independent-rebuild, reviewed-source: required for what matches. */
  readonly requireFor?: readonly string[] | undefined
}

export interface Waiver {
  readonly match: Match
  readonly rule: RuleId
  readonly reason: string
  readonly owner: string
  /** `YYYY-MM-DD`; the waiver counts until the end of that day, UTC. */
  readonly expires: string
  /** When it was written, where the file says so (`YYYY-MM-DD`); limits count from here. */
  readonly created?: string | undefined
  readonly line: number
  readonly file?: string | undefined
}

export interface VerifierEntry {
  /** `verifier.id` that its summaries must have; absent: whatever they say. */
  readonly id?: string | undefined
  readonly issuer?: string | undefined
  readonly repository?: string | undefined
  readonly workflow?: string | undefined
  readonly identity?: string | undefined
  readonly key?: string | undefined
  readonly line: number
}

/** `.github/cleanbill.yml`, parsed, defaults filled in (DESIGN §6). */
export interface Policy {
  readonly version: 1
  readonly profile: Profile
  readonly extends?: string | undefined
  readonly trust: {
    /** `sigstore`, `github`, or paths of trusted roots. */
    readonly roots: readonly string[]
    readonly npmKeys?: string | undefined
    /** Verifier key of the Go checksum database (`name+hash+key`). Default: the go command's. */
    readonly goSumdb?: string | undefined
    /** Path of the independent rebuilder's key, PEM. Default: OSS Rebuild's own. */
    readonly ossRebuild?: string | undefined
  }
  readonly evidence: Readonly<Record<string, string>>
  readonly platforms: readonly string[]
  readonly builders: readonly BuilderEntry[]
  readonly allow: readonly AllowEntry[]
  readonly require: readonly RequireEntry[]
  readonly rules: Readonly<Partial<Record<RuleId, RuleSetting>>>
  /** Sources (`workspace`, `bundled` …) and kinds whose `unsupported` entries `strict` lets pass, printed. */
  readonly acceptUnsupported: readonly string[]
  /** Models and data sets that the pipeline uses and no dependency file names. */
  readonly inputs: readonly DeclaredInput[]
  readonly verifiers?:
    | { readonly quorum: number; readonly maxAgeDays: number; readonly anyOf: readonly VerifierEntry[] }
    | undefined
  readonly waivers: readonly Waiver[]
  readonly waiverLimits: {
    readonly maxDays: number
    /** Logins and teams (`owner/team`), small letters, without `@`. */
    readonly approvers?: readonly string[] | undefined
    readonly solo: boolean
  }
  /** Path of the file, for messages; `built-in` for the default policy. */
  readonly file: string
  /** Top-level keys that the file itself writes; the rest are defaults. Absent: all of it was meant. */
  readonly given?: readonly string[] | undefined
}

/** `inputs:` of the policy: a reference of DESIGN §5, with its role. */
export interface DeclaredInput {
  readonly role: 'model' | 'dataset' | 'file'
  /** `hf://org/name@COMMIT`, a path, or a URL. */
  readonly ref: string
  readonly sha256?: string | undefined
  readonly bytes?: number | undefined
  /** Path of an OMS signature or bundle beside it, where it is not in the usual place. */
  readonly signature?: string | undefined
  readonly line: number
}
