/** Media types of image indexes and manifests. Source: OCI image specification v1.1; Docker's are older names of both. */
export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json'
export const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
/** What can stand under a tag. */
export const MANIFEST_TYPES = [IMAGE_INDEX, IMAGE_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST] as const

/** Manifests: 4 MiB is what the distribution specification asks registries to accept. */
export const MANIFEST_MAX_BYTES = 4 * 1024 * 1024

/** Three names of one registry. Compared whole: `evil-docker.io` is somebody else. */
const DOCKER_HUB = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])
export const DOCKER_HUB_REGISTRY = 'registry-1.docker.io'

/** The host that serves a registry's name, in lower case: Docker Hub's names are mapped to the one that answers. */
export function registryHost(host: string): string {
  const lower = host.toLowerCase()
  return DOCKER_HUB.has(lower) ? DOCKER_HUB_REGISTRY : lower
}

/** Where a registry is asked unless the policy says otherwise: base URL for `oci:HOST`. */
export const defaultRegistryOrigin = (host: string): string => `https://${registryHost(host)}`

export interface Challenge {
  readonly scheme: 'basic' | 'bearer'
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * Reads `WWW-Authenticate`; Bearer wins over Basic. Unknown schemes are passed over.
 * Source: RFC 9110 §11.6.1, distribution "token authentication specification".
 */
export function parseChallenge(header: string): Challenge | undefined {
  const found: Challenge[] = []
  let parameters: Record<string, string> = {}
  const tokens = /([A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z]+)(?=\s|,|$)/g
  for (const [, key, quoted, plain, scheme] of header.slice(0, 4096).matchAll(tokens)) {
    if (key !== undefined) parameters[key.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? ''
    else {
      parameters = {}
      const name = scheme?.toLowerCase()
      if (name === 'basic' || name === 'bearer') found.push({ scheme: name, parameters })
    }
  }
  return found.find((challenge) => challenge.scheme === 'bearer') ?? found[0]
}
