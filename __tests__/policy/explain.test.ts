import { describe, expect, it } from 'vitest'
import type { Policy, RuleSetting } from '../../src/model/policy.ts'
import { type Profile, RULE_IDS, type RuleId } from '../../src/model/rules.ts'
import type { LockEntry } from '../../src/model/trust-lock.ts'
import { explain } from '../../src/policy/explain.ts'
import { defaultPolicy, parsePolicy } from '../../src/policy/parse-policy.ts'
import { dependencyOf, lockedFrom, lockOf, subjectOf } from '../support/subjects.ts'
import { judged, verdictOf } from '../support/verdicts.ts'

const parse = (text: string) => parsePolicy(`version: 1\n${text}\n`, 'cleanbill.yml')
const says = (policy: Policy, lock?: LockEntry, dependency = subjectOf().dependency) =>
  explain({ dependency, lock }, policy, 'cleanbill.lock').entries.map((entry) => entry.says)

describe('an explanation of a requirement', () => {
  const PACKAGE = 'match: { kind: package }'
  it.for<[string, string]>([
    [PACKAGE, 'asks for the usual evidence'],
    [`${PACKAGE}, evidence: [provenance, sbom]`, 'asks for provenance and sbom'],
    [
      `${PACKAGE}, source: { repository: "acme/*", triggers: [push, release] }`,
      'asks for the usual evidence, from repository acme/*, triggers push or release',
    ],
    [
      `${PACKAGE}, signer: { any-of: [{ workflow: a/b/.github/workflows/c.yml, ref: "refs/tags/v*" }, { email: x@acme.example, issuer: "https://i.example" }] }`,
      'asks for the usual evidence, signed by workflow a/b/.github/workflows/c.yml, ref refs/tags/v* or email x@acme.example, issuer https://i.example',
    ],
    [`${PACKAGE}, level: 3`, 'asks for the usual evidence, at Build L3 or above'],
    [`${PACKAGE}, trust: github`, 'asks for the usual evidence, under the roots of github'],
    [`${PACKAGE}, mode: all-of`, 'asks for the usual evidence, by all of its attestations'],
  ])('{ %s } %s', ([entry, expected]) => {
    expect(says(parse(`require: [{ ${entry} }]`))).toEqual([expected])
  })

  it('leaves out what the entry does not say', () => {
    const [entry] = parse(`require: [{ ${PACKAGE} }]`).require
    if (entry === undefined) throw new Error('an entry was expected')
    const open = { ...entry, source: { repository: undefined, ref: 'refs/heads/main' } }
    expect(says({ ...defaultPolicy(), require: [open] })).toEqual([
      'asks for the usual evidence, from ref refs/heads/main',
    ])
  })
})

describe('an explanation of the other entries', () => {
  it('names each that allows this kind, with its place and what it asks', () => {
    const policy = parse(
      'allow:\n  - { kind: package, owner: [acme, evil], pinned: digest }\n  - { kind: action, owner: actions }',
    )
    const inherited = { ...policy, allow: policy.allow.map((entry) => ({ ...entry, file: 'central.yml' })) }
    const said = 'allows each package with pinned digest, owner acme or evil'
    const of = (one: Policy) => explain(subjectOf(), one, 'cleanbill.lock').entries
    expect(of(policy)).toEqual([{ kind: 'allow', file: 'cleanbill.yml', line: 3, says: said }])
    expect(of(inherited)).toEqual([{ kind: 'allow', file: 'central.yml', line: 3, says: said }])
  })

  it('names a waiver with its end, its reason and its owner, and only where it would count', () => {
    const policy = parse(
      'waivers: [{ match: { purl: "pkg:npm/@acme/app" }, rule: cooldown, reason: ours, owner: bob, expires: 2026-10-20 }]',
    )
    expect(says(policy)).toEqual(['waives cooldown until 2026-10-20: ours (bob)'])
    expect(says(policy, undefined, dependencyOf('pkg:npm/other@1.0.0'))).toEqual([])
    // A package of that name from somebody’s git repository is not the one that was meant.
    const fork = dependencyOf('pkg:npm/%40acme/app@1.2.3?vcs_url=git%2Bhttps://evil.example/x')
    expect(says(policy, undefined, fork)).toEqual([])
  })

  it.for<[string, Partial<LockEntry>, string]>([
    ['without a signer', { signers: [] }, 'from no signer'],
    [
      'of one signer',
      { signers: [{ ...lockedFrom(), workflow: undefined, identity: 'a@acme.example' }] },
      'from a@acme.example',
    ],
    [
      'of two',
      {
        signers: ['a@acme.example', 'b@acme.example'].map((identity) => ({
          refs: [],
          triggers: [],
          environments: [],
          identity,
        })),
      },
      'from a@acme.example or b@acme.example',
    ],
    [
      'with what was unusual',
      {
        signers: [],
        unusual: [
          { version: '1.0.1', code: 'TOO_YOUNG' },
          { version: '1.0.2', code: 'RUN_FAILED' },
        ],
      },
      'from no signer; unusual and recorded: TOO_YOUNG of 1.0.1, RUN_FAILED of 1.0.2',
    ],
  ])('names the lock’s entry %s', ([, more, expected]) => {
    const { entries } = explain({ ...subjectOf(), lock: lockOf(more) }, defaultPolicy(), 'a/cleanbill.lock')
    expect(entries).toEqual([
      { kind: 'lock', file: 'a/cleanbill.lock', line: 1, says: `release line 1: provenance since 1.0.0, ${expected}` },
    ])
  })
})

