import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Policy } from '../../src/model/policy.ts'
import { RULE_IDS } from '../../src/model/rules.ts'
import type { Verdict } from '../../src/model/verdict.ts'
import { findLoosened, policyWeakened } from '../../src/policy/compare-policies.ts'
import { evaluate } from '../../src/policy/evaluate.ts'
import { parseExpectations, runExpectations } from '../../src/policy/expectations.ts'
import { explain } from '../../src/policy/explain.ts'
import { extendPolicy } from '../../src/policy/extend-policy.ts'
import { formatPolicy } from '../../src/policy/format-policy.ts'
import { defaultPolicy, parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Objection, Rule, Subject } from '../../src/policy/rule.ts'
import { stricter } from '../../src/policy/stricter.ts'
import { parseTrustLock } from '../../src/policy/trust-lock.ts'
import { accepted, catchError, discoveryOf, evidenceOf, NOW, QUIET, rule, subjectOf, verified } from './support.ts'

const parse = (text: string, file = 'cleanbill.yml') => parsePolicy(`version: 1\n${text}`, file)
const CENTRAL = 'acme/.github//cleanbill.yml'
const BASE = `profile: recommended
trust: { roots: [sigstore] }
platforms: [linux-x64]
builders:
  - { signer: "acme/builders/.github/workflows/npm.yml", level: 3 }
allow:
  - { kind: action, owner: [actions, acme], pinned: sha }
require:
  - match: { purl: "pkg:npm/@acme/**" }
    source: { repository: "acme/*" }
rules:
  cooldown: { level: fail, days: 3, except: ["pkg:npm/@acme/**"] }
  no-downgrade: { scopes: [runtime], ignore-older-than: 2024-01-01 }
  run-outcome: { retention-days: 90 }
  independent-rebuild: { require-for: ["pkg:pypi/**"] }
  ref-allow-list: { triggers: [push] }
accept-unsupported: [workspace]
verifiers: { quorum: 2, max-age: 30d, any-of: [{ repository: coop-a/verify }, { repository: coop-b/verify }] }
waiver-limits: { max-days: 30, approvers: "@acme/security" }
`

/** Own files that loosen something of {@link BASE}, by the key that says so. */
const LOOSER: readonly [key: string, own: string][] = [
  ['profile', 'profile: baseline'],
  ['trust.roots', 'trust: { roots: [sigstore, github] }'],
  ['trust.npm-keys', 'trust: { roots: [sigstore], npm-keys: keys.json }'],
  ['trust.go-sumdb', 'trust: { roots: [sigstore], go-sumdb: sum.evil.example+x+y }'],
  ['trust.oss-rebuild', 'trust: { roots: [sigstore], oss-rebuild: keys/evil.pem }'],
  ['evidence.npm', 'evidence: { npm: "https://npm.evil.example" }'],
  ['platforms', 'platforms: [darwin-arm64]'],
  ['builders', 'builders: [{ signer: "evil/x/.github/workflows/x.yml", level: 3 }]'],
  ['allow', 'allow: [{ kind: action, owner: evil }]'],
  ['rules.cooldown.level', 'rules: { cooldown: warn }'],
  ['rules.cooldown.level', 'rules: { cooldown: off }'],
  ['rules.signer-continuity.level', 'rules: { signer-continuity: warn }'],
  ['rules.cooldown.days', 'rules: { cooldown: { days: 1 } }'],
  ['rules.cooldown.except', 'rules: { cooldown: { except: ["pkg:npm/**"] } }'],
  ['rules.signer-continuity.except', 'rules: { signer-continuity: { except: ["pkg:npm/x"] } }'],
  ['rules.no-downgrade.scopes', 'rules: { no-downgrade: { scopes: [development] } }'],
  ['rules.cooldown.scopes', 'rules: { cooldown: { scopes: [runtime] } }'],
  ['rules.no-downgrade.ignore-older-than', 'rules: { no-downgrade: { ignore-older-than: 2026-01-01 } }'],
  ['rules.run-outcome.retention-days', 'rules: { run-outcome: { retention-days: 7 } }'],
  ['rules.independent-rebuild.require-for', 'rules: { independent-rebuild: { require-for: ["pkg:pypi/acme"] } }'],
  ['rules.ref-allow-list.triggers', 'rules: { ref-allow-list: { triggers: [push, pull_request_target] } }'],
  ['rules.ref-allow-list.refs', 'rules: { ref-allow-list: { refs: ["refs/**"] } }'],
  ['accept-unsupported', 'accept-unsupported: [workspace, git]'],
  ['verifiers.quorum', 'verifiers: { quorum: 1, max-age: 30d, any-of: [{ repository: coop-a/verify }] }'],
  [
    'verifiers.max-age',
    'verifiers: { quorum: 2, max-age: 90d, any-of: [{ repository: coop-a/verify }, { repository: coop-b/verify }] }',
  ],
  [
    'verifiers.any-of',
    'verifiers: { quorum: 2, max-age: 30d, any-of: [{ repository: coop-a/verify }, { repository: evil/verify }] }',
  ],
  ['waiver-limits.max-days', 'waiver-limits: { max-days: 90 }'],
  ['waiver-limits.solo', 'waiver-limits: { solo: true }'],
  ['waiver-limits.approvers', 'waiver-limits: { approvers: "@evil" }'],
]

