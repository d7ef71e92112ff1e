import type { Dependency } from '../../model/dependency.ts'
import { type Evidence, NO_EVIDENCE } from '../../model/evidence.ts'
import { type Fact, NOT_ASKED, type SourceQuestion, type TreeFact } from '../../model/facts.ts'
import { mapBounded } from '../../model/map-bounded.ts'
import { parseGitLocation } from '../../source/github/git-location.ts'
import { releaseTags, type TreeQuestion, treeKey } from '../../source/source-trees.ts'
import { contentOf } from './changes.ts'
import type { Candidate, FactsContext } from './facts-context.ts'
import { isReplaced, repositoryOf } from './questions.ts'

/** The sources of one changed entry, beside those that its own attestations name. */
export interface Trees {
  /** Of an entry that nobody signed: at the tag of its version, in the repository that is named otherwise. */
  readonly claimed?: Fact<TreeFact> | undefined
  /** Of the version before. */
  readonly previous: Fact<TreeFact>
}

type Place = Pick<TreeQuestion, 'server' | 'name' | 'claimed'>

interface Asked {
  readonly index: number
  readonly own: TreeQuestion | undefined
  readonly previous: TreeQuestion | undefined
}

const IN_WORK = 16

/** R12 compares an archive that a change brings with its source, where there is an archive to list. */
export function wantsTrees({ dependency, previous }: Candidate, { isOn, sources, session }: FactsContext): boolean {
  if (!isReplaced(dependency, previous) || !isOn('source-matches-archive')) return false
  return sources.some(({ archive, covers }) => archive !== undefined && covers(dependency, session))
}

/**
 * What R12 compares with, for changed entries only: the source of the version before, by the commit of its own verified
 * attestation, and of a version that nobody signed by the tag that its release should have.
 *
 * @param questions those that the attestations of each candidate make, by index
 * @returns by index of the candidate
 */
export async function askAboutTrees(
  candidates: readonly Candidate[],
  questions: readonly (readonly (SourceQuestion | undefined)[])[],
  context: FactsContext,
): Promise<ReadonlyMap<number, Trees>> {
  const changed = candidates.flatMap((candidate, index) => {
    const { previous } = candidate
    return previous !== undefined && wantsTrees(candidate, context) ? [{ index, candidate, previous }] : []
  })
  if (changed.length === 0) return new Map()
  const before = await context.askEvidence(changed.map(({ previous }) => previous))
  const asked = await mapBounded(changed, IN_WORK, async ({ index, candidate, previous }): Promise<Asked> => {
    const evidence = before.get(contentOf(previous)) ?? NO_EVIDENCE
    const signed = questions[index]?.find((question) => question !== undefined)
    const place = await placeOf(candidate, { signed, previous, evidence }, context)
    const own = signed === undefined && candidate.evidence.accepted.length === 0
    return {
      index,
      own: own ? atTag(candidate.dependency, place) : undefined,
      previous: atCommit(evidence, context.servers) ?? atTag(previous, place),
    }
  })
  const facts = await context.askTrees(asked.flatMap(({ own, previous }) => [own, previous].filter(isQuestion)))
  const read = (question: TreeQuestion | undefined) => question && facts.get(treeKey(question))
  return new Map(
    asked.map(({ index, own, previous }) => [index, { claimed: read(own), previous: read(previous) ?? NOT_ASKED }]),
  )
}

const isQuestion = (question: TreeQuestion | undefined) => question !== undefined

/**
 * The repository of an entry, by whoever says so with the most weight: its own certificate, the policy and the trust lock,
 * the certificate of the version before, and only then the registry's metadata. There the version before comes first: who
 * publishes with a stolen token writes the new one.
 */
async function placeOf(
  { dependency, evidence: own }: Candidate,
  given: { readonly signed: SourceQuestion | undefined; readonly previous: Dependency; readonly evidence: Evidence },
  context: FactsContext,
): Promise<Place | undefined> {
  const { signed, previous, evidence } = given
  if (signed !== undefined) return placed(signed.server, `${signed.owner}/${signed.repository}`, false)
  const [named] = context.session.repositoriesOf(dependency)
  // In a job of a GHE.com tenant a bare name means one of its own.
  if (named !== undefined) return placed(context.servers.at(-1) ?? '', named, false)
  const before = atCommit(evidence, context.servers)
  if (before !== undefined) return before
  return (await claimedBy(previous, evidence, context)) ?? (await claimedBy(dependency, own, context))
}

function placed(server: string, name: string, claimed: boolean): Place | undefined {
  const at = parseGitLocation(`${server}/${name}`)
  return at && { ...at, claimed }
}

async function claimedBy(
  dependency: Dependency,
  { registry }: Evidence,
  { sources, session }: FactsContext,
): Promise<Place | undefined> {
  const record = 'record' in registry ? registry.record : undefined
  const source = sources.find(({ repository, covers }) => repository !== undefined && covers(dependency, session))
  const url = record?.repository ?? (await source?.repository?.(dependency, session))
  const at = url === undefined ? undefined : parseGitLocation(url)
  return at && { ...at, claimed: true }
}

/** The commit from which a version was made, as its certificate has it. */
function atCommit({ accepted }: Evidence, servers: readonly string[]): TreeQuestion | undefined {
  for (const one of accepted) {
    const { server = '', owner, repository, commit } = repositoryOf(one) ?? {}
    const place = servers.includes(server) ? placed(server, `${owner}/${repository}`, false) : undefined
    if (place !== undefined && /^[0-9a-f]{40}$/.test(commit ?? '')) return { ...place, commit, tags: [] }
  }
  return undefined
}

function atTag({ name, version }: Dependency, place: Place | undefined): TreeQuestion | undefined {
  if (place === undefined || version === undefined) return undefined
  const { server, name: repository, claimed } = place
  return { server, name: repository, claimed, tags: releaseTags(name, version) }
}
