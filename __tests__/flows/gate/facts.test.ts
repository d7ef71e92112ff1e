import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { failRun } from '../../../src/embedded/world/change.ts'
import type { WorldAttestation } from '../../../src/embedded/world/description.ts'
import { buildFactsPredicate, FACTS_V1 } from '../../../src/model/predicates/facts.ts'
import { buildStatement } from '../../../src/model/statement.ts'
import { eventJob, type GateProject, type GateRun, openGateProject } from '../../support/gate-project.ts'
import { startTestWorld, type TestWorld, WORLD_NOW } from '../../support/world.ts'

const OWN: WorldAttestation = { repository: 'acme/app', ref: 'refs/heads/main', trigger: 'push' }
const DAY = 86_400_000

let project: GateProject
let evil: TestWorld
/** What an earlier gate learned. */
let learned: GateRun['learned']
let repositoryId: string
let requests: number

beforeAll(async () => {
  project = await openGateProject()
  project.git('status')
  await project.init()
  const app = { name: 'acme/app' }
  project.world.setDescription({ ...project.good, repositories: [...project.good.repositories, app] })
  repositoryId = project.world.state.repository('acme/app')?.id ?? ''
  evil = await startTestWorld({ repositories: [app] })
  learned = (await gate([])).learned
  project.world.clearRequests()
  await gate([])
  requests = asked()
})
afterAll(() => Promise.all([project.close(), evil.close()]))
beforeEach(() => project.world.clearRequests())

/** About sources; what actions are is asked each time. */
const asked = () =>
  project.world.requests().filter(({ service, path }) => service === 'github' && path === '/graphql').length

/** A gate on the default branch, or wherever. */
function gate(facts: readonly string[]): Promise<GateRun> {
  const { github, env } = eventJob(project, 'push', {})
  const own = { ...env, GITHUB_REPOSITORY_ID: repositoryId }
  return project.gate({ facts, env: own, ...(github && { github }), profile: 'strict' })
}

/** The facts of an earlier run, signed. */
async function signed(
  as: WorldAttestation,
  { daysAgo = 0, world = project.world }: { daysAgo?: number; world?: TestWorld } = {},
): Promise<string> {
  const observed = new Date(Date.parse(WORLD_NOW) - daysAgo * DAY).toISOString()
  const aged = new Map([...learned.facts].map(([key, facts]) => [key, withTime(facts, observed)]))
  const predicate = buildFactsPredicate(learned.questions, aged, observed)
  const subject = [{ name: 'package-lock.json', digest: { sha256: 'a'.repeat(64) } }]
  const bundle = await world.state.sign(buildStatement({ subject, predicateType: FACTS_V1, predicate }), as)
  project.write('.git/facts.json', JSON.stringify(bundle))
  return project.path('.git/facts.json')
}

function withTime<T extends object>(facts: T, observedAt: string): T {
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, { ...fact, ...('observedAt' in fact ? { observedAt } : {}) }]),
  ) as T
}

describe('facts that an own gate signed (T-NS-18)', () => {
  it('are not asked for again', async () => {
    const { verdict } = await gate([await signed(OWN)])
    expect(verdict.result).toBe('PASSED')
    expect(requests).toBeGreaterThan(1)
    expect(asked()).toBeLessThan(requests)
  })

  it.each<[string, () => Promise<string>]>([
    ['a pull request’s run', () => signed({ ...OWN, ref: 'refs/pull/7/merge', trigger: 'pull_request' })],
    [
      'a run under the target’s ref that a pull request started',
      () => signed({ ...OWN, trigger: 'pull_request_target' }),
    ],
    ['another branch', () => signed({ ...OWN, ref: 'refs/heads/main-evil' })],
    ['another repository', () => signed({ ...OWN, repository: 'mallory/app' })],
    ['another issuer', () => signed({ ...OWN, issuer: 'https://issuer.example' })],
    ['keys that nobody trusts', () => signed(OWN, { world: evil })],
    ['last week', () => signed(OWN, { daysAgo: 8 })],
    ['nobody', async () => forged(await signed(OWN))],
    ['a broken signature', async () => tampered(await signed(OWN))],
  ])('count only when they are its own: not those of %s', async (_, make) => {
    const { verdict } = await gate([await make()])
    expect(verdict.result).toBe('PASSED')
    expect(asked()).toBe(requests)
  })

  it('cannot say that a run succeeded which failed, unless an own gate saw it so', async () => {
    const { world } = project
    const before = world.state.description()
    const run = project.good.packages.find(({ name }) => name === 'tool')?.attestation?.run ?? ''
    world.setDescription(failRun(before, 'acme/tool', run))
    const own = await gate([await signed(OWN)])
    const foreign = await gate([await signed({ ...OWN, ref: 'refs/pull/7/merge', trigger: 'pull_request' })])
    world.setDescription(before)
    expect(own.verdict.result).toBe('PASSED')
    expect(foreign.fails).toStrictEqual(['run-outcome RUN_FAILED tool'])
  })
})

function forged(path: string): string {
  const bundle = JSON.parse(project.read('.git/facts.json'))
  project.write('.git/facts.json', JSON.stringify({ ...bundle.dsseEnvelope, signatures: [] }))
  return path
}

function tampered(path: string): string {
  const bundle = JSON.parse(project.read('.git/facts.json'))
  const payload = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8')
  const changed = Buffer.from(payload.replace('package-lock.json', 'package-lock.jsoN')).toString('base64')
  project.write(
    '.git/facts.json',
    JSON.stringify({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload: changed } }),
  )
  return path
}
