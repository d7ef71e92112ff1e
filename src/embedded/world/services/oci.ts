import { IMAGE_INDEX } from '../../../model/oci.ts'
import { deriveHex } from '../derive.ts'
import type { WorldImage } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { WorldState } from '../state.ts'
import { descriptorOf, imageContent, imageDigest, referrerOf, type Stored, store } from './oci-content.ts'

/**
 * One registry of a world. Reading takes a token, as at every public registry, and anybody is given one. Source: OCI
 * distribution specification v1.1, distribution "Token Authentication".
 */
export function makeOciService(host: string): WorldService {
  const origin = `oci:${host}`
  return { origin, handle: (request, state) => handle(request, state, host) }
}

/** The registries that worlds have. */
export const ociServices: readonly WorldService[] = ['ghcr.io', 'registry-1.docker.io', 'quay.io'].map(makeOciService)

async function handle({ method, url, headers }: WorldRequest, state: WorldState, host: string): Promise<WorldAnswer> {
  const path = decodeURIComponent(url.pathname)
  if (path === '/token') return token(url)
  const [, repository, what, reference] = /^\/v2\/(.+)\/(manifests|blobs|referrers)\/([^/]+)$/.exec(path) ?? []
  const scope = repository === undefined ? undefined : `repository:${repository}:pull`
  if (headers.authorization !== `Bearer ${tokenFor(scope ?? '')}`) return challenge(state, host, scope)
  if (path === '/v2/') return { status: 200, body: {} }
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'UNSUPPORTED', 'read only')
  const images = (state.description().images ?? []).filter(({ name }) => repositoryOf(name, host) === repository)
  if (images.length === 0) return refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry')
  const held = await Promise.all(images.map((image) => contentOf(image, state)))
  if (what === 'referrers') return referrers(reference ?? '', url, held)
  if (what === 'blobs')
    return give(
      held.flatMap(({ blobs }) => blobs).find(({ digest }) => digest === reference),
      'BLOB_UNKNOWN',
    )
  return give(
    held
      .map(({ tags, manifests }) => tags.get(reference ?? '') ?? manifests.find(({ digest }) => digest === reference))
      .find((one) => one !== undefined),
    'MANIFEST_UNKNOWN',
  )
}

/** Docker Hub's own images lie under `library/`, and its registry has another name than its images. */
function repositoryOf(name: string, host: string): string | undefined {
  const slash = name.indexOf('/')
  const registry = name.slice(0, slash) === 'docker.io' ? 'registry-1.docker.io' : name.slice(0, slash)
  return registry === host ? name.slice(slash + 1) : undefined
}

const tokenFor = (scope: string): string => deriveHex('registry token', scope)

function token(url: URL): WorldAnswer {
  const scope = url.searchParams.get('scope')
  if (scope === null || url.searchParams.get('service') === null) return { status: 400, body: { details: 'no scope' } }
  return { status: 200, body: { token: tokenFor(scope), expires_in: 300 } }
}

function challenge(state: WorldState, host: string, scope: string | undefined): WorldAnswer {
  const realm = `${state.origin(`oci:${host}`)}/token`
  const value = `Bearer realm="${realm}",service="${host}"${scope === undefined ? '' : `,scope="${scope}"`}`
  return { ...refusal(401, 'UNAUTHORIZED', 'authentication required'), headers: { 'www-authenticate': value } }
}

interface Held {
  readonly image: WorldImage
  readonly subject: string
  readonly tags: ReadonlyMap<string, Stored>
  readonly manifests: readonly Stored[]
  readonly blobs: readonly Stored[]
  readonly referrers: readonly object[]
}

/** Signed once: an image that was looked at twice has one attestation. */
const contents = new WeakMap<WorldImage, Promise<Held>>()

function contentOf(image: WorldImage, state: WorldState): Promise<Held> {
  const content = contents.get(image) ?? makeContent(image, state)
  contents.set(image, content)
  return content
}

async function makeContent(image: WorldImage, state: WorldState): Promise<Held> {
  const { index, platforms } = imageContent(image)
  const subject = imageDigest(image)
  const tags = new Map<string, Stored>([[image.tag ?? 'latest', index]])
  const manifests = [index, ...platforms]
  if (image.attestation === undefined) return { image, subject, tags, manifests, blobs: [], referrers: [] }
  const digest = { sha256: subject.replace(/^sha256:/, '') }
  const signed = await state.attest({ name: image.name, digest }, image.attestation)
  const { blob, manifest, artifactType } = referrerOf(signed.bundle, signed.predicateType, {
    ...descriptorOf(index),
    digest: subject,
  })
  const listed = [descriptorOf(manifest, { artifactType })]
  if (image.referrers === 'tag') {
    tags.set(
      subject.replace(':', '-'),
      store({ schemaVersion: 2, mediaType: IMAGE_INDEX, manifests: listed }, IMAGE_INDEX),
    )
  }
  return { image, subject, tags, manifests: [...manifests, manifest], blobs: [blob], referrers: listed }
}

/** A registry with the API answers for any digest; one without it has no such path. */
function referrers(digest: string, url: URL, held: readonly Held[]): WorldAnswer {
  if (held.some(({ image }) => (image.referrers ?? 'api') !== 'api'))
    return { status: 404, body: '404 page not found\n' }
  const all = held.flatMap(({ subject, referrers: list }) => (subject === digest ? list : []))
  const filter = url.searchParams.get('artifactType')
  const manifests = all.filter((one) => filter === null || ('artifactType' in one && one.artifactType === filter))
  const filtered = filter === null ? {} : { 'oci-filters-applied': 'artifactType' }
  return {
    status: 200,
    headers: { 'content-type': IMAGE_INDEX, ...filtered },
    body: JSON.stringify({ schemaVersion: 2, mediaType: IMAGE_INDEX, manifests }),
  }
}

function give(stored: Stored | undefined, code: string): WorldAnswer {
  if (stored === undefined) return refusal(404, code, 'unknown to registry')
  const headers = { 'content-type': stored.mediaType, 'docker-content-digest': stored.digest }
  return { status: 200, headers, body: stored.bytes }
}

function refusal(status: number, code: string, message: string): WorldAnswer {
  return { status, body: { errors: [{ code, message, detail: {} }] } }
}
