import { z } from 'zod'
import type { Fact, JobFact, RepositoryFact, ReviewFact, UnknownCode } from '../../model/facts.ts'
import type { JsonObject } from '../../model/json.ts'

export const unknown = (code: UnknownCode, message: string): Fact<never> => ({ kind: 'unknown', code, message })
export const knownNow = <T>(value: T, now: Date): Fact<T> => ({
  kind: 'known',
  value,
  observedAt: now.toISOString(),
  from: 'api',
})

const id = z.union([z.number().int().positive(), z.string().regex(/^[1-9]\d*$/)]).transform(String)
const oid = z.object({ oid: z.string() })
const comparison = z
  .object({ status: z.enum(['AHEAD', 'BEHIND', 'DIVERGED', 'IDENTICAL']), headTarget: oid })
  .nullable()
  .optional()
const page = z.object({ hasNextPage: z.boolean() })
const time = z.string().nullish()
const login = z.object({ login: z.string(), __typename: z.string().optional() }).nullable()

const repositorySchema = z.object({
  databaseId: id,
  owner: z.object({ databaseId: id }),
  defaultBranchRef: z.object({ name: z.string(), compare: comparison }).nullable(),
})
const tagSchema = z.object({
  name: z.string(),
  target: z.object({ __typename: z.string(), oid: z.string(), target: oid.optional() }).nullable(),
})
const refSchema = z.object({ prefix: z.string(), name: z.string(), compare: comparison })
const underSchema = z.object({ pageInfo: page, nodes: z.array(refSchema) })
const suiteSchema = z.object({
  id: z.string(),
  status: z.string(),
  conclusion: z.string().nullable(),
  updatedAt: z.string(),
  workflowRun: z
    .object({
      resourcePath: z.string(),
      event: z.string(),
      createdAt: z.string(),
      updatedAt: z.string(),
      file: z.object({ path: z.string() }).nullable(),
    })
    .nullable(),
})
const pullSchema = z.object({
  number: z.number().int(),
  merged: z.boolean(),
  author: login,
  headRefOid: z.string(),
  latestOpinionatedReviews: z
    .object({ nodes: z.array(z.object({ state: z.string(), author: login, commit: oid.nullable() })) })
    .nullable(),
})
const commitSchema = z.object({
  __typename: z.string(),
  checkSuites: z.object({ pageInfo: page, nodes: z.array(suiteSchema) }).nullish(),
  associatedPullRequests: z.object({ nodes: z.array(pullSchema) }).nullish(),
})
const stepSchema = z.object({ name: z.string(), conclusion: z.string().nullable(), startedAt: time, completedAt: time })
const jobsSchema = z.object({
  checkRuns: z
    .object({
      pageInfo: page,
      nodes: z.array(
        stepSchema.extend({
          status: z.string(),
          steps: z.object({ pageInfo: page, nodes: z.array(stepSchema) }).nullable(),
        }),
      ),
    })
    .nullable(),
})

export type Suite = z.infer<typeof suiteSchema>
export type Comparison = NonNullable<z.infer<typeof comparison>>

export interface RepositoryAnswer {
  readonly repository: RepositoryFact
  /** Undefined: GitHub could not compare. */
  readonly comparison: Comparison | undefined
  /** `Commit`, `Tag` …; undefined: no such object. */
  readonly objectType: string | undefined
}

/** Undefined where the answer has another shape than the schema says. */
export function readRepository(value: JsonObject): RepositoryAnswer | undefined {
  const parsed = repositorySchema.safeParse(value)
  if (!parsed.success) return undefined
  const { databaseId, owner, defaultBranchRef } = parsed.data
  const object = z.object({ __typename: z.string() }).safeParse(value.object)
  return {
    repository: { id: databaseId, ownerId: owner.databaseId, defaultBranch: defaultBranchRef?.name ?? '' },
    comparison: defaultBranchRef?.compare ?? undefined,
    objectType: object.success ? object.data.__typename : undefined,
  }
}

/** Is the commit in the history of the ref? The answer must be about this very commit, whatever `headRef` meant. */
export function contains(comparison: Comparison, commit: string): boolean {
  return comparison.headTarget.oid === commit && (comparison.status === 'BEHIND' || comparison.status === 'IDENTICAL')
}

export function readCommit(value: JsonObject): z.infer<typeof commitSchema> | undefined {
  const parsed = commitSchema.safeParse(value.object)
  return parsed.success ? parsed.data : undefined
}

