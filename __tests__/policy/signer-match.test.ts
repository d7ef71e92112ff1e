import { describe, expect, it } from 'vitest'
import type { KeyIdentity, KeylessIdentity, PrivateCaIdentity, SignerIdentity } from '../../src/model/identity.ts'
import type { BuilderEntry, SignerRequirement, SourceRequirement } from '../../src/model/policy.ts'
import { PROVENANCE_V1, PROVENANCE_V02 } from '../../src/model/predicates/provenance.ts'
import { RUN_BUILD_TYPE } from '../../src/model/uris.ts'
import { buildLevel } from '../../src/policy/build-level.ts'
import { checkSigner, checkSource, levelOfBuild } from '../../src/policy/signer-match.ts'
import { GITHUB, signerWith, verified, WORKFLOW } from './support.ts'

const KEY: KeyIdentity = { kind: 'key', fingerprint: 'ab', source: 'key' }
const LAB: PrivateCaIdentity = { kind: 'private-ca', subject: 'CN=Lab', commonName: 'Lab', fingerprint: 'cd' }
const MAIL: KeylessIdentity = {
  kind: 'certificate',
  subjectAlternativeName: { type: 'email', value: 'data@acme.example' },
  issuer: 'https://accounts.example',
  claims: {},
  legacy: {},
}
/** A key or a private CA that claims what only a CI's certificate can say. */
const boasting = (signer: SignerIdentity): SignerIdentity =>
  ({ ...signer, claims: signerWith().claims }) as SignerIdentity
const from = (issuer: string | undefined, signer = signerWith()): KeylessIdentity => {
  const { issuer: _, ...rest } = signer
  return issuer === undefined ? rest : { ...rest, issuer }
}
function without(...names: (keyof KeylessIdentity['claims'])[]): KeylessIdentity {
  const claims = Object.entries(signerWith().claims).filter(([name]) => !names.some((one) => one === name))
  return { ...signerWith(), claims: Object.fromEntries(claims) }
}

