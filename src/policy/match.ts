import type { Dependency } from '../model/dependency.ts'
import { matchesGlob } from '../model/glob.ts'
import type { Match } from '../model/policy.ts'
import { normalizePythonName } from '../model/purl.ts'
import { inRange } from '../model/versions.ts'

/**
 * What a match is for. In doubt an entry that demands something applies, and one that lets something pass does not:
 * a version that cannot be compared, a package of the same name from somebody's git repository.
 */
export type MatchUse = 'tighten' | 'loosen'

/**
 * Does the entry apply to this dependency? Every field that is present has to hold; no field at all matches everything.
 *
 * @example matches({ purl: 'pkg:npm/@acme/**', versions: '>=2' }, dependency)
 */
export function matches(match: Match, dependency: Dependency, use: MatchUse = 'tighten'): boolean {
  const { purl, kind, versions, scope, name } = match
  return (
    (kind === undefined || kind === dependency.kind) &&
    (scope === undefined || scope === dependency.scope || (scope === 'runtime' && isRuntime(dependency, use))) &&
    (name === undefined || matchesGlob(name, dependency.name)) &&
    (purl === undefined || matchesPurl(purl, dependency, use)) &&
    (versions === undefined || matchesVersions(versions, dependency, use))
  )
}

/** Where a format does not say what an entry is for, it has to be taken for needed at run time. */
function isRuntime({ scope }: Dependency, use: MatchUse): boolean {
  return use === 'tighten' && scope === 'unspecified'
}

function matchesVersions(range: string, { ecosystem, version }: Dependency, use: MatchUse): boolean {
  const held = version === undefined ? undefined : inRange(ecosystem, version, range, use === 'tighten')
  return held ?? use === 'tighten'
}

/**
 * Glob over a package URL without qualifiers: `*` within one segment, `**` across. `pkg:npm/%40acme/app` and
 * `pkg:npm/@acme/app` are the same. With `@VERSION`, exactly that version.
 */
export function matchesPurl(pattern: string, dependency: Dependency, use: MatchUse = 'tighten'): boolean {
  const wanted = splitPattern(pattern)
  const actual = splitOnce(dependency)
  if (wanted === undefined || actual === undefined) return false
  // Bytes from a git repository or URL are not the registry's, whatever they are called (R9).
  if (use === 'loosen' && /[?&](?:vcs_url|download_url)=/.test(dependency.id)) return false
  if (wanted.version !== '' && wanted.version !== actual.version) return false
  return matchesGlob(wanted.path, actual.path)
}

/** A policy asks about the same dependency once for each of its entries. */
const split = new WeakMap<Dependency, ReturnType<typeof splitPurl>>()

/** Patterns come from policies, which have a size; the bound is for whoever judges many of them in one process. */
const patterns = new Map<string, ReturnType<typeof splitPurl>>()

function splitPattern(pattern: string): ReturnType<typeof splitPurl> {
  if (pattern === '**') return { path: '**', version: '' }
  if (!patterns.has(pattern)) {
    if (patterns.size >= 10_000) patterns.clear()
    patterns.set(pattern, splitPurl(pattern))
  }
  return patterns.get(pattern)
}

function splitOnce(dependency: Dependency): ReturnType<typeof splitPurl> {
  if (!split.has(dependency)) split.set(dependency, splitPurl(dependency.id))
  return split.get(dependency)
}

/**
 * Package URL pattern → folded path and version. Case and, for PyPI, punctuation count as little as they do for the
 * registry.
 */
function splitPurl(text: string): { readonly path: string; readonly version: string } | undefined {
  const [, type = '', rest = ''] = /^pkg:\/{0,2}([A-Za-z][A-Za-z0-9.+-]*|\*{1,2})(?:\/([^?#]*))?/.exec(text) ?? []
  if (type === '') return undefined
  const at = rest.lastIndexOf('@')
  // The `@` of a scope stands right behind a slash, or first.
  const versioned = at > rest.lastIndexOf('/') + 1
  const names = (versioned ? rest.slice(0, at) : rest).split('/').filter((segment) => segment !== '')
  const path = [type.toLowerCase(), ...names.map((name) => fold(type.toLowerCase(), decode(name)))].join('/')
  return { path, version: versioned ? decode(rest.slice(at + 1)) : '' }
}

function fold(type: string, name: string): string {
  if (type === 'pypi') return normalizePythonName(name)
  return ['github', 'bitbucket', 'oci', 'docker'].includes(type) ? name.toLowerCase() : name
}

/** A slash that comes out of an escape would make one segment look like two. */
function decode(segment: string): string {
  try {
    const decoded = decodeURIComponent(segment)
    return decoded.includes('/') ? segment : decoded
  } catch {
    return segment
  }
}

/** Is it named by one of these package URLs (`requireFor`)? */
export function matchesAnyPurl(patterns: readonly string[] | undefined, dependency: Dependency): boolean {
  return patterns?.some((pattern) => matchesPurl(pattern, dependency)) ?? false
}

/** Does the pattern name somebody or something, or does it match whole registries? */
export function isScoped({ purl, name }: Match): boolean {
  if (name !== undefined && /[^*/]/.test(name)) return true
  const path = purl === undefined ? undefined : splitPurl(purl)?.path
  return path !== undefined && /\/[*/]*[^*/]/.test(path)
}
