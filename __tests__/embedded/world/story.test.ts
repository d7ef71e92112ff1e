import { describe, expect, it } from 'vitest'
import {
  addVersion,
  breakAttestation,
  dropAttestation,
  failRun,
  moveTag,
  resign,
  withPackage,
} from '../../../src/embedded/world/change.ts'
import type { WorldDescription, WorldPackage } from '../../../src/embedded/world/description.ts'
import { indexDescription } from '../../../src/embedded/world/index-description.ts'
import { parseWorld } from '../../../src/embedded/world/load-description.ts'
import { settle } from '../../../src/embedded/world/settle.ts'
import { codeOf } from '../../support/real-signer.ts'
import { startTestWorld, worldClock } from '../../support/world.ts'

const tool: WorldPackage = {
  ecosystem: 'npm',
  name: 'tool',
  version: '1.0.0',
  publishedAt: '2026-01-02T03:04:05Z',
  attestation: { repository: 'acme/tool', ref: 'refs/tags/v1.0.0' },
}
const other: WorldPackage = { ecosystem: 'npm', name: 'other', version: '2.0.0' }
const bare: WorldDescription = { packages: [tool, other], repositories: [] }
const settled = settle(bare, worldClock)

const repositoryIn = (description: WorldDescription, name: string) =>
  indexDescription(description, {
    publishedAt: (pack) => pack.publishedAt ?? '',
    otherwise: '2025-01-01T00:00:00Z',
  }).repository(name)

describe('a repository that only an attestation names', () => {
  it('looks as an honest release would have left it', () => {
    const repository = repositoryIn(bare, 'ACME/Tool')
    const [run] = repository?.runs ?? []
    const commit = run?.commit ?? ''
    expect(repository).toMatchObject({ name: 'acme/tool', defaultBranch: 'main', visibility: 'public' })
    expect(repository?.id).toMatch(/^\d{9}$/)
    expect(repository?.branches.main?.at(-1)).toBe(commit)
    expect(repository?.tags).toStrictEqual([{ name: 'v1.0.0', commit }])
    expect(run).toMatchObject({ conclusion: 'success', event: 'push', path: '.github/workflows/release.yml' })
    expect(Date.parse(run?.startedAt ?? '')).toBeLessThan(Date.parse('2026-01-02T03:04:05Z'))
    expect(Date.parse(run?.updatedAt ?? '')).toBeGreaterThan(Date.parse('2026-01-02T03:04:05Z'))
    expect(run?.jobs[0]?.steps.map(({ conclusion }) => conclusion)).toStrictEqual(Array(5).fill('success'))
  })

  it('is unknown when nothing names it', () => {
    expect(repositoryIn(bare, 'acme/else')).toBeUndefined()
  })
})

