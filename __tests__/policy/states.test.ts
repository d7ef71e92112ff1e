import { describe, expect, it } from 'vitest'
import type { Evidence, RefusedAttestation, RegistryWord, SourceFault } from '../../src/model/evidence.ts'
import { TEST_RESULT_V01 } from '../../src/model/predicates/test-result.ts'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Objection, Subject } from '../../src/policy/rule.ts'
import { decideState, isExpected } from '../../src/policy/states.ts'
import {
  accepted,
  attested,
  dependencyOf,
  evidenceOf,
  lockOf,
  RECORD,
  sourceError,
  subjectOf,
  verified,
} from '../support/subjects.ts'

const policyOf = (text = '', profile = 'recommended') =>
  parsePolicy(`version: 1\nprofile: ${profile}\n${text}`, 'cleanbill.yml')
const PLAIN = policyOf()
const STRICT = policyOf('', 'strict')
const REQUIRED = policyOf('require: [{ match: { purl: "pkg:npm/@acme/**" } }]')
const ALL = policyOf('rules: { missing-provenance: fail }')
const FEW = policyOf('rules: { missing-provenance: warn }', 'strict')

type Failing = readonly Pick<Objection, 'state' | 'message'>[]
const decide = (subject: Subject, policy = PLAIN, failing: Failing = [], met = false) =>
  decideState(subject, policy, { met, objections: [] }, failing)

const subjectWith = (evidence: Partial<Evidence>, more: Partial<Subject> = {}) =>
  subjectOf({ evidence: evidenceOf(evidence), ...more })
/** The lock knew of a signature, and nobody knows of one now. */
const LOCK = lockOf()
const UNKNOWN = { kind: 'not-applicable' } as const
const NOT_VOUCHED = { kind: 'not-vouched', message: 'there is no such version' } as const
const MISMATCH: RegistryWord = {
  kind: 'mismatch',
  code: 'REGISTRY_DIGEST_MISMATCH',
  message: 'other bytes',
  record: RECORD,
}
const OTHER_KIND = accepted(verified({ predicateType: TEST_RESULT_V01 }))
const refusal = (more: Partial<RefusedAttestation> = {}): RefusedAttestation => ({
  where: 'npm #1',
  source: 'npm',
  code: 'SIGNATURE_INVALID',
  message: 'no',
  hint: 'look',
  ...more,
})
const NEAR_MISS = refusal({ code: 'PREDICATE_TYPE', predicateType: 'https://slsa.dev/provenance/v1.0' })
const missing = (code: string, message: string, level: string) => ({
  rule: 'missing-provenance',
  outcome: 'fire',
  code,
  message,
  level,
})

