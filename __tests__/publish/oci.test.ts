import { afterEach, expect, test } from 'vitest'
import { type Http, http } from '../../src/io/http.ts'
import { type OciOptions, ociPublisher, resolveImage } from '../../src/publish/oci.ts'
import type { Fault } from '../support/loopback-server.ts'
import { type OciRegistry, type OciRegistrySetup, startOciRegistry } from '../support/oci-registry.ts'
import { makeHost, makeRequest, refusal } from './fixtures.ts'

const REPOSITORY = 'acme/app'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const ROBOT = { username: 'robot', password: 'registry-password' }
let registry: OciRegistry | undefined
afterEach(() => registry?.close())

async function start(setup: OciRegistrySetup = {}) {
  const server = await startOciRegistry(setup)
  registry = server
  const image = server.seed(REPOSITORY, 'v1')
  const [, hex = ''] = image.digest.split(':')
  const request = makeRequest('app', hex)
  const publish = (more: Partial<OciOptions> = {}) =>
    ociPublisher({
      image: `oci://${server.host}/${REPOSITORY}@${image.digest}`,
      http,
      host: makeHost(),
      patience: { backoffMs: 5, random: () => 0 },
      ...more,
    }).publish(request)
  return { server, image, request, publish, tag: `${REPOSITORY}:sha256-${hex}` }
}

const read = (server: OciRegistry, key: string) =>
  JSON.parse(server.manifests.get(key)?.bytes.toString('utf8') ?? 'null')

test('attaches the bundle as a referrer with exactly the fields of the specification', async () => {
  const { server, image, request, publish, tag } = await start()
  const now = new Date('2026-03-08T18:18:20.406Z')
  const published = await publish({ host: { ...makeHost(), now: () => now } })
  expect(published).toEqual({
    publisher: 'oci',
    id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    url: `oci://${server.host}/${REPOSITORY}@${published.id}`,
  })
  const manifest = read(server, `${REPOSITORY}@${published.id}`)
  const [layer] = manifest.layers
  expect(manifest).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: BUNDLE,
    config: {
      mediaType: 'application/vnd.oci.empty.v1+json',
      size: 2,
      digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    },
    layers: [{ mediaType: BUNDLE, digest: layer.digest, size: server.blobs.get(layer.digest)?.length }],
    subject: { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...image },
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
      'org.opencontainers.image.created': '2026-03-08T18:18:20.406Z',
    },
  })
  expect(JSON.parse(server.blobs.get(layer.digest)?.toString('utf8') ?? '')).toEqual(request.bundle)
  expect(server.manifests.has(tag)).toBe(false)
})

test('names the real media type of an index', async () => {
  const { server, publish } = await start()
  const index = server.seed(REPOSITORY, 'multi', { schemaVersion: 2, mediaType: INDEX, manifests: [] })
  const image = `${server.host}/${REPOSITORY}@${index.digest}`
  expect((await refusal(publish({ image }))).code).toBe('SUBJECT_MISMATCH')
  const request = makeRequest('app', index.digest.slice('sha256:'.length))
  const published = await ociPublisher({ image, http, host: makeHost() }).publish(request)
  expect(read(server, `${REPOSITORY}@${published.id}`).subject).toEqual({ mediaType: INDEX, ...index })
})

test('resolves a tag once, and refuses when it has moved to another image', async () => {
  const { server, image, publish } = await start()
  const byTag = `oci://${server.host}/${REPOSITORY}:v1`
  expect((await publish({ image: byTag })).publisher).toBe('oci')
  expect(server.requests.filter(({ path }) => path.endsWith('/manifests/v1'))).toHaveLength(1)
  const host = makeHost()
  expect((await resolveImage({ image: byTag, http, host })).digest).toBe(image.digest)
  server.seed(REPOSITORY, 'v1', { schemaVersion: 2, mediaType: INDEX, manifests: [], moved: true })
  expect(await refusal(publish({ image: byTag }))).toMatchObject({ code: 'SUBJECT_MISMATCH', class: 'usage' })
})

test('finds its referrer on a later page', async () => {
  const { server, image, publish } = await start({ pageSize: 1 })
  const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...image }
  for (const n of [1, 2]) server.seed(REPOSITORY, `other${n}`, { artifactType: BUNDLE, subject, n })
  await publish()
  expect(server.requests.filter(({ path }) => path.includes('/referrers/')).length).toBe(3)
})

