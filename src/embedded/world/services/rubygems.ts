import type { WorldPackage } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { ServedFile, WorldState } from '../state.ts'

/** rubygems.org: compact index, attestations, gems. Source: rubygems/rubygems.org `config/routes.rb`. */
export const rubygemsService: WorldService = { origin: 'rubygems', handle }

/** An attested gem of every copy of the registry, whatever a world is about: clients look whether it has any. */
const KNOWN = 'sigstore-1.0.0'
const UNREAD = { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }

const NOT_FOUND: WorldAnswer = {
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'This rubygem could not be found.',
}

async function handle({ method, url }: WorldRequest, state: WorldState): Promise<WorldAnswer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405 }
  const path = decodeURIComponent(url.pathname)
  const [, info] = /^\/info\/([^/]+)$/.exec(path) ?? []
  if (info !== undefined) return index(info, state)
  const [, attested] = /^\/api\/v1\/attestations\/([^/]+)\.json$/.exec(path) ?? []
  if (attested !== undefined) return attestations(attested, state)
  const [, gem] = /^\/gems\/([^/]+)\.gem$/.exec(path) ?? []
  const content = gem === undefined ? undefined : find(gem, state)?.file.content
  if (content === undefined) return NOT_FOUND
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: content }
}

function index(name: string, state: WorldState): WorldAnswer {
  // A yanked version has no line any more.
  const packs = state.versions('rubygems', name).filter(({ yanked }) => yanked !== true)
  if (packs.length === 0) return NOT_FOUND
  const lines = packs.flatMap((pack) =>
    state.filesOf(pack).map((file) => {
      const dependencies = Object.entries(pack.dependencies ?? {}).map(
        ([dep, range]) => `${dep}:${range.replaceAll(', ', '&')}`,
      )
      return `${versionOf(pack, file)} ${dependencies.join(',')}|checksum:${file.digests.sha256 ?? ''},ruby:>= 2.7`
    }),
  )
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `---\n${lines.join('\n')}\n` }
}

/** `1.0.0`, or `1.0.0-x86_64-linux` by the file's name. */
function versionOf({ name, version }: WorldPackage, file: ServedFile): string {
  return file.name.startsWith(`${name}-${version}`) ? file.name.slice(name.length + 1).replace(/\.gem$/, '') : version
}

function find(fullName: string, state: WorldState): { pack: WorldPackage; file: ServedFile } | undefined {
  for (const pack of state.description().packages) {
    if (pack.ecosystem !== 'rubygems' || pack.yanked === true || !fullName.startsWith(`${pack.name}-`)) continue
    const file = state.filesOf(pack).find((one) => `${pack.name}-${versionOf(pack, one)}` === fullName)
    if (file !== undefined) return { pack, file }
  }
  return undefined
}

async function attestations(fullName: string, state: WorldState): Promise<WorldAnswer> {
  const found = find(fullName, state)
  if (found === undefined) return fullName === KNOWN ? { status: 200, body: [UNREAD] } : NOT_FOUND
  const documents = await state.attestationsOf(found.pack, found.file)
  return { status: 200, body: documents.map(({ bundle }) => bundle) }
}
