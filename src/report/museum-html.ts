import type { ExhibitResult } from '../model/museum-document.ts'
import type { Profile } from '../model/rules.ts'
import { escapeHtml } from './escape.ts'
import { caughtBy, SIGNATURE_WORDS, summary } from './museum-report.ts'

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --bad: #b3261e; --good: #1a7f37; --quiet: #6e7781 }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .45rem .6rem; text-align: left; vertical-align: top }
th { position: sticky; top: 0; background: Canvas }
td small { color: var(--quiet); display: block }
code { font-size: .9em }
.FAILED { color: var(--good); font-weight: 600 }
.PASSED { color: var(--bad); font-weight: 600 }
@media (max-width: 48rem) {
  thead { display: none }
  tr, td { display: block; border: 0 }
  tr { border-bottom: 1px solid var(--line); padding: .6rem 0 }
  td { padding: .1rem 0 }
  td[data-name]::before { content: attr(data-name) ': '; color: var(--quiet) }
}`

/** The table of the museum as one page of its own: no script, nothing loaded from anywhere. */
export function museumPage(results: readonly ExhibitResult[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Cleanbill: the attack museum</title>
<style>${STYLE}
</style>
</head>
<body>
<h1>The attack museum</h1>
<p>Real attacks on what goes into builds, replayed without their payload: the same pattern of evidence, judged by the gate
at the moment when the change came in. FAILED is what a consumer would want here.</p>
<p>${summary(results)
    .map((line) => escapeHtml(line, 1000))
    .join(' ')}</p>
<table>
<thead><tr><th>Exhibit</th><th>Signatures alone</th><th>recommended</th><th>strict</th><th>What caught it</th></tr></thead>
<tbody>
${results.map(row).join('\n')}
</tbody>
</table>
</body>
</html>
`
}

function row({ slug, title, notCaught, actual }: ExhibitResult): string {
  const cell = (profile: Profile) => {
    const { verdict } = actual.profiles[profile]
    return `<td data-name="${profile}" class="${verdict}">${verdict}</td>`
  }
  const missed = notCaught === undefined ? '' : `<small>Not caught: ${escapeHtml(notCaught, 500)}</small>`
  return `<tr><td><code>${escapeHtml(slug)}</code><small>${escapeHtml(title)}</small></td>
<td data-name="signatures">${SIGNATURE_WORDS[actual.signatureOnly]}</td>
${cell('recommended')}
${cell('strict')}
<td>${escapeHtml(caughtBy(actual), 500)}${missed}</td></tr>`
}
