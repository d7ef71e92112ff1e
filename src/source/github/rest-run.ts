import { z } from 'zod'
import type { Fact, JobFact, ReviewFact, RunFact, SourceQuestion } from '../../model/facts.ts'
import { pathOf, type RepositoryName, segment } from './api.ts'
import { knownNow, lower, unknown } from './read-facts.ts'
import { askRest, malformed, type RestAsker } from './rest.ts'

const DAY = 24 * 60 * 60 * 1000
const JOBS_A_PAGE = 100
const MAX_JOB_PAGES = 5

const runSchema = z.object({
  status: z.string().nullable(),
  conclusion: z.string().nullable(),
  event: z.string(),
  head_sha: z.string(),
  path: z.string(),
  run_started_at: z.string().nullish(),
  created_at: z.string(),
  updated_at: z.string(),
})
const step = z.object({
  name: z.string(),
  conclusion: z.string().nullable(),
  started_at: z.string().nullish(),
  completed_at: z.string().nullish(),
})
const jobsSchema = z.object({
  total_count: z.number(),
  jobs: z.array(step.extend({ steps: z.array(step).nullish() })),
})

/** One attempt of a run with its jobs and their steps: what GraphQL cannot tell apart. */
export async function restRun(
  asker: RestAsker,
  question: SourceQuestion,
  retentionDays: number,
): Promise<Fact<RunFact>> {
  const { run } = question
  if (run === undefined) return unknown('NOT_ASKED', 'the certificate names no run')
  const name = nameOf(question)
  const path = `${pathOf(name)}/actions/runs/${segment(run.id)}/attempts/${segment(run.attempt)}`
  const answer = await askRest(asker, path)
  if (answer.kind === 'unknown') return answer.fact
  if (answer.kind === 'missing') return gone(question, retentionDays, asker.session.now())
  const parsed = runSchema.safeParse(answer.value)
  if (!parsed.success) return malformed(name)
  if (parsed.data.status !== 'completed') return inProgress(run.id)
  const jobs = await restJobs(asker, path, name)
  if (!Array.isArray(jobs)) return jobs as Fact<never>
  const { conclusion, event, head_sha: headSha, run_started_at, created_at, updated_at: updatedAt } = parsed.data
  return knownNow(
    {
      conclusion: lower(conclusion),
      event,
      headSha,
      // `.github/workflows/a.yml@refs/heads/main` where the workflow belongs to another ref.
      path: parsed.data.path.replace(/@.*$/, ''),
      startedAt: run_started_at ?? created_at,
      updatedAt,
      jobs,
    },
    asker.session.now(),
  )
}

export const inProgress = (id: string) =>
  unknown('RUN_IN_PROGRESS', `run ${id} has not ended: whether it succeeds cannot be told yet`)

/** Deleted by the platform, or by somebody: only age tells one from the other (sources.md §17). */
function gone({ run, publishedAt }: SourceQuestion, retentionDays: number, now: Date): Fact<never> {
  const age = publishedAt === undefined ? Number.NaN : (now.getTime() - Date.parse(publishedAt)) / DAY
  return age > retentionDays
    ? unknown('RUN_OUTCOME_EXPIRED', `run ${run?.id} is older than the ${retentionDays} days that GitHub keeps runs`)
    : unknown('CONTEXT_UNKNOWN', `run ${run?.id} is gone, or not visible with this token`)
}

async function restJobs(asker: RestAsker, path: string, name: RepositoryName): Promise<JobFact[] | Fact<never>> {
  const jobs: JobFact[] = []
  for (let page = 1; page <= MAX_JOB_PAGES; page++) {
    const answer = await askRest(asker, `${path}/jobs?per_page=${JOBS_A_PAGE}&page=${page}`)
    if (answer.kind === 'unknown') return answer.fact
    const parsed = jobsSchema.safeParse(answer.kind === 'value' ? answer.value : undefined)
    if (!parsed.success) return malformed(name)
    jobs.push(...parsed.data.jobs.map((job) => ({ ...toStep(job), steps: (job.steps ?? []).map(toStep) })))
    if (jobs.length >= parsed.data.total_count) return jobs
    if (parsed.data.jobs.length === 0) break
  }
  return unknown('CONTEXT_UNKNOWN', 'the list of the jobs of a run is not whole')
}

function toStep({ name, conclusion, started_at, completed_at }: z.infer<typeof step>) {
  return {
    name,
    conclusion: lower(conclusion),
    startedAt: started_at ?? undefined,
    completedAt: completed_at ?? undefined,
  }
}

const user = z.object({ login: z.string(), type: z.string().optional() }).nullable()
const pullsSchema = z.array(
  z.object({
    number: z.number().int(),
    merged_at: z.string().nullish(),
    user,
    head: z.object({ sha: z.string() }),
  }),
)
const reviewsSchema = z.array(
  z.object({ user, state: z.string(), commit_id: z.string().nullish(), author_association: z.string().optional() }),
)
/** REST does not say who may write; this is as near as it comes. */
const MAY_WRITE: ReadonlySet<string> = new Set(['OWNER', 'MEMBER', 'COLLABORATOR'])

/** Reviews without GraphQL: each person's last opinion, if it is an approval of the head. */
export async function restReview(asker: RestAsker, question: SourceQuestion): Promise<Fact<ReviewFact>> {
  const name = nameOf(question)
  const answer = await askRest(asker, `${pathOf(name)}/commits/${segment(question.commit)}/pulls?per_page=5`)
  if (answer.kind === 'unknown') return answer.fact
  const pulls = pullsSchema.safeParse(answer.kind === 'value' ? answer.value : undefined)
  if (!pulls.success) return malformed(name)
  const pullRequests: ReviewFact['pullRequests'][number][] = []
  for (const pull of pulls.data) {
    const list = await askRest(asker, `${pathOf(name)}/pulls/${pull.number}/reviews?per_page=100`)
    if (list.kind === 'unknown') return list.fact
    const reviews = reviewsSchema.safeParse(list.kind === 'value' ? list.value : undefined)
    if (!reviews.success) return malformed(name)
    const last = new Map<string, z.infer<typeof reviewsSchema>[number]>()
    for (const review of reviews.data) {
      if (review.user !== null && review.state !== 'COMMENTED') last.set(review.user.login, review)
    }
    const approvers = [...last]
      .filter(
        ([login, review]) =>
          review.state === 'APPROVED' &&
          review.commit_id === pull.head.sha &&
          login !== pull.user?.login &&
          review.user?.type !== 'Bot' &&
          MAY_WRITE.has(review.author_association ?? ''),
      )
      .map(([login]) => login)
    const merged = typeof pull.merged_at === 'string'
    pullRequests.push({ number: pull.number, merged, author: pull.user?.login ?? 'ghost', approvers })
  }
  return knownNow({ pullRequests }, asker.session.now())
}

const nameOf = ({ owner, repository }: SourceQuestion): RepositoryName => ({ owner, name: repository })
