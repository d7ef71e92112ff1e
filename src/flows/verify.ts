import { basename, resolve } from 'node:path'
import { readFileBytes } from '../io/files.ts'
import type { Host } from '../io/host.ts'
import type { FetchedAttestation, FetchedDocument, VerifiedAttestation, VerifiedMessage } from '../model/attestation.ts'
import { parseAttestations } from '../model/bundle.ts'
import type { DigestSet } from '../model/digest.ts'
import { CleanbillError, isCleanbillError, type Limit } from '../model/error.ts'
import { keyFingerprint } from '../model/key-fingerprint.ts'
import { OMS_DIGESTS_V01, OMS_SIGNATURE_V1 } from '../model/predicates/oms.ts'
import { PROVENANCE_V1, PROVENANCE_V02 } from '../model/predicates/provenance.ts'
import { NPM_PUBLISH } from '../model/predicates/registry.ts'
import type { Statement } from '../model/statement.ts'
import type { VerifyResult } from '../model/verify-document.ts'
import { buildLevel } from '../policy/build-level.ts'
import {
  checkExpectedIdentity,
  type ExpectedIdentity,
  type IdentityOptions,
  parseExpectedIdentity,
} from '../policy/expected-identity.ts'
import { type ObservedDirectory, observeDirectory } from '../verify/directory-root.ts'
import type { Trust } from '../verify/trust-material.ts'
import { verifyAttestation } from '../verify/verify-attestation.ts'
import { verifyClaims } from '../verify/verify-claims.ts'
import { verifyDirectoryNames } from '../verify/verify-directory.ts'
import { verifyModel } from '../verify/verify-model.ts'
import { verifyClaimedType, verifyNpmPublish } from '../verify/verify-npm.ts'
import { findSubjects, type HeldArtifact, hasPurl } from '../verify/verify-subject.ts'
import { verifySummary } from '../verify/verify-summary.ts'
import { findBundlesBeside, type Held, loadHeld, namesInside } from './verify-held.ts'
import { verifyInputs } from './verify-inputs.ts'
import { limitsOf } from './verify-limits.ts'
import { loadGivenTrust, loadTrust, type TrustOptions } from './verify-trust.ts'
import { conclude, isStale, type Judged, refusal, requirePublish } from './verify-verdict.ts'

/** What `verify` was asked. Paths as given; relative ones are taken from `host.cwd`. */
export interface VerifyRequest {
  readonly artifacts: readonly string[]
  /** Empty: look beside each artifact. */
  readonly bundles: readonly string[]
  readonly trust: TrustOptions
  readonly identity: Omit<IdentityOptions, 'keys' | 'privateCa'>
  /** A URI, or `any`. Default: SLSA provenance for a file or digest, the OMS signature for a directory. */
  readonly predicateType?: string | undefined
  readonly purl?: string | undefined
  /** SLSA Build level that is asked for, 1 to 4. */
  readonly minLevel?: number | undefined
  /** Folder in which every input that the provenance names is hashed again. */
  readonly inputs?: string | undefined
  readonly ignorePaths: readonly string[]
  readonly ignoreUnsignedFiles: boolean
}

/**
 * Verifies artifacts against their attestations. A refusal is a result; thrown is what kept us from judging.
 *
 * @throws {CleanbillError} of class `usage` or `tool` only
 */
export async function verifyArtifacts(request: VerifyRequest, host: Host): Promise<VerifyResult[]> {
  if (request.artifacts.length === 0) throw new CleanbillError('ARGUMENT_INVALID', 'there is no artifact to verify')
  const absolute = toAbsolute(request, host.cwd)
  const given = await loadGivenTrust(absolute.trust)
  const expected = parseExpectedIdentity({
    ...request.identity,
    keys: given.keys.map(({ key }) => keyFingerprint(key)),
    privateCa: given.rootCertificates.length > 0,
  })
  const results: VerifyResult[] = []
  for (const argument of request.artifacts) {
    const held = await loadHeld(argument, host)
    results.push(await verifyHeld({ request: absolute, expected, held, host, given }))
  }
  return results
}

function toAbsolute(request: VerifyRequest, cwd: string): VerifyRequest {
  const all = (paths: readonly string[]) => paths.map((path) => resolve(cwd, path))
  const one = (path: string | undefined) => (path === undefined ? undefined : resolve(cwd, path))
  const { trust } = request
  return {
    ...request,
    bundles: all(request.bundles),
    inputs: one(request.inputs),
    // Compared with whole names: `cache/` would leave nothing out.
    ignorePaths: request.ignorePaths.map((path) => path.replace(/\/+$/, '')),
    trust: {
      ...trust,
      trustedRoots: all(trust.trustedRoots),
      npmKeys: one(trust.npmKeys),
      keys: all(trust.keys),
      rootCertificates: all(trust.rootCertificates),
    },
  }
}

