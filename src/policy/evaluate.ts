import type { Discovery } from '../model/dependency.ts'
import { CleanbillError } from '../model/error.ts'
import type { Policy } from '../model/policy.ts'
import { LEVELS, type Level, RULE_IDS } from '../model/rules.ts'
import {
  EVIDENCE_STATES,
  type EvidenceState,
  type Finding,
  type JudgedDependency,
  type Verdict,
} from '../model/verdict.ts'
import { checkAllowed } from './allow.ts'
import type { EvaluateInput } from './evaluate-input.ts'
import { summarizeEvidence } from './evidence-summary.ts'
import { levelOf, shownLevel } from './levels.ts'
import { findLimits } from './limits.ts'
import { isLockable } from './lock-entries.ts'
import { pipelineFindings } from './pipeline-findings.ts'
import { checkQuorum } from './quorum.ts'
import { checkRequirements, type EntryObjection } from './requirements.ts'
import type { Subject } from './rule.ts'
import { runDependencyRules } from './run-rules.ts'
import { decideState, type StateDecision } from './states.ts'
import { applyWaivers, type ReviewedWaivers } from './waivers.ts'

/**
 * Judges every dependency by every rule, then the pipeline as a whole, and adds up. No rule is skipped because another
 * one has failed already (T-PP-16); one that breaks is a failure of its own, and the others still run.
 *
 * @throws {CleanbillError} `ACCOUNTING` when the states do not add up to what was found
 */
export function evaluate(input: EvaluateInput): Verdict {
  const { subjects, discovery, policy, now, judged } = input
  const waivers = applyWaivers(
    policy,
    subjects.map(({ dependency }) => dependency),
    now,
    input.change,
  )
  const dependencies = subjects.map((subject) => judge(subject, input, waivers))
  const pipeline = pipelineFindings(input, waivers)
  const findings = sortFindings([...dependencies.flatMap((one) => one.findings), ...pipeline])
  const counts = countStates(dependencies)
  account(counts, subjects, discovery, judged)
  return {
    result: findings.some(({ level }) => level === 'fail') ? 'FAILED' : 'PASSED',
    profile: policy.profile,
    counts,
    total: dependencies.length,
    judged,
    dependencies,
    findings,
    limits: findLimits(subjects, dependencies, policy),
  }
}

interface Weighed extends EntryObjection {
  readonly weighed: Level
}

function judge(subject: Subject, input: EvaluateInput, waivers: ReviewedWaivers): JudgedDependency {
  const { policy, now } = input
  const { dependency, evidence, lock } = subject
  const quorum = checkQuorum(subject, policy, now)
  const objections = [
    ...checkRequirements(subject, policy),
    ...checkAllowed(subject, policy),
    ...quorum.objections,
    ...mismatchOf(subject),
    ...runDependencyRules(subject, input),
  ]
  const weighed = unique(objections.flatMap((one) => weigh(one, policy, subject)))
  const failing = weighed.filter(({ weighed: level }) => level === 'fail')
  const decision = decideState(subject, policy, quorum, failing)
  const own = decision.objection === undefined ? [] : weigh(decision.objection, policy, subject)
  const said = withState(weighed, own)
  const attested = decision.state === 'verified'
  const missing = attested ? said.find((one) => one.missing === true && one.weighed === 'fail') : undefined
  // What the policy asks for is not there: then not every step held, whatever else is attested.
  const { state, reason } =
    missing === undefined ? decision : ({ state: 'absent', reason: missing.message } satisfies Partial<StateDecision>)
  const besides = attested ? besidesRefused(subject) : []
  const findings = [...said, ...besides].map((one) => toFinding(one, subject, policy, waivers))
  return {
    id: dependency.id,
    name: dependency.name,
    version: dependency.version,
    kind: dependency.kind,
    state: isWaived(findings) ? 'waived' : state,
    qualifiers: [
      ...(lock === undefined && isLockable(dependency) ? (['new'] as const) : []),
      ...(findings.some(({ level }) => level === 'unusual') ? (['unusual'] as const) : []),
    ],
    file: dependency.file,
    line: dependency.line,
    scope: dependency.scope,
    evidence: summarizeEvidence(evidence),
    reason,
    findings: sortFindings(findings.map((one) => ({ ...one, level: shownLevel(one.level, policy.profile) }))),
  }
}

/** R0's own verdict is in the evidence: it counts also where no rule was loaded that repeats it. */
function mismatchOf({ evidence: { registry } }: Subject): EntryObjection[] {
  if (registry.kind !== 'mismatch') return []
  const { code, message } = registry
  const hint = 'Compare the lock with the one before: name and version are right, the bytes are not.'
  return [{ rule: 'lock-matches-registry', outcome: 'fire', code, message, hint, state: 'invalid' }]
}

