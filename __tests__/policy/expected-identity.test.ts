import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matchesGlob } from '../../src/model/glob.ts'
import type { KeylessIdentity } from '../../src/model/identity.ts'
import {
  checkExpectedIdentity,
  GITHUB_ISSUER,
  type IdentityOptions,
  parseExpectedIdentity,
} from '../../src/policy/expected-identity.ts'
import { codeOf } from '../support/real-signer.ts'

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
