import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from './run-input.ts'
import type { Input } from './target.ts'

/** A piece of an input that is too long to be kept as a file; `{n}` in a numbered one counts from 0. */
export interface Piece {
  readonly text: string
  /** Default: once. */
  readonly times?: number
  readonly numbered?: true
}

/** `case.json`. The input is `input.txt`, `input.bin`, `input.json` (a string that is no UTF-8), or `repeat`. */
export interface Case {
  readonly target: string
  /** In a few words, what is hostile about it. */
  readonly what: string
  /** How it was found: the fault, and the seed where the run is known. */
  readonly found: string
  readonly seed?: number
  /** `reads`, or the code of the error that it ends in; what the fuzz run writes is {@link UNDECIDED}. */
  readonly expect: string
  readonly repeat?: readonly Piece[]
}

export const UNDECIDED = 'reads, or a code'

/** No file of a case is larger. */
export const MAX_CASE_BYTES = 4_096

/** What a case gives to its target: a string, which stands for its UTF-8, or bytes. */
export function readCase(folder: string): { readonly about: Case; readonly input: Input } {
  // Sound: written by `writeCase`, or reviewed; a key that is absent fails the test of the cases.
  const about = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Case
  if (about.repeat !== undefined) return { about, input: expand(about.repeat) }
  const file = (name: string) => join(folder, name)
  if (existsSync(file('input.json'))) {
    return { about, input: JSON.parse(readFileSync(file('input.json'), 'utf8')) as string }
  }
  if (existsSync(file('input.bin'))) return { about, input: new Uint8Array(readFileSync(file('input.bin'))) }
  return { about, input: readFileSync(file('input.txt'), 'utf8') }
}

export interface NewCase {
  readonly target: string
  readonly seed: number
  readonly fault: Fault
  readonly input: Input
}

/** Writes a finding as a case that nobody has looked at yet. */
export function writeCase(folder: string, { target, seed, fault, input }: NewCase): void {
  mkdirSync(folder, { recursive: true })
  const text = textOf(input)
  const repeat = text === undefined || text.length <= 512 ? undefined : asRepeat(text)
  const about: Case = {
    ...{ target, what: `seed ${seed}`, found: `${fault.kind}: ${fault.detail}`, seed, expect: UNDECIDED },
    ...(repeat === undefined ? {} : { repeat }),
  }
  writeFileSync(join(folder, 'case.json'), `${JSON.stringify(about, null, 2)}\n`)
  if (repeat !== undefined) return
  if (text === undefined) writeFileSync(join(folder, 'input.bin'), input)
  else if (text.isWellFormed()) writeFileSync(join(folder, 'input.txt'), text)
  else writeFileSync(join(folder, 'input.json'), `${JSON.stringify(text)}\n`)
}

/** The text that stands for an input; undefined where bytes are none. */
function textOf(input: Input): string | undefined {
  if (typeof input === 'string') return input
  const text = Buffer.from(input).toString('utf8')
  return Buffer.from(text).equals(Buffer.from(input)) ? text : undefined
}

export const expand = (pieces: readonly Piece[]): string =>
  pieces
    .map(({ text, times = 1, numbered }) =>
      numbered === true
        ? Array.from({ length: times }, (_, number) => text.replaceAll('{n}', String(number))).join('')
        : text.repeat(times),
    )
    .join('')

const MAX_PERIOD = 24
/** A run that is shorter is kept as it is. */
const MIN_RUN = 64

/** A text as pieces that are repeated; undefined where that is not shorter than the text. */
export function asRepeat(text: string): readonly Piece[] | undefined {
  const pieces: Piece[] = []
  let plainFrom = 0
  for (let at = 0; at < text.length; ) {
    const run = runAt(text, at)
    if (run === undefined) {
      at++
      continue
    }
    if (at > plainFrom) pieces.push({ text: text.slice(plainFrom, at) })
    pieces.push(run)
    at += run.text.length * (run.times ?? 1)
    plainFrom = at
  }
  if (plainFrom < text.length) pieces.push({ text: text.slice(plainFrom) })
  return JSON.stringify(pieces).length < text.length / 2 ? pieces : undefined
}

function runAt(text: string, at: number): Piece | undefined {
  for (let period = 1; period <= MAX_PERIOD; period++) {
    let end = at + period
    while (end < text.length && text[end] === text[end - period]) end++
    const times = Math.floor((end - at) / period)
    if (times * period >= MIN_RUN && times > 1) return { text: text.slice(at, at + period), times }
  }
  return undefined
}