describe('an own policy on top of a central one', () => {
  const base = parse(BASE, CENTRAL)

  it.for(LOOSER)('may not loosen %s: %s', ([key, own]) => {
    expect(catchError(() => extendPolicy(base, parse(own)))).toMatchObject({
      code: 'POLICY_LOOSENED',
      file: 'cleanbill.yml',
      class: 'usage',
    })
    expect(findLoosened(base, parse(own)).map((one) => one.key)).toContain(key)
  })

  it('may be silent, and then is the central one', () => {
    const { file, given, ...rest } = extendPolicy(base, parse(''))
    const { file: _file, given: _given, ...expected } = base
    const from = <T extends object>(list: readonly T[]) => list.map((entry) => ({ ...entry, file: CENTRAL }))
    expect([file, given?.includes('verifiers')]).toStrictEqual(['cleanbill.yml', true])
    expect(rest).toStrictEqual({ ...expected, require: from(base.require), allow: from(base.allow) })
  })

  it('may tighten, and add entries of its own', () => {
    const own = `profile: strict
platforms: [linux-x64, darwin-arm64]
builders: [{ signer: "acme/builders/.github/workflows/npm.yml", level: 1 }]
allow:
  - { kind: image, owner: docker.io/library }
require:
  - match: { purl: "pkg:npm/left-pad" }
rules: { cooldown: { days: 7 }, no-downgrade: fail, reviewed-source: fail }
verifiers: { quorum: 2, max-age: 7d, any-of: [{ repository: coop-a/verify }, { repository: coop-b/verify }] }
waivers:
  - { match: { purl: "pkg:npm/left-pad@1.3.0" }, rule: cooldown, reason: x, owner: y, expires: 2026-10-20 }
waiver-limits: { max-days: 7 }
`
    const merged = extendPolicy(base, parse(own))
    expect(merged).toMatchObject({
      profile: 'strict',
      trust: { roots: ['sigstore'] },
      builders: [{ level: 3 }, { level: 1 }],
      allow: [{ kind: 'action', file: CENTRAL }, { kind: 'image' }],
      require: [{ file: CENTRAL }, { match: { purl: 'pkg:npm/left-pad' } }],
      rules: {
        cooldown: { level: 'fail', days: 7, except: ['pkg:npm/@acme/**'] },
        'no-downgrade': { level: 'fail', scopes: ['runtime'] },
      },
      verifiers: { maxAgeDays: 7 },
      waivers: [{ rule: 'cooldown' }],
      waiverLimits: { maxDays: 7, solo: false, approvers: ['acme/security'] },
      file: 'cleanbill.yml',
    })
  })

  it('may verify the files of every platform, and not of none', () => {
    expect(extendPolicy(base, parse('platforms: []')).platforms).toStrictEqual([])
    expect(findLoosened(parse('platforms: []'), parse('platforms: [linux-x64]'))).toHaveLength(1)
  })
})

