import type { Dependency } from '../model/dependency.ts'
import { parseDigestValue } from '../model/digest.ts'
import { formatPackageUrl } from '../model/purl.ts'
import { entryOf } from './entry.ts'
import { atLine, malformed } from './finder.ts'

type ImageDraft = Pick<Dependency, 'file' | 'line' | 'scope'>

/**
 * An image as Docker, compose and workflows write it: `[host/]name[:tag][@sha256:<hex>]`, the host defaulting to Docker
 * Hub and its `library/`. A variable in it makes it `dynamic`: what runs is decided later.
 * Source: distribution/reference `normalize.go`.
 *
 * @throws {CleanbillError} `DEPENDENCY_FILE_MALFORMED`, `DIGEST_MALFORMED`
 */
export function imageEntry(reference: string, draft: ImageDraft): Dependency {
  const bare = reference.replace(/^(?:docker|oci):\/\//, '').trim()
  const common = { ...draft, kind: 'image' as const, ecosystem: 'oci', location: reference }
  if (/\$/.test(bare)) return entryOf({ ...common, name: bare, source: 'dynamic' })
  const [named = '', digestText] = bare.split('@')
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const path = tagged ? named.slice(0, colon) : named
  const tag = tagged ? named.slice(colon + 1) : undefined
  const wrong = !/^[a-z0-9][\w.:/-]*$/i.test(path) || (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag))
  if (wrong) throw malformed(`${JSON.stringify(reference.slice(0, 100))} is no image reference`, draft.line)
  const name = qualify(path)
  const digests = digestText === undefined ? {} : digestOf(digestText, draft.line)
  const id = formatPackageUrl({
    type: 'oci',
    name: name.slice(name.lastIndexOf('/') + 1),
    version: digestText?.toLowerCase(),
    qualifiers: { repository_url: name, tag },
  })
  const version = digestText?.toLowerCase() ?? tag
  return { ...entryOf({ ...common, name, version, source: 'registry', digests }), id }
}

function digestOf(text: string, line: number) {
  const colon = text.indexOf(':')
  const algorithm = text.slice(0, Math.max(colon, 0))
  if (algorithm !== 'sha256' && algorithm !== 'sha512')
    throw malformed(`${JSON.stringify(text.slice(0, 80))} is no digest`, line)
  return atLine(line, () => ({ [algorithm]: parseDigestValue(algorithm, text.slice(colon + 1)) }))
}

/** The first segment is a host when it has a dot or a port, or is `localhost`; without one it is Docker Hub. */
function qualify(path: string): string {
  const slash = path.indexOf('/')
  const first = path.slice(0, Math.max(slash, 0))
  if (/[.:]/.test(first) || first === 'localhost') {
    return /^(?:index\.|registry-1\.)?docker\.io$/.test(first) ? qualify(path.slice(slash + 1)) : path
  }
  return `docker.io/${slash < 0 ? `library/${path}` : path}`
}
