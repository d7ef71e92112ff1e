import { basename, resolve } from 'node:path'
import { readFileBytes } from '../io/files.ts'
import type { Host } from '../io/host.ts'
import type { FetchedAttestation, FetchedDocument, VerifiedAttestation, VerifiedMessage } from '../model/attestation.ts'
import { parseAttestations } from '../model/bundle.ts'
import type { DigestSet } from '../model/digest.ts'
import { CleanbillError, type ErrorCode, isCleanbillError, type Limit } from '../model/error.ts'
import { keyFingerprint } from '../model/key-fingerprint.ts'
import { OMS_DIGESTS_V01, OMS_SIGNATURE_V1 } from '../model/predicates/oms.ts'
import { PROVENANCE_V1, PROVENANCE_V02 } from '../model/predicates/provenance.ts'
import type { AttestationResult, VerifyResult } from '../model/verify-document.ts'
import { buildLevel } from '../policy/build-level.ts'
import {
  checkExpectedIdentity,
  type ExpectedIdentity,
  type IdentityOptions,
  parseExpectedIdentity,
} from '../policy/expected-identity.ts'
import { directoryRoots } from '../verify/directory-root.ts'
import type { Trust } from '../verify/trust-material.ts'
import { verifyAttestation } from '../verify/verify-attestation.ts'
import { verifyClaims } from '../verify/verify-claims.ts'
import { verifyModel } from '../verify/verify-model.ts'
import { NPM_PUBLISH, verifyClaimedType, verifyNpmPublish } from '../verify/verify-npm.ts'
import { type HeldArtifact, verifySubject } from '../verify/verify-subject.ts'
import { findBundlesBeside, type Held, loadHeld, namesInside } from './verify-held.ts'
import { verifyInputs } from './verify-inputs.ts'
import { limitsOf } from './verify-limits.ts'
import { loadGivenTrust, loadTrust, type TrustOptions } from './verify-trust.ts'

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
  try {
    if (paths.length === 0) throw absent(held)
    const documents = await readDocuments(paths)
    const attestations = documents.flatMap((document) => document.attestations)
    const trust = await loadTrust(request.trust, given, attestations, host)
    if (held.kind === 'directory') {
      const ignored = [...request.ignorePaths, ...namesInside(held.path, paths)]
      digests = (await directoryRoots(held.path, ignored)).map((sha256) => ({ sha256 }))
    }
    const judged: Judged[] = []
    for (const document of documents)
      judged.push(...(await judgeDocument(document, { ...task, trust, digests, paths })))
    return conclude(task, judged, digests)
  } catch (error) {
    if (!isCleanbillError(error) || error.class !== 'refused') throw error
    return refusal(task, error, [], digests)
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
  readonly paths: readonly string[]
}

/** One attestation's result. `stage` tells how far it came: the furthest refusal is the one worth showing. */
interface Judged {
  readonly where: string
  readonly stage: number
  readonly error?: CleanbillError
  readonly attestation?: VerifiedAttestation | VerifiedMessage
  readonly limits: readonly Limit[]
}

async function judgeDocument(document: FetchedDocument, context: JudgeContext): Promise<Judged[]> {
  const unreadable = document.unreadable.map(({ where, error }): Judged => ({ where, error, stage: 1, limits: [] }))
  const judged: Judged[] = []
  for (const fetched of document.attestations) judged.push(await judge(fetched, context))
  const all = [...unreadable, ...judged]
  return document.form === 'npm' ? requirePublish(all) : all
}

async function judge(fetched: FetchedAttestation, context: JudgeContext): Promise<Judged> {
  let stage = 1
  let attestation: VerifiedAttestation | VerifiedMessage | undefined
  const where = fetched.where
  try {
    attestation = verifyAttestation(fetched, context.trust, await messageBytes(fetched, context.held))
    const limits = limitsOf(attestation, context.expected.anySigner)
    if (attestation.statement === undefined) {
      requireMessageAllowed(context)
    } else {
      verifyClaimedType(attestation)
      if (isPublish(attestation, fetched)) {
        verifyNpmPublish(attestation, held(context))
        return { where, attestation, stage: 6, limits }
      }
      stage = 0
      requireType(attestation.statement.predicateType, context)
      stage = 2
      limits.push(...(await judgeSubject(attestation, fetched, context)))
      stage = 3
      verifyClaims(attestation.statement, attestation.signer)
    }
    stage = 4
    requireIdentity(attestation, context.expected)
    requireLevel(attestation, context.request.minLevel)
    stage = 5
    if (context.request.inputs !== undefined) limits.push(...(await judgeInputs(attestation, context)))
    return { where, attestation, stage: 6, limits }
  } catch (error) {
    if (!isCleanbillError(error) || error.class !== 'refused') throw error
    return { where, error, stage, limits: [], ...(attestation === undefined ? {} : { attestation }) }
  }
}

function held({ held, digests, request }: JudgeContext): HeldArtifact {
  return { name: held.name, digests, purl: request.purl }
}

