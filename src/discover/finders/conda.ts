import type { Dependency, DependencyScope } from '../../model/dependency.ts'
import { type DigestSet, parseDigestValue } from '../../model/digest.ts'
import { entryOf } from '../entry.ts'
import {
  atLine,
  baseName,
  type Finder,
  type Found,
  malformed,
  named,
  type SourceFile,
  unknownVersion,
} from '../finder.ts'
import { commitOf, indexFile, pythonEntry } from '../python-entry.ts'
import { parseYamlMap, type YamlNode } from '../yaml-lines.ts'

/** `pixi.lock`, version 4 to 7: conda and PyPI packages in one list. Source: conda/rattler `rattler_lock`. */
export const pixiLock: Finder = { id: 'pixi-lock', matches: named('pixi.lock'), find: findPixi }

function findPixi(file: SourceFile): Found {
  const root = parseYamlMap(file.bytes)
  const version = root.get('version')
  if (!/^[4-7]$/.test(version?.text ?? '')) throw unknownVersion('pixi.lock', version?.text, version?.line)
  const packages = root.get('packages')
  if (packages === undefined || !(packages.isList || packages.text === ''))
    throw malformed('there is no list of packages', root.line)
  return { dependencies: packages.items().map((entry) => readPixi(file.path, entry)) }
}

function readPixi(file: string, entry: YamlNode): Dependency {
  const { line } = entry
  const kind = entry.get('kind')?.text
  const conda = entry.get('conda')?.text ?? (kind === 'conda' ? entry.get('url')?.text : undefined)
  const pypi = entry.get('pypi')?.text ?? (kind === 'pypi' ? entry.get('url')?.text : undefined)
  const digests = hashesOf(entry, line)
  if (conda !== undefined) return condaEntry(conda, entry, { file, line, digests, scope: 'unspecified' })
  const built = entry.get('conda_source')?.text
  if (built !== undefined) return sourceEntry(file, built, line)
  if (pypi === undefined) throw malformed('the entry is neither of conda nor of PyPI', line)
  const name = entry.get('name')?.text
  if (name === undefined) throw malformed('the entry has no name', line)
  const common = { name, version: entry.get('version')?.text, file, line, scope: 'unspecified' as const }
  if (pypi.startsWith('git+')) return pythonEntry({ ...common, source: 'git', location: pypi, ...commitOf(pypi) })
  if (!/^https?:\/\//.test(pypi))
    return pythonEntry({ ...common, source: 'file', location: pypi.replace(/^direct\+/, '') })
  const source = /^https:\/\/files\.pythonhosted\.org\//.test(pypi) ? ('registry' as const) : ('url' as const)
  return pythonEntry({ ...common, source, location: pypi, files: [indexFile({ url: pypi }, digests, line)] })
}

/** `name[hash] @ path`: built from a folder or a repository, version 7. */
function sourceEntry(file: string, text: string, line: number): Dependency {
  const [, name, location] = /^([\w.-]+)(?:\[\w+\])? @ (.+)$/.exec(text) ?? []
  if (name === undefined || location === undefined) throw malformed('the source entry is not "name @ place"', line)
  const common = { ecosystem: 'conda', name, location, file, line, scope: 'unspecified' as const }
  if (/^git\+/.test(location)) return entryOf({ ...common, source: 'git', ...commitOf(location) })
  return entryOf({ ...common, source: /^[a-z][\w+.-]*:\/\//.test(location) ? 'url' : 'workspace' })
}

interface CondaDraft {
  readonly file: string
  readonly line: number
  readonly digests: DigestSet
  readonly scope: DependencyScope
}

/** `…/channel/subdir/name-version-build.conda`; anything else is a folder that is built from source. */
function condaEntry(location: string, entry: YamlNode, draft: CondaDraft): Dependency {
  const [, channel, subdir, stem] =
    /^https?:\/\/(?:[^/]+)\/(?:.*\/)?([^/]+)\/([^/]+)\/([^/]+)\.(?:conda|tar\.bz2)$/.exec(location) ?? []
  const [, fileName, fileVersion, build] = /^(.+)-([^-]+)-([^-]+)$/.exec(stem ?? '') ?? []
  const name = fileName ?? entry.get('name')?.text ?? baseName(location)
  const version = fileVersion ?? entry.get('version')?.text
  const common = { ...draft, ecosystem: 'conda', name, version, location, qualifiers: { build, channel, subdir } }
  return entryOf({ ...common, source: fileName === undefined ? 'file' : 'registry' })
}

function hashesOf(entry: YamlNode, line: number): DigestSet {
  return Object.fromEntries(
    ['sha256', 'md5'].flatMap((algorithm) => {
      const value = entry.get(algorithm)?.text
      return value === undefined ? [] : [[algorithm, atLine(line, () => parseDigestValue(algorithm, value))]]
    }),
  )
}

/** `conda-lock.yml`, version 1. Source: conda/conda-lock `lockfile/v1/models.py`. */
export const condaLock: Finder = {
  id: 'conda-lock',
  matches: (path) => /^(?:[\w.-]+\.)?conda-lock\.ya?ml$/.test(baseName(path)),
  find: findCondaLock,
}

function findCondaLock(file: SourceFile): Found {
  const root = parseYamlMap(file.bytes)
  const version = root.get('version')
  if (version?.text !== '1') throw unknownVersion('conda-lock.yml', version?.text, version?.line)
  const packages = root.get('package')
  if (packages === undefined || !packages.isList) throw malformed('there is no list of packages', root.line)
  return { dependencies: packages.items().map((entry) => readCondaLock(file.path, entry)) }
}

function readCondaLock(file: string, entry: YamlNode): Dependency {
  const { line } = entry
  const [name, version, manager, url] = ['name', 'version', 'manager', 'url'].map((key) => entry.get(key)?.text)
  if (name === undefined || url === undefined) throw malformed('the entry has no name or no URL', line)
  const hash = entry.get('hash')
  const digests = hash === undefined ? {} : hashesOf(hash, line)
  const category = entry.get('category')?.text
  const optional = entry.get('optional')?.text === 'true'
  const scope: DependencyScope =
    category === 'dev' ? 'development' : optional ? 'optional' : category === 'main' ? 'runtime' : 'unspecified'
  if (manager === 'conda') return condaEntry(url, entry, { file, line, digests, scope })
  if (manager !== 'pip')
    throw malformed(`the package manager ${JSON.stringify(manager)} is none this program knows`, line)
  if (url.startsWith('git+'))
    return pythonEntry({ name, version, file, line, scope, source: 'git', location: url, ...commitOf(url) })
  const files = [indexFile({ url }, digests, line)]
  return pythonEntry({ name, version, file, line, scope, source: 'registry', location: url, files })
}
