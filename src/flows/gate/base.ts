import { join, posix, relative, sep } from 'node:path'
import { findInTree } from '../../discover/find-dependencies.ts'
import { isSkippedFolder } from '../../discover/known-files.ts'
import type { FileTree } from '../../io/file-tree.ts'
import { readFileBytes } from '../../io/files.ts'
import { type Git, openGit } from '../../io/git.ts'
import { openCommit } from '../../io/git-tree.ts'
import type { Discovery } from '../../model/dependency.ts'
import { CleanbillError, isCleanbillError } from '../../model/error.ts'
import { decodeUtf8 } from '../../model/json.ts'
import type { World } from '../world.ts'
import type { ReadNamed } from './config.ts'
import type { GateJob } from './job.ts'

/** What a pull request is compared with: its merge base, with the policy and the lock that stood there. */
export interface Base {
  readonly commit: string
  /** As it was asked for: a ref, or the event that named it. */
  readonly label: string
  readonly discovery: Discovery
  readonly policy: string | undefined
  readonly lock: string | undefined
  /**
   * A file that the policy there names: a key, a trusted root. It is the commit's own, whatever the change has put in its
   * place (T-PP-08). What neither commit tracks was made by a step of this job, and is the same for both.
   */
  readonly read: ReadNamed
}

export interface BaseRequest {
  readonly root: string
  /** `--base REF`; undefined: the event of this job decides. */
  readonly base: string | undefined
  /** `--all`: no base, whatever the event says. */
  readonly all: boolean
  /** Paths from the root. */
  readonly policyPath: string
  readonly lockPath: string
}

const MAX_FILES = 500_000
const MAX_CONFIG_BYTES = 8 * 1024 * 1024

/**
 * Finds and reads the base. On pull requests and in the merge queue it is the merge base with the target (T-AC-18: not
 * the target's tip, which may have moved on); elsewhere there is none unless one is named.
 *
 * @throws {CleanbillError} `BASE_UNREADABLE`: a base that cannot be read must not make everything look unchanged, nor
 *   everything new (T-AC-17)
 */
export async function loadBase(
  request: BaseRequest,
  job: GateJob | undefined,
  world: World,
): Promise<Base | undefined> {
  if (request.all) return undefined
  const named = request.base === undefined ? baseOfJob(job) : { label: request.base, ref: request.base }
  if (named === undefined) return undefined
  const git = await openGit(request.root, { env: world.host.env, runTool: world.runTool })
  if (git === undefined) throw unreadable(named.label, 'this is no git working tree, or git is missing')
  const commit = await mergeBase(git, named.ref, named.label)
  const folder = relative(git.root, request.root).split(sep).join('/')
  const tree = await openCommit(git, commit, { folder, skip: isSkippedFolder, maxFiles: MAX_FILES })
  return {
    commit,
    label: named.label,
    discovery: await discover(tree, commit),
    policy: await readText(tree, request.policyPath),
    lock: await readText(tree, request.lockPath),
    read: (path, maxBytes) => readNamed(git, commit, { path, maxBytes, folder, root: request.root }),
  }
}

/** A base without any dependency file is a base all the same; one with a broken lock is not. */
async function discover(tree: FileTree, commit: string): Promise<Discovery> {
  try {
    const found = await findInTree(tree)
    const broken = found.files.find(({ error }) => error !== undefined)
    if (broken === undefined) return found
    throw unreadable(commit, `${JSON.stringify(broken.path)} in it: ${broken.error?.code ?? ''}`)
  } catch (error) {
    if (!isCleanbillError(error) || error.code !== 'INPUT_EMPTY') throw error
    return { files: [], dependencies: [], notices: [], skipped: [] }
  }
}

async function readText(tree: FileTree, path: string): Promise<string | undefined> {
  if (!(await tree.has(path))) return undefined
  return decodeUtf8(await tree.read(path, MAX_CONFIG_BYTES), path)
}

async function readNamed(
  git: Git,
  commit: string,
  { path, maxBytes, folder, root }: { path: string; maxBytes: number; folder: string; root: string },
): Promise<Uint8Array> {
  const at = posix.normalize(posix.join(folder, path))
  const bytes = await git.bytes(['cat-file', 'blob', `${commit}:${at}`], maxBytes)
  if (bytes !== undefined) return bytes
  const isNew = (await git.text(['cat-file', '-e', `HEAD:${at}`])) !== undefined
  if (isNew) throw unreadable(commit, `${JSON.stringify(path.slice(0, 200))}, which its policy names, is not in it`)
  return readFileBytes(join(root, path), maxBytes)
}

async function mergeBase(git: Git, ref: string, label: string): Promise<string> {
  // `--end-of-options`: a branch may be called like an option (T-AC-01).
  const tip = await git.text(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])
  const head = await git.text(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
  if (tip === undefined || head === undefined) throw unreadable(label, 'it is not in this clone')
  const found = await git.text(['merge-base', tip.trim(), head.trim()])
  if (found === undefined) throw unreadable(label, 'it has no commit in common with HEAD in this clone')
  return found.trim()
}

/** The target of the pull request or of the merge group, as the event has it. */
function baseOfJob(job: GateJob | undefined): { label: string; ref: string } | undefined {
  if (job?.change === undefined) return undefined
  const { event, base } = job.change
  const label = `the base of this ${event}`
  if (base === undefined) throw unreadable(label, 'the event does not name its commit')
  return { label, ref: base }
}

function unreadable(what: string, why: string): CleanbillError {
  return new CleanbillError('BASE_UNREADABLE', `${what.slice(0, 200)} cannot be read: ${why}`, {
    hint: 'Fetch it (actions/checkout with fetch-depth: 0), or judge everything with --all. Nothing was judged.',
  })
}
