import type { Discovery } from '../model/dependency.ts'
import type { PipelineFile } from '../model/facts.ts'
import type { Policy } from '../model/policy.ts'
import type { Verdict } from '../model/verdict.ts'
import type { Rule, Subject } from './rule.ts'
import type { WaiverChange } from './waivers.ts'

/** Everything a verdict rests on. Nothing else is looked at: the same input gives the same verdict, years later. */
export interface EvaluateInput {
  readonly subjects: readonly Subject[]
  readonly discovery: Discovery
  /** The project's own, as far as somebody asked who reviewed them. */
  readonly pipelineFiles?: readonly PipelineFile[] | undefined
  readonly policy: Policy
  readonly now: Date
  readonly rules: readonly Rule[]
  readonly judged: Verdict['judged']
  /** The change that is judged, where there is one. */
  readonly change?: WaiverChange | undefined
}
