import { matchesAnyPurl } from '../match.ts'
import { nameOf, unknownOf } from '../objections.ts'
import type { Rule } from '../rule.ts'

/**
 * R8. Somebody else built the same bytes from the same source. It sees what a poisoned cache or a maintainer slipped into
 * the archive only (ultralytics, xz), and covers popular packages only; equal bytes say nothing about the source.
 */
export const independentRebuild: Rule = {
  id: 'independent-rebuild',
  docs: 'docs/rules.md#independent-rebuild',
  check: (subject, { setting }) => {
    const { rebuild } = subject.facts
    const wanted = matchesAnyPurl(setting.requireFor, subject.dependency)
    if (rebuild.kind === 'unknown') {
      return unknownOf(rebuild, `whether a rebuild of ${nameOf(subject)} gives the same`, wanted)
    }
    if (rebuild.value === 'differs') {
      return [
        {
          outcome: 'fire',
          code: 'REBUILD_DIFFERS',
          message: `an independent rebuild of ${nameOf(subject)} gives other bytes than the ones locked`,
          hint: 'Compare the two archives before this version is used.',
          state: 'invalid',
        },
      ]
    }
    if (rebuild.value === 'matches' || !wanted) return []
    return [
      {
        outcome: 'fire',
        code: 'REBUILD_MISSING',
        message: `nobody rebuilt ${nameOf(subject)}, and the policy wants a rebuild of it`,
        hint: 'Ask the rebuilder for this version, or take one that was rebuilt.',
      },
    ]
  },
}
