import type { Dependency } from '../../model/dependency.ts'
import { normalizePythonName } from '../../model/purl.ts'
import { deriveCommit, deriveHex, deriveShare, toTime } from './derive.ts'
import type {
  WorldAttestation,
  WorldDescription,
  WorldEcosystem,
  WorldFile,
  WorldImage,
  WorldPackage,
  WorldRepository,
} from './description.ts'
import { populateActions } from './populate-actions.ts'
import { distributionFiles } from './python-files.ts'
import { lower, uniqueBy } from './repositories.ts'
import { settle } from './settle.ts'

export interface PopulateOptions {
  /** How many of the packages and images have attestations, 0 to 1. About one in eight is what registries show. */
  readonly attestedShare: number
  /** How many of the actions' repositories publish immutable releases. Default as `attestedShare`. */
  readonly immutableShare?: number | undefined
  /** Equal seeds and dependencies give equal worlds. */
  readonly seed: string
  readonly clock: () => Date
}

/** Type of the package URL → the registry that serves it. */
const ECOSYSTEMS: Readonly<Record<string, WorldEcosystem>> = {
  npm: 'npm',
  pypi: 'pypi',
  cargo: 'cargo',
  golang: 'go',
  gem: 'rubygems',
  maven: 'maven',
}

const DAY = 86_400_000

/**
 * A world that honestly has everything these dependency files name: the lock's own digests, so that a gate over them
 * finds what it expects. A stable share is attested; everything else the registries merely vouch for.
 */
export function worldFromDependencies(dependencies: readonly Dependency[], options: PopulateOptions): WorldDescription {
  const byVersion = Map.groupBy(dependencies.filter(isServed), packageId)
  const packages = [...byVersion.values()].map((entries) => toPackage(entries, options))
  const images = uniqueBy(dependencies.filter(({ kind }) => kind === 'image').flatMap(toImage(options)), imageId)
  const repositories = [
    ...sourceRepositories(packages, options.seed),
    ...populateActions(dependencies, { seed: options.seed, share: options.immutableShare ?? options.attestedShare }),
  ]
  return settle({ packages, repositories: mergeByName(repositories), images }, options.clock)
}

function isServed({ kind, source, ecosystem, version }: Dependency): boolean {
  return kind === 'package' && source === 'registry' && ecosystem in ECOSYSTEMS && version !== undefined
}

/** Spelling is the lock's business on PyPI (PEP 503); elsewhere a name is its spelling. */
function packageId({ ecosystem, name, version }: Dependency): string {
  return `${ecosystem} ${ecosystem === 'pypi' ? normalizePythonName(name) : name} ${version}`
}

function toPackage(entries: readonly Dependency[], { attestedShare, seed, clock }: PopulateOptions): WorldPackage {
  const [first] = entries
  const ecosystem = ECOSYSTEMS[first?.ecosystem ?? '']
  if (first === undefined || ecosystem === undefined) throw new RangeError('a group without a served entry')
  const { name, version = '' } = first
  // By name and not by version: a project that attests goes on attesting, and no version is a downgrade by chance.
  // Nobody attests Go modules: their checksum database is all there is.
  const isAttested = ecosystem !== 'go' && deriveShare(seed, 'attested', ecosystem, lower(name)) < attestedShare
  const days = 30 + Math.floor(deriveShare(seed, 'age', ecosystem, name, version) * (isAttested ? 700 : 1800))
  const files = filesFor(ecosystem, entries)
  return {
    ecosystem,
    name,
    version,
    publishedAt: toTime(new Date(clock().getTime() - days * DAY)),
    ...(files === undefined ? {} : { files }),
    ...(isAttested ? { attestation: signerOf(ecosystem, name, version, seed) } : {}),
    // crates.io keeps no attestations: the project attests on GitHub.
    ...(isAttested && ecosystem === 'cargo' ? { onGithub: true } : {}),
  }
}

