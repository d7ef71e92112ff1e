import type { Finding } from '../model/verdict.ts'
import type { EvaluateInput } from './evaluate-input.ts'
import { levelOf, shownLevel } from './levels.ts'
import { leftToLocked } from './notices.ts'
import { type PlacedObjection, runPipelineRules } from './run-rules.ts'
import { findVacuous } from './vacuous.ts'
import type { ReviewedWaivers } from './waivers.ts'

/** Findings that are about no single dependency: files, workflows, the policy itself. */
export function pipelineFindings(input: EvaluateInput, waivers: ReviewedWaivers): Finding[] {
  const { discovery, policy, pipelineFiles } = input
  const said = runPipelineRules({ ...discovery, pipelineFiles }, input)
  const objections: readonly (PlacedObjection & { readonly level?: 'fail' | 'warn' | 'note' })[] = [
    ...leftToLocked(discovery, said).map((notice) => ({
      rule: 'locked' as const,
      outcome: 'fire' as const,
      ...notice,
    })),
    ...discovery.files.flatMap(({ path, error }) =>
      error === undefined
        ? []
        : [
            {
              rule: 'readable' as const,
              outcome: 'fire' as const,
              code: 'FILE_UNREAD' as const,
              message: `could not be read (${error.code}): ${error.message}`,
              hint: 'What it names is not judged. Repair the file, or waive it by its name.',
              file: path,
              line: error.line ?? 1,
            },
          ],
    ),
    ...waivers.faults.map(({ waiver, code, message, hint }) => ({
      rule: 'waiver' as const,
      outcome: 'fire' as const,
      code,
      message,
      hint,
      file: waiver.file ?? policy.file,
      line: waiver.line,
    })),
    ...findVacuous(input),
    ...said,
  ]
  return objections.flatMap((one) => toFinding(one, input, waivers))
}

function toFinding(
  one: PlacedObjection & { readonly level?: 'fail' | 'warn' | 'note' },
  { policy }: EvaluateInput,
  waivers: ReviewedWaivers,
): Finding[] {
  const { rule, outcome, code, message, hint, file, line } = one
  const level = one.level ?? levelOf(rule, one, policy)
  if (level === 'off') return []
  const finding = { rule, outcome, code, message, hint, file, line }
  const waiver = level === 'fail' && code !== 'POLICY_ERROR' ? waivers.find(rule, undefined, file) : undefined
  if (waiver === undefined) return [{ ...finding, level: shownLevel(level, policy.profile) }]
  const { owner, reason, expires, line: at } = waiver
  return [{ ...finding, level: 'note', waiver: { owner, reason, expires, line: at, file: waiver.file ?? policy.file } }]
}
