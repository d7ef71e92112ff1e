import type { FetchedDocument } from '../../model/attestation.ts'
import { MAX_ATTESTATIONS, parseAttestations } from '../../model/bundle.ts'
import { BUNDLE_V03 } from '../../model/bundle-schema.ts'
import { CleanbillError, isCleanbillError } from '../../model/error.ts'
import type { Lookup } from '../../model/evidence.ts'
import { IMAGE_INDEX, IMAGE_MANIFEST, MANIFEST_TYPES } from '../../model/oci.ts'
import { isUnavailable, parsedOr, refusedStatus, type Unavailable, unavailable } from '../outcome.ts'
import { type Descriptor, holdToDigest, parseIndex, parseManifest, type Repository, SOURCE } from './repository.ts'

const MAX_PAGES = 50
const BUNDLE_MAX_BYTES = 16 * 1024 * 1024
const ZERO = `sha256:${'0'.repeat(64)}`
const isBundleType = (type: string): boolean => type.startsWith('application/vnd.dev.sigstore.bundle')

/** ECR tells writers that it keeps referrers, so that they write no tag, and then does not list them. */
const UNLISTED_HOSTS = /\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/

/**
 * Bundles that refer to a manifest: by the registry's list, by the tag that clients keep where there is none, and never
 * by what an annotation says. Sources: distribution specification v1.1 "Listing Referrers", cosign BUNDLE_SPEC.
 *
 * @param digest `sha256:…` of an image, index or platform manifest
 */
export async function findBundles(repository: Repository, digest: string, what: string): Promise<Lookup> {
  const listed = await listReferrers(repository, digest, what)
  if (isUnavailable(listed)) return listed
  const tagged = await listByTag(repository, digest, what)
  if (isUnavailable(tagged)) return tagged
  const unique = new Map([...(listed ?? []), ...(tagged ?? [])].map((one) => [one.digest, one]))
  // An entry of another type is passed over; one without a type is opened. Both are unsigned hints (T-NS-12, T-NS-13).
  const candidates = [...unique.values()].filter(({ artifactType }) => !artifactType || isBundleType(artifactType))
  if (candidates.length > MAX_ATTESTATIONS) {
    return unavailable(SOURCE, 'truncated', `${what} has ${candidates.length} referrers; ${MAX_ATTESTATIONS} are read`)
  }
  const documents: FetchedDocument[] = []
  for (const candidate of candidates) {
    const found = await readBundle(repository, candidate, what)
    if (isUnavailable(found)) return found
    if (found !== undefined) documents.push(found)
  }
  if (documents.length > 0) return { kind: 'found', source: SOURCE, documents }
  return whyNothing(repository, digest, what, listed !== undefined)
}

/** undefined: the registry has no such list (404, or something that is no index: some answer with a web page). */
async function listReferrers(
  repository: Repository,
  digest: string,
  what: string,
): Promise<readonly Descriptor[] | undefined | Unavailable> {
  const found: Descriptor[] = []
  let at: string | URL = `referrers/${digest}?artifactType=${encodeURIComponent(BUNDLE_V03)}`
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await repository.get({ at, accept: IMAGE_INDEX })
    if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
    if (page === 0 && [400, 404, 405, 501].includes(answer.status)) return undefined
    if (answer.status !== 200) {
      const refused = refusedStatus(SOURCE, what, answer)
      return page === 0 ? refused : unavailable(SOURCE, 'truncated', refused.error.message)
    }
    if (page === 0 && answer.body[0] !== 0x7b) return undefined
    const index = parsedOr(SOURCE, what, () => parseIndex(answer.body))
    if (isUnavailable(index)) return index
    found.push(...index.manifests)
    const next = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(answer.headers.get('link') ?? '')?.[1]
    if (next === undefined) return found
    const url = URL.parse(next, new URL(at, repository.base).href)
    if (url === null || url.origin !== repository.base.origin) {
      return unavailable(SOURCE, 'truncated', `${what}: the next page of referrers is elsewhere`)
    }
    at = url
  }
  return unavailable(SOURCE, 'truncated', `${what}: the list of referrers does not end`)
}

