import { describe, expect, it } from 'vitest'
import { PROVENANCE_V1 } from '../../src/model/predicates/provenance.ts'
import { SVR_V02 } from '../../src/model/predicates/svr.ts'
import { TEST_RESULT_V01 } from '../../src/model/predicates/test-result.ts'
import type { LockEntry } from '../../src/model/trust-lock.ts'
import { RUN_BUILD_TYPE } from '../../src/model/uris.ts'
import { isOfKind } from '../../src/policy/evidence-kinds.ts'
import { type ExpectationContext, parseExpectations, runExpectations } from '../../src/policy/expectations.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import type { Rule, RuleContext, Subject } from '../../src/policy/rule.ts'
import { catchError, GITHUB, NOW, QUIET, rule } from './support.ts'

const APP = 'pkg:npm/%40acme/app@1.2.3'
const PLACE = 'expectations'
const policyOf = (more: string) => parsePolicy(`version: 1\nprofile: recommended\n${more}`, '.github/cleanbill.yml')
const ENTRY: LockEntry = {
  ecosystem: 'npm',
  name: '@acme/app',
  line: '1',
  best: 'registered',
  first: '1.0.0',
  signers: [],
}

function fileOf(...cases: string[]): string {
  return `version: 1\ncases:\n${cases.map((one) => `  - { ${one} }\n`).join('')}`
}

function run(cases: readonly string[], more: Partial<ExpectationContext> = {}) {
  return runExpectations(parseExpectations(fileOf(...cases), 'x.yml'), {
    policy: policyOf(''),
    rules: [QUIET],
    now: NOW,
    suppose: (parts) => parts as ReturnType<ExpectationContext['suppose']>,
    ...more,
  })
}

/** What the rules get to see of one case. */
function seen(one: string, more: Partial<ExpectationContext> = {}): Subject & { readonly context: RuleContext } {
  const found: (Subject & { readonly context: RuleContext })[] = []
  const listening: Rule = {
    id: 'cooldown',
    docs: 'docs/policy.md#cooldown',
    check: (subject, context) => {
      found.push({ ...subject, context })
      return []
    },
  }
  run([`name: x, ${one}, expect: {}`], { rules: [listening], ...more })
  const [subject] = found
  if (subject === undefined) throw new Error('no rule was asked')
  return subject
}

const attestationFrom = (fields: string) => {
  const found = seen(`dependency: "${APP}", evidence: { accepted: [{ ${fields} }] }`).evidence.accepted[0]
  if (found === undefined) throw new Error('nothing was supposed')
  return found.attestation
}

describe('the dependency of a case', () => {
  it.for<[string, Partial<Subject['dependency']>]>([
    [
      `dependency: "${APP}"`,
      { kind: 'package', ecosystem: 'npm', name: '@acme/app', version: '1.2.3', source: 'registry', scope: 'runtime' },
    ],
    ['dependency: "pkg:npm/left-pad@1.3.0"', { name: 'left-pad', version: '1.3.0' }],
    [
      'dependency: "pkg:github/acme/do@v4"',
      { kind: 'action', ecosystem: 'github', name: 'acme/do', source: 'git', version: 'v4' },
    ],
    [
      'dependency: "workspace:lib"',
      { kind: 'package', ecosystem: 'generic', name: 'workspace:lib', source: 'workspace' },
    ],
    [
      `dependency: "${APP}", kind: file, scope: development, source: url`,
      { kind: 'file', scope: 'development', source: 'url', ecosystem: 'npm' },
    ],
    [
      'dependency: "pkg:github/acme/do@v4", kind: reusable-workflow, source: url',
      { kind: 'reusable-workflow', source: 'url' },
    ],
  ])('written as %s is what a finder would have made of it', ([written, expected]) => {
    const { dependency } = seen(written)
    expect(dependency).toMatchObject({ ...expected, file: PLACE, line: 3, digests: { sha256: '0'.repeat(64) } })
    expect(written).toContain(dependency.id)
  })

  it.for(['pkg:npm/left-pad', 'workspace:lib'])('has no version where %s names none', (id) => {
    expect(seen(`dependency: "${id}"`).dependency).not.toHaveProperty('version')
  })
})

