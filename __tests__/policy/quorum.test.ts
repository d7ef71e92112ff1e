import { describe, expect, it } from 'vitest'
import type { AcceptedAttestation, RefusedAttestation } from '../../src/model/evidence.ts'
import type { KeyIdentity, SignerIdentity } from '../../src/model/identity.ts'
import type { Policy, VerifierEntry } from '../../src/model/policy.ts'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { checkQuorum, isForeignSummary } from '../../src/policy/quorum.ts'
import { accepted, dependencyOf, evidenceOf, GITHUB, NOW, signerWith, subjectOf, verified } from './support.ts'

const APP = 'pkg:npm/%40acme/app@1.2.3'
const HOUR = 60 * 60 * 1000
const DAY = 24 * HOUR
const at = (offset: number) => new Date(NOW.getTime() + offset).toISOString()
const uriOf = (who: string) => `https://github.com/${who}/verify/.github/workflows/verify.yml@refs/heads/main`
const signerOf = (who: string) => signerWith({ buildSignerUri: uriOf(who) })
const entryOf = (who: string, more: Partial<VerifierEntry> = {}): VerifierEntry => ({
  repository: `${who}/verify`,
  workflow: '.github/workflows/verify.yml',
  line: 1,
  ...more,
})

function policyOf(anyOf: readonly VerifierEntry[], quorum = 1, require = ''): Policy {
  const policy = parsePolicy(`version: 1\nprofile: recommended\n${require}`, 'cleanbill.yml')
  return { ...policy, verifiers: { quorum, maxAgeDays: 30, anyOf } }
}
const WANTED = 'require:\n  - match: { purl: "pkg:npm/@acme/**" }\n    evidence: [vsa]\n'

interface Summary {
  readonly signer?: SignerIdentity
  readonly result?: 'PASSED' | 'FAILED'
  readonly made?: string
  readonly logged?: readonly string[]
  readonly about?: string
  readonly levels?: readonly string[]
}
function summary({ signer = signerOf('coop'), result = 'PASSED', ...more }: Summary = {}): AcceptedAttestation {
  const { made = at(-DAY), logged = [], about = APP, levels = ['SLSA_BUILD_LEVEL_2'] } = more
  const predicate = {
    verifier: { id: 'https://coop.example' },
    timeVerified: made,
    resourceUri: about,
    policy: { uri: 'https://coop.example/policy' },
    verificationResult: result,
    verifiedLevels: result === 'FAILED' ? ['FAILED'] : [...levels],
  }
  return accepted(verified({ predicateType: VSA_V1, predicate }, signer, { times: [...logged] }))
}
const check = (list: readonly AcceptedAttestation[], policy: Policy, refused: readonly RefusedAttestation[] = []) =>
  checkQuorum(subjectOf({ evidence: evidenceOf({ accepted: list, refused }) }), policy, NOW)
const codesOf = ({ objections }: ReturnType<typeof check>) => objections.map(({ code }) => code)

const KEY: KeyIdentity = { kind: 'key', fingerprint: 'ab', source: 'key' }
const mail = (issuer: string): SignerIdentity => ({
  kind: 'certificate',
  subjectAlternativeName: { type: 'email', value: 'verifier@coop.example' },
  issuer,
  claims: {},
  legacy: {},
})
const named = { identity: 'verifier@coop.example', issuer: 'https://accounts.example', line: 1 }

