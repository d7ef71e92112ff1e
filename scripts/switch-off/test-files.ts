import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Test files that load one of the sources, nearest first; those that need the built files are left to CI. */
export function testFiles(root: string, sources: ReadonlySet<string>): readonly string[] {
  const known = new Map<string, readonly string[]>()
  const rooms = new Set([...sources].map((file) => file.split('/')[1]))
  const near = (file: string) => (rooms.has(file.split('/')[1]) ? 0 : 1)
  return (
    readdirSync(join(root, '__tests__'), { recursive: true, encoding: 'utf8' })
      .map((name) => `__tests__/${name}`)
      .filter((name) => name.endsWith('.test.ts'))
      // Fuzzing measures what the processor takes, which is more with every condition asked for.
      .filter((name) => !name.startsWith('__tests__/fuzz/'))
      .filter((name) => {
        const reached = reachedFrom(root, name, known)
        return !reached.has('__tests__/support/built.ts') && [...sources].some((file) => reached.has(file))
      })
      .sort((a, b) => near(a) - near(b) || depth(a) - depth(b) || (a < b ? -1 : 1))
  )
}

/** Flows start servers and sign: their tests come last. */
function depth(file: string): number {
  return file.startsWith('__tests__/flows/') ? 1 : 0
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
