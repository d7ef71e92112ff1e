import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/model/dependency.ts'
import type { RefusedAttestation } from '../../src/model/evidence.ts'
import type { Waiver } from '../../src/model/policy.ts'
import type { Finding } from '../../src/model/verdict.ts'
import { evaluate, sortFindings } from '../../src/policy/evaluate.ts'
import type { EvaluateInput } from '../../src/policy/evaluate-input.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Objection, Rule, Subject } from '../../src/policy/rule.ts'
import { runDependencyRules, runPipelineRules } from '../../src/policy/run-rules.ts'
import { findVacuous } from '../../src/policy/vacuous.ts'
import { catchError, discoveryOf, QUIET, rule } from '../policy/support.ts'
import { attested, dependencyOf, evidenceOf, lockOf, NOW, RECORD, subjectOf } from '../support/subjects.ts'

const policyOf = (text = '', profile = 'recommended') =>
  parsePolicy(`version: 1\nprofile: ${profile}\n${text}\n`, 'cleanbill.yml')
const inputOf = (
  subjects: readonly Subject[],
  policy = policyOf(),
  more: Partial<EvaluateInput> = {},
): EvaluateInput => ({
  subjects,
  discovery: discoveryOf(subjects),
  policy,
  now: NOW,
  rules: [QUIET],
  judged: 'all',
  ...more,
})
const judge = (subject: Subject, ...more: [policy?: ReturnType<typeof policyOf>, more?: Partial<EvaluateInput>]) =>
  evaluate(inputOf([subject], ...more))
const levels = (findings: readonly Finding[]) => findings.map(({ rule: id, code, level }) => `${id} ${code} ${level}`)
const fire = (more: Partial<Objection> = {}): Objection => ({
  outcome: 'fire',
  code: 'TOO_YOUNG',
  message: 'x',
  ...more,
})
const broken = (id: Rule['id'], message = 'boom'): Rule => ({
  id,
  docs: 'x',
  check: () => {
    throw new Error(message)
  },
  checkPipeline: () => {
    throw new Error(message)
  },
})
const SIGNED = subjectOf({ evidence: evidenceOf({ accepted: [attested()] }), lock: lockOf() })
const UNKNOWN = evidenceOf({ registry: { kind: 'not-vouched', message: 'no such version' } })
const REFUSED: RefusedAttestation = { where: 'npm #1', source: 'npm', code: 'SIGNATURE_INVALID', message: 'it was cut' }
const OTHER_BYTES = subjectOf({
  evidence: evidenceOf({
    registry: { kind: 'mismatch', code: 'REGISTRY_DIGEST_MISMATCH', message: 'other bytes', record: RECORD },
  }),
})

