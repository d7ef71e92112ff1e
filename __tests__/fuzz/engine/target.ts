/** What a target is given: a text as JavaScript has it (lone surrogates included), or bytes. */
export type Input = string | Uint8Array

/**
 * One function of ours that takes what others wrote. A row of `targets/targets.ts`.
 *
 * `text` is handed over as a string, `document` is a text that is handed over as bytes, `binary` never was a text.
 */
export interface Target {
  /** `room/what`, also the name of its findings. */
  readonly name: string
  readonly input: 'text' | 'document' | 'binary'
  /** Exported functions that this calls, as `src/model/json.ts parseJson`. The test of coverage holds them to the sources. */
  readonly covers: readonly string[]
  /** Inputs of the kind that are in order; they are what is mutated. */
  readonly seeds: () => readonly Input[] | Promise<readonly Input[]>
  /** May throw a `CleanbillError`, unless `throwsNothing`. */
  readonly run: (input: never) => unknown
  /** Where the contract is an answer and never an exception: any exception is a finding. */
  readonly throwsNothing?: true
  /** What is wrong with a result; undefined where nothing is. */
  readonly complain?: (result: never, input: never) => string | undefined
}

interface Typed<I extends Input, R> {
  readonly covers: readonly string[]
  readonly seeds: Target['seeds']
  readonly run: (input: I) => R
  readonly throwsNothing?: true
  readonly complain?: (result: Awaited<R>, input: I) => string | undefined
}

/** The three kinds of rows, each with the type of its input. */
export const textTarget = <R>(name: string, parts: Typed<string, R>): Target => ({ name, input: 'text', ...parts })
export const documentTarget = <R>(name: string, parts: Typed<Uint8Array, R>): Target => ({
  name,
  input: 'document',
  ...parts,
})
export const binaryTarget = <R>(name: string, parts: Typed<Uint8Array, R>): Target => ({
  name,
  input: 'binary',
  ...parts,
})

/** Seeds that are written as values. */
export const jsonSeeds =
  (...values: readonly unknown[]) =>
  (): readonly string[] =>
    values.map((value) => JSON.stringify(value))
