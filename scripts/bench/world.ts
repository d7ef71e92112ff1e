import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findDependencies } from '../../src/discover/find-dependencies.ts'
import { worldFromDependencies } from '../../src/embedded/world/populate.ts'
import { policyFor, startWorld } from '../../src/embedded/world/world.ts'

// A simulated world in a process of its own, so that a measurement of the gate does not measure the simulator in it.
// node scripts/bench/world.ts PROJECT SHARE LATENCY_MS   prints one line of JSON when it is ready

const [project = '.', share = '0.4', latency = '30'] = process.argv.slice(2)
const clock = () => new Date()
const { dependencies } = await findDependencies(project)
const description = worldFromDependencies(dependencies, { attestedShare: Number(share), seed: 'bench', clock })
const world = await startWorld(description, {
  stateDir: join(project, '.world'),
  clock,
  latencyMs: Number(latency),
  log: (line) => process.stderr.write(`${line}\n`),
})
const attestations = await world.presign()
mkdirSync(join(project, '.github'), { recursive: true })
writeFileSync(join(project, '.github/cleanbill.yml'), `version: 1\nprofile: recommended\n${policyFor(world, project)}`)
const { origins, token, trustedRootPath } = world
process.stdout.write(`${JSON.stringify({ origins, token, trustedRootPath, attestations })}\n`)
process.on('message', (message) => {
  if (message === 'counts') {
    process.send?.(world.requestCounts())
    world.clearRequests()
  }
})
process.on('disconnect', () => process.exit(0))
