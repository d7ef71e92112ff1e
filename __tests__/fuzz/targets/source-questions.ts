import { readUses } from '../../../src/discover/read-uses.ts'
import type { WorldDescription, WorldPackage } from '../../../src/embedded/world/description.ts'
import { imageDigest } from '../../../src/embedded/world/services/oci-content.ts'
import type { Dependency } from '../../../src/model/dependency.ts'
import { askActionFacts } from '../../../src/source/action-facts.ts'
import { askGithubFacts } from '../../../src/source/github-facts.ts'
import { resolveImage } from '../../../src/source/oci/image-files.ts'
import { expandActions } from '../../../src/source/remote-actions.ts'
import { readRemoteFile } from '../../../src/source/remote-file.ts'
import type { Source, SourceSession } from '../../../src/source/source.ts'
import { askGithubTrees, releaseTags } from '../../../src/source/source-trees.ts'
import { SOURCES } from '../../../src/source/sources/index.ts'
import { dependencyOf } from '../../support/dependencies.ts'

const commit = (name: string): string => Buffer.from(name).toString('hex').padEnd(40, '0').slice(0, 40)
const HEAD = commit('head')
const SHA = 'ab'.repeat(32)

const by = { repository: 'acme/app' } as const
const image = { name: 'ghcr.io/acme/app', tag: '1', attestation: by } as const
const wheels = [{ name: 'acme_tool-1.0-py3-none-any.whl' }, { name: 'acme_tool-1.0.tar.gz' }] as const

const packages: readonly WorldPackage[] = [
  { ecosystem: 'npm', name: '@acme/tool', version: '0.9.0' },
  {
    ecosystem: 'npm',
    name: '@acme/tool',
    version: '1.0.0',
    attestation: by,
    scripts: { postinstall: 'node setup.js' },
  },
  { ecosystem: 'pypi', name: 'acme-tool', version: '1.0', attestation: by, files: wheels },
  { ecosystem: 'cargo', name: 'acme', version: '1.0.0', dependencies: { serde: '^1' } },
  { ecosystem: 'go', name: 'github.com/acme/app', version: 'v1.2.3' },
  { ecosystem: 'rubygems', name: 'acme', version: '1.0.0', attestation: by, dependencies: { rake: '>= 1' } },
  { ecosystem: 'maven', name: 'org.acme:api', version: '2.0', attestation: by },
  {
    ...{ ecosystem: 'cargo', name: 'stored', version: '1.0.0', attestation: by, onGithub: true },
    files: [{ name: 'stored-1.0.0.crate', digests: { sha256: SHA } }],
  },
]

/** One of everything that a source can be asked for. */
export const WORLD: WorldDescription = {
  packages,
  repositories: [
    {
      name: 'acme/app',
      branches: { main: [commit('root'), HEAD], release: [commit('root'), commit('other')] },
      tags: [{ name: 'v1.2.0', commit: HEAD, annotated: true }],
      releases: [{ tag: 'v1.2.0', immutable: true }],
      trees: {
        [HEAD]: {
          'action.yml': 'runs: { using: composite, steps: [ { uses: acme/other@v1 } ] }\n',
          'package.json': '{"name":"@acme/tool"}',
        },
      },
      runs: [
        {
          ...{ id: '11', commit: HEAD, startedAt: '2026-11-01T00:00:00Z', updatedAt: '2026-11-01T00:10:00Z' },
          jobs: [
            {
              ...{ name: 'release', conclusion: 'success' },
              ...{ startedAt: '2026-11-01T00:00:00Z', completedAt: '2026-11-01T00:09:00Z', steps: [] },
            },
          ],
        },
      ],
      pullRequests: [{ number: 5, commit: HEAD, author: 'alice', merged: true, approvers: ['bob'] }],
    },
  ],
  images: [image],
  models: [
    {
      ...{ name: 'acme/bert', type: 'models', ownerId: 'c'.repeat(24), revision: 'd'.repeat(40), signed: by },
      files: { 'model.safetensors': 'weights', 'config.json': '{}' },
    },
  ],
  advisories: [{ id: 'MAL-2026-1', ecosystem: 'npm', name: '@acme/tool', versions: ['1.0.0'], summary: 'bad' }],
  rebuilds: [{ ecosystem: 'cargo', name: 'acme', version: '1.0.0', result: 'matches' }],
  github: { bundles: 'url' },
}

