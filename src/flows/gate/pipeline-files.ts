import { posix, relative, sep } from 'node:path'
import { type Git, openGit } from '../../io/git.ts'
import type { GithubContext } from '../../io/github.ts'
import { type PipelineFile, questionKey, type SourceFacts, type SourceQuestion } from '../../model/facts.ts'
import { mapBounded } from '../../model/map-bounded.ts'
import type { World } from '../world.ts'
import type { GateJob } from './job.ts'

/** From the root of the working tree. What lies there runs with the project's own permissions. */
const RUNS = ['.github/workflows', '.github/actions']
/** Of more the last change is not looked for, and that is said. */
const MOST = 200
const AT_ONCE = 4

/** Nobody can say which files there are, and that is not the same as none. */
const UNKNOWN: readonly ChangedFile[] = RUNS.map((path) => ({ path, commit: undefined }))

/** A file and the commit that changed it last. */
export type ChangedFile = Pick<PipelineFile, 'path' | 'commit'>

export interface PipelineFilesRequest {
  /** Folder of the project, absolute. */
  readonly root: string
  /** From the root. */
  readonly policyPath: string
  readonly lockPath: string
  /** Commit that the change is compared with: what it left alone is not asked about. */
  readonly base: string | undefined
}

/**
 * The project's own workflows, actions, policy and trust lock, each with the commit that changed it last (R5). In a pull
 * request there are none: whoever reviews it has not spoken yet.
 *
 * @returns empty outside of GitHub Actions, where nothing says whose repository this is
 */
export async function findPipelineFiles(
  { root, policyPath, lockPath, base }: PipelineFilesRequest,
  job: GateJob | undefined,
  { host, github, runTool }: World,
): Promise<readonly ChangedFile[]> {
  if (github === undefined || job?.change !== undefined) return []
  const git = await openGit(root, { env: host.env, runTool })
  if (git === undefined) return UNKNOWN
  const folder = relative(git.root, root).split(sep).join('/')
  // A policy that lies outside of the repository is none of its files.
  const own = [policyPath, lockPath].map((path) => posix.join(folder, path)).filter((path) => !path.startsWith('../'))
  const list = ['ls-tree', '-r', '-z', '--full-tree', '--name-only', 'HEAD', '--', ...RUNS, ...own]
  const listed = await git.text(list)
  if (listed === undefined) return UNKNOWN
  const paths = listed.split('\0').filter((path) => path !== '')
  const isShallow = (await git.text(['rev-parse', '--is-shallow-repository']))?.trim() !== 'false'
  const changes = await mapBounded(paths, AT_ONCE, async (path, index) => {
    const last = index < MOST ? await lastChange(git, path, base, isShallow) : { commit: undefined }
    return last === undefined ? [] : [{ path: posix.relative(folder, path), ...last }]
  })
  return changes.flat()
}

/**
 * Asked of `rev-list`, since the repository's own settings can have `log` run a program.
 *
 * @returns undefined for a file that is as it was in the base
 */
async function lastChange(
  git: Git,
  path: string,
  base: string | undefined,
  isShallow: boolean,
): Promise<Pick<ChangedFile, 'commit'> | undefined> {
  const range = base === undefined ? ['HEAD'] : ['HEAD', `^${base}`]
  const found = await git.text(['rev-list', '--max-count=1', '--parents', ...range, '--', `:(top,literal)${path}`])
  if (found === undefined) return { commit: undefined }
  const [commit, ...parents] = found.trim().split(' ')
  if (commit === undefined || commit === '') return base === undefined ? { commit: undefined } : undefined
  // Where a shallow clone ends, a commit seems to have made all that it holds.
  return { commit: isShallow && parents.length === 0 ? undefined : commit }
}

/** What is asked of GitHub about them. Equal questions are asked once, there as here. */
export function questionsAbout(
  files: readonly ChangedFile[],
  github: GithubContext | undefined,
): readonly SourceQuestion[] {
  return files.flatMap((file) => questionAbout(file, github) ?? [])
}

function questionAbout({ commit }: ChangedFile, github: GithubContext | undefined): SourceQuestion | undefined {
  if (github === undefined || commit === undefined) return undefined
  const [owner = '', repository = ''] = github.repository.split('/')
  return { server: github.serverUrl, owner, repository, commit, refPatterns: [], review: true }
}

export function withReviews(
  files: readonly ChangedFile[],
  github: GithubContext | undefined,
  facts: ReadonlyMap<string, SourceFacts>,
): readonly PipelineFile[] {
  return files.map((file) => {
    const question = questionAbout(file, github)
    const review = question && facts.get(questionKey(question))?.review
    return { ...file, review: review ?? NO_HISTORY }
  })
}

const NO_HISTORY: PipelineFile['review'] = {
  kind: 'unknown',
  code: 'CONTEXT_UNKNOWN',
  message: 'its history is not here (actions/checkout with fetch-depth: 0 fetches all of it)',
}
