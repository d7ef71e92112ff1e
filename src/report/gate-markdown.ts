import type { Finding, Verdict } from '../model/verdict.ts'
import { escapeMarkdown, markdownCode } from './escape.ts'
import {
  countUrgencies,
  type FindingGroup,
  type FindingItem,
  type Place,
  type Urgency,
  urgencyOf,
} from './group-findings.ts'
import { countLine, statesOf } from './verdict-words.ts'
import { FINDINGS_PAGE, grouped, LIMITS_PAGE, plural, ruleDocs, STATE_WORDS } from './words.ts'

/** Where a file and line can be looked at: a repository at a commit. */
export interface SourceView {
  /** `https://github.com` or the server of an enterprise. */
  readonly server: string
  readonly repository: string
  readonly commit: string
  /** Path of the judged folder from the root of the repository; `` for the root itself. */
  readonly folder: string
}

const MARKS: Readonly<Record<Urgency, string>> = { fail: '❌', warn: '⚠️', unusual: '👀', unknown: '❔', note: '💬' }
const MAX_PLACES = 3
const MAX_LIMITS = 30

/** First line: the verdict and how much of it. */
export function markdownHeadline(verdict: Verdict): string {
  const { result, judged, total, findings } = verdict
  if (result === 'FAILED') {
    const bad = new Set(failing(findings).map(({ dependency }) => dependency ?? ''))
    const elsewhere = bad.delete('')
    if (bad.size === 0) return '❌ Gate failed'
    return `❌ Gate failed: ${grouped(bad.size)} of ${plural(total, 'dependency', 'dependencies')}${elsewhere ? ', and the pipeline itself' : ''}`
  }
  if (judged !== 'all' && total === 0) return '✅ Gate passed: no dependency changed'
  const { warn, unusual, unknown } = countUrgencies(findings)
  const seen = warn + unusual + unknown
  return seen === 0 ? '✅ Gate passed' : `✅ Gate passed, with ${plural(seen, 'thing', 'things')} to know`
}

const failing = (findings: readonly Finding[]) => findings.filter((finding) => urgencyOf(finding) === 'fail')

/** The counts, which add up; then what was looked at. */
export function markdownCounts(verdict: Verdict): string[] {
  const { judged, profile } = verdict
  const scope =
    judged === 'all' || verdict.total === 0
      ? ''
      : ` · ${grouped(judged.changed)} of ${grouped(judged.found)} changed since ${markdownCode(judged.base)}`
  return [
    `**${countLine(verdict, escapeMarkdown)}**`,
    '',
    `profile **${profile}**${profile === 'baseline' ? ' (reports only)' : ''}${scope}`,
    '',
  ]
}

/** Heading, items and advice of one group, each a piece of its own so that a long list can be cut between items. */
export function markdownGroup(
  group: FindingGroup,
  view: SourceView | undefined,
): {
  readonly title: readonly string[]
  readonly items: readonly (readonly string[])[]
  readonly end: readonly string[]
} {
  const { urgency, title, code, rule, count, hint } = group
  const times = count > 1 ? ` (${grouped(count)})` : ''
  return {
    title: [`#### ${MARKS[urgency]} ${title}${times}`, ''],
    items: group.items.map((item) => markdownItem(item, view)),
    end: [
      '',
      ...(hint === undefined ? [] : [`➡️ ${escapeMarkdown(hint)}`, '']),
      `<sub>[${markdownCode(code)}](${FINDINGS_PAGE}) · rule [${rule}](${ruleDocs(rule)})</sub>`,
      '',
    ],
  }
}

function markdownItem({ who, message, hint, waivedBy, places }: FindingItem, view: SourceView | undefined): string[] {
  const shown = places.slice(0, MAX_PLACES).map((place) => markdownPlace(place, view))
  const more =
    places.length > MAX_PLACES ? ` and ${plural(places.length - MAX_PLACES, 'more place', 'more places')}` : ''
  const name = who === undefined ? '' : `**${escapeMarkdown(who, 120)}** `
  // Two blanks at the end of a line would be a break too, and editors remove them.
  return [
    [
      `- ${name}${shown.join(', ')}${more}`,
      escapeMarkdown(message),
      ...(hint === undefined ? [] : [`➡️ ${escapeMarkdown(hint)}`]),
      ...(waivedBy === undefined ? [] : [`waived: ${escapeMarkdown(waivedBy)}`]),
    ].join('<br>'),
  ]
}

/** `package-lock.json:812`, as a link where there is somewhere to look. */
export function markdownPlace({ file, line }: Place, view: SourceView | undefined): string {
  const text = markdownCode(atLine(file, line), 1000)
  if (view === undefined || !/^https:\/\/[\w.:-]+$/.test(view.server) || !/^[0-9a-f]{40,64}$/.test(view.commit))
    return text
  const path = joinPath(view.folder, file)
  return `[${text}](${view.server}/${encodePath(view.repository)}/blob/${view.commit}/${encodePath(path)}#L${line})`
}

/** A long path is cut, its line never is. */
const atLine = (file: string, line: number) => `${file.length > 120 ? `${file.slice(0, 120)}…` : file}:${line}`

/** Every character that could end a link, a property or an URI is percent-encoded; `/` stays. */
export function encodePath(path: string): string {
  const encode = (segment: string) =>
    encodeURIComponent(segment.toWellFormed()).replace(/[!'()*~]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)
  return path.split('/').map(encode).join('/')
}

export const joinPath = (folder: string, file: string): string =>
  folder === '' || folder === '.' ? file : `${folder.replace(/\/+$/, '')}/${file}`

/** What each state means; only those that occur. */
export function markdownStates({ counts }: Verdict): string[] {
  const rows = statesOf(counts)
  if (rows.length === 0) return []
  return [
    '| dependencies | state | meaning |',
    '|--:|---|---|',
    ...rows.map(([state, n]) => `| ${grouped(n)} | ${state} | ${STATE_WORDS[state]} |`),
    '',
  ]
}

/** Folded: what nobody should conclude from the verdict. */
export function markdownLimits({ limits }: Verdict): string[] {
  if (limits.length === 0) return []
  const left = limits.length - MAX_LIMITS
  return [
    `<details><summary>What this does not prove (${grouped(limits.length)})</summary>`,
    '',
    ...limits.slice(0, MAX_LIMITS).map(({ code, message }) => `- ${markdownCode(code)} ${escapeMarkdown(message)}`),
    ...(left > 0 ? [`- … and ${grouped(left)} more`] : []),
    '',
    `[What a limit is](${LIMITS_PAGE})`,
    '',
    '</details>',
    '',
  ]
}