describe('a source that gives no answer', () => {
  it.for<[SourceFault, state: string, code: string]>([
    ['unreachable', 'unreachable', 'SOURCE_UNREACHABLE'],
    ['rate-limited', 'unreachable', 'SOURCE_UNREACHABLE'],
    ['stripped', 'unreachable', 'SOURCE_UNREACHABLE'],
    ['malformed', 'unreachable', 'SOURCE_UNREACHABLE'],
    ['truncated', 'unreachable', 'SOURCE_TRUNCATED'],
    ['offline', 'unreachable', 'SOURCE_UNREACHABLE'],
    ['unreadable', 'unreadable', 'EVIDENCE_UNREADABLE'],
    ['disabled', 'unsupported', 'UNSUPPORTED'],
    ['unsupported', 'unsupported', 'UNSUPPORTED'],
  ])('because of "%s" leaves what was attested before %s', ([fault, state, code]) => {
    const error = sourceError({ fault })
    const fromSource = decide(subjectWith({ silent: [], unavailable: [error] }, { lock: LOCK }))
    expect([fromSource.state, fromSource.objection?.code]).toEqual([state, code])
    expect(fromSource.reason).toContain(error.message)
    // So does the registry, of what nobody attests.
    const registry = decide(subjectWith({ registry: { kind: 'unavailable', error } }))
    expect([registry.state, registry.objection?.code]).toEqual([state, code])
    expect(registry.reason).toContain(error.message)
  })

  it('is said with its name, its fault and its hint, and fails only what is expected or under strict', () => {
    const subject = subjectWith({
      silent: [],
      unavailable: [sourceError({ fault: 'offline', hint: 'go online' })],
      registry: UNKNOWN,
    })
    const message = 'npm gave no answer (offline): connection refused'
    const objection = {
      rule: 'valid-evidence',
      outcome: 'unknown',
      code: 'SOURCE_UNREACHABLE',
      message,
      hint: 'go online',
    }
    expect(decide(subject)).toEqual({
      state: 'unreachable',
      reason: message,
      objection: { ...objection, level: 'warn' },
    })
    for (const [policy, lock] of [
      [STRICT, undefined],
      [REQUIRED, undefined],
      [PLAIN, LOCK],
    ] as const) {
      expect(decide({ ...subject, lock }, policy).objection).toEqual({ ...objection, level: 'fail' })
    }
  })

  it('that is unreadable fails what is required, and not what was there before', () => {
    const subject = subjectWith({ silent: [], unavailable: [sourceError({ fault: 'unreadable' })] })
    expect(decide({ ...subject, lock: LOCK }).objection?.level).toBe('warn')
    expect(decide(subject, REQUIRED).objection?.level).toBe('fail')
    expect(decide(subject, STRICT).objection?.level).toBe('fail')
  })

  it('counts by the worst: not reached before not readable before not supported', () => {
    const faults = (...list: SourceFault[]) => list.map((fault) => sourceError({ fault, message: fault }))
    const state = (...list: SourceFault[]) =>
      decide(subjectWith({ silent: [], unavailable: faults(...list) }, { lock: LOCK })).state
    expect(state('unsupported', 'unreadable', 'offline')).toBe('unreachable')
    expect(state('unsupported', 'unreadable')).toBe('unreadable')
    expect(state('disabled', 'unsupported')).toBe('unsupported')
  })

  it('that is unsupported hides no loss where another one answered, or where there is none', () => {
    const unavailable = [sourceError({ fault: 'unsupported' })]
    expect(decide(subjectWith({ unavailable }, { lock: LOCK })).state).toBe('lost')
    expect(decide(subjectWith({ silent: [] }, { lock: LOCK })).state).toBe('lost')
    // Nothing was expected: then the registry’s word is what there is.
    expect(decide(subjectWith({ silent: [], unavailable })).state).toBe('registered')
  })

  it('of the registry fails where it vouched before, or where evidence is required', () => {
    const subject = subjectWith({ registry: { kind: 'unavailable', error: sourceError() } })
    const level = (more: Partial<Subject>, policy = PLAIN) => decide({ ...subject, ...more }, policy).objection?.level
    expect(level({})).toBe('warn')
    expect(level({ lock: lockOf({ best: 'none', signers: [] }) })).toBe('warn')
    expect(level({ lock: lockOf({ best: 'registered', signers: [] }) })).toBe('fail')
    expect(level({}, REQUIRED)).toBe('fail')
  })
})

describe('what was refused', () => {
  it('is invalid, with the place and the reason of the first refusal that counts', () => {
    const foreign = refusal({ code: 'VSA_REJECTED', predicateType: VSA_V1 })
    const reason = 'npm #2: no'
    const decided = decide(subjectWith({ refused: [NEAR_MISS, foreign, refusal({ where: 'npm #2' })] }))
    expect(decided).toEqual({
      state: 'invalid',
      reason,
      objection: { rule: 'valid-evidence', outcome: 'fire', code: 'SIGNATURE_INVALID', message: reason, hint: 'look' },
    })
    // A place of a megabyte is a source's own words.
    expect(decide(subjectWith({ refused: [refusal({ where: 'w'.repeat(300) })] })).reason).toBe(
      `${'w'.repeat(200)}: no`,
    )
  })

  it('for its type alone is not invalid: it is another kind, and named as that', () => {
    const typed = '"https://slsa.dev/provenance/v1.0" is not what counts here'
    const decided = (evidence: Partial<Evidence>) => decide(subjectWith({ registry: UNKNOWN, ...evidence }))
    expect(decided({ refused: [NEAR_MISS] })).toEqual({
      state: 'absent',
      reason: typed,
      objection: missing('PREDICATE_TYPE', typed, 'note'),
    })
    const long = refusal({ code: 'PREDICATE_TYPE', predicateType: 't'.repeat(300) })
    expect(decided({ refused: [long] }).reason).toBe(`"${'t'.repeat(200)}" is not what counts here`)
    // What is refused for other reasons says nothing of a kind; an outsider's summary is such.
    const foreign = refusal({ code: 'VSA_REJECTED', predicateType: VSA_V1 })
    expect(decided({ refused: [foreign] }).objection?.code).toBe('ATTESTATION_ABSENT')
    expect(decided({ refused: [foreign, NEAR_MISS] }).reason).toBe(typed)
  })

  it('does not undo what counts', () => {
    expect(decide(subjectWith({ accepted: [attested()], refused: [refusal()] })).state).toBe('verified')
    expect(decide(subjectWith({ refused: [refusal()] }), PLAIN, [], true)).toEqual({
      state: 'verified',
      reason: 'enough verifiers vouch for it',
    })
  })
})