/** Names of the tags at a commit, annotated or not. */
export function readTagsAt(value: JsonObject, commit: string): string[] {
  const parsed = z.object({ tags: z.object({ nodes: z.array(tagSchema) }).nullable() }).safeParse(value)
  const extra = ['named', 'exact0', 'exact1', 'exact2', 'exact3'].flatMap((key) => {
    const one = tagSchema.extend({ prefix: z.string().default('refs/tags/') }).safeParse(value[key])
    return one.success && one.data.prefix === 'refs/tags/' ? [one.data] : []
  })
  const nodes = [...extra, ...(parsed.success ? (parsed.data.tags?.nodes ?? []) : [])]
  const at = nodes.filter(({ target }) => target?.oid === commit || target?.target?.oid === commit)
  return [...new Set(at.map(({ name }) => name))]
}

const namedSchema = z.object({
  databaseId: id,
  owner: z.object({ databaseId: id }),
  tagged: tagSchema.nullable(),
  branch: tagSchema.nullable(),
})

/** What a name means: as git reads it, a tag comes before a branch. Undefined where the answer has another shape. */
export function readNamedRef(value: JsonObject) {
  const parsed = namedSchema.safeParse(value)
  if (!parsed.success) return undefined
  const { databaseId: repositoryId, owner, tagged, branch } = parsed.data
  const { target } = tagged ?? branch ?? { target: null }
  return {
    ...{ repositoryId, ownerId: owner.databaseId },
    kind: tagged === null ? ('branch' as const) : ('tag' as const),
    /** Behind an annotated tag, the commit that it names. */
    commit: target?.target?.oid ?? target?.oid,
  }
}

/** The commit of the first of so many tags that is there; null: none is; undefined: the answer has another shape. */
export function readFirstTag(value: JsonObject, count: number): string | null | undefined {
  for (let index = 0; index < count; index++) {
    const parsed = tagSchema.nullable().safeParse(value[`tag${index}`])
    if (!parsed.success) return undefined
    const commit = parsed.data?.target?.target?.oid ?? parsed.data?.target?.oid
    if (commit !== undefined) return commit
  }
  return null
}

/** The refs that were asked by name or by pattern; `cut` where a pattern has more. */
export function readRefs(value: JsonObject): { refs: z.infer<typeof refSchema>[]; cut: boolean } {
  const refs: z.infer<typeof refSchema>[] = []
  let cut = false
  for (const [key, field] of Object.entries(value)) {
    if (key.startsWith('exact')) {
      const one = refSchema.safeParse(field)
      if (one.success) refs.push(one.data)
    } else if (key.startsWith('under')) {
      const many = underSchema.safeParse(field)
      if (many.success) refs.push(...many.data.nodes)
      cut ||= !many.success || many.data.pageInfo.hasNextPage
    }
  }
  return { refs, cut }
}

/** Jobs of one attempt; `repeated`: names occur twice, so the run was run again, or the list is not whole. */
export function readJobs(
  value: JsonObject,
): { readonly jobs: readonly JobFact[]; readonly repeated: boolean } | undefined {
  const parsed = jobsSchema.safeParse(value)
  if (!parsed.success || parsed.data.checkRuns === null) return undefined
  const { nodes, pageInfo } = parsed.data.checkRuns
  const names = new Set(nodes.map(({ name }) => name))
  const cut = pageInfo.hasNextPage || nodes.some(({ steps }) => steps === null || steps.pageInfo.hasNextPage)
  return {
    repeated: cut || names.size !== nodes.length,
    jobs: nodes.map((node) => ({ ...toStep(node), steps: (node.steps?.nodes ?? []).map(toStep) })),
  }
}

function toStep({ name, conclusion, startedAt, completedAt }: z.infer<typeof stepSchema>) {
  return {
    name,
    conclusion: lower(conclusion),
    startedAt: startedAt ?? undefined,
    completedAt: completedAt ?? undefined,
  }
}

/** GraphQL shouts what REST and we write small; nothing yet is the empty text. */
export const lower = (text: string | null | undefined): string => (text ?? '').toLowerCase()

/** An approval counts for the head that was merged, by a person who may write and who is not the author. */
export function toReviews(pulls: readonly z.infer<typeof pullSchema>[]): ReviewFact {
  return {
    pullRequests: pulls.map(({ number, merged, author, headRefOid, latestOpinionatedReviews }) => ({
      number,
      merged,
      author: author?.login ?? 'ghost',
      approvers: (latestOpinionatedReviews?.nodes ?? []).flatMap((review) =>
        review.state === 'APPROVED' &&
        review.commit?.oid === headRefOid &&
        review.author !== null &&
        review.author.__typename !== 'Bot' &&
        review.author.login !== author?.login
          ? [review.author.login]
          : [],
      ),
    })),
  }
}
