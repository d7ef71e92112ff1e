import { type Digest, parseDigest } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'
import { DOCKER_HUB_REGISTRY, registryHost } from '../model/oci.ts'

/** An image in a registry. */
export interface ImageReference {
  /** `host` or `host:port`; Docker Hub's names are mapped to the host that serves its registry. */
  readonly registry: string
  /** Path of the repository, e.g. `acme/trainer`. */
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: Digest | undefined
}

// OCI distribution specification v1.1, "Pulling manifests": <name> and <reference> as tag.
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/
const HOST =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::\d{1,5})?$|^\[::1\](?::\d{1,5})?$/i

/**
 * Reads `[oci://]host[:port]/name[:tag][@sha256:<hex>]`. The host is written out: a bare `name:tag` means Docker Hub
 * to one tool and the first configured registry to another.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`, `DIGEST_MALFORMED`
 */
export function parseImageReference(text: string): ImageReference {
  const bare = text.startsWith('oci://') ? text.slice('oci://'.length) : text
  const at = bare.indexOf('@')
  const digest = at < 0 ? undefined : parseDigest(bare.slice(at + 1))
  const named = at < 0 ? bare : bare.slice(0, at)
  const slash = named.indexOf('/')
  const host = named.slice(0, Math.max(slash, 0))
  const path = named.slice(slash + 1)
  const colon = path.indexOf(':')
  const tag = colon < 0 ? undefined : path.slice(colon + 1)
  const repository = colon < 0 ? path : path.slice(0, colon)
  if (!HOST.test(host) || !(/[.:]/.test(host) || host === 'localhost')) throw invalid(text, 'it names no registry host')
  if (!NAME.test(repository) || repository.length > 255) throw invalid(text, 'the repository name must be lower case')
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, 'the tag is not one')
  if (tag === undefined && digest === undefined) throw invalid(text, 'it has neither a digest nor a tag')
  // A number that is too large for an address is a host by its letters and none for a URL.
  if (!URL.canParse(`https://${host}/`)) throw invalid(text, 'it names no registry host')
  const registry = registryHost(host)
  return {
    registry,
    repository: registry === DOCKER_HUB_REGISTRY && !repository.includes('/') ? `library/${repository}` : repository,
    tag,
    digest,
  }
}

/** Do two registry hosts mean one registry? Exact, after Docker Hub's aliases. */
export function sameRegistry(left: string, right: string): boolean {
  return registryHost(left) === registryHost(right)
}

function invalid(text: string, why: string): CleanbillError {
  return new CleanbillError(
    'ARGUMENT_INVALID',
    `not an image reference: ${JSON.stringify(text.slice(0, 200))}: ${why}`,
    {
      hint: 'Write oci://registry.example/name@sha256:<digest>.',
    },
  )
}