describe('the evidence of a case', () => {
  const record = {
    source: PLACE,
    origin: PLACE,
    name: '@acme/app',
    version: '1.2.3',
    files: [],
    signatures: [],
    claimsAttestations: false,
  }
  const message = expect.stringMatching(/./)
  it.for<[string, object]>([
    [
      '',
      {
        accepted: [],
        refused: [],
        unavailable: [],
        silent: [PLACE],
        registry: { kind: 'vouched', basis: 'index', record },
      },
    ],
    ['registry: vouched', { registry: { kind: 'vouched', basis: 'index', record } }],
    ['registry: mismatch', { registry: { kind: 'mismatch', code: 'REGISTRY_DIGEST_MISMATCH', message, record } }],
    ['registry: not-vouched', { registry: { kind: 'not-vouched', message, record } }],
    ['registry: not-applicable', { registry: { kind: 'not-applicable' } }],
    [
      'refused: SIGNATURE_INVALID',
      { refused: [{ where: PLACE, source: PLACE, code: 'SIGNATURE_INVALID', message }], accepted: [], silent: [PLACE] },
    ],
    ['unavailable: rate-limited', { unavailable: [{ source: PLACE, fault: 'rate-limited', message }], silent: [] }],
    ['accepted: []', { accepted: [], files: { checked: 1, attested: 0, pinned: 0 } }],
    [
      'accepted: [{}]',
      { accepted: [{ source: PLACE, payloadSha256: '0'.repeat(64) }], files: { checked: 1, attested: 1, pinned: 0 } },
    ],
  ])('{ %s } is what the sources would have said', ([evidence, expected]) => {
    const found = seen(`dependency: "${APP}"${evidence === '' ? '' : `, evidence: { ${evidence} }`}`).evidence
    expect(found).toMatchObject(expected)
    if ('registry' in expected) expect(found.registry).toEqual(expected.registry)
  })

  it('of a folder of the project is none: no source and no registry knows it', () => {
    const { evidence } = seen('dependency: "workspace:lib", evidence: { registry: vouched }')
    expect(evidence).toMatchObject({ silent: [], registry: { kind: 'not-applicable' } })
  })

  it('names a package without a version by an empty one', () => {
    expect(seen('dependency: "pkg:npm/left-pad"').evidence.registry).toMatchObject({
      record: { name: 'left-pad', version: '' },
    })
  })
})

