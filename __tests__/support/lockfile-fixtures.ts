import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FIXTURES } from './fixtures.ts'

export const LOCKFILES = join(FIXTURES, 'lockfiles')

/** Paths below {@link LOCKFILES}; none where the fixtures are not there. Without the ones that cannot be read on purpose. */
export function lockFixtures(): readonly string[] {
  if (!existsSync(LOCKFILES)) return []
  return readdirSync(LOCKFILES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(LOCKFILES.length + 1))
    .filter((file) => !file.includes('/invalid/'))
    .sort()
}

/** Those that are gated whole in a test of their own. */
export function largestLockFixtures(): readonly string[] {
  const size = (file: string) => statSync(join(LOCKFILES, file)).size
  return [...lockFixtures()].sort((a, b) => size(b) - size(a)).slice(0, 6)
}
