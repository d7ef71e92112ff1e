import type { WorldAnswer, WorldRequest } from '../../route.ts'
import type { WorldState } from '../../state.ts'

/**
 * Who asks. `job`: a job's own token, with a job's quota, which reads public repositories only. `person`: a token that
 * begins with `pat-`, which reads private ones too.
 */
export interface Caller {
  readonly kind: 'anonymous' | 'job' | 'person'
  readonly key: string
}

export type Resource = 'core' | 'graphql'

const LIMITS = {
  anonymous: { core: 60, graphql: 0 },
  job: { core: 1000, graphql: 1000 },
  person: { core: 5000, graphql: 5000 },
}
const HOUR = 3600

export function callerOf({ headers }: WorldRequest): Caller | undefined {
  const { authorization } = headers
  if (authorization === undefined) return { kind: 'anonymous', key: '' }
  const token = /^(?:bearer|token) (\S+)$/i.exec(authorization)?.[1]
  if (token === undefined) return undefined
  return { kind: token.startsWith('pat-') ? 'person' : 'job', key: token }
}

interface Window {
  resetAt: number
  used: number
}
const windows = new WeakMap<WorldState, Map<string, Window>>()

/** What a caller has used of one resource in this hour. */
export interface Quota {
  readonly limit: number
  readonly remaining: number
  readonly resetAt: number
  readonly spend: (amount: number) => void
}

export function quotaOf(state: WorldState, { kind, key }: Caller, resource: Resource): Quota {
  const given = kind === 'anonymous' ? undefined : state.description().github?.quota?.[resource]
  const limit = given ?? LIMITS[kind][resource]
  const now = Math.floor(state.now().getTime() / 1000)
  const known = windows.get(state) ?? new Map<string, Window>()
  windows.set(state, known)
  const id = `${resource} ${key}`
  const old = known.get(id)
  const window = old === undefined || old.resetAt <= now ? { resetAt: now + HOUR, used: 0 } : old
  known.set(id, window)
  return {
    limit,
    remaining: Math.max(0, limit - window.used),
    resetAt: window.resetAt,
    spend: (amount) => {
      window.used += amount
    },
  }
}

export function quotaHeaders(state: WorldState, caller: Caller, resource: Resource): Record<string, string> {
  const { limit, remaining, resetAt } = quotaOf(state, caller, resource)
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-used': String(limit - remaining),
    'x-ratelimit-reset': String(resetAt),
    'x-ratelimit-resource': resource,
  }
}

export function rateLimitAnswer(state: WorldState, caller: Caller): WorldAnswer {
  const show = (resource: Resource) => {
    const { limit, remaining, resetAt } = quotaOf(state, caller, resource)
    return { limit, remaining, used: limit - remaining, reset: resetAt }
  }
  return { status: 200, body: { resources: { core: show('core'), graphql: show('graphql') }, rate: show('core') } }
}
