import { basename, isAbsolute, relative, resolve, sep } from 'node:path'
import { fileExists, hashFile, pathKind } from '../io/files.ts'
import { followToFile } from '../io/follow-link.ts'
import type { Host } from '../io/host.ts'
import { bundlesBeside } from '../model/bundles-beside.ts'
import { type DigestSet, parseDigest } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'

/** What `verify` was asked about, looked at once. */
export type Held =
  | {
      readonly kind: 'file'
      readonly name: string
      /** As it was named: what lies beside it belongs to it, and the last part is what the file is called. */
      readonly path: string
      /** Where its bytes are: another path where it was named by a symlink, as model caches do. */
      readonly realPath: string
      readonly digest: DigestSet
    }
  | { readonly kind: 'directory'; readonly name: string; readonly path: string }
  | { readonly kind: 'digest'; readonly name: string; readonly digest: DigestSet }

/**
 * Reads an ARTIFACT argument: a file, a directory, `sha256:HEX` / `sha512:HEX`, or an image by digest
 * (`oci://registry/name@sha256:HEX`).
 *
 * @throws {CleanbillError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `DIGEST_MALFORMED`, `PATH_UNSAFE`, `ARGUMENT_INVALID`
 */
export async function loadHeld(argument: string, host: Host): Promise<Held> {
  if (argument.startsWith('oci://')) {
    // A tag would be whatever the registry says today; the digest is the image.
    const at = argument.lastIndexOf('@')
    if (at < 0) {
      throw new CleanbillError('ARGUMENT_INVALID', `${argument} names no digest`, {
        hint: 'Write oci://registry/name@sha256:HEX and give its bundle with --bundle.',
      })
    }
    return { ...(await loadHeld(argument.slice(at + 1), host)), name: argument }
  }
  if (/^sha(?:256|384|512):/.test(argument)) {
    try {
      const { algorithm, hex } = parseDigest(argument)
      return { kind: 'digest', name: argument, digest: { [algorithm]: hex } }
    } catch (error) {
      throw asUsage(error)
    }
  }
  const path = resolve(host.cwd, argument)
  const kind = await pathKind(path)
  if (kind === 'directory') return { kind, name: argument, path }
  if (kind === undefined) {
    throw new CleanbillError('FILE_NOT_FOUND', `no such file or directory: ${argument}`, { file: argument })
  }
  let done = 0
  const onBytes = (bytes: number) => {
    done += bytes
    host.log.progress(`hashing ${basename(path)}`, done)
  }
  const realPath = await followToFile(path)
  const { sha256, sha512 } = await hashFile(realPath, { algorithms: ['sha256', 'sha512'], onBytes })
  return {
    kind: 'file',
    name: argument,
    path,
    realPath,
    digest: { sha256, ...(sha512 === undefined ? {} : { sha512 }) },
  }
}

function asUsage(error: unknown): unknown {
  if (!(error instanceof CleanbillError)) return error
  return new CleanbillError(error.code, error.message, { hint: error.hint, as: 'usage', cause: error })
}

/** Where people put a bundle beside an artifact, in the order they are tried. */
export async function findBundlesBeside(held: Held): Promise<string[]> {
  if (held.kind === 'digest') return []
  const found: string[] = []
  for (const path of bundlesBeside(held.path, held.kind)) if (await fileExists(path)) found.push(path)
  return found.slice(0, 1)
}

/** A bundle that lies inside the directory it signs is no part of it. */
export function namesInside(directory: string, paths: readonly string[]): string[] {
  return paths
    .map((path) => relative(directory, path))
    .filter((name) => name !== '' && !name.startsWith('..') && !isAbsolute(name))
    .map((name) => name.split(sep).join('/'))
}
