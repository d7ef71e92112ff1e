import { createHash } from 'node:crypto'
import { type HashedFile, hashFile, pathKind, resolveInside } from '../io/files.ts'
import type { Host } from '../io/host.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { compareCodePoints, isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts'
import { PROVENANCE_V1, parseProvenance } from '../model/predicates/provenance.ts'
import type { ResourceDescriptor, Statement } from '../model/statement.ts'
import { observeDirectory } from '../verify/directory-root.ts'

/**
 * Re-hashes every input that the provenance names with a path, below `root`.
 *
 * @returns how many were compared
 * @throws {CleanbillError} `INPUT_CHANGED`, `INPUT_MISSING` (also when it names none: then nothing was shown),
 *   `PATH_UNSAFE`
 */
export async function verifyInputs(statement: Statement, root: string, host: Host): Promise<number> {
  const inputs = localInputs(statement)
  if (inputs.length === 0) {
    throw new CleanbillError('INPUT_MISSING', 'the statement names no input that could be found in a folder', {
      hint: 'Leave out --inputs: only provenance of `cleanbill run` names its inputs by path.',
    })
  }
  const changed: string[] = []
  const missing: string[] = []
  for (const [index, input] of inputs.entries()) {
    host.log.progress('hashing inputs', index, inputs.length)
    const different = await compareInput(input, root)
    if (different === undefined) missing.push(input.path)
    else changed.push(...different)
  }
  if (changed.length > 0) {
    throw new CleanbillError('INPUT_CHANGED', `not what the run was given: ${names(changed)}`, {
      hint: 'The artifact is the signed one; what lies in the folder is not what it was made from.',
    })
  }
  if (missing.length > 0) {
    throw new CleanbillError('INPUT_MISSING', `not in ${JSON.stringify(root)}: ${names(missing)}`, {
      hint: 'Pass the workspace that the run started in.',
    })
  }
  return inputs.length
}

interface LocalInput {
  readonly path: string
  readonly kind: 'file' | 'directory'
  readonly sha256: string
  /** Of a directory, where the provenance lists them: name → sha256. */
  readonly files: ReadonlyMap<string, string> | undefined
  /** SHA-256 of the list itself, where it was too long to stand in the provenance. */
  readonly listSha256: string | undefined
}

function localInputs(statement: Statement): LocalInput[] {
  if (statement.predicateType !== PROVENANCE_V1) return []
  const { buildDefinition, runDetails } = parseProvenance(statement.predicate)
  const lists = (runDetails.byproducts ?? []).filter(({ annotations }) => annotations?.role === 'manifest')
  return (buildDefinition.resolvedDependencies ?? []).flatMap((dependency) => toLocalInput(dependency, lists))
}

function toLocalInput({ annotations, digest }: ResourceDescriptor, lists: readonly ResourceDescriptor[]): LocalInput[] {
  const { path, kind } = annotations ?? {}
  if (typeof path !== 'string' || (kind !== 'file' && kind !== 'directory')) return []
  const listSha256 = lists.find((list) => list.annotations?.path === path)?.digest?.sha256
  return digest?.sha256 === undefined
    ? []
    : [{ path, kind, sha256: digest.sha256, files: listed(annotations), listSha256 }]
}

function listed(annotations: JsonObject | undefined): ReadonlyMap<string, string> | undefined {
  if (!Array.isArray(annotations?.manifest)) return undefined
  return new Map(
    (annotations.manifest as readonly JsonValue[]).flatMap((entry) => {
      const { name, sha256 } = isJsonObject(entry) ? entry : {}
      return typeof name === 'string' && typeof sha256 === 'string' ? [[name, sha256] as const] : []
    }),
  )
}

/**
 * Which files of a directory are others, new or gone. The root is made of the digests alone, so names are compared as
 * well: otherwise the training set and the test set could change places.
 */
function changedFiles(input: LocalInput, held: readonly HashedFile[], sameRoot: boolean): string[] {
  const { path, files, listSha256 } = input
  if (files === undefined) {
    const sameList = listSha256 === undefined || listSha256 === sha256OfList(held)
    return sameRoot && sameList ? [] : [path]
  }
  const now = new Map(held.map(({ name, sha256 }) => [name, sha256]))
  const all = [...new Set([...files.keys(), ...now.keys()])].sort(compareCodePoints)
  const different = all.filter((name) => files.get(name) !== now.get(name)).map((name) => `${path}/${name}`)
  return different.length > 0 || sameRoot ? different : [path]
}

/** As the recorder of inputs writes the list of a directory with very many files. */
function sha256OfList(held: readonly HashedFile[]): string {
  const lines = held.map(({ name, sha256 }) => `${sha256} ${JSON.stringify(name)}\n`)
  return createHash('sha256').update(lines.join('')).digest('hex')
}

/** @returns what changed; undefined when there is no such file or directory */
async function compareInput(input: LocalInput, root: string): Promise<string[] | undefined> {
  try {
    const { path } = await resolveInside(root, input.path)
    if ((await pathKind(path)) !== input.kind) return undefined
    if (input.kind === 'file') return (await hashFile(path)).sha256 === input.sha256 ? [] : [input.path]
    const { files, roots } = await observeDirectory(path, [])
    return changedFiles(input, files, roots.includes(input.sha256))
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    if (error.code === 'FILE_NOT_FOUND') return undefined
    // An emptied directory has no root at all.
    if (error.code === 'SUBJECT_EMPTY') return [input.path]
    // The path was written by whoever signed: leading out of the folder is their fault, not the caller's.
    if (error.code === 'PATH_UNSAFE') {
      throw new CleanbillError('PATH_UNSAFE', error.message, { hint: error.hint, as: 'refused', cause: error })
    }
    throw error
  }
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 120)))
  return list.length > 5 ? `${shown.join(', ')} and ${list.length - 5} more` : shown.join(', ')
}