test.each(['off', 'claimed'] as const)('writes the index by tag where the referrers API is %s', async (referrers) => {
  const { server, publish, tag } = await start({ referrers })
  const { id } = await publish()
  const index = read(server, tag)
  expect(index).toEqual({ schemaVersion: 2, mediaType: INDEX, manifests: [expect.objectContaining({ digest: id })] })
  expect(index.manifests[0]).toMatchObject({
    artifactType: BUNDLE,
    annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope' },
    size: server.manifests.get(`${REPOSITORY}@${id}`)?.bytes.length,
  })
})

test('keeps what others wrote into the index, to the last field', async () => {
  const { server, publish, tag, image } = await start({ referrers: 'off' })
  const theirs = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...image, data: 'AA==' }
  server.seed(REPOSITORY, tag.split(':')[1] ?? '', {
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [theirs],
    annotations: { a: 'b' },
  })
  const { id } = await publish()
  expect(read(server, tag)).toMatchObject({ annotations: { a: 'b' }, manifests: [theirs, { digest: id }] })
})

const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
test.each([undefined, { schemaVersion: 2, mediaType: DOCKER_LIST, manifests: [] }])(
  'does not overwrite an image that lives under the tag of the index: %j',
  async (manifest) => {
    const { server, publish, tag } = await start({ referrers: 'off' })
    const { digest } = server.seed(REPOSITORY, tag.split(':')[1] ?? '', manifest)
    expect((await refusal(publish())).code).toBe('REGISTRY_MALFORMED')
    expect(read(server, tag)).toEqual(read(server, `${REPOSITORY}@${digest}`))
  },
)

test.each([true, false])('survives another writer between reading and writing the index (ETag: %s)', async (etag) => {
  const { server, publish, tag, image } = await start({ referrers: 'off', etag })
  const name = tag.split(':')[1] ?? ''
  const entry = { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...image }
  const write = (manifests: object[]) =>
    server.seed(REPOSITORY, name, { schemaVersion: 2, mediaType: INDEX, manifests })
  write([])
  const path = `/manifests/${name}`
  // With an ETag: the other is first, and our write is refused. Without: the other erases ours right after.
  if (etag) server.before(`PUT /v2/${REPOSITORY}${path}`, () => write([entry]))
  else {
    let reads = 0
    const erase = () => (++reads === 2 ? write([entry]) : server.before(`GET /v2/${REPOSITORY}${path}`, erase))
    server.before(`GET /v2/${REPOSITORY}${path}`, erase)
  }
  const { id } = await publish()
  expect(read(server, tag).manifests.map(({ digest }: { digest: string }) => digest)).toEqual([image.digest, id])
  if (etag) expect(server.requests.filter(({ headers }) => headers['if-match'] !== undefined)).toHaveLength(2)
})

test('a registry that takes the referrer and never lists it is an error, not a success', async () => {
  const { publish } = await start({ referrers: 'unlisted' })
  const host = makeHost()
  expect((await refusal(publish({ host }))).code).toBe('REGISTRY_MALFORMED')
  expect(host.slept.length).toBe(5)
})

test('a web page at the referrers address means: no referrers API', async () => {
  const { server, publish, tag } = await start({ referrers: 'off' })
  const page: Fault = { kind: 'status', status: 200, body: '<html>', headers: { 'content-type': 'text/html' } }
  server.misbehave('/referrers/', page)
  await publish()
  expect(server.manifests.has(tag)).toBe(true)
})

test('a broken list is not the same as no list', async () => {
  const { server, publish } = await start()
  server.misbehave('/referrers/', {
    kind: 'status',
    status: 200,
    body: '{"manifests":',
    headers: { 'content-type': INDEX },
  })
  expect((await refusal(publish())).code).toBe('REGISTRY_MALFORMED')
})

test.each(['none', 'basic', 'bearer'] as const)('logs in where the registry asks for it: %s', async (auth) => {
  const { server, publish } = await start({ auth })
  await publish({ credentials: ROBOT })
  const authorized = server.requests.filter(({ to, headers }) => to === 'registry' && headers.authorization)
  expect(authorized.length > 0).toBe(auth !== 'none')
  if (auth === 'bearer') expect(server.requests.filter(({ to }) => to === 'token')).toHaveLength(1)
})

