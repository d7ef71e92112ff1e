import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { close, type Fault, listen, misbehaveNow, type RecordedRequest, record } from './loopback-server.ts'

export interface OciRegistrySetup {
  /**
   * `on`: the referrers API of v1.1. `off`: none (404). `claimed`: answers `OCI-Subject` and serves no list, as ECR.
   * `unlisted`: the API is there and forgets. Default `on`.
   */
  readonly referrers?: 'on' | 'off' | 'claimed' | 'unlisted'
  readonly auth?: 'none' | 'basic' | 'bearer'
  /** Default `robot` / `registry-password`. */
  readonly credentials?: { readonly username: string; readonly password: string; readonly identityToken?: string }
  /** Answers manifests with an ETag and honours `If-Match`. */
  readonly etag?: boolean
  /** Gives upload locations and blob downloads on another origin (object storage). */
  readonly storage?: boolean
  /** Entries of one page of referrers. */
  readonly pageSize?: number
  /** Replaces the realm of the challenge. */
  readonly realm?: string
}

interface Manifest {
  readonly bytes: Buffer
  readonly mediaType: string
}

export interface OciRegistry {
  /** `127.0.0.1:<port>` */
  readonly host: string
  /** To the registry, the token service and the storage; `to` tells them apart. */
  readonly requests: (RecordedRequest & { readonly to: 'registry' | 'token' | 'storage' })[]
  readonly blobs: Map<string, Buffer>
  /** By `<repository>@<digest>` and `<repository>:<tag>`. */
  readonly manifests: Map<string, Manifest>
  /** Puts an image there, as a push before would have. */
  readonly seed: (repository: string, tag: string, manifest?: object) => { digest: string; size: number }
  readonly misbehave: (match: string, ...faults: readonly Fault[]) => void
  /** Runs once before the next request whose `METHOD path` contains `match` (another writer in a race). */
  readonly before: (match: string, action: () => void) => void
  readonly close: () => Promise<void>
}

