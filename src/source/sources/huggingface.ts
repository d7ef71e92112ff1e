import { createHash } from 'node:crypto'
import { z } from 'zod'
import { parseAttestations } from '../../model/bundle.ts'
import type { Dependency } from '../../model/dependency.ts'
import { parseDigestValue } from '../../model/digest.ts'
import type { Lookup, Target } from '../../model/evidence.ts'
import type { Fact, ModelFact } from '../../model/facts.ts'
import { parseJson } from '../../model/json.ts'
import { parseWith } from '../../model/statement.ts'
import type { EvidenceAnswer } from '../client.ts'
import { memoOf } from '../github/api.ts'
import {
  isUnavailable,
  knownFact,
  parsedOr,
  statusFault,
  type Unavailable,
  unavailable,
  unknownFact,
} from '../outcome.ts'
import type { Source, SourceSession } from '../source.ts'

const SOURCE = 'huggingface'
const MAX_PAGES = 100
const MAX_FILES = 100_000
const MAX_SIGNATURES = 20
const MAX_SMALL_FILES = 100
const MAX_SMALL_BYTES = 1024 * 1024

/**
 * Models and data sets on Hugging Face. The hub signs nothing: evidence is what an author puts beside the files, an OMS
 * `model.sig` or another `*.sig`. Source: huggingface_hub `hf_api.py`.
 */
export const huggingfaceSource: Source = {
  id: SOURCE,
  covers: ({ ecosystem, kind, source }) =>
    ecosystem === 'huggingface' && (kind === 'model' || kind === 'dataset') && source === 'registry',
  lookup,
  model,
}

async function lookup({ dependency }: Target, session: SourceSession): Promise<Lookup> {
  const tree = await loadTree(dependency, session)
  if (isUnavailable(tree)) return tree
  // Of a revision that is gone nothing is signed: what the branch has now is about other files.
  if (isHubCommit(dependency.version) && tree.revision !== dependency.version) return { kind: 'none', source: SOURCE }
  const signatures = tree.files.filter(({ path }) => isSignature(path))
  if (signatures.length === 0) return { kind: 'none', source: SOURCE }
  if (signatures.length > MAX_SIGNATURES) {
    return unavailable(SOURCE, 'truncated', `${dependency.name} has ${signatures.length} signature files`)
  }
  const documents = []
  for (const { path } of signatures) {
    const where = `${dependency.name} ${path}`
    const answer = await fetchFile(dependency, tree.revision, path, session, true)
    if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
    if (answer.status !== 200) return refused(where, answer)
    const document = parsedOr(SOURCE, where, () => parseAttestations(answer.body, where))
    if (isUnavailable(document)) return document
    documents.push(document)
  }
  return { kind: 'found', source: SOURCE, documents }
}

function fetchFile(
  { kind, name }: Dependency,
  revision: string,
  path: string,
  session: SourceSession,
  keep: boolean,
): Promise<EvidenceAnswer> {
  const at = `${kind === 'dataset' ? 'datasets/' : ''}${encodePath(name)}/resolve/${revision}/${encodePath(path)}`
  return session.client.fetch({
    source: SOURCE,
    url: `${session.origin('huggingface')}/${at}`,
    // The hub hands files on to hosts of its own; the token stays where it belongs, which is the client's to see to.
    trust: 'supplied',
    hosts: ['huggingface.co', '.huggingface.co', '.hf.co'],
    redirects: 3,
    ...(keep ? { cacheAs: `huggingface/${at}` } : {}),
  })
}

async function model(dependency: Dependency, session: SourceSession): Promise<Fact<ModelFact>> {
  const [tree, ownerId] = await Promise.all([loadTree(dependency, session), loadOwner(dependency, session)])
  if (isUnavailable(tree)) return unknownFact(tree.error.message)
  const { revision, createdAt, modifiedAt } = tree
  const signed = tree.files.some(({ path }) => isSignature(path))
  const files = signed ? await withSmallFiles(dependency, tree, session) : tree.files.map(withoutSize)
  return knownFact(session, { revision, ownerId, files, signed, createdAt, modifiedAt })
}

