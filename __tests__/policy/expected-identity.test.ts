import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesGlob } from '../../src/model/glob.ts'
import type { KeylessIdentity } from '../../src/model/identity.ts'
import { PROVENANCE_V1 } from '../../src/model/predicates/provenance.ts'
import type { Statement } from '../../src/model/statement.ts'
import { RUN_BUILD_TYPE } from '../../src/model/uris.ts'
import {
  checkExpectedIdentity,
  GITHUB_ISSUER,
  type IdentityOptions,
  parseExpectedIdentity,
} from '../../src/policy/expected-identity.ts'
import { codeOf } from '../support/real-signer.ts'
import { catchError } from './support.ts'

const SAN = 'https://github.com/acme/builder/.github/workflows/release.yml@refs/heads/main'
const signer: KeylessIdentity = {
  kind: 'certificate',
  subjectAlternativeName: { type: 'uri', value: SAN },
  issuer: GITHUB_ISSUER,
  claims: {
    buildSignerUri: SAN,
    buildSignerDigest: 'b'.repeat(40),
    runnerEnvironment: 'github-hosted',
    sourceRepositoryUri: 'https://github.com/acme/app',
    sourceRepositoryDigest: 'a'.repeat(40),
    sourceRepositoryRef: 'refs/heads/main',
    sourceRepositoryIdentifier: '42',
    sourceRepositoryOwnerUri: 'https://github.com/acme',
    sourceRepositoryOwnerIdentifier: '7',
  },
  legacy: {},
}

const codes = (options: IdentityOptions, who = signer) =>
  checkExpectedIdentity(who, parseExpectedIdentity(options)).map(({ code }) => code)

function withClaims(claims: Partial<Record<keyof KeylessIdentity['claims'], string | undefined>>): KeylessIdentity {
  const merged = Object.fromEntries(Object.entries({ ...signer.claims, ...claims }).filter(([, v]) => v !== undefined))
  return { ...signer, claims: merged }
}

