import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { WorldAttestation } from '../../../src/embedded/world/description.ts'
import type { Dependency, DependencyFile } from '../../../src/model/dependency.ts'
import type { SourceSession } from '../../../src/source/source.ts'
import { pypiSource } from '../../../src/source/sources/pypi.ts'
import { verifyAttestation } from '../../../src/verify/verify-attestation.ts'
import { verifySubject } from '../../../src/verify/verify-subject.ts'
import { type EvidenceServer, type Served, serve } from '../../support/evidence-server.ts'
import { locked, testSession } from '../../support/evidence-session.ts'
import { fixturePath, loadFixtures } from '../../support/fixtures.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const by: WorldAttestation = { repository: 'acme/tool' }
const WHEEL = 'acme_tool-1.0.0-py3-none-any.whl'
const SDIST = 'acme_tool-1.0.0.tar.gz'

let world: TestWorld
const servers: EvidenceServer[] = []
const start = async (handle: Parameters<typeof serve>[0]) => {
  const server = await serve(handle)
  servers.push(server)
  return server
}
beforeAll(async () => {
  world = await startTestWorld({
    packages: [
      { ecosystem: 'pypi', name: 'acme-tool', version: '0.9', publishedAt: '2026-01-01T00:00:00Z' },
      {
        ecosystem: 'pypi',
        name: 'acme-tool',
        version: '1.0.0',
        attestation: by,
        publishedAt: '2026-10-01T00:00:00Z',
        files: [{ name: WHEEL }, { name: SDIST, attestation: null }],
      },
      { ecosystem: 'pypi', name: 'plain', version: '2.0' },
      { ecosystem: 'pypi', name: 'withdrawn', version: '1.0', yanked: true },
    ],
  })
})
afterAll(() => world.close())
afterEach(async () => {
  world.clearRequests()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const tool = locked('pypi', 'acme-tool@1.0.0')
const session = (more?: Parameters<typeof testSession>[1]) => testSession({ pypi: world.origins.pypi ?? '' }, more)
const at = (server: EvidenceServer) => testSession({ pypi: server.url })
const register = (dependency: Dependency = tool, into = session()) => pypiSource.register?.(dependency, into)
const named = (name: string): DependencyFile => ({ name, digests: {} })
const lookup = (
  file: DependencyFile | undefined,
  into: SourceSession = session(),
  claimed: boolean | undefined = undefined,
  dependency: Dependency = tool,
) => pypiSource.lookup?.({ dependency, file, digests: file?.digests ?? {} }, into, { claimed })
const outcome = (answer: { kind: string; error?: { fault: string } } | undefined) =>
  answer?.error?.fault ?? answer?.kind
const paths = () => world.requests().map(({ path }) => path)

describe('PyPI’s own word', () => {
  it('is the files of one version with their digests', async () => {
    expect(await register()).toMatchObject({
      kind: 'found',
      record: {
        source: 'pypi',
        version: '1.0.0',
        publishedAt: '2026-10-01T00:00:00.000000Z',
        claimsAttestations: true,
        signatures: [],
        files: [
          {
            name: WHEEL,
            digests: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
            claimsAttestations: true,
            yanked: false,
          },
          { name: SDIST, claimsAttestations: false },
        ],
      },
    })
  })

  it.each(['Acme.Tool@1.0', 'acme_tool@v1.0.0', 'ACME-TOOL@1'])('is the same by another spelling: %s', async (spec) => {
    expect(await register(locked('pypi', spec))).toMatchObject({
      record: { files: [{ name: WHEEL }, { name: SDIST }] },
    })
    expect(paths()).toStrictEqual(['/simple/acme-tool/'])
  })

  it('says what was yanked', async () => {
    expect(await register(locked('pypi', 'withdrawn@1.0'))).toMatchObject({ record: { files: [{ yanked: true }] } })
  })

  it.each(['acme-tool@1.0.1', 'acme-tool@1.0.0rc1', 'no-such@1.0'])('is "no such version" of %s', async (spec) => {
    expect(await register(locked('pypi', spec))).toStrictEqual({ kind: 'none', source: 'pypi' })
  })

  it('is asked for once, whoever asks and for whatever', async () => {
    const into = session()
    const files = [named(WHEEL), named(SDIST)]
    await Promise.all([
      register(tool, into),
      pypiSource.history?.(tool, into),
      ...files.map((file) => lookup(file, into, true)),
    ])
    expect(paths().filter((path) => path.startsWith('/simple/'))).toHaveLength(1)
  })

  const file = { filename: WHEEL, hashes: { sha256: 'a'.repeat(64) }, provenance: null }
  const page = { meta: { 'api-version': '1.4' }, name: 'acme-tool', files: [file] }
  it.each([
    ['of another project', { ...page, name: 'other' }, 'SOURCE_MALFORMED'],
    ['of another API', { ...page, meta: { 'api-version': '2.0' } }, 'SOURCE_MALFORMED'],
    ['without an API version', { ...page, meta: {} }, 'SOURCE_MALFORMED'],
    [
      'with a file twice',
      { ...page, files: [file, { ...file, hashes: { sha256: 'b'.repeat(64) } }] },
      'SOURCE_MALFORMED',
    ],
    ['with a digest that is none', { ...page, files: [{ ...file, hashes: { sha256: 'xyz' } }] }, 'DIGEST_MALFORMED'],
    ['with a file of another shape', { ...page, files: [{ filename: WHEEL }] }, 'SOURCE_MALFORMED'],
    ['with a file that is none', { ...page, files: ['x'] }, 'SOURCE_MALFORMED'],
    ['as a page', '<!DOCTYPE html><html></html>', 'JSON_MALFORMED'],
    ['cut short', JSON.stringify(page).slice(0, -2), 'JSON_MALFORMED'],
    ['with a key twice', JSON.stringify(page).replace('{"meta"', '{"files":[],"meta"'), 'JSON_AMBIGUOUS'],
  ])('is malformed: an index %s', async (_, body, code) => {
    const server = await start(() => ({ body }))
    expect(await register(tool, at(server))).toMatchObject({ kind: 'unavailable', error: { fault: 'malformed', code } })
  })

  it.each([
    [401, 'unreadable'],
    [403, 'unreadable'],
    [406, 'malformed'],
    [500, 'unreachable'],
    [429, 'rate-limited'],
  ])('after %i is %s', async (status, fault) => {
    const server = await start(() => ({ status }))
    expect(outcome(await register(tool, at(server)))).toBe(fault)
  })

  it.each(['../x', 'a/b', 'a b', 'a\n', '$(id)', '--flag', '', 'é'])('T-AC-01: is not asked about %j', async (name) => {
    expect(outcome(await register({ ...tool, name }))).toBe('unsupported')
    expect(paths()).toStrictEqual([])
  })
})

describe('PyPI’s provenance', () => {
  it('is found for the file that has one, and verifies', async () => {
    const answer = await lookup(named(WHEEL), session(), true)
    expect(answer).toMatchObject({ kind: 'found', documents: [{ form: 'pep740' }] })
    if (answer?.kind !== 'found') return
    const record = await register()
    const digests = record?.kind === 'found' ? [record.record.files[0]?.digests ?? {}] : []
    const verified = (answer.documents[0]?.attestations ?? []).map((one) => verifyAttestation(one, world.trust))
    expect(verified.length).toBeGreaterThan(0)
    for (const { statement } of verified)
      if (statement !== undefined) verifySubject(statement, { name: WHEEL, digests })
    expect(paths()).toContain(`/integrity/acme-tool/1.0.0/${WHEEL}/provenance`)
  })

  it('is none for a file beside it, without a question', async () => {
    expect(outcome(await lookup(named(SDIST), session(), true))).toBe('none')
    expect(paths()).toStrictEqual(['/simple/acme-tool/'])
  })

  it('is asked for where it is expected, whatever the index says', async () => {
    expect(outcome(await lookup(named(SDIST)))).toBe('none')
    expect(paths()).toContain(`/integrity/acme-tool/1.0.0/${SDIST}/provenance`)
  })

  it('is found by digest where the lock has bare hashes', async () => {
    const record = await register()
    const sha256 = record?.kind === 'found' ? (record.record.files[0]?.digests.sha256 ?? '') : ''
    expect(outcome(await lookup({ digests: { sha256: sha256.toUpperCase() } }, session(), true))).toBe('found')
    expect(outcome(await lookup({ digests: { sha256: '0'.repeat(64) } }, session(), true))).toBe('none')
  })

  const index = (provenance: string | null | undefined) => ({
    meta: { 'api-version': '1.4' },
    name: 'acme-tool',
    files: [{ filename: WHEEL, hashes: { sha256: 'a'.repeat(64) }, provenance }],
  })
  const claiming = (
    served: Served,
    provenance: string | null | 'no field' = 'https://pypi.org/integrity/acme-tool/1.0.0/w/provenance',
  ) =>
    start(({ path }) =>
      path.startsWith('/simple/') ? { body: index(provenance === 'no field' ? undefined : provenance) } : served,
    )

  it.each<[string, Served, string]>([
    ['403', { status: 403 }, 'disabled'],
    ['406', { status: 406 }, 'malformed'],
    ['401', { status: 401 }, 'unreadable'],
    ['404, though the index claims it', { status: 404 }, 'malformed'],
    ['an empty list, though the index claims it', { body: { version: 1, attestation_bundles: [] } }, 'malformed'],
    ['500', { status: 500 }, 'unreachable'],
    ['429', { status: 429 }, 'rate-limited'],
    ['a page', { body: '<html>' }, 'malformed'],
    ['another form', { body: { attestations: [{ bundle: {} }] } }, 'malformed'],
  ])('after %s: %j is %s', async (_, served, fault) => {
    const server = await claiming(served)
    expect(outcome(await lookup(named(WHEEL), at(server), true))).toBe(fault)
  })

  it('is refused in another form, although its bundle is good', async () => {
    const pack = world.state.versions('pypi', 'acme-tool').find(({ version }) => version === '1.0.0')
    const file = pack && world.state.filesOf(pack)[0]
    if (pack === undefined || file === undefined) throw new Error('no such file')
    const [signed] = await world.state.attestationsOf(pack, file)
    const server = await claiming({ body: signed?.bundle ?? {} })
    expect(await lookup(named(WHEEL), at(server), true)).toMatchObject({
      error: { fault: 'malformed', code: 'BUNDLE_MALFORMED', message: expect.stringContaining('sigstore-bundle') },
    })
  })

  it('is asked with the one type that the API has', async () => {
    const server = await claiming({ status: 403 })
    await lookup(named(WHEEL), at(server), true)
    expect(server.requests.map(({ headers }) => headers.accept)).toStrictEqual([
      'application/vnd.pypi.simple.v1+json',
      'application/vnd.pypi.integrity.v1+json',
    ])
  })

  it.each([
    ['http://169.254.169.254/latest', `/integrity/acme-tool/1.0.0/${WHEEL}/provenance`],
    ['https://evil.example/integrity/acme-tool/1.0.0/x/provenance', '/integrity/acme-tool/1.0.0/x/provenance'],
    ['https://evil.example/admin', `/integrity/acme-tool/1.0.0/${WHEEL}/provenance`],
    ['https://evil.example/integrity/../admin/provenance', `/integrity/acme-tool/1.0.0/${WHEEL}/provenance`],
    ['//evil.example/integrity/a/provenance', '/integrity/a/provenance'],
    ['not a url', `/integrity/acme-tool/1.0.0/${WHEEL}/provenance`],
  ])('T-NS-04: is asked at the configured origin, whatever URL the index names: %s', async (url, path) => {
    const server = await claiming({ status: 403 }, url)
    expect(outcome(await lookup(named(WHEEL), at(server), true))).toBe('disabled')
    expect(server.requests.map((request) => request.path)).toStrictEqual(['/simple/acme-tool/', path])
  })

  it('T-NS-10: cannot be denied by a mirror that does not know of it', async () => {
    const server = await claiming({ status: 404 }, 'no field')
    expect(outcome(await lookup(named(WHEEL), at(server), true))).toBe('stripped')
    expect(outcome(await lookup(named(WHEEL), at(server), undefined))).toBe('stripped')
    expect(outcome(await lookup(named('other-1.0.tar.gz'), at(server), false))).toBe('stripped')
  })

  it('T-NS-10: can be denied by an index that knows of it', async () => {
    const server = await claiming({ status: 404 }, null)
    expect(outcome(await lookup(named(WHEEL), at(server), undefined))).toBe('none')
  })

  it('T-NS-02: is not all there when the answer says that more follows', async () => {
    const server = await claiming({ body: '{}', headers: { link: '</next>; rel="next"' } })
    expect(outcome(await lookup(named(WHEEL), at(server), true))).toBe('truncated')
  })

  it('T-NS-01: is as unavailable as the index', async () => {
    const server = await start(() => ({ status: 503 }))
    expect(outcome(await lookup(named(WHEEL), at(server), undefined))).toBe('unreachable')
  })

  it('T-NS-09: comes from the cache offline, and never an empty one', async () => {
    const cacheDir = mkdtempSync(join(tmpdir(), 'cleanbill-pypi-'))
    try {
      const server = await claiming({ body: { version: 1, attestation_bundles: [] } }, null)
      const origins = { pypi: server.url }
      await lookup(named(WHEEL), testSession(origins, { cacheDir }))
      expect(outcome(await lookup(named(WHEEL), testSession(origins, { cacheDir, offline: true })))).toBe('offline')
      await lookup(named(WHEEL), session({ cacheDir }), true)
      expect(outcome(await lookup(named(WHEEL), session({ cacheDir, offline: true })))).toBe('found')
      expect(outcome(await lookup(named(SDIST), session({ cacheDir, offline: true })))).toBe('offline')
    } finally {
      rmSync(cacheDir, { recursive: true })
    }
  })
})

describe('PyPI’s history', () => {
  it('is a line for each version, from the same page', async () => {
    expect(await pypiSource.history?.(tool, session())).toMatchObject({
      kind: 'known',
      value: [
        { version: '0.9', publishedAt: '2026-01-01T00:00:00.000000Z', claimsAttestations: false },
        { version: '1.0.0', publishedAt: '2026-10-01T00:00:00.000000Z', claimsAttestations: true },
      ],
    })
  })

  it('is not known where the index is not', async () => {
    const server = await start(() => ({ status: 500 }))
    expect(await pypiSource.history?.(tool, at(server))).toMatchObject({ kind: 'unknown', code: 'CONTEXT_UNKNOWN' })
    expect(await pypiSource.history?.(tool, session({ offline: true }))).toMatchObject({ code: 'NOT_ASKED' })
  })
})

describe.skipIf(loadFixtures().length === 0)('real PyPI documents', () => {
  const documents = loadFixtures().filter(({ path }) => path.startsWith('pypi/') && path.endsWith('.provenance'))
  it.each(documents.map(({ path }) => path))('are found: %s', async (path) => {
    const body = readFileSync(fixturePath(path))
    const fileName = basename(path).replace(/\.provenance$/, '')
    const [, name = '', version = ''] = /^([^-]+)-([^-]+?)(?:-py.*\.whl|\.tar\.gz)$/.exec(fileName) ?? []
    const listed = { filename: fileName, hashes: {}, provenance: 'https://pypi.org/integrity/a/b/c/provenance' }
    const page = { meta: { 'api-version': '1.4' }, name, files: [listed] }
    const server = await start((request) => (request.path.startsWith('/simple/') ? { body: page } : { body }))
    const answer = await lookup(named(fileName), at(server), true, locked('pypi', `${name}@${version}`))
    expect(answer).toMatchObject({ kind: 'found', documents: [{ form: 'pep740' }] })
  })
})
