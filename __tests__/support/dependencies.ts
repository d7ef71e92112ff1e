import type { Dependency } from '../../src/model/dependency.ts'

/** A dependency of a registry, as a lock would name it. */
export function dependencyOf(parts: Partial<Dependency> & Pick<Dependency, 'ecosystem' | 'name'>): Dependency {
  return {
    id: `pkg:${parts.ecosystem}/${parts.name}@${parts.version ?? ''}`,
    kind: 'package',
    digests: {},
    file: 'lock',
    line: 1,
    scope: 'runtime',
    source: 'registry',
    ...parts,
  }
}
