import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { raw } from '../support/certificates.ts'
import { keyPair, type LooseJson, statementAbout } from '../support/real-signer.ts'
import { CLAIMS, provenance, REPO, SERVER, WORKFLOW } from '../support/verify-bench.ts'
import { type Bench, ownerOf, startBench } from './bench.ts'
import { checkPolicy } from './gate-bench.ts'
import { npmKeys, PUBLISH_TYPE, publishStatement, signWithKey } from './npm-documents.ts'
import { githubExtensions, type OwnAuthority, startOwnAuthority } from './own-authority.ts'

let bench: Bench
let own: OwnAuthority
beforeAll(async () => {
  bench = await startBench()
  own = startOwnAuthority(bench)
})
afterAll(() => bench.signer.close())

const issuer = () => ['--cert-oidc-issuer', bench.signer.sigstore.issuer]
const signedAs = (claims: object, statement: object = provenance()) =>
  bench.sign(statement, { claims: { ...CLAIMS, ...claims } })
const requireEntry = (text: string) => `version: 1\nrequire:\n  - match: { purl: "pkg:npm/a" }\n    ${text}\n`
/** A statement that says nothing of who signed it, which then contradicts nobody. */
const SILENT = statementAbout('hello')
const NO_IDENTITY = [2, 'POLICY_NO_IDENTITY']

describe('a name', () => {
  it('T-ID-01: is the expected one to the letter, or another', async () => {
    const who = ['--cert-identity', `${SERVER}/${WORKFLOW}`, ...issuer()]
    expect((await bench.verify(bench.good, { who })).code).toBe(0)
    const near = [...WORKFLOW].map((letter, at) =>
      at % 2 === 0
        ? WORKFLOW.slice(0, at) + WORKFLOW.slice(at + 1)
        : `${WORKFLOW.slice(0, at)}${letter === '.' ? 'X' : '.'}${WORKFLOW.slice(at + 1)}`,
    )
    const signed: LooseJson[] = []
    for (const name of [...near, `${WORKFLOW}-evil`, `x${WORKFLOW}`]) {
      signed.push(await signedAs({ job_workflow_ref: name }, SILENT))
    }
    expect(new Set(await bench.refusals(signed, { who }))).toStrictEqual(new Set(['IDENTITY_MISMATCH']))
    const repositories = ['acme/app-evil', 'acme/ap', 'xacme/app', 'acme/App', 'ACME/app', 'acme-x/app']
    const others = await Promise.all(repositories.map((repository) => signedAs({ repository }, SILENT)))
    expect(await bench.refusals(others)).toStrictEqual(repositories.map(() => 'IDENTITY_MISMATCH'))
    const ref = await signedAs({ ref: 'refs/heads/main-evil' }, SILENT)
    const narrowed = { more: ['--source-ref', 'refs/heads/main'] }
    expect(await bench.refusals([ref], narrowed)).toStrictEqual(['REF_DENIED'])
  })

  it('T-ID-02: counts by the issuer that vouched for it, and an empty issuer is a mistake', async () => {
    const github = await bench.verify(bench.good, { who: ['--repo', REPO] })
    expect([github.code, github.document.code]).toStrictEqual([10, 'ISSUER_MISMATCH'])
    const evil = `${bench.signer.sigstore.issuer}.evil`
    const other = await bench.verify(bench.good, { who: ['--repo', REPO, '--cert-oidc-issuer', evil] })
    expect([other.code, other.document.code]).toStrictEqual([10, 'ISSUER_MISMATCH'])
    expect((await bench.verify(bench.good, { who: ['--repo', REPO, '--cert-oidc-issuer', ''] })).code).toBe(2)
    const [code] = await checkPolicy(bench.folder, requireEntry('signer: { email: a@b.example, issuer: "" }'))
    expect(code).toBe(2)
  })

  it('T-ID-13: is at the host that was meant', async () => {
    const hosts = [
      'https://github.com.evil.example',
      'https://evilgithub.com',
      'https://github.com@evil.example',
      'https://github.com:8443',
      'https://GitHub.com',
      'http://github.com',
    ]
    const roots = [own.root]
    expect((await bench.verify(await own.sign(githubExtensions()), { roots, who: ['--repo', REPO] })).code).toBe(0)
    const signed = await Promise.all(hosts.map((host) => own.sign(githubExtensions(host))))
    const pattern = ['--cert-identity-pattern', 'https://github.com/acme/**', '--repo-id', CLAIMS.repository_id]
    for (const who of [['--repo', REPO], pattern]) {
      const codes = await bench.refusals(signed, { roots, who })
      expect(new Set(codes)).toStrictEqual(new Set(['IDENTITY_MISMATCH']))
    }
    for (const [option, value, code] of [
      ['--repo', 'https://github.com@evil.example/acme/app', 'ARGUMENT_INVALID'],
      ['--repo', 'https://GitHub.com/acme/app', 'ARGUMENT_INVALID'],
      ['--cert-identity-pattern', 'https://github.com*/acme/**', 'PATTERN_UNSAFE'],
      ['--cert-identity-pattern', 'https://github.com@evil.example/acme/**', 'PATTERN_UNSAFE'],
    ] as const) {
      const { code: exit, document } = await bench.verify(bench.good, { who: ['--owner', 'acme', option, value] })
      expect([exit, document.code]).toStrictEqual([2, code])
    }
  })
})

