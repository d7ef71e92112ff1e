import type {
  ExplainedEntry,
  ExplainedRule,
  ExplainMeta,
  Explanation,
  PolicyTestCase,
} from '../model/policy-documents.ts'
import type { EvidenceSummary, Finding } from '../model/verdict.ts'
import { escapeTerminal } from './escape.ts'
import { waiverWords } from './group-findings.ts'
import { type Painter, painter } from './run-report.ts'
import { grouped, headline, plural, STATE_WORDS } from './words.ts'

const MAX_SHOWN = 50
const MAX_DIFFERENCES = 10

/** What `policy explain` prints: for each place of a dependency its state, who vouches for it, and what applies to it. */
export function formatExplanation(
  explanations: readonly Explanation[],
  meta: ExplainMeta,
  style: { readonly color: boolean },
): string {
  const paint = painter(style)
  if (explanations.length === 0) return 'No dependency has this name.'
  const left = explanations.length - MAX_SHOWN
  return [
    ...explanations.slice(0, MAX_SHOWN).map((one) => explain(one, meta, paint).join('\n')),
    ...(left > 0 ? [`… and ${grouped(left)} more places (see --json)`] : []),
  ].join('\n\n')
}

function explain(one: Explanation, { policy, profile }: ExplainMeta, paint: Painter): string[] {
  const { id, file, line, state, reason, evidence = [], entries, rules, findings } = one
  const active = rules.filter(({ level }) => level !== 'off')
  const off = rules.length - active.length
  return [
    `${paint.bold(escapeTerminal(id))}  ${paint.dim(`${escapeTerminal(file, 200)}:${line}`)}`,
    ...(state === undefined ? [] : [`  ${paint.bold(state)}: ${STATE_WORDS[state]}`]),
    ...(reason === undefined ? [] : [`  ${escapeTerminal(reason)}`]),
    ...section('Objections', findings.flatMap(formatFinding)),
    ...section('Who vouches for it', evidence.flatMap(formatEvidence)),
    ...section(
      `What applies to it, in ${escapeTerminal(policy)} and the trust lock`,
      entries.length === 0 ? ['no entry: the profile alone decides'] : entries.map(formatEntry),
    ),
    ...section(`What each rule does when it fires, profile ${profile}`, active.map(formatRule)),
    ...(off > 0 ? [paint.dim(`    ${plural(off, 'rule is', 'rules are')} off`)] : []),
  ]
}

/** A list that a stranger can make long is cut. */
function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  const left = lines.length - MAX_SHOWN
  return [
    '',
    `  ${title}`,
    ...lines.slice(0, MAX_SHOWN).map((line) => `    ${line}`),
    ...(left > 0 ? [`    … and ${grouped(left)} more (see --json)`] : []),
  ]
}

function formatEvidence({ signer, source, predicateType, repository, ref, commit, run }: EvidenceSummary): string[] {
  const from = [repository, ref, commit].filter((part) => part !== undefined).join(' ')
  return [
    `signed by ${escapeTerminal(signer)}`,
    ...(from === '' ? [] : [`  built from ${escapeTerminal(from)}`]),
    ...(run === undefined ? [] : [`  in the run ${escapeTerminal(run)}`]),
    `  ${escapeTerminal(predicateType)}, from ${escapeTerminal(source)}`,
  ]
}

function formatEntry({ kind, file, line, says }: ExplainedEntry): string {
  return `${kind}  ${escapeTerminal(file, 200)}:${line}  ${escapeTerminal(says)}`
}

function formatRule({ rule, level, because }: ExplainedRule): string {
  return `${rule.padEnd(26)} ${level.padEnd(8)} ${escapeTerminal(because)}`
}

function formatFinding(finding: Finding): string[] {
  const { level, code, message, hint, waiver } = finding
  return [
    `${waiver === undefined ? level : 'waived'}  ${headline(finding)} (${code}): ${escapeTerminal(message)}`,
    ...(hint === undefined ? [] : [`  → ${escapeTerminal(hint)}`]),
    ...(waiver === undefined ? [] : [`  ${escapeTerminal(waiverWords(waiver))}`]),
  ]
}

/** What `policy test` prints: what came out otherwise than expected, then the counts. */
export function formatPolicyTest(cases: readonly PolicyTestCase[], style: { readonly color: boolean }): string {
  const paint = painter(style)
  const failed = cases.filter(({ passed }) => !passed)
  const left = failed.length - MAX_SHOWN
  return [
    ...failed.slice(0, MAX_SHOWN).flatMap((one) => formatCase(one, paint)),
    ...(left > 0 ? [`… and ${grouped(left)} more (see --json)`] : []),
    cases.length === 0
      ? paint.red('No expectations were found: nothing was tested.')
      : `${grouped(cases.length - failed.length)} of ${plural(cases.length, 'expectation holds', 'expectations hold')}`,
  ].join('\n')
}

function formatCase({ name, file, line, differences }: PolicyTestCase, paint: Painter): string[] {
  const left = differences.length - MAX_DIFFERENCES
  return [
    `${paint.red('FAILED')}  ${escapeTerminal(name)}  ${paint.dim(`${escapeTerminal(file, 200)}:${line}`)}`,
    ...differences.slice(0, MAX_DIFFERENCES).map((one) => `  ${escapeTerminal(one)}`),
    ...(left > 0 ? [`  … and ${grouped(left)} more`] : []),
  ]
}
