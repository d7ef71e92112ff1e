import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { close, type Fault, listen, misbehaveNow, type RecordedRequest, record } from './loopback-server.ts'

export type { Fault, RecordedRequest } from './loopback-server.ts'

export interface RepositorySetup {
  /** `owner/name`. */
  readonly name: string
  readonly id?: number
  readonly visibility?: 'public' | 'private' | 'internal'
  readonly ownerType?: 'Organization' | 'User'
  /** Enterprise Cloud keeps attestations of private repositories; other plans do not. */
  readonly privateStore?: boolean
}

/** What a token may do in its repositories. */
export interface TokenSetup {
  readonly attestations: 'write' | 'read' | 'none'
  /** Repositories it sees; all when absent. */
  readonly repositories?: readonly string[]
}

export interface GithubApiSetup {
  readonly repositories?: readonly RepositorySetup[]
  readonly tokens?: Readonly<Record<string, TokenSetup>>
  /** Number of the first attestation; a string where it is beyond 2^53. */
  readonly firstId?: number | string
  /** Sets `X-GitHub-Enterprise-Version` and offers no attestations. */
  readonly enterpriseServer?: string
}

export interface StoredAttestation {
  readonly id: number | string
  readonly repository: string
  readonly bundle: Record<string, unknown>
  readonly predicateType: string
  readonly digests: readonly string[]
}

export interface RouteContext {
  readonly request: RecordedRequest
  readonly url: URL
  /** Named groups of the route's pattern, decoded. */
  readonly parameters: Readonly<Record<string, string>>
  /** A string is sent as it is. */
  readonly json: (status: number, body: unknown, headers?: Record<string, string>) => undefined
}

export type RouteHandler = (context: RouteContext) => undefined | Promise<undefined>

export interface GithubApi {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  readonly requests: RecordedRequest[]
  readonly attestations: StoredAttestation[]
  /** Adds a route: `:name` stands for one segment. The newest matching route answers. */
  readonly route: (method: string, pattern: string, handler: RouteHandler) => void
  /** Queues faults for requests whose `METHOD path` contains `match`; each is used once. */
  readonly misbehave: (match: string, ...faults: readonly Fault[]) => void
  readonly close: () => Promise<void>
}

const DOCS = 'https://docs.github.com/rest'
const BUNDLE_TYPES = ['0.1', '0.2', '0.3'].map((v) => `application/vnd.dev.sigstore.bundle+json;version=${v}`)
const KNOWN_BUNDLES = new Set([...BUNDLE_TYPES, 'application/vnd.dev.sigstore.bundle.v0.3+json'])

/**
 * GitHub's REST API on loopback, as far as attestations go: it holds callers to the real headers, permissions, request
 * shapes and pages (OpenAPI description 2022-11-28; the two texts of "Feature not available" are GitHub's own).
 */
