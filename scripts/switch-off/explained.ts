/** A check that no test can miss, and why. */
export interface Explained {
  /** As `--list` prints it. */
  readonly key: string
  readonly why: string
}

export const EXPLAINED: readonly Explained[] = []
