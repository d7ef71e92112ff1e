import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rubygemsService } from '../../../src/embedded/world/services/rubygems.ts'
import { rubygemsSource } from '../../../src/source/sources/rubygems.ts'
import { verifyAttestation } from '../../../src/verify/verify-attestation.ts'
import { dependencyOf } from '../../support/dependencies.ts'
import { plainSession, type ScriptedAnswer, scripted } from '../../support/plain-client.ts'
import type { LooseJson } from '../../support/real-signer.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const SHA = 'ab'.repeat(32)
const rack = dependencyOf({ ecosystem: 'gem', name: 'rack', version: '3.0.0', digests: { sha256: SHA } })
const native = { ...rack, id: 'pkg:gem/rack@3.0.0?platform=x86_64-linux' }
/** Enough to be found, and nothing that would verify. */
const ENVELOPE = { payload: 'e30=', payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: 'AAAA' }] }
const info = (...lines: string[]) => ({ status: 200, body: `---\n${lines.join('\n')}\n` })

async function registered(answer: ScriptedAnswer, dependency = rack, origin = 'https://rubygems.org') {
  const session = plainSession({ client: scripted({ '/info/rack': answer }), origins: { rubygems: origin } })
  const found = await rubygemsSource.register?.(dependency, session)
  return found?.kind === 'unavailable' ? found.error.fault : found?.kind === 'found' ? found.record : found?.kind
}

async function looked(answer: ScriptedAnswer, dependency = rack, origin = 'https://rubygems.org') {
  const client = scripted({ '/api/v1/attestations/rack-3.0.0.json': answer })
  const session = plainSession({ client, origins: { rubygems: origin } })
  const found = await rubygemsSource.lookup?.({ dependency, digests: dependency.digests }, session, {
    claimed: undefined,
  })
  return found?.kind === 'unavailable' ? found.error.fault : found?.kind
}

describe('the compact index of RubyGems', () => {
  it('gives the checksum of exactly the version and the platform', async () => {
    const other = 'cd'.repeat(32)
    const answer = info(
      `3.0.0.1 |checksum:${other},ruby:>= 2`,
      `3.0.0 base64:>= 0.1&< 1,logger:>= 0|checksum:${SHA},ruby:>= 2.4`,
      `3.0.0-x86_64-linux |checksum:${other}`,
    )
    expect(await registered(answer)).toMatchObject({
      files: [{ digests: { sha256: SHA } }],
      dependencies: { base64: '>= 0.1, < 1', logger: '>= 0' },
    })
    expect(await registered(answer, native)).toMatchObject({
      // What the lock calls it: the platform is part of the file's name.
      version: '3.0.0',
      files: [{ digests: { sha256: other } }],
    })
  })

  it.each<[string, ScriptedAnswer, string]>([
    ['404', { status: 404 }, 'none'],
    ['a yanked version, which has no line', info(`3.0.1 |checksum:${SHA}`), 'none'],
    ['a web page', { status: 200, body: '<html>' }, 'malformed'],
    ['a line without a checksum', info('3.0.0 |ruby:>= 2'), 'malformed'],
    ['a checksum of 40 digits (T-MF-15)', info(`3.0.0 |checksum:${'ab'.repeat(20)}`), 'malformed'],
    ['the version twice', info(`3.0.0 |checksum:${SHA}`, `3.0.0 |checksum:${SHA}`), 'malformed'],
    ['401', { status: 401 }, 'unreadable'],
    ['no answer', 'reset', 'unreachable'],
  ])('%s is %s', async (_, answer, state) => {
    expect(await registered(answer)).toBe(state)
  })

  it('does not take the silence of a mirror, or of the wrong registry, for an answer', async () => {
    expect(await registered({ status: 404 }, rack, 'https://gems.example')).toBe('stripped')
    expect(
      await registered(info(`3.0.0 |checksum:${'cd'.repeat(32)}`), { ...rack, registry: 'https://gems.acme.example' }),
    ).toBe('unsupported')
  })
})

