import { describe, expect, it } from 'vitest'
import type { AcceptedAttestation, RefusedAttestation } from '../../src/model/evidence.ts'
import { NO_FACTS } from '../../src/model/facts.ts'
import type { Policy } from '../../src/model/policy.ts'
import { RELEASE_V02 } from '../../src/model/predicates/release.ts'
import { VSA_V1 } from '../../src/model/predicates/vsa.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import { evaluate } from '../../src/policy/evaluate.ts'
import type { EvaluateInput } from '../../src/policy/evaluate-input.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Objection, Subject } from '../../src/policy/rule.ts'
import {
  accepted,
  dependencyOf,
  discoveryOf,
  evidenceOf,
  NOW,
  QUIET,
  rule,
  signerWith,
  subjectOf,
  verified,
} from './support.ts'

const policyOf = (text: string, profile = 'recommended') =>
  parsePolicy(`version: 1\nprofile: ${profile}\n${text}`, 'cleanbill.yml')
const failures = ({ findings }: Verdict) =>
  findings.filter(({ level }) => level === 'fail').map(({ rule: id, code }) => `${id} ${code}`)
function judge(subjects: readonly Subject[], policy: Policy, more: Partial<EvaluateInput> = {}): Verdict {
  return evaluate({
    subjects,
    discovery: discoveryOf(subjects),
    policy,
    now: NOW,
    rules: [QUIET],
    judged: 'all',
    ...more,
  })
}
const fire = (more: Partial<Objection> = {}): Objection => ({
  outcome: 'fire',
  code: 'TOO_YOUNG',
  message: 'x',
  ...more,
})
const YOUNG = [rule('cooldown', fire())]
const COOLDOWN = 'rules: { cooldown: fail }\n'
const WAIVER = {
  purl: 'pkg:npm/%40acme/app@1.2.3',
  reason: 'we wrote it',
  owner: 'platform',
  expires: '2026-10-20',
  created: '2026-09-25',
}

function waiver(change: Partial<typeof WAIVER> & { readonly match?: string; readonly rule?: string } = {}): string {
  const { purl, reason, owner, expires, created } = { ...WAIVER, ...change }
  const match = change.match ?? `{ purl: "${purl}" }`
  return `  - { match: ${match}, rule: ${change.rule ?? 'cooldown'}, reason: "${reason}", owner: "${owner}", expires: ${expires}, created: ${created} }\n`
}
const waiving = (...list: string[]) => policyOf(`${COOLDOWN}waivers:\n${list.join('')}`)

