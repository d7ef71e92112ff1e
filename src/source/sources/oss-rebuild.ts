import { parseAttestations } from '../../model/bundle.ts'
import type { Dependency } from '../../model/dependency.ts'
import type { Lookup, Target } from '../../model/evidence.ts'
import { type Control, makeAuthority, makeSilence } from '../authority.ts'
import { isUnavailable, parsedOr, refusedStatus, unavailable } from '../outcome.ts'
import type { Source, SourceSession } from '../source.ts'

const SOURCE = 'oss-rebuild'
/** Ecosystem keys of the bucket. Source: google/oss-rebuild `pkg/rebuild/rebuild/models.go`. */
const KEYS: Readonly<Record<string, string>> = { npm: 'npm', pypi: 'pypi', cargo: 'cratesio' }
/** An object that is known to be there: it tells "not listed" from "not allowed" (sources.md §9). */
const KNOWN = 'npm/lodash/4.17.21/lodash-4.17.21.tgz/rebuild.intoto.jsonl'

const hasKnown: Control = async ({ client, origin }) => {
  const answer = await client.fetch({ source: SOURCE, url: `${origin(SOURCE)}/${KNOWN}` })
  return answer.kind === 'answer' && answer.status === 200
}
const authority = makeAuthority(SOURCE)
const missing = makeSilence(SOURCE, authority, hasKnown)

/**
 * Rebuilds by an independent party: bare DSSE envelopes, one a line, signed with a static key. Nothing here verifies
 * them; `rebuildOf` in `model/rebuild.ts` says what verified ones mean.
 */
export const ossRebuildSource: Source = {
  id: SOURCE,
  covers: ({ ecosystem, source, version, registry }) =>
    KEYS[ecosystem] !== undefined && source === 'registry' && version !== undefined && registry === undefined,
  lookup,
}

async function lookup(target: Target, session: SourceSession): Promise<Lookup> {
  const { dependency } = target
  const key = KEYS[dependency.ecosystem]
  const artifact = artifactOf(target)
  const what = `${dependency.name}@${dependency.version ?? ''}`
  if (key === undefined || artifact === undefined) {
    return unavailable(SOURCE, 'unsupported', `${what}: the lock does not say which file it is`)
  }
  const path = [key, ...dependency.name.split('/'), dependency.version ?? '', artifact].map(encodeSegment).join('/')
  const object = `${path}/rebuild.intoto.jsonl`
  const answer = await session.client.fetch({
    source: SOURCE,
    url: `${session.origin('oss-rebuild')}/${object}`,
    cacheAs: `rebuild/${object}`,
  })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 404) return missing(what, session)
  if (answer.status === 403) return forbidden(what, session)
  if (answer.status !== 200) return refusedStatus(SOURCE, what, answer)
  const document = parsedOr(SOURCE, what, () => parseAttestations(answer.body, `${artifact} rebuild.intoto.jsonl`))
  return isUnavailable(document) ? document : { kind: 'found', source: SOURCE, documents: [document] }
}

/** Object stores answer 403 for what is missing when listing is not allowed, and for everything when something broke. */
async function forbidden(what: string, session: SourceSession): Promise<Lookup> {
  if (await authority.passes(session, hasKnown)) return { kind: 'none', source: SOURCE }
  return unavailable(SOURCE, 'unreadable', `${what}: the store of rebuilds refuses to answer`)
}

/** The artifact's file name, as the bucket files it: an npm scope loses its `@` and its slash becomes a dash. */
export function artifactOf({
  dependency,
  file,
}: {
  readonly dependency: Dependency
  readonly file?: Target['file']
}): string | undefined {
  const { ecosystem, name, version = '' } = dependency
  if (ecosystem === 'npm') return `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`
  if (ecosystem === 'cargo') return `${name}-${version}.crate`
  return file?.name ?? (dependency.files?.length === 1 ? dependency.files[0]?.name : undefined)
}

/** Bucket paths keep npm's `@`. */
const encodeSegment = (segment: string): string => encodeURIComponent(segment.toWellFormed()).replaceAll('%40', '@')
