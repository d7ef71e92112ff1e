import type {
  AttestationForm,
  FetchedAttestation,
  FetchedDocument,
  KeyMaterial,
  LogEntry,
  SignedContent,
  UnreadDocument,
} from './attestation.ts'
import {
  BUNDLE_MEDIA_TYPES,
  BUNDLE_V03,
  bundleSchema,
  digestName,
  envelopeSchema,
  logEntriesSchema,
  type ParsedBundle,
  type ParsedEnvelope,
  type ParsedLogEntry,
  parseBundlePart,
  toWire,
} from './bundle-schema.ts'
import { CleanbillError, isCleanbillError } from './error.ts'
import { DOCUMENT_LIMITS, decodeUtf8, isJsonObject, type JsonObject, type JsonValue, parseJson } from './json.ts'
import { checkInclusion } from './log-inclusion.ts'
import { STATEMENT_PAYLOAD_TYPE } from './statement.ts'

/** More attestations than this in one document are refused (GHSA-vfp6-jrw2-99g9). */
export const MAX_ATTESTATIONS = 100

/** One reader per form; the first whose `is` says yes reads the object. Order matters only for the error message. */
interface Reader {
  readonly form: AttestationForm
  readonly is: (object: JsonObject) => boolean
  readonly parts: (object: JsonObject) => readonly { value: JsonValue; claimedPredicateType?: string | undefined }[]
  readonly read: (value: JsonValue, where: string) => FetchedAttestation
}

const READERS: readonly Reader[] = [
  {
    form: 'sigstore-bundle',
    is: (object) => 'mediaType' in object,
    parts: (object) => [{ value: object }],
    read: readBundle,
  },
  {
    // Both npm's attestations document and GitHub's attestations API answer are lists of `{ bundle, … }`.
    form: 'npm',
    is: (object) => listOf(object.attestations).some((entry) => isJsonObject(entry) && 'predicateType' in entry),
    parts: (object) =>
      listOf(object.attestations).map((entry) => ({
        value: member(entry, 'bundle'),
        claimedPredicateType: textOrNothing(member(entry, 'predicateType')),
      })),
    read: readBundle,
  },
  {
    form: 'github-api',
    is: (object) => listOf(object.attestations).some((entry) => isJsonObject(entry) && 'bundle' in entry),
    parts: (object) => listOf(object.attestations).map((entry) => ({ value: member(entry, 'bundle') })),
    read: readBundle,
  },
  {
    form: 'pep740',
    is: (object) => Array.isArray(object.attestation_bundles),
    parts: (object) =>
      listOf(object.attestation_bundles).flatMap((group) =>
        listOf(member(group, 'attestations')).map((value) => ({ value })),
      ),
    read: readPep740,
  },
  {
    form: 'pep740',
    is: (object) => 'verification_material' in object && 'envelope' in object,
    parts: (object) => [{ value: object }],
    read: readPep740,
  },
  {
    form: 'dsse',
    is: (object) => 'payload' in object && 'payloadType' in object,
    parts: (object) => [{ value: object }],
    read: readEnvelope,
  },
]

/**
 * Reads what people have: a Sigstore bundle (v0.1–v0.3, an OMS `model.sig` included), JSON lines of them, an npm
 * attestations document, a GitHub attestations answer, a PEP 740 attestation or provenance object, a bare DSSE
 * envelope. Nothing is verified. An attestation that cannot be read is listed as unreadable, not dropped.
 *
 * @param name how to call the document in messages
 * @throws {CleanbillError} `BUNDLE_MALFORMED`, `BUNDLE_VERSION`, `BASE64_MALFORMED`, `SIGNATURE_COUNT`,
 *   `JSON_MALFORMED`, `JSON_AMBIGUOUS`, `LIMIT_EXCEEDED` when the document holds one attestation or none can be told
 */
export function parseAttestations(bytes: Uint8Array, name: string): FetchedDocument {
  if (bytes.length > DOCUMENT_LIMITS.maxBytes) {
    throw new CleanbillError('LIMIT_EXCEEDED', `${name} has ${bytes.length} bytes; at most ${DOCUMENT_LIMITS.maxBytes}`)
  }
  // Some editors and shells put one mark before every text they save. It stands outside everything that is signed.
  const text = decodeUtf8(bytes, name).replace(/^\uFEFF/, '')
  const lines = jsonLines(text)
  if (lines === undefined) return readDocument(parseJson(text, name), name)
  if (lines.length > MAX_ATTESTATIONS) throw tooMany(name, lines.length)
  const documents = lines.map(({ number, text }) => ({
    number,
    ...capture(`${name} line ${number}`, (where) => readDocument(parseJson(text, where), where)),
  }))
  return {
    form: documents.find((entry) => 'document' in entry)?.document.form ?? 'sigstore-bundle',
    attestations: documents.flatMap((entry) =>
      'document' in entry ? entry.document.attestations.map((one) => ({ ...one, line: entry.number })) : [],
    ),
    unreadable: documents.flatMap((entry) =>
      ('error' in entry ? [entry] : entry.document.unreadable).map((one) => ({ ...one, line: entry.number })),
    ),
  }
}

