import type { Dependency } from '../model/dependency.ts'
import type { Lookup, RegistryLookup, Target } from '../model/evidence.ts'
import type { AdvisoryFact, ArchiveFact, Fact, ModelFact, RebuildFact, VersionFact } from '../model/facts.ts'
import type { EvidenceClient } from './client.ts'

/** What every source is given. Made once a run by the flow. */
export interface SourceSession {
  readonly client: EvidenceClient
  /** Base URL without a slash at the end, by row of `EVIDENCE_ORIGINS` or `oci:HOST`. */
  readonly origin: (name: string) => string
  readonly now: () => Date
  /** Repositories that the policy or the trust lock name for a dependency: where GitHub is asked by digest. */
  readonly repositoriesOf: (dependency: Dependency) => readonly string[]
}

/**
 * One place that knows something about dependencies. A row of `sources/index.ts`; every method answers with a value and
 * throws nothing but defects. A method that is absent: this source does not speak about that.
 */
export interface Source {
  readonly id: string
  /** Is this source asked about this entry at all? */
  readonly covers: (dependency: Dependency, session: SourceSession) => boolean
  /** The registry's own word (rule R0). */
  readonly register?: (dependency: Dependency, session: SourceSession) => Promise<RegistryLookup>
  /** Attestations about one target. `claimed`: the registry's record says that there are some (a hint). */
  readonly lookup?: (
    target: Target,
    session: SourceSession,
    hints: { readonly claimed: boolean | undefined },
  ) => Promise<Lookup>
  /** Attestations about many targets at once, in the order of the targets; used in place of `lookup` where present. */
  readonly lookupMany?: (targets: readonly Target[], session: SourceSession) => Promise<readonly Lookup[]>
  /** Published versions, for new entries only. */
  readonly history?: (dependency: Dependency, session: SourceSession) => Promise<Fact<readonly VersionFact[]>>
  /** Where the registry's unsigned metadata says the source is, and its record does not: for changed entries only. */
  readonly repository?: (dependency: Dependency, session: SourceSession) => Promise<string | undefined>
  /** The archive as a capped listing, for changed entries only. */
  readonly archive?: (dependency: Dependency, session: SourceSession) => Promise<Fact<ArchiveFact>>
  readonly advisories?: (
    dependencies: readonly Dependency[],
    session: SourceSession,
  ) => Promise<readonly Fact<readonly AdvisoryFact[]>[]>
  readonly rebuild?: (dependency: Dependency, session: SourceSession) => Promise<Fact<RebuildFact>>
  readonly model?: (dependency: Dependency, session: SourceSession) => Promise<Fact<ModelFact>>
}
