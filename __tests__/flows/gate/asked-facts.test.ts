import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addVersion, dropAttestation, withPackage, withRepository } from '../../../src/embedded/world/change.ts'
import type { WorldDescription, WorldPackage, WorldRepository } from '../../../src/embedded/world/description.ts'
import { type GateProject, npmLock, openGateProject, uvLock, withVersion } from '../../support/gate-project.ts'

let project: GateProject
let base: string

beforeAll(async () => {
  project = await openGateProject()
  await project.init()
  base = project.commit('base')
})
afterAll(() => project.close())
beforeEach(() => {
  const { git, world, good } = project
  git('checkout', '--quiet', '--force', '-B', 'main', base)
  git('clean', '--quiet', '-fd')
  world.setDescription(good)
  world.setFaults([])
  world.clearRequests()
})

const NPM = [{ name: 'tool' }, { name: '@acme/ui' }, { name: 'plain' }, { name: 'checker', dev: true }]
const writeLocks = () => {
  project.write('package-lock.json', npmLock(project.world, NPM))
  project.write('uv.lock', uvLock(project.world, ['numlib', 'plainpy']))
}
const propose = async (change: () => void, profile: 'recommended' | 'strict' = 'recommended') => {
  project.git('checkout', '--quiet', '-B', 'proposal')
  change()
  project.commit('proposal')
  return await project.gate({ base: 'main', profile })
}
/** A world in which newer versions are out, and locks that have them. */
const release = (change: (good: WorldDescription) => WorldDescription, profile?: 'strict') =>
  propose(() => {
    project.world.setDescription(change(project.good))
    writeLocks()
  }, profile)
/** What is on main already, when the proposal is made. */
const onMain = (change: () => void) => {
  change()
  project.commit('on main')
}
const switchOff = (...rules: readonly string[]) =>
  onMain(() =>
    project.edit(
      '.github/cleanbill.yml',
      (text) => `${text}rules:\n${rules.map((rule) => `  ${rule}: off\n`).join('')}`,
    ),
  )
const said = (findings: readonly { rule: string; code: string; level: string }[], rule: string) =>
  findings.filter((one) => one.rule === rule).map(({ code, level }) => `${code} ${level}`)

/**
 * Nothing is asked twice: of bodies, only GraphQL has questions of its own in each. The page of a Python project is
 * reduced to one version while it comes, and so asked for once for each of the two.
 */
const askedTwice = () => {
  const paths = project.world
    .requests()
    .flatMap(({ method, path }) => (method === 'GET' && !path.startsWith('/simple/') ? [path] : []))
  return paths.filter((path, index) => paths.indexOf(path) !== index)
}
const asked = (part: string) => project.world.requests().filter(({ path }) => path.includes(part)).length

const ORPHAN = '7cb42f57561c321ecb09b4552802ae0ac55b3a7a'
const ON_MAIN = '1234567890'.repeat(4)

describe('the commit of a git dependency (R4)', () => {
  const withGitDependency = (commit: string) =>
    project.edit('package-lock.json', (text) => {
      const lock = JSON.parse(text)
      const resolved = `git+ssh://git@github.com/antvis/G2.git#${commit}`
      lock.packages['node_modules/@antv/setup'] = { version: '1.0.0', resolved }
      return `${JSON.stringify(lock, null, 2)}\n`
    })
  const world = (more: Partial<WorldRepository> = {}) =>
    project.world.setDescription({
      ...project.good,
      repositories: [
        ...project.good.repositories,
        { name: 'antvis/G2', branches: { main: [ON_MAIN] }, orphans: [ORPHAN], ...more },
      ],
    })
  const bring = (commit: string, more: Partial<WorldRepository> = {}) =>
    propose(() => {
      world(more)
      withGitDependency(commit)
    })

  it('antv-2026-05: that is on no branch fails', async () => {
    const { fails } = await bring(ORPHAN)
    expect(fails).toContain('reachable-commit COMMIT_UNREACHABLE @antv/setup')
    expect(askedTwice()).toStrictEqual([])
  })

  it('that is on the default branch is nothing to object to', async () => {
    const { of } = await bring(ON_MAIN)
    expect(said(of('@antv/setup').findings, 'reachable-commit')).toStrictEqual([])
  })

  it('of a repository that cannot be read is not known, which is no pass under strict', async () => {
    const { of } = await bring(ORPHAN, { status: 404 })
    expect(said(of('@antv/setup').findings, 'reachable-commit')).toStrictEqual(['CONTEXT_UNKNOWN warn'])
  })

  it('is not asked for where the rule is off', async () => {
    switchOff('reachable-commit')
    await bring(ORPHAN)
    expect(asked('/graphql')).toBe(0)
  })
})