/** The files that the locks name, with their digests; undefined where no lock says one. */
function filesFor(ecosystem: WorldEcosystem, entries: readonly Dependency[]): readonly WorldFile[] | undefined {
  if (ecosystem === 'pypi') return distributionFiles(entries)
  const digests = entries.find((entry) => Object.keys(entry.digests).length > 0)?.digests
  const [first] = entries
  if (first === undefined) return undefined
  const { name, version = '' } = first
  const base = name.split(/[/:]/).at(-1) ?? name
  switch (ecosystem) {
    case 'npm':
      // A lock that knows only the old sha1: the registry has the other digest all the same.
      return digests === undefined
        ? undefined
        : [{ name: `${base}-${version}.tgz`, digests: { sha512: otherDigest(digests), ...digests } }]
    case 'go': {
      const manifest = entries.flatMap(({ files = [] }) => files).find((file) => file.name === 'go.mod')
      return [
        { name: `${version}.zip`, ...(digests === undefined ? {} : { digests }) },
        ...(manifest === undefined ? [] : [{ name: 'go.mod', digests: manifest.digests, attestation: null }]),
      ]
    }
    case 'maven': {
      const named = entries.flatMap(({ files = [] }) => files)
      const listed = named.flatMap((file) =>
        file.name === undefined ? [] : [{ name: file.name, digests: file.digests }],
      )
      if (listed.length > 0) return uniqueBy(listed, (file) => file.name)
      return digests === undefined ? undefined : [{ name: `${base}-${version}.jar`, digests }]
    }
    case 'rubygems':
      // A gem with machine code has an archive for each platform, and the lock names each.
      return uniqueBy(
        entries.flatMap(({ id, digests: own }) => {
          const platform = /[?&]platform=([^&#]+)/.exec(id)?.[1]
          const suffix = platform === undefined ? '' : `-${decodeURIComponent(platform)}`
          return Object.keys(own).length === 0 ? [] : [{ name: `${base}-${version}${suffix}.gem`, digests: own }]
        }),
        (file) => file.name,
      )
    default:
      return digests === undefined ? undefined : [{ name: `${base}-${version}.crate`, digests }]
  }
}

const otherDigest = (digests: Readonly<Record<string, string>>): string => {
  const text = JSON.stringify(digests)
  return deriveHex('sha512', text) + deriveHex('sha512', 'second half', text)
}

/** A scope has one repository for all its packages, as many have; a package without one has its own. */
function signerOf(ecosystem: string, name: string, version: string, seed: string): WorldAttestation {
  const repository = repositoryOf(ecosystem, name)
  const fromTag = deriveShare(seed, 'tag', ecosystem, name) < 0.7
  const commit = deriveCommit(seed, repository, ecosystem, name, version)
  const tag = name.startsWith('@') ? `${safe(name)}-v${version}` : `v${version}`
  return { repository, commit, ...(fromTag ? { ref: `${TAGS}${tag}` } : {}) }
}

function repositoryOf(ecosystem: string, name: string): string {
  const parts = name.split(/[/:]/).filter((part) => part !== '')
  if (ecosystem === 'go' && parts[0] === 'github.com' && parts.length >= 3) return `${parts[1]}/${parts[2]}`
  const scope = safe(parts[0] ?? name)
  return parts.length > 1 ? `${scope}/${scope}` : `${scope}/${safe(name)}`
}

/** What a name on GitHub may hold. */
const safe = (text: string): string => text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+|-+$/g, '') || 'x'

const TAGS = 'refs/tags/'

/** Every release commit came in by a merged pull request that somebody else approved. */
function sourceRepositories(packages: readonly WorldPackage[], seed: string): WorldRepository[] {
  const attested = packages.flatMap(({ attestation }) => attestation ?? [])
  const byRepository = Map.groupBy(attested, ({ repository }) => repository)
  return [...byRepository].map(([name, attestations]) => ({
    name,
    branches: {
      main: [deriveCommit(seed, name), ...new Set(attestations.flatMap(({ commit }) => commit ?? []))],
    },
    tags: uniqueBy(
      attestations.flatMap(({ ref = '', commit }) =>
        commit !== undefined && ref.startsWith(TAGS) ? [{ name: ref.slice(TAGS.length), commit }] : [],
      ),
      (tag) => tag.name,
    ),
    pullRequests: attestations.flatMap(({ commit }, index) =>
      commit === undefined ? [] : [pullRequest(commit, index + 1, `${seed}/${name}`)],
    ),
  }))
}

function pullRequest(commit: string, number: number, salt: string) {
  const person = (role: string) => `${role}-${deriveHex(salt, role).slice(0, 6)}`
  return { number, commit, author: person('author'), merged: true, approvers: [person('maintainer')] }
}

function toImage({ attestedShare, seed }: PopulateOptions) {
  return ({ name, version, digests, id }: Dependency): WorldImage[] => {
    const tag = /[?&]tag=([^&]+)/.exec(id)?.[1] ?? (version?.includes(':') ? undefined : version)
    const path = name.split('/').slice(1)
    const isAttested = path.length > 0 && deriveShare(seed, 'attested', 'oci', name) < attestedShare
    const repository = path.length > 1 ? path.slice(-2).map(safe).join('/') : `${safe(path[0] ?? name)}/${safe(name)}`
    return [
      {
        name,
        ...(tag === undefined ? {} : { tag: decodeURIComponent(tag) }),
        ...(digests.sha256 === undefined ? {} : { digest: `sha256:${digests.sha256}` }),
        ...(isAttested ? { attestation: { repository } } : {}),
      },
    ]
  }
}

const imageId = ({ name, tag, digest }: WorldImage): string => JSON.stringify([name, tag, digest])

/** A repository may be source of a package and of an action at once. */
function mergeByName(repositories: readonly WorldRepository[]): WorldRepository[] {
  return [...Map.groupBy(repositories, ({ name }) => lower(name)).values()].flatMap((same) => {
    const [first, ...others] = same
    return first === undefined ? [] : [others.reduce(merge, first)]
  })
}

function merge(a: WorldRepository, b: WorldRepository): WorldRepository {
  const names = Object.keys({ ...a.branches, ...b.branches })
  const branches = names.map((name) => [name, [...(a.branches?.[name] ?? []), ...(b.branches?.[name] ?? [])]] as const)
  return {
    ...a,
    ...b,
    ...(names.length === 0 ? {} : { branches: Object.fromEntries(branches) }),
    tags: uniqueBy([...(a.tags ?? []), ...(b.tags ?? [])], ({ name }) => name),
    pullRequests: [...(a.pullRequests ?? []), ...(b.pullRequests ?? [])],
    trees: { ...a.trees, ...b.trees },
    releases: [...(a.releases ?? []), ...(b.releases ?? [])],
  }
}
