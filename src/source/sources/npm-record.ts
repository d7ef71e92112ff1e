import { z } from 'zod'
import type { DigestSet } from '../../model/digest.ts'
import { parseDigestValue } from '../../model/digest.ts'
import { CleanbillError } from '../../model/error.ts'
import type { RegistryRecord } from '../../model/evidence.ts'
import { parseIntegrity } from '../../model/integrity.ts'
import { parseJsonObject } from '../../model/json.ts'

/** `dist.attestations` of a version: npm writes `{url, provenance}`. Its URL is never followed (sources.md §0.3). */
export const claimSchema = z.looseObject({}).optional().nullable()

const textByName = z.record(z.string(), z.string())

/** Of a version's document what is used. Old documents have odd fields, so the rest is not looked at. */
const versionSchema = z.object({
  name: z.string(),
  version: z.string(),
  dist: z.object({
    integrity: z.string().max(1_000).optional(),
    shasum: z.string().optional(),
    signatures: z
      .array(z.object({ keyid: z.string().max(200), sig: z.string().max(1_000) }))
      .max(16)
      .optional(),
    attestations: claimSchema,
  }),
  dependencies: textByName.optional(),
  optionalDependencies: textByName.optional(),
  scripts: z.record(z.string(), z.unknown()).optional().catch(undefined),
  hasInstallScript: z.boolean().optional().catch(undefined),
  gypfile: z.boolean().optional().catch(undefined),
  _npmUser: z.object({ name: z.string() }).optional().catch(undefined),
  repository: z
    .union([z.string(), z.object({ url: z.string() }).transform(({ url }) => url)])
    .optional()
    .catch(undefined),
})

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']

/**
 * Reads `GET /{name}/{version}`.
 *
 * @param asked what was asked for: a document about anything else is no answer
 * @throws {CleanbillError} `SOURCE_MALFORMED`, `DIGEST_MALFORMED`, `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `LIMIT_EXCEEDED`
 */
export function parseNpmVersion(
  bytes: Uint8Array,
  asked: { readonly name: string; readonly version: string; readonly origin: string },
): RegistryRecord {
  const what = `the record of ${asked.name}@${asked.version}`
  const result = versionSchema.safeParse(parseJsonObject(bytes, what))
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new CleanbillError('SOURCE_MALFORMED', `${what}, ${issue?.path.join('.').slice(0, 120)}: ${issue?.message}`)
  }
  const { name, version, dist, dependencies, optionalDependencies, ...manifest } = result.data
  if (name !== asked.name || version !== asked.version) {
    throw new CleanbillError(
      'SOURCE_MALFORMED',
      `${what} is about ${JSON.stringify(`${name}@${version}`.slice(0, 200))}`,
    )
  }
  const claims = dist.attestations !== undefined && dist.attestations !== null
  const digests = digestsOf(dist)
  return {
    source: 'npm',
    origin: asked.origin,
    name,
    version,
    files: [{ digests, integrity: dist.integrity, claimsAttestations: claims }],
    signatures: (dist.signatures ?? []).map(({ keyid, sig }) => ({ keyid, signature: sig })),
    claimsAttestations: claims,
    dependencies: { ...dependencies, ...optionalDependencies },
    installScripts: installScripts(manifest),
    publisher: manifest._npmUser?.name,
    ...(manifest.repository === undefined ? {} : { repository: manifest.repository.slice(0, 500) }),
  }
}

/** Versions from before 2017 may have a SHA-1 and nothing else; that identifies nothing, and the rules say so. */
function digestsOf(dist: { readonly integrity?: string | undefined; readonly shasum?: string | undefined }): DigestSet {
  return {
    ...(dist.shasum === undefined || dist.shasum === '' ? {} : { sha1: parseDigestValue('sha1', dist.shasum) }),
    ...(dist.integrity === undefined ? {} : parseIntegrity(dist.integrity)),
  }
}

function installScripts({
  scripts = {},
  hasInstallScript,
  gypfile,
}: Pick<z.output<typeof versionSchema>, 'scripts' | 'hasInstallScript' | 'gypfile'>): readonly string[] {
  const named = INSTALL_SCRIPTS.filter((name) => typeof scripts[name] === 'string' && scripts[name] !== '')
  // npm runs `node-gyp rebuild` as the install script of a package with a binding.gyp that names none itself.
  return named.length === 0 && (hasInstallScript === true || gypfile === true) ? ['install'] : named
}
