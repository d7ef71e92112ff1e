import { createPublicKey } from 'node:crypto'
import type { TrustSource } from '../io/trusted-root.ts'
import { parseAttestations } from '../model/bundle.ts'
import { CleanbillError } from '../model/error.ts'
import type { JsonObject } from '../model/json.ts'
import { parsePublicKey, parseTrustedRoots, type Trust } from '../verify/trust-material.ts'
import { verifyAttestation } from '../verify/verify-attestation.ts'
import { verifyClaims } from '../verify/verify-claims.ts'
import type { World } from './world.ts'

/** With what the new bundle was signed, and as whom. */
export type OwnSigner =
  | { readonly kind: 'key'; readonly pem: Uint8Array; readonly passphrase: string | undefined }
  | {
      readonly kind: 'sigstore'
      readonly trustedRoots: readonly TrustSource[]
      /** Of the identity token. */
      readonly claims: JsonObject
    }

/**
 * Accepts a bundle we just made, or throws: the services' answers are not checked by the library that asked them, and
 * a bundle that nobody can verify must be found now, not by the buyer in two years.
 *
 * @throws {CleanbillError} `SIGNING_FAILED` with the verifier's reason, `TRUST_ROOT_INVALID`
 */
export async function verifyOwnBundle(
  bundle: JsonObject,
  payload: Uint8Array,
  signer: OwnSigner,
  world: World,
): Promise<void> {
  const trust = ownTrust(signer, world)
  const bytes = new TextEncoder().encode(JSON.stringify(bundle))
  try {
    const { attestations } = parseAttestations(bytes, 'the new bundle')
    const [attestation] = attestations
    if (attestation === undefined || attestations.length !== 1) throw refused('it cannot be read back')
    const { content } = attestation
    if (content.kind !== 'dsse' || !Buffer.from(content.payload).equals(payload)) throw refused('it holds other bytes')
    const verified = verifyAttestation(attestation, trust)
    if (signer.kind === 'sigstore') requireIdentity(verified.signer, signer.claims)
    // Ours to find: a predicate that the certificate contradicts is refused by everybody who looks.
    if (verified.statement !== undefined) verifyClaims(verified.statement, verified.signer)
  } catch (error) {
    if (error instanceof CleanbillError && error.code !== 'SIGNING_FAILED') {
      throw refused(`${error.code}: ${error.message}`, error)
    }
    throw error
  }
}

function ownTrust(signer: OwnSigner, { host }: World): Trust {
  const empty: Trust = { roots: [], keys: [], rootCertificates: [], now: host.now() }
  if (signer.kind === 'key') {
    const { pem, passphrase } = signer
    const key = createPublicKey({ key: Buffer.from(pem), ...(passphrase === undefined ? {} : { passphrase }) })
    const spki = key.export({ type: 'spki', format: 'pem' })
    return { ...empty, keys: [parsePublicKey(Buffer.from(spki), 'the signing key')] }
  }
  return { ...empty, roots: signer.trustedRoots.flatMap(({ bytes, name }) => parseTrustedRoots(bytes, name)) }
}

/** The certificate must carry what the token said: a CA that swaps identities would sign for somebody else. */
function requireIdentity(signer: ReturnType<typeof verifyAttestation>['signer'], claims: JsonObject): void {
  if (signer.kind !== 'certificate') throw refused('it carries no certificate')
  if (signer.issuer !== claims.iss) throw refused('its certificate names another issuer than the token')
  const workflow = claims.job_workflow_ref
  const { buildSignerUri, sourceRepositoryIdentifier } = signer.claims
  if (typeof workflow === 'string' && buildSignerUri !== undefined && !buildSignerUri.endsWith(`/${workflow}`)) {
    throw refused('its certificate names another workflow than the token')
  }
  const id = claims.repository_id
  if (typeof id === 'string' && sourceRepositoryIdentifier !== undefined && sourceRepositoryIdentifier !== id) {
    throw refused('its certificate names another repository than the token')
  }
}

function refused(why: string, cause?: unknown): CleanbillError {
  return new CleanbillError('SIGNING_FAILED', `the new bundle was refused by our own verifier: ${why}`, {
    cause,
    hint: 'Check that the trusted root belongs to the services of the signing config. Nothing was published.',
  })
}
