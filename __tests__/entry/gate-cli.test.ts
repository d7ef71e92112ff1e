import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { resign } from '../../src/embedded/world/change.ts'
import { initDocumentSchema } from '../../src/model/init-document.ts'
import { explainDocumentSchema, policyTestDocumentSchema } from '../../src/model/policy-documents.ts'
import { EVIDENCE_STATES } from '../../src/model/verdict.ts'
import { type Finished, runCli, scratch } from '../support/built.ts'
import { cliOf, gateByCli } from '../support/gate-cli.ts'
import {
  DEPENDENCIES,
  type GateProject,
  LOCK,
  npmLock,
  openGateProject,
  POLICY,
  served,
  withoutLockEntry,
  withVersion,
} from '../support/gate-project.ts'

const folder = scratch()
let project: GateProject
let lock: string

beforeAll(async () => {
  project = await openGateProject({ clock: () => new Date() })
  await project.init()
  lock = project.read(LOCK)
})
afterAll(async () => {
  await project.close()
  folder.remove()
})
beforeEach(() => {
  project.restore()
  project.write(LOCK, lock)
  project.world.setDescription(project.good)
})

/** In a folder that has these files and nothing else; nobody can be asked from there. */
async function inFolder(files: Readonly<Record<string, string>>, argv: readonly string[]): Promise<Finished> {
  const root = folder.path()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return runCli(argv, { cwd: root, env: { HOME: root } })
}

const NO_PACKAGES = JSON.stringify({ name: 'x', lockfileVersion: 3, packages: { '': { name: 'x' } } })

describe('T-AC-04: gate where there is nothing to judge', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['an empty folder', {}],
    ['files that no package manager wrote', { 'README.md': 'hello\n' }],
    ['a lock without a package', { 'package-lock.json': NO_PACKAGES }],
  ])('is exit 1 under every profile: %s', async (_, files) => {
    for (const argv of [['gate'], ['gate', '--profile', 'baseline'], ['init']]) {
      const { code, stdout, stderr } = await inFolder(files, argv)
      expect([code, stdout]).toStrictEqual([1, ''])
      expect(stderr).toContain('INPUT_EMPTY')
    }
  })

  it('says what it has seen instead: a manifest without its lock', async () => {
    const { code, stdout } = await inFolder({ 'package.json': '{"dependencies":{"a":"^1"}}' }, ['gate', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      code: 'INPUT_EMPTY',
      exitCode: 1,
      hint: expect.stringContaining('package.json:1'),
    })
  })

  it('fails on a lock that cannot be read, and names it', async () => {
    const { code, stdout } = await inFolder({ 'package-lock.json': '{"lockfileVersion": 3,' }, ['gate', '--json'])
    expect(code).toBe(10)
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ code: 'FILE_UNREAD', level: 'fail', file: 'package-lock.json' }),
    )
  })
})

