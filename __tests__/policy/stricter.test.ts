import { describe, expect, it } from 'vitest'
import type { Profile } from '../../src/model/rules.ts'
import { EVIDENCE_STATES, type EvidenceState, type Finding, type JudgedDependency } from '../../src/model/verdict.ts'
import { stricter } from '../../src/policy/stricter.ts'
import { catchError } from '../policy/support.ts'
import { judged, verdictOf } from '../support/verdicts.ts'

const finding = (level: Finding['level'], more: Partial<Finding> = {}): Finding => ({
  rule: 'cooldown',
  level,
  outcome: 'fire',
  code: 'TOO_YOUNG',
  message: 'it is young',
  dependency: 'pkg:npm/a@1.0.0',
  file: 'package-lock.json',
  line: 7,
  ...more,
})
const one = (state: EvidenceState, reason: string, more: Partial<JudgedDependency> = {}) =>
  judged({ name: 'a', state, reason, more })
const both = (base: JudgedDependency, head: JudgedDependency) => stricter(verdictOf([base]), verdictOf([head]))
const levels = (found: readonly Finding[]) => found.map(({ code, level }) => `${code} ${level}`)

describe('of two verdicts about a dependency', () => {
  it.for<[string, base: EvidenceState, head: EvidenceState, stands: EvidenceState]>([
    ['the base’s where it is worse', 'registered', 'verified', 'registered'],
    ['the proposal’s where it is worse', 'verified', 'registered', 'registered'],
    ['the base’s where it is worst', 'invalid', 'lost', 'invalid'],
    ['the proposal’s where it is worst', 'lost', 'invalid', 'invalid'],
  ])('%s: of %s and %s it is %s', ([, base, head, state]) => {
    const { dependencies, counts, total } = both(one(base, 'by the base'), one(head, 'by the proposal'))
    expect(dependencies.map((each) => [each.state, each.reason])).toEqual([
      [state, base === state ? 'by the base' : 'by the proposal'],
    ])
    expect(counts).toStrictEqual({ ...Object.fromEntries(EVIDENCE_STATES.map((each) => [each, 0])), [state]: 1 })
    expect(total).toBe(1)
  })

  it('the base’s stands where both say the same', () => {
    const { dependencies, findings } = both(one('registered', 'by the base'), one('registered', 'by the proposal'))
    expect([dependencies[0]?.reason, findings]).toEqual(['by the base', []])
  })

  it('one that fails is worse than any state that does not', () => {
    const { dependencies } = both(
      one('invalid', 'by the base'),
      one('verified', 'by the proposal', { findings: [finding('fail')] }),
    )
    expect(dependencies[0]).toMatchObject({ state: 'verified', reason: 'by the proposal' })
    const fails = (count: number) => Array.from({ length: count }, (_, index) => finding('fail', { line: index }))
    const twice = both(one('verified', 'twice', { findings: fails(2) }), one('invalid', 'once', { findings: fails(1) }))
    expect(twice.dependencies[0]?.reason).toBe('twice')
  })

  it('both have a say in what is new or unusual', () => {
    const { dependencies } = both(
      one('registered', 'x', { qualifiers: ['new'] }),
      one('registered', 'x', { qualifiers: ['new', 'unusual'] }),
    )
    expect(dependencies[0]?.qualifiers).toEqual(['new', 'unusual'])
  })

  it.for<[Finding['level'], Finding['level'], Finding['level']]>([
    ['fail', 'note', 'fail'],
    ['note', 'fail', 'fail'],
    ['warn', 'unusual', 'warn'],
    ['note', 'unusual', 'unusual'],
    ['warn', 'warn', 'warn'],
  ])('%s and %s about the same thing is said once: %s', ([theirs, ours, level]) => {
    const { dependencies } = both(
      one('lost', 'x', { findings: [finding(theirs)] }),
      one('lost', 'x', { findings: [finding(ours)] }),
    )
    expect(levels(dependencies[0]?.findings ?? [])).toEqual([`TOO_YOUNG ${level}`])
  })

  it.for<[string, Partial<Finding>]>([
    ['rule', { rule: 'revoked' }],
    ['code', { code: 'REVOKED' }],
    ['file', { file: 'b/package-lock.json' }],
    ['line', { line: 8 }],
    ['message', { message: 'it is bad' }],
    ['dependency', { dependency: 'pkg:npm/b@1.0.0' }],
  ])('two things of another %s are both said', ([, more]) => {
    const { dependencies } = both(
      one('lost', 'x', { findings: [finding('warn')] }),
      one('lost', 'x', { findings: [finding('warn', more)] }),
    )
    expect(dependencies[0]?.findings).toHaveLength(2)
  })

  it('counts every dependency in its state', () => {
    const all = ['a', 'b', 'c'].map((name) => judged({ name, state: name === 'c' ? 'lost' : 'absent' }))
    expect(stricter(verdictOf(all), verdictOf(all)).counts).toMatchObject({ absent: 2, lost: 1, verified: 0 })
  })
})

