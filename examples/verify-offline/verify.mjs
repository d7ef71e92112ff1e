// node verify.mjs ARTIFACT BUNDLE TRUSTED_ROOT IDENTITY ISSUER   (no network; exit 0: verified, 1: refused)
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'

const [artifact, bundlePath, rootPath, identity, issuer] = process.argv.slice(2)
const bundle = bundleFromJSON(JSON.parse(readFileSync(bundlePath, 'utf8')))
const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(rootPath, 'utf8')))
const signer = new Verifier(toTrustMaterial(root)).verify(toSignedEntity(bundle)).identity
// Compared here, since the library takes an expected name as an unanchored pattern: `acme/train` would match `acme/train-evil`.
if (signer?.subjectAlternativeName !== identity) throw new Error(`signed by ${signer?.subjectAlternativeName}`)
if (signer?.extensions?.issuer !== issuer) throw new Error(`identity issued by ${signer?.extensions?.issuer}`)
// Compared here, since the library proves that somebody signed a statement, not that the statement is about this file.
const { subject, predicateType } = JSON.parse(bundle.content.dsseEnvelope.payload.toString())
const sha256 = createHash('sha256').update(readFileSync(artifact)).digest('hex')
if (!subject.some(({ digest }) => digest.sha256 === sha256)) throw new Error(`no subject has sha256:${sha256}`)
console.log(`verified: ${artifact} (${predicateType}), signed by ${identity}`)
