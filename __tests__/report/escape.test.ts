import { describe, expect, it } from 'vitest'
import { escapeCommandData, escapeMarkdown, escapeTerminal, markdownCode } from '../../src/report/escape.ts'

/** What a file, a package or a certificate may be called by somebody who means harm. */
const HOSTILE = {
  link: '\u001b]8;;https://evil\u0007click\u001b]8;;\u0007',
  clear: '\u001b[2J\u001b[H',
  c1: '\u009b31m',
  lines: 'a\r\nVERIFIED  all of it',
  bidi: 'model\u202enib.exe',
  isolate: '\u2066x\u2069',
  zeroWidth: 'a\u200bb\ufeff',
  spanning: 'a\u0600123',
  separators: 'a\u2028b\u2029c\u0085d',
  tags: 'a\u{e0041}\u{e0042}',
  surrogate: 'a\ud800b\udfff',
  formats: 'a\u{1bca0}b\u{1bca3}c\u{1d173}d\u{1d17a}e\u{13430}f\u{1343f}',
  nul: 'a\0b',
  image: '![x](https://evil/p.png)',
  link2: '[click](javascript:alert(1))',
  html: '<img src=x onerror=alert(1)><script>',
  close: '</code></td></details>',
  mention: '@team and @acme/security',
  table: 'a | b || c',
  code: '`` ` ```sh\nrm -rf /\n```',
  entity: '&lt;img&gt; &#64;team',
  heading: '# a\n## b',
  autolink: 'https://evil.example www.evil.example ftp://evil',
  email: 'someone@evil.example',
  math: '$\\alpha$ ~~x~~ **b** _i_',
  command: '::error::ok',
  indented: '  ::stop-commands::x',
  nbsp: '\u00a0::set-output name=signed::true',
  old: 'x ##[add-path]/evil ##vso[task.setvariable]x ##teamcity[x]',
  percent: '100%0A::error::x',
} as const
const NAMES = Object.keys(HOSTILE) as (keyof typeof HOSTILE)[]

/** Moves the cursor, hides text, turns it around or starts a line. */
const DANGEROUS =
  /[\u0000-\u001f\u007f-\u009f\u0600-\u0605\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{13430}-\u{1343f}\p{Cs}]/u

describe('text for a terminal or a CI log', () => {
  it.each(NAMES)('is one line of visible characters: %s', (name) => {
    expect(escapeTerminal(HOSTILE[name])).not.toMatch(DANGEROUS)
  })
  it.each(NAMES)('is no command of a CI system, wherever it stands in the line: %s', (name) => {
    for (const line of [escapeTerminal(HOSTILE[name]), `  ${escapeTerminal(HOSTILE[name])}`]) {
      expect(line.trimStart().startsWith('::')).toBe(false)
      expect(line).not.toMatch(/##\w*\[/)
    }
  })
  it('leaves ordinary names alone', () => {
    for (const name of [
      'out/mödél ✓.bin',
      'a::b',
      'C#',
      '## heading',
      '日本語',
      '👩‍🔬'.replace('\u200d', ''),
      '50% [1]',
    ]) {
      expect(escapeTerminal(name)).toBe(name)
    }
  })
  it('is cut, and says so', () => {
    expect(escapeTerminal('x'.repeat(1000))).toHaveLength(301)
    expect(escapeTerminal('x'.repeat(1000)).endsWith('…')).toBe(true)
    expect(escapeTerminal('abc', 2)).toBe('ab…')
  })
})

describe.each([
  ['text', escapeMarkdown],
  ['code', markdownCode],
] as const)('Markdown %s', (_, format) => {
  const body = (name: keyof typeof HOSTILE) =>
    format(HOSTILE[name])
      .replace(/^<code>|<\/code>$/g, '')
      .replaceAll('<!-- -->', '')
  it.each(NAMES)('starts no markup, tag, cell, mention or link: %s', (name) => {
    const shown = body(name)
    expect(shown).not.toMatch(DANGEROUS)
    expect(shown).not.toMatch(/[<>|`*_[\]()!~$@\\]/)
    expect(shown).not.toMatch(/:\/\/|www\./i)
    expect(shown).not.toMatch(/&(?!(?:amp|lt|gt|#\d+);)/)
  })
  it('keeps a mention apart also when its entity is a character again', () => {
    expect(format('@team')).toContain('&#64;<!-- -->team')
  })
  it('can be read back: every escape stands for the character it replaced', () => {
    const text = '<a> & "b" | c_d [e](f) `g` @h'
    const decoded = format(text)
      .replace(/^<code>|<\/code>$/g, '')
      .replaceAll('<!-- -->', '')
      .replace(/&#(\d+);/g, (_match, digits) => String.fromCharCode(Number(digits)))
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&amp;/g, '&')
    expect(decoded).toBe(text)
  })
})

describe('the data of a workflow command', () => {
  it.each(NAMES)('ends no line: %s', (name) => {
    expect(escapeCommandData(HOSTILE[name])).not.toMatch(/[\r\n]/)
    expect(escapeCommandData(HOSTILE[name])).not.toMatch(DANGEROUS)
  })
  it('is encoded as the runner decodes it', () => {
    expect(escapeCommandData('50%\r\n::error::x')).toBe('50%25%0D%0A::error::x')
  })
  it('is cut', () => {
    expect(escapeCommandData('x'.repeat(10_000))).toHaveLength(4001)
  })
})
