import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { findInTree } from '../../src/discover/find-dependencies.ts'
import type { FileTree } from '../../src/io/file-tree.ts'
import type { Dependency, Discovery } from '../../src/model/dependency.ts'
import { CleanbillError } from '../../src/model/error.ts'

export const CASES = join(import.meta.dirname, '../cases/discover')

export const caseNames = (): string[] => readdirSync(CASES).sort()

/** What a case leaves behind, a line a thing. `failed` is what a case called `…_fail` must fail with. */
export interface Outcome {
  readonly entries?: readonly string[]
  readonly notices?: readonly string[]
  readonly failed?: readonly string[]
}

/** A tree that lives in memory. */
export function memoryTree(
  files: Readonly<Record<string, string | Uint8Array>>,
  links: readonly string[] = [],
): FileTree {
  return {
    paths: Object.keys(files).sort(),
    skipped: [],
    links,
    has: async (path) => path in files,
    read: async (path, maxBytes) => {
      const bytes = Buffer.from(files[path] ?? '')
      if (bytes.length > maxBytes) throw new CleanbillError('LIMIT_EXCEEDED', 'too large')
      return bytes
    },
  }
}

export async function runCase(name: string): Promise<Outcome> {
  const files = parse(readFileSync(join(CASES, name, 'tree.yaml'), 'utf8')) as Record<string, string>
  try {
    return outcomeOf(await findInTree(memoryTree(files)))
  } catch (error) {
    if (!(error instanceof CleanbillError)) throw error
    return { failed: [error.code] }
  }
}

function outcomeOf({ files, dependencies, notices }: Discovery): Outcome {
  const failed = files.flatMap(({ path, error }) =>
    error === undefined ? [] : [`${error.code} ${path}:${error.line ?? '-'}`],
  )
  return {
    entries: dependencies.map(formatEntry),
    notices: notices.map(({ code, file, line }) => `${code} ${file}:${line}`),
    ...(failed.length > 0 ? { failed } : {}),
  }
}

function formatEntry(entry: Dependency): string {
  const { file, line, kind, source, scope, id, digests, files, alias, registry, comment, bytes, checksum } = entry
  const hashes = (set: Dependency['digests']) =>
    Object.entries(set)
      .map(([algorithm, hex]) => `${algorithm}:${hex.slice(0, 4)}`)
      .join(',')
  const shown = [
    `${file}:${line}`,
    kind,
    source,
    scope,
    id,
    `[${hashes(digests)}]`,
    ...(files ?? []).map((each) => `file ${each.name ?? '?'} [${hashes(each.digests)}]`),
    ...Object.entries({ alias, registry, comment, bytes, checksum }).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${value}`],
    ),
  ]
  return shown.join(' ')
}
