import type { Notice } from '../model/dependency.ts'
import { downloadNotices } from './downloads.ts'
import { type ShellCommand, shellCommands, stripPrefixes } from './shell-words.ts'

interface Installer {
  /** Matched against the words from the command on, joined by one blank. */
  readonly command: RegExp
  /** Is what it installs outside a lock? Given the words after the match. Default: when one of them names something. */
  readonly unlocked?: (rest: readonly string[]) => boolean
}

const named = (rest: readonly string[]): boolean => operands(rest).length > 0
const always = (): boolean => true

/** A row an installer. Source of the list: `sources.md` §2, and what the workflows of large projects use. */
const INSTALLERS: readonly Installer[] = [
  { command: /^npm (?:\S+ )*?(?:install|i|add|in|ins|inst|isntall|update|up|upgrade)(?= |$)/ },
  { command: /^(?:pnpm|yarn|bun) (?:\S+ )*?(?:add|up|update|upgrade|global add)(?= |$)/ },
  { command: /^(?:pnpm|bun) (?:\S+ )*?(?:install|i)(?= |$)/ },
  {
    command:
      /^(?:npx|bunx|pnpx|npm exec|npm x|pnpm dlx|yarn dlx|npm create|npm init|pnpm create|yarn create|bun x)(?= |$)/,
  },
  {
    command:
      /^(?:pip[\d.]*|uv pip|python[\d.]* -m pip|py -m pip|\S*\/(?:pip[\d.]*|python[\d.]* -m pip)) (?:-\S+ )*install(?= |$)/,
    unlocked: pipUnlocked,
  },
  {
    command:
      /^(?:pipx (?:install|run|inject)|uv tool (?:install|run|upgrade)|uvx|uv add|poetry add|pdm add|pipenv install|easy_install|rye add|hatch dep)(?= |$)/,
  },
  { command: /^uv run (?:.* )?--with(?:=| )/, unlocked: always },
  {
    command: /^(?:conda|mamba|micromamba) (?:\S+ )*?(?:install|create|update|env (?:create|update))(?= |$)/,
    unlocked: always,
  },
  { command: /^pixi (?:global install|add|exec)(?= |$)/ },
  { command: /^(?:apt|apt-get|aptitude) (?:-\S+ )*install(?= |$)/ },
  {
    command:
      /^(?:apk (?:-\S+ )*add|(?:yum|dnf|microdnf|zypper|tdnf) (?:-\S+ )*(?:install|in|groupinstall)|pacman -S\S*|brew install|brew upgrade|brew tap|choco install|scoop install|winget install|snap install|port install|nix-env -i\S*|nix profile install|flatpak install)(?= |$)/,
  },
  { command: /^gem (?:install|update)(?= |$)/ },
  { command: /^bundle add(?= |$)/ },
  {
    command: /^cargo (?:\+\S+ )?(?:install|add|binstall)(?= |$)/,
    unlocked: (rest) => !rest.includes('--path') && named(rest),
  },
  { command: /^go (?:install|get|run)(?= |$)/, unlocked: (rest) => operands(rest).some((word) => word.includes('@')) },
  {
    command:
      /^(?:composer (?:global )?require|dotnet (?:tool install|add package)|nuget install|luarocks install|cpan|cpanm|mix archive\.install|opam install|stack install|cabal install|helm (?:install|upgrade|plugin install)|code --install-extension|rustup (?:component|target|toolchain) (?:add|install)|corepack (?:prepare|use|install)|gh extension install|kubectl krew install|tlmgr install|R CMD INSTALL|playwright install)(?= |$)/,
  },
]

/** Options of installers that take the next word as their value: that word names nothing to install. */
const VALUED = new Set([
  ...[
    '-r',
    '--requirement',
    '-c',
    '--constraint',
    '-i',
    '--index-url',
    '--extra-index-url',
    '-f',
    '--find-links',
    '-t',
    '--target',
  ],
  ...[
    '--prefix',
    '--registry',
    '--root',
    '--platform',
    '--python',
    '-p',
    '--python-version',
    '--cache-dir',
    '--omit',
    '--include',
  ],
  ...[
    '--loglevel',
    '--cwd',
    '-C',
    '--dir',
    '--filter',
    '-F',
    '--torch-backend',
    '--index-strategy',
    '-o',
    '-w',
    '--workspace',
  ],
])