describe('the source that is required', () => {
  const codeOf = (wanted: SourceRequirement, signer: SignerIdentity) => checkSource(verified({}, signer), wanted)?.code

  it.for<[SourceRequirement, SignerIdentity]>([
    [{}, KEY],
    [{ repository: 'acme/app' }, signerWith()],
    [{ repository: 'acme/*' }, signerWith()],
    [{ repository: 'https://github.com/acme/app' }, signerWith()],
    [{ repository: 'acme/app' }, from(`${GITHUB}/acme-enterprise`)],
    [
      { repository: 'https://gitlab.example/acme/app' },
      from('https://gitlab.example', signerWith({ sourceRepositoryUri: 'https://gitlab.example/acme/app' })),
    ],
    [{ repositoryId: '42', ownerId: '7' }, signerWith()],
    [{ ref: 'refs/tags/v*' }, signerWith()],
    [{ triggers: ['release', 'push'] }, signerWith()],
  ])('%o holds', ([wanted, signer]) => {
    expect(checkSource(verified({}, signer), wanted)).toBeUndefined()
  })

  it.for<[SourceRequirement, SignerIdentity, string]>([
    [{ repository: 'acme/ap' }, signerWith(), 'IDENTITY_MISMATCH'],
    [{ repository: 'app' }, signerWith(), 'IDENTITY_MISMATCH'],
    [{ repository: '**' }, without('sourceRepositoryUri'), 'IDENTITY_MISMATCH'],
    [{ repository: 'acme/app' }, boasting(KEY), 'IDENTITY_MISMATCH'],
    [{ repository: 'acme/app' }, boasting(LAB), 'IDENTITY_MISMATCH'],
    [{ repository: 'acme/app' }, from('https://evil.example'), 'ISSUER_MISMATCH'],
    [{ repository: 'acme/app' }, from(`${GITHUB}.evil.example`), 'ISSUER_MISMATCH'],
    [{ repository: 'acme/app' }, from(`https://evil.example/${GITHUB}/`), 'ISSUER_MISMATCH'],
    [{ repository: 'acme/app' }, from(undefined), 'ISSUER_MISMATCH'],
    [{ repositoryId: '43' }, signerWith(), 'REPOSITORY_ID_MISMATCH'],
    [{ repositoryId: '42' }, without('sourceRepositoryIdentifier'), 'REPOSITORY_ID_MISMATCH'],
    [{ repositoryId: '42' }, boasting(KEY), 'REPOSITORY_ID_MISMATCH'],
    [{ ownerId: '8' }, signerWith(), 'REPOSITORY_ID_MISMATCH'],
    [{ ref: 'refs/heads/*' }, signerWith(), 'REF_DENIED'],
    [{ ref: '**' }, without('sourceRepositoryRef'), 'REF_DENIED'],
    [{ triggers: ['release'] }, signerWith(), 'TRIGGER_DENIED'],
    [{ triggers: [] }, signerWith(), 'TRIGGER_DENIED'],
    [{ triggers: ['push'] }, without('buildTrigger'), 'TRIGGER_DENIED'],
    // The number of a repository is looked at before its ref: it says more.
    [{ repositoryId: '43', ref: 'refs/heads/*', triggers: ['release'] }, signerWith(), 'REPOSITORY_ID_MISMATCH'],
  ])('%o is refused', ([wanted, signer, code]) => {
    expect(codeOf(wanted, signer)).toBe(code)
  })

  it('counts from any issuer where it is no name of github.com', () => {
    const other = signerWith({ sourceRepositoryUri: 'https://gitlab.example/acme/app' })
    expect(
      codeOf({ repository: 'https://gitlab.example/acme/*' }, from('https://gitlab.example', other)),
    ).toBeUndefined()
    expect(codeOf({ repository: 'https://gitlab.example/acme/*' }, from('https://else.example', other))).toBeUndefined()
  })

  it('is told with what the certificate says and what was wanted, cut to a length', () => {
    const long = 'x'.repeat(5000)
    const said = (wanted: SourceRequirement, signer: SignerIdentity) =>
      checkSource(verified({}, signer), wanted)?.message
    expect(said({ triggers: ['release', 'schedule'] }, signerWith())).toMatch(/"push".*"release, schedule"/)
    expect(said({ ref: 'refs/heads/*' }, without('sourceRepositoryRef'))).toMatch(/not known.*"refs\/heads\/\*"/)
    expect(said({ ref: long }, signerWith({ sourceRepositoryRef: `y${long}` }))?.length).toBeLessThan(700)
    expect(said({ ref: long }, signerWith())?.length).toBeLessThan(400)
    expect(said({ ref: `${long}y` }, signerWith())).toContain('x'.repeat(300))
    expect(said({ ref: 'a' }, signerWith({ sourceRepositoryRef: long }))).toContain('x'.repeat(300))
    expect(said({ ref: 'a' }, signerWith({ sourceRepositoryRef: long }))?.length).toBeLessThan(400)
  })
})

