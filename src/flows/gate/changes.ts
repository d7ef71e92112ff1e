import type { Dependency, Discovery } from '../../model/dependency.ts'
import { toSortedJson } from '../../model/json.ts'
import { compareVersions, releaseLine } from '../../model/versions.ts'

/** One entry as it stands to the base; without a base nothing is said here. */
export interface Changed {
  readonly change: 'added' | 'changed' | 'unchanged'
  /** The entry of the same name that the base has instead; where it has several, the one that this one takes the place of. */
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
  const stays = new Set(head.dependencies.map(contentOf))
  const byName = Map.groupBy(base.dependencies, nameOf)
  return head.dependencies.map((entry): Changed => {
    if (same.has(contentOf(entry))) return { change: 'unchanged' }
    const previous = nearest(entry, byName.get(nameOf(entry)) ?? [], stays)
    return previous === undefined ? { change: 'added' } : { change: 'changed', previous }
  })
}

/**
 * Of several versions of one package (a lock of npm has them often) the one that is gone, of the same file, alias and
 * release line, and of these the highest below. Compared with another line, a version would lack what it never had: a tag
 * style, an attestation, a file.
 */
function nearest(
  entry: Dependency,
  candidates: readonly Dependency[],
  stays: ReadonlySet<string>,
): Dependency | undefined {
  const { ecosystem, version, file, alias } = entry
  const line = releaseLine(ecosystem, version)
  const rank = (one: Dependency): number =>
    (stays.has(contentOf(one)) ? 8 : 0) +
    (one.file === file ? 0 : 4) +
    (one.alias === alias ? 0 : 2) +
    (releaseLine(ecosystem, one.version) === line ? 0 : 1)
  const order = (a: Dependency, b: Dependency) => compareVersions(ecosystem, a.version ?? '', b.version ?? '') ?? 0
  const isAbove = (one: Dependency): boolean => order(one, entry) > 0
  return candidates.toSorted(
    (a, b) => rank(a) - rank(b) || Number(isAbove(a)) - Number(isAbove(b)) || (isAbove(a) ? order(a, b) : order(b, a)),
  )[0]
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
