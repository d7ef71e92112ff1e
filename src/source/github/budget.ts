import type { SourceError } from '../../model/evidence.ts'
import { isJsonObject, type JsonValue } from '../../model/json.ts'
import type { SourceSession } from '../source.ts'
import { askApi, memoOf } from './api.ts'

/** `graphql` is counted in points, the others in requests. `anonymous`: without credentials, by address. */
export type Quota = 'core' | 'graphql' | 'anonymous'

/**
 * What this run may still ask for facts: half of what was left when it began. The other half belongs to whoever else
 * works with this token; in a repository all workflows share one (sources.md §17).
 */
export interface Budget {
  /** GraphQL takes no anonymous questions. */
  readonly hasGraphql: boolean
  /** Sets an amount aside before asking; false: it is not there. */
  readonly take: (quota: Quota, amount: number) => boolean
  /** How many of so many things at this price can be paid for? */
  readonly affords: (quota: Quota, price: number, wanted: number) => number
  /** Corrects an estimate by what the answer says. */
  readonly settle: (quota: Quota, estimate: number, cost: number, remaining: number | undefined) => void
}

const memos = memoOf<Promise<Budget | SourceError>>()
/** GitHub's limit for requests without credentials, an hour and address. */
const ANONYMOUS_LIMIT = 60

/** Opened once a run, by one request that costs nothing. */
export function openBudget(session: SourceSession): Promise<Budget | SourceError> {
  const memo = memos(session)
  const open = memo.get('') ?? ask(session)
  memo.set('', open)
  return open
}

async function ask(session: SourceSession): Promise<Budget | SourceError> {
  const reply = await askApi(session, { path: '/rate_limit', maxBytes: 1024 * 1024 })
  if (reply.kind === 'failed') return reply.error
  if (reply.kind === 'json') return budgetOf(resourceOf(reply.value, 'core'), resourceOf(reply.value, 'graphql'))
  // A server without rate limits says 404 here; anything else is a refusal.
  return reply.error ?? budgetOf({ limit: Infinity, remaining: Infinity }, { limit: Infinity, remaining: Infinity })
}

interface Resource {
  readonly limit: number
  readonly remaining: number
}

function resourceOf(value: JsonValue, name: string): Resource {
  const resources = isJsonObject(value) ? value.resources : undefined
  const resource = isJsonObject(resources) ? resources[name] : undefined
  const number = (key: string) => {
    const found = isJsonObject(resource) ? resource[key] : undefined
    return typeof found === 'number' && found >= 0 ? found : 0
  }
  return { limit: number('limit'), remaining: number('remaining') }
}

function budgetOf(core: Resource, graphql: Resource): Budget {
  // Strangers have no GraphQL at all.
  const known = graphql.limit > 0 || core.limit > ANONYMOUS_LIMIT
  const left: Record<Quota, number> = {
    core: Math.floor(core.remaining / 2),
    graphql: known ? Math.floor(graphql.remaining / 2) : 0,
    // Without credentials the first quota is this one.
    anonymous: known ? ANONYMOUS_LIMIT / 2 : 0,
  }
  const floor: Record<Quota, number> = {
    core: core.remaining - left.core,
    graphql: graphql.remaining - left.graphql,
    anonymous: 0,
  }
  return {
    hasGraphql: known && graphql.limit > 0,
    take: (quota, amount) => {
      if (left[quota] < amount) return false
      left[quota] -= amount
      return true
    },
    affords: (quota, price, wanted) => Math.min(wanted, Math.floor(left[quota] / price)),
    settle: (quota, estimate, cost, remaining) => {
      left[quota] -= cost - estimate
      // Others spend from the same quota meanwhile: half of what there was stays theirs.
      if (remaining !== undefined) left[quota] = Math.min(left[quota], remaining - floor[quota])
    },
  }
}
