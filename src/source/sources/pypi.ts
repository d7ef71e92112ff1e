import { readUnread } from '../../model/bundle.ts'
import type { Dependency } from '../../model/dependency.ts'
import { CleanbillError, isCleanbillError } from '../../model/error.ts'
import type { Lookup, RegistryLookup, Target } from '../../model/evidence.ts'
import { isJsonObject, parseJson } from '../../model/json.ts'
import { normalizePythonName } from '../../model/purl.ts'
import { hasNextPage, malformed, statusError, truncated, unavailable, unknownFact } from '../answers.ts'
import { pypiArchive } from '../archives.ts'
import { makeAuthority } from '../authority.ts'
import type { Source, SourceSession } from '../source.ts'
import type { IndexFile } from './pypi-index.ts'
import { type Indexed, readIndex } from './read-index.ts'

const SOURCE = 'pypi'
const JSON_ONLY = { accept: 'application/json' }
const INTEGRITY_TYPE = 'application/vnd.pypi.integrity.v1+json'

const authority = makeAuthority('pypi')

/**
 * PyPI (sources.md §4): the Simple JSON index for what is registered, the integrity API for what is attested. An index
 * that the policy names instead is the authority on its files; that a file has no provenance it may say only when it
 * knows the field (API 1.3), which mirrors of the older kind do not.
 */
export const pypiSource: Source = {
  id: SOURCE,
  covers: ({ kind, ecosystem, source, version }) =>
    kind === 'package' && ecosystem === 'pypi' && source === 'registry' && version !== undefined,
  register: async (dependency, session): Promise<RegistryLookup> => {
    const indexed = await readIndex(dependency, session)
    if (indexed.kind !== 'found') return indexed.kind === 'none' ? { kind: 'none', source: SOURCE } : indexed
    const { files } = indexed.index
    if (files.length === 0) return { kind: 'none', source: SOURCE }
    return {
      kind: 'found',
      record: {
        source: SOURCE,
        origin: new URL(session.origin(SOURCE)).host,
        name: dependency.name,
        version: dependency.version ?? '',
        files: files.map(({ provenancePath: _, url: __, ...file }) => file),
        signatures: [],
        publishedAt: files.flatMap(({ publishedAt }) => publishedAt ?? []).sort()[0],
        claimsAttestations: files.some(({ claimsAttestations }) => claimsAttestations),
      },
    }
  },
  lookup: askProvenance,
  history: async (dependency, session) => {
    const indexed = await readIndex(dependency, session)
    if (indexed.kind === 'unavailable') return unknownFact(indexed.error)
    const value = indexed.kind === 'none' ? [] : indexed.index.versions
    return { kind: 'known', value, observedAt: session.now().toISOString(), from: 'api' }
  },
  archive: pypiArchive,
  repository: askRepository,
}

/** What the publisher calls its source, most telling name first; a page of the project's homepage may be anywhere. */
const SOURCE_NAMES = [/^(?:source|repository|code|github|scm)/i, /^home/i, /./]

