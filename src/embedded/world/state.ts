import type { WorldAttestation, WorldDescription, WorldFile, WorldPackage, WorldRelease } from './description.ts'
import type { CompleteRepository } from './repositories.ts'

/** What services read. The description is replaced as a whole when a story goes on; signatures are made on demand. */
export interface WorldState {
  readonly description: () => WorldDescription
  readonly now: () => Date
  /** Base URL of a service of this world. */
  readonly origin: (name: string) => string
  /** By ecosystem and name, all versions in the order of the description. */
  readonly versions: (ecosystem: string, name: string) => readonly WorldPackage[]
  /** RFC 3339; the description's, or the default. */
  readonly publishedAt: (pack: WorldPackage) => string
  /**
   * With ids, branches, tags and runs filled in: what attestations imply exists. Names are compared without case, as
   * GitHub does. Undefined where neither the description nor an attestation names it.
   */
  readonly repository: (name: string) => CompleteRepository | undefined
  /** Files with digests and bytes filled in. */
  readonly filesOf: (pack: WorldPackage) => readonly ServedFile[]
  /** Every attestation of a file; empty when it has none. Signed once, then kept. */
  readonly attestationsOf: (pack: WorldPackage, file: ServedFile) => Promise<readonly SignedDocument[]>
  /** Whether {@link attestationsOf} would give any, without signing. */
  readonly isAttested: (pack: WorldPackage, file: ServedFile) => boolean
  /** npm's registry key signs this text: `{keyid, sig}`. */
  readonly signAsNpmRegistry: (text: string) => { readonly keyid: string; readonly sig: string }
  /** The key behind it, as the registry itself serves it: `keyid` and DER in base64. */
  readonly npmRegistryKey: { readonly keyid: string; readonly key: string }
  /**
   * A statement signed as a run of a repository would (for what is no package: releases, models, VSAs). `key`: name of
   * the image or model, so that the run is the one which the repository shows.
   */
  readonly sign: (statement: object, as: WorldAttestation, key?: string) => Promise<object>
  /** Provenance (or `predicateType`) about other things, with the same defaults: images, models. */
  readonly attest: (subject: AttestedSubject, as: WorldAttestation) => Promise<SignedDocument>
  /** A signature directly over bytes, as RubyGems and Maven have it. */
  readonly signFile: (bytes: Uint8Array, as: WorldAttestation) => Promise<object>
  /** GitHub's own word about an immutable release. `object`: what the tag's ref points at. Signed once, then kept. */
  readonly releaseAttestation: (repository: string, release: WorldRelease, object: string) => Promise<SignedDocument>
  /** The Go checksum database: a signed note around this text, which ends in a line break. */
  readonly signNote: (text: string) => string
  /** An independent rebuilder's key signs a statement: a bare DSSE envelope. */
  readonly signAsRebuilder: (statement: object) => object
}

export interface AttestedSubject {
  readonly name: string
  readonly digest: Readonly<Record<string, string>>
}

export interface ServedFile extends WorldFile {
  readonly digests: Readonly<Record<string, string>>
  /** The archive's bytes; undefined where the description gave digests only. */
  readonly content: Uint8Array | undefined
}

export interface SignedDocument {
  /** A Sigstore bundle v0.3 as JSON. */
  readonly bundle: object
  readonly predicateType: string
  readonly repository: string
}