/** Referrers tag schema: `sha256-<hex>` is an index that clients keep where the registry keeps none. */
async function listByTag(
  repository: Repository,
  digest: string,
  what: string,
): Promise<readonly Descriptor[] | undefined | Unavailable> {
  const answer = await repository.get({
    at: `manifests/${digest.replace(':', '-')}`,
    accept: MANIFEST_TYPES.join(', '),
  })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 404) return undefined
  if (answer.status !== 200) return refusedStatus(SOURCE, what, answer)
  const index = parsedOr(SOURCE, what, () => parseIndex(answer.body))
  return isUnavailable(index) ? index : index.manifests
}

/** undefined: it is no bundle. */
async function readBundle(
  repository: Repository,
  { digest }: Descriptor,
  what: string,
): Promise<FetchedDocument | undefined | Unavailable> {
  const answer = await repository.get({ at: `manifests/${digest}`, accept: `${IMAGE_MANIFEST}, ${IMAGE_INDEX}` })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status !== 200)
    return unavailable(SOURCE, 'truncated', `${what}: a listed referrer answers ${answer.status}`)
  const layer = parsedOr(SOURCE, what, () => {
    holdToDigest(answer.body, digest)
    return bundleLayer(answer.body)
  })
  if (layer === undefined || isUnavailable(layer)) return layer
  if (layer.size > BUNDLE_MAX_BYTES)
    return unavailable(SOURCE, 'malformed', `${what}: a bundle claims ${layer.size} bytes`)
  const blob = await repository.get({ at: `blobs/${layer.digest}`, blob: true, maxBytes: BUNDLE_MAX_BYTES })
  if (blob.kind === 'failed') return { kind: 'unavailable', error: blob.error }
  if (blob.status !== 200) return unavailable(SOURCE, 'truncated', `${what}: a listed bundle answers ${blob.status}`)
  return parsedOr(SOURCE, what, () => {
    holdToDigest(blob.body, layer.digest)
    return readDocument(blob.body, `${what} ${layer.digest.slice(0, 19)}`)
  })
}

/** One garbled bundle does not hide the good ones beside it: it is listed as unreadable. */
function readDocument(body: Uint8Array, where: string): FetchedDocument {
  try {
    return parseAttestations(body, where)
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    return { form: 'sigstore-bundle', attestations: [], unreadable: [{ where, error }] }
  }
}

function bundleLayer(body: Uint8Array): Descriptor | undefined {
  const { artifactType, config, layers } = parseManifest(body)
  // Before v1.1 of the image specification the type of an artifact was its config's.
  if (!isBundleType(artifactType ?? config?.mediaType ?? '') && !layers.some((one) => isBundleType(one.mediaType))) {
    return undefined
  }
  const [layer, ...more] = layers
  if (layer === undefined || more.length > 0) throw new CleanbillError('SOURCE_MALFORMED', 'a bundle has one layer')
  return layer
}

/** No bundle was found. Whether that is an answer depends on what the registry can do and on what we may see. */
async function whyNothing(repository: Repository, digest: string, what: string, listed: boolean): Promise<Lookup> {
  const legacy = await repository.get({
    at: `manifests/${digest.replace(':', '-')}.att`,
    accept: MANIFEST_TYPES.join(', '),
  })
  if (legacy.kind === 'failed') return { kind: 'unavailable', error: legacy.error }
  if (legacy.status === 200) {
    const hint = 'Attest the image again with a Sigstore bundle (cosign --new-bundle-format, actions/attest).'
    return unavailable(
      SOURCE,
      'unsupported',
      `${what} has only an attestation under a tag that anyone may move (.att)`,
      hint,
    )
  }
  if (legacy.status !== 404) return refusedStatus(SOURCE, what, legacy)
  if (listed) return { kind: 'none', source: SOURCE }
  // 404 for the list and for the tag. A registry that lists referrers answers 200 for a digest nobody knows.
  const probe = await repository.get({ at: `referrers/${ZERO}`, accept: IMAGE_INDEX })
  if (probe.kind === 'failed') return { kind: 'unavailable', error: probe.error }
  if (probe.status === 200 || UNLISTED_HOSTS.test(repository.host)) {
    return unavailable(SOURCE, 'unsupported', `${what}: ${repository.host} does not list what refers to an image`)
  }
  const image = await repository.get({ at: `manifests/${digest}`, accept: MANIFEST_TYPES.join(', ') })
  if (image.kind === 'failed') return { kind: 'unavailable', error: image.error }
  if (image.status === 200) return { kind: 'none', source: SOURCE }
  if (image.status !== 404) return refusedStatus(SOURCE, what, image)
  return unavailable(SOURCE, 'unreadable', `${what}: the image is not there, or not for us to see`)
}
