import { describe, expect, it } from 'vitest'
import type { CertificateClaims, SignerIdentity } from '../../src/model/identity.ts'
import type { Statement } from '../../src/model/statement.ts'
import { RUN_BUILD_TYPE } from '../../src/model/uris.ts'
import { verifyClaims } from '../../src/verify/verify-claims.ts'
import { codeOf, type LooseJson } from '../support/real-signer.ts'
import { LATE_MARK, provenance } from '../support/verify-bench.ts'

const SHA = 'a'.repeat(40)
const REPOSITORY = 'https://github.com/acme/app'
const REF = 'refs/heads/main'
const PATH = '.github/workflows/release.yml'
const CLAIMS: CertificateClaims = {
  sourceRepositoryUri: REPOSITORY,
  sourceRepositoryRef: REF,
  sourceRepositoryDigest: SHA,
  sourceRepositoryIdentifier: '42',
  sourceRepositoryOwnerIdentifier: '7',
  buildConfigUri: `${REPOSITORY}/${PATH}@${REF}`,
  buildSignerUri: `${REPOSITORY}/${PATH}@${REF}`,
  buildTrigger: 'push',
  runnerEnvironment: 'github-hosted',
  runInvocationUri: `${REPOSITORY}/actions/runs/11/attempts/2`,
}
const GITHUB = 'https://actions.github.io/buildtypes/workflow/v1'
const SLSA = 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1'

type Change = (predicate: LooseJson) => unknown
const certificate = (claims: CertificateClaims): SignerIdentity => ({
  kind: 'certificate',
  issuer: 'https://token.actions.githubusercontent.com',
  subjectAlternativeName: { type: 'uri', value: `${REPOSITORY}/${PATH}@${REF}` },
  claims,
  legacy: {},
})
function code(change: Change = () => undefined, claims = CLAIMS, buildType = RUN_BUILD_TYPE) {
  const statement: Statement = provenance((predicate) => {
    predicate.buildDefinition.buildType = buildType
    change(predicate)
  })
  return codeOf(() => verifyClaims(statement, certificate(claims)))
}

const internal = (p: LooseJson) => p.buildDefinition.internalParameters.github
const workflow = (p: LooseJson) => p.buildDefinition.externalParameters.workflow

const CONFLICTS: readonly [string, Change][] = [
  ['the repository', (p) => (workflow(p).repository = `${REPOSITORY}x`)],
  ['the ref', (p) => (workflow(p).ref = 'refs/heads/other')],
  ['the workflow', (p) => (workflow(p).path = '.github/workflows/other.yml')],
  ['the event', (p) => (internal(p).event_name = 'release')],
  ['the repository id', (p) => (internal(p).repository_id = '43')],
  ['the repository id as a number', (p) => (internal(p).repository_id = 43)],
  ['the owner id', (p) => (internal(p).repository_owner_id = '8')],
  ['the runner', (p) => (internal(p).runner_environment = 'self-hosted')],
  ['the builder', (p) => (p.runDetails.builder.id = `${REPOSITORY}/other.yml@${REF}`)],
  ['the run', (p) => (p.runDetails.metadata.invocationId = `${REPOSITORY}/actions/runs/12/attempts/1`)],
  ['the commit', (p) => (p.buildDefinition.resolvedDependencies[0].digest.gitCommit = 'b'.repeat(40))],
]

