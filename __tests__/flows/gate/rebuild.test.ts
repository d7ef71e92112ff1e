import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WorldRebuild } from '../../../src/embedded/world/description.ts'
import { type GateProject, LOCK, openGateProject, POLICY } from '../../support/gate-project.ts'
import { codeOf } from '../../support/real-signer.ts'

const KEY = '.world/rebuild_key.pem'
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
  rebuilt('tool', 'matches')
})

function rebuilt(name: string, result: WorldRebuild['result']): void {
  const { world, good } = project
  const { version = '', ecosystem = 'npm' } = good.packages.find((pack) => pack.name === name) ?? {}
  world.setDescription({ ...good, rebuilds: [{ ecosystem, name, version, result }] })
}

/** R8 fails, and asks for a rebuild of these. */
const wanting = (...purls: readonly string[]) =>
  project.edit(
    POLICY,
    (text) => `${text}rules:\n  independent-rebuild: { level: fail, require-for: ${JSON.stringify(purls)} }\n`,
  )

describe('an independent rebuild', () => {
  it.each(['tool', 'numlib', 'rsplain'])('that equals what is locked is what the policy wants: %s', async (name) => {
    rebuilt(name, 'matches')
    wanting(`pkg:*/${name}`)
    expect((await project.gate()).verdict.result).toBe('PASSED')
  })

  it('that is missing fails where it is wanted', async () => {
    wanting('pkg:npm/tool', 'pkg:npm/plain')
    expect((await project.gate()).fails).toStrictEqual(['independent-rebuild REBUILD_MISSING plain'])
  })

  it.each(['tool', 'numlib', 'rsplain'])('that differs makes the dependency invalid: %s', async (name) => {
    rebuilt(name, 'differs')
    wanting()
    const { fails, states } = await project.gate()
    expect(fails).toStrictEqual([`independent-rebuild REBUILD_DIFFERS ${name}`])
    expect(states[name]).toBe('invalid')
  })

  it('is not asked about where no rule looks', async () => {
    project.world.clearRequests()
    await project.gate()
    expect(project.world.requests().filter(({ service }) => service === 'oss-rebuild')).toStrictEqual([])
  })

  it('of another rebuilder than the policy names is none', async () => {
    const mine = project.read(KEY)
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    wanting('pkg:npm/tool')
    project.write(KEY, String(publicKey.export({ type: 'spki', format: 'pem' })))
    const other = await project.gate()
    project.edit(POLICY, (text) => text.replace(/ {2}oss-rebuild: "[^"]*pem"\n/, ''))
    const ossRebuilds = await project.gate()
    project.write(KEY, mine)
    expect(other.fails).toStrictEqual(['independent-rebuild REBUILD_MISSING tool'])
    expect(ossRebuilds.fails).toStrictEqual(['independent-rebuild REBUILD_MISSING tool'])
  })

  it('is not judged with a key that is none', async () => {
    const mine = project.read(KEY)
    wanting('pkg:npm/tool')
    project.write(KEY, 'no key')
    const code = await codeOf(() => project.gate())
    project.write(KEY, mine)
    expect(code).toBe('KEY_INVALID')
  })
})
