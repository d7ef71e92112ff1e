import { type Fact, NOT_ASKED, type ReviewFact } from '../../model/facts.ts'
import { matchesAnyPurl } from '../match.ts'
import { nameOf, once, show, unknownOf } from '../objections.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/**
 * R5. Somebody else than its author approved the commit: a merged pull request with an approval. The stolen account that
 * pushes to main and lets the authorised workflow release (keyv, GhostAction) is seen by nothing else; a maintainer who
 * works alone is `UNREVIEWED` each time, so that the rule is off or a warning unless the policy asks for it.
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
}

function checkReview(subject: Subject, review: Fact<ReviewFact>, wanted: boolean): Objection[] {
  if (review.kind === 'unknown')
    return unknownOf(review, `whether anybody reviewed the source of ${nameOf(subject)}`, wanted)
  const merged = review.value.pullRequests.filter((one) => one.merged)
  // The source leaves the author's own approval out; a list that holds it nevertheless proves nothing.
  if (merged.some(({ author, approvers }) => approvers.some((name) => !sameLogin(name, author)))) return []
  const requests = merged.map(({ number, author }) => `#${number} by ${show(author)}`).join(', ')
  return [
    {
      outcome: 'fire',
      code: 'UNREVIEWED',
      message: `${nameOf(subject)}: nobody but the author approved the commit it was made from (${requests === '' ? 'pushed without a pull request' : `merged with ${requests}`})`,
      hint: 'Look at the commit yourself, or wait until somebody has.',
    },
  ]
}

/** GitHub's logins have no case. */
const sameLogin = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
