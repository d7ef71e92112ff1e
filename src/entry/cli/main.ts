import { writeFile } from 'node:fs/promises'
import type { Host, Log } from '../../io/host.ts'
import { CleanbillError } from '../../model/error.ts'
import type { JsonValue } from '../../model/json.ts'
import { nearest } from '../../model/nearest.ts'
import { schemaUri } from '../../model/uris.ts'
import { EXIT, errorDocument, exitCodeOf, formatPlace } from '../exit-codes.ts'
import { makeLog } from '../log.ts'
import { VERSION } from '../version.ts'
import { parseCommandArgs } from './args.ts'
import type { CliContext, Command } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { formatCommandHelp, formatProgramHelp } from './help.ts'

export interface Cli {
  readonly argv: readonly string[]
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly makeHost: (log: Log) => Host
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onSignal: CliContext['onSignal']
  readonly monotonic: () => number
  readonly interactive: boolean
  /** Before a command runs: throws where the program is not the one that was built. Absent: it is not built. */
  readonly checkFiles?: () => Promise<void>
}

/** Finds the command, runs it, prints its one result, and returns the exit code. Never throws. */
export async function main(cli: Cli): Promise<number> {
  const [name, ...rest] = cli.argv
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    cli.stdout.write(formatProgramHelp(COMMANDS, VERSION))
    return name === undefined ? 2 : 0
  }
  if (name === '--version' || name === '-V') {
    cli.stdout.write(`${VERSION}\n`)
    return 0
  }
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command === undefined) {
    const near = nearest(
      name,
      COMMANDS.map(({ name: known }) => known),
    )
    const hint = near === undefined ? 'See cleanbill --help.' : `Did you mean ${near}?`
    printError(cli, new CleanbillError('ARGUMENT_INVALID', `no such command: ${name}`, { hint }))
    return EXIT.usage
  }
  return runCommand(cli, command, rest)
}

async function runCommand(cli: Cli, command: Command, argv: readonly string[]): Promise<number> {
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  if (own.includes('--help')) {
    cli.stdout.write(formatCommandHelp(command))
    return 0
  }
  let json = own.includes('--json') && !command.ownsStdout
  let jsonFile: string | undefined
  try {
    const args = parseCommandArgs(command, argv)
    json = !command.ownsStdout && args.flag('json')
    jsonFile = args.text('json-file')
    await cli.checkFiles?.()
    const result = await command.run(contextFor(cli, args.flag('quiet')), args)
    if (jsonFile !== undefined) await writeDocument(jsonFile, result.document)
    if (json) cli.stdout.write(`${JSON.stringify(result.document, null, 2)}\n`)
    else if (result.text !== '') {
      if (!command.ownsStdout) cli.stdout.write(`${result.text}\n`)
      else if (!args.flag('quiet')) cli.stderr.write(`${result.text}\n`)
    }
    return result.exitCode
  } catch (error) {
    const exitCode = exitCodeOf(error, command.judges)
    const document = { schema: schemaUri('error-v1'), ...errorDocument(error), exitCode }
    if (jsonFile !== undefined) await writeDocument(jsonFile, document).catch(() => undefined)
    if (json) cli.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
    else printError(cli, error)
    return exitCode
  }
}

function contextFor(cli: Cli, quiet: boolean): CliContext {
  const terminal = cli.stderr.isTTY === true && cli.env.CI === undefined && cli.env.TERM !== 'dumb'
  const log = makeLog({
    stream: cli.stderr,
    terminal,
    quiet,
    debug: cli.env.RUNNER_DEBUG === '1',
    monotonic: cli.monotonic,
  })
  return {
    host: cli.makeHost(log),
    stdout: cli.stdout,
    stderr: cli.stderr,
    // https://no-color.org: any value that is not empty
    color: cli.stdout.isTTY === true && !cli.env.NO_COLOR && cli.env.TERM !== 'dumb',
    interactive: cli.interactive,
    onSignal: cli.onSignal,
    stopped: () =>
      new Promise((resolve) => {
        const off = cli.onSignal(() => {
          off()
          resolve()
        })
      }),
  }
}

async function writeDocument(path: string, document: JsonValue): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(document, null, 2)}\n`)
  } catch (cause) {
    throw new CleanbillError('WRITE_FAILED', `cannot write ${path}: ${(cause as Error).message}`, { cause })
  }
}

/** `error CODE: FILE:LINE:COLUMN: message`, then the hint, on stderr. */
function printError(cli: Cli, error: unknown): void {
  const document = errorDocument(error)
  const { code, message, hint } = document
  const log = makeLog({ stream: cli.stderr, terminal: false, quiet: false, debug: false, monotonic: cli.monotonic })
  log.info(`error ${code}: ${formatPlace(document)}${message}`)
  if (hint !== null) log.info(`  hint: ${hint}`)
  if (code === 'INTERNAL_ERROR' && cli.env.RUNNER_DEBUG === '1') log.info(String((error as Error)?.stack))
}
