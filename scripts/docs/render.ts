import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { INPUTS, type InputSpec } from '../../src/entry/action/inputs.ts'
import { OUTPUTS } from '../../src/entry/action/outputs.ts'
import { COMMANDS } from '../../src/entry/cli/commands/index.ts'
import { formatCommandHelp } from '../../src/entry/cli/help.ts'

const INPUT_SPECS: readonly InputSpec[] = INPUTS

/** Block name → its lines, in Markdown or, for action.yml, in YAML. */
const BLOCKS: Readonly<Record<string, (yaml: boolean) => readonly string[]>> = {
  inputs: (yaml) => (yaml ? inputsYaml() : inputsTable()),
  outputs: (yaml) => (yaml ? outputsYaml() : outputsTable()),
  commands: () => [
    '',
    '| command | what it does |',
    '|---|---|',
    ...COMMANDS.map(({ name, summary }) => `| [\`${name}\`](docs/cli.md#${name}) | ${cell(summary)} |`),
    '',
  ],
  help: () =>
    COMMANDS.flatMap((command) => [
      '',
      `## ${command.name}`,
      '',
      '```text',
      ...formatCommandHelp(command).trimEnd().split('\n'),
      '```',
      '',
    ]),
}

/** @throws {Error} for a block that nothing renders */
export function renderBlock(root: string, page: string, name: string): readonly string[] {
  if (name.startsWith('file ')) return quoteFile(root, name.slice('file '.length))
  const render = BLOCKS[name]
  if (render === undefined) throw new Error(`${page}: no such block: ${name}`)
  return render(page.endsWith('.yml'))
}

const LANGUAGES: Readonly<Record<string, string>> = { '.mjs': 'js', '.ts': 'ts', '.yml': 'yaml' }

function quoteFile(root: string, path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8').trimEnd()
  return ['', `\`\`\`${LANGUAGES[extname(path)] ?? 'text'}`, ...text.split('\n'), '```', '']
}

function inputsTable(): string[] {
  const rows = INPUT_SPECS.map(({ name, description, default: value }) => {
    return `| \`${name}\` | ${cell(description)} | ${value === undefined ? '' : `\`${value}\``} |`
  })
  return ['', '| input | meaning | default |', '|---|---|---|', ...rows, '']
}

function outputsTable(): string[] {
  return [
    '',
    '| output | meaning |',
    '|---|---|',
    ...OUTPUTS.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`),
    '',
  ]
}

function inputsYaml(): string[] {
  const entries = INPUT_SPECS.flatMap(({ name, description, default: value }) => [
    `  ${name}:`,
    `    description: ${JSON.stringify(description)}`,
    '    required: false',
    ...(value === undefined ? [] : [`    default: ${JSON.stringify(value)}`]),
  ])
  return ['inputs:', ...entries]
}

function outputsYaml(): string[] {
  const entries = OUTPUTS.flatMap(({ name, description }) => [
    `  ${name}:`,
    `    description: ${JSON.stringify(description)}`,
  ])
  return ['outputs:', ...entries]
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/[<>]/g, (sign) => (sign === '<' ? '&lt;' : '&gt;'))
}
