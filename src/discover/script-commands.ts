import { shellCommands, stripPrefixes } from './shell-words.ts'

/** One command of a script as people would read it: without `sudo`, `env` and the like before it. */
export interface ScriptCommand {
  readonly words: readonly string[]
  /** In the file. */
  readonly line: number
}

/** @param firstLine line of the script's first line in the file */
export function scriptCommands(script: string, firstLine: number): ScriptCommand[] {
  return shellCommands(script).map(({ words, line }) => ({ words: stripPrefixes(words), line: firstLine + line }))
}

/**
 * Does a command start with these words? Options may stand between them (`npm --prefix web ci` is `npm ci`). Words are
 * compared, not matched: a script is as long as whoever wrote it likes.
 */
export function startsWith({ words }: ScriptCommand, wanted: string): boolean {
  const [program = '', ...rest] = wanted.split(' ')
  if (baseOf(words[0]) !== program) return false
  let at = 1
  for (const word of rest) {
    const found = words.indexOf(word, at)
    // The subcommand stands near the front; far behind it is an argument.
    if (found < 0 || found > at + 4) return false
    if (!words.slice(at, found).some((between) => between.startsWith('-')) && found !== at) return false
    at = found + 1
  }
  return true
}

export const startsWithAny = (command: ScriptCommand, wanted: readonly string[]): boolean =>
  wanted.some((one) => startsWith(command, one))

/** `./gradlew`, `/usr/bin/curl`: by the program's own name. */
function baseOf(word: string | undefined): string | undefined {
  return word?.slice(word.lastIndexOf('/') + 1)
}

export function shown({ words }: ScriptCommand): string {
  const text = words.slice(0, 40).join(' ').replace(/\s+/g, ' ')
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
