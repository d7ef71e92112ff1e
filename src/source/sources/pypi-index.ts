import { z } from 'zod'
import { parseDigestValue } from '../../model/digest.ts'
import { CleanbillError } from '../../model/error.ts'
import type { RegistryFile } from '../../model/evidence.ts'
import type { VersionFact } from '../../model/facts.ts'
import { parseJson, parseJsonObject } from '../../model/json.ts'
import { normalizePythonVersion } from '../../model/pep440.ts'
import { normalizePythonName } from '../../model/purl.ts'
import { type PythonFile, parsePythonFile } from '../../model/python-file-name.ts'
import { reduceJson } from '../json-stream.ts'

/** What is kept of a project's page: the files of one version, and a line for each other version. */
export interface PypiIndex {
  readonly files: readonly IndexFile[]
  readonly versions: readonly VersionFact[]
  /** The index knows the field `provenance` (API 1.3), so it can say that a file has none. */
  readonly speaksProvenance: boolean
}

export interface IndexFile extends RegistryFile {
  readonly name: string
  /** Where its bytes are, by the index's own word; relative to the page. */
  readonly url: string | undefined
  /** Path of the provenance URL, where there is one. Its host is not kept (sources.md §0.3). */
  readonly provenancePath: string | undefined
}

export const MAX_INDEX_BYTES = 128 * 1024 * 1024
const MAX_VERSIONS = 50_000

/** PEP 691 and 700. */
const fileSchema = z.object({
  filename: z.string().max(400),
  url: z.string().max(4_000).optional(),
  hashes: z.record(z.string(), z.string()),
  yanked: z.union([z.boolean(), z.string()]).optional(),
  'upload-time': z.string().optional().nullable(),
  provenance: z.string().max(2_000).optional().nullable(),
})

/** Enough of an entry to tell its version, without the strict reading that thousands of others do not need. */
interface Glimpse {
  readonly filename?: unknown
  readonly 'upload-time'?: unknown
  readonly provenance?: unknown
}

/**
 * Reads `GET /simple/{project}/` while it comes. A project's page lists every file of every version, megabytes for some;
 * a lock needs those of one.
 *
 * @throws {CleanbillError} `SOURCE_MALFORMED`, `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `DIGEST_MALFORMED`, `LIMIT_EXCEEDED`
 */
export async function reduceIndex(
  chunks: AsyncIterable<Uint8Array>,
  asked: { readonly name: string; readonly version: string },
): Promise<PypiIndex> {
  const what = `the index of ${asked.name}`
  const wanted = normalizePythonVersion(asked.version)
  const project = normalizePythonName(asked.name)
  const versions = new Map<string, VersionFact>()
  const files = new Map<string, IndexFile>()
  let its: unknown
  let api: unknown
  let speaksProvenance = false
  await reduceJson(chunks, what, {
    choose: ([first, second]) => {
      if (first === undefined) return 'enter'
      if (first === 'files') return second === undefined ? 'enter' : 'keep'
      return first === 'name' || first === 'meta' ? 'keep' : 'skip'
    },
    onValue: ([first], bytes) => {
      if (first === 'name') its = parseJson(bytes, `the name in ${what}`)
      else if (first === 'meta') api = parseJsonObject(bytes, `meta of ${what}`)['api-version']
      else {
        const glimpse = glance(bytes, what)
        speaksProvenance ||= glimpse.provenance !== undefined
        const release = releaseOf(glimpse, project)
        if (release === undefined) return
        count(versions, release, glimpse, what)
        if (release.version !== wanted) return
        const file = parseIndexFile(bytes, what)
        // Two lines about one file would let each reader choose.
        if (files.has(file.name)) throw malformed(what, `lists ${JSON.stringify(file.name)} twice`)
        files.set(file.name, file)
      }
    },
  })
  if (typeof its !== 'string' || normalizePythonName(its) !== project) throw malformed(what, 'is about another project')
  if (typeof api !== 'string' || !/^1\.\d+$/.test(api)) throw malformed(what, 'is of another API than 1.x (PEP 629)')
  return { files: [...files.values()], versions: [...versions.values()], speaksProvenance }
}

function glance(bytes: Uint8Array, what: string): Glimpse {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (typeof value === 'object' && value !== null) return value
  } catch (cause) {
    throw new CleanbillError('JSON_MALFORMED', `a file in ${what} is not valid JSON`, { cause })
  }
  throw malformed(what, 'has a file that is no object')
}

/** Undefined for what no lock of ours installs: eggs, installers, files of a name that is not the project's. */
function releaseOf({ filename }: Glimpse, project: string): PythonFile | undefined {
  const parsed = typeof filename === 'string' ? parsePythonFile(filename, project) : undefined
  return parsed?.project === project ? parsed : undefined
}

function count(versions: Map<string, VersionFact>, release: PythonFile, glimpse: Glimpse, what: string): void {
  const { version, versionText } = release
  const before = versions.get(version)
  if (before === undefined && versions.size >= MAX_VERSIONS) {
    throw new CleanbillError('LIMIT_EXCEEDED', `${what} has too many versions`)
  }
  const uploaded = typeof glimpse['upload-time'] === 'string' ? glimpse['upload-time'] : undefined
  const earlier = before?.publishedAt
  versions.set(version, {
    version: before?.version ?? versionText,
    publishedAt: earlier === undefined || (uploaded !== undefined && uploaded < earlier) ? uploaded : earlier,
    claimsAttestations: (before?.claimsAttestations ?? false) || typeof glimpse.provenance === 'string',
  })
}

function parseIndexFile(bytes: Uint8Array, what: string): IndexFile {
  const result = fileSchema.safeParse(parseJsonObject(bytes, `a file in ${what}`))
  if (!result.success) {
    const issue = result.error.issues[0]
    throw malformed(what, `has a file whose ${issue?.path.join('.').slice(0, 80)} is wrong: ${issue?.message}`)
  }
  const { filename: name, url, hashes, yanked, provenance } = result.data
  const sha256 = hashes.sha256
  return {
    name,
    url,
    digests: sha256 === undefined ? {} : { sha256: parseDigestValue('sha256', sha256) },
    publishedAt: result.data['upload-time'] ?? undefined,
    // A text is the reason, and an empty one still yanks (PEP 592).
    yanked: yanked !== undefined && yanked !== false,
    claimsAttestations: typeof provenance === 'string',
    provenancePath: typeof provenance === 'string' ? URL.parse(provenance, 'https://pypi.org')?.pathname : undefined,
  }
}

function malformed(what: string, why: string): CleanbillError {
  return new CleanbillError('SOURCE_MALFORMED', `${what} ${why}`)
}
