import { verify as verifySignature } from 'node:crypto'
import type { Dependency } from '../model/dependency.ts'
import { type DigestSet, digestsMatch, FILE_DIGEST_ALGORITHMS } from '../model/digest.ts'
import { isCleanbillError } from '../model/error.ts'
import type { RegistryLookup, RegistryRecord, RegistrySignature, RegistryWord } from '../model/evidence.ts'
import { parseIntegrity } from '../model/integrity.ts'
import { normalizePythonVersion } from '../model/pep440.ts'
import { normalizePythonName } from '../model/purl.ts'
import { GO_SUMDB_KEY, type NoteKey, parseNoteKey, verifyChecksumEntry } from './signed-note.ts'
import type { TrustedKey } from './trust-material.ts'
import { locked, vouchForFiles } from './verify-registry-files.ts'

/** Keys with which registries sign what they say. None of them was ever fetched from the registry itself. */
export interface RegistryKeys {
  /** npm's keys of usage `npm:signatures`; see `parseRegistryKeys`. */
  readonly npm: readonly TrustedKey[]
  /** Of the Go checksum database. */
  readonly sumdb: NoteKey
}

/** Without npm's keys no npm package is vouched for. */
export const DEFAULT_REGISTRY_KEYS: RegistryKeys = { npm: [], sumdb: parseNoteKey(GO_SUMDB_KEY) }

type Judge = (dependency: Dependency, record: RegistryRecord, keys: RegistryKeys) => RegistryWord

/** A row an ecosystem whose registry states digests of its own. */
const JUDGES: Readonly<Record<string, Judge>> = {
  npm: judgeNpm,
  pypi: vouchForFiles,
  cargo: vouchForFiles,
  gem: vouchForFiles,
  golang: judgeGo,
}

/**
 * Rule R0: does the registry itself vouch for exactly the bytes that the lock names? Nothing of the record is believed
 * beyond what its signature or its index covers, and an index that only repeats the lock's digest says what the registry
 * serves, not who made it.
 */
export function verifyRegistryWord(dependency: Dependency, lookup: RegistryLookup, keys: RegistryKeys): RegistryWord {
  const judge = Object.hasOwn(JUDGES, dependency.ecosystem) ? JUDGES[dependency.ecosystem] : undefined
  if (dependency.source !== 'registry' || judge === undefined) return { kind: 'not-applicable' }
  if (lookup.kind === 'unavailable') return lookup
  if (lookup.kind === 'none') {
    return { kind: 'not-vouched', message: `the registry has no ${dependency.name} ${dependency.version ?? ''}`.trim() }
  }
  const { record } = lookup
  // An answer about another version would make a good word out of somebody else's.
  if (!isAbout(record, dependency)) {
    const message = `the registry answered about ${record.name} ${record.version}`.slice(0, 300)
    return { kind: 'unavailable', error: { source: record.source, fault: 'malformed', message } }
  }
  return judge(dependency, record, keys)
}

function isAbout(record: RegistryRecord, { ecosystem, name, version }: Dependency): boolean {
  if (ecosystem !== 'pypi') return record.name === name && (version === undefined || record.version === version)
  const sameVersion =
    version === undefined || normalizePythonVersion(record.version) === normalizePythonVersion(version)
  return normalizePythonName(record.name) === normalizePythonName(name) && sameVersion
}

/**
 * npm signs `name@version:integrity`. The text must hold under a key that came from elsewhere, and the digests in it must
 * be the lock's, the strongest of the lock among them. Source: docs.npmjs.com, "About registry signatures".
 */
function judgeNpm(dependency: Dependency, record: RegistryRecord, { npm }: RegistryKeys): RegistryWord {
  const digests = locked(dependency)[0]?.digests ?? {}
  const [file] = record.files
  const stated = statedByNpm(record)
  if (stated === undefined) {
    const message = 'the integrity that the registry states cannot be read'
    return { kind: 'unavailable', error: { source: record.source, fault: 'malformed', message } }
  }
  if (contradict(digests, { ...file?.digests, ...stated })) {
    const message = `the registry publishes other bytes as ${dependency.name}@${record.version} than the lock names`
    return { kind: 'mismatch', code: 'REGISTRY_DIGEST_MISMATCH', message, record }
  }
  const strongest = strongestOf(digests)
  if (strongest === undefined || stated[strongest] === undefined) return notComparable(dependency, record)
  return judgeNpmSignatures(record, file?.integrity ?? '', npm)
}

