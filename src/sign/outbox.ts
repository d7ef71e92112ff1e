import { createHash } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readFileBytes, toFileError, writeFileAtomic } from '../io/files.ts'
import { decodeBase64, encodeBase64 } from '../model/base64.ts'
import { CleanbillError, type ErrorCode } from '../model/error.ts'
import { type JsonObject, parseJsonObject } from '../model/json.ts'
import { parseStatement, type Statement } from '../model/statement.ts'
import { schemaUri } from '../model/uris.ts'

export const OUTBOX_SCHEMA = schemaUri('outbox-v1')
const SUFFIX = '.sealed.json'
const UNPUBLISHED_SUFFIX = '.unpublished.json'

export interface Reason {
  readonly code: ErrorCode
  readonly message: string
}

/**
 * A statement that could not be signed when it was made. Nothing secret is in it, and nothing in it is a signature:
 * its digest is printed when it is sealed, so whoever signs it later can see that it is the same.
 */
export interface SealedStatement {
  readonly schema: typeof OUTBOX_SCHEMA
  /** Base64 of the exact bytes. */
  readonly statement: string
  /** Of those bytes. */
  readonly sha256: string
  readonly sealedOn: string
  readonly reason: { readonly code: string; readonly message: string }
  /** File name of the bundle that signing will write. */
  readonly bundle: string
}

const sealedSchema = z.strictObject({
  schema: z.literal(OUTBOX_SCHEMA),
  statement: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sealedOn: z.iso.datetime(),
  reason: z.strictObject({ code: z.string(), message: z.string() }),
  // A file name, not a path: the outbox may come from another job.
  bundle: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
})

/** @throws {CleanbillError} `DISK_FULL`, `WRITE_FAILED` */
export async function sealStatement(
  folder: string,
  payload: Uint8Array,
  parts: { readonly bundle: string; readonly reason: Reason; readonly now: Date },
): Promise<{ readonly path: string; readonly sha256: string }> {
  const sha256 = digestOf(payload)
  const sealed: SealedStatement = {
    schema: OUTBOX_SCHEMA,
    statement: encodeBase64(payload),
    sha256,
    sealedOn: parts.now.toISOString(),
    reason: { code: parts.reason.code, message: parts.reason.message },
    bundle: parts.bundle,
  }
  const path = join(folder, `${sha256}${SUFFIX}`)
  await writeFileAtomic(path, `${JSON.stringify(sealed)}\n`)
  return { path, sha256 }
}

export interface OutboxEntry {
  readonly path: string
  readonly sealed: SealedStatement
  readonly statement: Statement
}

/** Signed, but a store did not take it: only the upload is left. */
export interface UnpublishedBundle {
  readonly schema: typeof OUTBOX_SCHEMA
  readonly signed: JsonObject
  /** Of the bundle's JSON. */
  readonly sha256: string
  readonly sealedOn: string
  readonly reason: { readonly code: string; readonly message: string }
  readonly bundle: string
  readonly publisher: string
}

const unpublishedSchema = z.strictObject({
  ...sealedSchema.omit({ statement: true }).shape,
  signed: z.record(z.string(), z.unknown()),
  publisher: z.enum(['github-store', 'oci']),
})

/** @throws {CleanbillError} `DISK_FULL`, `WRITE_FAILED` */
export async function sealBundle(
  folder: string,
  signed: JsonObject,
  parts: { readonly bundle: string; readonly publisher: string; readonly reason: Reason; readonly now: Date },
): Promise<{ readonly path: string; readonly sha256: string }> {
  const { bundle, publisher, reason, now } = parts
  const sha256 = digestOf(JSON.stringify(signed))
  const entry: UnpublishedBundle = {
    schema: OUTBOX_SCHEMA,
    signed,
    sha256,
    sealedOn: now.toISOString(),
    reason: { code: reason.code, message: reason.message },
    bundle,
    publisher,
  }
  const path = join(folder, `${sha256.slice(0, 32)}-${publisher}${UNPUBLISHED_SUFFIX}`)
  await writeFileAtomic(path, `${JSON.stringify(entry)}\n`)
  return { path, sha256 }
}

