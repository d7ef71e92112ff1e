import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { addVersion, resign } from '../../../src/embedded/world/change.ts'
import type { WorldDescription, WorldPullRequest } from '../../../src/embedded/world/description.ts'
import { writeFileAtomic } from '../../../src/io/files.ts'
import {
  eventJob,
  type GateProject,
  LOCK,
  npmLock,
  openGateProject,
  POLICY,
  withoutLockEntry,
  withVersion,
} from '../../support/gate-project.ts'
import { startTestWorld, type TestWorld, WORLD_NOW } from '../../support/world.ts'

let project: GateProject
let base: string
let goodLock: string

beforeAll(async () => {
  project = await openGateProject()
  await project.init()
  goodLock = project.read(LOCK)
  base = project.commit('base')
})
afterAll(() => project.close())
beforeEach(() => {
  const { git, world, good } = project
  git('checkout', '--quiet', '--force', '-B', 'main', base)
  git('clean', '--quiet', '-fd')
  world.setDescription(good)
  world.clearRequests()
})

/** What stands in the main branch, and what a proposal makes of it. */
function onMain(change: () => void): void {
  change()
  project.commit('main')
}
function propose(change: () => void): string {
  project.git('checkout', '--quiet', '-B', 'proposal')
  change()
  return project.commit('proposal')
}
const policy = (more: string) => project.edit(POLICY, (text) => `${text}${more}`)
const profile = (from: string, to: string) =>
  project.edit(POLICY, (text) => text.replace(`profile: ${from}`, `profile: ${to}`))
const gate = () => project.gate({ base: 'main' })
const NPM = [{ name: 'tool' }, { name: '@acme/ui' }, { name: 'plain' }, { name: 'checker', dev: true }]
const lockFiles = () => project.write('package-lock.json', npmLock(project.world, NPM))

/** One version of `plain` that is a day old. */
const young = (good: WorldDescription) =>
  addVersion(good, { name: 'plain' }, '1.0.1', (pack) => ({
    ...pack,
    publishedAt: new Date(Date.parse(WORLD_NOW) - 86_400_000).toISOString(),
  }))
const bring = (change: (good: WorldDescription) => WorldDescription) => {
  project.world.setDescription(change(project.good))
  lockFiles()
}
const stolen = (good: WorldDescription) =>
  resign(good, { name: 'tool' }, { repository: 'mallory/tool', ref: 'refs/tags/v1.2.0' })

const waiver = (owner: string) => `waivers:
  - match: { purl: "pkg:npm/plain@1.0.1" }
    rule: cooldown
    reason: urgent fix
    owner: ${owner}
    expires: ${new Date(Date.parse(WORLD_NOW) + 10 * 86_400_000).toISOString().slice(0, 10)}
`

