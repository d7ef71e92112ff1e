import { createHash, type Hash } from 'node:crypto'
import { z } from 'zod'
import type { Dependency } from '../model/dependency.ts'
import { type DigestSet, FILE_DIGEST_ALGORITHMS } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'
import type { ArchiveFact, Fact } from '../model/facts.ts'
import { parseJson } from '../model/json.ts'
import { parseWith } from '../model/statement.ts'
import { listTar, type TarOptions } from './archive/list-tar.ts'
import { listZip } from './archive/list-zip.ts'
import { ARCHIVE_LIMITS, type ArchiveLimits, type Listing, withoutTop } from './archive/listing.ts'
import { readEntryPoints, readPackageJson } from './archive/manifest.ts'
import { openRange, RangeFailed } from './archive/range-reader.ts'
import type { EvidenceRequest } from './client.ts'
import { gemFullName } from './gem-name.ts'
import { mavenFolder, mavenJar } from './maven-path.ts'
import { knownFact, statusFault, unknownFact } from './outcome.ts'
import { findPythonFile } from './python-file.ts'
import type { SourceSession } from './source.ts'

/**
 * Archives of changed entries as listings (rules R12, R13). They are streamed or read by their directory, within caps,
 * and nothing of them is extracted or run.
 */
type ArchiveReader = (dependency: Dependency, session: SourceSession) => Promise<Fact<ArchiveFact>>

const isPackageJson = (path: string): boolean => path === 'package.json'

/** The tarball of a version at npm's origin, with what an installer of it would run. */
export const npmArchive: ArchiveReader = async (dependency, session) => {
  const { name, version } = dependency
  if (version === undefined || !/^(?:@[^/@\s]+\/)?[^/@\s]+$/.test(name)) return noAddress(dependency)
  const path = `${name.split('/').map(encodeName).join('/')}/-/${encodeName(name.slice(name.lastIndexOf('/') + 1))}`
  const request = { source: 'npm', url: `${session.origin('npm')}/${path}-${encodeURIComponent(version)}.tgz` }
  const options = { rename: withoutTop, wants: isPackageJson }
  return tarFact(request, session, dependency, options, (listing) => readPackageJson(listing))
}

/** The wheel that most machines install, else another, else the source archive. */
export const pypiArchive: ArchiveReader = async (dependency, session) => {
  const file = await findPythonFile(dependency, session)
  if (file.kind !== 'file') return file
  // Files lie on a host of their own; the URL is the index's word.
  const request: EvidenceRequest = {
    source: 'pypi',
    url: file.url,
    trust: 'supplied',
    hosts: ['files.pythonhosted.org'],
  }
  if (!/\.(?:whl|zip|egg)$/.test(file.name)) {
    return tarFact(request, session, { ...dependency, digests: file.digests }, { rename: withoutTop }, none)
  }
  const isWheel = file.name.endsWith('.whl')
  const wants = (path: string) => /^[^/]+\.dist-info\/entry_points\.txt$/.test(path)
  return zipFact(request, session, dependency, isWheel ? wants : () => false, isWheel ? (path) => path : withoutTop)
}

const configSchema = z.looseObject({ dl: z.string() })

/** The `.crate`, where the index says that crates are downloaded. */
export const cargoArchive: ArchiveReader = async (dependency, session) => {
  const { name, version } = dependency
  if (version === undefined || dependency.registry !== undefined) return noAddress(dependency)
  const config = await session.client.fetch({ source: 'cargo', url: `${session.origin('cargo')}/config.json` })
  if (config.kind === 'failed') return unknownFact(config.error.message)
  if (config.status !== 200) return unknownFact(`the index has no config.json (${statusFault(config)})`)
  try {
    const { dl } = parseWith(configSchema, parseJson(config.body, 'config.json'), 'config.json')
    const url = `${dl}/${encodeURIComponent(name)}/${encodeURIComponent(version)}/download`
    // Without markers in `dl` this is the path (registry-index, "Index Configuration").
    if (dl.includes('{')) return noAddress(dependency)
    const request: EvidenceRequest = {
      source: 'cargo',
      url,
      trust: 'supplied',
      hosts: ['static.crates.io', 'crates.io'],
    }
    return await tarFact(request, session, dependency, { rename: withoutTop }, none)
  } catch (error) {
    return asUnknown(error)
  }
}

