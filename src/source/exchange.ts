import type { Host } from '../io/host.ts'
import { type HttpHeaders, HttpUnavailable, makeHeaders } from '../io/http.ts'
import { isCleanbillError } from '../model/error.ts'
import type { SourceError, SourceFault } from '../model/evidence.ts'
import type { HostGate } from './host-gate.ts'
import type { HostHealth } from './host-health.ts'
import { decideNext, isPassing } from './retry.ts'

/** One answer with what was made of its body. */
export interface Exchanged<T> {
  readonly status: number
  readonly headers: HttpHeaders
  readonly value: T
}

export type Outcome<T> =
  | ({ readonly kind: 'answer' } & Exchanged<T>)
  | { readonly kind: 'failed'; readonly error: SourceError }

export interface ExchangeRules {
  readonly host: Pick<Host, 'now' | 'monotonic' | 'sleep'>
  readonly gate: HostGate
  readonly health: HostHealth
  readonly random: () => number
  readonly attempts: number
}

/** A server that asks for more than a minute is not waited for. */
const MAX_WAIT_MS = 60_000
/** All pauses of one question together. */
const MAX_WAITED_MS = 150_000

/**
 * Asks one URL until it has an answer, as often and as late as the host allows. Every question of ours may be repeated:
 * none changes anything.
 *
 * @param send one attempt; throws `HttpUnavailable` when there was no answer, `CleanbillError` when we refuse it
 */
export async function exchange<T>(
  what: { readonly source: string; readonly method: string; readonly url: URL },
  send: () => Promise<Exchanged<T>>,
  rules: ExchangeRules,
): Promise<Outcome<T>> {
  const { host, gate, health } = rules
  const { url, method } = what
  // GitHub counts REST and GraphQL apart, which differ by method here; no other host is asked both ways.
  const lane = `${url.host} ${method === 'POST' ? 'POST' : 'GET'}`
  const label = `${method} ${url.host}${url.pathname}`.slice(0, 300)
  const fail = (fault: SourceFault, message: string, more: Partial<SourceError> = {}): Outcome<T> => ({
    kind: 'failed',
    error: { source: what.source, fault, message, ...more },
  })
  let waited = 0
  const wait = async (ms: number) => {
    waited += ms
    await host.sleep(ms)
  }
  for (let number = 1; ; number++) {
    const pause = health.pauseLeft(lane)
    if (pause > MAX_WAIT_MS || waited + pause > MAX_WAITED_MS) {
      return fail(
        'rate-limited',
        `${url.host} asked for a pause of ${Math.ceil(pause / 1000)} s; it was not asked again`,
      )
    }
    // Not all in one instant when the pause is over.
    if (pause > 0) await wait(Math.ceil(pause + 250 * rules.random()))
    const attempt = await gate(url.host, () => attemptOnce(url.host, send, rules))
    if (attempt.kind === 'down') {
      return fail('unreachable', `${url.host} did not answer many times in a row; it is not asked for now`)
    }
    if (attempt.kind === 'refused') {
      return fail('malformed', `${label}: ${attempt.error.message}`, { code: attempt.error.code })
    }
    const { status, headers } = attempt
    const next = decideNext(
      { status, headers, number },
      { attempts: rules.attempts, nowMs: host.now().getTime(), maxWaitMs: MAX_WAIT_MS, random: rules.random },
    )
    if (next.kind === 'answer') {
      return attempt.kind === 'answer'
        ? { kind: 'answer', status, headers, value: attempt.value }
        : fail('unreachable', attempt.message)
    }
    if (next.pauseMs > 0) health.pause(lane, next.pauseMs)
    if (next.kind === 'failed') {
      const said = attempt.kind === 'answer' ? `answered ${status}` : attempt.message
      return fail(next.fault, `${label}: ${said} (attempt ${number})`)
    }
    await wait(next.ms)
  }
}

type Attempted<T> =
  | ({ readonly kind: 'answer' } & Exchanged<T>)
  | { readonly kind: 'silent'; readonly status: 0; readonly headers: HttpHeaders; readonly message: string }
  | { readonly kind: 'refused'; readonly error: { readonly code: SourceError['code']; readonly message: string } }
  | { readonly kind: 'down' }

async function attemptOnce<T>(
  host: string,
  send: () => Promise<Exchanged<T>>,
  { health, host: { monotonic } }: ExchangeRules,
): Promise<Attempted<T>> {
  if (health.isDown(host)) return { kind: 'down' }
  const startedAt = monotonic()
  try {
    const answer = await send()
    if (isPassing(answer.status)) health.failed(host, startedAt)
    else health.answered(host)
    return { kind: 'answer', ...answer }
  } catch (error) {
    if (isCleanbillError(error)) {
      health.answered(host)
      return { kind: 'refused', error }
    }
    if (!(error instanceof HttpUnavailable)) throw error
    health.failed(host, startedAt)
    return { kind: 'silent', status: 0, headers: makeHeaders(), message: error.message }
  }
}