describe('the signer that is required', () => {
  const bare = { kind: 'private-ca', subject: 'CN=Bare', fingerprint: 'ef' } as const
  const mailCa: PrivateCaIdentity = { ...LAB, subjectAlternativeName: { type: 'email', value: 'lab@acme.example' } }
  const release = 'acme/app/.github/workflows/release.yml'

  it.for<[SignerRequirement, SignerIdentity]>([
    [{}, signerWith()],
    [{}, LAB],
    [{ key: 'ab' }, KEY],
    [{ workflow: release }, signerWith()],
    [{ workflow: `https://github.com/${release}` }, signerWith()],
    [{ workflow: 'acme/*/.github/workflows/*.yml', ref: 'refs/tags/v*', runner: 'github-hosted' }, signerWith()],
    [{ ref: 'refs/tags/v*' }, signerWith()],
    [{ runner: 'any' }, signerWith({ runnerEnvironment: 'self-hosted' })],
    [{ workflow: release }, from(`${GITHUB}/acme-enterprise`)],
    [{ workflow: release, issuer: 'https://own.example' }, from('https://own.example')],
    [{ email: 'data@acme.example', issuer: 'https://accounts.example' }, MAIL],
    [{ identity: 'data@acme.example', issuer: 'https://accounts.example' }, MAIL],
    [{ identity: 'Lab', issuer: 'none' }, LAB],
    [{ identity: 'lab@acme.example', issuer: 'none' }, mailCa],
    [{ email: 'lab@acme.example', issuer: 'none' }, mailCa],
    [{ issuer: 'none' }, bare],
    [{ issuer: 'none' }, from(undefined)],
  ])('%o holds', ([wanted, signer]) => {
    expect(checkSigner(verified({}, signer), wanted)).toBeUndefined()
  })

  const impostor: PrivateCaIdentity = { ...LAB, ...{ issuer: GITHUB } }
  it.for<[string, SignerRequirement, SignerIdentity, string]>([
    ['another key', { key: 'cd' }, KEY, 'KEY_INVALID'],
    ['a certificate with the fingerprint of the key', { key: 'cd' }, LAB, 'KEY_INVALID'],
    ['a certificate instead of the key', { key: 'ab' }, signerWith(), 'KEY_INVALID'],
    ['a key where somebody with a certificate is wanted', {}, KEY, 'IDENTITY_MISMATCH'],
    ['a key that has a name', { identity: 'x', issuer: 'none' }, { ...KEY, hint: 'x' }, 'IDENTITY_MISMATCH'],
    ['a key that boasts', { workflow: release }, boasting(KEY), 'IDENTITY_MISMATCH'],
    ['the workflow from another issuer', { workflow: release }, from('https://evil.example'), 'ISSUER_MISMATCH'],
    ['the workflow from no issuer', { workflow: release }, from(undefined), 'ISSUER_MISMATCH'],
    [
      'another issuer than the own one',
      { workflow: release, issuer: 'https://own.example' },
      signerWith(),
      'ISSUER_MISMATCH',
    ],
    ['an issuer where none is wanted', { issuer: 'none' }, signerWith(), 'ISSUER_MISMATCH'],
    ['no issuer where one is wanted', { issuer: GITHUB }, LAB, 'ISSUER_MISMATCH'],
    ['a private CA that says an issuer', { issuer: GITHUB }, impostor, 'ISSUER_MISMATCH'],
    ['an address without an issuer: any could hand it out', { email: 'data@acme.example' }, MAIL, 'ISSUER_MISMATCH'],
    ['a name without an issuer', { identity: 'data@acme.example' }, MAIL, 'ISSUER_MISMATCH'],
    ['another address', { email: 'x@acme.example', issuer: 'https://accounts.example' }, MAIL, 'IDENTITY_MISMATCH'],
    [
      'a URI that reads like the address',
      { email: 'data@acme.example', issuer: 'https://accounts.example' },
      { ...MAIL, subjectAlternativeName: { type: 'uri', value: 'data@acme.example' } },
      'IDENTITY_MISMATCH',
    ],
    ['a common name that reads like the address', { email: 'Lab', issuer: 'none' }, LAB, 'IDENTITY_MISMATCH'],
    ['another name', { identity: 'Lab2', issuer: 'none' }, LAB, 'IDENTITY_MISMATCH'],
    ['a common name beside another alternative name', { identity: 'Lab', issuer: 'none' }, mailCa, 'IDENTITY_MISMATCH'],
    ['nobody', { identity: 'Bare', issuer: 'none' }, bare, 'IDENTITY_MISMATCH'],
    [
      'a common name that a public certificate brings along',
      { identity: 'Lab', issuer: 'https://accounts.example' },
      { ...MAIL, subjectAlternativeName: undefined, commonName: 'Lab' } as unknown as SignerIdentity,
      'IDENTITY_MISMATCH',
    ],
    ['another workflow', { workflow: 'acme/app/.github/workflows/x.yml' }, signerWith(), 'SIGNER_WORKFLOW'],
    ['a workflow without a ref', { workflow: release }, signerWith({ buildSignerUri: WORKFLOW }), 'SIGNER_WORKFLOW'],
    ['no workflow', { workflow: '**' }, without('buildSignerUri'), 'SIGNER_WORKFLOW'],
    ['a private CA, which has no workflow', { workflow: release }, LAB, 'SIGNER_WORKFLOW'],
    ['a private CA that boasts', { workflow: '**', issuer: 'none' }, boasting(LAB), 'SIGNER_WORKFLOW'],
    ['another ref of it', { ref: 'refs/heads/*' }, signerWith(), 'REF_DENIED'],
    ['no ref of it', { ref: '**' }, signerWith({ buildSignerUri: WORKFLOW }), 'REF_DENIED'],
    ['nobody’s ref', { ref: '**' }, without('buildSignerUri'), 'REF_DENIED'],
    ['its own runner', { runner: 'github-hosted' }, signerWith({ runnerEnvironment: 'self-hosted' }), 'RUNNER_DENIED'],
    ['an unknown runner', { runner: 'github-hosted' }, without('runnerEnvironment'), 'RUNNER_DENIED'],
  ])('is not %s', ([, wanted, signer, code]) => {
    expect(checkSigner(verified({}, signer), wanted)?.code).toBe(code)
  })

  it('takes a workflow elsewhere for what it is, from whatever issuer', () => {
    const uri = 'https://gitlab.example/acme/app/ci.yml@refs/heads/main'
    const signer = from('https://gitlab.example', signerWith({ buildSignerUri: uri }))
    expect(checkSigner(verified({}, signer), { workflow: 'https://gitlab.example/acme/app/*.yml' })).toBeUndefined()
  })

  it.for<[SignerRequirement, string]>([
    [{ workflow: release, email: 'a@b.example' }, release],
    [{ email: 'a@b.example', identity: 'x' }, 'a@b.example'],
    [{ identity: 'https://ci.example/x' }, 'https://ci.example/x'],
    [{}, 'a certificate'],
  ])('%o is named where a key signed instead', ([wanted, name]) => {
    const message = checkSigner(verified({}, KEY), wanted)?.message
    expect(message).toContain(name)
    expect(message).toContain('the key ab')
  })
})

