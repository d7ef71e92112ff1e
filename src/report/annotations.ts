import type { Finding, Verdict } from '../model/verdict.ts'
import { escapeCommandData, escapeCommandProperty } from './escape.ts'
import { joinPath } from './gate-markdown.ts'
import { nameOf, urgencyOf } from './group-findings.ts'
import { grouped, headline, plural } from './words.ts'

/** GitHub shows so many of each kind for one step, and drops the rest without a word. */
const MAX_EACH = 10

/** How much of a step's allowance is left, where the step has annotations of its own. */
export interface AnnotationRoom {
  readonly errors: number
  readonly warnings: number
}

/**
 * Workflow commands that put what fails, and what warns, on the line of the file that brought it in. What does not fit
 * is counted in one more.
 *
 * @param folder path of the judged folder from the root of the repository; `` for the root itself
 */
export function formatAnnotations(
  verdict: Verdict,
  folder = '',
  room: AnnotationRoom = { errors: MAX_EACH, warnings: MAX_EACH },
): string[] {
  const names = new Map(verdict.dependencies.map((one) => [one.id, nameOf(one)]))
  const fails = verdict.findings.filter((finding) => urgencyOf(finding) === 'fail')
  const warns = verdict.findings.filter((finding) => urgencyOf(finding) === 'warn')
  const write = (kind: string, findings: readonly Finding[], max: number) =>
    findings.slice(0, max).map((finding) => annotation(kind, finding, names, folder))
  const errorsLeft = Math.max(0, fails.length - room.errors)
  const warningsLeft = Math.max(0, warns.length - room.warnings)
  return [
    ...write('error', fails, room.errors),
    ...write('warning', warns, room.warnings),
    ...(errorsLeft + warningsLeft > 0 ? [rest(errorsLeft, warningsLeft)] : []),
  ]
}

function annotation(kind: string, finding: Finding, names: ReadonlyMap<string, string>, folder: string): string {
  const { dependency, code, rule, message, hint, file, line } = finding
  const who = dependency === undefined ? '' : `${(names.get(dependency) ?? dependency).slice(0, 120)}: `
  const title = `${headline(finding)} (${code})`
  const text = `${who}${message.slice(0, 600)}${hint === undefined ? '' : `\n${hint.slice(0, 600)}`}\nrule ${rule}`
  return `::${kind} file=${escapeCommandProperty(joinPath(folder, file))},line=${line},title=${escapeCommandProperty(title)}::${escapeCommandData(text)}`
}

function rest(errors: number, warnings: number): string {
  const parts = [
    ...(errors > 0 ? [`${grouped(errors)} more that fail`] : []),
    ...(warnings > 0 ? [plural(warnings, 'more warning', 'more warnings')] : []),
  ]
  return `::notice title=Cleanbill::${parts.join(' and ')}: see the summary of this job`
}
