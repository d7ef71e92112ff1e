import type { Lookup, Target } from '../../model/evidence.ts'
import { GITHUB, keyOf, parseRepository, type RepositoryName, sourceError } from '../github/api.ts'
import { listAttestations, mergeLookups, readEntries, silence, unavailable } from '../github/attestation-list.ts'
import { askBulk, type BulkAnswer } from '../github/bulk-list.ts'
import { askReadableMany } from '../github/readable.ts'
import { isPinnedAction, lookupRelease } from '../github/release.ts'
import type { Source, SourceSession } from '../source.ts'

/** These have evidence at their own registry; GitHub's silence about them needs no second question. */
const ELSEWHERE: ReadonlySet<string> = new Set(['npm', 'pypi', 'rubygems'])

/** GitHub's store of attestations (sources.md §5), and immutable releases for pinned actions (§6). */
export const github: Source = {
  id: GITHUB,
  covers: (dependency, session) =>
    isPinnedAction(dependency) ||
    (dependency.kind !== 'image' &&
      session.repositoriesOf(dependency).length > 0 &&
      [dependency.digests, ...(dependency.files ?? []).map(({ digests }) => digests)].some(
        ({ sha256, sha512 }) => sha256 !== undefined || sha512 !== undefined,
      )),
  lookupMany,
}

interface Wanted {
  readonly target: Target
  readonly digest: string
  readonly repositories: readonly RepositoryName[]
}

async function lookupMany(targets: readonly Target[], session: SourceSession): Promise<readonly Lookup[]> {
  const wanted = targets.map((target) => wantedOf(target, session))
  const bulk = await askOwners(wanted, session)
  await askReadableMany(
    wanted.flatMap((one) => (typeof one === 'string' ? [] : silentOf(one, bulk))),
    session,
  )
  return Promise.all(
    wanted.map((one, index) => {
      const target = targets[index]
      if (target !== undefined && isPinnedAction(target.dependency)) return lookupRelease(target.dependency, session)
      if (typeof one === 'string') return unavailable(sourceError('unsupported', one))
      return lookupOne(one, bulk, session)
    }),
  )
}

/** What can be asked about a target, or why nothing can. */
function wantedOf(target: Target, session: SourceSession): Wanted | string {
  const { sha256, sha512 } = target.digests
  const digest = sha256 !== undefined ? `sha256:${sha256}` : sha512 !== undefined ? `sha512:${sha512}` : undefined
  if (digest === undefined) return `${target.dependency.id} has no digest that GitHub could be asked for`
  const named = session.repositoriesOf(target.dependency)
  const repositories = named.flatMap((text) => parseRepository(text) ?? [])
  if (repositories.length === 0) return `no repository is named for ${target.dependency.id}`
  return { target, digest, repositories }
}

type Bulk = ReadonlyMap<string, ReadonlyMap<string, BulkAnswer> | undefined>

/** One call an owner for up to 100 digests; there is none for a repository (actions/attest#497). */
async function askOwners(wanted: readonly (Wanted | string)[], session: SourceSession): Promise<Bulk> {
  const digests = new Map<string, Set<string>>()
  for (const one of wanted) {
    if (typeof one === 'string' || isPinnedAction(one.target.dependency)) continue
    for (const { owner } of one.repositories) {
      const key = owner.toLowerCase()
      digests.set(key, (digests.get(key) ?? new Set()).add(one.digest))
    }
  }
  const answers = await Promise.all(
    [...digests].map(async ([owner, set]) => [owner, await askBulk(owner, [...set], session)] as const),
  )
  return new Map(answers)
}

/** Repositories whose owner has nothing for a target: whether that means anything is asked for all of them together. */
function silentOf({ digest, repositories }: Wanted, bulk: Bulk): readonly RepositoryName[] {
  return repositories.filter(({ owner }) => bulk.get(owner.toLowerCase())?.get(digest) === null)
}

async function lookupOne(
  { target, digest, repositories }: Wanted,
  bulk: Bulk,
  session: SourceSession,
): Promise<Lookup> {
  const unique = new Map(repositories.map((repository) => [keyOf(repository), repository]))
  const lookups = [...unique.values()].map(async (repository): Promise<Lookup> => {
    const answers = bulk.get(repository.owner.toLowerCase())
    const answer = answers?.get(digest)
    const question = { repository, digest }
    if (answers === undefined || answer === undefined) return listAttestations(question, session)
    if (answer === null) {
      return ELSEWHERE.has(target.dependency.ecosystem)
        ? silence(repository, session)
        : listAttestations(question, session)
    }
    if ('fault' in answer) return unavailable(answer)
    // The answer is the owner's: a second repository of the same owner would only bring the same bundles again.
    const first = [...unique.values()].find(({ owner }) => owner.toLowerCase() === repository.owner.toLowerCase())
    return first === repository ? readEntries(answer, question, session) : { kind: 'none', source: GITHUB }
  })
  return mergeLookups(await Promise.all(lookups))
}
