import type { GateMeta } from '../model/gate-document.ts'
import { EVIDENCE_STATES, type JudgedDependency, type Verdict } from '../model/verdict.ts'
import { LineBudget } from './cut.ts'
import { escapeMarkdown } from './escape.ts'
import {
  markdownCounts,
  markdownGroup,
  markdownHeadline,
  markdownLimits,
  markdownPlace,
  markdownStates,
  type SourceView,
} from './gate-markdown.ts'
import { type FindingGroup, groupFindings, nameOf } from './group-findings.ts'
import { grouped, plural } from './words.ts'

/** GitHub refuses a step's summary over 1 MiB as a whole; something else of the step may have written to it. */
const MAX_BYTES = 900_000
const MAX_ITEMS = 50
const MAX_ROWS = 1000

/** The job summary of `gate`, Markdown: counts, what to do, what the states mean; details folded. */
export function formatGateSummary(verdict: Verdict, meta: GateMeta, view?: SourceView, maxBytes = MAX_BYTES): string {
  const tail = [...markdownLimits(verdict), ...effort(verdict, meta)]
  const cutLine = ['', '**Cut here: this page is as long as GitHub allows. The rest is in the JSON document.**', '']
  const budget = new LineBudget(maxBytes, [...tail, ...cutLine])
  const whole = [
    () => budget.add([`## ${markdownHeadline(verdict)}`, '', ...markdownCounts(verdict)]),
    () => addGroups(budget, groupFindings(verdict), view),
    () => budget.add(markdownStates(verdict)),
    () => addTable(budget, verdict.dependencies, view),
  ].every((add) => add())
  return [...budget.lines, ...(whole ? [] : cutLine), ...tail].join('\n')
}

function addGroups(budget: LineBudget, groups: readonly FindingGroup[], view: SourceView | undefined): boolean {
  const urgent = groups.filter(({ urgency }) => urgency === 'fail')
  const others = groups.filter(({ urgency }) => urgency !== 'fail')
  const first = urgent.length === 0 || (budget.add(['### What to do', '']) && addList(budget, urgent, view))
  return first && (others.length === 0 || addFold(budget, others, view))
}

/** What fails nothing is one click away: the reader has ten seconds. */
function addFold(budget: LineBudget, groups: readonly FindingGroup[], view: SourceView | undefined): boolean {
  const count = groups.reduce((sum, group) => sum + group.count, 0)
  const end = ['</details>', '']
  const inside = new LineBudget(MAX_BYTES / 3)
  const whole = addList(inside, groups, view)
  const title = `<details><summary>${plural(count, 'thing', 'things')} to know: warnings, what is unusual, what could not be learned</summary>`
  return budget.add([title, '', ...inside.lines, ...(whole ? [] : ['… and more in the JSON document.', '']), ...end])
}

function addList(budget: LineBudget, groups: readonly FindingGroup[], view: SourceView | undefined): boolean {
  return groups.every((group) => {
    const { title, items, end } = markdownGroup(group, view)
    const left = items.length - MAX_ITEMS
    const more = left > 0 ? [`- … and ${grouped(left)} more in the JSON document`] : []
    return (
      budget.add(title) && items.slice(0, MAX_ITEMS).every((item) => budget.add(item)) && budget.add([...more, ...end])
    )
  })
}

function addTable(
  budget: LineBudget,
  dependencies: readonly JudgedDependency[],
  view: SourceView | undefined,
): boolean {
  if (dependencies.length === 0) return true
  const worst = [...dependencies].sort(
    (a, b) =>
      EVIDENCE_STATES.indexOf(a.state) - EVIDENCE_STATES.indexOf(b.state) || (a.id < b.id ? -1 : Number(a.id > b.id)),
  )
  const inside = new LineBudget(MAX_BYTES / 3)
  const rows = worst.slice(0, MAX_ROWS)
  let shown = 0
  while (shown < rows.length && inside.add(rows.slice(shown, shown + 1).map((row) => tableRow(row, view)))) shown += 1
  const left = dependencies.length - shown
  return budget.add([
    `<details><summary>All of them: ${plural(dependencies.length, 'dependency', 'dependencies')}, worst first</summary>`,
    '',
    '| state | dependency | where | why |',
    '|---|---|---|---|',
    ...inside.lines,
    '',
    ...(left > 0 ? [`… and ${grouped(left)} more in the JSON document.`, ''] : []),
    '</details>',
    '',
  ])
}

function tableRow(one: JudgedDependency, view: SourceView | undefined): string {
  const state = [one.state, ...one.qualifiers].join(', ')
  return `| ${state} | ${escapeMarkdown(nameOf(one), 120)} | ${markdownPlace(one, view)} | ${escapeMarkdown(one.reason)} |`
}

/** How it came about, for whoever wonders why it took so long. */
function effort({ total }: Verdict, { policy, lock, requests, durations, version }: GateMeta): string[] {
  const sources = Object.entries(requests)
    .filter(([, n]) => n > 0)
    .map(([source, n]) => `${escapeMarkdown(source, 40)} ${grouped(n)}`)
  const parts = [
    `cleanbill ${escapeMarkdown(version, 40)}`,
    `policy ${escapeMarkdown(policy)}`,
    `trust lock ${lock === undefined ? 'none' : escapeMarkdown(lock)}`,
    ...(sources.length === 0 ? [] : [`requests: ${sources.join(', ')}`]),
    ...(durations.total === undefined ? [] : [`${(durations.total / 1000).toFixed(1)} s`]),
  ]
  return total === 0 && sources.length === 0 ? [] : [`<sub>${parts.join(' · ')}</sub>`, '']
}
