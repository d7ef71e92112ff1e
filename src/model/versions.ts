import semver from 'semver'
import { comparePythonVersions, parsePythonSpecifiers, parsePythonVersion } from './pep440.ts'

/** Versions of these have no order: a commit, a digest, a revision. */
const UNORDERED: ReadonlySet<string> = new Set(['github', 'oci', 'docker', 'huggingface', 'generic', 'bitbucket'])

/**
 * Order of two versions of one ecosystem.
 *
 * @returns undefined where one of them has no order that is known here
 */
export function compareVersions(ecosystem: string, a: string, b: string): number | undefined {
  if (UNORDERED.has(ecosystem)) return undefined
  if (ecosystem === 'pypi') {
    const [left, right] = [parsePythonVersion(a), parsePythonVersion(b)]
    return left === undefined || right === undefined ? undefined : comparePythonVersions(left, right)
  }
  const [left, right] = [parseSemver(a), parseSemver(b)]
  if (left !== null && right !== null) return semver.compare(left, right)
  return compareDotted(a, b)
}

/**
 * Release line of a version (R1): the major version, `0.MINOR` below 1.0, `*` where versions have no order.
 *
 * @example releaseLine('npm', '1.14.1') // '1'
 */
export function releaseLine(ecosystem: string, version: string | undefined): string {
  if (version === undefined || UNORDERED.has(ecosystem)) return '*'
  if (ecosystem === 'pypi') {
    const parsed = parsePythonVersion(version)
    if (parsed === undefined) return '*'
    return `${parsed.epoch === 0n ? '' : `${parsed.epoch}!`}${lineOf(parsed.release[0] ?? 0n, parsed.release[1] ?? 0n)}`
  }
  const parsed = parseSemver(version)
  if (parsed !== null) return lineOf(parsed.major, parsed.minor)
  const [, major, minor] = /^v?(\d{1,9})(?:\.(\d{1,9}))?(?![0-9])/.exec(version) ?? []
  return major === undefined ? '*' : lineOf(Number(major), Number(minor ?? 0))
}

const lineOf = (major: number | bigint, minor: number | bigint) => (major > 0 ? String(major) : `0.${minor}`)

/** Go writes `v1.2.3`. */
function parseSemver(version: string): semver.SemVer | null {
  return semver.parse(version.replace(/^v/, ''))
}

/** Maven's and RubyGems' `1.2.3.4`; with letters in them they are not compared. */
function compareDotted(a: string, b: string): number | undefined {
  const plain = /^v?\d{1,9}(?:\.\d{1,9}){0,20}$/
  if (!plain.test(a) || !plain.test(b)) return undefined
  const [left, right] = [a, b].map((text) => text.replace(/^v/, '').split('.').map(Number))
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}

/** Is this a range that {@link inRange} can read, for some ecosystem? */
export function isRange(range: string): boolean {
  if (range.length > 256) return false
  return semver.validRange(range) !== null || parsePythonSpecifiers(range) !== undefined
}

/**
 * Is the version in the range? Semver for all ecosystems but PyPI, which has PEP 440.
 *
 * @param preReleases whether `2.1.0-beta` is in `>=2`
 * @returns undefined where version or range cannot be read in that ecosystem's way
 */
export function inRange(ecosystem: string, version: string, range: string, preReleases: boolean): boolean | undefined {
  if (UNORDERED.has(ecosystem)) return undefined
  if (ecosystem === 'pypi') return parsePythonSpecifiers(range)?.(version)
  const parsed = parseSemver(version)
  const wanted = semver.validRange(range)
  if (parsed === null || wanted === null) return undefined
  return semver.satisfies(parsed, wanted, { includePrerelease: preReleases })
}
