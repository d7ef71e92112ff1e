import { codeOfFault, nameOf, show } from '../objections.ts'
import { publishTime } from '../publish-time.ts'
import type { Objection, Rule, RuleContext, Subject } from '../rule.ts'

export const DEFAULT_COOLDOWN_DAYS = 3
const DAY_MS = 86_400_000

/**
 * R7. Not in the first days. Of the incidents of 2025 and 2026 nearly all were found within hours; whoever waits lets
 * others look first, which works only while somebody does (`COOLDOWN_BORROWED`) and delays urgent fixes too.
 */
export const cooldown: Rule = {
  id: 'cooldown',
  docs: 'docs/rules.md#cooldown',
  check: (subject, context) => {
    const days = context.setting.days ?? DEFAULT_COOLDOWN_DAYS
    if (days <= 0) return []
    const time = publishTime(subject)
    if (time === undefined) return ageNotKnown(subject)
    const age = context.now.getTime() - time.at.getTime()
    if (age >= days * DAY_MS) return []
    return [
      {
        outcome: 'fire',
        code: 'TOO_YOUNG',
        message: `${nameOf(subject)} is ${formatAge(age)} old by the time of the ${time.basis} (${time.at.toISOString()}), and the policy waits ${days} days`,
        hint: 'Wait, or for an urgent fix write a waiver with an end date.',
      },
    ]
  },
}

/** Younger than the cooldown's days, whatever the cooldown leaves alone (R9). */
export function isYoung(subject: Subject, { policy, now }: RuleContext): boolean {
  const days = policy.rules.cooldown?.days ?? DEFAULT_COOLDOWN_DAYS
  const time = publishTime(subject)
  return time !== undefined && now.getTime() - time.at.getTime() < days * DAY_MS
}

function formatAge(ms: number): string {
  const hours = Math.floor(ms / 3_600_000)
  if (hours < 0) return 'not yet a moment'
  return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`
}

/** Only where somebody should know: a registry stands behind the entry and did not say, or there is evidence without time. */
function ageNotKnown(subject: Subject): Objection[] {
  const { registry, accepted } = subject.evidence
  if (registry.kind === 'not-applicable' && accepted.length === 0) return []
  // What did not change had its age looked at when it came in; registries give times only in documents of megabytes.
  const isNew = subject.change === 'added' || subject.change === 'changed'
  if (!isNew && subject.facts.history.kind === 'unknown' && subject.facts.history.code === 'NOT_ASKED') return []
  const error = registry.kind === 'unavailable' ? registry.error : undefined
  return [
    {
      outcome: 'unknown',
      code: error === undefined ? 'CONTEXT_UNKNOWN' : codeOfFault(error.fault),
      message: `how old ${nameOf(subject)} is is not known: ${error === undefined ? 'no log and no registry gives a time' : show(error.message, 300)}`,
    },
  ]
}