describe('objections that fail', () => {
  it('give their state, the worst first, and their words', () => {
    const say = (...states: NonNullable<Objection['state']>[]) =>
      decide(subjectWith({ accepted: [attested()] }), PLAIN, [
        { message: 'of no state' },
        ...states.map((state) => ({ state, message: `it is ${state}` })),
      ])
    expect(say('lost', 'changed', 'invalid')).toEqual({ state: 'invalid', reason: 'it is invalid' })
    expect(say('lost', 'changed')).toEqual({ state: 'changed', reason: 'it is changed' })
    expect(say('lost')).toEqual({ state: 'lost', reason: 'it is lost' })
    expect(say().state).toBe('verified')
  })
})

describe('files that are attested one by one (T-SU-12)', () => {
  const named = (...files: string[]) => files.map((file) => attested({}, { file }))
  it.for<[string, Evidence['accepted'], checked: number, attested: number, state: string]>([
    ['each has its own', named('a.whl', 'b.whl'), 2, 0, 'verified'],
    ['one has none', named('a.whl', 'b.whl'), 3, 0, 'absent'],
    ['one has two', named('a.whl', 'a.whl'), 2, 0, 'absent'],
    ['the flow has counted them', named('a.whl'), 2, 2, 'verified'],
    ['the flow has counted fewer', named('a.whl', 'b.whl'), 2, 1, 'verified'],
    [
      'another kind does not count',
      [...named('a.whl'), accepted(OTHER_KIND.attestation, { file: 'b.whl' })],
      2,
      0,
      'absent',
    ],
  ])('%s', ([, list, checked, count, state]) => {
    const evidence = { accepted: list, files: { checked, attested: count, pinned: 0 } }
    expect(decide(subjectWith(evidence)).state).toBe(state)
  })

  it('are lost where the lock knew more, and are none of a quorum’s business', () => {
    const subject = subjectWith({ accepted: named('a.whl'), files: { checked: 2, attested: 1, pinned: 0 } })
    expect(decide(subject)).toMatchObject({ state: 'absent', reason: '1 of 2 files are attested' })
    expect(decide({ ...subject, lock: LOCK })).toMatchObject({ state: 'lost' })
    expect(decide(subject, PLAIN, [], true).state).toBe('verified')
  })
})

describe('what was attested before', () => {
  const silent = (more: Partial<Subject>) => decide(subjectOf(more))

  it('is lost, and both are said: what there was, and since when', () => {
    const dependency = dependencyOf('pkg:npm/%40acme/app@1.2.3', { name: 'n'.repeat(300) })
    const message = 'no attestation is found, and earlier versions of this line had provenance (since 1.0.0)'
    expect(silent({ lock: LOCK, dependency })).toEqual({
      state: 'lost',
      reason: message,
      objection: {
        rule: 'no-downgrade',
        outcome: 'fire',
        code: 'ATTESTATION_LOST',
        message,
        hint: expect.stringMatching(/ of n{200} why /),
      },
    })
  })

  it.for([
    ['by signers, whatever tier stands beside them', lockOf({ best: 'none' }), 'lost'],
    ['as signed, without signers', lockOf({ best: 'signed', signers: [] }), 'lost'],
    ['as registered only', lockOf({ best: 'registered', signers: [] }), 'registered'],
    ['as nothing', lockOf({ best: 'none', signers: [] }), 'registered'],
    ['but not this very version', lockOf({ unusual: [{ version: '1.2.3', code: 'ATTESTATION_LOST' }] }), 'registered'],
    ['but not another version', lockOf({ unusual: [{ version: '1.2.2', code: 'ATTESTATION_LOST' }] }), 'lost'],
  ] as const)('%s', ([, lock, state]) => {
    expect(silent({ lock }).state).toBe(state)
  })

  it('is expected, as is what the registry claims or the policy asks for', () => {
    const claiming = { kind: 'vouched', basis: 'index', record: { ...RECORD, claimsAttestations: true } } as const
    expect(isExpected(subjectOf({ lock: LOCK }), PLAIN)).toBe(true)
    expect(isExpected(subjectOf({ lock: lockOf({ best: 'registered', signers: [] }) }), PLAIN)).toBe(false)
    expect(isExpected(subjectWith({ registry: claiming }), PLAIN)).toBe(true)
    expect(isExpected(subjectOf(), REQUIRED)).toBe(true)
    expect(isExpected(subjectOf(), PLAIN)).toBe(false)
    expect(isExpected(subjectWith({ registry: UNKNOWN }), PLAIN)).toBe(false)
  })
})

