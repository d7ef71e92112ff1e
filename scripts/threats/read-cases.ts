import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { listFiles } from '../docs/list-files.ts'
import type { Case } from './compare-rows.ts'

/** Real attestations beside the repository. What needs them is skipped where they are not. */
const FIXTURES = '__tests__/support/fixtures.ts'
/** Starts what is built. A test that does not reach it asks a part of the program, which proves nothing about the rest. */
const PROGRAM = '__tests__/support/built.ts'
/** What a case may import directly: the simulated world, and the shapes of documents. */
const ALLOWED = /^src\/(?:embedded|model)\//
const TITLE = /(['"`])(((?:T-[A-Z]{2}-\d{2}, )*T-[A-Z]{2}-\d{2}): (?=\S)(?:\\.|(?!\1)[^\\\n])*)\1/g
const IMPORT = /\bfrom\s+'(\.[^']+)'|\bimport\s+'(\.[^']+)'/g

/**
 * Every case in the tests, and what keeps a title that begins like one from being one. A test elsewhere may begin with an
 * id too: it shows that a part does its share, and does not count as the case.
 */
export function readCases(root: string): { readonly cases: readonly Case[]; readonly faults: readonly string[] } {
  const cases: Case[] = []
  const faults: string[] = []
  for (const file of listFiles(root, /\.test\.ts$/, ['__tests__'])) {
    const text = readFileSync(join(root, file), 'utf8')
    const found = titlesOf(text).map((title) => ({ ...title, file }))
    const counts = file.startsWith('__tests__/threats/')
    if (found.length === 0 || (!counts && !reaches(root, file, PROGRAM))) continue
    cases.push(...found)
    if (counts && !reaches(root, file, PROGRAM)) faults.push(`${file}: has cases and starts nothing that is built`)
    if (/\b(?:it|test|describe)\.(?:skip|todo|only)\b/.test(text)) faults.push(`${file}: leaves cases out`)
    if (counts) faults.push(...checksImported(root, file, text))
  }
  return { cases, faults }
}

/** Titles begin with their ids, also in the tables of `it.each`: nothing else in a test file begins like that. */
export function titlesOf(text: string): readonly Omit<Case, 'file'>[] {
  return [...text.matchAll(TITLE)].map(({ index, 2: title = '', 3: ids = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    title: title.replace(/\\(.)/g, '$1'),
    ids: ids.split(', '),
  }))
}

function checksImported(root: string, file: string, text: string): string[] {
  return importsOf(root, file, text)
    .filter((path) => path.startsWith('src/') && !ALLOWED.test(path))
    .map((path) => `${file}: imports ${path}; a case asks the program, not a part of it`)
}

/** Does this test file use what lies in `../shared/fixtures`? */
export const needsFixtures = (root: string, file: string): boolean => reaches(root, file, FIXTURES)

function reaches(root: string, file: string, wanted: string, seen = new Set<string>()): boolean {
  if (file === wanted) return true
  if (seen.has(file) || !file.startsWith('__tests__/')) return false
  seen.add(file)
  const imports = importsOf(root, file, readFileSync(join(root, file), 'utf8'))
  return imports.some((path) => path.endsWith('.ts') && reaches(root, path, wanted, seen))
}

function importsOf(root: string, file: string, text: string): string[] {
  return [...text.matchAll(IMPORT)].map(([, from, bare]) =>
    relative(root, resolve(root, dirname(file), from ?? bare ?? '')),
  )
}
