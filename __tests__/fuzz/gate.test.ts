import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCleanbillError } from '../../src/model/error.ts'
import { parsePolicy } from '../../src/policy/parse-policy.ts'
import { type GateProject, LOCK, openGateProject, POLICY, withoutLockEntry } from '../support/gate-project.ts'
import { hold, PROPERTY_TIMEOUT } from './engine/property.ts'
import { ATTACKS, type Attack, type Given, inFile, type Turn } from './gate/attacks.ts'
import { disguise, POLICY_LINES, waiverOf } from './gate/disguises.ts'

let project: GateProject
let lock: string

beforeAll(async () => {
  project = await openGateProject()
  await project.init()
  lock = project.read(LOCK)
})
afterAll(() => project.close())

async function judge({ world, files }: Given) {
  project.world.setDescription(world)
  for (const [name, text] of Object.entries(files)) project.write(name, text)
  try {
    const { verdict, fails } = await project.gate()
    return { result: verdict.result as string, fails }
  } catch (error) {
    if (isCleanbillError(error)) return { result: error.code as string, fails: [] }
    throw error
  }
}

function start(): Given {
  project.restore()
  const names = ['package-lock.json', 'uv.lock', 'Cargo.lock', 'Gemfile.lock', POLICY]
  return {
    world: project.good,
    files: { ...Object.fromEntries(names.map((name) => [name, project.read(name)])), [LOCK]: lock },
  }
}

/** What turns a gate that fails into one that passes, because somebody who may decides so. */
const SHOULD_PASS: readonly (readonly [what: string, of: Attack['title'], turn: Turn])[] = [
  [
    'a profile that only reports',
    'another repository signed',
    inFile(POLICY, (text) => text.replace('profile: recommended', 'profile: baseline')),
  ],
  [
    'a rule that is switched off',
    'the attestation is gone',
    inFile(POLICY, (text) => `${text}rules:\n  no-downgrade: off\n`),
  ],
  [
    'a dependency that a rule leaves alone',
    'the commit is on no branch',
    inFile(POLICY, (text) => `${text}rules:\n  reachable-commit: { except: ["pkg:npm/@acme/ui"] }\n`),
  ],
  [
    'a waiver that names what was found',
    'the attestation is gone',
    inFile(POLICY, (text) => `${text}${waiverOf('pkg:npm/tool@1.2.0', 'no-downgrade', '2026-12-01')}`),
  ],
  [
    'an entry that is not in the trust lock any more: it is seen for the first time',
    'the attestation is gone',
    inFile(LOCK, (text) => withoutLockEntry(text, 'tool')),
  ],
  [
    'a trust lock that accepts the new signer too',
    'a throw-away branch signed',
    inFile(LOCK, (text) =>
      text.replaceAll('refs: ["refs/tags/v*"]', 'refs: ["refs/heads/snapshot-a1b2c3d4", "refs/tags/v*"]'),
    ),
  ],
  [
    'a dependency that is not one any more',
    'the lock names other bytes than the registry',
    inFile('package-lock.json', (text) => {
      const value = JSON.parse(text) as { packages: Record<string, object> }
      const { 'node_modules/plain': _, ...packages } = value.packages
      return JSON.stringify({ ...value, packages }, null, 2)
    }),
  ],
]

/** Has a scribbled policy become one that only reports, or has a waiver or a setting that this attack falls under? */
function isLoosened(text: string, { name }: Attack): boolean {
  try {
    const { profile, rules, waivers } = parsePolicy(text, POLICY)
    return (
      profile === 'baseline' || Object.keys(rules).length > 0 || waivers.some(({ match }) => match.purl?.includes(name))
    )
  } catch {
    return false
  }
}

describe('a gate that fails', () => {
  it('passes without the attack', async () => {
    expect(await judge(start())).toMatchObject({ result: 'PASSED' })
  })

  it('gets policies that can be read', () => {
    const policy = start().files[POLICY] ?? ''
    for (const line of ATTACKS.flatMap((attack) => POLICY_LINES.map((write) => write(attack)))) {
      expect(parsePolicy(`${policy}${line}`, POLICY).profile).toBe('recommended')
    }
  })

  it.each(ATTACKS)(
    'fails however it is disguised: $title',
    async (attack) => {
      const plain = await judge(attack.turn(start()))
      expect(plain).toMatchObject({ result: 'FAILED' })
      expect(plain.fails.map((line) => line.split(' ').slice(1).join(' '))).toContain(`${attack.code} ${attack.name}`)
      let judged = 0
      const property = fc.asyncProperty(fc.array(disguise, { minLength: 1, maxLength: 3 }), async (list) => {
        const given = list.reduce((before, one) => one(attack)(before), attack.turn(start()))
        const { result } = await judge(given)
        if (result === 'FAILED') judged++
        if (result === 'PASSED' && isLoosened(given.files[POLICY] ?? '', attack)) return
        expect(result, JSON.stringify(given.files[POLICY])).not.toBe('PASSED')
      })
      await hold(property, 5, { shrink: false })
      // A policy that cannot be read is no verdict; if most ended so, the property would say nothing.
      expect(judged).toBeGreaterThanOrEqual(2)
    },
    PROPERTY_TIMEOUT,
  )

  it.each(SHOULD_PASS)('passes with %s (%s)', async (_, title, turn) => {
    const attack = ATTACKS.find((one) => one.title === title)
    if (attack === undefined) throw new Error(`there is no attack ${title}`)
    expect(await judge(turn(attack.turn(start())))).toMatchObject({ result: 'PASSED' })
  })
})
