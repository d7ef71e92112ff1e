import { basename, join } from 'node:path'
import { listFiles } from '../io/files.ts'
import { fileSize, hashModelFile, type ModelHash } from '../io/model-files.ts'
import { CleanbillError, isCleanbillError, type Limit } from '../model/error.ts'
import { isJsonObject, parseJson } from '../model/json.ts'
import {
  OMS_DEFAULT_IGNORES,
  OMS_DIGESTS_V01,
  type OmsPredicate,
  type OmsResource,
  omsRoot,
  parseOmsPredicate,
} from '../model/predicates/oms.ts'
import { STATEMENT_TYPE, type Statement } from '../model/statement.ts'
import { checkIgnorePaths, checkResourceName, hiddenByIgnores } from './model-paths.ts'

/** A model on disk: a directory, or the one file that it is. */
export interface HeldModel {
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** What a file is called, where it was named by a symlink; otherwise as `path` says. */
  readonly fileName?: string | undefined
  /** Names below the root that the caller leaves out, the signature file included. */
  readonly ignorePaths: readonly string[]
  readonly ignoreUnsignedFiles: boolean
}

/**
 * Verifies a model against an OpenSSF Model Signing statement: every listed file has its digest, every file is listed,
 * the root is the subject. Source: ossf/model-signing-spec v1.0 (§"Verification"), and the form before it.
 *
 * @param payload the signed bytes; the specification closes the statement, so they are read once more for its keys
 * @returns what the signature does not cover
 * @throws {CleanbillError} `SUBJECT_MISMATCH`, `FILE_UNLISTED`, `FILE_NAME_MISMATCH`, `IGNORE_TOO_WIDE`, `PATH_UNSAFE`,
 *   `PREDICATE_MALFORMED`, `STATEMENT_MALFORMED`
 */
export async function verifyModel(statement: Statement, payload: Uint8Array, model: HeldModel): Promise<Limit[]> {
  checkClosed(statement, payload)
  if (statement.predicateType === OMS_DIGESTS_V01) {
    return await compareFiles(model, fromOldStatement(statement), [])
  }
  const predicate = parseOmsPredicate(statement.predicate)
  const [subject, ...others] = statement.subject
  if (others.length > 0) throw new CleanbillError('PREDICATE_MALFORMED', 'a model signature has exactly one subject')
  if (subject?.digest.sha256 !== omsRoot(predicate.resources)) {
    throw new CleanbillError('SUBJECT_MISMATCH', 'the listed files do not add up to the digest that was signed')
  }
  const signedIgnores = checkIgnorePaths(predicate.serialization.ignore_paths ?? [])
  return await compareFiles(model, predicate, signedIgnores)
}

/** The signer chooses nothing beyond the specification: an unknown key is where the next field would be smuggled in. */
export function checkClosed(statement: Statement, payload: Uint8Array): void {
  const raw = parseJson(payload, 'the statement')
  const allowed = ['_type', 'subject', 'predicateType', 'predicate']
  const unknown = isJsonObject(raw) ? Object.keys(raw).find((key) => !allowed.includes(key)) : undefined
  if (unknown !== undefined) {
    throw new CleanbillError(
      'STATEMENT_MALFORMED',
      `a model signature has no field ${JSON.stringify(unknown.slice(0, 80))}`,
    )
  }
  if (statement._type !== STATEMENT_TYPE) {
    throw new CleanbillError('STATEMENT_MALFORMED', `a model signature is a statement of type ${STATEMENT_TYPE}`)
  }
}

function fromOldStatement(statement: Statement): OmsPredicate {
  const resources = statement.subject.map((subject): OmsResource => {
    if (subject.name === undefined || subject.digest.sha256 === undefined) {
      throw new CleanbillError('PREDICATE_MALFORMED', 'an old model signature names each file with its sha256')
    }
    return { name: subject.name, digest: subject.digest.sha256, algorithm: 'sha256' }
  })
  if (new Set(resources.map(({ name }) => name)).size !== resources.length) {
    throw new CleanbillError('PREDICATE_MALFORMED', 'a file is listed twice')
  }
  return { resources, serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false } }
}

async function compareFiles(model: HeldModel, predicate: OmsPredicate, signed: readonly string[]): Promise<Limit[]> {
  const listed = expectedParts(predicate, model)
  const changed: { name: string; actual: string }[] = []
  const missing: string[] = []
  for (const [name, parts] of listed) {
    const actual = await hashParts(model, name, parts, predicate)
    if (actual === undefined) missing.push(name)
    else if (actual.some((digest, index) => digest !== parts[index]?.digest)) {
      changed.push({ name, actual: actual.join(':') })
    }
  }
  if (changed.length + missing.length > 0) throw differs(changed, missing, listed)
  if (model.kind === 'file') return []
  return await checkUnlisted(model, new Set(listed.keys()), signed)
}

interface Part {
  readonly digest: string
  readonly algorithm: ModelHash
  readonly range: { readonly start: number; readonly end: number } | undefined
}