describe('a dependency is judged', () => {
  const WANTS = 'require: [{ match: { purl: "pkg:npm/@acme/**" }, evidence: [provenance, evaluation] }]'

  it('absent where something that is required is missing, whatever else is attested, and the reason says what', () => {
    const [one] = judge(SIGNED, policyOf(WANTS)).dependencies
    expect(one).toMatchObject({ state: 'absent', reason: expect.stringContaining('there is no evaluation') })
    // What only warns leaves the state as it is.
    const [warned] = judge(SIGNED, policyOf(`${WANTS}\nrules: { missing-provenance: warn }`)).dependencies
    expect(warned).toMatchObject({ state: 'verified', reason: expect.stringContaining('signed by') })
    expect(levels(warned?.findings ?? [])).toEqual(['missing-provenance PREDICATE_TYPE warn'])
    // So does what fails and is about something else.
    const failed = judge(SIGNED, policyOf(), { rules: [rule('revoked', fire({ code: 'REVOKED' }))] })
    expect([failed.result, failed.dependencies[0]?.state]).toEqual(['FAILED', 'verified'])
  })

  it('by what counts, and what was refused beside it is not hidden', () => {
    const refused = { ...REFUSED, where: 'w'.repeat(300) }
    const subject = subjectOf({ evidence: evidenceOf({ accepted: [attested()], refused: [refused] }), lock: lockOf() })
    expect(judge(subject).findings).toEqual([
      {
        rule: 'valid-evidence',
        level: 'note',
        outcome: 'fire',
        code: 'SIGNATURE_INVALID',
        message: `${'w'.repeat(200)}: it was cut; other evidence counts`,
        hint: undefined,
        dependency: subject.dependency.id,
        file: 'package-lock.json',
        line: 7,
      },
    ])
    const alone = subjectOf({ evidence: evidenceOf({ refused: [REFUSED] }) })
    expect(levels(judge(alone).findings)).toEqual(['valid-evidence SIGNATURE_INVALID fail'])
  })

  it('unusual only where something unusual was found', () => {
    const of = (weight: Objection['weight']) =>
      judge(SIGNED, policyOf(), { rules: [rule('cooldown', fire({ weight }))] }).dependencies[0]?.qualifiers
    expect([of('unusual'), of('note')]).toEqual([['unusual'], []])
  })

  it('by no rule that is off, whatever the state says', () => {
    const off = policyOf('rules: { missing-provenance: off }', 'strict')
    expect(judge(subjectOf({ evidence: UNKNOWN }), off)).toMatchObject({ result: 'PASSED', findings: [] })
    expect(
      judge(SIGNED, policyOf(), { rules: [rule('reviewed-source', fire({ code: 'UNREVIEWED' }))] }).findings,
    ).toEqual([])
  })

  it('of other bytes than the registry’s by the gate and by the rule: said once, in the strongest form', () => {
    const says = (...said: Partial<Objection>[]) =>
      judge(OTHER_BYTES, policyOf(), {
        rules: [
          rule('lock-matches-registry', ...said.map((one) => fire({ code: 'REGISTRY_DIGEST_MISMATCH', ...one }))),
        ],
      }).findings
    const strongest = ['lock-matches-registry REGISTRY_DIGEST_MISMATCH fail']
    expect(says()).toMatchObject([{ outcome: 'fire', message: 'other bytes', level: 'fail' }])
    expect(levels(says({ message: 'in other words' }))).toEqual(strongest)
    expect(
      levels(says({ message: 'a hint of it', weight: 'note' }, { message: 'a little', weight: 'unusual' })),
    ).toEqual(strongest)
    // Another code is another thing.
    expect(levels(says({ code: 'REGISTRY_SIGNATURE_INVALID' }))).toEqual([
      ...strongest,
      'lock-matches-registry REGISTRY_SIGNATURE_INVALID fail',
    ])
    // What could not be learned is not what was found.
    expect(says({ outcome: 'unknown', message: 'not asked' }, { outcome: 'unknown', message: 'cut' })).toHaveLength(3)
  })

  it('by each rule for each thing it says, once', () => {
    const said = [fire(), fire(), fire({ message: 'y' }), fire({ weight: 'note' }), fire({ code: 'RUN_FAILED' })]
    const { findings } = judge(SIGNED, policyOf('', 'strict'), { rules: [rule('cooldown', ...said)] })
    expect(findings.map(({ code, level, message }) => `${code} ${level} ${message}`)).toEqual([
      'RUN_FAILED fail x',
      'TOO_YOUNG fail x',
      'TOO_YOUNG fail y',
      'TOO_YOUNG note x',
    ])
  })

  it('lost, though a rule has only noted the same', () => {
    const noted = rule('no-downgrade', fire({ code: 'ATTESTATION_LOST', weight: 'note' }))
    expect(levels(judge(subjectOf({ lock: lockOf() }), policyOf(), { rules: [noted] }).findings)).toEqual([
      'no-downgrade ATTESTATION_LOST fail',
      'no-downgrade ATTESTATION_LOST note',
    ])
  })

  it('unsupported, and then nothing is missing that nobody could have: unless that only warns', () => {
    const evidence = evidenceOf({ silent: [], registry: { kind: 'not-applicable' } })
    const wants = 'require: [{ match: { purl: "pkg:npm/@acme/**" } }]'
    expect(levels(judge(subjectOf({ evidence }), policyOf(wants)).findings)).toEqual([
      'missing-provenance UNSUPPORTED fail',
    ])
    const warned = judge(subjectOf({ evidence }), policyOf(`${wants}\nrules: { missing-provenance: warn }`))
    expect(levels(warned.findings)).toEqual([
      'missing-provenance ATTESTATION_ABSENT warn',
      'missing-provenance UNSUPPORTED warn',
    ])
  })

  it('with a waiver for what fails, and for nothing else', () => {
    const waived = (level: string) => {
      const policy = policyOf(
        `rules: { cooldown: ${level} }\nwaivers: [{ match: { purl: "pkg:npm/@acme/app" }, rule: cooldown, reason: r, owner: o, expires: 2026-10-20 }]`,
      )
      const inherited = { ...policy, waivers: policy.waivers.map((one) => ({ ...one, file: 'central.yml' })) }
      return judge(SIGNED, inherited, { rules: [rule('cooldown', fire())] })
    }
    const waiver = { owner: 'o', reason: 'r', expires: '2026-10-20', line: 4, file: 'central.yml' }
    expect(waived('fail')).toMatchObject({ counts: { waived: 1 }, findings: [{ level: 'note', waiver }] })
    const warned = waived('warn')
    expect([warned.counts.waived, levels(warned.findings), warned.findings[0]?.waiver]).toEqual([
      0,
      ['cooldown TOO_YOUNG warn'],
      undefined,
    ])
  })
})

