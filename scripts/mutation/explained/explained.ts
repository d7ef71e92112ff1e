/** Mutants that no test can kill, and why. */
export interface Explained {
  /** One sentence that holds for each of them. */
  readonly why: string
  /** As `npm run mutation` prints them: file, function, kind of change, what becomes what. */
  readonly keys: readonly string[]
}
