import type { ArchiveFact, TreeFact } from '../model/facts.ts'

/** What an archive holds and its source does not: a path that is not there, or one that has another size. */
export interface Drift {
  readonly path: string
  readonly kind: 'added' | 'altered'
}

/**
 * Compares an archive with the tree it is said to come from, by path and size: a listing has no hashes. The archive is
 * one folder of the repository (`packages/history`, `src`) or its root: the folder under which most of its files are
 * found. A file that is elsewhere in the repository does not count, else any `index.js` would stand for any other.
 */
export function findDrift(archive: ArchiveFact, tree: TreeFact): readonly Drift[] {
  const sizes = new Map(tree.paths.map(({ path, bytes }) => [path, bytes]))
  const folder = findFolder(archive, tree)
  return archive.files.flatMap(({ path, bytes }): Drift[] => {
    const size = sizes.get(`${folder}${path}`) ?? sizes.get(path)
    if (size === undefined) return [{ path, kind: 'added' }]
    return size === bytes ? [] : [{ path, kind: 'altered' }]
  })
}

/**
 * Folder of the tree, with its `/`; the shortest one where several fit equally. Rare names are asked first, they say most,
 * and a bounded number of comparisons is enough: whoever fills an archive with `index.js` must not stop the gate.
 */
function findFolder(archive: ArchiveFact, tree: TreeFact): string {
  const byName = new Map<string, string[]>()
  for (const { path } of tree.paths) {
    const name = baseName(path)
    const all = byName.get(name)
    if (all === undefined) byName.set(name, [path])
    else all.push(path)
  }
  const namesakes = (path: string): readonly string[] => byName.get(baseName(path)) ?? []
  const rarest = archive.files
    .map(({ path }) => ({ path, count: namesakes(path).length }))
    .sort((a, b) => a.count - b.count)
  const votes = new Map<string, number>()
  let comparisons = 0
  for (const { path, count } of rarest) {
    comparisons += count
    if (comparisons > MAX_COMPARISONS) break
    for (const candidate of namesakes(path)) {
      if (candidate !== path && !candidate.endsWith(`/${path}`)) continue
      const folder = candidate.slice(0, candidate.length - path.length)
      votes.set(folder, (votes.get(folder) ?? 0) + 1)
    }
  }
  const [best] = [...votes].sort(([a, x], [b, y]) => y - x || a.length - b.length)
  return best?.[0] ?? ''
}

const MAX_COMPARISONS = 500_000

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

/**
 * Drift of a new kind compared with the version before. A built folder is the constant kind: where every file of one
 * folder and extension was built (`dist/*.js`), another one of them is nothing new. Everything else is compared path by
 * path, with the version in it as `*` (`pkg-1.2.dist-info`).
 *
 * An attacker who adds to a built folder is not seen (docs/rules.md).
 */
export function newDrift(
  now: { readonly drift: readonly Drift[]; readonly version: string | undefined },
  before: { readonly archive: ArchiveFact; readonly drift: readonly Drift[]; readonly version: string | undefined },
): readonly Drift[] {
  const known = new Set(before.drift.map(({ path }) => withoutVersion(path, before.version)))
  const added = new Set(before.drift.filter(({ kind }) => kind === 'added').map(({ path }) => path))
  const built = new Map<string, boolean>()
  for (const { path } of before.archive.files) {
    const kind = kindOf(withoutVersion(path, before.version))
    built.set(kind, (built.get(kind) ?? true) && added.has(path))
  }
  return now.drift.filter(({ path, kind }) => {
    const name = withoutVersion(path, now.version)
    return !known.has(name) && !(kind === 'added' && built.get(kindOf(name)) === true)
  })
}

/** Top folder and extension: `dist *.js`. Files at the root are a folder of their own. */
function kindOf(path: string): string {
  const slash = path.indexOf('/')
  const name = baseName(path)
  const dot = name.lastIndexOf('.')
  return `${path.slice(0, Math.max(slash, 0))} ${dot < 0 ? '' : name.slice(dot)}`
}

function withoutVersion(path: string, version: string | undefined): string {
  return version === undefined || version === '' ? path : path.replaceAll(version, '*')
}
