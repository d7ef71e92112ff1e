import { describe, expect, it } from 'vitest'
import type { Policy } from '../../src/model/policy.ts'
import { findLoosened, policyWeakened } from '../../src/policy/compare-policies.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'

const parse = (text: string) => parsePolicy(`version: 1\n${text}\n`, 'cleanbill.yml')
const keys = (base: string, own: string) => findLoosened(parse(base), parse(own)).map(({ key }) => key)
/** As whole files, of which one takes the other's place. */
const weakened = (base: string, head: string) => policyWeakened(parse(base), parse(head)).map(({ key }) => key)
const said = (base: string, own: string) => findLoosened(parse(base), parse(own)).map(({ message }) => message)

const rules = (text: string) => `rules: { ${text} }`
const TRUST =
  'trust: { roots: [sigstore], npm-keys: keys.json, go-sumdb: sum.acme.example+1+k, oss-rebuild: keys/acme.pem }'
const verifiers = (text: string) => `verifiers: { ${text} }`
const COOP = 'quorum: 2, max-age: 30d, any-of: [{ repository: coop-a/verify }, { repository: coop-b/verify }]'

describe('an own policy demands as much as its base when it', () => {
  it.for<[string, base: string, own: string]>([
    ['takes the same trust', TRUST, TRUST],
    ['takes fewer roots, and says nothing of keys', TRUST, 'trust: { roots: [sigstore] }'],
    ['asks the same origin', 'evidence: { npm: "https://npm.example" }', 'evidence: { npm: "https://npm.example" }'],
    ['verifies more platforms', 'platforms: [linux-x64]', 'platforms: [darwin-arm64, linux-x64]'],
    ['holds a builder down', '', 'builders: [{ signer: "a/b/.github/workflows/c.yml", level: 1 }]'],
    [
      'repeats a builder',
      'builders: [{ signer: "a/b/.github/workflows/c.yml", level: 3 }]',
      '\nbuilders: [{ signer: "a/b/.github/workflows/c.yml", level: 3 }]',
    ],
    ['repeats what is allowed', 'allow: [{ kind: action, owner: acme }]', '\nallow: [{ kind: action, owner: acme }]'],
    ['restricts a kind that was free', '', 'allow: [{ kind: action, owner: acme }]'],
    ['sets the level that holds anyway', '', rules('cooldown: warn, signer-continuity: fail, reviewed-source: off')],
    ['warns where nothing was said', '', rules('reviewed-source: warn')],
    ['warns as its base does', rules('signer-continuity: warn'), rules('signer-continuity: warn')],
    ['speaks of another option of the rule', rules('cooldown: fail'), rules('cooldown: { days: 9 }')],
    ['waits the usual three days', '', rules('cooldown: { days: 3 }')],
    ['waits as long', rules('cooldown: { days: 7 }'), rules('cooldown: { days: 7 }')],
    [
      'excepts less',
      rules('cooldown: { except: ["pkg:npm/a", "pkg:npm/b"] }'),
      rules('cooldown: { except: ["pkg:npm/b"] }'),
    ],
    [
      'overlooks no younger ones',
      rules('no-downgrade: { ignore-older-than: 2024-01-01 }'),
      rules('no-downgrade: { ignore-older-than: 2024-01-01 }'),
    ],
    [
      'looks at more scopes',
      rules('cooldown: { scopes: [runtime] }'),
      rules('cooldown: { scopes: [development, runtime] }'),
    ],
    [
      'allows fewer refs and triggers',
      rules('ref-allow-list: { refs: ["refs/tags/**", "refs/heads/main"], triggers: [push, release] }'),
      rules('ref-allow-list: { refs: ["refs/tags/**"], triggers: [push] }'),
    ],
    ['keeps runs as long', rules('run-outcome: { retention-days: 90 }'), rules('run-outcome: { retention-days: 90 }')],
    [
      'wants rebuilds for more',
      rules('independent-rebuild: { require-for: ["pkg:pypi/**"] }'),
      rules('independent-rebuild: { require-for: ["pkg:npm/x", "pkg:pypi/**"] }'),
    ],
    ['accepts less that nobody speaks about', 'accept-unsupported: [workspace, git]', 'accept-unsupported: [git]'],
    ['believes the same verifiers', verifiers(COOP), verifiers(COOP)],
    ['approves by fewer', 'waiver-limits: { approvers: ["@a", "@b"] }', 'waiver-limits: { approvers: ["@b"] }'],
    ['names approvers where there were none', '', 'waiver-limits: { approvers: "@a" }'],
    ['says nothing of approvers', 'waiver-limits: { approvers: "@a" }', 'waiver-limits: { max-days: 30 }'],
    ['stays alone as its base is', 'waiver-limits: { solo: true }', 'waiver-limits: { solo: true }'],
    ['enforces more', 'profile: baseline', 'profile: strict'],
    ['enforces the same', 'profile: strict', 'profile: strict'],
  ])('%s', ([, base, own]) => {
    expect(findLoosened(parse(base), parse(own))).toEqual([])
  })
})