describe('what nobody attests', () => {
  const NOBODY = 'no attestation is found'
  const TEST_ONLY = `"${TEST_RESULT_V01}" is not what counts here`

  it.for<[string, Partial<Evidence>, state: string, code: string, reason: string]>([
    ['is absent where somebody could have spoken', { registry: UNKNOWN }, 'absent', 'ATTESTATION_ABSENT', NOBODY],
    [
      'is absent for the reason that is known',
      { registry: { kind: 'not-applicable', message: 'git pins it' } },
      'absent',
      'ATTESTATION_ABSENT',
      'git pins it',
    ],
    [
      'is unsupported where nobody could',
      { silent: [], registry: UNKNOWN },
      'unsupported',
      'UNSUPPORTED',
      'nothing speaks about entries from "registry"',
    ],
    [
      'is unsupported in the words of who could not',
      { silent: [], registry: UNKNOWN, unavailable: [sourceError({ fault: 'disabled' })] },
      'unsupported',
      'UNSUPPORTED',
      'npm: connection refused',
    ],
    [
      'but of which another kind is there is absent',
      { silent: [], registry: UNKNOWN, accepted: [OTHER_KIND] },
      'absent',
      'PREDICATE_TYPE',
      TEST_ONLY,
    ],
    [
      'and the registry does not know is absent',
      { silent: [], registry: NOT_VOUCHED },
      'absent',
      'ATTESTATION_ABSENT',
      NOT_VOUCHED.message,
    ],
    [
      'and the registry does not know, with another kind',
      { silent: [], registry: NOT_VOUCHED, accepted: [OTHER_KIND] },
      'absent',
      'PREDICATE_TYPE',
      NOT_VOUCHED.message,
    ],
    [
      'and whose bytes are others is absent by that',
      { silent: [], registry: MISMATCH },
      'absent',
      'REGISTRY_DIGEST_MISMATCH',
      'other bytes',
    ],
  ])('%s', ([, evidence, state, code, reason]) => {
    const decided = decide(subjectWith(evidence))
    expect(decided).toMatchObject({ state, reason, objection: missing(code, reason, 'note') })
    expect(decide(subjectWith(evidence), STRICT).objection?.level).toBe('fail')
    expect(decide(subjectWith(evidence), REQUIRED).objection?.level).toBe('fail')
    // What the policy sets for all of it counts before the profile.
    expect(decide(subjectWith(evidence), ALL).objection?.level).toBe('fail')
    expect(decide(subjectWith(evidence), FEW).objection?.level).toBe('warn')
  })

  it('and is unsupported passes under strict only where its source or kind is listed', () => {
    const subject = subjectWith({ silent: [], registry: UNKNOWN })
    const level = (listed: string) =>
      decide(subject, policyOf(`accept-unsupported: [${listed}]`, 'strict')).objection?.level
    expect(['package', 'registry', 'workspace'].map(level)).toEqual(['note', 'note', 'fail'])
    const hint = decide(subject).objection?.hint
    expect(hint).toContain('registry or package')
  })

  it('but the registry vouches for is registered, and an objection only where provenance of all is asked for', () => {
    const reason = 'the registry vouches for these bytes (signature)'
    const silent = { state: 'registered', reason }
    const all = missing('ATTESTATION_ABSENT', `${reason}, and nobody attests the build`, 'fail')
    const subject = subjectOf()
    expect(decide(subject)).toEqual(silent)
    expect(decide(subject, STRICT)).toEqual(silent)
    expect(decide(subject, policyOf('rules: { missing-provenance: off }'))).toEqual(silent)
    expect(decide(subject, ALL)).toEqual({ ...silent, objection: all })
    expect(decide(subject, FEW)).toEqual({ ...silent, objection: { ...all, level: 'warn' } })
    // The entry that requires it says so itself.
    expect(decide(subject, REQUIRED)).toEqual(silent)
  })

  it('but the registry vouches for, and another kind is there, is told so', () => {
    const subject = subjectWith({ accepted: [OTHER_KIND] })
    const objection = missing('PREDICATE_TYPE', TEST_ONLY, 'note')
    expect(decide(subject)).toMatchObject({ state: 'registered', objection })
    expect(decide(subject, ALL)).toMatchObject({ state: 'registered', objection: { ...objection, level: 'fail' } })
    expect(decide(subject, REQUIRED).objection).toBeUndefined()
  })
})
