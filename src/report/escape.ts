/** Longest text that is shown of one hostile string, in UTF-16 units. */
const MAX_LENGTH = 300

/**
 * Control characters (ESC starts sequences that rewrite the screen), line breaks (they fake whole lines of ours), and
 * what turns the direction of text around or takes no space (CVE-2021-42574): everything that Unicode calls control,
 * format or surrogate, so that no list of ours falls behind it (soft hyphen, bidi marks, embeddings and isolates, zero
 * width, byte order mark, signs that span the digits after them), line and paragraph separators, and the places beside
 * those that are kept free for more (U+2065, tags).
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\u180e\u2028\u2029\u2065\u{e0000}-\u{e007f}]/gu

function visible(text: string, max: number): string {
  const short = text.length > max ? `${text.slice(0, max)}…` : text
  return short.replace(INVISIBLE, toEscape)
}

const toEscape = (match: string) => `\\u{${(match.codePointAt(0) ?? 0).toString(16)}}`

/**
 * What makes a line of a CI log a command: `::name` where the line starts (the runner trims blanks), `##[name]` and its
 * kin (`##vso[`, `##teamcity[`) anywhere. Source: actions/runner `ActionCommand.cs`.
 */
const LOG_COMMAND = /^\s*:(?=:)|#(?=#\w*\[)/g

/** For a terminal or a CI log: one line, nothing that moves the cursor, hides text or is a command; long strings are cut. */
export function escapeTerminal(text: string, max = MAX_LENGTH): string {
  return visible(text, max).replace(
    LOG_COMMAND,
    (match) => `${match.slice(0, -1)}\\u{${match.charCodeAt(match.length - 1).toString(16)}}`,
  )
}

/**
 * For a format whose viewers take text as plain: lines stay lines, and what moves a cursor, turns text around or hides it
 * is shown. Square brackets would be a link there (SARIF 2.1.0 §3.11.6).
 */
export function escapeSarif(text: string, max = 1000): string {
  const short = text.length > max ? `${text.slice(0, max)}…` : text
  const lines = short.split(/\r?\n/).map((line) => visible(line, line.length))
  return lines.join('\n').replace(/[\\[\]]/g, (mark) => `\\${mark}`)
}

/** For Markdown (job summary, comment): no markup, HTML, table cell, mention or link can start in it. */
export function escapeMarkdown(text: string, max = MAX_LENGTH): string {
  return (
    visible(text, max)
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/[\\`*_{}[\]()#+!|~$]/g, (mark) => `&#${mark.charCodeAt(0)};`)
      // GitHub looks for mentions when entities have become characters again; the comment keeps the name apart.
      .replace(/@/g, '&#64;<!-- -->')
      .replace(/:\/\//g, '&#58;//')
      .replace(/\bwww\./gi, (match) => `${match.slice(0, 3)}&#46;`)
  )
}

/**
 * Text in code style for Markdown, as HTML: a backtick in it cannot end the span. Between the tags Markdown is read as
 * everywhere else (images, links), so it is escaped the same.
 */
export function markdownCode(text: string, max = MAX_LENGTH): string {
  return `<code>${escapeMarkdown(text, max)}</code>`
}

/**
 * The data part of a workflow command (`::error::DATA`): an unescaped line break would end it, and the next line could
 * be a command of somebody else's. Source: actions/toolkit `command.ts`.
 */
export function escapeCommandData(text: string, max = 4000): string {
  const short = text.length > max ? `${text.slice(0, max)}…` : text
  const shown = short.replace(INVISIBLE, (match) => (match === '\n' || match === '\r' ? match : toEscape(match)))
  return shown.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
}

/** A property of a workflow command (`file=…,title=…`): `:` would end the properties, `,` begin the next one. */
export function escapeCommandProperty(text: string, max = 1000): string {
  return escapeCommandData(text, max).replace(/:/g, '%3A').replace(/,/g, '%2C')
}

/** For a page: text between tags or in a quoted attribute, and nothing else can start in it. */
export function escapeHtml(text: string, max = MAX_LENGTH): string {
  return visible(text, max).replace(/[&<>"'`]/g, (mark) => `&#${mark.charCodeAt(0)};`)
}