const listings = memoOf<Promise<ModelFact['files']>>()

/** The hub states no digest of small files, and a signature lists them all: they are fetched and hashed, once. */
function withSmallFiles(dependency: Dependency, tree: Tree, session: SourceSession): Promise<ModelFact['files']> {
  const memo = listings(session)
  const key = treeKey(dependency)
  const files = memo.get(key) ?? hashSmallFiles(dependency, tree, session)
  memo.set(key, files)
  return files
}

async function hashSmallFiles(
  dependency: Dependency,
  { files, revision }: Tree,
  session: SourceSession,
): Promise<ModelFact['files']> {
  const small = new Set(
    files
      .filter(({ path, sha256, bytes = Infinity }) => !sha256 && bytes <= MAX_SMALL_BYTES && !isSignature(path))
      .slice(0, MAX_SMALL_FILES),
  )
  return await Promise.all(
    files.map(async (file) => {
      const answer = small.has(file) ? await fetchFile(dependency, revision, file.path, session, false) : undefined
      if (answer?.kind !== 'answer' || answer.status !== 200) return withoutSize(file)
      return { path: file.path, sha256: createHash('sha256').update(answer.body).digest('hex') }
    }),
  )
}

const withoutSize = ({ path, sha256 }: Tree['files'][number]) => ({ path, sha256 })

const isSignature = (path: string): boolean => path.endsWith('.sig')

interface Tree extends Pick<ModelFact, 'createdAt' | 'modifiedAt'> {
  readonly revision: string
  readonly files: readonly (ModelFact['files'][number] & { readonly bytes?: number | undefined })[]
}

const isHubCommit = (version = ''): boolean => /^[0-9a-f]{40}$/.test(version)

const time = z.iso.datetime({ offset: true }).optional().catch(undefined)
const revisionSchema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  createdAt: time,
  lastModified: time,
})
const treeSchema = z
  .array(
    z.looseObject({
      type: z.string(),
      path: z.string().max(4096),
      size: z.number().nonnegative().optional(),
      /** SHA-256 of the content, for what lies in LFS; `oid` beside it is git's own. */
      lfs: z.looseObject({ oid: z.string() }).nullish(),
    }),
  )
  .max(10_000)

const trees = memoOf<Promise<Tree | Unavailable>>()

/** Look-up, signature and rules ask for the same list: once for each revision. */
function loadTree(dependency: Dependency, session: SourceSession): Promise<Tree | Unavailable> {
  const memo = trees(session)
  const key = treeKey(dependency)
  const tree = memo.get(key) ?? askTree(dependency, session)
  memo.set(key, tree)
  return tree
}

const treeKey = ({ kind, name, version = '' }: Dependency): string => `${kind} ${name}@${version}`

/** What a revision means now, and its files: asked by commit, so that both are of one state (T-MF-13). */
async function askTree(dependency: Dependency, session: SourceSession): Promise<Tree | Unavailable> {
  const api = apiOf(dependency, session)
  if (api === undefined)
    return unavailable(SOURCE, 'unsupported', `${dependency.name.slice(0, 200)} is no name on the hub`)
  const wanted = dependency.version ?? 'main'
  const what = `${dependency.name}@${wanted}`
  const head = await askRevision(api, wanted, session)
  if (head.kind === 'failed') return { kind: 'unavailable', error: head.error }
  if (head.status !== 200) return refused(what, head)
  const read = parsedOr(SOURCE, what, () =>
    parseWith(revisionSchema, parseJson(head.body, 'the revision'), 'the revision'),
  )
  if (isUnavailable(read)) return read
  const { sha: revision, createdAt, lastModified: modifiedAt } = read
  const files: Tree['files'][number][] = []
  let url = `${api}/tree/${revision}?recursive=true`
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await session.client.fetch({ source: SOURCE, url })
    if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
    if (answer.status !== 200) return refused(what, answer)
    const items = parsedOr(SOURCE, what, () =>
      parseWith(treeSchema, parseJson(answer.body, 'the tree'), 'the tree')
        .filter(({ type }) => type === 'file')
        .map(({ path, size, lfs }) => ({
          path,
          bytes: size,
          sha256: lfs ? parseDigestValue('sha256', lfs.oid.replace(/^sha256:/, '')) : undefined,
        })),
    )
    if (isUnavailable(items)) return items
    files.push(...items)
    const next = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(answer.headers.get('link') ?? '')?.[1]
    if (next === undefined) return { revision, files, createdAt, modifiedAt }
    const at = URL.parse(next, url)
    if (at === null || at.origin !== new URL(api).origin || files.length > MAX_FILES) break
    url = at.href
  }
  return unavailable(SOURCE, 'truncated', `${what}: the list of files does not end`)
}

