import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { start } from '../embedded/signing.ts'
import { scratch } from '../support/built.ts'
import { type GithubApi, startGithubApi } from '../support/github-api.ts'
import { type JobOptions, makeJob, REPOSITORY, STORE_TOKEN, verifyBundle } from '../support/github-job.ts'
import { startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.ts'

const folder = scratch()
let sigstore: EmbeddedSigstore
let tokens: TokenEndpoint

beforeAll(async () => {
  sigstore = await start(folder.path('sigstore'))
  tokens = await startTokenEndpoint(sigstore)
})
afterAll(async () => {
  await tokens.close()
  await sigstore.close()
  folder.remove()
})

const job = (more: Partial<JobOptions> = {}) =>
  makeJob({
    folder: folder.path(),
    sigstore,
    ...more,
    env: { ACTIONS_ID_TOKEN_REQUEST_URL: tokens.url, ...more.env },
  })
const STEP = { run: 'touch ran; echo 1 > a.bin', outputs: 'model: a.bin' }
const noPermission = { ACTIONS_ID_TOKEN_REQUEST_URL: undefined, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined }

describe('before the command runs', () => {
  const fork = { pull_request: { head: { repo: { full_name: 'mallory/demo' } } } }
  const cases: readonly [string, string, Partial<JobOptions>, Record<string, string>][] = [
    ['a planted SIGSTORE_ID_TOKEN', 'TOKEN_SOURCE', { env: { SIGSTORE_ID_TOKEN: 'eyJ.e30.x' } }, {}],
    ['a job without id-token: write', 'TOKEN_PERMISSION', { env: noPermission }, {}],
    [
      'a pull request of a fork',
      'TOKEN_FORK',
      { env: { ...noPermission, GITHUB_EVENT_NAME: 'pull_request' }, event: fork },
      {},
    ],
    [
      'a private repository and the public log',
      'PUBLIC_LOG',
      { visibility: 'private' },
      { sigstore: 'public-good', 'signing-config': '', 'trusted-root': '' },
    ],
    [
      'a private repository of a person',
      'STORE_NOT_AVAILABLE',
      { visibility: 'private', ownerType: 'User' },
      { 'signing-config': '', 'trusted-root': '' },
    ],
    [
      'GitHub Enterprise Server, private',
      'STORE_NOT_AVAILABLE',
      { visibility: 'private', env: { GITHUB_SERVER_URL: 'https://ghes.example' } },
      { 'signing-config': '', 'trusted-root': '' },
    ],
    ['a signing config without its trusted root', 'ARGUMENT_INVALID', {}, { 'trusted-root': '' }],
    ['a signing config that is not there', 'FILE_NOT_FOUND', {}, { 'signing-config': '/nowhere.json' }],
    ['a key together with an instance', 'ARGUMENT_INVALID', {}, { 'signing-key': 'key.pem' }],
    ['a repository name that is none', 'INPUT_INVALID', { env: { GITHUB_REPOSITORY: 'a/b/c' } }, {}],
  ]
  it.each(cases)('T-AC-12, T-AC-16: refuses %s with %s, exit 2', async (_, code, options, inputs) => {
    const { step, workspace } = job(options)
    const asked = tokens.requests.length
    const result = await step({ ...STEP, ...inputs })
    expect(result.stdout).toMatch(new RegExp(`^::error title=Cleanbill ${code}::`, 'm'))
    expect(result.code).toBe(2)
    expect(existsSync(join(workspace, 'ran'))).toBe(false)
    expect(tokens.requests).toHaveLength(asked)
  })

  it('names the three choices where a private repository has no store', async () => {
    const { step } = job({ visibility: 'private', ownerType: 'User' })
    const { stdout } = await step({ ...STEP, 'signing-config': '', 'trusted-root': '' })
    for (const choice of ['signing-config', 'signing-key', 'allow-public-log']) expect(stdout).toContain(choice)
  })
})

describe('a private repository of an organisation whose plan has no store', () => {
  let api: GithubApi
  beforeAll(async () => {
    const repositories = [{ name: REPOSITORY, visibility: 'private' as const }]
    api = await startGithubApi({ repositories, tokens: { [STORE_TOKEN]: { attestations: 'write' } } })
  })
  afterAll(() => api.close())
  const privateJob = () => job({ visibility: 'private', apiUrl: api.url })
  const own = { 'github-token': STORE_TOKEN }

  it('is told so before the command runs', async () => {
    const { step, workspace } = privateJob()
    const result = await step({ ...STEP, ...own, 'signing-config': '', 'trusted-root': '' })
    expect(result.stdout).toContain('STORE_NOT_AVAILABLE')
    expect(result.stdout).toContain('upgrade the billing plan')
    expect(result.code).toBe(2)
    expect(existsSync(join(workspace, 'ran'))).toBe(false)
  })

  it('keeps the bundle as a file when it takes the first choice, an instance of its own', async () => {
    const { step, workspace } = privateJob()
    const result = await step({ ...STEP, ...own })
    expect(result.stdout).not.toContain('::error')
    expect(result.code).toBe(0)
    expect(verifyBundle(join(workspace, '.cleanbill/attestation.json'), sigstore).statement.subject).toHaveLength(1)
    expect(result.outputs).toMatchObject({ signed: 'true', 'attestation-id': '' })
  })

  it('is still refused when it asks for the store by name', async () => {
    const result = await privateJob().step({ ...STEP, ...own, store: 'github' })
    expect(result.stdout).toContain('STORE_NOT_AVAILABLE')
    expect(result.code).toBe(2)
  })
})

describe('after the command', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: 'https://issuer.example', sub: 'x', aud: 'sigstore', exp: 9_999_999_999 }
  const jwt = (change: object) => `${part({ alg: 'RS256' })}.${part({ ...claims, ...change })}.c2ln`

  it.each([
    ['a token for somebody else', 'TOKEN_AUDIENCE', jwt({ aud: 'https://github.com/octo-org' }), 2],
    ['an expired token', 'TOKEN_EXPIRED', jwt({ exp: 1 }), 2],
    ['something that is no token', 'TOKEN_MALFORMED', 'undefined', 2],
    ['a token of an issuer that the CA does not know', 'CA_REFUSED', jwt({}), 1],
  ])('refuses %s with %s and seals the statement', async (_, code, token, exit) => {
    tokens.replace(() => token)
    const { step, workspace } = job()
    const result = await step(STEP)
    expect(result.stdout).toMatch(new RegExp(`^::error title=Cleanbill ${code}::`, 'm'))
    expect(result.code).toBe(exit)
    expect(result.stdout).not.toContain(token === 'undefined' ? '\u0000' : token)
    expect(result.stdout).toContain('NOT SIGNED')
    expect(existsSync(join(workspace, '.cleanbill/outbox'))).toBe(true)
    expect(existsSync(join(workspace, '.cleanbill/attestation.json'))).toBe(false)
    expect(result.outputs.signed).toBe('false')
  })

  it.each([
    [
      'answers an error body with status 200',
      { kind: 'status', status: 200, body: { message: 'no' } },
      'TOKEN_MALFORMED',
      2,
    ],
    ['answers no JSON', { kind: 'status', status: 200, body: '<html>' }, 'TOKEN_MALFORMED', 2],
    ['refuses', { kind: 'status', status: 403, body: {} }, 'TOKEN_PERMISSION', 2],
    ['answers 404', { kind: 'status', status: 404, body: {} }, 'TOKEN_UNAVAILABLE', 0],
  ] as const)('is not misled when the token endpoint %s', async (_, fault, code, exit) => {
    tokens.misbehave(fault)
    const { step, workspace } = job()
    const result = await step(STEP)
    expect(`${result.stdout}${result.summary}`).toContain(code)
    expect(result.code).toBe(exit)
    expect(existsSync(join(workspace, '.cleanbill/attestation.json'))).toBe(false)
  })

  it('asks again when the token endpoint answers 500, half an answer, or nothing', async () => {
    tokens.misbehave({ kind: 'status', status: 500 }, { kind: 'half-body', status: 200 })
    const { step, workspace } = job()
    expect((await step(STEP)).code).toBe(0)
    expect(verifyBundle(join(workspace, '.cleanbill/attestation.json'), sigstore).statement.subject).toHaveLength(1)
  })

  it('waits in the outbox when the token endpoint stays down', async () => {
    tokens.misbehave({ kind: 'reset' }, { kind: 'reset' }, { kind: 'status', status: 500 })
    const { step, workspace } = job()
    const result = await step(STEP)
    expect(result.code).toBe(0)
    expect(result.outputs).toMatchObject({
      pending: 'true',
      signed: 'false',
      'outbox-path': join(workspace, '.cleanbill/outbox'),
    })
  })
})
