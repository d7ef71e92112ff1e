import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { breakAttestation, dropAttestation, withPackage, withRepository } from '../../src/embedded/world/change.ts'
import type { WorldAttestation, WorldGithub, WorldImage } from '../../src/embedded/world/description.ts'
import { cliOf } from '../support/gate-cli.ts'
import { npmLock, POLICY, served, withVersion } from '../support/gate-project.ts'
import { close, listen } from '../support/loopback-server.ts'
import { startTestWorld, type TestWorld } from '../support/world.ts'
import { type GateBench, startGateBench } from './gate-bench.ts'

let bench: GateBench
/** The same story, told by somebody whose keys nobody trusts. */
let evil: TestWorld
beforeAll(async () => {
  bench = await startGateBench()
  evil = await startTestWorld(bench.project.good, { clock: () => new Date() })
})
afterAll(() => Promise.all([bench.close(), evil.close()]))
beforeEach(() => {
  bench.reset()
  bench.project.world.clearRequests()
})

const NPM = [{ name: 'tool' }, { name: '@acme/ui' }, { name: 'plain' }, { name: 'checker', dev: true }]
const RSDATA = 'github /repos/acme/rsdata/attestations'

describe('GitHub', () => {
  const answering = (github: WorldGithub) => bench.world((good) => ({ ...good, github }))

  it('T-NS-02: is asked for every page: the good attestation is the last of many', async () => {
    const { world } = bench.project
    const { sha256 } = served(world, 'cargo', 'rsdata')
    const decoys = Array.from({ length: 31 }, (_, n) => ({
      ...{ ecosystem: 'npm' as const, name: `decoy-${n}`, version: '1.0.0', onGithub: true },
      attestation: { repository: 'acme/rsdata' },
      files: [{ name: `decoy-${n}.tgz`, digests: { sha256 } }],
    }))
    bench.world((good) => ({ ...good, packages: [...decoys, ...good.packages] }))
    const { states } = await bench.gate()
    expect(states.rsdata).toBe('verified')
  })

  it('T-NS-03: that shows this token less than there is says unreadable, never absent', async () => {
    bench.world((good) => withRepository(good, 'acme/rsdata', (one) => ({ ...one, visibility: 'private' })))
    const { states, code } = await bench.gate()
    expect([code, states.rsdata]).toStrictEqual([10, 'unreadable'])
  })

  it('T-NS-11: may name a bundle by its address alone: where that cannot be had there is no pass, and not "none"', async () => {
    for (const bundles of ['inline', 'both'] as const) {
      answering({ bundles })
      expect([bundles, (await bench.gate()).states.rsdata]).toStrictEqual([bundles, 'verified'])
    }
    for (const bundles of ['url', 'neither'] as const) {
      answering({ bundles })
      const { code, states } = await bench.gate()
      expect([bundles, code, states.rsdata]).toStrictEqual([bundles, 10, 'unreachable'])
    }
  })

  it('T-NS-08: that deleted what the trust lock has recorded leaves it lost', async () => {
    bench.world((good) => dropAttestation(good, { name: 'rsdata' }))
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.rsdata]).toStrictEqual([10, 'lost'])
    expect(codesOf('rsdata')).toContain('ATTESTATION_LOST')
  })
})

