import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findDependencies } from '../../src/discover/find-dependencies.ts'
import { worldFromDependencies } from '../../src/embedded/world/populate.ts'
import { type GateResult, runGate } from '../../src/flows/gate.ts'
import { initProject } from '../../src/flows/init.ts'
import { http, httpStream } from '../../src/io/http.ts'
import { runTool } from '../../src/io/process.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import type { InitResult } from '../../src/model/init-document.ts'
import { DIST } from './built.ts'
import { POLICY } from './gate-project.ts'
import { testHost } from './test-host.ts'
import { startTestWorld, worldClock } from './world.ts'

export interface FixtureGate {
  readonly found: readonly Dependency[]
  readonly init: InitResult
  readonly gate: GateResult
}

/**
 * Real dependency files as one project, in a world that has what they name, one package in eight attested: `init`, then
 * `gate` under `recommended`.
 *
 * @param files path in the project → the fixture
 */
export async function gateFixtures(files: ReadonlyMap<string, string>): Promise<FixtureGate> {
  const world = await startTestWorld()
  try {
    for (const [path, fixture] of files) {
      mkdirSync(dirname(join(world.root, path)), { recursive: true })
      writeFileSync(join(world.root, path), readFileSync(fixture))
    }
    const { dependencies } = await findDependencies(world.root)
    const description = worldFromDependencies(dependencies, {
      attestedShare: 1 / 8,
      seed: 'largest',
      clock: worldClock,
    })
    // More is asked at once here than one job may ask in an hour.
    world.setDescription({ ...description, github: { quota: { core: 100_000, graphql: 100_000 } } })
    await world.presign()
    mkdirSync(dirname(join(world.root, POLICY)), { recursive: true })
    writeFileSync(
      join(world.root, POLICY),
      `version: 1\nplatforms: [linux-x64]\naccept-unsupported: [workspace, link]\n${world.policyYaml}`,
    )
    const program = join(DIST, 'verify-worker.mjs')
    const request = {
      ...{ root: world.root, offline: false, facts: [], trustedRoots: [], githubToken: world.token, version: 'test' },
      ...(existsSync(program) && availableParallelism() > 1
        ? { threads: { program: pathToFileURL(program), size: 2 } }
        : {}),
    }
    const given = {
      host: { ...testHost(world.root, worldClock), env: { PATH: process.env.PATH } },
      ...{ http, httpStream, runTool, random: () => 0.5, github: undefined },
    }
    const init = await initProject(request, given)
    const gate = await runGate(
      { ...request, all: false, base: undefined, updateLock: false, profile: 'recommended' },
      given,
    )
    return { found: dependencies, init, gate }
  } finally {
    await world.close()
  }
}
