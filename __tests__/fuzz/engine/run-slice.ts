import fc from 'fast-check'
import { inputsOf } from './inputs.ts'
import { minimise } from './minimise.ts'
import { type Fault, runInput } from './run-input.ts'
import type { Input, Target } from './target.ts'

export interface Slice {
  readonly seed: number
  readonly inputs: number
  /** Default: as long as it takes. */
  readonly maxMs?: number
  /** Told of each input before the target is: what ends the process is then known. */
  readonly before?: (input: Input) => void
}

export interface SliceResult {
  readonly inputs: number
  readonly finding: { readonly fault: Fault; readonly input: Input } | undefined
}

/** Gives a target so many inputs, and stops at the first with which something is wrong; that one is made small. */
export async function runSlice(target: Target, slice: Slice): Promise<SliceResult> {
  const { seed, inputs, maxMs, before } = slice
  let count = 0
  let found: { fault: Fault; input: Input } | undefined
  const property = fc.asyncProperty(inputsOf(target, await target.seeds()), async (input) => {
    count++
    before?.(input)
    const fault = await runInput(target, input)
    if (fault === undefined) return
    // Shrinking may meet another fault than the first; each is one, and the last that fails is the smallest.
    found = { fault, input }
    throw new Error(fault.detail)
  })
  await fc.check(property, {
    ...{ seed, numRuns: inputs, skipEqualValues: false },
    ...(maxMs === undefined ? {} : { interruptAfterTimeLimit: maxMs }),
  })
  if (found === undefined) return { inputs: count, finding: undefined }
  return { inputs: count, finding: await smallest(target, found, before) }
}

async function smallest(
  target: Target,
  { fault, input }: { readonly fault: Fault; readonly input: Input },
  before: Slice['before'],
) {
  const isSame = async (shorter: Input): Promise<boolean> => {
    before?.(shorter)
    const again = await runInput(target, shorter)
    return again?.kind === fault.kind && gist(again) === gist(fault)
  }
  return { fault, input: await minimise(input, isSame, Date.now() + 10_000) }
}

/** What stays the same when an input gets smaller: the texts in a message do not, the place it comes from does. */
export const gist = ({ kind, detail }: Fault): string => {
  const places = detail.split(' at ').filter((part) => part.startsWith('src/'))
  return places.length > 0 ? `${kind} ${detail.split(':')[0]} ${places.join(' ')}` : kind
}
