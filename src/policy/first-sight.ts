import type { Policy } from '../model/policy.ts'
import { levelOf } from './levels.ts'
import { recordedAs } from './lock-entries.ts'
import type { Rule, Subject } from './rule.ts'
import { runDependencyRules } from './run-rules.ts'

interface Judging {
  readonly policy: Policy
  readonly rules: readonly Rule[]
  readonly now: Date
}

/**
 * What the trust lock should record of each dependency that is new to it: context that rules object to and that is no
 * failure on first sight. Looked at as `recommended` does, whatever the profile: a project that starts with `strict` and
 * turns to `recommended` has the same lock.
 *
 * A dependency whose version changed in this diff is not new, though its release line may be: it has a version before,
 * and fails for what that one did not have.
 *
 * @returns codes, in the order of the subjects
 */
export function findFirstSights(
  subjects: readonly Subject[],
  { policy, rules, now }: Judging,
): readonly (readonly string[])[] {
  const usual: Policy = { ...policy, profile: 'recommended' }
  return subjects.map((subject) => {
    const { lock, change, dependency } = subject
    if (lock !== undefined || change === 'changed' || recordedAs(dependency) === undefined) return []
    const seen: Subject = { ...subject, change: 'first-sight' }
    const said = runDependencyRules(subject, { policy: usual, rules, now }).filter(
      (one) => one.weight === 'context' && one.outcome === 'fire' && levelOf(one.rule, one, usual, seen) === 'unusual',
    )
    return [...new Set(said.map(({ code }) => code))]
  })
}