describe('a supposed attestation', () => {
  const DEFAULT = 'https://github.com/unnamed/unnamed/.github/workflows/release.yml@refs/heads/main'

  it('says nothing but what the case says: a push to main on a hosted runner', () => {
    const { signer, statement, origin } = attestationFrom('')
    expect(signer).toStrictEqual({
      kind: 'certificate',
      subjectAlternativeName: { type: 'uri', value: DEFAULT },
      issuer: GITHUB,
      claims: {
        buildSignerUri: DEFAULT,
        buildConfigUri: DEFAULT,
        runnerEnvironment: 'github-hosted',
        sourceRepositoryUri: 'https://github.com/unnamed/unnamed',
        sourceRepositoryOwnerUri: 'https://github.com/unnamed',
        sourceRepositoryRef: 'refs/heads/main',
        sourceRepositoryDigest: '0'.repeat(40),
        buildTrigger: 'push',
      },
      legacy: {},
    })
    expect(statement).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: APP, digest: { sha256: '0'.repeat(64) } }],
      predicateType: PROVENANCE_V1,
      predicate: {
        buildDefinition: { buildType: PLACE, externalParameters: {} },
        runDetails: { builder: { id: PLACE } },
      },
    })
    expect(origin).toEqual({ form: 'sigstore-bundle', where: PLACE, domain: 'sigstore', times: [NOW.toISOString()] })
  })

  const uri = 'https://github.com/acme/builders/.github/workflows/npm.yml@refs/tags/v1'
  it.for<[string, object]>([
    [
      'repository: acme/app',
      {
        buildSignerUri: 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
        sourceRepositoryUri: 'https://github.com/acme/app',
        sourceRepositoryOwnerUri: 'https://github.com/acme',
      },
    ],
    [
      'workflow: acme/builders/.github/workflows/npm.yml, ref: refs/tags/v1',
      {
        buildSignerUri: uri,
        buildConfigUri: uri,
        sourceRepositoryUri: 'https://github.com/acme/builders',
        sourceRepositoryRef: 'refs/tags/v1',
      },
    ],
    [
      'workflow: acme/builders/.github/workflows/npm.yml, repository: other/app, ref: refs/tags/v1',
      { buildSignerUri: uri, sourceRepositoryUri: 'https://github.com/other/app' },
    ],
    ['trigger: workflow_dispatch', { buildTrigger: 'workflow_dispatch' }],
    ['runner: self-hosted', { runnerEnvironment: 'self-hosted' }],
    ['environment: release', { deploymentEnvironment: 'release' }],
    ['repository-id: "42"', { sourceRepositoryIdentifier: '42' }],
    ['owner-id: "7"', { sourceRepositoryOwnerIdentifier: '7' }],
  ])('with %s has these claims', ([fields, claims]) => {
    expect(attestationFrom(fields).signer).toMatchObject({ kind: 'certificate', issuer: GITHUB, claims })
  })

  it('by a person has an address and an issuer, and nothing of a pipeline', () => {
    expect(
      attestationFrom('email: data@acme.example, issuer: "https://accounts.example", repository: a/b').signer,
    ).toEqual({
      kind: 'certificate',
      subjectAlternativeName: { type: 'email', value: 'data@acme.example' },
      issuer: 'https://accounts.example',
      claims: {},
      legacy: {},
    })
  })

  it('from an own issuer and an own trust domain has those', () => {
    const { signer, origin } = attestationFrom('issuer: "https://oidc.example", domain: github')
    expect(signer).toMatchObject({ issuer: 'https://oidc.example', claims: { buildTrigger: 'push' } })
    expect(origin.domain).toBe('github')
    expect(attestationFrom('domain: sigstore').origin.domain).toBe('sigstore')
  })

  it.for(['provenance', 'publish', 'release', 'signature', 'training', 'evaluation', 'sbom'])(
    'of the kind %s is taken for one',
    (kind) => {
      expect(isOfKind(attestationFrom(`kind: ${kind}`), kind)).toBe(true)
    },
  )

  it('of training, and no other, is by our own build type', () => {
    const predicate = { buildDefinition: { buildType: RUN_BUILD_TYPE, externalParameters: { kind: 'train' } } }
    expect(attestationFrom('kind: training').statement).toMatchObject({ predicateType: PROVENANCE_V1, predicate })
    expect(isOfKind(attestationFrom('kind: provenance'), 'training')).toBe(false)
    expect([TEST_RESULT_V01, SVR_V02]).toContain(attestationFrom('kind: evaluation').statement.predicateType)
  })
})

describe('how a case stands to the lock and to the policy', () => {
  const lock = { version: 1, entries: [ENTRY, { ...ENTRY, line: '2' }] } as const

  it.for<[string, string, Partial<ExpectationContext>, object]>([
    ['without a lock', '', {}, { change: 'first-sight', lock: undefined, otherLines: [] }],
    ['of a line that the lock has', '', { lock }, { change: 'known', lock: ENTRY, otherLines: [lock.entries[1]] }],
    ['that says how it came', ', change: added', { lock }, { change: 'added', lock: ENTRY }],
    ['that says it changed', ', change: changed', {}, { change: 'changed', lock: undefined }],
  ])('%s', ([, written, context, expected]) => {
    const { change, lock: own, otherLines } = seen(`dependency: "${APP}"${written}`, context)
    expect({ change, lock: own, otherLines }).toMatchObject(expected)
  })

  it('has no entry at all where the lock has none of its line', () => {
    expect(seen('dependency: "pkg:npm/left-pad@1.3.0"', { lock })).not.toHaveProperty('lock')
  })

  it('is judged by its own profile, or by the policy’s', () => {
    expect(seen(`dependency: "${APP}"`).context.profile).toBe('recommended')
    expect(seen(`dependency: "${APP}", profile: strict`).context).toMatchObject({
      profile: 'strict',
      policy: { profile: 'strict', file: '.github/cleanbill.yml' },
    })
  })

  it('holds each requirement to the file that it stands in', () => {
    const policy = policyOf('require:\n  - match: { purl: "pkg:npm/@acme/**" }\n    level: 2\n')
    const central = { ...policy, require: policy.require.map((one) => ({ ...one, file: 'acme/.github//central.yml' })) }
    const filesOf = (one: typeof policy) => seen(`dependency: "${APP}"`, { policy: one }).context.policy.require
    expect(filesOf(policy)).toEqual(policy.require.map((one) => ({ ...one, file: '.github/cleanbill.yml' })))
    expect(filesOf(central)).toEqual(central.require)
  })

  it('is no fault of entries about other packages', () => {
    const policy = policyOf('require:\n  - match: { purl: "pkg:npm/@other/**" }\n    level: 2\n')
    const [result] = run([`name: x, dependency: "${APP}", expect: { result: PASSED, codes: [] }`], { policy })
    expect(result?.differences).toEqual([])
  })

  it('is alone: nothing else flows in, and nothing is skipped', () => {
    const found: unknown[] = []
    const pipeline: Rule = {
      id: 'cooldown',
      docs: 'docs/policy.md#cooldown',
      checkPipeline: (discovery) => {
        found.push(discovery)
        return []
      },
    }
    run([`name: x, dependency: "${APP}", expect: { result: PASSED }`], { rules: [pipeline] })
    expect(found).toEqual([
      {
        files: [{ path: PLACE, dependencies: 1 }],
        dependencies: [expect.objectContaining({ id: APP })],
        notices: [],
        skipped: [],
      },
    ])
  })
})

