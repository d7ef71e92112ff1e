import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dropAttestation } from '../../../src/embedded/world/change.ts'
import { formatGate } from '../../../src/report/gate-report.ts'
import { formatGateSummary } from '../../../src/report/gate-summary.ts'
import {
  eventJob,
  type GateProject,
  gemfileLock,
  npmLock,
  openGateProject,
  withVersion,
} from '../../support/gate-project.ts'
import { codeOf } from '../../support/real-signer.ts'

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

/** What a branch with one commit changes, and what flows in there. */
function propose(change: () => void): string {
  project.git('checkout', '--quiet', '-B', 'proposal')
  change()
  return project.commit('proposal')
}

const NPM = [{ name: 'tool' }, { name: '@acme/ui' }, { name: 'plain' }, { name: 'checker', dev: true }]
const npmLockWith = (...names: string[]) => npmLock(project.world, [...NPM, ...names.map((name) => ({ name }))])
const bump = (name: string, version: string) => {
  project.world.setDescription(withVersion(project.good, name, version))
  project.write('package-lock.json', npmLockWith())
}

describe('a pull request', () => {
  it('is judged by what it changes, and nothing else is asked about', async () => {
    propose(() => bump('plain', '1.0.1'))
    const { verdict, states } = await project.gate({ base: 'main', profile: 'strict' })
    expect(verdict.result).toBe('PASSED')
    expect(states).toStrictEqual({ plain: 'registered' })
    expect(verdict.judged).toStrictEqual({ base: 'main', changed: 1, found: 14 })
    expect(verdict.total).toBe(1)
    const asked = project.world.requests().map(({ path }) => path)
    expect(asked.filter((path) => /tool|numlib|rubylib|acme%2fui/.test(path))).toStrictEqual([])
  })

  it('that changes no dependency passes, and every report says so', async () => {
    propose(() => project.write('README.md', 'hello\n'))
    const { verdict, meta } = await project.gate({ base: 'main', profile: 'strict' })
    expect(verdict.result).toBe('PASSED')
    expect(verdict.judged).toStrictEqual({ base: 'main', changed: 0, found: 14 })
    expect(verdict.total).toBe(0)
    expect(formatGate(verdict, meta, { color: false, verbose: false })).toMatch(/14 dependencies found, 0 changed/)
    expect(formatGateSummary(verdict, meta)).toMatch(/14 dependencies found, 0 changed/)
  })

  it('that only moves a lock or writes it in another way changes nothing', async () => {
    propose(() => {
      const lock = project.read('package-lock.json')
      project.remove('package-lock.json')
      project.write('app/package-lock.json', `${JSON.stringify(JSON.parse(lock))}\n`)
    })
    expect((await project.gate({ base: 'main' })).verdict.judged).toMatchObject({ changed: 0, found: 14 })
  })

  it('fails on the version that lost its attestation, and on no other', async () => {
    propose(() => {
      const { world, good, write } = project
      world.setDescription(dropAttestation(withVersion(good, 'tool', '1.2.1'), { name: 'tool', version: '1.2.1' }))
      write('package-lock.json', npmLockWith())
    })
    const { verdict, states, fails } = await project.gate({ base: 'main' })
    expect(states).toStrictEqual({ tool: 'lost' })
    expect(fails).toStrictEqual(['no-downgrade ATTESTATION_LOST tool'])
    expect(verdict.result).toBe('FAILED')
  })

  it('passes with a new version by the same signer under its own tag', async () => {
    propose(() => bump('tool', '1.3.0'))
    const { states, verdict } = await project.gate({ base: 'main', profile: 'strict' })
    expect([states, verdict.result]).toStrictEqual([{ tool: 'verified' }, 'PASSED'])
  })

  it('that brings in what nobody attests is a warning, and strict fails', async () => {
    const publishedAt = '2026-01-01T00:00:00Z'
    propose(() => {
      const { world, good } = project
      const stranger = { ecosystem: 'npm', name: 'stranger', version: '0.0.1', publishedAt } as const
      world.setDescription({ ...good, packages: [...good.packages, stranger] })
      project.write('package-lock.json', npmLockWith('stranger'))
    })
    const recommended = await project.gate({ base: 'main' })
    expect(recommended.of('stranger')).toMatchObject({
      state: 'registered',
      qualifiers: expect.arrayContaining(['new']),
    })
    expect(recommended.of('stranger').findings).toMatchObject([{ code: 'NEW_UNATTESTED', level: 'warn' }])
    expect(recommended.verdict.result).toBe('PASSED')
    const strict = await project.gate({ base: 'main', profile: 'strict' })
    expect(strict.fails).toStrictEqual(['closed-world-dependencies NEW_UNATTESTED stranger'])
  })

  it('fails when a version keeps its name and number and gets other bytes', async () => {
    propose(() =>
      project.edit('Gemfile.lock', (text) =>
        text.replace(/(rubyplain .*sha256=)./, '$10').replace(/(rubyplain .*sha256=0)./, '$10'),
      ),
    )
    const { states, fails } = await project.gate({ base: 'main' })
    expect(states).toStrictEqual({ rubyplain: 'invalid' })
    expect(fails).toStrictEqual(['lock-matches-registry REGISTRY_DIGEST_MISMATCH rubyplain'])
  })

  it('is compared with the merge base, not with a target that has moved on (T-AC-18)', async () => {
    propose(() => bump('plain', '1.0.1'))
    project.git('checkout', '--quiet', 'main')
    project.write('Gemfile.lock', gemfileLock(project.world, ['rubylib']))
    project.commit('main moves on')
    project.git('checkout', '--quiet', 'proposal')
    expect((await project.gate({ base: 'main' })).states).toStrictEqual({ plain: 'registered' })
  })

  it('may take dependencies away', async () => {
    propose(() => project.write('Gemfile.lock', gemfileLock(project.world, ['rubylib'])))
    const { verdict } = await project.gate({ base: 'main', profile: 'strict' })
    expect([verdict.result, verdict.judged]).toStrictEqual(['PASSED', { base: 'main', changed: 0, found: 13 }])
  })

  it('is judged whole with --all', async () => {
    propose(() => bump('plain', '1.0.1'))
    const { verdict } = await project.gate({ all: true })
    expect([verdict.judged, verdict.total]).toStrictEqual(['all', 14])
  })
})

