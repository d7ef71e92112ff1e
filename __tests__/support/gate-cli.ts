import { type GateDocument, gateDocumentSchema } from '../../src/model/gate-document.ts'
import { type Finished, runCli } from './built.ts'
import type { GateProject } from './gate-project.ts'

export interface CliRun extends Finished {
  /** State of each dependency, by name. */
  readonly states: Readonly<Record<string, string>>
  readonly document: GateDocument
  /** Codes of what one dependency is objected to. */
  readonly codesOf: (name: string) => readonly string[]
}

/** The built command line in a project, as a person with a token would run it. Its clock is the real one. */
export function cliOf(
  { root, world }: GateProject,
  argv: readonly string[],
  env: Record<string, string | undefined> = {},
) {
  return runCli(argv, {
    cwd: root,
    env: { HOME: `${root}/.home`, GITHUB_TOKEN: world.token, ...env },
    timeoutMs: 58_000,
  })
}

/** `gate --json`, held to its schema. */
export async function gateByCli(
  project: GateProject,
  argv: readonly string[] = [],
  env: Record<string, string | undefined> = {},
): Promise<CliRun> {
  const finished = await cliOf(project, ['gate', '--json', ...argv], env)
  const document = gateDocumentSchema.parse(JSON.parse(finished.stdout))
  return {
    ...{ ...finished, document },
    states: Object.fromEntries(document.dependencies.map(({ name, state }) => [name, state])),
    codesOf: (name) => document.dependencies.find((one) => one.name === name)?.findings.map(({ code }) => code) ?? [],
  }
}
