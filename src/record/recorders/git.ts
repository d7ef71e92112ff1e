import { createHash } from 'node:crypto'
import { lstat, readlink } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { hashFile } from '../../io/files.ts'
import { type Git, openGit } from '../../io/git.ts'
import type { Limit } from '../../model/error.ts'
import type { JsonObject } from '../../model/json.ts'
import { dropEmpty, type ResourceDescriptor } from '../../model/statement.ts'
import { toPublicRemote } from '../public-remote.ts'
import { type RecordContext, type Recorder, settled } from '../recorder.ts'

/** Untracked bytes hashed at most; a data set that lies untracked in the tree is an input, and hashed as one. */
const MAX_UNTRACKED_BYTES = 1024 * 1024 * 1024

const DIFF = ['diff', '--binary', '--full-index', '--no-ext-diff', '--no-textconv', '--no-color', '--no-renames']
const SUBMODULES = '--ignore-submodules=dirty'

/** The source: commit, tree, what differs from it, where it came from. */
export const gitRecorder: Recorder = {
  id: 'git',
  async start(context) {
    const git = await openGit(context.workspace, { env: context.childEnv, runTool: context.runTool })
    const before = git && (await readState(git, context))
    if (git === undefined || before === undefined) return settled({ limits: [NOT_IN_GIT] })
    const source = await describeSource(git, context, before)
    return {
      async finish() {
        const after = await readState(git, context)
        const changed = after?.commit !== before.commit || after?.tracked !== before.tracked
        return changed ? { ...source, limits: [...(source.limits ?? []), CHANGED] } : source
      },
    }
  },
}

const NOT_IN_GIT: Limit = {
  code: 'SOURCE_NOT_IN_GIT',
  message: 'the workspace is not a git working tree with a commit: the source is named by nothing',
}
const CHANGED: Limit = {
  code: 'SOURCE_CHANGED_DURING_RUN',
  message: 'the commit or tracked files (other than declared outputs) changed while the command ran',
}

interface SourceState {
  readonly commit: string
  /** Digest of the difference of tracked files, declared outputs left aside. */
  readonly tracked: string | undefined
}

