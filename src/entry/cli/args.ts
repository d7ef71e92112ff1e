import { parseArgs } from 'node:util'
import { CleanbillError } from '../../model/error.ts'
import { nearest } from '../../model/nearest.ts'
import type { Args, Command, OptionSpec } from './command.ts'

/** Options that every command has. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'json', help: 'Print one JSON document on stdout; logs go to stderr' },
  { name: 'json-file', value: 'FILE', help: 'Write that document to FILE' },
  { name: 'quiet', help: 'No progress and no notes on stderr' },
  { name: 'help', help: 'Show this help' },
]

export function optionsOf(command: Command): readonly OptionSpec[] {
  const common = command.ownsStdout ? COMMON_OPTIONS.filter((option) => option.name !== 'json') : COMMON_OPTIONS
  return [...command.options, ...common]
}

/**
 * Reads a command's arguments against its table. Unknown options are errors with the nearest known one as hint; an
 * option given twice is an error unless the table says that it may be.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`
 */
export function parseCommandArgs(command: Command, argv: readonly string[]): Args {
  const specs = optionsOf(command)
  const cut = argv.indexOf('--')
  const own = cut < 0 ? argv : argv.slice(0, cut)
  const rest = cut < 0 ? [] : argv.slice(cut + 1)
  if (cut >= 0 && !command.takesRest)
    throw new CleanbillError('ARGUMENT_INVALID', `${command.name} takes no -- COMMAND`)
  const values = readValues(command, specs, own)
  const find = (name: string) => {
    if (!specs.some((spec) => spec.name === name)) throw new CleanbillError('INTERNAL_ERROR', `no option --${name}`)
    return values.options[name]
  }
  return {
    positionals: values.positionals,
    rest,
    text: (name) => find(name)?.at(-1) as string | undefined,
    list: (name) => (find(name) ?? []) as readonly string[],
    flag: (name) => find(name)?.at(-1) === true,
  }
}

interface Values {
  readonly options: Readonly<Record<string, readonly (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
}

function readValues(command: Command, specs: readonly OptionSpec[], argv: readonly string[]): Values {
  const table = Object.fromEntries(
    specs.map((spec) => [
      spec.name,
      { type: spec.value === undefined ? ('boolean' as const) : ('string' as const), multiple: true as const },
    ]),
  )
  let parsed: { values: Values['options']; positionals: string[] }
  try {
    parsed = parseArgs({ args: [...argv], options: table, allowPositionals: true, strict: true })
  } catch (error) {
    const message = (error as Error).message.split('. To specify')[0] ?? ''
    const unknown = /Unknown option '--?([^']*)'/.exec(message)?.[1]
    throw new CleanbillError('ARGUMENT_INVALID', unknown === undefined ? message : `unknown option --${unknown}`, {
      cause: error,
      hint: hintFor(command, specs, unknown),
    })
  }
  for (const spec of specs) {
    const given = parsed.values[spec.name]
    if (given !== undefined && given.length > 1 && !spec.multiple) {
      throw new CleanbillError('ARGUMENT_INVALID', `--${spec.name} is given ${given.length} times`)
    }
  }
  return { options: parsed.values, positionals: parsed.positionals }
}

function hintFor(command: Command, specs: readonly OptionSpec[], unknown: string | undefined): string {
  const near =
    unknown === undefined
      ? undefined
      : nearest(
          unknown,
          specs.map((spec) => spec.name),
        )
  return near === undefined ? `See: cleanbill ${command.name} --help` : `Did you mean --${near}?`
}
