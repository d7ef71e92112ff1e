import {
  escapeCommandData,
  escapeCommandProperty,
  escapeHtml,
  escapeMarkdown,
  escapeSarif,
  escapeTerminal,
  markdownCode,
} from '../../../src/report/escape.ts'
import { type Target, textTarget } from '../engine/target.ts'

/** Of the Unicode standard, and not of the escaper: control, format, surrogate and private characters, and line ends. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u
const LINE_COMMAND = /^\s*::|##\w*\[/m

const HOSTILE = [
  'plain text',
  '\u001b]8;;https://evil.example\u0007click\u001b[0m\u009b2J',
  '<img src=x onerror=alert(1)> <script>a</script> <!-- b -->',
  '[a](javascript:b) ![c](https://d) **e** `f` | g | @user #1 www.example.com https://example.com',
  '::error file=a,line=1::b\r\n::set-output name=c::d%0A::e',
  ' ::add-mask::a ##[command]b ##vso[task.complete] ##teamcity[a]',
  '\u202eabc\u202c \u2066d\u2069 \u200b\u00ad\ufeff \u{e0041}\u{e007f} \ud800 \udfff',
]
const seeds = () => HOSTILE

/** Each character becomes some ten at most (`&#64;<!-- -->`, `\u{…}` escaped again). */
const MAX_GROWTH = 80

function unseen(text: string): string | undefined {
  const found = UNSEEN.exec(text)
  return found === null ? undefined : `shows U+${found[0].codePointAt(0)?.toString(16)}`
}

function tooLong(text: string, max: number): string | undefined {
  return text.length <= (max + 1) * MAX_GROWTH ? undefined : `is ${text.length} long`
}

/** What GitHub's Markdown would take for more than text. Entities and our own comment are what the escaper writes. */
function markup(text: string): string | undefined {
  const bare = text.replace(/<!-- -->|&(?:amp|lt|gt|#\d+);/g, '\u25a1')
  const found = /[<>&\\`*_{}[\]()#+!|~$@]|:\/\/|\bwww\./i.exec(bare)
  return found === null ? undefined : `leaves ${JSON.stringify(found[0])}`
}

const FILE = 'src/report/escape.ts'

export const REPORT: readonly Target[] = [
  textTarget('report/terminal', {
    covers: [`${FILE} escapeTerminal`],
    seeds,
    throwsNothing: true,
    run: (text) => escapeTerminal(text),
    complain: (shown) =>
      unseen(shown) ?? tooLong(shown, 300) ?? (LINE_COMMAND.test(shown) ? 'is a command' : undefined),
  }),
  textTarget('report/markdown', {
    covers: [`${FILE} escapeMarkdown`],
    seeds,
    throwsNothing: true,
    run: (text) => escapeMarkdown(text),
    complain: (shown) => unseen(shown) ?? tooLong(shown, 300) ?? markup(shown),
  }),
  textTarget('report/markdown-code', {
    covers: [],
    seeds,
    throwsNothing: true,
    run: (text) => markdownCode(text),
    complain: (shown) => unseen(shown) ?? markup(shown.slice('<code>'.length, -'</code>'.length)),
  }),
  textTarget('report/sarif', {
    covers: [`${FILE} escapeSarif`],
    seeds,
    throwsNothing: true,
    run: (text) => escapeSarif(text),
    complain: (shown) => {
      const bare = shown.replace(/\\[\\[\]]/g, '')
      return (
        unseen(shown.replaceAll('\n', '')) ?? tooLong(shown, 1000) ?? (/[[\]]/.test(bare) ? 'has a link' : undefined)
      )
    },
  }),
  textTarget('report/html', {
    covers: [`${FILE} escapeHtml`],
    seeds,
    throwsNothing: true,
    run: (text) => escapeHtml(text),
    complain: (shown) =>
      unseen(shown) ??
      tooLong(shown, 1000) ??
      (/[<>"'`]|&(?!#\d+;)/.test(shown) ? 'starts a tag or ends a quote' : undefined),
  }),
  textTarget('report/command-data', {
    covers: [`${FILE} escapeCommandData`],
    seeds,
    throwsNothing: true,
    run: (text) => escapeCommandData(text),
    complain: (shown) => unseen(shown) ?? tooLong(shown, 4000) ?? unencoded(shown),
  }),
  textTarget('report/command-property', {
    covers: [`${FILE} escapeCommandProperty`],
    seeds,
    throwsNothing: true,
    run: (text) => escapeCommandProperty(text),
    complain: (shown) => unseen(shown) ?? unencoded(shown) ?? (/[:,]/.test(shown) ? 'ends its property' : undefined),
  }),
]

const unencoded = (text: string) => (/%(?!25|0D|0A|3A|2C)/.test(text) ? 'has a percent sign of its own' : undefined)
