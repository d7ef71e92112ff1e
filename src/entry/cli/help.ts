import { optionsOf } from './args.ts'
import type { Command, OptionSpec } from './command.ts'

/** `cleanbill --help`. */
export function formatProgramHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  const rows = commands.map((command) => `  ${command.name.padEnd(width + 2)}${command.summary}`)
  return `cleanbill ${version}: provenance for builds and models that is enforced

Usage
  cleanbill <command> [options]

Commands
${rows.join('\n')}

Exit codes
  0   passed                         2   bad arguments or configuration
  1   nothing could be judged        10  refused: the verdict is FAILED
  run passes the wrapped command's own code through when that command fails.

Run cleanbill <command> --help for the options of one command.
`
}

/** `cleanbill COMMAND --help`. */
export function formatCommandHelp(command: Command): string {
  const parts = [
    `${command.summary}\n`,
    `Usage\n${command.usage.map((line) => `  cleanbill ${line}`).join('\n')}\n`,
    `${command.description}\n`,
    `Options\n${formatOptions(optionsOf(command))}\n`,
  ]
  if (command.examples !== undefined)
    parts.push(`Examples\n${command.examples.map((line) => `  $ ${line}`).join('\n')}\n`)
  return parts.join('\n')
}

function formatOptions(specs: readonly OptionSpec[]): string {
  const left = specs.map((spec) => `--${spec.name}${spec.value === undefined ? '' : ` ${spec.value}`}`)
  const width = Math.min(34, Math.max(...left.map((text) => text.length)))
  return specs
    .map((spec, index) => {
      const head = left[index] ?? ''
      const help = `${spec.help}${spec.multiple ? ' (repeatable)' : ''}`
      const indent = `\n${' '.repeat(width + 4)}`
      const lines = wrap(help, 100 - width - 4).join(indent)
      return head.length > width ? `  ${head}${indent}${lines}` : `  ${head.padEnd(width + 2)}${lines}`
    })
    .join('\n')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
