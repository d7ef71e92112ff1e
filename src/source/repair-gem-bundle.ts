import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts'

/**
 * RubyGems stores bundles with two known faults (rubygems.org#6098): log entries without `kindVersion`, and certificates
 * whose `rawBytes` hold the base64 of PEM in place of DER. Both are mended in memory: neither field is believed by
 * itself, since the log's proof covers the entry and the signature is checked with the certificate.
 */
export function repairGemBundle(bundle: JsonValue): JsonValue {
  if (!isJsonObject(bundle) || !isJsonObject(bundle.verificationMaterial)) return bundle
  const material = bundle.verificationMaterial
  const kind = bundle.messageSignature === undefined ? 'dsse' : 'hashedrekord'
  return {
    ...bundle,
    verificationMaterial: {
      ...material,
      ...(Array.isArray(material.tlogEntries)
        ? { tlogEntries: material.tlogEntries.map((entry) => withKind(entry, kind)) }
        : {}),
      ...(isJsonObject(material.certificate) ? { certificate: withDer(material.certificate) } : {}),
      ...(isJsonObject(material.x509CertificateChain) && Array.isArray(material.x509CertificateChain.certificates)
        ? {
            x509CertificateChain: {
              ...material.x509CertificateChain,
              certificates: material.x509CertificateChain.certificates.map((one) =>
                isJsonObject(one) ? withDer(one) : one,
              ),
            },
          }
        : {}),
    },
  }
}

function withKind(entry: JsonValue, kind: string): JsonValue {
  if (!isJsonObject(entry) || (entry.kindVersion !== undefined && entry.kindVersion !== null)) return entry
  return { ...entry, kindVersion: { kind, version: '0.0.1' } }
}

function withDer(certificate: JsonObject): JsonObject {
  if (typeof certificate.rawBytes !== 'string') return certificate
  const text = Buffer.from(certificate.rawBytes, 'base64').toString('latin1')
  const [, body] = /^-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/.exec(text) ?? []
  return body === undefined ? certificate : { ...certificate, rawBytes: body.replace(/\s/g, '') }
}
