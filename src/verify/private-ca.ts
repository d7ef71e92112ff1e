import type { X509Certificate } from 'node:crypto'
import { type Certificate, hasCodeSigningUsage, parseCertificate } from '../model/certificate.ts'
import { CleanbillError } from '../model/error.ts'

/**
 * Checks a chain of a private CA (OMS method `certificate`): the leaf signs code, each issuer is a CA, the last one is
 * a certificate that the caller trusts. Intermediates from the bundle only help to find the way.
 *
 * There is no trusted time in such a bundle, so everything must be valid now: an expired certificate is refused even
 * where it was valid when it signed.
 *
 * @throws {CleanbillError} `CERTIFICATE_INVALID`, `CERTIFICATE_EXPIRED`
 */
export function verifyPrivateChain(
  chain: readonly Uint8Array[],
  roots: readonly X509Certificate[],
  now: Date,
  where: string,
): Certificate {
  const [leaf, ...intermediates] = chain.map((der) => parseCertificate(der))
  if (leaf === undefined) throw new CleanbillError('CERTIFICATE_INVALID', `${where} holds no certificate`)
  // Real private CAs issue without this extension; one that is there must say code signing.
  if (hasCodeSigningUsage(leaf) === false) {
    throw new CleanbillError('CERTIFICATE_INVALID', `${where}: the certificate is not for code signing`)
  }
  const path = findPath(leaf.x509, new Set(intermediates.map(({ x509 }) => x509)), roots)
  if (path === undefined) {
    throw new CleanbillError('CERTIFICATE_INVALID', `${where}: the certificate does not lead to a given root`, {
      hint: 'Pass the CA that issued it with --root-cert.',
    })
  }
  for (const certificate of path) {
    if (certificate.validFromDate > now || certificate.validToDate < now) {
      const name = certificate.subject.split('\n').join(', ')
      throw new CleanbillError(
        'CERTIFICATE_EXPIRED',
        `${where}: the certificate of ${name} was valid from ${certificate.validFromDate.toISOString()} to ${certificate.validToDate.toISOString()}`,
      )
    }
  }
  return leaf
}

/**
 * Depth-first: two intermediates of one name (a renewed CA) must both be tried. Each is followed once, since what does not
 * lead to a root does not do so by another way either: sixteen that all issue each other make more ways than anybody
 * could go, and whoever makes the bundle chooses them.
 */
function findPath(
  certificate: X509Certificate,
  untried: Set<X509Certificate>,
  roots: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const isIssuer = (one: X509Certificate) => !one.raw.equals(certificate.raw) && issuedBy(certificate, one)
  const root = roots.find(isIssuer)
  if (root !== undefined) return [certificate, root]
  for (const issuer of untried) {
    if (!isIssuer(issuer)) continue
    untried.delete(issuer)
    const rest = findPath(issuer, untried, roots)
    if (rest !== undefined) return [certificate, ...rest]
  }
  return undefined
}

function issuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  } catch {
    return false
  }
}