export async function startGithubApi(setup: GithubApiSetup = {}): Promise<GithubApi> {
  const repositories = setup.repositories ?? [{ name: 'acme/model' }]
  const tokens: Readonly<Record<string, TokenSetup>> = setup.tokens ?? { 'test-token': { attestations: 'write' } }
  const requests: RecordedRequest[] = []
  const attestations: StoredAttestation[] = []
  const routes: { method: string; pattern: RegExp; handler: RouteHandler }[] = []
  const faults: { match: string; fault: Fault }[] = []
  let nextId: number | string = setup.firstId ?? 4711

  const route: GithubApi['route'] = (method, pattern, handler) => {
    const source = pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:(\w+)/g, '(?<$1>[^/]+)')
    routes.unshift({ method, pattern: new RegExp(`^${source}$`), handler })
  }

  /** Who asks, for which repository? Answers itself and returns undefined when the caller may not. */
  function enter(context: RouteContext): { repository: RepositorySetup; token: TokenSetup | undefined } | undefined {
    const { authorization } = context.request.headers
    const given = /^(?:bearer|token) (\S+)$/i.exec(authorization ?? '')?.[1]
    const token = given === undefined ? undefined : Object.hasOwn(tokens, given) ? tokens[given] : undefined
    if (authorization !== undefined && token === undefined) {
      context.json(401, { message: 'Bad credentials', documentation_url: DOCS, status: '401' })
      return undefined
    }
    const name = `${context.parameters.owner}/${context.parameters.repo}`
    const repository = repositories.find((entry) => entry.name.toLowerCase() === name.toLowerCase())
    const hidden = (repository?.visibility ?? 'public') !== 'public' && token === undefined
    if (repository === undefined || hidden || token?.repositories?.includes(repository.name) === false) {
      context.json(404, { message: 'Not Found', documentation_url: DOCS, status: '404' })
      return undefined
    }
    return { repository, token }
  }

  const notAccessible = { message: 'Resource not accessible by integration', documentation_url: DOCS, status: '403' }

  function hasStore(repository: RepositorySetup, context: RouteContext): boolean {
    if (setup.enterpriseServer !== undefined) {
      context.json(404, { message: 'Not Found', documentation_url: DOCS, status: '404' })
      return false
    }
    if ((repository.visibility ?? 'public') === 'public' || repository.privateStore === true) return true
    const owner = repository.name.split('/')[0]
    const message =
      repository.ownerType === 'User'
        ? 'Feature not available for user-owned private repositories. To enable this feature, please make this repository public.'
        : `Feature not available for the ${owner} organization. To enable this feature, please upgrade the billing plan, or make this repository public.`
    context.json(403, { message, documentation_url: DOCS, status: '403' })
    return false
  }

  route('GET', '/repos/:owner/:repo', (context) => {
    const found = enter(context)
    if (found === undefined) return
    const { name, id = 1001, visibility = 'public', ownerType = 'Organization' } = found.repository
    const [login] = name.split('/')
    context.json(200, {
      id,
      name: name.split('/')[1],
      full_name: name,
      private: visibility !== 'public',
      visibility,
      owner: { login, id: 2002, type: ownerType },
      default_branch: 'main',
    })
  })

  route('POST', '/repos/:owner/:repo/attestations', (context) => {
    const found = enter(context)
    if (found === undefined) return
    if (found.token === undefined) {
      return context.json(401, { message: 'Requires authentication', documentation_url: DOCS, status: '401' })
    }
    if (found.token.attestations !== 'write') return context.json(403, notAccessible)
    if (!hasStore(found.repository, context)) return
    const checked = checkBundle(context.request)
    if ('refusal' in checked) return context.json(checked.refusal.status, checked.refusal.body)
    const id = nextId
    nextId = typeof id === 'number' ? id + 1 : String(BigInt(id) + 1n)
    attestations.push({ id, repository: found.repository.name, ...checked })
    // A number beyond 2^53 is still a JSON number on the wire.
    context.json(201, `{"id":${id}}`)
  })

  route('GET', '/repos/:owner/:repo/attestations/:digest', (context) => {
    const found = enter(context)
    if (found === undefined) return
    if (found.token?.attestations === 'none') return context.json(403, notAccessible)
    if (!hasStore(found.repository, context)) return
    const digest = context.parameters.digest ?? ''
    if (!/^sha256:[0-9a-f]{64}$|^sha1:[0-9a-f]{40}$/.test(digest)) {
      return context.json(422, { message: 'Invalid subject digest', documentation_url: DOCS, status: '422' })
    }
    const type = context.url.searchParams.get('predicate_type')
    const wanted = type === 'provenance' ? 'https://slsa.dev/provenance/v1' : type
    const all = attestations.filter(
      (entry) =>
        entry.repository === found.repository.name &&
        entry.digests.includes(digest) &&
        (wanted === null || entry.predicateType === wanted),
    )
    if (all.length === 0) return context.json(404, { message: 'Not Found', documentation_url: DOCS, status: '404' })
    answerPage(context, all, found.repository.id ?? 1001)
  })

  const server = createServer((incoming, outgoing) => {
    void serve(incoming, outgoing).catch((error: unknown) => outgoing.destroy(error as Error))
  })

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<undefined> {
    const request = await record(incoming)
    requests.push(request)
    const at = faults.findIndex(({ match }) => `${request.method} ${request.path}`.includes(match))
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0]?.fault
    if (fault !== undefined) return misbehaveNow(fault, outgoing)
    const json: RouteContext['json'] = (status, body, headers = {}) => {
      outgoing.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        'x-github-request-id': 'TEST:1',
        'x-ratelimit-limit': '5000',
        'x-ratelimit-remaining': '4999',
        ...(setup.enterpriseServer === undefined ? {} : { 'x-github-enterprise-version': setup.enterpriseServer }),
        ...headers,
      })
      outgoing.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
    const url = new URL(request.path, 'http://127.0.0.1')
    for (const { method, pattern, handler } of routes) {
      const match = method === request.method ? pattern.exec(url.pathname) : null
      if (match === null) continue
      const groups = Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)])
      const context = { request, url, parameters: Object.fromEntries(groups), json }
      if (url.pathname.startsWith('/repos/') && !checkHeaders(context)) return
      return handler(context)
    }
    json(404, { message: 'Not Found', documentation_url: DOCS, status: '404' })
  }

  const url = await listen(server)
  return {
    url,
    requests,
    attestations,
    route,
    misbehave: (match, ...list) => void faults.push(...list.map((fault) => ({ match, fault }))),
    close: () => close(server),
  }
}

