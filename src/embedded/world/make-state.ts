import { createHash, sign } from 'node:crypto'
import { encodeBase64 } from '../../model/base64.ts'
import { BUNDLE_V03 } from '../../model/bundle-schema.ts'
import { PROVENANCE_V1 } from '../../model/predicates/provenance.ts'
import { NPM_PUBLISH, PYPI_PUBLISH } from '../../model/predicates/registry.ts'
import { RELEASE_V02 } from '../../model/predicates/release.ts'
import { preAuthEncoding, STATEMENT_PAYLOAD_TYPE, STATEMENT_TYPE, type Subject } from '../../model/statement.ts'
import { nameOnlyIdentity, toCertificateIdentity } from '../certificate-extensions.ts'
import { logId } from '../checkpoint.ts'
import { spkiOf } from '../x509.ts'
import { serveFiles } from './archives.ts'
import { missingExtensions, toClaims } from './claims.ts'
import { plusSeconds } from './derive.ts'
import type { WorldAttestation, WorldDescription, WorldPackage, WorldRelease } from './description.ts'
import { type DescriptionIndex, eventKey, indexDescription } from './index-description.ts'
import { makeSigner, type WorldSigner } from './instance.ts'
import type { WorldKeys } from './keys.ts'
import { npmKeyId, signAsNpmRegistry } from './npm-keys.ts'
import { type CompleteAttestation, type CompleteRepository, completeRepository } from './repositories.ts'
import { defaultTime } from './settle.ts'
import type { AttestedSubject, ServedFile, SignedDocument, WorldState } from './state.ts'
import {
  npmPublishStatement,
  provenanceStatement,
  pypiPublishStatement,
  releaseStatement,
  subjectOf,
} from './statements.ts'

/** SAN of GitHub's release signer (sources.md §6). */
export const RELEASE_SIGNER = 'https://dotcom.releases.github.com'
/** Name in the world's checksum database notes. */
export const SUMDB_NAME = 'sumdb.cleanbill.internal'

/** The state behind a world's services, and the way to let its story go on. */
export interface ReplaceableState extends WorldState {
  readonly replace: (description: WorldDescription) => void
}

export interface StateParts {
  readonly description: WorldDescription
  readonly clock: () => Date
  readonly keys: WorldKeys
  readonly origin: (name: string) => string
}

export function makeWorldState(parts: StateParts): ReplaceableState {
  const { clock, keys, origin } = parts
  // Fixed when the world starts: a moving clock must not move what happened long ago.
  const otherwise = defaultTime(clock)
  const publishedAt = (pack: WorldPackage) => pack.publishedAt ?? otherwise
  const times = { publishedAt, otherwise }
  let description = parts.description
  let index = indexDescription(description, times)
  const files = new WeakMap<WorldPackage, readonly ServedFile[]>()
  const documents = new WeakMap<WorldPackage, Map<string, Promise<readonly SignedDocument[]>>>()
  const releases = new Map<string, Promise<SignedDocument>>()
  const signing = new Signing(makeSigner(keys), () => index, otherwise)
  return {
    description: () => description,
    replace: (next) => {
      description = next
      index = indexDescription(next, times)
    },
    now: clock,
    origin,
    publishedAt,
    versions: (ecosystem, name) => index.versions(ecosystem, name),
    repository: (name) => index.repository(name),
    filesOf: (pack) => remember(files, pack, () => serveFiles(pack)),
    isAttested: (pack, file) => attestationFor(pack, file) !== undefined,
    attestationsOf: (pack, file) => {
      // By package and not by description: what was signed once stays as it was signed, whatever happens to its source.
      const known = remember(documents, pack, () => new Map<string, Promise<readonly SignedDocument[]>>())
      const attestation = attestationFor(pack, file)
      return remember(known, file.name, async () =>
        attestation === undefined ? [] : await signing.signFileOf(pack, file, attestation, publishedAt(pack)),
      )
    },
    signAsNpmRegistry: (text) => signAsNpmRegistry(keys.keys.npm, text),
    npmRegistryKey: { keyid: npmKeyId(keys.keys.npm), key: encodeBase64(spkiOf(keys.keys.npm.publicKey)) },
    sign: (statement, as, key) => signing.signAs(statement, as, key),
    attest: (subject, as) => signing.attest(subject, as),
    signFile: (bytes, as) => signing.signBytes(bytes, as),
    releaseAttestation: (name, release, object) =>
      remember(releases, JSON.stringify([name, release, object]), () => signing.release(name, release, object)),
    signNote: (text) => signNote(keys, text),
    signAsRebuilder: (statement) => signAsRebuilder(keys, statement),
  }
}

