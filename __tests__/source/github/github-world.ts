import { afterAll } from 'vitest'
import type { WorldDescription, WorldPackage, WorldRepository } from '../../../src/embedded/world/description.ts'
import type { RequestRecord } from '../../../src/embedded/world/server.ts'
import { github, githubBlobs } from '../../../src/embedded/world/services/github.ts'
import { http } from '../../../src/io/http.ts'
import type { Dependency } from '../../../src/model/dependency.ts'
import type { Target } from '../../../src/model/evidence.ts'
import type { SourceQuestion } from '../../../src/model/facts.ts'
import { makeEvidenceClient } from '../../../src/source/http-client.ts'
import type { SourceSession } from '../../../src/source/source.ts'
import { testHost } from '../../support/test-host.ts'
import { startTestWorld, type TestWorld, WORLD_NOW, worldClock } from '../../support/world.ts'

/** Forty digits out of a name. */
export const commit = (name: string): string => Buffer.from(name).toString('hex').padEnd(40, '0').slice(0, 40)
export const sha = (digits: string): string => digits.repeat(64).slice(0, 64)

export interface GithubWorld extends TestWorld {
  /** A new run: its client has asked nothing yet. `token: null` is a stranger. */
  readonly session: (options?: SessionOptions) => SourceSession
  readonly asked: (part?: string) => RequestRecord[]
}

export interface SessionOptions {
  readonly token?: string | null
  readonly repositories?: readonly string[]
  readonly now?: () => Date
  readonly attempts?: number
}

const open: TestWorld[] = []
afterAll(async () => {
  await Promise.all(open.map((world) => world.close()))
})

export async function githubWorld(description: Partial<WorldDescription>, latencyMs = 0): Promise<GithubWorld> {
  const world = await startTestWorld(description, { services: [github, githubBlobs], latencyMs })
  open.push(world)
  return {
    ...world,
    asked: (part = '') => world.requests().filter(({ path }) => path.includes(part)),
    session: ({ token, repositories = [], now = worldClock, attempts = 1 } = {}) => ({
      client: makeEvidenceClient({
        http,
        host: testHost('/', now),
        origins: world.origins,
        credentials:
          token === null
            ? []
            : // Also for the blobs: whoever configures too much must not leak by it.
              [world.origins.github ?? '', world.origins['github-blobs'] ?? ''].map((origin) => ({
                origin,
                header: `Bearer ${token ?? world.token}`,
              })),
        offline: false,
        random: () => 0.5,
        attempts,
        timeoutMs: 5000,
      }),
      origin: (name) => world.origins[name] ?? '',
      now,
      repositoriesOf: () => repositories,
    }),
  }
}

export function question(repository: string, more: Partial<SourceQuestion> = {}): SourceQuestion {
  const [owner = '', name = ''] = repository.split('/')
  return {
    server: 'https://github.com',
    owner,
    repository: name,
    commit: commit('head'),
    refPatterns: [],
    review: false,
    ...more,
  }
}

export function repository(name: string, more: Partial<WorldRepository> = {}): WorldRepository {
  return { name, branches: { main: [commit('root'), commit('head')] }, ...more }
}

/** A package in GitHub's store, its one file named by its digest. */
export function attested(name: string, digest: string, more: Partial<WorldPackage> = {}): WorldPackage {
  return {
    ecosystem: 'cargo',
    name,
    version: '1.0.0',
    files: [{ name: `${name}-1.0.0.crate`, digests: { sha256: digest } }],
    attestation: { repository: 'acme/app' },
    onGithub: true,
    ...more,
  }
}

export function dependency(name: string, more: Partial<Dependency> = {}): Dependency {
  return {
    id: `pkg:cargo/${name}@1.0.0`,
    kind: 'package',
    ecosystem: 'cargo',
    name,
    version: '1.0.0',
    digests: {},
    file: 'Cargo.lock',
    line: 1,
    scope: 'runtime',
    source: 'registry',
    ...more,
  }
}

export function target(name: string, digest: string, more: Partial<Dependency> = {}): Target {
  const digests = { sha256: digest }
  return { dependency: dependency(name, { digests, ...more }), digests }
}

export function action(name: string, pin: string, more: Partial<Dependency> = {}): Dependency {
  return dependency(name, {
    id: `pkg:github/${name}@${pin}`,
    kind: 'action',
    ecosystem: 'github',
    version: pin,
    source: 'git',
    location: `${name}@${pin}`,
    file: '.github/workflows/ci.yml',
    scope: 'ci',
    digests: /^[0-9a-f]{40}$/.test(pin) ? { gitCommit: pin } : {},
    ...more,
  })
}

export { WORLD_NOW, worldClock }
