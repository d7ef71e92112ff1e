import { readUnread } from '../../model/bundle.ts'
import type { Dependency } from '../../model/dependency.ts'
import { CleanbillError } from '../../model/error.ts'
import type { Lookup, RegistryLookup } from '../../model/evidence.ts'
import { isJsonObject, parseJson } from '../../model/json.ts'
import { hasNextPage, malformed, statusError, truncated, unavailable, unknownFact } from '../answers.ts'
import { npmArchive } from '../archives.ts'
import { makeAuthority } from '../authority.ts'
import type { Source, SourceSession } from '../source.ts'
import { MAX_PACKUMENT_BYTES, reducePackument } from './npm-packument.ts'
import { parseNpmVersion } from './npm-record.ts'

const SOURCE = 'npm'
const MAX_RECORD_BYTES = 4 * 1024 * 1024
const JSON_ONLY = { accept: 'application/json' }

const authority = makeAuthority('npm')

/**
 * The npm registry (sources.md §3). Evidence is asked at the origin of the policy, wherever the bytes are installed
 * from; the lock's digest joins the two. A policy that names another origin makes that one the authority on which
 * versions exist; that a version has *no attestation* it may say only after it has shown that it speaks the attestation
 * endpoints at all.
 */
export const npmSource: Source = {
  id: SOURCE,
  covers: ({ kind, ecosystem, source, version }) =>
    kind === 'package' && ecosystem === 'npm' && source === 'registry' && version !== undefined,
  register: askRecord,
  lookup: (target, session, { claimed }) => askAttestations(target.dependency, session, claimed),
  history: async ({ name }, session) => {
    const path = packagePath(name)
    if (path === undefined) return unknownFact(noSuchName(name).error)
    const url = `${session.origin(SOURCE)}/${path}`
    const answer = await session.client.stream(
      { source: SOURCE, url, headers: JSON_ONLY, maxBytes: MAX_PACKUMENT_BYTES },
      (chunks) => reducePackument(chunks, name),
    )
    if (answer.kind === 'failed') return unknownFact(answer.error)
    if (answer.status !== 200 || answer.value === undefined) {
      return unknownFact(statusError(SOURCE, answer.status, `the packument of ${name}`))
    }
    return { kind: 'known', value: answer.value, observedAt: session.now().toISOString(), from: 'api' }
  },
  archive: npmArchive,
}

async function askRecord({ name, version = '' }: Dependency, session: SourceSession): Promise<RegistryLookup> {
  const path = packagePath(name, version)
  if (path === undefined) return noSuchName(name)
  const origin = session.origin(SOURCE)
  const answer = await session.client.fetch({
    source: SOURCE,
    url: `${origin}/${path}`,
    headers: JSON_ONLY,
    maxBytes: MAX_RECORD_BYTES,
  })
  if (answer.kind === 'failed') return unavailable(answer.error)
  if (answer.status === 404) return { kind: 'none', source: SOURCE }
  if (answer.status !== 200) return unavailable(statusError(SOURCE, answer.status, `${name}@${version}`))
  try {
    return { kind: 'found', record: parseNpmVersion(answer.body, { name, version, origin: new URL(origin).host }) }
  } catch (error) {
    return unavailable(malformed(SOURCE, `${name}@${version}`, error))
  }
}

async function askAttestations(
  { name, version = '' }: Dependency,
  session: SourceSession,
  claimed: boolean | undefined,
): Promise<Lookup> {
  const path = packagePath(name, version, '@')
  if (path === undefined) return noSuchName(name)
  const what = `the attestations of ${name}@${version}`
  // A mirror that strips the claim from the record strips the endpoint too, so its "no" is worth no more here.
  if (claimed === false) return noneOrStripped(what, session)
  const origin = session.origin(SOURCE)
  const answer = await session.client.fetch({
    source: SOURCE,
    url: `${origin}/-/npm/v1/attestations/${path}`,
    headers: JSON_ONLY,
    cacheAs: `npm attestations ${origin} ${name}@${version}`,
    keepIf: hasProvenance,
  })
  if (answer.kind === 'failed') return unavailable(answer.error)
  if (answer.status !== 200 && answer.status !== 404) return unavailable(statusError(SOURCE, answer.status, what))
  if (hasNextPage(answer.headers)) return unavailable(truncated(SOURCE, what))
  try {
    if (answer.status === 404 || isEmpty(answer.body, what)) {
      if (claimed !== true) return noneOrStripped(what, session)
      throw new CleanbillError('SOURCE_MALFORMED', 'the record says there are some, and the endpoint has none')
    }
    // Another form would escape the rule that npm's provenance needs the registry's publish attestation beside it.
    const document = { bytes: answer.body, where: what, form: 'npm' } as const
    if (authority.hasSeen(session)) return { kind: 'unread', source: SOURCE, document }
    const documents = [readUnread(document)]
    authority.seen(session)
    return { kind: 'found', source: SOURCE, documents }
  } catch (error) {
    return unavailable(malformed(SOURCE, what, error))
  }
}

