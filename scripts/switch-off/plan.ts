/** What the script tells the runner in each worker. */
export interface Plan {
  /** Of the copy. */
  readonly root: string
  /** For the log and the beats. */
  readonly folder: string
  /** The one check that is off from the start; 0: each test tries all that it comes by. */
  readonly off: number
  readonly todo: readonly number[]
  /** What one switch may take of the processor in all. Then it has survived. */
  readonly budgetMs: number
  /** Waiting longer than this for a test is an endless wait; by the clock. */
  readonly patienceMs: number
  /** In the second round, the slow tests that were left to it. */
  readonly second: readonly string[]
  /**
   * Asked is for each test which check it needs, and not for each check which test; the switches are then in the programs that
   * tests start, and not in what they load. Empty in the first round, in which tests only note what they come by; then the
   * order in which checks are tried, lowest first.
   */
  readonly cases?: Readonly<Record<string, number>>
  /** Tests that fail with every check on. */
  readonly red: readonly string[]
}

/** What a worker reports, one line each. */
export type LogLine =
  | { readonly is: 'caught'; readonly id: number; readonly test: string }
  | { readonly is: 'red'; readonly test: string }
  /** Checks that a slow test came by. */
  | { readonly is: 'slow'; readonly file: string; readonly test: string; readonly asked: readonly number[] }
  /** Time of the processor that tests with this check off took, as far as it is worth counting. */
  | { readonly is: 'spent'; readonly id: number; readonly ms: number }
  /** From here on the second round. */
  | { readonly is: 'again' }
  /** Checks that were asked outside of any test's body. */
  | { readonly is: 'end'; readonly file: string; readonly tookMs: number; readonly outside: readonly number[] }

/** What a worker is busy with. */
export interface Beat {
  readonly id: number
  readonly test: string
  readonly since: number
}

declare module 'vitest' {
  interface ProvidedContext {
    /** A {@link Plan} as JSON. */
    readonly switchOff: string
  }
}