/** A gem is a tar of three archives; the one with the files is listed in place of itself. */
export const gemArchive: ArchiveReader = async (dependency, session) => {
  const name = gemFullName(dependency)
  if (dependency.registry !== undefined || !/^[A-Za-z0-9._-]{1,200}$/.test(name)) return noAddress(dependency)
  const request = { source: 'rubygems', url: `${session.origin('rubygems')}/gems/${name}.gem` }
  return tarFact(request, session, dependency, { nested: (path) => path === 'data.tar.gz' }, none)
}

/** A jar is a zip. */
export const mavenArchive: ArchiveReader = async (dependency, session) => {
  const folder = mavenFolder(dependency)
  if (folder === undefined || dependency.registry !== undefined) return noAddress(dependency)
  const request = { source: 'maven', url: `${session.origin('maven')}/${folder}/${mavenJar(dependency)}` }
  return zipFact(
    request,
    session,
    dependency,
    () => false,
    (path) => path,
  )
}

type Extras = Pick<ArchiveFact, 'scripts' | 'gypfile' | 'entryPoints'>
const none = (): Extras => ({ entryPoints: [] })

async function tarFact(
  request: EvidenceRequest,
  session: SourceSession,
  dependency: Pick<Dependency, 'name' | 'version' | 'digests'>,
  options: TarOptions,
  extras: (listing: Listing) => Extras,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<Fact<ArchiveFact>> {
  // The listing stops at its own cap and says so; the client's is only there to end what goes on.
  const capped = { ...request, maxBytes: limits.packedBytes * 2 }
  const answer = await session.client.stream(capped, async (chunks) => {
    const hashes = hashesFor(dependency.digests)
    try {
      const listing = await listTar(hashing(chunks, hashes), { ...options, limits })
      const wrong = listing.truncated ? undefined : mismatch(hashes, dependency.digests)
      if (wrong !== undefined) return unknownFact(`${dependency.name}: the archive is not the locked one (${wrong})`)
      return knownFact(session, { files: listing.files, truncated: listing.truncated, ...extras(listing) })
    } catch (error) {
      return asUnknown(error)
    }
  })
  if (answer.kind === 'failed') return unknownFact(answer.error.message)
  return answer.value ?? unknownFact(`${dependency.name}: the archive is not there (${answer.status})`)
}

async function zipFact(
  request: EvidenceRequest,
  session: SourceSession,
  dependency: Dependency,
  wants: (path: string) => boolean,
  rename: (path: string) => string,
): Promise<Fact<ArchiveFact>> {
  try {
    // Parts of a file have no digest: what the directory says is the host's word. The bytes that are installed are held
    // to the lock by the installer and by R0.
    const reader = await openRange({ ...request, maxBytes: ARCHIVE_LIMITS.packedBytes }, session)
    const listing = await listZip(reader, wants)
    const files = listing.files.map((file) => ({ ...file, path: rename(file.path) }))
    return knownFact(session, { files, truncated: listing.truncated, entryPoints: readEntryPoints(listing) })
  } catch (error) {
    if (error instanceof RangeFailed) return unknownFact(`${dependency.name}: ${error.message}`)
    return asUnknown(error)
  }
}

function hashesFor(digests: DigestSet): Map<string, Hash> {
  const used = FILE_DIGEST_ALGORITHMS.filter((name) => digests[name] !== undefined)
  return new Map(used.map((name) => [name, createHash(name)]))
}

async function* hashing(chunks: AsyncIterable<Uint8Array>, hashes: Map<string, Hash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (const hash of hashes.values()) hash.update(chunk)
    yield chunk
  }
}

function mismatch(hashes: Map<string, Hash>, digests: DigestSet): string | undefined {
  return [...hashes].find(([name, hash]) => hash.digest('hex') !== digests[name]?.toLowerCase())?.[0]
}

/** A broken archive is not an empty one: what was not read is not known. */
function asUnknown(error: unknown): Fact<never> {
  if (error instanceof CleanbillError) return unknownFact(error.message)
  throw error
}

function noAddress({ name }: Dependency): Fact<never> {
  return unknownFact(`${name}: no address to read its archive from`)
}

const encodeName = (segment: string): string => encodeURIComponent(segment.toWellFormed()).replace(/^%40/, '@')
