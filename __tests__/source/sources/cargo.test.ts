import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cargoService } from '../../../src/embedded/world/services/cargo.ts'
import { cargoSource, indexPath } from '../../../src/source/sources/cargo.ts'
import { dependencyOf } from '../../support/dependencies.ts'
import { plainSession, type ScriptedAnswer, scripted } from '../../support/plain-client.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const SHA = 'ab'.repeat(32)
const serde = dependencyOf({ ecosystem: 'cargo', name: 'Serde', version: '1.0.0', digests: { sha256: SHA } })
const line = (more: object = {}) =>
  `${JSON.stringify({ name: 'Serde', vers: '1.0.0', deps: [], cksum: SHA, features: {}, yanked: false, ...more })}\n`

async function register(answer: ScriptedAnswer, dependency = serde, origin = 'https://index.crates.io') {
  const session = plainSession({ client: scripted({ '/se/rd/serde': answer }), origins: { cargo: origin } })
  return cargoSource.register?.(dependency, session)
}
const fault = async (...args: Parameters<typeof register>) => {
  const found = await register(...args)
  return found?.kind === 'unavailable' ? found.error.fault : found?.kind
}

describe('the crates index', () => {
  it.each([
    ['a', '1/a'],
    ['Ab', '2/ab'],
    ['abc', '3/a/abc'],
    ['Serde_JSON', 'se/rd/serde_json'],
    ['../x', undefined],
    ['a/b', undefined],
  ])('files %s under %s', (name, path) => {
    expect(indexPath(name)).toBe(path)
  })

  it('gives the checksum, the yank and the dependencies of exactly the version', async () => {
    const deps = [
      { name: 'renamed', package: 'real', req: '^1', kind: 'normal' },
      { name: 'tests', req: '^2', kind: 'dev' },
      { name: 'cc', req: '^3', kind: 'build' },
    ]
    const same = [{ name: 'other', req: '1.0.0', kind: 'normal' }]
    const body = line({ vers: '0.9.0', deps: same, cksum: 'cd'.repeat(32) }) + line({ deps, yanked: true })
    const found = await register({ status: 200, body })
    expect(found?.kind === 'found' && found.record.dependencies).toStrictEqual({ real: '^1', cc: '^3' })
    expect(found).toMatchObject({
      kind: 'found',
      record: {
        origin: 'index.crates.io',
        files: [{ digests: { sha256: SHA }, yanked: true }],
        claimsAttestations: false,
      },
    })
  })

  it.each<[string, ScriptedAnswer, string]>([
    ['404 of the public index', { status: 404 }, 'none'],
    ['410, a crate that was removed', { status: 410 }, 'none'],
    ['a version that is not listed', { status: 200, body: line({ vers: '1.0.1' }) }, 'none'],
    ['403', { status: 403 }, 'unreadable'],
    ['a rate limit', { status: 403, headers: { 'retry-after': '5' } }, 'rate-limited'],
    ['400', { status: 400 }, 'malformed'],
    ['no answer', 'reset', 'unreachable'],
    ['half a line', { status: 200, body: line().slice(0, 40) }, 'malformed'],
    ['a checksum of 32 digits (T-MF-15)', { status: 200, body: line({ cksum: 'ab'.repeat(16) }) }, 'malformed'],
    ['the version twice', { status: 200, body: line() + line({ cksum: 'cd'.repeat(32) }) }, 'malformed'],
    ['a key twice', { status: 200, body: line().replace('{', `{"cksum":"${'cd'.repeat(32)}",`) }, 'malformed'],
    ['a line without dependencies', { status: 200, body: line({ deps: undefined }) }, 'malformed'],
  ])('%s is %s', async (_, answer, state) => {
    expect(await fault(answer)).toBe(state)
  })

  it('does not take the silence of a mirror for an answer', async () => {
    expect(await fault({ status: 404 }, serde, 'https://mirror.example')).toBe('stripped')
    expect(await fault({ status: 200, body: '' }, serde, 'https://mirror.example')).toBe('stripped')
  })

  it('speaks for a crate of another registry only when it names the very bytes', async () => {
    const elsewhere = { ...serde, registry: 'https://crates.acme.example' }
    expect(await fault({ status: 200, body: line() }, elsewhere)).toBe('found')
    expect(await fault({ status: 200, body: line({ cksum: 'cd'.repeat(32) }) }, elsewhere)).toBe('unsupported')
    expect(await fault({ status: 404 }, elsewhere)).toBe('unsupported')
  })

  it('covers crates of a registry and nothing else, and has no attestations to look up', () => {
    expect(cargoSource.covers(serde, plainSession({ origins: {} }))).toBe(true)
    expect(cargoSource.covers({ ...serde, source: 'git' }, plainSession({ origins: {} }))).toBe(false)
    expect(cargoSource.covers({ ...serde, ecosystem: 'npm' }, plainSession({ origins: {} }))).toBe(false)
    expect(cargoSource.lookup).toBeUndefined()
  })
})

describe('crates in a simulated world', () => {
  let world: TestWorld
  beforeAll(async () => {
    const pack = {
      ecosystem: 'cargo',
      name: 'Serde',
      version: '1.0.0',
      archive: { 'build.rs': 'fn main() {}' },
    } as const
    world = await startTestWorld({ packages: [pack, { ...pack, version: '1.0.1' }] }, { services: [cargoService] })
  })
  afterAll(() => world.close())

  it('are vouched for by the checksum of the bytes that are served, and listed', async () => {
    const session = plainSession({ origins: world.origins })
    const found = await cargoSource.register?.(serde, session)
    if (found?.kind !== 'found') throw new Error('not found')
    const digests = found.record.files[0]?.digests ?? {}
    const archive = await cargoSource.archive?.({ ...serde, digests }, session)
    expect(archive).toMatchObject({ kind: 'known', value: { truncated: false } })
    expect(archive?.kind === 'known' && archive.value.files.map(({ path }) => path)).toContain('build.rs')
    // The same archive under another digest is not the locked one.
    expect(await cargoSource.archive?.(serde, session)).toMatchObject({ kind: 'unknown', code: 'CONTEXT_UNKNOWN' })
  })

  it('are not there under a path that the index does not have', async () => {
    const answer = await fetch(`${world.origins.cargo}/Se/rd/Serde`)
    expect(answer.status).toBe(404)
  })
})
