import { normalizePythonVersion } from './pep440.ts'
import { normalizePythonName } from './purl.ts'

/** A file name of a Python index, taken apart. Compared by parts: an index may serve another spelling than a lock has. */
export interface PythonFile {
  readonly kind: 'wheel' | 'sdist'
  /** Normalised (PEP 503). */
  readonly project: string
  /** Normalised (PEP 440). */
  readonly version: string
  /** As the file name has it. */
  readonly versionText: string
  /** Build number of a wheel, normalised; empty without one. */
  readonly build: string
  /** Of a wheel, in lower case and sorted; each a set, since `py2.py3` is two tags. */
  readonly pythons: readonly string[]
  readonly abis: readonly string[]
  readonly platforms: readonly string[]
  /** `whl`, `tar.gz`, `zip` … */
  readonly ending: string
}

/** Archives of source code; PyPI takes only the first two today, and lists the others. */
const SDIST = /\.(tar\.gz|zip|tar\.bz2|tar\.xz|tgz|tar)$/

/**
 * Reads `name-1.0-py3-none-any.whl`, `name-1.0.tar.gz`, `name-1.0.zip`. Source: PEP 427, PEP 625, and what
 * `packaging.utils` accepts.
 *
 * @param project tells where an old archive's name ends (`zope-interface-1.0-1.tar.gz`); without it the version has no dash
 * @returns undefined for every other name
 */
export function parsePythonFile(name: string, project?: string): PythonFile | undefined {
  if (name.length > 400 || /[\x00-\x20\x7f/\\]/.test(name)) return undefined
  return name.endsWith('.whl') ? parseWheel(name.slice(0, -'.whl'.length)) : parseArchive(name, project)
}

/** Do both names mean the same file of the same project and version? A name that cannot be read is no file. */
export function samePythonFile(left: string, right: string): boolean {
  const [a, b] = [parsePythonFile(left), parsePythonFile(right)]
  if (a === undefined || b === undefined) return false
  const sets = (['pythons', 'abis', 'platforms'] as const).every((set) => a[set].join(' ') === b[set].join(' '))
  const same = a.project === b.project && a.version === b.version
  return sets && same && a.build === b.build && a.ending === b.ending
}

function parseWheel(stem: string): PythonFile | undefined {
  const parts = stem.split('-')
  if (parts.length !== 5 && parts.length !== 6) return undefined
  const [project = '', escaped = ''] = parts
  // A dash of the version would end it: PEP 427 writes `1.0-1` as `1.0_1`.
  const versionText = escaped.replaceAll('_', '-')
  const build = parts.length === 6 ? /^(\d+)(\w*)$/.exec(parts[2] ?? '') : null
  if (parts.length === 6 && build === null) return undefined
  const [pythons = [], abis = [], platforms = []] = parts.slice(-3).map(tagsOf)
  const tags = [...pythons, ...abis, ...platforms]
  if (!isProject(project) || versionText === '' || !tags.every((tag) => /^[a-z0-9_]+$/.test(tag))) return undefined
  return {
    kind: 'wheel',
    project: normalizePythonName(project),
    version: normalizePythonVersion(versionText),
    versionText,
    build: build === null ? '' : `${BigInt(build[1] ?? '0')}${build[2] ?? ''}`,
    ...{ pythons, abis, platforms, ending: 'whl' },
  }
}

const tagsOf = (part: string): readonly string[] => [...new Set(part.toLowerCase().split('.'))].sort()

function parseArchive(name: string, wanted: string | undefined): PythonFile | undefined {
  const ending = SDIST.exec(name)?.[1]
  if (ending === undefined) return undefined
  const stem = name.slice(0, -ending.length - 1)
  const dashes = [...stem.matchAll(/-/g)].map(({ index }) => index)
  const own = wanted === undefined ? undefined : normalizePythonName(wanted)
  const cut =
    own === undefined ? dashes.at(-1) : dashes.find((index) => normalizePythonName(stem.slice(0, index)) === own)
  const [project, versionText] = [stem.slice(0, cut ?? 0), stem.slice((cut ?? 0) + 1)]
  if (!isProject(project) || versionText === '') return undefined
  return {
    kind: 'sdist',
    project: normalizePythonName(project),
    version: normalizePythonVersion(versionText),
    versionText,
    ...{ build: '', pythons: [], abis: [], platforms: [], ending },
  }
}

const isProject = (name: string): boolean => /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/.test(name)