function checkHeaders({ request, json }: RouteContext): boolean {
  const { accept = '*/*', 'user-agent': agent, 'x-github-api-version': version } = request.headers
  if (agent === undefined || agent === '') {
    json(403, {
      message: 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
    })
  } else if (!/^application\/(vnd\.github(\.v3)?\+)?json$|^\*\/\*$/.test(accept)) {
    json(415, {
      message: `Unsupported 'Accept' header: '${accept}'. Must accept 'application/json'.`,
      documentation_url: DOCS,
    })
  } else if (version !== undefined && !['2022-11-28', '2026-03-10'].includes(version)) {
    json(400, { message: `${version} is not a supported version.`, documentation_url: DOCS })
  } else return true
  return false
}

type Checked =
  | { bundle: Record<string, unknown>; predicateType: string; digests: string[] }
  | { refusal: { status: number; body: unknown } }

/** The body, as strictly as the store: one DSSE signature, a statement with subjects. */
function checkBundle(request: RecordedRequest): Checked {
  const invalid = (message: string) => ({
    refusal: {
      status: 422,
      body: { message: 'Invalid request.', errors: [message], documentation_url: DOCS, status: '422' },
    },
  })
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return { refusal: { status: 415, body: { message: 'Unsupported Media Type' } } }
  }
  const body = parseObject(request.body)
  if (body === undefined) return { refusal: { status: 400, body: { message: 'Problems parsing JSON' } } }
  if (Object.keys(body).some((key) => key !== 'bundle'))
    return invalid(`"${Object.keys(body)}" is not a permitted key.`)
  const bundle = asObject(body.bundle)
  if (bundle === undefined) return invalid('"bundle" wasn\'t supplied.')
  const extra = Object.keys(bundle).filter(
    (key) => !['mediaType', 'verificationMaterial', 'dsseEnvelope'].includes(key),
  )
  if (extra.length > 0) return invalid(`"bundle": "${extra[0]}" is not a permitted key.`)
  if (!KNOWN_BUNDLES.has(String(bundle.mediaType))) return invalid('"bundle": unsupported media type.')
  const material = asObject(bundle.verificationMaterial)
  if (material === undefined || Object.keys(material).length === 0)
    return invalid('"bundle": no verification material.')
  const envelope = asObject(bundle.dsseEnvelope)
  if (envelope?.payloadType !== 'application/vnd.in-toto+json') return invalid('"bundle": unsupported payload type.')
  if (!Array.isArray(envelope.signatures) || envelope.signatures.length !== 1) {
    return invalid('"bundle": must have exactly one signature.')
  }
  const statement = parseObject(Buffer.from(String(envelope.payload), 'base64').toString('utf8'))
  const subjects = Array.isArray(statement?.subject) ? statement.subject : []
  const digests = subjects.flatMap((subject: unknown) =>
    Object.entries(asObject(asObject(subject)?.digest) ?? {}).map(([algorithm, hex]) => `${algorithm}:${String(hex)}`),
  )
  if (digests.length === 0) return invalid('"bundle": statement has no subject digest.')
  return { bundle, predicateType: String(statement?.predicateType), digests }
}

/** `per_page` (default 30, at most 100), cursors `before` and `after`, `Link`. */
function answerPage({ url, json }: RouteContext, all: readonly StoredAttestation[], repositoryId: number): void {
  const query = url.searchParams
  const size = Math.min(Math.max(Number(query.get('per_page') ?? 30) || 30, 1), 100)
  const indexOf = (cursor: string | null) => all.findIndex(({ id }) => cursor === encodeCursor(id))
  const after = indexOf(query.get('after'))
  const before = query.has('before') ? indexOf(query.get('before')) : -1
  const start = before >= 0 ? Math.max(before - size, 0) : after + 1
  const page = all.slice(start, before >= 0 ? before : start + size)
  const links: string[] = []
  const link = (name: 'before' | 'after', id: StoredAttestation['id'] | undefined, rel: string) => {
    const target = new URL(url)
    target.searchParams.delete('before')
    target.searchParams.delete('after')
    target.searchParams.set(name, encodeCursor(id ?? ''))
    links.push(`<${target.pathname}${target.search}>; rel="${rel}"`)
  }
  if (start + page.length < all.length) link('after', page.at(-1)?.id, 'next')
  if (start > 0) link('before', page[0]?.id, 'prev')
  const entries = page.map(({ bundle }) => ({ bundle, repository_id: repositoryId, bundle_url: '', initiator: 'user' }))
  json(200, { attestations: entries }, links.length === 0 ? {} : { link: links.join(', ') })
}

const encodeCursor = (id: number | string) => Buffer.from(String(id)).toString('base64url')

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
