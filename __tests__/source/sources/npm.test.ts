import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { WorldAttestation } from '../../../src/embedded/world/description.ts'
import { makeEvidenceClient } from '../../../src/source/http-client.ts'
import type { SourceSession } from '../../../src/source/source.ts'
import { npmSource } from '../../../src/source/sources/npm.ts'
import { verifyAttestation } from '../../../src/verify/verify-attestation.ts'
import { verifyNpmPublish } from '../../../src/verify/verify-npm.ts'
import { verifySubject } from '../../../src/verify/verify-subject.ts'
import { type EvidenceServer, type Served, serve, virtualHost } from '../../support/evidence-server.ts'
import { locked, testSession } from '../../support/evidence-session.ts'
import { fixturePath, loadFixtures } from '../../support/fixtures.ts'
import { plainSession } from '../../support/plain-client.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const by: WorldAttestation = { repository: 'acme/tool' }
const left = locked('npm', 'left-pad@1.3.0')

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
      { ecosystem: 'npm', name: 'left-pad', version: '1.3.0', dependencies: { a: '^1.0.0' } },
      { ecosystem: 'npm', name: '@acme/tool', version: '0.9.0' },
      {
        ecosystem: 'npm',
        name: '@acme/tool',
        version: '1.0.0',
        attestation: by,
        scripts: { postinstall: 'node setup.js' },
        publishedAt: '2026-10-01T00:00:00Z',
      },
      { ecosystem: 'npm', name: 'odd', version: '1.0.0', attestation: { ...by, broken: 'malformed' } },
      { ecosystem: 'npm', name: 'gone', version: '1.0.0', yanked: true },
    ],
  })
})
afterAll(() => world.close())
afterEach(async () => {
  world.setFaults([])
  world.clearRequests()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const session = (more?: Parameters<typeof testSession>[1]) => testSession({ npm: world.origins.npm ?? '' }, more)
const register = (dependency = left, into = session()) => npmSource.register?.(dependency, into)
const lookup = (dependency = left, into: SourceSession = session(), claimed: boolean | undefined = undefined) =>
  npmSource.lookup?.({ dependency, digests: {} }, into, { claimed })
const outcome = (answer: { kind: string; error?: { fault: string } } | undefined) =>
  answer?.error?.fault ?? answer?.kind

describe('npm’s own word', () => {
  it('is a record of one version, whose signature is over its integrity as text', async () => {
    const answer = await register(locked('npm', '@acme/tool@1.0.0'))
    expect(answer).toMatchObject({
      kind: 'found',
      record: {
        source: 'npm',
        name: '@acme/tool',
        version: '1.0.0',
        files: [{ digests: { sha512: expect.stringMatching(/^[0-9a-f]{128}$/) }, claimsAttestations: true }],
        claimsAttestations: true,
        installScripts: ['postinstall'],
        publisher: 'maintainer',
      },
    })
    if (answer?.kind !== 'found') return
    const { integrity } = answer.record.files[0] ?? {}
    const { keyid, sig } = world.state.signAsNpmRegistry(`@acme/tool@1.0.0:${integrity}`)
    expect(answer.record.signatures.map((one) => one.keyid)).toStrictEqual([keyid])
    expect(sig.length).toBeGreaterThan(80)
    expect(world.requests().map(({ path }) => path)).toStrictEqual(['/@acme%2ftool/1.0.0'])
  })

  it('says what a version pulls in and that it runs nothing', async () => {
    expect(await register()).toMatchObject({
      record: { dependencies: { a: '^1.0.0' }, installScripts: [], claimsAttestations: false },
    })
  })

  it.each(['left-pad@9.9.9', 'no-such@1.0.0', 'gone@1.0.0'])('is "no such version" of %s', async (spec) => {
    expect(await register(locked('npm', spec))).toStrictEqual({ kind: 'none', source: 'npm' })
  })

  it.each([
    ['another package', { name: 'right-pad' }, 'SOURCE_MALFORMED'],
    ['another version', { version: '1.3.1' }, 'SOURCE_MALFORMED'],
    ['an integrity that is none', { dist: { integrity: 'sha512-AAAA' } }, 'DIGEST_MALFORMED'],
    [
      'two integrities',
      { dist: { integrity: `sha512-${'A'.repeat(86)}== sha512-${'B'.repeat(85)}A==` } },
      'DIGEST_MALFORMED',
    ],
    ['no dist', { dist: undefined }, 'SOURCE_MALFORMED'],
    ['a list of dependencies', { dependencies: ['a'] }, 'SOURCE_MALFORMED'],
    ['signatures of another shape', { dist: { signatures: [{ keyid: 1 }] } }, 'SOURCE_MALFORMED'],
  ])('is malformed: %s', async (_, change, code) => {
    const body = { name: 'left-pad', version: '1.3.0', dist: {}, ...change }
    const server = await start(() => ({ body }))
    const answer = await register(left, testSession({ npm: server.url }))
    expect(answer).toMatchObject({ kind: 'unavailable', error: { fault: 'malformed', code } })
  })

  it('is malformed: a key twice', async () => {
    const server = await start(() => ({ body: '{"name":"left-pad","version":"1.3.0","dist":{},"dist":{}}' }))
    const answer = await register(left, testSession({ npm: server.url }))
    expect(answer).toMatchObject({ error: { fault: 'malformed', code: 'JSON_AMBIGUOUS' } })
  })

  it('knows the script that npm adds by itself', async () => {
    const body = { name: 'left-pad', version: '1.3.0', dist: {}, gypfile: true, scripts: { test: 'x' } }
    const server = await start(() => ({ body }))
    expect(await register(left, testSession({ npm: server.url }))).toMatchObject({
      record: { installScripts: ['install'] },
    })
  })
})

describe('npm’s attestations', () => {
  it('are found as one document, which verifies', async () => {
    const dependency = locked('npm', '@acme/tool@1.0.0')
    const answer = await lookup(dependency, session(), true)
    expect(outcome(answer)).toBe('found')
    if (answer?.kind !== 'found') return
    expect(answer.documents.map(({ form }) => form)).toStrictEqual(['npm'])
    const [publish, provenance] = (answer.documents[0]?.attestations ?? []).map((one) =>
      verifyAttestation(one, world.trust),
    )
    const record = await register(dependency)
    const digests = record?.kind === 'found' ? [record.record.files[0]?.digests ?? {}] : []
    const subject = { name: 'tool-1.0.0.tgz', digests, purl: 'pkg:npm/%40acme/tool@1.0.0' }
    if (publish?.statement === undefined || provenance?.statement === undefined) throw new Error('no statements')
    verifyNpmPublish(publish, subject)
    verifySubject(provenance.statement, subject)
    expect(world.requests()[0]?.path).toBe('/-/npm/v1/attestations/@acme%2ftool@1.0.0')
  })

  it('are none, and not asked for, where the record claims none', async () => {
    const into = session()
    await lookup(locked('npm', '@acme/tool@1.0.0'), into, true)
    world.clearRequests()
    expect(outcome(await lookup(left, into, false))).toBe('none')
    expect(world.requests()).toStrictEqual([])
  })

  it('are none after a 404, where somebody expects them', async () => {
    expect(outcome(await lookup(left))).toBe('none')
  })

  it('are malformed where the record claims them and the endpoint has none', async () => {
    expect(await lookup(left, session(), true)).toMatchObject({
      kind: 'unavailable',
      error: { fault: 'malformed', code: 'SOURCE_MALFORMED' },
    })
  })

  it('that cannot be read are listed as such, beside what can', async () => {
    const answer = await lookup(locked('npm', 'odd@1.0.0'), session(), true)
    if (answer?.kind !== 'found') throw new Error(outcome(answer))
    const [document] = answer.documents
    expect(document?.attestations).toHaveLength(1)
    expect(document?.unreadable.map(({ error }) => error.code)).toStrictEqual(['BUNDLE_MALFORMED'])
  })

  const statuses: readonly [string, Served, string][] = [
    ['an empty list', { body: { attestations: [] } }, 'stripped'],
    ['401', { status: 401 }, 'unreadable'],
    ['403', { status: 403 }, 'unreadable'],
    ['403 without quota', { status: 403, headers: { 'x-ratelimit-remaining': '0' } }, 'rate-limited'],
    ['406', { status: 406 }, 'malformed'],
    ['415', { status: 415 }, 'malformed'],
    ['302', { status: 302, headers: { location: '/elsewhere' } }, 'malformed'],
    ['429', { status: 429 }, 'rate-limited'],
    ['500', { status: 500 }, 'unreachable'],
    ['broken JSON', { body: '{"attestations": [' }, 'malformed'],
    ['a page', { body: '<!doctype html>' }, 'malformed'],
    ['a list of something', { body: { attestations: ['x', 'y'] } }, 'malformed'],
    ['a bare bundle, which needs no publish attestation', { body: { mediaType: 'x' } }, 'malformed'],
    [
      'more bundles than anything honest',
      { body: { attestations: Array(101).fill({ predicateType: 'x' }) } },
      'malformed',
    ],
  ]
  it.each(statuses)('are %s: %j is %s', async (_, served, fault) => {
    const server = await start(({ path }) => (path.includes('left-pad') ? served : { status: 404 }))
    expect(outcome(await lookup(left, testSession({ npm: server.url })))).toBe(fault)
  })

  it('refuse a document in another form, although its bundle is good', async () => {
    const answer = await fetch(`${world.origins.npm}/-/npm/v1/attestations/@acme%2ftool@1.0.0`)
    const { attestations } = (await answer.json()) as { attestations: { bundle: object }[] }
    const server = await start(() => ({ body: attestations[1]?.bundle ?? {} }))
    expect(await lookup(left, testSession({ npm: server.url }))).toMatchObject({
      error: { fault: 'malformed', code: 'BUNDLE_MALFORMED' },
    })
  })

  it('T-NS-02: are not all there when the answer says that more follows, or breaks off', async () => {
    const dependency = locked('npm', '@acme/tool@1.0.0')
    world.setFaults([{ match: '/attestations/', kind: 'endless-pages' }])
    expect(outcome(await lookup(dependency, session(), true))).toBe('truncated')
    world.setFaults([{ match: '/attestations/', kind: 'truncated' }])
    expect(outcome(await lookup(dependency, session(), true))).toBe('unreachable')
  })

  it('T-NS-06: refuse more than a hundred with a code of its own', async () => {
    const server = await start(() => ({ body: { attestations: Array(101).fill({ predicateType: 'x' }) } }))
    expect(await lookup(left, testSession({ npm: server.url }))).toMatchObject({ error: { code: 'LIMIT_EXCEEDED' } })
  })
})

describe('T-NS-10: a mirror that strips evidence', () => {
  const stripping = () =>
    start(async ({ path }) => {
      if (path.startsWith('/-/npm/')) return { status: 404 }
      const answer = await fetch(`${world.origins.npm}${path}`)
      const record = (await answer.json()) as { dist: object }
      return { body: { ...record, dist: { ...record.dist, attestations: undefined, signatures: undefined } } }
    })

  it('cannot say that there are none, neither by its record nor by its endpoint', async () => {
    const mirror = await stripping()
    const into = testSession({ npm: mirror.url })
    expect(await register(locked('npm', '@acme/tool@1.0.0'), into)).toMatchObject({
      record: { claimsAttestations: false },
    })
    for (const claimed of [false, undefined]) {
      expect(outcome(await lookup(locked('npm', '@acme/tool@1.0.0'), into, claimed))).toBe('stripped')
    }
    expect(mirror.requests.filter(({ path }) => path.includes('sigstore@1.0.0'))).toHaveLength(1)
  })

  it('does not matter where evidence is asked at the origin', async () => {
    const mirror = await stripping()
    const dependency = locked('npm', '@acme/tool@1.0.0', { location: `${mirror.url}/x.tgz`, registry: mirror.url })
    expect(outcome(await lookup(dependency))).toBe('found')
    expect(mirror.requests).toStrictEqual([])
  })

  it('is told from one that passes a control package’s attestations on', async () => {
    const server = await start(({ path }) =>
      path.endsWith('/sigstore@1.0.0') ? { body: { attestations: [{}] } } : { status: 404 },
    )
    const into = testSession({ npm: server.url })
    expect(
      await Promise.all(
        [lookup(left, into), lookup(locked('npm', 'b@1.0.0'), into)].map(async (one) => outcome(await one)),
      ),
    ).toStrictEqual(['none', 'none'])
    expect(server.requests.filter(({ path }) => path.endsWith('/sigstore@1.0.0'))).toHaveLength(1)
  })

  it('is never the public registry', async () => {
    const asked: string[] = []
    const origins = { npm: 'https://registry.npmjs.org' }
    const client = makeEvidenceClient({
      http: async ({ url }) => {
        asked.push(url)
        return { status: 404, headers: new Headers(), body: new Uint8Array() }
      },
      host: virtualHost(),
      origins,
      credentials: [],
      offline: false,
      random: () => 0,
    })
    const into = { ...session(), client, origin: () => origins.npm }
    expect(outcome(await lookup(left, into))).toBe('none')
    expect(asked).toStrictEqual(['https://registry.npmjs.org/-/npm/v1/attestations/left-pad@1.3.0'])
    expect(outcome(await lookup(left, into, false))).toBe('none')
    expect(asked).toHaveLength(1)
  })
})

describe('T-NS-09: npm’s attestations in a cache', () => {
  it('are used offline; an empty list or a lone publish attestation never gets in', async () => {
    const cacheDir = mkdtempSync(join(tmpdir(), 'cleanbill-npm-'))
    try {
      const dependency = locked('npm', '@acme/tool@1.0.0')
      const published = await fetch(`${world.origins.npm}/-/npm/v1/attestations/@acme%2ftool@1.0.0`)
      const { attestations } = (await published.json()) as { attestations: { predicateType: string }[] }
      const alone = attestations.filter(({ predicateType }) => predicateType.includes('publish'))
      expect(alone).toHaveLength(1)
      for (const list of [[], alone]) {
        const server = await start(() => ({ body: { attestations: list } }))
        await lookup(dependency, testSession({ npm: server.url }, { cacheDir }))
        expect(outcome(await lookup(dependency, testSession({ npm: server.url }, { cacheDir, offline: true })))).toBe(
          'offline',
        )
      }
      await lookup(dependency, session({ cacheDir }))
      expect(outcome(await lookup(dependency, session({ cacheDir, offline: true })))).toBe('found')
      expect(outcome(await register(dependency, session({ cacheDir, offline: true })))).toBe('offline')
    } finally {
      rmSync(cacheDir, { recursive: true })
    }
  })
})

describe('T-AC-01: a name in a lockfile', () => {
  it.each([
    ['$(id)', '/%24(id)/1.0.0'],
    ['`id`', '/%60id%60/1.0.0'],
    ['--flag', '/--flag/1.0.0'],
    ['a?b', '/a%3Fb/1.0.0'],
    ['a#b', '/a%23b/1.0.0'],
    ['a%2f..', '/a%252f../1.0.0'],
    ['@scope/a;b', '/@scope%2fa%3Bb/1.0.0'],
    ['JSONStream', '/JSONStream/1.0.0'],
  ])('is one segment of a path: %s', async (name, path) => {
    await register(locked('npm', `${name}@1.0.0`))
    expect(world.requests().map((request) => request.path)).toStrictEqual([path])
  })

  it.each([
    '..',
    '.',
    'a/b',
    '../-/npm',
    '@a',
    '@a/../b',
    '@/b',
    'a\nb',
    'a b',
    'a\\b',
    '',
    '@a/b/c',
    'x'.repeat(215),
    '\ud800',
  ])('is not asked for: %j', async (name) => {
    const dependency = { ...left, name }
    expect(outcome(await register(dependency))).toBe('unsupported')
    expect(outcome(await lookup(dependency))).toBe('unsupported')
    expect(await npmSource.history?.(dependency, session())).toMatchObject({ code: 'CONTEXT_UNKNOWN' })
    expect(world.requests()).toStrictEqual([])
  })

  it.each(['..', '1.0.0/../../x', '1\n0', ''])('with the version %j reaches nothing else', async (version) => {
    await register({ ...left, version })
    expect(world.requests().every(({ path }) => path.startsWith('/left-pad/'))).toBe(true)
  })
})

describe('npm’s history', () => {
  it('is a line for each version, from a packument that is not held', async () => {
    const answer = await npmSource.history?.(locked('npm', '@acme/tool@1.0.0'), session())
    expect(answer).toMatchObject({
      kind: 'known',
      from: 'api',
      value: [
        { version: '0.9.0', claimsAttestations: false },
        { version: '1.0.0', claimsAttestations: true, publishedAt: '2026-10-01T00:00:00Z' },
      ],
    })
  })

  it.each([
    ['another package', { body: { name: 'x', versions: { '1.0.0': { dist: {} } } } }],
    ['no versions', { body: { name: 'left-pad' } }],
    ['half a document', { body: '{"name":"left-pad","versions":{"1.0.0":{"dist":{}}' }],
    ['a version twice', { body: '{"name":"left-pad","versions":{"1.0.0":{"dist":{}},"1.0.0":{"dist":{}}}}' }],
    ['404', { status: 404 }],
    ['500', { status: 500 }],
  ])('is not known: %s', async (_, served) => {
    const server = await start(() => served)
    const answer = await npmSource.history?.(left, testSession({ npm: server.url }))
    expect(answer).toMatchObject({ kind: 'unknown', code: 'CONTEXT_UNKNOWN' })
  })

  it('is not asked offline', async () => {
    expect(await npmSource.history?.(left, session({ offline: true }))).toMatchObject({ code: 'NOT_ASKED' })
  })

  it('of a packument of 60 MB costs no memory to speak of', async () => {
    const version = JSON.stringify({ readme: 'x'.repeat(60_000), dist: { integrity: 'x', attestations: { url: 'u' } } })
    const server = await start((_, outgoing) => {
      outgoing.writeHead(200)
      let number = 0
      const more = () => {
        if (number === 0 && !outgoing.write('{"name":"left-pad","versions":{"0":{"dist":{}}')) number = 0
        while (number < 1_000) if (!outgoing.write(`,"1.0.${number++}":${version}`)) return
        outgoing.off('drain', more)
        outgoing.end('}}')
      }
      outgoing.on('drain', more)
      more()
      return undefined
    })
    const before = process.memoryUsage.rss()
    const answer = await npmSource.history?.(left, testSession({ npm: server.url }))
    expect(answer?.kind === 'known' && answer.value.length).toBe(1_001)
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024)
  })
})

describe('what npm is asked about', () => {
  it.each([
    ['a registry package', {}, true],
    ['a git dependency', { source: 'git' as const }, false],
    ['a tarball', { source: 'url' as const }, false],
    ['a workspace', { source: 'workspace' as const }, false],
    ['no version', { version: undefined }, false],
    ['another ecosystem', { ecosystem: 'pypi' }, false],
  ])('%s', (_, change, expected) => {
    expect(npmSource.covers({ ...left, ...change }, plainSession({ origins: {} }))).toBe(expected)
  })
})

describe.skipIf(loadFixtures().length === 0)('real npm documents', () => {
  const documents = loadFixtures().filter(
    ({ kind, path }) => path.startsWith('npm/') && /attestations/.test(path) && kind !== '',
  )
  it.each(documents.map(({ path }) => path))('are found: %s', async (path) => {
    const body = readFileSync(fixturePath(path))
    const server = await start(() => ({ body }))
    const answer = await lookup(locked('npm', 'sigstore@1.0.0'), testSession({ npm: server.url }), true)
    expect(answer).toMatchObject({ kind: 'found', documents: [{ form: 'npm' }] })
  })
})
