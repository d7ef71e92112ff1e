import type { Dependency } from '../../model/dependency.ts'
import { NO_EVIDENCE, type RegistryLookup } from '../../model/evidence.ts'
import {
  type DependencyFacts,
  NO_FACTS,
  NOT_ASKED,
  questionKey,
  type SourceFacts,
  type SourceQuestion,
} from '../../model/facts.ts'
import type { Policy } from '../../model/policy.ts'
import { isAnswered } from '../../model/predicates/facts.ts'
import { rebuildOf } from '../../model/rebuild.ts'
import type { RuleId } from '../../model/rules.ts'
import type { LockEntry, TrustLock } from '../../model/trust-lock.ts'
import { findLockEntries } from '../../policy/lock-entries.ts'
import { matches } from '../../policy/match.ts'
import type { Change, Subject } from '../../policy/rule.ts'
import { actionKey, askActionFacts } from '../../source/action-facts.ts'
import { askGithubFacts } from '../../source/github-facts.ts'
import type { SourceSession } from '../../source/source.ts'
import { askGithubTrees } from '../../source/source-trees.ts'
import { SOURCES } from '../../source/sources/index.ts'
import { ossRebuildSource } from '../../source/sources/oss-rebuild.ts'
import { verifyRebuild } from '../../verify/verify-rebuild.ts'
import { DEFAULT_REGISTRY_KEYS, verifyRegistryWord } from '../../verify/verify-registry.ts'
import type { World } from '../world.ts'
import { type Changed, contentOf } from './changes.ts'
import { lookAtInput } from './declared-input.ts'
import type { Candidate } from './facts-context.ts'
import { folderSource } from './folder-source.ts'
import { gatherFacts } from './gather-facts.ts'
import { type LookUpContext, lookUpEvidence, type VerifyTarget } from './look-up.ts'
import { targetsOf } from './targets.ts'
import type { TrustShelf } from './trust.ts'

/** What is known before anything is asked. */
export interface Investigation {
  /** Folder of the project, absolute. */
  readonly root: string
  readonly dependencies: readonly Dependency[]
  /** By index; undefined where there is no base. */
  readonly changes: readonly Changed[] | undefined
  readonly policy: Policy
  readonly lock: TrustLock
  readonly session: SourceSession
  readonly trust: TrustShelf
  readonly verify: VerifyTarget
  /** Folder with attestations that are looked at too, absolute. */
  readonly evidence: string | undefined
  /** Is the rule on, under any policy that will judge? */
  readonly isOn: (rule: RuleId) => boolean
  /** Commits of the project itself that somebody should have reviewed. */
  readonly ownQuestions: readonly SourceQuestion[]
  /** What an earlier gate of this repository signed about these questions. */
  readonly knownFacts: (questions: readonly SourceQuestion[]) => ReadonlyMap<string, SourceFacts>
}

export interface Investigated {
  /** In the order of the dependencies. */
  readonly subjects: readonly Subject[]
  readonly questions: readonly SourceQuestion[]
  readonly facts: ReadonlyMap<string, SourceFacts>
}

/**
 * Learns everything that rules look at: evidence for every entry, then facts for what it names. Two passes, since the
 * second asks about what the first proved.
 *
 * @param fetched called between the two, for the clock
 */
