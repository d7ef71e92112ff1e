import { nameOf, show, unknownOf } from '../objections.ts'
import type { Rule } from '../rule.ts'

/**
 * R15. An advisory or a signed revocation names this version (T-PP-22). One that was withdrawn does not count: feeds flag
 * too much (all of @tanstack/history), and too little, and late (`FEED_INCOMPLETE`).
 */
export const revoked: Rule = {
  id: 'revoked',
  docs: 'docs/rules.md#revoked',
  check: (subject) => {
    const { advisories } = subject.facts
    if (advisories.kind === 'unknown') return unknownOf(advisories, `whether an advisory names ${nameOf(subject)}`)
    return advisories.value
      .filter(({ withdrawn }) => !withdrawn)
      .map(({ id, summary }) => ({
        outcome: 'fire',
        code: 'REVOKED',
        message: `${nameOf(subject)} is named by ${show(id, 80)}: ${show(summary, 300)}`,
        hint: 'Take a version that it does not name; if it is wrong, waive this one version with the id as the reason.',
        state: 'invalid',
      }))
  },
}
