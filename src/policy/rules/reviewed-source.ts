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
  checkPipeline: ({ pipelineFiles = [] }) => {
    const open = Map.groupBy(pipelineFiles, ({ review }) => (review.kind === 'unknown' ? review.message : ''))
    return [...open].flatMap(([why, files]) => (why === '' ? files.flatMap(checkFile) : checkUnknown(files)))
  },
}

function checkFile({ path, commit = '', review }: PipelineFile): PipelineObjection[] {
  const how = review.kind === 'known' ? unreviewed(review.value) : undefined
  if (how === undefined) return []
  return [
    {
      outcome: 'fire',
      code: 'UNREVIEWED',
      message: `${show(path)}: nobody but the author approved ${commit.slice(0, 12)}, which changed it last (${how})`,
      hint: 'It decides what this pipeline runs, or what its gate accepts. Look at that commit, and at who pushed it.',
      file: path,
      line: 1,
    },
  ]
}

/** Said once for all that the same thing keeps from being known. */
function checkUnknown(files: readonly PipelineFile[]): PipelineObjection[] {
  const [first] = files
  if (first === undefined) return []
  const what = `whether anybody reviewed the last change of ${showSome(files.map(({ path }) => path))}`
  return unknownOf(first.review, what).map((objection) => ({ ...objection, file: first.path, line: 1 }))
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
