import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { BUNDLE_V03 } from '../model/bundle-schema.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { type JsonObject, parseJsonObject } from '../model/json.ts'
import { IMAGE_MANIFEST, MANIFEST_MAX_BYTES, MANIFEST_TYPES } from '../model/oci.ts'
import type { Statement } from '../model/statement.ts'
import { bundleParts } from './bundle-parts.ts'
import { type ImageReference, parseImageReference } from './image-reference.ts'
import type { Publisher } from './publisher.ts'
import { type Descriptor, ensureListed } from './referrers.ts'
import {
  buildRegistryClient,
  parseLocation,
  type RegistryAnswer,
  type RegistryClient,
  type RegistryOptions,
} from './registry-client.ts'

export interface OciOptions extends Omit<RegistryOptions, 'registry' | 'repository'> {
  /** `oci://host[:port]/name@sha256:<hex>`, or with a tag, which is resolved once. */
  readonly image: string
}

const EMPTY_CONFIG = new TextEncoder().encode('{}')

/**
 * Attaches the bundle to an image as an OCI referrer, so that cosign and we find it beside the image (formats.md §20,
 * cosign BUNDLE_SPEC). Registries without the referrers API get the index under the tag `sha256-<hex>`.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`, `DIGEST_MALFORMED` for the reference; `SUBJECT_MISMATCH` (the statement
 *   is about another image); `REGISTRY_DENIED`, `REGISTRY_UNAVAILABLE`, `REGISTRY_MALFORMED`, `URL_DENIED`,
 *   `LIMIT_EXCEEDED`, `BUNDLE_MALFORMED`, `BUNDLE_VERSION`
 */
export function ociPublisher(options: OciOptions): Publisher {
  const image = parseImageReference(options.image)
  return {
    id: 'oci',
    async publish({ bundle, statement }) {
      const layer = new TextEncoder().encode(JSON.stringify(bundleParts(bundle)))
      const client = buildRegistryClient({ ...options, registry: image.registry, repository: image.repository })
      const subject = await resolveSubject(client, image)
      requireSubject(statement, subject, options.image)

      const config = await uploadBlob(client, EMPTY_CONFIG, 'application/vnd.oci.empty.v1+json')
      const layers = [await uploadBlob(client, layer, BUNDLE_V03)]
      const annotations = {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': statement.predicateType,
        'org.opencontainers.image.created': options.host.now().toISOString(),
      }
      const manifest = encode({
        schemaVersion: 2,
        mediaType: IMAGE_MANIFEST,
        artifactType: BUNDLE_V03,
        config,
        layers,
        subject,
        annotations,
      })
      const pushed = await pushManifest(client, manifest)
      await ensureListed({
        client,
        sleep: options.host.sleep,
        subject,
        referrer: { ...pushed.descriptor, artifactType: BUNDLE_V03, annotations },
        claimed: pushed.claimed,
      })
      const { digest } = pushed.descriptor
      return { publisher: 'oci', id: digest, url: `oci://${image.registry}/${image.repository}@${digest}` }
    },
  }
}

/**
 * Asks the registry what an image is now. The digest is of the manifest's bytes, not a header.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`, `DIGEST_MALFORMED`, `REGISTRY_DENIED` (also: no such image),
 *   `REGISTRY_UNAVAILABLE`, `REGISTRY_MALFORMED`, `URL_DENIED`, `LIMIT_EXCEEDED`
 */
export async function resolveImage(options: OciOptions): Promise<Descriptor> {
  const image = parseImageReference(options.image)
  const { registry, repository } = image
  return await resolveSubject(buildRegistryClient({ ...options, registry, repository }), image)
}

