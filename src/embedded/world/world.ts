import { join, relative, sep } from 'node:path'
import { writeFileAtomic } from '../../io/files.ts'
import { CleanbillError } from '../../model/error.ts'
import { EVIDENCE_ORIGINS } from '../../model/policy.ts'
import { spkiOf, toPem } from '../x509.ts'
import type { WorldDescription, WorldFault } from './description.ts'
import { FaultTable } from './faults.ts'
import { makeSigner } from './instance.ts'
import { openWorldKeys, type WorldKeys } from './keys.ts'
import { makeWorldState, sumdbVerifierKey } from './make-state.ts'
import { npmKeysDocument } from './npm-keys.ts'
import type { WorldService } from './route.ts'
import { createServiceServer, listenOnLoopback, type RequestRecord, stopServer } from './server.ts'
import { WORLD_SERVICES } from './services/index.ts'
import type { WorldState } from './state.ts'

export interface WorldOptions {
  /** Keys and trust documents. Keep it to keep what was signed verifiable; name a new one for a new world. */
  readonly stateDir: string
  readonly clock: () => Date
  /** Default: all of them. */
  readonly services?: readonly WorldService[] | undefined
  /** Before every answer. Default 0. */
  readonly latencyMs?: number | undefined
  /** What counts as authenticated. Default: one made once for the state folder. */
  readonly token?: string | undefined
  /** Paths and faults of the simulator itself. Never a token. */
  readonly log?: ((line: string) => void) | undefined
}

/** A running world: registries and GitHub on loopback, and the documents that make somebody trust what it signs. */
export interface World {
  /** Base URL by service, as in `evidence:` of a policy. */
  readonly origins: Readonly<Record<string, string>>
  readonly trustedRootPath: string
  /** Of GitHub's own instance: no logs, timestamps only. */
  readonly githubTrustedRootPath: string
  readonly npmKeysPath: string
  /** `name+hash+key` of the Go checksum database. */
  readonly goSumdb: string
  /** PEM of the independent rebuilder. */
  readonly rebuildKeyPath: string
  readonly token: string
  readonly state: WorldState
  /** Signs everything that is attested, so that a measurement does not measure the simulator. How many there are. */
  readonly presign: () => Promise<number>
  /** The story goes on. What was signed before stays as it was. */
  readonly setDescription: (description: WorldDescription) => void
  readonly setFaults: (faults: readonly WorldFault[]) => void
  /** Everything that was asked since the last {@link clearRequests}. */
  readonly requests: () => readonly RequestRecord[]
  readonly requestCounts: () => Readonly<Record<string, number>>
  readonly clearRequests: () => void
  readonly close: () => Promise<void>
}

/**
 * Starts a simulated world: every service on a port of its own on 127.0.0.1. Everything it signs is really signed, by
 * keys that nobody outside this world trusts.
 *
 * @throws {CleanbillError} `STATE_CHANGED`, `FILE_UNREADABLE`, `WRITE_FAILED`
 * @example
 * const world = await startWorld({ packages, repositories: [] }, { stateDir: '.world', clock: () => host.now() })
 */
export async function startWorld(description: WorldDescription, options: WorldOptions): Promise<World> {
  const { stateDir, clock, services = WORLD_SERVICES, latencyMs = 0, log = () => undefined } = options
  const keys = await openWorldKeys(stateDir, clock())
  const documents = await writeDocuments(stateDir, keys)
  const token = options.token ?? keys.token
  const faults = new FaultTable()
  const records: RequestRecord[] = []
  const origins: Record<string, string> = {}
  const origin = (name: string): string => {
    const url = origins[name]
    if (url === undefined) throw new RangeError(`this world has no service ${name}`)
    return url
  }
  const state = makeWorldState({ description, clock, keys, origin })
  const servers = services.map((service) => ({
    service,
    server: createServiceServer({
      service,
      state,
      faults,
      latencyMs,
      token,
      record: (request) => records.push(request),
      onDefect: (error) => log(`${service.origin}: ${error instanceof Error ? error.stack : String(error)}`),
    }),
  }))
  for (const { service, server } of servers) origins[service.origin] = await listenOnLoopback(server)
  return {
    origins,
    ...documents,
    goSumdb: sumdbVerifierKey(keys),
    token,
    state,
    presign: () => presign(state),
    setDescription: state.replace,
    setFaults: (list) => faults.set(list),
    requests: () => [...records],
    requestCounts: () => countBy(records, ({ service }) => service),
    clearRequests: () => void records.splice(0),
    close: async () => void (await Promise.all(servers.map(({ server }) => stopServer(server)))),
  }
}

async function writeDocuments(stateDir: string, keys: WorldKeys) {
  const signer = makeSigner(keys)
  const write = async (name: string, content: object | string) => {
    const path = join(stateDir, name)
    await writeFileAtomic(path, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`, 0o600)
    return path
  }
  return {
    trustedRootPath: await write('trusted_root.json', signer.trustedRoot()),
    githubTrustedRootPath: await write('github_trusted_root.json', signer.githubTrustedRoot()),
    npmKeysPath: await write('npm_keys.json', npmKeysDocument(keys.keys.npm, keys.createdAt)),
    rebuildKeyPath: await write('rebuild_key.pem', toPem(spkiOf(keys.keys.rebuild.publicKey), 'PUBLIC KEY')),
  }
}

async function presign(state: WorldState): Promise<number> {
  let count = 0
  for (const pack of state.description().packages) {
    for (const file of state.filesOf(pack)) {
      if (state.isAttested(pack, file)) count += (await state.attestationsOf(pack, file)).length
    }
  }
  return count
}

function countBy<T>(list: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of list) counts[key(item)] = (counts[key(item)] ?? 0) + 1
  return counts
}

/** What a policy's `evidence:` may name; other services are only reached through these. */
const isEvidence = (name: string): boolean => name in EVIDENCE_ORIGINS || name.startsWith('oci:')

/**
 * The part of a policy file that points a gate at this world and makes it trust what the world signs.
 *
 * @param root the gated repository: a policy names files below it only, so the world's state folder has to lie there
 * @throws {CleanbillError} `PATH_UNSAFE`
 */
export function policyFor(world: World, root: string): string {
  const quoted = (text: string) => JSON.stringify(text)
  const inside = (path: string) => quoted(pathBelow(root, path))
  const evidence = Object.entries(world.origins)
    .filter(([name]) => isEvidence(name))
    .map(([name, url]) => `  ${quoted(name)}: ${quoted(url)}\n`)
  return [
    'trust:\n',
    `  roots: [${inside(world.trustedRootPath)}, ${inside(world.githubTrustedRootPath)}]\n`,
    `  npm-keys: ${inside(world.npmKeysPath)}\n`,
    `  go-sumdb: ${quoted(world.goSumdb)}\n`,
    `  oss-rebuild: ${inside(world.rebuildKeyPath)}\n`,
    ...(evidence.length === 0 ? [] : ['evidence:\n', ...evidence]),
  ].join('')
}

function pathBelow(root: string, path: string): string {
  const below = relative(root, path).split(sep).join('/')
  if (!below.startsWith('..') && !below.startsWith('/')) return below
  throw new CleanbillError('PATH_UNSAFE', `the world's trust documents are not below ${root}`, {
    hint: 'Start the world with a state folder inside the repository.',
  })
}
