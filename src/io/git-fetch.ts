import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isCommit } from '../model/digest.ts'
import { CleanbillError } from '../model/error.ts'
import { isLoopback, parseHttpUrl } from './http.ts'
import { type OwnGit, OwnGitFailure, openOwnGit, packBytes } from './own-git.ts'
import { checkOutPlain, PLAIN_ATTRIBUTES, type PlainCheckoutLimits } from './plain-checkout.ts'

export interface GitFetch {
  /** Of the repository, https (plain http: loopback only). */
  readonly url: string
  readonly token: string | undefined
  /** Full commit ids. The first one is checked out; the others are there with their history. */
  readonly head: string
  readonly base: string
  /** The folder in which we make our own. */
  readonly parent: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Default: what an honest repository stays below. */
  readonly limits?: GitFetchLimits
}

export interface GitFetchLimits extends PlainCheckoutLimits {
  readonly maxPackBytes: number
}

export interface FetchedCommit {
  /** Our own: a repository whose HEAD is the commit, with its files as plain bytes. Absolute, in its real place. */
  readonly folder: string
  readonly remove: () => Promise<void>
}

const FETCH_MS = 600_000
const GIB = 1024 ** 3
const LIMITS: GitFetchLimits = { maxFiles: 500_000, maxBytes: 4 * GIB, maxPackBytes: 8 * GIB }

/**
 * Fetches a commit that a stranger wrote, and lays its files out to be read. Nothing of it is run: see {@link openOwnGit}
 * and {@link checkOutPlain}. The token is told to git in the environment and for this one address, never as an argument
 * or on disk; a redirect is not followed.
 *
 * @throws {CleanbillError} `CHANGE_UNREADABLE`, with the folder gone; `URL_DENIED`
 */
export async function fetchCommit(request: GitFetch): Promise<FetchedCommit> {
  const { url, head, base, limits = LIMITS } = request
  for (const id of [head, base]) if (!isCommit(id)) throw unreadable(id, 'that is no full commit id')
  const { protocol, hostname } = parseHttpUrl(url)
  const folder = await realpath(await mkdtemp(join(request.parent, 'cleanbill-change-')))
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 3 })
  try {
    const git = openOwnGit(folder, request.env)
    await makeRepository(git, folder, head.length)
    const plain = protocol === 'http:' && isLoopback(hostname)
    await fetch(git, request, ['https', ...(plain ? ['http'] : [])])
    if ((await packBytes(folder)) > limits.maxPackBytes) throw new OwnGitFailure('it is too large')
    // A tag has an id too, and would be peeled to another commit than the event named.
    for (const id of [head, base]) {
      const type = (await git({ args: ['cat-file', '-t', id] })).toString().trim()
      if (type !== 'commit') throw new OwnGitFailure(`${id} is no commit`)
    }
    await git({ args: ['update-ref', '--no-deref', 'HEAD', head] })
    await checkOutPlain(git, folder, head, limits)
    return { folder, remove }
  } catch (error) {
    await remove()
    throw error instanceof OwnGitFailure ? unreadable(head, error.message) : error
  }
}

async function makeRepository(git: OwnGit, folder: string, digits: number): Promise<void> {
  const format = digits === 64 ? ['--object-format=sha256'] : []
  await git({ args: ['init', '--quiet', '--template=', ...format] })
  await mkdir(join(folder, '.git', 'info'), { recursive: true })
  await writeFile(join(folder, '.git', 'info', 'attributes'), PLAIN_ATTRIBUTES)
}

async function fetch(
  git: OwnGit,
  { url, token, head, base, limits = LIMITS }: GitFetch,
  protocols: readonly string[],
): Promise<void> {
  const settings = [
    ...protocols.map((name) => `protocol.${name}.allow=always`),
    ...['http.followRedirects=false', 'http.lowSpeedLimit=1000', 'http.lowSpeedTime=60'],
    // A pack stays a pack, whose size can be watched.
    ...['fetch.unpackLimit=1', 'fetch.writeCommitGraph=false', 'transfer.bundleURI=false'],
  ]
  const options = ['--quiet', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head', '--no-auto-gc']
  await git({
    args: [
      ...settings.flatMap((setting) => ['-c', setting]),
      ...['fetch', ...options, '--end-of-options', url, ...new Set([head, base])],
    ],
    env: token === undefined ? {} : withToken(url, token),
    timeoutMs: FETCH_MS,
    maxPackBytes: limits.maxPackBytes,
  })
}

function withToken(url: string, token: string): Record<string, string> {
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${url}.extraheader`,
    GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`,
  }
}

function unreadable(head: string, why: string): CleanbillError {
  return new CleanbillError('CHANGE_UNREADABLE', `the commit ${head.slice(0, 100)} cannot be fetched: ${why}`, {
    hint: 'The job needs contents: read, and git. Nothing was judged.',
  })
}