describe('who signed', () => {
  it('T-ID-03: has to be named, for verify and in an entry of the policy', async () => {
    const nobody = await bench.verify(bench.good, { who: [] })
    expect([nobody.code, nobody.document.code]).toStrictEqual(NO_IDENTITY)
    const anybody = await bench.verify(bench.good, { who: ['--allow-any-signer'] })
    expect(anybody.document.limits.map(({ code }) => code)).toContain('ANY_SIGNER')
    for (const entry of ['source: {}', 'signer: { runner: any }']) {
      expect(await checkPolicy(bench.folder, requireEntry(entry))).toStrictEqual(NO_IDENTITY)
    }
  })

  it('T-ID-15: is not named by what anybody can have', async () => {
    for (const who of [
      issuer(),
      ['--source-ref', 'refs/heads/main'],
      ['--cert-identity-pattern', 'https://github.com/acme/**'],
      ['--deny-self-hosted'],
    ]) {
      const { code, document } = await bench.verify(bench.good, { who })
      expect([code, document.code]).toStrictEqual(NO_IDENTITY)
    }
    for (const who of [
      ['--signer-workflow', '.github/workflows/release.yml'],
      ['--cert-identity-pattern', '**', '--owner', 'acme'],
      ['--repo', '*/*'],
    ])
      expect((await bench.verify(bench.good, { who })).code).toBe(2)
    for (const entry of [
      'signer: { issuer: "https://token.actions.githubusercontent.com" }',
      'source: { ref: refs/heads/main }',
      'signer: { workflow: .github/workflows/release.yml }',
      'source: { repository: "**" }',
      'source: { repository: "*/app" }',
    ])
      expect(await checkPolicy(bench.folder, requireEntry(entry))).toStrictEqual(NO_IDENTITY)
  })

  it('T-ID-04: is the workflow, which may lie in another repository than the source', async () => {
    const called = await signedAs(
      { job_workflow_ref: 'other/builder/.github/workflows/build.yml@refs/tags/v1' },
      provenance((p) => {
        p.runDetails.builder.id = `${SERVER}/other/builder/.github/workflows/build.yml@refs/tags/v1`
      }),
    )
    const ask = async (...who: string[]) => (await bench.verify(called, { who: [...who, ...issuer()] })).document.code
    expect(await ask('--repo', REPO, '--signer-repo', REPO)).toBe('SIGNER_WORKFLOW')
    expect(await ask('--signer-workflow', `${REPO}/.github/workflows/build.yml`)).toBe('SIGNER_WORKFLOW')
    expect(await ask('--repo', 'other/builder')).toBe('IDENTITY_MISMATCH')
    expect(await ask('--repo', REPO, '--signer-repo', 'other/builder')).toBeNull()
  })

  it('T-ID-08: is a repository by its number, and no other one of that name', async () => {
    const again = await signedAs(
      { repository_id: '43' },
      provenance((p) => {
        p.buildDefinition.internalParameters.github.repository_id = '43'
      }),
    )
    const who = ['--repo', REPO, '--repo-id', '42', ...issuer()]
    expect(await bench.refusals([again], { who })).toStrictEqual(['REPOSITORY_ID_MISMATCH'])
    expect((await bench.verify(bench.good, { who })).code).toBe(0)
    expect((await bench.verify(bench.good, { who: ['--repo-id', '042', ...issuer()] })).code).toBe(2)
  })

  it('T-ID-07: on a runner of somebody’s own, or nobody knows where, is refused when hosted ones are wanted', async () => {
    const selfHosted = await signedAs(
      { runner_environment: 'self-hosted' },
      provenance((p) => {
        p.buildDefinition.internalParameters.github.runner_environment = 'self-hosted'
      }),
    )
    expect(await bench.refusals([selfHosted], { more: ['--deny-self-hosted'] })).toStrictEqual(['RUNNER_DENIED'])
    const silent = await own.sign(githubExtensions().filter(({ oid }) => !oid.endsWith('.57264.1.11')))
    const options = { roots: [own.root], who: ['--repo', REPO], more: ['--deny-self-hosted'] }
    expect(await bench.refusals([silent], options)).toStrictEqual(['RUNNER_DENIED'])
  })

  it('T-ID-14: is worth what the certificate shows, whatever builder the statement names', async () => {
    const boast = provenance((p) => {
      p.buildDefinition.buildType = 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1'
      p.runDetails.builder.id =
        'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/tags/v2.1.0'
    })
    const signed = await signedAs({}, boast)
    const { code, document } = await bench.verify(signed, { more: ['--min-level', '3'] })
    expect(code).toBe(10)
    expect(['BUILDER_UNTRUSTED', 'CLAIM_CONFLICT']).toContain(document.code)
    expect(await bench.refusals([bench.good], { more: ['--min-level', '3'] })).toStrictEqual(['BUILDER_UNTRUSTED'])
  })
})

