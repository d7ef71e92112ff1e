import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cargoService } from '../../../src/embedded/world/services/cargo.ts'
import { ossRebuildService } from '../../../src/embedded/world/services/oss-rebuild.ts'
import type { Dependency } from '../../../src/model/dependency.ts'
import { rebuildOf } from '../../../src/model/rebuild.ts'
import { parseStatement, preAuthEncoding, type Statement } from '../../../src/model/statement.ts'
import { ossRebuildSource } from '../../../src/source/sources/oss-rebuild.ts'
import { dependencyOf } from '../../support/dependencies.ts'
import { plainSession, type ScriptedAnswer, scripted } from '../../support/plain-client.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const BUCKET = 'https://storage.googleapis.com/google-rebuild-attestations'
const KNOWN = '/npm/lodash/4.17.21/lodash-4.17.21.tgz/rebuild.intoto.jsonl'
const virtual = dependencyOf({ ecosystem: 'npm', name: '@tanstack/vue-virtual', version: '3.5.0' })
const OBJECT = '/npm/@tanstack/vue-virtual/3.5.0/tanstack-vue-virtual-3.5.0.tgz/rebuild.intoto.jsonl'

async function looked(answers: Record<string, ScriptedAnswer>, dependency: Dependency = virtual) {
  const session = plainSession({ client: scripted(answers), origins: { 'oss-rebuild': BUCKET } })
  const found = await ossRebuildSource.lookup?.({ dependency, digests: {} }, session, { claimed: undefined })
  return found?.kind === 'unavailable' ? found.error.fault : found?.kind
}

describe('OSS Rebuild', () => {
  const envelope = { payload: 'e30=', payloadType: 'application/vnd.in-toto+json', signatures: [{ sig: 'AAAA' }] }
  it.each<[string, Record<string, ScriptedAnswer>, string]>([
    [
      'envelopes, one a line',
      { [OBJECT]: { status: 200, body: `${JSON.stringify(envelope)}\n${JSON.stringify(envelope)}\n` } },
      'found',
    ],
    ['404', {}, 'none'],
    ['403 beside an object that is there', { [OBJECT]: { status: 403 }, [KNOWN]: { status: 200 } }, 'none'],
    ['403 for everything', { [OBJECT]: { status: 403 }, [KNOWN]: { status: 403 } }, 'unreadable'],
    ['403, and then no answer', { [OBJECT]: { status: 403 }, [KNOWN]: 'reset' }, 'unreadable'],
    ['no answer', { [OBJECT]: 'reset' }, 'unreachable'],
    ['an empty object', { [OBJECT]: { status: 200, body: '' } }, 'malformed'],
    ['something else (T-NS-17)', { [OBJECT]: { status: 200, body: '{}' } }, 'malformed'],
  ])('with %s is %s', async (_, answers, state) => {
    expect(await looked(answers)).toBe(state)
  })

  it('is asked by file name, so bare hashes cannot be looked up', async () => {
    const pypi = dependencyOf({ ecosystem: 'pypi', name: 'absl-py', version: '2.0.0' })
    expect(await looked({}, pypi)).toBe('unsupported')
    const wheel = { name: 'absl_py-2.0.0-py3-none-any.whl', digests: {} }
    expect(await looked({}, { ...pypi, files: [wheel] })).toBe('none')
  })

  it('has nothing to say about packages of other registries', () => {
    expect(ossRebuildSource.covers(virtual, plainSession({ origins: {} }))).toBe(true)
    expect(
      ossRebuildSource.covers({ ...virtual, registry: 'https://npm.acme.example' }, plainSession({ origins: {} })),
    ).toBe(false)
    expect(ossRebuildSource.covers({ ...virtual, ecosystem: 'gem' }, plainSession({ origins: {} }))).toBe(false)
  })
})

describe('rebuilds in a simulated world', () => {
  let world: TestWorld
  beforeAll(async () => {
    const pack = { ecosystem: 'cargo', version: '1.0.0' } as const
    world = await startTestWorld(
      {
        packages: ['same', 'other', 'none'].map((name) => ({ ...pack, name })),
        rebuilds: [
          { ...pack, name: 'same', result: 'matches' },
          { ...pack, name: 'other', result: 'differs' },
        ],
      },
      { services: [ossRebuildService, cargoService] },
    )
  })
  afterAll(() => world.close())

  it.each(['same', 'other', 'none'])('of %s are read, verified with the static key and understood', async (name) => {
    const dependency = dependencyOf({ ecosystem: 'cargo', name, version: '1.0.0' })
    const [pack] = world.state.versions('cargo', name)
    const digests = pack === undefined ? {} : (world.state.filesOf(pack)[0]?.digests ?? {})
    const target = { dependency, digests }
    const found = await ossRebuildSource.lookup?.(target, plainSession({ origins: world.origins }), {
      claimed: undefined,
    })
    const attestations = found?.kind === 'found' ? found.documents.flatMap((document) => document.attestations) : []
    const key = createPublicKey(readFileSync(world.rebuildKeyPath))
    const statements = attestations.map(({ content }): Statement => {
      if (content.kind !== 'dsse') throw new Error('no envelope')
      expect(verify('sha256', preAuthEncoding(content.payloadType, content.payload), key, content.signature)).toBe(true)
      return parseStatement(content.payload)
    })
    expect(statements).toHaveLength(name === 'none' ? 0 : 2)
    expect(rebuildOf(statements, target)).toBe({ same: 'matches', other: 'differs', none: 'none' }[name])
  })
})