describe('a pull request that changes the policy (T-PP-08)', () => {
  const base = parse(BASE)
  const head = (change: (text: string) => string): Policy => {
    const text = change(BASE)
    expect(text).not.toBe(BASE)
    return parse(text)
  }

  it.for<[string, (text: string) => string]>([
    ['require', (text) => text.replace('"pkg:npm/@acme/**" }', '"pkg:npm/@acme/x" }')],
    ['require', (text) => text.replace(/require:\n.*\n.*\n/, '')],
    ['profile', (text) => text.replace('recommended', 'baseline')],
    ['allow', (text) => text.replace(/allow:\n.*\n/, '')],
    ['rules.cooldown.level', (text) => text.replace(/ {2}cooldown: .*\n/, '')],
    ['rules.independent-rebuild.require-for', (text) => text.replace(/ {2}independent-rebuild: .*\n/, '')],
    ['waiver-limits.max-days', (text) => text.replace('max-days: 30', 'max-days: 60')],
    [
      'waivers',
      (text) =>
        `${text}waivers:\n  - { match: { purl: "pkg:npm/x" }, rule: cooldown, reason: x, owner: y, expires: 2026-10-20 }\n`,
    ],
  ])('is found out: %s', ([key, change]) => {
    expect(policyWeakened(base, head(change)).map((one) => one.key)).toContain(key)
  })

  it('is not, where it tightens or only moves lines', () => {
    expect(policyWeakened(base, base)).toStrictEqual([])
    expect(
      policyWeakened(
        base,
        head((text) => `\n\n${text}`),
      ),
    ).toStrictEqual([])
    expect(
      policyWeakened(
        base,
        head((text) => text.replace('recommended', 'strict')),
      ),
    ).toStrictEqual([])
    expect(
      policyWeakened(
        base,
        head((text) => text.replace('days: 3', 'days: 9')),
      ),
    ).toStrictEqual([])
  })

  it('loses its central policy not unseen', () => {
    const at = (commit: string) => parse(`extends: acme/.github//cleanbill.yml@${commit.repeat(40)}\n`)
    expect(policyWeakened(at('a'), parse('')).map((one) => one.key)).toStrictEqual(['extends'])
    expect(policyWeakened(at('a'), at('b'))).toHaveLength(1)
  })
})

const fire = (more: Partial<Objection> = {}): Objection => ({
  outcome: 'fire',
  code: 'TOO_YOUNG',
  message: 'x',
  ...more,
})
function judge(
  subjects: readonly Subject[],
  policy: Policy,
  rules: readonly Rule[] = [rule('cooldown', fire())],
): Verdict {
  return evaluate({ subjects, discovery: discoveryOf(subjects), policy, now: NOW, rules, judged: 'all' })
}

