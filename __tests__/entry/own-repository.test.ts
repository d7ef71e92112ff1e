import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findDependencies } from '../../src/discover/find-dependencies.ts'
import { resign } from '../../src/embedded/world/change.ts'
import type { WorldDescription } from '../../src/embedded/world/description.ts'
import { worldFromDependencies } from '../../src/embedded/world/populate.ts'
import { settle } from '../../src/embedded/world/settle.ts'
import { gateDocumentSchema } from '../../src/model/gate-document.ts'
import { runCli } from '../support/built.ts'
import { startTestWorld, type TestWorld } from '../support/world.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const POLICY = '.github/cleanbill.yml'
/** The built command line has the real clock, so the world has it too. */
const clock = () => new Date()

let world: TestWorld
let good: WorldDescription
let machines = 0

/** What this repository depends on, without what a demo that ran before has left in it. */
async function ownDependencies() {
  const { dependencies } = await findDependencies(ROOT)
  return dependencies.filter(({ file }) => !file.startsWith('demo-out/'))
}

/** What this repository depends on, honestly served; the libraries of Sigstore are signed by their projects. */
async function ownWorld(): Promise<WorldDescription> {
  const populated = worldFromDependencies(await ownDependencies(), { attestedShare: 0.125, seed: 'own', clock })
  const packages = populated.packages.map((one) => {
    if (!one.name.startsWith('@sigstore/')) return one
    const repository = one.name.endsWith('protobuf-specs') ? 'sigstore/protobuf-specs' : 'sigstore/sigstore-js'
    return { ...one, attestation: { repository, ref: 'refs/heads/main' } }
  })
  return settle({ ...populated, packages }, clock)
}

/** The files that a gate reads; the policy as it is committed, and where this world is. */
function copyRepository(): void {
  for (const path of [
    'package.json',
    'package-lock.json',
    'action.yml',
    '.github',
    'examples',
    'scripts/interop/ctlog',
  ]) {
    mkdirSync(dirname(join(world.root, path)), { recursive: true })
    cpSync(join(ROOT, path), join(world.root, path), { recursive: true })
  }
  const policy = readFileSync(join(ROOT, POLICY), 'utf8')
  writeFileSync(join(world.root, POLICY), `${policy}\n${world.policyYaml}`)
}

/** On a machine of its own: bundles that an earlier one kept are evidence about the same bytes, and would do. */
async function cli(...argv: readonly string[]) {
  machines += 1
  const finished = await runCli(argv, {
    cwd: world.root,
    env: { HOME: join(world.root, `.home-${machines}`), GITHUB_TOKEN: world.token },
  })
  return { ...finished, verdict: () => gateDocumentSchema.parse(JSON.parse(finished.stdout)) }
}

beforeAll(async () => {
  good = await ownWorld()
  world = await startTestWorld(good, { clock })
  copyRepository()
})

afterAll(() => world?.close())

describe('cleanbill init and gate on this repository', () => {
  it('pass with the policy that is committed, and count what discover counts', async () => {
    const init = await cli('init')
    expect(init.code, init.stdout + init.stderr).toBe(0)
    const gate = await cli('gate', '--json')
    expect(gate.code, gate.stdout.slice(0, 4000) + gate.stderr).toBe(0)
    const { verdict, counts, dependencies, profile } = gate.verdict()
    expect(verdict).toBe('PASSED')
    expect(dependencies).toHaveLength((await ownDependencies()).length)
    expect(counts.verified).toBeGreaterThan(0)
    expect(counts.registered).toBeGreaterThan(counts.verified ?? 0)
    expect(profile).toBe('recommended')
  })

  it('refuse a library of Sigstore that another project has signed, though the trust lock is gone', async () => {
    const { version = '' } = good.packages.find(({ name }) => name === '@sigstore/verify') ?? {}
    const swapped = resign(good, { name: '@sigstore/verify', version }, { repository: 'mallory/sigstore-js' })
    world.setDescription(settle(swapped, clock))
    rmSync(join(world.root, 'cleanbill.lock'), { force: true })
    const gate = await cli('gate', '--json')
    expect(gate.code).toBe(10)
    const failing = gate.verdict().findings.filter(({ level }) => level === 'fail')
    expect(failing.map(({ rule, code }) => `${rule} ${code}`)).toEqual(['required-signer IDENTITY_MISMATCH'])
  })
})
