import { createHash } from 'node:crypto'
import { deriveCommit } from '../../derive.ts'
import type { WorldTag } from '../../description.ts'
import type { CompleteRepository } from '../../repositories.ts'
import type { WorldState } from '../../state.ts'
import type { Caller } from './caller.ts'

export type Visible =
  | { readonly kind: 'repository'; readonly repository: CompleteRepository }
  | { readonly kind: 'hidden'; readonly status: number }
  | { readonly kind: 'allow-list'; readonly owner: string }

/** A repository as this caller sees it; what may not be read is not there. */
export function see(state: WorldState, caller: Caller, name: string): Visible {
  const repository = state.repository(name)
  const owner = name.split('/')[0] ?? ''
  const lists = state.description().github?.allowLists ?? []
  if (repository === undefined) return { kind: 'hidden', status: 404 }
  if (repository.status !== undefined) return { kind: 'hidden', status: repository.status }
  if (caller.kind !== 'anonymous' && lists.includes(owner)) return { kind: 'allow-list', owner }
  if (repository.visibility === 'private' && caller.kind !== 'person') return { kind: 'hidden', status: 404 }
  return { kind: 'repository', repository }
}

export type Comparison = 'IDENTICAL' | 'BEHIND' | 'AHEAD' | 'DIVERGED' | 'UNRELATED'

/** Every commit that the repository answers to, those of its fork network included. */
export function hasCommit(repository: CompleteRepository, commit: string): boolean {
  return (
    Object.values(repository.branches).some((commits) => commits.includes(commit)) ||
    repository.orphans.includes(commit) ||
    repository.tags.some((tag) => tag.commit === commit) ||
    repository.runs.some((run) => run.commit === commit) ||
    repository.pullRequests.some((pull) => pull.commit === commit) ||
    commit in repository.trees
  )
}

/** Branches are lists, oldest first. Undefined: one of the two does not exist. */
export function compare(
  state: WorldState,
  repository: CompleteRepository,
  base: string,
  headRef: string,
): Comparison | undefined {
  const at = (ref: string) =>
    repository.branches[ref]?.at(-1) ?? repository.tags.find(({ name }) => name === ref)?.commit
  const [from, head] = [at(base), at(headRef) ?? headRef]
  if (from === undefined || !hasCommit(repository, head)) return undefined
  if (from === head) return 'IDENTICAL'
  if (state.description().github?.unrelated?.includes(head)) return 'UNRELATED'
  const lists = Object.values(repository.branches)
  if (lists.some((list) => list.includes(from) && list.includes(head) && list.indexOf(head) < list.indexOf(from)))
    return 'BEHIND'
  return lists.some((list) => list.includes(from) && list.indexOf(head) > list.indexOf(from)) ? 'AHEAD' : 'DIVERGED'
}

/** What the ref of a tag points at: the commit, or the object of an annotated tag. */
export function tagObject({ name }: CompleteRepository, tag: WorldTag): string {
  return tag.annotated === true ? deriveCommit('tag', name.toLowerCase(), tag.name, tag.commit) : tag.commit
}

export function blobId(content: string): string {
  const bytes = Buffer.from(content)
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}
