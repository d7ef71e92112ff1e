import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface ScratchCopy {
  readonly root: string
  readonly folder: string
  readonly remove: () => void
}

/** Everything that tests read, except what is built. */
const COPIED = ['src', '__tests__', 'scripts', 'docs', 'schemas', 'examples', 'package.json', 'tsconfig.json']

/**
 * A copy of the project with other sources: in them every check asks its switch first. Dependencies are shared with the
 * original.
 */
export function makeScratchCopy(root: string, texts: ReadonlyMap<string, string>): ScratchCopy {
  const base = mkdtempSync(join(tmpdir(), 'cleanbill-switch-off-'))
  const copy = join(base, 'copy')
  const folder = join(base, 'log')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'log'), '')
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  // Real attestations, which some tests look for beside the project.
  const shared = join(root, '../shared')
  if (existsSync(shared)) symlinkSync(shared, join(base, 'shared'))
  for (const [file, text] of texts) {
    // A copy that does not parse would fail every test, and every check would seem to be caught.
    stripTypeScriptTypes(text)
    writeFileSync(join(copy, file), text)
  }
  return { root: copy, folder, remove: () => rmSync(base, { recursive: true, force: true }) }
}
