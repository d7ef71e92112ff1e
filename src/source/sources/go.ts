import { decodeBase64 } from '../../model/base64.ts'
import type { Dependency } from '../../model/dependency.ts'
import { CleanbillError } from '../../model/error.ts'
import type { RegistryFile, RegistryLookup } from '../../model/evidence.ts'
import { decodeUtf8 } from '../../model/json.ts'
import { parseTreeHead, proofFromTiles, type Tile, tilePath, tilesForProof } from '../../model/log-tiles.ts'
import { isUnavailable, parsedOr, refusedStatus, type Unavailable, unavailable } from '../outcome.ts'
import type { Source, SourceSession } from '../source.ts'

const SOURCE = 'go'

/**
 * The Go checksum database: the same hash for everybody, in an append-only log. It says nothing of who published a
 * module, so there is no `lookup`. Source: go.dev/ref/mod#checksum-database, golang.org/x/mod/sumdb.
 *
 * The signed tree head alone covers no record. So the proof that the record is in that tree is read from the log's tiles
 * and handed on with it; `verify/` checks both.
 */
export const goSource: Source = {
  id: SOURCE,
  covers: ({ ecosystem, source, version, name }) =>
    // The toolchain has its own module versions, which go.mod does not write.
    ecosystem === 'golang' && source === 'registry' && version !== undefined && name !== 'golang.org/toolchain',
  register,
}

async function register(dependency: Dependency, session: SourceSession): Promise<RegistryLookup> {
  const { name, version = '' } = dependency
  const what = `${name}@${version}`
  const path = escapeModule(name)
  const escaped = escapeModule(version)
  if (path === undefined || escaped === undefined) {
    return unavailable(SOURCE, 'unsupported', `${what.slice(0, 300)}: no path of a Go module`)
  }
  const origin = session.origin('go')
  const url = `${origin}/lookup/${path}@${escaped}`
  const answer = await session.client.fetch({
    source: SOURCE,
    url,
    maxBytes: 1 << 20,
    cacheAs: `go/${path}@${escaped}`,
  })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 404 || answer.status === 410) {
    // The database fetches what it is asked for: what it cannot see is private, or was deleted before it was logged.
    const hint = 'If the module is private, say so in the policy.'
    return unavailable(SOURCE, 'unreadable', `${what} is not in the checksum database`, hint)
  }
  if (answer.status !== 200) return refusedStatus(SOURCE, what, answer)
  const found = parsedOr(SOURCE, what, () => parseLookup(answer.body, name, version))
  if (isUnavailable(found)) return found
  const proof = await loadProof(found, session, what)
  if (isUnavailable(proof)) return proof
  const { records, signed, index, files } = found
  return {
    kind: 'found',
    record: {
      source: SOURCE,
      origin: new URL(origin).host,
      name,
      version,
      files,
      signatures: [],
      note: { records, signed, index, proof },
      claimsAttestations: false,
    },
  }
}

/**
 * The escaped form of a module path or version: capitals as `!` and the small letter, so that two modules never share a
 * file on a system that ignores case. Source: golang.org/x/mod/module, "Escaped Paths".
 *
 * @returns undefined for what no module is called
 */
export function escapeModule(text: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._~+/-]{0,299}$/.test(text) || /(?:^|\/)\.{0,2}(?:\/|$)/.test(text)) return undefined
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)
}

interface Found {
  /** The lines as they stand in the log: the leaf's data. */
  readonly records: string
  readonly signed: string
  /** Decimal. */
  readonly index: string
  readonly size: number
  readonly files: readonly RegistryFile[]
}

/** Record number, the record, a blank line, the signed tree head. Source: golang.org/x/mod/sumdb/tlog `FormatRecord`. */
function parseLookup(body: Uint8Array, name: string, version: string): Found {
  const text = decodeUtf8(body, 'the answer')
  const [, index, records, signed] = /^(0|[1-9]\d{0,14})\n((?:[^\n]+\n)+)\n([\s\S]+)$/.exec(text) ?? []
  if (index === undefined || records === undefined || signed === undefined) throw broken('the answer is no record')
  const { size } = parseTreeHead(signed)
  if (Number(index) >= size) throw broken('the record is beyond the signed tree')
  const hashes = new Map<string, string>()
  for (const line of records.slice(0, -1).split('\n')) {
    const [, module, full, base64] = /^(\S+) (\S+) h1:(\S+)$/.exec(line) ?? []
    if (module !== name || full === undefined || base64 === undefined)
      throw broken('the record is about another module')
    if (full !== version && full !== `${version}/go.mod`) throw broken('the record is about another version')
    if (hashes.has(full)) throw broken('the record names two hashes for one file')
    const hash = decodeBase64(base64, 'a hash')
    if (hash.length !== 32) throw broken('a hash has not 32 bytes')
    hashes.set(full, Buffer.from(hash).toString('hex'))
  }
  const zip = hashes.get(version)
  const mod = hashes.get(`${version}/go.mod`)
  if (mod === undefined) throw broken('the record has no hash of go.mod')
  const files: RegistryFile[] = [
    ...(zip === undefined ? [] : [{ digests: { dirHash: zip } }]),
    { name: 'go.mod', digests: { dirHash: mod } },
  ]
  return { records, signed, index, size, files }
}

async function loadProof(found: Found, session: SourceSession, what: string): Promise<readonly string[] | Unavailable> {
  const wanted = tilesForProof(Number(found.index), found.size)
  const tiles = await Promise.all(wanted.map((tile) => loadTile(tile, session, what)))
  const failed = tiles.find(isUnavailable)
  if (failed !== undefined) return failed
  const hashes = tiles.flatMap((tile) => (isUnavailable(tile) ? [] : [tile]))
  return parsedOr(SOURCE, what, () =>
    proofFromTiles(Number(found.index), found.size, hashes).map((hash) => Buffer.from(hash).toString('base64')),
  )
}

/** A partial tile vanishes once the full one exists: then its start is the same. Source: research.swtch.com/tlog. */
async function loadTile(
  tile: Tile,
  session: SourceSession,
  what: string,
): Promise<(Tile & { hashes: Uint8Array }) | Unavailable> {
  const origin = session.origin('go')
  for (const width of tile.width === 256 ? [256] : [tile.width, 256]) {
    const path = tilePath({ ...tile, width })
    const answer = await session.client.fetch({
      source: SOURCE,
      url: `${origin}/${path}`,
      maxBytes: 256 * 32,
      cacheAs: `go/${path}`,
    })
    if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
    if (answer.status === 404 && width !== 256) continue
    if (answer.status !== 200) return refusedStatus(SOURCE, `${what}: ${path}`, answer)
    if (answer.body.length !== width * 32)
      return unavailable(SOURCE, 'malformed', `${path} has ${answer.body.length} bytes`)
    return { ...tile, hashes: answer.body.slice(0, tile.width * 32) }
  }
  return unavailable(SOURCE, 'malformed', `${what}: the log has no ${tilePath(tile)}`)
}

function broken(why: string): CleanbillError {
  return new CleanbillError('SOURCE_MALFORMED', why)
}
