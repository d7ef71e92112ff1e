import type { Fact, SourceQuestion } from '../../model/facts.ts'
import { matchesGlob } from '../../model/glob.ts'
import type { JsonObject } from '../../model/json.ts'
import { unknownFact } from '../answers.ts'
import { type Draft, giveUp, learn } from './drafts.ts'
import { jobsPiece, refsPiece, sourcePiece } from './fact-queries.ts'
import { askGraphql, type Piece, type PieceAnswer, type PieceFault } from './graphql.ts'
import {
  contains,
  knownNow,
  lower,
  readCommit,
  readJobs,
  readRefs,
  readRepository,
  readTagsAt,
  type Suite,
  toReviews,
  unknown,
} from './read-facts.ts'
import { absent, malformed, overBudget, type RestAsker, restCompare, restTags } from './rest.ts'
import { restRun } from './rest-run.ts'

/** Ref patterns of one question that are asked; a lock with more of them leaves the answer open. */
const MAX_EXACT = 3
const MAX_PREFIXES = 3

/**
 * Answers drafts by GraphQL, and by REST what GraphQL lacks: attempts of a run, whether a release is immutable.
 * Returns those whose owner refuses our credentials by an IP allow list.
 */
export async function askByGraphql(
  drafts: readonly Draft[],
  asker: RestAsker,
  retentionDays: number,
): Promise<Draft[]> {
  const refused: Draft[] = []
  await ask(
    drafts,
    ({ question }) => sourcePiece(question),
    asker,
    (draft, answer) => {
      if (answer.kind === 'answer') readSource(draft, answer.value, answer.faults, asker.session.now())
      else if (answer.kind === 'allow-list') refused.push(draft)
      else giveUp(draft, reasonOf(draft, answer))
    },
  )
  await settleUnclear(drafts, asker)
  await askRefs(
    drafts.filter(({ outside }) => outside !== undefined),
    asker,
  )
  await askJobs(
    drafts.filter(({ suite }) => suite !== undefined),
    asker,
  )
  await Promise.all(
    drafts.map(async (draft) => {
      if (draft.runByRest === true) learn(draft, { run: await restRun(asker, draft.question, retentionDays) })
    }),
  )
  return refused
}

async function ask(
  drafts: readonly Draft[],
  pieceOf: (draft: Draft) => Piece,
  { session, budget }: RestAsker,
  read: (draft: Draft, answer: PieceAnswer) => void,
): Promise<void> {
  const answers = await askGraphql(drafts.map(pieceOf), session, budget)
  for (const [index, draft] of drafts.entries()) {
    const answer = answers[index]
    if (answer !== undefined) read(draft, answer)
  }
}

function reasonOf(draft: Draft, answer: Exclude<PieceAnswer, { kind: 'answer' }>): Fact<never> {
  if (answer.kind === 'over-budget') return overBudget()
  if (answer.kind === 'failed') return unknownFact(answer.error)
  return absent(draft.name)
}

function readSource(draft: Draft, value: JsonObject, faults: readonly PieceFault[], now: Date): void {
  const { commit, run, review } = draft.question
  const answer = readRepository(value)
  if (answer === undefined) {
    giveUp(draft, malformed(draft.name))
    return
  }
  learn(draft, { repository: knownNow(answer.repository, now) })
  const { comparison, objectType } = answer
  const branch = answer.repository.defaultBranch
  const silent = faults.some(({ path }) => path === 'object')
  if (objectType !== undefined && objectType !== 'Commit') {
    learn(draft, {
      reachability: unknown('CONTEXT_UNKNOWN', `${commit.slice(0, 12)} is no commit but a ${objectType}`),
    })
  } else if (objectType === undefined && !silent) {
    // A commit that any ref leads to exists: one that is not there is on no branch.
    learn(draft, { reachability: knownNow({ reachableFrom: null, tags: [] }, now) })
  } else if (comparison !== undefined && comparison.headTarget.oid === commit) {
    if (!contains(comparison, commit)) draft.outside = 'diverged'
    else learn(draft, { reachability: knownNow({ reachableFrom: `refs/heads/${branch}`, tags: [] }, now) })
  } else draft.outside = 'unclear'
  const details = readCommit(value)
  const suite = details?.checkSuites?.nodes.find(({ workflowRun }) =>
    workflowRun?.resourcePath.endsWith(`/actions/runs/${run?.id}`),
  )
  if (run !== undefined) {
    if (suite !== undefined && run.attempt === '1' && suite.status === 'COMPLETED' && suite.workflowRun?.file)
      draft.suite = suite
    else draft.runByRest = true
  }
  if (!review) return
  const pulls = details?.associatedPullRequests?.nodes
  learn(draft, {
    review:
      pulls === undefined
        ? unknown('CONTEXT_UNKNOWN', 'GitHub does not say by which pull request it came')
        : knownNow(toReviews(pulls), now),
  })
}

