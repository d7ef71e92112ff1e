import { z } from 'zod'
import type { DigestSet } from './digest.ts'
import { CleanbillError, type Limit } from './error.ts'
import { type JsonObject, parseJsonObject } from './json.ts'
import { type ResourceDescriptor, resourceDescriptorSchema } from './statement.ts'
import { schemaUri } from './uris.ts'

/**
 * A recording is what the wrapper observed of one command, unsigned. It is the hand-over between the job that ran the
 * command (no `id-token`) and the job that re-hashes and signs.
 */
export const RECORDING_SCHEMA = schemaUri('recording-v1')

/** Limit of a recording that lacks a declared output. It is kept for people and never signed. */
export const RECORDING_INCOMPLETE = 'RECORDING_INCOMPLETE'

export const RUN_KINDS = ['build', 'train', 'evaluate'] as const
export type RunKind = (typeof RUN_KINDS)[number]

/** What one recorder adds. Every recorder owns its own keys; two recorders that write one key are a defect. */
export interface Contribution {
  /** Chosen by whoever started the run; complete. */
  readonly externalParameters?: JsonObject
  /** Observed about the platform. */
  readonly internalParameters?: JsonObject
  readonly resolvedDependencies?: readonly ResourceDescriptor[]
  readonly byproducts?: readonly ResourceDescriptor[]
  /** Component → version, into `builder.version`. */
  readonly builderVersion?: Readonly<Record<string, string>>
  readonly limits?: readonly Limit[]
}

/** One output: what becomes a subject. `path` is relative to the workspace, with `/`. */
export interface RecordedOutput {
  readonly role: string
  readonly path: string
  readonly kind: 'file' | 'directory' | 'image'
  /** Of the bytes; of a directory the OMS root (formats.md §14.1); of an image its manifest's, as the registry has it. */
  readonly digest: DigestSet
  readonly bytes: number
  /** Of a directory: each file with its digest, as an OMS manifest. */
  readonly files?: readonly { readonly name: string; readonly sha256: string; readonly bytes: number }[] | undefined
}

/** How the command ended: exactly one of the two is not null. */
export interface CommandExit {
  readonly code: number | null
  readonly signal: string | null
}

export interface Recording {
  readonly schema: typeof RECORDING_SCHEMA
  readonly kind: RunKind
  /** RFC 3339, UTC, `Z`. */
  readonly startedOn: string
  readonly finishedOn: string
  readonly exit: CommandExit
  readonly externalParameters: JsonObject
  readonly internalParameters: JsonObject
  readonly resolvedDependencies: readonly ResourceDescriptor[]
  readonly byproducts: readonly ResourceDescriptor[]
  readonly builder: { readonly id: string; readonly version: Readonly<Record<string, string>> }
  readonly invocationId?: string | undefined
  readonly outputs: readonly RecordedOutput[]
  readonly limits: readonly Limit[]
}

const object = z.record(z.string(), z.unknown())
const outputSchema = z.strictObject({
  role: z.string().min(1),
  path: z.string().min(1),
  kind: z.enum(['file', 'directory', 'image']),
  digest: z.record(z.string(), z.string()),
  bytes: z.number().nonnegative(),
  files: z.array(z.strictObject({ name: z.string(), sha256: z.string(), bytes: z.number() })).optional(),
})

const recordingSchema = z.strictObject({
  schema: z.literal(RECORDING_SCHEMA),
  kind: z.enum(RUN_KINDS),
  startedOn: z.iso.datetime(),
  finishedOn: z.iso.datetime(),
  exit: z.strictObject({ code: z.number().int().nullable(), signal: z.string().nullable() }),
  externalParameters: object,
  internalParameters: object,
  resolvedDependencies: z.array(resourceDescriptorSchema),
  byproducts: z.array(resourceDescriptorSchema),
  builder: z.strictObject({ id: z.string().min(1), version: z.record(z.string(), z.string()) }),
  invocationId: z.string().optional(),
  outputs: z.array(outputSchema),
  limits: z.array(z.strictObject({ code: z.string(), message: z.string() })),
})

/**
 * Parses a recording file. Unknown keys are refused: the file comes from a job that anybody's code ran in.
 *
 * @throws {CleanbillError} `RECORDING_MALFORMED`, `JSON_MALFORMED`, `LIMIT_EXCEEDED`
 */
export function parseRecording(bytes: Uint8Array, file: string): Recording {
  const value = parseJsonObject(bytes, `the recording ${file}`, { maxBytes: 64 * 1024 * 1024, maxDepth: 64 })
  const result = recordingSchema.safeParse(value)
  if (result.success) return result.data as Recording
  const issue = result.error.issues[0]
  throw new CleanbillError(
    'RECORDING_MALFORMED',
    `${file} is not a recording: ${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}`,
    { file, hint: 'Pass the file that `cleanbill run --no-sign` wrote.' },
  )
}

/**
 * Joins the contributions of all recorders. A key that two of them write is a defect of ours, not an input's.
 *
 * @throws {CleanbillError} `INTERNAL_ERROR`
 */
export function mergeContributions(contributions: readonly Contribution[]): Required<Contribution> {
  return {
    externalParameters: mergeObjects(contributions.map((c) => c.externalParameters)),
    internalParameters: mergeObjects(contributions.map((c) => c.internalParameters)),
    builderVersion: mergeObjects(contributions.map((c) => c.builderVersion)) as Record<string, string>,
    resolvedDependencies: contributions.flatMap((c) => c.resolvedDependencies ?? []),
    byproducts: contributions.flatMap((c) => c.byproducts ?? []),
    limits: contributions.flatMap((c) => c.limits ?? []),
  }
}

function mergeObjects(objects: readonly (JsonObject | undefined)[]): JsonObject {
  const merged: Record<string, JsonObject[string]> = {}
  for (const object of objects) {
    for (const [key, value] of Object.entries(object ?? {})) {
      if (key in merged) throw new CleanbillError('INTERNAL_ERROR', `two recorders write ${JSON.stringify(key)}`)
      merged[key] = value
    }
  }
  return merged
}
