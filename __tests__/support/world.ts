import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorldDescription } from '../../src/embedded/world/description.ts'
import { policyFor, startWorld, type World, type WorldOptions } from '../../src/embedded/world/world.ts'
import { parseNpmKeys, parseTrustedRoots, type Trust } from '../../src/verify/trust-material.ts'

/** The clock of every test world: nothing in it depends on today. */
export const WORLD_NOW = '2026-11-22T12:00:00Z'
export const worldClock = (): Date => new Date(WORLD_NOW)

export interface TestWorld extends World {
  /** A scratch folder for the repository that is gated; the world's documents lie in `.world` below it. */
  readonly root: string
  /** `trust:` and `evidence:` of a policy for this world. */
  readonly policyYaml: string
  /** Both trusted roots and npm's keys. */
  readonly trust: Trust
}

/** A world in a scratch folder that is gone after `close()`. Defects of the simulator are printed. */
export async function startTestWorld(
  description: Partial<WorldDescription> = {},
  options: Partial<WorldOptions> = {},
): Promise<TestWorld> {
  const root = mkdtempSync(join(tmpdir(), 'cleanbill-world-'))
  const clock = options.clock ?? worldClock
  const world = await startWorld(
    { packages: [], repositories: [], ...description },
    { stateDir: join(root, '.world'), clock, log: (line) => console.error(line), ...options },
  )
  const close = async () => {
    await world.close()
    rmSync(root, { recursive: true, force: true })
  }
  // A test that brings a state folder of its own has a root of its own too.
  const policyRoot = options.stateDir === undefined ? root : join(options.stateDir, '..')
  return { ...world, root: policyRoot, close, policyYaml: policyFor(world, policyRoot), trust: trustOf(world, clock()) }
}

function trustOf(world: World, now: Date): Trust {
  return {
    roots: [
      ...parseTrustedRoots(readFileSync(world.trustedRootPath), 'world'),
      ...parseTrustedRoots(readFileSync(world.githubTrustedRootPath), 'world GitHub'),
    ],
    keys: parseNpmKeys(readFileSync(world.npmKeysPath), 'world npm keys'),
    rootCertificates: [],
    now,
  }
}