describe('a pull request that loosens what judges it (T-PP-08)', () => {
  it('is judged by the stricter of both: a rule that it switches off', async () => {
    onMain(() => policy('rules:\n  cooldown: fail\n'))
    propose(() => {
      project.edit(POLICY, (text) => text.replace('cooldown: fail', 'cooldown: off'))
      bring(young)
    })
    const { verdict, fails } = await gate()
    expect(fails).toStrictEqual(['policy-change POLICY_WEAKENED', 'cooldown TOO_YOUNG plain'])
    expect(verdict.findings.filter(({ code }) => code === 'POLICY_WEAKENED')).toMatchObject([
      { level: 'fail', file: POLICY },
      { level: 'warn', message: expect.stringContaining('rules.cooldown.level') },
    ])
  })

  it('is judged by the stricter of both: a lower profile', async () => {
    onMain(() => profile('recommended', 'strict'))
    propose(() => {
      profile('strict', 'baseline')
      bring(young)
    })
    const { verdict, fails } = await gate()
    expect(verdict.profile).toBe('strict')
    expect(fails).toStrictEqual(['policy-change POLICY_WEAKENED', 'cooldown TOO_YOUNG plain'])
  })

  it('is judged by the stricter of both: another signer in a require entry', async () => {
    onMain(() =>
      project.edit(POLICY, (text) =>
        text.replace(
          'require:\n',
          'require:\n  - match: { purl: "pkg:npm/tool" }\n    source: { repository: acme/tool }\n',
        ),
      ),
    )
    propose(() => {
      project.edit(POLICY, (text) => text.replace('repository: acme/tool', 'repository: "mallory/*"'))
      project.edit(LOCK, (text) => withoutLockEntry(text, 'tool'))
      bring(stolen)
    })
    const { states, fails } = await gate()
    expect(states.tool).toBe('changed')
    expect(fails).toContain('policy-change POLICY_WEAKENED')
    expect(fails).toContain('required-signer IDENTITY_MISMATCH tool')
  })

  it('is judged by the stricter of both: a require entry that is gone', async () => {
    propose(() => {
      project.edit(POLICY, (text) => text.replace(/require:\n.*\n.*\n/, ''))
      project.edit(LOCK, (text) => withoutLockEntry(text, 'rsdata'))
      project.world.setDescription(resign(project.good, { name: 'rsdata' }, { repository: 'mallory/rsdata' }))
    })
    const { fails } = await gate()
    expect(fails).toContain('policy-change POLICY_WEAKENED')
    expect(fails).toContain('missing-provenance ATTESTATION_ABSENT rsdata')
  })

  it('cannot waive for itself', async () => {
    onMain(() => policy('rules:\n  cooldown: fail\n'))
    propose(() => {
      policy(waiver('platform'))
      bring(young)
    })
    const { fails, states } = await gate()
    expect(fails).toStrictEqual(['policy-change POLICY_WEAKENED', 'cooldown TOO_YOUNG plain'])
    expect(states.plain).toBe('registered')
    // Once it is in the main branch it counts.
    project.git('checkout', '--quiet', '-B', 'main', 'main')
    onMain(() => policy(waiver('platform')))
    propose(() => bring(young))
    const later = await gate()
    expect([later.states.plain, later.verdict.result]).toStrictEqual(['waived', 'PASSED'])
  })

  it('may loosen in words only, which is said: then it can be merged alone', async () => {
    propose(() => policy('accept-unsupported: [git]\n'))
    const { verdict } = await gate()
    expect(verdict.result).toBe('PASSED')
    expect(verdict.findings).toMatchObject([{ code: 'POLICY_WEAKENED', level: 'warn' }])
  })

  it('may tighten, and is then held to what it asks for', async () => {
    propose(() => {
      policy('rules:\n  cooldown: fail\n')
      bring(young)
    })
    expect((await gate()).fails).toStrictEqual(['cooldown TOO_YOUNG plain'])
  })

  it('does not get rid of the trust lock by deleting it', async () => {
    propose(() => {
      project.remove(LOCK)
      project.world.setDescription(stolen(project.good))
    })
    const { states, fails } = await gate()
    expect(states.tool).toBe('changed')
    expect(fails).toStrictEqual(['policy-change POLICY_WEAKENED', 'signer-continuity SIGNER_CHANGED tool'])
  })
})