describe('verifyClaims (T-ID-10)', () => {
  it('accepts what the certificate says too, ids as text or as numbers', async () => {
    expect(await code()).toBeUndefined()
    expect(await code((p) => (internal(p).repository_id = 42))).toBeUndefined()
  })

  it('says which, and repeats no more than the beginning of it', () => {
    const statement: Statement = provenance((p) => (workflow(p).ref = 'y'.repeat(300)))
    expect(() => verifyClaims(statement, certificate(CLAIMS))).toThrow(
      expect.objectContaining({
        code: 'CLAIM_CONFLICT',
        message: expect.stringMatching(/^the ref is "y{200}" in .* "refs\/heads\/main" in /),
        hint: expect.stringContaining('did not run the build'),
      }),
    )
  })

  it.for<[string, Change]>([
    ['workflow', (p) => delete p.buildDefinition.externalParameters.workflow],
    ['path of the workflow', (p) => delete workflow(p).path],
    ['internal parameters', (p) => delete p.buildDefinition.internalParameters],
    ['event', (p) => delete internal(p).event_name],
    ['metadata', (p) => delete p.runDetails.metadata],
    ['sources', (p) => delete p.buildDefinition.resolvedDependencies],
    ['URI of a source', (p) => delete p.buildDefinition.resolvedDependencies[0].uri],
    ['digest of the source', (p) => delete p.buildDefinition.resolvedDependencies[0].digest],
    ['text for the ref', (p) => (workflow(p).ref = {})],
  ])('compares nothing where the provenance has no %s', async ([, change]) => {
    for (const type of [RUN_BUILD_TYPE, GITHUB]) expect(await code(change, CLAIMS, type)).toBeUndefined()
  })

  it.for(Object.keys(CLAIMS))('compares nothing where the certificate has no %s', async (name) => {
    // The path of a workflow is read behind the repository.
    const gone = name === 'sourceRepositoryUri' ? [name, 'buildConfigUri'] : [name]
    const claims = Object.fromEntries(Object.entries(CLAIMS).filter(([one]) => !gone.includes(one)))
    expect(await code(undefined, claims, GITHUB)).toBeUndefined()
  })

  it('compares nothing with a key, which has no claims', () => {
    const key: SignerIdentity = { kind: 'key', fingerprint: 'a', source: 'key' }
    expect(() => verifyClaims(provenance(), key)).not.toThrow()
  })

  it("compares the runner where the builder is npm's own name of one", async () => {
    const runner =
      (kind: string): Change =>
      (p) =>
        (p.runDetails.builder.id = `https://github.com/actions/runner/${kind}`)
    expect(await code(runner('github-hosted'), CLAIMS, GITHUB)).toBeUndefined()
    expect(await code(runner('self-hosted'), CLAIMS, GITHUB)).toBe('CLAIM_CONFLICT')
  })

  for (const buildType of [RUN_BUILD_TYPE, GITHUB, SLSA]) {
    it.for([...CONFLICTS])(`refuses another value of %s (${buildType})`, async ([, change]) => {
      expect(await code(change, CLAIMS, buildType)).toBe('CLAIM_CONFLICT')
    })
  }

  it.for([...CONFLICTS])(
    'compares nothing of %s under a build type whose fields it does not know',
    async ([, change]) => {
      expect(await code(change, CLAIMS, 'https://example.com/type')).toBeUndefined()
    },
  )

  it('refuses a parameter of ours that it does not know, and takes any of others', async () => {
    const more: Change = (p) => (p.buildDefinition.externalParameters.surprise = 1)
    expect(await code(more)).toBe('PARAMETERS_UNKNOWN')
    expect(() => verifyClaims(provenance(more), certificate(CLAIMS))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('newer version') }),
    )
    expect(await code(more, CLAIMS, GITHUB)).toBeUndefined()
  })

  it('finds the workflow behind the server as well as behind the repository', async () => {
    const config = (buildConfigUri: string, repository: string | undefined = REPOSITORY) => ({
      ...CLAIMS,
      ...(repository === undefined ? {} : { sourceRepositoryUri: repository }),
      buildConfigUri,
    })
    const path: Change = (p) => (workflow(p).path = `acme/app/${PATH}`)
    expect(await code(path, config(`${REPOSITORY}/${PATH}@${REF}`))).toBeUndefined()
    const { sourceRepositoryUri: _, ...nameless } = CLAIMS
    expect(await code(() => undefined, nameless)).toBe('CLAIM_CONFLICT')
    expect(await code((p) => (workflow(p).path = `undefined/${PATH}`), nameless)).toBe('CLAIM_CONFLICT')
    const odd = { ...nameless, buildConfigUri: `undefined/${PATH}@${REF}` }
    expect(await code(() => undefined, odd)).toBe('CLAIM_CONFLICT')
  })

  it('looks among the sources for the one that the certificate names', async () => {
    const dependencies =
      (list: readonly object[]): Change =>
      (p) =>
        (p.buildDefinition.resolvedDependencies = list)
    const own = { uri: `git+${REPOSITORY}@${REF}`, digest: { gitCommit: SHA } }
    const submodule = { uri: 'git+https://github.com/acme/lib@refs/heads/main', digest: { gitCommit: 'c'.repeat(40) } }
    const file = { uri: 'https://example.com/data', digest: { sha256: 'd'.repeat(64) } }
    const asFile = { uri: 'https://example.com/x', digest: { gitCommit: 'c'.repeat(40) } }
    for (const type of [RUN_BUILD_TYPE, GITHUB]) {
      expect(await code(dependencies([submodule, file, own]), CLAIMS, type)).toBeUndefined()
      expect(await code(dependencies([asFile, own]), CLAIMS, type)).toBeUndefined()
      const twice = { ...own, digest: { gitCommit: 'c'.repeat(40) } }
      expect(await code(dependencies([own, twice]), CLAIMS, type)).toBe('CLAIM_CONFLICT')
    }
    // GitHub's own provenance lists its source only: another one in its place is another source.
    expect(await code(dependencies([submodule]))).toBeUndefined()
    expect(await code(dependencies([submodule]), CLAIMS, GITHUB)).toBe('CLAIM_CONFLICT')
    expect(await code(dependencies([asFile]), CLAIMS, GITHUB)).toBeUndefined()
    const { sourceRepositoryRef: _, ...refless } = CLAIMS
    expect(await code(dependencies([submodule]), refless, GITHUB)).toBe('CLAIM_CONFLICT')
    // Without a name for the source the first one counts as it, and only that.
    const first = { ...submodule, digest: { gitCommit: SHA } }
    expect(await code(dependencies([first, submodule]), refless, GITHUB)).toBeUndefined()
    const { sourceRepositoryUri: __, buildConfigUri: ___, ...homeless } = CLAIMS
    expect(await code(dependencies([first]), homeless, GITHUB)).toBeUndefined()
    const same = { ...submodule, digest: { gitCommit: SHA } }
    expect(await code(dependencies([same]), refless, GITHUB)).toBeUndefined()
    expect(await code(dependencies([same]), CLAIMS, GITHUB)).toBe('CLAIM_CONFLICT')
    expect(await code(dependencies([{ ...own, digest: { sha1: 'c'.repeat(40) } }]))).toBe('CLAIM_CONFLICT')
  })

  it('compares only the repository of what was signed late', async () => {
    const late =
      (change: Change): Change =>
      (p) => {
        p.runDetails.metadata.cleanbill_lateSigned = LATE_MARK
        change(p)
      }
    const of = async (name: string) => {
      const change = CONFLICTS.find(([one]) => one === name)?.[1]
      return await code(late(change ?? (() => undefined)))
    }
    for (const name of ['the repository', 'the repository id', 'the owner id']) {
      expect(await of(name)).toBe('CLAIM_CONFLICT')
    }
    for (const name of ['the ref', 'the workflow', 'the event', 'the runner', 'the builder', 'the run', 'the commit']) {
      expect(await of(name)).toBeUndefined()
    }
  })
})
