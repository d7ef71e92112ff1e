import type { FetchedDocument } from '../../model/attestation.ts'
import { MAX_ATTESTATIONS, parseAttestations } from '../../model/bundle.ts'
import type { Dependency } from '../../model/dependency.ts'
import { parseDigestValue } from '../../model/digest.ts'
import { CleanbillError } from '../../model/error.ts'
import type { Lookup, RegistryLookup, RegistryRecord, Target } from '../../model/evidence.ts'
import { decodeUtf8, parseJson } from '../../model/json.ts'
import { gemArchive } from '../archives.ts'
import { makeAuthority, makeSilence } from '../authority.ts'
import { judgeForeign } from '../foreign-registry.ts'
import { gemFullName, gemVersion } from '../gem-name.ts'
import { isUnavailable, parsedOr, refusedStatus, unavailable } from '../outcome.ts'
import { repairGemBundle } from '../repair-gem-bundle.ts'
import type { Source, SourceSession } from '../source.ts'

const SOURCE = 'rubygems'
/** A gem that has attestations at every honest copy of the public registry. */
const CONTROL = 'sigstore-1.0.0'

const authority = makeAuthority(SOURCE)
const missing = makeSilence(SOURCE, authority, async ({ client, origin }) => {
  const url = `${origin(SOURCE)}/api/v1/attestations/${CONTROL}.json`
  const answer = await client.fetch({ source: SOURCE, url, headers: { accept: 'application/json' } })
  if (answer.kind !== 'answer' || answer.status !== 200) return false
  const list = parsedOr(SOURCE, CONTROL, () => parseJson(answer.body, 'the control'))
  return Array.isArray(list) && list.length > 0
})

/**
 * RubyGems: digests from the compact index (one request a gem, for all its versions), attestations from the registry.
 * Source: rubygems.org `app/controllers/api/`, guides.rubygems.org/rubygems-org-compact-index-api.
 */
export const rubygemsSource: Source = {
  id: SOURCE,
  covers: ({ ecosystem, source, version }) => ecosystem === 'gem' && source === 'registry' && version !== undefined,
  register: async (dependency, session) => judgeForeign(SOURCE, dependency, await register(dependency, session)),
  lookup,
  archive: gemArchive,
}

const GEM_NAME = /^[A-Za-z0-9._-]{1,200}$/

async function register(dependency: Dependency, session: SourceSession): Promise<RegistryLookup> {
  const { name, version = '' } = dependency
  const what = gemFullName(dependency)
  if (!GEM_NAME.test(name)) return unavailable(SOURCE, 'unsupported', `${what}: no name that RubyGems gives`)
  const origin = session.origin('rubygems')
  const answer = await session.client.fetch({ source: SOURCE, url: `${origin}/info/${name}` })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 404) return missing(what, session)
  if (answer.status !== 200) return refusedStatus(SOURCE, what, answer)
  const record = parsedOr(SOURCE, what, () =>
    parseInfo(answer.body, gemVersion(dependency), { name, version, origin: new URL(origin).host }),
  )
  // A yanked gem has no line any more.
  if (record === undefined) return missing(what, session)
  return isUnavailable(record) ? record : { kind: 'found', record }
}

/**
 * `VERSION[-PLATFORM] dep:req&req,dep:req|checksum:HEX,ruby:req`, below a line `---`.
 *
 * @param full version and platform, as the line begins
 * @param about what the record is of: the platform belongs to its file
 */
function parseInfo(
  body: Uint8Array,
  full: string,
  about: Pick<RegistryRecord, 'name' | 'version' | 'origin'>,
): RegistryRecord | undefined {
  const text = decodeUtf8(body, 'the index')
  const lines = text.split('\n')
  const start = lines.indexOf('---')
  if (start < 0) throw new CleanbillError('SOURCE_MALFORMED', 'the index has no line "---"')
  const own = lines.slice(start + 1).filter((line) => line.startsWith(`${full} `))
  const [line] = own
  if (line === undefined) return undefined
  if (own.length > 1) throw new CleanbillError('SOURCE_MALFORMED', 'the index lists the version twice')
  const bar = line.indexOf('|')
  const checksum = /(?:^|,)checksum:([^,]*)/.exec(bar < 0 ? '' : line.slice(bar + 1))?.[1]
  if (checksum === undefined) throw new CleanbillError('SOURCE_MALFORMED', 'the line of the version has no checksum')
  const dependencies = line
    .slice(full.length + 1, bar)
    .split(',')
    .flatMap((pair): [string, string][] => {
      const colon = pair.indexOf(':')
      return colon < 0 ? [] : [[pair.slice(0, colon), pair.slice(colon + 1).replaceAll('&', ', ')]]
    })
  return {
    source: SOURCE,
    ...about,
    files: [{ digests: { sha256: parseDigestValue('sha256', checksum) } }],
    signatures: [],
    claimsAttestations: false,
    dependencies: Object.fromEntries(dependencies),
  }
}

async function lookup({ dependency }: Target, session: SourceSession): Promise<Lookup> {
  const what = gemFullName(dependency)
  if (!GEM_NAME.test(what)) return unavailable(SOURCE, 'unsupported', `${what}: no name that RubyGems gives`)
  const answer = await session.client.fetch({
    source: SOURCE,
    url: `${session.origin('rubygems')}/api/v1/attestations/${what}.json`,
    headers: { accept: 'application/json' },
    cacheAs: `gem-attestations/${what}`,
    // An empty list proves nothing, so it is asked for each time.
    keepIf: (body) => body.length > 2,
  })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 404) return nothing(dependency, session, what)
  if (answer.status !== 200) return refusedStatus(SOURCE, what, answer)
  const documents = parsedOr(SOURCE, what, () => parseList(answer.body, what))
  if (isUnavailable(documents)) return documents
  if (documents.length === 0) return nothing(dependency, session, what)
  authority.seen(session)
  return { kind: 'found', source: SOURCE, documents }
}

/** "No such version", or none for it: an answer only where the lock took the gem from this registry. */
async function nothing({ registry }: Dependency, session: SourceSession, what: string): Promise<Lookup> {
  if (registry === undefined) return await missing(what, session)
  return unavailable(SOURCE, 'unsupported', `${what} comes from ${registry}`)
}

function parseList(body: Uint8Array, what: string): FetchedDocument[] {
  const list = parseJson(body, 'the list of attestations')
  if (!Array.isArray(list)) throw new CleanbillError('SOURCE_MALFORMED', 'the answer is no list')
  if (list.length > MAX_ATTESTATIONS) {
    throw new CleanbillError('LIMIT_EXCEEDED', `${list.length} attestations; at most ${MAX_ATTESTATIONS}`)
  }
  return list.map((bundle, index) =>
    parseAttestations(Buffer.from(JSON.stringify(repairGemBundle(bundle))), `${what} #${index + 1}`),
  )
}
