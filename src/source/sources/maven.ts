import { createHash } from 'node:crypto'
import { makeHeaders } from '../../io/http.ts'
import { parseAttestations } from '../../model/bundle.ts'
import type { Dependency } from '../../model/dependency.ts'
import { isFileDigestAlgorithm } from '../../model/digest.ts'
import type { Lookup, RegistryFile, RegistryLookup, Target } from '../../model/evidence.ts'
import { parseJsonObject } from '../../model/json.ts'
import { mavenArchive } from '../archives.ts'
import { makeAuthority, makeSilence } from '../authority.ts'
import { mavenFolder, mavenJar } from '../maven-path.ts'
import { isUnavailable, parsedOr, refusedStatus, type Unavailable, unavailable } from '../outcome.ts'
import type { Source, SourceSession } from '../source.ts'

const SOURCE = 'maven'
/** A file that has a bundle beside it at every honest copy of Central. */
const CONTROL = 'dev/sigstore/sigstore-java/1.0.0/sigstore-java-1.0.0.jar.sigstore.json'

const authority = makeAuthority(SOURCE)
const missing = makeSilence(SOURCE, authority, async ({ client, origin }) => {
  const answer = await client.fetch({ source: SOURCE, url: `${origin(SOURCE)}/${CONTROL}` })
  if (answer.kind !== 'answer' || answer.status !== 200) return false
  // Some servers have a page of their own for what is not there, and call it found.
  return !isUnavailable(parsedOr(SOURCE, CONTROL, () => parseJsonObject(answer.body, 'the control')))
})

/** Larger jars are not fetched only to be hashed. */
const MAX_JAR_BYTES = 64 * 1024 * 1024
const MAX_FILES = 16

/**
 * Maven Central. Bundles lie beside the files, `.sigstore.json`; most files have none.
 *
 * Central keeps no index of strong digests, and the `.sha256` beside a file is whatever the uploader wrote there: no
 * evidence. So its word is asked for in the one honest way there is, where a `verification-metadata.xml` names digests:
 * the files themselves are read from it and hashed. Without a digest in the lock nothing could be compared, and that is
 * said as `unsupported`.
 */
export const mavenSource: Source = {
  id: SOURCE,
  covers: ({ ecosystem, source, version }) => ecosystem === 'maven' && source === 'registry' && version !== undefined,
  register,
  lookup,
  archive: mavenArchive,
}

async function register(dependency: Dependency, session: SourceSession): Promise<RegistryLookup> {
  const { name, version = '' } = dependency
  const what = `${name}:${version}`
  const folder = mavenFolder(dependency)
  if (folder === undefined) return unavailable(SOURCE, 'unsupported', `${what}: no coordinates of an artifact`)
  const named = (dependency.files ?? []).filter((file) => Object.keys(file.digests).some(isFileDigestAlgorithm))
  if (named.length === 0 || named.length > MAX_FILES) {
    return unavailable(
      SOURCE,
      'unsupported',
      `${what}: Maven Central states no digests, and the lock names ${named.length === 0 ? 'none' : 'too many'} to compare`,
      'Keep a gradle/verification-metadata.xml with sha256 checksums.',
    )
  }
  const origin = session.origin('maven')
  const files: RegistryFile[] = []
  for (const file of named) {
    if (file.name === undefined || !isFileName(file.name)) {
      return unavailable(SOURCE, 'unsupported', `${what}: the lock names no file that could be read`)
    }
    const hashed = await hashOf(`${origin}/${folder}/${file.name}`, session, `${what}: ${file.name}`)
    if (hashed === 'absent') return missing(`${what}: ${file.name}`, session)
    if (isUnavailable(hashed)) return hashed
    files.push({ name: file.name, digests: hashed })
  }
  return {
    kind: 'found',
    record: {
      source: SOURCE,
      origin: new URL(origin).host,
      name,
      version,
      files,
      signatures: [],
      claimsAttestations: false,
    },
  }
}

type Hashed = { readonly sha256: string; readonly sha512: string }

async function hashOf(url: string, session: SourceSession, what: string): Promise<Hashed | 'absent' | Unavailable> {
  const answer = await session.client.stream({ source: SOURCE, url, maxBytes: MAX_JAR_BYTES }, async (chunks) => {
    const sha256 = createHash('sha256')
    const sha512 = createHash('sha512')
    for await (const chunk of chunks) {
      sha256.update(chunk)
      sha512.update(chunk)
    }
    return { sha256: sha256.digest('hex'), sha512: sha512.digest('hex') }
  })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 404) return 'absent'
  if (answer.status === 200 && answer.value !== undefined) return answer.value
  return refusedStatus(SOURCE, what, {
    kind: 'answer',
    status: answer.status,
    headers: makeHeaders(),
    body: new Uint8Array(),
  })
}

async function lookup({ dependency, file }: Target, session: SourceSession): Promise<Lookup> {
  const folder = mavenFolder(dependency)
  const what = `${dependency.name}:${dependency.version ?? ''}`
  if (folder === undefined) return unavailable(SOURCE, 'unsupported', `${what}: no coordinates of an artifact`)
  const named = file?.name ?? (dependency.files?.length === 1 ? dependency.files[0]?.name : undefined)
  const name = named ?? mavenJar(dependency)
  if (!isFileName(name)) return unavailable(SOURCE, 'unsupported', `${what}: the lock names no file`)
  const url = `${session.origin('maven')}/${folder}/${name}`
  const answer = await session.client.fetch({
    source: SOURCE,
    url: `${url}.sigstore.json`,
    cacheAs: `maven/${folder}/${name}.sigstore.json`,
  })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 404) return named === undefined ? guessedName(url, what, session) : missing(what, session)
  if (answer.status !== 200) return refusedStatus(SOURCE, what, answer)
  const document = parsedOr(SOURCE, what, () => parseAttestations(answer.body, `${name}.sigstore.json`))
  if (isUnavailable(document)) return document
  authority.seen(session)
  return { kind: 'found', source: SOURCE, documents: [document] }
}

/** Without file names in the lock the jar's is a guess (it may be an .aar): no bundle beside no file means nothing. */
async function guessedName(url: string, what: string, session: SourceSession): Promise<Lookup> {
  const answer = await session.client.fetch({ source: SOURCE, url, method: 'HEAD' })
  if (answer.kind === 'failed') return { kind: 'unavailable', error: answer.error }
  if (answer.status === 200) return missing(what, session)
  return unavailable(SOURCE, 'unsupported', `${what}: the lock does not say which files the artifact has`)
}

const isFileName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._+-]{0,254}$/.test(name)
