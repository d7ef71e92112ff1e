import type { Dependency, DependencyFile, DependencyScope } from '../../model/dependency.ts'
import { type Finder, type Found, malformed, named, type SourceFile, unknownVersion } from '../finder.ts'
import { commitOf, indexFile, pythonEntry, pythonHash, registryOf } from '../python-entry.ts'
import { isTable, parseTomlItems, type TomlTable, tableAt, tablesAt, textOf } from '../toml-lines.ts'

/** `poetry.lock`, lock-version 1 and 2. Source: python-poetry/poetry `packages/locker.py`. */
export const poetryLock: Finder = { id: 'poetry-lock', matches: named('poetry.lock'), find: findPoetry }

function findPoetry(file: SourceFile): Found {
  const { root, items } = parseTomlItems(file.bytes, 'package')
  const metadata = tableAt(root, 'metadata')
  const version = textOf(metadata['lock-version']) ?? '1.0'
  if (!/^[12]\.\d+$/.test(version)) throw unknownVersion('poetry.lock', version, 1)
  const older = tableAt(metadata, 'files')
  return { dependencies: items.map(({ table, line }) => readPackage(file, table, line, older)) }
}

function readPackage({ path }: SourceFile, table: TomlTable, line: number, older: TomlTable): Dependency {
  const name = textOf(table.name)
  const version = textOf(table.version)
  if (name === undefined || version === undefined) throw malformed('the entry has no name or no version', line)
  const files = filesOf(table.files ?? older[name] ?? older[name.toLowerCase()], line)
  const common = { name, version, file: path, line, scope: scopeOf(table), files }
  const source = tableAt(table, 'source')
  const url = textOf(source.url)
  switch (textOf(source.type)) {
    case undefined:
      return pythonEntry({ ...common, source: 'registry' })
    case 'legacy':
      return pythonEntry({ ...common, source: 'registry', ...registryOf(url) })
    case 'git': {
      const commit = textOf(source.resolved_reference)
      return pythonEntry({ ...common, source: 'git', location: `${url ?? ''}#${commit ?? ''}`, ...commitOf(commit) })
    }
    case 'url':
      return pythonEntry({ ...common, source: 'url', location: url })
    case 'file':
    case 'directory':
      return pythonEntry({ ...common, source: 'file', location: url })
    default:
      throw malformed(`the entry of ${JSON.stringify(name)} has a source this program does not know`, line)
  }
}

function filesOf(value: unknown, line: number): DependencyFile[] {
  if (!Array.isArray(value)) return []
  return value.map((entry: unknown) => {
    const { file, hash } = isTable(entry) ? entry : {}
    if (typeof file !== 'string' || typeof hash !== 'string')
      throw malformed('a file of the entry has no name or no hash', line)
    return indexFile({ name: file }, pythonHash(hash, line), line)
  })
}

/** Groups since lock-version 2.1, a category before 1.5, nothing in between. */
function scopeOf(table: TomlTable): DependencyScope {
  const { groups, category, optional } = table
  const main = Array.isArray(groups)
    ? groups.includes('main')
    : category === undefined
      ? undefined
      : category === 'main'
  if (main === undefined) return 'unspecified'
  if (!main) return 'development'
  return optional === true ? 'optional' : 'runtime'
}

/** `pdm.lock`, lock_version 2 to 4.x. Source: pdm-project/pdm `models/repositories/lock.py`, `formats/`. */
export const pdmLock: Finder = { id: 'pdm-lock', matches: named('pdm.lock'), find: findPdm }

function findPdm(file: SourceFile): Found {
  const { root, items } = parseTomlItems(file.bytes, 'package')
  const metadata = tableAt(root, 'metadata')
  const version = textOf(metadata.lock_version) ?? '2'
  if (!/^[234](?:\.\d+)*$/.test(version)) throw unknownVersion('pdm.lock', version, 1)
  const older = tableAt(metadata, 'files')
  return { dependencies: items.map(({ table, line }) => readPdm(file, table, line, older)) }
}

function readPdm({ path }: SourceFile, table: TomlTable, line: number, older: TomlTable): Dependency {
  const name = textOf(table.name)
  if (name === undefined) throw malformed('the entry has no name', line)
  const version = textOf(table.version)
  const files = tablesAt(
    table.files === undefined ? older : table,
    table.files === undefined ? `${name} ${version}` : 'files',
  ).map((entry) => {
    const hash = textOf(entry.hash)
    return indexFile({ name: entry.file, url: entry.url }, hash === undefined ? {} : pythonHash(hash, line), line)
  })
  const groups = Array.isArray(table.groups) ? table.groups : undefined
  const scope: DependencyScope =
    groups === undefined ? 'unspecified' : groups.includes('default') ? 'runtime' : 'development'
  const common = { name, version, file: path, line, scope, files }
  const git = textOf(table.git)
  if (git !== undefined) {
    const commit = textOf(table.revision)
    return pythonEntry({ ...common, source: 'git', location: `${git}#${commit ?? ''}`, ...commitOf(commit) })
  }
  const place = textOf(table.path)
  if (place !== undefined) return pythonEntry({ ...common, source: 'file', location: place })
  const url = textOf(table.url)
  return url === undefined
    ? pythonEntry({ ...common, source: 'registry' })
    : pythonEntry({ ...common, source: 'url', location: url })
}