/** File name → its parts. Of a shard name the *last two* colon fields are the range, so that a name may hold colons. */
function expectedParts(predicate: OmsPredicate, model: HeldModel): Map<string, Part[]> {
  const files = new Map<string, Part[]>()
  for (const { name, digest, algorithm } of predicate.resources) {
    if (algorithm === 'blake3') {
      throw new CleanbillError('PREDICATE_MALFORMED', 'the model was hashed with BLAKE3, which is not supported here')
    }
    const shard = predicate.serialization.method === 'shards' ? /^(.+):(\d{1,15}):(\d{1,15})$/.exec(name) : null
    if (predicate.serialization.method === 'shards' && shard === null) {
      throw new CleanbillError(
        'PREDICATE_MALFORMED',
        `${JSON.stringify(name.slice(0, 100))} is not the name of a shard`,
      )
    }
    const path = shard?.[1] ?? name
    if (model.kind === 'directory' || path !== '.') checkResourceName(path)
    const range = shard === null ? undefined : { start: Number(shard[2]), end: Number(shard[3]) }
    files.set(path, [...(files.get(path) ?? []), { digest, algorithm, range }])
  }
  for (const parts of files.values()) parts.sort((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0))
  return files
}

async function hashParts(
  model: HeldModel,
  name: string,
  parts: readonly Part[],
  predicate: OmsPredicate,
): Promise<string[] | undefined> {
  if (model.kind === 'file' && name !== '.' && name !== (model.fileName ?? basename(model.path))) return undefined
  const path = model.kind === 'file' ? model.path : join(model.path, name)
  try {
    if (predicate.serialization.method === 'shards') {
      checkRanges(name, parts, await fileSize(path), predicate.serialization.shard_size ?? 0)
    }
    const digests: string[] = []
    for (const part of parts) digests.push(await hashModelFile(path, part.algorithm, part.range))
    return digests
  } catch (error) {
    if (isCleanbillError(error) && error.code === 'FILE_NOT_FOUND') return undefined
    throw asRefusal(error)
  }
}

/** Shards cover the file from its first to its last byte: a gap is where unsigned weights go (T-MF-07). */
function checkRanges(name: string, parts: readonly Part[], size: number, shardSize: number): void {
  let at = 0
  for (const { range } of parts) {
    if (range?.start !== at || range.end !== Math.min(at + shardSize, size)) {
      throw new CleanbillError('SUBJECT_MISMATCH', `the signed parts of ${JSON.stringify(name)} do not cover the file`)
    }
    at = range.end
  }
  if (at !== size) {
    throw new CleanbillError('SUBJECT_MISMATCH', `the signed parts of ${JSON.stringify(name)} do not cover the file`)
  }
}

function differs(
  changed: readonly { name: string; actual: string }[],
  missing: readonly string[],
  listed: ReadonlyMap<string, readonly Part[]>,
): CleanbillError {
  const known = new Set([...listed.values()].map((parts) => parts.map(({ digest }) => digest).join(':')))
  if (missing.length === 0 && changed.every(({ actual }) => known.has(actual))) {
    return new CleanbillError(
      'FILE_NAME_MISMATCH',
      `files carry each other's names: ${names(changed.map((c) => c.name))}`,
    )
  }
  const parts = [
    changed.length > 0 ? `changed: ${names(changed.map(({ name }) => name))}` : '',
    missing.length > 0 ? `missing: ${names(missing)}` : '',
  ]
  return new CleanbillError(
    'SUBJECT_MISMATCH',
    `the model is not the one that was signed; ${parts.filter(Boolean).join('; ')}`,
    {
      hint: 'Fetch the model again from where it was published.',
    },
  )
}

async function checkUnlisted(
  model: HeldModel,
  listed: ReadonlySet<string>,
  signed: readonly string[],
): Promise<Limit[]> {
  const ignore = [...OMS_DEFAULT_IGNORES, ...model.ignorePaths]
  const present = await listFiles(model.path, { ignore }).catch((error: unknown) => {
    throw asRefusal(error)
  })
  const extra = present.filter((name) => !listed.has(name))
  const hidden = hiddenByIgnores(extra, signed)
  const unlisted = extra.filter((name) => !hidden.includes(name))
  if (unlisted.length > 0 && !model.ignoreUnsignedFiles) {
    throw new CleanbillError('FILE_UNLISTED', `files that nobody signed: ${names(unlisted)}`, {
      hint: 'Remove them, or leave them out with --ignore-path or --ignore-unsigned-files.',
    })
  }
  const uncovered = [...hidden, ...unlisted]
  if (uncovered.length === 0) return []
  return [{ code: 'FILES_NOT_SIGNED', message: `The signature does not cover ${names(uncovered)}.` }]
}

/** What stands in a directory that was handed to us is evidence, not the caller's arguments. */
function asRefusal(error: unknown): unknown {
  if (!isCleanbillError(error) || error.code !== 'PATH_UNSAFE') return error
  return new CleanbillError('PATH_UNSAFE', error.message, { cause: error, hint: error.hint, as: 'refused' })
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 120)))
  return list.length > 5 ? `${shown.join(', ')} and ${list.length - 5} more` : shown.join(', ')
}
