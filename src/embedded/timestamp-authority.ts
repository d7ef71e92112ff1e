import { createHash, sign } from 'node:crypto'
import { z } from 'zod'
import { decodeBase64 } from '../model/base64.ts'
import {
  boolean,
  contextConstructed,
  element,
  generalizedTime,
  integer,
  octetString,
  oid,
  readChildren,
  readContent,
  readDer,
  readUnsigned,
  sequence,
  setOf,
  sortSet,
  TAG,
  time,
} from './der.ts'
import { Refusal, type Route, type RouteRequest, readJsonBody } from './http-routes.ts'
import type { SigningKey } from './state.ts'
import { ECDSA_WITH_SHA256, issuerAndSerial, randomSerial } from './x509.ts'

const OID = {
  signedData: '1.2.840.113549.1.7.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  /** Sigstore's timestamp authority policy. */
  policy: '1.3.6.1.4.1.57264.2',
} as const

const HASHES = [
  { name: 'sha256', oid: '2.16.840.1.101.3.4.2.1', bytes: 32 },
  { name: 'sha384', oid: '2.16.840.1.101.3.4.2.2', bytes: 48 },
  { name: 'sha512', oid: '2.16.840.1.101.3.4.2.3', bytes: 64 },
] as const
type Hash = (typeof HASHES)[number]

interface Query {
  readonly hash: Hash
  readonly digest: Uint8Array
  /** DER INTEGER, repeated in the answer. */
  readonly nonce?: Uint8Array | undefined
  readonly certReq: boolean
}

/** What @sigstore/sign sends instead of DER (timestamp-authority `openapi.yaml`, `JSONRequest`). */
const jsonQuery = z.looseObject({
  artifactHash: z.string(),
  hashAlgorithm: z.string(),
  nonce: z.union([z.int().min(0), z.string().regex(/^\d{1,40}$/)]).optional(),
  certificates: z.boolean().optional(),
})

/** An RFC 3161 timestamp authority. */
export class TimestampAuthority {
  readonly #key: SigningKey
  readonly #leaf: Uint8Array
  readonly #clock: () => Date

  constructor(key: SigningKey, leaf: Uint8Array, clock: () => Date) {
    this.#key = key
    this.#leaf = leaf
    this.#clock = clock
  }

  routes(): readonly Route[] {
    const handle = (request: RouteRequest) => {
      const isDer = request.headers['content-type']?.split(';')[0]?.trim() === 'application/timestamp-query'
      const query = isDer ? parseDerQuery(request.body) : parseJsonQuery(request)
      const headers = { 'content-type': 'application/timestamp-reply' }
      return { status: 201, headers, body: this.timestamp(query) }
    }
    return [{ method: 'POST', path: '/api/v1/timestamp', handle }]
  }

  /** A timestamp over these bytes, at a time of the caller's choice: for what was signed in a simulated past. */
  stamp(bytes: Uint8Array, at: Date): Buffer {
    const [hash] = HASHES
    return this.timestamp({ hash, digest: createHash(hash.name).update(bytes).digest(), certReq: false }, at)
  }

  /** TimeStampResp with status granted(0) (RFC 3161 §2.4.2). */
  timestamp(query: Query, now: Date = this.#clock()): Buffer {
    const info = sequence(
      integer(1),
      oid(OID.policy),
      sequence(algorithm(query.hash.oid), octetString(query.digest)),
      integer(randomSerial()),
      generalizedTime(now),
      sequence(integer(1)),
      ...(query.nonce === undefined ? [] : [query.nonce]),
    )
    return sequence(
      sequence(integer(0)),
      sequence(oid(OID.signedData), contextConstructed(0, this.#sign(info, now, query))),
    )
  }

  /** SignedData (RFC 5652 §5.1); version 3 because the content is not plain data. */
  #sign(info: Uint8Array, now: Date, { certReq }: Query): Buffer {
    const sha256 = algorithm(HASHES[0].oid)
    const attributes = Buffer.concat(
      sortSet([
        attribute(OID.contentType, oid(OID.tstInfo)),
        attribute(OID.signingTime, time(now)),
        attribute(OID.messageDigest, octetString(createHash('sha256').update(info).digest())),
        attribute(OID.signingCertificateV2, this.#signingCertificate()),
      ]),
    )
    const { issuer, serial } = issuerAndSerial(this.#leaf)
    const signerInfo = sequence(
      integer(1),
      sequence(issuer, serial),
      sha256,
      contextConstructed(0, attributes),
      ECDSA_WITH_SHA256,
      // §5.4: the signature is over the attributes as a SET, not as they are tagged here.
      octetString(sign('sha256', element(TAG.set, attributes), this.#key.privateKey)),
    )
    return sequence(
      integer(3),
      setOf(sha256),
      sequence(oid(OID.tstInfo), contextConstructed(0, octetString(info))),
      ...(certReq ? [contextConstructed(0, this.#leaf)] : []),
      setOf(signerInfo),
    )
  }

  /** SigningCertificateV2 with one ESSCertIDv2 (RFC 5035 §4); SHA-256 is the default and so not written. */
  #signingCertificate(): Buffer {
    const { issuer, serial } = issuerAndSerial(this.#leaf)
    const hash = octetString(createHash('sha256').update(this.#leaf).digest())
    return sequence(sequence(sequence(hash, sequence(sequence(contextConstructed(4, issuer)), serial))))
  }
}

function algorithm(id: string): Buffer {
  return sequence(oid(id))
}

function attribute(id: string, value: Uint8Array): Buffer {
  return sequence(oid(id), setOf(value))
}

function parseJsonQuery(request: RouteRequest): Query {
  const { success, data } = jsonQuery.safeParse(readJsonBody(request))
  const hash = HASHES.find(({ name }) => name === data?.hashAlgorithm)
  if (!success || hash === undefined) throw refused()
  const nonce = data.nonce === undefined ? undefined : integerOf(BigInt(data.nonce))
  const digest = decodeBase64(data.artifactHash, 'artifactHash')
  return requireLength({ hash, digest, nonce, certReq: data.certificates ?? false })
}

function integerOf(value: bigint): Buffer {
  const hex = value.toString(16)
  return integer(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'))
}

/** TimeStampReq (RFC 3161 §2.4.1). */
function parseDerQuery(body: Uint8Array): Query {
  const [version, imprint, ...rest] = readChildren(readDer(body))
  const [algorithmId, digest] = readChildren(imprint)
  const [id] = readChildren(algorithmId)
  const hash = HASHES.find((known) => id?.encoded.equals(oid(known.oid)))
  if (readUnsigned(version) !== 1n || hash === undefined) throw refused()
  const policy = rest[0]?.tag === TAG.oid ? rest.shift() : undefined
  if (policy !== undefined && !policy.encoded.equals(oid(OID.policy))) throw refused()
  const nonce = rest[0]?.tag === TAG.integer ? rest.shift() : undefined
  const certReq = rest[0]?.tag === TAG.boolean ? rest.shift() : undefined
  // An extension asks for something that this authority cannot promise (§2.4.1: unrecognized ones are refused).
  if (rest.length > 0 || (nonce?.content.length ?? 0) > 64) throw refused()
  return requireLength({
    hash,
    digest: readContent(digest, TAG.octetString),
    nonce: nonce?.encoded,
    certReq: certReq?.encoded.equals(boolean(true)) ?? false,
  })
}

function requireLength(query: Query): Query {
  if (query.digest.length !== query.hash.bytes) throw refused()
  return query
}

function refused(): Refusal {
  return new Refusal(400, 'Error generating timestamp response: not a timestamp request this authority answers')
}
