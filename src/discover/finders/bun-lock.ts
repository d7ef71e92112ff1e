import type { Dependency, Notice } from '../../model/dependency.ts'
import { parseIntegrity } from '../../model/integrity.ts'
import { isJsonObject, type JsonValue } from '../../model/json.ts'
import { entryOf } from '../entry.ts'
import { atLine, type Finder, type Found, malformed, named, type SourceFile, unknownVersion } from '../finder.ts'
import { objectAt, parseJsonLines } from '../json-lines.ts'
import { mismatchNotice } from '../npm-notices.ts'
import { npmOrigin } from '../npm-origin.ts'

/**
 * `bun.lock`: JSON with trailing commas; each package is an array whose shape follows from its first item.
 * Source: bun `src/install/lockfile/bun.lock.zig`.
 */
export const bunLock: Finder = { id: 'bun-lock', matches: named('bun.lock'), find: findBun }

function findBun(file: SourceFile): Found {
  const json = parseJsonLines(file.bytes, true)
  const version = json.root.lockfileVersion
  if (version !== 0 && version !== 1) {
    throw unknownVersion('bun.lock', version, json.lineOf(json.root, 'lockfileVersion'))
  }
  const packages = objectAt(json, json.root, 'packages') ?? {}
  const notices: Notice[] = []
  const dependencies = Object.entries(packages).flatMap(([key, value]) => {
    const found = readEntry(file.path, key, value, json.lineOf(packages, key), notices)
    return found === undefined ? [] : [found]
  })
  return { dependencies, notices }
}

function readEntry(
  file: string,
  key: string,
  value: JsonValue,
  line: number,
  notices: Notice[],
): Dependency | undefined {
  const [first, second] = Array.isArray(value) ? (value as readonly JsonValue[]) : []
  const [, name, reference = ''] = (typeof first === 'string' && /^((?:@[^/@]+\/)?[^/@]+)@(.*)$/s.exec(first)) || []
  if (name === undefined || !Array.isArray(value)) {
    throw malformed(`the entry ${JSON.stringify(key.slice(0, 100))} names no package`, line)
  }
  const items = value as readonly JsonValue[]
  const installedAs = /(?:^|\/)((?:@[^/]+\/)?[^/]+)$/.exec(key)?.[1]
  const common = {
    ecosystem: 'npm',
    name,
    file,
    line,
    scope: 'unspecified' as const,
    ...(installedAs === undefined || installedAs === name ? {} : { alias: installedAs }),
  }
  // The project itself.
  if (reference === 'root:') return undefined
  if (reference.startsWith('workspace:')) {
    return entryOf({ ...common, source: 'workspace', location: reference.slice('workspace:'.length) })
  }
  if (!/^\d/.test(reference))
    return entryOf({ ...common, ...npmOrigin(reference, name, undefined), ...hashOf(items, line) })
  const isBundled = items.some((item) => isJsonObject(item) && item.bundled === true)
  if (isBundled) return entryOf({ ...common, version: reference, source: 'bundled', ...hashOf(items, line) })
  // An empty second item is the default registry; a URL is the tarball's.
  const url = typeof second === 'string' && second !== '' ? second : undefined
  if (url === undefined) return entryOf({ ...common, version: reference, source: 'registry', ...hashOf(items, line) })
  const { delivers, digests: _none, ...origin } = npmOrigin(url, name, reference)
  if (delivers !== undefined) notices.push(mismatchNotice({ ...common, version: reference }, delivers))
  return entryOf({ ...common, version: reference, ...origin, ...hashOf(items, line) })
}

/** The integrity is the last item; a git entry's last item is a tag of bun's own. */
function hashOf(items: readonly JsonValue[], line: number): Pick<Dependency, 'digests'> | Record<string, never> {
  const last = items.at(-1)
  if (items.length < 2 || typeof last !== 'string' || !/^(?:md5|sha\d+)-/.test(last)) return {}
  return { digests: atLine(line, () => parseIntegrity(last)) }
}
