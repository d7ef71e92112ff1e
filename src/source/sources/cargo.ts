import { z } from 'zod'
import type { Dependency } from '../../model/dependency.ts'
import { parseDigestValue } from '../../model/digest.ts'
import { CleanbillError } from '../../model/error.ts'
import type { RegistryLookup, RegistryRecord } from '../../model/evidence.ts'
import { decodeUtf8, parseJson } from '../../model/json.ts'
import { parseWith } from '../../model/statement.ts'
import { cargoArchive } from '../archives.ts'
import { makeAuthority, makeSilence } from '../authority.ts'
import { judgeForeign } from '../foreign-registry.ts'
import { isUnavailable, parsedOr, refusedStatus, unavailable } from '../outcome.ts'
import type { Source, SourceSession } from '../source.ts'

const SOURCE = 'cargo'

/** No crate has attestations in the index; that it has the crate which most others need shows that it is one. */
const missing = makeSilence(SOURCE, makeAuthority(SOURCE), async ({ client, origin }) => {
  const answer = await client.fetch({ source: SOURCE, url: `${origin(SOURCE)}/${indexPath('serde')}` })
  return answer.kind === 'answer' && answer.status === 200 && Buffer.from(answer.body).includes('"name":"serde"')
})

/** Sparse index, one JSON line a version. Source: doc.rust-lang.org/cargo/reference/registry-index.html. */
const lineSchema = z.looseObject({
  name: z.string(),
  vers: z.string(),
  cksum: z.string(),
  yanked: z.boolean().default(false),
  deps: z
    .array(
      z.looseObject({
        name: z.string(),
        req: z.string(),
        kind: z.enum(['normal', 'dev', 'build']).nullish(),
        /** The crate's own name, where the dependency was renamed. */
        package: z.string().nullish(),
      }),
    )
    .max(10_000),
})

/**
 * crates.io speaks for its crates by the index alone: nothing is signed there, so there is no `lookup`. Attestations of a
 * `.crate` lie in GitHub's store, where the policy names the repository.
 */
export const cargoSource: Source = {
  id: SOURCE,
  covers: ({ ecosystem, source, version }) => ecosystem === 'cargo' && source === 'registry' && version !== undefined,
  register: async (dependency, session) => judgeForeign(SOURCE, dependency, await register(dependency, session)),
  archive: cargoArchive,
}

async function register(dependency: Dependency, session: SourceSession): Promise<RegistryLookup> {
  const { name, version = '' } = dependency
  const what = `${name}@${version}`
  const path = indexPath(name)
  if (path === undefined) return unavailable(SOURCE, 'unsupported', `${what}: no name that crates.io gives`)
  const origin = session.origin('cargo')
  const answer = await session.client.fetch({ source: SOURCE, url: `${origin}/${path}` })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  // 410 and 451 are crates that were removed: the registry has it no more (registry-index, "Nonexistent Crates").
  if ([404, 410, 451].includes(answer.status)) return missing(what, session)
  if (answer.status !== 200) return refusedStatus(SOURCE, what, answer)
  const record = parsedOr(SOURCE, what, () => parseIndex(answer.body, name, version, new URL(origin).host))
  if (record === undefined) return missing(what, session)
  return isUnavailable(record) ? record : { kind: 'found', record }
}

/**
 * Where a crate's lines lie: `1/a`, `2/ab`, `3/a/abc`, `ab/cd/abcdef`, in lower case.
 *
 * @returns undefined for what is no crate name
 */
export function indexPath(name: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(name)) return undefined
  const lower = name.toLowerCase()
  if (lower.length <= 2) return `${lower.length}/${lower}`
  if (lower.length === 3) return `3/${lower[0]}/${lower}`
  return `${lower.slice(0, 2)}/${lower.slice(2, 4)}/${lower}`
}

function parseIndex(body: Uint8Array, name: string, version: string, origin: string): RegistryRecord | undefined {
  const lines = decodeUtf8(body, 'the index')
    .split('\n')
    // Only lines that can be about this version are read: a crate has hundreds.
    .filter((line) => line.includes(JSON.stringify(version)))
    .map((line) => parseWith(lineSchema, parseJson(line, 'a line of the index'), 'a line of the index'))
    .filter((line) => line.vers === version && line.name === name)
  const [line, second] = lines
  if (line === undefined) return undefined
  if (second !== undefined) throw new CleanbillError('SOURCE_MALFORMED', 'the index lists the version twice')
  return {
    source: SOURCE,
    origin,
    name,
    version,
    files: [{ digests: { sha256: parseDigestValue('sha256', line.cksum) }, yanked: line.yanked }],
    signatures: [],
    claimsAttestations: false,
    dependencies: Object.fromEntries(
      line.deps.filter(({ kind }) => kind !== 'dev').map((dep) => [dep.package ?? dep.name, dep.req]),
    ),
  }
}
