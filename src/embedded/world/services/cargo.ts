import { createHash } from 'node:crypto'
import type { WorldPackage } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { WorldState } from '../state.ts'

/**
 * crates.io: the sparse index, and the crates on the same host. Source: doc.rust-lang.org/cargo/reference/registry-index.html.
 */
export const cargoService: WorldService = { origin: 'cargo', handle }

/** What every copy of the index has, whatever a world is about: clients look for it. */
const KNOWN = {
  path: '/se/rd/serde',
  line: { name: 'serde', vers: '1.0.0', deps: [], cksum: '0'.repeat(64), features: {}, yanked: false },
}

const NOT_FOUND: WorldAnswer = { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not Found' }

function handle(request: WorldRequest, state: WorldState): WorldAnswer {
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405 }
  const { pathname } = request.url
  if (pathname === '/config.json') {
    return { status: 200, body: { dl: `${state.origin('cargo')}/crates`, api: 'https://crates.io' } }
  }
  const [, name, version] = /^\/crates\/([^/]+)\/([^/]+)\/download$/.exec(pathname) ?? []
  if (name !== undefined && version !== undefined) return download(decodeURIComponent(name), version, state)
  return index(request, state)
}

function index({ url, headers }: WorldRequest, state: WorldState): WorldAnswer {
  const wanted = url.pathname.split('/').at(-1) ?? ''
  // The path is in small letters whatever the crate is called; any other path is no file of the index.
  const named = new Set(
    state
      .description()
      .packages.flatMap(({ ecosystem, name }) =>
        ecosystem === 'cargo' && name.toLowerCase() === wanted ? [name] : [],
      ),
  )
  const packs = [...named].flatMap((name) => state.versions('cargo', name))
  if (packs.length === 0 && url.pathname === KNOWN.path) return { status: 200, body: `${JSON.stringify(KNOWN.line)}\n` }
  if (packs.length === 0 || url.pathname !== `/${folderOf(wanted)}/${wanted}`) return NOT_FOUND
  const body = packs.map((pack) => `${JSON.stringify(lineOf(pack, state))}\n`).join('')
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`
  if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } }
  return { status: 200, headers: { 'content-type': 'text/plain', etag }, body }
}

function folderOf(name: string): string {
  if (name.length <= 2) return String(name.length)
  return name.length === 3 ? `3/${name[0]}` : `${name.slice(0, 2)}/${name.slice(2, 4)}`
}

function lineOf(pack: WorldPackage, state: WorldState): object {
  const deps = Object.entries(pack.dependencies ?? {}).map(([name, req]) => ({
    name,
    req,
    features: [],
    optional: false,
    default_features: true,
    target: null,
    kind: 'normal',
  }))
  const cksum = state.filesOf(pack)[0]?.digests.sha256 ?? ''
  return { name: pack.name, vers: pack.version, deps, cksum, features: {}, yanked: pack.yanked ?? false }
}

function download(name: string, version: string, state: WorldState): WorldAnswer {
  const pack = state.versions('cargo', name).find((one) => one.version === version)
  const content = pack === undefined ? undefined : state.filesOf(pack)[0]?.content
  if (content === undefined) return { status: 403, body: 'AccessDenied' }
  return { status: 200, headers: { 'content-type': 'application/gzip' }, body: content }
}
