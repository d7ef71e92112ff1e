import type { PipelineFile } from '../../model/facts.ts'
import { toSortedJson } from '../../model/json.ts'
import type { Waiver } from '../../model/policy.ts'
import type { TrustLock } from '../../model/trust-lock.ts'
import type { Verdict } from '../../model/verdict.ts'
import { policyWeakened } from '../../policy/compare-policies.ts'
import { evaluate } from '../../policy/evaluate.ts'
import { findLockEntries } from '../../policy/lock-entries.ts'
import { lockWidened } from '../../policy/lock-widened.ts'
import type { Subject } from '../../policy/rule.ts'
import { RULES_TABLE } from '../../policy/rules/index.ts'
import { stricter } from '../../policy/stricter.ts'
import { type Approval, isApproved } from '../../policy/waivers.ts'
import { enforces, type Prepared } from './prepare.ts'

export interface JudgeOptions {
  readonly now: Date
  /**
   * Others who may approve and said yes to this very head commit: only then do a lock that accepts more signers and a
   * waiver count where they are proposed. Undefined where nobody could be asked.
   */
  readonly approvals: readonly Approval[] | undefined
  /** Who opened the pull request; undefined outside of one. */
  readonly author: string | undefined
  readonly lockPath: string
  /** The project's own, with who reviewed them. */
  readonly pipelineFiles: readonly PipelineFile[]
  /** The same entries with what was found and believed the base's way, where that is another one. */
  readonly subjectsThere?: readonly Subject[] | undefined
}

/**
 * The verdict under the policy and the lock as they are proposed and, on a pull request, under those of its base as well:
 * the stricter one counts, entry by entry (T-PP-08).
 */
export function judge(
  prepared: Prepared,
  subjects: readonly Subject[],
  { subjectsThere = subjects, ...options }: JudgeOptions,
): Verdict {
  const { policy, base, judged, found, lock } = prepared
  const { now, approvals, author, lockPath, pipelineFiles } = options
  const scope: Verdict['judged'] =
    base === undefined || judged === found
      ? 'all'
      : { base: base.label, changed: judged.dependencies.length, found: found.dependencies.length }
  // All that was found is accounted for, also what did not change and is not judged.
  const discovery = { ...judged, dependencies: found.dependencies }
  const common = { discovery, pipelineFiles, now, rules: RULES_TABLE, judged: scope }
  if (base === undefined) return evaluate({ ...common, subjects, policy: policy.policy })
  const policyThere = base.policyThere.policy
  const isNew = notIn(policyThere.waivers)
  const change = { author, isNew, approvals, limits: policyThere.waiverLimits }
  const head = evaluate({ ...common, subjects, policy: policy.policy, change })
  if (!enforces(base)) return head
  const widened = (approvals ?? []).length > 0 ? [] : lockWidened(base.lockThere, lock)
  const there = widened.length > 0 ? withLock(subjectsThere, base.lockThere) : subjectsThere
  // An approved waiver counts in the change that brings it; any other one only once it is merged.
  const added = isApproved(policyThere.waiverLimits, approvals) ? policy.policy.waivers.filter(isNew) : []
  const waivers = [...policyThere.waivers, ...added]
  const old = evaluate({ ...common, subjects: there, policy: { ...policyThere, waivers }, change })
  const loosened = [
    ...policyWeakened(policyThere, policy.policy),
    ...base.replaced.map((path) => ({ key: 'trust', message: `${path} is another file` })),
  ]
  return stricter(old, head, { loosened, widened, policyFile: policy.policy.file, lockFile: lockPath })
}

/** A waiver that was only moved within the file is no new one. */
export function notIn(known: readonly Waiver[]): (waiver: Waiver) => boolean {
  const bare = ({ line: _line, file: _file, ...rest }: Waiver) => toSortedJson(rest)
  const there = new Set(known.map(bare))
  return (waiver) => !there.has(bare(waiver))
}

/** The same evidence, seen with another lock. */
function withLock(subjects: readonly Subject[], lock: TrustLock): readonly Subject[] {
  const known = findLockEntries(lock)
  return subjects.map((subject) => {
    const { lock: _, ...rest } = subject
    return { ...rest, ...known(subject.dependency) }
  })
}
