/** A Python version. Source: PEP 440, now the packaging.python.org "Version specifiers" specification. */
export interface PythonVersion {
  readonly epoch: bigint
  readonly release: readonly bigint[]
  /** `a`, `b` or `rc` with its number. */
  readonly pre: readonly [string, bigint] | undefined
  readonly post: bigint | undefined
  readonly dev: bigint | undefined
  readonly local: string | undefined
}

// Appendix B. Nightly builds have numbers of 14 digits and more (`.dev20261126120000`): no number here is a float.
const VERSION =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/
const PRE: Readonly<Record<string, string>> = {
  alpha: 'a',
  a: 'a',
  beta: 'b',
  b: 'b',
  preview: 'rc',
  pre: 'rc',
  c: 'rc',
  rc: 'rc',
}

/** @returns undefined for what is no version in this scheme, or longer than 200 characters */
export function parsePythonVersion(text: string): PythonVersion | undefined {
  if (text.length > 200) return undefined
  const match = VERSION.exec(text.trim().toLowerCase())
  if (match === null) return undefined
  const [, epoch, release = '', pre, preNumber, implicitPost, post, postNumber, dev, devNumber, local] = match
  return {
    epoch: number(epoch),
    release: release.split('.').map(number),
    pre: pre === undefined ? undefined : [PRE[pre] ?? pre, number(preNumber)],
    post: implicitPost === undefined && post === undefined ? undefined : number(implicitPost ?? postNumber),
    dev: dev === undefined ? undefined : number(devNumber),
    local: local?.split(/[-_.]/).map(localPart).join('.'),
  }
}

/** A number that is left out is 0; so is an empty text. */
const number = (digits: string | undefined): bigint => BigInt(digits ?? 0)

const localPart = (part: string): string => (/^\d+$/.test(part) ? String(BigInt(part)) : part)

/**
 * The one way to write a version: `1.0`, `v1.0.0` and `1` are the same release. For comparing, not for showing. A text
 * that is no version (`2004d`) is itself in lower case.
 */
export function normalizePythonVersion(text: string): string {
  const version = parsePythonVersion(text)
  if (version === undefined) return text.trim().toLowerCase()
  const { epoch, pre, post, dev, local } = version
  const release = [...version.release]
  while (release.length > 1 && release.at(-1) === 0n) release.pop()
  return [
    epoch === 0n ? '' : `${epoch}!`,
    release.join('.'),
    pre === undefined ? '' : pre.join(''),
    post === undefined ? '' : `.post${post}`,
    dev === undefined ? '' : `.dev${dev}`,
    local === undefined ? '' : `+${local}`,
  ].join('')
}

/** Order of PEP 440: `1.dev0 < 1a1 < 1rc1 < 1 < 1.post1`. Local versions count last. */
export function comparePythonVersions(a: PythonVersion, b: PythonVersion): number {
  return (
    compareLists([a.epoch], [b.epoch]) ||
    compareReleases(a.release, b.release) ||
    compareLists(suffixKey(a), suffixKey(b)) ||
    compareLocals(a.local, b.local)
  )
}

function compareReleases(a: readonly bigint[], b: readonly bigint[]): number {
  return compareLists(
    Array.from({ length: Math.max(a.length, b.length) }, (_, i) => a[i] ?? 0n),
    Array.from({ length: Math.max(a.length, b.length) }, (_, i) => b[i] ?? 0n),
  )
}

/** What follows the release, as numbers: a development release of nothing else stands before every pre-release. */
function suffixKey({ pre, post, dev }: PythonVersion): bigint[] {
  const phase = pre !== undefined ? ['a', 'b', 'rc'].indexOf(pre[0]) : post === undefined && dev !== undefined ? -1 : 3
  // A development release stands before the release itself.
  return [BigInt(phase), pre?.[1] ?? 0n, post ?? -1n, dev === undefined ? 1n : 0n, dev ?? 0n]
}

function compareLists(a: readonly bigint[], b: readonly bigint[]): number {
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0n
    if (value !== other) return value < other ? -1 : 1
  }
  return 0
}

function compareLocals(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  const [left, right] = [a.split('.'), b.split('.')]
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const [x, y] = [left[index], right[index]]
    if (x === y) continue
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    const numbers = [x, y].map((part) => /^\d+$/.test(part))
    if (numbers[0] && numbers[1]) return BigInt(x) < BigInt(y) ? -1 : 1
    if (numbers[0] !== numbers[1]) return numbers[0] ? 1 : -1
    return x < y ? -1 : 1
  }
  return 0
}

const CLAUSE = /^(===|~=|==|!=|<=|>=|<|>)\s*([^\s,]+)$/

/** One comparison of a specifier set: what a version has to be. */
type Clause = (version: PythonVersion, text: string) => boolean

/**
 * Reads a set of version specifiers such as `>=2,<3` or `==1.*`. Pre-releases count like every other version: whether an
 * installer would choose one is not asked here.
 *
 * @returns undefined for what is no set of specifiers
 */
export function parsePythonSpecifiers(text: string): ((version: string) => boolean | undefined) | undefined {
  if (text.length > 512) return undefined
  const clauses = text.split(',').map((part) => parseClause(part.trim()))
  if (clauses.some((clause) => clause === undefined)) return undefined
  return (version) => {
    const parsed = parsePythonVersion(version)
    return parsed === undefined ? undefined : clauses.every((clause) => clause?.(parsed, version))
  }
}

function parseClause(text: string): Clause | undefined {
  const [, operator, operand = ''] = CLAUSE.exec(text) ?? []
  if (operator === '===') return (_, written) => written.trim().toLowerCase() === operand.toLowerCase()
  if ((operator === '==' || operator === '!=') && operand.endsWith('.*')) {
    const prefix = parsePythonVersion(operand.slice(0, -2))
    if (prefix === undefined || suffixed(prefix)) return undefined
    return (version) => hasPrefix(version, prefix) === (operator === '==')
  }
  const wanted = parsePythonVersion(operand)
  if (wanted === undefined) return undefined
  // A public version means every local version of it.
  const order = (version: PythonVersion) =>
    comparePythonVersions(wanted.local === undefined ? { ...version, local: undefined } : version, wanted)
  const base = { ...wanted, pre: undefined, post: undefined, dev: undefined, local: undefined }
  switch (operator) {
    case '==':
      return (version) => order(version) === 0
    case '!=':
      return (version) => order(version) !== 0
    case '>=':
      return (version) => order(version) >= 0
    case '<=':
      return (version) => order(version) <= 0
    case '<':
      // `<2` does not mean 2rc1, unless the operand is a pre-release itself.
      return (version) => order(version) < 0 && (isPre(wanted) || !isPre(version) || !sameBase(version, base))
    case '>':
      return (version) =>
        order(version) > 0 && (wanted.post !== undefined || version.post === undefined || !sameBase(version, base))
    case '~=':
      if (wanted.release.length < 2) return undefined
      return (version) => order(version) >= 0 && hasPrefix(version, { ...base, release: wanted.release.slice(0, -1) })
    default:
      return undefined
  }
}

const isPre = ({ pre, dev }: PythonVersion) => pre !== undefined || dev !== undefined
const suffixed = ({ pre, post, dev, local }: PythonVersion) =>
  [pre, post, dev, local].some((part) => part !== undefined)
const sameBase = (version: PythonVersion, base: PythonVersion) =>
  version.epoch === base.epoch && compareReleases(version.release, base.release) === 0
const hasPrefix = ({ epoch, release }: PythonVersion, prefix: PythonVersion) =>
  epoch === prefix.epoch && prefix.release.every((part, index) => (release[index] ?? 0n) === part)