test('uses the identity token where docker kept one', async () => {
  const credentials = { ...ROBOT, username: '<token>', identityToken: 'refresh-me' }
  const { server, publish } = await start({ auth: 'bearer', credentials })
  await publish({ credentials: { username: '', password: '', identityToken: 'refresh-me' } })
  expect(server.requests.find(({ to }) => to === 'token')?.method).toBe('POST')
})

test.each(['basic', 'bearer'] as const)(
  'wrong or no credentials are REGISTRY_DENIED and never shown (%s)',
  async (auth) => {
    const { publish, server } = await start({ auth })
    const wrong = { username: 'robot', password: 'wrong-but-secret' }
    for (const credentials of [wrong, undefined]) {
      const error = await refusal(publish({ credentials }))
      expect(error.code).toBe('REGISTRY_DENIED')
      expect(`${error.message} ${error.hint} ${error.cause}`).not.toContain('wrong-but-secret')
    }
    expect(server.manifests.size).toBe(2)
  },
)

test('masks what a registry reflects', async () => {
  const { server, publish } = await start({ auth: 'basic' })
  const reflected = Buffer.from('robot:registry-password').toString('base64')
  const body = { errors: [{ code: 'X', message: `${reflected} registry-password\n::error::` }] }
  server.misbehave('PUT', { kind: 'status', status: 403, body })
  const error = await refusal(publish({ credentials: ROBOT }))
  expect(error.code).toBe('REGISTRY_DENIED')
  expect(error.message).not.toContain('registry-password')
  expect(error.message).not.toContain(reflected)
  expect(error.message).not.toContain('\n')
})

test('uploads to object storage on another origin without our credentials', async () => {
  const { server, publish } = await start({ auth: 'bearer', storage: true })
  await publish({ credentials: ROBOT })
  const there = server.requests.filter(({ to }) => to === 'storage')
  expect(there).toHaveLength(2)
  expect(there.every(({ headers }) => headers.authorization === undefined)).toBe(true)
})

test('follows a redirect of a manifest without our credentials, and not for ever', async () => {
  const { server, publish, image } = await start({ auth: 'basic' })
  const other = await startOciRegistry()
  other.seed(REPOSITORY, 'v1')
  const location = `http://${other.host}/v2/${REPOSITORY}/manifests/${image.digest}`
  const redirect: Fault = { kind: 'status', status: 307, headers: { location } }
  // The first request asks without credentials and would be challenged; the second carries them.
  server.before(`GET /v2/${REPOSITORY}/manifests/${image.digest}`, () =>
    server.before(`GET /v2/${REPOSITORY}/manifests/${image.digest}`, () => server.misbehave('GET', redirect)),
  )
  await publish({ credentials: ROBOT })
  expect(other.requests).toHaveLength(1)
  expect(other.requests[0]?.headers.authorization).toBeUndefined()
  await other.close()
  const loop = `http://${server.host}/v2/${REPOSITORY}/manifests/${image.digest}`
  server.misbehave(
    'GET',
    ...Array.from({ length: 9 }, (): Fault => ({ kind: 'status', status: 302, headers: { location: loop } })),
  )
  expect((await refusal(publish({ credentials: ROBOT }))).code).toBe('REGISTRY_MALFORMED')
})

test.each([
  ['http://registry.example/upload', 'URL_DENIED'],
  ['http://169.254.169.254/latest', 'URL_DENIED'],
  ['https://user:pw@registry.example/', 'URL_DENIED'],
  ['http://[', 'REGISTRY_MALFORMED'],
])('does not upload to %s', async (location, code) => {
  const { server, publish } = await start()
  server.misbehave('POST', { kind: 'status', status: 202, headers: { location } })
  expect((await refusal(publish())).code).toBe(code)
})

test('a remote registry cannot make us ask a service of this machine', async () => {
  const asked: string[] = []
  const body = new TextEncoder().encode('{}')
  const remote: Http = async ({ url }) => {
    asked.push(url)
    return { status: 307, headers: new Headers({ location: 'http://127.0.0.1:8080/admin' }), body }
  }
  const image = 'registry.example/acme/app:v1'
  expect((await refusal(resolveImage({ image, http: remote, host: makeHost() }))).code).toBe('URL_DENIED')
  expect(asked).toEqual(['https://registry.example/v2/acme/app/manifests/v1'])
})

