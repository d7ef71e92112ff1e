import type { Dependency, DependencyScope, Notice } from '../../model/dependency.ts'
import type { DigestSet } from '../../model/digest.ts'
import { parseIntegrity } from '../../model/integrity.ts'
import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { entryOf } from '../entry.ts'
import { atLine, type Finder, type Found, malformed, named, type SourceFile, unknownVersion } from '../finder.ts'
import { type JsonWithLines, objectAt, parseJsonLines, textAt } from '../json-lines.ts'
import { mismatchNotice } from '../npm-notices.ts'
import { npmOrigin } from '../npm-origin.ts'

/**
 * `package-lock.json` and `npm-shrinkwrap.json`, lockfileVersion 1 to 3. Source: docs.npmjs.com, package-lock.json.
 *
 * Version 2 says everything twice, `packages` for npm 7 and later, `dependencies` for npm 6. Both are read and must
 * agree: otherwise a lock could show one package to the gate and install another.
 */
export const npmLock: Finder = {
  id: 'npm-lock',
  matches: named('package-lock.json', 'npm-shrinkwrap.json'),
  find: findNpm,
}

interface Reading {
  readonly file: SourceFile
  readonly json: JsonWithLines
  readonly dependencies: Dependency[]
  readonly notices: Notice[]
  /** Integrity by place in `node_modules`, of the section read first. */
  readonly places: Map<string, string | undefined>
  /** Place of a link → the folder it leads to. */
  readonly links: Map<string, string>
}

function findNpm(file: SourceFile): Found {
  const json = parseJsonLines(file.bytes)
  const version = json.root.lockfileVersion
  if (version !== 1 && version !== 2 && version !== 3) {
    throw unknownVersion('package-lock.json', version, json.lineOf(json.root, 'lockfileVersion'))
  }
  const reading: Reading = { file, json, dependencies: [], notices: [], places: new Map(), links: new Map() }
  const packages = objectAt(json, json.root, 'packages')
  const tree = objectAt(json, json.root, 'dependencies')
  if (version !== 1 && packages === undefined) throw malformed('"packages" is missing', 1)
  if (packages !== undefined) readPackages(reading, packages)
  if (tree !== undefined) readTree(reading, tree, '', packages !== undefined)
  return reading
}

function readPackages(reading: Reading, packages: JsonObject): void {
  for (const [place, value] of Object.entries(packages)) {
    const line = reading.json.lineOf(packages, place)
    if (!isJsonObject(value)) throw malformed(`the entry ${JSON.stringify(place.slice(0, 100))} is not an object`, line)
    // The project itself.
    if (place === '') continue
    reading.places.set(place, typeof value.integrity === 'string' ? value.integrity : undefined)
    reading.dependencies.push(readPackage(reading, place, value, line))
  }
}

function readPackage(reading: Reading, place: string, value: JsonObject, line: number): Dependency {
  const { json, file } = reading
  const cut = place.lastIndexOf('node_modules/')
  const installedAs = cut < 0 ? undefined : place.slice(cut + 'node_modules/'.length)
  const name = textAt(json, value, 'name') ?? installedAs ?? place.slice(place.lastIndexOf('/') + 1)
  const version = textAt(json, value, 'version')
  const common = {
    ecosystem: 'npm',
    name,
    version,
    file: file.path,
    line,
    scope: scopeOf(value),
    ...(installedAs !== undefined && installedAs !== name ? { alias: installedAs } : {}),
  }
  // Outside node_modules lies what a link leads to: a member of the workspace, or a folder next door.
  if (installedAs === undefined) {
    const member = !place.startsWith('../')
    return entryOf({ ...common, source: member ? 'workspace' : 'file', location: place })
  }
  const resolved = resolvedOf(reading, value)
  if (value.link === true) {
    reading.links.set(place, resolved ?? place)
    return entryOf({ ...common, source: 'link', location: resolved ?? place })
  }
  if (value.inBundle === true) return entryOf({ ...common, source: 'bundled', ...integrityOf(reading, value) })
  return entryFrom(reading, common, resolved, integrityOf(reading, value))
}

