import type { Dependency, DependencyFile } from '../model/dependency.ts'
import { type DigestSet, parseDigestValue } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'
import { entryOf } from './entry.ts'
import { atLine, malformed } from './finder.ts'
import { textOf } from './toml-lines.ts'

type PythonDraft = Omit<Parameters<typeof entryOf>[0], 'ecosystem'>

/** An entry of a Python lock: where it installs exactly one file, that file's digests are the entry's. */
export function pythonEntry(draft: PythonDraft): Dependency {
  const only = draft.files?.length === 1 ? draft.files[0] : undefined
  const digests = draft.digests ?? only?.digests ?? {}
  return entryOf({ ...draft, ecosystem: 'pypi', digests })
}

const HASHES: ReadonlySet<string> = new Set([
  'md5',
  'sha1',
  'sha224',
  'sha256',
  'sha384',
  'sha512',
  'blake2b',
  'sha3_256',
])

/**
 * Reads `sha256:<hex>`.
 *
 * @throws {CleanbillError} `DIGEST_MALFORMED`
 */
export function pythonHash(text: string, line: number): DigestSet {
  const colon = text.indexOf(':')
  const algorithm = text.slice(0, Math.max(colon, 0))
  if (!HASHES.has(algorithm)) {
    throw new CleanbillError('DIGEST_MALFORMED', `${JSON.stringify(text.slice(0, 100))} is no hash`, {
      line,
      as: 'tool',
    })
  }
  return atLine(line, () => ({ [algorithm]: parseDigestValue(algorithm, text.slice(colon + 1)) }))
}

/** A file of an index: its name is the last segment of its URL where the lock does not say it. */
export function indexFile(
  parts: { readonly name?: unknown; readonly url?: unknown; readonly path?: unknown },
  digests: DigestSet,
  line: number,
): DependencyFile {
  const url = textOf(parts.url)
  const name = textOf(parts.name) ?? lastSegment(url ?? textOf(parts.path))
  if (name === undefined) throw malformed('a file of the entry has neither a name nor a URL', line)
  return { name, ...(url === undefined ? {} : { url }), digests }
}

function lastSegment(location: string | undefined): string | undefined {
  const segment = location
    ?.replace(/[?#].*$/, '')
    .split('/')
    .at(-1)
  if (segment === undefined || segment === '') return undefined
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** A commit at the end of a git reference (`…?rev=main#<commit>`), as a digest. */
export function commitOf(reference: string | undefined): { digests?: DigestSet } {
  const commit = /(?:^|[#@])([0-9a-f]{40}|[0-9a-f]{64})(?:$|[#&])/.exec(reference ?? '')?.[1]
  return commit === undefined ? {} : { digests: { gitCommit: commit } }
}

/** PyPI's index under the names that locks give it. Any other is named in the entry. */
export function registryOf(url: string | undefined): { registry?: string } {
  if (url === undefined || /^https:\/\/(?:pypi\.org|pypi\.python\.org)\/simple\/?$/.test(url)) return {}
  return { registry: url }
}
