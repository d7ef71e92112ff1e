import type { Input } from './target.ts'

/**
 * Cuts pieces out of an input for as long as it stays wrong in the same way.
 *
 * @param isSame gives the input to the target again
 */
export async function minimise(
  input: Input,
  isSame: (input: Input) => Promise<boolean>,
  deadline: number,
): Promise<Input> {
  let best = input
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      if (Date.now() > deadline) return best
      const shorter = without(best, at, size)
      if (shorter.length < best.length && (await isSame(shorter))) best = shorter
      else at += size
    }
  }
  return best
}

const without = (input: Input, at: number, length: number): Input =>
  typeof input === 'string'
    ? input.slice(0, at) + input.slice(at + length)
    : new Uint8Array(Buffer.concat([input.slice(0, at), input.slice(at + length)]))
