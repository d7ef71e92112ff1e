import fc from 'fast-check'
import { HOSTILE_WORDS } from './hostile-words.ts'
import { type Change, mutateBytes, mutateText } from './mutate.ts'
import type { Input, Target } from './target.ts'

/** Mostly few repetitions; now and then so many that the square of them is seen. */
const times = fc.oneof(
  { weight: 12, arbitrary: fc.nat(20) },
  { weight: 3, arbitrary: fc.nat(2_000) },
  { weight: 1, arbitrary: fc.constantFrom(20_000, 60_000, 150_000) },
)

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.nat(10_000),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(40),
  pick: fc.nat(100_000),
  times,
})
export const changes = fc.array(change, { minLength: 1, maxLength: 6 })

const freeText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  // UTF-16 as it may come from JSON, halves of pairs included.
  fc.array(fc.nat(0xffff), { maxLength: 30 }).map((units) => String.fromCharCode(...units)),
  fc.array(fc.constantFrom(...HOSTILE_WORDS), { maxLength: 12 }).map((words) => words.join('')),
  fc.json({ maxDepth: 4 }),
)
const freeBytes = fc.uint8Array({ maxLength: 80 })

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const asText = (seed: Input): string => (typeof seed === 'string' ? seed : Buffer.from(seed).toString('utf8'))
const asBytes = (seed: Input): Uint8Array => (typeof seed === 'string' ? encode(seed) : seed)

/** Inputs of a target: its seeds with changes, its seeds as they are, and free ones. */
export function inputsOf({ input }: Target, seeds: readonly Input[]): fc.Arbitrary<Input> {
  const seed = fc.constantFrom(...seeds)
  const text = fc.tuple(seed, changes).map(([from, list]) => mutateText(asText(from), list))
  const bytes = fc.tuple(seed, changes).map(([from, list]) => mutateBytes(asBytes(from), list))
  if (input === 'text') {
    return fc.oneof(
      { weight: 10, arbitrary: text },
      { weight: 3, arbitrary: freeText },
      { weight: 1, arbitrary: seed.map(asText) },
    )
  }
  if (input === 'binary') {
    return fc.oneof(
      { weight: 14, arbitrary: bytes },
      { weight: 1, arbitrary: freeBytes },
      { weight: 1, arbitrary: seed.map(asBytes) },
    )
  }
  return fc.oneof(
    { weight: 12, arbitrary: text.map(encode) },
    { weight: 2, arbitrary: bytes },
    { weight: 1, arbitrary: freeText.map(encode) },
    { weight: 1, arbitrary: seed.map(asBytes) },
  )
}