describe('the stricter of two verdicts', () => {
  const failing = parse('rules: { cooldown: fail }')
  const quiet = parse('rules: { cooldown: off }')
  const subjects = [subjectOf(), subjectOf({ id: 'pkg:npm/x@1.0.0' })]
  const codes = ({ findings }: Verdict) => findings.filter(({ level }) => level === 'fail').map(({ code }) => code)

  it('fails when either does, whichever is the base', () => {
    const proposed = stricter(judge(subjects, failing), judge(subjects, quiet))
    expect([proposed.result, codes(proposed)]).toStrictEqual(['FAILED', ['POLICY_WEAKENED', 'TOO_YOUNG', 'TOO_YOUNG']])
    const tightened = stricter(judge(subjects, quiet), judge(subjects, failing))
    expect([tightened.result, codes(tightened)]).toStrictEqual(['FAILED', ['TOO_YOUNG', 'TOO_YOUNG']])
    expect(stricter(judge(subjects, quiet), judge(subjects, quiet)).result).toBe('PASSED')
  })

  it('takes the worse state for each dependency, and adds up', () => {
    const lock = {
      ecosystem: 'npm',
      name: '@acme/app',
      line: '1',
      best: 'provenance',
      first: '1.0.0',
      signers: [],
    } as const
    const base = judge([subjectOf({ lock }), subjectOf({ id: 'pkg:npm/x@1.0.0' })], quiet)
    const head = judge([subjectOf(), subjectOf({ id: 'pkg:npm/x@1.0.0' })], quiet)
    const both = stricter(base, head)
    expect(both.dependencies.map(({ state }) => state)).toStrictEqual(['lost', 'registered'])
    expect([both.counts.lost, both.counts.registered, both.total]).toStrictEqual([1, 1, 2])
    expect(codes(both)).toStrictEqual(['POLICY_WEAKENED', 'ATTESTATION_LOST'])
  })

  it('lets no waiver count that only the proposal has', () => {
    const waived = parse(
      'rules: { cooldown: fail }\nwaivers:\n  - { match: { purl: "pkg:npm/@acme/app" }, rule: cooldown, reason: x, owner: y, expires: 2026-10-20 }\n',
    )
    const both = stricter(judge([subjectOf()], failing), judge([subjectOf()], waived))
    expect([both.result, both.dependencies[0]?.state]).toStrictEqual(['FAILED', 'registered'])
    expect(codes(both)).toContain('POLICY_WEAKENED')
    expect(stricter(judge([subjectOf()], waived), judge([subjectOf()], waived)).result).toBe('PASSED')
  })

  it('fails under the profile of the base when the proposal only reports', () => {
    const both = stricter(judge([subjectOf()], failing), judge([subjectOf()], { ...failing, profile: 'baseline' }))
    expect([both.result, both.profile]).toStrictEqual(['FAILED', 'recommended'])
  })

  it('warns of what is milder in words only, so that it can be merged alone', () => {
    const proposal = {
      loosened: [{ key: 'rules.cooldown.level', message: 'it is off' }],
      widened: [{ ecosystem: 'npm', name: 'x', line: '1', message: 'a signer is added' }],
      policyFile: 'cleanbill.yml',
      lockFile: 'cleanbill.lock',
    }
    const both = stricter(judge(subjects, quiet), judge(subjects, quiet), proposal)
    expect(both.result).toBe('PASSED')
    expect(both.findings.map(({ code, level, file }) => [code, level, file])).toStrictEqual([
      ['POLICY_WEAKENED', 'warn', 'cleanbill.lock'],
      ['POLICY_WEAKENED', 'warn', 'cleanbill.yml'],
    ])
  })

  it('sees a pipeline finding that the proposal drops', () => {
    const pipeline: Rule = {
      ...QUIET,
      id: 'before-install',
      checkPipeline: () => [{ ...fire(), file: 'ci.yml', line: 3 }],
    }
    const strict = parse('rules: { before-install: fail }')
    const both = stricter(
      judge([subjectOf()], strict, [pipeline]),
      judge([subjectOf()], parse('rules: { before-install: off }'), [pipeline]),
    )
    expect(codes(both)).toStrictEqual(['POLICY_WEAKENED', 'TOO_YOUNG'])
  })

  it('of different dependencies is none', () => {
    const other = [subjectOf(), subjectOf({ id: 'pkg:npm/y@1.0.0' })]
    expect(catchError(() => stricter(judge(subjects, quiet), judge(other, quiet)))).toMatchObject({
      code: 'ACCOUNTING',
    })
    expect(catchError(() => stricter(judge(subjects, quiet), judge([subjectOf()], quiet)))).toMatchObject({
      code: 'ACCOUNTING',
    })
  })
})

