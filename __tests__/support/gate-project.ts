import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { integrityOf } from '../../src/embedded/world/archives.ts'
import { addVersion, withRepository } from '../../src/embedded/world/change.ts'
import { deriveCommit } from '../../src/embedded/world/derive.ts'
import type { WorldDescription, WorldEcosystem, WorldPackage } from '../../src/embedded/world/description.ts'
import { goModHash } from '../../src/embedded/world/services/go.ts'
import { imageDigest } from '../../src/embedded/world/services/oci-content.ts'
import { settle } from '../../src/embedded/world/settle.ts'
import { type GateRequest, type GateResult, runGate } from '../../src/flows/gate.ts'
import { type InitRequest, initProject } from '../../src/flows/init.ts'
import type { World } from '../../src/flows/world.ts'
import type { GithubContext } from '../../src/io/github.ts'
import { http, httpStream } from '../../src/io/http.ts'
import { runTool } from '../../src/io/process.ts'
import type { InitResult } from '../../src/model/init-document.ts'
import type { Profile } from '../../src/model/rules.ts'
import type { Finding, JudgedDependency } from '../../src/model/verdict.ts'
import { testHost } from './test-host.ts'
import { startTestWorld, type TestWorld, WORLD_NOW, worldClock } from './world.ts'

export const CHECKOUT = 'c0ffee00'.repeat(5)
export const REVISION = 'bead'.repeat(10)
export const POLICY = '.github/cleanbill.yml'
export const LOCK = 'cleanbill.lock'
/** Long before any clock of a test: nothing is young, and runs of that time are kept. */
const PUBLISHED_DAYS_AGO = 60
const DAY = 86_400_000

const from = (repository: string, version: string) => ({ repository, ref: `refs/tags/v${version}` })

/** What the project's registries have, in good order: some of it attested, the rest only registered. */
function goodWorld(now: Date): WorldDescription {
  const settled = settledWorld(now)
  // Every commit that something was made from came in by a pull request that somebody else approved.
  const repositories = settled.repositories.map((one) => ({
    ...one,
    pullRequests: Object.values(one.branches ?? {})
      .flat()
      .map((commit, index) => ({ number: index + 1, commit, author: 'alice', merged: true, approvers: ['bob'] })),
  }))
  return { ...settled, repositories }
}

function settledWorld(now: Date): WorldDescription {
  const publishedAt = new Date(now.getTime() - PUBLISHED_DAYS_AGO * DAY).toISOString().replace(/\.\d+/, '')
  const pack = (ecosystem: WorldEcosystem, name: string, version: string, more: Partial<WorldPackage> = {}) => ({
    ...{ ecosystem, name, version, publishedAt },
    ...more,
  })
  const signed = (repository: string, version: string) => ({ attestation: from(repository, version) })
  return settle(
    {
      // A file of tests asks more in one hour of the world's clock than any job does.
      github: { quota: { core: 1_000_000, graphql: 1_000_000 } },
      packages: [
        pack('npm', 'tool', '1.2.0', signed('acme/tool', '1.2.0')),
        pack('npm', '@acme/ui', '2.0.1', signed('acme/ui', '2.0.1')),
        pack('npm', 'plain', '1.0.0'),
        pack('npm', 'checker', '3.1.0'),
        pack('pypi', 'numlib', '1.4.0', signed('acme/numlib', '1.4.0')),
        pack('pypi', 'plainpy', '2.0'),
        pack('cargo', 'rsdata', '1.0.0', { ...signed('acme/rsdata', '1.0.0'), onGithub: true }),
        pack('cargo', 'rsplain', '0.3.0'),
        pack('go', 'example.com/mod', 'v1.2.0'),
        pack('rubygems', 'rubylib', '1.1.0', signed('acme/rubylib', '1.1.0')),
        pack('rubygems', 'rubyplain', '0.9.0'),
      ],
      repositories: [
        {
          name: 'actions/checkout',
          branches: { main: [CHECKOUT] },
          tags: [{ name: 'v4.2.1', commit: CHECKOUT }],
          trees: { [CHECKOUT]: { 'action.yml': 'name: checkout\nruns:\n  using: node24\n  main: index.js\n' } },
          releases: [{ tag: 'v4.2.1', immutable: true }],
        },
      ],
      images: [{ name: 'ghcr.io/acme/base', tag: '1', attestation: { repository: 'acme/base' } }],
      models: [
        {
          ...{ name: 'acme/bert', type: 'models', ownerId: 'a1b2c3d4e5f60718293a4b5c', revision: REVISION },
          // Only of large files the hub states digests.
          files: { 'model.safetensors': 'weights' },
          signed: { repository: 'acme/bert' },
        },
      ],
    },
    () => now,
  )
}

