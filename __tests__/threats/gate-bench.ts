import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WorldDescription, WorldFault } from '../../src/embedded/world/description.ts'
import { type Finished, runCli } from '../support/built.ts'
import { type CliRun, cliOf, gateByCli } from '../support/gate-cli.ts'
import { type GateProject, LOCK, openGateProject, POLICY, withoutLockEntry } from '../support/gate-project.ts'

/** A project in good order with its trust lock, in a world where one thing at a time can be otherwise. */
export interface GateBench {
  readonly project: GateProject
  /** Everything as it was, for the next test. */
  readonly reset: () => void
  readonly world: (change: (good: WorldDescription) => WorldDescription) => void
  readonly faults: (...faults: readonly WorldFault[]) => void
  /** What the policy says beside what it said. */
  readonly policy: (more: string) => void
  /** Nobody has seen it before. */
  readonly forget: (...names: readonly string[]) => void
  /** `gate --json`, the registries asked anew. */
  readonly gate: (...argv: readonly string[]) => Promise<CliRun>
  readonly cli: (...argv: readonly string[]) => Promise<Finished>
  readonly close: () => Promise<void>
}

export async function startGateBench(): Promise<GateBench> {
  // The built program has no other clock than the machine's.
  const project = await openGateProject({ clock: () => new Date() })
  await project.init()
  const lock = project.read(LOCK)
  return {
    project,
    reset: () => {
      project.restore()
      project.write(LOCK, lock)
      project.world.setDescription(project.good)
      project.world.setFaults([])
    },
    world: (change) => project.world.setDescription(change(project.good)),
    faults: (...faults) => project.world.setFaults(faults),
    policy: (more) => project.edit(POLICY, (text) => text + more),
    forget: (...names) => {
      for (const name of names) project.edit(LOCK, (text) => withoutLockEntry(text, name))
    },
    gate: (...argv) => gateByCli(project, ['--no-cache', ...argv]),
    cli: (...argv) => cliOf(project, argv),
    close: project.close,
  }
}

/** Exit and code of a policy that is read and not used for anything. */
export async function checkPolicy(folder: string, text: string): Promise<readonly [number | null, string]> {
  writeFileSync(join(folder, 'policy.yml'), text)
  const argv = ['policy', 'check', '--policy', 'policy.yml', '--json']
  const { code, stdout } = await runCli(argv, { cwd: folder, env: { HOME: folder } })
  return [code, (JSON.parse(stdout) as { code?: string }).code ?? 'accepted']
}
