import { describe, expect, it } from 'vitest'
import { type Evidence, type RefusedAttestation, SOURCE_FAULTS, type SourceError } from '../../src/model/evidence.ts'
import type { Policy } from '../../src/model/policy.ts'
import { PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import { TEST_RESULT_V01 } from '../../src/model/predicates/test-result.ts'
import { PROFILES } from '../../src/model/rules.ts'
import type { LockEntry } from '../../src/model/trust-lock.ts'
import { EVIDENCE_STATES, type Verdict } from '../../src/model/verdict.ts'
import { evaluate } from '../../src/policy/evaluate.ts'
import type { EvaluateInput } from '../../src/policy/evaluate-input.ts'
import { signerOf } from '../../src/policy/locked-signer.ts'
import { defaultPolicy, parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Objection, Rule, Subject } from '../../src/policy/rule.ts'
import {
  accepted,
  catchError,
  dependencyOf,
  discoveryOf,
  evidenceOf,
  NOW,
  QUIET,
  RECORD,
  rule,
  signerWith,
  subjectOf,
  verified,
  WORKFLOW,
} from './support.ts'

const fire = (more: Partial<Objection> = {}): Objection => ({
  outcome: 'fire',
  code: 'SIGNER_CHANGED',
  message: 'x',
  ...more,
})

function judge(
  subjects: readonly Subject[],
  policy: Policy = defaultPolicy(),
  more: Partial<EvaluateInput> = {},
): Verdict {
  const discovery = discoveryOf(subjects)
  return evaluate({ subjects, discovery, policy, now: NOW, rules: [QUIET], judged: 'all', ...more })
}
const policyOf = (text: string, profile = 'recommended') =>
  parsePolicy(`version: 1\nprofile: ${profile}\n${text}`, 'cleanbill.yml')
const failures = ({ findings }: Verdict) =>
  findings.filter(({ level }) => level === 'fail').map(({ rule, code }) => `${rule} ${code}`)
const stateOf = (verdict: Verdict) => verdict.dependencies[0]?.state

const LOCK: LockEntry = {
  ecosystem: 'npm',
  name: '@acme/app',
  line: '1',
  best: 'provenance',
  first: '1.0.0',
  signers: [signerOf(verified(), '1.2.3')],
}
const ATTESTED = evidenceOf({ accepted: [accepted()], silent: [] })
const REFUSED: RefusedAttestation = { where: 'npm #1', source: 'npm', code: 'SIGNATURE_INVALID', message: 'no' }
const fault = (kind: SourceError['fault']): SourceError => ({ source: 'npm', fault: kind, message: 'no answer' })
const NO_WORD = { kind: 'not-vouched', message: 'the registry has no such version', record: RECORD } as const

/** State × profile (threats.md §0): what each piece of evidence is, and under which profiles it fails. */
const STATES: readonly [name: string, subject: Subject, state: string, code: string | undefined, fails: string][] = [
  ['attested', subjectOf({ evidence: ATTESTED, lock: LOCK }), 'verified', undefined, ''],
  ['attested, and not in the lock', subjectOf({ evidence: ATTESTED }), 'verified', undefined, ''],
  ['vouched for by the registry', subjectOf(), 'registered', undefined, ''],
  ['known to nobody', subjectOf({ evidence: evidenceOf({ registry: NO_WORD }) }), 'absent', 'ATTESTATION_ABSENT', 's'],
  ['attested before', subjectOf({ lock: LOCK }), 'lost', 'ATTESTATION_LOST', 'rs'],
  [
    'attested before, by the lock’s word alone',
    subjectOf({ lock: { ...LOCK, signers: [] } }),
    'lost',
    'ATTESTATION_LOST',
    'rs',
  ],
  ['registered before', subjectOf({ lock: { ...LOCK, best: 'registered', signers: [] } }), 'registered', undefined, ''],
  ['refused', subjectOf({ evidence: evidenceOf({ refused: [REFUSED] }) }), 'invalid', 'SIGNATURE_INVALID', 'rs'],
  [
    'refused, and attested before',
    subjectOf({ lock: LOCK, evidence: evidenceOf({ refused: [REFUSED] }) }),
    'invalid',
    'SIGNATURE_INVALID',
    'rs',
  ],
  [
    'refused beside what counts',
    subjectOf({ evidence: { ...ATTESTED, refused: [REFUSED] } }),
    'verified',
    undefined,
    '',
  ],
  [
    'other bytes than the registry’s (T-NS-19)',
    subjectOf({
      evidence: evidenceOf({
        registry: { kind: 'mismatch', code: 'REGISTRY_DIGEST_MISMATCH', message: 'other', record: RECORD },
      }),
    }),
    'invalid',
    'REGISTRY_DIGEST_MISMATCH',
    'rs',
  ],
  [
    'not reachable, nothing expected (T-NS-01)',
    subjectOf({ evidence: evidenceOf({ silent: [], unavailable: [fault('unreachable')] }) }),
    'unreachable',
    'SOURCE_UNREACHABLE',
    's',
  ],
  [
    'not reachable, in the lock',
    subjectOf({ lock: LOCK, evidence: evidenceOf({ silent: [], unavailable: [fault('rate-limited')] }) }),
    'unreachable',
    'SOURCE_UNREACHABLE',
    'rs',
  ],
  [
    'not reachable, claimed by the registry',
    subjectOf({
      evidence: evidenceOf({
        silent: [],
        unavailable: [fault('stripped')],
        registry: { kind: 'vouched', basis: 'index', record: { ...RECORD, claimsAttestations: true } },
      }),
    }),
    'unreachable',
    'SOURCE_UNREACHABLE',
    'rs',
  ],
  [
    'cut off, in the lock (T-NS-02)',
    subjectOf({ lock: LOCK, evidence: evidenceOf({ silent: [], unavailable: [fault('truncated')] }) }),
    'unreachable',
    'SOURCE_TRUNCATED',
    'rs',
  ],
  [
    'not readable (T-NS-03)',
    subjectOf({ evidence: evidenceOf({ silent: [], unavailable: [fault('unreadable')] }) }),
    'unreadable',
    'EVIDENCE_UNREADABLE',
    's',
  ],
  [
    'not readable, in the lock',
    subjectOf({ lock: LOCK, evidence: evidenceOf({ silent: [], unavailable: [fault('unreadable')] }) }),
    'unreadable',
    'EVIDENCE_UNREADABLE',
    's',
  ],
  [
    'not supported, in the lock',
    subjectOf({ lock: LOCK, evidence: evidenceOf({ silent: [], unavailable: [fault('unsupported')] }) }),
    'unsupported',
    'UNSUPPORTED',
    's',
  ],
  [
    'not supported by one source, and none at another that had it',
    subjectOf({ lock: LOCK, evidence: evidenceOf({ unavailable: [fault('unsupported')] }) }),
    'lost',
    'ATTESTATION_LOST',
    'rs',
  ],
  [
    'registry not reachable',
    subjectOf({ evidence: evidenceOf({ registry: { kind: 'unavailable', error: fault('unreachable') } }) }),
    'unreachable',
    'SOURCE_UNREACHABLE',
    's',
  ],
  [
    'registry not reachable that answered before',
    subjectOf({
      lock: { ...LOCK, best: 'registered', signers: [] },
      evidence: evidenceOf({ registry: { kind: 'unavailable', error: fault('unreachable') } }),
    }),
    'unreachable',
    'SOURCE_UNREACHABLE',
    'rs',
  ],
  [
    'no source at all (T-AC-05)',
    subjectOf({
      id: 'workspace:packages/a',
      evidence: evidenceOf({ silent: [], registry: { kind: 'not-applicable' } }),
    }),
    'unsupported',
    'UNSUPPORTED',
    's',
  ],
  [
    'no registry, and a source that has nothing',
    subjectOf({ evidence: evidenceOf({ registry: { kind: 'not-applicable' } }) }),
    'absent',
    'ATTESTATION_ABSENT',
    's',
  ],
  [
    'another kind of attestation alone (T-PP-01, T-PP-24)',
    subjectOf({
      evidence: evidenceOf({ accepted: [accepted(verified({ predicateType: TEST_RESULT_V01 }))], registry: NO_WORD }),
    }),
    'absent',
    'PREDICATE_TYPE',
    's',
  ],
  [
    'a near miss of the type (T-PP-19)',
    subjectOf({
      evidence: evidenceOf({
        accepted: [accepted(verified({ predicateType: 'https://slsa.dev/provenance/v1.0' }))],
        registry: NO_WORD,
      }),
    }),
    'absent',
    'PREDICATE_TYPE',
    's',
  ],
  [
    'attested for one of two files (T-SU-12)',
    subjectOf({ evidence: { ...ATTESTED, files: { checked: 2, attested: 1, pinned: 9 } } }),
    'absent',
    'ATTESTATION_ABSENT',
    's',
  ],
  [
    'attested for one of two files, and for all before',
    subjectOf({ lock: LOCK, evidence: { ...ATTESTED, files: { checked: 2, attested: 1, pinned: 9 } } }),
    'lost',
    'ATTESTATION_LOST',
    'rs',
  ],
]

describe('a dependency that is', () => {
  it.for(STATES.flatMap((row) => PROFILES.map((profile) => [...row, profile] as const)))(
    '%s (state %s…)',
    ([, subject, state, code, fails, profile]) => {
      const verdict = judge([subject], defaultPolicy(profile))
      const failsHere = fails.includes(profile.slice(0, 1)) && profile !== 'baseline'
      expect([profile, stateOf(verdict), verdict.result]).toStrictEqual([
        profile,
        state,
        failsHere ? 'FAILED' : 'PASSED',
      ])
      expect(failures(verdict).map((one) => one.split(' ')[1])).toStrictEqual(failsHere ? [code] : [])
      if (code !== undefined) expect(verdict.findings.map((one) => one.code)).toContain(code)
    },
  )

  it('of every fault of a source is never absent, registered or verified', () => {
    for (const kind of SOURCE_FAULTS) {
      const subject = subjectOf({ lock: LOCK, evidence: evidenceOf({ silent: [], unavailable: [fault(kind)] }) })
      expect(['unreachable', 'unreadable', 'unsupported']).toContain(stateOf(judge([subject])))
      expect(judge([subject], defaultPolicy('strict')).result).toBe('FAILED')
    }
  })

  it('unsupported passes under strict where the policy lists its source or kind', () => {
    const subject = subjectOf({
      id: 'workspace:packages/a',
      evidence: evidenceOf({ silent: [], registry: { kind: 'not-applicable' } }),
    })
    for (const listed of ['workspace', 'package']) {
      const verdict = judge([subject], policyOf(`accept-unsupported: [${listed}]`, 'strict'))
      expect([stateOf(verdict), verdict.result, verdict.findings.map(({ code }) => code)]).toStrictEqual([
        'unsupported',
        'PASSED',
        ['UNSUPPORTED'],
      ])
    }
  })

  it('on PyPI is attested by its publish attestation, which is nothing elsewhere', () => {
    const evidence = evidenceOf({ accepted: [accepted(verified({ predicateType: PYPI_PUBLISH }))] })
    expect(stateOf(judge([subjectOf({ id: 'pkg:pypi/acme@1.2.3', evidence })]))).toBe('verified')
    expect(stateOf(judge([subjectOf({ evidence })]))).toBe('registered')
  })
})

describe('a rule', () => {
  it.for([
    ['invalid', 'SIGNER_WORKFLOW'],
    ['changed', 'SIGNER_CHANGED'],
    ['lost', 'ATTESTATION_LOST'],
  ] as const)('that fails makes a verified dependency %s', ([state, code]) => {
    const rules = [rule('signer-continuity', fire({ code, state }))]
    const subject = subjectOf({ evidence: ATTESTED, lock: LOCK })
    const verdict = judge([subject], defaultPolicy(), { rules })
    expect([stateOf(verdict), failures(verdict)]).toStrictEqual([state, [`signer-continuity ${code}`]])
    const reported = judge([subject], defaultPolicy('baseline'), { rules })
    expect([stateOf(reported), reported.result]).toStrictEqual([state, 'PASSED'])
  })

  it('does not change a state when it does not fail', () => {
    const rules = [rule('signer-continuity', fire({ state: 'changed', weight: 'unusual' }))]
    const verdict = judge([subjectOf({ evidence: ATTESTED, lock: LOCK })], defaultPolicy(), { rules })
    expect(verdict.dependencies[0]).toMatchObject({ state: 'verified', qualifiers: ['unusual'] })
    expect(verdict.result).toBe('PASSED')
  })

  it.for<[Subject['change'], boolean, 'recommended' | 'strict', string]>([
    ['added', false, 'recommended', 'fail'],
    ['changed', false, 'recommended', 'fail'],
    ['known', true, 'recommended', 'fail'],
    ['unchanged', true, 'recommended', 'fail'],
    ['unchanged', false, 'recommended', 'unusual'],
    ['first-sight', false, 'recommended', 'unusual'],
    ['first-sight', false, 'strict', 'fail'],
  ])('about context on a dependency that is %s (in the lock: %s) under %s is %s', ([change, known, profile, level]) => {
    const rules = [rule('ref-allow-list', fire({ code: 'REF_DENIED', weight: 'context' }))]
    const subject = subjectOf({ change, evidence: ATTESTED, ...(known ? { lock: LOCK } : {}) })
    const verdict = judge([subject], defaultPolicy(profile), { rules })
    expect(verdict.findings.map((one) => one.level)).toStrictEqual([level])
  })

  it.for<[Rule['id'], Objection['code'], 'fire' | 'unknown', string]>([
    ['lock-matches-registry', 'REGISTRY_NOT_VOUCHED', 'unknown', 'warn fail'],
    ['lock-matches-registry', 'REGISTRY_NOT_VOUCHED', 'fire', 'warn fail'],
    ['lock-matches-registry', 'REGISTRY_SIGNATURE_INVALID', 'fire', 'fail fail'],
    ['no-downgrade', 'ATTESTATION_LOST', 'fire', 'fail fail'],
    ['signer-continuity', 'SIGNER_CHANGED', 'fire', 'fail fail'],
    ['ref-allow-list', 'REF_DENIED', 'fire', 'fail fail'],
    ['reachable-commit', 'COMMIT_UNREACHABLE', 'fire', 'fail fail'],
    ['reachable-commit', 'CONTEXT_UNKNOWN', 'unknown', 'warn fail'],
    ['reachable-commit', 'NOT_ASKED_BUDGET', 'unknown', 'warn fail'],
    ['reviewed-source', 'UNREVIEWED', 'fire', 'off warn'],
    ['run-outcome', 'RUN_FAILED', 'fire', 'fail fail'],
    ['run-outcome', 'RUN_IN_PROGRESS', 'unknown', 'warn fail'],
    ['run-outcome', 'RUN_OUTCOME_EXPIRED', 'unknown', 'note note'],
    ['cooldown', 'TOO_YOUNG', 'fire', 'warn fail'],
    ['independent-rebuild', 'REBUILD_DIFFERS', 'fire', 'off warn'],
    ['closed-world-dependencies', 'SOURCE_NOT_REGISTRY', 'fire', 'fail fail'],
    ['closed-world-dependencies', 'INDEX_CHANGED', 'fire', 'fail fail'],
    ['closed-world-dependencies', 'NEW_UNATTESTED', 'fire', 'warn fail'],
    ['pinned-actions', 'UNPINNED_ACTION', 'fire', 'warn fail'],
    ['pinned-actions', 'COMMIT_UNREACHABLE', 'fire', 'fail fail'],
    ['no-cache-restore', 'CACHE_RESTORED', 'fire', 'warn fail'],
    ['source-matches-archive', 'ARCHIVE_DRIFT', 'fire', 'fail fail'],
    ['new-entry-points', 'NEW_INSTALL_SCRIPT', 'fire', 'fail fail'],
    ['pinned-models', 'REVISION_MUTABLE', 'fire', 'warn fail'],
    ['pinned-models', 'OWNER_CHANGED', 'fire', 'fail fail'],
    ['revoked', 'REVOKED', 'fire', 'fail fail'],
    ['revoked', 'CONTEXT_UNKNOWN', 'unknown', 'warn fail'],
    ['before-install', 'GATE_TOO_LATE', 'fire', 'warn fail'],
  ])('%s with %s (%s) has the levels %s', ([id, code, outcome, levels]) => {
    const subject = subjectOf({ evidence: ATTESTED, change: 'changed' })
    const shown = (['recommended', 'strict'] as const).map((profile) => {
      const verdict = judge([subject], defaultPolicy(profile), { rules: [rule(id, fire({ code, outcome }))] })
      return verdict.findings[0]?.level ?? 'off'
    })
    expect(shown.join(' ')).toBe(levels)
    const reported = judge([subject], defaultPolicy('baseline'), { rules: [rule(id, fire({ code, outcome }))] })
    expect(reported.result).toBe('PASSED')
  })

  it('of the registry that answered before and does not now fails', () => {
    const rules = [rule('lock-matches-registry', fire({ outcome: 'unknown', code: 'SOURCE_UNREACHABLE' }))]
    expect(judge([subjectOf({ evidence: ATTESTED, lock: LOCK })], defaultPolicy(), { rules }).result).toBe('FAILED')
  })

  it('can be set to fail, warn or off, and what is lowered stands in the limits', () => {
    const subject = subjectOf({ evidence: ATTESTED, lock: LOCK })
    const rules = [rule('signer-continuity', fire({ state: 'changed' })), rule('cooldown', fire({ code: 'TOO_YOUNG' }))]
    const lowered = judge([subject], policyOf('rules: { signer-continuity: warn, cooldown: fail }'), { rules })
    expect(failures(lowered)).toStrictEqual(['cooldown TOO_YOUNG'])
    expect(lowered.limits.map(({ code }) => code)).toContain('RULE_LOWERED')
    const off = judge([subject], policyOf('rules: { signer-continuity: off, cooldown: off }'), { rules })
    expect([off.findings, stateOf(off)]).toStrictEqual([[], 'verified'])
    expect(off.limits.filter(({ code }) => code === 'RULE_OFF')).toHaveLength(2)
  })

  it('leaves alone what the policy excepts, and scopes that it does not name', () => {
    const rules = [rule('cooldown', fire({ code: 'TOO_YOUNG' }))]
    const setting = (more: string) => policyOf(`rules: { cooldown: { level: fail, ${more} } }`)
    const result = (more: string, scope: 'runtime' | 'unspecified' | 'development') =>
      judge([{ ...subjectOf(), dependency: dependencyOf('pkg:npm/%40acme/app@1.2.3', { scope }) }], setting(more), {
        rules,
      }).result
    expect(result('except: ["pkg:npm/@acme/**"]', 'runtime')).toBe('PASSED')
    expect(result('except: ["pkg:npm/@other/**"]', 'runtime')).toBe('FAILED')
    expect(result('scopes: [runtime]', 'development')).toBe('PASSED')
    expect(result('scopes: [runtime]', 'unspecified')).toBe('FAILED')
  })

  it('is not even asked about what it leaves alone: broken, it breaks nothing there', () => {
    const check = () => {
      throw new Error('boom')
    }
    const policy = policyOf('rules: { cooldown: { except: ["pkg:npm/@acme/**"] } }')
    expect(judge([subjectOf()], policy, { rules: [{ ...QUIET, id: 'cooldown', check }] }).findings).toStrictEqual([])
  })

  it('that is required for a package fails there, known or not', () => {
    const policy = policyOf('rules: { independent-rebuild: { require-for: ["pkg:npm/@acme/**"] } }')
    for (const outcome of ['fire', 'unknown'] as const) {
      const rules = [rule('independent-rebuild', fire({ code: 'REBUILD_MISSING', outcome }))]
      expect(judge([subjectOf()], policy, { rules }).result).toBe('FAILED')
      expect(judge([subjectOf({ id: 'pkg:npm/x@1.0.0' })], policy, { rules }).result).toBe('PASSED')
    }
  })

  it('that throws is POLICY_ERROR, the verdict fails, and the others still run (T-PP-03)', () => {
    const rules: Rule[] = [
      {
        ...QUIET,
        id: 'cooldown',
        check: () => {
          throw new TypeError('boom')
        },
      },
      {
        ...QUIET,
        id: 'before-install',
        checkPipeline: () => {
          throw new TypeError('boom')
        },
      },
      rule('revoked', fire({ code: 'REVOKED' })),
    ]
    const verdict = judge([subjectOf(), subjectOf({ id: 'pkg:npm/x@1.0.0' })], defaultPolicy(), { rules })
    expect(verdict.result).toBe('FAILED')
    expect(failures(verdict)).toStrictEqual([
      'cooldown POLICY_ERROR',
      'cooldown POLICY_ERROR',
      'revoked REVOKED',
      'revoked REVOKED',
      'before-install POLICY_ERROR',
    ])
    expect(verdict.dependencies.map(({ state }) => state)).toStrictEqual(['registered', 'registered'])
  })

  it('of every kind is asked about every dependency, though the first failed (T-PP-16)', () => {
    const asked: string[] = []
    const counting = (id: Rule['id']): Rule => ({
      ...QUIET,
      id,
      check: ({ dependency }) => {
        asked.push(`${id} ${dependency.id}`)
        return [fire()]
      },
    })
    const subjects = ['pkg:npm/a@1.0.0', 'pkg:npm/b@1.0.0'].map((id) => subjectOf({ id }))
    const verdict = judge(subjects, policyOf('rules: { cooldown: warn }'), {
      rules: [counting('cooldown'), counting('revoked')],
    })
    expect(asked).toHaveLength(4)
    expect(failures(verdict)).toHaveLength(2)
    expect(verdict.findings).toHaveLength(4)
  })
})

describe('a required package', () => {
  const REQUIRE = 'require:\n  - match: { purl: "pkg:npm/@acme/**" }\n'
  const SIGNER = `${REQUIRE}    signer: { workflow: "acme/app/.github/workflows/release.yml", ref: "refs/tags/v*" }\n`

  it.for<[string, Subject, string]>([
    ['registered only (T-PP-14)', subjectOf(), 'missing-provenance ATTESTATION_ABSENT'],
    [
      'known to nobody',
      subjectOf({ evidence: evidenceOf({ registry: NO_WORD }) }),
      'missing-provenance ATTESTATION_ABSENT',
    ],
    ['lost', subjectOf({ lock: LOCK }), 'missing-provenance ATTESTATION_ABSENT|no-downgrade ATTESTATION_LOST'],
    [
      'attested by a test result only (T-PP-24)',
      subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({ predicateType: TEST_RESULT_V01 }))] }) }),
      'missing-provenance PREDICATE_TYPE',
    ],
    [
      'unreachable',
      subjectOf({ evidence: evidenceOf({ silent: [], unavailable: [fault('unreachable')] }) }),
      'valid-evidence SOURCE_UNREACHABLE',
    ],
    [
      'unreadable',
      subjectOf({ evidence: evidenceOf({ silent: [], unavailable: [fault('unreadable')] }) }),
      'valid-evidence EVIDENCE_UNREADABLE',
    ],
    ['refused', subjectOf({ evidence: evidenceOf({ refused: [REFUSED] }) }), 'valid-evidence SIGNATURE_INVALID'],
    [
      'attested in part',
      subjectOf({ evidence: { ...ATTESTED, files: { checked: 3, attested: 1, pinned: 0 } } }),
      'missing-provenance ATTESTATION_ABSENT',
    ],
  ])('that is %s fails under every enforcing profile', ([, subject, expected]) => {
    expect(failures(judge([subject], policyOf(REQUIRE))).join('|')).toBe(expected)
    expect(failures(judge([subject], policyOf(REQUIRE, 'strict'))).join('|')).toBe(expected)
    expect(judge([subject], policyOf(REQUIRE, 'baseline')).result).toBe('PASSED')
  })

  it('passes when the wanted signer attests it', () => {
    expect(judge([subjectOf({ evidence: ATTESTED })], policyOf(SIGNER)).result).toBe('PASSED')
  })

  it.for<[string, Parameters<typeof signerWith>[0], string]>([
    [
      'another workflow',
      { buildSignerUri: 'https://github.com/acme/app/.github/workflows/evil.yml@refs/tags/v1.2.3' },
      'SIGNER_WORKFLOW',
    ],
    ['a workflow of a longer name (T-ID-01)', { buildSignerUri: `${WORKFLOW}x@refs/tags/v1.2.3` }, 'SIGNER_WORKFLOW'],
    [
      'another owner',
      { buildSignerUri: WORKFLOW.replace('acme/', 'acme-evil/').concat('@refs/tags/v1.2.3') },
      'SIGNER_WORKFLOW',
    ],
    [
      'another host (T-ID-13)',
      { buildSignerUri: WORKFLOW.replace('github.com', 'github.com.evil.example').concat('@refs/tags/v1.2.3') },
      'SIGNER_WORKFLOW',
    ],
    ['a branch', { buildSignerUri: `${WORKFLOW}@refs/heads/snapshot-a1b2c3d4` }, 'REF_DENIED'],
    ['a deeper ref', { buildSignerUri: `${WORKFLOW}@refs/tags/v1/x` }, 'REF_DENIED'],
  ])('signed from %s is refused', ([, claims, code]) => {
    const subject = subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({}, signerWith(claims)))] }) })
    const verdict = judge([subject], policyOf(SIGNER))
    expect([stateOf(verdict), failures(verdict)]).toStrictEqual(['invalid', [`required-signer ${code}`]])
    const known = judge([{ ...subject, lock: LOCK, change: 'known' }], policyOf(SIGNER))
    expect(stateOf(known)).toBe('changed')
  })

  it.for<[string, string, Parameters<typeof signerWith>[0], string]>([
    [
      'repository',
      'repository: acme/app',
      { sourceRepositoryUri: 'https://github.com/acme/app-evil' },
      'IDENTITY_MISMATCH',
    ],
    [
      'repository, in another case',
      'repository: acme/app',
      { sourceRepositoryUri: 'https://github.com/Acme/app' },
      'IDENTITY_MISMATCH',
    ],
    ['repository id (T-ID-08)', 'repository-id: 42', { sourceRepositoryIdentifier: '43' }, 'REPOSITORY_ID_MISMATCH'],
    ['owner id (T-ID-08)', 'owner-id: 7', { sourceRepositoryOwnerIdentifier: '77' }, 'REPOSITORY_ID_MISMATCH'],
    [
      'ref (T-ID-06)',
      'repository: acme/*, ref: "refs/tags/**"',
      { sourceRepositoryRef: 'refs/heads/main' },
      'REF_DENIED',
    ],
    [
      'trigger (T-ID-05)',
      'repository: acme/*, triggers: [push, release]',
      { buildTrigger: 'pull_request_target' },
      'TRIGGER_DENIED',
    ],
  ])('from another %s is refused', ([, source, claims, code]) => {
    const policy = policyOf(`${REQUIRE}    source: { ${source} }\n`)
    const with_ = (more: object) =>
      subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({}, signerWith(more)))] }) })
    expect(judge([with_({})], policy).result).toBe('PASSED')
    expect(failures(judge([with_(claims ?? {})], policy))).toStrictEqual([`required-signer ${code}`])
    const [claim] = Object.keys(claims ?? {})
    const silent = {
      ...signerWith(),
      claims: Object.fromEntries(Object.entries(signerWith().claims).filter(([key]) => key !== claim)),
    }
    const unsaid = subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({}, silent))] }) })
    expect(failures(judge([unsaid], policy))).toStrictEqual([`required-signer ${code}`])
  })

  it('keeps source and signer apart: a reusable workflow of somebody else has to be named (T-ID-04)', () => {
    const other = signerWith({
      buildSignerUri: 'https://github.com/other/builder/.github/workflows/b.yml@refs/tags/v1',
    })
    const subject = subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({}, other))] }) })
    expect(failures(judge([subject], policyOf(SIGNER)))).toStrictEqual(['required-signer SIGNER_WORKFLOW'])
    const both = `${REQUIRE}    source: { repository: acme/app }\n    signer: { workflow: "other/builder/.github/workflows/b.yml" }\n`
    expect(judge([subject], policyOf(both)).result).toBe('PASSED')
  })

  it.for<[string, string, object, string]>([
    [
      'another issuer (T-ID-02)',
      'signer: { workflow: "acme/app/.github/workflows/release.yml" }',
      { issuer: 'https://evil.example' },
      'ISSUER_MISMATCH',
    ],
    [
      'an issuer that looks alike',
      'signer: { workflow: "acme/app/.github/workflows/release.yml" }',
      { issuer: 'https://token.actions.githubusercontent.com.evil.example' },
      'ISSUER_MISMATCH',
    ],
    [
      'another issuer, by its source',
      'source: { repository: acme/app }',
      { issuer: 'https://evil.example' },
      'ISSUER_MISMATCH',
    ],
  ])('with the right names from %s is refused', ([, part, change, code]) => {
    const subject = subjectOf({
      evidence: evidenceOf({ accepted: [accepted(verified({}, { ...signerWith(), ...change }))] }),
    })
    expect(failures(judge([subject], policyOf(`${REQUIRE}    ${part}\n`)))).toStrictEqual([`required-signer ${code}`])
  })

  it('signed by a key or an e-mail address is held to that', () => {
    const key = { kind: 'key', fingerprint: 'f'.repeat(64), source: 'key' } as const
    const person = {
      kind: 'certificate',
      subjectAlternativeName: { type: 'email', value: 'data@example.org' },
      issuer: 'https://accounts.example',
      claims: {},
      legacy: {},
    } as const
    const subjectBy = (signer: typeof key | typeof person) =>
      subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({}, signer))] }) })
    const either = (print: string) => ({
      ...policyOf(
        `${REQUIRE}    signer: { any-of: [{ key: k.pem }, { email: data@example.org, issuer: "https://accounts.example" }] }\n`,
      ),
      require: policyOf(
        `${REQUIRE}    signer: { any-of: [{ key: k.pem }, { email: data@example.org, issuer: "https://accounts.example" }] }\n`,
      ).require.map((entry) => ({
        ...entry,
        signers: (entry.signers ?? []).map((one) => (one.key === undefined ? one : { ...one, key: print })),
      })),
    })
    expect(judge([subjectBy(key)], either('f'.repeat(64))).result).toBe('PASSED')
    expect(judge([subjectBy(person)], either('f'.repeat(64))).result).toBe('PASSED')
    expect(failures(judge([subjectBy(key)], either('e'.repeat(64))))).toStrictEqual(['required-signer KEY_INVALID'])
    expect(
      failures(
        judge(
          [subjectBy({ ...person, issuer: 'https://evil.example' } as unknown as typeof person)],
          either('f'.repeat(64)),
        ),
      ),
    ).toHaveLength(1)
  })

  it('is worth the level of its signer, whatever the predicate says (T-ID-14)', () => {
    const wanting = `${REQUIRE}    level: 3\n`
    const claiming = verified({
      predicate: {
        buildDefinition: { buildType: 'x', externalParameters: {} },
        runDetails: {
          builder: {
            id: 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/builder.yml@refs/tags/v2',
          },
        },
      },
    })
    const subject = subjectOf({ evidence: evidenceOf({ accepted: [accepted(claiming)] }) })
    expect(failures(judge([subject], policyOf(wanting)))).toStrictEqual(['required-signer BUILDER_UNTRUSTED'])
    const table = (level: number) =>
      `builders:\n  - { signer: "acme/app/.github/workflows/release.yml", ref: "refs/tags/v*", level: ${level} }\n${wanting}`
    expect(judge([subject], policyOf(table(3))).result).toBe('PASSED')
    expect(failures(judge([subject], policyOf(table(2))))).toStrictEqual(['required-signer BUILDER_UNTRUSTED'])
    const self = subjectOf({
      evidence: evidenceOf({ accepted: [accepted(verified({}, signerWith({ runnerEnvironment: 'self-hosted' })))] }),
    })
    expect(failures(judge([self], policyOf(`${REQUIRE}    level: 2\n`)))).toStrictEqual([
      'required-signer BUILDER_UNTRUSTED',
    ])
  })

  it('is worth the lowest level of the table that fits: an own entry lifts nothing', () => {
    const row = (level: number) => `  - { signer: "acme/app/.github/workflows/release.yml", level: ${level} }\n`
    const policy = policyOf(`builders:\n${row(3)}${row(1)}${REQUIRE}    level: 2\n`)
    expect(failures(judge([subjectOf({ evidence: ATTESTED })], policy))).toStrictEqual([
      'required-signer BUILDER_UNTRUSTED',
    ])
  })

  it.for(['self-hosted', ''])('made on the runner "%s" is refused where a hosted one is wanted (T-ID-07)', (runner) => {
    const policy = policyOf(`${REQUIRE}    source: { repository: acme/app }\n    signer: { runner: github-hosted }\n`)
    const signer = signerWith({ runnerEnvironment: runner })
    const subject = subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({}, signer))] }) })
    expect(failures(judge([subject], policy))).toStrictEqual(['required-signer RUNNER_DENIED'])
    expect(judge([subjectOf({ evidence: ATTESTED })], policy).result).toBe('PASSED')
  })

  it('of the wrong trust domain is refused (T-CR-11)', () => {
    const subject = subjectOf({
      evidence: evidenceOf({ accepted: [accepted(verified({}, signerWith(), { domain: 'github' }))] }),
    })
    expect(failures(judge([subject], policyOf(`${REQUIRE}    trust: sigstore\n`)))).toStrictEqual([
      'required-signer TRUST_DOMAIN',
    ])
  })

  it('is not saved by what the registry says about its publisher (T-ID-09)', () => {
    const evil = signerWith({
      buildSignerUri: 'https://github.com/evil/app/.github/workflows/release.yml@refs/tags/v1.2.3',
      sourceRepositoryUri: 'https://github.com/evil/app',
    })
    const record = { ...RECORD, publisher: 'https://github.com/evil/app' }
    const subject = subjectOf({
      evidence: evidenceOf({
        accepted: [accepted(verified({}, evil))],
        registry: { kind: 'vouched', basis: 'signature', record },
      }),
    })
    expect(judge([subject], policyOf(SIGNER)).result).toBe('FAILED')
    const unnamed = judge([subject])
    expect(unnamed.dependencies[0]?.qualifiers).toStrictEqual(['new'])
    expect(unnamed.limits.map(({ code }) => code)).toContain('TOFU_FIRST_SEEN')
  })

  it('with several attestations passes by one of them, or only by all (T-PP-04)', () => {
    const bad = verified(
      {},
      signerWith({ buildSignerUri: 'https://github.com/evil/x/.github/workflows/x.yml@refs/tags/v1' }),
    )
    const subject = subjectOf({ evidence: evidenceOf({ accepted: [accepted(bad), accepted()] }) })
    expect(judge([subject], policyOf(SIGNER)).result).toBe('PASSED')
    expect(failures(judge([subject], policyOf(`${SIGNER}    mode: all-of\n`)))).toStrictEqual([
      'required-signer SIGNER_WORKFLOW',
    ])
    const beside = subjectOf({ evidence: { ...ATTESTED, refused: [REFUSED] } })
    expect(judge([beside], policyOf(SIGNER)).result).toBe('PASSED')
    expect(failures(judge([beside], policyOf(`${SIGNER}    mode: all-of\n`)))).toStrictEqual([
      'required-signer ATTESTATION_CONFLICT',
    ])
  })

  it('needs the wanted signer for each of its files (T-SU-12)', () => {
    const bad = verified(
      {},
      signerWith({ buildSignerUri: 'https://github.com/evil/x/.github/workflows/x.yml@refs/tags/v1' }),
    )
    const evidence = evidenceOf({
      accepted: [accepted(verified(), { file: 'a.whl' }), accepted(bad, { file: 'b.whl' })],
      files: { checked: 2, attested: 2, pinned: 0 },
    })
    expect(failures(judge([subjectOf({ evidence })], policyOf(SIGNER)))).toStrictEqual([
      'required-signer SIGNER_WORKFLOW',
    ])
  })

  it('needs every kind of evidence that is named', () => {
    const policy = policyOf(`${REQUIRE}    evidence: [provenance, evaluation]\n`)
    const both = evidenceOf({ accepted: [accepted(), accepted(verified({ predicateType: TEST_RESULT_V01 }))] })
    expect(judge([subjectOf({ evidence: both })], policy).result).toBe('PASSED')
    const verdict = judge([subjectOf({ evidence: ATTESTED })], policy)
    expect([stateOf(verdict), failures(verdict)]).toStrictEqual(['absent', ['missing-provenance PREDICATE_TYPE']])
  })

  it('that no dependency is makes the entry vacuous (T-PP-15)', () => {
    const verdict = judge([subjectOf({ id: 'pkg:npm/x@1.0.0' })], policyOf(REQUIRE))
    expect(verdict.findings.filter(({ level }) => level === 'fail')).toMatchObject([
      { code: 'RULE_VACUOUS', file: 'cleanbill.yml', line: 4 },
    ])
    const inherited = {
      ...policyOf(REQUIRE),
      require: policyOf(REQUIRE).require.map((entry) => ({ ...entry, file: 'acme/.github//cleanbill.yml' })),
    }
    expect(judge([subjectOf({ id: 'pkg:npm/x@1.0.0' })], inherited).result).toBe('PASSED')
  })
})

