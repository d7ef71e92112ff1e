import type { Dependency, DependencyScope, Notice } from '../../model/dependency.ts'
import type { DigestSet } from '../../model/digest.ts'
import { parseIntegrity } from '../../model/integrity.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import { type BlockYaml, parseBlockYaml } from '../block-yaml.ts'
import { entryOf } from '../entry.ts'
import { atLine, type Finder, type Found, malformed, named, type SourceFile, unknownVersion } from '../finder.ts'
import { mismatchNotice } from '../npm-notices.ts'
import { type NpmOrigin, npmOrigin } from '../npm-origin.ts'
import { parsePnpmKey, pnpmScopes } from '../pnpm-graph.ts'
import { decodeText } from '../text.ts'

/**
 * `pnpm-lock.yaml`, lockfileVersion 5 to 9. Since pnpm 11 the file may hold two documents: what pnpm itself needs, then
 * the project. Both are installed, so both are read. Source: pnpm/spec, `lockfile/*.md`.
 */
export const pnpmLock: Finder = {
  id: 'pnpm-lock',
  matches: named('pnpm-lock.yaml'),
  find: (file) => {
    const documents = splitDocuments(decodeText(file.bytes))
    if (documents.length === 0) throw malformed('the file is empty', 1)
    const found = documents.map(({ text, line }) => findPnpm(file, text, line))
    return {
      dependencies: found.flatMap(({ dependencies }) => dependencies),
      notices: found.flatMap(({ notices }) => notices ?? []),
    }
  },
}

function splitDocuments(text: string): { text: string; line: number }[] {
  const documents: { text: string; line: number }[] = []
  let line = 1
  for (const part of text.split(/^---[ \t]*\r?$/m)) {
    if (part.trim() !== '') documents.push({ text: part, line })
    line += part.split('\n').length - 1
  }
  return documents
}

function findPnpm(file: SourceFile, text: string, firstLine: number): Found {
  const yaml = parseBlockYaml(text, 3, firstLine)
  const version = String(yaml.root.lockfileVersion)
  const major = Number(/^(\d+)(?:\.\d+)?$/.exec(version)?.[1])
  if (!(major >= 5 && major <= 9)) {
    throw unknownVersion('pnpm-lock.yaml', yaml.root.lockfileVersion, yaml.lineOf('lockfileVersion'))
  }
  const scopes = pnpmScopes(yaml.root, major)
  const notices: Notice[] = []
  const dependencies: Dependency[] = []
  for (const [key, value] of Object.entries(mapAt(yaml, 'packages'))) {
    const line = yaml.lineOf('packages', key)
    if (!isJsonObject(value)) throw malformed(`the entry ${JSON.stringify(key.slice(0, 100))} is not a mapping`, line)
    dependencies.push(readPackage({ file, major, scopes, notices }, key, value, line))
  }
  return { dependencies: [...dependencies, ...readImporters(file, yaml)], notices }
}

interface Reading {
  readonly file: SourceFile
  readonly major: number
  readonly scopes: ReadonlyMap<string, DependencyScope>
  readonly notices: Notice[]
}

function readPackage(reading: Reading, key: string, value: JsonObject, line: number): Dependency {
  const parsed = parsePnpmKey(key, reading.major)
  const name = text(value.name) ?? parsed.name
  const version = text(value.version) ?? parsed.version
  if (name === undefined) throw malformed(`the key ${JSON.stringify(key.slice(0, 100))} names no package`, line)
  const common = {
    ecosystem: 'npm',
    name,
    version,
    file: reading.file.path,
    line,
    scope: scopeOf(reading, key, value),
  }
  const resolution = isJsonObject(value.resolution) ? value.resolution : {}
  const { delivers, digests, ...origin } = originOf(resolution, parsed.reference, name, version, line)
  if (delivers !== undefined) reading.notices.push(mismatchNotice(common, delivers))
  return entryOf({ ...common, ...origin, digests: { ...digests, ...integrityOf(resolution, line) } })
}

