import { createHash } from 'node:crypto'
import { PROVENANCE_V1 } from '../../../model/predicates/provenance.ts'
import { STATEMENT_TYPE } from '../../../model/statement.ts'
import { deriveCommit } from '../derive.ts'
import type { WorldRebuild } from '../description.ts'
import type { WorldAnswer, WorldRequest, WorldService } from '../route.ts'
import type { ServedFile, WorldState } from '../state.ts'

/** The bucket of OSS Rebuild: two envelopes a version, one a line. Source: google/oss-rebuild, formats.md §15. */
export const ossRebuildService: WorldService = { origin: 'oss-rebuild', handle }

const BUILDS = 'https://docs.oss-rebuild.dev/builds'
const KEYS: Readonly<Record<string, string>> = { npm: 'npm', pypi: 'pypi', cargo: 'cratesio' }
/** The one object that clients know to be there. */
const KNOWN = '/npm/lodash/4.17.21/lodash-4.17.21.tgz/rebuild.intoto.jsonl'

function handle({ method, url }: WorldRequest, state: WorldState): WorldAnswer {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405 }
  const path = decodeURIComponent(url.pathname)
  for (const rebuild of state.description().rebuilds ?? []) {
    const pack = state.versions(rebuild.ecosystem, rebuild.name).find(({ version }) => version === rebuild.version)
    for (const file of pack === undefined ? [] : state.filesOf(pack)) {
      if (path === `/${objectOf(rebuild, file)}`) return lines(statements(rebuild, file), state)
    }
  }
  if (path === KNOWN) return lines([], state)
  // What a bucket says that may be read and not listed.
  const body =
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access denied.</Message></Error>'
  return { status: 403, headers: { 'content-type': 'application/xml; charset=UTF-8' }, body }
}

function lines(list: readonly object[], state: WorldState): WorldAnswer {
  const body = list.map((one) => `${JSON.stringify(state.signAsRebuilder(one))}\n`).join('')
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body }
}

function artifactName({ ecosystem, name, version }: WorldRebuild, file: ServedFile): string {
  if (ecosystem === 'npm') return `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`
  return file.name
}

const objectOf = (rebuild: WorldRebuild, file: ServedFile): string =>
  `${KEYS[rebuild.ecosystem] ?? ''}/${rebuild.name}/${rebuild.version}/${artifactName(rebuild, file)}/rebuild.intoto.jsonl`

/** Where the upstream file was downloaded from: an equivalence is with a file of the origin. */
function upstream({ ecosystem, name, version }: WorldRebuild, artifact: string): string {
  if (ecosystem === 'npm') return `https://registry.npmjs.org/${name}/-/${name.split('/').at(-1)}-${version}.tgz`
  if (ecosystem === 'cargo') return `https://static.crates.io/crates/${name}/${artifact}`
  return `https://files.pythonhosted.org/packages/${artifact}`
}

function statements(rebuild: WorldRebuild, file: ServedFile): object[] {
  const artifact = artifactName(rebuild, file)
  const candidate = `rebuild/${artifact}`
  const target = upstream(rebuild, artifact)
  const own = digestOf(rebuild.ecosystem, file.digests)
  const rebuilt = {
    sha256: createHash('sha256')
      .update(`rebuilt ${JSON.stringify(own)}`)
      .digest('hex'),
  }
  const stabilized = {
    sha256: createHash('sha256')
      .update(`stabilized ${JSON.stringify(own)}`)
      .digest('hex'),
  }
  // A rebuild that differs: the rebuilder compared with a file that is not the one the world serves.
  const compared = rebuild.result === 'matches' ? own : altered(own)
  const subject = (name: string, digest: object) => [{ name, digest }]
  return [
    statement(subject(candidate, rebuilt), 'Rebuild', {
      externalParameters: {
        ecosystem: KEYS[rebuild.ecosystem],
        package: rebuild.name,
        version: rebuild.version,
        artifact,
      },
      resolvedDependencies: [{ name: 'git+https://github.com/x/y', digest: { sha1: deriveCommit(rebuild.name) } }],
    }),
    statement(
      subject(artifact, compared),
      'ArtifactEquivalence',
      {
        externalParameters: { candidate, target },
        resolvedDependencies: [
          { name: candidate, digest: rebuilt },
          { name: target, digest: compared },
        ],
      },
      [{ name: `stabilized/${artifact}`, digest: stabilized }],
    ),
  ]
}

function statement(subject: object[], build: string, definition: object, byproducts: object[] = []): object {
  return {
    _type: STATEMENT_TYPE,
    subject,
    predicateType: PROVENANCE_V1,
    predicate: {
      buildDefinition: { buildType: `${BUILDS}/${build}@v0.1`, ...definition },
      runDetails: { builder: { id: 'https://docs.oss-rebuild.dev/hosts/Google' }, byproducts },
    },
  }
}

/** SHA-256 for every ecosystem, and SHA-512 for npm, whose locks name nothing else. */
function digestOf(ecosystem: string, digests: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { sha256, sha512 } = digests
  const wide = ecosystem === 'npm' || sha256 === undefined
  return { ...(sha256 === undefined ? {} : { sha256 }), ...(wide && sha512 !== undefined ? { sha512 } : {}) }
}

function altered(digests: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(digests).map(([name, hex]) => [name, hex.replace(/^./, (c) => (c === '0' ? '1' : '0'))]),
  )
}
