import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../src/model/evidence.ts'
import type { Policy, RuleSetting } from '../../src/model/policy.ts'
import type { Profile, RuleId } from '../../src/model/rules.ts'
import type { EvidenceState } from '../../src/model/verdict.ts'
import { findLimits } from '../../src/policy/limits.ts'
import { defaultPolicy } from '../../src/policy/parse-policy.ts'
import type { Subject } from '../../src/policy/rule.ts'
import { evidenceOf } from '../policy/support.ts'
import {
  attested,
  factsOf,
  known,
  lockOf,
  runOf,
  signedSubject,
  sourceOf,
  subjectOf,
  unknown,
} from '../support/subjects.ts'
import { judged } from '../support/verdicts.ts'

const codes = (subjects: readonly Subject[], states: readonly EvidenceState[], policy: Policy = defaultPolicy()) =>
  findLimits(
    subjects,
    states.map((state) => judged({ name: 'a', state })),
    policy,
  ).map(({ code }) => code)

/** What no gate proves, and what a cooldown does not: said of everything. */
const ALWAYS = ['COOLDOWN_BORROWED', 'OUTSIDE_GATE', 'EXFILTRATION_BEFORE_GATE']

const plain = (more: Partial<Subject> = {}): Subject => subjectOf({ id: 'pkg:cargo/serde@1.0.0', ...more })
const withFiles = (files: Evidence['files']) => plain({ evidence: evidenceOf({ files }) })
const withRuns = (...runs: ReturnType<typeof unknown>[]): Subject => {
  const [source] = sourceOf({}).sources
  if (source === undefined) throw new Error('a source was expected')
  return plain({
    facts: factsOf({ sources: [{ ...source, run: known(runOf()) }, ...runs.map((run) => ({ ...source, run }))] }),
  })
}
const signed = [attested()]

describe('the limits of a verdict', () => {
  it.for<[string, Subject, EvidenceState, readonly string[]]>([
    ['nothing but the registry’s word', plain(), 'registered', ['NO_BASELINE']],
    ['nothing at all', plain(), 'absent', ['NO_BASELINE']],
    ['evidence that was lost', plain(), 'lost', []],
    [
      'evidence, whose signer the lock knows',
      plain({ evidence: evidenceOf({ accepted: signed }), lock: lockOf() }),
      'verified',
      ['CONTEXT_ONLY', 'SOURCE_NOT_JUDGED'],
    ],
    [
      'evidence, and no lock',
      plain({ evidence: evidenceOf({ accepted: signed }) }),
      'verified',
      ['TOFU_FIRST_SEEN', 'CONTEXT_ONLY', 'SOURCE_NOT_JUDGED'],
    ],
    [
      'evidence, and a lock without signers',
      plain({ evidence: evidenceOf({ accepted: signed }), lock: lockOf({ signers: [] }) }),
      'verified',
      ['TOFU_FIRST_SEEN', 'CONTEXT_ONLY', 'SOURCE_NOT_JUDGED'],
    ],
    [
      'evidence of npm',
      signedSubject(signed, { lock: lockOf() }),
      'verified',
      ['CONTEXT_ONLY', 'SOURCE_NOT_JUDGED', 'BUILD_L2'],
    ],
    ['no evidence of npm', subjectOf({ lock: lockOf() }), 'lost', []],
    ['a run whose end nobody knows', withRuns(unknown('CONTEXT_UNKNOWN')), 'lost', ['RUN_OUTCOME_UNKNOWN']],
    ['a run that goes on', withRuns(unknown('RUN_IN_PROGRESS')), 'lost', ['RUN_OUTCOME_UNKNOWN']],
    ['a run that the platform deleted', withRuns(unknown('RUN_OUTCOME_EXPIRED')), 'lost', ['RUN_OUTCOME_EXPIRED']],
    [
      'runs of both kinds',
      withRuns(unknown('RUN_OUTCOME_EXPIRED'), unknown('CONTEXT_UNKNOWN')),
      'lost',
      ['RUN_OUTCOME_UNKNOWN', 'RUN_OUTCOME_EXPIRED'],
    ],
    ['a run that is known', withRuns(), 'lost', []],
    ['a feed that answered', plain({ facts: factsOf({ advisories: known([]) }) }), 'lost', ['FEED_INCOMPLETE']],
    ['a feed that did not', plain({ facts: factsOf({ advisories: unknown() }) }), 'lost', []],
    [
      'a rebuild that matches',
      plain({ facts: factsOf({ rebuild: known('matches') }) }),
      'lost',
      ['REBUILD_NOT_REVIEW'],
    ],
    ['a rebuild that differs', plain({ facts: factsOf({ rebuild: known('differs') }) }), 'lost', []],
    ['a rebuild that nobody made', plain({ facts: factsOf({ rebuild: known('none') }) }), 'lost', []],
    ['a rebuilder that did not answer', plain({ facts: factsOf({ rebuild: unknown() }) }), 'lost', []],
    ['files of other platforms', withFiles({ checked: 1, attested: 0, pinned: 1 }), 'lost', ['FILES_PINNED']],
    ['files that were all looked up', withFiles({ checked: 2, attested: 2, pinned: 0 }), 'lost', []],
  ])('over %s', ([, subject, state, expected]) => {
    const all = [
      'TOFU_FIRST_SEEN',
      'NO_BASELINE',
      'CONTEXT_ONLY',
      'SOURCE_NOT_JUDGED',
      'BUILD_L2',
      'RUN_OUTCOME_UNKNOWN',
      'RUN_OUTCOME_EXPIRED',
      'FEED_INCOMPLETE',
      ALWAYS[0],
      'REBUILD_NOT_REVIEW',
      'FILES_PINNED',
      ...ALWAYS.slice(1),
    ]
    const wanted = all.filter((code) => code !== undefined && (ALWAYS.includes(code) || expected.includes(code)))
    expect(codes([subject], [state])).toEqual(wanted)
    // One such dependency among others is enough.
    expect(codes([plain(), subject], ['lost', state])).toEqual(wanted)
  })

  it('over nothing are those of any gate', () => {
    expect(codes([], [])).toEqual(['OUTSIDE_GATE', 'EXFILTRATION_BEFORE_GATE'])
  })

  it('of a cooldown are not said where there is none', () => {
    const off = { ...defaultPolicy(), rules: { cooldown: { level: 'off' } } } as const
    expect(codes([plain()], ['lost'], off)).toEqual(['OUTSIDE_GATE', 'EXFILTRATION_BEFORE_GATE', 'RULE_OFF'])
    const days = { ...defaultPolicy(), rules: { cooldown: { days: 9 } } }
    expect(codes([plain()], ['lost'], days)).toEqual(ALWAYS)
  })
})