describe('of two verdicts as a whole', () => {
  const ranked: readonly Profile[] = ['baseline', 'recommended', 'strict']
  it('the stricter profile holds', () => {
    for (const base of ranked) {
      for (const head of ranked) {
        const { profile } = stricter(verdictOf([], { profile: base }), verdictOf([], { profile: head }))
        expect(profile).toBe(ranked[Math.max(ranked.indexOf(base), ranked.indexOf(head))])
      }
    }
  })

  it('the limits of both hold, each once', () => {
    const limit = (code: string, message = 'x') => ({ code, message })
    const { limits } = stricter(
      verdictOf([], { limits: [limit('BUILD_L2'), limit('RULE_OFF', 'one')] }),
      verdictOf([], { limits: [limit('BUILD_L2'), limit('RULE_OFF', 'two'), limit('NO_BASELINE')] }),
    )
    expect(limits).toEqual([
      limit('BUILD_L2'),
      limit('RULE_OFF', 'one'),
      limit('RULE_OFF', 'two'),
      limit('NO_BASELINE'),
    ])
  })

  it('what the proposal alone would have let pass fails, in the policy’s file', () => {
    const { result, findings } = both(one('lost', 'x', { findings: [finding('fail')] }), one('registered', 'x'))
    expect([result, levels(findings)]).toEqual(['FAILED', ['POLICY_WEAKENED fail', 'TOO_YOUNG fail']])
    expect(findings[0]).toMatchObject({ rule: 'policy-change', outcome: 'fire', file: 'cleanbill.yml', line: 1 })
    expect(findings[0]?.message).toContain('(1 dependencies)')
    // A profile that only reports fails for nothing.
    const reported = stricter(
      verdictOf([one('lost', 'x')], { profile: 'baseline' }),
      verdictOf([one('registered', 'x')], { profile: 'baseline' }),
    )
    expect([reported.result, levels(reported.findings)]).toEqual(['PASSED', ['POLICY_WEAKENED warn']])
  })

  it('what the proposal adds is nothing that is milder', () => {
    const { findings } = both(one('registered', 'x'), one('lost', 'x', { findings: [finding('fail')] }))
    expect(levels(findings)).toEqual(['TOO_YOUNG fail'])
  })

  const file = (level: Finding['level']) =>
    finding(level, { rule: 'locked', code: 'CONTRADICTION', dependency: undefined })
  it.for<[base: readonly Finding[], head: readonly Finding[], readonly string[]]>([
    [[file('fail')], [], ['CONTRADICTION fail', 'POLICY_WEAKENED fail']],
    [[file('fail')], [file('warn')], ['CONTRADICTION fail', 'POLICY_WEAKENED fail']],
    [[file('fail')], [file('fail')], ['CONTRADICTION fail']],
    [[file('warn')], [], ['CONTRADICTION warn']],
    [[], [file('fail')], ['CONTRADICTION fail']],
  ])('files judged %o and %o: %o', ([theirs, ours, expected]) => {
    const { findings } = stricter(verdictOf([], { pipeline: theirs }), verdictOf([], { pipeline: ours }))
    expect(levels(findings)).toEqual(expected)
  })

  it('words that are milder are warned of, each in its file', () => {
    const { findings } = stricter(verdictOf([]), verdictOf([]), {
      loosened: [{ key: 'rules.cooldown.days', message: '1 days' }],
      widened: [{ ecosystem: 'npm', name: 'x', line: '1', message: 'a signer is added' }],
      policyFile: 'p.yml',
      lockFile: 'l.lock',
    })
    const shared = {
      rule: 'policy-change',
      outcome: 'fire',
      code: 'POLICY_WEAKENED',
      level: 'warn',
      line: 1,
      hint: expect.any(String),
    }
    expect(findings).toEqual([
      { ...shared, file: 'l.lock', message: 'npm x line 1: a signer is added' },
      { ...shared, file: 'p.yml', message: 'rules.cooldown.days: 1 days' },
    ])
  })
})

describe('two verdicts that are not about the same', () => {
  const a = judged({ name: 'a' })
  const b = judged({ name: 'b' })
  it.for<[string, readonly JudgedDependency[], readonly JudgedDependency[]]>([
    ['one has more', [a], [a, b]],
    ['one has fewer', [a, b], [a]],
    ['one is another', [a, b], [a, a]],
    ['one stands elsewhere', [a], [judged({ name: 'a', line: 8 })]],
  ])('%s: no verdict', ([, base, head]) => {
    expect(catchError(() => stricter(verdictOf(base), verdictOf(head)))).toMatchObject({
      code: 'ACCOUNTING',
      message: expect.stringContaining(`(${base.length} and ${head.length})`),
      hint: expect.stringContaining('defect'),
    })
  })
})
