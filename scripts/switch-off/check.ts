/** How a check is switched off. */
export type Kind =
  | 'throw'
  | 'guard'
  | 'part'
  | 'condition'
  | 'answer'
  | 'call'
  | 'objection'
  | 'list'
  | 'filter'
  | 'entry'
  | 'level'
  | 'schema'

export const KINDS: Readonly<Record<Kind, string>> = {
  throw: 'a `throw` does not throw',
  guard: 'an `if` that refuses never holds',
  part: 'one operand of the `||` before a refusal is false',
  condition: 'one operand of a predicate’s `&&` is true, or of its `||` false',
  answer: 'what a predicate answers is always yes, or always no',
  call: 'a function that is called for what it refuses is not called',
  objection: 'one objection is not made',
  list: 'one source of objections, or one part of a list, is empty',
  filter: 'a `.filter` keeps everything, an `.every` holds for everything',
  entry: 'one row of a table is missing',
  level: 'what fails the run is only noted',
  schema: 'a limit of a schema does not hold',
}

/** What a test is run without, or with another way: it asks whether it is the one, wherever it is come by. */
export interface Switch {
  /** Number in this run, from 1. */
  readonly id: number
  /** Stays the same while other lines move: file, function, kind, text. */
  readonly key: string
  readonly file: string
  readonly line: number
}

/** One single check, and how its file is written so that it can be switched off. */
export interface Check extends Switch {
  readonly kind: Kind
  readonly found: Found
}

/** A check as it is found; it gets its number with all others. */
export interface Found {
  readonly kind: Kind
  readonly start: number
  readonly end: number
  /** What goes before the node and behind it; `OFF` stands for the question whether this check is off. */
  readonly open: string
  readonly close: string
  /** Tells two checks of one node apart. */
  readonly variant?: string
}

/**
 * What every source with switches begins with, on its first line. Functions, since they can be called before the line is
 * reached when sources load each other. In a worker that nobody gave a switch, every check stays on.
 */
const HEAD =
  'function isOff(id) { return globalThis.isSwitchedOff?.(id) === true } ' +
  "function orEmpty(id, list) { const all = typeof list === 'string' ? list : [...list]; " +
  'return all.length > 0 && isOff(id) ? [] : all } '

const ask = (text: string, id: number) => text.replace('OFF', `isOff(${id})`).replace('ID', String(id))

/** Writes a source so that each of its checks asks a switch first. Lines keep their numbers. */
export function withSwitches(text: string, checks: readonly Check[]): string {
  const edits = checks.flatMap(({ id, found: { start, end, open, close } }) => [
    // At one place: what closes comes before what opens; an outer node opens before and closes behind an inner one.
    { at: start, order: 1, size: start - end, nth: id, text: ask(open, id) },
    { at: end, order: 0, size: end - start, nth: -id, text: ask(close, id) },
  ])
  edits.sort((a, b) => a.at - b.at || a.order - b.order || a.size - b.size || a.nth - b.nth)
  let written = HEAD
  let from = 0
  for (const edit of edits) {
    written += text.slice(from, edit.at) + edit.text
    from = edit.at
  }
  return written + text.slice(from)
}