describe('an address in an answer', () => {
  it('T-NS-04: that leads to the machine’s neighbours, to plain http or elsewhere is not followed', async () => {
    let asked = 0
    const stranger = createServer((_, answer) => {
      asked++
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{"attestations":[]}')
    })
    const url = await listen(stranger)
    for (const location of ['http://169.254.169.254/latest', 'https://localhost.evil.example/x', `${url}/x`]) {
      bench.faults(
        { kind: 'redirect', location, match: RSDATA },
        { kind: 'redirect', location, match: 'github /orgs/acme' },
      )
      const { code, states } = await bench.gate()
      expect([location, code, states.rsdata]).toStrictEqual([location, 10, 'unreachable'])
    }
    await close(stranger)
    expect(asked).toBe(0)
    bench.faults()
    // The address of a bundle, which here is this machine’s own and no https.
    bench.world((good) => ({ ...good, github: { bundles: 'url' } }))
    bench.project.world.clearRequests()
    const bundle = await bench.gate()
    expect([bundle.code, bundle.states.rsdata]).toStrictEqual([10, 'unreachable'])
    expect(JSON.stringify(bundle.document.findings)).toContain('names a port')
    const ref = 'https://169.254.169.254/latest/meta-data'
    bench.project.edit(POLICY, (text) => `${text}  - role: dataset\n    ref: ${ref}\n    sha256: ${'a'.repeat(64)}\n`)
    expect((await bench.gate()).states[ref]).toBe('unreachable')
  })

  it('T-NS-05: gets no token that was meant for another host', async () => {
    const headers: (string | undefined)[] = []
    const stranger = createServer((request, answer) => {
      headers.push(request.headers.authorization)
      answer.writeHead(200, { 'content-type': 'application/json' }).end('{"attestations":[]}')
    })
    const url = await listen(stranger)
    try {
      bench.faults({ kind: 'redirect', location: `${url}/x`, match: RSDATA })
      await bench.gate()
      expect(headers.filter((value) => value !== undefined)).toStrictEqual([])
    } finally {
      await close(stranger)
    }
    const asked = bench.project.world.requests()
    expect(asked.some(({ service, authorized }) => service === 'github' && authorized)).toBe(true)
    expect(asked.filter(({ service, authorized }) => service !== 'github' && authorized)).toStrictEqual([])
  })

  it('T-NS-07: that is a tag is never asked: an image is what its digest says, or nothing that could be judged', async () => {
    const asked = () => bench.project.world.requests().filter(({ service }) => service === 'oci:ghcr.io')
    expect((await bench.gate()).states['ghcr.io/acme/base']).toBe('verified')
    // The workflow names the tag too; whoever moves it moves nothing that was judged.
    expect(asked().length).toBeGreaterThan(0)
    expect(asked().filter(({ path }) => /\/manifests\/(?!sha256)/.test(path))).toStrictEqual([])
    bench.project.edit('.github/workflows/train.yml', (text) => text.replace(/@sha256:[0-9a-f]{64}/, ''))
    const byTag = await bench.gate('--profile', 'strict')
    expect([byTag.code, byTag.states['ghcr.io/acme/base']]).toStrictEqual([10, 'unsupported'])
  })
})

describe('an image', () => {
  const image = (change: Partial<WorldImage>, without = false) =>
    bench.world(({ images: [first, ...rest] = [], ...good }) => {
      const { attestation, ...bare } = first ?? { name: '' }
      return { ...good, images: [{ ...bare, ...(without || !attestation ? {} : { attestation }), ...change }, ...rest] }
    })

  it('T-NS-13: has its evidence under a tag where its registry knows no referrers, and none is not "nothing was signed"', async () => {
    image({ referrers: 'tag' })
    expect((await bench.gate()).states['ghcr.io/acme/base']).toBe('verified')
    image({ referrers: 'none' })
    const { code, states } = await bench.gate()
    expect(states['ghcr.io/acme/base']).not.toBe('verified')
    expect(states['ghcr.io/acme/base']).not.toBe('absent')
    expect(code).toBe(10)
  })

  it('T-NS-12: is attested by what somebody signed, and by nothing that is written beside it', async () => {
    image({}, true)
    const bare = await bench.gate('--profile', 'strict')
    expect([bare.code, bare.states['ghcr.io/acme/base']]).toStrictEqual([10, 'lost'])
    bench.forget('ghcr.io/acme/base')
    expect((await bench.gate()).states['ghcr.io/acme/base']).toBe('absent')
    image({ attestation: { repository: 'acme/base', predicateType: 'https://cyclonedx.org/bom' } })
    expect((await bench.gate()).codesOf('ghcr.io/acme/base')).toContain('PREDICATE_TYPE')
  })
})

