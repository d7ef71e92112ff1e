import { parseSyml } from '@yarnpkg/parsers'
import { parse as parseJsonc } from 'jsonc-parser'
import { parse as parseYaml } from 'yaml'

/** The name the package manager gives such a file: `vite.pnpm-lock.v9.yaml` is a `pnpm-lock.yaml`. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/package-lock[^/]*\.json$/, 'package-lock.json'],
  [/pnpm-lock[^/]*\.yaml$/, 'pnpm-lock.yaml'],
  [/yarn-[^/]*\.lock$/, 'yarn.lock'],
  [/requirements\.txt$/, 'requirements.txt'],
  [/pylock\.toml$/, 'pylock.toml'],
  [/go\.sum$/, 'go.sum'],
  [/((?:uv|poetry|pixi|bun|Pipfile|Cargo|Gemfile|MODULE\.bazel)\.lock)$/, '$1'],
]

export const realName = (file: string): string => {
  const row = NAMES.find(([pattern]) => pattern.test(file))
  const base = file.slice(file.lastIndexOf('/') + 1)
  return row === undefined ? base : (row[0].exec(base)?.[0] ?? base).replace(row[0], row[1])
}

const linesMatching = (text: string, pattern: RegExp): number =>
  text.split('\n').filter((line) => pattern.test(line)).length

/**
 * A second way of counting for each format: other parsers, or lines. It shares nothing with the finders, so that both
 * would have to be wrong in the same way.
 */
export const COUNTS: Readonly<Record<string, (text: string) => number>> = {
  'package-lock.json': (text) => {
    const lock = JSON.parse(text) as { packages?: object; dependencies?: Tree }
    return lock.packages === undefined ? countTree(lock.dependencies) : Object.keys(lock.packages).length - 1
  },
  'pnpm-lock.yaml': (text) => {
    const lock = parseYaml(text) as { packages: object; importers?: object }
    return Object.keys(lock.packages).length + Math.max(Object.keys(lock.importers ?? {}).length - 1, 0)
  },
  // The project itself is an entry of Berry's and no dependency.
  'yarn.lock': (text) => {
    const entries = Object.entries(parseSyml(text) as Record<string, { resolution?: string }>)
    // parseSyml gives each range of version 1 its own key to one and the same object.
    const distinct = new Set(entries.filter(([key]) => key !== '__metadata').map(([, entry]) => entry))
    return [...distinct].filter(({ resolution }) => resolution?.endsWith('@workspace:.') !== true).length
  },
  'bun.lock': (text) =>
    Object.keys((parseJsonc(text, [], { allowTrailingComma: true }) as { packages: object }).packages).length,
  'requirements.txt': (text) => linesMatching(text, /^[A-Za-z0-9][\w.-]*(?:\[.*\])?==/),
  'uv.lock': (text) =>
    linesMatching(text, /^source = \{/) - linesMatching(text, /^source = \{ (?:editable|virtual) = "\." \}/),
  'poetry.lock': (text) => linesMatching(text, /^\[\[package\]\]$/),
  'pylock.toml': (text) => linesMatching(text, /^\[\[packages\]\]$/),
  'Pipfile.lock': (text) =>
    linesMatching(text, /^ {8}"[^"]+": \{$/) - linesMatching(text, /^ {8}"(?:hash|requires)": \{$/),
  'pixi.lock': (text) => linesMatching(text, /^- (?:conda|pypi|conda_source): /),
  'Cargo.lock': (text) => linesMatching(text, /^\[\[package\]\]$/),
  'go.sum': (text) =>
    new Set(
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(/(?:\/go\.mod)? h1:.*$/, '')),
    ).size,
  'Gemfile.lock': (text) => linesMatching(text, /^ {4}\S+ \(\S+\)$/),
  'MODULE.bazel.lock': (text) =>
    new Set([...text.matchAll(/\/modules\/([^/]+\/[^/]+)\//g)].map((match) => match[1])).size,
}

interface Tree {
  readonly [name: string]: { readonly dependencies?: Tree }
}

const countTree = (tree: Tree = {}): number =>
  Object.values(tree).reduce((sum, { dependencies }) => sum + 1 + countTree(dependencies), 0)