describe('a waiver', () => {
  it('covers one rule for what it names, and the state says so (T-PP-07)', () => {
    const verdict = judge([subjectOf()], waiving(waiver()), { rules: YOUNG })
    expect([verdict.result, verdict.dependencies[0]?.state, verdict.counts.waived]).toStrictEqual([
      'PASSED',
      'waived',
      1,
    ])
    expect(verdict.findings).toMatchObject([
      {
        rule: 'cooldown',
        level: 'note',
        waiver: { owner: 'platform', reason: 'we wrote it', expires: '2026-10-20', line: 5, file: 'cleanbill.yml' },
      },
    ])
  })

  it.for<[string, Parameters<typeof waiver>[0]]>([
    ['another package', { purl: 'pkg:npm/other@1.0.0' }],
    ['another version', { purl: 'pkg:npm/%40acme/app@1.2.4' }],
    ['another rule', { rule: 'revoked' }],
  ])('of %s does not cover it', ([, change]) => {
    expect(failures(judge([subjectOf()], waiving(waiver(change)), { rules: YOUNG }))).toStrictEqual([
      'cooldown TOO_YOUNG',
    ])
  })

  it('covers all that failed, or the state stays what it is', () => {
    const rules = [...YOUNG, rule('signer-continuity', fire({ code: 'SIGNER_CHANGED', state: 'changed' }))]
    const evidence = evidenceOf({ accepted: [accepted()] })
    const one = judge([subjectOf({ evidence })], waiving(waiver()), { rules })
    expect([one.dependencies[0]?.state, failures(one)]).toStrictEqual(['changed', ['signer-continuity SIGNER_CHANGED']])
    const both = judge([subjectOf({ evidence })], waiving(waiver(), waiver({ rule: 'signer-continuity' })), { rules })
    expect([both.dependencies[0]?.state, failures(both)]).toStrictEqual(['waived', []])
  })

  it.for([
    [
      'missing-provenance',
      subjectOf({ evidence: evidenceOf({ registry: { kind: 'not-vouched', message: 'x' } }) }),
      'strict',
    ],
    [
      'valid-evidence',
      subjectOf({
        evidence: evidenceOf({ refused: [{ where: 'x', source: 'npm', code: 'SIGNATURE_INVALID', message: 'x' }] }),
      }),
      'recommended',
    ],
    [
      'valid-evidence',
      subjectOf({ evidence: evidenceOf({ unavailable: [{ source: 'npm', fault: 'unreachable', message: 'x' }] }) }),
      'strict',
    ],
    [
      'no-downgrade',
      subjectOf({
        lock: { ecosystem: 'npm', name: '@acme/app', line: '1', best: 'provenance', first: '1.0.0', signers: [] },
      }),
      'recommended',
    ],
  ] as const)('covers the code of a state through %s', ([id, subject, profile]) => {
    const policy = policyOf(`waivers:\n${waiver({ rule: id })}`, profile)
    expect(judge([subject], policyOf('', profile)).result).toBe('FAILED')
    expect(judge([subject], policy)).toMatchObject({ result: 'PASSED', counts: { waived: 1 } })
  })

  it.for<[string, string, string]>([
    ['that has ended', waiver({ expires: '2026-09-30', created: '2026-09-20' }), 'WAIVER_EXPIRED'],
    ['that names nothing', waiver({ match: '{}' }), 'WAIVER_INVALID'],
    ['that names everything', waiver({ purl: '**' }), 'WAIVER_INVALID'],
    ['that names a registry', waiver({ purl: 'pkg:npm/**' }), 'WAIVER_INVALID'],
    ['that names a kind only', waiver({ match: '{ kind: package }' }), 'WAIVER_INVALID'],
    ['without a reason', waiver({ reason: ' ' }), 'WAIVER_INVALID'],
    ['without an owner', waiver({ owner: '' }), 'WAIVER_INVALID'],
    ['that lasts too long', waiver({ expires: '2026-10-26' }), 'WAIVER_INVALID'],
    ['that is dated ahead', waiver({ created: '2026-10-10' }), 'WAIVER_INVALID'],
    [
      'without a date, too far ahead',
      `  - { match: { purl: "${WAIVER.purl}" }, rule: cooldown, reason: x, owner: y, expires: 2026-11-02 }\n`,
      'WAIVER_INVALID',
    ],
  ])('%s does not count, and fails (T-PP-07)', ([, written, code]) => {
    const verdict = judge([subjectOf()], waiving(written), { rules: YOUNG })
    expect(failures(verdict)).toStrictEqual([`waiver ${code}`, 'cooldown TOO_YOUNG'])
    expect(verdict.findings[0]).toMatchObject({ file: 'cleanbill.yml', line: 5 })
  })

  it('counts until the end of its last day', () => {
    const policy = waiving(waiver({ expires: '2026-10-01' }))
    const at = (time: string) => judge([subjectOf()], policy, { rules: YOUNG, now: new Date(time) }).result
    expect([at('2026-10-01T23:59:59Z'), at('2026-10-02T00:00:00Z')]).toStrictEqual(['PASSED', 'FAILED'])
  })

  it('does not count beside another one of its rule: two combine to more than either may (T-PP-07)', () => {
    const verdict = judge([subjectOf()], waiving(waiver(), waiver({ purl: 'pkg:npm/@acme/*' })), { rules: YOUNG })
    expect(failures(verdict)).toStrictEqual(['waiver WAIVER_INVALID', 'waiver WAIVER_INVALID', 'cooldown TOO_YOUNG'])
  })

  it.for<[string, boolean, string | undefined, boolean, string]>([
    ['of the author of the change', true, undefined, false, 'FAILED'],
    ['of the author, written otherwise', true, undefined, false, 'FAILED'],
    ['of a lone maintainer, an hour old', true, '2026-10-01T11:00:00Z', true, 'FAILED'],
    ['of a lone maintainer, of unknown age', true, undefined, true, 'FAILED'],
    ['of a lone maintainer, a day old', true, '2026-09-30T11:00:00Z', true, 'PASSED'],
    ['of an author who is not alone, a day old', true, '2026-09-30T11:00:00Z', false, 'FAILED'],
    ['of the author, that was there before', false, undefined, false, 'PASSED'],
  ])('%s (T-PP-07)', ([name, added, since, solo, result]) => {
    const owner = name.endsWith('otherwise') ? '@Platform' : 'platform'
    const policy = policyOf(`${COOLDOWN}waiver-limits: { solo: ${solo} }\nwaivers:\n${waiver({ owner })}`)
    const change = { author: 'platform', isNew: () => added, since: since === undefined ? undefined : new Date(since) }
    expect(judge([subjectOf()], policy, { rules: YOUNG, change }).result).toBe(result)
    expect(judge([subjectOf()], policy, { rules: YOUNG, change: { ...change, author: 'somebody' } }).result).toBe(
      'PASSED',
    )
  })

  it('does not cover a package of that name from somebody’s git repository', () => {
    const git = subjectOf({ id: 'pkg:npm/%40acme/app@1.2.3?vcs_url=git%2Bhttps://evil.example/x' })
    expect(judge([git], waiving(waiver()), { rules: YOUNG }).result).toBe('FAILED')
  })

  it('covers a file by its name', () => {
    const subjects = [subjectOf()]
    const notices = [{ code: 'CONTRADICTION', message: 'x', file: 'a/package-lock.json', line: 2 }] as const
    const discovery = discoveryOf(subjects, { notices })
    const covering = (name: string) => policyOf(`waivers:\n${waiver({ rule: 'locked', match: `{ name: "${name}" }` })}`)
    expect(judge(subjects, covering('a/package-lock.json'), { discovery }).result).toBe('PASSED')
    expect(judge(subjects, covering('b/package-lock.json'), { discovery }).result).toBe('FAILED')
  })

  it('never covers a rule that broke', () => {
    const rules = [
      {
        ...QUIET,
        id: 'cooldown' as const,
        check: () => {
          throw new Error('boom')
        },
      },
    ]
    expect(failures(judge([subjectOf()], waiving(waiver()), { rules }))).toStrictEqual(['cooldown POLICY_ERROR'])
  })
})

