import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { withSwitches } from './check.ts'
import type { Loaded } from './load-checks.ts'

export interface ScratchCopy {
  readonly root: string
  readonly folder: string
  readonly remove: () => void
}

/** Everything that tests read, except what is built. */
const COPIED = ['src', '__tests__', 'scripts', 'docs', 'schemas', 'examples', 'package.json', 'tsconfig.json']

/** A copy of the project in which every check asks its switch first. Dependencies are shared with the original. */
export function makeScratchCopy(root: string, { checks, texts }: Loaded): ScratchCopy {
  const base = mkdtempSync(join(tmpdir(), 'cleanbill-switch-off-'))
  const copy = join(base, 'copy')
  const folder = join(base, 'log')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'log'), '')
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const [file, text] of texts) {
    const own = checks.filter((check) => check.file === file)
    const switched = withSwitches(text, own)
    // A copy that does not parse would fail every test, and every check would seem to be caught.
    stripTypeScriptTypes(switched)
    writeFileSync(join(copy, file), switched)
  }
  return { root: copy, folder, remove: () => rmSync(base, { recursive: true, force: true }) }
}

/** The source and test files that a test file loads, itself included; types alone are not loaded. */
export function reachedFrom(root: string, file: string, known: Map<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set([file])
  for (const one of reached) for (const next of importsOf(root, one, known)) reached.add(next)
  return reached
}

function importsOf(root: string, file: string, known: Map<string, readonly string[]>): readonly string[] {
  const before = known.get(file)
  if (before !== undefined) return before
  // Tests of imports have texts with imports that lead nowhere.
  const path = join(root, file)
  const text = file.endsWith('.ts') && existsSync(path) ? readFileSync(path, 'utf8') : ''
  const imports = [...text.matchAll(/(?:^(?:import|export)\s(?!type\s)[^'"]*?|\bimport\()['"](\.[^'"]+)['"]/gm)].map(
    ([, to = '']) => relative(root, resolve(root, dirname(file), to)),
  )
  known.set(file, imports)
  return imports
}