describe('a policy under which everything passes', () => {
  const GOOD = `profile: strict
require:
  - match: { purl: "pkg:npm/@acme/**" }
    source: { repository: acme/app, repository-id: "42", owner-id: "7", ref: "refs/tags/v*", triggers: [push] }
    signer: { workflow: acme/app/.github/workflows/release.yml, ref: "refs/tags/v*", runner: github-hosted }
    level: 2
    trust: sigstore
`
  const subjects = [subjectOf({ evidence: evidenceOf({ accepted: [accepted()] }) })]

  it('passes', () => {
    expect(judge(subjects, parse(GOOD), [QUIET]).result).toBe('PASSED')
  })

  it('is refused, or demands something else, after any change of one character in what it demands', () => {
    const from = GOOD.indexOf('repository:')
    const places = [...GOOD.slice(from).matchAll(/[a-z0-9]/g)].map(({ index }) => from + index)
    const keys = [...GOOD.matchAll(/[a-z-]+(?=:[ \n])/g)].flatMap(({ index, 0: key }) =>
      [...key].map((_, at) => index + at),
    )
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.constantFrom(...'qz9'), (at, put) => {
        fc.pre(GOOD[at] !== put)
        const text = GOOD.slice(0, at) + put + GOOD.slice(at + 1)
        let policy: Policy
        try {
          policy = parse(text)
        } catch (error) {
          expect(error).toMatchObject({ class: 'usage', line: expect.any(Number) })
          return
        }
        expect(keys).not.toContain(at)
        expect(judge(subjects, policy, [QUIET]).result).toBe('FAILED')
      }),
      { numRuns: 400 },
    )
  })
})

describe('an explanation', () => {
  it('names every entry that applies, with its file and line, and what each rule would do', () => {
    const text = `${BASE}waivers:\n  - { match: { purl: "pkg:npm/@acme/app" }, rule: cooldown, reason: young, owner: y, expires: 2026-10-20 }\n`
    const policy = extendPolicy(
      parse(text, CENTRAL),
      parse('require:\n  - match: { purl: "pkg:npm/other" }\n  - match: { kind: package }\n    level: 2\n'),
    )
    const lock = {
      ecosystem: 'npm',
      name: '@acme/app',
      line: '1',
      best: 'registered',
      first: '1.0.0',
      signers: [],
    } as const
    const subject = subjectOf({ lock })
    const verdict = judge([subject], policy)
    const { entries, rules, state, findings } = explain(subject, policy, 'cleanbill.lock', verdict)
    expect(state).toBe('registered')
    expect(findings).toStrictEqual(verdict.dependencies[0]?.findings)
    expect(entries.map(({ kind, file, line }) => `${kind} ${file}:${line}`)).toStrictEqual([
      `require ${CENTRAL}:10`,
      'require cleanbill.yml:4',
      `waiver ${CENTRAL}:22`,
      'lock cleanbill.lock:1',
    ])
    expect(entries[0]?.says).toBe('asks for the usual evidence, from repository acme/*')
    expect(rules.find((one) => one.rule === 'cooldown')).toMatchObject({ level: 'off' })
    expect(rules.find((one) => one.rule === 'signer-continuity')).toStrictEqual({
      rule: 'signer-continuity',
      level: 'fail',
      because: 'the profile recommended',
    })
  })

  it('says nothing about a state that nobody judged', () => {
    expect(explain(subjectOf(), defaultPolicy(), 'cleanbill.lock')).toMatchObject({
      state: undefined,
      entries: [],
      findings: [],
    })
  })
})

describe('the policy that init writes', () => {
  it.for(['baseline', 'recommended', 'strict'] as const)('says what was decided, under %s', (profile) => {
    const decided: Policy = {
      ...defaultPolicy(profile),
      platforms: ['linux-x64', 'darwin-arm64'],
      evidence: { npm: 'https://npm.example', 'oci:ghcr.io': 'https://mirror.example' },
      acceptUnsupported: ['workspace'],
      rules: { cooldown: { level: 'fail' } },
    }
    const { given: _, file: __, ...read } = parsePolicy(formatPolicy(decided), 'cleanbill.yml')
    const { given: ___, file: ____, ...expected } = decided
    expect(read).toStrictEqual(expected)
  })

  it('can be read with its comments taken as settings', () => {
    const setting = /^# (?= {2}|(?:evidence|accept-unsupported|require|waivers|rules):)/gm
    const policy = parsePolicy(formatPolicy(defaultPolicy()).replace(setting, ''), 'cleanbill.yml')
    expect([policy.require.length, policy.waivers.length]).toStrictEqual([1, 1])
    expect(Object.keys(policy.rules)).toStrictEqual([...RULE_IDS])
  })
})