/** GraphQL answers null for histories without a common commit, and for faults of its own; REST tells which. */
async function settleUnclear(drafts: readonly Draft[], asker: RestAsker): Promise<void> {
  const unclear = drafts.filter(({ outside }) => outside === 'unclear')
  await Promise.all(
    unclear.map(async (draft) => {
      const { repository } = draft.facts
      delete draft.outside
      if (repository.kind !== 'known') return
      const branch = repository.value.defaultBranch
      const result = await restCompare(asker, draft.name, branch, draft.question.commit)
      if (result === 'contained') {
        const fact = { reachableFrom: `refs/heads/${branch}`, tags: [] }
        learn(draft, { reachability: knownNow(fact, asker.session.now()) })
      } else if (typeof result !== 'string') learn(draft, { reachability: result })
      else draft.outside = result === 'orphan' ? 'orphan' : 'diverged'
    }),
  )
}

async function askRefs(drafts: readonly Draft[], asker: RestAsker): Promise<void> {
  const found = new Map<Draft, string[]>()
  await ask(
    drafts,
    ({ question }) => {
      const { exact, prefixes } = refsToAsk(question)
      return refsPiece(question, exact.slice(0, MAX_EXACT), prefixes.slice(0, MAX_PREFIXES))
    },
    asker,
    (draft, answer) => {
      if (answer.kind !== 'answer') learn(draft, { reachability: reasonOf(draft, answer) })
      else found.set(draft, readOutside(draft, answer, asker.session.now()))
    },
  )
  for (const [draft, tags] of found) {
    const { reachability } = draft.facts
    const fixed = await restTags(asker, draft.name, tags)
    if (reachability.kind === 'known') {
      learn(draft, { reachability: { ...reachability, value: { ...reachability.value, tags: fixed } } })
    } else if (fixed.some(({ immutable }) => immutable)) {
      learn(draft, { reachability: knownNow({ reachableFrom: null, tags: fixed }, asker.session.now()) })
    }
  }
}

/** The branches that count; returns the tags at the commit. */
function readOutside(draft: Draft, { value, faults }: Extract<PieceAnswer, { kind: 'answer' }>, now: Date): string[] {
  const { commit, refPatterns } = draft.question
  const { refs, cut } = readRefs(value)
  const { exact, prefixes } = refsToAsk(draft.question)
  const counting = refs
    .map((ref) => ({ ...ref, full: `${ref.prefix}${ref.name}` }))
    .filter(({ full }) => isBranch(full) && refPatterns.some((pattern) => matchesGlob(pattern, full)))
  const by = counting.find(({ compare }) => compare && contains(compare, commit))
  const open =
    cut ||
    exact.length > MAX_EXACT ||
    prefixes.length > MAX_PREFIXES ||
    (draft.outside !== 'orphan' && counting.some(({ compare }) => !compare)) ||
    faults.some(({ path, message }) => path !== '' && !/no common ancestor/i.test(message))
  learn(draft, {
    reachability:
      by === undefined && open
        ? unknown('CONTEXT_UNKNOWN', 'more branches match the trust lock than could be compared with the commit')
        : knownNow({ reachableFrom: by?.full ?? null, tags: [] }, now),
  })
  return readTagsAt(value, commit)
}

const isBranch = (ref: string) => ref.startsWith('refs/heads/')

/**
 * Which refs to ask for: branches that the lock names, and the certificate's own ref. A tag is asked for to see whether
 * it stands at the commit; as a pattern it makes nothing reachable, since whoever can push a commit can tag it.
 */
function refsToAsk({ ref, refPatterns }: SourceQuestion): { exact: string[]; prefixes: string[] } {
  const branches = refPatterns.filter((pattern) => isBranch(pattern) || pattern.startsWith('**'))
  const exact = new Set(branches.filter((pattern) => !pattern.includes('*')))
  const globs = branches.filter((pattern) => pattern.includes('*'))
  if (ref !== undefined && (ref.startsWith('refs/tags/') || globs.some((glob) => matchesGlob(glob, ref))))
    exact.add(ref)
  const prefixes = globs.map((glob) => {
    const literal = glob.slice(0, glob.indexOf('*'))
    return isBranch(literal) ? literal.slice(0, literal.lastIndexOf('/') + 1) : 'refs/heads/'
  })
  return { exact: [...exact], prefixes: [...new Set(prefixes)] }
}

async function askJobs(drafts: readonly Draft[], asker: RestAsker): Promise<void> {
  await ask(
    drafts,
    ({ suite }) => jobsPiece(suite?.id ?? ''),
    asker,
    (draft, answer) => {
      if (answer.kind === 'over-budget') return learn(draft, { run: overBudget() })
      const jobs = answer.kind === 'answer' ? readJobs(answer.value) : undefined
      const run = draft.suite?.workflowRun
      // Without an attempt's number, a list in which a job occurs twice may mix attempts: REST has them apart.
      if (jobs === undefined || jobs.repeated || !run?.file || draft.suite === undefined) draft.runByRest = true
      else {
        learn(draft, {
          run: knownNow(
            { ...runOf(draft.suite, run), headSha: draft.question.commit, path: run.file.path, jobs: jobs.jobs },
            asker.session.now(),
          ),
        })
      }
    },
  )
}

function runOf({ conclusion }: Suite, { event, createdAt, updatedAt }: NonNullable<Suite['workflowRun']>) {
  return { conclusion: lower(conclusion), event, startedAt: createdAt, updatedAt }
}
