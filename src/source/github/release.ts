import type { Dependency } from '../../model/dependency.ts'
import type { Lookup } from '../../model/evidence.ts'
import { isJsonObject } from '../../model/json.ts'
import type { SourceSession } from '../source.ts'
import { askApi, GITHUB, parseRepository, pathOf, type RepositoryName, segment, segments, sourceError } from './api.ts'
import { listAttestations, unavailable } from './attestation-list.ts'

const COMMIT = /^[0-9a-f]{40}$/

/** A pinned `uses:`. */
export function isPinnedAction({ ecosystem, kind, digests }: Dependency): boolean {
  return (
    ecosystem === 'github' && (kind === 'action' || kind === 'reusable-workflow') && digests.gitCommit !== undefined
  )
}

/**
 * GitHub's own attestation that a pinned commit is an immutable release (sources.md §6). Of a lightweight tag it names
 * the commit; of an annotated tag it may name the tag object (not confirmed), so the tag of the version comment is
 * resolved and both are tried (T-SU-15).
 */
export async function lookupRelease(dependency: Dependency, session: SourceSession): Promise<Lookup> {
  const repository = parseRepository(dependency.name)
  const commit = dependency.digests.gitCommit ?? ''
  if (repository === undefined) return unavailable(sourceError('malformed', `${dependency.name} is no repository`))
  if (!COMMIT.test(commit)) {
    return unavailable(
      sourceError('unsupported', `${dependency.name} has commits of a kind that GitHub does not attest`),
    )
  }
  const direct = await listAttestations(release(repository, commit), session)
  if (direct.kind !== 'none') return direct
  const tag = tagOfComment(dependency.comment)
  return tag === undefined ? direct : lookupTagObject(repository, tag, commit, session, direct)
}

async function lookupTagObject(
  repository: RepositoryName,
  tag: string,
  commit: string,
  session: SourceSession,
  otherwise: Lookup,
): Promise<Lookup> {
  const ref = await askObject(`${pathOf(repository)}/git/ref/tags/${segments(tag)}`, session)
  if (ref.kind !== 'object') return ref.kind === 'none' ? otherwise : ref
  if (ref.type !== 'tag') return otherwise
  const target = await askObject(`${pathOf(repository)}/git/tags/${segment(ref.sha)}`, session)
  if (target.kind === 'unavailable') return target
  // A tag at another commit is the version comment's problem (PIN_COMMENT_MISMATCH), and no evidence for this one.
  if (target.kind === 'none' || target.sha !== commit) return otherwise
  const lookup = await listAttestations(release(repository, ref.sha), session)
  return lookup.kind === 'found' ? { ...lookup, aliases: { gitTag: ref.sha, sha1: ref.sha } } : lookup
}

type ObjectReply =
  | { readonly kind: 'object'; readonly type: string; readonly sha: string }
  | { readonly kind: 'none'; readonly source: string }
  | Extract<Lookup, { kind: 'unavailable' }>

async function askObject(path: string, session: SourceSession): Promise<ObjectReply> {
  const reply = await askApi(session, { path, maxBytes: 1024 * 1024 })
  if (reply.kind === 'failed') return { kind: 'unavailable', error: reply.error }
  if (reply.kind === 'refused') {
    return reply.error === undefined ? { kind: 'none', source: GITHUB } : { kind: 'unavailable', error: reply.error }
  }
  const object = isJsonObject(reply.value) ? reply.value.object : undefined
  if (
    !isJsonObject(object) ||
    typeof object.sha !== 'string' ||
    typeof object.type !== 'string' ||
    !COMMIT.test(object.sha)
  ) {
    return { kind: 'unavailable', error: sourceError('malformed', `${path} names no git object`) }
  }
  return { kind: 'object', type: object.type, sha: object.sha }
}

const release = (repository: RepositoryName, sha: string) =>
  ({ repository, digest: `sha1:${sha}`, predicateType: 'release' }) as const

/** The first word of a version comment, where it can be a tag: `v4.2.1 # see …` means v4.2.1. */
export function tagOfComment(comment: string | undefined): string | undefined {
  const word = /^(?:tag[:=]\s*)?(\S+)/.exec(comment?.trim() ?? '')?.[1]
  return word !== undefined && /^[\w][\w.+/-]*$/.test(word) && /\d/.test(word) && !word.includes('..')
    ? word
    : undefined
}
