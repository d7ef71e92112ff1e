import type { FetchedDocument, UnreadDocument, VerifiedAttestation } from './attestation.ts'
import type { Dependency, DependencyFile } from './dependency.ts'
import type { DigestSet } from './digest.ts'
import type { ErrorCode } from './error.ts'
import type { SignerIdentity } from './identity.ts'

/**
 * Why a source could not be asked, or its answer cannot be believed. None of these is "there is nothing":
 * `stripped` a mirror answered 404 for what its origin has; `truncated` a page of a list is missing.
 */
export const SOURCE_FAULTS = [
  'unreachable',
  'rate-limited',
  'unreadable',
  'disabled',
  'stripped',
  'malformed',
  'truncated',
  'unsupported',
  'offline',
] as const
export type SourceFault = (typeof SOURCE_FAULTS)[number]

/** A source that gave no answer. A value, not an exception: the other dependencies are judged all the same. */
export interface SourceError {
  /** Row of the table of sources: `npm`, `github` … */
  readonly source: string
  readonly fault: SourceFault
  /** What was refused, where we refused it: `URL_DENIED`, `LIMIT_EXCEEDED`, `BUNDLE_MALFORMED` … */
  readonly code?: ErrorCode | undefined
  readonly message: string
  readonly hint?: string | undefined
}

/** What is looked up: a dependency as a whole, or one of the files it may install (a wheel). */
export interface Target {
  readonly dependency: Dependency
  /** Undefined where the dependency is one artifact. */
  readonly file?: DependencyFile | undefined
  readonly digests: DigestSet
}

/**
 * One source's answer about one target. `found` says nothing about validity; `none` only the authoritative source may
 * say. Nobody turns `unavailable` into `none`.
 */
export type Lookup =
  | {
      readonly kind: 'found'
      readonly source: string
      readonly documents: readonly FetchedDocument[]
      /** Digests that stand for the target too: the object of an annotated tag at the pinned commit (`gitTag`). */
      readonly aliases?: DigestSet | undefined
    }
  /** As `found`, if it can be read; what cannot be read as a whole is the fault `malformed` of its source. */
  | { readonly kind: 'unread'; readonly source: string; readonly document: UnreadDocument }
  | { readonly kind: 'none'; readonly source: string }
  | { readonly kind: 'unavailable'; readonly error: SourceError }

/** npm's `dist.signatures`: base64 of an ECDSA signature over `name@version:integrity`. */
export interface RegistrySignature {
  readonly keyid: string
  readonly signature: string
}

/** Records of a transparent log, the tree head that was signed, and the proof that the one contains the other. */
export interface ChecksumEntry {
  /** The leaf's text, each line with its line end. */
  readonly records: string
  /** Signed note: the tree head. */
  readonly signed: string
  /** Index of the leaf, decimal. */
  readonly index: string
  /** Inclusion proof for the tree of `signed`, base64, lowest hash first (RFC 6962 §2.1.1). */
  readonly proof: readonly string[]
}

export interface RegistryFile {
  /** Undefined where the registry serves one file a version. */
  readonly name?: string | undefined
  readonly digests: DigestSet
  /** As written, where the signature covers the text (npm's `integrity`). */
  readonly integrity?: string | undefined
  /** RFC 3339. The registry's own word. */
  readonly publishedAt?: string | undefined
  readonly yanked?: boolean | undefined
  /** The registry says that there are attestations for it. A hint: unsigned. */
  readonly claimsAttestations?: boolean | undefined
}

/** What a registry says about one version. Nothing of it is believed before `verify/` has looked at it. */
export interface RegistryRecord {
  readonly source: string
  /** Host that answered. */
  readonly origin: string
  readonly name: string
  readonly version: string
  readonly files: readonly RegistryFile[]
  readonly signatures: readonly RegistrySignature[]
  /** Entry of a checksum database (Go). The signed tree head covers the records only by way of the proof. */
  readonly note?: ChecksumEntry | undefined
  readonly publishedAt?: string | undefined
  readonly claimsAttestations: boolean
  /** Names that the version pulls in, with the range it asks for. Absent where the registry does not say. */
  readonly dependencies?: Readonly<Record<string, string>> | undefined
  /** Names of the scripts that an installer runs (`preinstall`, `install`, `postinstall`). Absent: not known. */
  readonly installScripts?: readonly string[] | undefined
  /** Unsigned text of the registry, shown and never believed. */
  readonly publisher?: string | undefined
  /** URL of the source, as whoever published wrote it. Looked at where nobody else names one, and never believed. */
  readonly repository?: string | undefined
}

export type RegistryLookup =
  | { readonly kind: 'found'; readonly record: RegistryRecord }
  /** The authoritative registry answered: it has no such name or version. */
  | { readonly kind: 'none'; readonly source: string }
  | { readonly kind: 'unavailable'; readonly error: SourceError }

/** What the registry's own word is worth for exactly the locked bytes (rule R0). */
export type RegistryWord =
  | {
      readonly kind: 'vouched'
      /** `signature`: signed by a key that did not come from the same host. `index`, `checksum-database`: see R0. */
      readonly basis: 'signature' | 'index' | 'checksum-database'
      readonly record: RegistryRecord
    }
  | {
      readonly kind: 'mismatch'
      readonly code: 'REGISTRY_DIGEST_MISMATCH' | 'REGISTRY_SIGNATURE_INVALID'
      readonly message: string
      readonly record: RegistryRecord
    }
  /** The registry has no such version, or the lock names no digest that could be compared. */
  | { readonly kind: 'not-vouched'; readonly message: string; readonly record?: RegistryRecord | undefined }
  | { readonly kind: 'unavailable'; readonly error: SourceError }
  /**
   * No registry stands behind such an entry (git, url, file …), or none of ours speaks for its ecosystem. `message`: what
   * is known of its bytes all the same.
   */
  | { readonly kind: 'not-applicable'; readonly message?: string | undefined }

/** An attestation that was found and does not count, with the reason. */
export interface RefusedAttestation {
  readonly where: string
  readonly source: string
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string | undefined
  readonly predicateType?: string | undefined
  /** Only where the signature itself held. */
  readonly signer?: SignerIdentity | undefined
}

/** A verified attestation about exactly this dependency: name and digest fit, predicate and certificate agree. */
export interface AcceptedAttestation {
  readonly attestation: VerifiedAttestation
  readonly source: string
  /** SHA-256 of the envelope's payload, hex: how provenance names the attestation it relied on. */
  readonly payloadSha256: string
  /** File it is about, where the dependency has several. */
  readonly file?: string | undefined
}

/** Everything that was learned about one dependency's evidence, before policy. */
export interface Evidence {
  readonly accepted: readonly AcceptedAttestation[]
  readonly refused: readonly RefusedAttestation[]
  /** Sources that answered "nothing". */
  readonly silent: readonly string[]
  readonly unavailable: readonly SourceError[]
  readonly registry: RegistryWord
  /**
   * Files of the entry: `checked` are those of the policy's platforms, each with its own evidence; `attested` of them
   * have provenance; `pinned` are the rest, fixed by digest in the lock and not looked up.
   */
  readonly files: { readonly checked: number; readonly attested: number; readonly pinned: number }
}

/** No source speaks about such an entry at all. */
export const NO_EVIDENCE: Evidence = {
  accepted: [],
  refused: [],
  silent: [],
  unavailable: [],
  registry: { kind: 'not-applicable' },
  files: { checked: 0, attested: 0, pinned: 0 },
}