function statedByNpm({ files }: RegistryRecord): DigestSet | undefined {
  const integrity = files[0]?.integrity
  if (integrity === undefined) return {}
  try {
    return parseIntegrity(integrity)
  } catch {
    return undefined
  }
}

/** Every algorithm on both sides has to agree, the weak ones too: a lock with two hashes is met by either. */
function contradict(left: DigestSet, right: DigestSet): boolean {
  const shared = Object.keys(left).filter((algorithm) => right[algorithm] !== undefined)
  return shared.length > 0 && !digestsMatch(left, right, shared)
}

const strongestOf = (digests: DigestSet): string | undefined =>
  [...FILE_DIGEST_ALGORITHMS].reverse().find((algorithm) => digests[algorithm] !== undefined)

function notComparable({ checksum, digests }: Dependency, record: RegistryRecord): RegistryWord {
  const named = Object.keys(digests)
  const message =
    checksum !== undefined && named.length === 0
      ? 'the lock holds the checksum that the package manager made of its own archive, and none of the published one'
      : named.length === 0
        ? 'the lock names no digest'
        : `the lock names ${named.join(', ').slice(0, 100)} only, for which the registry has no signed word`
  return { kind: 'not-vouched', message, record }
}

function judgeNpmSignatures(record: RegistryRecord, integrity: string, keys: readonly TrustedKey[]): RegistryWord {
  const message = `${record.name}@${record.version}:${integrity}`
  const known = record.signatures.flatMap((signature) => {
    const key = keys.find(({ hint }) => hint !== '' && hint === signature.keyid)
    return key === undefined ? [] : [{ signature, key }]
  })
  if (known.length === 0) {
    const why = record.signatures.length === 0 ? 'has no signature' : 'is signed with keys that are not trusted'
    return { kind: 'not-vouched', message: `what the registry says of ${record.name}@${record.version} ${why}`, record }
  }
  const published = publishedAt(record)
  const bad = known.find(
    ({ signature, key }) =>
      !holds(signature, key, message) || (key.end !== undefined && published !== undefined && key.end < published),
  )
  if (bad === undefined) return { kind: 'vouched', basis: 'signature', record }
  return {
    kind: 'mismatch',
    code: 'REGISTRY_SIGNATURE_INVALID',
    message: `the registry's signature over ${record.name}@${record.version} does not hold for the key ${bad.key.hint.slice(0, 100)}`,
    record,
  }
}

/**
 * A signature is made when something is published or later (keys are rotated, packages signed anew): so a key that ended
 * before the publishing cannot have made it, and one that began after it may have.
 */
function publishedAt({ publishedAt, files }: RegistryRecord): Date | undefined {
  const text = publishedAt ?? files[0]?.publishedAt
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time)
}

function holds({ signature }: RegistrySignature, { key }: TrustedKey, message: string): boolean {
  try {
    return (
      key.asymmetricKeyDetails?.namedCurve === 'prime256v1' &&
      /^[A-Za-z0-9+/]+={0,2}$/.test(signature) &&
      verifySignature('sha256', Buffer.from(message), key, Buffer.from(signature, 'base64'))
    )
  } catch {
    return false
  }
}

/** The checksum database: the lock's hashes against the records that are proven to be in the log, not against a reading of them. */
function judgeGo(dependency: Dependency, record: RegistryRecord, { sumdb }: RegistryKeys): RegistryWord {
  const { note } = record
  if (note === undefined) return { kind: 'not-vouched', message: 'the checksum database gave no signed entry', record }
  try {
    verifyChecksumEntry(note, sumdb)
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    if (error.code === 'KEY_INVALID') return { kind: 'not-vouched', message: error.message, record }
    return { kind: 'mismatch', code: 'REGISTRY_SIGNATURE_INVALID', message: error.message, record }
  }
  const lines = new Set(note.records.split('\n'))
  const wanted = locked(dependency).flatMap(({ name, digests: { dirHash } }) => {
    if (dirHash === undefined) return []
    const path = `${dependency.version ?? ''}${name === 'go.mod' ? '/go.mod' : ''}`
    return [`${dependency.name} ${path} h1:${Buffer.from(dirHash, 'hex').toString('base64')}`]
  })
  if (wanted.length === 0) return notComparable(dependency, record)
  if (wanted.every((line) => lines.has(line))) return { kind: 'vouched', basis: 'checksum-database', record }
  const message = `the checksum database has another hash of ${dependency.name} ${record.version} than the lock names`
  return { kind: 'mismatch', code: 'REGISTRY_DIGEST_MISMATCH', message, record }
}
