import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { DEPENDENCY_KINDS, DEPENDENCY_SOURCES } from '../../src/model/dependency.ts'
import { RULE_IDS } from '../../src/model/rules.ts'
import { FIXED_RULES, policyJsonSchema, policySchema, RULE_OPTIONS } from '../../src/policy/policy-schema.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

/** `PATH: CODE` of each complaint. */
const faultsOf = (more: object): readonly string[] =>
  policySchema.safeParse({ version: 1, ...more }).error?.issues.map((issue) => {
    const { code } = issue.code === 'custom' ? (issue.params ?? {}) : {}
    return `${issue.path.join('.')}: ${code ?? issue.code}`
  }) ?? []
const takes = (more: object) => faultsOf(more).length === 0
const many = (count: number, one: unknown) => Array.from({ length: count }, () => one)
const required = (more: object) => ({ require: [{ match: {}, ...more }] })
const matched = (match: object) => ({ require: [{ match }] })
const signed = (signer: object) => required({ source: { repository: 'acme/app' }, signer })
const sourced = (source: object) => required({ source: { repository: 'acme/app', ...source } })
const allowed = (more: object) => ({ allow: [{ kind: 'action', ...more }] })
const KEY = { key: 'k.pem' }
const verifiedBy = (more: object) => ({ verifiers: { quorum: 1, 'max-age': '30d', 'any-of': [KEY], ...more } })
const waived = (more: object) => ({ waivers: [{ match: {}, rule: 'cooldown', expires: '2027-01-31', ...more }] })
const given = (more: object) => ({ inputs: [{ role: 'file', ref: 'x', ...more }] })
const BUILDER = { signer: 'acme/b/x.yml', level: 3 }

