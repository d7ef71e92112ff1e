import { buildSchema, execute, type GraphQLFormattedError, parse, validate } from 'graphql'
import type { WorldAnswer, WorldRequest } from '../../route.ts'
import type { WorldState } from '../../state.ts'
import { json, refusal } from './answers.ts'
import { type Caller, quotaOf } from './caller.ts'
import { costOf, MAX_NODES } from './graphql-cost.ts'
import { nodeObject, repositoryObject } from './graphql-objects.ts'
import { GRAPHQL_SCHEMA } from './graphql-schema.ts'

const schema = buildSchema(GRAPHQL_SCHEMA)

const CONNECTIONS: ReadonlySet<string> = new Set([
  'refs',
  'checkSuites',
  'checkRuns',
  'steps',
  'associatedPullRequests',
  'latestOpinionatedReviews',
])

/** `POST /graphql`: parsed, held against the schema and against GitHub's limits, then answered. */
export async function answerGraphql(state: WorldState, caller: Caller, request: WorldRequest): Promise<WorldAnswer> {
  if (caller.kind === 'anonymous') {
    return refusal(401, 'This endpoint requires you to be authenticated.')
  }
  const given = readBody(request.body)
  if (given === undefined) return refusal(400, 'Problems parsing JSON')
  try {
    const document = parse(given.query)
    const faults = validate(schema, document)
    if (faults.length > 0) return errors(faults.map(({ message }) => ({ message })))
    const cost = costOf(document, (field) => CONNECTIONS.has(field))
    if (cost.unbounded !== undefined) {
      return errors([
        {
          type: 'MISSING_PAGINATION_BOUNDARIES',
          message: `You must provide a \`first\` or \`last\` value to properly paginate the \`${cost.unbounded}\` connection.`,
        },
      ])
    }
    if (cost.nodes > MAX_NODES) {
      return errors([
        {
          type: 'MAX_NODE_LIMIT_EXCEEDED',
          message: `This query requests up to ${cost.nodes} possible nodes which exceeds the maximum limit of 500,000.`,
        },
      ])
    }
    const quota = quotaOf(state, caller, 'graphql')
    if (cost.points > quota.remaining) return errors([{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }])
    quota.spend(cost.points)
    const after = quotaOf(state, caller, 'graphql')
    const rootValue = {
      rateLimit: {
        cost: cost.points,
        nodeCount: cost.nodes,
        limit: after.limit,
        remaining: after.remaining,
        used: after.limit - after.remaining,
        resetAt: new Date(after.resetAt * 1000).toISOString(),
      },
      repository: ({ owner, name }: { owner: string; name: string }) =>
        repositoryObject(state, caller, `${owner}/${name}`),
      node: ({ id }: { id: string }) => nodeObject(state, caller, id),
    }
    const result = await execute({ schema, document, rootValue, variableValues: given.variables })
    const list = (result.errors ?? []).map((error) => toGithub(error.toJSON()))
    return json(200, { data: result.data, ...(list.length === 0 ? {} : { errors: list }) })
  } catch (error) {
    return errors([{ message: (error as Error).message }])
  }
}

/** Faults of a query are answered with 200, like everything else here. */
const errors = (list: readonly object[]): WorldAnswer => json(200, { errors: list })

function toGithub({ extensions, ...error }: GraphQLFormattedError): object {
  return extensions?.type === undefined ? error : { type: extensions.type, ...error }
}

function readBody(body: Uint8Array): { query: string; variables: Record<string, unknown> } | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    if (typeof value !== 'object' || value === null || !('query' in value) || typeof value.query !== 'string')
      return undefined
    const variables = 'variables' in value ? value.variables : undefined
    // Sound: JSON's objects have string keys.
    return {
      query: value.query,
      variables: typeof variables === 'object' && variables !== null ? (variables as Record<string, unknown>) : {},
    }
  } catch {
    return undefined
  }
}
