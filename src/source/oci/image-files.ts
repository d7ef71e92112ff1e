import { createHash } from 'node:crypto'
import type { HttpHeaders } from '../../io/http.ts'
import type { Dependency, DependencyFile } from '../../model/dependency.ts'
import { DOCKER_LIST, IMAGE_INDEX, MANIFEST_TYPES } from '../../model/oci.ts'
import { isUnavailable, parsedOr, refusedStatus, type Unavailable, unavailable } from '../outcome.ts'
import type { SourceSession } from '../source.ts'
import { holdToDigest, openRepository, parseIndex, readJson, SOURCE } from './repository.ts'

/** An image, resolved once. */
export interface ResolvedImage {
  readonly kind: 'image'
  /** `sha256:…` of the bytes that were read. */
  readonly digest: string
  readonly mediaType: string
  /**
   * Manifests of an index, a platform each, named `linux/amd64`. Their digests stand in the index whose own digest was
   * checked: an attestation of one of them counts for the image by that chain and by no other (T-SU-13).
   */
  readonly files: readonly DependencyFile[]
}

/** One answer a tag and run: asked twice, a registry may answer differently (T-NS-07, CVE-2022-47633). */
const resolved = new WeakMap<SourceSession, Map<string, Promise<ResolvedImage | Unavailable>>>()

/**
 * Reads the manifest of an image by its digest, or by its tag where it has none, and keeps the answer for the run.
 */
export function resolveImage(dependency: Dependency, session: SourceSession): Promise<ResolvedImage | Unavailable> {
  const reference = referenceOf(dependency)
  const known = resolved.get(session) ?? new Map<string, Promise<ResolvedImage | Unavailable>>()
  resolved.set(session, known)
  const key = `${dependency.name} ${reference}`
  const answer = known.get(key) ?? loadImage(dependency, reference, session)
  known.set(key, answer)
  return answer
}

function referenceOf({ digests, version = 'latest' }: Dependency): string {
  const [algorithm, hex] = Object.entries(digests).find(([name]) => name === 'sha256' || name === 'sha512') ?? []
  return hex === undefined ? version : `${algorithm}:${hex}`
}

async function loadImage(
  { name }: Dependency,
  reference: string,
  session: SourceSession,
): Promise<ResolvedImage | Unavailable> {
  const repository = openRepository({ name }, session)
  if (isUnavailable(repository)) return repository
  const what = `${name}@${reference}`
  const answer = await repository.get({ at: `manifests/${reference}`, accept: MANIFEST_TYPES.join(', ') })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 404)
    return unavailable(SOURCE, 'unreadable', `${what}: the image is not there, or not for us to see`)
  if (answer.status !== 200) return refusedStatus(SOURCE, what, answer)
  return parsedOr(SOURCE, what, () => {
    // By the bytes, never by `Docker-Content-Digest`: that is the registry's word.
    const digest = reference.includes(':')
      ? reference
      : `sha256:${createHash('sha256').update(answer.body).digest('hex')}`
    holdToDigest(answer.body, digest)
    const mediaType = mediaTypeOf(answer.body, answer.headers)
    const isIndex = mediaType === IMAGE_INDEX || mediaType === DOCKER_LIST
    return { kind: 'image' as const, digest, mediaType, files: isIndex ? platformsOf(answer.body) : [] }
  })
}

function mediaTypeOf(body: Uint8Array, headers: HttpHeaders): string {
  const { mediaType, manifests } = readJson(body, 'the manifest')
  if (typeof mediaType === 'string') return mediaType
  return manifests === undefined ? (headers.get('content-type') ?? '') : IMAGE_INDEX
}

/** BuildKit's attestation manifests stand among the platforms as `unknown/unknown`: unsigned, and no image (T-NS-12). */
function platformsOf(body: Uint8Array): DependencyFile[] {
  return parseIndex(body).manifests.flatMap(({ digest, platform, annotations }) => {
    if (!platform || annotations?.['vnd.docker.reference.type'] !== undefined) return []
    const { os, architecture, variant } = platform
    const [algorithm = '', hex = ''] = digest.split(':')
    const name = [os, architecture, ...(variant ? [variant] : [])].join('/')
    return [{ name, digests: { [algorithm]: hex } }]
  })
}