describe('what a case expects', () => {
  const failing = rule(
    'cooldown',
    { outcome: 'fire', code: 'TOO_YOUNG', message: 'b' },
    { outcome: 'fire', code: 'NOT_ALLOWED', message: 'a' },
    { outcome: 'fire', code: 'TOO_YOUNG', message: 'c' },
    { outcome: 'fire', code: 'REF_DENIED', message: 'noted', weight: 'note' },
  )
  const second = rule('ref-allow-list', { outcome: 'fire', code: 'RUN_FAILED', message: 'a' })
  const policy = policyOf('rules: { cooldown: fail, ref-allow-list: fail }\n')

  it.for<[string, readonly string[]]>([
    ['{}', []],
    ['{ state: registered }', []],
    ['{ state: verified }', ['state is registered, not verified']],
    ['{ result: FAILED }', []],
    ['{ result: PASSED }', ['result is FAILED, not PASSED']],
    ['{ codes: [TOO_YOUNG, NOT_ALLOWED] }', []],
    ['{ codes: [NOT_ALLOWED, TOO_YOUNG, NOT_ALLOWED] }', []],
    ['{ codes: [TOO_YOUNG] }', ['failing codes are NOT_ALLOWED, TOO_YOUNG, not TOO_YOUNG']],
    ['{ codes: [] }', ['failing codes are NOT_ALLOWED, TOO_YOUNG, not none']],
    [
      '{ codes: [NOT_ALLOWED, Z, TOO_YOUNG] }',
      ['failing codes are NOT_ALLOWED, TOO_YOUNG, not NOT_ALLOWED, TOO_YOUNG, Z'],
    ],
    [
      '{ state: lost, result: PASSED, codes: [X, NOT_ALLOWED] }',
      [
        'state is registered, not lost',
        'result is FAILED, not PASSED',
        'failing codes are NOT_ALLOWED, TOO_YOUNG, not NOT_ALLOWED, X',
      ],
    ],
  ])('%s is compared with what the gate says', ([expected, differences]) => {
    const results = run([`name: x, dependency: "${APP}", expect: ${expected}`], { policy, rules: [failing] })
    expect(results).toEqual([{ name: 'x', line: 3, passed: differences.length === 0, differences }])
  })

  it('names codes in one order, whatever rules they come from', () => {
    const expected = 'expect: { codes: [TOO_YOUNG, RUN_FAILED, NOT_ALLOWED] }'
    const rules = [failing, second]
    expect(run([`name: x, dependency: "${APP}", ${expected}`], { policy, rules })[0]?.differences).toEqual([])
  })

  it('is that something fails where nothing does', () => {
    const [result] = run([`name: x, dependency: "${APP}", expect: { codes: [LOST] }`])
    expect(result).toMatchObject({ passed: false, differences: ['failing codes are none, not LOST'] })
  })

  it('is answered in the order of the file, each with its line', () => {
    const results = run([
      `name: a, dependency: "${APP}", expect: { result: PASSED }`,
      `name: b, dependency: "${APP}", expect: { result: FAILED }`,
    ])
    expect(results.map(({ name, line, passed }) => [name, line, passed])).toEqual([
      ['a', 3, true],
      ['b', 4, false],
    ])
  })
})

