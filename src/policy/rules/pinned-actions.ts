import type { Dependency } from '../../model/dependency.ts'
import { isCommit } from '../../model/digest.ts'
import { nameOf, show, showSome, unknownOf } from '../objections.ts'
import { isPinned } from '../pinned.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/**
 * R10. Every node of the `uses:` graph is pinned to a commit, an image to a digest (T-AC-24, T-AC-26). A tag can be moved
 * by whoever holds the repository: tj-actions, trivy-action and issues-helper were. A commit that is pinned and belongs
 * to nobody is R4's.
 */
export const pinnedActions: Rule = {
  id: 'pinned-actions',
  docs: 'docs/rules.md#pinned-actions',
  check: (subject) => {
    const { dependency } = subject
    if (!isNode(dependency)) return []
    return isPinnedNode(dependency) ? checkComment(subject) : [unpinned(subject)]
  },
}

/** Local actions are files of this repository: what they use is a node of its own. */
function isNode({ kind, source, location }: Dependency): boolean {
  if (kind === 'image') return location?.startsWith('docker://') ?? false
  return (kind === 'action' || kind === 'reusable-workflow') && source !== 'workspace'
}

function isPinnedNode(dependency: Dependency): boolean {
  if (dependency.kind === 'image') return dependency.source !== 'dynamic' && isPinned(dependency)
  return isCommit(dependency.version)
}

function unpinned(subject: Subject): Objection {
  const { kind, location, name } = subject.dependency
  const image = kind === 'image'
  return {
    outcome: 'fire',
    code: 'UNPINNED_ACTION',
    message: `${show(location ?? name)} is not pinned to a ${image ? 'digest' : 'commit'}: what runs can change without a change here`,
    hint: image
      ? 'Write docker://IMAGE@sha256:DIGEST.'
      : 'Write the 40 digits of the commit behind the @, and the version as a comment.',
  }
}

/**
 * A version comment is what people read. It says the truth when a tag of this name, or one of its line (`v4.2.1` for
 * `v4`, which moves on by design), is at the pinned commit.
 */
function checkComment(subject: Subject): Objection[] {
  const { dependency, facts } = subject
  const version = COMMENT.exec(dependency.comment?.trim().slice(0, 200) ?? '')?.[1]
  if (version === undefined) return []
  if (facts.action.kind === 'unknown') {
    return unknownOf(facts.action, `whether ${show(dependency.location)} is ${show(version)}, as its comment says,`)
  }
  const names = facts.action.value.tags.map(({ name }) => name.replace(/^refs\/tags\//, ''))
  const same = (tag: string): boolean => bare(tag) === bare(version) || bare(tag).startsWith(`${bare(version)}.`)
  if (names.some(same)) return []
  return [
    {
      outcome: 'fire',
      code: 'PIN_COMMENT_MISMATCH',
      message: `${nameOf(subject)} is called ${show(version)} in its comment, and ${names.length === 0 ? 'no tag is' : `${showSome(names)} is`} at this commit`,
      hint: 'Correct the comment, or pin the commit of the version that is meant.',
    },
  ]
}

/** `v4.2.1`, `4.2.1`, and as tools write it: `tag=v4.2.1`, `pin@v4.2.1`, `ratchet:owner/name@v4.2.1`. A date is none. */
const COMMENT = /^(?:tag=|pin\s?@\s?|ratchet:[^\s@]+@)?(v\d[\w.+-]*|\d+\.\d[\w.+-]*)/

const bare = (tag: string): string => tag.replace(/^v(?=\d)/, '')
