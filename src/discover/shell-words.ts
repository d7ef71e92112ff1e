/** One simple command of a script: its words, quotes gone, and the line it starts on (from 0, within the script). */
export interface ShellCommand {
  readonly words: readonly string[]
  readonly line: number
  /** What stands before the command: `|` feeds it the output of the one before. */
  readonly after: '' | '|' | ';' | '&&' | '||' | '&' | '$('
}

/** Of commands in commands; nobody writes more, and a hostile script must not end the process. */
const MAX_DEPTH = 8

const SEPARATOR = /^(?:&&|\|\||\|&?|;|&(?![>&\d])|\$\(|<\(|`|[(){}](?=\s|$|\)))/

/**
 * Splits a script into simple commands: enough of a shell to see what is started with which words. Not a shell: nothing is
 * expanded, and a here-document is read like a script of its own, so that what it installs is seen too.
 */
export function shellCommands(script: string, depth = 0): ShellCommand[] {
  const splitter = new Splitter(script, depth)
  return splitter.run()
}

class Splitter {
  readonly #script: string
  readonly #depth: number
  readonly #commands: ShellCommand[] = []
  /** Delimiters of the here-documents whose bodies start after this line. */
  #pending: string[] = []
  #words: string[] = []
  #word: string | undefined
  #at = 0
  #line = 0
  #startLine = 0
  #after: ShellCommand['after'] = ''

  constructor(script: string, depth: number) {
    this.#script = script
    this.#depth = depth
  }

  run(): ShellCommand[] {
    while (this.#at < this.#script.length) this.#step(this.#script[this.#at] ?? '')
    this.#endCommand('')
    return this.#commands
  }

  #step(c: string): void {
    if (c === '\\') this.#readEscape()
    else if (c === "'") this.#readSingleQuoted()
    else if (c === '"') this.#readDoubleQuoted()
    else if (c === '\n') this.#readNewline()
    else if (/\s/.test(c)) {
      this.#endWord()
      this.#at++
    } else if (c === '#' && this.#word === undefined) this.#at = this.#find('\n')
    else if (this.#script.startsWith('${', this.#at)) this.#take(endOfExpression(this.#script, this.#at))
    else this.#readOther()
  }

  #readEscape(): void {
    const next = /^\\(\r?\n)/.exec(this.#script.slice(this.#at, this.#at + 3))?.[1]
    if (next === undefined) {
      this.#word = `${this.#word ?? ''}${this.#script[this.#at + 1] ?? ''}`
      this.#at += 2
    } else {
      this.#line++
      this.#at += 1 + next.length
    }
  }

  #readSingleQuoted(): void {
    const end = this.#find("'", this.#at + 1)
    this.#addText(this.#script.slice(this.#at + 1, end))
    this.#at = end + 1
  }

  #readDoubleQuoted(): void {
    const [text, end] = readDoubleQuoted(this.#script, this.#at + 1)
    // A command in `"$(…)"` runs as any other.
    for (const inner of this.#depth < MAX_DEPTH ? substitutions(text) : []) this.#addInner(inner, this.#line, '$(')
    this.#addText(text)
    this.#at = end + 1
  }

  #readNewline(): void {
    this.#endCommand(';')
    this.#line++
    this.#at++
    for (const delimiter of this.#pending) this.#readHereDocument(delimiter)
    this.#pending = []
  }

  /** Line by line: an apostrophe in prose must not hide the rest of the script. */
  #readHereDocument(delimiter: string): void {
    while (this.#at < this.#script.length) {
      let text = ''
      const first = this.#line
      do {
        const end = this.#find('\n')
        text += `${text === '' ? '' : '\n'}${this.#script.slice(this.#at, end)}`
        this.#at = end + 1
        this.#line++
      } while (text.endsWith('\\') && this.#at < this.#script.length)
      if (text.trim() === delimiter) return
      if (this.#depth < MAX_DEPTH) this.#addInner(text, first, ';')
    }
  }

  #readOther(): void {
    const here = /^<<-?[ \t]*(["']?)([\w.-]+)\1/.exec(this.#script.slice(this.#at, this.#at + 80))
    if (here !== null && this.#script[this.#at + 2] !== '<') {
      this.#pending.push(here[2] ?? '')
      this.#at += here[0].length
      return
    }
    const separator = SEPARATOR.exec(this.#script.slice(this.#at, this.#at + 3))?.[0]
    if (separator === undefined || (separator === '{' && this.#word !== undefined)) this.#take(this.#at + 1)
    else {
      this.#endCommand(kindOf(separator))
      this.#at += separator.length
    }
  }

  #addInner(script: string, line: number, after: ShellCommand['after']): void {
    for (const found of shellCommands(script, this.#depth + 1)) {
      this.#commands.push({ ...found, line: line + found.line, after: found.after === '' ? after : found.after })
    }
  }

  #addText(text: string): void {
    this.#word = `${this.#word ?? ''}${text}`
    this.#line += text.split('\n').length - 1
  }

  #take(end: number): void {
    this.#word = `${this.#word ?? ''}${this.#script.slice(this.#at, end)}`
    this.#at = end
  }

  #find(text: string, from = this.#at): number {
    const end = this.#script.indexOf(text, from)
    return end < 0 ? this.#script.length : end
  }

  #endWord(): void {
    if (this.#word !== undefined) {
      if (this.#words.length === 0) this.#startLine = this.#line
      this.#words.push(this.#word)
    }
    this.#word = undefined
  }

  #endCommand(next: ShellCommand['after']): void {
    this.#endWord()
    if (this.#words.length > 0) this.#commands.push({ words: this.#words, line: this.#startLine, after: this.#after })
    this.#words = []
    this.#after = next
  }
}

function kindOf(separator: string): ShellCommand['after'] {
  if (separator.startsWith('|') && separator !== '||') return '|'
  if (separator === '$(' || separator === '<(' || separator === '`') return '$('
  return separator === '&&' || separator === '||' || separator === '&' ? separator : ';'
}

function readDoubleQuoted(script: string, from: number): [string, number] {
  let text = ''
  for (let at = from; at < script.length; at++) {
    const c = script[at] ?? ''
    if (c === '"') return [text, at]
    if (script.startsWith('$(', at)) {
      const end = closing(script, at + 1)
      text += script.slice(at, end)
      at = end - 1
    } else if (c === '\\' && at + 1 < script.length) text += script[++at]
    else text += c
  }
  return [text, script.length]
}

function substitutions(text: string): string[] {
  const found: string[] = []
  for (let at = text.indexOf('$('); at >= 0; at = text.indexOf('$(', at)) {
    const end = closing(text, at + 1)
    found.push(text.slice(at + 2, Math.max(end - 1, at + 2)))
    at = end
  }
  return found
}

/** Offset after the bracket that closes the one at `from`. */
function closing(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at + 1
  }
  return text.length
}

/** `${{ … }}` of a workflow may hold blanks; `${…}` of a shell seldom does. */
function endOfExpression(script: string, at: number): number {
  const close = script.startsWith('${{', at) ? '}}' : '}'
  const end = script.indexOf(close, at)
  return end < 0 ? script.length : end + close.length
}

/** Words before a command that change how it runs, not what it is. */
const PREFIXES = new Set([
  ...[
    'sudo',
    'time',
    'nice',
    'nohup',
    'env',
    'command',
    'exec',
    'xargs',
    'timeout',
    'retry',
    'then',
    'do',
    'else',
    'if',
  ],
  ...['elif', 'while', 'until', '!', '{', '(', 'doas', 'RUN', 'chronic', 'stdbuf', 'ionice', 'eatmydata'],
])

/** The words of a command without what stands before it. */
export function stripPrefixes(words: readonly string[]): readonly string[] {
  let at = 0
  let prefixed = false
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (/^[A-Za-z_]\w*=/.test(word)) continue
    if (PREFIXES.has(word)) prefixed = true
    // An option, or its value, of a prefix: `sudo -E`, `timeout 60`.
    else if (!(prefixed && /^(?:-|\d+[smh]?$)/.test(word))) break
  }
  return words.slice(at)
}
