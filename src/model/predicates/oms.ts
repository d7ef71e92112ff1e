import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CleanbillError } from '../error.ts'
import { compareCodePoints } from '../json.ts'
import { parseWith, STATEMENT_TYPE, type Statement, type Subject } from '../statement.ts'

/** Predicate type of an OpenSSF Model Signing v1.0 signature (the underscore is literal). */
export const OMS_SIGNATURE_V1 = 'https://model_signing/signature/v1.0'
/** The form before v1.0: digests in `subject`, no serialization. Verified, never written. */
export const OMS_DIGESTS_V01 = 'https://model_signing/Digests/v0.1'

/** Always left out, at the model root only, with what lies under them. Source: OMS v1.0 §"Default ignore paths". */
export const OMS_DEFAULT_IGNORES = ['.git', '.gitattributes', '.github', '.gitignore'] as const

/** One file (or shard) of a directory: path from its root with `/`, and the lower-case hex digest of its bytes. */
export interface OmsResource {
  readonly name: string
  readonly digest: string
  readonly algorithm: 'sha256' | 'blake2b' | 'blake3'
}

export interface OmsSerialization {
  readonly method: 'files' | 'shards'
  readonly hash_type: 'sha256' | 'blake2b' | 'blake3'
  readonly allow_symlinks: boolean
  readonly shard_size?: number | undefined
  readonly ignore_paths?: readonly string[] | undefined
}

/** Predicate of `https://model_signing/signature/v1.0`. A closed object: unknown keys are refused. */
export interface OmsPredicate {
  readonly resources: readonly OmsResource[]
  readonly serialization: OmsSerialization
}

const algorithm = z.enum(['sha256', 'blake2b', 'blake3'])
const omsSchema = z.strictObject({
  resources: z.array(z.looseObject({ name: z.string().min(1), digest: z.string(), algorithm })).min(1),
  serialization: z.strictObject({
    method: z.enum(['files', 'shards']),
    hash_type: algorithm,
    allow_symlinks: z.boolean(),
    shard_size: z.number().int().positive().optional(),
    ignore_paths: z.array(z.string()).optional(),
  }),
})

const HEX_DIGITS = { sha256: 64, blake2b: 128, blake3: 64 } as const

/**
 * Parses an OMS v1.0 predicate, with the two rules its JSON schema leaves out: at least one resource, and no
 * `shard_size` with method `files`.
 *
 * @throws {CleanbillError} `PREDICATE_MALFORMED`, `DIGEST_MALFORMED`
 */
export function parseOmsPredicate(predicate: unknown): OmsPredicate {
  const parsed = parseWith(omsSchema, predicate, 'the model signature', 'PREDICATE_MALFORMED')
  const { method, shard_size } = parsed.serialization
  if ((method === 'shards') !== (shard_size !== undefined)) {
    throw new CleanbillError('PREDICATE_MALFORMED', 'shard_size belongs to method "shards", and only there')
  }
  const names = new Set<string>()
  for (const { name, digest, algorithm: used } of parsed.resources) {
    if (!new RegExp(`^[0-9a-f]{${HEX_DIGITS[used]}}$`).test(digest)) {
      throw new CleanbillError(
        'DIGEST_MALFORMED',
        `resource ${JSON.stringify(name.slice(0, 100))} has no ${used} digest`,
      )
    }
    if (names.has(name)) {
      throw new CleanbillError('PREDICATE_MALFORMED', `resource ${JSON.stringify(name.slice(0, 100))} is listed twice`)
    }
    names.add(name)
  }
  return parsed as OmsPredicate
}

/** Code point order of the names, which is the order of OMS v1.0 (the Python reference orders by path parts). */
export function sortOmsResources(resources: readonly OmsResource[]): OmsResource[] {
  return [...resources].sort((a, b) => compareCodePoints(a.name, b.name))
}

/**
 * The root digest: SHA-256 over the raw digests in the order given. Verifying recomputes it in *listed* order.
 * Names are not in it, so equal roots do not prove equal names: compare the manifest too.
 */
export function omsRoot(resources: readonly OmsResource[]): string {
  const hash = createHash('sha256')
  for (const { digest } of resources) hash.update(digest, 'hex')
  return hash.digest('hex')
}

/**
 * Builds the statement that `model-signing` would sign: method `files`, SHA-256, spec order.
 * Source: ossf/model-signing-spec v1.0.
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY` (usage) when there is no file
 */
export function buildOmsStatement(
  name: string,
  resources: readonly OmsResource[],
  ignorePaths: readonly string[] = OMS_DEFAULT_IGNORES,
): Statement<OmsPredicate> {
  if (resources.length === 0) {
    throw new CleanbillError('SUBJECT_EMPTY', `directory ${JSON.stringify(name)} holds no file`, { as: 'usage' })
  }
  const sorted = sortOmsResources(resources)
  const subject: Subject = { name, digest: { sha256: omsRoot(sorted) } }
  return {
    _type: STATEMENT_TYPE,
    subject: [subject],
    predicateType: OMS_SIGNATURE_V1,
    predicate: {
      resources: sorted,
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ignore_paths: [...ignorePaths].sort(compareCodePoints),
      },
    },
  }
}
