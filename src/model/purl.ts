/** The parts of a package URL that name a package; qualifiers and subpath say where it lies, not what it is. */
export interface PackageUrl {
  readonly type: string
  readonly namespace: string
  readonly name: string
  readonly version: string
}

/** What {@link formatPackageUrl} takes; an empty part is left out. */
export interface PackageUrlParts {
  readonly type: string
  readonly namespace?: string | undefined
  readonly name: string
  readonly version?: string | undefined
  readonly qualifiers?: Readonly<Record<string, string | undefined>> | undefined
  readonly subpath?: string | undefined
}

/**
 * Reads `pkg:type/namespace/name@version?qualifiers#subpath`. Compared by parts, never as text: npm's registry writes
 * `pkg:npm/%40scope/name@1.0.0`, others `pkg:npm/@scope/name@1.0.0`. Source: package-url/purl-spec.
 *
 * @returns undefined when the text is no package URL
 */
export function parsePackageUrl(text: string): PackageUrl | undefined {
  const match = /^pkg:\/{0,2}([A-Za-z][A-Za-z0-9.+-]*)\/([^?#]+)/.exec(text)
  if (match === null) return undefined
  const path = match[2] ?? ''
  // The `@` of an npm scope stands before the last slash; the version's stands after it.
  const at = path.lastIndexOf('@')
  const versioned = at > path.lastIndexOf('/')
  const segments = (versioned ? path.slice(0, at) : path).split('/').filter((segment) => segment !== '')
  try {
    const names = segments.map(decodeURIComponent)
    const name = names.pop()
    if (name === undefined) return undefined
    return {
      type: (match[1] ?? '').toLowerCase(),
      namespace: names.join('/'),
      name,
      version: versioned ? decodeURIComponent(path.slice(at + 1)) : '',
    }
  } catch {
    return undefined
  }
}

/** Do both name the same package and version? PyPI and GitHub names are compared in the form those hosts compare them. */
export function samePackage(left: PackageUrl | undefined, right: PackageUrl | undefined): boolean {
  if (left === undefined || right === undefined) return false
  return (
    left.type === right.type &&
    fold(left.type, left.namespace) === fold(right.type, right.namespace) &&
    fold(left.type, left.name) === fold(right.type, right.name) &&
    left.version === right.version
  )
}

/**
 * Writes a package URL, names in their canonical form. packageurl-js is not used for this: its version 2.0.1 turns npm's
 * `JSONStream` into `jsonstream`, which is another package, and leaves the dot in PyPI's `zope.interface`.
 *
 * @example
 * formatPackageUrl({ type: 'npm', namespace: '@acme', name: 'app', version: '1.0.0' }) // pkg:npm/%40acme/app@1.0.0
 */
export function formatPackageUrl(parts: PackageUrlParts): string {
  const { type, namespace = '', name, version = '', qualifiers = {}, subpath = '' } = parts
  const path = [...namespace.split('/'), name].filter((segment) => segment !== '')
  const pairs = Object.entries(qualifiers)
    .filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    `pkg:${type}/${path.map((segment) => encode(fold(type, segment))).join('/')}`,
    version === '' ? '' : `@${encode(version)}`,
    pairs.length === 0 ? '' : `?${pairs.map(([key, value]) => `${key}=${encodeSegment(value)}`).join('&')}`,
    subpath === '' ? '' : `#${subpath.split('/').map(encodeSegment).join('/')}`,
  ].join('')
}

/** PEP 503: runs of `-`, `_` and `.` are one `-`, and case does not count. */
export function normalizePythonName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase()
}

function fold(type: string, name: string): string {
  if (type === 'pypi') return normalizePythonName(name)
  return type === 'github' || type === 'bitbucket' || type === 'oci' || type === 'docker' ? name.toLowerCase() : name
}

/** Lock files hold half surrogate pairs when somebody wants a crash; those become U+FFFD. */
const encodeSegment = (text: string): string => encodeURIComponent(text.toWellFormed())

const encode = (text: string): string => encodeSegment(text).replace(/%3A/g, ':').replace(/%2B/g, '+')