interface Common {
  readonly ecosystem: string
  readonly name: string
  readonly version: string | undefined
  readonly file: string
  readonly line: number
  readonly scope: DependencyScope
  readonly alias?: string
}

function entryFrom(
  reading: Reading,
  common: Common,
  resolved: string | undefined,
  integrity: { readonly digests?: DigestSet },
): Dependency {
  // npm leaves `resolved` out with omit-lockfile-registry-resolved: then it is the configured registry.
  if (resolved === undefined) return entryOf({ ...common, source: 'registry', ...integrity })
  const { delivers, digests, ...origin } = npmOrigin(resolved, common.name, common.version)
  if (delivers !== undefined) reading.notices.push(mismatchNotice(common, delivers))
  return entryOf({ ...common, ...origin, digests: { ...digests, ...integrity.digests } })
}

function integrityOf({ json }: Reading, value: JsonObject): { digests?: DigestSet } {
  const integrity = textAt(json, value, 'integrity')
  if (integrity === undefined || integrity === '') return {}
  return { digests: atLine(json.lineOf(value, 'integrity'), () => parseIntegrity(integrity)) }
}

/** npm 6 writes `"resolved": false` for what it took out of another archive. */
function resolvedOf({ json }: Reading, value: JsonObject): string | undefined {
  return value.resolved === false ? undefined : textAt(json, value, 'resolved')
}

/** `devOptional` is reached from both sides, so as an optional one it may be installed in production too. */
function scopeOf(value: JsonObject): DependencyScope {
  if (value.dev === true) return 'development'
  if (value.devOptional === true || value.optional === true) return 'optional'
  return value.peer === true ? 'peer' : 'runtime'
}

function readTree(reading: Reading, tree: JsonObject, above: string, seen: boolean): void {
  for (const [name, value] of Object.entries(tree)) {
    const line = reading.json.lineOf(tree, name)
    if (!isJsonObject(value)) throw malformed(`the entry ${JSON.stringify(name.slice(0, 100))} is not an object`, line)
    const place = `${above}node_modules/${name}`
    if (seen) compareSections(reading, place, value, line)
    else reading.dependencies.push(readTreeEntry(reading, name, value, line))
    const below = objectAt(reading.json, value, 'dependencies')
    if (below !== undefined) readTree(reading, below, `${reading.links.get(place) ?? place}/`, seen)
  }
}

/** Of lockfileVersion 1, where `version` is a version, an alias (`npm:name@1.0.0`) or the place itself. */
function readTreeEntry(reading: Reading, key: string, value: JsonObject, line: number): Dependency {
  const text = textAt(reading.json, value, 'version') ?? ''
  const alias = /^npm:((?:@[^/]+\/)?[^@]+)@(.+)$/.exec(text)
  const name = alias?.[1] ?? key
  const plain = alias?.[2] ?? (/^\d/.test(text) ? text : undefined)
  const common: Common = {
    ecosystem: 'npm',
    name,
    version: plain,
    file: reading.file.path,
    line,
    scope: scopeOf(value),
    ...(name === key ? {} : { alias: key }),
  }
  const integrity = integrityOf(reading, value)
  if (value.bundled === true) return entryOf({ ...common, source: 'bundled', ...integrity })
  return entryFrom(reading, common, plain === undefined ? text : resolvedOf(reading, value), integrity)
}

function compareSections(
  { json, file, places, notices }: Reading,
  place: string,
  value: JsonObject,
  line: number,
): void {
  const other = places.get(place)
  const own = textAt(json, value, 'integrity')
  if (places.has(place) && own === other) return
  notices.push({
    code: 'CONTRADICTION',
    message: places.has(place)
      ? `"dependencies" gives ${place} another integrity than "packages"`
      : `"dependencies" has ${place}, which "packages" lacks`,
    hint: 'Write the lock again with one npm: which section counts depends on the npm that installs.',
    file: file.path,
    line,
  })
}
