import { createHash } from 'node:crypto'
import type { FileTree } from '../../io/file-tree.ts'
import type { Discovery } from '../../model/dependency.ts'
import { buildVsa, VSA_V1, type VsaPredicate } from '../../model/predicates/vsa.ts'
import { buildStatement, MAX_SUBJECTS, type Statement, type Subject } from '../../model/statement.ts'
import { PROJECT_URI } from '../../model/uris.ts'
import type { Verdict } from '../../model/verdict.ts'

/** Who judged: the gate of this project, whatever ran it. The certificate says which workflow that was. */
export const GATE_VERIFIER = `${PROJECT_URI}/blob/main/docs/gate.md`

/** `dependencyLevels` counts the levels of SLSA; a dependency without provenance is at its lowest. */
const LEVEL_ZERO = 'SLSA_BUILD_LEVEL_0'

export interface SummaryRequest {
  readonly verdict: Verdict
  readonly subjects: readonly Subject[]
  readonly policy: { readonly uri: string; readonly text: string }
  /** `git+https://github.com/acme/app@refs/heads/main`. */
  readonly resourceUri: string
  readonly now: Date
  readonly version: string
  /** SLSA Build level of each verified dependency, by its id. */
  readonly levels: ReadonlyMap<string, number>
}

/**
 * The judged files as subjects: by SHA-256 and as git blobs, which survive a squash that gives the commit another hash.
 * Policy and trust lock are among them: what judged is as important as what was judged.
 *
 * @param paths from the root; what is not there is left out
 * @throws {CleanbillError} what reading throws
 */
export async function subjectsOf(tree: Pick<FileTree, 'has' | 'read'>, paths: readonly string[]): Promise<Subject[]> {
  const subjects: Subject[] = []
  for (const path of [...new Set(paths)].sort().slice(0, MAX_SUBJECTS)) {
    if (!(await tree.has(path))) continue
    const bytes = await tree.read(path, 64 * 1024 * 1024)
    const blob = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    subjects.push({ name: path, digest: { sha256, gitBlob: blob.digest('hex') } })
  }
  return subjects
}

/** Paths whose content was judged. */
export function judgedPaths({ files }: Discovery, more: readonly string[]): string[] {
  return [...files.filter(({ error }) => error === undefined).map(({ path }) => path), ...more]
}

/**
 * The verdict as a SLSA verification summary (VSA v1). Levels are our own words for what the gate held to: a level of
 * SLSA's own would claim something about these files that nobody checked.
 *
 * @throws {CleanbillError} `SUBJECT_EMPTY` (usage), `PREDICATE_MALFORMED`
 */
export function buildSummary(request: SummaryRequest): Statement<VsaPredicate> {
  const { verdict, policy, now } = request
  const passed = verdict.result === 'PASSED'
  const used = verdict.dependencies.flatMap(({ evidence }) => evidence.map(({ payloadSha256 }) => payloadSha256))
  const inputs = [...new Set(used)].sort().map((sha256) => ({ digest: { sha256 } }))
  const predicate = buildVsa({
    verifier: { id: GATE_VERIFIER, version: { cleanbill: request.version } },
    timeVerified: now.toISOString().replace(/\.\d+/, ''),
    resourceUri: request.resourceUri,
    policy: { uri: policy.uri, digest: { sha256: createHash('sha256').update(policy.text).digest('hex') } },
    ...(inputs.length === 0 ? {} : { inputAttestations: inputs }),
    verificationResult: verdict.result,
    verifiedLevels: passed ? [`CLEANBILL_GATE_${verdict.profile.toUpperCase()}_V1`] : ['FAILED'],
    // Only a run over everything knows about everything.
    ...(verdict.judged === 'all' ? { dependencyLevels: countLevels(verdict, request.levels) } : {}),
    slsaVersion: '1.2',
  })
  return buildStatement({ subject: request.subjects, predicateType: VSA_V1, predicate })
}

function countLevels({ dependencies }: Verdict, levels: SummaryRequest['levels']): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { id, state } of dependencies) {
    const level = state === 'verified' ? (levels.get(id) ?? 0) : 0
    const name = level === 0 ? LEVEL_ZERO : `SLSA_BUILD_LEVEL_${level}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
