/** The parts of a package URL that name a package; qualifiers and subpath say where it lies, not what it is. */
export interface PackageUrl {
  readonly type: string
  readonly namespace: string
  readonly name: string
  readonly version: string
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
    if (name === undefined || name === '') return undefined
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

export function samePackage(left: PackageUrl | undefined, right: PackageUrl | undefined): boolean {
  if (left === undefined || right === undefined) return false
  return (
    left.type === right.type &&
    left.namespace === right.namespace &&
    left.name === right.name &&
    left.version === right.version
  )
}