describe('a rule that the policy lowers', () => {
  it.for<[RuleId, Profile, RuleSetting['level'], string | undefined]>([
    ['signer-continuity', 'recommended', 'off', 'RULE_OFF'],
    ['signer-continuity', 'strict', 'off', 'RULE_OFF'],
    ['signer-continuity', 'baseline', 'off', 'RULE_OFF'],
    ['signer-continuity', 'recommended', 'warn', 'RULE_LOWERED'],
    ['signer-continuity', 'strict', 'warn', 'RULE_LOWERED'],
    // A profile that never fails is lowered by no rule.
    ['signer-continuity', 'baseline', 'warn', undefined],
    ['signer-continuity', 'recommended', 'fail', undefined],
    ['signer-continuity', 'recommended', undefined, undefined],
    // What only warns is not lowered by warning.
    ['before-install', 'recommended', 'warn', undefined],
    ['before-install', 'strict', 'warn', 'RULE_LOWERED'],
    ['before-install', 'recommended', 'off', 'RULE_OFF'],
    // What is off anyway is not switched off.
    ['reviewed-source', 'recommended', 'off', undefined],
    ['reviewed-source', 'strict', 'off', 'RULE_OFF'],
    ['reviewed-source', 'strict', 'warn', undefined],
  ])('%s under %s, set to %s, is %s', ([id, profile, level, code]) => {
    const policy = { ...defaultPolicy(profile), file: 'ci/cleanbill.yml', rules: { [id]: { level } } }
    const lowered = findLimits([], [], policy).filter((limit) => limit.code.startsWith('RULE_'))
    expect(lowered.map((limit) => limit.code)).toEqual(code === undefined ? [] : [code])
    for (const { message } of lowered) expect(message).toMatch(new RegExp(`^ci/cleanbill\\.yml .*\\b${id}\\b`))
  })
})