interface Task {
  readonly request: VerifyRequest
  readonly expected: ExpectedIdentity
  readonly held: Held
  readonly host: Host
  readonly given: Awaited<ReturnType<typeof loadGivenTrust>>
}

async function verifyHeld(task: Task): Promise<VerifyResult> {
  const { request, held, host, given } = task
  const paths = request.bundles.length > 0 ? request.bundles : await findBundlesBeside(held)
  let digests = held.kind === 'directory' ? [] : [held.digest]
  let directory: ObservedDirectory | undefined
  try {
    if (paths.length === 0) throw absent(held)
    const documents = await readDocuments(paths)
    const attestations = documents.flatMap((document) => document.attestations)
    const trust = await loadTrust(request.trust, given, attestations, host)
    if (held.kind === 'directory') {
      const ignored = [...request.ignorePaths, ...namesInside(held.path, paths)]
      directory = await observeDirectory(held.path, ignored)
      digests = directory.roots.map((sha256) => ({ sha256 }))
    }
    const judged: Judged[] = []
    const context: JudgeContext = { ...task, trust, digests, directory, paths }
    for (const document of documents) judged.push(...(await judgeDocument(document, context)))
    return conclude(held, judged, digests)
  } catch (error) {
    if (!isCleanbillError(error) || (error.class !== 'refused' && error.code !== 'SUBJECT_EMPTY')) throw error
    // A folder without files is no mistake of whoever asks: a model was promised, and this is none.
    return refusal(held, error, [], digests)
  }
}

function absent(held: Held): CleanbillError {
  return new CleanbillError('ATTESTATION_ABSENT', `there is no attestation beside ${JSON.stringify(held.name)}`, {
    hint: 'Give one with --bundle FILE. Fetching from GitHub and from OCI registries comes with a later version.',
  })
}

async function readDocuments(paths: readonly string[]): Promise<FetchedDocument[]> {
  return await Promise.all(paths.map(async (path) => parseAttestations(await readFileBytes(path), basename(path))))
}

interface JudgeContext extends Task {
  readonly trust: Trust
  readonly digests: readonly DigestSet[]
  readonly directory: ObservedDirectory | undefined
  readonly paths: readonly string[]
}

async function judgeDocument(document: FetchedDocument, context: JudgeContext): Promise<Judged[]> {
  const judged = document.unreadable.map(
    ({ where, line, error }): Judged => ({ where, line, error, stage: 1, limits: [] }),
  )
  for (const fetched of document.attestations) judged.push(await judge(fetched, context))
  return requirePublish(judged)
}

async function judge(fetched: FetchedAttestation, context: JudgeContext): Promise<Judged> {
  let stage = 1
  let attestation: VerifiedAttestation | VerifiedMessage | undefined
  const { where, line, form } = fetched
  try {
    attestation = verifyAttestation(fetched, context.trust, await messageBytes(fetched, context.held))
    const more: Limit[] = []
    if (attestation.statement === undefined) {
      requireMessageAllowed(context)
    } else {
      verifyClaimedType(attestation)
      if (isPublish(attestation, fetched)) {
        verifyNpmPublish(attestation, held(context))
        return { where, line, form, attestation, stage: 6, limits: [] }
      }
      stage = 0
      requireType(attestation.statement.predicateType, context)
      stage = 2
      more.push(...(await judgeSubject(attestation, fetched, context)))
      stage = 3
      verifyClaims(attestation.statement, attestation.signer)
      verifySummary(attestation.statement)
    }
    const limits = [...limitsOf(attestation, context.expected.anySigner), ...more]
    stage = 4
    requireIdentity(attestation, context.expected)
    requireLevel(attestation, context.request.minLevel)
    stage = 5
    if (context.request.inputs !== undefined) await judgeInputs(attestation, context)
    return { where, line, form, attestation, stage: 6, limits }
  } catch (error) {
    if (!isCleanbillError(error) || (error.class !== 'refused' && !isStale(error))) throw error
    return { where, line, form, error, stage, limits: [], ...(attestation === undefined ? {} : { attestation }) }
  }
}

