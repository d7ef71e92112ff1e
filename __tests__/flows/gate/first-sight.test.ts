import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { withRepository } from '../../../src/embedded/world/change.ts'
import type { WorldDescription } from '../../../src/embedded/world/description.ts'
import { parseTrustLock } from '../../../src/policy/trust-lock.ts'
import {
  CHECKOUT,
  DEPENDENCIES,
  eventJob,
  type GateProject,
  LOCK,
  npmLock,
  openGateProject,
  withoutLockEntry,
  withVersion,
} from '../../support/gate-project.ts'

let project: GateProject
/** After `init`, in a world where three of the dependencies have always been out of order. */
let lock: string
let base: string

beforeAll(async () => {
  project = await openGateProject()
  project.world.setDescription(odd(project.good))
  const { findings } = await project.init()
  expect(findings.filter(({ level }) => level === 'fail')).toStrictEqual([])
  lock = project.read(LOCK)
  base = project.commit('base')
})
afterAll(() => project.close())
beforeEach(() => {
  project.git('checkout', '--quiet', '--force', '-B', 'main', base)
  project.git('clean', '--quiet', '-fd')
  project.world.setDescription(odd(project.good))
})

/** Made from a commit that is on no branch any more, and under no tag. */
const unreachable = (world: WorldDescription, name: string, ...commits: readonly string[]) =>
  withRepository(world, name, ({ branches = {}, ...one }) => ({
    ...{ ...one, tags: [], releases: [], orphans: commits },
    branches: { ...branches, main: ['a1'.repeat(20), ...(branches.main ?? []).filter((it) => !commits.includes(it))] },
  }))
const signing = ({ packages }: WorldDescription, name: string) =>
  packages.findLast((pack) => pack.name === name)?.attestation ?? { repository: '' }
/** Nothing succeeded while it was published. */
const failed = (world: WorldDescription, name: string) => {
  const { repository, run: id } = signing(world, name)
  return withRepository(world, repository, ({ runs = [], ...one }) => ({
    ...one,
    runs: runs.map((run) => {
      if (run.id !== id) return run
      const { startedAt, updatedAt: completedAt } = run
      const step = { name: 'Publish', conclusion: 'failure', startedAt, completedAt }
      return { ...run, conclusion: 'failure', jobs: [{ ...step, name: 'release', steps: [step] }] }
    }),
  }))
}

/** R4 for a package and for an action, R6 for another package. */
function odd(world: WorldDescription): WorldDescription {
  const lost = unreachable(world, 'acme/tool', signing(world, 'tool').commit ?? '')
  return failed(unreachable(lost, 'actions/checkout', CHECKOUT), 'numlib')
}

const ODD = [
  ['tool', 'COMMIT_UNREACHABLE', '1.2.0'],
  ['actions/checkout', 'COMMIT_UNREACHABLE', CHECKOUT],
  ['numlib', 'RUN_FAILED', '1.4.0'],
] as const