/** Lock files before 9 say it themselves; since 9 it follows from what the importers need. */
function scopeOf({ scopes, major }: Reading, key: string, value: JsonObject): DependencyScope {
  if (major >= 9) return scopes.get(key) ?? 'unspecified'
  if (value.dev === 'true') return 'development'
  return value.optional === 'true' ? 'optional' : value.dev === 'false' ? 'runtime' : 'unspecified'
}

/** Source: pnpm, `@pnpm/lockfile.types`: tarball, directory, git and (since 10) binary and custom resolutions. */
function originOf(
  resolution: JsonObject,
  reference: string | undefined,
  name: string,
  version: string | undefined,
  line: number,
): NpmOrigin {
  const { type, repo, commit, tarball, directory, url, integrity } = resolution
  if (typeof repo === 'string') {
    const pinned = typeof commit === 'string' && /^[0-9a-f]{40,64}$/.test(commit)
    return {
      source: 'git',
      location: `${repo}#${text(commit) ?? ''}`,
      ...(pinned ? { digests: { gitCommit: commit } } : {}),
    }
  }
  if (type === 'directory' || typeof directory === 'string') {
    return { source: 'file', location: text(directory) ?? reference ?? name }
  }
  if (typeof tarball === 'string') return npmOrigin(tarball, name, version)
  if (typeof url === 'string') return { source: 'url', location: url }
  if (reference !== undefined) return npmOrigin(reference, name, version)
  if (type !== undefined) return { source: 'url', location: `${String(type)} ${name}` }
  if (integrity === undefined) throw malformed(`the entry of ${JSON.stringify(name)} has no resolution`, line)
  return { source: 'registry' }
}

function integrityOf(resolution: JsonObject, line: number): DigestSet {
  const integrity = text(resolution.integrity)
  return integrity === undefined ? {} : atLine(line, () => parseIntegrity(integrity))
}

/** Members of the workspace, and links that lead anywhere else. */
function readImporters(file: SourceFile, yaml: BlockYaml): Dependency[] {
  const importers = mapAt(yaml, 'importers')
  const members = Object.keys(importers).filter((path) => path !== '.')
  const found = members.map((path) =>
    entryOf({
      ecosystem: 'npm',
      name: path,
      file: file.path,
      line: yaml.lineOf('importers', path),
      scope: 'runtime',
      source: 'workspace',
      location: path,
    }),
  )
  const all = Object.keys(importers).length > 0 ? Object.entries(importers) : [['.', yaml.root] as const]
  for (const [path, importer] of all) {
    for (const { name, target, scope, section } of linksOf(importer)) {
      const at = path in importers ? ['importers', path] : []
      if (members.includes(joinPath(path, target))) continue
      found.push(
        entryOf({
          ecosystem: 'npm',
          name,
          file: file.path,
          line: yaml.lineOf(...at, section, name),
          scope,
          source: 'link',
          location: target,
        }),
      )
    }
  }
  return found
}

const SECTIONS = [
  ['dependencies', 'runtime'],
  ['optionalDependencies', 'optional'],
  ['devDependencies', 'development'],
] as const

function linksOf(importer: JsonValue): { name: string; target: string; scope: DependencyScope; section: string }[] {
  if (!isJsonObject(importer)) return []
  return SECTIONS.flatMap(([section, scope]) => {
    const entries = importer[section]
    return Object.entries(isJsonObject(entries) ? entries : {}).flatMap(([name, value]) => {
      const version = isJsonObject(value) ? text(value.version) : text(value)
      return version?.startsWith('link:') ? [{ name, target: version.slice('link:'.length), scope, section }] : []
    })
  })
}

function joinPath(from: string, to: string): string {
  const parts = from === '.' ? [] : from.split('/')
  for (const part of to.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.' && part !== '') parts.push(part)
  }
  return parts.join('/')
}

function mapAt(yaml: BlockYaml, key: string): JsonObject {
  const value = yaml.root[key]
  if (value === undefined) return {}
  if (!isJsonObject(value)) throw malformed(`${JSON.stringify(key)} is not a mapping`, yaml.lineOf(key))
  return value
}

const text = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' ? value : undefined)