describe('the expected identity', () => {
  it.for<IdentityOptions>([
    { repo: 'acme/app' },
    { repo: 'https://github.com/acme/app' },
    { repoId: '42' },
    { owner: 'acme' },
    { signerRepo: 'acme/builder' },
    { signerWorkflow: 'acme/builder/.github/workflows/release.yml' },
    { signerWorkflow: 'acme/builder/.github/workflows/release.yml@refs/heads/main' },
    { certIdentity: SAN },
    { certIdentity: SAN, certOidcIssuer: GITHUB_ISSUER },
    { owner: 'acme', certIdentityPattern: 'https://github.com/acme/builder/.github/workflows/*.yml@refs/**' },
    {
      repo: 'acme/app',
      sourceRef: 'refs/heads/main',
      sourceDigest: 'a'.repeat(40),
      signerDigest: 'b'.repeat(40),
      denySelfHosted: true,
    },
    { allowAnySigner: true },
  ])('accepts %o', (options) => {
    expect(codes(options)).toEqual([])
  })

  it.for<[IdentityOptions, string]>([
    [{ repo: 'acme/ap' }, 'IDENTITY_MISMATCH'],
    [{ repo: 'acme/app-evil' }, 'IDENTITY_MISMATCH'],
    [{ repo: 'Acme/app' }, 'IDENTITY_MISMATCH'],
    [{ repo: 'acme/builder' }, 'IDENTITY_MISMATCH'],
    [{ owner: 'acm' }, 'IDENTITY_MISMATCH'],
    [{ repoId: '43' }, 'REPOSITORY_ID_MISMATCH'],
    [{ signerRepo: 'acme/build' }, 'SIGNER_WORKFLOW'],
    [{ signerRepo: 'acme/app' }, 'SIGNER_WORKFLOW'],
    [{ signerWorkflow: 'acme/builder/.github/workflows/release' }, 'SIGNER_WORKFLOW'],
    [{ signerWorkflow: 'acme/builder/.github/workflows/release.yml@refs/heads' }, 'SIGNER_WORKFLOW'],
    [{ certIdentity: SAN.slice(0, -1) }, 'IDENTITY_MISMATCH'],
    [{ certIdentity: `${SAN}-evil` }, 'IDENTITY_MISMATCH'],
    [{ certIdentity: SAN, certOidcIssuer: 'https://issuer.example' }, 'ISSUER_MISMATCH'],
    [{ repo: 'acme/app', certOidcIssuer: 'https://issuer.example' }, 'ISSUER_MISMATCH'],
    [{ certIdentity: SAN, certOidcIssuer: 'none' }, 'ISSUER_MISMATCH'],
    [{ repo: 'acme/app', sourceRef: 'refs/heads/mai' }, 'REF_DENIED'],
    [{ repo: 'acme/app', sourceDigest: 'a'.repeat(39) }, 'SOURCE_DIGEST_MISMATCH'],
    [{ repo: 'acme/app', signerDigest: 'a'.repeat(40) }, 'SIGNER_WORKFLOW'],
    [{ owner: 'acme', certIdentityPattern: 'https://github.com/acme/*.yml@refs/heads/main' }, 'IDENTITY_MISMATCH'],
    [{ keys: ['ab'] }, 'KEY_INVALID'],
  ])('refuses %o with %s', ([options, code]) => {
    expect(codes(options)).toContain(code)
  })

  it('refuses the right name from another issuer', () => {
    expect(codes({ certIdentity: SAN }, { ...signer, issuer: 'https://issuer.example' })).toEqual(['ISSUER_MISMATCH'])
    const { issuer: _, ...nobody } = signer
    expect(codes({ repo: 'acme/app' }, nobody)).toEqual(['ISSUER_MISMATCH'])
  })

  it('refuses a repository of the same name under another id', () => {
    expect(codes({ repo: 'acme/app', repoId: '42' }, withClaims({ sourceRepositoryIdentifier: '43' }))).toEqual([
      'REPOSITORY_ID_MISMATCH',
    ])
  })

  it('takes a claim that is missing for unknown, and unknown equals nothing', () => {
    expect(codes({ repo: 'acme/app' }, withClaims({ sourceRepositoryUri: undefined }))).toEqual(['IDENTITY_MISMATCH'])
    expect(codes({ repo: 'acme/app', denySelfHosted: true }, withClaims({ runnerEnvironment: undefined }))).toEqual([
      'RUNNER_DENIED',
    ])
    expect(codes({ repo: 'acme/app', denySelfHosted: true }, withClaims({ runnerEnvironment: 'self-hosted' }))).toEqual(
      ['RUNNER_DENIED'],
    )
  })

  it('does not take a workflow for another whose name goes on after an @', () => {
    const twisted = withClaims({
      buildSignerUri: 'https://github.com/acme/builder/.github/workflows/a.yml@b.yml@refs/heads/main',
    })
    expect(codes({ signerWorkflow: 'acme/builder/.github/workflows/a.yml' }, twisted)).toEqual(['SIGNER_WORKFLOW'])
  })

  it('fails after any change of one character', () => {
    fc.assert(
      fc.property(fc.nat(SAN.length - 1), fc.string({ minLength: 0, maxLength: 2 }), (at, replacement) => {
        const name = SAN.slice(0, at) + replacement + SAN.slice(at + 1)
        fc.pre(name !== SAN && name !== '')
        expect(codes({ certIdentity: name, certOidcIssuer: GITHUB_ISSUER })).toEqual(['IDENTITY_MISMATCH'])
      }),
    )
  })

  it.for<IdentityOptions>([
    {},
    { certOidcIssuer: GITHUB_ISSUER },
    { sourceRef: 'refs/heads/main' },
    { certIdentityPattern: 'https://github.com/acme/**' },
    { certIdentity: 'someone@example.org' },
    { denySelfHosted: true, sourceDigest: 'a'.repeat(40) },
  ])('asks for somebody: %o names nobody', async (options) => {
    expect(await codeOf(() => parseExpectedIdentity(options))).toBe('POLICY_NO_IDENTITY')
  })

  it.for<IdentityOptions>([
    { repo: 'app' },
    { repo: 'acme/app/extra' },
    { repo: 'acme/*' },
    { repo: 'https://github.com@evil.example/acme/app' },
    { repo: 'https://GitHub.com/acme/app' },
    { repo: 'http://github.com/acme/app' },
    { repo: 'acme/../evil' },
    { owner: 'acme/app' },
    { signerWorkflow: '.github/workflows/release.yml' },
    { repoId: '42 ' },
    { repoId: '042' },
    { certIdentity: '', certOidcIssuer: GITHUB_ISSUER },
    { repo: 'acme/app', sourceRef: '' },
    { repo: 'acme/app', certOidcIssuer: '' },
    { repo: 'acme/app', allowAnySigner: true },
  ])('refuses %o as arguments', async (options) => {
    expect(await codeOf(() => parseExpectedIdentity(options))).toBe('ARGUMENT_INVALID')
  })

  it.for([
    'https://github.com.evil.example/acme/app',
    'https://evil-github.com/acme/app',
    'https://github.com:8443/acme/app',
  ])('does not take %s for github.com', (repo) => {
    expect(codes({ repo })).toContain('IDENTITY_MISMATCH')
  })

  it.for([
    '**',
    'https://**',
    'https://*/acme/**',
    'https://github.com/*/app/**',
    'https://github.com/ac*/app',
    'acme/**',
    'https://github.com@evil.example/acme/x',
  ])('refuses the pattern %s, which has no literal host and owner', async (certIdentityPattern) => {
    expect(await codeOf(() => parseExpectedIdentity({ owner: 'acme', certIdentityPattern }))).toBe('PATTERN_UNSAFE')
  })

  it('knows a key by its fingerprint only', () => {
    const key = { kind: 'key', hint: 'friendly', fingerprint: 'ab', source: 'key' } as const
    expect(checkExpectedIdentity(key, parseExpectedIdentity({ keys: ['ab'] }))).toEqual([])
    expect(checkExpectedIdentity(key, parseExpectedIdentity({ keys: ['friendly'] }))).toMatchObject([
      { code: 'KEY_INVALID' },
    ])
    expect(checkExpectedIdentity(key, parseExpectedIdentity({ repo: 'acme/app' }))).toMatchObject([
      { code: 'KEY_INVALID' },
    ])
  })

  it('takes the name of a private CA certificate only when it is asked for', () => {
    const own = {
      kind: 'private-ca',
      subject: 'CN=Model Signer',
      commonName: 'Model Signer',
      fingerprint: 'ab',
    } as const
    const check = (options: IdentityOptions) =>
      checkExpectedIdentity(own, parseExpectedIdentity(options)).map(({ code }) => code)
    expect(check({ certIdentity: 'Model Signer', privateCa: true })).toEqual([])
    expect(check({ certIdentity: 'Model', privateCa: true })).toEqual(['IDENTITY_MISMATCH'])
    expect(check({ repo: 'acme/app' })).toContain('ISSUER_MISMATCH')
  })

  it('lets a private CA lift the issuer for no other signer', () => {
    const mail = { ...signer, subjectAlternativeName: { type: 'email', value: 'release@acme.example' } } as const
    const named = { certIdentity: 'release@acme.example', privateCa: true }
    expect(codes(named, mail)).toEqual(['ISSUER_MISMATCH'])
    expect(codes({ ...named, certOidcIssuer: mail.issuer }, mail)).toEqual([])
    expect(codes({ allowAnySigner: true, privateCa: true }, mail)).toEqual([])
  })

  it.for<IdentityOptions>([
    { repo: 'acme/app' },
    { repoId: '42' },
    { owner: 'acme' },
    { signerRepo: 'acme/app' },
    { signerWorkflow: 'acme/app/.github/workflows/a.yml' },
    { certIdentity: SAN },
    { certIdentityPattern: 'https://github.com/acme/**' },
    { certOidcIssuer: 'https://issuer.example' },
    { sourceRef: 'refs/heads/main' },
    { sourceDigest: 'a'.repeat(40) },
    { signerDigest: 'a'.repeat(40) },
    { denySelfHosted: true },
  ])('refuses a key together with %o', (options) => {
    expect(() => parseExpectedIdentity({ keys: ['ab'], ...options })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', class: 'usage' }),
    )
    expect(parseExpectedIdentity({ keys: ['ab'], denySelfHosted: false }).keys).toEqual(['ab'])
  })
})