describe('a named verifier', () => {
  it.for<[string, VerifierEntry, SignerIdentity]>([
    ['a workflow of a repository', entryOf('coop'), signerOf('coop')],
    ['any workflow of a repository', { repository: 'coop/verify', line: 1 }, signerOf('coop')],
    [
      'a workflow under its own issuer',
      entryOf('coop', { issuer: 'https://own.example' }),
      { ...signerOf('coop'), issuer: 'https://own.example' },
    ],
    ['a key', { key: 'ab', line: 1 }, KEY],
    ['a name of an issuer', named, mail('https://accounts.example')],
    [
      'a name and a workflow, both',
      entryOf('coop', { identity: signerWith().subjectAlternativeName.value }),
      signerOf('coop'),
    ],
  ])('is %s', ([, entry, signer]) => {
    expect(check([summary({ signer })], policyOf([entry], 1, WANTED))).toEqual({ met: true, objections: [] })
  })

  it.for<[string, VerifierEntry, SignerIdentity]>([
    ['another repository', entryOf('coop'), signerOf('evil')],
    ['a repository of a longer name', { repository: 'coop/veri', line: 1 }, signerOf('coop')],
    [
      'a repository somewhere in the name',
      { repository: 'coop/verify', line: 1 },
      signerWith({ buildSignerUri: `https://evil.example/${uriOf('coop')}` }),
    ],
    [
      'a workflow without a ref',
      { repository: 'coop/verify', line: 1 },
      signerWith({ buildSignerUri: 'https://github.com/coop/verify/x.yml' }),
    ],
    ['another workflow', entryOf('coop', { workflow: '.github/workflows/other.yml' }), signerOf('coop')],
    ['no workflow', { repository: 'coop/verify', line: 1 }, mail(GITHUB)],
    ['another issuer', entryOf('coop'), { ...signerOf('coop'), issuer: 'https://evil.example' }],
    ['another key', { key: 'cd', line: 1 }, KEY],
    [
      'a certificate with the fingerprint of the key',
      { key: 'cd', line: 1 },
      { kind: 'private-ca', subject: 'x', fingerprint: 'cd' },
    ],
    ['a key where a name is wanted', named, KEY],
    [
      'a private CA that says an issuer',
      entryOf('coop'),
      { ...signerOf('coop'), kind: 'private-ca', subject: 'x', fingerprint: 'cd' } as unknown as SignerIdentity,
    ],
    ['the name from another issuer', named, mail('https://evil.example')],
    [
      'the name from GitHub, which is meant where no issuer is named',
      { ...named, issuer: undefined },
      mail('https://accounts.example'),
    ],
    ['another name', { ...named, identity: 'x@coop.example' }, mail('https://accounts.example')],
    ['the workflow under another name', entryOf('coop', { identity: 'x' }), signerOf('coop')],
    [
      'the name with another workflow',
      entryOf('evil', { identity: signerWith().subjectAlternativeName.value }),
      signerOf('coop'),
    ],
    ['anybody of an issuer', { issuer: GITHUB, line: 1 }, signerOf('coop')],
  ])('is not %s', ([, entry, signer]) => {
    const { met, objections } = check([summary({ signer })], policyOf([entry], 1, WANTED))
    expect(met).toBe(false)
    expect(objections).toMatchObject([
      { rule: 'verifier-quorum', outcome: 'fire', code: 'VSA_REJECTED', weight: 'note' },
      { rule: 'verifier-quorum', outcome: 'fire', code: 'QUORUM_MISSING', missing: true },
    ])
    expect(objections[1]).not.toHaveProperty('weight')
    expect(objections[1]?.message).toMatch(/^0 of 1 .*its signer is no named verifier/)
  })
})