async function noneOrStripped(what: string, session: SourceSession): Promise<Lookup> {
  if (await authority.maySayNone(session, () => speaksAttestations(session))) return { kind: 'none', source: SOURCE }
  return unavailable({
    source: SOURCE,
    fault: 'stripped',
    message: `${new URL(session.origin(SOURCE)).host} has none of the attestation endpoints, so it cannot say that ${what} do not exist`,
    hint: 'Set evidence.npm in the policy to the origin that the mirror copies, such as https://registry.npmjs.org.',
  })
}

/** A package that has attestations at every honest copy of the public registry. */
const CONTROL = 'sigstore@1.0.0'

/**
 * Does this origin pass attestations on? It shows the control package's, or it serves the registry's keys, as a private
 * registry with attestations of its own does; proxies that strip answer 404 to both.
 */
async function speaksAttestations({ client, origin }: SourceSession): Promise<boolean> {
  const paths = [`attestations/${CONTROL}`, 'keys']
  for (const path of paths) {
    const answer = await client.fetch({ source: SOURCE, url: `${origin(SOURCE)}/-/npm/v1/${path}`, headers: JSON_ONLY })
    if (answer.kind === 'answer' && answer.status === 200 && lists(answer.body)) return true
  }
  return false
}

function lists(body: Uint8Array): boolean {
  try {
    const value = parseJson(body, 'the control')
    const list = isJsonObject(value) ? (value.attestations ?? value.keys) : undefined
    return Array.isArray(list) && list.length > 0
  } catch {
    return false
  }
}

/** @throws {CleanbillError} as `parseJson` */
function isEmpty(body: Uint8Array, what: string): boolean {
  if (body.length > 100) return false
  const value = parseJson(body, what)
  return isJsonObject(value) && Array.isArray(value.attestations) && value.attestations.length === 0
}

/**
 * Kept only with a provenance in it. Without this a cache that somebody else has written could hold an empty list, or the
 * publish attestation alone, and an attested package would look like one that never was.
 */
function hasProvenance(body: Uint8Array): boolean {
  try {
    const { attestations } = JSON.parse(Buffer.from(body).toString('utf8')) as { attestations?: unknown }
    return (
      Array.isArray(attestations) &&
      attestations.some((entry: { predicateType?: unknown; bundle?: unknown } | null) => {
        const type = entry?.predicateType
        return typeof type === 'string' && type.startsWith('https://slsa.dev/provenance/') && entry?.bundle != null
      })
    )
  } catch {
    return false
  }
}

/**
 * `left-pad/1.3.0`, `@scope%2fname/1.3.0`. The name comes from a lockfile: each part is encoded, so that nothing in it is a
 * path, a query or another host (T-AC-01).
 *
 * @returns undefined for what no registry can have
 */
function packagePath(name: string, version?: string, between = '/'): string | undefined {
  const parts = name.split('/')
  const scoped = name.startsWith('@')
  if (parts.length !== (scoped ? 2 : 1) || name.length > 214 || (version?.length ?? 1) > 256) return undefined
  for (const part of [...parts, ...(version === undefined ? [] : [version])]) {
    if (/^$|^@?\.{0,2}$|[\x00-\x20\x7f\\]/.test(part) || !part.isWellFormed()) return undefined
  }
  const [scope = '', rest = ''] = parts
  const encoded = scoped
    ? `@${encodeURIComponent(scope.slice(1))}%2f${encodeURIComponent(rest)}`
    : encodeURIComponent(scope)
  return version === undefined ? encoded : `${encoded}${between}${encodeURIComponent(version)}`
}

function noSuchName(name: string) {
  return unavailable({
    source: SOURCE,
    fault: 'unsupported',
    message: `${JSON.stringify(name.slice(0, 214))} cannot be a name or version at npm`,
  })
}
