import { type Fact, NOT_ASKED, questionKey, type SourceFacts, type SourceQuestion } from '../../model/facts.ts'
import type { RepositoryName } from './api.ts'
import type { Suite } from './read-facts.ts'

/** One question while its answers come in. Every fact begins as not asked and is written over as it is learned. */
export interface Draft {
  readonly key: string
  readonly question: SourceQuestion
  readonly name: RepositoryName
  readonly wantsTree: boolean
  facts: SourceFacts
  /** The check suite of the run, where GraphQL has it: its jobs are asked for next. */
  suite?: Suite
  /** Not on the default branch: other refs and tags are asked for next. `orphan`: it shares no history with it. */
  outside?: 'diverged' | 'orphan' | 'unclear'
  /** GraphQL could not tell it: REST is asked. */
  runByRest?: boolean
}

/** Equal questions become one; it wants what any of them wants. */
export function draftsOf(questions: readonly SourceQuestion[], wantTree: ReadonlySet<string>): Draft[] {
  const drafts = new Map<string, Draft>()
  for (const question of questions) {
    const key = questionKey(question)
    const known = drafts.get(key)
    const review = question.review || known?.question.review === true
    const publishedAt = earliest(question.publishedAt, known?.question.publishedAt)
    drafts.set(key, {
      key,
      question: { ...question, review, publishedAt },
      name: { owner: question.owner, name: question.repository },
      wantsTree: wantTree.has(key),
      facts: { repository: NOT_ASKED, reachability: NOT_ASKED, run: NOT_ASKED, review: NOT_ASKED, tree: NOT_ASKED },
    })
  }
  return [...drafts.values()]
}

function earliest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Date.parse(a) < Date.parse(b) ? a : b
}

export function learn(draft: Draft, facts: Partial<SourceFacts>): void {
  draft.facts = { ...draft.facts, ...facts }
}

/** The same reason for everything that this question wants and nobody has answered. */
export function giveUp(draft: Draft, reason: Fact<never>): void {
  const { question, facts, wantsTree } = draft
  const fill = <T>(fact: Fact<T>, wanted: boolean): Fact<T> => (wanted && fact === NOT_ASKED ? reason : fact)
  draft.facts = {
    repository: fill(facts.repository, true),
    reachability: fill(facts.reachability, true),
    run: fill(facts.run, question.run !== undefined),
    review: fill(facts.review, question.review),
    tree: fill(facts.tree, wantsTree),
  }
}