describe('the schema of a policy', () => {
  it('is the one that editors have', () => {
    const written = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/policy-v1.schema.json'), 'utf8'))
    expect(written).toStrictEqual(JSON.parse(JSON.stringify(policyJsonSchema())))
  })

  it('knows every rule, and options only of rules that are there', () => {
    const schema = JSON.stringify(policyJsonSchema())
    for (const id of RULE_IDS) expect(schema).toContain(`"${id}"`)
    for (const id of [...Object.keys(RULE_OPTIONS), ...FIXED_RULES]) expect(RULE_IDS).toContain(id)
  })

  it('lets no rule be lowered without which nothing is gated', () => {
    const lowered = RULE_IDS.filter((id) => takes({ rules: { [id]: 'off' } }))
    const fixed = ['valid-evidence', 'readable', 'policy-change', 'waiver']
    expect(lowered).toStrictEqual(RULE_IDS.filter((id) => !fixed.includes(id)))
    for (const id of fixed) {
      expect(takes({ rules: { [id]: 'fail' } })).toBe(true)
      expect(takes({ rules: { [id]: 'warn' } }), id).toBe(false)
    }
  })

  it('lets every rule be waived but waivers themselves and changes of the policy', () => {
    expect(RULE_IDS.filter((rule) => !takes(waived({ rule })))).toStrictEqual(['policy-change', 'waiver'])
  })

  const OPTIONS = {
    days: 3,
    except: ['pkg:npm/x'],
    'ignore-older-than': '2026-01-31',
    scopes: ['runtime'],
    refs: ['refs/heads/*'],
    triggers: ['schedule'],
    'retention-days': 90,
    'require-for': ['pkg:npm/x'],
  }
  it.for<[string, readonly string[]]>([
    ['missing-provenance', ['except', 'scopes']],
    ['lock-matches-registry', ['except']],
    ['no-downgrade', ['except', 'ignore-older-than', 'scopes']],
    ['signer-continuity', ['except']],
    ['ref-allow-list', ['except', 'refs', 'triggers']],
    ['reachable-commit', ['except']],
    ['reviewed-source', ['except', 'require-for']],
    ['run-outcome', ['except', 'retention-days']],
    ['cooldown', ['days', 'except', 'scopes']],
    ['independent-rebuild', ['except', 'require-for']],
    ['closed-world-dependencies', ['except', 'scopes']],
    ['pinned-actions', ['except']],
    ['source-matches-archive', ['except']],
    ['new-entry-points', ['except']],
    ['pinned-models', ['except']],
    ['revoked', []],
    ['no-cache-restore', []],
    ['required-signer', []],
  ])('has for %s the options %j, and no other', ([id, options]) => {
    const taken = Object.entries(OPTIONS).filter(([name, value]) => takes({ rules: { [id]: { [name]: value } } }))
    expect(taken.map(([name]) => name).sort()).toStrictEqual(options)
    expect(takes({ rules: { [id]: { level: 'warn' } } })).toBe(true)
  })

  it.for<[string, object, object]>([
    ['an array of triggers of a source', sourced({ triggers: ['push'] }), sourced({ triggers: [] })],
    ['32 triggers of a source', sourced({ triggers: many(32, 'push') }), sourced({ triggers: many(33, 'push') })],
    ['one of several signers', signed({ 'any-of': [KEY] }), signed({ 'any-of': [] })],
    ['32 signers', signed({ 'any-of': many(32, KEY) }), signed({ 'any-of': many(33, KEY) })],
    ['a hosted runner', signed({ runner: 'github-hosted' }), signed({ runner: 'self-hosted' })],
    ['any runner', signed({ runner: 'any' }), signed({ runner: '' })],
    ['level 1', required({ level: 1 }), required({ level: 0 })],
    ['level 3', required({ level: 3 }), required({ level: 4 })],
    ['sigstore', required({ trust: 'sigstore' }), required({ trust: 'Sigstore' })],
    ['github', required({ trust: 'github' }), required({ trust: '' })],
    ['any of several', required({ mode: 'any-of' }), required({ mode: 'one-of' })],
    ['all of several', required({ mode: 'all-of' }), required({ mode: '' })],
    [
      'a predicate type',
      required({ evidence: ['https://x.example/v1'] }),
      required({ evidence: ['http://x.example/v1'] }),
    ],
    [
      'a type at https',
      required({ evidence: ['https://x.example/v1'] }),
      required({ evidence: ['xhttps://x.example/v1'] }),
    ],
    [
      'a type at no other',
      required({ evidence: ['https://x.example/v1'] }),
      required({ evidence: ['httpsx://x.example/v1'] }),
    ],
    ['one kind of evidence', required({ evidence: ['sbom'] }), required({ evidence: [] })],
    ['16 kinds of evidence', required({ evidence: many(16, 'sbom') }), required({ evidence: many(17, 'sbom') })],
    ['a package URL', matched({ purl: 'pkg:npm/x' }), matched({ purl: 'xpkg:npm/x' })],
    ['every package URL', matched({ purl: '**' }), matched({ purl: '**/x' })],
    ['a range of semver', matched({ versions: '^1.2' }), matched({ versions: 'one' })],
    ['a range of PEP 440', matched({ versions: '~=1.2,!=1.3' }), matched({ versions: '=>1' })],
    ['one owner', allowed({ owner: 'acme' }), allowed({ owner: [] })],
    ['256 owners', allowed({ owner: many(256, 'a') }), allowed({ owner: many(257, 'a') })],
    ['a pin by commit', allowed({ pinned: 'sha' }), allowed({ pinned: 'tag' })],
    ['a pin by digest', allowed({ pinned: 'digest' }), allowed({ pinned: '' })],
    ['a pin by version', allowed({ pinned: 'version' }), allowed({})],
    ['builders of level 1', { builders: [{ ...BUILDER, level: 1 }] }, { builders: [{ ...BUILDER, level: 0 }] }],
    ['builders of level 2', { builders: [{ ...BUILDER, level: 2 }] }, { builders: [{ ...BUILDER, level: 4 }] }],
    ['256 builders', { builders: many(256, BUILDER) }, { builders: many(257, BUILDER) }],
    ['a cooldown of nothing', { rules: { cooldown: { days: 0 } } }, { rules: { cooldown: { days: -1 } } }],
    ['a cooldown of a year', { rules: { cooldown: { days: 365 } } }, { rules: { cooldown: { days: 366 } } }],
    ['half a day', { rules: { cooldown: { days: 0.5 } } }, { rules: { cooldown: { days: '1' } } }],
    ['one scope', { rules: { cooldown: { scopes: ['ci'] } } }, { rules: { cooldown: { scopes: [] } } }],
    [
      '1000 exceptions',
      { rules: { revoked: 'off', cooldown: { except: many(1000, 'x') } } },
      { rules: { cooldown: { except: many(1001, 'x') } } },
    ],
    [
      '256 refs',
      { rules: { 'ref-allow-list': { refs: many(256, 'x') } } },
      { rules: { 'ref-allow-list': { refs: many(257, 'x') } } },
    ],
    [
      '32 triggers',
      { rules: { 'ref-allow-list': { triggers: many(32, 'x') } } },
      { rules: { 'ref-allow-list': { triggers: many(33, 'x') } } },
    ],
    [
      'runs kept a day',
      { rules: { 'run-outcome': { 'retention-days': 1 } } },
      { rules: { 'run-outcome': { 'retention-days': 0 } } },
    ],
    [
      'runs kept ten years',
      { rules: { 'run-outcome': { 'retention-days': 3650 } } },
      { rules: { 'run-outcome': { 'retention-days': 3651 } } },
    ],
    [
      '1000 wanted reviews',
      { rules: { 'reviewed-source': { 'require-for': many(1000, 'x') } } },
      { rules: { 'reviewed-source': { 'require-for': many(1001, 'x') } } },
    ],
    [
      'as many verifiers as are named',
      verifiedBy({ quorum: 2, 'any-of': [KEY, KEY] }),
      verifiedBy({ quorum: 3, 'any-of': [KEY, KEY] }),
    ],
    ['32 verifiers', verifiedBy({ quorum: 32, 'any-of': many(32, KEY) }), verifiedBy({ 'any-of': many(33, KEY) })],
    ['one verifier', verifiedBy({}), verifiedBy({ quorum: 0 })],
    ['9999 days', verifiedBy({ 'max-age': '9999d' }), verifiedBy({ 'max-age': '10000d' })],
    ['one day', verifiedBy({ 'max-age': '1d' }), verifiedBy({ 'max-age': '0d' })],
    ['days alone', verifiedBy({ 'max-age': '10d' }), verifiedBy({ 'max-age': '1y10d' })],
    ['days and no hours', verifiedBy({ 'max-age': '10d' }), verifiedBy({ 'max-age': '10d1h' })],
    ['a reason of 1000 characters', waived({ reason: 'x'.repeat(1000) }), waived({ reason: 'x'.repeat(1001) })],
    ['an owner of 200 characters', waived({ owner: 'x'.repeat(200) }), waived({ owner: 'x'.repeat(201) })],
    ['models as inputs', given({ role: 'model' }), given({ role: 'package' })],
    ['datasets as inputs', given({ role: 'dataset' }), given({ role: '' })],
    ['a SHA-256', given({ sha256: 'a'.repeat(64) }), given({ sha256: 'A'.repeat(64) })],
    ['a SHA-256, whole', given({ sha256: '0'.repeat(64) }), given({ sha256: '0'.repeat(65) })],
    ['an empty input', given({ bytes: 0 }), given({ bytes: -1 })],
    ['a root', { trust: { roots: ['x'] } }, { trust: { roots: [] } }],
    ['16 roots', { trust: { roots: many(16, 'x') } }, { trust: { roots: many(17, 'x') } }],
    ['a platform', { platforms: ['linux-x64', 'manylinux_2_17.x'] }, { platforms: ['linux x64'] }],
    ['a platform, from its first letter', { platforms: ['9'] }, { platforms: ['-x'] }],
    ['a platform of 64 characters', { platforms: ['x'.repeat(64)] }, { platforms: ['x'.repeat(65)] }],
    ['32 platforms', { platforms: many(32, 'x') }, { platforms: many(33, 'x') }],
    ['a waiver for a day', { 'waiver-limits': { 'max-days': 1 } }, { 'waiver-limits': { 'max-days': 0 } }],
    ['a waiver for a year', { 'waiver-limits': { 'max-days': 366 } }, { 'waiver-limits': { 'max-days': 367 } }],
    ['an approver', { 'waiver-limits': { approvers: ['@a'] } }, { 'waiver-limits': { approvers: [] } }],
    [
      '64 approvers',
      { 'waiver-limits': { approvers: many(64, 'a') } },
      { 'waiver-limits': { approvers: many(65, 'a') } },
    ],
    ['32 kinds', { 'accept-unsupported': many(32, 'git') }, { 'accept-unsupported': many(33, 'git') }],
    [
      'every kind and source',
      { 'accept-unsupported': [...DEPENDENCY_KINDS, ...DEPENDENCY_SOURCES] },
      { 'accept-unsupported': ['x'] },
    ],
    ['a commit to extend', { extends: `acme/.github//x.yml@${COMMIT}` }, { extends: 'acme/.github//x.yml@v1' }],
    [
      '1000 allow entries',
      { allow: many(1000, { kind: 'file', name: 'x' }) },
      { allow: many(1001, { kind: 'file', name: 'x' }) },
    ],
    ['1000 entries', { require: many(1000, { match: {} }) }, { require: many(1001, { match: {} }) }],
    ['1000 inputs', { inputs: many(1000, given({}).inputs[0]) }, { inputs: many(1001, given({}).inputs[0]) }],
    ['1000 waivers', { waivers: many(1000, waived({}).waivers[0]) }, { waivers: many(1001, waived({}).waivers[0]) }],
  ])('takes %s, and nothing beyond', ([, taken, refused]) => {
    expect(faultsOf(taken)).toStrictEqual([])
    expect(takes(refused)).toBe(false)
  })

  it.for<[string, boolean]>([
    ['a', true],
    ['@Acme', true],
    ['acme/security', true],
    ['@acme/sec.urity_x', true],
    [`a${'b'.repeat(38)}`, true],
    [`a${'b'.repeat(39)}`, false],
    [`acme/${'b'.repeat(100)}`, true],
    [`acme/${'b'.repeat(101)}`, false],
    ['-a', false],
    ['@@a', false],
    ['acme/', false],
    ['acme/a/b', false],
    ['a b', false],
    ['a, b', false],
    ['x @acme', false],
  ])('takes the approver %s: %s', ([approvers, taken]) => {
    expect(takes({ 'waiver-limits': { approvers } })).toBe(taken)
    expect(takes({ 'waiver-limits': { approvers: [approvers] } })).toBe(taken)
  })

  it.for<[object, readonly string[]]>([
    [{ repository: 'acme/v' }, []],
    [{ repository: 'acme/v', workflow: '.github/workflows/v.yml' }, []],
    [KEY, []],
    [{ identity: 'a', issuer: 'https://x' }, []],
    [{ identity: 'a' }, ['verifiers.any-of.0: POLICY_NO_IDENTITY']],
    [{ issuer: 'https://x' }, ['verifiers.any-of.0: POLICY_NO_IDENTITY']],
    [{ id: 'https://x' }, ['verifiers.any-of.0: POLICY_NO_IDENTITY']],
    ...['*/v', 'acme/*', 'acme', 'acme/', '/v', 'acme/v/w', 'ac me/v', 'acme/v w'].map(
      (repository): [object, string[]] => [{ repository }, ['verifiers.any-of.0: POLICY_NO_IDENTITY']],
    ),
  ])('takes the verifier %j: %j', ([verifier, faults]) => {
    expect(faultsOf(verifiedBy({ 'any-of': [verifier] }))).toStrictEqual(faults)
  })

  it.for<[string, boolean]>([
    ['npm', true],
    ['oss-rebuild', true],
    ['oci:ghcr.io', true],
    ['oci:localhost:5000', true],
    ['oci:', false],
    ['oci:GHCR.io', false],
    ['oci:ghcr.io/acme', false],
    ['xoci:ghcr.io', false],
    ['quay', false],
  ])('takes evidence from %s: %s', ([name, taken]) => {
    expect(faultsOf({ evidence: { [name]: 'https://x.example' } })).toStrictEqual(
      taken ? [] : ['evidence: unrecognized_keys'],
    )
    expect(takes({ evidence: { [name]: 'http://x.example' } })).toBe(false)
  })

  it.for<[object, string]>([
    [matched({ purl: 'npm/x' }), 'require.0.match.purl: custom'],
    [verifiedBy({ quorum: 2 }), 'verifiers.quorum: custom'],
    [{ extends: 'acme/x//y.yml@main' }, 'extends: custom'],
    [required({ signer: 'registry' }), 'require.0.signer: IDENTITY_SOURCE_UNTRUSTED'],
  ])('says where: %j', ([more, fault]) => {
    expect(faultsOf(more)).toStrictEqual([fault])
  })
})
