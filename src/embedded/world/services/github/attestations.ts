import { compress } from 'snappyjs'
import { RELEASE_V01, RELEASE_V02 } from '../../../../model/predicates/release.ts'
import type { WorldDescription, WorldPackage } from '../../description.ts'
import type { WorldAnswer, WorldRequest } from '../../route.ts'
import type { ServedFile, SignedDocument, WorldState } from '../../state.ts'
import { json, notFound } from './answers.ts'
import type { Caller } from './caller.ts'
import { see, tagObject } from './git.ts'

interface Stored {
  readonly pack: WorldPackage
  readonly file: ServedFile
}
const indexes = new WeakMap<WorldDescription, Map<string, Stored[]>>()

/** What GitHub's store has, by `algorithm:hex`. Built once for a description, signed when it is asked for. */
function indexOf(state: WorldState): Map<string, Stored[]> {
  const description = state.description()
  const known = indexes.get(description)
  if (known !== undefined) return known
  const index = new Map<string, Stored[]>()
  for (const pack of description.packages.filter(({ onGithub }) => onGithub === true)) {
    for (const file of state.filesOf(pack).filter((one) => state.isAttested(pack, one))) {
      for (const [algorithm, hex] of Object.entries(file.digests)) {
        const key = `${algorithm}:${hex}`
        index.set(key, [...(index.get(key) ?? []), { pack, file }])
      }
    }
  }
  indexes.set(description, index)
  return index
}

/** npm's own publish attestation is in npm's registry only. */
const isOurs = ({ predicateType }: SignedDocument) => !predicateType.startsWith('https://github.com/npm/')

async function storedFor(state: WorldState, digest: string): Promise<SignedDocument[]> {
  const stored = indexOf(state).get(digest) ?? []
  const lists = await Promise.all(stored.map(({ pack, file }) => state.attestationsOf(pack, file)))
  return lists.flat().filter(isOurs)
}

/** Immutable releases of one repository whose tag points at this object. */
async function releasesFor(state: WorldState, name: string, digest: string): Promise<SignedDocument[]> {
  const repository = state.repository(name)
  if (repository === undefined || !digest.startsWith('sha1:')) return []
  const object = digest.slice('sha1:'.length)
  const tags = repository.tags.filter((tag) => tagObject(repository, tag) === object).map(({ name: tag }) => tag)
  const immutable = repository.releases.filter(({ tag, immutable: is }) => is && tags.includes(tag))
  return Promise.all(immutable.map((release) => state.releaseAttestation(repository.name, release, object)))
}

const WANTED: Readonly<Record<string, readonly string[]>> = {
  provenance: ['https://slsa.dev/provenance/v1', 'https://slsa.dev/provenance/v0.2'],
  sbom: ['https://spdx.dev/Document/v2.3', 'https://cyclonedx.org/bom'],
  release: [RELEASE_V01, RELEASE_V02],
}

