import { z } from 'zod'
import { DEPENDENCY_KINDS, DEPENDENCY_SCOPES, DEPENDENCY_SOURCES, type Discovery, NOTICE_CODES } from './dependency.ts'
import { schemaUri } from './uris.ts'

/** `schema` of the document that `cleanbill discover --json` prints. */
export const DISCOVER_SCHEMA = schemaUri('discover-v1')

const digests = z.record(z.string(), z.string()).describe('in-toto DigestSet: algorithm to lower-case hex')
const line = z.int().min(1)

const dependency = z.strictObject({
  id: z.string().describe('Package URL where one exists, else SOURCE:LOCATION'),
  kind: z.enum(DEPENDENCY_KINDS),
  ecosystem: z.string().describe('Type of the package URL, or generic'),
  name: z.string(),
  version: z.string().optional(),
  digests,
  files: z
    .array(z.strictObject({ name: z.string().optional(), url: z.string().optional(), digests }))
    .optional()
    .describe('What the entry may install, where that is more than one file'),
  file: z.string().describe('Path of the dependency file from the root'),
  line,
  scope: z.enum(DEPENDENCY_SCOPES),
  source: z.enum(DEPENDENCY_SOURCES),
  location: z.string().optional(),
  registry: z.string().optional(),
  alias: z.string().optional(),
  comment: z.string().optional(),
  bytes: z.int().min(0).optional().describe('Size, where the entry states it exactly'),
  checksum: z.string().optional(),
})

const error = z.strictObject({ code: z.string(), message: z.string(), line: line.nullable() })

/** The document of `discover --json`. */
export const discoverDocumentSchema = z
  .strictObject({
    schema: z.literal(DISCOVER_SCHEMA),
    files: z.array(
      z.strictObject({
        path: z.string(),
        finder: z.string().nullable().describe('What read it; null for a known file that nothing reads'),
        dependencies: z.int().min(0).describe('How many entries it has'),
        error: error.nullable().describe('Why it could not be read'),
      }),
    ),
    dependencies: z.array(dependency),
    notices: z.array(
      z.strictObject({
        code: z.enum(NOTICE_CODES),
        message: z.string(),
        hint: z.string().nullable(),
        file: z.string(),
        line,
      }),
    ),
    skipped: z.array(z.string()).describe('Folders that were not looked into'),
  })
  .describe('cleanbill discover: what a project depends on, each with file and line')

export type DiscoverDocument = z.infer<typeof discoverDocumentSchema>

/** JSON Schema of the document, for `schemas/discover-v1.schema.json`. */
export function discoverJsonSchema(): unknown {
  return { $id: DISCOVER_SCHEMA, ...z.toJSONSchema(discoverDocumentSchema) }
}

/** `dependencies` has exactly as many items as `files` counts; a reader may check that. */
export function toDiscoverDocument({ files, dependencies, notices, skipped }: Discovery): DiscoverDocument {
  return {
    schema: DISCOVER_SCHEMA,
    files: files.map(({ path, finder, dependencies: count, error: fault }) => ({
      path,
      finder: finder ?? null,
      dependencies: count,
      error: fault === undefined ? null : { code: fault.code, message: fault.message, line: fault.line ?? null },
    })),
    dependencies: dependencies.map((entry) => ({
      ...entry,
      digests: { ...entry.digests },
      files: entry.files?.map((file) => ({ ...file, digests: { ...file.digests } })),
    })),
    notices: notices.map(({ code, message, hint, file, line: at }) => ({
      code,
      message,
      hint: hint ?? null,
      file,
      line: at,
    })),
    skipped: [...skipped],
  }
}
