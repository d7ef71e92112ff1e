import { createHash } from 'node:crypto'
import type { WorldAttestation, WorldPackage } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { ServedFile, WorldState } from '../state.ts'

/** Maven Central: files in folders, and beside them what their uploaders put there. */
export const mavenService: WorldService = { origin: 'maven', handle }

/** A bundle that every copy of Central has, whatever a world is about: clients look whether it is there. */
const KNOWN = 'dev/sigstore/sigstore-java/1.0.0/sigstore-java-1.0.0.jar.sigstore.json'
const UNREAD = { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }

const NOT_FOUND: WorldAnswer = { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>404 Not Found</h1>' }

async function handle({ method, url, headers }: WorldRequest, state: WorldState): Promise<WorldAnswer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405 }
  const path = decodeURIComponent(url.pathname).slice(1)
  for (const pack of state.description().packages.filter(({ ecosystem }) => ecosystem === 'maven')) {
    const folder = `${pack.name.split(':')[0]?.replaceAll('.', '/')}/${pack.name.split(':')[1]}/${pack.version}/`
    if (!path.startsWith(folder)) continue
    for (const file of state.filesOf(pack)) {
      const rest = path.slice(folder.length)
      if (rest === file.name) return serve(file.content, headers.range)
      if (rest.startsWith(`${file.name}.`)) return beside(rest.slice(file.name.length + 1), pack, file, state)
    }
  }
  return path === KNOWN ? { status: 200, body: UNREAD } : NOT_FOUND
}

async function beside(suffix: string, pack: WorldPackage, file: ServedFile, state: WorldState): Promise<WorldAnswer> {
  if (['sha1', 'md5', 'sha256', 'sha512'].includes(suffix) && file.content !== undefined) {
    return {
      status: 200,
      headers: { 'content-type': 'text/plain' },
      body: createHash(suffix).update(file.content).digest('hex'),
    }
  }
  if (suffix !== 'sigstore.json') return NOT_FOUND
  const attestation: WorldAttestation | null | undefined =
    file.attestation === undefined ? pack.attestation : file.attestation
  if (attestation === undefined || attestation === null || file.content === undefined) return NOT_FOUND
  // Over the bytes of the file: sigstore-java signs no statement.
  return { status: 200, body: await state.signFile(file.content, attestation) }
}

/** Central takes ranges (RFC 9110 §14). */
export function serve(content: Uint8Array | undefined, range: string | undefined): WorldAnswer {
  if (content === undefined) return NOT_FOUND
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? []
  const headers = { 'content-type': 'application/java-archive', 'accept-ranges': 'bytes' }
  if (range === undefined || (first === '' && last === '')) return { status: 200, headers, body: content }
  const start = first === '' ? Math.max(0, content.length - Number(last)) : Number(first)
  const end = first === '' || last === '' ? content.length : Math.min(content.length, Number(last) + 1)
  if (start >= end) return { status: 416, headers: { 'content-range': `bytes */${content.length}` } }
  const contentRange = `bytes ${start}-${end - 1}/${content.length}`
  return { status: 206, headers: { ...headers, 'content-range': contentRange }, body: content.slice(start, end) }
}
