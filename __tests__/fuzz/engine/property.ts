import fc from 'fast-check'

/** Another seed looks elsewhere, `FUZZ_TIMES=20` looks so much longer. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_126)
const TIMES = Number(process.env.FUZZ_TIMES ?? 1)

export const PROPERTY_TIMEOUT = 60_000 * Math.max(1, TIMES)

/**
 * Holds a property for so many runs; a failure names the seed, the path to it and the counterexample.
 *
 * @param shrink make it small first. Not where one run takes so long that the test would be ended before it is said
 */
export async function hold<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  runs: number,
  { shrink = true } = {},
): Promise<void> {
  const numRuns = Math.max(1, Math.round(runs * TIMES))
  // Sound: `assert` takes either and gives a promise for the one that needs it.
  await fc.assert(property as fc.IAsyncProperty<T>, { seed: SEED, numRuns, endOnFailure: !shrink })
}