describe('a `uses:` that names a tag', () => {
  const use = (tag: string, commit: string) =>
    propose(() => {
      const change = (one: WorldRepository): WorldRepository => ({
        ...one,
        orphans: [ORPHAN],
        tags: [...(one.tags ?? []), { name: tag, commit }],
      })
      project.world.setDescription(withRepository(project.good, 'actions/checkout', change))
      project.edit('.github/workflows/train.yml', (text) => text.replace(/checkout@.*/, `checkout@${tag}`))
    })

  it('tj-actions-2025-03: at a commit on no branch fails, beside not being pinned', async () => {
    const { fails, of } = await use('v45', ORPHAN)
    expect(fails).toContain('reachable-commit COMMIT_UNREACHABLE actions/checkout')
    expect(said(of('actions/checkout').findings, 'pinned-actions')).toStrictEqual(['UNPINNED_ACTION warn'])
  })

  it('at a commit of the default branch is not pinned, and nothing else', async () => {
    const { of } = await use('v45', 'c0ffee00'.repeat(5))
    expect(said(of('actions/checkout').findings, 'reachable-commit')).toStrictEqual([])
  })
})

describe('an archive and its source (R12)', () => {
  const RULE = 'source-matches-archive'
  const next = (good: WorldDescription, change: (pack: WorldPackage) => WorldPackage = (pack) => pack) =>
    withPackage(withVersion(good, 'tool', '1.3.0'), { name: 'tool', version: '1.3.0' }, change)
  const smuggled = (pack: WorldPackage) => ({ ...pack, archive: { ...pack.archive, 'router_init.js': '// new\n' } })

  it('TanStack’s router_init.js: a file that is in neither the commit nor the version before fails', async () => {
    const { fails, states } = await release((good) => next(good, smuggled))
    expect(fails).toStrictEqual([`${RULE} ARCHIVE_DRIFT tool`])
    expect(states).toStrictEqual({ tool: 'invalid' })
    expect(askedTwice()).toStrictEqual([])
  })

  it('that agree are nothing to object to, and both sides of both versions are asked for once', async () => {
    const { of, verdict } = await release(next, 'strict')
    expect([verdict.result, said(of('tool').findings, RULE)]).toStrictEqual(['PASSED', []])
    expect([asked('/git/trees/'), asked('/tool/-/tool-1.2.0.tgz'), asked('/tool/-/tool-1.3.0.tgz')]).toStrictEqual(
      [1, 1, 1].with(0, 2),
    )
    expect(askedTwice()).toStrictEqual([])
  })

  it('whose tree cannot be listed are not known', async () => {
    const { of } = await propose(() => {
      project.world.setDescription(next(project.good))
      project.world.setFaults([{ match: '/git/trees/', kind: 'status', status: 403 }])
      writeLocks()
    })
    expect(said(of('tool').findings, RULE)).toStrictEqual(['CONTEXT_UNKNOWN warn'])
  })

  it('are not asked for where the rule is off, and of nothing that did not change', async () => {
    switchOff(RULE, 'new-entry-points')
    await release(next)
    expect([asked('/git/trees/'), asked('.tgz')]).toStrictEqual([0, 0])
  })

  it('axios-2026-03: a version that nobody signed is held to the tag in the repository of the lock', async () => {
    const unsigned = (good: WorldDescription) =>
      dropAttestation(next(good, smuggled), { name: 'tool', version: '1.3.0' })
    const { fails } = await release(unsigned)
    expect(fails.toSorted()).toStrictEqual(['no-downgrade ATTESTATION_LOST tool', `${RULE} ARCHIVE_DRIFT tool`])
    expect(askedTwice()).toStrictEqual([])
  })
})

