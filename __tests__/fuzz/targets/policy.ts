import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseExpectations } from '../../../src/policy/expectations.ts'
import { type IdentityOptions, parseExpectedIdentity } from '../../../src/policy/expected-identity.ts'
import { extendPolicy } from '../../../src/policy/extend-policy.ts'
import { parseExtends } from '../../../src/policy/parse-extends.ts'
import { defaultPolicy, parsePolicy } from '../../../src/policy/parse-policy.ts'
import { formatTrustLock, parseTrustLock, readCanonical } from '../../../src/policy/trust-lock.ts'
import { parseYamlDocument } from '../../../src/policy/yaml-document.ts'
import { DESIGN_POLICY } from '../../policy/support.ts'
import { type Target, textTarget } from '../engine/target.ts'

const ROOT = join(import.meta.dirname, '../../..')

const LOCK = `version: 1
entries:
  - { ecosystem: npm, name: a, line: "1", best: registered, first: 1.0.0 }
  - ecosystem: npm
    name: "@acme/app"
    line: "1"
    best: provenance
    first: 1.0.0
    unusual: ["1.0.1 COOLDOWN"]
    signers:
      - { issuer: "https://token.actions.githubusercontent.com", repository: "https://github.com/acme/app", repository-id: "42", refs: ["refs/tags/v*"], triggers: [push] }
`

const EXPECTATIONS = `version: 1
cases:
  - name: a signed one passes
    dependency: pkg:npm/%40acme/app@1.2.3
    evidence: { accepted: [ { repository: acme/app, ref: refs/heads/main } ], registry: vouched }
    expect: { state: verified, result: PASSED, codes: [] }
  - name: none fails
    dependency: pkg:npm/b@1.0.0
    change: added
    profile: strict
    evidence: { refused: SIGNATURE_INVALID, unavailable: offline }
    expect: { state: invalid, result: FAILED, codes: [SIGNATURE_INVALID] }
`

const lockSeeds = () => [LOCK, formatTrustLock(parseTrustLock(LOCK, 'it'))]

/** An option a line, `name=value`. */
const optionsOf = (text: string): IdentityOptions =>
  Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.split('='))
      .map(([name = '', ...rest]) => [
        name,
        /^(?:allowAnySigner|denySelfHosted|privateCa)$/.test(name) ? true : rest.join('='),
      ])
      .filter(([name]) => name !== 'keys'),
  )

export const POLICY_TARGETS: readonly Target[] = [
  textTarget('policy/policy', {
    covers: ['src/policy/parse-policy.ts parsePolicy'],
    seeds: () => [DESIGN_POLICY, readFileSync(join(ROOT, '.github/cleanbill.yml'), 'utf8'), 'version: 1\n'],
    run: (text) => {
      const policy = parsePolicy(text, 'it')
      extendPolicy(defaultPolicy('strict'), policy)
      return policy
    },
    complain: ({ profile, rules, waivers }) =>
      ['baseline', 'recommended', 'strict'].includes(profile) &&
      Object.keys(rules).length >= 0 &&
      waivers.every(({ line }) => line >= 1)
        ? undefined
        : 'has a profile that is none, or a waiver without a line',
  }),
  textTarget('policy/lock', {
    covers: ['src/policy/trust-lock.ts parseTrustLock'],
    seeds: lockSeeds,
    run: (text) => parseTrustLock(text, 'it'),
    complain: (lock) => {
      const written = formatTrustLock(lock)
      return formatTrustLock(parseTrustLock(written, 'it')) === written ? undefined : 'is another lock when written'
    },
  }),
  textTarget('policy/lock-lines', {
    covers: ['src/policy/trust-lock.ts readCanonical'],
    seeds: lockSeeds,
    throwsNothing: true,
    // With a comment at its end it is in no canonical form, and YAML's own parser reads it.
    run: (text) => ({ quick: readCanonical(text), slow: () => parseTrustLock(`${text}# read as YAML\n`, 'it') }),
    complain: ({ quick, slow }) =>
      quick === undefined || JSON.stringify(quick) === JSON.stringify(slow()) ? undefined : 'is another lock as YAML',
  }),
  textTarget('policy/expectations', {
    covers: ['src/policy/expectations.ts parseExpectations'],
    seeds: () => [EXPECTATIONS],
    run: (text) => parseExpectations(text, 'it'),
    complain: (cases) => (cases.every(({ line }) => line >= 1) ? undefined : 'a case has no line'),
  }),
  textTarget('policy/yaml', {
    covers: ['src/policy/yaml-document.ts parseYamlDocument'],
    seeds: () => [DESIGN_POLICY, LOCK, 'a: {b: [c, "d", 1e3, 0x1f, 2026-01-01, ~]}\n? e\n: |\n  f\n'],
    run: (text) => {
      const kind = {
        what: 'it',
        malformed: 'CONFIG_MALFORMED',
        unknownKey: 'CONFIG_MALFORMED',
        maxBytes: 512 * 1024,
      } as const
      const document = parseYamlDocument(text, 'it', kind)
      return document.placeOf(['a', 'b', 0])
    },
    complain: ({ line, column }) => (line >= 1 && column >= 1 ? undefined : 'has a place before its beginning'),
  }),
  textTarget('policy/extends', {
    covers: ['src/policy/parse-extends.ts parseExtends'],
    seeds: () => [`acme/.github//a/cleanbill.yml@${'a'.repeat(40)}`],
    throwsNothing: true,
    run: parseExtends,
    complain: (found) => (found?.path.split('/').includes('..') ? 'leads out of the repository' : undefined),
  }),
  textTarget('policy/identity', {
    covers: ['src/policy/expected-identity.ts parseExpectedIdentity'],
    seeds: () => [
      'repo=acme/app\nsourceRef=refs/heads/main',
      'signerWorkflow=acme/app/.github/workflows/a.yml\ncertOidcIssuer=https://a.example\ndenySelfHosted=1',
      'certIdentity=https://a.example/b\ncertOidcIssuer=none\ncertIdentityPattern=https://a.example/**',
      'repoId=42\nowner=acme\nsourceDigest=aa\nsignerDigest=bb',
      'allowAnySigner=1',
    ],
    run: (text) => ({ options: optionsOf(text), expected: parseExpectedIdentity(optionsOf(text)) }),
    complain: ({ options, expected }) =>
      expected.anySigner && options.allowAnySigner !== true ? 'anybody is taken, and nobody said so' : undefined,
  }),
]
