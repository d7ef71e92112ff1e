import type { InitResult } from '../model/init-document.ts'
import type { EvidenceState } from '../model/verdict.ts'
import { escapeTerminal } from './escape.ts'
import { countUrgencies } from './group-findings.ts'
import { type Painter, painter } from './run-report.ts'
import { statesOf } from './verdict-words.ts'
import { grouped, plural, STATE_WORDS } from './words.ts'

const MAX_ECOSYSTEMS = 15

/** What `init` prints: what was written, what share is verifiable today, what to do next. */
export function formatInit(result: InitResult, style: { readonly color: boolean }): string {
  const paint = painter(style)
  const { counts, total } = result
  const width = grouped(total).length
  return [
    ...written(result, paint),
    '',
    `${paint.bold(plural(total, 'dependency', 'dependencies'))}: ${share(counts.verified, total)} signed by their builders, ${share(counts.registered, total)} vouched for by their registries`,
    '',
    ...statesOf(counts).map(
      ([state, n]) => `  ${grouped(n).padStart(width)}  ${state.padEnd(11)}  ${STATE_WORDS[state]}`,
    ),
    ...ecosystems(result),
    '',
    paint.bold('Next'),
    ...steps(result).map((step, index) => `  ${index + 1}. ${step}`),
  ].join('\n')
}

function written({ policy, lock }: InitResult, paint: Painter): string[] {
  const line = (path: string, isNew: boolean, more: string) =>
    `${isNew ? paint.green('wrote') : paint.dim('kept ')}  ${escapeTerminal(path)}${more}`
  const signers = `${plural(lock.entries, 'entry', 'entries')}, ${plural(lock.signers, 'accepted signer', 'accepted signers')}`
  return [line(policy.path, policy.written, ''), line(lock.path, lock.written, `  ${signers}`)]
}

/** `0 %` is said of nothing only, `100 %` of everything only. */
export function share(n: number, total: number): string {
  if (total === 0) return '0 %'
  const percent = Math.round((100 * n) / total)
  if (percent === 0 && n > 0) return 'under 1 %'
  return percent === 100 && n < total ? 'over 99 %' : `${percent} %`
}

function ecosystems({ ecosystems: list }: InitResult): string[] {
  if (list.length < 2) return []
  const shown = list.slice(0, MAX_ECOSYSTEMS)
  const left = list.length - shown.length
  const pad = (name: string) => escapeTerminal(name, 20).padEnd(12)
  return [
    '',
    `  ${pad('')} ${'verified'.padStart(10)} ${'registered'.padStart(10)} ${'other'.padStart(10)}`,
    ...shown.map(({ ecosystem, total, counts }) => {
      const other = total - counts.verified - counts.registered
      const cells = [counts.verified, counts.registered, other].map((n) => grouped(n).padStart(10))
      return `  ${pad(ecosystem)} ${cells.join(' ')}`
    }),
    ...(left > 0 ? [`  … and ${plural(left, 'other ecosystem', 'other ecosystems')} (see --json)`] : []),
  ]
}

/** States that say something is wrong today, not merely unproven. */
const WRONG: readonly EvidenceState[] = ['invalid', 'changed', 'lost']

function steps({ counts, findings, policy, lock }: InitResult): string[] {
  const wrong = WRONG.reduce((sum, state) => sum + counts[state], 0)
  const { fail } = countUrgencies(findings)
  const objections = fail > 0 || wrong > 0
  return [
    ...(objections
      ? [`Look at ${plural(Math.max(fail, wrong), 'finding', 'findings')} that fail already today: cleanbill gate`]
      : []),
    ...(counts.unreachable > 0
      ? [`Run it again: ${plural(counts.unreachable, 'dependency', 'dependencies')} could not be asked about.`]
      : []),
    `Read ${escapeTerminal(lock.path)}: it says whose signatures are accepted from now on, on first sight.`,
    `Commit ${escapeTerminal(policy.path)} and ${escapeTerminal(lock.path)}.`,
    'Make the gate a required check of pull requests: examples/gate/workflow.yml',
  ]
}
