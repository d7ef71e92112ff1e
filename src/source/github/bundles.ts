import type { FetchedDocument } from '../../model/attestation.ts'
import { parseAttestations } from '../../model/bundle.ts'
import { isCleanbillError } from '../../model/error.ts'
import type { SourceError } from '../../model/evidence.ts'
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../model/json.ts'
import type { SourceSession } from '../source.ts'
import { GITHUB, sourceError } from './api.ts'
import { unsnap } from './unsnap.ts'

/** As it comes and as it is after decompression. */
const MAX_BUNDLE_BYTES = 16 * 1024 * 1024
/** Where GitHub keeps bundles. A part of the name that anybody can register would be no bound; a whole domain is. */
const BLOB_HOSTS = ['.blob.core.windows.net']

export type BundleResult =
  | { readonly kind: 'document'; readonly document: FetchedDocument }
  | { readonly kind: 'failed'; readonly error: SourceError }

/**
 * The bundle of one entry of a list: inline where it is there, else from `bundle_url`, which some answers carry in its
 * place since 2026-07-16 (T-NS-11). An entry with neither is not "nothing": it is an attestation that we do not have.
 */
export async function readBundleEntry(entry: JsonValue, where: string, session: SourceSession): Promise<BundleResult> {
  if (!isJsonObject(entry)) return failed('malformed', `${where} is no entry of a list of attestations`)
  if (isJsonObject(entry.bundle)) return { kind: 'document', document: parseBundle(entry.bundle, where) }
  const url = entry.bundle_url
  if (typeof url !== 'string' || url === '') return failed('malformed', `${where} has neither a bundle nor its address`)
  return fetchBundle(url, where, session)
}

async function fetchBundle(url: string, where: string, session: SourceSession): Promise<BundleResult> {
  const answer = await session.client.fetch({
    source: GITHUB,
    url,
    trust: 'supplied',
    hosts: BLOB_HOSTS,
    // The address is signed by itself; whose storage it is does not matter to a token, which must not go there (T-NS-05).
    anonymous: true,
    maxBytes: MAX_BUNDLE_BYTES,
    cacheAs: `github-bundle ${url.split('?')[0]}`,
    keepIf: (body) => bundleIn(body, where) !== undefined,
  })
  if (answer.kind === 'failed') return answer
  if (answer.status !== 200) {
    const fault = answer.status === 403 || answer.status === 404 ? 'unreadable' : 'malformed'
    return failed(fault, `${where}: its bundle is not where GitHub says it is (status ${answer.status})`)
  }
  const bundle = bundleIn(answer.body, where)
  return bundle === undefined
    ? failed('malformed', `${where}: its bundle is neither a snappy block of JSON nor JSON`)
    : { kind: 'document', document: parseBundle(bundle, where) }
}

function bundleIn(body: Uint8Array, where: string): JsonObject | undefined {
  try {
    // `{` as a length would declare 123 bytes, which no bundle has: it is JSON as it stands.
    const bundle = parseJson(body[0] === 0x7b ? body : unsnap(body, MAX_BUNDLE_BYTES), where)
    return isJsonObject(bundle) ? bundle : undefined
  } catch (error) {
    if (isCleanbillError(error)) return undefined
    throw error
  }
}

/** A bundle that came and cannot be read is evidence that is refused, with its reason; it hides no other one. */
function parseBundle(bundle: JsonObject, where: string): FetchedDocument {
  try {
    return parseAttestations(Buffer.from(JSON.stringify({ attestations: [{ bundle }] })), where)
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    return { form: 'github-api', attestations: [], unreadable: [{ where, error }] }
  }
}

function failed(fault: SourceError['fault'], message: string): BundleResult {
  return { kind: 'failed', error: sourceError(fault, message) }
}
