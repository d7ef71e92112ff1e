import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FINDERS } from '../../../src/discover/finders/index.ts'
import type { WorldDescription } from '../../../src/embedded/world/description.ts'
import { worldFromDependencies } from '../../../src/embedded/world/populate.ts'
import type { Dependency } from '../../../src/model/dependency.ts'
import { FIXTURES } from '../../support/fixtures.ts'
import { startTestWorld, worldClock } from '../../support/world.ts'

const options = { attestedShare: 1 / 8, seed: 'test', clock: worldClock }

function find(path: string, bytes: Uint8Array | string): readonly Dependency[] {
  const finder = FINDERS.find((one) => one.matches(path))
  if (finder === undefined) throw new Error(`no finder for ${path}`)
  return finder.find({ path, bytes: Buffer.from(bytes) }).dependencies
}

const integrity = (byte: number) => `sha512-${Buffer.alloc(64, byte).toString('base64')}`
const npmLock = JSON.stringify({
  name: 'x',
  lockfileVersion: 3,
  packages: {
    '': { name: 'x' },
    'node_modules/a': {
      version: '1.0.0',
      resolved: 'https://registry.npmjs.org/a/-/a-1.0.0.tgz',
      integrity: integrity(1),
    },
    'node_modules/@s/b': {
      version: '2.0.0',
      resolved: 'https://registry.npmjs.org/@s/b/-/b-2.0.0.tgz',
      integrity: integrity(2),
    },
    'node_modules/@s/c': {
      version: '2.0.0',
      resolved: 'https://registry.npmjs.org/@s/c/-/c-2.0.0.tgz',
      integrity: integrity(3),
    },
    'node_modules/w': { resolved: 'packages/w', link: true },
    'packages/w': { version: '0.0.0' },
  },
})
const requirements = `flask==3.0.0 \\
    --hash=sha256:${'a'.repeat(64)} \\
    --hash=sha256:${'b'.repeat(64)}
`
const workflow = `on: push
jobs:
  a:
    runs-on: x
    container: ghcr.io/acme/base:1@sha256:${'c'.repeat(64)}
    steps:
      - uses: actions/checkout@${'b'.repeat(40)} # v4.2.1
      - uses: acme/tools/setup@${'d'.repeat(40)} # v2.0.0
      - uses: actions/setup-node@v4
  b:
    uses: acme/w/.github/workflows/x.yml@main
`
const all = [
  ...find('package-lock.json', npmLock),
  ...find('requirements.txt', requirements),
  ...find('.github/workflows/a.yml', workflow),
]
const everything = worldFromDependencies(all, { ...options, attestedShare: 1 })

const packageIn = (description: WorldDescription, name: string) =>
  description.packages.find((pack) => pack.name === name)
const repositoryIn = (description: WorldDescription, name: string) =>
  description.repositories.find((one) => one.name === name)

