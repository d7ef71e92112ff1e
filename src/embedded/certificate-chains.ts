import type { KeyObject } from 'node:crypto'
import {
  authorityKeyIdentifier,
  basicConstraints,
  buildTbsCertificate,
  distinguishedName,
  EKU,
  extendedKeyUsage,
  keyUsage,
  randomSerial,
  signCertificate,
  spkiOf,
  subjectKeyIdentifier,
} from './x509.ts'

interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/** DER, in the order in which `trusted_root.json` lists them. */
export interface CertificateChains {
  /** Intermediate (it issues), root. */
  readonly fulcio: readonly Buffer[]
  /** Leaf (it signs timestamps), intermediate, root. */
  readonly timestamp: readonly Buffer[]
}

export interface ChainKeys {
  readonly fulcioRoot: KeyPair
  readonly fulcio: KeyPair
  readonly timestampRoot: KeyPair
  readonly timestampIntermediate: KeyPair
  readonly timestamp: KeyPair
}

/** Every name says it, so that nobody who meets such a certificate takes it for the public instance's. */
const ORGANIZATION = 'Cleanbill embedded Sigstore, for trials only'
const YEARS = 20

/** The two authorities' own certificates. Profiles as in Fulcio's `docs/certificate-specification.md`. */
export function createCertificateChains(
  keys: ChainKeys,
  createdAt: Date,
  organization: string = ORGANIZATION,
): CertificateChains {
  const issue = issueFrom(createdAt, organization)
  const { codeSigning, timeStamping } = EKU
  const authority = (pathLength: number) => [basicConstraints(pathLength), keyUsage('authority')]
  return {
    fulcio: [
      issue('fulcio-intermediate', keys.fulcio, 'fulcio-root', keys.fulcioRoot, [
        ...authority(0),
        extendedKeyUsage(codeSigning, false),
      ]),
      issue('fulcio-root', keys.fulcioRoot, 'fulcio-root', keys.fulcioRoot, authority(1)),
    ],
    timestamp: [
      issue('timestamp', keys.timestamp, 'timestamp-intermediate', keys.timestampIntermediate, [
        basicConstraints(undefined),
        keyUsage('signature'),
        extendedKeyUsage(timeStamping, true),
      ]),
      issue('timestamp-intermediate', keys.timestampIntermediate, 'timestamp-root', keys.timestampRoot, [
        ...authority(0),
        extendedKeyUsage(timeStamping, false),
      ]),
      issue('timestamp-root', keys.timestampRoot, 'timestamp-root', keys.timestampRoot, authority(1)),
    ],
  }
}

function issueFrom(notBefore: Date, organization: string) {
  const notAfter = new Date(notBefore)
  notAfter.setUTCFullYear(notBefore.getUTCFullYear() + YEARS)
  return (subject: string, key: KeyPair, issuer: string, issuerKey: KeyPair, extensions: readonly Buffer[]): Buffer => {
    const publicKey = spkiOf(key.publicKey)
    const tbs = buildTbsCertificate({
      serial: randomSerial(),
      issuer: distinguishedName(organization, issuer),
      subject: distinguishedName(organization, subject),
      notBefore,
      notAfter,
      publicKey,
      extensions: [...extensions, subjectKeyIdentifier(publicKey), authorityKeyIdentifier(spkiOf(issuerKey.publicKey))],
    })
    return signCertificate(tbs, issuerKey.privateKey)
  }
}
