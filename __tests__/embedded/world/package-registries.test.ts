import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const by = { repository: 'acme/tool' }
let world: TestWorld
beforeAll(async () => {
  world = await startTestWorld({
    packages: [
      { ecosystem: 'npm', name: '@acme/tool', version: '1.0.0' },
      { ecosystem: 'npm', name: '@acme/tool', version: '1.1.0', attestation: by, scripts: { install: 'node x.js' } },
      { ecosystem: 'npm', name: 'unpublished', version: '1.0.0', yanked: true },
      { ecosystem: 'pypi', name: 'Acme.Tool', version: '1.0', attestation: by },
    ],
  })
})
afterAll(() => world.close())

const get = (service: string, path: string, headers: Record<string, string> = {}) =>
  fetch(`${world.origins[service]}${path}`, { headers, redirect: 'manual' })
// biome-ignore lint/suspicious/noExplicitAny: a test looks into these documents at any place
const json = async (response: Response): Promise<any> => await response.json()

describe('the npm of a world', () => {
  it('serves the tarball that its record describes, and signs its integrity', async () => {
    const record = await json(await get('npm', '/@acme%2ftool/1.1.0'))
    const bytes = Buffer.from(await (await fetch(record.dist.tarball)).arrayBuffer())
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`
    expect(record.dist.integrity).toBe(integrity)
    expect(record.dist.signatures).toMatchObject([{ keyid: world.state.npmRegistryKey.keyid }])
    expect(record.dist.attestations.url).toBe(`${world.origins.npm}/-/npm/v1/attestations/@acme%2ftool@1.1.0`)
    expect(record._npmUser.trustedPublisher).toMatchObject({ id: 'github' })
  })

  it('serves publish and provenance together', async () => {
    const { attestations } = await json(await get('npm', '/-/npm/v1/attestations/@acme%2ftool@1.1.0'))
    expect(attestations.map(({ predicateType }: { predicateType: string }) => predicateType)).toStrictEqual([
      'https://github.com/npm/attestation/tree/main/specs/publish/v0.1',
      'https://slsa.dev/provenance/v1',
    ])
  })

  it('serves its key in the form that the real one does', async () => {
    const { keys } = await json(await get('npm', '/-/npm/v1/keys'))
    const [{ keyid, key, ...rest }] = keys
    expect(rest).toStrictEqual({ expires: null, keytype: 'ecdsa-sha2-nistp256', scheme: 'ecdsa-sha2-nistp256' })
    const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=$/, '')
    expect(keyid).toBe(`SHA256:${digest}`)
  })

  it('serves packuments of the usual size, short where a client asks for that', async () => {
    const full = await get('npm', '/@acme%2ftool')
    const text = await full.text()
    expect(text.length).toBeGreaterThan(16_384)
    const document = JSON.parse(text)
    expect(Object.keys(document.versions)).toStrictEqual(['1.0.0', '1.1.0'])
    expect(document.time['1.1.0']).toBe(document.time.modified)
    expect(document.versions['1.0.0'].dist.attestations).toBeUndefined()
    const short = await get('npm', '/@acme%2ftool', { accept: 'application/vnd.npm.install-v1+json; q=1.0, */*' })
    expect(short.headers.get('content-type')).toBe('application/vnd.npm.install-v1+json')
    const abbreviated = await json(short)
    expect(abbreviated.readme).toBeUndefined()
    expect(abbreviated.versions['1.1.0']).toMatchObject({ hasInstallScript: true, dist: { signatures: [{}] } })
  })

  it('answers 304 to who has the same', async () => {
    const etag = (await get('npm', '/@acme%2ftool/1.0.0')).headers.get('etag') ?? ''
    expect((await get('npm', '/@acme%2ftool/1.0.0', { 'if-none-match': etag })).status).toBe(304)
    expect((await get('npm', '/@acme%2ftool/1.1.0', { 'if-none-match': etag })).status).toBe(200)
  })

  it.each([
    '/no-such',
    '/no-such/1.0.0',
    '/@acme%2ftool/9.9.9',
    '/unpublished',
    '/-/npm/v1/attestations/@acme%2ftool@1.0.0',
    '/-/npm/v1/attestations/unpublished@1.0.0',
    '/@acme/tool/-/tool-9.9.9.tgz',
    '/%ff',
  ])('knows nothing of %s', async (path) => {
    expect((await get('npm', path)).status).toBe(404)
  })

  it('takes nothing in', async () => {
    expect((await fetch(`${world.origins.npm}/x`, { method: 'PUT', body: '{}' })).status).toBe(405)
  })
})

describe('the PyPI of a world', () => {
  const accept = 'application/vnd.pypi.simple.v1+json'

  it('serves the file that its index describes', async () => {
    const { files, meta, name } = await json(await get('pypi', '/simple/acme-tool/', { accept }))
    expect({ meta, name }).toMatchObject({ meta: { 'api-version': '1.4' }, name: 'acme-tool' })
    const bytes = Buffer.from(await (await fetch(files[0].url)).arrayBuffer())
    expect(files[0].hashes.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
    expect(files[0].size).toBe(bytes.length)
    expect(files[0].provenance).toBe(`${world.origins.pypi}/integrity/acme-tool/1.0/${files[0].filename}/provenance`)
  })

  it('serves each form to who asks for it, and no other', async () => {
    const page = await get('pypi', '/simple/acme-tool/')
    expect(page.headers.get('content-type')).toBe('text/html')
    expect((await get('pypi', '/simple/acme-tool/', { accept: 'application/json' })).status).toBe(406)
    const path = '/integrity/acme-tool/1.0/acme_tool-1.0-py3-none-any.whl/provenance'
    expect((await get('pypi', path)).status).toBe(406)
    const provenance = await get('pypi', path, { accept: 'application/vnd.pypi.integrity.v1+json' })
    expect(await json(provenance)).toMatchObject({
      version: 1,
      attestation_bundles: [{ publisher: { kind: 'GitHub', repository: 'acme/tool', workflow: 'release.yml' } }],
    })
  })

  it('sends other spellings to the one that it uses', async () => {
    const answer = await get('pypi', '/simple/Acme.Tool/', { accept })
    expect([answer.status, answer.headers.get('location')]).toStrictEqual([301, '/simple/acme-tool/'])
  })

  it.each([
    '/simple/no-such/',
    '/integrity/acme-tool/2.0/acme_tool-1.0-py3-none-any.whl/provenance',
    '/integrity/acme-tool/1.0/acme_tool-1.0.tar.gz/provenance',
    `/packages/00/00/${'0'.repeat(60)}/acme_tool-1.0-py3-none-any.whl`,
    '/admin',
  ])('knows nothing of %s', async (path) => {
    expect((await get('pypi', path, { accept: `${accept}, application/vnd.pypi.integrity.v1+json` })).status).toBe(404)
  })
})
