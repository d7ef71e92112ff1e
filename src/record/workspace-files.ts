import { join } from 'node:path'
import { fileExists, hashFile } from '../io/files.ts'
import { isCleanbillError } from '../model/error.ts'
import type { ResourceDescriptor } from '../model/statement.ts'
import { workspaceUri } from './workspace-uri.ts'

/**
 * Describes those of the named files that exist, with digest and role. For files that describe a toolchain (locks,
 * lists of what is installed): one that cannot be read is as good as none, its absence shows.
 */
export async function describeFiles(
  workspace: string,
  paths: readonly string[],
  role: string,
): Promise<ResourceDescriptor[]> {
  const found: ResourceDescriptor[] = []
  for (const path of paths) {
    try {
      const { sha256 } = await hashFile(join(workspace, path))
      found.push({ name: path, uri: workspaceUri(path), digest: { sha256 }, annotations: { role } })
    } catch (error) {
      if (!isCleanbillError(error)) throw error
    }
  }
  return found
}

export async function hasAny(workspace: string, paths: readonly string[]): Promise<boolean> {
  for (const path of paths) if (await fileExists(join(workspace, path))) return true
  return false
}
