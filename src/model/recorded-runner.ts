import { isJsonObject, type JsonValue } from './json.ts'
import { PROVENANCE_V1 } from './predicates/provenance.ts'
import type { Statement } from './statement.ts'
import { RUN_BUILD_TYPE } from './uris.ts'

/**
 * Did another job than the one that signed run the command, elsewhere than on a hosted runner? Said by
 * `internalParameters.recorded` of our build type. The certificate speaks of the signing job alone, and a hosted one
 * would else vouch for whatever a self-hosted one made.
 *
 * @returns the kind of that runner; undefined when nothing speaks against it
 */
export function foreignRunner({ predicateType, predicate }: Statement): string | undefined {
  const definition = member(predicate, 'buildDefinition')
  if (predicateType !== PROVENANCE_V1 || member(definition, 'buildType') !== RUN_BUILD_TYPE) return undefined
  const runner = member(member(member(definition, 'internalParameters'), 'recorded'), 'runner_environment')
  if (runner === undefined || runner === 'github-hosted') return undefined
  return typeof runner === 'string' ? runner : 'unknown'
}

function member(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return isJsonObject(value) ? value[name] : undefined
}
