import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { CleanbillError } from '../model/error.ts'
import { matchSegment } from './find-outputs.ts'
import type { RecordContext } from './recorder.ts'

type Place = Pick<RecordContext, 'workspace' | 'out'>

/** Whether a path of the workspace is the folder that we write to, or lies in it. */
export function isOurs({ workspace, out }: Place, path: string): boolean {
  return out !== undefined && pathInside(out, join(workspace, path)) !== undefined
}

/**
 * Refuses an output directory that holds the folder we write to: recording and bundle would be put into what they
 * describe, and nobody could verify the output as it then is.
 *
 * @param pattern parsed, see `parsePattern`; what it would name need not be there yet
 * @throws {CleanbillError} `ARGUMENT_INVALID`
 */
export async function refuseAroundOurs(place: Place, pattern: string): Promise<void> {
  for (const folder of await foldersAround(place)) {
    if (folder === pattern || (!isOurs(place, folder) && matchFolder(pattern, folder))) throw around(place, folder)
  }
}

/**
 * As {@link refuseAroundOurs}, for what was found after the command, which may have moved our folder by a symlink.
 *
 * @throws {CleanbillError} `ARGUMENT_INVALID`
 */
export async function refuseFoundAroundOurs(place: Place, paths: readonly string[]): Promise<void> {
  const folders = await foldersAround(place)
  const path = paths.find((one) => folders.has(one))
  if (path !== undefined) throw around(place, path)
}

/** The workspace's folders that hold ours, and ours: by name, and as the file system has it. */
async function foldersAround({ workspace, out }: Place): Promise<Set<string>> {
  if (out === undefined) return new Set()
  const named = pathInside(workspace, out)
  const real = pathInside(await realPlace(workspace), await realPlace(out))
  return new Set(
    [named, real].flatMap((path) => {
      if (path === undefined) return []
      const segments = path.split(sep).filter((segment) => segment !== '')
      return ['.', ...segments.map((_, at) => segments.slice(0, at + 1).join('/'))]
    }),
  )
}

/** As in `findOutputs`: a glob with `**` names files only. */
function matchFolder(pattern: string, folder: string): boolean {
  const wanted = pattern.split('/')
  const given = folder.split('/')
  if (wanted.includes('**') || wanted.length !== given.length) return false
  return wanted.every((segment, at) => matchSegment(segment, given[at] ?? ''))
}

/** The real path of what may not be there yet. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    return dirname(path) === path ? path : join(await realPlace(dirname(path)), basename(path))
  }
}

function pathInside(folder: string, path: string): string | undefined {
  const inside = relative(folder, path)
  return inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside) ? undefined : inside
}

function around({ out }: Place, folder: string): CleanbillError {
  const message = `the output directory ${JSON.stringify(folder)} holds ${JSON.stringify(out)}, which we write to`
  return new CleanbillError('ARGUMENT_INVALID', message, {
    hint: 'Choose a folder outside the output with --out (in the action: out), or name a narrower output.',
  })
}