async function askRepository(
  { name, version = '' }: Dependency,
  { client, origin }: SourceSession,
): Promise<string | undefined> {
  const path = [normalizePythonName(name), version].map(encodeURIComponent).join('/')
  const answer = await client.fetch({ source: SOURCE, url: `${origin(SOURCE)}/pypi/${path}/json`, headers: JSON_ONLY })
  if (answer.kind === 'failed' || answer.status !== 200) return undefined
  try {
    const value = parseJson(answer.body, 'the release')
    const info = isJsonObject(value) && isJsonObject(value.info) ? value.info : {}
    const urls = isJsonObject(info.project_urls) ? Object.entries(info.project_urls) : []
    const all = [...urls, ['home', info.home_page ?? null] as const]
    const onGithub = all.filter(([, url]) => typeof url === 'string' && /^https:\/\/github\.com\//.test(url))
    const [best] = SOURCE_NAMES.flatMap((pattern) => onGithub.filter(([label]) => pattern.test(label)))
    return typeof best?.[1] === 'string' ? best[1] : undefined
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    return undefined
  }
}

async function askProvenance(
  target: Target,
  session: SourceSession,
  { claimed }: { readonly claimed: boolean | undefined },
): Promise<Lookup> {
  const { dependency } = target
  const indexed = await readIndex(dependency, session)
  const listed = indexed.kind === 'found' ? findListed(target, indexed.index.files) : undefined
  const name = listed?.name ?? target.file?.name
  if (indexed.kind === 'unavailable' && (name === undefined || indexed.error.fault !== 'offline')) return indexed
  // The authority lists no such file: there is nothing that could have a provenance. R0 says so in its own words.
  if (name === undefined) return { kind: 'none', source: SOURCE }
  const expected = claimed === undefined
  const claims = listed?.claimsAttestations ?? false
  const what = `the provenance of ${name.slice(0, 200)}`
  const noneHere = () => noneOrStripped(what, indexed, session)
  if (indexed.kind === 'found' && !claims && !expected) return noneHere()

  const origin = session.origin(SOURCE)
  const answer = await session.client.fetch({
    source: SOURCE,
    url: `${origin}${provenancePath(listed, dependency, name)}`,
    headers: { accept: INTEGRITY_TYPE },
    cacheAs: `pypi provenance ${origin} ${normalizePythonName(dependency.name)} ${name}`,
    keepIf: hasAttestation,
  })
  if (answer.kind === 'failed') return unavailable(answer.error)
  if (answer.status === 403) {
    return unavailable({
      source: SOURCE,
      fault: 'disabled',
      message: `${what}: the index has switched its integrity API off`,
    })
  }
  if (answer.status !== 200 && answer.status !== 404) return unavailable(statusError(SOURCE, answer.status, what))
  if (hasNextPage(answer.headers)) return unavailable(truncated(SOURCE, what))
  try {
    if (answer.status === 404 || isEmpty(answer.body, what)) {
      if (!claims) return noneHere()
      throw new CleanbillError('SOURCE_MALFORMED', 'the index says there is one, and the integrity API has none')
    }
    const document = { bytes: answer.body, where: what, form: 'pep740' } as const
    if (authority.hasSeen(session)) return { kind: 'unread', source: SOURCE, document }
    const documents = [readUnread(document)]
    authority.seen(session)
    return { kind: 'found', source: SOURCE, documents }
  } catch (error) {
    return unavailable(malformed(SOURCE, what, error))
  }
}

/** By name where the lock has one, else by digest. */
function findListed({ file, digests }: Target, files: readonly IndexFile[]): IndexFile | undefined {
  if (file?.name !== undefined) return files.find(({ name }) => name === file.name)
  const sha256 = (file?.digests.sha256 ?? digests.sha256)?.toLowerCase()
  return sha256 === undefined ? undefined : files.find((listed) => listed.digests.sha256 === sha256)
}

/** The path that the index names, below our origin; where it names none, the one that the API documents. */
function provenancePath(listed: IndexFile | undefined, { name, version = '' }: Dependency, fileName: string): string {
  const named = listed?.provenancePath
  if (named !== undefined && /^\/integrity\/[^?#]+\/provenance$/.test(named)) return named
  const parts = [normalizePythonName(name), version, fileName].map(encodeURIComponent)
  return `/integrity/${parts.join('/')}/provenance`
}

async function noneOrStripped(what: string, indexed: Indexed, session: SourceSession): Promise<Lookup> {
  const speaks = async () => indexed.kind === 'found' && indexed.index.speaksProvenance
  if ((await speaks()) || (await authority.maySayNone(session, speaks))) return { kind: 'none', source: SOURCE }
  return unavailable({
    source: SOURCE,
    fault: 'stripped',
    message: `${new URL(session.origin(SOURCE)).host} does not know provenance, so it cannot say that ${what} does not exist`,
    hint: 'Set evidence.pypi in the policy to the index that the mirror copies, such as https://pypi.org.',
  })
}

/** @throws {CleanbillError} as `parseJson` */
function isEmpty(body: Uint8Array, what: string): boolean {
  if (body.length > 100) return false
  const value = parseJson(body, what)
  return isJsonObject(value) && Array.isArray(value.attestation_bundles) && value.attestation_bundles.length === 0
}

/** An empty answer is never kept: a cache that somebody else has written could make "nothing there" of it (T-NS-09). */
function hasAttestation(body: Uint8Array): boolean {
  try {
    const { attestation_bundles: groups } = JSON.parse(Buffer.from(body).toString('utf8')) as {
      attestation_bundles?: unknown
    }
    return (
      Array.isArray(groups) &&
      groups.some((group: { attestations?: unknown } | null) => {
        return Array.isArray(group?.attestations) && group.attestations.length > 0
      })
    )
  } catch {
    return false
  }
}
