import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goModHash, goService } from '../../../src/embedded/world/services/go.ts'
import { parseTreeHead, recordHash, rootFromProof } from '../../../src/model/log-tiles.ts'
import { escapeModule, goSource } from '../../../src/source/sources/go.ts'
import { dependencyOf } from '../../support/dependencies.ts'
import { plainSession, type ScriptedAnswer, scripted } from '../../support/plain-client.ts'
import { startTestWorld, type TestWorld } from '../../support/world.ts'

const azure = dependencyOf({ ecosystem: 'golang', name: 'github.com/Azure/sdk', version: 'v1.0.0' })
const H = Buffer.alloc(32, 7).toString('base64')
const head = (size: number) => `go.sum database tree\n${size}\n${H}\n\n— sum.golang.org ${H}\n`
const record = (name = azure.name, version = 'v1.0.0') =>
  `${name} ${version} h1:${H}\n${name} ${version}/go.mod h1:${H}\n`

async function fault(answer: ScriptedAnswer, dependency = azure, more: Record<string, ScriptedAnswer> = {}) {
  const client = scripted({ '/lookup/github.com/!azure/sdk@v1.0.0': answer, ...more })
  const session = plainSession({ client, origins: { go: 'https://sum.golang.org' } })
  const found = await goSource.register?.(dependency, session)
  return found?.kind === 'unavailable' ? found.error.fault : found?.kind
}

describe('the Go checksum database', () => {
  it.each([
    ['github.com/Azure/sdk', 'github.com/!azure/sdk'],
    ['v1.0.0+incompatible', 'v1.0.0+incompatible'],
    ['a/../b', undefined],
    ['a//b', undefined],
    ['a?x=1', undefined],
    ['a!b', undefined],
  ])('escapes %s as %s', (name, path) => {
    expect(escapeModule(name)).toBe(path)
  })

  it.each<[string, ScriptedAnswer, string]>([
    ['404', { status: 404 }, 'unreadable'],
    ['410, a module that was never public', { status: 410 }, 'unreadable'],
    ['no answer', 'reset', 'unreachable'],
    ['429 that outlasted the retries', 'rate', 'unreachable'],
    ['400', { status: 400 }, 'malformed'],
    ['a web page', { status: 200, body: '<html></html>' }, 'malformed'],
    [
      'a record of another module',
      { status: 200, body: `0\n${record('github.com/evil/sdk')}\n${head(1)}` },
      'malformed',
    ],
    [
      'a record of another version',
      { status: 200, body: `0\n${record(azure.name, 'v1.0.1')}\n${head(1)}` },
      'malformed',
    ],
    [
      'a line of another version beside ours',
      { status: 200, body: `0\n${record()}${record(azure.name, 'v1.0.1')}\n${head(1)}` },
      'malformed',
    ],
    ['two hashes of one file', { status: 200, body: `0\n${record()}${record()}\n${head(1)}` }, 'malformed'],
    ['a record beyond the signed tree', { status: 200, body: `1\n${record()}\n${head(1)}` }, 'malformed'],
    [
      'a hash of 16 bytes (T-MF-15)',
      { status: 200, body: `0\n${record().replace(H, 'AAAAAAAAAAAAAAAAAAAAAA==')}\n${head(1)}` },
      'malformed',
    ],
    ['a tree of one, which needs no tile', { status: 200, body: `0\n${record()}\n${head(1)}` }, 'found'],
    ['a log without the tiles of its proof', { status: 200, body: `0\n${record()}\n${head(2)}` }, 'malformed'],
  ])('%s is %s', async (_, answer, state) => {
    expect(await fault(answer)).toBe(state)
  })

  it('is malformed when a tile has another size than it says', async () => {
    const answer = { status: 200, body: `0\n${record()}\n${head(2)}` }
    for (const size of [32, 63, 96]) {
      const tile = { status: 200, body: Buffer.alloc(size) }
      expect(await fault(answer, azure, { '/tile/8/0/000.p/2': tile })).toBe('malformed')
    }
    const tile = { status: 200, body: Buffer.alloc(64) }
    expect(await fault(answer, azure, { '/tile/8/0/000.p/2': tile })).toBe('found')
  })

  it('covers modules and leaves the toolchain alone', () => {
    expect(goSource.covers(azure, plainSession({ origins: {} }))).toBe(true)
    expect(goSource.covers({ ...azure, name: 'golang.org/toolchain' }, plainSession({ origins: {} }))).toBe(false)
    expect(goSource.covers({ ...azure, source: 'link' }, plainSession({ origins: {} }))).toBe(false)
    expect(goSource.lookup).toBeUndefined()
  })
})

describe('modules in a simulated world', () => {
  const COUNT = 600
  let world: TestWorld
  beforeAll(async () => {
    const packages = Array.from({ length: COUNT }, (_, i) => ({
      ecosystem: 'go' as const,
      name: i === 0 ? azure.name : `example.com/m${i}`,
      version: 'v1.0.0',
    }))
    world = await startTestWorld({ packages }, { services: [goService] })
  })
  afterAll(() => world.close())

  it.each([0, 1, 255, 256, 511, 512, COUNT - 1])(
    'come with a proof that record %i is in the signed tree',
    async (at) => {
      const name = at === 0 ? azure.name : `example.com/m${at}`
      const found = await goSource.register?.({ ...azure, name }, plainSession({ origins: world.origins }))
      if (found?.kind !== 'found' || found.record.note === undefined) throw new Error('no record')
      const { note, files } = found.record
      const { size, root } = parseTreeHead(note.signed)
      expect([size, note.index]).toStrictEqual([COUNT, String(at)])
      const proof = note.proof.map((hash) => Buffer.from(hash, 'base64'))
      expect(rootFromProof(recordHash(note.records), at, size, proof)).toStrictEqual(Buffer.from(root))
      expect(rootFromProof(recordHash(note.records.replace('v1', 'v2')), at, size, proof)).not.toStrictEqual(
        Buffer.from(root),
      )
      expect(files.map((file) => file.name)).toStrictEqual([undefined, 'go.mod'])
      expect(files[1]?.digests).toStrictEqual({ dirHash: goModHash(name) })
    },
  )

  it('are not found under a path with a bare capital, which no module has', async () => {
    expect((await fetch(`${world.origins.go}/lookup/github.com/Azure/sdk@v1.0.0`)).status).toBe(400)
    expect((await fetch(`${world.origins.go}/lookup/example.com/none@v1.0.0`)).status).toBe(404)
    expect((await fetch(`${world.origins.go}/tile/8/0/002.p/89`)).status).toBe(404)
    expect(await (await fetch(`${world.origins.go}/latest`)).text()).toMatch(/^go\.sum database tree\n600\n/)
  })
})