describe('a pull request that brings its own trust (T-PP-08)', () => {
  let evil: TestWorld

  beforeAll(async () => {
    // The same names, signed and served by somebody else: with other keys, and a version that only exists there.
    // Its log shows who sent the token that is meant for the other one.
    evil = await startTestWorld(withVersion(project.good, 'tool', '1.2.9'), { token: project.world.token })
  })
  afterAll(() => evil.close())

  const takeEvilLock = () => project.write('package-lock.json', npmLock(evil, NPM))
  const at = (world: TestWorld, name: string) => world.origins[name] ?? ''
  const askEvil = (...names: string[]) =>
    project.edit(POLICY, (text) =>
      names.reduce((all, name) => all.replace(at(project.world, name), at(evil, name)), text),
    )

  it('is not believed when it replaces the files of trusted roots and keys', async () => {
    propose(() => {
      askEvil('npm')
      copyFileSync(evil.trustedRootPath, project.path('.world/trusted_root.json'))
      copyFileSync(evil.npmKeysPath, project.path('.world/npm_keys.json'))
      takeEvilLock()
    })
    const { states, fails, verdict } = await gate()
    expect(states.tool).not.toBe('verified')
    expect(fails).toContain('no-downgrade ATTESTATION_LOST tool')
    expect(verdict.findings).toContainEqual(
      expect.objectContaining({ code: 'POLICY_WEAKENED', message: 'trust: .world/trusted_root.json is another file' }),
    )
  })

  it('is not believed when the file of a trusted root is all that it replaces', async () => {
    const mine = readFileSync(project.world.trustedRootPath, 'utf8')
    // The project trusts others; what is signed here is none of theirs.
    onMain(() => copyFileSync(evil.trustedRootPath, project.path('.world/trusted_root.json')))
    propose(() => project.write('.world/trusted_root.json', mine))
    const { states, fails } = await gate()
    expect(states.numlib).toBe('invalid')
    expect(fails).toContain('valid-evidence TRUST_DOMAIN numlib')
    expect(fails).toContain('policy-change POLICY_WEAKENED')
  })

  it('is told so when it replaces such a file and nothing depends on it yet', async () => {
    propose(() => {
      const root = JSON.parse(readFileSync(project.path('.world/trusted_root.json'), 'utf8'))
      const other = JSON.parse(readFileSync(evil.trustedRootPath, 'utf8'))
      const certificateAuthorities = [...root.certificateAuthorities, ...other.certificateAuthorities]
      project.write('.world/trusted_root.json', JSON.stringify({ ...root, certificateAuthorities }))
    })
    const { verdict } = await gate()
    expect(verdict.result).toBe('PASSED')
    expect(verdict.findings).toMatchObject([{ code: 'POLICY_WEAKENED', level: 'warn' }])
  })

  it('is not believed when it adds a trusted root', async () => {
    propose(() => {
      askEvil('npm')
      copyFileSync(evil.trustedRootPath, project.path('evil-root.json'))
      copyFileSync(evil.npmKeysPath, project.path('evil-keys.json'))
      project.edit(POLICY, (text) =>
        text.replace('roots: [', 'roots: ["evil-root.json", ').replace('.world/npm_keys.json', 'evil-keys.json'),
      )
      takeEvilLock()
    })
    const { states, fails } = await gate()
    expect(states.tool).not.toBe('verified')
    expect(fails).toContain('no-downgrade ATTESTATION_LOST tool')
  })

  it('does not hide what an action uses, and is given no token', async () => {
    propose(() => askEvil('github'))
    evil.clearRequests()
    project.world.clearRequests()
    await gate()
    const at = (world: TestWorld) => world.requests().filter(({ service }) => service === 'github')
    expect(at(evil).filter(({ authorized }) => authorized)).toStrictEqual([])
    expect(at(project.world).filter(({ authorized }) => authorized)).not.toStrictEqual([])
    const files = ({ path }: { path: string }) => path.startsWith('/repos/actions/checkout/contents/')
    expect([at(evil).filter(files).length, at(project.world).filter(files).length]).toStrictEqual([0, 1])
  })

  it('does not replace a key that the policy names', async () => {
    const pem = () =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' })
    const require = 'require:\n  - match: { purl: "pkg:npm/nobody" }\n    signer: { key: keys/data.pem }\n'
    onMain(() => {
      project.write('keys/data.pem', String(pem()))
      project.edit(POLICY, (text) => text.replace('require:\n', require))
    })
    propose(() => project.write('keys/data.pem', String(pem())))
    const { verdict, prepared } = await gate()
    const keys = [prepared.base?.policyThere.policy, prepared.policy.policy].map(
      (one) => one?.require[0]?.signers?.[0]?.key,
    )
    expect(new Set(keys).size).toBe(2)
    expect(verdict.findings).toMatchObject([
      { code: 'POLICY_WEAKENED', message: expect.stringContaining('pkg:npm/nobody') },
    ])
  })

  it('keeps the gate from judging when it adds the file that a base’s policy names', async () => {
    onMain(() => {
      project.git('rm', '--quiet', '--cached', '.world/trusted_root.json')
      project.write('.gitignore', '.world/trusted_root.json\n')
    })
    // Made by a step of the job and tracked nowhere: the same for both.
    propose(() => project.write('README.md', 'hello\n'))
    expect((await gate()).verdict.result).toBe('PASSED')
    propose(() => project.git('add', '--force', '.world/trusted_root.json'))
    await expect(gate()).rejects.toMatchObject({ code: 'BASE_UNREADABLE' })
    await writeFileAtomic(project.world.trustedRootPath, project.git('show', `${base}:.world/trusted_root.json`))
  })
})

const AUTHOR = 'carol'
/** A gate in the job of a pull request, with what GitHub knows about it. */
const reviewed = (head: string, pull: Partial<WorldPullRequest>) => {
  const request = { number: 7, commit: head, author: AUTHOR, merged: false, ...pull }
  const { state, setDescription } = project.world
  const app = { name: 'acme/app', pullRequests: [request] }
  setDescription({ ...state.description(), repositories: [...state.description().repositories, app] })
  const event = { pull_request: { number: 7, user: { login: AUTHOR }, head: { sha: head }, base: { sha: base } } }
  return project.gate(eventJob(project, 'pull_request', event))
}

