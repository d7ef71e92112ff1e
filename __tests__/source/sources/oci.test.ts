import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeOciService } from '../../../src/embedded/world/services/oci.ts'
import { imageContent, imageDigest } from '../../../src/embedded/world/services/oci-content.ts'
import { IMAGE_INDEX, IMAGE_MANIFEST } from '../../../src/model/oci.ts'
import { resolveImage } from '../../../src/source/oci/image-files.ts'
import { ociSource } from '../../../src/source/sources/oci.ts'
import { verifyAttestation } from '../../../src/verify/verify-attestation.ts'
import { dependencyOf } from '../../support/dependencies.ts'
import {
  type PlainClient,
  plainClient,
  plainSession,
  type ScriptedAnswer,
  scripted,
} from '../../support/plain-client.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const manifestOf = (blob: string, more: object = {}) =>
  JSON.stringify({
    schemaVersion: 2,
    mediaType: IMAGE_MANIFEST,
    artifactType: BUNDLE,
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 },
    layers: [{ mediaType: BUNDLE, digest: digestOf(blob), size: blob.length }],
    ...more,
  })
const indexOf = (...manifests: object[]) => JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_INDEX, manifests })
const listed = (manifest: string, more: object = { artifactType: BUNDLE }) => ({
  mediaType: IMAGE_MANIFEST,
  digest: digestOf(manifest),
  size: manifest.length,
  ...more,
})

const IMAGE = indexOf()
const HEX = digestOf(IMAGE).slice(7)
const image = dependencyOf({ ecosystem: 'oci', kind: 'image', name: 'ghcr.io/acme/app', digests: { sha256: HEX } })
// A bare envelope: enough to be found, and nothing that would verify.
const BLOB = JSON.stringify({
  payload: 'e30=',
  payloadType: 'application/vnd.in-toto+json',
  signatures: [{ sig: 'AAAA' }],
})
const MANIFEST = manifestOf(BLOB)

const REFERRERS = `/referrers/sha256:${HEX}?artifactType=${encodeURIComponent(BUNDLE)}`
const TAG = `/manifests/sha256-${HEX}`
const ATT = `/manifests/sha256-${HEX}.att`
const ZERO = `/referrers/sha256:${'0'.repeat(64)}`
const OWN = `/manifests/sha256:${HEX}`
const ok = (body: string): ScriptedAnswer => ({ status: 200, body, headers: { 'content-type': IMAGE_INDEX } })
const STORED = {
  [`/manifests/${digestOf(MANIFEST)}`]: ok(MANIFEST),
  [`/blobs/${digestOf(BLOB)}`]: ok(BLOB),
}

const MANY = Array.from({ length: 101 }, (_, i) => manifestOf(BLOB, { annotations: { number: String(i) } }))
const serveAll = (manifests: readonly string[]) => ({
  ...STORED,
  ...Object.fromEntries(manifests.map((one) => [`/manifests/${digestOf(one)}`, ok(one)])),
})

async function looked(answers: Record<string, ScriptedAnswer>, dependency = image) {
  const session = plainSession({ client: scripted(answers), origins: {} })
  const found = await ociSource.lookup?.({ dependency, digests: dependency.digests }, session, { claimed: undefined })
  return found?.kind === 'unavailable' ? found.error.fault : found?.kind
}

