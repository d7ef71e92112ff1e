import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_MIRROR_URL, initTUF } from '@sigstore/tuf'
import { CleanbillError, isCleanbillError } from '../model/error.ts'
import { isJsonObject, parseJsonObject } from '../model/json.ts'
import { fileExists, modifiedAt, readFileBytes, writeFileAtomic } from './files.ts'
import type { Host } from './host.ts'

/** Trust material as it was read; parsing and judging it is `verify/trust-material.ts`. */
export interface TrustSource {
  /** File or TUF repository, for messages. */
  readonly name: string
  readonly bytes: Uint8Array
  /** Who began to count after this moment may be missing in it. Absent where it is current, or nobody says. */
  readonly currentUntil?: Date | undefined
}

/** The public Sigstore instance, and GitHub's own for private repositories and releases. */
export type PublicInstance = 'sigstore' | 'github'

/** How long a file that was just fetched is current: as long as TUF's own word of the public instances lasts. */
const CURRENT_MS = 7 * 24 * 3_600_000
const TRUSTED_ROOT = 'trusted_root.json'
const NPM_KEYS = 'registry.npmjs.org/keys.json'
const SIGNING_CONFIG = 'signing_config.v0.2.json'
const MIRRORS: Readonly<Record<PublicInstance, string>> = {
  sigstore: DEFAULT_MIRROR_URL,
  github: 'https://tuf-repo.github.com',
}

export interface PublicTrustOptions {
  /** Folder of the TUF cache; see {@link defaultCachePath}. Whoever can write there decides what is trusted. */
  readonly cachePath: string
  /** Never ask the network: what is cached, or nothing. */
  readonly offline: boolean
  /** The text of GitHub's TUF `root.json` to start from: `@sigstore/tuf` ships a start for the public instance only. */
  readonly githubTufRoot?: string | undefined
}

/** `$XDG_CACHE_HOME/cleanbill/tuf`, else below the home folder. Not for use after a command that nobody trusts ran. */
export function defaultCachePath({ env, cwd }: Pick<Host, 'env' | 'cwd'>): string {
  const home = env.XDG_CACHE_HOME ?? (env.HOME === undefined ? undefined : join(env.HOME, '.cache'))
  return join(home ?? cwd, 'cleanbill', 'tuf')
}

/**
 * Reads trusted roots, keys or certificates that the caller named.
 *
 * @throws {CleanbillError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `LIMIT_EXCEEDED`
 */
export async function loadTrustFiles(paths: readonly string[]): Promise<TrustSource[]> {
  return await Promise.all(
    paths.map(async (name) => {
      const bytes = await readFileBytes(name)
      // What a file says is not newer than the file. A clone or a copy makes it look newer: then nothing is claimed.
      return { name, bytes, currentUntil: new Date((await modifiedAt(name)).getTime() + CURRENT_MS) }
    }),
  )
}

/**
 * The trusted root of a public instance, kept current by TUF.
 *
 * @throws {CleanbillError} `TRUST_ROOT_UNAVAILABLE`: trust could not be established, which says nothing about a bundle
 */
export async function loadCachedRoot(instance: PublicInstance, options: PublicTrustOptions): Promise<TrustSource> {
  return await loadTarget(instance, TRUSTED_ROOT, options)
}

/**
 * The same without any cache, for use after a command that nobody trusts ran: whoever can write the cache decides what
 * is trusted.
 *
 * @throws {CleanbillError} `TRUST_ROOT_UNAVAILABLE`
 */
export async function loadPublicRoot(
  instance: PublicInstance,
  host: Pick<Host, 'env'>,
  githubTufRoot?: string,
  tenant?: string,
): Promise<TrustSource> {
  const target = tenant === undefined ? TRUSTED_ROOT : `${tenant}.${TRUSTED_ROOT}`
  return await withFreshCache(host, (cachePath) =>
    loadTarget(instance, target, { cachePath, offline: false, githubTufRoot }),
  )
}

/** npm's registry keys, from the public instance's TUF repository. */
export async function loadNpmKeys(options: PublicTrustOptions): Promise<TrustSource> {
  return await loadTarget('sigstore', NPM_KEYS, options)
}

/**
 * The public instance's signing config. Called after the wrapped command, so it never uses a cache that the command
 * could have written: a planted config would send the identity token to somebody else.
 *
 * @throws {CleanbillError} `TRUST_ROOT_UNAVAILABLE`
 */
export async function loadSigningConfigTarget(host: Pick<Host, 'env'>): Promise<Uint8Array> {
  const source = await withFreshCache(host, (cachePath) =>
    loadTarget('sigstore', SIGNING_CONFIG, { cachePath, offline: false }),
  )
  return source.bytes
}

/** Runs `load` with an empty TUF cache that only this user can write, and removes it. */
export async function withFreshCache<T>(host: Pick<Host, 'env'>, load: (cachePath: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(host.env.RUNNER_TEMP ?? tmpdir(), 'cleanbill-tuf-'))
  try {
    return await load(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function loadTarget(instance: PublicInstance, target: string, options: PublicTrustOptions): Promise<TrustSource> {
  const mirror = MIRRORS[instance]
  const name = `${target} of ${new URL(mirror).host}`
  if (options.offline) return { name, ...(await readCached(mirror, target, options.cachePath, name)) }
  try {
    const tuf = await initTUF({
      mirrorURL: mirror,
      cachePath: options.cachePath,
      // Metadata that has not expired is used as it is: one verification a minute need not ask each time.
      forceCache: true,
      ...(instance === 'github' ? { rootPath: await writeSeed(options, name) } : {}),
    })
    return { name, bytes: Buffer.from(await tuf.getTarget(target), 'utf8') }
  } catch (cause) {
    if (isCleanbillError(cause)) throw cause
    throw unavailable(`${name} cannot be fetched: ${(cause as Error).message}`, cause)
  }
}

async function writeSeed({ cachePath, githubTufRoot }: PublicTrustOptions, name: string): Promise<string> {
  if (githubTufRoot === undefined) throw unavailable(`there is no TUF root to start ${name} from`)
  const path = join(cachePath, 'github-tuf-root.json')
  await mkdir(cachePath, { recursive: true })
  await writeFileAtomic(path, githubTufRoot)
  return path
}

/** Where @sigstore/tuf keeps a target that it has verified. */
async function readCached(mirror: string, target: string, cachePath: string, name: string): Promise<Found> {
  const { host, pathname } = new URL(mirror)
  const repository = join(cachePath, encodeURIComponent(host + pathname.replace(/\/$/, '')))
  try {
    const bytes = await readFileBytes(join(repository, 'targets', encodeURIComponent(target)))
    return { bytes, currentUntil: await readExpiry(join(repository, 'timestamp.json')) }
  } catch (cause) {
    throw unavailable(`${name} is not in the cache ${cachePath}`, cause)
  }
}

type Found = Pick<TrustSource, 'bytes' | 'currentUntil'>

/** TUF's own word on how long what it has delivered is current: the shortest-lived of its documents says it. */
async function readExpiry(path: string): Promise<Date | undefined> {
  if (!(await fileExists(path))) return undefined
  const { signed } = parseJsonObject(await readFileBytes(path), path)
  const expires = signed !== undefined && isJsonObject(signed) ? signed.expires : undefined
  const time = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  return Number.isNaN(time) ? undefined : new Date(time)
}

function unavailable(message: string, cause?: unknown): CleanbillError {
  return new CleanbillError('TRUST_ROOT_UNAVAILABLE', message, {
    cause,
    hint: 'Nothing was verified. Pass a trusted root with --trusted-root FILE, or run once with the network to fill the cache.',
  })
}
