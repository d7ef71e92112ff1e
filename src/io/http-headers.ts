/** The headers of an answer. The platform's `Headers` fits; names are looked up without regard to case. */
export interface HttpHeaders extends Iterable<[name: string, value: string]> {
  /** Values of one name that came more than once are joined by `, ` (RFC 9110 §5.3). */
  get(name: string): string | null
  has(name: string): boolean
  /** Names in lower case. */
  entries(): IterableIterator<[name: string, value: string]>
}

/** Headers that were made here and not received. */
export function makeHeaders(values: Readonly<Record<string, string>> = {}): HttpHeaders {
  return readHeaders(Object.entries(values).flat())
}

/**
 * Reads names and values in turn, as Node gives them. The platform's `Headers` costs four times as much and loads the
 * whole of `fetch` when it is first named; neither is worth it for three look-ups an answer.
 */
export function readHeaders(raw: readonly string[]): HttpHeaders {
  const values = new Map<string, string>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const value = raw[index + 1] ?? ''
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return {
    get: (name) => values.get(name.toLowerCase()) ?? null,
    has: (name) => values.has(name.toLowerCase()),
    entries: () => values.entries(),
    [Symbol.iterator]: () => values.entries(),
  }
}
