import type { Dependency } from '../model/dependency.ts'
import { parsePackageUrl } from '../model/purl.ts'

/**
 * Does a subject's name mean the image of this entry? Producers write the reference without its tag
 * (`ghcr.io/acme/app`), Docker Hub's under any of its host names or none, and BuildKit a package URL.
 */
export function sameImage(name: string, dependency: Dependency): boolean {
  const wanted = canonical(dependency.name)
  if (!name.startsWith('pkg:')) return canonical(name) === wanted
  const purl = parsePackageUrl(name)
  const query = /\?([^#]*)/.exec(name)?.[1] ?? ''
  const repository = new URLSearchParams(query).get('repository_url')
  if (purl?.type === 'oci') return repository !== null && canonical(repository) === wanted
  if (purl?.type !== 'docker') return false
  const path = [purl.namespace, purl.name].filter((part) => part !== '').join('/')
  return canonical(repository === null ? path : `${repository}/${path}`) === wanted
}

/** Host and path, without tag and digest. Source: distribution/reference `normalize.go`. */
function canonical(reference: string): string {
  const bare = reference.replace(/^(?:docker|oci|https?):\/\//, '').replace(/@.*$/, '')
  const path = bare.slice(bare.lastIndexOf('/') + 1).includes(':') ? bare.slice(0, bare.lastIndexOf(':')) : bare
  const lower = path.toLowerCase()
  const slash = lower.indexOf('/')
  const first = lower.slice(0, Math.max(slash, 0))
  if (/[.:]/.test(first) || first === 'localhost') {
    return /^(?:index\.|registry-1\.)?docker\.io$/.test(first) ? onHub(lower.slice(slash + 1)) : lower
  }
  return onHub(lower)
}

/** Behind Docker Hub's own host name no second one follows: `docker.io/localhost/app` is an account's. */
const onHub = (path: string): string => `docker.io/${path.includes('/') ? path : `library/${path}`}`