describe('the verdict', () => {
  it('adds up: every state is counted, and the sum is the number of entries', () => {
    const subjects = STATES.map(([, subject]) => subject)
    const verdict = judge(subjects)
    expect(Object.keys(verdict.counts)).toStrictEqual([...EVIDENCE_STATES])
    expect(Object.values(verdict.counts).reduce((a, b) => a + b, 0)).toBe(subjects.length)
    expect(verdict.total).toBe(subjects.length)
  })

  it('stops when an entry has vanished on the way (T-AC-05)', () => {
    const subjects = [subjectOf(), subjectOf({ id: 'pkg:npm/x@1.0.0' })]
    const act = (more: Partial<EvaluateInput>) => catchError(() => judge(subjects, defaultPolicy(), more))
    const found = discoveryOf([...subjects, subjectOf({ id: 'pkg:npm/y@1.0.0' })])
    expect(act({ discovery: found })).toMatchObject({ code: 'ACCOUNTING', class: 'tool' })
    expect(act({ judged: { base: 'main', changed: 1, found: 2 } })).toMatchObject({ code: 'ACCOUNTING' })
    expect(act({ judged: { base: 'main', changed: 2, found: 3 } })).toMatchObject({ code: 'ACCOUNTING' })
  })

  it('over no rules, or over nothing found, is none (T-PP-15); over nothing changed it passes', () => {
    expect(failures(judge([subjectOf()], defaultPolicy(), { rules: [] }))).toStrictEqual([
      'valid-evidence RULE_VACUOUS',
    ])
    expect(failures(judge([]))).toStrictEqual(['valid-evidence RULE_VACUOUS'])
    const judged = { base: 'main', changed: 0, found: 1 }
    expect(judge([], defaultPolicy(), { judged, discovery: discoveryOf([subjectOf()]) }).result).toBe('PASSED')
  })

  it('names files that could not be read, and fails for them', () => {
    const subjects = [subjectOf()]
    const error = { code: 'DEPENDENCY_FILE_MALFORMED', message: 'not JSON', line: 3 }
    const files = [...discoveryOf(subjects).files, { path: 'b/package-lock.json', dependencies: 0, error }]
    const more = { discovery: discoveryOf(subjects, { files }) }
    expect(judge(subjects, defaultPolicy(), more).findings).toMatchObject([
      { rule: 'readable', code: 'FILE_UNREAD', level: 'fail', file: 'b/package-lock.json', line: 3 },
    ])
    expect(judge(subjects, defaultPolicy('baseline'), more).result).toBe('PASSED')
  })

  it.for([
    ['UNLOCKED_INSTALL', 'warn', 'fail'],
    ['UNLOCKED_MANIFEST', 'warn', 'fail'],
    ['EXTRA_INDEX', 'warn', 'fail'],
    ['RESOLVED_MISMATCH', 'fail', 'fail'],
    ['CONTRADICTION', 'fail', 'fail'],
  ] as const)(
    'takes the notice %s for a finding: %s under recommended, %s under strict',
    ([code, recommended, strict]) => {
      const subjects = [subjectOf()]
      const discovery = discoveryOf(subjects, { notices: [{ code, message: 'x', file: 'Dockerfile', line: 2 }] })
      expect(judge(subjects, defaultPolicy(), { discovery }).findings).toMatchObject([
        { rule: 'locked', code, level: recommended, line: 2 },
      ])
      expect(judge(subjects, defaultPolicy('strict'), { discovery }).findings).toMatchObject([{ level: strict }])
    },
  )

  it('is the same whatever the order of its dependencies, and its findings are sorted', () => {
    const subjects = STATES.map(([, subject], index) => ({
      ...subject,
      dependency: { ...subject.dependency, line: index },
    }))
    const one = judge(subjects, defaultPolicy('strict'))
    const two = judge(subjects.toReversed(), defaultPolicy('strict'))
    expect(two.findings).toStrictEqual(one.findings)
  })

  it('says what it does not prove, and only what applies (T-PP-13)', () => {
    const codes = (verdict: Verdict) => verdict.limits.map(({ code }) => code)
    const known = codes(judge([subjectOf({ evidence: ATTESTED, lock: LOCK })]))
    expect(known).toContain('CONTEXT_ONLY')
    expect(known).toContain('SOURCE_NOT_JUDGED')
    expect(known).not.toContain('TOFU_FIRST_SEEN')
    expect(known).not.toContain('NO_BASELINE')
    const first = codes(judge([subjectOf({ evidence: ATTESTED }), subjectOf({ id: 'pkg:npm/x@1.0.0' })]))
    expect(first).toContain('TOFU_FIRST_SEEN')
    expect(first).toContain('NO_BASELINE')
  })

  it('says a state’s reason once, also where a rule has said it under its own name', () => {
    const rules = [rule('lock-matches-registry', fire({ outcome: 'unknown', code: 'SOURCE_UNREACHABLE' }))]
    const subject = subjectOf({
      evidence: evidenceOf({ registry: { kind: 'unavailable', error: fault('unreachable') } }),
    })
    expect(judge([subject], defaultPolicy(), { rules }).findings).toHaveLength(1)
  })

  it('says who signed, or who vouches', () => {
    const reasons = judge([subjectOf({ evidence: ATTESTED }), subjectOf()]).dependencies.map(({ reason }) => reason)
    expect(reasons).toStrictEqual([
      `signed by ${WORKFLOW}@refs/tags/v1.2.3`,
      'the registry vouches for these bytes (signature)',
    ])
  })

  it('qualifies what the lock does not know as new (T-PP-11)', () => {
    const evidence: Evidence = ATTESTED
    expect(judge([subjectOf({ evidence })]).dependencies[0]?.qualifiers).toStrictEqual(['new'])
    expect(judge([subjectOf({ evidence, lock: LOCK })]).dependencies[0]?.qualifiers).toStrictEqual([])
    expect(judge([subjectOf({ id: 'workspace:a' })]).dependencies[0]?.qualifiers).toStrictEqual([])
  })
})
