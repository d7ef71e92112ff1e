import { describe, expect, it } from 'vitest'
import { runSlice } from './engine/run-slice.ts'
import { TARGETS } from './targets/targets.ts'

/** Another seed looks elsewhere: `FUZZ_SEED=7 npx vitest run __tests__/fuzz`. The long run is `npm run fuzz`. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_126)
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 60)

describe('whatever it is given', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))(
    '%s refuses it with a code or reads it, in time and within its caps',
    async (_, target) => {
      const { inputs, finding } = await runSlice(target, { seed: SEED, inputs: INPUTS })
      expect(finding).toBeUndefined()
      expect(inputs).toBeGreaterThanOrEqual(INPUTS)
    },
  )
})