/** Names of what flows in, in the order of the files' names. */
export const DEPENDENCIES = {
  verified: [
    ...['actions/checkout', 'ghcr.io/acme/base', 'tool', '@acme/ui', 'numlib', 'rsdata', 'rubylib', 'acme/bert'],
  ],
  registered: ['plain', 'checker', 'plainpy', 'rsplain', 'example.com/mod', 'rubyplain'],
} as const

export interface GateRun extends GateResult {
  /** State of one dependency, by name. */
  readonly states: Readonly<Record<string, string>>
  readonly of: (name: string) => JudgedDependency
  /** Of level fail, `rule CODE name`. */
  readonly fails: readonly string[]
}

export interface ProjectOptions {
  /** Default: that of test worlds. The built command line has the real one. */
  readonly clock?: () => Date
}

type Request = Partial<GateRequest> & {
  readonly github?: Partial<GithubContext> & Pick<GithubContext, 'eventName'>
  readonly env?: Readonly<Record<string, string>>
}

export interface GateProject {
  readonly world: TestWorld
  readonly root: string
  /** Settled, and in good order: what every change of the world starts from. */
  readonly good: WorldDescription
  readonly path: (name: string) => string
  readonly read: (name: string) => string
  readonly write: (name: string, text: string) => void
  readonly edit: (name: string, change: (text: string) => string) => void
  readonly remove: (name: string) => void
  /** Writes all files anew, as they are in good order; the trust lock of {@link GateProject.init} is kept. */
  readonly restore: () => void
  readonly gate: (request?: Request) => Promise<GateRun>
  readonly init: (request?: Partial<InitRequest>) => Promise<InitResult>
  /** What a flow is given in this project. */
  readonly flowWorld: (request?: Pick<Request, 'github' | 'env'>) => World
  /** In the project's repository, which the first call makes. */
  readonly git: (...args: readonly string[]) => string
  /** Everything as it is now, as one commit; gives back its hash. */
  readonly commit: (message?: string) => string
  readonly close: () => Promise<void>
}

/**
 * A project with dependencies of every kind over a small world in which each of them is in good order, so that a test can
 * change one thing at a time.
 */
export async function openGateProject({ clock = worldClock }: ProjectOptions = {}): Promise<GateProject> {
  const good = goodWorld(clock())
  const world = await startTestWorld(good, { clock })
  const { root } = world
  const path = (name: string) => join(root, name)
  const read = (name: string) => readFileSync(path(name), 'utf8')
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(path(name), text)
  }
  const files = { ...projectFiles(world), [POLICY]: policyText(world) }
  const restore = () => {
    for (const [name, text] of Object.entries(files)) write(name, text)
  }
  restore()
  const git = (...args: readonly string[]) => {
    if (!existsSync(path('.git'))) execGit(root, ['init', '--quiet', '--initial-branch=main'])
    return execGit(root, args)
  }
  const flowWorld = ({ github, env = {} }: Pick<Request, 'github' | 'env'> = {}): World => ({
    host: { ...testHost(root, clock), env: { PATH: process.env.PATH ?? '', ...env } },
    ...{ http, httpStream, runTool, random: () => 0.5 },
    github: github === undefined ? undefined : { ...contextOf(world), ...github },
  })
  return {
    ...{ world, root, good, path, read, write, restore, git, flowWorld },
    edit: (name, change) => write(name, changed(name, read(name), change)),
    remove: (name) => rmSync(path(name), { recursive: true }),
    gate: async ({ github, env, ...request } = {}) => {
      const context = flowWorld({ ...(github && { github }), ...(env && { env }) })
      return toRun(
        await runGate({ ...requestFor(world), all: false, base: undefined, updateLock: false, ...request }, context),
      )
    },
    init: (request = {}) => initProject({ ...requestFor(world), ...request }, flowWorld()),
    commit: (message = 'change') => {
      git('add', '--all')
      git('commit', '--quiet', '--allow-empty', '--message', message)
      return git('rev-parse', 'HEAD').trim()
    },
    close: world.close,
  }
}

