import type { Dependency, DependencyScope } from '../../model/dependency.ts'
import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { type Finder, type Found, malformed, named, type SourceFile, unknownVersion } from '../finder.ts'
import { type JsonWithLines, objectAt, parseJsonLines, textAt } from '../json-lines.ts'
import { commitOf, pythonEntry, pythonHash, registryOf } from '../python-entry.ts'

/** `Pipfile.lock`, pipfile-spec 6: a section a category, hashes without file names. Source: pypa/pipfile, pypa/pipenv. */
export const pipfileLock: Finder = { id: 'pipfile-lock', matches: named('Pipfile.lock'), find: findPipfile }

function findPipfile(file: SourceFile): Found {
  const json = parseJsonLines(file.bytes)
  const meta = objectAt(json, json.root, '_meta')
  if (meta?.['pipfile-spec'] !== 6) {
    throw unknownVersion('Pipfile.lock', meta?.['pipfile-spec'], json.lineOf(json.root, '_meta'))
  }
  const indexes = indexesOf(meta)
  const dependencies = Object.keys(json.root)
    .filter((section) => section !== '_meta')
    .flatMap((section) => {
      const entries = objectAt(json, json.root, section) ?? {}
      return Object.keys(entries).map((name) => readEntry(file, json, entries, name, scopeOf(section), indexes))
    })
  return { dependencies }
}

const scopeOf = (section: string): DependencyScope =>
  section === 'default' ? 'runtime' : section === 'develop' ? 'development' : 'optional'

function indexesOf(meta: JsonObject): ReadonlyMap<string, string> {
  const sources = Array.isArray(meta.sources) ? meta.sources : []
  return new Map(
    sources.flatMap((source): [string, string][] =>
      isJsonObject(source) && typeof source.name === 'string' && typeof source.url === 'string'
        ? [[source.name, source.url]]
        : [],
    ),
  )
}

function readEntry(
  { path }: SourceFile,
  json: JsonWithLines,
  entries: JsonObject,
  name: string,
  scope: DependencyScope,
  indexes: ReadonlyMap<string, string>,
): Dependency {
  const line = json.lineOf(entries, name)
  const value = entries[name]
  if (!isJsonObject(value)) throw malformed(`the entry ${JSON.stringify(name.slice(0, 100))} is not an object`, line)
  const version = textAt(json, value, 'version')?.replace(/^={2,3}/, '')
  const files = hashesOf(value, line).map((digests) => ({ digests }))
  const common = { name, version, file: path, line, scope, files }
  const git = textAt(json, value, 'git')
  if (git !== undefined) {
    const ref = textAt(json, value, 'ref')
    return pythonEntry({ ...common, source: 'git', location: `${git}#${ref ?? ''}`, ...commitOf(ref) })
  }
  const place = textAt(json, value, 'path')
  if (place !== undefined) return pythonEntry({ ...common, source: 'file', location: place })
  const archive = textAt(json, value, 'file')
  if (archive !== undefined) {
    return pythonEntry({ ...common, source: /^https?:/.test(archive) ? 'url' : 'file', location: archive })
  }
  const index = textAt(json, value, 'index')
  return pythonEntry({
    ...common,
    source: 'registry',
    ...registryOf(indexes.get(index ?? '') ?? [...indexes.values()][0]),
  })
}

function hashesOf(value: JsonObject, line: number) {
  const { hashes } = value
  if (hashes === undefined) return []
  if (!Array.isArray(hashes)) throw malformed('"hashes" is not a list', line)
  return hashes.map((hash: unknown) => {
    if (typeof hash !== 'string') throw malformed('a hash is not text', line)
    return pythonHash(hash, line)
  })
}
