import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAttestations } from '../../src/model/bundle.ts'
import type { KeylessIdentity, SignerIdentity } from '../../src/model/identity.ts'
import type { LockedSigner } from '../../src/model/trust-lock.ts'
import { matchesSigner, signerOf, signersFor, splitRef } from '../../src/policy/locked-signer.ts'
import { tagHasVersion, toRefPattern } from '../../src/policy/source-ref.ts'
import { verifyAttestation } from '../../src/verify/verify-attestation.ts'
import { type RealSigner, startRealSigner, statementAbout, toBytes } from '../support/real-signer.ts'
import { signerWith, verified } from '../support/subjects.ts'

const compare = (locked: LockedSigner, actual: LockedSigner) => matchesSigner(locked, actual).differs

const locked = signerOf(verified({}, signerWith()), '1.2.3')
const actual = (claims: Partial<KeylessIdentity['claims']> = {}) => signerOf(verified({}, signerWith(claims)), '')
const without = (...names: (keyof KeylessIdentity['claims'])[]) => {
  const { claims, ...signer } = signerWith()
  const left = Object.fromEntries(Object.entries(claims).filter(([name]) => !names.some((one) => one === name)))
  return signerOf(verified({}, { ...signer, claims: left }), '')
}

describe('the signer that the lock keeps', () => {
  it('is what stays the same from release to release', () => {
    expect(locked).toStrictEqual({
      issuer: 'https://token.actions.githubusercontent.com',
      repository: 'https://github.com/acme/app',
      repositoryId: '42',
      ownerId: '7',
      workflow: 'https://github.com/acme/app/.github/workflows/release.yml',
      runner: 'github-hosted',
      refs: ['refs/tags/v*'],
      triggers: ['push'],
      environments: [],
    })
  })

  it('leaves out commits, run and token subject', () => {
    const next = actual({
      buildSignerDigest: 'd'.repeat(40),
      buildConfigDigest: 'e'.repeat(40),
      sourceRepositoryDigest: 'f'.repeat(40),
      runInvocationUri: 'https://github.com/acme/app/actions/runs/12/attempts/3',
      tokenSubject: 'repo:acme/app:ref:refs/tags/v1.2.4',
      sourceRepositoryRef: 'refs/tags/v1.2.4',
      buildSignerUri: 'https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.4',
    })
    expect(compare(locked, next)).toStrictEqual([])
  })

  it('keeps the calling workflow beside a reusable one, which may be called by its commit', () => {
    const uri = 'https://github.com/other/builder/.github/workflows/build.yml'
    expect(actual({ buildSignerUri: `${uri}@${'a'.repeat(40)}` })).toMatchObject({
      workflow: uri,
      buildConfig: 'https://github.com/acme/app/.github/workflows/release.yml',
    })
  })

  it('is a key by its fingerprint, and a person by name and issuer', () => {
    const key: SignerIdentity = { kind: 'key', fingerprint: 'ab', source: 'key', hint: 'anything' }
    expect(signerOf(verified({}, key))).toStrictEqual({ key: 'ab', refs: [], triggers: [], environments: [] })
    const person = signerOf(verified({}, mail('a@example.org', 'https://accounts.example')))
    expect(person).toMatchObject({ identity: 'a@example.org', issuer: 'https://accounts.example' })
    expect(compare(person, person)).toStrictEqual([])
    const sameNameElsewhere = signerOf(verified({}, mail('a@example.org', 'https://evil.example')))
    expect(compare(person, sameNameElsewhere)).toStrictEqual(['issuer'])
    expect(compare(locked, signerOf(verified({}, key)))).toContain('key')
    expect(compare(signerOf(verified({}, key)), actual())).toContain('key')
    expect(compare(locked, person)).toContain('identity')
  })

  it('is known by repository name where a certificate of before 2023 gives no number', () => {
    const old: KeylessIdentity = {
      kind: 'certificate',
      subjectAlternativeName: {
        type: 'uri',
        value: 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
      },
      issuer: 'https://token.actions.githubusercontent.com',
      claims: {},
      legacy: { repository: 'acme/app', ref: 'refs/heads/main', trigger: 'push' },
    }
    const before = signerOf(verified({}, old))
    expect(before).toMatchObject({ workflow: locked.workflow, refs: ['refs/heads/main'], triggers: ['push'] })
    expect(compare(before, before)).toStrictEqual([])
    const other = signerOf(verified({}, { ...old, legacy: { ...old.legacy, repository: 'evil/app' } }))
    expect(compare(before, other)).toStrictEqual(['repository'])
    expect(compare(before, actual())).toContain('repository-id')
  })
})

