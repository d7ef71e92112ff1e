import { CleanbillError } from '../model/error.ts'
import { LEVELS, PROFILES } from '../model/rules.ts'
import {
  EVIDENCE_STATES,
  type EvidenceState,
  type Finding,
  type JudgedDependency,
  type Verdict,
} from '../model/verdict.ts'
import type { Loosening } from './compare-policies.ts'
import { sortFindings } from './evaluate.ts'
import { shownLevel } from './levels.ts'
import type { WidenedEntry } from './lock-widened.ts'

/** What the proposed policy and lock change in the wording, whether or not it changes this verdict. */
export interface Proposal {
  readonly loosened: readonly Loosening[]
  readonly widened: readonly WidenedEntry[]
  readonly policyFile: string
  readonly lockFile: string
}

const NOTHING: Proposal = { loosened: [], widened: [], policyFile: 'cleanbill.yml', lockFile: 'cleanbill.lock' }

/**
 * Of two verdicts about the same dependencies, one by the base's policy and lock and one by the pull request's, the
 * stricter one for each dependency and as a whole (T-PP-08). Where the proposal alone would have been milder,
 * `POLICY_WEAKENED` says so; a proposal that is milder in words only is a warning, so that it can be merged alone.
 *
 * @param base by the base branch's policy and lock
 * @param head by the proposed ones
 * @throws {CleanbillError} `ACCOUNTING` when they are not about the same dependencies
 */
export function stricter(base: Verdict, head: Verdict, proposal: Proposal = NOTHING): Verdict {
  if (head.dependencies.length > base.dependencies.length) throw unlike(base, head)
  const pairs = base.dependencies.map((theirs, index) => {
    const ours = head.dependencies[index]
    if (ours === undefined || ours.id !== theirs.id || ours.line !== theirs.line) throw unlike(base, head)
    return { theirs, ours }
  })
  const profile = PROFILES.indexOf(base.profile) >= PROFILES.indexOf(head.profile) ? base.profile : head.profile
  const dependencies = pairs.map(({ theirs, ours }) => stricterOf(theirs, ours))
  const milder = pairs.filter(({ theirs, ours }) => rank(ours) < rank(theirs)).length
  const pipeline = (verdict: Verdict) => verdict.findings.filter(({ dependency }) => dependency === undefined)
  const hasFailed = (findings: readonly Finding[]) => findings.some(({ level }) => level === 'fail')
  const gone = hasFailed(pipeline(base)) && !hasFailed(pipeline(head))
  const findings = sortFindings([
    ...dependencies.flatMap((one) => one.findings),
    ...merge(pipeline(base), pipeline(head)),
    ...weakened(milder, gone, proposal).map((one) => ({ ...one, level: shownLevel(one.level, profile) })),
  ])
  return {
    result: hasFailed(findings) ? 'FAILED' : 'PASSED',
    profile,
    counts: count(dependencies),
    total: dependencies.length,
    judged: head.judged,
    dependencies,
    findings,
    limits: [
      ...new Map([...base.limits, ...head.limits].map((limit) => [`${limit.code} ${limit.message}`, limit])).values(),
    ],
  }
}

/** Failing counts most, then how bad the state is. */
function rank({ findings, state }: JudgedDependency): number {
  const fails = findings.filter(({ level }) => level === 'fail').length
  return fails * EVIDENCE_STATES.length + (EVIDENCE_STATES.length - EVIDENCE_STATES.indexOf(state))
}

function stricterOf(theirs: JudgedDependency, ours: JudgedDependency): JudgedDependency {
  const worse = rank(ours) > rank(theirs) ? ours : theirs
  const findings = merge(theirs.findings, ours.findings)
  const qualifiers = [...new Set([...theirs.qualifiers, ...ours.qualifiers])]
  return { ...worse, qualifiers, findings }
}

/** Both lists; of what both say, the stronger form. A waiver counts only where both have it. */
function merge(theirs: readonly Finding[], ours: readonly Finding[]): Finding[] {
  const groups = Map.groupBy([...theirs, ...ours], ({ rule, code, file, line, message, dependency }) =>
    JSON.stringify([rule, code, file, line, message, dependency]),
  )
  return [...groups.values()].flatMap((group) =>
    group.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level)).slice(0, 1),
  )
}

function weakened(milder: number, gone: boolean, { loosened, widened, policyFile, lockFile }: Proposal): Finding[] {
  const common = { rule: 'policy-change', outcome: 'fire', code: 'POLICY_WEAKENED' } as const
  const hint = 'Merge the change of policy or lock alone, with the review it needs.'
  const effect = milder > 0 || gone
  return [
    ...(effect
      ? [
          {
            ...common,
            level: 'fail' as const,
            message: `the proposed policy and lock alone would be milder (${milder} dependencies); the base's count`,
            hint,
            file: policyFile,
            line: 1,
          },
        ]
      : []),
    ...loosened.map(({ key, message }) => ({
      ...common,
      level: 'warn' as const,
      message: `${key}: ${message}`,
      hint,
      file: policyFile,
      line: 1,
    })),
    ...widened.map(({ ecosystem, name, line, message }) => ({
      ...common,
      level: 'warn' as const,
      message: `${ecosystem} ${name} line ${line}: ${message}`,
      hint,
      file: lockFile,
      line: 1,
    })),
  ]
}

function count(dependencies: readonly JudgedDependency[]): Record<EvidenceState, number> {
  const counts = Object.fromEntries(EVIDENCE_STATES.map((state) => [state, 0]))
  for (const { state } of dependencies) counts[state] = (counts[state] ?? 0) + 1
  // Sound: a key for each state, made just above.
  return counts as Record<EvidenceState, number>
}

function unlike(base: Verdict, head: Verdict): CleanbillError {
  const message = `two verdicts are not about the same dependencies (${base.total} and ${head.total})`
  return new CleanbillError('ACCOUNTING', message, { hint: 'This is a defect of the gate.' })
}