/**
 * A hub that shows the repository and has no such commit in it says what the name leads to now: its history was replaced,
 * which is an answer, and not that nobody could be asked.
 */
async function askRevision(api: string, wanted: string, session: SourceSession): Promise<EvidenceAnswer> {
  const ask = (revision: string) =>
    session.client.fetch({ source: SOURCE, url: `${api}/revision/${encodeURIComponent(revision)}` })
  const answer = await ask(wanted)
  const gone =
    answer.kind === 'answer' && answer.status === 404 && answer.headers.get('x-error-code') === 'RevisionNotFound'
  return gone && isHubCommit(wanted) ? await ask('main') : answer
}

const ownerSchema = z.looseObject({
  _id: z
    .string()
    .regex(/^[0-9a-f]{24}$/)
    .optional()
    .catch(undefined),
})

const owners = memoOf<Promise<string | undefined>>()

/**
 * The id of who owns the name today: a name that was given up can be registered again by somebody else (T-MF-13). Not
 * every answer of the hub has one; then it stays unknown.
 */
function loadOwner({ name }: Dependency, session: SourceSession): Promise<string | undefined> {
  const [owner, model] = name.split('/')
  if (owner === undefined || model === undefined) return Promise.resolve(undefined)
  const memo = owners(session)
  const id = memo.get(owner) ?? askOwner(owner, session)
  memo.set(owner, id)
  return id
}

async function askOwner(owner: string, session: SourceSession): Promise<string | undefined> {
  for (const kind of ['organizations', 'users']) {
    const url = `${session.origin('huggingface')}/api/${kind}/${encodeURIComponent(owner)}/overview`
    const answer = await session.client.fetch({ source: SOURCE, url })
    if (answer.kind === 'failed') return undefined
    if (answer.status !== 200) continue
    const id = parsedOr(
      SOURCE,
      owner,
      () => parseWith(ownerSchema, parseJson(answer.body, 'the owner'), 'the owner')._id,
    )
    return isUnavailable(id) ? undefined : id
  }
  return undefined
}

/** A private repository, a gated one and one that is gone look the same from outside: none of them is "unsigned". */
function refused(what: string, answer: Extract<EvidenceAnswer, { kind: 'answer' }>): Unavailable {
  const code = answer.headers.get('x-error-code')
  const fault = answer.status === 404 ? 'unreadable' : statusFault(answer)
  return unavailable(
    SOURCE,
    fault,
    `${what}: the hub answers ${answer.status}${code === null ? '' : ` ${code.slice(0, 60)}`}`,
  )
}

function apiOf({ name, kind }: Dependency, session: SourceSession): string | undefined {
  if (!/^[\w.-]{1,96}(?:\/[\w.-]{1,96})?$/.test(name) || /(?:^|\/)\.{1,2}(?:\/|$)/.test(name)) return undefined
  return `${session.origin('huggingface')}/api/${kind === 'dataset' ? 'datasets' : 'models'}/${name}`
}

const encodePath = (path: string): string =>
  path
    .split('/')
    .map((segment) => encodeURIComponent(segment.toWellFormed()))
    .join('/')