const mail = (value: string, issuer: string): KeylessIdentity => ({
  kind: 'certificate',
  subjectAlternativeName: { type: 'email', value },
  issuer,
  claims: {},
  legacy: {},
})

describe('the signer of an attestation', () => {
  const sets = { refs: [], triggers: [], environments: [] }
  const WORKFLOW = 'https://github.com/acme/app/.github/workflows/release.yml'
  const subjects = (...names: (string | undefined)[]) => ({
    subject: names.map((name) => ({ ...(name === undefined ? {} : { name }), digest: { sha256: 'a'.repeat(64) } })),
  })

  it.each([
    ['what the purl of its subject says', subjects('pkg:npm/%40acme/app@1.2.3'), ['refs/tags/v*']],
    ['none, where the subject is a file', subjects('app.tgz'), ['refs/tags/v1.2.3']],
    ['none, where the purl has no version', subjects('pkg:npm/%40acme/app'), ['refs/tags/v1.2.3']],
    ['none, where the subject has no name', subjects(undefined), ['refs/tags/v1.2.3']],
    ['none, where there is no subject', subjects(), ['refs/tags/v1.2.3']],
  ])('is of the version: %s', (_, statement, refs) => {
    expect(signerOf(verified(statement, signerWith())).refs).toStrictEqual(refs)
  })

  it('is a person by the address, also one that reads like a workflow', () => {
    const address = `${WORKFLOW}@refs/heads/main`
    expect(signerOf(verified({}, mail(address, 'https://accounts.example')))).toStrictEqual({
      issuer: 'https://accounts.example',
      identity: address,
      ...sets,
    })
  })

  it('is a service by its URI, where that is no workflow at a ref', () => {
    const service = {
      ...mail('', 'https://accounts.example'),
      subjectAlternativeName: { type: 'uri', value: WORKFLOW },
    }
    expect(signerOf(verified({}, service as KeylessIdentity))).toMatchObject({ identity: WORKFLOW })
    const { claims, ...release } = { ...mail('https://dotcom.releases.github.com', ''), claims: {} }
    expect(signerOf(verified({}, { ...release, claims }))).toStrictEqual({
      identity: 'https://dotcom.releases.github.com',
      ...sets,
    })
  })

  it('has no calling workflow where the certificate names none, or the same', () => {
    expect(without('buildConfigUri')).toStrictEqual({ ...locked, refs: ['refs/tags/v1.2.3'] })
    expect(actual()).not.toHaveProperty('buildConfig')
  })

  it('is what the certificate of a private CA says first: alternative name, common name, subject', () => {
    const ca = { kind: 'private-ca', subject: 'CN=Lab,O=Acme', fingerprint: 'ab' } as const
    const subjectAlternativeName = { type: 'uri', value: 'https://lab.example' } as const
    const of = (more: object) => signerOf(verified({}, { ...ca, ...more }))
    expect(of({ commonName: 'Lab', subjectAlternativeName })).toStrictEqual({
      identity: 'https://lab.example',
      ...sets,
    })
    expect(of({ commonName: 'Lab' })).toStrictEqual({ identity: 'Lab', ...sets })
    expect(of({})).toStrictEqual({ identity: 'CN=Lab,O=Acme', ...sets })
  })

  it.each([
    ['a branch', `${WORKFLOW}@refs/heads/main`, WORKFLOW, 'refs/heads/main'],
    ['a commit', `${WORKFLOW}@${'a'.repeat(40)}`, WORKFLOW, 'a'.repeat(40)],
    ['a commit of SHA-256', `${WORKFLOW}@${'a'.repeat(64)}`, WORKFLOW, 'a'.repeat(64)],
    ['the first ref of two', 'x@refs/a@refs/b', 'x', 'refs/a@refs/b'],
    ['a name with an @', 'pkg@1/x@refs/heads/main', 'pkg@1/x', 'refs/heads/main'],
    ['a line break in it', 'x\ny@refs/heads/a\nb', 'x\ny', 'refs/heads/a\nb'],
    ['nothing behind the @', 'x@refs/', 'x@refs/', undefined],
    ['a short commit', `x@${'a'.repeat(39)}`, `x@${'a'.repeat(39)}`, undefined],
    ['a commit and more', `x@${'a'.repeat(41)}`, `x@${'a'.repeat(41)}`, undefined],
    ['letters that no commit has', `x@${'g'.repeat(40)}`, `x@${'g'.repeat(40)}`, undefined],
    ['no ref', WORKFLOW, WORKFLOW, undefined],
    ['nothing', '', '', undefined],
  ])('has a workflow at %s', (_, uri, path, ref) => {
    expect(splitRef(uri)).toStrictEqual({ path, ref })
  })
})

