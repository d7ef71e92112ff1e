import type { EvaluateInput } from './evaluate-input.ts'
import { matches } from './match.ts'
import type { PlacedObjection } from './run-rules.ts'

/**
 * What holds of nothing holds of everything (T-PP-15): no rules, no entries, or an own `require` entry that no dependency
 * matches. An inherited entry may well be about other repositories.
 */
export function findVacuous(input: EvaluateInput): readonly PlacedObjection[] {
  const { subjects, rules, policy, judged } = input
  const vacuous = (
    message: string,
    line: number,
    rule: PlacedObjection['rule'] = 'valid-evidence',
  ): PlacedObjection => ({
    rule,
    outcome: 'fire',
    code: 'RULE_VACUOUS',
    message,
    file: policy.file,
    line,
  })
  const found = judged === 'all' ? subjects.length : judged.found
  return [
    ...(rules.length === 0 ? [vacuous('no rule is loaded: nothing could have failed', 1)] : []),
    ...(found === 0 ? [vacuous('no dependency was found: nothing was judged', 1)] : []),
    // A change touches only some of what is there; whether an entry ever matches is seen when all is judged.
    ...(judged !== 'all' || found === 0
      ? []
      : policy.require
          .filter(
            ({ match, file }) => file === undefined && !subjects.some(({ dependency }) => matches(match, dependency)),
          )
          .map(({ line }) => ({
            ...vacuous('this entry matches no dependency', line, 'required-signer'),
            hint: 'Correct its `match`, or remove it.',
          }))),
  ]
}