describe('the account of a verdict', () => {
  it('that does not add up is no verdict, and says that nothing of it can be relied on', () => {
    const found = discoveryOf([subjectOf(), subjectOf()])
    expect(catchError(() => judge(subjectOf(), policyOf(), { discovery: found }))).toMatchObject({
      code: 'ACCOUNTING',
      message: '2 entries were found, 2 to be judged, and 1 have a state',
      hint: expect.stringContaining('relied on'),
    })
  })
})

describe('findings are sorted', () => {
  it('by level, rule, file, line, code and message', () => {
    const of = (
      level: Finding['level'],
      id: Finding['rule'],
      file: string,
      line: number,
      code: Finding['code'],
      message: string,
    ): Finding => ({
      level,
      rule: id,
      file,
      line,
      code,
      message,
      outcome: 'fire',
    })
    const sorted = [
      of('fail', 'valid-evidence', 'b', 2, 'REVOKED', 'y'),
      of('fail', 'revoked', 'a', 1, 'REVOKED', 'x'),
      of('fail', 'revoked', 'a', 2, 'REVOKED', 'x'),
      of('fail', 'revoked', 'a', 10, 'REVOKED', 'x'),
      of('fail', 'revoked', 'b', 1, 'REF_DENIED', 'z'),
      of('fail', 'revoked', 'b', 1, 'REVOKED', 'a'),
      of('fail', 'revoked', 'b', 1, 'REVOKED', 'b'),
      of('warn', 'revoked', 'a', 1, 'REVOKED', 'x'),
      of('unusual', 'revoked', 'a', 1, 'REVOKED', 'x'),
      of('note', 'valid-evidence', 'a', 1, 'REVOKED', 'x'),
    ]
    expect(sortFindings(sorted.toReversed())).toEqual(sorted)
    expect(sortFindings([...sorted.slice(5), ...sorted.slice(0, 5)])).toEqual(sorted)
  })
})

describe('a rule that breaks', () => {
  it('is unknown, and fails, with the beginning of why', () => {
    const input = inputOf([], policyOf('', 'strict'), { rules: [broken('cooldown', 'b'.repeat(400))] })
    const objection = {
      rule: 'cooldown',
      outcome: 'unknown',
      code: 'POLICY_ERROR',
      message: `the rule broke: ${'b'.repeat(300)}`,
      hint: expect.stringContaining('not known'),
      level: 'fail',
    }
    expect(runDependencyRules(subjectOf(), input)).toEqual([objection])
    expect(runPipelineRules(input.discovery, input)).toEqual([{ ...objection, file: 'cleanbill.yml', line: 1 }])
  })

  it('is covered by no waiver, of the policy’s own file either', () => {
    const policy = policyOf(
      'waivers: [{ match: { name: cleanbill.yml }, rule: before-install, reason: r, owner: o, expires: 2026-10-20 }]',
    )
    const { findings } = judge(SIGNED, policy, { rules: [{ ...broken('before-install'), check: () => [] }] })
    expect(levels(findings)).toEqual(['before-install POLICY_ERROR fail'])
  })

  it('is not asked where it is off', () => {
    const input = inputOf([], policyOf('rules: { cooldown: off }'), { rules: [broken('cooldown')] })
    expect([runDependencyRules(subjectOf(), input), runPipelineRules(input.discovery, input)]).toEqual([[], []])
  })
})

