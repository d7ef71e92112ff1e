/** What the demo says: headings, commands, rows. Colours only on a terminal (https://no-color.org). */
const color = process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
const paint = (code: number, text: string) => (color ? `\x1b[${code}m${text}\x1b[0m` : text)

export const bold = (text: string) => paint(1, text)
export const dim = (text: string) => paint(2, text)
export const green = (text: string) => paint(32, text)
export const red = (text: string) => paint(31, text)

export function say(text = ''): void {
  process.stdout.write(`${text}\n`)
}

let section = 0
export function heading(title: string): void {
  section++
  say(`\n${bold(`${section}  ${title}`)}\n`)
}

/** A command as somebody would type it; long ones are broken before an option. */
export function showCommand(words: readonly string[]): void {
  const parts: string[] = []
  for (const word of words.map(quote)) {
    if (parts.length === 0 || word.startsWith('--')) parts.push(word)
    else parts.push(`${parts.pop()} ${word}`)
  }
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + part.length < 95) lines[lines.length - 1] = `${last} ${part}`
    else lines.push(part)
  }
  say(dim(`   $ ${lines.join(' \\\n       ')}`))
}

/** Every line of a text, moved in. */
export function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => (line === '' ? '' : `   ${line}`))
    .join('\n')
}

export function row(label: string, text: string): void {
  say(`   ${label.padEnd(26)}${text}`)
}

function quote(word: string): string {
  return /^[\w./:=@,+-]+$/.test(word) ? word : `'${word}'`
}
