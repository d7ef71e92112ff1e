import { describe, expect, it } from 'vitest'
import type { KeylessIdentity } from '../../src/model/identity.ts'
import type { Statement } from '../../src/model/statement.ts'
import { verifyClaims } from '../../src/verify/verify-claims.ts'
import { codeOf, type LooseJson } from '../support/real-signer.ts'

const COMMIT = 'a'.repeat(40)
const WORKFLOW = 'acme/app/.github/workflows/release.yml@refs/heads/main'

const old: KeylessIdentity = {
  kind: 'certificate',
  subjectAlternativeName: { type: 'uri', value: `https://github.com/${WORKFLOW}` },
  claims: {},
  legacy: { trigger: 'push', sha: COMMIT, repository: 'acme/app', ref: 'refs/heads/main' },
}
const current: KeylessIdentity = {
  ...old,
  legacy: {},
  claims: {
    sourceRepositoryUri: 'https://github.com/acme/app',
    sourceRepositoryDigest: COMMIT,
    sourceRepositoryRef: 'refs/heads/main',
    sourceRepositoryIdentifier: '42',
    sourceRepositoryOwnerIdentifier: '7',
    buildConfigUri: `https://github.com/${WORKFLOW}`,
    buildTrigger: 'push',
    runInvocationUri: 'https://github.com/acme/app/actions/runs/11/attempts/2',
  },
}

function statement(change: (predicate: LooseJson) => void = () => undefined): Statement {
  const predicate: LooseJson = {
    buildType: 'https://github.com/npm/cli/gha/v2',
    builder: { id: 'https://github.com/actions/runner' },
    invocation: {
      configSource: { uri: 'git+https://github.com/acme/app@refs/heads/main', digest: { sha1: COMMIT } },
      environment: {
        GITHUB_EVENT_NAME: 'push',
        GITHUB_REF: 'refs/heads/main',
        GITHUB_REPOSITORY: 'acme/app',
        GITHUB_REPOSITORY_ID: '42',
        GITHUB_REPOSITORY_OWNER_ID: '7',
        GITHUB_RUN_ATTEMPT: '2',
        GITHUB_RUN_ID: '11',
        GITHUB_SHA: COMMIT,
        GITHUB_WORKFLOW_REF: WORKFLOW,
      },
    },
  }
  change(predicate)
  const subject = [{ name: 'pkg:npm/app@1.0.0', digest: { sha512: 'b'.repeat(128) } }]
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType: 'https://slsa.dev/provenance/v0.2',
    predicate,
  }
}

const set = (name: string, value: string | number) => (predicate: LooseJson) => {
  predicate.invocation.environment[`GITHUB_${name}`] = value
}

describe('verifyClaims over provenance v0.2 of npm (T-ID-10)', () => {
  it('takes a predicate that agrees with a certificate of either age', () => {
    for (const signer of [old, current]) expect(() => verifyClaims(statement(), signer)).not.toThrow()
  })

  it('compares ids that are numbers as text', () => {
    expect(() => verifyClaims(statement(set('REPOSITORY_ID', 42)), current)).not.toThrow()
    expect(() => verifyClaims(statement(set('REPOSITORY_ID', 43)), current)).toThrow()
  })

  it.for<[string, (predicate: LooseJson) => void, KeylessIdentity[]]>([
    ['the repository', set('REPOSITORY', 'acme/other'), [old, current]],
    ['the ref', set('REF', 'refs/heads/evil'), [old, current]],
    ['the commit', set('SHA', 'c'.repeat(40)), [old, current]],
    ['the event', set('EVENT_NAME', 'pull_request_target'), [old, current]],
    ['the repository id', set('REPOSITORY_ID', '43'), [current]],
    ['the owner id', set('REPOSITORY_OWNER_ID', '8'), [current]],
    ['the workflow', set('WORKFLOW_REF', 'acme/app/.github/workflows/x.yml@refs/heads/main'), [current]],
    ['the run', set('RUN_ID', '12'), [current]],
    [
      'the source',
      (p: LooseJson) => (p.invocation.configSource.uri = 'git+https://github.com/evil/app@refs/heads/main'),
      [old, current],
    ],
    [
      'the commit of the source',
      (p: LooseJson) => (p.invocation.configSource.digest.sha1 = 'c'.repeat(40)),
      [old, current],
    ],
  ])('refuses one that contradicts %s', async ([, change, signers]) => {
    for (const signer of signers) {
      expect(await codeOf(() => verifyClaims(statement(change), signer))).toBe('CLAIM_CONFLICT')
    }
  })

  const without =
    (...names: string[]) =>
    (predicate: LooseJson) => {
      for (const name of names) delete predicate.invocation.environment[`GITHUB_${name}`]
    }

  it.for<[string, (predicate: LooseJson) => void]>([
    ['the repository', without('REPOSITORY')],
    ['the workflow', without('WORKFLOW_REF')],
    ['the run', without('RUN_ID')],
    ['the attempt', without('RUN_ATTEMPT')],
    ['the run nor the attempt', without('RUN_ID', 'RUN_ATTEMPT')],
    ['the environment', (p) => delete p.invocation.environment],
    ['the invocation', (p) => delete p.invocation],
    ['a ref that is a text', (p) => (p.invocation.environment.GITHUB_REF = {})],
  ])('compares nothing where the predicate does not have %s', ([, change]) => {
    for (const signer of [old, current]) expect(() => verifyClaims(statement(change), signer)).not.toThrow()
  })

  it.for(['repository', 'ref'] as const)('does not know the source where an old certificate has no %s', (name) => {
    const legacy = { ...old.legacy, [name]: undefined }
    expect(() => verifyClaims(statement(), { ...old, legacy })).not.toThrow()
  })

  it.for<[string, string | undefined]>([
    ['https://github.com/npm/cli/gha@v1', 'CLAIM_CONFLICT'],
    ['https://github.com/npm/cli/gha/v1', 'CLAIM_CONFLICT'],
    ['https://evil.example/https://github.com/npm/cli/gha/v2', undefined],
    ['https://github.com/npm/cli/gha/v2/more', undefined],
  ])('reads the fields of %s as: %s', async ([buildType, expected]) => {
    const other = statement((predicate) => {
      predicate.buildType = buildType
      set('REPOSITORY', 'acme/other')(predicate)
    })
    expect(await codeOf(() => verifyClaims(other, current))).toBe(expected)
  })

  it('compares nothing of another predicate, and nothing with a key', () => {
    const wrong = statement(set('REPOSITORY', 'acme/other'))
    expect(() => verifyClaims({ ...wrong, predicateType: 'https://example.com/x' }, current)).not.toThrow()
    expect(() => verifyClaims(wrong, { kind: 'key', fingerprint: 'a', source: 'key' })).not.toThrow()
  })

  it('compares nothing of a build type whose fields mean something else', () => {
    const other = statement((predicate) => {
      predicate.buildType = 'https://example.com/other'
      set('REPOSITORY', 'acme/other')(predicate)
    })
    expect(() => verifyClaims(other, current)).not.toThrow()
  })
})
