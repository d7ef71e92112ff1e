import type { Notice } from '../model/dependency.ts'
import { isGate, readStep } from './workflow-notices.ts'
import type { YamlNode } from './yaml-lines.ts'

/**
 * A required check whose job was skipped counts as passed on GitHub, and one whose failure is tolerated is green. So a gate
 * that decides over a pull request must have no way to be left out: no condition, no job before it that may fail, no
 * `continue-on-error` (T-AC-08). Where it needs one, a last job that always runs can look at how it ended.
 */
export function skippableGateNotices(workflow: YamlNode, file: string): Notice[] {
  if (!triggersOf(workflow).some((trigger) => DECIDES.has(trigger))) return []
  const jobs = workflow.get('jobs')?.entries() ?? []
  return jobs.flatMap(([id, job]) => {
    const gates = (job.get('steps')?.items() ?? []).filter(isGateAlone)
    if (gates.length === 0 || jobs.some(([, other]) => looksAt(other, id))) return []
    return [...waysAround(job, true), ...gates.flatMap((step) => waysAround(step, false))].map(
      ([node, what]): Notice => ({
        code: 'GATE_SKIPPABLE',
        message: `the gate can be left out, which counts as passed: ${what}`,
        hint: 'Take it away, or require a last job instead that has `if: always()` and fails unless the gate succeeded.',
        file,
        line: node.line,
      }),
    )
  })
}

/** Events under which the check of a change is made. */
const DECIDES: ReadonlySet<string> = new Set(['pull_request', 'pull_request_target', 'merge_group'])

function triggersOf(workflow: YamlNode): readonly string[] {
  const on = workflow.get('on')
  if (on?.isMap) return on.entries().map(([name]) => name)
  return on?.isList ? on.items().flatMap(({ text }) => text ?? []) : [on?.text ?? '']
}

/** A step that does something else as well, and is left out with it, is nobody's check. */
const OTHER_WORK: readonly string[] = ['run', 'recording', 'predicate-path']

function isGateAlone(node: YamlNode): boolean {
  const step = readStep(node)
  return isGate(step) && OTHER_WORK.every((input) => (step.with(input) ?? '') === '')
}

/** A step before the gate that fails makes the job fail; a job before it that fails leaves it out. */
function waysAround(node: YamlNode, isJob: boolean): readonly (readonly [YamlNode, string])[] {
  const [condition, tolerates, needs] = ['if', 'continue-on-error', 'needs'].map((key) => node.get(key))
  const always = conditionOf(node) === 'always()'
  const conditional = condition !== undefined && !always && !['true', 'success()', ''].includes(conditionOf(node))
  return [
    ...(condition !== undefined && conditional ? [[condition, '`if:`'] as const] : []),
    ...(tolerates !== undefined && tolerates.text !== 'false' ? [[tolerates, '`continue-on-error:`'] as const] : []),
    ...(isJob && needs !== undefined && !always ? [[needs, '`needs:` without `if: always()`'] as const] : []),
  ]
}

/** As it is written, without the braces that may stand around it. */
const conditionOf = (node: YamlNode): string =>
  (node.get('if')?.text ?? '').replace(/^\s*\$\{\{|\}\}\s*$/g, '').replace(/\s+/g, '')

/** A job that runs whatever happened, and reads how that one ended. */
function looksAt(job: YamlNode, id: string): boolean {
  const needs = job.get('needs')
  const needed = needs?.isList ? needs.items().map(({ text }) => text) : [needs?.text]
  if (!needed.includes(id) || conditionOf(job) !== 'always()') return false
  const places = [job, ...(job.get('steps')?.items() ?? [])]
  const texts = places.flatMap((place) => [
    ...['if', 'run'].map((key) => place.get(key)?.text),
    ...(place.get('env')?.isMap ? (place.get('env')?.entries() ?? []).map(([, value]) => value.text) : []),
  ])
  return texts.some((text) => text?.includes(`needs.${id}.result`) === true)
}
