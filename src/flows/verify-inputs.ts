import { hashDirectory, hashFile, pathKind, resolveInside } from '../io/files.ts'
import type { Host } from '../io/host.ts'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { compareCodePoints, isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts'
import { OMS_DEFAULT_IGNORES } from '../model/predicates/oms.ts'
import { PROVENANCE_V1, parseProvenance } from '../model/predicates/provenance.ts'
import type { ResourceDescriptor, Statement } from '../model/statement.ts'
import { directoryRoots } from '../verify/directory-root.ts'

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
    const state = await compareInput(input, root)
    if (state === 'missing') missing.push(input.path)
    if (state === 'changed') changed.push(...(await changedFiles(input, root)))
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
  readonly files: ReadonlyMap<string, string>
}

function localInputs(statement: Statement): LocalInput[] {
  if (statement.predicateType !== PROVENANCE_V1) return []
  const { resolvedDependencies = [] } = parseProvenance(statement.predicate).buildDefinition
  return resolvedDependencies.flatMap(toLocalInput)
}

function toLocalInput({ annotations, digest }: ResourceDescriptor): LocalInput[] {
  const { path, kind } = annotations ?? {}
  if (typeof path !== 'string' || (kind !== 'file' && kind !== 'directory')) return []
  return digest?.sha256 === undefined ? [] : [{ path, kind, sha256: digest.sha256, files: listed(annotations) }]
}

function listed(annotations: JsonObject | undefined): ReadonlyMap<string, string> {
  const manifest = Array.isArray(annotations?.manifest) ? (annotations.manifest as readonly JsonValue[]) : []
  return new Map(
    manifest.flatMap((entry) => {
      const { name, sha256 } = isJsonObject(entry) ? entry : {}
      return typeof name === 'string' && typeof sha256 === 'string' ? [[name, sha256] as const] : []
    }),
  )
}

/** For the message only; the verdict rests on the root. Which files are others, new or gone, where that is known. */
async function changedFiles({ path, files }: LocalInput, root: string): Promise<string[]> {
  if (files.size === 0) return [path]
  const held = await hashDirectory((await resolveInside(root, path)).path, { ignore: OMS_DEFAULT_IGNORES })
  const now = new Map(held.map(({ name, sha256 }) => [name, sha256]))
  const all = [...new Set([...files.keys(), ...now.keys()])].sort(compareCodePoints)
  const different = all.filter((name) => files.get(name) !== now.get(name)).map((name) => `${path}/${name}`)
  return different.length > 0 ? different : [path]
}

async function compareInput(input: LocalInput, root: string): Promise<'same' | 'changed' | 'missing'> {
  try {
    const { path } = await resolveInside(root, input.path)
    if ((await pathKind(path)) !== input.kind) return 'missing'
    const digests = input.kind === 'file' ? [(await hashFile(path)).sha256] : await directoryRoots(path, [])
    return digests.includes(input.sha256) ? 'same' : 'changed'
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    if (error.code === 'FILE_NOT_FOUND') return 'missing'
    // An emptied directory has no root at all.
    if (error.code === 'SUBJECT_EMPTY') return 'changed'
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
