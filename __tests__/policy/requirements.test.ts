import { describe, expect, it } from 'vitest'
import type { Evidence, RefusedAttestation } from '../../src/model/evidence.ts'
import type { Policy, RequireEntry } from '../../src/model/policy.ts'
import { PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import { TEST_RESULT_V01 } from '../../src/model/predicates/test-result.ts'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import { defaultPolicy } from '../../src/policy/parse-policy.ts'
import { checkRequirements, requirementsFor } from '../../src/policy/requirements.ts'
import type { Subject } from '../../src/policy/rule.ts'
import { accepted, attested, dependencyOf, evidenceOf, lockOf, subjectOf, verified } from '../support/subjects.ts'

const POLICY: Policy = { ...defaultPolicy(), file: 'cleanbill.yml' }
const VERIFIERS = { quorum: 1, maxAgeDays: 30, anyOf: [{ repository: 'coop/verify', line: 1 }] }

const entry = (more: Partial<RequireEntry> = {}): RequireEntry => ({
  match: {},
  evidence: [],
  mode: 'any-of',
  line: 4,
  ...more,
})
const of = (
  accepted_: Evidence['accepted'],
  more: Partial<Evidence> = {},
  rest: Parameters<typeof subjectOf>[0] = {},
) => subjectOf({ evidence: evidenceOf({ accepted: accepted_, ...more }), ...rest })
const check = (subject: Subject, more: Partial<RequireEntry> = {}, policy: Partial<Policy> = {}) =>
  checkRequirements(subject, { ...POLICY, ...policy, require: [entry(more)] })
const codes = (...given: Parameters<typeof check>) => check(...given).map(({ rule, code }) => `${rule} ${code}`)

const BUILT = attested()
const TESTED = attested({}, { predicateType: TEST_RESULT_V01 })
const PUBLISHED = attested({}, { predicateType: PYPI_PUBLISH })
const SUMMARY = attested({}, { predicateType: VSA_V1 })
const FORK = { sourceRepositoryUri: 'https://github.com/evil/app' }
const BRANCH = { sourceRepositoryRef: 'refs/heads/x' }
const SOURCE = { repository: 'acme/*' }
const SIGNERS = [{ workflow: 'acme/app/.github/workflows/release.yml' }]
const REFUSED: RefusedAttestation = { where: 'x', source: 'npm', code: 'SIGNATURE_INVALID', message: 'it was cut' }

describe('entries apply', () => {
  it('each that matches, in their order, and each is checked', () => {
    const all = [entry({ line: 1 }), entry({ line: 2, match: { kind: 'model' } }), entry({ line: 3 })]
    const policy = { ...POLICY, require: all }
    expect(requirementsFor(subjectOf(), policy).map(({ line }) => line)).toEqual([1, 3])
    expect(checkRequirements(subjectOf(), policy)).toHaveLength(2)
  })
})

describe('evidence that is required', () => {
  const missing = (message: string, code = 'ATTESTATION_ABSENT') => ({
    rule: 'missing-provenance',
    outcome: 'fire',
    code,
    message,
    hint: expect.stringContaining('waive'),
    missing: true,
  })

  it('and is not there is missing, with the place of the entry', () => {
    const message = 'there is no provenance, which cleanbill.yml:4 asks for'
    expect(check(subjectOf())).toEqual([missing(message)])
    expect(check(subjectOf(), { file: 'central.yml', line: 9 })).toEqual([
      missing(message.replace('cleanbill.yml:4', 'central.yml:9')),
    ])
    const python = subjectOf({ dependency: dependencyOf('pkg:pypi/acme@1.0.0') })
    expect(check(python)).toEqual([missing(message.replace('provenance', 'provenance or publish'))])
  })

  it('and is another kind is missing, with the name of that one', () => {
    const message = `there is no provenance, which cleanbill.yml:4 asks for; "${TEST_RESULT_V01}" is something else`
    expect(check(of([TESTED]))).toEqual([missing(message, 'PREDICATE_TYPE')])
    const long = accepted(verified({ predicateType: 't'.repeat(300) }))
    expect(check(of([long]))[0]?.message).toContain(`; "${'t'.repeat(200)}" is something else`)
  })

  const python = { dependency: dependencyOf('pkg:pypi/acme@1.0.0') }
  it.for<[string, Subject, Partial<RequireEntry>, readonly string[]]>([
    ['by default is one of what counts for its kind', of([PUBLISHED], {}, python), {}, []],
    [
      'with a level is provenance, which alone has one',
      of([PUBLISHED], {}, python),
      { level: 1 },
      ['missing-provenance PREDICATE_TYPE'],
    ],
    ['with a level is there', of([BUILT]), { level: 2 }, []],
    ['with a level that its builder has not', of([BUILT]), { level: 3 }, ['required-signer BUILDER_UNTRUSTED']],
    [
      'by name is each that is named',
      of([BUILT]),
      { evidence: ['provenance', 'evaluation'] },
      ['missing-provenance PREDICATE_TYPE'],
    ],
    ['by name is there', of([BUILT, TESTED]), { evidence: ['provenance', 'evaluation'] }, []],
    // A test result has no Build level: the provenance beside it has.
    [
      'by name holds provenance alone to the level',
      of([BUILT, TESTED]),
      { evidence: ['provenance', 'evaluation'], level: 2 },
      [],
    ],
    [
      'by name holds provenance to the level',
      of([BUILT, TESTED]),
      { evidence: ['provenance', 'evaluation'], level: 3 },
      ['required-signer BUILDER_UNTRUSTED'],
    ],
    ['by name of no provenance is held to no level', of([TESTED]), { evidence: ['evaluation'], level: 3 }, []],
  ])('%s', ([, subject, more, expected]) => {
    expect(codes(subject, more)).toEqual(expected)
  })

  it('as a summary is the quorum’s to count, where the policy names verifiers', () => {
    const both = { evidence: ['vsa', 'provenance'] }
    expect(codes(of([BUILT]), both)).toEqual(['missing-provenance PREDICATE_TYPE'])
    expect(codes(of([BUILT, SUMMARY]), both)).toEqual([])
    expect(codes(of([BUILT]), both, { verifiers: VERIFIERS })).toEqual([])
    // The rest of the entry stands.
    expect(codes(of([SUMMARY]), both, { verifiers: VERIFIERS })).toEqual(['missing-provenance PREDICATE_TYPE'])
  })
})

describe('who is required to have signed', () => {
  it('is named by nobody: then anybody may, with whatever key', () => {
    const key = accepted(verified({}, { kind: 'key', fingerprint: 'f'.repeat(64), source: 'key' }))
    expect(codes(of([key]))).toEqual([])
    expect(codes(of([key]), { signers: SIGNERS })).toHaveLength(1)
    expect(codes(of([BUILT]), { signers: [{ email: 'a@acme.example' }, ...SIGNERS] })).toEqual([])
  })

  it('and did not is invalid, or changed where the lock knows somebody', () => {
    const subject = of([attested(FORK)])
    const objection = {
      rule: 'required-signer',
      outcome: 'fire',
      code: 'IDENTITY_MISMATCH',
      message: expect.stringMatching(/^the source repository .* \(required by cleanbill\.yml:4\)$/),
      hint: undefined,
    }
    expect(check(subject, { source: SOURCE })).toEqual([{ ...objection, state: 'invalid' }])
    expect(check({ ...subject, lock: lockOf({ signers: [] }) }, { source: SOURCE })[0]?.state).toBe('invalid')
    expect(check({ ...subject, lock: lockOf() }, { source: SOURCE })).toEqual([{ ...objection, state: 'changed' }])
  })

  it('is told by the attestation that came furthest', () => {
    const wanted = { source: { ...SOURCE, ref: 'refs/tags/*' }, signers: SIGNERS, trust: 'github' } as const
    const wrongSource = attested(BRANCH)
    const wrongTrust = attested()
    expect(codes(of([wrongSource, wrongTrust]), wanted)).toEqual(['required-signer TRUST_DOMAIN'])
    expect(codes(of([wrongTrust, wrongSource]), wanted)).toEqual(['required-signer TRUST_DOMAIN'])
    expect(codes(of([wrongTrust]), { trust: 'sigstore' })).toEqual([])
  })

  const GOOD = (file?: string) => attested({}, file === undefined ? {} : { file })
  const BAD = (file?: string) => attested(FORK, file === undefined ? {} : { file })
  it.for<[string, RequireEntry['mode'], Evidence['accepted'], boolean]>([
    ['of two attestations one suffices', 'any-of', [BAD(), GOOD()], true],
    ['of two attestations none does', 'any-of', [BAD(), BAD()], false],
    ['all have to hold, and one does not', 'all-of', [GOOD(), BAD()], false],
    ['all have to hold, and do', 'all-of', [GOOD(), GOOD()], true],
    ['each file has its own', 'any-of', [GOOD('a'), GOOD('b')], true],
    ['one file speaks for no other (T-SU-12)', 'any-of', [GOOD('a'), BAD('b')], false],
    ['one file speaks for no other, whichever comes first', 'any-of', [BAD('a'), GOOD('b')], false],
    ['the whole speaks for no file', 'any-of', [GOOD(), BAD('b')], false],
  ])('%s', ([, mode, list, holds]) => {
    expect(codes(of(list), { mode, source: SOURCE })).toEqual(holds ? [] : ['required-signer IDENTITY_MISMATCH'])
  })
})

describe('all attestations are required to hold', () => {
  it('and one was refused beside them: a conflict, with why', () => {
    expect(check(of([BUILT], { refused: [REFUSED] }), { mode: 'all-of' })).toEqual([
      {
        rule: 'required-signer',
        outcome: 'fire',
        code: 'ATTESTATION_CONFLICT',
        message: 'cleanbill.yml:4 wants all attestations to hold, and one was refused: it was cut',
        state: 'invalid',
      },
    ])
  })

  it.for<[string, Subject, RequireEntry['mode'], readonly string[]]>([
    ['and none was refused', of([BUILT]), 'all-of', []],
    // What was refused alone is said by the state.
    ['and there is none besides', of([], { refused: [REFUSED] }), 'all-of', ['missing-provenance ATTESTATION_ABSENT']],
    ['or one, which is there', of([BUILT], { refused: [REFUSED] }), 'any-of', []],
  ])('%s', ([, subject, mode, expected]) => {
    expect(codes(subject, { mode })).toEqual(expected)
  })
})