describe('what is allowed', () => {
  const SHA = '0123456789abcdef0123456789abcdef01234567'
  const action = (name: string, version: string, more: Partial<Subject> = {}): Subject => ({
    ...subjectOf({ evidence: evidenceOf({ registry: { kind: 'not-applicable' } }) }),
    dependency: dependencyOf(`pkg:github/${name}@${version}`, { kind: 'action', source: 'git', version }),
    ...more,
  })
  const ALLOW = 'allow:\n  - { kind: action, owner: [actions, acme], pinned: sha }\n'

  it.for<[string, Subject, boolean]>([
    ['an action of an owner', action('actions/checkout', SHA), true],
    [
      'the same, in another case',
      {
        ...action('actions/checkout', SHA),
        dependency: { ...action('actions/checkout', SHA).dependency, name: 'Actions/Checkout' },
      },
      true,
    ],
    ['an action of somebody else', action('evil/checkout', SHA), false],
    ['an action of an owner of a longer name', action('actions-evil/checkout', SHA), false],
    ['an action by its tag', action('actions/checkout', 'v4'), false],
    [
      'an action of this very repository',
      { ...action('x/y', 'v4'), dependency: dependencyOf('workspace:./a', { kind: 'action' }) },
      true,
    ],
    ['another kind, of which nothing is said', subjectOf(), true],
  ])('%s: %s', ([, subject, ok]) => {
    expect(failures(judge([subject], policyOf(ALLOW)))).toStrictEqual(ok ? [] : ['allowed NOT_ALLOWED'])
  })

  it('as an immutable release has to be known to be one', () => {
    const policy = policyOf('allow:\n  - { kind: action, owner: actions, immutable-release: true }\n')
    const fact = (immutable: boolean): Subject =>
      action('actions/checkout', SHA, {
        facts: {
          ...NO_FACTS,
          action: {
            kind: 'known',
            from: 'api',
            observedAt: '2026-10-01T00:00:00Z',
            value: { tags: [{ name: 'v4', immutable }], reachableFrom: null, repositoryId: '1', ownerId: '2' },
          },
        },
      })
    expect(failures(judge([action('actions/checkout', SHA)], policy))).toStrictEqual(['allowed NOT_ALLOWED'])
    expect(failures(judge([fact(false)], policy))).toStrictEqual(['allowed NOT_ALLOWED'])
    expect(failures(judge([fact(true)], policy))).toStrictEqual([])
    const attested = action('actions/checkout', SHA, {
      evidence: evidenceOf({ accepted: [accepted(verified({ predicateType: RELEASE_V02 }))] }),
    })
    expect(failures(judge([attested], policy))).toStrictEqual([])
  })

  it('by purl, name and digest', () => {
    const pass = (entry: string, subject = subjectOf()) =>
      judge([subject], policyOf(`allow:\n  - { kind: package, ${entry} }\n`)).result
    expect(pass('purl: "pkg:npm/@acme/*"')).toBe('PASSED')
    expect(pass('purl: "pkg:npm/@other/*"')).toBe('FAILED')
    expect(pass('name: "@acme/*", pinned: digest')).toBe('PASSED')
    expect(pass('owner: acme')).toBe('PASSED')
    expect(pass('owner: "@acme"')).toBe('PASSED')
    const unpinned = { ...subjectOf(), dependency: dependencyOf('pkg:npm/%40acme/app@1.2.3', { digests: {} }) }
    expect(pass('name: "@acme/*", pinned: digest', unpinned)).toBe('FAILED')
    const git = subjectOf({ id: 'pkg:npm/%40acme/app@1.2.3?vcs_url=git%2Bhttps://evil.example/x' })
    expect(pass('purl: "pkg:npm/@acme/*"', git)).toBe('FAILED')
  })
})

