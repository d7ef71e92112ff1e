import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Every relative link leads to a file that is there, and to a heading of it. */
export function checkLinks(root: string, pages: readonly string[]): string[] {
  return pages.filter((page) => page.endsWith('.md')).flatMap((page) => checkPage(root, page))
}

function checkPage(root: string, page: string): string[] {
  const faults: string[] = []
  const text = withoutCode(readFileSync(join(root, page), 'utf8'))
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g), ...text.matchAll(/(?:src|href|srcset)="([^"]+)"/g)]
  for (const [, link = ''] of links) {
    if (/^[a-z]+:/.test(link)) continue
    const [path = '', anchor] = link.split('#')
    const target = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(root, target))) faults.push(`${page}: ${link} leads nowhere`)
    else if (anchor !== undefined && target.endsWith('.md') && !anchors(join(root, target)).includes(anchor)) {
      faults.push(`${page}: ${link}: no such heading`)
    }
  }
  return faults
}

/** As GitHub makes them: lower case, punctuation dropped, spaces to hyphens. */
function anchors(path: string): string[] {
  const headings = withoutCode(readFileSync(path, 'utf8')).matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

/** What stands in a code block is no link. A heading keeps its code spans: they are part of its anchor. */
function withoutCode(text: string): string {
  return text.replace(/^```[^\n]*\n.*?^```$/gms, '')
}