describe('a signer is another one', () => {
  const uri = 'https://github.com/acme/app/.github/workflows/release.yml'
  it.each([
    ['another repository id', { sourceRepositoryIdentifier: '43' }, ['repository-id']],
    [
      'another repository',
      { sourceRepositoryIdentifier: '43', sourceRepositoryUri: 'https://github.com/evil/app' },
      ['repository-id', 'repository'],
    ],
    ['another owner id', { sourceRepositoryOwnerIdentifier: '8' }, ['owner-id']],
    ['another file', { buildSignerUri: `${uri}x@refs/tags/v1`, buildConfigUri: `${uri}x@refs/tags/v1` }, ['workflow']],
    [
      'another case',
      { buildSignerUri: uri.replace('acme', 'Acme'), buildConfigUri: uri.replace('acme', 'Acme') },
      ['workflow'],
    ],
    ['a calling workflow', { buildConfigUri: 'https://github.com/acme/app/.github/workflows/x.yml' }, ['build-config']],
    ['another runner', { runnerEnvironment: 'self-hosted' }, ['runner']],
    ['another branch', { sourceRepositoryRef: 'refs/heads/v1.2.3' }, ['refs']],
    ['a tag in a folder', { sourceRepositoryRef: 'refs/tags/v1/evil' }, ['refs']],
    ['another trigger', { buildTrigger: 'pull_request_target' }, ['triggers']],
  ] as const)('by %s', (_, claims, fields) => {
    expect(compare(locked, actual(claims))).toStrictEqual(fields)
  })

  it.each([
    ['sourceRepositoryIdentifier', ['repository-id']],
    ['sourceRepositoryOwnerIdentifier', ['owner-id']],
    ['sourceRepositoryRef', ['refs']],
    ['buildTrigger', ['triggers']],
  ] as const)('by a claim that is gone: %s', (claim, fields) => {
    expect(compare(locked, without(claim))).toStrictEqual(fields)
    expect(compare(without(claim), actual())).toStrictEqual(fields)
  })

  it('by a runner that is gone; a lock that names none means a hosted one', () => {
    expect(compare(locked, without('runnerEnvironment'))).toStrictEqual(['runner'])
    expect(compare(without('runnerEnvironment'), actual())).toStrictEqual([])
    expect(compare(without('runnerEnvironment'), actual({ runnerEnvironment: 'self-hosted' }))).toStrictEqual([
      'runner',
    ])
  })

  it('by a hosted runner where the lock names one that is not, and the other way round', () => {
    const own = { ...locked, runner: 'self-hosted' }
    expect(compare(own, actual())).toStrictEqual(['runner'])
    expect(compare(own, actual({ runnerEnvironment: 'self-hosted' }))).toStrictEqual([])
  })

  it('when both say nothing of who they are', () => {
    const nobody = { refs: [], triggers: [], environments: [] }
    expect(compare(nobody, nobody)).toStrictEqual(['identity'])
  })

  it('by an environment that is gone or another one; a new one strengthens', () => {
    const guarded = { ...locked, environments: ['release'] }
    expect(compare(guarded, actual())).toStrictEqual(['environments'])
    expect(compare(guarded, actual({ deploymentEnvironment: 'staging' }))).toStrictEqual(['environments'])
    expect(compare(guarded, actual({ deploymentEnvironment: 'release' }))).toStrictEqual([])
    expect(compare(locked, actual({ deploymentEnvironment: 'release' }))).toStrictEqual([])
  })
})