const npm = dependencyOf({ ecosystem: 'npm', name: '@acme/tool', version: '1.0.0' })
const pypi = dependencyOf({ ecosystem: 'pypi', name: 'acme-tool', version: '1.0' })
const cargo = dependencyOf({ ecosystem: 'cargo', name: 'acme', version: '1.0.0' })
const go = dependencyOf({ ecosystem: 'golang', name: 'github.com/acme/app', version: 'v1.2.3' })
const gem = dependencyOf({ ecosystem: 'gem', name: 'acme', version: '1.0.0' })
const jar = { name: 'api-2.0.jar', digests: { sha256: SHA } }
const maven = dependencyOf({ ecosystem: 'maven', name: 'org.acme:api', version: '2.0', files: [jar] })
const stored = dependencyOf({ ecosystem: 'cargo', name: 'stored', version: '1.0.0', digests: { sha256: SHA } })
const oci = dependencyOf({
  ...{ ecosystem: 'oci', kind: 'image', name: image.name },
  digests: { sha256: imageDigest(image).slice('sha256:'.length) },
})
const model = dependencyOf({ ecosystem: 'huggingface', kind: 'model', name: 'acme/bert', version: 'd'.repeat(40) })
const action = dependencyOf({
  ...{ ecosystem: 'github', kind: 'action', name: 'acme/app', version: HEAD, source: 'git', comment: 'v1.2.0' },
  ...{ location: `acme/app@${HEAD}`, digests: { gitCommit: HEAD } },
})

export interface Question {
  /** `source what` */
  readonly name: string
  /** The answers are archives or other bytes, and no text. */
  readonly binary?: true
  /** Throws nothing, whatever is answered: a fault of a registry is a value (`Source`). */
  readonly ask: (session: SourceSession) => Promise<unknown>
}

function sourceOf(id: string): Source {
  const source = SOURCES.find((one) => one.id === id)
  if (source === undefined) throw new Error(`no source ${id}`)
  return source
}

const target = (dependency: Dependency, file?: Dependency) => ({ dependency, digests: (file ?? dependency).digests })

type Method = 'register' | 'lookup' | 'history' | 'archive' | 'repository' | 'model'

/** A method of a source that takes one dependency. */
function one(id: string, dependency: Dependency, ...methods: readonly Method[]): Question[] {
  const source = sourceOf(id)
  return methods.map((method) => ({
    name: `${id} ${method}`,
    ...(method === 'archive' ? { binary: true as const } : {}),
    ask: async (session) => {
      if (method !== 'lookup') return source[method]?.(dependency, session)
      return source.lookup?.(target(dependency), session, { claimed: undefined })
    },
  }))
}

const question = {
  ...{ server: 'https://github.com', owner: 'acme', repository: 'app', commit: HEAD, ref: 'refs/tags/v1.2.0' },
  ...{ refPatterns: ['refs/heads/release', 'refs/heads/v*'], run: { id: '11', attempt: '1' }, review: true },
}
const tree = {
  ...{ server: 'https://github.com', name: { owner: 'acme', name: 'app' }, claimed: false },
  tags: releaseTags('@acme/tool', '1.2.0'),
}
const lookupMany = (name: string, dependency: Dependency): Question => ({
  name: `github ${name}`,
  ask: async (session) => sourceOf('github').lookupMany?.([target(dependency)], session),
})

/** Everything that sources are asked, each against its own part of the world. */
export const QUESTIONS: readonly Question[] = [
  ...one('npm', npm, 'register', 'lookup', 'history', 'archive'),
  ...one('pypi', pypi, 'register', 'lookup', 'history', 'archive', 'repository'),
  ...one('cargo', cargo, 'register', 'archive'),
  ...one('go', go, 'register'),
  ...one('rubygems', gem, 'register', 'lookup', 'archive'),
  ...one('maven', maven, 'register', 'lookup', 'archive'),
  ...one('oci', oci, 'lookup'),
  ...one('huggingface', model, 'lookup', 'model'),
  ...one('oss-rebuild', cargo, 'lookup'),
  { name: 'osv advisories', ask: async (session) => sourceOf('osv').advisories?.([npm, cargo], session) },
  { name: 'oci image', ask: (session) => resolveImage({ ...oci, digests: {}, version: '1' }, session) },
  lookupMany('stored', stored),
  lookupMany('release', action),
  { name: 'github facts', ask: (session) => askGithubFacts([question], session) },
  { name: 'github actions', ask: (session) => askActionFacts([action], session) },
  { name: 'github trees', ask: (session) => askGithubTrees([tree], session) },
  { name: 'github uses', ask: (session) => expandActions([action], session, readUses) },
  { name: 'github file', ask: (session) => readRemoteFile('acme', 'app', HEAD, 'action.yml', session) },
]
