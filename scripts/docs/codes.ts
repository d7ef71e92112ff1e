import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERROR_CODES } from '../../src/model/error.ts'
import { FINDING_CODES } from '../../src/model/finding-codes.ts'
import { listFiles } from './list-files.ts'

const ERROR_PAGE = 'docs/errors.md'
const FINDING_PAGE = 'docs/findings.md'
const LIMIT_PAGE = 'docs/limits.md'

/** Every error code has one row, with meaning and advice, under the heading of its class; no row is about another code. */
export function checkErrorPage(root: string): string[] {
  const sections = readFileSync(join(root, ERROR_PAGE), 'utf8').split(/^## /m).slice(1)
  const rows = sections.flatMap((section) => {
    const heading = section.slice(0, section.indexOf('\n'))
    return readRows(section).map((row) => ({ ...row, heading }))
  })
  const faults = compare(ERROR_PAGE, Object.keys(ERROR_CODES), rows)
  for (const { code, cells, heading } of rows) {
    const kind = (ERROR_CODES as Readonly<Record<string, string>>)[code]
    if (kind !== undefined && !heading.toLowerCase().startsWith(kind))
      faults.push(`${ERROR_PAGE}: ${code} is ${kind}, not under that heading`)
    if (cells.length !== 2 || cells.includes('')) faults.push(`${ERROR_PAGE}: ${code} needs a meaning and an advice`)
  }
  return faults
}

/** Every finding code has one row, with meaning and advice; no row is about another code. */
export function checkFindingPage(root: string): string[] {
  const rows = readRows(readFileSync(join(root, FINDING_PAGE), 'utf8'))
  const incomplete = rows.filter(({ cells }) => cells.length !== 2 || cells.includes(''))
  return [
    ...compare(FINDING_PAGE, FINDING_CODES, rows),
    ...incomplete.map(({ code }) => `${FINDING_PAGE}: ${code} needs a meaning and an advice`),
  ]
}

/** As for errors; limits have no table in the code, so their literals are collected from the files that make some. */
export function checkLimitPage(root: string): string[] {
  const rows = readRows(readFileSync(join(root, LIMIT_PAGE), 'utf8'))
  const texts = listFiles(root, /\.ts$/, ['src']).map((path) => readFileSync(join(root, path), 'utf8'))
  const sources = texts.filter((text) => /\bLimit\b/.test(text))
  const literals = sources.flatMap((text) => [
    ...text.matchAll(/(?:code:\s*|\blimit\(\s*|INCOMPLETE = )'([A-Z][A-Z0-9_]+)'/g),
  ])
  const codes = new Set(literals.map(([, code]) => code ?? '').filter((code) => !(code in ERROR_CODES)))
  return compare(LIMIT_PAGE, [...codes], rows)
}

interface Row {
  readonly code: string
  /** Without the first one. */
  readonly cells: readonly string[]
}

function readRows(text: string): Row[] {
  return [...text.matchAll(/^\| `([A-Z][A-Z0-9_]+)` \|(.*)\|$/gm)].map(([, code, rest]) => ({
    code: code ?? '',
    cells: (rest ?? '').split(/(?<!\\)\|/).map((cell) => cell.trim()),
  }))
}

function compare(page: string, codes: readonly string[], rows: readonly Row[]): string[] {
  const written = rows.map(({ code }) => code)
  return [
    ...codes.filter((code) => !written.includes(code)).map((code) => `${page}: ${code} is missing`),
    ...written.filter((code) => !codes.includes(code)).map((code) => `${page}: ${code} is not in the code`),
    ...written
      .filter((code, index) => written.indexOf(code) !== index)
      .map((code) => `${page}: ${code} is there twice`),
  ]
}