describe('attestations of gems', () => {
  it.each<[string, ScriptedAnswer, string]>([
    ['an empty list', { status: 200, body: [] }, 'none'],
    ['a list', { status: 200, body: [ENVELOPE] }, 'found'],
    ['404, for a version that the lock took from here', { status: 404 }, 'none'],
    ['no list (T-NS-17)', { status: 200, body: { message: 'x' } }, 'malformed'],
    ['cut JSON (T-NS-17)', { status: 200, body: '[{"mediaType":' }, 'malformed'],
    ['something that is no bundle (T-NS-17)', { status: 200, body: [{ mediaType: 'x' }] }, 'malformed'],
    ['101 entries (T-NS-06)', { status: 200, body: Array.from({ length: 101 }, () => ENVELOPE) }, 'malformed'],
    ['403', { status: 403 }, 'unreadable'],
    ['no answer', 'timeout', 'unreachable'],
  ])('%s is %s', async (_, answer, state) => {
    expect(await looked(answer)).toBe(state)
  })

  it('are not asked of RubyGems for a gem from elsewhere, and a mirror cannot say no', async () => {
    expect(await looked({ status: 404 }, { ...rack, registry: 'https://gems.acme.example' })).toBe('unsupported')
    expect(await looked({ status: 200, body: [] }, { ...rack, registry: 'https://gems.acme.example' })).toBe(
      'unsupported',
    )
    expect(await looked({ status: 404 }, rack, 'https://gems.example')).toBe('stripped')
    expect(await looked({ status: 200, body: [] }, rack, 'https://gems.example')).toBe('stripped')
  })
})

describe('gems in a simulated world', () => {
  let world: TestWorld
  beforeAll(async () => {
    world = await startTestWorld(
      {
        packages: [
          {
            ecosystem: 'rubygems',
            name: 'rack',
            version: '3.0.0',
            attestation: { repository: 'rack/rack' },
            archive: { 'ext/extconf.rb': '#' },
          },
          { ecosystem: 'rubygems', name: 'plain', version: '1.0.0' },
          { ecosystem: 'rubygems', name: 'gone', version: '1.0.0', yanked: true },
        ],
      },
      { services: [rubygemsService] },
    )
  })
  afterAll(() => world.close())

  const session = () => plainSession({ origins: world.origins })
  const bundles = async (): Promise<LooseJson[]> =>
    (await (await fetch(`${world.origins.rubygems}/api/v1/attestations/rack-3.0.0.json`)).json()) as LooseJson[]

  it('have attestations that verify, a checksum, and files that are listed', async () => {
    const found = await rubygemsSource.lookup?.({ dependency: rack, digests: {} }, session(), { claimed: undefined })
    if (found?.kind !== 'found') throw new Error('not found')
    const [attestation] = found.documents.flatMap((document) => document.attestations)
    if (attestation === undefined) throw new Error('none')
    const sha256 = verifyAttestation(attestation, world.trust).statement?.subject[0]?.digest.sha256
    const record = await rubygemsSource.register?.(rack, session())
    expect(record).toMatchObject({ kind: 'found', record: { files: [{ digests: { sha256 } }] } })
    const archive = await rubygemsSource.archive?.({ ...rack, digests: { sha256: sha256 ?? '' } }, session())
    const paths = archive?.kind === 'known' ? archive.value.files.map(({ path }) => path) : []
    expect(paths).toStrictEqual(['metadata.gz', 'lib/rack.rb', 'ext/extconf.rb'])
  })

  it('without an attestation, or yanked, are told apart', async () => {
    const plain = dependencyOf({ ecosystem: 'gem', name: 'plain', version: '1.0.0' })
    const gone = dependencyOf({ ecosystem: 'gem', name: 'gone', version: '1.0.0' })
    expect(
      await rubygemsSource.lookup?.({ dependency: plain, digests: {} }, session(), { claimed: undefined }),
    ).toMatchObject({ kind: 'none' })
    expect(await rubygemsSource.register?.(gone, session())).toMatchObject({ kind: 'none' })
  })

  it('with the two known faults of stored bundles are read, and verify as what they are (T-NS-17)', async () => {
    const [bundle] = await bundles()
    const material = bundle.verificationMaterial
    for (const entry of material.tlogEntries) delete entry.kindVersion
    const der = material.certificate.rawBytes as string
    const pem = `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
    material.certificate.rawBytes = Buffer.from(pem).toString('base64')
    const client = scripted({ '/rack-3.0.0.json': { status: 200, body: [bundle] } })
    const mended = plainSession({ client, origins: { rubygems: 'https://rubygems.org' } })
    const found = await rubygemsSource.lookup?.({ dependency: rack, digests: {} }, mended, { claimed: undefined })
    if (found?.kind !== 'found') throw new Error('not found')
    const attestation = found.documents[0]?.attestations[0]
    if (attestation === undefined) throw new Error('none')
    expect(verifyAttestation(attestation, world.trust).statement?.predicateType).toBe('https://slsa.dev/provenance/v1')
  })
})
