import type { Dependency } from '../model/dependency.ts'
import { isCleanbillError } from '../model/error.ts'
import type { SourceError } from '../model/evidence.ts'
import { mapBounded } from '../model/map-bounded.ts'
import { formatPackageUrl } from '../model/purl.ts'
import { parseRepository, sourceError } from './github/api.ts'
import { type RemoteFile, readRemoteFile } from './remote-file.ts'
import type { SourceSession } from './source.ts'

/** GitHub nests composite actions ten deep, reusable workflows fewer. */
const MAX_DEPTH = 10
/** Files of other repositories in one run. */
const MAX_FILES = 500
const AT_ONCE = 8

export interface RemoteExpansion {
  /** What the remote files use, on and on. `file` is `owner/repo@commit/path`. */
  readonly dependencies: readonly Dependency[]
  /** Nodes whose own `uses:` could not be read: what lies below is not known, which is never the same as nothing. */
  readonly unread: readonly { readonly dependency: Dependency; readonly error: SourceError }[]
}

/** What the files at pinned commits use. A commit does not change: a second walk need not ask again. */
export type RemoteFiles = Map<string, Dependency[] | SourceError>

/** Reads one file of an action or workflow; given in, since the parsers are another room's. */
export type ReadUses = (path: string, bytes: Uint8Array) => readonly Dependency[]

interface Node {
  readonly dependency: Dependency
  readonly owner: string
  readonly repository: string
  readonly commit: string
  /** Below the repository: an action's folder or a workflow's file. */
  readonly path: string
}

/**
 * Walks through what pinned actions and reusable workflows use themselves: a pinned outer action says nothing about the
 * moved tag inside it (T-AC-24). Each file is read once, however many ways lead to it.
 *
 * @param known what an earlier walk has read; what this one reads is added
 */
export async function expandActions(
  dependencies: readonly Dependency[],
  session: SourceSession,
  read: ReadUses,
  known: RemoteFiles = new Map(),
): Promise<RemoteExpansion> {
  const found: Dependency[] = []
  const unread: { dependency: Dependency; error: SourceError }[] = []
  const seen = new Set<string>()
  let level = dependencies
  for (let depth = 0; level.length > 0; depth++) {
    const nodes = level.flatMap((dependency) => {
      const node = nodeOf(dependency)
      if (node === undefined) return []
      if ('fault' in node) {
        unread.push({ dependency, error: node })
        return []
      }
      const key = keyOf(node)
      if (seen.has(key)) return []
      seen.add(key)
      if (depth < MAX_DEPTH && seen.size <= MAX_FILES) return [node]
      const message = `${dependency.name} lies deeper, or is one more, than remote files are read`
      unread.push({ dependency, error: sourceError('truncated', message) })
      return []
    })
    const results = await mapBounded(nodes, AT_ONCE, async (node) => {
      const result = known.get(keyOf(node)) ?? (await readNode(node, session, read))
      known.set(keyOf(node), result)
      return result
    })
    level = results.flatMap((result, index) => {
      const dependency = nodes[index]?.dependency
      if (Array.isArray(result)) return result
      if (dependency !== undefined) unread.push({ dependency, error: result as SourceError })
      return []
    })
    found.push(...level)
  }
  return { dependencies: found, unread }
}

const keyOf = ({ owner, repository, commit, path }: Node): string =>
  `${owner}/${repository}@${commit}/${path}`.toLowerCase()

/** Where the uses of a dependency stand; undefined: it is no action; a fault: they cannot be known. */
function nodeOf(dependency: Dependency): Node | SourceError | undefined {
  const { ecosystem, kind, source, location, name, digests } = dependency
  if (ecosystem !== 'github' || source !== 'git' || (kind !== 'action' && kind !== 'reusable-workflow'))
    return undefined
  const repository = parseRepository(name)
  const path = /^[^/]+\/[^/@]+(?:\/([^@]+))?@/.exec(location ?? '')?.[1] ?? ''
  const commit = digests.gitCommit
  if (repository === undefined) return sourceError('malformed', `${name} is no repository`)
  if (commit === undefined) {
    return sourceError('unsupported', `${name} is not pinned to a commit: what it uses is not fixed`)
  }
  return { dependency, owner: repository.owner, repository: repository.name, commit, path: path.replace(/\/+$/, '') }
}

async function readNode(node: Node, session: SourceSession, read: ReadUses): Promise<Dependency[] | SourceError> {
  const { dependency, owner, repository, commit } = node
  const paths =
    dependency.kind === 'reusable-workflow'
      ? [node.path]
      : ['action.yml', 'action.yaml', 'Dockerfile'].map((name) => (node.path === '' ? name : `${node.path}/${name}`))
  for (const path of paths) {
    const file: RemoteFile = await readRemoteFile(owner, repository, commit, path, session)
    if (file.kind === 'unavailable') return file.error
    if (file.kind === 'none') continue
    const place = `${owner}/${repository}@${commit}/${path}`
    try {
      return read(place, file.bytes).map((one) => fromSameRepository(one, node))
    } catch (error) {
      if (isCleanbillError(error)) return sourceError('malformed', `${place}: ${error.message}`)
      throw error
    }
  }
  return sourceError('unreadable', `${dependency.name} has no ${paths[0]} at ${commit.slice(0, 12)}`)
}

/**
 * `./path` of a reusable workflow's job means the workflow's own repository at the same commit. In a step it means what
 * the calling job has checked out, which stays what it is.
 */
function fromSameRepository(one: Dependency, { owner, repository, commit }: Node): Dependency {
  if (one.source !== 'workspace' || one.kind !== 'reusable-workflow') return one
  const path = (one.location ?? one.name).replace(/^(?:\.|\$)\//, '')
  return {
    ...one,
    id: formatPackageUrl({ type: 'github', namespace: owner, name: repository, version: commit, subpath: path }),
    name: `${owner}/${repository}`,
    version: commit,
    source: 'git',
    location: `${owner}/${repository}/${path}@${commit}`,
    digests: { gitCommit: commit },
  }
}