function weigh(objection: EntryObjection, policy: Policy, subject: Subject): Weighed[] {
  const level = levelOf(objection.rule, objection, policy, subject)
  const decided = level === 'off' ? level : (objection.level ?? level)
  return decided === 'off' ? [] : [{ ...objection, weighed: decided }]
}

/** One thing is said once: rule and code name it, the strongest form stands. */
function unique(objections: readonly Weighed[]): Weighed[] {
  const groups = Map.groupBy(objections, ({ rule, code, message, outcome, weighed }) =>
    // The gate's own objection and the rule's say the same in other words.
    rule === 'lock-matches-registry' && outcome === 'fire'
      ? `${rule} ${code}`
      : `${rule} ${code} ${weighed} ${message}`,
  )
  return [...groups.values()].flatMap((group) => group.toSorted(byWeight).slice(-1))
}

const byWeight = (a: Weighed, b: Weighed) => LEVELS.indexOf(b.weighed) - LEVELS.indexOf(a.weighed)

/** The state's own objection, unless a rule has said the same; and nothing is "missing" that could not be asked for. */
function withState(weighed: readonly Weighed[], [own]: readonly Weighed[]): Weighed[] {
  if (own === undefined) return [...weighed]
  const told = weighed.some(
    ({ code, weighed: level }) => code === own.code && LEVELS.indexOf(level) <= LEVELS.indexOf(own.weighed),
  )
  const explains = own.weighed === 'fail' && (own.rule === 'valid-evidence' || own.code === 'UNSUPPORTED')
  const kept = explains ? weighed.filter(({ missing }) => missing !== true) : weighed
  return told ? [...kept] : [...kept, own]
}

/** Refused evidence beside accepted: not what decided, and not to be hidden. */
function besidesRefused({ evidence }: Subject): Weighed[] {
  return evidence.refused.map(({ code, message, where }) => ({
    rule: 'valid-evidence',
    outcome: 'fire',
    code,
    message: `${where.slice(0, 200)}: ${message}; other evidence counts`,
    weighed: 'note',
  }))
}

function toFinding(one: Weighed, subject: Subject, policy: Policy, waivers: ReviewedWaivers): Finding {
  const { id, file, line } = subject.dependency
  const { rule, outcome, code, message, hint, weighed: level } = one
  const waiver = level === 'fail' && code !== 'POLICY_ERROR' ? waivers.find(rule, subject.dependency, file) : undefined
  const finding = { rule, level, outcome, code, message, hint, dependency: id, file, line }
  if (waiver === undefined) return finding
  const { owner, reason, expires, line: at } = waiver
  return { ...finding, level: 'note', waiver: { owner, reason, expires, line: at, file: waiver.file ?? policy.file } }
}

/** Only when everything that failed is covered. */
function isWaived(findings: readonly Finding[]): boolean {
  return findings.some(({ waiver }) => waiver !== undefined) && !findings.some(({ level }) => level === 'fail')
}

function countStates(dependencies: readonly JudgedDependency[]): Record<EvidenceState, number> {
  const counts = Object.fromEntries(EVIDENCE_STATES.map((state) => [state, 0]))
  for (const { state } of dependencies) counts[state] = (counts[state] ?? 0) + 1
  // Sound: a key for each state, made just above.
  return counts as Record<EvidenceState, number>
}

/** An entry that vanishes between two lists has been let through unseen (T-AC-05). */
function account(
  counts: Readonly<Record<EvidenceState, number>>,
  subjects: readonly Subject[],
  discovery: Discovery,
  judged: Verdict['judged'],
): void {
  const sum = Object.values(counts).reduce((total, count) => total + count, 0)
  const found = discovery.dependencies.length
  const expected = judged === 'all' ? found : judged.changed
  const known = judged === 'all' || judged.found === found
  if (sum === subjects.length && sum === expected && known) return
  throw new CleanbillError(
    'ACCOUNTING',
    `${found} entries were found, ${expected} to be judged, and ${sum} have a state`,
    {
      hint: 'This is a defect of the gate; nothing it says can be relied on.',
    },
  )
}

/** Worst first; then rules in their order, then by place: equal inputs give equal lists. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) =>
      LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) ||
      RULE_IDS.indexOf(a.rule) - RULE_IDS.indexOf(b.rule) ||
      compare(a.file, b.file) ||
      a.line - b.line ||
      compare(a.code, b.code) ||
      compare(a.message, b.message),
  )
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
