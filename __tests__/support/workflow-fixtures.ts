import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { FIXTURES } from './fixtures.ts'

export const WORKFLOWS = join(FIXTURES, 'workflows')

/** Project → path in the project → file. None where the fixtures are not there. */
export function workflowFixtures(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  if (!existsSync(WORKFLOWS)) return new Map()
  return new Map(
    readdirSync(WORKFLOWS)
      // Settings of a generator lie beside its workflows.
      .map(
        (project) =>
          [project, readdirSync(join(WORKFLOWS, project)).filter((name) => !name.startsWith('configs-'))] as const,
      )
      .map(([project, names]) => [
        project,
        new Map(names.map((name) => [inProject(name), join(WORKFLOWS, project, name)] as const)),
      ]),
  )
}

const inProject = (name: string): string =>
  name.startsWith('ACTION_') ? name.replace('ACTION_', '') : `.github/workflows/${name}`