describe('what was out of order when it was first seen', () => {
  it.each(ODD)('is recorded by init: %s', (name, code, version) => {
    const entry = parseTrustLock(lock, LOCK).entries.find((one) => one.name === name)
    expect(entry?.unusual).toStrictEqual([{ version, code }])
  })

  it('is recorded of nothing else', () => {
    const entries = parseTrustLock(lock, LOCK).entries.filter(({ unusual }) => unusual !== undefined)
    expect(entries).toHaveLength(ODD.length)
    expect(entries.length).toBeLessThan(DEPENDENCIES.verified.length)
  })

  it('is printed by the next gate and fails nothing', async () => {
    const { verdict, of } = await project.gate()
    expect(verdict.result).toBe('PASSED')
    for (const [name, code] of ODD) {
      expect(of(name).findings).toContainEqual(expect.objectContaining({ code, level: 'unusual' }))
      expect(of(name).qualifiers).toContain('unusual')
    }
  })

  it('fails the next gate where the lock has no record of it', async () => {
    project.write(LOCK, lock.replace(/^ *unusual: .*\n/gm, '').replace(/, unusual: \[[^\]]*\]/g, ''))
    const { fails } = await project.gate()
    expect([...fails].sort()).toStrictEqual([
      'reachable-commit COMMIT_UNREACHABLE actions/checkout',
      'reachable-commit COMMIT_UNREACHABLE tool',
      'run-outcome RUN_FAILED numlib',
    ])
  })

  it('fails under strict', async () => {
    const { fails } = await project.gate({ profile: 'strict' })
    expect(fails).toContain('reachable-commit COMMIT_UNREACHABLE tool')
    expect(fails).toContain('reachable-commit COMMIT_UNREACHABLE actions/checkout')
    expect(fails).toContain('run-outcome RUN_FAILED numlib')
  })

  it('fails when the version changes and the fault stays', async () => {
    const later = withVersion(odd(project.good), 'tool', '1.2.1')
    project.world.setDescription(unreachable(later, 'acme/tool', signing(later, 'tool').commit ?? ''))
    project.write('package-lock.json', npmLock(project.world, NPM))
    expect((await project.gate()).fails).toStrictEqual(['reachable-commit COMMIT_UNREACHABLE tool'])
    // And the proposal does not excuse it.
    await project.gate({ updateLock: true })
    expect((await project.gate()).fails).toStrictEqual(['reachable-commit COMMIT_UNREACHABLE tool'])
  })

  it('passes when the version changes and the fault is gone', async () => {
    project.world.setDescription(withVersion(odd(project.good), 'tool', '1.2.1'))
    project.write('package-lock.json', npmLock(project.world, NPM))
    expect((await project.gate()).verdict.result).toBe('PASSED')
  })

  it('is recorded by --update-lock too, for what the lock does not know yet', async () => {
    project.write(LOCK, withoutLockEntry(lock, 'tool'))
    await project.gate({ updateLock: true })
    expect(project.read(LOCK)).toBe(lock)
  })
})

describe('a pull request that brings in what is out of order', () => {
  /** With the lock that `gate --update-lock` writes for it. */
  const bring = async () => {
    const { world, good } = project
    project.git('checkout', '--quiet', '-B', 'proposal')
    const [commit, publishedAt] = ['e5'.repeat(20), '2026-01-01T00:00:00Z']
    const from = { repository: 'acme/fresh', commit, ref: 'refs/heads/main' }
    const fresh = { ecosystem: 'npm', name: 'fresh', version: '1.0.0', publishedAt, attestation: from } as const
    const repository = { name: 'acme/fresh', branches: { main: ['d4'.repeat(20)] }, orphans: [commit] }
    const there = odd(good)
    world.setDescription({
      ...there,
      packages: [...there.packages, fresh],
      repositories: [...there.repositories, repository],
    })
    project.write('package-lock.json', npmLock(world, [...NPM, { name: 'fresh' }]))
    await project.gate({ base: 'main', updateLock: true })
    return project.commit('proposal')
  }
  const judged = (head: string, approvers: readonly string[]) => {
    const { world } = project
    const request = { number: 7, commit: head, author: 'carol', merged: false, approvers }
    const there = world.state.description()
    const app = { name: 'acme/app', pullRequests: [request] }
    world.setDescription({ ...there, repositories: [...there.repositories, app] })
    const pull = { number: 7, user: { login: 'carol' }, head: { sha: head }, base: { sha: base } }
    return project.gate(eventJob(project, 'pull_request', { pull_request: pull }))
  }

  it('does not excuse it by a record of its own', async () => {
    const head = await bring()
    expect(project.read(LOCK)).toContain('"1.0.0 COMMIT_UNREACHABLE"')
    const { fails, states } = await judged(head, [])
    expect(fails).toContain('reachable-commit COMMIT_UNREACHABLE fresh')
    expect(states.fresh).toBe('invalid')
  })

  it('passes when somebody else approved the record', async () => {
    const { verdict, of } = await judged(await bring(), ['dave'])
    expect(verdict.result).toBe('PASSED')
    expect(of('fresh').findings).toContainEqual(
      expect.objectContaining({ code: 'COMMIT_UNREACHABLE', level: 'unusual' }),
    )
  })
})

const NPM = [{ name: 'tool' }, { name: '@acme/ui' }, { name: 'plain' }, { name: 'checker', dev: true }]