describe('a waiver that is new in a pull request (T-PP-07)', () => {
  const limits = (approvers: string) => `waiver-limits: { approvers: ${approvers} }\n`
  /** `plain` is a day old, and the change waives that. */
  const waive = (more = '', owner = 'platform') => {
    const head = propose(() => {
      policy(waiver(owner) + more)
      bring(young)
    })
    return head
  }
  const onBase = (more = '') => {
    onMain(() => policy(`rules:\n  cooldown: fail\n${more}`))
    base = project.git('rev-parse', 'main').trim()
  }
  let first: string
  beforeAll(() => {
    first = base
  })
  afterEach(() => {
    base = first
  })

  it.each(['platform', AUTHOR])('counts there when somebody else approved it: owned by %s', async (owner) => {
    onBase()
    const { states, verdict } = await reviewed(waive('', owner), { approvers: ['dave'] })
    expect([states.plain, verdict.result]).toStrictEqual(['waived', 'PASSED'])
  })

  it('does not count there without, and is no fault where the policy asks for nobody', async () => {
    onBase()
    const { fails } = await reviewed(waive(), {})
    expect(fails).toStrictEqual(['policy-change POLICY_WEAKENED', 'cooldown TOO_YOUNG plain'])
  })

  it.each<[string, string, Partial<WorldPullRequest>]>([
    ['by nobody', '"@dave"', {}],
    ['by somebody else', '"@dave"', { approvers: ['erin'] }],
    ['by somebody of a team, which a job cannot know', '"@acme/security"', { approvers: ['dave'] }],
    ['by its author', '"@carol"', { reviews: [{ login: 'carol' }] }],
    ['by the right one, who may not approve', '"@dave"', { reviews: [{ login: 'dave', association: 'CONTRIBUTOR' }] }],
    ['by the right one, for another commit', '"@dave"', { reviews: [{ login: 'dave', commit: 'e'.repeat(40) }] }],
  ])('is invalid when it is approved %s', async (_, approvers, pull) => {
    onBase(limits(approvers))
    const { fails, states } = await reviewed(waive(), pull)
    expect(fails).toContain('waiver WAIVER_INVALID')
    expect(fails).toContain('cooldown TOO_YOUNG plain')
    expect(states.plain).not.toBe('waived')
  })

  it.each(['"@Dave"', '[erin, dave]', '["@acme/security", "@dave"]'])(
    'counts when it is approved by one of %s',
    async (approvers) => {
      onBase(limits(approvers))
      const { states, verdict } = await reviewed(waive(), { approvers: ['dave'] })
      expect([states.plain, verdict.result]).toStrictEqual(['waived', 'PASSED'])
    },
  )

  it('is held to those whom the base names, whoever the change names', async () => {
    onBase(limits('"@dave"'))
    const head = propose(() => {
      project.edit(POLICY, (text) => text.replace('"@dave"', '"@erin"') + waiver('platform'))
      bring(young)
    })
    expect((await reviewed(head, { approvers: ['erin'] })).fails).toContain('waiver WAIVER_INVALID')
  })

  it('is invalid where nobody can be asked: on somebody’s own machine, and when GitHub does not answer', async () => {
    onBase(limits('"@dave"'))
    const head = waive()
    expect((await gate()).fails).toContain('waiver WAIVER_INVALID')
    project.world.setFaults([{ match: 'github /repos/acme/app/pulls', kind: 'status', status: 503 }])
    const { fails } = await reviewed(head, { approvers: ['dave'] })
    project.world.setFaults([])
    expect(fails).toContain('waiver WAIVER_INVALID')
  })

  it('is not asked about once it is merged', async () => {
    onBase(limits('"@dave"') + waiver('platform'))
    const head = propose(() => bring(young))
    project.world.clearRequests()
    const { states, verdict } = await reviewed(head, {})
    expect([states.plain, verdict.result]).toStrictEqual(['waived', 'PASSED'])
    expect(project.world.requests().filter(({ path }) => path.includes('/pulls/7'))).toStrictEqual([])
  })
})

