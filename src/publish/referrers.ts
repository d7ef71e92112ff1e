import type { Host } from '../io/host.ts'
import { CleanbillError } from '../model/error.ts'
import { isJsonObject, type JsonObject, type JsonValue, parseJsonObject } from '../model/json.ts'
import { IMAGE_INDEX, MANIFEST_MAX_BYTES, MANIFEST_TYPES } from '../model/oci.ts'
import { parseLocation, type RegistryAnswer, type RegistryClient } from './registry-client.ts'

/** OCI content descriptor. Source: image specification v1.1, `descriptor.md`. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface ListingRequest {
  readonly client: RegistryClient
  readonly sleep: Host['sleep']
  readonly subject: Descriptor
  /** Our manifest, with its artifactType and annotations. */
  readonly referrer: Descriptor
  /** The registry answered the upload with `OCI-Subject`. */
  readonly claimed: boolean
}

const MAX_PAGES = 50
const MAX_ROUNDS = 5

/**
 * Makes sure that who asks for the referrers of the subject is told of ours, and looks whether that is so: by the
 * registry's own list, or where it keeps none by the index under the referrers tag.
 *
 * @throws {CleanbillError} `REGISTRY_MALFORMED` when it is listed nowhere in the end; codes of the client
 */
export async function ensureListed(request: ListingRequest): Promise<'referrers-api' | 'referrers-tag'> {
  for (let round = 0; ; round++) {
    const listed = await isListedByApi(request)
    if (listed === true) return 'referrers-api'
    // Without the API, or with one that never promised to list it (an API that was switched on in between).
    if (listed === undefined || !request.claimed) break
    if (round === MAX_ROUNDS) throw notListed(request)
    await request.sleep(200 * 2 ** round)
  }
  await addToTag(request)
  return 'referrers-tag'
}

/** undefined: the registry has no referrers API (404, or something that is no index: some answer with a web page). */
async function isListedByApi({ client, subject, referrer }: ListingRequest): Promise<boolean | undefined> {
  const query = new URLSearchParams({ artifactType: referrer.artifactType ?? '' })
  let at: string | URL = `referrers/${subject.digest}?${query}`
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer: RegistryAnswer = await client({
      method: 'GET',
      at,
      headers: { accept: IMAGE_INDEX },
      expect: [200, 301, 302, 303, 307, 308, 400, 404, 405, 501],
    })
    if (answer.status !== 200 || !isIndex(answer)) return undefined
    if (digestsIn(readIndex(answer).manifests).includes(referrer.digest)) return true
    const next = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(answer.headers.get('link') ?? '')?.[1]
    if (next === undefined) return false
    at = parseLocation(next, answer.url)
  }
  return false
}

/**
 * Read, add, write, look again. `If-Match` keeps two writers from erasing each other where the registry offers an ETag;
 * where it does not, the loser of the race sees that its entry is gone and adds it again.
 * Source: distribution specification v1.1, "Pushing Manifests with Subject", referrers tag schema.
 */
async function addToTag(request: ListingRequest): Promise<void> {
  const { client, subject, referrer, sleep } = request
  const [algorithm = '', hex = ''] = subject.digest.split(':')
  const at = `manifests/${algorithm.slice(0, 32)}-${hex.slice(0, 64)}`
  const accept = MANIFEST_TYPES.join(', ')
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (round > 0) await sleep(100 * 2 ** round)
    // Every type is accepted: a registry that is asked for an index only says 404 to an image under this tag, and the
    // image would be overwritten.
    const present = await client({ method: 'GET', at, headers: { accept }, expect: [200, 404] })
    if (present.status === 200 && !isIndex(present)) throw malformed(present, `${at} holds no index`)
    const index: JsonObject = present.status === 200 ? readIndex(present) : {}
    const manifests = Array.isArray(index.manifests) ? index.manifests : []
    if (digestsIn(manifests).includes(referrer.digest)) return
    const next = { ...index, schemaVersion: 2, mediaType: IMAGE_INDEX, manifests: [...manifests, { ...referrer }] }
    const etag = present.status === 200 ? present.headers.get('etag') : null
    const headers = { 'content-type': IMAGE_INDEX, ...(etag === null ? {} : { 'if-match': etag }) }
    const body = new TextEncoder().encode(JSON.stringify(next))
    const written = await client({ method: 'PUT', at, headers, body, expect: [201, 409, 412] })
    if (written.status !== 201) continue
    const after = await client({ method: 'GET', at, headers: { accept: IMAGE_INDEX }, expect: [200] })
    if (isIndex(after) && digestsIn(readIndex(after).manifests).includes(referrer.digest)) return
  }
  throw notListed(request)
}

function isIndex(answer: RegistryAnswer): boolean {
  return (answer.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() === IMAGE_INDEX
}

function readIndex(answer: RegistryAnswer): JsonObject {
  let index: JsonObject
  try {
    index = parseJsonObject(answer.body, 'the index', { maxBytes: MANIFEST_MAX_BYTES })
  } catch (error) {
    throw malformed(answer, (error as Error).message)
  }
  if (!Array.isArray(index.manifests)) throw malformed(answer, 'an index has no list of manifests')
  return index
}

function digestsIn(manifests: JsonValue | undefined): JsonValue[] {
  return Array.isArray(manifests) ? manifests.flatMap((m) => (isJsonObject(m) ? [m.digest ?? null] : [])) : []
}

function notListed({ referrer, subject }: ListingRequest): CleanbillError {
  return new CleanbillError(
    'REGISTRY_MALFORMED',
    `the registry took ${referrer.digest} and does not list it as a referrer of ${subject.digest}`,
    { hint: 'The bundle is on disk; verify with --bundle.' },
  )
}

function malformed(answer: RegistryAnswer, why: string): CleanbillError {
  return new CleanbillError('REGISTRY_MALFORMED', `${answer.url.host}: ${why}`)
}