describe('what the statement says of its signer', () => {
  const CHANGES: readonly (readonly [string, (predicate: LooseJson) => unknown])[] = [
    ['repository', (p) => (p.buildDefinition.externalParameters.workflow.repository = `${SERVER}/acme/other`)],
    ['ref', (p) => (p.buildDefinition.externalParameters.workflow.ref = 'refs/heads/other')],
    ['workflow', (p) => (p.buildDefinition.externalParameters.workflow.path = '.github/workflows/x.yml')],
    ['event', (p) => (p.buildDefinition.internalParameters.github.event_name = 'pull_request')],
    ['repository id', (p) => (p.buildDefinition.internalParameters.github.repository_id = '43')],
    ['owner id', (p) => (p.buildDefinition.internalParameters.github.repository_owner_id = '8')],
    ['commit', (p) => (p.buildDefinition.resolvedDependencies[0].digest.gitCommit = 'b'.repeat(40))],
    ['run', (p) => (p.runDetails.metadata.invocationId = `${SERVER}/${REPO}/actions/runs/12/attempts/1`)],
  ]

  it('T-ID-10: must be what the certificate says', async () => {
    const signed = await Promise.all(
      CHANGES.map(([, change]) =>
        signedAs(
          {},
          provenance((p) => void change(p)),
        ),
      ),
    )
    expect(await bench.refusals(signed)).toStrictEqual(CHANGES.map(() => 'CLAIM_CONFLICT'))
    const { document } = await bench.verify(signed)
    for (const [index, [name]] of CHANGES.entries()) {
      expect(document.attestations[index]?.message).toContain(`the ${name} is`)
    }
  })

  it('T-ID-12: is read from extensions that are what they should be, and compared as text', async () => {
    const roots = [own.root]
    const long = `${SERVER}/${'a'.repeat(39)}/${'b'.repeat(140)}`
    const without = (...numbers: number[]) =>
      githubExtensions().filter(({ oid }) => !numbers.some((n) => oid.endsWith(`.57264.1.${n}`)))
    const [good, far] = [await own.sign(githubExtensions()), await own.sign(githubExtensions(SERVER, long))]
    expect((await bench.verify(good, { roots, who: ['--repo', REPO] })).code).toBe(0)
    expect((await bench.verify(far, { roots, who: ['--repo', long] })).code).toBe(0)
    expect(await bench.refusals([far], { roots, who: ['--repo', REPO] })).toStrictEqual(['IDENTITY_MISMATCH'])
    const value = Buffer.from(`${SERVER}/${REPO}`)
    const broken = [
      raw(12, value),
      raw(12, Buffer.concat([Buffer.from([0x0c, value.length]), value, Buffer.from('x')])),
      raw(12, Buffer.concat([Buffer.from([0x0c, value.length + 1]), value])),
      raw(12, Buffer.concat([Buffer.from([0x13, value.length]), value])),
    ]
    const signed = await Promise.all(broken.map((one) => own.sign([...without(12), one])))
    const twice = await own.sign([...githubExtensions(), ...githubExtensions().slice(4, 5)])
    const codes = await bench.refusals([...signed, twice], { roots, who: ['--repo', REPO] })
    expect(codes).toStrictEqual(codes.map(() => 'EXTENSION_MALFORMED'))
    // A certificate of the same CA that is for something else, such as a server's.
    const unused = await own.sign(githubExtensions(), [])
    expect(await bench.refusals([unused], { roots, who: ['--repo', REPO] })).toStrictEqual(['CERTIFICATE_INVALID'])
    const wrong = await bench.refusals([good], { roots, who: ['--repo', 'acme/other'] })
    expect(wrong).toStrictEqual(['IDENTITY_MISMATCH'])
  })

  it('T-ID-11: of an npm package needs the registry’s word that it published this version', async () => {
    const pair = keyPair()
    const more = [
      ...['--npm-keys', bench.write('keys.json', npmKeys(pair, 'npm-1', { start: '2020-01-01T00:00:00Z' }))],
      ...['--purl', 'pkg:npm/app@1.0.0'],
    ]
    const subject = (publishStatement('app', '1.0.0') as LooseJson).subject
    const bundle = await signedAs({}, { ...provenance(), subject })
    const entries = { predicateType: 'https://slsa.dev/provenance/v1', bundle }
    const publish = async (name: string, version: string) => ({
      predicateType: PUBLISH_TYPE,
      bundle: await signWithKey(bench, pair, 'npm-1', publishStatement(name, version)),
    })
    const ask = async (...attestations: object[]) => {
      const { code, document } = await bench.verify({ attestations }, { more })
      return [code, document.code]
    }
    expect(await ask(entries, await publish('app', '1.0.0'))).toStrictEqual([0, null])
    for (const rest of [[], [await publish('app', '1.0.1')], [await publish('other', '1.0.0')]]) {
      expect(await ask(entries, ...rest)).toStrictEqual([10, 'PUBLISH_ATTESTATION_MISSING'])
    }
  })

  it('T-ID-09: counts by its signature: a policy cannot take its signer from a registry', async () => {
    for (const entry of ['source: registry', 'signer: publisher']) {
      const refused = await checkPolicy(bench.folder, requireEntry(entry))
      expect(refused).toStrictEqual([2, 'IDENTITY_SOURCE_UNTRUSTED'])
    }
    const foreign = await signedAs({ repository: 'mallory/app' })
    const index = {
      attestation_bundles: [{ publisher: { kind: 'GitHub', repository: REPO }, attestations: [foreign] }],
    }
    expect((await bench.verify(index, { who: ownerOf(bench.signer) })).code).toBe(10)
  })
})