export interface Outbox {
  readonly statements: readonly OutboxEntry[]
  readonly bundles: readonly { readonly path: string; readonly unpublished: UnpublishedBundle }[]
}

/**
 * Reads everything that waits in a folder, sorted by name.
 *
 * @throws {CleanbillError} `STATE_CHANGED` when the bytes are not those that were sealed, `CONFIG_MALFORMED`,
 *   `FILE_NOT_FOUND`
 */
export async function readOutbox(folder: string): Promise<Outbox> {
  let names: string[]
  try {
    names = (await readdir(folder)).sort()
  } catch (error) {
    throw toFileError(error, folder)
  }
  const paths = (suffix: string) => names.filter((name) => name.endsWith(suffix)).map((name) => join(folder, name))
  return {
    statements: await Promise.all(paths(SUFFIX).map(readEntry)),
    bundles: await Promise.all(
      paths(UNPUBLISHED_SUFFIX).map(async (path) => ({ path, unpublished: await readUnpublished(path) })),
    ),
  }
}

async function readEntry(path: string): Promise<OutboxEntry> {
  const sealed = parseSealed(sealedSchema, await readDocument(path), path)
  const payload = decodeBase64(sealed.statement, 'the sealed statement')
  if (digestOf(payload) !== sealed.sha256) throw changed(path)
  return { path, sealed, statement: parseStatement(payload) }
}

async function readUnpublished(path: string): Promise<UnpublishedBundle> {
  const unpublished = parseSealed(unpublishedSchema, await readDocument(path), path)
  if (digestOf(JSON.stringify(unpublished.signed)) !== unpublished.sha256) throw changed(path)
  return unpublished as UnpublishedBundle
}

async function readDocument(path: string): Promise<JsonObject> {
  const maxBytes = 32 * 1024 * 1024
  return parseJsonObject(await readFileBytes(path, maxBytes), path, { maxBytes })
}

function parseSealed<T>(schema: z.ZodType<T>, document: JsonObject, path: string): T {
  const result = schema.safeParse(document)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new CleanbillError('CONFIG_MALFORMED', `${path} does not come from our outbox: ${issue?.message ?? ''}`, {
    file: path,
  })
}

function changed(path: string): CleanbillError {
  return new CleanbillError('STATE_CHANGED', `${path} does not hold what was sealed`, {
    file: path,
    hint: 'Compare with the digest that was printed when it was sealed. Nothing was signed.',
  })
}

function digestOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Called when the bundle is on disk and verified, never before. */
export async function removeFromOutbox(path: string): Promise<void> {
  await rm(path, { force: true })
}

/**
 * The same statement, marked: who reads it later must see that the signature is younger than the build.
 * In provenance the mark is the extension field `runDetails.metadata.cleanbill_lateSigned` (SLSA: extension fields are
 * named `<vendor>_<name>`); in any other predicate it stands at the top.
 */
export function markLate(entry: OutboxEntry, now: Date): Statement {
  const mark: JsonObject = {
    sealedOn: entry.sealed.sealedOn,
    sealedSha256: entry.sealed.sha256,
    signedOn: now.toISOString(),
    reason: entry.sealed.reason.code,
  }
  const predicate = asObject(entry.statement.predicate)
  const runDetails = predicate.runDetails
  if (runDetails === undefined) {
    return { ...entry.statement, predicate: { ...predicate, cleanbill_lateSigned: mark } }
  }
  const details = asObject(runDetails)
  const metadata = { ...asObject(details.metadata ?? {}), cleanbill_lateSigned: mark }
  return { ...entry.statement, predicate: { ...predicate, runDetails: { ...details, metadata } } }
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}