describe('a container registry', () => {
  it.each<[string, Record<string, ScriptedAnswer>, string]>([
    ['a bundle in its list', { [REFERRERS]: ok(indexOf(listed(MANIFEST))), ...STORED }, 'found'],
    ['no list, and a bundle under the tag (T-NS-13)', { [TAG]: ok(indexOf(listed(MANIFEST))), ...STORED }, 'found'],
    [
      'an empty list, and a bundle under the tag',
      { [REFERRERS]: ok(indexOf()), [TAG]: ok(indexOf(listed(MANIFEST))), ...STORED },
      'found',
    ],
    [
      'an entry without a type, which is opened (T-NS-13)',
      { [REFERRERS]: ok(indexOf(listed(MANIFEST, { artifactType: '' }))), ...STORED },
      'found',
    ],
    [
      'a list that was not filtered, with something else in it (T-NS-13)',
      {
        [REFERRERS]: ok(indexOf(listed('sbom', { artifactType: 'application/spdx+json' }), listed(MANIFEST))),
        ...STORED,
      },
      'found',
    ],
    [
      'an annotation that calls a bundle something else (T-NS-12)',
      {
        [REFERRERS]: ok(indexOf(listed(MANIFEST, { annotations: { 'dev.sigstore.bundle.predicateType': 'x' } }))),
        ...STORED,
      },
      'found',
    ],
    [
      'an annotation that calls something else a bundle (T-NS-12)',
      {
        [REFERRERS]: ok(
          indexOf(
            listed(manifestOf(BLOB, { artifactType: 'x/y', layers: [] }), {
              annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope' },
            }),
          ),
        ),
        [`/manifests/${digestOf(manifestOf(BLOB, { artifactType: 'x/y', layers: [] }))}`]: ok(
          manifestOf(BLOB, { artifactType: 'x/y', layers: [] }),
        ),
      },
      'none',
    ],
    ['an empty list and no tag', { [REFERRERS]: ok(indexOf()) }, 'none'],
    ['no list and no tag, where we see the image', { [OWN]: ok(IMAGE) }, 'none'],
    [
      'a web page in place of a list',
      { [REFERRERS]: { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } }, [OWN]: ok(IMAGE) },
      'none',
    ],
    ['no list, no tag and no image to see', {}, 'unreadable'],
    [
      'an API that lists nothing for this digest alone, as ECR (T-NS-13)',
      { [ZERO]: ok(indexOf()), [OWN]: ok(IMAGE) },
      'unsupported',
    ],
    ['only a legacy .att', { [ATT]: ok('{}') }, 'unsupported'],
    ['only a legacy .att beside an empty list', { [REFERRERS]: ok(indexOf()), [ATT]: ok('{}') }, 'unsupported'],
    ['403', { [REFERRERS]: { status: 403 } }, 'unreadable'],
    ['401 without a challenge', { [REFERRERS]: { status: 401 } }, 'unreadable'],
    ['no answer', { [REFERRERS]: 'reset' }, 'unreachable'],
    ['no answer for the tag', { [REFERRERS]: ok(indexOf()), [TAG]: 'reset' }, 'unreachable'],
    ['no answer about the .att', { [REFERRERS]: ok(indexOf()), [ATT]: 'reset' }, 'unreachable'],
    ['no answer to the probe', { [ZERO]: 'reset' }, 'unreachable'],
    ['a listed manifest that is gone', { [REFERRERS]: ok(indexOf(listed(MANIFEST))) }, 'truncated'],
    [
      'a manifest of other bytes (T-NS-07)',
      { [REFERRERS]: ok(indexOf(listed(MANIFEST))), [`/manifests/${digestOf(MANIFEST)}`]: ok(manifestOf('{}')) },
      'malformed',
    ],
    [
      'a bundle of other bytes (T-NS-07)',
      { [REFERRERS]: ok(indexOf(listed(MANIFEST))), ...STORED, [`/blobs/${digestOf(BLOB)}`]: ok('{}') },
      'malformed',
    ],
    ['an index under the tag that is none', { [REFERRERS]: ok(indexOf()), [TAG]: ok(MANIFEST) }, 'malformed'],
    [
      '100 entries',
      { [REFERRERS]: ok(indexOf(...MANY.slice(1).map((one) => listed(one)))), ...serveAll(MANY) },
      'found',
    ],
    [
      '101 entries (T-NS-06)',
      { [REFERRERS]: ok(indexOf(...MANY.map((one) => listed(one)))), ...serveAll(MANY) },
      'truncated',
    ],
    [
      'a bundle that claims to be huge (T-NS-06)',
      { [REFERRERS]: ok(indexOf(listed(HUGE()))), [`/manifests/${digestOf(HUGE())}`]: ok(HUGE()) },
      'malformed',
    ],
    [
      'pages without end (T-NS-06)',
      { [REFERRERS]: { status: 200, body: indexOf(), headers: { link: `<${REFERRERS}>; rel="next"` } } },
      'truncated',
    ],
    [
      'a next page elsewhere',
      {
        [REFERRERS]: { status: 200, body: indexOf(), headers: { link: '<https://evil.example/v2/x>; rel="next"' } },
        'https://evil.example/v2/x': ok(indexOf(listed(MANIFEST))),
        ...STORED,
      },
      'truncated',
    ],
    [
      'a bundle on its second page',
      {
        [REFERRERS]: { status: 200, body: indexOf(), headers: { link: '</v2/acme/app/referrers/next>; rel="next"' } },
        'https://ghcr.io/v2/acme/app/referrers/next': ok(indexOf(listed(MANIFEST))),
        ...STORED,
      },
      'found',
    ],
    [
      'a second page that fails',
      { [REFERRERS]: { status: 200, body: indexOf(), headers: { link: '</v2/acme/app/referrers/next>; rel="next"' } } },
      'truncated',
    ],
  ])('with %s is %s', async (_, answers, state) => {
    expect(await looked(answers)).toBe(state)
  })

  it('keeps a garbled bundle beside a good one (T-NS-17)', async () => {
    const bad = manifestOf('{"mediaType":')
    const answers = {
      [REFERRERS]: ok(indexOf(listed(bad), listed(MANIFEST))),
      [`/manifests/${digestOf(bad)}`]: ok(bad),
      [`/blobs/${digestOf('{"mediaType":')}`]: ok('{"mediaType":'),
      ...STORED,
    }
    const session = plainSession({ client: scripted(answers), origins: {} })
    const found = await ociSource.lookup?.({ dependency: image, digests: image.digests }, session, {
      claimed: undefined,
    })
    const documents = found?.kind === 'found' ? found.documents : []
    expect(documents.map(({ attestations, unreadable }) => [attestations.length, unreadable.length])).toStrictEqual([
      [0, 1],
      [1, 0],
    ])
  })

  it('that is ECR is never believed when it says nothing (T-NS-13)', async () => {
    const name = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/app'
    expect(await looked({ [OWN]: ok(IMAGE) }, { ...image, name })).toBe('unsupported')
  })

  it('is not asked about a tag, which may be another image tomorrow (T-NS-07)', async () => {
    expect(await looked({}, { ...image, digests: {}, version: 'latest' })).toBe('unsupported')
    expect(await looked({}, { ...image, name: 'ghcr.io/../../x' })).toBe('unsupported')
  })

  it('is asked as a host that a stranger named, at its own name and for blobs at known stores', async () => {
    const client = scripted({ [REFERRERS]: ok(indexOf(listed(MANIFEST))), ...STORED })
    const session = plainSession({ client, origins: {} })
    await ociSource.lookup?.({ dependency: image, digests: image.digests }, session, { claimed: undefined })
    expect(new Set(client.asked.map(({ trust }) => trust))).toStrictEqual(new Set(['supplied']))
    expect(client.asked.filter(({ url }) => !url.includes('/blobs/')).map(({ hosts }) => hosts)).toStrictEqual([
      ['ghcr.io'],
      ['ghcr.io'],
      ['ghcr.io'],
    ])
  })
})