describe('an explanation of the state', () => {
  const { id, file, line } = subjectOf().dependency
  const at = (more: object, reason: string) => judged({ name: 'x', reason, more: { id, file, line, ...more } })

  it('is that of this very entry, and not of its like in another place', () => {
    const others = [
      at({ id: 'pkg:npm/other@1.0.0' }, 'another'),
      at({ file: 'b/package-lock.json' }, 'elsewhere'),
      at({ line: 8 }, 'below'),
    ]
    const of = (dependencies: typeof others) =>
      explain(subjectOf(), defaultPolicy(), 'cleanbill.lock', verdictOf(dependencies))
    expect(of([...others, at({ state: 'lost' }, 'this one')])).toMatchObject({
      id,
      file,
      line,
      state: 'lost',
      reason: 'this one',
    })
    expect(of(others)).toMatchObject({ state: undefined, reason: undefined, findings: [] })
  })
})

describe('an explanation of a rule', () => {
  it.for<[RuleId, Profile, RuleSetting, level: string, because: string]>([
    ['cooldown', 'recommended', {}, 'warn', 'the profile recommended'],
    ['cooldown', 'strict', {}, 'fail', 'the profile strict'],
    ['cooldown', 'baseline', {}, 'warn', 'the profile baseline'],
    ['signer-continuity', 'recommended', {}, 'fail', 'the profile recommended'],
    // Under a profile that only reports, nothing fails, whatever is set.
    ['signer-continuity', 'baseline', {}, 'warn', 'the profile baseline'],
    ['signer-continuity', 'baseline', { level: 'fail' }, 'warn', 'rules.signer-continuity in built-in'],
    ['signer-continuity', 'recommended', { level: 'warn' }, 'warn', 'rules.signer-continuity in built-in'],
    ['signer-continuity', 'strict', { level: 'off' }, 'off', 'rules.signer-continuity in built-in'],
    ['reviewed-source', 'recommended', {}, 'off', 'the profile recommended'],
    ['reviewed-source', 'baseline', {}, 'off', 'the profile baseline'],
    ['reviewed-source', 'strict', {}, 'warn', 'the profile strict'],
    ['cooldown', 'strict', { days: 9 }, 'fail', 'the profile strict'],
    ['cooldown', 'strict', { level: 'fail', except: ['pkg:npm/@acme/*'] }, 'off', 'built-in leaves it alone'],
  ])('%s under %s, set to %o, is %s', ([rule, profile, setting, level, because]) => {
    const { rules } = explain(subjectOf(), { ...defaultPolicy(profile), rules: { [rule]: setting } }, 'cleanbill.lock')
    expect(rules.map((one) => one.rule)).toEqual(RULE_IDS)
    expect(rules.find((one) => one.rule === rule)).toEqual({ rule, level, because })
  })
})