describe('a file of expectations', () => {
  const item = (more: string) => fileOf(`name: x, dependency: "${APP}", ${more}`)
  const accepting = (count: number) => item(`evidence: { accepted: [${'{}, '.repeat(count)}] }, expect: {}`)
  const coding = (count: number) => item(`expect: { codes: [${'A, '.repeat(count)}] }`)
  const named = (name: string) => fileOf(`name: "${name}", dependency: "${APP}", expect: {}`)
  const many = (count: number) => fileOf(...Array.from({ length: count }, () => 'name: x, dependency: y, expect: {}'))
  const LARGEST = 512 * 1024

  it.for<[string, string]>([
    ['32 attestations of one case', accepting(32)],
    ['64 codes', coding(64)],
    ['a name of one character', named('x')],
    ['a name of 1024 characters', named('x'.repeat(1024))],
    ['a thousand cases', many(1000)],
    ['half a mebibyte', `${named('x')}#`.padEnd(LARGEST, '-')],
    ['either result', item('expect: { result: PASSED }')],
    ['the other result', item('expect: { result: FAILED }')],
  ])('may hold %s', ([, written]) => {
    expect(parseExpectations(written, 'x.yml').length).toBeGreaterThan(0)
  })

  it.for<[string, string]>([
    ['33 attestations of one case', accepting(33)],
    ['65 codes', coding(65)],
    ['an empty name', named('')],
    ['a name of 1025 characters', named('x'.repeat(1025))],
    ['1001 cases', many(1001)],
    ['no case', 'version: 1\ncases: []\n'],
    ['a byte more than half a mebibyte', `${named('x')}#`.padEnd(LARGEST + 1, '-')],
    ['another version', named('x').replace('version: 1', 'version: 2')],
    ['an unknown key of the file', `${named('x')}more: 1\n`],
    ['an unknown key of a case', item('expect: {}, expct: {}')],
    ['an unknown key of the evidence', item('evidence: { acepted: [] }, expect: {}')],
    ['an unknown key of an attestation', item('evidence: { accepted: [{ repo: acme/app }] }, expect: {}')],
    ['an unknown key of what is expected', item('expect: { sate: lost }')],
    [
      'a verification summary, which a quorum counts and no case can make up',
      item('evidence: { accepted: [{ kind: vsa }] }, expect: {}'),
    ],
    ['an unknown kind of attestation', item('evidence: { accepted: [{ kind: vouch }] }, expect: {}')],
    ['an empty repository', item('evidence: { accepted: [{ repository: "" }] }, expect: {}')],
    ['an unknown trust domain', item('evidence: { accepted: [{ domain: mine }] }, expect: {}')],
    ['an unknown word of the registry', item('evidence: { registry: maybe }, expect: {}')],
    ['an unknown fault', item('evidence: { unavailable: asleep }, expect: {}')],
    ['an unknown state', item('expect: { state: fine }')],
    ['an unknown result', item('expect: { result: OK }')],
    ['an unknown profile', item('profile: lax, expect: {}')],
    ['an unknown change', item('change: moved, expect: {}')],
    ['an unknown kind', item('kind: gem, expect: {}')],
    ['an unknown scope', item('scope: moon, expect: {}')],
    ['an unknown source', item('source: moon, expect: {}')],
    ['nothing that is expected', fileOf(`name: x, dependency: "${APP}"`)],
    ['no YAML', 'version: [1\n'],
  ])('with %s is refused', ([, written]) => {
    const refused = catchError(() => parseExpectations(written, 'x.yml'))
    expect(refused).toMatchObject({ code: 'CONFIG_MALFORMED', file: 'x.yml' })
    expect(refused).toHaveProperty('message', expect.stringMatching(/^the expectations file /))
  })

  it.for(['added', 'changed', 'unchanged', 'known', 'first-sight'])('may say that a dependency is %s', (change) => {
    expect(parseExpectations(item(`change: ${change}, expect: {}`), 'x.yml')).toMatchObject([{ change, line: 3 }])
  })
})