function HUGE(): string {
  return manifestOf(BLOB, { layers: [{ mediaType: BUNDLE, digest: digestOf(BLOB), size: 4_000_000_000 }] })
}

describe('the token of a registry', () => {
  const challenge = (value: string) => ({ status: 401, headers: { 'www-authenticate': value } })
  const bearer = 'Bearer realm="https://auth.example/token",service="ghcr.io",scope="repository:other/secret:pull,push"'

  function registry(token: ScriptedAnswer): PlainClient {
    const inner = scripted({ [REFERRERS]: ok(indexOf()) })
    return plainClient((request) => {
      if (request.url.startsWith('https://auth.example/')) return scriptedAnswer(token, request.url)
      return request.headers?.authorization === 'Bearer good'
        ? undefinedOr(inner, request.url)
        : toAnswer(challenge(bearer))
    })
    function undefinedOr(_: PlainClient, url: string) {
      return toAnswer(url.endsWith(REFERRERS) ? { status: 200, body: indexOf() } : { status: 404 })
    }
  }
  const toAnswer = ({
    status,
    body = '',
    headers = {},
  }: {
    status: number
    body?: string
    headers?: Record<string, string>
  }) => ({
    kind: 'answer' as const,
    status,
    headers: new Headers(headers),
    body: Buffer.from(body),
  })
  const scriptedAnswer = (answer: ScriptedAnswer, _url: string) =>
    typeof answer === 'string'
      ? { kind: 'failed' as const, error: { source: 'oci', fault: 'unreachable' as const, message: answer } }
      : toAnswer({ status: answer.status, body: JSON.stringify(answer.body ?? {}) })
  const ask = async (client: PlainClient) => {
    const found = await ociSource.lookup?.(
      { dependency: image, digests: image.digests },
      plainSession({ client, origins: {} }),
      { claimed: undefined },
    )
    return found?.kind === 'unavailable' ? found.error.fault : found?.kind
  }

  it('is asked for once, for our repository and to pull only, whatever scope the server names', async () => {
    const client = registry({ status: 200, body: { token: 'good' } })
    expect(await ask(client)).toBe('none')
    const tokens = client.asked.filter(({ url }) => url.startsWith('https://auth.example/'))
    expect(tokens.map(({ url }) => new URL(url).searchParams.get('scope'))).toStrictEqual(['repository:acme/app:pull'])
    expect(tokens[0]?.hosts).toStrictEqual(['auth.example'])
    expect(tokens[0]?.headers?.authorization).toBeUndefined()
  })

  it.each<[string, ScriptedAnswer, string]>([
    ['refused', { status: 403 }, 'unreadable'],
    ['no JSON', { status: 200, body: 'x' }, 'malformed'],
    ['two headers in one', { status: 200, body: { token: 'a\r\nx: y' } }, 'malformed'],
    ['not given', 'reset', 'unreachable'],
    ['not taken', { status: 200, body: { token: 'bad' } }, 'unreadable'],
  ])('that is %s leaves the image %s', async (_, token, state) => {
    const found = await ask(registry(token))
    expect(found).toBe(state)
  })
})

