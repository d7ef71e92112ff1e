import { EVIDENCE_STATES, type EvidenceState, type Verdict } from '../model/verdict.ts'
import { grouped, plural } from './words.ts'

/**
 * The verdict in one line whose numbers add up: `214 dependencies: 1 changed, 186 registered, 27 verified`. Nothing in it
 * comes from outside, but for the name of the base, which `clean` is for.
 */
export function countLine({ counts, total, judged }: Verdict, clean: (text: string) => string): string {
  if (judged !== 'all' && total === 0) {
    return `${plural(judged.found, 'dependency', 'dependencies')} found, ${grouped(judged.changed)} changed since ${clean(judged.base)}: nothing to judge`
  }
  const parts = statesOf(counts).map(([state, n]) => `${grouped(n)} ${state}`)
  return `${plural(total, 'dependency', 'dependencies')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`
}

/** Profile and extent, in words. */
export function scopeLine({ judged, profile, total }: Verdict, clean: (text: string) => string): string {
  const name = `profile ${profile}${profile === 'baseline' ? ' (reports only)' : ''}`
  if (judged === 'all') return `${name}, everything was judged`
  // Said in the line above already.
  if (total === 0) return name
  return `${name}, ${grouped(judged.changed)} of ${grouped(judged.found)} changed since ${clean(judged.base)}`
}

/** States that occur, worst first. */
export function statesOf(counts: Verdict['counts']): [EvidenceState, number][] {
  return EVIDENCE_STATES.flatMap((state): [EvidenceState, number][] =>
    counts[state] > 0 ? [[state, counts[state]]] : [],
  )
}