test('refuses manifest bytes that do not have the digest that was asked for', async () => {
  const { server, publish } = await start()
  const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }
  server.misbehave('GET', { kind: 'status', status: 200, body: '{"schemaVersion":2}', headers })
  expect((await refusal(publish())).code).toBe('REGISTRY_MALFORMED')
})

test('refuses a tag whose header names another digest than the bytes have', async () => {
  const { server, publish } = await start()
  const headers = {
    'content-type': 'application/vnd.oci.image.manifest.v1+json',
    'docker-content-digest': `sha256:${'0'.repeat(64)}`,
  }
  server.misbehave('GET', { kind: 'status', status: 200, body: '{"schemaVersion":2}', headers })
  expect((await refusal(publish({ image: `${server.host}/${REPOSITORY}:v1` }))).code).toBe('REGISTRY_MALFORMED')
})

test.each(['text/html', 'application/vnd.oci.image.index.v1+json'])(
  'refuses a subject whose media type is %s',
  async (type) => {
    const { server, publish } = await start()
    const body = '{"mediaType":"application/vnd.oci.image.manifest.v1+json"}'
    server.misbehave('GET', { kind: 'status', status: 200, body, headers: { 'content-type': type } })
    expect((await refusal(publish({ image: `${server.host}/${REPOSITORY}:v1` }))).code).toBe('REGISTRY_MALFORMED')
  },
)

test('a registry that gives back another manifest than it took is an error', async () => {
  const { server, publish } = await start()
  server.before('PUT /v2/acme/app/manifests/sha256:', () =>
    server.misbehave('GET /v2/acme/app/manifests/', { kind: 'status', status: 200, body: '{}' }),
  )
  expect((await refusal(publish())).code).toBe('REGISTRY_MALFORMED')
})

test('an image that is not there is REGISTRY_DENIED', async () => {
  const { server, publish } = await start()
  const error = await refusal(publish({ image: `${server.host}/${REPOSITORY}:gone` }))
  expect(error.code).toBe('REGISTRY_DENIED')
  expect(error.hint).toContain('Push the image first')
})

test.each<readonly [string, string, Fault]>([
  ['a 500 on reading', 'GET', { kind: 'status', status: 500 }],
  ['a 503 on opening an upload', 'POST', { kind: 'status', status: 503 }],
  ['a reset in the middle of an upload', 'PUT /v2/acme/app/blobs', { kind: 'reset' }],
  ['half an answer to the manifest', 'PUT /v2/acme/app/manifests', { kind: 'half-body' }],
  ['a 429 that asks for a second', 'HEAD', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
])('attaches after %s', async (_, match, fault) => {
  const { server, publish } = await start()
  server.misbehave(match, fault)
  expect((await publish()).publisher).toBe('oci')
})

test('gives up when the registry stays down', async () => {
  const { server, publish } = await start()
  server.misbehave('GET', ...Array.from({ length: 9 }, (): Fault => ({ kind: 'status', status: 502 })))
  expect((await refusal(publish())).code).toBe('REGISTRY_UNAVAILABLE')
  expect(server.requests).toHaveLength(4)
})

test('gives up at the deadline when the registry never answers', async () => {
  const { server, publish } = await start()
  server.misbehave('GET', ...Array.from({ length: 9 }, (): Fault => ({ kind: 'silent' })))
  const error = await refusal(publish({ patience: { attemptMs: 100, deadlineMs: 250, backoffMs: 5 } }))
  expect(error.code).toBe('REGISTRY_UNAVAILABLE')
})

test('a token service that is down for a moment is asked again', async () => {
  const { server, publish } = await start({ auth: 'bearer' })
  server.misbehave('/token', { kind: 'status', status: 503 })
  await publish({ credentials: ROBOT })
  expect(server.requests.filter(({ to }) => to === 'token')).toHaveLength(2)
})

test('attaching twice leaves one entry for each', async () => {
  const { server, publish, tag } = await start({ referrers: 'off' })
  const host = { ...makeHost(), now: () => new Date(0) }
  expect((await publish({ host })).id).toBe((await publish({ host })).id)
  expect(read(server, tag).manifests).toHaveLength(1)
})