describe('an expected workflow', () => {
  const FILE = 'acme/builder/.github/workflows/release.yml'
  const URL_OF_FILE = `https://github.com/${FILE}`
  const signedBy = (ref: string) => codes({ signerWorkflow: FILE }, withClaims({ buildSignerUri: URL_OF_FILE + ref }))

  it.for([
    '@refs/heads/main',
    '@refs/tags/v1@x',
    `@${'0'.repeat(40)}`,
    `@${'f'.repeat(40)}`,
    `@${'0'.repeat(64)}`,
    `@${'f'.repeat(64)}`,
    '',
  ])('is one with "%s" behind it', (ref) => {
    expect(signedBy(ref)).toEqual([])
  })

  it.for([
    '@',
    '@refs/',
    '@main',
    `@${'a'.repeat(39)}`,
    `@${'a'.repeat(41)}`,
    `@${'a'.repeat(63)}`,
    `@${'a'.repeat(65)}`,
    `@${'g'.repeat(40)}`,
    `@${'A'.repeat(40)}`,
    `@${'G'.repeat(64)}`,
    '@a',
    `@${'a'.repeat(40)}.yml@refs/heads/main`,
    `@x/${'a'.repeat(40)}`,
    '@x/refs/heads/main',
    '.yml@refs/heads/main',
  ])('is no other with "%s" behind it', (ref) => {
    expect(signedBy(ref)).toEqual(['SIGNER_WORKFLOW'])
  })

  it('is nobody’s where the certificate names none', () => {
    const nobody = withClaims({ buildSignerUri: undefined })
    expect(codes({ signerWorkflow: FILE }, nobody)).toEqual(['SIGNER_WORKFLOW'])
    expect(codes({ signerRepo: 'acme/builder' }, nobody)).toEqual(['SIGNER_WORKFLOW'])
  })

  it('is not the one of a longer name, whoever stands before it', () => {
    const other = withClaims({ buildSignerUri: `https://evil.example/${URL_OF_FILE}@refs/heads/main` })
    expect(codes({ signerWorkflow: FILE }, other)).toEqual(['SIGNER_WORKFLOW'])
    expect(codes({ signerRepo: 'acme/builder' }, other)).toEqual(['SIGNER_WORKFLOW'])
    const padded = withClaims({ buildSignerUri: `${'x'.repeat(URL_OF_FILE.length)}@refs/heads/main` })
    expect(codes({ signerWorkflow: FILE }, padded)).toEqual(['SIGNER_WORKFLOW'])
  })

  it.for([
    'acme/builder',
    'acme/builder/',
    'acme/builder/release.yml',
    'acme/builder/.github/',
    'acme/builder/.github/workflows/',
    '/builder/.github/workflows/release.yml',
    'acme//.github/workflows/release.yml',
    'acme',
    '.github/workflows/.github/release.yml',
    '.github/builder/.github/workflows/release.yml',
    'workflows/.github/release.yml',
    'https://gitlab.example/acme',
    'https://gitlab.example/acme/builder',
    'https://gitlab.example/acme/builder/',
    'https://gitlab.example/',
    'https://gitlab.example//builder/ci.yml',
    'https://gitlab.example/acme//ci.yml',
  ])('is not written as %s: owner, repository and path of the file', (signerWorkflow) => {
    const refused = catchError(() => parseExpectedIdentity({ signerWorkflow }))
    expect(refused).toMatchObject({ code: 'ARGUMENT_INVALID', class: 'usage', hint: expect.stringContaining('path') })
    expect(refused).toHaveProperty('message', expect.stringContaining('--signer-workflow'))
  })

  it('is not written as a pattern', () => {
    const signerWorkflow = 'acme/builder/.github/workflows/*.yml'
    const refused = catchError(() => parseExpectedIdentity({ signerWorkflow }))
    expect(refused).toMatchObject({ code: 'ARGUMENT_INVALID', message: expect.stringContaining('--signer-workflow ') })
  })

  it.for(['acme/builder/.github/workflows/release.yml', 'acme./builder/.github/x.yml'])(
    'may be %s',
    (signerWorkflow) => {
      expect(parseExpectedIdentity({ signerWorkflow }).requirements).toHaveLength(2)
    },
  )

  it('lies anywhere in the repository on a server that is not github.com', () => {
    const ci = 'https://gitlab.example/acme/builder/ci.yml'
    const theirs = { ...withClaims({ buildSignerUri: `${ci}@refs/heads/main` }), issuer: 'https://gitlab.example' }
    expect(codes({ signerWorkflow: ci, certOidcIssuer: 'https://gitlab.example' }, theirs)).toEqual([])
    const dotted = 'https://gitlab.example/.acme/builder/ci.yml'
    expect(parseExpectedIdentity({ signerWorkflow: dotted }).requirements).toHaveLength(2)
  })
})

