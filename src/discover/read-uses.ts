import type { Dependency } from '../model/dependency.ts'
import { entryOf } from './entry.ts'
import { action, workflow } from './finders/workflow.ts'

/**
 * What one remote file uses: a workflow by its path below `.github/workflows/`, anything else as an action's metadata. A
 * pinned outer action says nothing about the inner ones (T-AC-24).
 *
 * What an action builds from its own Dockerfile is an entry too (`workspace`): its base image is named there, and whoever
 * follows the graph has to read it or say that nobody did.
 *
 * @param path from the root of that repository, with `/`
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED` and the other codes of finders
 */
export function readUses(path: string, bytes: Uint8Array): readonly Dependency[] {
  const finder = workflow.matches(path) ? workflow : action
  const { dependencies, includes = [] } = finder.find({ path, bytes })
  const dockerfiles = includes
    .filter(({ finder: by }) => by === 'dockerfile')
    .flatMap(({ paths: [location], line }) => {
      if (location === undefined) return []
      const common = { kind: 'image' as const, ecosystem: 'oci', name: location, location, file: path, line }
      return [entryOf({ ...common, scope: 'ci', source: 'workspace' })]
    })
  return [...dependencies, ...dockerfiles]
}