/**
 * Reads a document that has to be of one form.
 *
 * @throws {CleanbillError} as {@link parseAttestations}; `BUNDLE_MALFORMED` for another form
 */
export function readUnread({ bytes, where, form }: UnreadDocument): FetchedDocument {
  const document = parseAttestations(bytes, where)
  if (document.form === form) return document
  throw new CleanbillError(
    'BUNDLE_MALFORMED',
    `a document of the form ${form} was asked for, and this is a ${document.form}`,
  )
}

/** A first line that is an object by itself, with more lines after it, begins JSON lines; anything else is a document. */
function jsonLines(text: string): { number: number; text: string }[] | undefined {
  const lines = text
    .split('\n')
    .map((line, index) => ({ number: index + 1, text: line.replace(/\r$/, '') }))
    .filter((line) => line.text.trim() !== '')
  // One damaged line must not make a document of all: what the first line is decides.
  const first = lines[0]?.text.trim() ?? ''
  return lines.length > 1 && first.startsWith('{') && first.endsWith('}') ? lines : undefined
}

function readDocument(value: JsonValue, name: string): FetchedDocument {
  const reader = isJsonObject(value) ? READERS.find(({ is }) => is(value)) : undefined
  if (!isJsonObject(value) || reader === undefined) {
    throw new CleanbillError('BUNDLE_MALFORMED', `${name} is none of the attestation formats that can be read`, {
      hint: 'Give a Sigstore bundle, JSON lines of them, an npm or PEP 740 document, an OMS model.sig or a DSSE envelope.',
    })
  }
  const parts = reader.parts(value)
  if (parts.length === 0) throw new CleanbillError('BUNDLE_MALFORMED', `${name} holds no attestation`)
  if (parts.length > MAX_ATTESTATIONS) throw tooMany(name, parts.length)
  if (parts.length === 1 && parts[0] !== undefined) {
    const only = { ...reader.read(parts[0].value, name), form: reader.form }
    return {
      form: reader.form,
      attestations: [{ ...only, claimedPredicateType: parts[0].claimedPredicateType }],
      unreadable: [],
    }
  }
  const results = parts.map((part, index) =>
    capture(`${name} #${index + 1}`, (where) => ({
      ...reader.read(part.value, where),
      form: reader.form,
      claimedPredicateType: part.claimedPredicateType,
    })),
  )
  return {
    form: reader.form,
    attestations: results.flatMap((entry) => ('document' in entry ? [entry.document] : [])),
    unreadable: results.flatMap((entry) => ('error' in entry ? [entry] : [])),
  }
}

function capture<T>(
  where: string,
  read: (where: string) => T,
): { document: T } | { where: string; error: CleanbillError } {
  try {
    return { document: read(where) }
  } catch (error) {
    if (isCleanbillError(error)) return { where, error }
    throw error
  }
}

function readBundle(value: JsonValue, where: string): FetchedAttestation {
  const mediaType = member(value, 'mediaType')
  const version = BUNDLE_MEDIA_TYPES[mediaType as keyof typeof BUNDLE_MEDIA_TYPES]
  if (typeof mediaType !== 'string' || !Object.hasOwn(BUNDLE_MEDIA_TYPES, mediaType)) {
    throw new CleanbillError(
      'BUNDLE_VERSION',
      `${where} has the media type ${JSON.stringify(mediaType).slice(0, 120)}`,
      {
        hint: 'Sigstore bundles v0.1 to v0.3 can be read.',
      },
    )
  }
  return fromParsed(parseBundlePart(bundleSchema, value, where), where, version)
}

function fromParsed(bundle: ParsedBundle, where: string, version: '0.1' | '0.2' | '0.3'): FetchedAttestation {
  const { verificationMaterial: material } = bundle
  const content = contentOf(bundle, where)
  const key = keyOf(material, where)
  const entries = material.tlogEntries ?? []
  checkInclusion(entries, version, where)
  // OMS' `certificate` method writes a chain under v0.3, which the library refuses: that one is read by us alone.
  const chainUnderV03 = version === '0.3' && material.x509CertificateChain !== undefined
  return {
    form: 'sigstore-bundle',
    where,
    content,
    key,
    logEntries: entries.map(toLogEntry),
    timestamps: (material.timestampVerificationData?.rfc3161Timestamps ?? []).map((entry) => entry.signedTimestamp),
    bundle: chainUnderV03 ? undefined : (toWire(bundle) as JsonObject),
  }
}

