import type { Policy } from '../model/policy.ts'
import { isLeftAlone } from './levels.ts'
import type { EntryObjection } from './requirements.ts'
import type { Pipeline, PipelineObjection, Rule, RuleContext, Subject } from './rule.ts'

interface Rules {
  readonly rules: readonly Rule[]
  readonly policy: Policy
  readonly now: Date
}

/** Every rule over one dependency. A rule that throws has objected to nothing, and that must not look like a pass. */
export function runDependencyRules(subject: Subject, input: Rules): readonly EntryObjection[] {
  return input.rules.flatMap((rule): readonly EntryObjection[] => {
    const context = contextOf(rule, input)
    if (rule.check === undefined || context.setting.level === 'off') return []
    if (isLeftAlone(context.setting, subject.dependency)) return []
    try {
      return rule.check(subject, context).map((objection) => ({ ...objection, rule: rule.id }))
    } catch (cause) {
      return [broken(rule, cause)]
    }
  })
}

export interface PlacedObjection extends PipelineObjection {
  readonly rule: Rule['id']
}

/** Every rule over workflows and manifests. */
export function runPipelineRules(pipeline: Pipeline, input: Rules): readonly PlacedObjection[] {
  return input.rules.flatMap((rule): readonly PlacedObjection[] => {
    const context = contextOf(rule, input)
    if (rule.checkPipeline === undefined || context.setting.level === 'off') return []
    try {
      return rule.checkPipeline(pipeline, context).map((objection) => ({ ...objection, rule: rule.id }))
    } catch (cause) {
      return [{ ...broken(rule, cause), rule: rule.id, file: input.policy.file, line: 1 }]
    }
  })
}

function contextOf({ id }: Rule, { policy, now }: Rules): RuleContext {
  return { profile: policy.profile, policy, setting: policy.rules[id] ?? {}, now }
}

function broken(rule: Rule, cause: unknown): EntryObjection {
  const message = cause instanceof Error ? cause.message : String(cause)
  return {
    rule: rule.id,
    outcome: 'unknown',
    code: 'POLICY_ERROR',
    message: `the rule broke: ${message.slice(0, 300)}`,
    hint: 'This is a defect of the rule. What it would have said is not known.',
    level: 'fail',
  }
}
