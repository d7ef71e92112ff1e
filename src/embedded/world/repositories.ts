import { deriveCommit, deriveId, deriveRunId, plusSeconds } from './derive.ts'
import type { WorldAttestation, WorldJob, WorldRepository, WorldRun } from './description.ts'

/** A repository with every default filled in, and with what the attestations of its packages imply. */
export type CompleteRepository = Required<Omit<WorldRepository, 'status'>> & {
  readonly runs: readonly CompleteRun[]
  readonly status?: number
}

export type CompleteRun = Required<Omit<WorldRun, 'deleted'>> & { readonly deleted?: boolean }

/** An attestation with every default filled in. */
export interface CompleteAttestation extends Omit<WorldAttestation, 'run'> {
  readonly ref: string
  readonly commit: string
  readonly workflow: string
  readonly signerRepository: string
  readonly signerRef: string
  readonly signerWorkflow: string
  readonly signerCommit: string
  readonly trigger: string
  readonly run: { readonly id: string; readonly attempt: string }
  readonly signedAt: string
  readonly instance: 'sigstore' | 'github'
}

/** One signature that the description asks for. */
export interface SigningEvent {
  readonly attestation: WorldAttestation
  /** What was built, `npm:left-pad@1.3.0`: all files of one version come from one run. */
  readonly key: string
  /** When it was published, RFC 3339. */
  readonly publishedAt: string
}

const DEFAULT_WORKFLOW = '.github/workflows/release.yml'

/** Fills in what an attestation leaves out. `described` is the repository as the description has it, if it has it. */
export function completeAttestation(
  { attestation, key, publishedAt }: SigningEvent,
  described: WorldRepository | undefined,
  signer: WorldRepository | undefined,
): CompleteAttestation {
  const { repository } = attestation
  const workflow = attestation.workflow ?? DEFAULT_WORKFLOW
  const ref = attestation.ref ?? `refs/heads/${described?.defaultBranch ?? 'main'}`
  const commit = attestation.commit ?? headOf(described, ref) ?? deriveCommit(lower(repository), key)
  const signerRepository = attestation.signerRepository ?? repository
  const signerRef = attestation.signerRef ?? (signerRepository === repository ? ref : 'refs/heads/main')
  const run = described?.runs?.find(({ id }) => id === attestation.run)
  const derived = deriveRunId(lower(repository), key, commit, workflow)
  return {
    ...attestation,
    ref,
    commit,
    workflow,
    signerRepository,
    signerRef,
    signerWorkflow: attestation.signerWorkflow ?? workflow,
    signerCommit:
      signerRepository === repository && signerRef === ref
        ? commit
        : (headOf(signer, signerRef) ?? deriveCommit(lower(signerRepository), signerRef)),
    trigger: attestation.trigger ?? run?.event ?? 'push',
    run: { id: attestation.run ?? derived, attempt: run?.attempt ?? '1' },
    signedAt: attestation.signedAt ?? publishedAt,
    instance: attestation.instance ?? 'sigstore',
  }
}

/** Head of a ref; of the default branch where the description lists branches and does not know the ref. */
function headOf(repository: WorldRepository | undefined, ref: string): string | undefined {
  if (repository === undefined) return undefined
  const { branches, tags, defaultBranch = 'main' } = repository
  const tag = tags?.find(({ name }) => ref === `refs/tags/${name}`)?.commit
  const branch = ref.startsWith('refs/heads/') ? branches?.[ref.slice('refs/heads/'.length)]?.at(-1) : undefined
  return tag ?? branch ?? branches?.[defaultBranch]?.at(-1)
}

/**
 * A repository as GitHub would show it. What the description says stays as it is; where it says nothing about
 * branches, tags or a run, there is what an honest release would have left behind.
 */
