/** What the run has learned about hosts: who asked to be left alone until when, and who does not answer at all. */
export interface HostHealth {
  /** Milliseconds until the lane may be asked again; 0: now. A lane is a host's share of one quota. */
  readonly pauseLeft: (lane: string) => number
  readonly pause: (lane: string, ms: number) => void
  readonly answered: (host: string) => void
  readonly failed: (host: string, startedAt: number) => void
  /** Given up for now: failing at once is kinder than 2,000 dependencies that each wait for their own timeouts. */
  readonly isDown: (host: string) => boolean
}

interface Failures {
  count: number
  /** Start of the first request of the series. */
  readonly since: number
  downUntil: number
}

/** So many failures in a row … */
const FAILURES = 10
/** … over at least this time: one moment's reset breaks all connections at once and means nothing. */
const SPAN_MS = 2_000
/** After this one request tries again; the others go on failing until it has an answer. */
const REST_MS = 15_000

/** @param monotonic milliseconds that only go forward */
export function watchHosts(monotonic: () => number): HostHealth {
  const pauses = new Map<string, number>()
  const failures = new Map<string, Failures>()
  return {
    pauseLeft: (lane) => Math.max(0, (pauses.get(lane) ?? 0) - monotonic()),
    pause: (lane, ms) => void pauses.set(lane, Math.max(pauses.get(lane) ?? 0, monotonic() + ms)),
    answered: (host) => void failures.delete(host),
    failed: (host, startedAt) => {
      const series = failures.get(host) ?? { count: 0, since: startedAt, downUntil: 0 }
      failures.set(host, series)
      series.count++
      const now = monotonic()
      if (series.count >= FAILURES && now - series.since >= SPAN_MS) series.downUntil = now + REST_MS
    },
    isDown: (host) => {
      const series = failures.get(host)
      if (series === undefined || series.downUntil === 0) return false
      if (monotonic() < series.downUntil) return true
      series.downUntil = monotonic() + REST_MS
      return false
    },
  }
}
