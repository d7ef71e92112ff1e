import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { checkErrorPage, checkFindingPage, checkLimitPage } from './docs/codes.ts'
import { checkLinks } from './docs/links.ts'
import { listFiles } from './docs/list-files.ts'
import { renderBlock } from './docs/render.ts'
import { checkSchemas } from './docs/schemas.ts'

// `npm run docs` compares what is written with what the code says: the tables between `begin:` and `end:` markers, the
// pages of codes, the JSON Schemas, and every relative link. `node scripts/docs.ts --write` writes tables and schemas.

const root = resolve(import.meta.dirname, '..')
const { values: options } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const pages = ['action.yml', ...listFiles(root, /\.md$/, ['docs', 'examples', '.'])]
const faults: string[] = []

for (const page of pages) {
  const written = readFileSync(join(root, page), 'utf8')
  const right = replaceBlocks(page, written)
  if (right === written) continue
  if (options.write) writeFileSync(join(root, page), right)
  else faults.push(`${page}: a generated part is not what the code says; run node scripts/docs.ts --write`)
}
faults.push(...checkErrorPage(root), ...checkFindingPage(root), ...checkLimitPage(root), ...checkLinks(root, pages))
faults.push(...checkSchemas(root, options.write))

for (const fault of faults) process.stdout.write(`${fault}\n`)
process.stdout.write(faults.length === 0 ? `${pages.length} pages are right\n` : `${faults.length} faults\n`)
process.exitCode = faults.length === 0 ? 0 : 1

/** Markdown markers are HTML comments, those of YAML are `#` comments; the marker names what stands between. */
function replaceBlocks(page: string, text: string): string {
  const [open, close] = page.endsWith('.yml') ? ['# ', ''] : ['<!-- ', ' -->']
  const lines: string[] = []
  let inside: string | undefined
  for (const line of text.split('\n')) {
    const end = `${open}end: ${inside}${close}`
    if (inside !== undefined && line.trim() !== end) continue
    lines.push(line)
    if (inside !== undefined) {
      inside = undefined
      continue
    }
    inside = line.startsWith(`${open}begin: `)
      ? line.slice(open.length + 'begin: '.length, line.length - close.length)
      : undefined
    if (inside !== undefined) lines.push(...renderBlock(root, page, inside))
  }
  if (inside !== undefined) faults.push(`${page}: begin: ${inside} has no end`)
  return inside === undefined ? lines.join('\n') : text
}
