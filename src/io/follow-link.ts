import { realpath, stat } from 'node:fs/promises'

/**
 * The regular file that a path stands for, through symlinks; the path itself when it stands for anything else. Only for
 * a path that a user named: what lies inside a directory is never followed.
 */
export async function followToFile(path: string): Promise<string> {
  try {
    return (await stat(path)).isFile() ? await realpath(path) : path
  } catch {
    // Whoever opens the path finds out what is wrong with it, and says so.
    return path
  }
}