/** The image's own descriptor, from its bytes: registries state size and digest in headers that nobody checks. */
async function resolveSubject(client: RegistryClient, image: ImageReference): Promise<Descriptor> {
  const { digest: wanted, tag } = image
  const reference = wanted === undefined ? (tag ?? '') : `${wanted.algorithm}:${wanted.hex}`
  const headers = { accept: MANIFEST_TYPES.join(', ') }
  const answer = await client({ method: 'GET', at: `manifests/${reference}`, headers, expect: [200] })
  const algorithm = wanted?.algorithm ?? 'sha256'
  const digest = digestOf(answer.body, algorithm)
  const stated = answer.headers.get('docker-content-digest')
  if (wanted === undefined ? stated?.startsWith('sha256:') && stated !== digest : digest !== reference) {
    throw malformed(answer, `the manifest of ${reference} has the digest ${digest}`)
  }
  const mediaType = mediaTypeOf(answer)
  if (!(MANIFEST_TYPES as readonly string[]).includes(mediaType)) {
    throw malformed(answer, `${reference} is no image: ${JSON.stringify(mediaType.slice(0, 100))}`)
  }
  const inside = readObject(answer).mediaType
  if (inside !== undefined && inside !== mediaType) throw malformed(answer, 'header and manifest name two media types')
  return { mediaType, digest, size: answer.body.length }
}

/** A tag may have moved since the statement was signed; a referrer on another image would vouch for nothing. */
function requireSubject(statement: Statement<unknown>, image: Descriptor, reference: string): void {
  const [algorithm = '', hex = ''] = image.digest.split(':')
  if (statement.subject.some(({ digest }) => digest[algorithm]?.toLowerCase() === hex)) return
  throw new CleanbillError('SUBJECT_MISMATCH', `the statement does not name ${reference} (${image.digest})`, {
    as: 'usage',
    hint: 'Attach a bundle to the image that it is about; has the tag moved?',
  })
}

/** POST, then PUT to the location that was given (distribution specification, "POST then PUT"). */
async function uploadBlob(client: RegistryClient, blob: Uint8Array, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(blob, 'sha256')
  const descriptor = { mediaType, digest, size: blob.length }
  for (let attempt = 1; ; attempt++) {
    const found = await client({ method: 'HEAD', at: `blobs/${digest}`, expect: [200, 302, 307, 404] })
    if (found.status !== 404) return descriptor
    const session = await client({ method: 'POST', at: 'blobs/uploads/', expect: [202] })
    const location = session.headers.get('location')
    if (location === null) throw malformed(session, 'an upload session has no location')
    const at = parseLocation(location, session.url)
    at.searchParams.set('digest', digest)
    const headers = { 'content-type': 'application/octet-stream' }
    try {
      await client({ method: 'PUT', at, headers, body: blob, expect: [201], repeat: false })
      return descriptor
    } catch (error) {
      // The session may be gone with the connection: begin anew, and look first whether the blob arrived.
      if (!isCleanbillError(error) || error.code !== 'REGISTRY_UNAVAILABLE' || attempt >= 3) throw error
    }
  }
}

async function pushManifest(client: RegistryClient, bytes: Uint8Array) {
  if (bytes.length > MANIFEST_MAX_BYTES) throw new CleanbillError('LIMIT_EXCEEDED', 'the manifest is too big')
  const digest = digestOf(bytes, 'sha256')
  const at = `manifests/${digest}`
  const answer = await client({
    method: 'PUT',
    at,
    headers: { 'content-type': IMAGE_MANIFEST },
    body: bytes,
    expect: [201],
  })
  const stored = await client({ method: 'GET', at, headers: { accept: IMAGE_MANIFEST }, expect: [200] })
  if (!isDeepStrictEqual(Buffer.from(stored.body), Buffer.from(bytes))) {
    throw malformed(stored, 'the registry gives back another manifest than it was given')
  }
  return {
    descriptor: { mediaType: IMAGE_MANIFEST, digest, size: bytes.length },
    /** The registry says that it will list this manifest itself. ECR says so and does not. */
    claimed: answer.headers.get('oci-subject') !== null,
  }
}

function digestOf(bytes: Uint8Array, algorithm: string): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

function mediaTypeOf(answer: RegistryAnswer): string {
  return (answer.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function readObject(answer: RegistryAnswer): JsonObject {
  try {
    return parseJsonObject(answer.body, 'the manifest', { maxBytes: MANIFEST_MAX_BYTES })
  } catch (error) {
    throw malformed(answer, (error as Error).message)
  }
}

function encode(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function malformed(answer: RegistryAnswer, why: string): CleanbillError {
  return new CleanbillError('REGISTRY_MALFORMED', `${answer.url.host}: ${why}`)
}