describe('a signer whose time ends', () => {
  const of = (until: string, ecosystem = 'npm') => ({
    ...({ ecosystem, name: '@acme/app', line: '1', best: 'provenance', first: '1.0.0' } as const),
    signers: [
      { ...locked, until },
      { ...locked, repositoryId: '43' },
    ],
  })
  it.each([
    ['below its end', '1.4.9', '1.5.0', 'npm', true],
    ['at its end', '1.5.0', '1.5.0', 'npm', false],
    ['above its end', '1.10.0', '1.5.0', 'npm', false],
    ['of which nobody knows the order', 'nightly', '1.5.0', 'npm', false],
    ['that is not known', undefined, '1.5.0', 'npm', false],
    ['of a kind that has no order', '1.4.9', '1.5.0', 'oci', false],
  ])('counts for a version %s', (_, version, until, ecosystem, counts) => {
    expect(signersFor(of(until, ecosystem), version).map(({ repositoryId }) => repositoryId)).toStrictEqual(
      counts ? ['42', '43'] : ['43'],
    )
  })
})

describe('a ref', () => {
  it.each([
    ['refs/tags/v1.2.3', '1.2.3', 'refs/tags/v*'],
    ['refs/tags/1.2.3', '1.2.3', 'refs/tags/*'],
    ['refs/tags/pkg@1.2.3', '1.2.3', 'refs/tags/pkg@*'],
    ['refs/tags/@acme/app@1.2.3', '1.2.3', 'refs/tags/@acme/app@*'],
    ['refs/tags/sub/v1.2.3', 'v1.2.3', 'refs/tags/sub/v*'],
    ['refs/tags/release_1_2_3', '1.2.3', 'refs/tags/release_*'],
    ['refs/tags/v1.2.3-rc.1', '1.2.3rc1', 'refs/tags/v*'],
    ['refs/tags/v1.2.3', '1.2.3+build.5', 'refs/tags/v*'],
    ['refs/heads/main', '1.2.3', 'refs/heads/main'],
    ['refs/heads/v1.2.3', '1.2.3', 'refs/heads/v1.2.3'],
    ['refs/tags/v11.2.3', '1.2.3', 'refs/tags/v11.2.3'],
    ['refs/tags/v0.1.2.3', '1.2.3', 'refs/tags/v0.1.2.3'],
    ['refs/tags/v1.2.3-rc.1', '1.2.3', 'refs/tags/v1.2.3-rc.1'],
    ['refs/tags/v1.2.3', '', 'refs/tags/v1.2.3'],
    ['refs/tags/v1.2.3', undefined, 'refs/tags/v1.2.3'],
  ])('%s of version %s becomes %s', (ref, version, pattern) => {
    expect(toRefPattern(ref, version)).toBe(pattern)
    if (version) expect(tagHasVersion(ref, version)).toBe(pattern !== ref)
  })
})

describe('a certificate that was really issued', () => {
  let signer: RealSigner
  beforeAll(async () => {
    signer = await startRealSigner()
  })
  afterAll(() => signer.close())

  it('gives the same signer for the next version, and another one for another repository id', async () => {
    const claims = {
      iss: signer.sigstore.issuer,
      repository: 'acme/app',
      repository_id: '42',
      repository_owner: 'acme',
      repository_owner_id: '7',
      event_name: 'push',
      runner_environment: 'github-hosted',
    }
    const sign = async (more: object, version?: string) => {
      const bundle = await signer.sign(statementAbout('hello'), { claims: { ...claims, ...more } })
      const [attestation] = parseAttestations(toBytes(bundle), 'test').attestations
      if (attestation === undefined) throw new Error('no attestation')
      const proven = verifyAttestation(attestation, signer.trust)
      if (proven.statement === undefined) throw new Error('no statement')
      return signerOf(proven, version)
    }
    const at = (tag: string) => ({
      ref: `refs/tags/${tag}`,
      workflow_ref: `acme/app/.github/workflows/release.yml@refs/tags/${tag}`,
      job_workflow_ref: `acme/app/.github/workflows/release.yml@refs/tags/${tag}`,
    })
    const first = await sign(at('v1.2.3'), '1.2.3')
    expect(first.refs).toStrictEqual(['refs/tags/v*'])
    expect(compare(first, await sign(at('v1.2.4')))).toStrictEqual([])
    expect(compare(first, await sign({ ...at('v1.2.4'), repository_id: '43' }))).toStrictEqual(['repository-id'])
    expect(compare(first, await sign({ ...at('x'), ref: 'refs/heads/snapshot-a1' }))).toContain('refs')
  })
})
