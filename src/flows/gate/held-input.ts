import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { fileExists, hashFile, pathKind, readFileBytes, resolveInside } from '../../io/files.ts'
import type { FetchedAttestation } from '../../model/attestation.ts'
import { parseAttestations } from '../../model/bundle.ts'
import { bundlesBeside, perhapsBundlesBeside } from '../../model/bundles-beside.ts'
import type { DigestSet } from '../../model/digest.ts'
import { CleanbillError, isCleanbillError } from '../../model/error.ts'
import { type AcceptedAttestation, type Evidence, NO_EVIDENCE, type RefusedAttestation } from '../../model/evidence.ts'
import { OMS_DIGESTS_V01, OMS_SIGNATURE_V1 } from '../../model/predicates/oms.ts'
import type { PinnedBytes } from '../../source/pinned-url.ts'
import { type ObservedDirectory, observeDirectory } from '../../verify/directory-root.ts'
import type { Trust } from '../../verify/trust-material.ts'
import { verifyAttestation } from '../../verify/verify-attestation.ts'
import { verifyClaims } from '../../verify/verify-claims.ts'
import { verifyDirectoryNames } from '../../verify/verify-directory.ts'
import { verifyModel } from '../../verify/verify-model.ts'
import { verifyClaimedType } from '../../verify/verify-npm.ts'
import { findSubjects } from '../../verify/verify-subject.ts'
import { verifySummary } from '../../verify/verify-summary.ts'
import { namesInside } from '../verify-held.ts'
import type { TrustShelf } from './trust.ts'

/** Id of the source in lookups: what lies in the project with the input. */
export const BESIDE = 'beside'
const OMS_TYPES: readonly string[] = [OMS_SIGNATURE_V1, OMS_DIGESTS_V01]

/** What is learned about a declared input from its own bytes. */
export interface InputFound {
  /** Of the bytes themselves: by them other sources are asked too. */
  readonly digests: DigestSet
  readonly evidence: Evidence
  /** It is not what the policy pins. */
  readonly isOther: boolean
}

export interface HeldContext {
  /** Folder of the project, absolute: nothing outside of it is read. */
  readonly root: string
  readonly trust: TrustShelf
}

/** An input as it lies in the project. */
interface HeldInput {
  readonly name: string
  readonly path: string
  readonly kind: 'file' | 'directory'
  /** Any of them is what it is. */
  readonly digests: readonly DigestSet[]
  readonly bytes: number
  readonly directory: ObservedDirectory | undefined
  /** Bundles inside of it, which are no part of it. */
  readonly inside: readonly string[]
}

/**
 * Hashes an input that lies in the project and judges every signature beside it, as `verify` does: the bytes are here, so
 * a model's files are read and not believed from a list.
 *
 * @param location from the root
 * @throws {CleanbillError} `FILE_NOT_FOUND`, `PATH_UNSAFE`, `FILE_UNREADABLE`, `SUBJECT_EMPTY`, and trust that is missing
 */
export async function readHeldInput(
  location: string,
  pinned: PinnedBytes | undefined,
  { root, trust }: HeldContext,
): Promise<InputFound> {
  const { path, name } = await resolveInside(root, location)
  const kind = await pathKind(path)
  if (kind !== 'file' && kind !== 'directory') throw new CleanbillError('PATH_UNSAFE', `${location} is no file`)
  const beside = await readBeside(path, kind)
  const held = await hold({ path, name, kind }, beside.paths)
  const digests = kind === 'file' ? (held.digests[0] ?? {}) : {}
  const wrong = pinned && whyNotPinned(held, pinned)
  if (wrong !== undefined) return { digests: {}, evidence: { ...NO_EVIDENCE, refused: [wrong] }, isOther: true }
  const found = { digests, isOther: false }
  if (beside.paths.length === 0) return { ...found, evidence: { ...NO_EVIDENCE, silent: [BESIDE] } }
  const material = await trust.trustFor(beside.attestations)
  const outcomes = [...beside.unreadable]
  for (const fetched of beside.attestations) outcomes.push(await judge(fetched, held, material))
  return { ...found, evidence: { ...NO_EVIDENCE, ...sortOut(outcomes) } }
}