export async function investigate(
  given: Investigation,
  { host, github }: Pick<World, 'host' | 'github'>,
  fetched: () => void,
): Promise<Investigated> {
  const { policy, session } = given
  const known = findLockEntries(given.lock)
  const folder = given.evidence === undefined ? [] : [await folderSource(given.evidence, host.log.warn)]
  const context: LookUpContext = {
    session,
    sources: [...folder, ...SOURCES.filter((source) => source !== ossRebuildSource)],
    judgeRegistry: async (dependency, lookup) => verifyRegistryWord(dependency, lookup, await keysFor(lookup, given)),
    verify: given.verify,
    lookAtInput: (dependency) =>
      lookAtInput(dependency, { root: given.root, policyFile: policy.file, session, trust: given.trust }),
    platforms: policy.platforms,
    expects: (dependency) => expectsEvidence(dependency, policy, known(dependency).lock),
    progress: (done, total) => host.log.progress('evidence', done, total),
  }
  const evidence = await lookUpEvidence(given.dependencies, context)
  fetched()
  const candidates = given.dependencies.map((dependency, index): Candidate => {
    const { lock } = known(dependency)
    const changed = given.changes?.[index]
    const change: Change = changed?.change ?? (lock === undefined ? 'first-sight' : 'known')
    return {
      dependency,
      change,
      previous: changed?.previous,
      evidence: evidence.get(contentOf(dependency)) ?? NO_EVIDENCE,
      lock,
    }
  })
  const asked = { questions: [] as SourceQuestion[], facts: new Map<string, SourceFacts>() }
  const facts = await gatherFacts(candidates, {
    session,
    sources: SOURCES,
    isOn: given.isOn,
    servers: ['https://github.com', ...(github === undefined ? [] : [github.serverUrl])],
    askSources: async (ofSigners, wantTree) => {
      const questions = [...ofSigners, ...given.ownQuestions]
      asked.questions.push(...questions)
      asked.facts = await askSources(questions, wantTree, given)
      return asked.facts
    },
    askTrees: (questions) => askGithubTrees(questions, session),
    askEvidence: async (previous) => {
      const open = previous.filter((one) => !evidence.has(contentOf(one)))
      return new Map([...evidence, ...(await lookUpEvidence(open, { ...context, progress: () => undefined }))])
    },
    askActions: async (dependencies) => byId(dependencies, await askActionFacts(dependencies, session)),
    askRebuild: (dependency) => askRebuild(dependency, given),
  })
  const subjects = candidates.map(
    ({ dependency, change, previous, evidence: own, lock }, index): Subject => ({
      ...{ dependency, change, previous, evidence: own, lock },
      facts: facts[index] ?? NO_FACTS,
      otherLines: known(dependency).otherLines,
    }),
  )
  return { subjects, ...asked }
}

/** Keys are trust material: they are loaded when a registry sent a signature, and not for one that never signs. */
async function keysFor(lookup: RegistryLookup, { trust }: Investigation) {
  const signed = lookup.kind === 'found' && (lookup.record.signatures.length > 0 || lookup.record.note !== undefined)
  return signed ? await trust.registryKeys() : DEFAULT_REGISTRY_KEYS
}

function expectsEvidence(dependency: Dependency, policy: Policy, lock: LockEntry | undefined): boolean {
  if (lock !== undefined && lock.best !== 'none' && lock.best !== 'registered') return true
  return policy.require.some(({ match }) => matches(match, dependency))
}

/** Questions that an own statement answers whole are not asked again. */
async function askSources(
  questions: readonly SourceQuestion[],
  wantTree: ReadonlySet<string>,
  { session, knownFacts, policy }: Investigation,
): Promise<Map<string, SourceFacts>> {
  const before = knownFacts(questions)
  const open = questions.filter((question) => {
    const key = questionKey(question)
    return wantTree.has(key) || !isAnswered(question, before.get(key))
  })
  const retentionDays = policy.rules['run-outcome']?.retentionDays
  const answers = await askGithubFacts(open, session, {
    wantTree,
    ...(retentionDays === undefined ? {} : { retentionDays }),
  })
  return new Map([...before, ...answers])
}

function byId(
  dependencies: readonly Dependency[],
  facts: ReadonlyMap<string, DependencyFacts['action']>,
): ReadonlyMap<string, DependencyFacts['action']> {
  return new Map(
    dependencies.map((dependency) => {
      const key = actionKey(dependency)
      return [dependency.id, (key === undefined ? undefined : facts.get(key)) ?? NOT_ASKED]
    }),
  )
}

async function askRebuild(
  dependency: Dependency,
  { session, policy, trust }: Investigation,
): Promise<DependencyFacts['rebuild']> {
  const { lookup } = ossRebuildSource
  if (lookup === undefined || !ossRebuildSource.covers(dependency, session)) return NOT_ASKED
  const [target] = targetsOf(dependency, undefined, policy.platforms).checked
  if (target === undefined) return NOT_ASKED
  const found = await lookup(target, session, { claimed: undefined })
  const now = session.now()
  if (found.kind === 'unavailable') return { kind: 'unknown', code: 'CONTEXT_UNKNOWN', message: found.error.message }
  const statements = found.kind === 'found' ? verifyRebuild(found.documents, await trust.rebuilderKey(), now) : []
  return { kind: 'known', value: rebuildOf(statements, target), observedAt: now.toISOString(), from: 'api' }
}
