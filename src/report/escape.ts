/** Longest text that is shown of one hostile string, in UTF-16 units. */
export const MAX_SHOWN = 500

/**
 * Makes a string from an attestation, a lockfile or a registry safe for a terminal: control characters (ESC starts
 * sequences that rewrite the screen or the window title), line breaks (they fake whole lines of ours), and the
 * characters that turn the direction of text around or take no space (CVE-2021-42574) become visible escapes.
 *
 * Long strings are cut and say so.
 */
export function escapeTerminal(text: string, max = MAX_SHOWN): string {
  const shown = text.length > max ? `${text.slice(0, max)}…(${text.length - max} more)` : text
  return shown.replace(UNSAFE, visible)
}

/** C0, DEL, C1; soft hyphen; bidi marks, embeddings and isolates; zero width; line and paragraph separator; lone surrogates; BOM; tags. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Surrogate}|[\u{e0000}-\u{e007f}]/gu

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}

/**
 * Text in a Markdown document (job summary, comment): as for a terminal, and nothing in it can open markup, HTML, a
 * table cell, a link or a mention.
 */
export function escapeMarkdown(text: string, max = MAX_SHOWN): string {
  return escapeTerminal(text, max)
    .replace(/[\\`*_{}[\]()#+!|~$-]/g, '\\$&')
    .replace(/[&<>@:]/g, (character) => `&#${character.codePointAt(0)};`)
}

/** Text as a Markdown code span, whatever backticks and bars are in it; safe in a table cell. */
export function markdownCode(text: string, max = MAX_SHOWN): string {
  const shown = escapeTerminal(text, max).replaceAll('|', '\\|')
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  // A space keeps a backtick at either end apart from the fence; the renderer takes it away again (CommonMark §6.1).
  const pad = shown === '' || shown.startsWith('`') || shown.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${shown}${pad}${fence}`
}

/**
 * The data part of a workflow command (`::error::DATA`): an unescaped line break would end it and let the next line be
 * a command of somebody else's (`::add-mask::`, `::stop-commands::`). Source: actions/toolkit `command.ts`.
 */
export function escapeCommandData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