describe('a world made of dependency files', () => {
  it('has every registry entry once, with the digests that the lock has', () => {
    expect(everything.packages.map(({ name }) => name).sort()).toStrictEqual(['@s/b', '@s/c', 'a', 'flask'])
    expect(packageIn(everything, '@s/b')).toMatchObject({
      ecosystem: 'npm',
      version: '2.0.0',
      files: [{ name: 'b-2.0.0.tgz', digests: { sha512: '02'.repeat(64) } }],
    })
  })

  it('takes two spellings of a Python name for one', () => {
    const spelled = [
      ...find('requirements.txt', requirements),
      ...find('requirements-dev.txt', requirements.replace('flask', 'Flask')),
    ]
    expect(worldFromDependencies(spelled, options).packages).toHaveLength(1)
  })

  it('gives bare hashes file names, and keeps those that another lock knows', () => {
    const files = packageIn(everything, 'flask')?.files ?? []
    expect(files.map(({ digests }) => digests?.sha256?.[0])).toStrictEqual(['a', 'b'])
    expect(files.map(({ name }) => name)).toStrictEqual(['flask-3.0.0.tar.gz', 'flask-3.0.0-py3-none-any.whl'])
    const named: Dependency = {
      ...(all.find(({ name }) => name === 'flask') as Dependency),
      files: [{ name: 'Flask-3.0.0-py3-none-any.whl', digests: { sha256: 'a'.repeat(64) } }],
    }
    const both = worldFromDependencies([...all, named], options)
    expect(packageIn(both, 'flask')?.files?.map(({ name }) => name)).toContain('Flask-3.0.0-py3-none-any.whl')
  })

  it('has a source for what is attested: commit on main, tag, run, reviewed pull request', () => {
    const attestation = packageIn(everything, '@s/b')?.attestation
    const repository = repositoryIn(everything, attestation?.repository ?? '')
    expect(repository?.branches?.main).toContain(attestation?.commit)
    const run = repository?.runs?.find(({ id }) => id === attestation?.run)
    expect(run).toMatchObject({ conclusion: 'success', commit: attestation?.commit })
    const review = repository?.pullRequests?.find(({ commit }) => commit === attestation?.commit)
    expect(review?.merged).toBe(true)
    expect(review?.approvers).not.toContain(review?.author)
    expect(repositoryIn(everything, 's/s')?.runs).toHaveLength(2)
  })

  it('has the repositories of actions: pins on main, tags that comments claim, what the pin points at', () => {
    const checkout = repositoryIn(everything, 'actions/checkout')
    expect(checkout).toMatchObject({
      tags: [{ name: 'v4.2.1', commit: 'b'.repeat(40) }],
      releases: [{ tag: 'v4.2.1', immutable: true }],
    })
    expect(checkout?.branches?.main).toContain('b'.repeat(40))
    expect(Object.keys(repositoryIn(everything, 'acme/tools')?.trees?.['d'.repeat(40)] ?? {})).toStrictEqual([
      'setup/action.yml',
    ])
    const called = Object.values(repositoryIn(everything, 'acme/w')?.trees ?? {})
    expect(called.flatMap((tree) => Object.keys(tree))).toStrictEqual(['.github/workflows/x.yml'])
    expect(repositoryIn(everything, 'actions/setup-node')?.releases).toStrictEqual([])
  })

  it('has images by digest', () => {
    expect(everything.images).toMatchObject([
      {
        name: 'ghcr.io/acme/base',
        tag: '1',
        digest: `sha256:${'c'.repeat(64)}`,
        attestation: { repository: 'acme/base' },
      },
    ])
  })

  it('is the same for the same seed and another for another', () => {
    expect(worldFromDependencies(all, options)).toStrictEqual(worldFromDependencies(all, options))
    const half = { ...options, attestedShare: 0.5 }
    expect(worldFromDependencies(all, { ...half, seed: 'one' })).not.toStrictEqual(
      worldFromDependencies(all, { ...half, seed: 'two' }),
    )
  })

  it('signs what it says is attested, and nothing else', async () => {
    const world = await startTestWorld(worldFromDependencies(all, { ...options, attestedShare: 0 }))
    for (const pack of world.state.description().packages) {
      for (const file of world.state.filesOf(pack)) expect(world.state.isAttested(pack, file)).toBe(false)
    }
    world.setDescription(everything)
    for (const pack of world.state.description().packages) {
      for (const file of world.state.filesOf(pack)) {
        expect((await world.state.attestationsOf(pack, file)).length).toBe(pack.ecosystem === 'npm' ? 2 : 1)
      }
    }
    expect(await world.presign()).toBe(3 * 2 + 2)
    await world.close()
  })
})

describe('a big lock file', () => {
  const big = [
    ['pnpm-lock.yaml', 'lockfiles/pnpm/vercel-ai.pnpm-lock.v9.yaml'],
    ['uv.lock', 'lockfiles/python/pydantic-ai.uv.lock'],
    ['Cargo.lock', 'lockfiles/rust/uv.Cargo.lock'],
    ['go.sum', 'lockfiles/go/guac.go.sum'],
    ['Gemfile.lock', 'lockfiles/ruby/rubygems.org.Gemfile.lock'],
  ] as const
  const present = existsSync(join(FIXTURES, big[0][1]))
  if (!present) console.warn('SKIPPED: worlds of 5 big lock files, the fixtures are not there')

  it.skipIf(!present)('becomes a world in a moment (printed), about one in eight attested', () => {
    const dependencies = big.flatMap(([path, file]) => find(path, readFileSync(join(FIXTURES, file))))
    const started = performance.now()
    const world = worldFromDependencies(dependencies, options)
    const ms = performance.now() - started
    const served = new Set(
      dependencies
        .filter(({ source }) => source === 'registry')
        .map(({ ecosystem, name, version }) => `${ecosystem} ${name} ${version}`),
    )
    expect(world.packages.length).toBe(served.size)
    const attestable = world.packages.filter(({ ecosystem }) => ecosystem !== 'go')
    const share = attestable.filter(({ attestation }) => attestation !== undefined).length / attestable.length
    console.info(
      `populate: ${dependencies.length} dependencies, ${world.packages.length} packages, ${world.repositories.length} repositories in ${ms.toFixed(0)} ms; ${(share * 100).toFixed(1)} % attested`,
    )
    expect(share).toBeGreaterThan(0.09)
    expect(share).toBeLessThan(0.16)
    for (const pack of world.packages) {
      expect(new Set(pack.files?.map(({ name }) => name)).size).toBe(pack.files?.length ?? 0)
    }
  })
})
