import type { Dependency } from '../../model/dependency.ts'
import type { Evidence } from '../../model/evidence.ts'
import type { DependencyFacts, Fact, SourceFacts, SourceQuestion, TreeFact } from '../../model/facts.ts'
import type { RuleId } from '../../model/rules.ts'
import type { LockEntry } from '../../model/trust-lock.ts'
import type { Change } from '../../policy/rule.ts'
import type { Source, SourceSession } from '../../source/source.ts'
import type { TreeQuestion } from '../../source/source-trees.ts'
import { contentOf } from './changes.ts'

/** One entry that is about to be judged. */
export interface Candidate {
  readonly dependency: Dependency
  readonly change: Change
  readonly previous?: Dependency | undefined
  readonly evidence: Evidence
  readonly lock: LockEntry | undefined
}

export interface FactsContext {
  readonly session: SourceSession
  readonly sources: readonly Source[]
  /** Is this rule on, in this profile? What no rule needs is not asked. */
  readonly isOn: (rule: RuleId) => boolean
  /** Servers whose API is asked. */
  readonly servers: readonly string[]
  readonly askSources: (
    questions: readonly SourceQuestion[],
    wantTree: ReadonlySet<string>,
  ) => Promise<ReadonlyMap<string, SourceFacts>>
  /** The source of what the diff changes, and that of the version before. */
  readonly askTrees: (questions: readonly TreeQuestion[]) => Promise<ReadonlyMap<string, Fact<TreeFact>>>
  /** Evidence of the versions before, by {@link contentOf}. */
  readonly askEvidence: (previous: readonly Dependency[]) => Promise<ReadonlyMap<string, Evidence>>
  readonly askActions: (dependencies: readonly Dependency[]) => Promise<ReadonlyMap<string, DependencyFacts['action']>>
  /** The rebuilder's word, verified. */
  readonly askRebuild: (dependency: Dependency) => Promise<DependencyFacts['rebuild']>
}