function isPublish(attestation: VerifiedAttestation, fetched: FetchedAttestation): boolean {
  return fetched.form === 'npm' && attestation.statement.predicateType === NPM_PUBLISH
}

/** The bytes are needed for a signature directly over a file, and for nothing else. */
async function messageBytes(fetched: FetchedAttestation, held: Held): Promise<Uint8Array | undefined> {
  if (fetched.content.kind !== 'message') return undefined
  return held.kind === 'file' ? await readFileBytes(held.path, 1024 ** 3) : undefined
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
  const { held: artifact, request, paths } = context
  if (artifact.kind === 'digest' || !OMS_TYPES.includes(statement.predicateType)) {
    verifySubject(statement, held(context))
    return []
  }
  const inside = artifact.kind === 'directory' ? namesInside(artifact.path, paths) : []
  const payload = fetched.content.kind === 'dsse' ? fetched.content.payload : new Uint8Array()
  return await verifyModel(statement, payload, {
    path: artifact.path,
    kind: artifact.kind,
    ignorePaths: [...request.ignorePaths, ...inside],
    ignoreUnsignedFiles: request.ignoreUnsignedFiles,
  })
}

function requireIdentity({ signer }: VerifiedAttestation | VerifiedMessage, expected: ExpectedIdentity): void {
  const [finding] = checkExpectedIdentity(signer, expected)
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
  attestation: VerifiedAttestation | VerifiedMessage,
  context: JudgeContext,
): Promise<Limit[]> {
  const { request, host } = context
  if (attestation.statement === undefined || request.inputs === undefined) {
    throw new CleanbillError('INPUT_MISSING', 'a signature over a file names no inputs')
  }
  await verifyInputs(attestation.statement, request.inputs, host)
  return []
}

/** npm: provenance counts only together with the registry's own word that it published this. */
function requirePublish(judged: readonly Judged[]): Judged[] {
  const publish = judged.filter(({ attestation }) => attestation?.statement?.predicateType === NPM_PUBLISH)
  if (publish.some(({ error }) => error === undefined)) {
    // The registry's word alone is no provenance either.
    return judged.map((one) => (publish.includes(one) && one.error === undefined ? { ...one, stage: -1 } : one))
  }
  const cause = publish[0]?.error ?? judged.find(({ error }) => error !== undefined)?.error
  const error =
    cause ??
    new CleanbillError('PUBLISH_ATTESTATION_MISSING', 'the document has no publish attestation of the registry', {
      hint: 'Fetch the whole document: /-/npm/v1/attestations/NAME@VERSION.',
    })
  return judged.map((one) => (one.error === undefined ? { ...one, error, stage: 5 } : one))
}

function conclude(task: Task, judged: readonly Judged[], digests: readonly DigestSet[]): VerifyResult {
  const good = judged.find(({ error, stage }) => error === undefined && stage > 0)
  if (good?.attestation !== undefined) {
    const { signer, statement } = good.attestation
    return {
      verified: true,
      code: null,
      message: `${task.held.name} is what was signed`,
      hint: null,
      artifact: toArtifact(task.held, digests),
      signer: { ...signer } as VerifyResult['signer'],
      statement: statement === undefined ? null : { ...statement },
      limits: good.limits.map(({ code, message }) => ({ code, message })),
      attestations: judged.map(toAttestationResult),
    }
  }
  const furthest = [...judged].filter(({ error }) => error !== undefined).sort((a, b) => b.stage - a.stage)[0]
  const error =
    furthest?.error ?? new CleanbillError('ATTESTATION_ABSENT', 'the bundle holds no attestation that counts')
  return refusal(task, error, judged, digests, furthest)
}

function refusal(
  task: Task,
  { code, message, hint }: CleanbillError,
  judged: readonly Judged[],
  digests: readonly DigestSet[],
  shown?: Judged,
): VerifyResult {
  return {
    verified: false,
    code: code satisfies ErrorCode,
    message,
    hint: hint ?? null,
    artifact: toArtifact(task.held, digests),
    // Only what a signature covers is shown, and who made it; not that the signature is welcome.
    signer: (shown?.attestation?.signer ?? null) as VerifyResult['signer'],
    statement: shown?.attestation?.statement === undefined ? null : { ...shown.attestation.statement },
    limits: [],
    attestations: judged.map(toAttestationResult),
  }
}

function toArtifact({ kind, name }: Held, digests: readonly DigestSet[]): VerifyResult['artifact'] {
  return { kind, name, digest: { ...digests[0] } }
}

function toAttestationResult({ where, error, attestation }: Judged): AttestationResult {
  return {
    where,
    verified: error === undefined,
    code: error?.code ?? null,
    message: error?.message ?? 'holds',
    hint: error?.hint ?? null,
    predicateType: attestation?.statement?.predicateType ?? null,
    signer: (attestation?.signer ?? null) as AttestationResult['signer'],
  }
}
