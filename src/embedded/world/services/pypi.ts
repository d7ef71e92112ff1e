import { isJsonObject, type JsonObject, type JsonValue } from '../../../model/json.ts'
import { normalizePythonName } from '../../../model/purl.ts'
import { parsePythonFile } from '../../../model/python-file-name.ts'
import type { WorldPackage } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { ServedFile, SignedDocument, WorldState } from '../state.ts'

/**
 * pypi.org and its files: Simple index as JSON and HTML (PEP 503, 691, 700, 740), provenance, downloads. Source:
 * pypi/warehouse `warehouse/api/simple.py`, `warehouse/api/integrity.py`.
 */
export const pypiService: WorldService = { origin: 'pypi', handle }

const INDEX_TYPE = 'application/vnd.pypi.simple.v1+json'
const INTEGRITY_TYPE = 'application/vnd.pypi.integrity.v1+json'

const NOT_FOUND: WorldAnswer = { status: 404, headers: { 'content-type': 'text/plain' }, body: '404 Not Found' }

async function handle(request: WorldRequest, state: WorldState): Promise<WorldAnswer> {
  const { method, url } = request
  if (method !== 'GET' && method !== 'HEAD') return { status: 405 }
  const path = decodeURIComponent(url.pathname)
  const [, project] = /^\/simple\/([^/]+)\/?$/.exec(path) ?? []
  if (project !== undefined) return index(project, request, state)
  const [, asked, at] = /^\/pypi\/([^/]+)\/([^/]+)\/json$/.exec(path) ?? []
  if (asked !== undefined) return about(asked, at, state)
  const [, owner, version = '', fileName = ''] = /^\/integrity\/([^/]+)\/([^/]+)\/([^/]+)\/provenance$/.exec(path) ?? []
  if (owner !== undefined) return await provenance({ owner, version, fileName }, request, state)
  const [, name] = /^\/packages\/[0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}\/([^/]+)$/.exec(path) ?? []
  return name === undefined ? NOT_FOUND : download(name, path, state)
}

/** Which of the types a client takes; weights do not matter to anybody who asks here. */
function accepts({ headers }: WorldRequest, type: string): boolean {
  const wanted = (headers.accept ?? '*/*').split(',').map((part) => part.split(';')[0]?.trim())
  return wanted.includes(type)
}

interface Listed {
  readonly pack: WorldPackage
  readonly file: ServedFile
}

function filesOf(project: string, state: WorldState): readonly Listed[] {
  return state.versions('pypi', project).flatMap((pack) => state.filesOf(pack).map((file) => ({ pack, file })))
}

function index(project: string, request: WorldRequest, state: WorldState): WorldAnswer {
  const name = normalizePythonName(project)
  if (name !== project || !request.url.pathname.endsWith('/')) {
    return { status: 301, headers: { location: `/simple/${name}/` } }
  }
  const json = accepts(request, INDEX_TYPE)
  if (!json && !accepts(request, '*/*') && !accepts(request, 'text/html')) {
    return { status: 406, headers: { 'content-type': 'text/plain' }, body: 'Request not acceptable' }
  }
  const listed = filesOf(name, state)
  if (listed.length === 0) return NOT_FOUND
  const vary = { vary: 'Accept, Accept-Encoding' }
  if (!json) return { status: 200, headers: { 'content-type': 'text/html', ...vary }, body: page(name, listed, state) }
  const body = {
    'alternate-locations': [],
    files: listed.map((one) => entry(one, state)),
    meta: { '_last-serial': 20_000_000, 'api-version': '1.4' },
    name,
    'project-status': { status: 'active' },
    versions: [...new Set(listed.map(({ pack }) => pack.version))],
  }
  return { status: 200, headers: { 'content-type': INDEX_TYPE, ...vary }, body }
}

/** The older JSON API: what the publisher wrote about a release. Of its many fields those that anybody here reads. */
function about(project: string, version: string | undefined, state: WorldState): WorldAnswer {
  const pack = state.versions('pypi', project).find((one) => one.version === version)
  if (pack === undefined) return { status: 404, body: { message: 'Not Found' } }
  const repository = pack.repository ?? pack.attestation?.repository
  const urls =
    repository === undefined ? null : { Homepage: 'https://example.org', Source: `https://github.com/${repository}` }
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: { info: { name: pack.name, version, home_page: null, project_urls: urls } },
  }
}