function requestFor({ root, token }: TestWorld) {
  return { root, offline: false, facts: [], trustedRoots: [], githubToken: token, version: '0.0.0-test' }
}

function contextOf({ origins }: TestWorld): GithubContext {
  return {
    repository: 'acme/app',
    serverUrl: 'https://github.com',
    apiUrl: origins.github ?? '',
    eventName: 'push',
    visibility: 'public',
    ownerType: 'Organization',
    forkPullRequest: false,
  }
}

/** A test whose change changes nothing proves nothing. */
function changed(name: string, text: string, change: (text: string) => string): string {
  const after = change(text)
  if (after === text) throw new Error(`nothing in ${name} was changed`)
  return after
}

function execGit(root: string, args: readonly string[]): string {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false']
  const env = { PATH: process.env.PATH, HOME: root, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }
  const stamp = { GIT_AUTHOR_DATE: WORLD_NOW, GIT_COMMITTER_DATE: WORLD_NOW }
  return execFileSync('git', [...who, ...args], {
    ...{ cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...env, ...stamp } as NodeJS.ProcessEnv,
  })
}

function toRun(result: GateResult): GateRun {
  const { dependencies, findings } = result.verdict
  const of = (name: string) => {
    const found = dependencies.find((one) => one.name === name)
    if (found === undefined) throw new Error(`${name} is none of what was judged`)
    return found
  }
  return {
    ...result,
    of,
    states: Object.fromEntries(dependencies.map(({ name, state }) => [name, state])),
    fails: failing(findings, dependencies),
  }
}

function failing(findings: readonly Finding[], dependencies: readonly JudgedDependency[]): readonly string[] {
  const names = new Map(dependencies.map(({ id, name }) => [id, name]))
  return findings
    .filter(({ level }) => level === 'fail')
    .map(({ rule, code, dependency = '' }) => `${rule} ${code} ${names.get(dependency) ?? ''}`.trim())
}

/** The policy of the project: the world's origins and roots, one `require` entry, one model. */
export function policyText({ policyYaml }: TestWorld, profile: Profile = 'recommended', more = ''): string {
  return `version: 1
profile: ${profile}
platforms: [linux-x64]
${policyYaml}require:
  - match: { purl: "pkg:cargo/rsdata" }
    source: { repository: acme/rsdata }
inputs:
  - role: model
    ref: hf://acme/bert@${REVISION}
${more}`
}

/** Dependency files that name exactly what the world has. */
function projectFiles(world: TestWorld): Readonly<Record<string, string>> {
  return {
    'package-lock.json': npmLock(world, [
      { name: 'tool' },
      { name: '@acme/ui' },
      { name: 'plain' },
      { name: 'checker', dev: true },
    ]),
    'uv.lock': uvLock(world, ['numlib', 'plainpy']),
    'Cargo.lock': cargoLock(world, ['rsdata', 'rsplain']),
    'go.sum': goSum(world, ['example.com/mod']),
    'Gemfile.lock': gemfileLock(world, ['rubylib', 'rubyplain']),
    '.github/workflows/train.yml': workflow(world),
  }
}

/** The newest version that the world has, and its file. */
export function served({ state }: TestWorld, ecosystem: WorldEcosystem, name: string, version?: string) {
  const pack = state.versions(ecosystem, name).findLast((one) => version === undefined || one.version === version)
  const file = pack === undefined ? undefined : state.filesOf(pack)[0]
  if (pack === undefined || file === undefined) throw new Error(`this world has no ${ecosystem} ${name}`)
  return { ...pack, file, integrity: integrityOf(file) ?? '', sha256: file.digests.sha256 ?? '' }
}

export interface NpmEntry {
  readonly name: string
  readonly version?: string
  readonly dev?: boolean
}

export function npmLock(world: TestWorld, entries: readonly NpmEntry[]): string {
  const packages = entries.map(({ name, dev = false, ...wanted }) => {
    const { version, integrity } = served(world, 'npm', name, wanted.version)
    const resolved = `https://registry.npmjs.org/${name}/-/${name.split('/').at(-1)}-${version}.tgz`
    return [`node_modules/${name}`, { version, resolved, integrity, ...(dev ? { dev } : {}) }] as const
  })
  const lock = {
    name: 'app',
    lockfileVersion: 3,
    requires: true,
    packages: { '': { name: 'app' }, ...Object.fromEntries(packages) },
  }
  return `${JSON.stringify(lock, null, 2)}\n`
}