describe('a name that is no plain one', () => {
  it.for<[string, string]>([
    ['a query', 'https://github.com/acme/app?x=1'],
    ['a fragment', 'https://github.com/acme/app#x'],
    ['a user', 'https://acme@github.com/acme/app'],
    ['a star', 'https://github.com/acme/app*'],
    ['a space', 'acme/ app'],
    ['two dots', 'https://github.com/acme/../evil/app'],
    ['no host', 'https:///acme/app'],
    ['what is no URL', 'https://[/acme/app'],
    ['another scheme', 'ssh://github.com/acme/app'],
    ['no repository', 'https://github.com/acme'],
    ['no owner', 'https://github.com//app'],
    ['a slash at its end', 'https://github.com/acme/app/'],
    ['nothing', ''],
  ])('is refused: with %s', ([, name]) => {
    for (const [options, option] of [
      [{ repo: name }, '--repo '],
      [{ signerRepo: name }, '--signer-repo '],
    ] as const) {
      const refused = catchError(() => parseExpectedIdentity(options))
      expect(refused).toMatchObject({ code: 'ARGUMENT_INVALID', class: 'usage' })
      expect(refused).toHaveProperty('message', expect.stringContaining(option))
    }
  })

  it.for(['', 'https://gitlab.example/', 'https://gitlab.example/acme//team', 'acme/', '*', 'ac me'])(
    'is no owner: "%s"',
    (owner) => {
      const refused = catchError(() => parseExpectedIdentity({ owner }))
      expect(refused).toMatchObject({ code: 'ARGUMENT_INVALID', class: 'usage' })
      expect(refused).toHaveProperty('message', expect.stringContaining('--owner '))
    },
  )

  it.for<IdentityOptions>([
    { owner: 'https://gitlab.example/acme/team' },
    { repo: 'https://gitlab.example/acme/team/app' },
  ])('is not one with groups within groups, on a server that has them: %o', (options) => {
    expect(parseExpectedIdentity(options).requirements).toHaveLength(2)
  })

  it.for<[keyof IdentityOptions, string]>([
    ['sourceRef', '--source-ref '],
    ['sourceDigest', '--source-digest '],
    ['signerDigest', '--signer-digest '],
  ])('is refused where it is empty and so would narrow nothing: %s', ([field, option]) => {
    const refused = catchError(() => parseExpectedIdentity({ repo: 'acme/app', [field]: '' }))
    expect(refused).toMatchObject({ code: 'ARGUMENT_INVALID', class: 'usage' })
    expect(refused).toHaveProperty('message', expect.stringContaining(option))
  })

  it.for(['0', '042', '1'.repeat(20), '-1', '1x', 'x1', ''])('is no number of a repository: "%s"', (repoId) => {
    expect(catchError(() => parseExpectedIdentity({ repoId }))).toMatchObject({ code: 'ARGUMENT_INVALID' })
  })

  it.for(['1', '9', '10', '1'.repeat(19)])('may be the number %s', (repoId) => {
    expect(codes({ repoId }, withClaims({ sourceRepositoryIdentifier: repoId }))).toEqual([])
  })

  it('is cut before it is shown: a terminal is not to be filled with it', () => {
    const long = 'x'.repeat(5000)
    const said = [
      { repo: long },
      { owner: `${long}/${long}` },
      { signerWorkflow: long },
      { repo: `${long}*` },
      { repo: 'acme/app', certOidcIssuer: long },
      { repo: 'acme/app', certIdentityPattern: long },
    ].map((options) => String(catchError(() => parseExpectedIdentity(options))))
    for (const message of said) expect(message.length).toBeLessThan(500)
    const shouting = { ...signer, subjectAlternativeName: { type: 'email', value: long } } as const
    const [finding] = checkExpectedIdentity(shouting, parseExpectedIdentity({ certIdentity: SAN }))
    expect(finding?.message).toContain('x'.repeat(300))
    expect(finding?.message).not.toContain('x'.repeat(301))
  })

  it('says what to write instead where there is something', () => {
    const hintOf = (options: IdentityOptions) => catchError(() => parseExpectedIdentity(options))
    expect(hintOf({})).toMatchObject({ hint: expect.stringContaining('--allow-any-signer') })
    expect(hintOf({ certIdentity: 'a@example.org' })).toMatchObject({
      hint: expect.stringContaining('--cert-oidc-issuer'),
    })
    expect(hintOf({ owner: 'acme', certIdentityPattern: '**' })).toMatchObject({
      hint: expect.stringContaining('https://github.com/OWNER/**'),
    })
    expect(hintOf({ keys: ['ab'], repo: 'acme/app' })).toMatchObject({
      message: expect.stringContaining('--repo,'),
      hint: expect.stringContaining('either'),
    })
  })
})