describe('an own policy demands less when it', () => {
  it.for<[string, base: string, own: string, key: string]>([
    ['verifies one platform of two', 'platforms: [linux-x64, darwin-arm64]', 'platforms: [linux-x64]', 'platforms'],
    ['verifies some, where all were', 'platforms: []', 'platforms: [linux-x64]', 'platforms'],
    ['switches a warning off', '', rules('cooldown: off'), 'rules.cooldown.level'],
    [
      'warns where strict fails',
      'profile: strict',
      `profile: strict\n${rules('cooldown: warn')}`,
      'rules.cooldown.level',
    ],
    ['warns where the base fails', rules('cooldown: fail'), rules('cooldown: warn'), 'rules.cooldown.level'],
    [
      'waits less than its base, if longer than usual',
      rules('cooldown: { days: 7 }'),
      rules('cooldown: { days: 5 }'),
      'rules.cooldown.days',
    ],
    ['waits less than three days', '', rules('cooldown: { days: 2 }'), 'rules.cooldown.days'],
    [
      'overlooks what nobody overlooked',
      '',
      rules('no-downgrade: { ignore-older-than: 2020-01-01 }'),
      'rules.no-downgrade.ignore-older-than',
    ],
    [
      'overlooks a day more',
      rules('no-downgrade: { ignore-older-than: 2024-01-01 }'),
      rules('no-downgrade: { ignore-older-than: 2024-01-02 }'),
      'rules.no-downgrade.ignore-older-than',
    ],
    [
      'looks at one scope of two',
      rules('cooldown: { scopes: [runtime, development] }'),
      rules('cooldown: { scopes: [runtime] }'),
      'rules.cooldown.scopes',
    ],
    [
      'forgets runs that were kept for ever',
      '',
      rules('run-outcome: { retention-days: 400 }'),
      'rules.run-outcome.retention-days',
    ],
    [
      'wants rebuilds for one of two',
      rules('independent-rebuild: { require-for: ["pkg:npm/a", "pkg:npm/b"] }'),
      rules('independent-rebuild: { require-for: ["pkg:npm/a"] }'),
      'rules.independent-rebuild.require-for',
    ],
    ['lets others vouch where nobody could', '', verifiers(COOP), 'verifiers'],
    [
      'adds an approver',
      'waiver-limits: { approvers: "@a" }',
      'waiver-limits: { approvers: ["@a", "@evil"] }',
      'waiver-limits.approvers',
    ],
    ['takes keys of its own', '', 'trust: { roots: [sigstore, github], npm-keys: mine.json }', 'trust.npm-keys'],
  ])('%s', ([, base, own, key]) => {
    expect(keys(base, own)).toEqual([key])
  })

  it.for<[base: string, own: string, message: string]>([
    ['profile: strict', 'profile: baseline', 'strict becomes baseline'],
    ['', rules('cooldown: { days: 1 }'), '1 days'],
    ['', rules('no-downgrade: { ignore-older-than: 2020-01-02 }'), '2020-01-02'],
    ['', rules('run-outcome: { retention-days: 7 }'), '7 days'],
    ['', rules('signer-continuity: off'), 'it is off'],
    [verifiers(COOP), verifiers(COOP.replace('quorum: 2', 'quorum: 1')), '1 suffice'],
    [verifiers(COOP), verifiers(COOP.replace('30d', '31d')), '31 days'],
    ['', 'waiver-limits: { max-days: 31 }', '31 days'],
    ['', 'accept-unsupported: [git]', 'git is new'],
    ['', 'accept-unsupported: [git, url]', 'git, url are new'],
    // A list of hundreds hides what matters in it: the first five are shown.
    [
      '',
      rules('cooldown: { except: ["pkg:npm/a", "pkg:npm/b", "pkg:npm/c", "pkg:npm/d", "pkg:npm/e", "pkg:npm/f"] }'),
      'pkg:npm/a, pkg:npm/b, pkg:npm/c, pkg:npm/d, pkg:npm/e are new',
    ],
  ])('over %o writes %o: what it comes to is said', ([base, own, message]) => {
    expect(said(base, own)).toEqual([message])
  })
})

