import type { Dependency, Discovery } from '../../model/dependency.ts'
import { toSortedJson } from '../../model/json.ts'

/** One entry as it stands to the base; without a base nothing is said here. */
export interface Changed {
  readonly change: 'added' | 'changed' | 'unchanged'
  /** The entry of the same name that the base has instead: of the same file and alias where there is one. */
  readonly previous?: Dependency | undefined
}

/**
 * Compares what flows in with what flowed in at the base. By content, not by place: a lock that is merely reformatted or
 * moved changes nothing, while other bytes under the same name and version do.
 *
 * @returns one value for each entry of `head`, in its order
 */
export function compareDiscoveries(head: Discovery, base: Discovery): readonly Changed[] {
  const same = new Set(base.dependencies.map(contentOf))
  const byName = Map.groupBy(base.dependencies, nameOf)
  return head.dependencies.map((entry): Changed => {
    if (same.has(contentOf(entry))) return { change: 'unchanged' }
    const candidates = byName.get(nameOf(entry)) ?? []
    const previous =
      candidates.find(({ file, alias }) => file === entry.file && alias === entry.alias) ??
      candidates.find(({ file }) => file === entry.file) ??
      candidates[0]
    return previous === undefined ? { change: 'added' } : { change: 'changed', previous }
  })
}

const nameOf = ({ ecosystem, kind, name }: Dependency): string => `${ecosystem}\0${kind}\0${name}`

/** What an installer would take, and nothing about where the lock says so. */
export function contentOf(entry: Dependency): string {
  const { ecosystem, kind, name, version, digests, source, location, registry, comment, files } = entry
  const shown = files?.map((file) => `${file.name ?? ''} ${toSortedJson(file.digests)}`).sort()
  return JSON.stringify([
    ...[ecosystem, kind, name, version ?? null, toSortedJson(digests), source],
    // A registry entry is fixed by its digest; whence it comes still matters: another host is another answer tomorrow.
    ...[location ?? null, registry ?? null, comment ?? null, shown ?? null],
  ])
}
