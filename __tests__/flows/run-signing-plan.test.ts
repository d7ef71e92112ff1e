import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { confirmPublic, planSigning, type SigningRequest } from '../../src/flows/signing-plan.ts'
import type { World } from '../../src/flows/world.ts'
import { SILENT_LOG } from '../../src/io/host.ts'
import { codeOf } from '../support/real-signer.ts'
import { testHost } from '../support/test-host.ts'

const folder = mkdtempSync(join(tmpdir(), 'cleanbill-plan-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const said: string[] = []
const env = {
  GITHUB_ACTIONS: 'true',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://token.example',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
}
/** A job of GitHub whose network answers nothing: planning asks nobody. */
const worldOf = (github: Partial<NonNullable<World['github']>> | undefined): World => ({
  host: {
    ...testHost(folder),
    env: github ? env : { SIGSTORE_ID_TOKEN: 'x' },
    log: { ...SILENT_LOG, info: (text) => void said.push(text) },
  },
  http: async () => {
    throw new Error('the network was asked')
  },
  httpStream: async () => {
    throw new Error('the network was asked')
  },
  random: () => 0,
  runTool: async () => undefined,
  github: github && {
    repository: 'acme/secret-model',
    serverUrl: 'https://github.com',
    apiUrl: 'https://api.github.com',
    eventName: 'push',
    visibility: 'public',
    ownerType: 'Organization',
    forkPullRequest: false,
    ...github,
  },
})
const plan = async (
  github: Partial<NonNullable<World['github']>> | undefined,
  request: Partial<SigningRequest> = {},
) => {
  const made = await planSigning({ allowPublicLog: false, trustedRoots: [], ...request }, worldOf(github))
  return made.kind === 'sigstore' ? made.instance : made.kind
}

/** A signing config whose log is the public one. */
const publicConfig = join(folder, 'public.json')
const service = (url: string) => ({ url, majorApiVersion: 1, validFor: { start: '2020-01-01T00:00:00Z' } })
writeFileSync(
  publicConfig,
  JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service('https://fulcio.sigstore.dev')],
    rekorTlogUrls: [service('https://rekor.sigstore.dev')],
    tsaUrls: [service('https://timestamp.sigstore.dev')],
  }),
)
const root = join(folder, 'root.json')
writeFileSync(root, '{}')

describe('the plan of a signing', () => {
  it.each([
    ['a public repository', { visibility: 'public' }, {}, 'public-good'],
    ['a private repository of an organisation', { visibility: 'private' }, {}, 'github'],
    ['an internal repository', { visibility: 'internal' }, {}, 'github'],
    ['a repository nobody spoke of', { visibility: 'unknown' }, {}, 'github'],
    ['a private repository that may become public', { visibility: 'private' }, { allowPublicLog: true }, 'public-good'],
    ['a public repository that wants GitHub’s', { visibility: 'public' }, { instance: 'github' }, 'github'],
    ['nobody’s machine that says so', undefined, { instance: 'public-good' }, 'public-good'],
  ] as const)('for %s', async (_, github, request, expected) => {
    expect(await plan(github, request)).toBe(expected)
  })

  it.each([
    [
      'a private repository and the public instance',
      { visibility: 'private' },
      { instance: 'public-good' },
      'PUBLIC_LOG',
    ],
    [
      'a private repository and a config whose log is public',
      { visibility: 'private' },
      { signingConfig: publicConfig, trustedRoots: [root] },
      'PUBLIC_LOG',
    ],
    ['a machine that says nothing', undefined, {}, 'PUBLIC_LOG'],
    ['a private repository of a person', { visibility: 'private', ownerType: 'User' }, {}, 'STORE_NOT_AVAILABLE'],
    [
      'an own config without its trusted root',
      { visibility: 'public' },
      { signingConfig: publicConfig },
      'ARGUMENT_INVALID',
    ],
  ] as const)('refuses %s', async (_, github, request, code) => {
    expect(await codeOf(() => plan(github, request))).toBe(code)
  })

  it('prints what would become public before it refuses', async () => {
    said.length = 0
    await codeOf(() => plan({ visibility: 'private' }, { instance: 'public-good' }))
    expect(said.join('\n')).toContain('acme/secret-model')
  })
})

describe('the last look before the public log', () => {
  const services = { instance: 'public-good', caUrl: 'https://x', tsaUrl: 'https://x', publicLog: true } as const
  const token = (claims: object) => ({
    jwt: 'x',
    claims: { iss: 'i', sub: 's', repository: 'acme/secret-model', ...claims },
  })

  it.each(['private', 'internal'])('believes the token, which says %s', async (repository_visibility) => {
    said.length = 0
    const world = worldOf({ visibility: 'public' })
    expect(await codeOf(() => confirmPublic(services, token({ repository_visibility }), false, world))).toBe(
      'PUBLIC_LOG',
    )
    expect(said).toContain('becomes public: repository: acme/secret-model')
    expect(await codeOf(() => confirmPublic(services, token({ repository_visibility }), true, world))).toBeUndefined()
    expect(
      await codeOf(() =>
        confirmPublic({ ...services, publicLog: false }, token({ repository_visibility }), false, world),
      ),
    ).toBeUndefined()
  })

  it('does the same for a project of GitLab', async () => {
    expect(
      await codeOf(() => confirmPublic(services, token({ project_visibility: 'private' }), false, worldOf(undefined))),
    ).toBe('PUBLIC_LOG')
  })
})
