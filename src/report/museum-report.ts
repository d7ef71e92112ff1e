import { decidingRules, type ExhibitResult, type SignatureAnswer } from '../model/museum-document.ts'
import type { Profile } from '../model/rules.ts'
import { escapeTerminal } from './escape.ts'
import { type Painter, painter } from './run-report.ts'
import { plural } from './words.ts'

/** What checking signatures alone tells a visitor. */
export const SIGNATURE_WORDS: Readonly<Record<SignatureAnswer, string>> = {
  valid: 'valid',
  nothing: 'nothing there',
  invalid: 'invalid',
  mixed: 'some valid',
}

/** The table of `museum`: each attack with what a signature check says, what the gate says, and which rules say it. */
export function formatMuseum(results: readonly ExhibitResult[], style: { readonly color: boolean }): string {
  const paint = painter(style)
  const width = Math.max(8, ...results.map(({ slug }) => slug.length))
  const wrong = results.filter(({ differences }) => differences.length > 0)
  return [
    paint.bold(row(width, ['EXHIBIT', 'SIGNATURES', 'RECOMMENDED', 'STRICT', 'WHAT CAUGHT IT'])),
    ...results.flatMap((result) => exhibit(result, width, paint)),
    '',
    ...summary(results),
    ...wrong.flatMap(({ slug, differences }) => [
      paint.red(`${escapeTerminal(slug)} is otherwise than its expected.json says:`),
      ...differences.slice(0, MOST_DIFFERENCES).map((line) => `  ${escapeTerminal(line)}`),
    ]),
  ].join('\n')
}

const MOST_DIFFERENCES = 20

function row(width: number, [slug = '', ...cells]: readonly string[]): string {
  const [signatures = '', recommended = '', strict = '', by = ''] = cells
  return [slug.padEnd(width), signatures.padEnd(13), recommended.padEnd(11), strict.padEnd(7), by].join('  ').trimEnd()
}

function exhibit({ slug, title, notCaught, actual }: ExhibitResult, width: number, paint: Painter): readonly string[] {
  const by = caughtBy(actual)
  const verdict = (profile: Profile, pad: number) => {
    const text = actual.profiles[profile].verdict
    return (text === 'FAILED' ? paint.green : paint.yellow)(text.padEnd(pad))
  }
  const cells = [
    escapeTerminal(slug).padEnd(width),
    SIGNATURE_WORDS[actual.signatureOnly].padEnd(13),
    verdict('recommended', 11),
    verdict('strict', 7),
    by,
  ]
  return [
    cells.join('  ').trimEnd(),
    paint.dim(`  ${escapeTerminal(title)}`),
    ...(notCaught === undefined ? [] : [paint.dim(`  not caught: ${escapeTerminal(notCaught, 500)}`)]),
  ]
}

/** The rules that fail it under `recommended`; where that passes, under `strict`, which says so. */
export function caughtBy(actual: ExhibitResult['actual']): string {
  const failed = (profile: Profile) =>
    actual.profiles[profile].verdict === 'FAILED' ? decidingRules(actual, profile) : []
  const recommended = failed('recommended')
  if (recommended.length > 0) return recommended.join(', ')
  const strict = failed('strict')
  if (strict.length > 0) return `strict only: ${strict.join(', ')}`
  const warned = decidingRules(actual, 'recommended')
  if (warned.length > 0) return `warns: ${warned.join(', ')}`
  const strictWarned = decidingRules(actual, 'strict')
  return strictWarned.length > 0 ? `strict warns: ${strictWarned.join(', ')}` : 'nothing'
}

/** Counted, so that nobody has to count: what each way of looking would have stopped. */
export function summary(results: readonly ExhibitResult[]): readonly string[] {
  const failed = (profile: Profile) =>
    results.filter(({ actual }) => actual.profiles[profile].verdict === 'FAILED').length
  const valid = results.filter(({ actual }) => actual.signatureOnly === 'valid').length
  const refused = results.filter(({ actual }) => actual.signatureOnly === 'invalid').length
  return [
    `${plural(results.length, 'exhibit', 'exhibits')}: a check of signatures alone refuses ${refused} and calls ${valid} valid; recommended fails ${failed('recommended')}, strict ${failed('strict')}.`,
  ]
}
