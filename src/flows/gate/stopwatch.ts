import type { Host } from '../../io/host.ts'

/** Milliseconds by step, for reports and benchmarks. */
export interface Stopwatch {
  /** The step that ran until now was this one. */
  readonly lap: (step: string) => void
  /** With `total`. */
  readonly read: () => Readonly<Record<string, number>>
}

export function startStopwatch({ monotonic }: Pick<Host, 'monotonic'>): Stopwatch {
  const started = monotonic()
  const laps: Record<string, number> = {}
  let last = started
  return {
    lap: (step) => {
      const now = monotonic()
      laps[step] = Math.round((laps[step] ?? 0) + now - last)
      last = now
    },
    read: () => ({ ...laps, total: Math.round(monotonic() - started) }),
  }
}
