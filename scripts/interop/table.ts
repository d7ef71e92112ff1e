import { CASES, type CaseId } from './cases.ts'

/** What one verifier said about one case. `passed` is as expected, whichever way that is. */
export type Cell =
  | { readonly state: 'passed'; readonly word: string; readonly said?: string; readonly note?: string }
  | { readonly state: 'failed'; readonly word: string; readonly said: string }
  | { readonly state: 'skipped'; readonly reason: string }

export interface Row {
  readonly signer: string
  readonly verifier: string
  readonly footnote?: string
  readonly cells: Readonly<Record<CaseId, Cell>>
}

/** Renders the table signer × verifier × case, and below it every footnote, skip and surprise that it refers to. */
export function formatTable(rows: readonly Row[]): string {
  const notes: string[] = []
  const mark = (note: string) => {
    if (!notes.includes(note)) notes.push(note)
    return `[${notes.indexOf(note) + 1}]`
  }
  const lines = [['signer', 'verifier', ...CASES.map(({ title }) => title)]]
  for (const row of rows) {
    const verifier = row.footnote === undefined ? row.verifier : `${row.verifier} ${mark(row.footnote)}`
    lines.push([row.signer, verifier, ...CASES.map(({ id }) => formatCell(row.cells[id], mark))])
  }
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const draw = (line: readonly string[]) =>
    line
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  const [head = [], ...body] = lines
  const below = notes.map((note, index) => `[${index + 1}] ${note.replaceAll(/\s+/g, ' ')}`)
  return [draw(head), rule, ...body.map(draw), '', ...below].join('\n')
}

function formatCell(cell: Cell, mark: (note: string) => string): string {
  if (cell.state === 'passed') return cell.note === undefined ? cell.word : `${cell.word} ${mark(cell.note)}`
  return cell.state === 'skipped' ? `skipped ${mark(cell.reason)}` : `${cell.word} ${mark(cell.said)}`
}

/** What each verifier said when it refused as expected, for its first bundle: the reader sees that it was for the change. */
export function formatRefusals(rows: readonly Row[]): string {
  const lines = new Map<string, string>()
  for (const { id, title } of CASES) {
    for (const { verifier, cells } of rows) {
      const cell = cells[id]
      const key = `${title} · ${verifier}`
      if (cell.state === 'passed' && cell.said !== undefined && !lines.has(key)) lines.set(key, cell.said)
    }
  }
  return [...lines].map(([key, said]) => `  ${key}: ${said.replaceAll(/\s+/g, ' ')}`).join('\n')
}

export function countCells(rows: readonly Row[]): Readonly<Record<Cell['state'], number>> {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const row of rows) for (const { id } of CASES) counts[row.cells[id].state]++
  return counts
}