function page(name: string, listed: readonly Listed[], state: WorldState): string {
  const links = listed.map((one) => `<a href="${fileUrl(one.file, state)}">${one.file.name}</a><br />`)
  return `<!DOCTYPE html>\n<html><head><title>Links for ${name}</title></head><body>\n${links.join('\n')}\n</body></html>\n`
}

function entry({ pack, file }: Listed, state: WorldState) {
  const wheel = file.name.endsWith('.whl')
  const metadata = wheel ? { sha256: file.digests.sha256 } : false
  return {
    'core-metadata': metadata,
    'data-dist-info-metadata': metadata,
    filename: file.name,
    hashes: { sha256: file.digests.sha256 },
    provenance: state.isAttested(pack, file) ? `${state.origin('pypi')}${provenancePath(pack, file)}` : null,
    'requires-python': '>=3.8',
    size: file.bytes ?? file.content?.length ?? 0,
    'upload-time': state.publishedAt(pack).replace(/(?:\.\d+)?Z$/, '.000000Z'),
    url: fileUrl(file, state),
    yanked: pack.yanked === true ? 'withdrawn by its author' : false,
  }
}

const provenancePath = ({ name, version }: WorldPackage, file: ServedFile): string =>
  `/integrity/${normalizePythonName(name)}/${encodeURIComponent(version)}/${encodeURIComponent(file.name)}/provenance`

function fileUrl({ name, digests }: ServedFile, state: WorldState): string {
  const { sha256 = '0'.repeat(64) } = digests
  const folder = `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256.slice(4)}`
  return `${state.origin('pypi')}/packages/${folder}/${encodeURIComponent(name)}`
}

function download(name: string, path: string, state: WorldState): WorldAnswer {
  const project = parsePythonFile(name)?.project ?? ''
  const found = filesOf(project, state).find(({ file }) => new URL(fileUrl(file, state)).pathname === encodeURI(path))
  if (found?.file.content === undefined) return NOT_FOUND
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: found.file.content }
}

async function provenance(
  asked: { readonly owner: string; readonly version: string; readonly fileName: string },
  request: WorldRequest,
  state: WorldState,
): Promise<WorldAnswer> {
  if (!accepts(request, INTEGRITY_TYPE)) return { status: 406, body: { message: 'Request not acceptable' } }
  const found = filesOf(asked.owner, state).find(({ file }) => file.name === asked.fileName)
  if (found === undefined || found.pack.version !== asked.version)
    return { status: 404, body: { message: 'Not Found' } }
  const documents = await state.attestationsOf(found.pack, found.file)
  if (documents.length === 0) return { status: 404, body: { message: `No provenance available for ${asked.fileName}` } }
  const body = {
    attestation_bundles: [{ attestations: documents.map(toPep740), publisher: publisherOf(found.pack, documents) }],
    version: 1,
  }
  return { status: 200, headers: { 'content-type': INTEGRITY_TYPE }, body }
}

/** Unsigned, as at PyPI: what the trusted publisher was when the file came in. */
function publisherOf({ attestation }: WorldPackage, [first]: readonly SignedDocument[]) {
  return {
    claims: null,
    environment: attestation?.environment ?? null,
    kind: 'GitHub',
    repository: first?.repository ?? attestation?.repository ?? '',
    workflow: (attestation?.workflow ?? 'release.yml').split('/').at(-1),
  }
}

/** A bundle in PEP 740's own form (formats.md §10). What is no bundle goes out as it is. */
function toPep740({ bundle }: SignedDocument): JsonValue {
  // Sound: a signed document is JSON.
  const from = bundle as JsonObject
  const material = objectAt(from, 'verificationMaterial')
  const envelope = objectAt(from, 'dsseEnvelope')
  const [signature] = Array.isArray(envelope.signatures) ? envelope.signatures : []
  if (!isJsonObject(signature)) return from
  return {
    version: 1,
    verification_material: {
      certificate: objectAt(material, 'certificate').rawBytes ?? null,
      transparency_entries: material.tlogEntries ?? [],
    },
    envelope: { statement: envelope.payload ?? null, signature: signature.sig ?? null },
  }
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key]
  return isJsonObject(value) ? value : {}
}
