import type { Host } from '../../io/host.ts'
import { CleanbillError } from '../../model/error.ts'
import type { JsonValue } from '../../model/json.ts'

/** One option of a command. Options are long (`--name`), have one meaning, and are listed by `--help` in table order. */
export interface OptionSpec {
  readonly name: string
  /** Placeholder in `--help`, e.g. `FILE`; absent for a switch. */
  readonly value?: string
  readonly multiple?: boolean
  readonly help: string
}

/** What entry gives a command: the world, and the two streams. */
export interface CliContext {
  readonly host: Host
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream
  /** Colours and progress bars are for terminals. */
  readonly color: boolean
  /** stdin is a terminal: the kernel gives Ctrl-C to the wrapped command by itself. */
  readonly interactive: boolean
  /** Runs until the process is asked to stop (SIGINT, SIGTERM); for servers. */
  readonly stopped: () => Promise<void>
  /** Calls back for each forwarded signal; returns the way to stop listening. */
  readonly onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void
}

/** Parsed arguments. Look options up by the name in the table; a name that is not there is a defect. */
export interface Args {
  readonly positionals: readonly string[]
  /** What stood after `--`. */
  readonly rest: readonly string[]
  readonly text: (name: string) => string | undefined
  readonly list: (name: string) => readonly string[]
  readonly flag: (name: string) => boolean
}

/**
 * What a command hands back: the exit code (DESIGN §7), the one document of `--json`, and the same for people.
 * `main` prints one of the two to stdout, so a command never writes there itself (except `run`, whose stdout belongs
 * to the wrapped command).
 */
export interface CommandResult {
  readonly exitCode: number
  readonly document: JsonValue
  /** Lines for stdout without `--json`; already escaped for terminals. */
  readonly text: string
}

export interface Command {
  readonly name: string
  readonly summary: string
  /** One line each, without the program's name: `verify ARTIFACT… --bundle FILE`. */
  readonly usage: readonly string[]
  /** A paragraph or two for `--help`, wrapped by hand at 100 columns. */
  readonly description: string
  readonly examples?: readonly string[]
  readonly options: readonly OptionSpec[]
  /** Takes a command line after `--`. */
  readonly takesRest?: boolean
  /** Gives verdicts: evidence that is refused exits 10. */
  readonly judges?: boolean
  /** stdout belongs to the wrapped command: `--json-file` in place of `--json`. */
  readonly ownsStdout?: boolean
  readonly run: (context: CliContext, args: Args) => Promise<CommandResult>
}

/**
 * Exactly one value of an option that must be there.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`
 */
export function required(args: Args, name: string): string {
  const value = args.text(name)
  if (value === undefined || value === '') {
    throw new CleanbillError('ARGUMENT_INVALID', `--${name} is missing`, { hint: 'See --help.' })
  }
  return value
}