describe('gate', () => {
  it('prints one document whose states add up, and exit 0', async () => {
    const { code, document, states } = await gateByCli(project, ['--profile', 'strict'])
    expect(code).toBe(0)
    expect(Object.keys(document.counts).sort()).toStrictEqual([...EVIDENCE_STATES].sort())
    const sum = Object.values(document.counts).reduce((all, count) => all + count, 0)
    expect([sum, document.dependencies.length]).toStrictEqual([document.total, document.total])
    expect(document.total).toBe(DEPENDENCIES.verified.length + DEPENDENCIES.registered.length)
    expect(Object.values(states)).not.toContain('absent')
  })

  it('T-AC-05: gives every entry of a lock a state, of whatever kind it is', async () => {
    const { integrity } = served(project.world, 'npm', 'plain')
    const packages: Record<string, object> = {
      '': { name: 'app', workspaces: ['packages/own'] },
      'node_modules/git': { version: '1.0.0', resolved: `git+ssh://git@github.com/acme/git.git#${'a'.repeat(40)}` },
      'node_modules/tarball': { version: '1.0.0', resolved: 'https://example.com/t-1.0.0.tgz', integrity },
      'node_modules/local': { version: '1.0.0', resolved: 'file:local-1.0.0.tgz', integrity },
      'node_modules/own': { resolved: 'packages/own', link: true },
      'packages/own': { name: 'own', version: '0.0.0' },
      'node_modules/alias': {
        name: 'plain',
        version: '1.0.0',
        resolved: 'https://registry.npmjs.org/plain/-/plain-1.0.0.tgz',
        integrity,
      },
      'node_modules/plain': {
        version: '1.0.0',
        resolved: 'https://registry.npmjs.org/plain/-/plain-1.0.0.tgz',
        integrity,
        optional: true,
      },
      'node_modules/plain/node_modules/bundled': { version: '1.0.0', inBundle: true },
    }
    project.write('package-lock.json', JSON.stringify({ name: 'app', lockfileVersion: 3, packages }))
    const { document } = await gateByCli(project)
    const own = document.dependencies.filter(({ file }) => file === 'package-lock.json')
    expect(own).toHaveLength(8)
    expect(own.map(({ name, state }) => `${name} ${state}`).sort()).toStrictEqual([
      'bundled unsupported',
      'git unsupported',
      'local unsupported',
      'own unsupported',
      'own unsupported',
      'plain registered',
      'plain registered',
      'tarball unsupported',
    ])
    expect(document.total).toBe(document.dependencies.length)
  })

  it('fails with exit 10 and says what to do, for people and for GitHub', async () => {
    project.world.setDescription(
      resign(project.good, { name: 'tool' }, { repository: 'mallory/tool', ref: 'refs/tags/v1.2.0' }),
    )
    const sarif = project.path('.home/gate.sarif')
    const markdown = project.path('.home/gate.md')
    const { code, stdout, stderr } = await cliOf(project, [
      'gate',
      '--sarif',
      sarif,
      '--markdown',
      markdown,
      '--no-cache',
    ])
    expect(code).toBe(10)
    expect(stdout).toMatch(/^FAILED/)
    expect(stdout).toContain('SIGNER_CHANGED')
    expect(stdout).toContain('mallory/tool')
    expect(stderr).not.toContain('SIGNER_CHANGED')
    expect(readFileSync(markdown, 'utf8')).toContain('mallory/tool')
    const { version, runs } = JSON.parse(readFileSync(sarif, 'utf8'))
    expect(version).toBe('2.1.0')
    const [result] = runs[0].results
    expect(result).toMatchObject({
      ruleId: 'signer-continuity',
      level: 'error',
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: 'package-lock.json' },
            region: { startLine: expect.any(Number) },
          },
        },
      ],
    })
    const line = project.read('package-lock.json').split('\n')[
      result.locations[0].physicalLocation.region.startLine - 1
    ]
    expect(line).toContain('node_modules/tool')
  })

  it.each<[string, readonly string[], string]>([
    ['--all with --base', ['gate', '--all', '--base', 'main'], 'ARGUMENT_INVALID'],
    ['two paths', ['gate', 'a', 'b'], 'ARGUMENT_INVALID'],
    ['an unknown profile', ['gate', '--profile', 'lenient'], 'ARGUMENT_INVALID'],
    ['an unknown option', ['gate', '--stric'], 'ARGUMENT_INVALID'],
  ])('refuses %s with exit 2', async (_, argv, word) => {
    const { code, stderr, stdout } = await cliOf(project, argv)
    expect([code, stdout]).toStrictEqual([2, ''])
    expect(stderr).toContain(word)
  })

  it.each<[string, string, number]>([
    ['at the top', 'version: 1\nprofle: strict\n', 2],
    ['in a rule', 'version: 1\nrules:\n  cooldown:\n    day: 3\n', 4],
    ['in a require entry', 'version: 1\nrequire:\n  - match: { purl: "pkg:npm/a" }\n    signr: x\n', 4],
  ])('T-PP-06: names the line of an unknown key of the policy, %s, with exit 2', async (_, text, line) => {
    project.write(POLICY, text)
    for (const argv of [['gate'], ['policy', 'check'], ['init']]) {
      const { code, stderr } = await cliOf(project, argv)
      expect(code).toBe(2)
      expect(stderr).toContain('POLICY_UNKNOWN_KEY')
      expect(stderr).toContain(`${POLICY}:${line}`)
    }
  })

  it('T-AC-17: says that no base was there with exit 1', async () => {
    const { code, stderr, stdout } = await cliOf(project, ['gate', '--base', 'origin/main'])
    expect([code, stdout]).toStrictEqual([1, ''])
    expect(stderr).toContain('BASE_UNREADABLE')
  })
})

