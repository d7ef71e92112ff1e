import type { ActionFact, ReachabilityFact, RepositoryFact } from '../../model/facts.ts'
import { countingSigners } from '../counting-signers.ts'
import { contextState, nameOf, once, show, showSome, unknownOf } from '../objections.ts'
import { isPinned } from '../pinned.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/**
 * R4. The commit is on a branch that counts (T-AC-25). A commit that exists only in the network of forks, or on no branch
 * at all, answers under the repository's name like any other; Red Hat's packages and tj-actions were made from such.
 *
 * Looks at the commit of an attestation, and at that of a `uses:` or a git dependency.
 */
export const reachableCommit: Rule = {
  id: 'reachable-commit',
  docs: 'docs/rules.md#reachable-commit',
  check: (subject) => once([...checkSources(subject), ...checkPin(subject)]),
}

function checkSources(subject: Subject): readonly Objection[] {
  return countingSigners(subject).flatMap(({ accepted, index, signer }) => {
    const facts = subject.facts.sources[index]
    const { signer: identity } = accepted.attestation
    const commit = identity.kind === 'certificate' ? identity.claims.sourceRepositoryDigest : undefined
    if (facts === undefined) return []
    const { repository, reachability } = facts
    const what = `whether commit ${show(commit)} of ${show(signer.repository)} is on a branch that counts`
    return [
      ...(repository.kind === 'known'
        ? checkIds(subject, repository.value, { id: signer.repositoryId, ownerId: signer.ownerId })
        : unknownOf(repository, `which repository ${show(signer.repository)} is today`)),
      ...(reachability.kind === 'known'
        ? checkCommit(subject, reachability.value, show(commit), false)
        : unknownOf(reachability, what)),
    ]
  })
}

/** The repository under this name today is another than the one that signed: deleted and made again, or moved. */
function checkIds(
  subject: Subject,
  today: RepositoryFact,
  signed: { readonly id: string | undefined; readonly ownerId: string | undefined },
): Objection[] {
  const same = (a: string | undefined, b: string): boolean => a === undefined || a === b
  if (same(signed.id, today.id) && same(signed.ownerId, today.ownerId)) return []
  return [
    {
      outcome: 'fire',
      code: 'REPOSITORY_ID_MISMATCH',
      message: `${nameOf(subject)} was signed for repository ${show(signed.id)} of owner ${show(signed.ownerId)}; under its name there is ${show(today.id)} of ${show(today.ownerId)} today`,
      hint: 'The repository moved, or its name was taken over: ask the project before this version is used.',
      weight: 'context',
      state: contextState(subject),
    },
  ]
}

function checkPin(subject: Subject): readonly Objection[] {
  const { facts, dependency } = subject
  const commit = dependency.digests.gitCommit ?? dependency.version
  if (facts.action.kind === 'unknown') {
    return unknownOf(facts.action, `whether ${show(commit)} is on a branch of ${show(dependency.name)}`)
  }
  return checkCommit(subject, facts.action.value, show(commit), !isPinned(dependency))
}

/**
 * @param moving the reference itself can be moved: then the tags that point at a commit without a branch are what an
 *   attacker moves (tj-actions: nearly all tags, one orphan commit), and say nothing for it
 */
function checkCommit(
  subject: Subject,
  { reachableFrom, tags }: Pick<ReachabilityFact & ActionFact, 'reachableFrom' | 'tags'>,
  commit: string,
  moving: boolean,
): Objection[] {
  if (reachableFrom !== null || tags.some(({ immutable }) => immutable)) return []
  if (tags.length > 0 && !moving) {
    return [
      {
        outcome: 'fire',
        code: 'TAG_MUTABLE',
        message: `${nameOf(subject)}: commit ${commit} is on no branch that counts, only under ${showSome(tags.map(({ name }) => name))}, which can be moved`,
        hint: 'Whoever can push a commit can tag it: look whether the project releases from branches that are deleted, or ask it for immutable releases.',
        weight: 'unusual',
      },
    ]
  }
  return [
    {
      outcome: 'fire',
      code: 'COMMIT_UNREACHABLE',
      message: `${nameOf(subject)}: commit ${commit} is not on the default branch, nor on any branch or tag that counts`,
      hint: 'Anybody can make a commit answer under this name through a fork; do not run it before the project says it is its own.',
      weight: 'context',
      state: contextState(subject),
    },
  ]
}