const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const digestOf = (bytes: Buffer, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`

/** An OCI registry on loopback that holds clients to the distribution specification v1.1: digests, sizes, order, auth. */
export async function startOciRegistry(setup: OciRegistrySetup = {}): Promise<OciRegistry> {
  const { auth = 'none', referrers = 'on' } = setup
  const credentials = setup.credentials ?? { username: 'robot', password: 'registry-password' }
  const basic = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  const requests: OciRegistry['requests'] = []
  const blobs = new Map<string, Buffer>()
  const manifests = new Map<string, Manifest>()
  const uploads = new Set<string>()
  const tokens = new Map<string, string>()
  const faults: { match: string; fault: Fault }[] = []
  const actions: { match: string; action: () => void }[] = []

  const fail = (out: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): undefined => {
    out.writeHead(status, { 'content-type': 'application/json', ...headers })
    out.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }))
  }

  function isAuthorized(request: RecordedRequest, repository: string): boolean {
    if (auth === 'none') return true
    const given = request.headers.authorization ?? ''
    if (auth === 'basic') return given === basic
    return tokens.get(given.replace(/^Bearer /, '')) === `repository:${repository}:pull,push`
  }

  function challenge(out: ServerResponse): undefined {
    const realm = setup.realm ?? `${tokenUrl}/token`
    const value =
      auth === 'basic' ? 'Basic realm="test"' : `Bearer realm="${realm}",service="test-registry",scope="repository:*:*"`
    fail(out, 401, 'UNAUTHORIZED', { 'www-authenticate': value })
  }

  const token = createServer(async (incoming, out) => {
    const request = await record(incoming)
    requests.push({ ...request, to: 'token' })
    const fault = takeFault(request)
    if (fault !== undefined) return misbehaveNow(fault, out)
    const query = new URL(request.path, 'http://x').searchParams
    const form = new URLSearchParams(request.body)
    const refreshed =
      form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === credentials.identityToken
    if (request.method === 'POST' ? !refreshed : request.headers.authorization !== basic) {
      return fail(out, 401, 'UNAUTHORIZED')
    }
    const given = request.method === 'POST' ? form : query
    if (given.get('service') !== 'test-registry') return fail(out, 400, 'BAD_SERVICE')
    const value = `token-${randomUUID()}`
    tokens.set(value, given.get('scope') ?? '')
    out.writeHead(200, { 'content-type': 'application/json' })
    out.end(JSON.stringify(request.method === 'POST' ? { access_token: value } : { token: value, expires_in: 300 }))
  })

  /** Object storage: knows upload sessions, and takes no `Authorization` (S3 answers 400 to two kinds of it). */
  const storage = createServer(async (incoming, out) => {
    const request = await record(incoming)
    requests.push({ ...request, to: 'storage' })
    if (request.headers.authorization !== undefined) return fail(out, 400, 'ONLY_ONE_AUTH_MECHANISM')
    finishUpload(request, out)
  })

  const registry = createServer((incoming, out) => {
    void serve(incoming, out).catch((error: unknown) => out.destroy(error as Error))
  })
  const tokenUrl = await listen(token)
  const storageUrl = await listen(storage)
  const url = await listen(registry)

  function takeFault(request: RecordedRequest): Fault | undefined {
    const at = faults.findIndex(({ match }) => `${request.method} ${request.path}`.includes(match))
    return at < 0 ? undefined : faults.splice(at, 1)[0]?.fault
  }

  async function serve(incoming: IncomingMessage, out: ServerResponse): Promise<undefined> {
    const request = await record(incoming)
    requests.push({ ...request, to: 'registry' })
    const at = actions.findIndex(({ match }) => `${request.method} ${request.path}`.includes(match))
    if (at >= 0) actions.splice(at, 1)[0]?.action()
    const fault = takeFault(request)
    if (fault !== undefined) return misbehaveNow(fault, out)
    const path = new URL(request.path, url).pathname
    const match = /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|referrers)\/([^/]*)$/.exec(path)
    if (match === null) return fail(out, 404, 'NAME_UNKNOWN')
    const [, repository = '', kind, reference = ''] = match
    if (!isAuthorized(request, repository)) return challenge(out)
    if (kind === 'blobs/uploads') return serveUpload(request, out, repository)
    if (kind === 'blobs') return serveBlob(request, out, reference)
    if (kind === 'referrers') return serveReferrers(request, out, repository, reference)
    return request.method === 'PUT'
      ? putManifest(request, out, repository, reference)
      : getManifest(request, out, repository, reference)
  }

  function serveUpload(request: RecordedRequest, out: ServerResponse, repository: string): undefined {
    if (request.method === 'PUT') return finishUpload(request, out)
    if (request.method !== 'POST') return fail(out, 405, 'UNSUPPORTED')
    const session = randomUUID()
    uploads.add(session)
    const path = `/v2/${repository}/blobs/uploads/${session}?state=a%2Fb`
    out.writeHead(202, { location: setup.storage ? `${storageUrl}${path}` : path, 'content-length': '0' })
    out.end()
  }

  function finishUpload(request: RecordedRequest, out: ServerResponse): undefined {
    const { pathname, searchParams } = new URL(request.path, url)
    const session = pathname.split('/').at(-1) ?? ''
    if (request.method !== 'PUT' || !uploads.delete(session) || searchParams.get('state') !== 'a/b') {
      return fail(out, 404, 'BLOB_UPLOAD_UNKNOWN')
    }
    const bytes = Buffer.from(request.body, 'utf8')
    if (searchParams.get('digest') !== digestOf(bytes)) return fail(out, 400, 'DIGEST_INVALID')
    blobs.set(digestOf(bytes), bytes)
    out.writeHead(201, { location: `/v2/x/blobs/${digestOf(bytes)}`, 'docker-content-digest': digestOf(bytes) })
    out.end()
  }

  function serveBlob(request: RecordedRequest, out: ServerResponse, digest: string): undefined {
    const bytes = blobs.get(digest)
    if (bytes === undefined) return fail(out, 404, 'BLOB_UNKNOWN')
    if (setup.storage) {
      out.writeHead(307, { location: `${storageUrl}/${digest}` })
      return void out.end()
    }
    out.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length })
    out.end(request.method === 'HEAD' ? undefined : bytes)
  }

  function find(repository: string, reference: string): Manifest | undefined {
    return manifests.get(reference.includes(':') ? `${repository}@${reference}` : `${repository}:${reference}`)
  }

  function getManifest(
    request: RecordedRequest,
    out: ServerResponse,
    repository: string,
    reference: string,
  ): undefined {
    const found = find(repository, reference)
    const accepted = (request.headers.accept ?? '*/*').split(',').map((entry) => entry.trim())
    if (found === undefined || !(accepted.includes('*/*') || accepted.includes(found.mediaType))) {
      return fail(out, 404, 'MANIFEST_UNKNOWN')
    }
    out.writeHead(200, {
      'content-type': found.mediaType,
      'content-length': found.bytes.length,
      'docker-content-digest': digestOf(found.bytes),
      ...(setup.etag ? { etag: `"${digestOf(found.bytes)}"` } : {}),
    })
    out.end(request.method === 'HEAD' ? undefined : found.bytes)
  }

  function putManifest(
    request: RecordedRequest,
    out: ServerResponse,
    repository: string,
    reference: string,
  ): undefined {
    const bytes = Buffer.from(request.body, 'utf8')
    const mediaType = request.headers['content-type'] ?? ''
    const manifest = JSON.parse(request.body) as Record<string, unknown>
    const descriptors = [manifest.config, ...((manifest.layers as unknown[]) ?? [])] as {
      digest: string
      size: number
    }[]
    if (reference.includes(':') && reference !== digestOf(bytes)) return fail(out, 400, 'DIGEST_INVALID')
    if (manifest.mediaType !== mediaType) return fail(out, 400, 'MANIFEST_INVALID')
    if (mediaType === MANIFEST && descriptors.some(({ digest, size }) => blobs.get(digest)?.length !== size)) {
      return fail(out, 404, 'MANIFEST_BLOB_UNKNOWN')
    }
    const listed = (manifest.manifests as { digest: string }[] | undefined) ?? []
    if (listed.some(({ digest }) => !manifests.has(`${repository}@${digest}`)))
      return fail(out, 404, 'MANIFEST_UNKNOWN')
    const present = find(repository, reference)
    const condition = request.headers['if-match']
    if (setup.etag && condition !== undefined && (!present || condition !== `"${digestOf(present.bytes)}"`)) {
      return fail(out, 412, 'PRECONDITION_FAILED')
    }
    store(repository, reference, { bytes, mediaType })
    const subject = manifest.subject as { digest: string } | undefined
    const claims = subject !== undefined && referrers !== 'off'
    out.writeHead(201, {
      'docker-content-digest': digestOf(bytes),
      ...(claims ? { 'oci-subject': subject.digest } : {}),
    })
    out.end()
  }

  function store(repository: string, reference: string, manifest: Manifest): undefined {
    manifests.set(`${repository}@${digestOf(manifest.bytes)}`, manifest)
    if (!reference.includes(':')) manifests.set(`${repository}:${reference}`, manifest)
  }

  function serveReferrers(
    request: RecordedRequest,
    out: ServerResponse,
    repository: string,
    subject: string,
  ): undefined {
    if (referrers === 'off' || referrers === 'claimed') return fail(out, 404, 'NOT_FOUND')
    const query = new URL(request.path, url).searchParams
    const type = query.get('artifactType')
    const all = [...manifests].flatMap(([key, { bytes, mediaType }]) => {
      const body = JSON.parse(bytes.toString('utf8'))
      if (!key.startsWith(`${repository}@`) || body.subject?.digest !== subject) return []
      const { artifactType, annotations } = body
      return [{ mediaType, digest: digestOf(bytes), size: bytes.length, artifactType, annotations }]
    })
    const wanted = referrers === 'unlisted' ? [] : all.filter((entry) => type === null || entry.artifactType === type)
    const start = Number(query.get('n') ?? 0)
    const size = setup.pageSize ?? 100
    const more = start + size < wanted.length
    query.set('n', String(start + size))
    out.writeHead(200, {
      'content-type': INDEX,
      'oci-filters-applied': 'artifactType',
      ...(more ? { link: `</v2/${repository}/referrers/${subject}?${query}>; rel="next"` } : {}),
    })
    out.end(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: wanted.slice(start, start + size) }))
  }

  return {
    host: new URL(url).host,
    requests,
    blobs,
    manifests,
    seed(repository, tag, manifest = { schemaVersion: 2, mediaType: MANIFEST, config: {}, layers: [] }) {
      const bytes = Buffer.from(JSON.stringify(manifest))
      const mediaType = 'mediaType' in manifest ? String(manifest.mediaType) : MANIFEST
      store(repository, tag, { bytes, mediaType })
      return { digest: digestOf(bytes), size: bytes.length }
    },
    misbehave: (match, ...list) => void faults.push(...list.map((fault) => ({ match, fault }))),
    before: (match, action) => void actions.push({ match, action }),
    close: async () => void (await Promise.all([registry, token, storage].map(close))),
  }
}