describe('a quorum of verifiers', () => {
  const VERIFIERS = `verifiers:
  quorum: 2
  max-age: 30d
  any-of:
    - { repository: coop-a/verify, workflow: .github/workflows/verify.yml, id: "https://coop-a.example" }
    - { repository: coop-b/verify, workflow: .github/workflows/verify.yml }
    - { repository: coop-c/verify, workflow: .github/workflows/verify.yml }
`
  const REQUIRED = `${VERIFIERS}require:\n  - match: { purl: "pkg:npm/@acme/**" }\n    evidence: [vsa]\n`
  interface Summary {
    readonly result?: 'PASSED' | 'FAILED'
    readonly time?: string | undefined
    readonly about?: string
    readonly id?: string
    readonly levels?: readonly string[]
    readonly issuer?: string
  }
  function summary(who: string, more: Summary = {}): AcceptedAttestation {
    const { result = 'PASSED', about = 'pkg:npm/%40acme/app@1.2.3', id = `https://${who}.example`, issuer } = more
    const uri = `https://github.com/${who}/verify/.github/workflows/verify.yml@refs/heads/main`
    const signer = signerWith({ buildSignerUri: uri })
    const time = 'time' in more ? more.time : '2026-09-20T00:00:00Z'
    const predicate = {
      verifier: { id },
      ...(time === undefined ? {} : { timeVerified: time }),
      resourceUri: about,
      policy: { uri: 'https://coop.example/policy' },
      verificationResult: result,
      verifiedLevels: result === 'FAILED' ? ['FAILED'] : [...(more.levels ?? ['SLSA_BUILD_LEVEL_2'])],
    }
    return accepted(
      verified({ predicateType: VSA_V1, predicate }, issuer === undefined ? signer : { ...signer, issuer }),
    )
  }
  const vouched = (list: readonly AcceptedAttestation[], refused: readonly RefusedAttestation[] = []) =>
    subjectOf({ evidence: evidenceOf({ accepted: list, refused }) })

  it('vouches for what nobody else attests', () => {
    const verdict = judge([vouched([summary('coop-a'), summary('coop-c')])], policyOf(REQUIRED))
    expect([verdict.result, verdict.dependencies[0]?.state]).toStrictEqual(['PASSED', 'verified'])
  })

  it.for<[string, AcceptedAttestation]>([
    ['one verifier twice', summary('coop-b', { time: '2026-09-21T00:00:00Z' })],
    ['an unknown verifier (T-PP-05)', summary('coop-x')],
    ['a verifier under another issuer (T-PP-05)', summary('coop-a', { issuer: 'https://evil.example' })],
    ['a verifier with another id (T-PP-05)', summary('coop-a', { id: 'https://evil.example' })],
    ['another artifact (T-PP-05)', summary('coop-a', { about: 'pkg:npm/%40acme/app@1.2.2' })],
    ['a summary of last winter', summary('coop-a', { time: '2026-01-01T00:00:00Z' })],
    ['a summary of tomorrow', summary('coop-a', { time: '2027-01-01T00:00:00Z' })],
    ['a summary without a time', summary('coop-a', { time: undefined })],
    [
      'a summary that is none',
      accepted(verified({ predicateType: VSA_V1, predicate: {} }, summary('coop-a').attestation.signer)),
    ],
  ])('is not met with %s', ([name, other]) => {
    // A log's time is the older claim where the summary says a newer one.
    const rejudged = name.includes('tomorrow')
      ? accepted({ ...other.attestation, origin: { ...other.attestation.origin, times: [] } })
      : other
    const verdict = judge([vouched([summary('coop-b'), rejudged])], policyOf(REQUIRED))
    expect(failures(verdict)).toStrictEqual(['verifier-quorum QUORUM_MISSING'])
    expect(verdict.dependencies[0]?.state).toBe('registered')
  })

  it('counts from the log’s time when the summary says a later one', () => {
    const old = summary('coop-a')
    const late = accepted({
      ...old.attestation,
      origin: { ...old.attestation.origin, times: ['2026-01-01T00:00:00Z'] },
    })
    expect(failures(judge([vouched([summary('coop-b'), late])], policyOf(REQUIRED)))).toStrictEqual([
      'verifier-quorum QUORUM_MISSING',
    ])
  })

  it('needs the level that is required (T-PP-05)', () => {
    const policy = policyOf(`${REQUIRED}    level: 3\n`)
    const three = (who: string) => summary(who, { levels: ['SLSA_BUILD_LEVEL_3'] })
    expect(judge([vouched([three('coop-a'), three('coop-b')])], policy).result).toBe('PASSED')
    expect(failures(judge([vouched([three('coop-a'), summary('coop-b')])], policy))).toStrictEqual([
      'verifier-quorum QUORUM_MISSING',
    ])
  })

  it('is broken by one that says FAILED, and by one that says both (T-PP-04)', () => {
    const against = judge(
      [vouched([summary('coop-a'), summary('coop-b'), summary('coop-c', { result: 'FAILED' })])],
      policyOf(REQUIRED),
    )
    expect([against.dependencies[0]?.state, failures(against)]).toStrictEqual([
      'invalid',
      ['verifier-quorum VSA_REJECTED'],
    ])
    const both = judge(
      [vouched([summary('coop-a'), summary('coop-b'), summary('coop-a', { result: 'FAILED' })])],
      policyOf(REQUIRED),
    )
    expect(failures(both)).toStrictEqual(['verifier-quorum ATTESTATION_CONFLICT'])
  })

  it('hears FAILED also where it was refused on the way, from named verifiers only', () => {
    const no = (who: string): RefusedAttestation => ({
      where: 'x',
      source: 'npm',
      code: 'VSA_REJECTED',
      message: 'no',
      predicateType: VSA_V1,
      signer: summary(who).attestation.signer,
    })
    const list = [summary('coop-a'), summary('coop-b')]
    expect(failures(judge([vouched(list, [no('coop-c')])], policyOf(REQUIRED)))).toStrictEqual([
      'verifier-quorum VSA_REJECTED',
    ])
    expect(failures(judge([vouched(list, [no('coop-x')])], policyOf(REQUIRED)))).toStrictEqual([])
    expect(judge([vouched([], [no('coop-x')])], policyOf('')).dependencies[0]?.state).toBe('registered')
    expect(failures(judge([vouched([], [no('coop-c')])], policyOf(VERIFIERS)))).toStrictEqual([
      'verifier-quorum VSA_REJECTED',
    ])
  })

  it('does not stand for provenance while one verifier speaks against it, rule or no rule', () => {
    const list = [summary('coop-a'), summary('coop-b'), summary('coop-c', { result: 'FAILED' })]
    const off = policyOf(`${VERIFIERS}rules: { verifier-quorum: off }\n`)
    expect(judge([vouched(list)], off).dependencies[0]?.state).toBe('registered')
    expect(judge([vouched(list.slice(0, 2))], off).dependencies[0]?.state).toBe('verified')
  })

  it('is not asked for where no entry names it, and one summary alone is no provenance', () => {
    const verdict = judge([vouched([summary('coop-a')])], policyOf(VERIFIERS))
    expect([verdict.result, verdict.dependencies[0]?.state]).toStrictEqual(['PASSED', 'registered'])
  })
})