export function uvLock(world: TestWorld, names: readonly string[]): string {
  const packages = names.map((name) => {
    const { version, file, sha256 } = served(world, 'pypi', name)
    const url = `https://files.pythonhosted.org/packages/aa/${file.name}`
    return `[[package]]
name = "${name}"
version = "${version}"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "${url}", hash = "sha256:${sha256}", size = ${file.bytes} },
]
`
  })
  return `version = 1\nrequires-python = ">=3.12"\n\n${packages.join('\n')}`
}

export function cargoLock(world: TestWorld, names: readonly string[]): string {
  const packages = names.map((name) => {
    const { version, sha256 } = served(world, 'cargo', name)
    return `[[package]]
name = "${name}"
version = "${version}"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "${sha256}"
`
  })
  return `version = 4\n\n${packages.join('\n')}`
}

export function goSum(world: TestWorld, names: readonly string[]): string {
  const hash = (hex: string) => `h1:${Buffer.from(hex, 'hex').toString('base64')}`
  const lines = names.flatMap((name) => {
    const { version, file } = served(world, 'go', name)
    return [
      `${name} ${version} ${hash(file.digests.dirHash ?? '')}`,
      `${name} ${version}/go.mod ${hash(goModHash(name))}`,
    ]
  })
  return `${lines.join('\n')}\n`
}

export function gemfileLock(world: TestWorld, names: readonly string[]): string {
  const gems = names.map((name) => served(world, 'rubygems', name))
  const lines = (text: (gem: (typeof gems)[number]) => string) => gems.map(text).join('\n')
  return `GEM
  remote: https://rubygems.org/
  specs:
${lines(({ name, version }) => `    ${name} (${version})`)}

PLATFORMS
  ruby

DEPENDENCIES
${lines(({ name }) => `  ${name}`)}

CHECKSUMS
${lines(({ name, version, sha256 }) => `  ${name} (${version}) sha256=${sha256}`)}

BUNDLED WITH
   2.7.0
`
}

function workflow({ state }: TestWorld): string {
  const [image] = state.description().images ?? []
  if (image === undefined) throw new Error('this world has no image')
  return `on: push
permissions: {}
jobs:
  train:
    runs-on: ubuntu-latest
    container: ${image.name}:${image.tag}@${imageDigest(image)}
    steps:
      - uses: actions/checkout@${CHECKOUT} # v4.2.1
      - run: "true"
`
}

/** A later version by the same signer: its commit on the main branch, tagged, reviewed, with the sources of its archive. */
export function withVersion(description: WorldDescription, name: string, version: string): WorldDescription {
  const commit = deriveCommit(name, version)
  const archive = { 'package.json': `{"name":"${name}","version":"${version}"}`, 'index.js': `// ${name}\n` }
  const next = addVersion(description, { name }, version, ({ attestation, ...pack }) => ({
    ...{ ...pack, archive },
    ...(attestation === undefined ? {} : { attestation: { ...attestation, commit, ref: `refs/tags/v${version}` } }),
  }))
  const repository = next.packages.at(-1)?.attestation?.repository
  if (repository === undefined) return next
  return withRepository(next, repository, ({ branches = {}, tags = [], trees, pullRequests = [], ...rest }) => ({
    ...rest,
    branches: { ...branches, main: [...(branches.main ?? []), commit] },
    tags: [...tags, { name: `v${version}`, commit }],
    trees: { ...trees, [commit]: archive },
    pullRequests: [...pullRequests, { number: 100, commit, author: 'alice', merged: true, approvers: ['bob'] }],
  }))
}

/** The trust lock as it was before anybody had seen this dependency. */
export function withoutLockEntry(text: string, name: string): string {
  const entries = text.split(/^(?= {2}- )/m)
  return entries.filter((entry) => !entry.includes(`name: ${JSON.stringify(name)}`)).join('')
}

/** The `GITHUB_EVENT_PATH` and event of a job, as the runner gives them. */
export function eventJob(project: GateProject, eventName: string, event: object): Pick<Request, 'github' | 'env'> {
  const path = join(project.path('.git'), `event-${eventName}.json`)
  writeFileSync(path, JSON.stringify({ repository: { default_branch: 'main' }, ...event }))
  return { github: { eventName }, env: { GITHUB_EVENT_PATH: path, GITHUB_REPOSITORY_ID: '700100200' } }
}