async function readState(git: Git, context: RecordContext): Promise<SourceState | undefined> {
  const commit = await line(git, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined
  const outputs = context.outputs.map(({ pattern }) => `:(exclude,glob)${pattern.replace(/^\.\//, '')}`)
  const tracked = await git.digest([...DIFF, SUBMODULES, 'HEAD', '--', ':(top)', ...outputs])
  return { commit, tracked: tracked?.sha256 }
}

async function describeSource(git: Git, context: RecordContext, state: SourceState) {
  const tree = await line(git, ['rev-parse', '--verify', '--quiet', 'HEAD^{tree}'])
  const remote = await readRemote(git)
  const ref = await readRef(git, context, state.commit)
  const difference = await readDifference(git, context)
  const dependency: ResourceDescriptor = {
    name: 'source',
    // Without a published remote the digest alone names it: a path of somebody's disk is nobody's business.
    ...(remote === undefined ? {} : { uri: `git+${remote}${ref === undefined ? '' : `@${ref}`}` }),
    digest: { gitCommit: state.commit },
    annotations: {
      role: 'source',
      ...(dropEmpty({ gitTree: tree, ref }) as JsonObject),
      ...difference.annotations,
    },
  }
  const limits = isOtherCommit(context, state.commit) ? [...difference.limits, OTHER_COMMIT] : difference.limits
  return { resolvedDependencies: [dependency], limits }
}

/** A job may check out, or make, another commit than the one its run (and so its certificate) names. */
function isOtherCommit({ host }: RecordContext, commit: string): boolean {
  const { GITHUB_ACTIONS, GITHUB_SHA } = host.env
  return GITHUB_ACTIONS === 'true' && GITHUB_SHA !== undefined && GITHUB_SHA !== commit
}

const OTHER_COMMIT: Limit = {
  code: 'SOURCE_NOT_TRIGGER_COMMIT',
  message: 'the source is another commit than the one this run was started for and its certificate names',
}

async function readRemote(git: Git): Promise<string | undefined> {
  // The configured value: `git remote get-url` would apply rewrites, which are the machine's and not the source's.
  const origin = await line(git, ['config', '--get', 'remote.origin.url'])
  return origin === undefined ? undefined : toPublicRemote(origin)
}

/** The full name of what is checked out; CI checks a tag or pull request out detached and says the name itself. */
async function readRef(git: Git, context: RecordContext, commit: string): Promise<string | undefined> {
  const { GITHUB_SHA, GITHUB_REF } = context.host.env
  if (GITHUB_SHA === commit && GITHUB_REF?.startsWith('refs/')) return GITHUB_REF
  // Another commit than the run was started for: under the run's ref it would contradict the certificate.
  if (isOtherCommit(context, commit)) return undefined
  return await line(git, ['symbolic-ref', '--quiet', 'HEAD'])
}

/**
 * What lies in the working tree beyond the commit. `diffSha256` is the digest of `git diff HEAD --binary`;
 * `untrackedSha256` of one line `<sha256 or kind> <JSON name>` for each untracked file that is not ignored, in git's order.
 */
async function readDifference(git: Git, context: RecordContext): Promise<{ annotations: JsonObject; limits: Limit[] }> {
  const limits: Limit[] = []
  const diff = await git.digest([...DIFF, SUBMODULES, 'HEAD'])
  const listed = await git.text([
    'ls-files',
    '--others',
    '--exclude-standard',
    '-z',
    '--',
    ':(top)',
    ...ownFolder(context),
  ])
  const index = await git.text(['ls-files', '-v', '-s', '-z', '--', ':(top)'])
  if (diff === undefined || listed === undefined || index === undefined) {
    return { annotations: {}, limits: [unknown('git could not compare the working tree with the commit')] }
  }
  const entries = index.split('\0')
  // assume-unchanged and skip-worktree hide a changed file from every diff.
  const hidden = entries.filter((entry) => /^[a-zS] /.test(entry)).length
  if (hidden > 0) limits.push(unknown(`${hidden} tracked files are marked as not to be compared`))
  const submodules = entries.filter((entry) => /^\S 160000 /.test(entry)).length
  if (submodules > 0) limits.push(unknown(`the content of ${submodules} submodules was not compared`))
  const names = listed.split('\0').filter((name) => name !== '')
  const dirty = diff.bytes > 0 || names.length > 0
  if (!dirty) return { annotations: { dirty }, limits }
  const untracked = names.length === 0 ? undefined : await hashUntracked(git, names)
  if (untracked?.partial) limits.push(unknown('untracked files beyond 1 GiB are listed by size, not hashed'))
  limits.push({
    code: 'SOURCE_DIRTY',
    message: 'the working tree differed from its commit: the commit alone does not name the source',
  })
  const found = {
    diffSha256: diff.bytes > 0 ? diff.sha256 : undefined,
    untracked: untracked && names.length,
    untrackedSha256: untracked?.sha256,
  }
  return { annotations: { dirty, ...(dropEmpty(found) as JsonObject) }, limits }
}

/** What we wrote in an earlier run is no change of the source. */
function ownFolder({ workspace, out }: RecordContext): string[] {
  const inside = out === undefined ? '' : relative(workspace, out)
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return []
  return [`:(exclude,literal)${inside.split(sep).join('/')}`]
}

function unknown(why: string): Limit {
  return { code: 'SOURCE_DIFFERENCE_UNKNOWN', message: why }
}

async function hashUntracked(git: Git, names: readonly string[]): Promise<{ sha256: string; partial: boolean }> {
  // Names are relative to the folder git was asked in, except that `:(top)` may climb above it with `../`.
  const prefix = (await git.text(['rev-parse', '--show-prefix']))?.replace(/\n$/, '') ?? ''
  const hash = createHash('sha256')
  let left = MAX_UNTRACKED_BYTES
  let partial = false
  for (const name of names) {
    const path = join(git.root, prefix, name)
    const found = await lstat(path).catch(() => undefined)
    let content = 'unreadable'
    if (found?.isSymbolicLink()) content = `link:${JSON.stringify(await readlink(path).catch(() => ''))}`
    else if (found?.isDirectory()) content = 'repository'
    else if (found?.isFile() && found.size > left) {
      content = `size:${found.size}`
      partial = true
    } else if (found?.isFile()) {
      left -= found.size
      content = await hashFile(path).then(
        (file) => file.sha256,
        () => 'unreadable',
      )
    }
    hash.update(`${content} ${JSON.stringify(name)}\n`)
  }
  return { sha256: hash.digest('hex'), partial }
}

async function line(git: Git, args: readonly string[]): Promise<string | undefined> {
  const text = (await git.text(args))?.trim()
  return text === '' ? undefined : text
}
