import type { SourceFault } from '../model/evidence.ts'
import type { Fact } from '../model/facts.ts'
import type { FindingCode } from '../model/finding-codes.ts'
import type { Objection, Subject } from './rule.ts'

/** Text from a lockfile, a certificate or a registry: quoted, without control characters, and cut. */
export function show(text: string | undefined, length = 200): string {
  if (text === undefined) return 'nothing'
  return JSON.stringify(text.length > length ? `${text.slice(0, length)}…` : text)
}

/** `a, b and 3 more`, each quoted. */
export function showSome(texts: readonly string[], most = 3): string {
  const shown = texts.slice(0, most).map((text) => show(text))
  const more = texts.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

/** `axios@1.14.1`, for messages. */
export function nameOf({ dependency: { name, version } }: Subject): string {
  return show(version === undefined ? name : `${name}@${version}`)
}

/**
 * What a rule says where a fact is not known. Silence only where nobody asked because no rule of this profile needs it:
 * every other reason is printed, with its own code.
 *
 * @param wanted the policy asks for this very fact: then not having asked is no excuse
 */
export function unknownOf(fact: Fact<unknown>, what: string, wanted = false): Objection[] {
  if (fact.kind === 'known' || (fact.code === 'NOT_ASKED' && !wanted)) return []
  const expired = fact.code === 'RUN_OUTCOME_EXPIRED'
  return [
    {
      outcome: 'unknown',
      code: fact.code === 'NOT_ASKED' ? 'CONTEXT_UNKNOWN' : fact.code,
      message: `${what} is not known: ${show(fact.message)}`,
      ...(fact.code === 'NOT_ASKED_BUDGET' ? { hint: 'The next run goes on where this one stopped.' } : {}),
      // A run that its platform has deleted can never be looked at again: a limit of the verdict, not a fault.
      ...(expired ? { weight: 'note' as const } : {}),
    },
  ]
}

/** A context that differs is a change where the trust lock knows the package, and else a refusal. */
export function contextState({ lock }: Subject): 'changed' | 'invalid' {
  return lock === undefined ? 'invalid' : 'changed'
}

/** The files of one release come from one run: what holds for all of them is said once. */
export function once(objections: readonly Objection[]): readonly Objection[] {
  const seen = new Set<string>()
  return objections.filter(({ code, message }) => {
    const key = `${code} ${message}`
    return !seen.has(key) && seen.add(key)
  })
}

/** Code of a source that gave no answer. */
export function codeOfFault(fault: SourceFault): FindingCode {
  if (fault === 'truncated') return 'SOURCE_TRUNCATED'
  if (fault === 'unreadable') return 'EVIDENCE_UNREADABLE'
  if (fault === 'unsupported') return 'UNSUPPORTED'
  return 'SOURCE_UNREACHABLE'
}
