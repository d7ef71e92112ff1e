import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A copy of `dist/` that nobody rebuilds while the tests run. */
    readonly dist: string
  }
}

const ROOT = resolve(import.meta.dirname, '../..')

/** Rebuilds `dist/` when a source is younger, once for all test files, and hands them a copy. */
export default function setup(project: TestProject): () => void {
  const built = join(ROOT, 'dist/action.mjs')
  if (!existsSync(built) || newest(join(ROOT, 'src')) > statSync(built).mtimeMs) {
    execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  const copy = mkdtempSync(join(tmpdir(), 'cleanbill-dist-'))
  // The files as they are shipped, without the type declarations.
  cpSync(join(ROOT, 'dist'), copy, { recursive: true, filter: (source) => source !== join(ROOT, 'dist/types') })
  // Some tests become another user.
  chmodSync(copy, 0o755)
  project.provide('dist', copy)
  return () => rmSync(copy, { recursive: true, force: true })
}

function newest(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? newest(path) : statSync(path).mtimeMs
  })
  return Math.max(0, ...times)
}
