import { readdirSync, readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import type { Mutant as Found } from '@stryker-mutator/api/core'
import type { Logger } from '@stryker-mutator/api/logging'
import { type File, Instrumenter } from '@stryker-mutator/instrumenter'
import type { Switch } from '../switch-off/check.ts'

/** Where mutants are made unless something else is asked. */
export const ROOMS: Readonly<Record<string, string>> = {
  verify: 'src/verify/**',
  policy: 'src/policy/**',
  model: 'src/model/**',
}

/** One small change of a source, and how it reads. */
export interface Mutant extends Switch {
  /** Stryker's name of the kind of change. */
  readonly mutator: string
  readonly found: Found
  /** The text that is changed. */
  readonly text: string
}

export interface Loaded {
  readonly mutants: readonly Mutant[]
  /** Every file with its mutants in it, each behind a switch. */
  readonly switched: ReadonlyMap<string, string>
}

const nothing = () => undefined
const SILENT: Logger = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
}

/** Stryker's mutants of all files that a glob names. */
export async function loadMutants(root: string, globs: readonly string[]): Promise<Loaded> {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => `src/${name}`)
    .filter((name) => name.endsWith('.ts') && globs.some((glob) => matchesGlob(name, glob)))
    .sort()
  const files = names.map((name): File => ({ name, content: readFileSync(join(root, name), 'utf8'), mutate: true }))
  const instrumenter = new Instrumenter(SILENT)
  const { files: written, mutants } = await instrumenter.instrument(files, {
    plugins: [],
    excludedMutations: [],
    ignorers: [],
  })
  const texts = new Map(files.map(({ name, content }) => [name, content]))
  return {
    mutants: withKeys(mutants, texts).filter((mutant) => !isProse(mutant)),
    switched: new Map(
      written.filter(({ name, content }) => content !== texts.get(name)).map((file) => [file.name, ask(file.content)]),
    ),
  }
}

/**
 * The functions with which Stryker's sources ask which mutant is active, and note that they came by: here the runner
 * answers the one, and notes it by itself.
 */
function ask(content: string): string {
  return content
    .replace(
      /function (stryMutAct_\w+)\(id\) \{.*?\n\}/s,
      'function $1(id) {\n  return globalThis.isSwitchedOff?.(Number(id) + 1) === true;\n}',
    )
    .replace(/function (stryCov_\w+)\(\) \{.*?\n\}/s, 'function $1() {\n}')
}

/** A sentence for people without its words. Tests hold what is said by its code, so that it can be said better. */
function isProse({ mutator, text }: Mutant): boolean {
  return mutator === 'StringLiteral' && /\p{L}[,;:]? \p{L}|[.] /u.test(text)
}

function withKeys(mutants: readonly Found[], texts: ReadonlyMap<string, string>): Mutant[] {
  const seen = new Map<string, number>()
  return mutants.map((found) => {
    const { fileName: file, location, mutatorName: mutator, replacement } = found
    const lines = (texts.get(file) ?? '').split('\n')
    const text = cut(lines, location)
    const short = (one: string) => one.replace(/\s+/g, ' ').trim().slice(0, 80)
    const bare = `${file} ${nameAt(lines, location.start.line)} ${mutator}: ${short(text)} → ${short(replacement)}`
    const count = (seen.get(bare) ?? 0) + 1
    seen.set(bare, count)
    return {
      id: Number(found.id) + 1,
      key: count === 1 ? bare : `${bare} (${count})`,
      file,
      line: location.start.line + 1,
      mutator,
      found,
      text,
    }
  })
}

function cut(lines: readonly string[], { start, end }: Found['location']): string {
  const own = lines.slice(start.line, end.line + 1)
  const last = own.length - 1
  return own.map((line, at) => line.slice(at === 0 ? start.column : 0, at === last ? end.column : undefined)).join('\n')
}

/** The top-level function, class or constant around a line. */
function nameAt(lines: readonly string[], line: number): string {
  for (let at = line; at >= 0; at--) {
    const name = /^(?:export )?(?:default )?(?:async )?(?:function\*?|class|const|let) (\w+)/.exec(lines[at] ?? '')?.[1]
    if (name !== undefined) return name
  }
  return 'file'
}
