import { CleanbillError } from '../model/error.ts'
import { OMS_DEFAULT_IGNORES, OMS_DIGESTS_V01, omsRoot, parseOmsPredicate } from '../model/predicates/oms.ts'
import type { Statement } from '../model/statement.ts'
import { checkIgnorePaths, checkResourceName, hiddenByIgnores } from './model-paths.ts'
import { checkClosed } from './verify-model.ts'

/** One file of a model as somebody lists it: a hub by its API, or whoever hashed the folder. */
export interface ListedFile {
  /** Path from the root of the model, with `/`. */
  readonly path: string
  /** Hex. Absent where the hub states none: small files outside of large file storage. */
  readonly sha256?: string | undefined
}

/** What carries signatures is not signed by them. */
const SIGNATURES = /(?:^|\/)(?:model\.sig|[^/]+\.sig|[^/]+\.sigstore(?:\.json)?)$/

/**
 * Verifies an OpenSSF Model Signing statement against a list of files instead of a folder: every signed file is listed
 * with its digest, every listed file is signed. The bytes are not read here: the list stands for them.
 *
 * @returns signed files that are listed without a digest: nothing can be said about them, so nothing about the model
 * @throws {CleanbillError} `SUBJECT_MISMATCH`, `FILE_UNLISTED`, `IGNORE_TOO_WIDE`, `PATH_UNSAFE`, `PREDICATE_MALFORMED`,
 *   `STATEMENT_MALFORMED`
 */
export function verifyModelListing(
  statement: Statement,
  payload: Uint8Array,
  files: readonly ListedFile[],
): readonly string[] {
  checkClosed(statement, payload)
  if (statement.predicateType === OMS_DIGESTS_V01) {
    throw new CleanbillError('PREDICATE_MALFORMED', 'a model signature of the form before v1.0 needs the folder itself')
  }
  const predicate = parseOmsPredicate(statement.predicate)
  const { method, hash_type, ignore_paths } = predicate.serialization
  if (method !== 'files' || hash_type !== 'sha256') {
    throw new CleanbillError(
      'PREDICATE_MALFORMED',
      `files hashed by ${method} with ${hash_type} cannot be compared with a list`,
    )
  }
  const [subject, ...more] = statement.subject
  if (more.length > 0 || subject?.digest.sha256 !== omsRoot(predicate.resources)) {
    throw new CleanbillError('SUBJECT_MISMATCH', 'the listed files do not add up to the digest that was signed')
  }
  const held = new Map(files.map(({ path, sha256 }) => [path, sha256]))
  const unknown: string[] = []
  for (const { name, digest } of predicate.resources) {
    checkResourceName(name)
    const listed = held.get(name)
    if (listed === digest) continue
    if (listed === undefined && held.has(name)) unknown.push(name)
    else throw differs(name, held.has(name))
  }
  checkUnlisted(files, new Set(predicate.resources.map(({ name }) => name)), checkIgnorePaths(ignore_paths ?? []))
  return unknown
}

function differs(name: string, present: boolean): CleanbillError {
  const why = present ? 'is not the file that was signed' : 'was signed and is not there'
  return new CleanbillError('SUBJECT_MISMATCH', `${JSON.stringify(name.slice(0, 120))} ${why}`, {
    hint: 'The model is not the one that was signed.',
  })
}

function checkUnlisted(files: readonly ListedFile[], signed: ReadonlySet<string>, ignores: readonly string[]): void {
  const extra = files
    .map(({ path }) => path)
    .filter((path) => !signed.has(path) && !SIGNATURES.test(path))
    .filter((path) => !OMS_DEFAULT_IGNORES.some((name) => path === name || path.startsWith(`${name}/`)))
  const hidden = new Set(hiddenByIgnores(extra, ignores))
  const unlisted = extra.filter((path) => !hidden.has(path))
  if (unlisted.length === 0) return
  throw new CleanbillError(
    'FILE_UNLISTED',
    `files that nobody signed: ${unlisted
      .slice(0, 5)
      .map((path) => JSON.stringify(path.slice(0, 120)))
      .join(', ')}`,
  )
}