describe('a finding about a file', () => {
  const notice = (code: Notice['code']): Notice => ({
    code,
    message: 'm',
    hint: 'h',
    file: 'a/package-lock.json',
    line: 2,
  })
  const judgeNotice = (code: Notice['code'], text = '', profile = 'recommended', waivers: Partial<Waiver> = {}) => {
    const policy = policyOf(text, profile)
    const discovery = discoveryOf([SIGNED], { notices: [notice(code)] })
    return judge(SIGNED, { ...policy, waivers: policy.waivers.map((one) => ({ ...one, ...waivers })) }, { discovery })
      .findings
  }
  const WAIVE =
    'waivers: [{ match: { name: a/package-lock.json }, rule: locked, reason: r, owner: o, expires: 2026-10-20 }]'

  it('is not said where its rule is off', () => {
    expect(judgeNotice('CONTRADICTION', 'rules: { locked: off }')).toEqual([])
  })

  it('that is waived is a note with the waiver, and where that stands', () => {
    const waiver = { owner: 'o', reason: 'r', expires: '2026-10-20', line: 3 }
    const finding = { rule: 'locked', outcome: 'fire', ...notice('CONTRADICTION'), level: 'note' }
    expect(judgeNotice('CONTRADICTION', WAIVE)).toEqual([{ ...finding, waiver: { ...waiver, file: 'cleanbill.yml' } }])
    const inherited = judgeNotice('CONTRADICTION', WAIVE, 'recommended', { file: 'central.yml' })
    expect(inherited).toEqual([{ ...finding, waiver: { ...waiver, file: 'central.yml' } }])
  })

  it('that only warns is not waived', () => {
    const [warned] = judgeNotice('UNLOCKED_INSTALL', WAIVE)
    expect([warned?.level, warned?.waiver]).toEqual(['warn', undefined])
  })

  it('fails under no profile that only reports', () => {
    expect(judgeNotice('CONTRADICTION', '', 'baseline')).toMatchObject([{ level: 'warn' }])
  })
})

describe('what holds of nothing (T-PP-15)', () => {
  const A = subjectOf({ dependency: dependencyOf('pkg:npm/a@1.0.0') })
  const B = subjectOf({ dependency: dependencyOf('pkg:npm/b@1.0.0') })
  const ENTRY = policyOf('require: [{ match: { purl: "pkg:npm/a" } }]')
  const found = (...given: Parameters<typeof inputOf>) =>
    findVacuous(inputOf(...given)).map(
      ({ rule: id, outcome, code, file, line }) => `${id} ${outcome} ${code} ${file}:${line}`,
    )
  const NOTHING = 'valid-evidence fire RULE_VACUOUS cleanbill.yml:1'
  const NO_MATCH = 'required-signer fire RULE_VACUOUS cleanbill.yml:3'

  it('is said of no rules, of nothing found, and of an entry that matches none', () => {
    expect(found([A, B], ENTRY)).toEqual([])
    expect(found([B, A], ENTRY)).toEqual([])
    expect(found([B], ENTRY)).toEqual([NO_MATCH])
    expect(found([A], policyOf(), { rules: [] })).toEqual([NOTHING])
    // Of nothing an entry need not match anything.
    expect(found([], ENTRY)).toEqual([NOTHING])
  })

  it('is not said of an entry where only a change is judged', () => {
    expect(found([B], ENTRY, { judged: { base: 'main', changed: 1, found: 2 } })).toEqual([])
    expect(found([], ENTRY, { judged: { base: 'main', changed: 0, found: 2 } })).toEqual([])
    expect(found([], ENTRY, { judged: { base: 'main', changed: 0, found: 0 } })).toEqual([NOTHING])
  })
})