describe('a version that nobody ever signed (R12)', () => {
  const RULE = 'source-matches-archive'
  const MANIFEST = `${JSON.stringify({ name: 'plain', version: '1.0.0' }, null, 2)}\n`
  const SOURCE = { 'package.json': MANIFEST, 'index.js': '// plain\n' }
  const COMMITS = ['a'.repeat(40), 'b'.repeat(40)] as const
  const PYTHON = { 'plainpy/__init__.py': '# plainpy\n' }

  /** The registry says where the source is, and nobody signed that. */
  const claimed = (
    name: 'plain' | 'plainpy',
    { tags, archive, status }: { tags: readonly string[]; archive?: Record<string, string>; status?: number },
  ) => {
    const source = name === 'plain' ? SOURCE : PYTHON
    const version = name === 'plain' ? '1.0.1' : '2.1'
    return (good: WorldDescription): WorldDescription => {
      const before = withPackage(good, { name }, (pack) => ({ ...pack, repository: 'acme/plain' }))
      const after = addVersion(before, { name }, version, (pack) => ({ ...pack, ...(archive && { archive }) }))
      const [first, second] = COMMITS
      const repository: WorldRepository = {
        ...{ name: 'acme/plain', branches: { main: [first, second] }, trees: { [first]: source, [second]: source } },
        tags: tags.map((tag, index) => ({ name: tag, commit: COMMITS[index] ?? first })),
        ...(status === undefined ? {} : { status }),
      }
      return { ...after, repositories: [...after.repositories, repository] }
    }
  }

  it.each([
    ['plain', ['v1.0.0']],
    ['plainpy', ['2.0']],
  ] as const)('litellm-2026-03: %s without the tag that the version before had fails', async (name, tags) => {
    const { fails, of } = await release(claimed(name, { tags }))
    expect(fails).toStrictEqual([`${RULE} SOURCE_MISSING ${name}`])
    // That the registry alone names this repository is said.
    expect(of(name).findings.find(({ rule }) => rule === RULE)?.message).toMatch(/unsigned metadata/)
    expect(askedTwice()).toStrictEqual([])
  })

  it.each([
    ['plain', ['v1.0.0', 'plain@1.0.1']],
    ['plainpy', ['2.0', 'v2.1']],
  ] as const)('that has its tag and holds what that holds passes: %s', async (name, tags) => {
    const { of } = await release(claimed(name, { tags }))
    expect(said(of(name).findings, RULE).filter((one) => !one.endsWith('note'))).toStrictEqual([])
    expect(askedTwice()).toStrictEqual([])
  })

  it('whose archive holds what its tag does not fails', async () => {
    const archive = { ...SOURCE, 'setup.mjs': '// new\n' }
    const { fails } = await release(claimed('plain', { tags: ['v1.0.0', 'v1.0.1'], archive }))
    expect(fails).toStrictEqual([`${RULE} ARCHIVE_DRIFT plain`])
  })

  it('of a project that never tags is noted only', async () => {
    const { of, verdict } = await release(claimed('plain', { tags: [] }), 'strict')
    expect([verdict.result, said(of('plain').findings, RULE)]).toStrictEqual(['PASSED', ['SOURCE_MISSING note']])
  })

  it('whose repository only the registry names and nobody can read is compared with nothing', async () => {
    const { of, verdict } = await release(claimed('plain', { tags: ['v1.0.0'], status: 404 }), 'strict')
    expect([verdict.result, said(of('plain').findings, RULE)]).toStrictEqual(['PASSED', []])
  })

  it('is held to the repository that the version before named, not to that of whoever publishes now', async () => {
    const { fails } = await release((good) => {
      const world = claimed('plain', { tags: ['v1.0.0'] })(good)
      const own = { name: 'mallory/plain', tags: [{ name: 'v1.0.1', commit: COMMITS[1] }] }
      const moved = withPackage(world, { name: 'plain', version: '1.0.1' }, (pack) => ({
        ...pack,
        repository: own.name,
      }))
      return { ...moved, repositories: [...moved.repositories, own] }
    })
    expect(fails).toStrictEqual([`${RULE} SOURCE_MISSING plain`])
  })
})

describe('what runs when it is installed (R13)', () => {
  const RULE = 'new-entry-points'
  const next = (name: string, version: string, more: Partial<WorldPackage>) => (good: WorldDescription) =>
    addVersion(good, { name }, version, (pack) => ({ ...pack, ...more }))

  it.each([
    ['a postinstall', { scripts: { postinstall: 'node bundle.js' } }],
    ['a binding.gyp', { archive: { 'binding.gyp': '{}\n' } }],
  ])('shai-hulud, phantom-gyp: %s that is new fails', async (_, more) => {
    const { fails } = await release(next('plain', '1.0.1', more))
    expect(fails).toStrictEqual([`${RULE} NEW_INSTALL_SCRIPT plain`])
    expect(askedTwice()).toStrictEqual([])
  })

  it('litellm-2026-03: a .pth that is new fails', async () => {
    const archive = { 'plainpy/__init__.py': '# plainpy\n', 'plainpy_init.pth': 'import os\n' }
    const { fails } = await release(next('plainpy', '2.1', { archive }))
    expect(fails).toStrictEqual([`${RULE} NEW_INSTALL_SCRIPT plainpy`])
    expect(askedTwice()).toStrictEqual([])
  })

  it('that was there before is nothing new', async () => {
    const scripts = { postinstall: 'node build.js' }
    const before = withPackage(project.good, { name: 'plain' }, (pack) => ({ ...pack, scripts }))
    onMain(() => {
      project.world.setDescription(before)
      writeLocks()
    })
    const { of } = await release(() => next('plain', '1.0.1', {})(before))
    expect(said(of('plain').findings, RULE)).toStrictEqual([])
  })

  it('of an archive that is another than the locked one is not known', async () => {
    const { of } = await propose(() => {
      project.world.setDescription(next('plain', '1.0.1', {})(project.good))
      writeLocks()
      project.world.setFaults([{ match: '/plain/-/', kind: 'status', status: 404 }])
    })
    expect(said(of('plain').findings, RULE)).toStrictEqual(['CONTEXT_UNKNOWN warn'])
  })
})
