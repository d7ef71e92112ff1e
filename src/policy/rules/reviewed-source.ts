import { type Fact, NOT_ASKED, type PipelineFile, type ReviewFact } from '../../model/facts.ts'
import { matchesAnyPurl } from '../match.ts'
import { nameOf, once, show, showSome, unknownOf } from '../objections.ts'
import type { Objection, PipelineObjection, Rule, Subject } from '../rule.ts'

/**
 * R5. Somebody else than its author approved the commit: a merged pull request with an approval. The stolen account that
 * pushes to main and lets the authorised workflow release (keyv) or pushes a workflow into the project itself (GhostAction)
 * is seen by nothing else; a maintainer who works alone is `UNREVIEWED` each time, so that the rule is off or a warning
 * unless the policy asks for it.
 */
export const reviewedSource: Rule = {
  id: 'reviewed-source',
  docs: 'docs/rules.md#reviewed-source',
  check: (subject, { setting }) => {
    const wanted = matchesAnyPurl(setting.requireFor, subject.dependency)
    const reviews = subject.facts.sources.map(({ review }) => review)
    return once(
      (wanted && reviews.length === 0 ? [NOT_ASKED] : reviews).flatMap((review) =>
        checkReview(subject, review, wanted),
      ),
    )
  },
  checkPipeline: ({ pipelineFiles = [] }) => pipelineFiles.flatMap((file) => checkFile(file, pipelineFiles)),
}

function checkFile(file: PipelineFile, all: readonly PipelineFile[]): PipelineObjection[] {
  const { path, commit, review } = file
  const place = { file: path, line: 1 }
  if (review.kind === 'unknown') {
    // Said once for all that the same thing keeps from being known.
    const same = all.filter((one) => one.review.kind === 'unknown' && one.review.message === review.message)
    if (same[0] !== file) return []
    const what = `whether anybody reviewed the last change of ${showSome(same.map((one) => one.path))}`
    return unknownOf(review, what).map((objection) => ({ ...objection, ...place }))
  }
  const how = unreviewed(review.value)
  if (how === undefined) return []
  return [
    {
      outcome: 'fire',
      code: 'UNREVIEWED',
      message: `${show(path)}: nobody but the author approved ${show(commit)}, which changed it last (${how})`,
      hint: 'It decides what this pipeline runs, or what its gate accepts. Look at that commit, and at who pushed it.',
      ...place,
    },
  ]
}

function checkReview(subject: Subject, review: Fact<ReviewFact>, wanted: boolean): Objection[] {
  if (review.kind === 'unknown')
    return unknownOf(review, `whether anybody reviewed the source of ${nameOf(subject)}`, wanted)
  const how = unreviewed(review.value)
  if (how === undefined) return []
  return [
    {
      outcome: 'fire',
      code: 'UNREVIEWED',
      message: `${nameOf(subject)}: nobody but the author approved the commit it was made from (${how})`,
      hint: 'Look at the commit yourself, or wait until somebody has.',
    },
  ]
}

/** How it came in; undefined where somebody else approved it. */
function unreviewed({ pullRequests }: ReviewFact): string | undefined {
  const merged = pullRequests.filter((one) => one.merged)
  // The source leaves the author's own approval out; a list that holds it nevertheless proves nothing.
  if (merged.some(({ author, approvers }) => approvers.some((name) => !sameLogin(name, author)))) return undefined
  const requests = merged.map(({ number, author }) => `#${number} by ${show(author)}`).join(', ')
  return requests === '' ? 'pushed without a pull request' : `merged with ${requests}`
}

/** GitHub's logins have no case. */
const sameLogin = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