describe('the level of a build', () => {
  const builder = (level: 1 | 2 | 3, more: Partial<BuilderEntry> = {}): BuilderEntry => ({
    signer: 'acme/app/.github/workflows/release.yml',
    level,
    line: 1,
    ...more,
  })
  const other = builder(3, { signer: 'other/app/.github/workflows/release.yml' })

  it.for<[string, readonly BuilderEntry[], number]>([
    ['no builder', [], 2],
    ['its builder', [builder(3)], 3],
    ['its builder, held down', [builder(1)], 1],
    ['two entries, of which the lower counts', [builder(3), builder(1)], 1],
    ['another builder', [other], 2],
    ['another builder beside its own', [other, builder(1)], 1],
    ['its builder at its ref', [builder(3, { ref: 'refs/tags/v*' })], 3],
    ['its builder at another ref', [builder(3, { ref: 'refs/heads/*' })], 2],
  ])('signed by a hosted run, with %s', ([, builders, level]) => {
    expect(levelOfBuild(verified(), builders)).toBe(level)
  })

  it('is none for what is no provenance, whoever built it', () => {
    expect(levelOfBuild(verified({ predicateType: 'https://example.org/x' }), [builder(3)])).toBe(0)
  })

  it('is not lifted by a builder’s name from another issuer', () => {
    expect(levelOfBuild(verified({}, from('https://evil.example')), [builder(3)])).toBe(2)
  })

  const recorded = (runner: string) => ({
    buildDefinition: {
      buildType: RUN_BUILD_TYPE,
      externalParameters: {},
      internalParameters: { recorded: { runner_environment: runner } },
    },
    runDetails: { builder: { id: 'x' } },
  })
  it.for<[string, Parameters<typeof verified>[0] | undefined, SignerIdentity, number]>([
    ['provenance of a hosted run', {}, signerWith(), 2],
    ['provenance v0.2 of a hosted run', { predicateType: PROVENANCE_V02 }, signerWith(), 2],
    ['provenance of a self-hosted run', {}, signerWith({ runnerEnvironment: 'self-hosted' }), 1],
    ['provenance of an unknown run', {}, without('runnerEnvironment'), 1],
    ['provenance signed with a key', {}, boasting(KEY), 1],
    ['provenance of a private CA', {}, boasting(LAB), 1],
    ['a hosted job that signed for a hosted one', { predicate: recorded('github-hosted') }, signerWith(), 2],
    ['a hosted job that signed for a self-hosted one', { predicate: recorded('self-hosted') }, signerWith(), 1],
    ['something else', { predicateType: `${PROVENANCE_V1}x` }, signerWith(), 0],
    ['no statement', undefined, signerWith(), 0],
  ])('of %s is told by who signed', ([, statement, signer, level]) => {
    expect(buildLevel(statement && verified(statement).statement, signer)).toBe(level)
  })
})
