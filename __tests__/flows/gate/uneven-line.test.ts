import { afterAll, beforeAll, expect, it } from 'vitest'
import { addVersion, withRepository } from '../../../src/embedded/world/change.ts'
import { settle } from '../../../src/embedded/world/settle.ts'
import { CHECKOUT, type GateProject, LOCK, npmLock, openGateProject } from '../../support/gate-project.ts'
import { worldClock } from '../../support/world.ts'

/** A commit of the same action from before its releases were immutable. */
const BEFORE = 'c0ffee01'.repeat(5)
const WORKFLOW = '.github/workflows/train.yml'

let project: GateProject
beforeAll(async () => {
  project = await openGateProject()
  const older = ['1.1.0', '1.1.1'].reduce(
    (world, version) => addVersion(world, { name: 'tool' }, version, ({ attestation: _, ...pack }) => pack),
    withRepository(project.good, 'actions/checkout', (one) => ({
      ...one,
      branches: { main: [BEFORE, CHECKOUT] },
      trees: { ...one.trees, [BEFORE]: one.trees?.[CHECKOUT] ?? {} },
    })),
  )
  project.world.setDescription(settle(older, worldClock))
  nest('1.1.0')
  project.edit(
    WORKFLOW,
    (text) => `${text}      - uses: actions/checkout@${BEFORE}\n      - uses: actions/checkout@v4\n`,
  )
  await project.init()
})
afterAll(() => project.close())

/** Beside the attested 1.2.0, another package brings in a version that nobody attested. */
function nest(version: string): void {
  const packages = (wanted: string) =>
    (JSON.parse(npmLock(project.world, [{ name: 'tool', version: wanted }])) as { packages: Record<string, object> })
      .packages
  const nested = { 'node_modules/plain/node_modules/tool': packages(version)['node_modules/tool'] }
  const all = { name: 'app', lockfileVersion: 3, packages: { ...packages('1.2.0'), ...nested } }
  project.write('package-lock.json', JSON.stringify(all, null, 2))
}

const statesOf = async (name: string) => {
  const { verdict, fails } = await project.gate()
  const states = verdict.dependencies.filter((one) => one.name === name).map(({ version, state }) => [version, state])
  return [verdict.result, fails, Object.fromEntries(states)]
}

it('passes right after init where a lock holds an attested version beside one from before', async () => {
  expect(await statesOf('tool')).toStrictEqual(['PASSED', [], { '1.2.0': 'verified', '1.1.0': 'registered' }])
  expect(project.read(LOCK)).toContain('unusual: ["1.1.0 ATTESTATION_LOST"]')
})

it('passes where an action is pinned to an immutable release, to an older commit and to a tag', async () => {
  const states = { [CHECKOUT]: 'verified', [BEFORE]: 'absent', v4: 'unsupported' }
  expect(await statesOf('actions/checkout')).toStrictEqual(['PASSED', [], states])
})

it('still refuses every other version of that line without evidence', async () => {
  nest('1.1.1')
  const states = { '1.2.0': 'verified', '1.1.1': 'lost' }
  expect(await statesOf('tool')).toStrictEqual(['FAILED', ['no-downgrade ATTESTATION_LOST tool'], states])
  nest('1.1.0')
})

it('still refuses a pin that is loosened to a tag which was not there', async () => {
  project.edit(WORKFLOW, (text) => text.replace('checkout@v4', 'checkout@main'))
  const [result, fails] = await statesOf('actions/checkout')
  expect([result, fails]).toStrictEqual(['FAILED', ['no-downgrade ATTESTATION_LOST actions/checkout']])
})
