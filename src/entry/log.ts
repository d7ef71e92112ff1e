import type { Log } from '../io/host.ts'
import { escapeTerminal } from '../report/escape.ts'

export interface LogOptions {
  readonly stream: NodeJS.WritableStream
  /** A person watches: one line that is drawn over. Otherwise a line a minute at most. */
  readonly terminal: boolean
  readonly quiet: boolean
  readonly debug: boolean
  readonly monotonic: () => number
  /** Where warnings go in a CI system that shows them apart. */
  readonly warn?: (message: string) => void
}

const DRAW_EVERY_MS = 100
const SAY_EVERY_MS = 60_000

/** Log lines for people; every message is already free of control characters or made so here. */
export function makeLog(options: LogOptions): Log {
  const { stream, terminal, quiet } = options
  let drawn = false
  // Starts silent for a minute in CI: work that is done by then needs no line.
  let last = terminal ? Number.NEGATIVE_INFINITY : options.monotonic()
  const clear = () => {
    if (drawn) stream.write('\r\x1b[2K')
    drawn = false
  }
  const line = (text: string) => {
    clear()
    stream.write(`${printable(text)}\n`)
  }
  return {
    debug: (message) => {
      if (options.debug) line(message)
    },
    info: (message) => {
      if (!quiet) line(message)
    },
    warn: (message) => {
      if (options.warn) options.warn(printable(message))
      else line(`warning: ${message}`)
    },
    progress: (what, done, total) => {
      const finished = total !== undefined && done >= total
      const now = options.monotonic()
      if (quiet || now - last < (terminal ? DRAW_EVERY_MS : SAY_EVERY_MS)) {
        if (finished) clear()
        return
      }
      last = now
      if (!terminal) return line(`${what}: ${amount(done)}${total === undefined ? '' : ` of ${amount(total)}`}`)
      clear()
      if (finished) return
      stream.write(bar(printable(what), done, total))
      drawn = true
    },
  }
}

function bar(what: string, done: number, total: number | undefined): string {
  if (total === undefined || total === 0) return `${what} ${amount(done)}`
  const filled = Math.min(20, Math.floor((20 * done) / total))
  return `${what} [${'#'.repeat(filled)}${'.'.repeat(20 - filled)}] ${Math.floor((100 * done) / total)}%`
}

/** Counts are shown as they are; what is large is bytes. */
function amount(value: number): string {
  if (value < 1_000_000) return String(value)
  return value < 1e9 ? `${(value / 1e6).toFixed(0)} MB` : `${(value / 1e9).toFixed(1)} GB`
}

/** File names and server messages may hold escape sequences and workflow commands: none reaches the log (T-AC-02, -03). */
function printable(text: string): string {
  return escapeTerminal(text.replaceAll('\n', ' '), 10_000)
}