describe('the base that an event names', () => {
  const pullRequest = (head: string) => ({
    pull_request: { number: 7, user: { login: 'carol' }, head: { sha: head }, base: { sha: base } },
  })

  it('is that of a pull request, and the report says that the request could have removed the gate', async () => {
    const head = propose(() => bump('plain', '1.0.1'))
    const { verdict } = await project.gate(eventJob(project, 'pull_request', pullRequest(head)))
    expect(verdict.judged).toMatchObject({ changed: 1, found: 14 })
    expect(verdict.limits.map(({ code }) => code)).toContain('GATE_EDITABLE_BY_PR')
  })

  it('is that of a merge group', async () => {
    const head = propose(() => bump('plain', '1.0.1'))
    const event = { merge_group: { base_sha: base, head_sha: head, base_ref: 'refs/heads/main' } }
    const { verdict } = await project.gate(eventJob(project, 'merge_group', event))
    expect(verdict.judged).toMatchObject({ changed: 1, found: 14 })
    expect(verdict.limits.map(({ code }) => code)).not.toContain('GATE_EDITABLE_BY_PR')
  })

  it('is none on a push: everything is judged', async () => {
    expect((await project.gate(eventJob(project, 'push', { before: base }))).verdict.judged).toBe('all')
  })

  it('keeps the gate from judging where the event leaves it out', async () => {
    for (const [name, event] of [
      ['pull_request', { pull_request: { number: 7 } }],
      ['merge_group', {}],
    ] as const) {
      expect(await codeOf(() => project.gate(eventJob(project, name, event)))).toBe('BASE_UNREADABLE')
    }
  })
})

describe('a base that cannot be read (T-AC-17)', () => {
  it.each([
    ['a ref that is not there', 'no-such-ref'],
    ['a ref that reads as an option', '--all'],
    ['a commit of another clone', 'f'.repeat(40)],
    ['what is no commit', 'HEAD:package-lock.json'],
  ])('is no verdict: %s', async (_, ref) => {
    propose(() => bump('plain', '1.0.1'))
    expect(await codeOf(() => project.gate({ base: ref }))).toBe('BASE_UNREADABLE')
  })

  it('is no verdict when histories share nothing', async () => {
    project.git('checkout', '--quiet', '--orphan', 'alone')
    project.commit('another beginning')
    expect(await codeOf(() => project.gate({ base: 'main' }))).toBe('BASE_UNREADABLE')
  })

  it('is no verdict in a shallow clone', async () => {
    const head = propose(() => bump('plain', '1.0.1'))
    const clone = mkdtempSync(join(tmpdir(), 'cleanbill-clone-'))
    project.git('clone', '--quiet', '--depth', '1', '--branch', 'proposal', `file://${project.root}`, clone)
    expect(head).toHaveLength(40)
    expect(await codeOf(() => project.gate({ root: clone, base }))).toBe('BASE_UNREADABLE')
    rmSync(clone, { recursive: true })
  })

  it('is no verdict outside a repository', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cleanbill-bare-'))
    expect(await codeOf(() => project.gate({ root: folder, base: 'main' }))).toBe('BASE_UNREADABLE')
    rmSync(folder, { recursive: true })
  })

  it.each([
    ['a lock of it is broken', 'package-lock.json', '{'],
    ['its policy is broken', '.github/cleanbill.yml', 'version: 1\nprofle: strict\n'],
    ['its trust lock is broken', 'cleanbill.lock', 'version: 2\n'],
  ])('is no verdict when %s', async (_, name, text) => {
    const good = project.read(name)
    project.write(name, text)
    project.commit('broken')
    propose(() => project.write(name, good))
    expect(await codeOf(() => project.gate({ base: 'main' }))).toBe('BASE_UNREADABLE')
  })

  it('without any dependency file makes everything new, and of policy and lock nothing is weakened', async () => {
    project.git('rm', '--quiet', '-r', '--ignore-unmatch', '*.lock', '*-lock.json', 'go.sum', '.github')
    project.commit('nothing yet')
    propose(() => project.git('checkout', base, '--', '.'))
    const { verdict } = await project.gate({ base: 'main' })
    expect([verdict.judged, verdict.result]).toStrictEqual(['all', 'PASSED'])
    expect(verdict.findings.map(({ code }) => code)).not.toContain('POLICY_WEAKENED')
  })
})