describe('an image of many platforms', () => {
  const AMD = manifestOf('amd64')
  const index = indexOf(
    listed(AMD, { platform: { os: 'linux', architecture: 'amd64' } }),
    listed('arm', { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }),
    listed('attestation', {
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
    }),
  )
  const dependency = { ...image, digests: { sha256: digestOf(index).slice(7) } }
  const resolved = (answers: Record<string, ScriptedAnswer>, what = dependency) =>
    resolveImage(what, plainSession({ client: scripted(answers), origins: {} }))

  it('gives the manifests of its index, each under its platform, and no unsigned BuildKit manifest (T-SU-13, T-NS-12)', async () => {
    expect(await resolved({ [`/manifests/${digestOf(index)}`]: ok(index) })).toMatchObject({
      kind: 'image',
      digest: digestOf(index),
      files: [
        { name: 'linux/amd64', digests: { sha256: digestOf(AMD).slice(7) } },
        { name: 'linux/arm/v7', digests: { sha256: digestOf('arm').slice(7) } },
      ],
    })
  })

  it('gives none where the index has other bytes than the pinned digest (T-SU-13)', async () => {
    const answer = await resolved({
      [`/manifests/${digestOf(index)}`]: ok(indexOf(listed(AMD, { platform: { os: 'linux', architecture: 'amd64' } }))),
    })
    expect(answer).toMatchObject({ kind: 'unavailable', error: { fault: 'malformed' } })
  })

  it('is resolved once: a tag that moves in between changes nothing (T-NS-07)', async () => {
    let reads = 0
    const client = plainClient(() => ({
      kind: 'answer',
      status: 200,
      headers: new Headers({ 'docker-content-digest': `sha256:${'0'.repeat(64)}` }),
      body: Buffer.from(reads++ === 0 ? index : IMAGE),
    }))
    const session = plainSession({ client, origins: {} })
    const byTag = { ...image, digests: {}, version: 'v1' }
    const answers = await Promise.all([resolveImage(byTag, session), resolveImage(byTag, session)])
    expect(
      [...answers, await resolveImage(byTag, session)].map((one) => one.kind === 'image' && one.digest),
    ).toStrictEqual(Array(3).fill(digestOf(index)))
    expect(reads).toBe(1)
  })
})

