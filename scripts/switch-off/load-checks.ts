import { execFileSync } from 'node:child_process'
import { matchesGlob, relative } from 'node:path'
import type { Node, SourceFile } from 'typescript/unstable/ast'
import { isFunctionDeclaration, isVariableDeclaration } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'
import type { Check, Found } from './check.ts'
import { findChecks } from './find-checks.ts'

/** Where checks are looked for unless something else is asked. */
export const ROOMS: Readonly<Record<string, string>> = {
  verify: 'src/verify/**',
  policy: 'src/policy/**',
  gate: 'src/flows/gate/**',
}

export interface Loaded {
  readonly checks: readonly Check[]
  /** Text of every file that has one. */
  readonly texts: ReadonlyMap<string, string>
}

/** Reads the project with the compiler that also checks it, and finds the checks of all files that a glob names. */
export function loadChecks(root: string, globs: readonly string[]): Loaded {
  const api = new API({ cwd: root })
  try {
    const [project] = api.updateSnapshot({ openProject: `${root}/tsconfig.json` }).getProjects()
    if (project === undefined) throw new Error('the compiler opened no project')
    const files = project.program
      .getSourceFileNames()
      .map((name) => relative(root, name))
      .filter((file) => globs.some((glob) => matchesGlob(file, glob)))
      .sort()
    const checks: Check[] = []
    const texts = new Map<string, string>()
    for (const file of files) {
      const source = project.program.getSourceFile(`${root}/${file}`)
      if (source === undefined) continue
      const found = toChecks(file, source, findChecks(source, project.checker), checks.length)
      if (found.length > 0) texts.set(file, source.text)
      checks.push(...found)
    }
    return { checks, texts }
  } finally {
    api.close()
  }
}

function toChecks(file: string, source: SourceFile, found: readonly Found[], before: number): Check[] {
  const names = namesByPlace(source)
  const seen = new Map<string, number>()
  return [...found]
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .map((one, index) => {
      const text = source.text.slice(one.start, one.end).replace(/\s+/g, ' ').slice(0, 100).trim()
      const name = names.findLast(({ start, end }) => start <= one.start && one.end <= end)?.name ?? 'file'
      const bare = `${file} ${name} ${one.kind}${one.variant === undefined ? '' : ` ${one.variant}`}: ${text}`
      const count = (seen.get(bare) ?? 0) + 1
      seen.set(bare, count)
      return {
        id: before + index + 1,
        key: count === 1 ? bare : `${bare} (${count})`,
        file,
        line: source.text.slice(0, one.start).split('\n').length,
        kind: one.kind,
        found: one,
      }
    })
}

/** Top-level functions and constants. */
function namesByPlace(source: SourceFile): { name: string; start: number; end: number }[] {
  const names: { name: string; start: number; end: number }[] = []
  const add = (node: Node): void => {
    if (isFunctionDeclaration(node) || isVariableDeclaration(node)) {
      names.push({ name: node.name?.getText() ?? 'default', start: node.getStart(), end: node.end })
    } else node.forEachChild(add)
  }
  source.forEachChild(add)
  return names
}

/** Source files that differ from a commit, and those whose mirrored tests do. */
export function changedSince(root: string, ref: string): readonly string[] {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n')
  const names = [
    ...git('diff', '--name-only', ref, '--'),
    ...git('ls-files', '--others', '--exclude-standard', '--', 'src', '__tests__'),
  ]
  return [
    ...new Set(names.map((name) => name.replace(/^__tests__\/(.*?)(?:-[a-z-]+)?\.test\.ts$/, 'src/$1.ts'))),
  ].filter((name) => name.startsWith('src/'))
}
