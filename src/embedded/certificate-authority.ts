import { createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { decodeBase64 } from '../model/base64.ts'
import { type CertificateIdentity, ClaimMissing, toCertificateIdentity } from './certificate-extensions.ts'
import type { CtLog } from './ct-log.ts'
import { readChildren, readContent, readDer, sequence, TAG } from './der.ts'
import { grpcRefusal, type Refusal, type Route, type RouteRequest, readJsonBody } from './http-routes.ts'
import { type Issuer, TokenRefused } from './issuer.ts'
import type { SigningKey } from './state.ts'
import {
  authorityKeyIdentifier,
  buildTbsCertificate,
  EKU,
  extendedKeyUsage,
  issuerAndSerial,
  keyUsage,
  randomSerial,
  signCertificate,
  spkiOf,
  subjectKeyIdentifier,
  toPem,
} from './x509.ts'

/** How long a signing certificate lives, as Fulcio's. */
export const CERTIFICATE_SECONDS = 600

/** fulcio `fulcio.proto`, CreateSigningCertificateRequest. */
const signingRequest = z.looseObject({
  /** Absent where the token comes as `Authorization: Bearer`, as from cosign and sigstore-python. */
  credentials: z.looseObject({ oidcIdentityToken: z.string() }).optional(),
  publicKeyRequest: z
    .looseObject({ publicKey: z.looseObject({ content: z.string() }), proofOfPossession: z.string() })
    .optional(),
  /** Base64 of a PEM certificate request: what sigstore-python sends. */
  certificateSigningRequest: z.string().optional(),
})

export interface AuthorityParts {
  readonly key: SigningKey
  /** Intermediate, root; DER. */
  readonly chain: readonly Uint8Array[]
  readonly issuer: Issuer
  readonly ctLog: CtLog
  readonly clock: () => Date
  readonly log: (line: string) => void
}

/** Fulcio's part: a short-lived certificate for whoever shows a token and holds a key. */
export class CertificateAuthority {
  readonly #parts: AuthorityParts

  constructor(parts: AuthorityParts) {
    this.#parts = parts
  }

  routes(): readonly Route[] {
    const chain = this.#parts.chain.map((der) => toPem(der))
    return [
      {
        method: 'POST',
        path: '/api/v2/signingCert',
        handle: async (request) => {
          const parsed = signingRequest.safeParse(readJsonBody(request))
          if (!parsed.success) throw invalid('The request is not a signing certificate request')
          const leaf = await this.#sign(parsed.data, bearerToken(request))
          const certificates = [toPem(leaf), ...chain]
          return { status: 200, body: { signedCertificateEmbeddedSct: { chain: { certificates } } } }
        },
      },
      {
        method: 'GET',
        path: '/api/v2/trustBundle',
        handle: () => ({ status: 200, body: { chains: [{ certificates: chain }] } }),
      },
    ]
  }

  async #sign(request: z.infer<typeof signingRequest>, bearer: string | undefined): Promise<Buffer> {
    const { credentials, publicKeyRequest, certificateSigningRequest } = request
    const identity = this.#identify(credentials?.oidcIdentityToken ?? bearer ?? '')
    if (publicKeyRequest !== undefined && certificateSigningRequest === undefined) {
      const publicKey = parsePublicKey(publicKeyRequest.publicKey.content)
      const proof = Buffer.from(publicKeyRequest.proofOfPossession, 'base64')
      requireProof(publicKey, Buffer.from(identity.challenge), proof)
      return this.issue(publicKey, identity)
    }
    if (certificateSigningRequest !== undefined && publicKeyRequest === undefined) {
      return this.issue(parseCertificateRequest(certificateSigningRequest), identity)
    }
    throw invalid('Either a public key with a proof of possession or a certificate signing request is wanted')
  }

  #identify(token: string): CertificateIdentity {
    try {
      return toCertificateIdentity(this.#parts.issuer.verify(token))
    } catch (error) {
      if (error instanceof ClaimMissing) throw invalid(error.message)
      if (!(error instanceof TokenRefused)) throw error
      this.#parts.log(`token refused: ${error.message}`)
      throw invalid('There was an error processing the identity token')
    }
  }

  issue(publicKey: KeyObject, identity: CertificateIdentity): Promise<Buffer> {
    return issueCertificate(this.#parts, publicKey, identity, this.#parts.clock())
  }
}

/** Who issues: a key with its chain, and the log that the certificates go into. */
export interface CertificateIssuer {
  readonly key: SigningKey
  /** Intermediate, root; DER. */
  readonly chain: readonly Uint8Array[]
  /** Undefined: certificates without an SCT, as GitHub's own instance issues them. */
  readonly ctLog: CtLog | undefined
}

/** Profile: Fulcio `docs/certificate-specification.md`, issued certificate. */
export async function issueCertificate(
  { key, chain, ctLog }: CertificateIssuer,
  publicKey: KeyObject,
  identity: CertificateIdentity,
  now: Date,
  seconds: number = CERTIFICATE_SECONDS,
): Promise<Buffer> {
  const notBefore = new Date(Math.floor(now.getTime() / 1000) * 1000)
  const spki = spkiOf(publicKey)
  const issuerSpki = spkiOf(key.publicKey)
  const fields = {
    serial: randomSerial(),
    issuer: issuerAndSerial(chain[0] ?? new Uint8Array()).subject,
    subject: sequence(),
    notBefore,
    notAfter: new Date(notBefore.getTime() + seconds * 1000),
    publicKey: spki,
  }
  const extensions = [
    keyUsage('signature'),
    extendedKeyUsage(EKU.codeSigning, false),
    subjectKeyIdentifier(spki),
    authorityKeyIdentifier(issuerSpki),
    identity.subjectAltName,
    ...identity.extensions,
  ]
  const sct =
    ctLog === undefined
      ? []
      : [await ctLog.logPrecertificate(buildTbsCertificate({ ...fields, extensions }), issuerSpki, now)]
  const leaf = signCertificate(buildTbsCertificate({ ...fields, extensions: [...extensions, ...sct] }), key.privateKey)
  if (!new X509Certificate(leaf).verify(key.publicKey)) throw new Error('issued a certificate that does not verify')
  return leaf
}

function bearerToken({ headers }: RouteRequest): string | undefined {
  return /^bearer ([\w.-]+)$/i.exec(headers.authorization ?? '')?.[1]
}

/** P-256 with SHA-256 or P-384 with SHA-384; anything else is refused. */
function digestFor(publicKey: KeyObject): 'sha256' | 'sha384' {
  const curve = publicKey.asymmetricKeyDetails?.namedCurve
  if (curve === 'prime256v1') return 'sha256'
  if (curve === 'secp384r1') return 'sha384'
  throw invalid('The public key supplied in the request is neither P-256 nor P-384')
}

function requireProof(publicKey: KeyObject, challenge: Uint8Array, proof: Uint8Array): void {
  if (!verify(digestFor(publicKey), challenge, publicKey, proof)) {
    throw invalid('The signature supplied in the request could not be verified')
  }
}

function parsePublicKey(pem: string): KeyObject {
  // node:crypto would also take a private key or a certificate here, and hand out its public half.
  if (!/^-----BEGIN PUBLIC KEY-----\s/.test(pem)) throw invalid('The public key supplied is not a PEM public key')
  try {
    return createPublicKey(pem)
  } catch {
    throw invalid('The public key supplied in the request could not be parsed')
  }
}

/** PKCS #10 (RFC 2986 §4.2). The request's own signature is the proof of possession, as in Fulcio. */
function parseCertificateRequest(encoded: string): KeyObject {
  let publicKey: KeyObject
  let info: Buffer
  let signature: Buffer
  try {
    const pem = Buffer.from(decodeBase64(encoded, 'certificateSigningRequest')).toString('latin1')
    const base64 =
      /^-----BEGIN CERTIFICATE REQUEST-----\n([\sA-Za-z0-9+/=]+)-----END CERTIFICATE REQUEST-----\s*$/.exec(pem)
    const der = decodeBase64((base64?.[1] ?? '!').replace(/\s/g, ''), 'certificate request')
    const [first, , third] = readChildren(readDer(der))
    const [, , spki] = readChildren(first)
    info = first?.encoded ?? Buffer.alloc(0)
    signature = readContent(third, TAG.bitString).subarray(1)
    publicKey = createPublicKey({ key: spki?.encoded ?? Buffer.alloc(0), format: 'der', type: 'spki' })
  } catch {
    throw invalid('The certificate signing request could not be parsed')
  }
  requireProof(publicKey, info, signature)
  return publicKey
}

function invalid(message: string): Refusal {
  return grpcRefusal(400, 3, message)
}