export function completeRepository(
  name: string,
  described: WorldRepository | undefined,
  built: readonly CompleteAttestation[],
  madeAt: string,
): CompleteRepository {
  const defaultBranch = described?.defaultBranch ?? 'main'
  const [owner = ''] = name.split('/')
  const branches = described?.branches ?? impliedBranches(name, defaultBranch, built, described)
  const given = (described?.runs ?? []).map((run) => completeRun(run))
  const known = new Set(given.map(({ id }) => id))
  const implied = built.filter(({ run }) => !known.has(run.id)).map(impliedRun)
  return {
    ...described,
    name: described?.name ?? name,
    id: described?.id ?? deriveId(lower(name)),
    ownerId: described?.ownerId ?? deriveId('owner', lower(owner)),
    visibility: described?.visibility ?? 'public',
    defaultBranch,
    branches: defaultBranch in branches ? branches : { ...branches, [defaultBranch]: [deriveCommit(lower(name))] },
    orphans: described?.orphans ?? [],
    tags: described?.tags ?? impliedTags(built),
    runs: [...given, ...uniqueBy(implied, ({ id }) => id)],
    pullRequests: described?.pullRequests ?? [],
    trees: described?.trees ?? {},
    releases: described?.releases ?? [],
    createdAt: described?.createdAt ?? madeAt,
  }
}

function impliedBranches(
  name: string,
  defaultBranch: string,
  built: readonly CompleteAttestation[],
  described: WorldRepository | undefined,
): Readonly<Record<string, readonly string[]>> {
  const tagged = described?.tags?.map(({ commit }) => commit) ?? []
  const reviewed = described?.pullRequests?.map(({ commit }) => commit) ?? []
  const orphans = new Set(described?.orphans ?? [])
  const inOrder = built.toSorted((a, b) => Date.parse(a.signedAt) - Date.parse(b.signedAt))
  const branches: Record<string, string[]> = { [defaultBranch]: [deriveCommit(lower(name)), ...tagged, ...reviewed] }
  for (const { ref, commit } of inOrder) {
    const branch = ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : defaultBranch
    if (orphans.has(commit) || ref.startsWith('refs/pull/')) continue
    const list = branches[branch] ?? []
    branches[branch] = list
    list.push(commit)
  }
  return Object.fromEntries(
    Object.entries(branches).map(([branch, commits]) => [branch, uniqueBy(commits, (commit) => commit)]),
  )
}

function impliedTags(built: readonly CompleteAttestation[]) {
  const tags = built.flatMap(({ ref, commit }) =>
    ref.startsWith('refs/tags/') ? [{ name: ref.slice('refs/tags/'.length), commit }] : [],
  )
  return uniqueBy(tags, ({ name }) => name)
}

/** A run that succeeded around the moment of signing, which is in the middle of the step that published. */
function impliedRun({ run, commit, workflow, trigger, signedAt }: CompleteAttestation): CompleteRun {
  const startedAt = plusSeconds(signedAt, -126)
  const updatedAt = plusSeconds(signedAt, 54)
  return completeRun({ ...run, commit, path: workflow, event: trigger, startedAt, updatedAt })
}

function completeRun(run: WorldRun): CompleteRun {
  const { startedAt, updatedAt } = run
  const status = run.status ?? 'completed'
  const conclusion = run.conclusion ?? (status === 'completed' ? 'success' : '')
  return {
    ...run,
    attempt: run.attempt ?? '1',
    status,
    conclusion,
    event: run.event ?? 'push',
    path: run.path ?? DEFAULT_WORKFLOW,
    jobs: run.jobs ?? [publishJob(startedAt, updatedAt, conclusion)],
  }
}

/** The last step carries the run's conclusion; those before it succeeded. */
function publishJob(startedAt: string, completedAt: string, conclusion: string): WorldJob {
  const names = ['Set up job', 'Check out', 'Build', 'Publish', 'Complete job']
  const seconds = Math.max(1, Math.floor((Date.parse(completedAt) - Date.parse(startedAt)) / 1000 / names.length))
  return {
    name: 'publish',
    conclusion,
    startedAt,
    completedAt,
    steps: names.map((name, index) => ({
      name,
      conclusion: name === 'Publish' ? conclusion : 'success',
      startedAt: plusSeconds(startedAt, index * seconds),
      completedAt: index === names.length - 1 ? completedAt : plusSeconds(startedAt, (index + 1) * seconds),
    })),
  }
}

export const lower = (text: string): string => text.toLowerCase()

export function uniqueBy<T>(list: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(list.map((item) => [key(item), item])).values()]
}