describe('a registry', () => {
  it('T-NS-14: vouches by the keys that the policy names, not by those that it serves itself', async () => {
    bench.project.write('.world/other_keys.json', readFileSync(evil.npmKeysPath, 'utf8'))
    bench.project.edit(POLICY, (text) => text.replace('npm_keys.json', 'other_keys.json'))
    const { code, states, codesOf } = await bench.gate('--profile', 'strict')
    expect([code, states.plain]).toStrictEqual([10, 'absent'])
    expect(codesOf('plain')).toContain('REGISTRY_NOT_VOUCHED')
    expect(states.tool).toBe('invalid')
  })

  it('T-NS-15, T-NS-19: that says the same wrong thing twice is held to the lock', async () => {
    const files = [{ name: 'plain-1.0.0.tgz', digests: { sha512: createHash('sha512').update('other').digest('hex') } }]
    bench.world((good) => withPackage(good, { name: 'plain' }, (one) => ({ ...one, files })))
    const { code, states, codesOf } = await bench.gate()
    expect([code, states.plain]).toStrictEqual([10, 'invalid'])
    expect(codesOf('plain')).toContain('REGISTRY_DIGEST_MISMATCH')
  })

  it('T-NS-19: has other bytes than a lock into which somebody wrote the digest of another version', async () => {
    const { world, good } = bench.project
    const mine = served(world, 'npm', 'plain').integrity
    world.setDescription(withVersion(good, 'plain', '1.0.1'))
    bench.project.edit('package-lock.json', (text) =>
      text.replace(mine, served(world, 'npm', 'plain', '1.0.1').integrity),
    )
    const digest = await bench.gate()
    expect([digest.code, digest.states.plain]).toStrictEqual([10, 'invalid'])
    bench.project.write(
      'package-lock.json',
      npmLock(
        world,
        NPM.map((one) => ({ ...one, ...(one.name === 'plain' ? { version: '1.0.0' } : {}) })),
      ),
    )
    bench.project.edit('package-lock.json', (text) => text.replace('plain-1.0.0.tgz', 'plain-1.0.1.tgz'))
    const resolved = await bench.gate()
    expect(resolved.code).toBe(10)
    expect(resolved.document.findings.map(({ code }) => code)).toContain('RESOLVED_MISMATCH')
  })

  it('T-NS-17: with a bundle that is damaged has a damaged bundle, and one that was tampered with is called that', async () => {
    bench.world((good) =>
      breakAttestation(breakAttestation(good, { name: 'tool' }, 'malformed'), { name: 'rubylib' }, 'signature'),
    )
    const { code, codesOf } = await bench.gate()
    expect(code).toBe(10)
    expect(codesOf('tool')).toContain('BUNDLE_MALFORMED')
    expect(codesOf('tool')).not.toContain('SIGNATURE_INVALID')
    expect(codesOf('rubylib')).toContain('SIGNATURE_INVALID')
  })
})

describe('what is kept on this machine', () => {
  it('T-NS-09: is verified again, whoever wrote it, and holds no verdict', async () => {
    const cached = () => cliOf(bench.project, ['gate', '--json'])
    await cached()
    const folder = bench.project.path('.home/.cache')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    const path = files.find((name) => readFileSync(name, 'utf8').split('\n', 1)[0]?.includes('tool@1.2.0')) ?? ''
    const head = JSON.parse(readFileSync(path, 'utf8').split('\n', 1)[0] ?? '')
    const foreign = await (await fetch(`${evil.origins.npm}/-/npm/v1/attestations/tool@1.2.0`)).text()
    const sha256 = createHash('sha256').update(foreign).digest('hex')
    writeFileSync(path, `${JSON.stringify({ ...head, sha256 })}\n${foreign}`)
    writeFileSync(join(path, '../verified'), '{"verdict":"PASSED","state":"verified","id":"pkg:npm/tool@1.2.0"}')
    const { code, stdout } = await cached()
    const tool = JSON.parse(stdout).dependencies.find(({ name }: { name: string }) => name === 'tool')
    expect([code, tool.state]).toStrictEqual([10, 'invalid'])
    bench.project.remove('.home/.cache')
  })

  it('T-NS-18: and says that a run succeeded is believed only when an own gate has signed it', async () => {
    const predicate = { observedAt: new Date().toISOString(), sources: [] }
    const subject = [{ name: 'package-lock.json', digest: { sha256: 'a'.repeat(64) } }]
    const statement = { _type: 'https://in-toto.io/Statement/v1', subject, predicate }
    const own = { repository: 'acme/tool', ref: 'refs/heads/main' } satisfies WorldAttestation
    const type = 'https://github.com/cleanbill/cleanbill/facts/v1'
    bench.project.write('facts.json', JSON.stringify(await evil.state.sign({ ...statement, predicateType: type }, own)))
    const { code, document } = await bench.gate('--facts', 'facts.json')
    expect(code).toBe(0)
    expect(JSON.stringify([document.findings, document.limits])).toContain('FACTS_UNTRUSTED')
    bench.project.remove('facts.json')
  })
})
