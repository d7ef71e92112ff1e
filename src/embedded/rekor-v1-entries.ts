import { createHash, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { decodeBase64, encodeBase64 } from '../model/base64.ts'
import { parseJson, toSortedJson } from '../model/json.ts'
import { verifyDigestSignature } from './ecdsa-digest.ts'
import { MAX_BODY_BYTES, Refusal } from './http-routes.ts'
import { spkiOf, toPem } from './x509.ts'

/** Source: rekor `pkg/types/{dsse,intoto,hashedrekord}/**\/*_schema.json`. */
const hashValue = z.strictObject({ algorithm: z.literal('sha256'), value: z.string().regex(/^[0-9a-f]{64}$/) })

const dsse = z.strictObject({
  apiVersion: z.literal('0.0.1'),
  kind: z.literal('dsse'),
  // Loose: cosign also sends the fields of the canonical form, as nulls.
  spec: z.looseObject({
    proposedContent: z.strictObject({ envelope: z.string(), verifiers: z.array(z.string()).length(1) }),
  }),
})

const intoto = z.strictObject({
  apiVersion: z.literal('0.0.2'),
  kind: z.literal('intoto'),
  spec: z.strictObject({
    content: z.strictObject({
      envelope: z.strictObject({
        payloadType: z.string().min(1),
        payload: z.string(),
        signatures: z
          .array(z.strictObject({ sig: z.string(), publicKey: z.string(), keyid: z.string().optional() }))
          .length(1),
      }),
      hash: hashValue.optional(),
      payloadHash: hashValue.optional(),
    }),
  }),
})

const hashedrekord = z.strictObject({
  apiVersion: z.literal('0.0.1'),
  kind: z.literal('hashedrekord'),
  spec: z.strictObject({
    data: z.strictObject({ hash: hashValue }),
    signature: z.strictObject({ content: z.string(), publicKey: z.strictObject({ content: z.string() }) }),
  }),
})

const proposal = z.discriminatedUnion('kind', [dsse, intoto, hashedrekord])

/** Exactly one signature, as in a Sigstore bundle. */
const envelopeSchema = z.looseObject({
  payload: z.string(),
  payloadType: z.string().min(1),
  signatures: z.array(z.looseObject({ sig: z.string() })).length(1),
})

/**
 * Proposal → the canonical entry that is logged. The signature is verified first: a log that takes anything would let
 * a test pass that must not.
 *
 * @throws {Refusal} 400
 */
export function toCanonicalEntry(body: unknown): Buffer {
  const parsed = proposal.safeParse(body)
  if (!parsed.success) throw refused('the proposed entry is none of dsse 0.0.1, intoto 0.0.2, hashedrekord 0.0.1')
  const entry = parsed.data
  const spec =
    entry.kind === 'dsse'
      ? dsseSpec(entry.spec.proposedContent)
      : entry.kind === 'intoto'
        ? { content: intotoContent(entry.spec.content) }
        : hashedrekordSpec(entry.spec)
  // RFC 8785: only ASCII keys and no numbers, so sorting by code point is the same order.
  return Buffer.from(toSortedJson({ apiVersion: entry.apiVersion, kind: entry.kind, spec }))
}

function dsseSpec({ envelope: text, verifiers }: z.infer<typeof dsse>['spec']['proposedContent']): object {
  const parsed = envelopeSchema.safeParse(parseJson(text, 'envelope', { maxBytes: MAX_BODY_BYTES, maxDepth: 8 }))
  if (!parsed.success) throw refused('the envelope is not a DSSE envelope with one signature')
  const { payload, payloadType, signatures } = parsed.data
  const bytes = decodeBase64(payload, 'payload')
  const signature = decodeBase64(signatures[0]?.sig ?? '', 'signature')
  const verifier = readVerifier(decodeBase64(verifiers[0] ?? '', 'verifier'))
  requireSignature(verifier.key, pae(payloadType, bytes), signature)
  return {
    envelopeHash: sha256(text),
    payloadHash: sha256(bytes),
    signatures: [{ signature: encodeBase64(signature), verifier: encodeBase64(Buffer.from(verifier.pem)) }],
  }
}

function intotoContent({ envelope, hash, payloadHash }: z.infer<typeof intoto>['spec']['content']): object {
  // Rekor wants payload and signature in base64 twice here.
  const twice = (text: string, what: string) => Buffer.from(decodeBase64(text, what)).toString('latin1')
  const payload = twice(envelope.payload, 'payload')
  const [given] = envelope.signatures
  const sig = twice(given?.sig ?? '', 'signature')
  const publicKey = Buffer.from(decodeBase64(given?.publicKey ?? '', 'public key'))
  const bytes = decodeBase64(payload, 'payload')
  const verifier = readVerifier(publicKey)
  requireSignature(verifier.key, pae(envelope.payloadType, bytes), decodeBase64(sig, 'signature'))
  const keyid = given?.keyid === undefined ? {} : { keyid: given.keyid }
  const whole = {
    payloadType: envelope.payloadType,
    payload,
    signatures: [{ ...keyid, sig, publicKey: publicKey.toString('utf8') }],
  }
  const computed = { hash: sha256(toSortedJson(whole)), payloadHash: sha256(bytes) }
  if (hash !== undefined && hash.value !== computed.hash.value) throw refused('hash is not that of the envelope')
  if (payloadHash !== undefined && payloadHash.value !== computed.payloadHash.value) {
    throw refused('payloadHash is not that of the payload')
  }
  // The payload itself is not logged.
  const signatures = [{ ...keyid, sig: given?.sig, publicKey: given?.publicKey }]
  return { envelope: { payloadType: envelope.payloadType, signatures }, ...computed }
}

function hashedrekordSpec({ data, signature }: z.infer<typeof hashedrekord>['spec']): object {
  const verifier = readVerifier(decodeBase64(signature.publicKey.content, 'public key'))
  const content = decodeBase64(signature.content, 'signature')
  if (!verifyDigestSignature(verifier.key, Buffer.from(data.hash.value, 'hex'), content)) throw signatureRefused()
  return {
    data: { hash: data.hash },
    signature: {
      content: encodeBase64(content),
      publicKey: { content: encodeBase64(Buffer.from(verifier.pem)) },
    },
  }
}

/** A PEM certificate or public key, and the one PEM text that the log writes for it. */
function readVerifier(bytes: Uint8Array): { key: KeyObject; pem: string } {
  const text = Buffer.from(bytes).toString('latin1')
  try {
    if (text.startsWith('-----BEGIN CERTIFICATE-----')) {
      const certificate = new X509Certificate(text)
      return { key: certificate.publicKey, pem: toPem(certificate.raw) }
    }
    if (text.startsWith('-----BEGIN PUBLIC KEY-----')) {
      const key = createPublicKey(text)
      return { key, pem: toPem(spkiOf(key), 'PUBLIC KEY') }
    }
  } catch {
    // said below
  }
  throw refused('the verifier is neither a PEM certificate nor a PEM public key')
}

function requireSignature(key: KeyObject, message: Uint8Array, signature: Uint8Array): void {
  const curve = key.asymmetricKeyDetails?.namedCurve
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : curve === 'secp384r1' ? 'sha384' : 'sha256'
  let holds = false
  try {
    holds = verify(algorithm, message, key, signature)
  } catch {
    // A key type that signs nothing, such as X25519.
  }
  if (!holds) throw signatureRefused()
}

/** DSSE v1 pre-authentication encoding. */
function pae(type: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `), payload])
}

function sha256(content: Uint8Array | string): { algorithm: 'sha256'; value: string } {
  return { algorithm: 'sha256', value: createHash('sha256').update(content).digest('hex') }
}

function signatureRefused(): Refusal {
  return refused('verifying signature: the signature does not hold')
}

function refused(why: string): Refusal {
  return new Refusal(400, `error processing entry: ${why}`)
}
