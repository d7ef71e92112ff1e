import type { DependencyScope } from '../model/dependency.ts'
import { isJsonObject, type JsonObject } from '../model/json.ts'
import { strongerScope } from './finder.ts'

export interface PnpmKey {
  readonly name: string | undefined
  readonly version: string | undefined
  /** What stands in place of a version: `file:…`, a URL, a host path such as `github.com/o/r/<commit>`. */
  readonly reference: string | undefined
}

/**
 * Reads a key of `packages`: `/name/1.0.0_peer` (5), `/name@1.0.0(peer)` (6), `name@1.0.0` (9), or a place.
 * Source: pnpm `deps/path`.
 */
export function parsePnpmKey(key: string, major: number): PnpmKey {
  const bare = key.startsWith('/') ? key.slice(1) : key
  if (major < 6) return parseSlashed(bare, key.startsWith('/'))
  const [, name, rest] = /^((?:@[^/@]+\/)?[^/@]+)@(.+)$/.exec(bare) ?? []
  // A place without a name before it: `file:../x`, `github.com/o/r/<commit>`, `@registry.host/name/1.0.0`.
  if (name === undefined || rest === undefined) return { name: undefined, version: undefined, reference: bare }
  const version = before(rest, /\(/)
  return /^\d/.test(version) && !version.includes('/')
    ? { name, version, reference: undefined }
    : { name, version: undefined, reference: version }
}

/** What stands before the first such sign. A pattern that runs to the end of the text looks there anew from each of them. */
function before(text: string, sign: RegExp): string {
  const at = text.search(sign)
  return at < 0 ? text : text.slice(0, at)
}

function parseSlashed(bare: string, fromRegistry: boolean): PnpmKey {
  const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)\/(\d[^/]*)$/.exec(bare) ?? []
  if (!fromRegistry || name === undefined || rest === undefined) {
    // `registry.host/name/1.0.0`: another registry, written into the key.
    const slash = bare.indexOf('/')
    const isHost = bare.slice(1, Math.max(slash - 1, 1)).includes('.')
    const path = isHost ? bare.slice(slash + 1) : ''
    const [, hosted, version] = /^((?:@[^/]+\/)?[^/]+)\/(\d+\.\d+\.\d[^/_]*)(?:_.*)?$/.exec(path) ?? []
    return { name: hosted, version, reference: bare }
  }
  return { name, version: before(rest, /[_(]/), reference: undefined }
}

const SECTIONS: readonly (readonly [string, DependencyScope])[] = [
  ['dependencies', 'runtime'],
  ['optionalDependencies', 'optional'],
  ['devDependencies', 'development'],
]

/** What each package of a lock of version 9 is needed for: walked from the importers through `snapshots`. */
export function pnpmScopes(root: JsonObject, major: number): ReadonlyMap<string, DependencyScope> {
  const scopes = new Map<string, DependencyScope>()
  if (major < 9) return scopes
  const snapshots = asMap(root.snapshots)
  const reached = new Map<string, DependencyScope>()
  const pending: [string, DependencyScope][] = []
  const push = (key: string | undefined, scope: DependencyScope) => {
    if (key === undefined) return
    const known = reached.get(key)
    if (known !== undefined && strongerScope(known, scope) === known) return
    reached.set(key, scope)
    pending.push([key, scope])
  }
  for (const importer of Object.values(asMap(root.importers))) {
    for (const [section, scope] of SECTIONS) {
      for (const [alias, value] of Object.entries(asMap(asMap(importer)[section]))) {
        const version = asMap(value).version
        if (typeof version === 'string') push(snapshotKey(alias, version), scope)
      }
    }
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [key, scope] = next
    const snapshot = asMap(snapshots[key])
    for (const [alias, value] of Object.entries(asMap(snapshot.dependencies))) push(snapshotKey(alias, value), scope)
    const optional = scope === 'runtime' ? 'optional' : scope
    for (const [alias, value] of Object.entries(asMap(snapshot.optionalDependencies))) {
      push(snapshotKey(alias, value), optional)
    }
  }
  for (const [key, scope] of reached) {
    const bare = before(key, /\(/)
    scopes.set(bare, strongerScope(scopes.get(bare), scope))
  }
  return scopes
}

/** Source: pnpm `refToRelative`: a reference is a version, or a whole key where an alias hides the name. */
function snapshotKey(alias: string, reference: unknown): string | undefined {
  if (typeof reference !== 'string' || reference.startsWith('link:')) return undefined
  if (reference.startsWith('@')) return reference
  const at = reference.indexOf('@')
  const isBefore = (mark: string) => {
    const index = reference.indexOf(mark)
    return index === -1 || at < index
  }
  return at !== -1 && isBefore(':') && isBefore('(') ? reference : `${alias}@${reference}`
}

const asMap = (value: unknown): JsonObject => (isJsonObject(value) ? value : {})
