import type { Dependency } from '../model/dependency.ts'
import type { DigestSet } from '../model/digest.ts'

/** Where an entry of a JavaScript lock comes from. */
export interface NpmOrigin {
  readonly source: Dependency['source']
  readonly location?: string
  /** Origin of another registry than npm's own. */
  readonly registry?: string
  /** The commit, where a git reference names one. */
  readonly digests?: DigestSet
  /** The package that a registry URL delivers, where that is another one than the entry says. */
  readonly delivers?: string
}

const PUBLIC_REGISTRIES = new Set(['registry.npmjs.org', 'registry.yarnpkg.com', 'registry.npmjs.com'])
const GIT = /^(?:git(?:\+\w+)?:|ssh:|git@|github:|gitlab:|bitbucket:|gist:)|\.git(?:#|$)/
const ARCHIVE_HOSTS = /^https:\/\/(?:codeload\.github\.com|gitlab\.com|bitbucket\.org)\//

/**
 * Sorts what a lock says about an entry's origin. A URL counts as a registry's only in the form in which registries serve
 * tarballs **of this very name**: anything else is a tarball from somewhere, for which no registry vouches.
 */
export function npmOrigin(reference: string, name: string, version: string | undefined): NpmOrigin {
  if (reference.startsWith('file:')) return { source: 'file', location: reference.slice('file:'.length) }
  if (reference.startsWith('link:')) return { source: 'link', location: reference.slice('link:'.length) }
  if (reference.startsWith('portal:')) return { source: 'link', location: reference.slice('portal:'.length) }
  if (GIT.test(reference)) return gitOrigin(reference)
  if (ARCHIVE_HOSTS.test(reference)) return gitOrigin(reference)
  if (!/^https?:\/\//.test(reference)) return { source: 'file', location: reference }
  return urlOrigin(reference, name, version)
}

/** A git reference is pinned by a whole commit hash at its end, and by nothing else. */
function gitOrigin(location: string): NpmOrigin {
  const commit = /(?:#(?:commit=)?|\/)([0-9a-f]{40}|[0-9a-f]{64})(?:&|$)/.exec(location)?.[1]
  return { source: 'git', location, ...(commit === undefined ? {} : { digests: { gitCommit: commit } }) }
}

function urlOrigin(location: string, name: string, version: string | undefined): NpmOrigin {
  const url = URL.canParse(location) ? new URL(location) : undefined
  if (url === undefined) return { source: 'url', location }
  const elsewhere = PUBLIC_REGISTRIES.has(url.host) ? {} : { registry: url.origin }
  const path = decodePath(url.pathname)
  // GitHub Packages: /download/@scope/name/1.0.0/<hash>
  const packages = /^\/download\/(@[^/]+\/[^/]+)\/([^/]+)\/[0-9a-f]+$/.exec(path)
  const served = packages ?? /^\/(?:.*?\/)??((?:@[^/]+\/)?[^/@]+)\/-\/(?:@[^/]+\/)?([^/]+)\.tgz$/.exec(path)
  if (served === null) return { source: 'url', location }
  const [, servedName = '', rest = ''] = served
  const servedVersion = packages === null ? rest.slice(baseOf(servedName).length + 1) : rest
  const same = servedName === name && (version === undefined || servedVersion === version.replace(/^[v=]+/, ''))
  if (same) return { source: 'registry', location, ...elsewhere }
  const delivers = `${servedName}@${servedVersion}`
  // Another version of this very package: the registry is still asked what it vouches for under the locked name (R0).
  return { source: servedName === name ? 'registry' : 'url', location, ...elsewhere, delivers }
}

const baseOf = (name: string): string => name.slice(name.indexOf('/') + 1)

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