function contentOf(bundle: ParsedBundle, where: string): SignedContent {
  const { dsseEnvelope, messageSignature } = bundle
  // With both, the library verifies the message signature and a reader shows the envelope.
  if (dsseEnvelope !== undefined && messageSignature !== undefined) {
    throw new CleanbillError('BUNDLE_MALFORMED', `${where} has both kinds of signed content`)
  }
  if (dsseEnvelope !== undefined) return envelopeContent(dsseEnvelope, where)
  if (messageSignature === undefined) throw new CleanbillError('BUNDLE_MALFORMED', `${where} has no signed content`)
  return {
    kind: 'message',
    algorithm: digestName(messageSignature.messageDigest.algorithm),
    digest: messageSignature.messageDigest.digest,
    signature: messageSignature.signature,
  }
}

function envelopeContent(envelope: ParsedEnvelope, where: string): SignedContent {
  const [signature, ...more] = envelope.signatures ?? []
  if (signature === undefined || more.length > 0) {
    throw new CleanbillError(
      'SIGNATURE_COUNT',
      `${where} has ${envelope.signatures?.length ?? 0} signatures; exactly one is verified`,
    )
  }
  return {
    kind: 'dsse',
    payloadType: envelope.payloadType,
    payload: envelope.payload,
    signature: signature.sig,
    keyid: signature.keyid ?? '',
  }
}

function keyOf(material: ParsedBundle['verificationMaterial'], where: string): KeyMaterial {
  const { certificate, x509CertificateChain: chain, publicKey } = material
  const given = [certificate, chain, publicKey].filter((part) => part !== undefined)
  if (given.length !== 1) {
    throw new CleanbillError('BUNDLE_MALFORMED', `${where} names ${given.length} signers; a bundle names exactly one`)
  }
  if (certificate !== undefined) return { kind: 'certificate', chain: [certificate.rawBytes] }
  if (chain !== undefined) return { kind: 'certificate', chain: chain.certificates.map((entry) => entry.rawBytes) }
  return { kind: 'key', hint: publicKey?.hint ?? '' }
}

function toLogEntry(entry: ParsedLogEntry): LogEntry {
  return {
    kind: entry.kindVersion.kind,
    version: entry.kindVersion.version,
    logId: entry.logId.keyId,
    logIndex: entry.logIndex ?? '0',
    integratedTime: Number(entry.integratedTime ?? '0'),
    hasPromise: entry.inclusionPromise !== undefined,
  }
}

/** PEP 740 attestation object → bundle v0.3. Source: PEP 740 and pypi-attestations; the table is formats.md §10. */
function readPep740(value: JsonValue, where: string): FetchedAttestation {
  const material = member(value, 'verification_material')
  const envelope = member(value, 'envelope')
  const version = member(value, 'version')
  if (version !== 1) {
    throw new CleanbillError('BUNDLE_VERSION', `${where} is a PEP 740 object of version ${JSON.stringify(version)}`)
  }
  const entries = parseBundlePart(logEntriesSchema, member(material, 'transparency_entries'), where)
  if (entries.length === 0) throw new CleanbillError('LOG_ENTRY_MISSING', `${where} has no transparency log entry`)
  const signature = member(envelope, 'signature')
  const bundle = {
    mediaType: BUNDLE_V03,
    verificationMaterial: {
      certificate: { rawBytes: member(material, 'certificate') },
      tlogEntries: toWire(entries),
    },
    dsseEnvelope: {
      payload: member(envelope, 'statement'),
      payloadType: STATEMENT_PAYLOAD_TYPE,
      signatures: [{ sig: signature }],
    },
  }
  return fromParsed(parseBundlePart(bundleSchema, bundle, where), where, '0.3')
}

function readEnvelope(value: JsonValue, where: string): FetchedAttestation {
  const envelope = parseBundlePart(envelopeSchema, value, where)
  return {
    form: 'dsse',
    where,
    content: envelopeContent(envelope, where),
    key: { kind: 'none' },
    logEntries: [],
    timestamps: [],
    bundle: undefined,
  }
}

function member(value: JsonValue, name: string): JsonValue {
  return isJsonObject(value) ? (value[name] ?? null) : null
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

function textOrNothing(value: JsonValue): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function tooMany(name: string, count: number): CleanbillError {
  return new CleanbillError('LIMIT_EXCEEDED', `${name} holds ${count} attestations; at most ${MAX_ATTESTATIONS}`)
}
