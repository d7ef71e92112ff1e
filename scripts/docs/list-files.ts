import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Paths below the root, sorted. A folder is searched with everything below it; `.` means the root's own files only. */
export function listFiles(root: string, name: RegExp, folders: readonly string[]): string[] {
  const found = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: folder !== '.', withFileTypes: true })
      .filter((entry) => entry.isFile() && name.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  )
  return found.filter((path) => !path.includes('node_modules')).sort()
}