describe('a summary', () => {
  const counts = (one: AcceptedAttestation, location?: string) => {
    const dependency = dependencyOf(APP, location === undefined ? {} : { location })
    const subject = subjectOf({ dependency, evidence: evidenceOf({ accepted: [one] }) })
    return checkQuorum(subject, policyOf([entryOf('coop')]), NOW).met
  }

  it.for<[string, Summary, boolean]>([
    ['of this moment', { made: at(0) }, true],
    ['of an hour from now: clocks differ', { made: at(HOUR) }, true],
    ['of later than that', { made: at(HOUR + 1) }, false],
    ['of thirty days ago', { made: at(-30 * DAY) }, true],
    ['older than that', { made: at(-30 * DAY - 1) }, false],
    ['that the log has had for longer than it says', { made: at(-DAY), logged: [at(-31 * DAY)] }, false],
    ['that is older than its log says', { made: at(-31 * DAY), logged: [at(-DAY)] }, false],
    ['that is old, with a time that is none', { made: at(-31 * DAY), logged: ['yesterday'] }, false],
    ['of tomorrow that the log had yesterday', { made: at(DAY), logged: [at(-DAY)] }, true],
  ])('%s counts: %s', ([, parts, expected]) => {
    expect(counts(summary(parts))).toBe(expected)
  })

  it.for<[string, string, string | undefined, boolean]>([
    ['the id', APP, undefined, true],
    ['the same package in other letters', 'pkg:npm/@acme/app@1.2.3', undefined, true],
    ['another version', 'pkg:npm/%40acme/app@1.2.4', undefined, false],
    ['the address of its bytes', 'https://npm.example/app.tgz', 'https://npm.example/app.tgz', true],
    ['another address', 'https://npm.example/evil.tgz', 'https://npm.example/app.tgz', false],
    ['no package', 'the app', undefined, false],
  ])('about %s', ([, about, location, expected]) => {
    expect(counts(summary({ about }), location)).toBe(expected)
  })

  it('is about a dependency that is no package by its id alone', () => {
    const of = (about: string) => {
      const evidence = evidenceOf({ accepted: [summary({ about })] })
      return checkQuorum(subjectOf({ id: 'hf://acme/model', evidence }), policyOf([entryOf('coop')]), NOW).met
    }
    expect([of('hf://acme/model'), of('hf://acme/other')]).toEqual([true, false])
  })

  it.for<[readonly string[], number, boolean]>([
    [['SLSA_BUILD_LEVEL_2'], 2, true],
    [['SLSA_BUILD_LEVEL_3'], 2, true],
    [['SLSA_BUILD_LEVEL_1'], 2, false],
    [['SLSA_SOURCE_LEVEL_3', 'SLSA_BUILD_LEVEL_2'], 2, true],
    [['SLSA_SOURCE_LEVEL_3'], 1, false],
    [['NOT_SLSA_BUILD_LEVEL_3'], 1, false],
    [['SLSA_BUILD_LEVEL_3_CLAIMED'], 1, false],
    [['ACME_REVIEWED'], 1, false],
  ])('that says %o is enough for level %i: %s', ([levels, level, expected]) => {
    const { met, objections } = check(
      [summary({ levels })],
      policyOf([entryOf('coop')], 1, `${WANTED}    level: ${level}\n`),
    )
    expect(met).toBe(expected)
    if (!expected) expect(objections[1]?.message).toContain(`less than Build L${level}`)
  })

  it('is held to the levels of those entries alone that ask for summaries', () => {
    const other = 'require:\n  - match: { purl: "pkg:npm/@acme/**" }\n    level: 3\n'
    const policy = policyOf([entryOf('coop')], 1, other)
    expect(check([summary({ levels: ['SLSA_BUILD_LEVEL_1'] })], policy)).toEqual({ met: true, objections: [] })
  })
})

