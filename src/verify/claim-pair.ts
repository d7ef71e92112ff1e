/** One thing that the predicate and the certificate both speak of. */
export interface ClaimPair {
  readonly field: string
  readonly said: string | undefined
  readonly certified: string | undefined
}
