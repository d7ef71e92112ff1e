import type { Fact, TreeFact } from '../../model/facts.ts'
import { type Drift, findDrift, newDrift } from '../archive-drift.ts'
import { nameOf, once, show, showSome, unknownOf } from '../objections.ts'
import type { Objection, Rule, Subject } from '../rule.ts'

/**
 * R12. The archive holds what its source holds, or drifts from it as it always did. What was put into the release only is
 * seen here (xz, litellm, ultralytics, TanStack's `router_init.js`), and that a version has no commit and no tag at all.
 * Poison that is in git passes.
 */
export const sourceMatchesArchive: Rule = {
  id: 'source-matches-archive',
  docs: 'docs/rules.md#source-matches-archive',
  check: (subject) => once(trees(subject).flatMap((tree) => checkTree(subject, tree))),
}

/** One tree suffices where several attestations name the same commit. */
function trees({ facts }: Subject): readonly Fact<TreeFact>[] {
  return facts.sources.map(({ tree }) => tree)
}

function checkTree(subject: Subject, tree: Fact<TreeFact>): readonly Objection[] {
  const { archive } = subject.facts
  if (tree.kind === 'unknown') return unknownOf(tree, `what the source of ${nameOf(subject)} holds`)
  if (tree.value.missing === true) return [sourceMissing(subject, tree.value)]
  if (archive.kind === 'unknown') return unknownOf(archive, `what the archive of ${nameOf(subject)} holds`)
  const drift = findDrift(archive.value, tree.value)
  const cut = tree.value.truncated || archive.value.truncated
  const objections = compare(subject, drift, cut).map((one) => withClaim(one, tree.value))
  return cut && objections.length === 0 ? [notKnown(subject, 'a listing was cut at its limit')] : objections
}

function compare(subject: Subject, drift: readonly Drift[], cut: boolean): readonly Objection[] {
  const { previousArchive, previousTree } = subject.facts
  if (drift.length === 0) return []
  if (previousArchive.kind === 'unknown' || previousTree.kind === 'unknown') {
    const unknown = [previousArchive, previousTree].flatMap((fact) =>
      unknownOf(fact, `how the version before ${nameOf(subject)} differed from its source`),
    )
    // Without an earlier version there is nothing that this drift could be new to.
    return unknown.length > 0 ? unknown.slice(0, 1) : [baseline(subject, drift)]
  }
  const version = subject.previous?.version
  // A version before that had no source at all drifted with everything it held: its tree has no paths.
  const before = findDrift(previousArchive.value, previousTree.value)
  const fresh = newDrift(
    { drift, version: subject.dependency.version },
    { archive: previousArchive.value, drift: before, version },
  )
  if (fresh.length === 0) return [baseline(subject, drift)]
  // Paths that a cut list lacks may be there.
  if (cut || previousArchive.value.truncated || previousTree.value.truncated) {
    return [notKnown(subject, `${showSome(paths(fresh))} may be new, and a listing was cut at its limit`)]
  }
  return [
    {
      outcome: 'fire',
      code: 'ARCHIVE_DRIFT',
      message: `the archive of ${nameOf(subject)} holds what its source does not, and what the version before did not hold: ${describe(fresh)}`,
      hint: 'Look at these files before anything of this version runs.',
      state: 'invalid',
    },
  ]
}

/** A repository that nobody signed for is worth a look at, and the reader has to know that it was only that. */
function withClaim(objection: Objection, { claimedBy }: TreeFact): Objection {
  if (claimedBy === undefined) return objection
  const source = `the source is ${show(claimedBy)} by the registry's unsigned metadata alone`
  return { ...objection, message: `${objection.message}; ${source}` }
}

function describe(drift: readonly Drift[]): string {
  const of = (kind: Drift['kind']): readonly string[] => paths(drift.filter((one) => one.kind === kind))
  const [added, altered] = [of('added'), of('altered')]
  return [
    added.length > 0 ? `${showSome(added)} (not in the source)` : [],
    altered.length > 0 ? `${showSome(altered)} (of another size)` : [],
  ]
    .flat()
    .join('; ')
}

const paths = (drift: readonly Drift[]): readonly string[] => drift.map(({ path }) => path)

function baseline(subject: Subject, drift: readonly Drift[]): Objection {
  const before =
    subject.facts.previousArchive.kind === 'known' ? ', as before' : ', and there is no version to compare with'
  return {
    outcome: 'fire',
    code: 'ARCHIVE_DRIFT',
    message: `the archive of ${nameOf(subject)} holds ${drift.length} ${drift.length === 1 ? 'file' : 'files'} other than its source does${before}: ${showSome(paths(drift))}`,
    weight: 'note',
  }
}

/** Fails where the version before had a source. Many projects never tag: for them that is how it is. */
function sourceMissing(subject: Subject, { claimedBy }: TreeFact): Objection {
  const { previousTree } = subject.facts
  const before = previousTree.kind === 'known' ? previousTree.value.missing !== true : undefined
  return {
    outcome: 'fire',
    code: 'SOURCE_MISSING',
    message: `${nameOf(subject)} has no commit and no tag in ${claimedBy === undefined ? 'its repository' : `${show(claimedBy)}, which only the registry's unsigned metadata names as its repository`}${before === true ? `, and ${show(subject.previous?.version)} had` : ''}`,
    hint: 'Ask the project whether it released this version.',
    ...(before === true
      ? { state: 'invalid' as const }
      : { weight: before === false ? ('note' as const) : ('unusual' as const) }),
  }
}

function notKnown(subject: Subject, why: string): Objection {
  const message = `whether the archive of ${nameOf(subject)} is what its source holds is not known: ${why}`
  return { outcome: 'unknown', code: 'CONTEXT_UNKNOWN', message }
}
