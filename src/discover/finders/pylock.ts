import type { Dependency, DependencyFile, DependencyScope } from '../../model/dependency.ts'
import { parseDigestValue } from '../../model/digest.ts'
import { atLine, baseName, type Finder, type Found, malformed, type SourceFile, unknownVersion } from '../finder.ts'
import { commitOf, indexFile, pythonEntry, registryOf } from '../python-entry.ts'
import { isTable, parseTomlItems, type TomlTable, tableAt, tablesAt, textOf } from '../toml-lines.ts'

/** `pylock.toml` and `pylock.NAME.toml`, lock-version 1.0. Source: PEP 751. */
export const pylock: Finder = {
  id: 'pylock',
  matches: (path) => /^pylock(?:\.[^./]+)?\.toml$/.test(baseName(path)),
  find: findPylock,
}

function findPylock(file: SourceFile): Found {
  const { root, items } = parseTomlItems(file.bytes, 'packages')
  const version = textOf(root['lock-version'])
  // PEP 751: an unknown major version must be an error; a newer minor one may be read.
  if (version === undefined || !/^1\.\d+$/.test(version)) throw unknownVersion('pylock.toml', version, 1)
  return { dependencies: items.map(({ table, line }) => readPackage(file, table, line)) }
}

function readPackage({ path }: SourceFile, table: TomlTable, line: number): Dependency {
  const name = textOf(table.name)
  if (name === undefined) throw malformed('the entry has no name', line)
  const common = { name, version: textOf(table.version), file: path, line, scope: scopeOf(table) }
  if (isTable(table.vcs)) {
    const commit = textOf(table.vcs['commit-id'])
    const location = `${textOf(table.vcs.url) ?? textOf(table.vcs.path) ?? ''}#${commit ?? ''}`
    return pythonEntry({ ...common, source: 'git', location, ...commitOf(commit) })
  }
  if (isTable(table.directory)) {
    return pythonEntry({ ...common, source: 'file', location: textOf(table.directory.path) })
  }
  if (isTable(table.archive)) {
    const { url, path: place } = table.archive
    const files = [fileOf(table.archive, line)]
    return pythonEntry({ ...common, source: url === undefined ? 'file' : 'url', location: textOf(url ?? place), files })
  }
  const listed = isTable(table.sdist) ? [table.sdist, ...tablesAt(table, 'wheels')] : tablesAt(table, 'wheels')
  // An entry without any file is against PEP 751, and an installer asks the index for it all the same.
  const files = listed.map((entry) => fileOf(entry, line))
  return pythonEntry({ ...common, source: 'registry', files, ...registryOf(textOf(table.index)) })
}

function fileOf(entry: TomlTable, line: number): DependencyFile {
  const hashes = Object.entries(tableAt(entry, 'hashes'))
  const digests = Object.fromEntries(
    hashes.map(([algorithm, value]) => [algorithm, atLine(line, () => parseDigestValue(algorithm, value))]),
  )
  return indexFile({ name: entry.name, url: entry.url, path: entry.path }, digests, line)
}

/** Groups and extras are conditions in the marker: `'dev' in dependency_groups`. */
function scopeOf({ marker }: TomlTable): DependencyScope {
  const text = textOf(marker) ?? ''
  if (/\bdependency_groups\b/.test(text)) return 'development'
  return /\bextras\b/.test(text) ? 'optional' : 'runtime'
}
