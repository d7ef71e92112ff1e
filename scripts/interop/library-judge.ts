import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { type Judge, PROVENANCE, type Question } from './judges.ts'

/** The library, unmodified, as a careful caller uses it. */
export function libraryJudge(version: string): Judge {
  return {
    name: '@sigstore/verify',
    version,
    footnote:
      'The library checks certificate, log, time and signature, but neither the subject nor, exactly, the signer. ' +
      'The script compares the identity, the issuer and the subject digest with === after the library has accepted.',
    ask: async (question) => {
      try {
        await verify(question)
        return { accepted: true }
      } catch (error) {
        const { code, message } = error as Error & { code?: string }
        return { accepted: false, reason: code === undefined ? message : `${code}: ${message}` }
      }
    },
    refusals: {
      identity: /^caller: signed by /,
      issuer: /^caller: signed by /,
      artifact: /^caller: no subject /,
      payload: /^(SIGNATURE_ERROR|TLOG_BODY_ERROR): /,
    },
  }
}

async function verify({ artifact, bundle, trust, identity, issuer }: Question): Promise<void> {
  const root = TrustedRoot.fromJSON(JSON.parse(await readFile(trust.trustedRoot, 'utf8')))
  const parsed = bundleFromJSON(JSON.parse(await readFile(bundle, 'utf8')))
  const verifier = new Verifier(toTrustMaterial(root), { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 })
  const signer = verifier.verify(toSignedEntity(parsed)).identity
  const name = signer?.subjectAlternativeName
  const authority = signer?.extensions?.issuer
  if (name !== identity || authority !== issuer) throw new Error(`caller: signed by ${name}, issuer ${authority}`)
  if (parsed.content.$case !== 'dsseEnvelope') throw new Error('caller: not an attestation')
  // Verified before it is read, and looked at only as far as this.
  const statement = JSON.parse(parsed.content.dsseEnvelope.payload.toString('utf8')) as {
    readonly predicateType: string
    readonly subject: readonly { readonly digest: Readonly<Record<string, string>> }[]
  }
  if (statement.predicateType !== PROVENANCE) throw new Error('caller: not provenance')
  const sha256 = createHash('sha256')
    .update(await readFile(artifact))
    .digest('hex')
  if (!statement.subject.some((subject) => subject.digest.sha256 === sha256)) {
    throw new Error(`caller: no subject has the digest sha256:${sha256}`)
  }
}
