import type { Dependency, DependencyScope } from '../../model/dependency.ts'
import { entryOf } from '../entry.ts'
import { type Finder, type Found, malformed, named, type SourceFile, strongerScope, unknownVersion } from '../finder.ts'
import { commitOf, indexFile, pythonEntry, pythonHash, registryOf } from '../python-entry.ts'
import { isTable, parseTomlItems, type TomlTable, tableAt, tablesAt, textOf } from '../toml-lines.ts'

/** `uv.lock`, version 1. Source: uv `crates/uv-resolver/src/lock/mod.rs`. */
export const uvLock: Finder = { id: 'uv-lock', matches: named('uv.lock'), find: findUv }

function findUv(file: SourceFile): Found {
  const { root, items } = parseTomlItems(file.bytes, 'package')
  if (root.version !== 1) throw unknownVersion('uv.lock', Number(root.version), 1)
  const scopes = reach(items.map(({ table }) => table))
  const dependencies = items.flatMap(({ table, line }) => {
    const found = readPackage(file, table, line, scopes)
    return found === undefined ? [] : [found]
  })
  return { dependencies }
}

function readPackage(
  { path }: SourceFile,
  table: TomlTable,
  line: number,
  scopes: ReadonlyMap<string, DependencyScope>,
): Dependency | undefined {
  const name = textOf(table.name)
  if (name === undefined) throw malformed('the entry has no name', line)
  const source = tableAt(table, 'source')
  const common = { name, version: textOf(table.version), file: path, line, scope: scopes.get(name) ?? 'unspecified' }
  const local = textOf(source.editable ?? source.virtual ?? source.directory)
  if (local !== undefined) {
    // The project itself.
    if (local === '.') return undefined
    return entryOf({
      ...common,
      ecosystem: 'pypi',
      source: source.directory === undefined ? 'workspace' : 'file',
      location: local,
    })
  }
  const files = filesOf(table, line)
  const registry = textOf(source.registry)
  if (registry !== undefined) return pythonEntry({ ...common, source: 'registry', files, ...registryOf(registry) })
  const git = textOf(source.git)
  if (git !== undefined) return pythonEntry({ ...common, source: 'git', location: git, ...commitOf(git) })
  const url = textOf(source.url)
  if (url !== undefined) return pythonEntry({ ...common, source: 'url', location: url, files })
  const place = textOf(source.path)
  if (place !== undefined) return pythonEntry({ ...common, source: 'file', location: place, files })
  throw malformed(`the entry of ${JSON.stringify(name)} has no source this program knows`, line)
}

function filesOf(table: TomlTable, line: number) {
  const listed = isTable(table.sdist) ? [table.sdist, ...tablesAt(table, 'wheels')] : tablesAt(table, 'wheels')
  return listed.map((entry) => {
    const hash = textOf(entry.hash)
    return indexFile(
      { url: entry.url, path: entry.path, name: entry.filename },
      hash === undefined ? {} : pythonHash(hash, line),
      line,
    )
  })
}

/** Members of the workspace need some packages at run time, some in groups for development. */
function reach(tables: readonly TomlTable[]): ReadonlyMap<string, DependencyScope> {
  const byName = Map.groupBy(tables, ({ name }) => textOf(name) ?? '')
  const reached = new Map<string, DependencyScope>()
  const pending: string[] = []
  const push = (entries: readonly TomlTable[], scope: DependencyScope) => {
    for (const { name } of entries) {
      if (typeof name !== 'string') continue
      const known = reached.get(name)
      const best = strongerScope(known, scope)
      if (best === known) continue
      reached.set(name, best)
      pending.push(name)
    }
  }
  const groups = (table: TomlTable, key: string) =>
    Object.keys(tableAt(table, key)).flatMap((name) => tablesAt(tableAt(table, key), name))
  for (const table of tables) {
    const { editable, virtual } = tableAt(table, 'source')
    if (editable === undefined && virtual === undefined) continue
    push([table], 'runtime')
    push(tablesAt(table, 'dependencies'), 'runtime')
    push(groups(table, 'optional-dependencies'), 'optional')
    push(groups(table, 'dev-dependencies'), 'development')
  }
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const scope = reached.get(name) ?? 'runtime'
    for (const table of byName.get(name) ?? []) {
      const { editable, virtual } = tableAt(table, 'source')
      push(tablesAt(table, 'dependencies'), scope)
      // Extras of a package are installed where something asked for them; a member's own were walked above.
      if (editable === undefined && virtual === undefined) push(groups(table, 'optional-dependencies'), scope)
    }
  }
  return reached
}
