import { createHash } from 'node:crypto'
import { buildOmsStatement } from '../../../model/predicates/oms.ts'
import type { WorldModel } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { WorldState } from '../state.ts'

/** The hub's API, and its files. Source: huggingface_hub `hf_api.py`. */
export const huggingfaceService: WorldService = { origin: 'huggingface', handle }

/** Files that the hub keeps in LFS, whose SHA-256 it states. */
const LARGE = /\.(?:safetensors|bin|pt|pth|onnx|gguf|h5|parquet|pkl)$/
const PAGE = 1000

async function handle({ method, url }: WorldRequest, state: WorldState): Promise<WorldAnswer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405 }
  const models = state.description().models ?? []
  const [, kind, owner] = /^\/api\/(organizations|users)\/([^/]+)\/overview$/.exec(url.pathname) ?? []
  if (kind !== undefined && owner !== undefined) return overview(kind, decodeURIComponent(owner), models)
  const [, type, name, what, rest = ''] =
    /^\/api\/(models|datasets)\/([^/]+\/[^/]+|[^/]+)\/(revision|tree)\/(.+)$/.exec(url.pathname) ?? []
  if (what !== undefined) {
    const found = models.find((model) => model.type === type && model.name === decodeURIComponent(name ?? ''))
    if (found === undefined) return notFound('RepoNotFound')
    if (!isRevision(found, decodeURIComponent(rest))) return notFound('RevisionNotFound')
    return what === 'tree' ? tree(found, url, state) : { status: 200, body: revision(found) }
  }
  return resolve(decodeURIComponent(url.pathname), models, state)
}

/** The branch that every repository has, and the commit it is at. */
const isRevision = ({ revision }: WorldModel, wanted: string): boolean => wanted === revision || wanted === 'main'

const revision = ({ name, revision: sha, createdAt }: WorldModel): object => ({
  id: name,
  sha,
  ...(createdAt === undefined ? {} : { createdAt, lastModified: createdAt }),
  author: name.split('/')[0],
  private: false,
})

function overview(kind: string, owner: string, models: readonly WorldModel[]): WorldAnswer {
  const own = models.find(({ name }) => name.startsWith(`${owner}/`))
  if (own === undefined || kind === 'users') return notFound('RepoNotFound')
  return { status: 200, body: { _id: own.ownerId, name: owner, type: 'org' } }
}

async function filesOf(model: WorldModel, state: WorldState): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map(Object.entries(model.files).map(([path, content]) => [path, Buffer.from(content)]))
  if (model.signed !== undefined && !files.has('model.sig')) {
    files.set('model.sig', Buffer.from(JSON.stringify(await signature(model, model.signed, state))))
  }
  return files
}

const signatures = new WeakMap<WorldModel, Promise<object>>()

function signature(model: WorldModel, as: NonNullable<WorldModel['signed']>, state: WorldState): Promise<object> {
  const resources = Object.entries(model.files).map(([name, content]) => ({
    name,
    digest: createHash('sha256').update(content).digest('hex'),
    algorithm: 'sha256' as const,
  }))
  const statement = buildOmsStatement(model.name.split('/').at(-1) ?? model.name, resources)
  const signed = signatures.get(model) ?? state.sign(statement, as, model.name)
  signatures.set(model, signed)
  return signed
}

async function tree(model: WorldModel, url: URL, state: WorldState): Promise<WorldAnswer> {
  const all = [...(await filesOf(model, state))].map(([path, content]) => {
    const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
    const sha256 = createHash('sha256').update(content).digest('hex')
    const lfs = LARGE.test(path) ? { lfs: { oid: sha256, size: content.length, pointerSize: 134 } } : {}
    return { type: 'file', oid, size: content.length, path, ...lfs }
  })
  const from = Number(url.searchParams.get('cursor') ?? '0')
  const next = new URL(url.pathname, state.origin('huggingface'))
  next.searchParams.set('recursive', 'true')
  next.searchParams.set('cursor', String(from + PAGE))
  const link = from + PAGE < all.length ? { link: `<${next.href}>; rel="next"` } : {}
  return { status: 200, headers: link, body: all.slice(from, from + PAGE) }
}

async function resolve(path: string, models: readonly WorldModel[], state: WorldState): Promise<WorldAnswer> {
  for (const model of models) {
    const prefix = `/${model.type === 'datasets' ? 'datasets/' : ''}${model.name}/resolve/`
    if (!path.startsWith(prefix)) continue
    const [at = '', ...rest] = path.slice(prefix.length).split('/')
    const file = (await filesOf(model, state)).get(rest.join('/'))
    if (!isRevision(model, at)) return notFound('RevisionNotFound')
    if (file === undefined) return notFound('EntryNotFound')
    return {
      status: 200,
      headers: { 'x-repo-commit': model.revision, 'content-type': 'application/octet-stream' },
      body: file,
    }
  }
  return notFound('RepoNotFound')
}

const notFound = (code: string): WorldAnswer => ({
  status: code === 'RepoNotFound' ? 401 : 404,
  headers: { 'x-error-code': code },
  body: { error: code === 'RepoNotFound' ? 'Invalid username or password.' : 'Not found' },
})
