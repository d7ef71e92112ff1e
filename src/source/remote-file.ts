import { createHash } from 'node:crypto'
import { isCommit } from '../model/digest.ts'
import type { SourceError } from '../model/evidence.ts'
import { isJsonObject } from '../model/json.ts'
import { askApi, pathOf, segment, segments, sourceError } from './github/api.ts'
import type { SourceSession } from './source.ts'

/** A workflow or the metadata of an action; GitHub itself reads no larger ones. */
const MAX_FILE_BYTES = 1024 * 1024

export type RemoteFile =
  | { readonly kind: 'found'; readonly bytes: Uint8Array }
  /** The commit can be read and has no such file. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unavailable'; readonly error: SourceError }

/**
 * One file of a repository at a commit. The bytes must have the blob id that GitHub gives with them. That the blob
 * belongs to the commit is GitHub's word.
 */
export async function readRemoteFile(
  owner: string,
  repository: string,
  commit: string,
  path: string,
  session: SourceSession,
): Promise<RemoteFile> {
  const what = `${owner}/${repository}/${path}`
  if (!isCommit(commit)) return failed('unsupported', `${what} is not pinned to a commit`)
  if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    return failed('malformed', `${what} leads out of its repository`)
  }
  const base = pathOf({ owner, name: repository })
  const reply = await askApi(session, {
    path: `${base}/contents/${segments(path)}?ref=${segment(commit)}`,
    maxBytes: 2 * MAX_FILE_BYTES,
  })
  if (reply.kind === 'failed') return { kind: 'unavailable', error: reply.error }
  if (reply.kind === 'refused') {
    if (reply.error !== undefined) return { kind: 'unavailable', error: reply.error }
    return (await hasCommit(base, commit, session)) ?? { kind: 'none' }
  }
  const { type, encoding, content, sha } = isJsonObject(reply.value) ? reply.value : {}
  if (type !== 'file' || encoding !== 'base64' || typeof content !== 'string' || typeof sha !== 'string') {
    return failed('malformed', `${what} is no file that can be read`)
  }
  const bytes = Buffer.from(content, 'base64')
  if (gitBlobId(bytes, sha.length) !== sha) return failed('malformed', `${what} has not the content that its id names`)
  return { kind: 'found', bytes }
}

/** 404 means "no such file" only where the commit itself can be seen; a private repository answers the same. */
async function hasCommit(base: string, commit: string, session: SourceSession): Promise<RemoteFile | undefined> {
  const reply = await askApi(session, { path: `${base}/git/commits/${segment(commit)}`, maxBytes: MAX_FILE_BYTES })
  if (reply.kind === 'json') return undefined
  const error = reply.error ?? sourceError('unreadable', `commit ${commit.slice(0, 12)} cannot be seen`)
  return { kind: 'unavailable', error }
}

/** Object id of a blob. Source: git, "Git Objects": sha1 (or sha256) over `blob SIZE\0` and the content. */
function gitBlobId(bytes: Uint8Array, digits: number): string {
  const hash = createHash(digits === 64 ? 'sha256' : 'sha1')
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

function failed(fault: SourceError['fault'], message: string): RemoteFile {
  return { kind: 'unavailable', error: sourceError(fault, message) }
}