function held({ held, digests, request }: JudgeContext): HeldArtifact {
  const kind = held.kind === 'digest' ? undefined : held.kind
  return { name: held.name, kind, digests, purl: request.purl }
}

function isPublish(attestation: VerifiedAttestation, fetched: FetchedAttestation): boolean {
  return fetched.form === 'npm' && attestation.statement.predicateType === NPM_PUBLISH
}

/** The bytes are needed for a signature directly over a file, and for nothing else. */
async function messageBytes(fetched: FetchedAttestation, held: Held): Promise<Uint8Array | undefined> {
  if (fetched.content.kind !== 'message') return undefined
  return held.kind === 'file' ? await readFileBytes(held.realPath, 1024 ** 3) : undefined
}

function requireMessageAllowed({ request }: JudgeContext): void {
  if (request.predicateType === undefined || request.predicateType === 'any') {
    if (request.purl === undefined) return
    throw new CleanbillError('SUBJECT_NAME_MISMATCH', 'a signature over a file names no package')
  }
  throw new CleanbillError('PREDICATE_TYPE', 'this is a signature over the file, not a statement about it')
}

const OMS_TYPES: readonly string[] = [OMS_SIGNATURE_V1, OMS_DIGESTS_V01]
const PROVENANCE_TYPES: readonly string[] = [PROVENANCE_V1, PROVENANCE_V02]

function requireType(actual: string, { request, held }: JudgeContext): void {
  const wanted = request.predicateType
  if (wanted === 'any' || wanted === actual) return
  if (wanted === undefined && (held.kind === 'directory' ? OMS_TYPES : PROVENANCE_TYPES).includes(actual)) return
  const what = wanted ?? (held.kind === 'directory' ? OMS_SIGNATURE_V1 : PROVENANCE_V1)
  throw new CleanbillError(
    'PREDICATE_TYPE',
    `the statement is a ${JSON.stringify(actual.slice(0, 200))}, wanted is ${JSON.stringify(what)}`,
    { hint: 'Name the type with --predicate-type URI, or write any.' },
  )
}

async function judgeSubject(
  { statement }: VerifiedAttestation,
  fetched: FetchedAttestation,
  context: JudgeContext,
): Promise<Limit[]> {
  const { held: artifact, request, paths, directory } = context
  if (artifact.kind === 'digest' || !OMS_TYPES.includes(statement.predicateType)) {
    const subjects = findSubjects(statement, held(context))
    return directory === undefined ? [] : verifyDirectoryNames(statement, subjects, directory)
  }
  requirePackage(statement, request.purl)
  const inside = artifact.kind === 'directory' ? namesInside(artifact.path, paths) : []
  const payload = fetched.content.kind === 'dsse' ? fetched.content.payload : new Uint8Array()
  return await verifyModel(statement, payload, {
    path: artifact.kind === 'file' ? artifact.realPath : artifact.path,
    kind: artifact.kind,
    fileName: basename(artifact.path),
    ignorePaths: [...request.ignorePaths, ...inside],
    ignoreUnsignedFiles: request.ignoreUnsignedFiles,
  })
}

/** A model signature has no package in it, unless its subject is called by one. */
function requirePackage({ subject }: Statement, purl: string | undefined): void {
  if (purl === undefined || subject.some((one) => hasPurl(one, purl))) return
  throw new CleanbillError('SUBJECT_NAME_MISMATCH', `the model signature is not about ${purl}`)
}

function requireIdentity(attestation: VerifiedAttestation | VerifiedMessage, expected: ExpectedIdentity): void {
  const [finding] = checkExpectedIdentity(attestation.signer, expected, attestation.statement)
  if (finding !== undefined) throw new CleanbillError(finding.code, finding.message, { hint: finding.hint })
}

function requireLevel({ statement, signer }: VerifiedAttestation | VerifiedMessage, wanted: number | undefined): void {
  const level = buildLevel(statement, signer)
  if (wanted === undefined || level >= wanted) return
  throw new CleanbillError('BUILDER_UNTRUSTED', `this signer is worth SLSA Build level ${level}, wanted is ${wanted}`, {
    hint: 'Level 2 is a job on a hosted runner; level 3 needs a builder that a policy names.',
  })
}

async function judgeInputs(
  { statement }: VerifiedAttestation | VerifiedMessage,
  { request, host }: JudgeContext,
): Promise<void> {
  if (statement === undefined || request.inputs === undefined) {
    throw new CleanbillError('INPUT_MISSING', 'a signature over a file names no inputs')
  }
  await verifyInputs(statement, request.inputs, host)
}