/** The signatures that lie in or beside it. */
async function readBeside(path: string, kind: 'file' | 'directory') {
  const paths: string[] = []
  const attestations: FetchedAttestation[] = []
  const unreadable: Outcome[] = []
  const perhaps = kind === 'file' ? perhapsBundlesBeside(path) : []
  for (const candidate of [...bundlesBeside(path, kind), ...perhaps]) {
    if (!(await fileExists(candidate))) continue
    const where = basename(candidate)
    try {
      // A link leads to a file of somebody else; a bundle behind one is none of this project.
      if ((await pathKind(candidate)) !== 'file') throw new CleanbillError('PATH_UNSAFE', `${where} is a symlink`)
      const document = parseAttestations(await readFileBytes(candidate), where)
      attestations.push(...document.attestations)
      unreadable.push(...document.unreadable.map((one) => refusedFor(one.where, one.error)))
      paths.push(candidate)
    } catch (error) {
      if (!isCleanbillError(error)) throw error
      // These names are other things too; what has the name of a bundle and is none is evidence that does not count.
      if (perhaps.includes(candidate)) continue
      unreadable.push(refusedFor(where, error))
      paths.push(candidate)
    }
  }
  return { paths, attestations, unreadable }
}

async function hold(input: Pick<HeldInput, 'path' | 'name' | 'kind'>, paths: readonly string[]): Promise<HeldInput> {
  const { path, kind } = input
  if (kind === 'file') {
    const { sha256, sha512, bytes } = await hashFile(path, { algorithms: ['sha256', 'sha512'] })
    const digests = [{ sha256, ...(sha512 === undefined ? {} : { sha512 }) }]
    return { ...input, digests, bytes, directory: undefined, inside: [] }
  }
  const inside = namesInside(path, paths)
  const directory = await observeDirectory(path, inside)
  const bytes = directory.files.reduce((sum, file) => sum + file.bytes, 0)
  return { ...input, digests: directory.roots.map((sha256) => ({ sha256 })), bytes, directory, inside }
}

function whyNotPinned({ digests, name, ...held }: HeldInput, pinned: PinnedBytes): RefusedAttestation | undefined {
  const { sha256, bytes = held.bytes } = pinned
  if (digests.some((one) => one.sha256 === sha256) && bytes === held.bytes) return undefined
  const message = `it is not what the policy pins: it has the sha256 ${digests[0]?.sha256} and ${held.bytes} bytes`
  return { where: name, source: BESIDE, code: 'SUBJECT_MISMATCH', message }
}

type Outcome =
  | { readonly kind: 'accepted'; readonly accepted: AcceptedAttestation }
  | { readonly kind: 'refused'; readonly refused: RefusedAttestation }
  | { readonly kind: 'unsupported'; readonly message: string }

async function judge(fetched: FetchedAttestation, held: HeldInput, trust: Trust): Promise<Outcome> {
  const { content, where } = fetched
  try {
    const bytes =
      content.kind === 'message' && held.kind === 'file' ? await readFileBytes(held.path, 1024 ** 3) : undefined
    const attestation = verifyAttestation(fetched, trust, bytes)
    const { statement, signer } = attestation
    if (statement === undefined)
      return { kind: 'unsupported', message: `${where} is a genuine signature that names nothing` }
    verifyClaimedType(attestation)
    const payload = content.kind === 'dsse' ? content.payload : new Uint8Array()
    if (OMS_TYPES.includes(statement.predicateType)) {
      const { path, kind, inside } = held
      await verifyModel(statement, payload, { path, kind, ignorePaths: inside, ignoreUnsignedFiles: false })
    } else {
      const subjects = findSubjects(statement, held)
      if (held.directory !== undefined) verifyDirectoryNames(statement, subjects, held.directory)
    }
    verifyClaims(statement, signer)
    verifySummary(statement)
    const payloadSha256 = createHash('sha256').update(payload).digest('hex')
    return { kind: 'accepted', accepted: { attestation, source: BESIDE, payloadSha256 } }
  } catch (error) {
    if (!isCleanbillError(error) || error.class === 'tool') throw error
    return refusedFor(where, error)
  }
}

function refusedFor(where: string, { code, message, hint }: CleanbillError): Outcome {
  return { kind: 'refused', refused: { where, source: BESIDE, code, message, ...(hint === undefined ? {} : { hint }) } }
}

function sortOut(outcomes: readonly Outcome[]): Pick<Evidence, 'accepted' | 'refused' | 'unavailable'> {
  return {
    accepted: outcomes.flatMap((one) => (one.kind === 'accepted' ? [one.accepted] : [])),
    refused: outcomes.flatMap((one) => (one.kind === 'refused' ? [one.refused] : [])),
    unavailable: outcomes.flatMap((one) =>
      one.kind === 'unsupported' ? [{ source: BESIDE, fault: 'unsupported' as const, message: one.message }] : [],
    ),
  }
}