/** Words that are neither options nor their values. */
function operands(words: readonly string[]): string[] {
  const found: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (/^\d*[<>]/.test(word)) {
      if (/^\d*(?:>>?|<<?-?)$/.test(word)) at++
    } else if (VALUED.has(word)) at++
    else if (!word.startsWith('-') && word !== '') found.push(word)
  }
  return found
}

/** `-r` reads a file, which is judged by itself; `.` and `-e` pull in what the project wishes for, without a lock. */
function pipUnlocked(rest: readonly string[]): boolean {
  if (rest.includes('--no-index')) return false
  if (rest.includes('--no-deps') && operands(rest).every((word) => /^(?:\.|\/|\$)|\.whl$/.test(word))) return false
  const editable = rest.some((word) => /^(?:-e|--editable)/.test(word)) && !rest.includes('--no-deps')
  return editable || operands(rest.filter((word) => !/^(?:-e|--editable)$/.test(word))).length > 0
}

const FETCHES = /^(?:curl|wget|iwr|irm|Invoke-WebRequest|Invoke-RestMethod|fetch)$/i
const SHELLS =
  /^(?:\S*\/)?(?:ba|z|da|k|a)?sh$|^(?:\S*\/)?(?:python[\d.]*|node|perl|ruby|php|iex|Invoke-Expression|pwsh|powershell|source|\.|eval)$/i

/**
 * What a script installs outside any lock: installers that are given names, runners that fetch what they run, a
 * download that goes straight into a shell, and one that is used without a check.
 *
 * @param firstLine line of the script's first line in the file
 */
export function findInstalls(script: string, file: string, firstLine: number): Notice[] {
  const found: Notice[] = []
  const commands = shellCommands(script)
  for (const [index, command] of commands.entries()) {
    const words = stripPrefixes(command.words)
    const line = firstLine + command.line
    const text = words.join(' ')
    if (isPipedDownload(commands, index, words))
      found.push(notice(`a download runs as a program: ${shorten(text)}`, file, line))
    else if (isUnlocked(words, text)) found.push(notice(`outside any lock: ${shorten(text)}`, file, line))
  }
  return [...found, ...downloadNotices(script, file, firstLine)]
}

function isUnlocked(words: readonly string[], text: string): boolean {
  return INSTALLERS.some(({ command, unlocked }) => {
    const match = command.exec(text)
    if (match === null) return false
    return (unlocked ?? named)(words.slice(match[0].split(' ').length))
  })
}

/** `curl … | sh`, `sh -c "$(curl …)"`, `bash <(curl …)`, `iex (irm …)`. */
function isPipedDownload(commands: readonly ShellCommand[], index: number, words: readonly string[]): boolean {
  const command = commands[index]
  const first = words[0] ?? ''
  if (command?.after === '$(' && FETCHES.test(first)) {
    const neighbours = [commands[index - 1], commands[index + 1]]
    return neighbours.some((other) => other !== undefined && SHELLS.test(stripPrefixes(other.words)[0] ?? ''))
  }
  if (command?.after !== '|' || !SHELLS.test(first)) return false
  for (let at = index - 1; at >= 0; at--) {
    const before = commands[at]
    if (before === undefined) return false
    if (FETCHES.test(stripPrefixes(before.words)[0] ?? '')) return true
    if (before.after !== '|') return false
  }
  return false
}

const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 160 ? `${line.slice(0, 160)}…` : line
}

function notice(message: string, file: string, line: number): Notice {
  const hint = 'Install from a lock with hashes, or from a file whose digest the workflow checks.'
  return { code: 'UNLOCKED_INSTALL', message, hint, file, line }
}