describe('gate --update-lock', () => {
  it('adds what is new and removes nothing', async () => {
    const { world, good } = project
    world.setDescription(withVersion(good, 'plain', '2.0.0'))
    // A signer of before, of a package that nobody installs any more.
    project.write('package-lock.json', npmLock(world, [{ name: '@acme/ui' }, { name: 'plain', version: '2.0.0' }]))
    const { code } = await cliOf(project, ['gate', '--update-lock'])
    expect(code).toBe(0)
    const after = project.read(LOCK)
    for (const line of lock.split('\n')) expect(after).toContain(line)
    const added = after.split('\n').filter((line) => !lock.includes(line))
    expect(added).toStrictEqual([expect.stringContaining('name: "plain", line: "2"')])
  })

  it('writes nothing without being told to', async () => {
    project.edit(LOCK, (text) => withoutLockEntry(text, 'plain'))
    const before = project.read(LOCK)
    await cliOf(project, ['gate'])
    expect(project.read(LOCK)).toBe(before)
  })
})

describe('init', () => {
  it('writes the same lock each time, whatever the order of answers, and gate passes right after', async () => {
    project.remove(LOCK)
    const first = await cliOf(project, ['init', '--json'])
    expect(first.code).toBe(0)
    const document = initDocumentSchema.parse(JSON.parse(first.stdout))
    expect(document).toMatchObject({ policy: { path: POLICY, written: false }, lock: { path: LOCK, written: true } })
    expect(project.read(LOCK)).toBe(lock)
    for (const profile of ['recommended', 'strict'])
      expect((await gateByCli(project, ['--profile', profile])).code).toBe(0)
  })

  it('keeps what is there', async () => {
    project.edit(LOCK, (text) => `# reviewed by hand\n${text}`)
    const before = [project.read(LOCK), project.read(POLICY)]
    const { code } = await cliOf(project, ['init'])
    expect([code, [project.read(LOCK), project.read(POLICY)]]).toStrictEqual([0, before])
    expect((await cliOf(project, ['init', '--profile', 'strict'])).code).toBe(2)
  })

  it('writes a policy that it can read, and no word about what it could not ask', async () => {
    const files = { 'package-lock.json': npmLock(project.world, [{ name: 'tool' }]) }
    const root = folder.path()
    writeFileSync(join(root, 'package-lock.json'), files['package-lock.json'])
    const run = (...argv: string[]) => runCli(argv, { cwd: root, env: { HOME: root } })
    const { code } = await run('init', '--offline', '--profile', 'strict')
    expect(code).toBe(0)
    const checked = await run('policy', 'check', '--json')
    expect(JSON.parse(checked.stdout)).toMatchObject({
      policy: POLICY,
      lock: LOCK,
      profile: 'strict',
      entries: { lock: 0 },
    })
  })
})

describe('policy', () => {
  it('check says what is there', async () => {
    const { code, stdout } = await cliOf(project, ['policy', 'check', '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      policy: POLICY,
      lock: LOCK,
      profile: 'recommended',
      entries: { require: 1 },
    })
  })

  it.each([['tool'], ['tool@1.2.0'], ['pkg:npm/tool@1.2.0'], ['pkg:npm/tool']])(
    'explain says what applied to %s',
    async (name) => {
      const { code, stdout } = await cliOf(project, ['policy', 'explain', name, '--json'])
      expect(code).toBe(0)
      explainDocumentSchema.parse(JSON.parse(stdout))
      expect(stdout).toContain('pkg:npm/tool@1.2.0')
    },
  )

  it('explain names the require entry with its line, and refuses a name that nothing has', async () => {
    const line =
      project
        .read(POLICY)
        .split('\n')
        .findIndex((text) => text.includes('pkg:cargo/rsdata')) + 1
    const { stdout } = await cliOf(project, ['policy', 'explain', 'rsdata'])
    expect(stdout).toContain(`${POLICY}:${line}`)
    expect((await cliOf(project, ['policy', 'explain', 'nobody'])).code).toBe(2)
  })

  it('test holds the policy to expectations: exit 0, 10, and 2 where there are none', async () => {
    const expectation = (state: string) => `version: 1
cases:
  - name: rsdata comes from its own repository
    dependency: pkg:cargo/rsdata@1.0.0
    evidence:
      accepted: [{ repository: mallory/rsdata, ref: refs/tags/v1.0.0 }]
    expect: { state: ${state} }
`
    expect((await cliOf(project, ['policy', 'test'])).code).toBe(2)
    project.write('.github/own.policy-test.yml', expectation('changed'))
    const good = await cliOf(project, ['policy', 'test', '--json'])
    project.write('.github/own.policy-test.yml', expectation('verified'))
    const bad = await cliOf(project, ['policy', 'test', '--json'])
    project.remove('.github/own.policy-test.yml')
    expect([good.stderr, good.code, bad.code]).toStrictEqual(['', 0, 10])
    for (const { stdout } of [good, bad]) policyTestDocumentSchema.parse(JSON.parse(stdout))
  })
})
