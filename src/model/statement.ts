import { z } from 'zod'
import { type DigestSet, parseDigestValue } from './digest.ts'
import { CleanbillError } from './error.ts'
import { decodeUtf8, type JsonObject, type JsonValue, parseJson } from './json.ts'

/** The type we write. Source: in-toto attestation framework v1.2, `spec/v1/statement.md`. */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
/** Still written by npm publish attestations, SLSA v0.2 producers and cosign: read, never written. */
export const STATEMENT_TYPE_V01 = 'https://in-toto.io/Statement/v0.1'
/** The DSSE payload type of a statement. */
export const STATEMENT_PAYLOAD_TYPE = 'application/vnd.in-toto+json'
/** More subjects than this are refused (GHSA-cq38-jh5f-37mq). */
export const MAX_SUBJECTS = 1024

/**
 * in-toto ResourceDescriptor: how a statement names a thing. At least one of `uri`, `digest`, `content` is there.
 * Source: in-toto attestation framework v1.2, `spec/v1/resource_descriptor.md`.
 */
export interface ResourceDescriptor {
  readonly name?: string
  readonly uri?: string
  readonly digest?: DigestSet
  /** Base64 of the bytes themselves; should stay under 1 KB. */
  readonly content?: string
  readonly downloadLocation?: string
  readonly mediaType?: string
  readonly annotations?: JsonObject
}

/** A subject: a ResourceDescriptor that must carry a digest. */
export interface Subject extends ResourceDescriptor {
  readonly digest: DigestSet
}

/**
 * An in-toto statement: these subjects, and this is said about them.
 *
 * @example
 * const statement: Statement<ProvenancePredicate> = parseStatement(payload)
 */
export interface Statement<Predicate = JsonValue> {
  readonly _type: typeof STATEMENT_TYPE | typeof STATEMENT_TYPE_V01
  readonly subject: readonly Subject[]
  /** TypeURI of the predicate, e.g. `https://slsa.dev/provenance/v1`. */
  readonly predicateType: string
  readonly predicate: Predicate
}

const digestSet = z.record(z.string(), z.unknown()).transform((set, ctx): DigestSet => {
  const out: Record<string, string> = {}
  for (const [algorithm, value] of Object.entries(set)) {
    try {
      out[algorithm] = parseDigestValue(algorithm, value)
    } catch (error) {
      ctx.addIssue({ code: 'custom', message: (error as Error).message, params: { cleanbill: 'DIGEST_MALFORMED' } })
    }
  }
  return out
})

const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined)

/** Parser of a ResourceDescriptor. `null` and absent are the same; unknown fields are dropped (in-toto parsing rules). */
export const resourceDescriptorSchema = z
  .object({
    name: optionalText,
    uri: optionalText,
    digest: digestSet.nullish(),
    content: optionalText,
    downloadLocation: optionalText,
    mediaType: optionalText,
    annotations: z.record(z.string(), z.unknown()).nullish(),
  })
  // Sound: dropEmpty removes just the undefined and null that the type has no room for.
  .transform((value) => dropEmpty(value) as unknown as ResourceDescriptor)

const subjectSchema = resourceDescriptorSchema.refine(
  (value) => value.digest !== undefined && Object.keys(value.digest).length > 0,
  'a subject needs a digest',
)

const statementSchema = z.object({
  _type: z.enum([STATEMENT_TYPE, STATEMENT_TYPE_V01]),
  subject: z.array(z.unknown()).nullish(),
  predicateType: z.string().min(1),
  predicate: z.unknown().optional(),
})

/**
 * Parses the signed bytes of a statement. Call it with the bytes the signature covers and nothing else.
 *
 * @throws {CleanbillError} `STATEMENT_MALFORMED`, `SUBJECT_EMPTY`, `SUBJECT_LIMIT`, `DIGEST_MALFORMED`,
 *   `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `LIMIT_EXCEEDED`
 */