describe('a described repository', () => {
  const commit = 'f'.repeat(40)
  const described = (more: object): WorldDescription => ({
    packages: [{ ...tool, attestation: { repository: 'acme/tool', commit } }],
    repositories: [{ name: 'acme/tool', ...more }],
  })

  it('keeps a commit off its branches when it lists them', () => {
    expect(repositoryIn(described({ branches: { main: ['a'.repeat(40)] } }), 'acme/tool')?.branches).toStrictEqual({
      main: ['a'.repeat(40)],
    })
    expect(repositoryIn(described({}), 'acme/tool')?.branches.main).toContain(commit)
    expect(repositoryIn(described({ orphans: [commit] }), 'acme/tool')?.branches.main).not.toContain(commit)
  })

  it('has the run that it describes and none beside it', () => {
    const run = { id: '7', commit, startedAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:10:00Z' }
    const description: WorldDescription = {
      packages: [{ ...tool, attestation: { repository: 'acme/tool', commit, run: '7' } }],
      repositories: [{ name: 'acme/tool', runs: [{ ...run, conclusion: 'failure' }] }],
    }
    const runs = repositoryIn(description, 'acme/tool')?.runs
    expect(runs?.map(({ id, conclusion }) => [id, conclusion])).toStrictEqual([['7', 'failure']])
    expect(runs?.[0]?.jobs[0]?.steps.find(({ name }) => name === 'Publish')?.conclusion).toBe('failure')
  })
})

describe('settling', () => {
  it('writes out what was implied, and changes nothing when done again', () => {
    expect(settled.repositories).toMatchObject([{ name: 'acme/tool', tags: [{ name: 'v1.0.0' }] }])
    expect(settled.packages[0]?.attestation?.commit).toBe(settled.repositories[0]?.tags?.[0]?.commit)
    expect(settle(settled, worldClock)).toStrictEqual(settled)
  })
})

describe('a change', () => {
  it('leaves every other package the very same object', () => {
    const changed = withPackage(settled, { name: 'tool' }, (pack) => ({ ...pack, yanked: true }))
    expect(changed.packages[0]?.yanked).toBe(true)
    expect(changed.packages[1]).toBe(settled.packages[1])
  })

  it('drops, replaces and breaks attestations, of files too', () => {
    const attestation = { repository: 'acme/tool' }
    const files = [
      { name: 'a.whl', attestation },
      { name: 'b.whl', attestation: null },
    ]
    const python: WorldDescription = {
      packages: [{ ecosystem: 'pypi', name: 'p', version: '1', files }],
      repositories: [],
    }
    expect(dropAttestation(python, { name: 'p' }).packages[0]?.files).toStrictEqual([
      { name: 'a.whl' },
      { name: 'b.whl' },
    ])
    expect(dropAttestation(settled, { name: 'tool' }).packages[0]).not.toHaveProperty('attestation')
    expect(resign(settled, { name: 'tool' }, { repository: 'evil/tool' }).packages[0]?.attestation).toStrictEqual({
      repository: 'evil/tool',
    })
    expect(breakAttestation(python, { name: 'p' }, 'digest').packages[0]?.files?.[0]?.attestation).toMatchObject({
      broken: 'digest',
    })
  })

  it('moves a tag and leaves the signature about the old commit', () => {
    const moved = moveTag(settled, 'acme/tool', 'v1.0.0', 'e'.repeat(40))
    expect(repositoryIn(moved, 'acme/tool')?.tags).toStrictEqual([{ name: 'v1.0.0', commit: 'e'.repeat(40) }])
    expect(moved.packages[0]?.attestation?.commit).toBe(settled.packages[0]?.attestation?.commit)
  })

  it('fails a run in the step that published', () => {
    const failed = failRun(settled, 'acme/tool', settled.packages[0]?.attestation?.run ?? '')
    const [run] = repositoryIn(failed, 'acme/tool')?.runs ?? []
    expect(run?.conclusion).toBe('failure')
    expect(run?.jobs[0]?.steps.map(({ conclusion }) => conclusion)).toContain('failure')
  })

  it('adds a version by the same signer from another commit', () => {
    const { packages } = addVersion(settled, { name: 'tool' }, '1.1.0')
    expect(packages.at(-1)).toMatchObject({ name: 'tool', version: '1.1.0', attestation: { repository: 'acme/tool' } })
    expect(packages.at(-1)?.attestation).not.toHaveProperty('commit')
  })

  it.each([
    ['a package', () => dropAttestation(settled, { name: 'nobody' })],
    ['a version', () => dropAttestation(settled, { name: 'tool', version: '9' })],
    ['an attestation', () => breakAttestation(settled, { name: 'other' }, 'digest')],
    ['a tag', () => moveTag(settled, 'acme/tool', 'v9', 'e'.repeat(40))],
    ['a run', () => failRun(settled, 'acme/tool', '1')],
    ['a repository', () => moveTag(bare, 'acme/tool', 'v1.0.0', 'e'.repeat(40))],
    ['a package to follow', () => addVersion(settled, { name: 'nobody' }, '2')],
  ])('of what is not there is refused: %s', async (_, change) => {
    expect(await codeOf(change)).toBe('ARGUMENT_INVALID')
  })

  it('takes effect in a running world, for what it is about', async () => {
    const world = await startTestWorld(settled)
    const sign = async (name: string) => {
      const [pack] = world.state.versions('npm', name)
      const [file] = pack === undefined ? [] : world.state.filesOf(pack)
      return pack && file ? await world.state.attestationsOf(pack, file) : []
    }
    const before = await sign('tool')
    expect(before).toHaveLength(2)
    world.setDescription(moveTag(settled, 'acme/tool', 'v1.0.0', 'e'.repeat(40)))
    expect(await sign('tool')).toBe(before)
    world.setDescription(dropAttestation(settled, { name: 'tool' }))
    expect(await sign('tool')).toStrictEqual([])
    await world.close()
  })
})

describe('world.yaml', () => {
  const good = `now: 2026-01-01T00:00:00Z
packages:
  - ecosystem: npm
    name: left-pad
    version: "1.3.0"
    attestation: { repository: acme/pad, trigger: push, runner: null }
repositories:
  - name: acme/pad
    id: 42
    branches:
      main: ["${'a'.repeat(40)}"]
`
  it('becomes the description that it says', () => {
    expect(parseWorld(good, 'world.yaml')).toStrictEqual({
      now: '2026-01-01T00:00:00Z',
      packages: [
        {
          ecosystem: 'npm',
          name: 'left-pad',
          version: '1.3.0',
          attestation: { repository: 'acme/pad', trigger: 'push', runner: null },
        },
      ],
      repositories: [{ name: 'acme/pad', id: '42', branches: { main: ['a'.repeat(40)] } }],
    })
  })

  it.each([
    ['an unknown key', good.replace('trigger: push', 'triger: push'), 6],
    ['a version that is a number', good.replace('"1.3.0"', '1.3'), 5],
    ['an unknown ecosystem', good.replace('npm', 'nix'), 3],
    ['a commit that is none', good.replace('a'.repeat(40), 'abc'), 11],
    ['a missing name', good.replace('    name: left-pad\n', ''), 3],
    ['a key that stands twice', `${good}packages: []\n`, 12],
    ['no YAML', 'packages: [', 1],
    ['something else', 'just text', 1],
  ])('is refused with its line: %s', async (_, yaml, line) => {
    expect(await codeOf(() => parseWorld(yaml, 'world.yaml'))).toBe('CONFIG_MALFORMED')
    expect(() => parseWorld(yaml, 'world.yaml')).toThrow(expect.objectContaining({ line }))
  })

  it('does not unfold a few lines into millions', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
      bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`)
    }
    expect(await codeOf(() => parseWorld(bomb.join('\n'), 'world.yaml'))).toBe('LIMIT_EXCEEDED')
    expect(await codeOf(() => parseWorld(`# ${'x'.repeat(4 * 1024 * 1024)}`, 'world.yaml'))).toBe('LIMIT_EXCEEDED')
    expect(await codeOf(() => parseWorld('packages: *nobody', 'world.yaml'))).toBe('CONFIG_MALFORMED')
  })
})
