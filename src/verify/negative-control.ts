import { parseAttestations } from '../model/bundle.ts'
import type { Dependency } from '../model/dependency.ts'
import { type ErrorCode, isCleanbillError } from '../model/error.ts'
import type { AcceptedAttestation, Target } from '../model/evidence.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts'
import controls from './controls.json' with { type: 'json' }
import { parseTrustedRoots, type Trust } from './trust-material.ts'
import { type VerifiedEvidence, verifyEvidence } from './verify-evidence.ts'

/** One bad piece of evidence, and the code with which it must be refused. */
export interface Control {
  /** Number in the table of controls (threats.md §9); 0 is the good bundle. */
  readonly id: number
  readonly name: string
  /** What `verify/` has to say; for the others see the policy's side in `flows/`. */
  readonly expected: ErrorCode | 'accepted'
  readonly document: () => JsonValue
}

// Sound: the file is written by scripts/make-controls.ts, and a test reads every bundle of it.
const BUNDLES = controls.bundles as unknown as Readonly<Record<keyof typeof controls.bundles, JsonObject>>

/** Names the good bundle, which the controls of the signer's identity start from. */
export const GOOD_CONTROL: Control = {
  id: 0,
  name: 'a good bundle',
  expected: 'accepted',
  document: () => BUNDLES.good,
}

/**
 * What a verifier must never accept, for a check before it is relied on: 1–8 and 13–17 of the table. 9–12 and 14 are
 * about who signed {@link GOOD_CONTROL}.
 */
export const CONTROLS: readonly Control[] = [
  { id: 1, name: 'wrong subject digest', expected: 'SUBJECT_MISMATCH', document: () => BUNDLES.digest },
  { id: 2, name: 'right digest, other package name', expected: 'SUBJECT_NAME_MISMATCH', document: () => BUNDLES.name },
  { id: 3, name: 'empty subject list', expected: 'SUBJECT_EMPTY', document: () => BUNDLES.empty },
  { id: 4, name: 'payload changed by one byte', expected: 'SIGNATURE_INVALID', document: changedPayload },
  { id: 5, name: 'two signatures', expected: 'SIGNATURE_COUNT', document: twoSignatures },
  { id: 6, name: 'other payloadType', expected: 'PAYLOAD_TYPE', document: () => BUNDLES.payloadType },
  { id: 7, name: 'spliced log entry', expected: 'LOG_ENTRY_MISMATCH', document: splicedLogEntry },
  { id: 8, name: 'time outside the certificate', expected: 'CERTIFICATE_EXPIRED', document: () => BUNDLES.late },
  { id: 13, name: 'predicate contradicts the certificate', expected: 'CLAIM_CONFLICT', document: () => BUNDLES.claims },
  { id: 15, name: 'valid bundle of another type', expected: 'PREDICATE_TYPE', document: () => BUNDLES.otherType },
  { id: 16, name: 'FAILED VSA', expected: 'VSA_REJECTED', document: vsa },
  { id: 17, name: 'empty attestation list', expected: 'BUNDLE_MALFORMED', document: () => ({ attestations: [] }) },
]

const DIGESTS = { sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }
const NAME = 'cleanbill_control-1.0.0-py3-none-any.whl'

const DEPENDENCY: Dependency = {
  id: 'pkg:pypi/cleanbill-control@1.0.0',
  kind: 'package',
  ecosystem: 'pypi',
  name: 'cleanbill-control',
  version: '1.0.0',
  digests: {},
  file: 'built-in',
  line: 1,
  scope: 'runtime',
  source: 'registry',
}

/** What the bundles are said to be about. */
const TARGET: Target = { dependency: DEPENDENCY, file: { name: NAME, digests: DIGESTS }, digests: DIGESTS }

/** The controls' own root: it vouches for nothing else, and nothing else is ever verified with it. */
export function controlTrust(): Trust {
  const root = new TextEncoder().encode(JSON.stringify(controls.trustedRoot))
  // No control is of a private CA, so nothing asks for the time.
  return { roots: parseTrustedRoots(root, 'the controls'), keys: [], rootCertificates: [], now: new Date(0) }
}

/** Gives one control to the verifier: the code of the refusal, `nothing`, or what was accepted. */
export function judgeControl(
  { document, id }: Control,
  trust: Trust,
  verify: typeof verifyEvidence = verifyEvidence,
): ErrorCode | 'nothing' | AcceptedAttestation {
  let result: VerifiedEvidence
  try {
    const parsed = parseAttestations(new TextEncoder().encode(JSON.stringify(document())), `control ${id}`)
    result = verify(targetOf(id), id === 16 ? 'github' : 'pypi', [parsed], trust)
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    return error.code
  }
  return result.accepted[0] ?? result.refused[0]?.code ?? 'nothing'
}

/** PyPI takes no verification summary: that one is found beside a file. */
function targetOf(id: number): Target {
  if (id !== 16) return TARGET
  return { dependency: { ...DEPENDENCY, kind: 'file', ecosystem: 'generic', source: 'url' }, digests: DIGESTS }
}

function vsa(): JsonValue {
  return BUNDLES.failedSummary
}

function changedPayload(): JsonValue {
  const envelope = part(BUNDLES.good, 'dsseEnvelope')
  const payload = Buffer.from(String(envelope.payload), 'base64')
  const at = payload.indexOf('1.0.0')
  payload[at] = (payload[at] ?? 0) ^ 1
  return { ...BUNDLES.good, dsseEnvelope: { ...envelope, payload: payload.toString('base64') } }
}

function twoSignatures(): JsonValue {
  const envelope = part(BUNDLES.good, 'dsseEnvelope')
  const signatures = envelope.signatures as readonly JsonValue[]
  return { ...BUNDLES.good, dsseEnvelope: { ...envelope, signatures: [...signatures, ...signatures] } }
}

function splicedLogEntry(): JsonValue {
  const material = part(BUNDLES.good, 'verificationMaterial')
  const { tlogEntries = [] } = part(BUNDLES.digest, 'verificationMaterial')
  return { ...BUNDLES.good, verificationMaterial: { ...material, tlogEntries } }
}

function part(bundle: JsonObject, name: string): JsonObject {
  const value = bundle[name] ?? null
  return isJsonObject(value) ? value : {}
}