describe('expectations', () => {
  const LOCK = `version: 1
entries:
  - ecosystem: npm
    name: "@acme/app"
    line: "1"
    best: provenance
    first: "1.0.0"
    signers:
      - { issuer: "https://token.actions.githubusercontent.com", workflow: "https://github.com/acme/app/.github/workflows/release.yml" }
`
  const CASES = `version: 1
cases:
  - name: our own release passes
    dependency: pkg:npm/%40acme/app@1.2.3
    evidence: { accepted: [{ repository: acme/app, ref: refs/tags/v1.2.3 }] }
    expect: { state: verified, result: PASSED, codes: [] }
  - name: a fork does not
    dependency: pkg:npm/%40acme/app@1.2.3
    evidence: { accepted: [{ repository: evil/app }] }
    expect: { state: changed, codes: [IDENTITY_MISMATCH] }
  - name: lost is lost
    dependency: pkg:npm/%40acme/app@1.9.0
    expect: { state: lost }
  - name: a broken signature
    dependency: pkg:npm/other@1.0.0
    profile: strict
    evidence: { refused: SIGNATURE_INVALID }
    expect: { state: invalid, result: FAILED, codes: [SIGNATURE_INVALID] }
  - name: an outage
    dependency: pkg:npm/other@1.0.0
    evidence: { unavailable: rate-limited }
    expect: { state: unreachable, result: PASSED }
  - name: a model in training
    dependency: hf://acme/model
    kind: model
    source: registry
    evidence: { accepted: [{ kind: training, repository: acme/app }] }
    expect: { state: verified }
`
  const context = {
    policy: parse('require:\n  - match: { purl: "pkg:npm/@acme/**" }\n    source: { repository: acme/* }\n'),
    lock: parseTrustLock(LOCK, 'cleanbill.lock'),
    rules: [QUIET],
    now: NOW,
    suppose: ({ statement, signer, origin }: Parameters<Parameters<typeof runExpectations>[1]['suppose']>[0]) =>
      verified(statement, signer, origin),
  }

  it('that hold pass, one by one', () => {
    const results = runExpectations(parseExpectations(CASES, 'expectations.yml'), context)
    expect(results.filter(({ passed }) => !passed)).toStrictEqual([])
    expect(results.map(({ line }) => line)).toStrictEqual([3, 7, 11, 14, 19, 23])
  })

  it('that do not hold say what is different', () => {
    const wrong = CASES.replace('state: lost', 'state: verified, result: PASSED').replace(
      'codes: [IDENTITY_MISMATCH]',
      'codes: []',
    )
    const results = runExpectations(parseExpectations(wrong, 'x'), context).filter(({ passed }) => !passed)
    expect(results.map(({ name }) => name)).toStrictEqual(['a fork does not', 'lost is lost'])
    expect(results[1]?.differences).toStrictEqual(['state is lost, not verified', 'result is FAILED, not PASSED'])
  })

  it('that are malformed are refused with their line', () => {
    const cases: readonly (readonly [string, string, number])[] = [
      ['state: lost', 'sate: lost', 13],
      ['refused:', 'refusd:', 17],
      ['version: 1', 'version: 2', 1],
    ]
    for (const [from, to, line] of cases) {
      const refused = catchError(() => parseExpectations(CASES.replace(from, to), 'x.yml'))
      expect(refused).toMatchObject({ code: 'CONFIG_MALFORMED', file: 'x.yml', line })
    }
  })
})