describe('a policy that takes the place of another', () => {
  const BUILDER = 'builders: [{ signer: "a/b/.github/workflows/c.yml", level: 1 }]'
  const VSA =
    'require:\n  - { match: { kind: package }, evidence: [provenance] }\n  - { match: { kind: model }, evidence: [vsa] }'
  const WAIVER = 'waivers: [{ match: { purl: "pkg:npm/x" }, rule: cooldown, reason: r, owner: o, expires: 2026-10-20 }]'
  const CENTRAL = `extends: acme/.github//cleanbill.yml@${'a'.repeat(40)}`

  it.for<[string, base: string, head: string, keys: readonly string[]]>([
    ['keeps a waiver', WAIVER, `\n${WAIVER}`, []],
    ['drops a waiver', WAIVER, '', []],
    ['adds a waiver', '', WAIVER, ['waivers']],
    ['lets go what held a builder down', BUILDER, '', ['builders']],
    ['keeps what holds a builder down', BUILDER, `\n${BUILDER}`, []],
    ['drops what lifted a builder', BUILDER.replace('1', '3'), '', []],
    ['wants summaries that nobody may write any more', `${verifiers(COOP)}\n${VSA}`, VSA, ['verifiers']],
    ['keeps who may write them', `${verifiers(COOP)}\n${VSA}`, `${verifiers(COOP)}\n${VSA}`, []],
    ['drops verifiers whom nobody asked', verifiers(COOP), '', []],
    ['never had verifiers', VSA, VSA, []],
    ['keeps its central policy', CENTRAL, CENTRAL, []],
    ['takes a central policy', '', CENTRAL, []],
    ['drops its central policy', CENTRAL, '', ['extends']],
    ['frees a kind that had entries', 'allow: [{ kind: action, owner: a }]', '', ['allow']],
    // Whoever deletes the line falls back to three days.
    ['is silent on days that were more than usual', rules('cooldown: { days: 9 }'), '', ['rules.cooldown.days']],
    ['is silent on days that were fewer than usual', rules('cooldown: { days: 1 }'), '', []],
    [
      'goes back to the keys that everybody believes',
      TRUST,
      'trust: { roots: [sigstore] }',
      ['trust.npm-keys', 'trust.go-sumdb', 'trust.oss-rebuild'],
    ],
    ['keeps the keys', TRUST, TRUST, []],
    ['is silent on a rule that failed', rules('cooldown: fail'), '', ['rules.cooldown.level']],
    ['is silent on a rule that was off', rules('cooldown: off'), '', []],
    [
      'is silent on rebuilds that were required',
      rules('independent-rebuild: { require-for: ["pkg:npm/x"] }'),
      '',
      ['rules.independent-rebuild.require-for'],
    ],
  ])('%s', ([, base, head, expected]) => {
    expect(weakened(base, head)).toEqual(expected)
  })

  it.for<[string, Policy['require'][number]['match'], string]>([
    ['its package', { purl: 'pkg:npm/@acme/**', name: 'x', kind: 'package' }, 'pkg:npm/@acme/**'],
    ['its name', { name: 'acme-*', kind: 'package' }, 'acme-*'],
    ['its kind', { kind: 'dataset' }, 'dataset'],
    ['everything', {}, 'everything'],
    ['the beginning of a long one', { name: 'n'.repeat(201) }, 'n'.repeat(200)],
  ])('names a requirement that is gone by %s', ([, match, shown]) => {
    const base = parse(VSA)
    const [first] = base.require
    if (first === undefined) throw new Error('an entry was expected')
    const [found] = policyWeakened({ ...base, require: [{ ...first, match }] }, parse(''))
    expect(found).toEqual({ key: 'require', message: `the entry for ${shown} is gone (base, line ${first.line})` })
  })
})