describe('a quorum', () => {
  const two = policyOf([entryOf('coop-a'), entryOf('coop-b'), entryOf('coop-c')], 2, WANTED)
  const by = (who: string, result: 'PASSED' | 'FAILED' = 'PASSED') => summary({ signer: signerOf(who), result })

  it('is none where the policy names no verifiers', () => {
    const policy = parsePolicy(`version: 1\nprofile: recommended\n${WANTED}`, 'cleanbill.yml')
    expect(check([by('coop-a')], policy)).toEqual({ met: false, objections: [] })
  })

  it('counts verifiers, not summaries', () => {
    expect(check([by('coop-a'), by('coop-b')], two)).toEqual({ met: true, objections: [] })
    const twice = check([by('coop-a'), by('coop-a')], two)
    expect([twice.met, codesOf(twice)]).toEqual([false, ['QUORUM_MISSING']])
    expect(twice.objections[0]?.message).toMatch(/^1 of 2 verifiers vouch for it$/)
  })

  it('does not look at what is no summary', () => {
    expect(check([accepted(), by('coop-a'), by('coop-b')], two)).toEqual({ met: true, objections: [] })
  })

  it('is asked for only where an entry does', () => {
    const policy = { ...two, require: [] }
    expect(check([], policy)).toEqual({ met: false, objections: [] })
    expect(codesOf(check([by('coop-x')], policy))).toEqual(['VSA_REJECTED'])
  })

  it('is broken by one that speaks against it, and nothing else is said to be missing', () => {
    const broken = check([by('coop-a'), by('coop-b'), by('coop-c', 'FAILED')], two)
    expect(broken).toMatchObject({
      met: false,
      objections: [{ code: 'VSA_REJECTED', state: 'invalid', outcome: 'fire' }],
    })
    expect(broken.objections[0]).not.toHaveProperty('weight')
    const both = check([by('coop-a'), by('coop-a', 'FAILED')], two)
    expect(both).toMatchObject({ met: false, objections: [{ code: 'ATTESTATION_CONFLICT', state: 'invalid' }] })
  })

  it.for<[VerifierEntry, SignerIdentity, string]>([
    [entryOf('coop'), signerOf('coop'), '"coop/verify"'],
    [named, mail('https://accounts.example'), '"verifier@coop.example"'],
    [{ key: 'ab', line: 1 }, KEY, '"ab"'],
  ])('names who speaks against it: %o', ([entry, signer, name]) => {
    const { objections } = check([summary({ signer, result: 'FAILED' })], policyOf([entry]))
    expect(objections[0]?.message).toContain(name)
  })

  it('cuts a name that is long', () => {
    const identity = 'x'.repeat(5000)
    const signer = { ...mail(GITHUB), subjectAlternativeName: { type: 'uri', value: identity } } as SignerIdentity
    const { objections } = check([summary({ signer, result: 'FAILED' })], policyOf([{ identity, line: 1 }]))
    expect(objections[0]?.message).toContain(`"${'x'.repeat(200)}"`)
  })
})

describe('a summary that was refused on the way', () => {
  const refused = (more: Partial<RefusedAttestation> = {}): RefusedAttestation => ({
    where: 'x',
    source: 'npm',
    code: 'VSA_REJECTED',
    message: 'it says FAILED',
    predicateType: VSA_V1,
    signer: signerOf('coop'),
    ...more,
  })
  const policy = policyOf([entryOf('coop'), { key: 'ab', line: 2 }])

  it.for<[string, Partial<RefusedAttestation>, boolean]>([
    ['by a named verifier', {}, true],
    ['by a named key', { signer: KEY }, true],
    ['by somebody else', { signer: signerOf('evil') }, false],
    ['by nobody who is known', { signer: undefined }, false],
    ['for another reason, whoever signed', { code: 'SUBJECT_MISMATCH' }, false],
  ])('%s speaks against: %s', ([, more, expected]) => {
    expect(codesOf(check([], policy, [refused(more)]))).toEqual(expected ? ['VSA_REJECTED'] : [])
  })

  it.for<[string, Partial<RefusedAttestation>, boolean]>([
    ['by somebody else', { signer: signerOf('evil') }, true],
    ['by somebody else, of a type that is not known', { signer: signerOf('evil'), predicateType: undefined }, true],
    ['by nobody who is known', { signer: undefined }, true],
    ['by a named verifier', {}, false],
    ['by a named verifier, of a type that is not known', { predicateType: undefined }, false],
    ['of another type', { signer: signerOf('evil'), predicateType: 'https://slsa.dev/provenance/v1' }, false],
    ['for another reason', { signer: signerOf('evil'), code: 'SIGNATURE_INVALID' }, false],
  ])('%s is none of ours: %s', ([, more, expected]) => {
    expect(isForeignSummary(refused(more), policy)).toBe(expected)
  })

  it('is none of ours where the policy names nobody', () => {
    expect(isForeignSummary(refused(), parsePolicy('version: 1\nprofile: recommended\n', 'x'))).toBe(true)
  })
})
