import {
  type AdvisoryFact,
  type DependencyFacts,
  type Fact,
  NO_FACTS,
  NOT_ASKED,
  questionKey,
  type SourceFacts,
  type SourceQuestion,
} from '../../model/facts.ts'
import { mapBounded } from '../../model/map-bounded.ts'
import type { RuleId } from '../../model/rules.ts'
import type { Source } from '../../source/source.ts'
import { askAboutTrees, wantsTrees } from './ask-trees.ts'
import { contentOf } from './changes.ts'
import type { Candidate, FactsContext } from './facts-context.ts'
import { isReplaced, publishedAt, questionFor } from './questions.ts'

const IN_WORK = 16
const UNASKED_SOURCE: SourceFacts = {
  repository: NOT_ASKED,
  reachability: NOT_ASKED,
  run: NOT_ASKED,
  review: NOT_ASKED,
  tree: NOT_ASKED,
}

/**
 * Asks for what rules need beside attestations. Context of a signer (R3–R6) for every attestation; archives and history
 * (R1, R12, R13) only for what the diff changes; advisories for everything, in batches.
 *
 * @returns facts in the order of the candidates
 */
export async function gatherFacts(
  candidates: readonly Candidate[],
  context: FactsContext,
): Promise<readonly DependencyFacts[]> {
  const questions = candidates.map((candidate) => questionsFor(candidate, context))
  const [sources, trees, actions, advisories] = await Promise.all([
    askAboutSources(candidates, questions, context),
    askAboutTrees(candidates, questions, context),
    askAboutActions(candidates, context),
    askAdvisories(candidates, context),
  ])
  return await mapBounded(candidates, IN_WORK, async (candidate, index) => {
    const own = await askAboutOne(candidate, context)
    const { claimed, previous = NOT_ASKED } = trees.get(index) ?? {}
    return {
      ...own,
      // Where nobody signed, one entry stands for the repository that is named otherwise.
      sources: claimed === undefined ? (sources[index] ?? []) : [{ ...UNASKED_SOURCE, tree: claimed }],
      previousTree: previous,
      action: actions.get(candidate.dependency.id) ?? NOT_ASKED,
      advisories: advisories[index] ?? NOT_ASKED,
    }
  })
}

const SIGNER_RULES: readonly RuleId[] = ['ref-allow-list', 'reachable-commit', 'reviewed-source', 'run-outcome']

/** By index of the accepted attestation. */
function questionsFor({ evidence, lock }: Candidate, { isOn, servers }: FactsContext) {
  const review = isOn('reviewed-source')
  return evidence.accepted.map((one) => questionFor(one, { evidence, lock, review, servers }))
}

async function askAboutSources(
  candidates: readonly Candidate[],
  asked: readonly (readonly (SourceQuestion | undefined)[])[],
  context: FactsContext,
): Promise<readonly (readonly SourceFacts[])[]> {
  const wantTree = new Set(
    candidates.flatMap((candidate, index) =>
      wantsTrees(candidate, context)
        ? (asked[index] ?? []).flatMap((question) => (question === undefined ? [] : [questionKey(question)]))
        : [],
    ),
  )
  const wanted = SIGNER_RULES.some(context.isOn)
  const questions = asked
    .flat()
    .filter((question) => question !== undefined)
    .filter((question) => wanted || wantTree.has(questionKey(question)))
  const facts = await context.askSources(questions, wantTree)
  return asked.map((list) => list.map((question) => (question && facts.get(questionKey(question))) ?? UNASKED_SOURCE))
}

/** Of a `uses:` the tags at its commit are of interest as well; of a git dependency only whether the commit belongs there. */
async function askAboutActions(candidates: readonly Candidate[], context: FactsContext) {
  const reachable = context.isOn('reachable-commit')
  const comments = context.isOn('pinned-actions')
  const asked = candidates
    .map(({ dependency }) => dependency)
    .filter(({ source, ecosystem }) => source === 'git' && (reachable || (comments && ecosystem === 'github')))
  return asked.length > 0 ? await context.askActions(asked) : new Map<string, DependencyFacts['action']>()
}

async function askAdvisories(
  candidates: readonly Candidate[],
  { sources, session, isOn }: FactsContext,
): Promise<readonly Fact<readonly AdvisoryFact[]>[]> {
  const source = sources.find(({ advisories }) => advisories !== undefined)
  if (source?.advisories === undefined || !isOn('revoked')) return []
  const covered = candidates.map(({ dependency }) => source.covers(dependency, session))
  const asked = candidates.filter((_, index) => covered[index])
  const unique = [...new Map(asked.map(({ dependency }) => [contentOf(dependency), dependency]))]
  const answers = await source.advisories(
    unique.map(([, dependency]) => dependency),
    session,
  )
  const byContent = new Map(unique.map(([key], index) => [key, answers[index] ?? NOT_ASKED]))
  return candidates.map(({ dependency }) => byContent.get(contentOf(dependency)) ?? NOT_ASKED)
}

async function askAboutOne(candidate: Candidate, context: FactsContext): Promise<DependencyFacts> {
  const { dependency, change, previous, lock } = candidate
  const { session, isOn } = context
  const covering = context.sources.filter(({ covers }) => covers(dependency, session))
  const first = <T>(pick: (source: Source) => T | undefined) => covering.map(pick).find((one) => one !== undefined)
  const isNew = change === 'added' || change === 'changed'
  // Documents of megabytes: only where the version's age or its line's past is not known otherwise.
  const wanted = (isOn('no-downgrade') && lock === undefined) || (isOn('cooldown') && !hasTime(candidate))
  const history = isNew && wanted ? first((source) => source.history) : undefined
  const replaced = isReplaced(dependency, previous) ? previous : undefined
  const looksInside = replaced !== undefined && (isOn('new-entry-points') || isOn('source-matches-archive'))
  const archive = looksInside ? first((source) => source.archive) : undefined
  const model = isOn('pinned-models') ? first((source) => source.model) : undefined
  return {
    ...NO_FACTS,
    history: (await history?.(dependency, session)) ?? NOT_ASKED,
    archive: (await archive?.(dependency, session)) ?? NOT_ASKED,
    previousArchive: (replaced && (await archive?.(replaced, session))) ?? NOT_ASKED,
    model: (await model?.(dependency, session)) ?? NOT_ASKED,
    rebuild: isOn('independent-rebuild') ? await context.askRebuild(dependency) : NOT_ASKED,
  }
}

/** Does a log or the registry's record say when it was published? */
function hasTime({ evidence }: Candidate): boolean {
  return (
    publishedAt(evidence) !== undefined ||
    evidence.accepted.some(({ attestation }) => attestation.origin.times.length > 0)
  )
}
