/** One thing that the predicate and the certificate both speak of; undefined: one of them does not. */
export interface ClaimPair {
  readonly field: string
  readonly said: string | undefined
  readonly certified: string | undefined
}