/** `GET /repos/{o}/{r}/attestations/{digest}` */
export async function listByRepository(
  state: WorldState,
  name: string,
  digest: string,
  query: URLSearchParams,
): Promise<WorldAnswer> {
  if (!/^(?:sha1:[0-9a-f]{40}|sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(digest)) {
    return json(422, { message: 'Invalid subject digest', status: '422' })
  }
  const type = query.get('predicate_type')
  const all = [...(await storedFor(state, digest)), ...(await releasesFor(state, name, digest))].filter(
    (one) =>
      one.repository.toLowerCase() === name.toLowerCase() &&
      (type === null || (WANTED[type] ?? [type]).includes(one.predicateType)),
  )
  if (all.length === 0 && state.description().github?.nothing === 404) return notFound()
  const { page, next } = pageOf(all, query)
  const link = new URLSearchParams(query)
  link.set('after', next ?? '')
  const headers =
    next === undefined ? {} : { link: `<${state.origin('github')}/repositories/attestations?${link}>; rel="next"` }
  return json(200, { attestations: page.map((one) => toEntry(state, digest, one)) }, headers)
}

/** `POST /orgs/{org}/attestations/bulk-list`: pages go over the attestations of all digests, in their order. */
export async function bulkList(
  state: WorldState,
  caller: Caller,
  owner: string,
  request: WorldRequest,
): Promise<WorldAnswer> {
  if (caller.kind === 'anonymous') return json(401, { message: 'Requires authentication', status: '401' })
  const digests = digestsIn(request.body)
  if (digests === undefined) return json(422, { message: 'Invalid request.', status: '422' })
  const all: { digest: string; document: SignedDocument }[] = []
  for (const digest of digests) {
    const documents = await storedFor(state, digest)
    all.push(
      ...documents.filter((one) => isVisible(state, caller, owner, one)).map((document) => ({ digest, document })),
    )
  }
  const { page, next, start } = pageOf(all, request.url.searchParams)
  const map: Record<string, object[] | null> = {}
  // "Nothing" is said on the first page, what there is on its own.
  if (start === 0) for (const digest of digests) if (!all.some((one) => one.digest === digest)) map[digest] = null
  for (const { digest, document } of page) {
    const list = map[digest] ?? []
    map[digest] = list
    list.push(toEntry(state, digest, document))
  }
  const info = { has_next: next !== undefined, has_previous: start > 0, next: next ?? null, previous: null }
  return json(200, { attestations_subject_digests: map, page_info: info })
}

function isVisible(state: WorldState, caller: Caller, owner: string, { repository }: SignedDocument): boolean {
  return (
    repository.toLowerCase().startsWith(`${owner.toLowerCase()}/`) &&
    see(state, caller, repository).kind === 'repository'
  )
}

function digestsIn(body: Uint8Array): string[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    const list =
      typeof value === 'object' && value !== null && 'subject_digests' in value ? value.subject_digests : undefined
    const good =
      Array.isArray(list) && list.length > 0 && list.length <= 1024 && list.every((one) => typeof one === 'string')
    return good ? list : undefined
  } catch {
    return undefined
  }
}

function pageOf<T>(all: readonly T[], query: URLSearchParams): { page: T[]; start: number; next?: string } {
  const size = Math.min(Math.max(Number(query.get('per_page') ?? 30) || 30, 1), 100)
  const after = query.get('after')
  const start = after === null ? 0 : Number(Buffer.from(after, 'base64url').toString()) || 0
  const page = all.slice(start, start + size)
  const end = start + page.length
  return { page, start, ...(end < all.length ? { next: Buffer.from(String(end)).toString('base64url') } : {}) }
}

/** Bundles that were handed out by address. */
const blobs = new WeakMap<WorldState, Map<string, object>>()

function toEntry(state: WorldState, digest: string, { bundle, predicateType, repository }: SignedDocument): object {
  const variant = state.description().github?.bundles ?? 'inline'
  const id = Number(state.repository(repository)?.id ?? 0)
  const inline = variant === 'inline' || variant === 'both'
  const byUrl = variant === 'url' || variant === 'both'
  return {
    bundle: inline ? bundle : null,
    repository_id: id,
    bundle_url: byUrl
      ? keepBlob(state, `${id}-${digest.replace(':', '-')}-${Buffer.from(predicateType).toString('base64url')}`, bundle)
      : '',
    initiator: 'user',
  }
}

function keepBlob(state: WorldState, name: string, bundle: object): string {
  const kept = blobs.get(state) ?? new Map<string, object>()
  blobs.set(state, kept)
  const path = `/attestations/${name}.json.sn`
  kept.set(path, bundle)
  return `${state.origin('github-blobs')}${path}?se=2026-12-31T00%3A00%3A00Z&sig=c2lnbmVk&sp=r`
}

/** Pre-signed storage: it takes the signature of the address and no other credentials. */
export function serveBlob(state: WorldState, { method, url, headers }: WorldRequest): WorldAnswer {
  const bundle = blobs.get(state)?.get(url.pathname)
  if (headers.authorization !== undefined)
    return { status: 403, body: '<Error><Code>AuthenticationFailed</Code></Error>' }
  if (method !== 'GET' || bundle === undefined || url.searchParams.get('sig') === null) {
    return { status: 404, body: '<Error><Code>BlobNotFound</Code></Error>' }
  }
  const bytes = compress(new TextEncoder().encode(JSON.stringify(bundle)))
  return { status: 200, headers: { 'content-type': 'application/x-snappy' }, body: bytes }
}
