/**
 * The outside world as a value: made once in `entry/`, passed down. No code below `entry/` reads `process.env`, the
 * clock or the terminal, so no test has to mock a module.
 */
export interface Host {
  /** The environment as the caller gave it, secrets included where `entry/` kept them aside. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Working directory, absolute. */
  readonly cwd: string
  readonly platform: NodeJS.Platform
  readonly arch: string
  readonly pid: number
  /** A Node binary that can be started (our own image may be gone, see `entry/shed`). */
  readonly nodePath: string
  readonly now: () => Date
  /** Milliseconds that only go forward; for durations and progress. */
  readonly monotonic: () => number
  /** Resolves after so many milliseconds, or rejects when the signal fires. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly log: Log
}

/** Where a flow speaks. Entry decides what a terminal, a CI log or `--json` makes of it. */
export interface Log {
  readonly debug: (message: string) => void
  readonly info: (message: string) => void
  readonly warn: (message: string) => void
  /** Progress of long work; `total` undefined when unknown. Entry throttles. */
  readonly progress: (what: string, done: number, total?: number) => void
}

export const SILENT_LOG: Log = { debug() {}, info() {}, warn() {}, progress() {} }
