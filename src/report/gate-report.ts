import type { GateMeta } from '../model/gate-document.ts'
import type { Verdict } from '../model/verdict.ts'
import { escapeTerminal } from './escape.ts'
import {
  countUrgencies,
  type FindingGroup,
  type FindingItem,
  groupFindings,
  type Urgency,
  urgencyOf,
} from './group-findings.ts'
import { type Painter, painter } from './run-report.ts'
import { countLine, scopeLine, statesOf } from './verdict-words.ts'
import { FINDINGS_PAGE, grouped, LIMITS_PAGE, plural, STATE_WORDS } from './words.ts'

export interface GateStyle {
  readonly color: boolean
  /** Every group with its items, and limits with their sentences, also where nothing failed. */
  readonly verbose: boolean
}

const MAX_GROUPS = 25
const MAX_ITEMS = { brief: 10, verbose: 50 } as const
const MAX_EXAMPLES = 3
const MAX_LIMITS = 10
const MAX_PLACES = 2

const LABELS: Readonly<Record<Urgency, string>> = {
  fail: 'FAIL',
  warn: 'WARN',
  unusual: 'UNUSUAL',
  unknown: 'UNKNOWN',
  note: 'NOTE',
}

/** What `gate` prints for people: the verdict, what to do about it, what the states mean, what is not proven. */
export function formatGate(verdict: Verdict, meta: GateMeta, style: GateStyle): string {
  const paint = painter(style)
  const groups = groupFindings(verdict).filter(({ urgency }) => urgency !== 'note' || style.verbose)
  return [
    ...head(verdict, meta, paint),
    ...todo(groups, style, paint),
    ...states(verdict),
    ...limits(verdict, style, paint),
    ...next(verdict, groups),
  ].join('\n')
}

function head(verdict: Verdict, meta: GateMeta, paint: Painter): string[] {
  const word = verdict.result === 'PASSED' ? paint.green('PASSED') : paint.red('FAILED')
  return [
    `${word}  ${countLine(verdict, escapeTerminal)}`,
    paint.dim(`        ${scopeLine(verdict, escapeTerminal)}${findingCounts(verdict)}${effort(meta)}`),
  ]
}

