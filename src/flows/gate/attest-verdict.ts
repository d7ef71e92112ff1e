import { relative, sep } from 'node:path'
import { isSkippedFolder } from '../../discover/known-files.ts'
import { openFolder } from '../../io/file-tree.ts'
import { buildFactsPredicate, FACTS_V1 } from '../../model/predicates/facts.ts'
import { buildStatement, type Statement } from '../../model/statement.ts'
import { buildLevel } from '../../policy/build-level.ts'
import type { Subject } from '../../policy/rule.ts'
import { type Attested, type AttestOptions, attestStatements } from '../attest.ts'
import type { GateResult } from '../gate.ts'
import { planSigning, type SigningRequest } from '../signing-plan.ts'
import type { World } from '../world.ts'
import { buildSummary, judgedPaths, subjectsOf } from './vsa.ts'

export interface AttestVerdictRequest extends AttestOptions {
  readonly signing: SigningRequest
  readonly root: string
  readonly version: string
}

const MAX_FILES = 500_000

/**
 * Signs what the gate found: the verdict as a SLSA verification summary about the judged files, and the facts that it
 * learned from APIs, so that the next run of this repository need not ask again. A FAILED verdict is signed as FAILED.
 *
 * @throws {CleanbillError} what signing throws
 */
export async function attestVerdict(
  result: GateResult,
  request: AttestVerdictRequest,
  world: World,
): Promise<readonly Attested[]> {
  const { verdict, prepared, learned } = result
  const { policy } = prepared
  const tree = await openFolder(request.root, { skip: isSkippedFolder, maxFiles: MAX_FILES })
  const own = policy.policy.file === 'built-in' ? [] : [policy.policy.file]
  const subjects = await subjectsOf(tree, judgedPaths(prepared.judged, [...own, result.lockPath]))
  const now = world.host.now()
  const resource = resourceUri(request.root, world)
  const summary = buildSummary({
    ...{ verdict, subjects, now, version: request.version },
    policy: { uri: `${resource}#${policy.policy.file}`, text: policy.text },
    resourceUri: resource,
    levels: levelsOf(result.subjects),
  })
  const facts = buildFactsPredicate(learned.questions, learned.facts, now.toISOString())
  const statements: Statement<unknown>[] = [summary]
  // Nothing learned is nothing to say: the next run asks.
  if (facts.sources.length > 0) {
    statements.push(buildStatement({ subject: subjects, predicateType: FACTS_V1, predicate: facts }))
  }
  return attestStatements(statements, await planSigning(request.signing, world), request, world)
}

/** The best level of what vouches for each dependency, by who signed it. */
function levelsOf(subjects: readonly Subject[]): ReadonlyMap<string, number> {
  return new Map(
    subjects.map(({ dependency, evidence }) => {
      const levels = evidence.accepted.map(({ attestation }) => buildLevel(attestation.statement, attestation.signer))
      return [dependency.id, Math.max(0, ...levels)]
    }),
  )
}

/** Where whoever reads the summary finds what was judged. */
function resourceUri(root: string, { host, github }: World): string {
  const { GITHUB_REF: ref, GITHUB_WORKSPACE: workspace } = host.env
  if (github === undefined) return 'git+file:.'
  const folder = workspace === undefined ? '' : relative(workspace, root).split(sep).join('/')
  const base = `git+${github.serverUrl}/${github.repository}${ref === undefined ? '' : `@${ref}`}`
  return folder === '' || folder.startsWith('..') ? base : `${base}#subdirectory=${folder}`
}