describe('images in a simulated world', () => {
  let world: TestWorld
  const by = { repository: 'acme/app' }
  const images = [
    { name: 'ghcr.io/acme/app', tag: 'v1', attestation: by },
    { name: 'ghcr.io/acme/tagged', tag: 'v1', attestation: by, referrers: 'tag' },
    { name: 'ghcr.io/acme/silent', tag: 'v1', referrers: 'none' },
    { name: 'docker.io/library/node', tag: '22' },
  ] as const
  beforeAll(async () => {
    world = await startTestWorld({ images }, { services: ['ghcr.io', 'registry-1.docker.io'].map(makeOciService) })
  })
  afterAll(() => world.close())

  const dependency = (at: number) => {
    const described = images[at] ?? images[0]
    return dependencyOf({
      ecosystem: 'oci',
      kind: 'image',
      name: described.name,
      digests: { sha256: imageDigest(described).slice(7) },
    })
  }
  const look = (at: number) => {
    const pinned = dependency(at)
    return ociSource.lookup?.(
      { dependency: pinned, digests: pinned.digests },
      plainSession({ origins: world.origins }),
      { claimed: undefined },
    )
  }

  it.each([0, 1])('have bundles that verify, by the list or by the tag (%i)', async (at) => {
    const found = await look(at)
    const attestation = found?.kind === 'found' ? found.documents[0]?.attestations[0] : undefined
    if (attestation === undefined) throw new Error('none')
    expect(verifyAttestation(attestation, world.trust).statement?.subject[0]?.digest).toStrictEqual(
      dependency(at).digests,
    )
  })

  it('without one are told apart from what cannot be seen', async () => {
    expect([await look(2), await look(3)].map((one) => one?.kind)).toStrictEqual(['none', 'none'])
    const gone = { ...dependency(0), name: 'ghcr.io/acme/gone' }
    const session = plainSession({ origins: world.origins })
    expect(
      await ociSource.lookup?.({ dependency: gone, digests: gone.digests }, session, { claimed: undefined }),
    ).toMatchObject({
      kind: 'unavailable',
      error: { fault: 'unreadable' },
    })
  })

  it('resolve to the index that is pinned, and its platforms', async () => {
    const session = plainSession({ origins: world.origins })
    const found = await resolveImage({ ...dependency(3), digests: {}, version: '22' }, session)
    const content = imageContent(images[3])
    expect(found).toMatchObject({
      kind: 'image',
      digest: content.index.digest,
      files: [{ name: 'linux/amd64' }, { name: 'linux/arm64' }],
    })
  })

  it('are given to nobody without a token', async () => {
    const answer = await fetch(`${world.origins['oci:ghcr.io']}/v2/acme/app/manifests/v1`)
    expect([answer.status, answer.headers.get('www-authenticate')?.slice(0, 14)]).toStrictEqual([401, 'Bearer realm="'])
  })
})