interface Memory<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): unknown
}

function remember<K, V>(memory: Memory<K, V>, key: K, make: () => V): V {
  const known = memory.get(key) ?? make()
  memory.set(key, known)
  return known
}

function attestationFor(pack: WorldPackage, file: ServedFile): WorldAttestation | undefined {
  return file.attestation === null ? undefined : (file.attestation ?? pack.attestation)
}

class Signing {
  readonly #signer: WorldSigner
  readonly #index: () => DescriptionIndex
  /** For what has no time of its own. */
  readonly #otherwise: string

  constructor(signer: WorldSigner, index: () => DescriptionIndex, otherwise: string) {
    this.#signer = signer
    this.#index = index
    this.#otherwise = otherwise
  }

  async signFileOf(pack: WorldPackage, file: ServedFile, attestation: WorldAttestation, publishedAt: string) {
    const complete = this.#index().complete({ attestation, key: eventKey(pack), publishedAt })
    const { broken, repository } = complete
    const own = this.#repository(repository)
    const statement = statementFor(pack, file, complete, own)
    const signed: SignedDocument = { ...(await this.#document(statement, complete, own)), repository }
    if (pack.ecosystem !== 'npm' || broken === 'no-publish') return [signed]
    // The registry signs after it has taken the package in.
    const at = new Date(plusSeconds(publishedAt, 2))
    const publish = this.#signer.signAsNpm(bytesOf(npmPublishStatement(pack, file.digests)), at)
    return [{ bundle: publish, predicateType: NPM_PUBLISH, repository }, signed]
  }

  async attest(subject: AttestedSubject, attestation: WorldAttestation): Promise<SignedDocument> {
    const complete = this.#complete(attestation, subject.name)
    const own = this.#repository(complete.repository)
    const statement =
      attestation.predicateType === undefined || attestation.predicateType === PROVENANCE_V1
        ? provenanceStatement([subject], complete, own, 'github')
        : other(subject, attestation.predicateType)
    return { ...(await this.#document(statement, complete, own)), repository: complete.repository }
  }

  async signAs(statement: object, attestation: WorldAttestation, key = keyOf(statement)): Promise<object> {
    const complete = this.#complete(attestation, key)
    return (await this.#document(statement, complete, this.#repository(complete.repository))).bundle
  }

  async signBytes(bytes: Uint8Array, attestation: WorldAttestation): Promise<object> {
    const complete = this.#complete(attestation, createHash('sha256').update(bytes).digest('hex'))
    const identity = identityOf(complete, this.#repository(complete.repository))
    return await this.#signer.signFile(bytes, identity, new Date(complete.signedAt))
  }

  async release(name: string, release: WorldRelease, object: string): Promise<SignedDocument> {
    const statement = releaseStatement(this.#repository(name), release, object)
    if (release.broken === 'signer') return await this.#releaseByWorkflow(statement, name)
    const payload = bytesOf(statement)
    const identity = nameOnlyIdentity(RELEASE_SIGNER)
    const bundle = await this.#signer.sign(payload, identity, new Date(this.#otherwise), 'github-release')
    return { bundle, predicateType: RELEASE_V02, repository: name }
  }

  async #releaseByWorkflow(statement: object, repository: string): Promise<SignedDocument> {
    const complete = this.#complete({ repository, instance: 'github' }, keyOf(statement))
    return { ...(await this.#document(statement, complete, this.#repository(repository))), repository }
  }

  async #document(statement: object, complete: CompleteAttestation, repository: CompleteRepository) {
    const predicateType = 'predicateType' in statement ? String(statement.predicateType) : ''
    // No bundle at all: a document that some tool wrote half.
    if (complete.broken === 'malformed') return { bundle: { mediaType: BUNDLE_V03 }, predicateType }
    const { instance, signedAt } = complete
    const identity = identityOf(complete, repository)
    const bundle = await this.#signer.sign(bytesOf(statement), identity, new Date(signedAt), instance)
    return { bundle: complete.broken === 'signature' ? withChangedPayload(bundle) : bundle, predicateType }
  }

  #complete(attestation: WorldAttestation, key: string): CompleteAttestation {
    return this.#index().complete({ attestation, key, publishedAt: this.#otherwise })
  }

  #repository(name: string): CompleteRepository {
    return this.#index().repository(name) ?? completeRepository(name, undefined, [], this.#otherwise)
  }
}

const identityOf = (complete: CompleteAttestation, repository: CompleteRepository) =>
  toCertificateIdentity(toClaims(complete, repository), missingExtensions(complete))

const bytesOf = (statement: object): Uint8Array => Buffer.from(JSON.stringify(statement))

function statementFor(pack: WorldPackage, file: ServedFile, complete: CompleteAttestation, own: CompleteRepository) {
  const subject = subjectOf(pack, file, complete.broken)
  // PyPI's own word names no repository, so only provenance can contradict its certificate.
  const usual = pack.ecosystem === 'pypi' && complete.broken !== 'claims' ? PYPI_PUBLISH : PROVENANCE_V1
  const predicateType = complete.predicateType ?? usual
  if (predicateType === PYPI_PUBLISH) return pypiPublishStatement(subject)
  if (predicateType !== PROVENANCE_V1) return other(subject, predicateType)
  return provenanceStatement([subject], complete, own, pack.ecosystem === 'npm' ? 'npm' : 'github')
}

const other = (subject: Subject, predicateType: string) => ({
  _type: STATEMENT_TYPE,
  subject: [subject],
  predicateType,
  predicate: {},
})

const keyOf = (statement: object): string => createHash('sha256').update(JSON.stringify(statement)).digest('hex')

/** One byte of the payload, after signing. */
function withChangedPayload(bundle: object): object {
  if (!('dsseEnvelope' in bundle)) return bundle
  const envelope = bundle.dsseEnvelope as { readonly payload: string }
  const payload = Buffer.from(envelope.payload, 'base64')
  const last = payload.length - 1
  payload[last] = (payload[last] ?? 0) ^ 1
  return { ...bundle, dsseEnvelope: { ...envelope, payload: encodeBase64(payload) } }
}

/** C2SP signed-note: the text, a blank line, one signature line. */
function signNote({ keys }: WorldKeys, text: string): string {
  const hint = logId({ name: SUMDB_NAME, publicKey: keys.sumdb.publicKey }).subarray(0, 4)
  const signature = sign(null, Buffer.from(text), keys.sumdb.privateKey)
  return `${text}\n\u2014 ${SUMDB_NAME} ${encodeBase64(Buffer.concat([hint, signature]))}\n`
}

/** `name+hash+key` as the go command takes it in `GOSUMDB` (golang.org/x/mod `sumdb/note`). */
export function sumdbVerifierKey({ keys }: WorldKeys): string {
  const { publicKey } = keys.sumdb
  const hint = logId({ name: SUMDB_NAME, publicKey }).subarray(0, 4).toString('hex')
  return `${SUMDB_NAME}+${hint}+${encodeBase64(Buffer.concat([Uint8Array.of(1), spkiOf(publicKey).subarray(-32)]))}`
}

function signAsRebuilder({ keys }: WorldKeys, statement: object): object {
  const payload = bytesOf(statement)
  const signature = sign('sha256', preAuthEncoding(STATEMENT_PAYLOAD_TYPE, payload), keys.rebuild.privateKey)
  return {
    payload: encodeBase64(payload),
    payloadType: STATEMENT_PAYLOAD_TYPE,
    signatures: [{ keyid: npmKeyId(keys.rebuild), sig: encodeBase64(signature) }],
  }
}