describe('a pattern of names', () => {
  const pattern = (length: number) => 'https://github.com/acme/'.padEnd(length, 'x')

  it('has at most 1024 characters', async () => {
    const parse = (length: number) => parseExpectedIdentity({ owner: 'acme', certIdentityPattern: pattern(length) })
    expect(parse(1024).requirements).toHaveLength(3)
    expect(await codeOf(() => parse(1025))).toBe('PATTERN_UNSAFE')
  })

  it.for([
    'xhttps://github.com/acme/**',
    'https://github.com/acme/',
    'https://github.com/acme',
    'https://github.com//app/**',
    'https://GITHUB.com/acme/**',
    'https://github.com:443/acme/**',
    'https://git hub.com/acme/**',
    'https://[/acme/**',
  ])('is not %s: a literal host as a URL has it, an owner, and something behind', async (certIdentityPattern) => {
    expect(await codeOf(() => parseExpectedIdentity({ owner: 'acme', certIdentityPattern }))).toBe('PATTERN_UNSAFE')
  })
})

describe('who is expected', () => {
  it('is not anybody where somebody is named', () => {
    for (const named of [{ repo: 'acme/app' }, { certIdentity: SAN }]) {
      expect(catchError(() => parseExpectedIdentity({ ...named, allowAnySigner: true }))).toMatchObject({
        code: 'ARGUMENT_INVALID',
        class: 'usage',
      })
    }
  })

  it.for<[IdentityOptions, boolean]>([
    [{ repo: 'acme/app' }, false],
    [{ allowAnySigner: true }, false],
    [{ certIdentity: SAN }, false],
    [{ certIdentity: 'Lab', privateCa: true, certOidcIssuer: 'https://issuer.example' }, false],
    [{ certIdentity: 'Lab', privateCa: true }, true],
  ])('by %o is somebody of the private CA alone: %s', ([options, only]) => {
    expect(parseExpectedIdentity(options).privateCaOnly).toBe(only)
  })

  it('is not anybody with another key, where a key was given beside "any signer"', () => {
    const key = { kind: 'key', hint: 'x', fingerprint: 'cd', source: 'key' } as const
    const check = (options: IdentityOptions) =>
      checkExpectedIdentity(key, parseExpectedIdentity(options)).map(({ code }) => code)
    expect(check({ allowAnySigner: true })).toEqual([])
    expect(check({ allowAnySigner: true, keys: ['ab'] })).toEqual(['KEY_INVALID'])
    expect(check({ allowAnySigner: true, keys: ['ab', 'cd'] })).toEqual([])
  })

  const recordedOn = (runner: string): Statement => ({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [],
    predicateType: PROVENANCE_V1,
    predicate: {
      buildDefinition: {
        buildType: RUN_BUILD_TYPE,
        externalParameters: {},
        internalParameters: { recorded: { runner_environment: runner } },
      },
    },
  })
  it.for<[string, boolean, Statement | undefined, string[]]>([
    ['a hosted runner', true, recordedOn('github-hosted'), []],
    ['a self-hosted runner', true, recordedOn('self-hosted'), ['RUNNER_DENIED']],
    ['no statement', true, undefined, []],
    ['a self-hosted runner, which nobody denies', false, recordedOn('self-hosted'), []],
  ])('ran the command on %s, whoever signed for it', ([, denySelfHosted, statement, expected]) => {
    const wanted = parseExpectedIdentity({ repo: 'acme/app', denySelfHosted })
    expect(wanted.denySelfHosted).toBe(denySelfHosted)
    expect(checkExpectedIdentity(signer, wanted, statement).map(({ code }) => code)).toEqual(expected)
  })

  it('is known by the alternative name of a private CA’s certificate, or by its common name', () => {
    const ca = { kind: 'private-ca', subject: 'CN=Lab', fingerprint: 'ab' } as const
    const check = (certIdentity: string, more: object) =>
      checkExpectedIdentity({ ...ca, ...more }, parseExpectedIdentity({ certIdentity, privateCa: true })).map(
        ({ code }) => code,
      )
    const subjectAlternativeName = { type: 'uri', value: 'https://lab.example' } as const
    expect(check('https://lab.example', { subjectAlternativeName, commonName: 'Lab' })).toEqual([])
    expect(check('Lab', { subjectAlternativeName, commonName: 'Lab' })).toEqual(['IDENTITY_MISMATCH'])
    expect(check('Lab', { commonName: 'Lab' })).toEqual([])
    expect(check('Lab', {})).toEqual(['IDENTITY_MISMATCH'])
    const nameless = checkExpectedIdentity(ca, parseExpectedIdentity({ certIdentity: 'Lab', privateCa: true }))
    expect(nameless[0]?.message).toContain('by ""')
  })

  it.for<[IdentityOptions, KeylessIdentity, string[]]>([
    [{ repo: 'acme/ap' }, signer, ['"https://github.com/acme/app"', '"https://github.com/acme/ap"']],
    [{ repo: 'acme/app' }, withClaims({ sourceRepositoryUri: undefined }), ['nobody knows', 'the source repository']],
    [{ repo: 'acme/app', signerDigest: 'c' }, signer, ['the commit of the signing workflow', 'b'.repeat(40), '"c"']],
    [{ certIdentity: SAN, certOidcIssuer: 'none' }, signer, [GITHUB_ISSUER, 'no issuer']],
    [
      { certIdentity: SAN, certOidcIssuer: 'https://issuer.example' },
      signer,
      [GITHUB_ISSUER, 'https://issuer.example'],
    ],
  ])('and by %o is not, is told with what is and what was wanted', ([options, who, parts]) => {
    const [finding] = checkExpectedIdentity(who, parseExpectedIdentity(options))
    for (const part of parts) expect(finding?.message).toContain(part)
  })
})

describe('matchesGlob', () => {
  it.for<[string, string, boolean]>([
    ['a/*', 'a/b', true],
    ['a/*', 'a/b/c', false],
    ['a/**', 'a/b/c', true],
    ['a/*', 'a/', true],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a.c', 'abc', false],
    ['a/**/z', 'a/b/c/z', true],
    ['a*b', 'ab', true],
    ['a', 'xa', false],
    ['ü*', 'über', true],
  ])('%s on %s is %s', ([pattern, text, expected]) => {
    expect(matchesGlob(pattern, text)).toBe(expected)
  })

  it('takes no longer for a pattern made to hang a matcher', () => {
    const begin = performance.now()
    expect(matchesGlob(`${'*a'.repeat(400)}b`, 'a'.repeat(5000))).toBe(false)
    expect(performance.now() - begin).toBeLessThan(5000)
  })
})