export function parseStatement(payload: Uint8Array): Statement {
  const shell = parseWith(statementSchema, parseJson(decodeUtf8(payload, 'the statement'), 'the statement'))
  const subjects = shell.subject ?? []
  if (subjects.length === 0) throw new CleanbillError('SUBJECT_EMPTY', 'the statement names no subject')
  if (subjects.length > MAX_SUBJECTS) {
    throw new CleanbillError(
      'SUBJECT_LIMIT',
      `the statement names ${subjects.length} subjects; at most ${MAX_SUBJECTS}`,
    )
  }
  return {
    _type: shell._type,
    subject: subjects.map((entry, index) => parseWith(subjectSchema, entry, `subject[${index}]`) as Subject),
    predicateType: shell.predicateType,
    predicate: (shell.predicate ?? null) as JsonValue,
  }
}

/** Runs a schema and turns its complaint into our code. Shared by the predicates. */
export function parseWith<T>(
  schema: z.ZodType<T>,
  value: unknown,
  where = 'the statement',
  code: 'STATEMENT_MALFORMED' | 'PREDICATE_MALFORMED' = 'STATEMENT_MALFORMED',
): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const digest = issue !== undefined && 'params' in issue && issue.params?.cleanbill === 'DIGEST_MALFORMED'
  const path = issue?.path.map(String).join('.') ?? ''
  throw new CleanbillError(
    digest ? 'DIGEST_MALFORMED' : code,
    `${where}${path === '' ? '' : ` at ${path.slice(0, 120)}`}: ${issue?.message ?? 'does not match the schema'}`,
  )
}

/**
 * Makes a statement that can be signed: at least one subject, unique names, strong digests.
 * The specification allows an empty subject list; signing one vouches for nothing and looks like something (T-SU-08).
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY`, `SUBJECT_LIMIT`, `SUBJECT_NAME_DUPLICATE`, `DIGEST_WEAK`; all usage errors
 */
export function buildStatement<P>(parts: {
  subject: readonly Subject[]
  predicateType: string
  predicate: P
}): Statement<P> {
  const { subject, predicateType, predicate } = parts
  if (subject.length === 0) {
    throw new CleanbillError('SUBJECT_EMPTY', 'there is nothing to attest: no subject', {
      as: 'usage',
      hint: 'Name at least one output that exists after the command.',
    })
  }
  if (subject.length > MAX_SUBJECTS) {
    throw new CleanbillError('SUBJECT_LIMIT', `${subject.length} subjects; at most ${MAX_SUBJECTS} fit one statement`, {
      as: 'usage',
      hint: 'Attest a directory (one subject with a manifest), or use subject-mode single.',
    })
  }
  const names = new Set<string>()
  for (const { name, digest } of subject) {
    const strong = ['sha256', 'sha384', 'sha512', 'gitCommit'].some((algorithm) => digest[algorithm] !== undefined)
    if (!strong) {
      throw new CleanbillError(
        'DIGEST_WEAK',
        `subject ${JSON.stringify(name)} has no sha256, sha384 or sha512 digest`,
        {
          as: 'usage',
        },
      )
    }
    if (name === undefined) continue
    if (names.has(name)) {
      throw new CleanbillError('SUBJECT_NAME_DUPLICATE', `two subjects are named ${JSON.stringify(name)}`, {
        hint: 'Subject names are paths from the workspace; name each output once.',
      })
    }
    names.add(name)
  }
  return { _type: STATEMENT_TYPE, subject, predicateType, predicate }
}

/** The bytes that get signed: compact JSON in the order the fields were built. */
export function serializeStatement(statement: Statement<unknown>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(statement))
}

/**
 * DSSE pre-authentication encoding: the bytes a DSSE signature covers.
 * Source: secure-systems-lab/dsse v1.0.2, `protocol.md`. Vector: type `http://example.com/HelloWorld`, body
 * `hello world` → `DSSEv1 29 http://example.com/HelloWorld 11 hello world`.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType)
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload])
}

/** Removes keys whose value is undefined or null, so that `exactOptionalPropertyTypes` holds and JSON stays small. */
export function dropEmpty<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined && v !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}
