import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lockJsonSchema } from '../../src/policy/lock-schema.ts'
import { defaultPolicy, keyPaths, parseExtends, parsePolicy, resolveKeys } from '../../src/policy/parse-policy.ts'
import { catchError, DESIGN_POLICY } from './support.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const parse = (text: string) => parsePolicy(text, 'cleanbill.yml')
const refusalOf = (text: string) => catchError(() => parse(text))

describe('the policy', () => {
  it('of the design is read, with the line of every entry', () => {
    const policy = parse(DESIGN_POLICY)
    expect(policy).toMatchObject({
      profile: 'recommended',
      extends: `acme/.github//cleanbill.yml@${COMMIT}`,
      trust: { roots: ['sigstore', 'github'] },
      evidence: { npm: 'https://npm.example' },
      platforms: ['linux-x64'],
      builders: [{ signer: 'acme/builders/.github/workflows/npm.yml', ref: 'refs/tags/v*', level: 3, line: 10 }],
      allow: [{ kind: 'action', owner: ['actions', 'acme'], pinned: 'sha', immutableRelease: true, line: 12 }],
      require: [
        {
          match: { purl: 'pkg:npm/@acme/**', versions: '>=2', scope: 'runtime' },
          source: { repository: 'acme/*', ref: 'refs/tags/**' },
          signers: [{ workflow: 'acme/builders/.github/workflows/npm.yml', ref: 'refs/tags/v*' }],
          level: 3,
          trust: 'sigstore',
          evidence: [],
          mode: 'any-of',
          line: 14,
        },
        {
          match: { kind: 'dataset' },
          signers: [{ key: 'keys/data.pem' }, { email: 'data@example.org', issuer: 'https://accounts.example' }],
          line: 19,
        },
        { evidence: ['signature', 'training', 'evaluation'], line: 21 },
      ],
      rules: {
        'no-downgrade': { level: 'fail' },
        cooldown: { level: 'fail', days: 3, except: ['pkg:npm/@acme/**'] },
      },
      verifiers: { quorum: 1, maxAgeDays: 30, anyOf: [{ repository: 'coop-a/verify' }] },
      waivers: [{ rule: 'missing-provenance', owner: 'platform', expires: '2027-01-31', line: 33 }],
      waiverLimits: { maxDays: 30, approvers: ['acme/security'], solo: false },
      file: 'cleanbill.yml',
    })
  })

  it('has defaults for everything but its version', () => {
    const { given, file, ...rest } = parse('version: 1\n')
    expect([given, file]).toStrictEqual([['version'], 'cleanbill.yml'])
    expect(defaultPolicy()).toStrictEqual({ ...rest, file: 'built-in', given: ['profile', 'version'] })
    expect(defaultPolicy('strict').profile).toBe('strict')
  })

  it('takes the fingerprints of its keys from whoever reads files, wherever a key is named', () => {
    const policy = parse(`version: 1
require:
  - { match: {}, source: { repository: acme/app } }
  - { match: {}, signer: { any-of: [{ key: keys/data.pem }, { workflow: acme/app/x.yml }] } }
  - { match: {}, signer: { key: keys/data.pem } }
verifiers: { quorum: 2, max-age: 3d, any-of: [{ key: keys/v.pem }, { repository: acme/v }] }
`)
    expect(keyPaths(policy)).toStrictEqual(['keys/data.pem', 'keys/v.pem'])
    const resolved = resolveKeys(policy, (path) => `print of ${path}`)
    expect(resolved.require.map(({ signers }) => signers)).toStrictEqual([
      undefined,
      [{ key: 'print of keys/data.pem' }, { workflow: 'acme/app/x.yml' }],
      [{ key: 'print of keys/data.pem' }],
    ])
    expect(resolved.verifiers).toStrictEqual({
      quorum: 2,
      maxAgeDays: 3,
      anyOf: [
        { key: 'print of keys/v.pem', line: 6 },
        { repository: 'acme/v', line: 6 },
      ],
    })
    const without = parse('version: 1\n')
    expect(keyPaths(without)).toStrictEqual([])
    expect(resolveKeys(without, () => 'x')).toStrictEqual(without)
  })

  it('has these defaults, written out: a policy of today means the same tomorrow', () => {
    expect(parse('version: 1\n')).toStrictEqual({
      version: 1,
      profile: 'recommended',
      trust: { roots: ['sigstore', 'github'] },
      evidence: {},
      platforms: ['linux-x64'],
      builders: [],
      allow: [],
      require: [],
      rules: {},
      acceptUnsupported: [],
      inputs: [],
      waivers: [],
      waiverLimits: { maxDays: 30, solo: false },
      file: 'cleanbill.yml',
      given: ['version'],
    })
  })

  it('is read in every part that the one of the design leaves out', () => {
    const policy = parse(`version: 1
trust: { roots: [github], npm-keys: keys/npm.json, go-sumdb: sum.example, oss-rebuild: keys/rebuild.pem }
evidence: { npm: "https://npm.example//", "oci:ghcr.io": "https://mirror.example/v2/" }
platforms: []
allow:
  - { kind: image, owner: acme }
require:
  - match: {}
    source: { repository: acme/app, ref: refs/heads/main, triggers: [push, release] }
    mode: all-of
rules:
  no-downgrade: { level: warn, ignore-older-than: 2025-01-31 }
  run-outcome: { retention-days: 90 }
  reviewed-source: { require-for: ["pkg:npm/@acme/**"] }
accept-unsupported: [workspace]
inputs:
  - { role: file, ref: data.csv, bytes: 0 }
  - { role: model, ref: hf://acme/m, signature: model.sig }
verifiers: { quorum: 1, max-age: 9d, any-of: [{ key: keys/v.pem }, { repository: acme/v }] }
waivers:
  - { match: { name: x }, rule: cooldown, expires: 2027-01-31 }
  - { match: {}, rule: cooldown, expires: 2027-01-31, created: 2027-01-01 }
waiver-limits: { max-days: 7, approvers: ["@Acme/Security", Bob], solo: true }
`)
    expect(policy).toMatchObject({
      trust: { roots: ['github'], npmKeys: 'keys/npm.json', goSumdb: 'sum.example', ossRebuild: 'keys/rebuild.pem' },
      evidence: { npm: 'https://npm.example', 'oci:ghcr.io': 'https://mirror.example/v2' },
      platforms: [],
      allow: [{ kind: 'image', owner: ['acme'], line: 6 }],
      require: [
        { source: { repository: 'acme/app', ref: 'refs/heads/main', triggers: ['push', 'release'] }, mode: 'all-of' },
      ],
      rules: {
        'no-downgrade': { level: 'warn', ignoreOlderThan: '2025-01-31' },
        'run-outcome': { retentionDays: 90 },
        'reviewed-source': { requireFor: ['pkg:npm/@acme/**'] },
      },
      acceptUnsupported: ['workspace'],
      inputs: [
        { role: 'file', ref: 'data.csv', bytes: 0, line: 17 },
        { role: 'model', ref: 'hf://acme/m', signature: 'model.sig', line: 18 },
      ],
      verifiers: {
        maxAgeDays: 9,
        anyOf: [
          { key: 'keys/v.pem', line: 19 },
          { repository: 'acme/v', line: 19 },
        ],
      },
      waivers: [
        { reason: '', owner: '', line: 21 },
        { created: '2027-01-01', line: 22 },
      ],
      waiverLimits: { maxDays: 7, approvers: ['acme/security', 'bob'], solo: true },
    })
    expect(policy.require[0]).not.toHaveProperty('signers')
    expect(policy.waivers[0]).not.toHaveProperty('created')
  })

  it.for<[string, string, number, number, string]>([
    ['the top', 'version: 1\nproflie: strict\n', 2, 10, 'Did you mean profile?'],
    ['trust', 'version: 1\ntrust:\n  root: [sigstore]\n', 3, 9, 'Did you mean roots?'],
    ['evidence', 'version: 1\nevidence:\n  pipy: https://pypi.example\n', 3, 9, 'Did you mean pypi?'],
    [
      'builders',
      'version: 1\nbuilders:\n  - { signer: a/b/c.yml, levle: 3, level: 3 }\n',
      3,
      33,
      'Did you mean level?',
    ],
    ['allow', 'version: 1\nallow:\n  - { kind: action, owners: [a] }\n', 3, 29, 'Did you mean owner?'],
    ['require', 'version: 1\nrequire:\n  - match: {}\n    sources: {}\n', 4, 14, 'Did you mean source?'],
    ['a match', 'version: 1\nrequire:\n  - match: { prul: x }\n', 3, 20, 'Did you mean purl?'],
    ['a source', 'version: 1\nrequire:\n  - { match: {}, source: { repo-id: "1" } }\n', 3, 37, 'Known keys'],
    [
      'a signer',
      'version: 1\nrequire:\n  - { match: {}, signer: { workflwo: a/b/c.yml } }\n',
      3,
      38,
      'Did you mean workflow?',
    ],
    [
      'one of several signers',
      'version: 1\nrequire:\n  - match: {}\n    signer:\n      any-of:\n        - { kye: k.pem }\n',
      6,
      18,
      'Did you mean key?',
    ],
    ['rules', 'version: 1\nrules:\n  no-downgrades: fail\n', 3, 18, 'Did you mean no-downgrade?'],
    ['the options of a rule', 'version: 1\nrules:\n  cooldown: { day: 3 }\n', 3, 20, 'Did you mean days?'],
    ['options of another rule', 'version: 1\nrules:\n  no-downgrade: { days: 3 }\n', 3, 25, 'Known keys'],
    [
      'verifiers',
      'version: 1\nverifiers: { quorum: 1, max-age: 3d, any-of: [{ key: k.pem, isuser: x }] }\n',
      2,
      69,
      'Did you mean issuer?',
    ],
    [
      'a waiver',
      'version: 1\nwaivers:\n  - { match: {}, rule: cooldown, expires: 2027-01-31, resaon: x }\n',
      3,
      63,
      'Did you mean reason?',
    ],
    ['waiver-limits', 'version: 1\nwaiver-limits: { max-day: 3 }\n', 2, 27, 'Did you mean max-days?'],
    ['inputs', 'version: 1\ninputs:\n  - { role: model, ref: x, sha265: y }\n', 3, 36, 'Did you mean sha256?'],
    ['__proto__', 'version: 1\n__proto__: { profile: baseline }\n', 2, 12, 'Known keys'],
  ])('with an unknown key in %s is refused where that stands (T-PP-06)', ([, text, line, column, hint]) => {
    const refused = refusalOf(text)
    expect(refused).toMatchObject({ code: 'POLICY_UNKNOWN_KEY', file: 'cleanbill.yml', line, column })
    expect((refused as { hint: string }).hint).toContain(hint)
  })

  it('refuses a typing mistake in any key, whatever the section (T-PP-06)', () => {
    const keys = [...DESIGN_POLICY.matchAll(/(?<=[{,\s])([a-z-]{3,})(?=: )/g)]
    expect(keys.length).toBeGreaterThan(40)
    for (const { index, 0: key } of keys) {
      const text = `${DESIGN_POLICY.slice(0, index)}${key}x${DESIGN_POLICY.slice(index + key.length)}`
      const { code, line } = refusalOf(text) as { code: string; line: number }
      expect([key, code]).toStrictEqual([key, expect.stringMatching(/^POLICY_(?:UNKNOWN_KEY|MALFORMED)$/)])
      expect(Math.abs(line - DESIGN_POLICY.slice(0, index).split('\n').length)).toBeLessThanOrEqual(3)
    }
  })

  it.for<[string, string, number]>([
    ['another version', 'version: 2\n', 1],
    ['no version', 'profile: strict\n', 1],
    ['an unknown profile', 'version: 1\nprofile: paranoid\n', 2],
    ['an unknown level', 'version: 1\nrules:\n  cooldown: error\n', 3],
    ['a rule without which nothing is gated', 'version: 1\nrules:\n  valid-evidence: warn\n', 3],
    ['a level of four', 'version: 1\nrequire:\n  - match: {}\n    level: 4\n', 4],
    ['a level without provenance', 'version: 1\nrequire:\n  - match: {}\n    evidence: [signature]\n    level: 2\n', 5],
    ['an unknown kind of evidence', 'version: 1\nrequire:\n  - match: {}\n    evidence: [provenence]\n', 4],
    ['a range that nobody reads', 'version: 1\nrequire:\n  - match: { versions: "about 2" }\n', 3],
    ['a purl that is none', 'version: 1\nrequire:\n  - match: { purl: "npm/left-pad" }\n', 3],
    ['a date that is none', 'version: 1\nwaivers:\n  - { match: {}, rule: cooldown, expires: 2027-02-30 }\n', 3],
    ['a waiver of an unknown rule', 'version: 1\nwaivers:\n  - { match: {}, rule: waiver, expires: 2027-01-30 }\n', 3],
    ['an age without a unit', 'version: 1\nverifiers: { quorum: 1, max-age: 30, any-of: [{ key: k.pem }] }\n', 2],
    [
      'a quorum of more than there are',
      'version: 1\nverifiers: { quorum: 2, max-age: 30d, any-of: [{ key: k.pem }] }\n',
      2,
    ],
    ['an http origin', 'version: 1\nevidence: { npm: "http://npm.example" }\n', 2],
    ['credentials in an origin', 'version: 1\nevidence: { npm: "https://a:b@npm.example" }\n', 2],
    ['a branch to extend', 'version: 1\nextends: acme/.github//cleanbill.yml@main\n', 2],
    ['a key outside the repository', 'version: 1\nrequire:\n  - { match: {}, signer: { key: ../k.pem } }\n', 3],
    ['an absolute key', 'version: 1\nrequire:\n  - { match: {}, signer: { key: /etc/k.pem } }\n', 3],
    ['an allow entry that allows everything', 'version: 1\nallow:\n  - { kind: action }\n', 3],
    ['a digest of 32 digits', `version: 1\ninputs:\n  - { role: file, ref: x, sha256: ${'a'.repeat(32)} }\n`, 3],
    ['an anchor', 'version: 1\nallow: &a []\n', 2],
    ['an alias', 'version: 1\nallow: &a []\nrequire: *a\n', 3],
    ['a merge key', 'version: 1\ntrust: { <<: {} }\n', 2],
    ['a tag', 'version: 1\nprofile: !!str strict\n', 2],
    ['a tag of its own', 'version: 1\nprofile: !x strict\n', 2],
    ['a directive', '%YAML 1.1\n---\nversion: 1\n', 1],
    ['a key twice', 'version: 1\nprofile: strict\nprofile: baseline\n', 3],
    ['a second document', 'version: 1\n---\nversion: 1\n', 2],
    ['conflict markers', 'version: 1\n<<<<<<< ours\n', 2],
    ['a key that is a list', 'version: 1\n? [a]\n: b\n', 2],
    ['no mapping', '- version: 1\n', 1],
    ['nothing', '# nothing\n', 1],
    ['a thousand brackets', `version: 1\nallow: ${'['.repeat(1000)}`, 2],
    ['a hundred thousand brackets', `version: 1\nallow: ${'['.repeat(100_000)}`, 2],
    ['too many bytes', `version: 1\n#${'x'.repeat(600_000)}\n`, 1],
  ])('with %s is refused', ([, text, line]) => {
    const refused = refusalOf(text) as { line: number }
    expect(refused).toMatchObject({ code: 'POLICY_MALFORMED', file: 'cleanbill.yml' })
    expect(refused.line).toBeGreaterThanOrEqual(line > 2 ? line - 1 : 1)
    expect(refused.line).toBeLessThanOrEqual(line)
  })

  it('that is nested too deeply is refused where it gets so, and says how deep it may be', () => {
    const text = `version: 1\nallow:\n${Array.from({ length: 80 }, (_, level) => `${' '.repeat(level)}- a:`).join('\n')}`
    expect(refusalOf(text)).toMatchObject({
      ...{ code: 'POLICY_MALFORMED', file: 'cleanbill.yml', hint: 'Write it with at most 64 levels.' },
      message: expect.stringContaining('nested deeper than 64 levels'),
    })
  })

  it.for([
    '(a+)+$',
    'refs/tags/v\\d+',
    '^refs/heads/main$',
    'refs/(heads|tags)/**',
    'a{1,3}',
    'v[0-9]',
    'a.+b',
    'x***',
    'v?',
  ])('refuses the regular expression %s (T-PP-10)', (pattern) => {
    const quoted = JSON.stringify(pattern)
    const where = [
      `require:\n  - { match: {}, source: { repository: acme/app, ref: ${quoted} } }`,
      `require:\n  - { match: { name: ${quoted} } }`,
      `rules:\n  cooldown: { except: [${quoted}] }`,
      `builders:\n  - { signer: acme/b/c.yml, ref: ${quoted}, level: 3 }`,
    ]
    for (const part of where)
      expect(refusalOf(`version: 1\n${part}\n`)).toMatchObject({ code: 'PATTERN_UNSAFE', line: 3 })
  })

  it.for(['pkg:golang/x/y@v1.0.0+incompatible', 'pkg:npm/@acme/**', 'pkg:pypi/zope.*', 'pkg:npm/a++'])(
    'takes the pattern %s',
    (purl) => {
      expect(parse(`version: 1\nrequire:\n  - match: { purl: "${purl}" }\n`).require).toHaveLength(1)
    },
  )

  it.for<[string, string]>([
    ['an issuer alone', 'signer: { issuer: "https://accounts.example" }'],
    ['a ref alone', 'signer: { ref: refs/heads/main }'],
    ['a workflow without its repository', 'signer: { workflow: .github/workflows/release.yml }'],
    ['anybody', 'signer: { workflow: "**" }'],
    ['any owner', 'signer: { workflow: "*/builders/.github/workflows/npm.yml" }'],
    ['any host', 'signer: { workflow: "https://*/acme/builders/x.yml" }'],
    ['an e-mail address without an issuer', 'signer: { email: a@example.org }'],
    ['nobody', 'signer: {}'],
    ['a runner alone', 'signer: { runner: github-hosted }'],
    ['nobody as one of two', 'signer: { any-of: [{ key: k.pem }, { issuer: "https://accounts.example" }] }'],
    ['a source by its ref', 'source: { ref: refs/heads/main }'],
    ['a source of anybody', 'source: { repository: "**" }'],
    ['a source of any owner', 'source: { repository: "*/app" }'],
    ['a source by its trigger', 'source: { triggers: [push] }'],
  ])('refuses an entry that names %s (T-ID-03, T-ID-15)', ([, part]) => {
    expect(refusalOf(`version: 1\nrequire:\n  - match: {}\n    ${part}\n`)).toMatchObject({
      code: 'POLICY_NO_IDENTITY',
      line: 4,
    })
  })

  it('takes a signer that only narrows where the source is named', () => {
    const [entry] = parse(
      'version: 1\nrequire:\n  - { match: {}, source: { repository: acme/* }, signer: { runner: github-hosted } }\n',
    ).require
    expect(entry?.signers).toStrictEqual([{ runner: 'github-hosted' }])
  })

  it.for(['signer: registry', 'source: publisher'])('refuses an identity from unsigned text: %s (T-ID-09)', (part) => {
    expect(refusalOf(`version: 1\nrequire:\n  - match: {}\n    ${part}\n`)).toMatchObject({
      code: 'IDENTITY_SOURCE_UNTRUSTED',
      line: 4,
    })
  })

  it.for(['{ issuer: "https://x.example" }', '{ repository: "**" }', '{ repository: "acme/*" }', '{ identity: x }'])(
    'refuses a verifier that is %s (T-ID-15)',
    (verifier) => {
      const text = `version: 1\nverifiers: { quorum: 1, max-age: 3d, any-of: [${verifier}] }\n`
      expect(refusalOf(text)).toMatchObject({ code: 'POLICY_NO_IDENTITY', line: 2 })
    },
  )

  it('keeps long ids exact', () => {
    const text = 'version: 1\nrequire:\n  - { match: {}, source: { repository-id: "9007199254740993", owner-id: 7 } }\n'
    expect(parse(text).require[0]?.source).toStrictEqual({ repositoryId: '9007199254740993', ownerId: '7' })
    expect(refusalOf(text.replaceAll('"', ''))).toMatchObject({ code: 'POLICY_MALFORMED' })
  })

  it('is refused with a code or read, whatever stands in it', () => {
    const codes = [
      'POLICY_MALFORMED',
      'POLICY_UNKNOWN_KEY',
      'POLICY_NO_IDENTITY',
      'PATTERN_UNSAFE',
      'IDENTITY_SOURCE_UNTRUSTED',
    ]
    fc.assert(
      fc.property(fc.nat(DESIGN_POLICY.length - 1), fc.nat(8), fc.string({ maxLength: 4 }), (at, drop, put) => {
        try {
          parse(DESIGN_POLICY.slice(0, at) + put + DESIGN_POLICY.slice(at + drop))
        } catch (error) {
          expect(codes).toContain((error as { code?: string }).code)
          expect(error).toMatchObject({ file: 'cleanbill.yml', line: expect.any(Number), column: expect.any(Number) })
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('extends', () => {
  it.for<[string, boolean]>([
    [`acme/.github//cleanbill.yml@${COMMIT}`, true],
    [`acme/policies//a/b.yml@${COMMIT}`, true],
    ['acme/.github//cleanbill.yml@main', false],
    ['acme/.github//cleanbill.yml@v1', false],
    [`acme/.github//cleanbill.yml@${COMMIT.slice(0, 12)}`, false],
    [`acme/.github//cleanbill.yml@${COMMIT.toUpperCase()}`, false],
    ['acme/.github//cleanbill.yml', false],
    [`acme//cleanbill.yml@${COMMIT}`, false],
    [`acme/x//../y.yml@${COMMIT}`, false],
    [`acme/..//y.yml@${COMMIT}`, false],
    [`https://evil.example/acme/x//y.yml@${COMMIT}`, false],
    [`acme/x//y@z.yml@${COMMIT}`, false],
    [`${'a'.repeat(39)}/${'b'.repeat(100)}//${'c'.repeat(500)}@${COMMIT}`, true],
    [`${'a'.repeat(40)}/b//c@${COMMIT}`, false],
    [`a/${'b'.repeat(101)}//c@${COMMIT}`, false],
    [`a/b//${'c'.repeat(501)}@${COMMIT}`, false],
    [`acme/x.//y.yml@${COMMIT}`, true],
    [`acme/...//y.yml@${COMMIT}`, true],
    [`acme/.//y.yml@${COMMIT}`, false],
    [`acme/x//./y.yml@${COMMIT}`, false],
    [`acme/x//a//y.yml@${COMMIT}`, false],
    [`acme/x///y.yml@${COMMIT}`, false],
    [`acme/x//a/@${COMMIT}`, false],
    [`acme/x//y.yml@${COMMIT}0`, false],
    [` acme/x//y.yml@${COMMIT}`, false],
    [`-acme/x//y.yml@${COMMIT}`, false],
    [`acme/x//a\\b.yml@${COMMIT}`, false],
    [`acme/x//a b.yml@${COMMIT}`, false],
  ])('%s: %s', ([text, ok]) => {
    expect(parseExtends(text) !== undefined).toBe(ok)
  })

  it('has four parts', () => {
    expect(parseExtends(`acme/.github//a/cleanbill.yml@${COMMIT}`)).toStrictEqual({
      owner: 'acme',
      repository: '.github',
      path: 'a/cleanbill.yml',
      commit: COMMIT,
    })
  })
})

describe('the schema of the lock for editors', () => {
  it('is what the parser reads', () => {
    const written = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/lock-v1.schema.json'), 'utf8'))
    expect(written).toStrictEqual(JSON.parse(JSON.stringify(lockJsonSchema())))
  })
})