describe('a trust lock that accepts more signers', () => {
  /** The change: `tool` is signed by another repository now, and the lock accepts it. */
  const widen = () =>
    propose(() => {
      const moved = stolen(project.good)
      project.world.setDescription(moved)
      const signer = goodLock.split(/^(?= {2}- )/m).find((entry) => entry.includes('name: "tool"')) ?? ''
      const { id, ownerId } = project.world.state.repository('mallory/tool') ?? { id: '', ownerId: '' }
      const added = signer
        .slice(signer.indexOf('      - issuer'))
        .replaceAll('acme/tool', 'mallory/tool')
        .replace(/repository-id: .*/, `repository-id: ${JSON.stringify(id)}`)
        .replace(/owner-id: .*/, `owner-id: ${JSON.stringify(ownerId)}`)
      project.edit(LOCK, (text) => text.replace(signer, `${signer}${added}`))
    })
  it('does not count without an approval', async () => {
    const { fails, states } = await reviewed(widen(), {})
    expect(states.tool).toBe('changed')
    expect(fails).toStrictEqual(['policy-change POLICY_WEAKENED', 'signer-continuity SIGNER_CHANGED tool'])
  })

  it('counts when somebody else of the project approved this very head', async () => {
    const { verdict, states } = await reviewed(widen(), { approvers: ['dave'] })
    expect([states.tool, verdict.result]).toStrictEqual(['verified', 'PASSED'])
  })

  it.each<[string, Partial<WorldPullRequest>]>([
    ['an earlier head', { reviews: [{ login: 'dave', commit: 'e'.repeat(40) }] }],
    ['its own author', { reviews: [{ login: 'Carol' }] }],
    ['a stranger', { reviews: [{ login: 'mallory', association: 'CONTRIBUTOR' }] }],
    ['nobody: it was commented on', { reviews: [{ login: 'dave', state: 'COMMENTED' }] }],
    ['somebody who took it back', { reviews: [{ login: 'dave' }, { login: 'dave', state: 'CHANGES_REQUESTED' }] }],
    ['somebody whose approval was dismissed', { reviews: [{ login: 'dave' }, { login: 'dave', state: 'DISMISSED' }] }],
  ])('does not count when it was approved by %s', async (_, pull) => {
    const { fails } = await reviewed(widen(), pull)
    expect(fails).toContain('signer-continuity SIGNER_CHANGED tool')
  })

  it('counts by the word of GitHub, not of an origin that the change names', async () => {
    const evil = await startTestWorld({
      repositories: [
        {
          name: 'acme/app',
          pullRequests: [
            { number: 7, commit: 'f'.repeat(40), author: AUTHOR, merged: false, reviews: [{ login: 'dave' }] },
          ],
        },
      ],
    })
    widen()
    project.edit(POLICY, (text) => text.replace(project.world.origins.github ?? '', evil.origins.github ?? ''))
    const head = project.commit('evil origin')
    evil.setDescription({
      packages: [],
      repositories: [
        {
          name: 'acme/app',
          pullRequests: [{ number: 7, commit: head, author: AUTHOR, merged: false, approvers: ['dave'] }],
        },
      ],
    })
    const { fails } = await reviewed(head, {})
    expect(fails).toContain('signer-continuity SIGNER_CHANGED tool')
    await evil.close()
  })

  it('finds an approval on a later page', async () => {
    const noise = Array.from({ length: 130 }, (_, index) => ({
      login: `visitor-${index}`,
      state: 'COMMENTED' as const,
    }))
    const { verdict } = await reviewed(widen(), { reviews: [...noise, { login: 'dave' }] })
    expect(verdict.result).toBe('PASSED')
  })

  it('is no approval when GitHub cannot be asked', async () => {
    project.world.setFaults([{ match: 'github /repos/acme/app/pulls', kind: 'status', status: 503 }])
    const { fails } = await reviewed(widen(), { approvers: ['dave'] })
    project.world.setFaults([])
    expect(fails).toContain('signer-continuity SIGNER_CHANGED tool')
  })

  it('is a new name’s own business: a first sight widens nothing', async () => {
    const { good, world } = project
    const head = propose(() => {
      const fresh = {
        ecosystem: 'npm',
        name: 'fresh',
        version: '1.0.0',
        publishedAt: '2026-01-01T00:00:00Z',
        attestation: { repository: 'acme/fresh' },
      } as const
      world.setDescription({ ...good, packages: [...good.packages, fresh] })
      project.write('package-lock.json', npmLock(world, [...NPM, { name: 'fresh' }]))
    })
    const { verdict } = await reviewed(head, {})
    expect(verdict.findings.map(({ code }) => code)).not.toContain('POLICY_WEAKENED')
    expect(verdict.result).toBe('PASSED')
  })
})