function findingCounts({ findings }: Verdict): string {
  const counts = countUrgencies(findings)
  const parts = [
    ...(counts.fail > 0 ? [`${plural(counts.fail, 'finding fails', 'findings fail')}`] : []),
    ...(counts.warn > 0 ? [plural(counts.warn, 'warning', 'warnings')] : []),
    ...(counts.unusual > 0 ? [`${grouped(counts.unusual)} unusual`] : []),
    ...(counts.unknown > 0 ? [`${grouped(counts.unknown)} unknown`] : []),
    ...(counts.note > 0 ? [plural(counts.note, 'note', 'notes')] : []),
  ]
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`
}

function effort({ requests, durations }: GateMeta): string {
  const sent = Object.values(requests).reduce((sum, n) => sum + n, 0)
  const { total } = durations
  return `${sent > 0 ? `, ${plural(sent, 'request', 'requests')}` : ''}${total === undefined ? '' : `, ${(total / 1000).toFixed(1)} s`}`
}

/** What fails is shown whole; the rest is in brief, unless more is asked for. */
function todo(groups: readonly FindingGroup[], style: GateStyle, paint: Painter): string[] {
  if (groups.length === 0) return []
  const shown = groups.slice(0, MAX_GROUPS)
  const left = groups.length - shown.length
  return [
    ...shown.flatMap((group) =>
      group.urgency === 'fail' || style.verbose ? ['', ...whole(group, style, paint)] : ['', ...inBrief(group, paint)],
    ),
    ...(left > 0 ? ['', `… and ${plural(left, 'other kind', 'other kinds')} of findings (see --json)`] : []),
  ]
}

function whole(group: FindingGroup, style: GateStyle, paint: Painter): string[] {
  const max = style.verbose ? MAX_ITEMS.verbose : MAX_ITEMS.brief
  const left = group.items.length - max
  return [
    title(group, paint),
    ...group.items.slice(0, max).flatMap((item) => formatItem(item, paint)),
    ...(left > 0 ? [`  … and ${grouped(left)} more (see --json)`] : []),
    ...(group.hint === undefined ? [] : [`  → ${escapeTerminal(group.hint)}`]),
  ]
}

function title({ urgency, title: text, code, rule, count }: FindingGroup, paint: Painter): string {
  const label = colored(urgency, LABELS[urgency], paint)
  const times = count > 1 ? ` (${grouped(count)} times)` : ''
  return `${label}  ${paint.bold(text)}${times}  ${paint.dim(`${code}, rule ${rule}`)}`
}

function colored(urgency: Urgency, text: string, paint: Painter): string {
  if (urgency === 'fail') return paint.red(text)
  return urgency === 'note' ? paint.dim(text) : paint.yellow(text)
}

function formatItem({ who, message, hint, waivedBy, places }: FindingItem, paint: Painter): string[] {
  const where = places.slice(0, MAX_PLACES).map(({ file, line }) => `${escapeTerminal(file, 200)}:${line}`)
  const more =
    places.length > MAX_PLACES ? ` and ${plural(places.length - MAX_PLACES, 'more place', 'more places')}` : ''
  return [
    `  ${who === undefined ? '' : `${escapeTerminal(who, 120)}  `}${paint.dim(`${where.join(', ')}${more}`)}`,
    `    ${escapeTerminal(message)}`,
    ...(hint === undefined ? [] : [`    → ${escapeTerminal(hint)}`]),
    ...(waivedBy === undefined ? [] : [`    waived: ${escapeTerminal(waivedBy)}`]),
  ]
}

function inBrief(group: FindingGroup, paint: Painter): string[] {
  const examples = group.items.slice(0, MAX_EXAMPLES).map(({ who, places: [place] }) => {
    return escapeTerminal(who ?? `${place?.file}:${place?.line}`, 80)
  })
  const more = group.items.length > MAX_EXAMPLES ? ' …' : ''
  return [
    title(group, paint),
    `  ${examples.join(', ')}${more}`,
    ...(group.hint === undefined ? [] : [`  → ${escapeTerminal(group.hint)}`]),
  ]
}

function states({ counts, total }: Verdict): string[] {
  const rows = statesOf(counts)
  if (rows.length === 0) return []
  const width = grouped(total).length
  return [
    '',
    ...rows.map(([state, n]) => `  ${grouped(n).padStart(width)}  ${state.padEnd(11)}  ${STATE_WORDS[state]}`),
  ]
}

function limits({ limits: list, result }: Verdict, style: GateStyle, paint: Painter): string[] {
  if (list.length === 0) return []
  if (result === 'PASSED' && !style.verbose) {
    const codes = [...new Set(list.map(({ code }) => code))].slice(0, MAX_LIMITS).map((code) => escapeTerminal(code))
    const more = list.length > MAX_LIMITS ? ' …' : ''
    return ['', paint.dim(`Not proven: ${codes.join(', ')}${more} (--verbose says more)`)]
  }
  const left = list.length - MAX_LIMITS
  return [
    '',
    'What this does not prove',
    ...list.slice(0, MAX_LIMITS).map(({ code, message }) => `  ${escapeTerminal(code)}: ${escapeTerminal(message)}`),
    ...(left > 0 ? [`  … and ${grouped(left)} more (see --json, ${LIMITS_PAGE})`] : []),
  ]
}

/** One command that shows more of the first thing that failed. A name that a shell would read otherwise is not offered. */
function next({ result, findings }: Verdict, groups: readonly FindingGroup[]): string[] {
  if (result === 'PASSED') return []
  const id = findings.find((one) => urgencyOf(one) === 'fail' && one.dependency !== undefined)?.dependency
  const explain =
    id !== undefined && /^pkg:[\w./@%+:?=&~-]{1,200}$/.test(id) ? [`Why:    cleanbill policy explain '${id}'`] : []
  const advice = groups.length === 0 ? [] : [...explain, `Codes:  ${FINDINGS_PAGE}`]
  return advice.length === 0 ? [] : ['', ...advice]
}
