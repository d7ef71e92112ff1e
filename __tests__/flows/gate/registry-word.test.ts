import { copyFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { withPackage } from '../../../src/embedded/world/change.ts'
import type { WorldEcosystem } from '../../../src/embedded/world/description.ts'
import { PROFILES } from '../../../src/model/rules.ts'
import {
  cargoLock,
  type GateProject,
  gemfileLock,
  goSum,
  LOCK,
  npmLock,
  openGateProject,
  POLICY,
  served,
  uvLock,
  withoutLockEntry,
  withVersion,
} from '../../support/gate-project.ts'
import { startTestWorld } from '../../support/world.ts'

let project: GateProject
let lock: string

beforeAll(async () => {
  project = await openGateProject()
  await project.init()
  lock = project.read(LOCK)
})
afterAll(() => project.close())
beforeEach(() => {
  project.restore()
  project.write(LOCK, lock)
  project.world.setDescription(project.good)
})

const gates = () => Promise.all(PROFILES.map((profile) => project.gate({ profile })))

/** How each lock writes the digest of one version. */
const ROWS: readonly (readonly [
  WorldEcosystem,
  string,
  string,
  string,
  (pack: ReturnType<typeof served>) => string,
])[] = [
  ['npm', 'plain', '1.0.1', 'package-lock.json', ({ integrity }) => integrity],
  ['pypi', 'plainpy', '2.1', 'uv.lock', ({ sha256 }) => sha256],
  ['cargo', 'rsplain', '0.3.1', 'Cargo.lock', ({ sha256 }) => sha256],
  [
    'go',
    'example.com/mod',
    'v1.2.1',
    'go.sum',
    ({ file }) => Buffer.from(file.digests.dirHash ?? '', 'hex').toString('base64'),
  ],
  ['rubygems', 'rubyplain', '0.9.1', 'Gemfile.lock', ({ sha256 }) => sha256],
]

describe('a lock with the digest of another version (T-NS-19)', () => {
  it.each(ROWS)(
    'fails under every enforcing profile, though nobody ever attested it: %s',
    async (ecosystem, name, version, file, digestOf) => {
      const { world, good } = project
      const mine = digestOf(served(world, ecosystem, name))
      world.setDescription(withVersion(good, name, version))
      const others = digestOf(served(world, ecosystem, name, version))
      expect(others).not.toBe(mine)
      project.edit(file, (text) => text.replace(mine, others))
      for (const { verdict, of, fails } of await gates()) {
        expect(of(name)).toMatchObject({ state: 'invalid' })
        expect(of(name).findings.map(({ rule, code }) => [rule, code])).toContainEqual([
          'lock-matches-registry',
          'REGISTRY_DIGEST_MISMATCH',
        ])
        expect(verdict.result).toBe(verdict.profile === 'baseline' ? 'PASSED' : 'FAILED')
        expect(fails).toStrictEqual(
          verdict.profile === 'baseline' ? [] : [`lock-matches-registry REGISTRY_DIGEST_MISMATCH ${name}`],
        )
        expect(verdict.counts.invalid).toBe(1)
      }
    },
  )

  it('is told apart from the right one of a gem for one platform', async () => {
    const { world, good } = project
    const sha256 = { right: 'ab'.repeat(32), wrong: 'cd'.repeat(32) }
    const plain = served(world, 'rubygems', 'rubyplain').sha256
    world.setDescription(
      withPackage(good, { name: 'rubyplain' }, (pack) => ({
        ...pack,
        files: [{ name: 'rubyplain-0.9.0-x86_64-linux.gem', digests: { sha256: sha256.right } }],
      })),
    )
    const states: (string | undefined)[] = []
    for (const one of [sha256.right, sha256.wrong]) {
      project.restore()
      project.edit('Gemfile.lock', (text) =>
        text.replaceAll('rubyplain (0.9.0)', 'rubyplain (0.9.0-x86_64-linux)').replace(plain, one),
      )
      states.push((await project.gate()).states.rubyplain)
    }
    expect(states).toStrictEqual(['registered', 'invalid'])
  })

  it('fails on first sight too, before any trust lock', async () => {
    project.remove(LOCK)
    project.edit('package-lock.json', (text) =>
      text.replace(served(project.world, 'npm', 'plain').integrity, served(project.world, 'npm', 'checker').integrity),
    )
    expect((await project.gate()).fails).toStrictEqual(['lock-matches-registry REGISTRY_DIGEST_MISMATCH plain'])
  })

  it('fails when the tarball behind `resolved` is another one of the same host', async () => {
    const { world, good } = project
    world.setDescription(withVersion(good, 'plain', '1.0.1'))
    project.edit('package-lock.json', (text) => text.replace('plain-1.0.0.tgz', 'plain-1.0.1.tgz'))
    const { fails } = await project.gate()
    expect(fails).toContain('closed-world-dependencies RESOLVED_MISMATCH')
  })

  it('is the same for one that is attested: its attestation is about other bytes', async () => {
    const { world, good } = project
    const { sha256 } = served(world, 'pypi', 'numlib')
    world.setDescription(withVersion(good, 'numlib', '1.4.1'))
    project.edit('uv.lock', (text) => text.replace(sha256, served(world, 'pypi', 'numlib', '1.4.1').sha256))
    const { states, fails } = await project.gate()
    expect(states.numlib).toBe('invalid')
    expect(fails).toContain('lock-matches-registry REGISTRY_DIGEST_MISMATCH numlib')
  })
})

describe('keys that sign a registry’s word (T-NS-14)', () => {
  it('are those of the policy, not those that the registry serves', async () => {
    const other = await startTestWorld()
    copyFileSync(other.npmKeysPath, project.path('.world/other_keys.json'))
    await other.close()
    project.edit(POLICY, (text) => text.replace('npm_keys.json', 'other_keys.json'))
    project.edit(LOCK, (text) => withoutLockEntry(text, 'checker'))
    const { of, verdict } = await project.gate({ profile: 'strict' })
    const codes = (name: string) => of(name).findings.map(({ code }) => code)
    expect([of('plain').state, of('checker').state, verdict.result]).toStrictEqual(['absent', 'absent', 'FAILED'])
    // The one was vouched for before; of the other nothing is known.
    expect(codes('plain')).toContain('REGISTRY_NOT_VOUCHED')
    expect(codes('checker')).toContain('ATTESTATION_ABSENT')
  })
})

describe('entries that nothing can speak about', () => {
  const vendored = () =>
    project.edit('package-lock.json', (text) => {
      const parsed = JSON.parse(text)
      parsed.packages['node_modules/vendored'] = {
        version: '1.0.0',
        resolved: 'file:vendor/vendored-1.0.0.tgz',
        integrity: served(project.world, 'npm', 'tool').integrity,
      }
      return JSON.stringify(parsed, null, 2)
    })

  it('are unsupported: printed by recommended, refused by strict unless the policy lists them', async () => {
    vendored()
    const [baseline, recommended, strict] = await gates()
    for (const run of [baseline, recommended, strict]) expect(run?.states.vendored).toBe('unsupported')
    expect([baseline, recommended, strict].map((run) => run?.verdict.result)).toStrictEqual([
      'PASSED',
      'PASSED',
      'FAILED',
    ])
    expect(strict?.fails).toContain('missing-provenance UNSUPPORTED vendored')
    project.edit(POLICY, (text) => `${text}accept-unsupported: [file]\nrules:\n  closed-world-dependencies: warn\n`)
    const accepted = await project.gate({ profile: 'strict' })
    expect([accepted.states.vendored, accepted.verdict.result]).toStrictEqual(['unsupported', 'PASSED'])
  })
})

describe('a waiver', () => {
  const waiver = (expires: string, more = '') => `waivers:
  - match: { purl: "pkg:npm/plain@1.0.0" }
    rule: missing-provenance
    reason: the private copy has no registry behind it
    owner: platform
    expires: ${expires}
${more}`
  const gone = () => {
    project.world.setDescription({
      ...project.good,
      packages: project.good.packages.filter(({ name }) => name !== 'plain'),
    })
    project.edit(LOCK, (text) => withoutLockEntry(text, 'plain'))
  }

  it('makes the state waived, counted and printed', async () => {
    gone()
    project.edit(POLICY, (text) => text + waiver('2026-12-01'))
    const { states, verdict, of } = await project.gate({ profile: 'strict' })
    expect([states.plain, verdict.result, verdict.counts.waived]).toStrictEqual(['waived', 'PASSED', 1])
    expect(of('plain').findings).toContainEqual(
      expect.objectContaining({ code: 'ATTESTATION_ABSENT', waiver: expect.objectContaining({ owner: 'platform' }) }),
    )
  })

  it.each([
    ['that has ended', waiver('2026-11-21'), 'WAIVER_EXPIRED'],
    ['that lasts too long', waiver('2027-06-01'), 'WAIVER_INVALID'],
    ['that stands twice', waiver('2026-12-01', waiver('2026-12-02').replace('waivers:\n', '')), 'WAIVER_INVALID'],
  ])('%s fails, and waives nothing', async (_, text, code) => {
    gone()
    project.edit(POLICY, (policy) => policy + text)
    for (const profile of ['recommended', 'strict'] as const) {
      const { states, fails } = await project.gate({ profile })
      expect(states.plain).toBe('absent')
      expect(fails).toContain(`waiver ${code}`)
    }
  })
})

describe('a lock that is written anew', () => {
  it('by the registry’s own digests passes', async () => {
    const { world, good } = project
    world.setDescription(withVersion(withVersion(good, 'plain', '1.0.1'), 'rubyplain', '0.9.1'))
    project.write(
      'package-lock.json',
      npmLock(
        world,
        ['tool', '@acme/ui', 'plain', 'checker'].map((name) => ({ name })),
      ),
    )
    project.write('Gemfile.lock', gemfileLock(world, ['rubylib', 'rubyplain']))
    project.write('Cargo.lock', cargoLock(world, ['rsdata', 'rsplain']))
    project.write('uv.lock', uvLock(world, ['plainpy']))
    project.write('go.sum', goSum(world, ['example.com/mod']))
    expect((await project.gate({ profile: 'strict' })).verdict.result).toBe('PASSED')
  })
})
