import { utf8String } from './der.ts'
import type { Claims } from './issuer.ts'
import { extension, subjectAltName } from './x509.ts'

const ARC = '1.3.6.1.4.1.57264.1'
const SERVER = 'https://github.com'

/** What a certificate says about its holder. */
export interface CertificateIdentity {
  readonly subjectAltName: Buffer
  readonly extensions: readonly Buffer[]
  /** The claim that the proof of possession is made over. */
  readonly challenge: string
}

/** A token without a claim that its certificate needs. */
export class ClaimMissing extends Error {
  override readonly name = 'ClaimMissing'
}

/**
 * Claims → identity, as Fulcio does it for GitHub Actions and for e-mail. Source: fulcio `docs/oid-info.md` and
 * `config/identity/config.yaml` (`github-workflow`).
 *
 * @param without extensions to leave out, as an older CA would
 * @throws {ClaimMissing}
 */
export function toCertificateIdentity(claims: Claims, without: readonly number[] = []): CertificateIdentity {
  return claims.email === undefined ? workflowIdentity(claims, without) : emailIdentity(claims)
}

/** A name and nothing else: GitHub's own release signer has no issuer and no claims (sources.md §6). */
export function nameOnlyIdentity(uri: string): CertificateIdentity {
  return { subjectAltName: subjectAltName('uri', uri), extensions: [], challenge: uri }
}

function emailIdentity(claims: Claims): CertificateIdentity {
  const email = text(claims, 'email')
  if (claims.email_verified !== true) throw new ClaimMissing('email_verified is not true')
  // An rfc822Name is printable ASCII (RFC 5280 §4.2.1.6).
  if (!/^[\x21-\x7e]+@[\x21-\x7e]+$/.test(email)) throw new ClaimMissing('email is not an address')
  const issuer = text(claims, 'iss')
  return {
    subjectAltName: subjectAltName('email', email),
    extensions: [rawExtension(1, issuer), stringExtension(8, issuer)],
    challenge: email,
  }
}

function workflowIdentity(claims: Claims, without: readonly number[]): CertificateIdentity {
  const claim = (name: string) => text(claims, name)
  const repository = `${SERVER}/${claim('repository')}`
  const signer = `${SERVER}/${claim('job_workflow_ref')}`
  // A URI is printable ASCII (RFC 5280 §4.2.1.6).
  if (!/^[\x21-\x7e]+$/.test(signer)) throw new ClaimMissing('job_workflow_ref is not printable ASCII')
  const raw = ['iss', 'event_name', 'sha', 'workflow', 'repository', 'ref'].map(claim)
  const strings: [number, () => string][] = [
    [8, () => claim('iss')],
    [9, () => signer],
    [10, () => claim('job_workflow_sha')],
    [11, () => claim('runner_environment')],
    [12, () => repository],
    [13, () => claim('sha')],
    [14, () => claim('ref')],
    [15, () => claim('repository_id')],
    [16, () => `${SERVER}/${claim('repository_owner')}`],
    [17, () => claim('repository_owner_id')],
    [18, () => `${SERVER}/${claim('workflow_ref')}`],
    [19, () => claim('workflow_sha')],
    [20, () => claim('event_name')],
    [21, () => `${repository}/actions/runs/${claim('run_id')}/attempts/${claim('run_attempt')}`],
    [22, () => claim('repository_visibility')],
    ...(claims.environment === undefined ? [] : [[23, () => claim('environment')] as [number, () => string]]),
    [24, () => claim('sub')],
  ]
  return {
    subjectAltName: subjectAltName('uri', signer),
    extensions: [
      ...raw.map((value, index) => rawExtension(index + 1, value)),
      ...strings.flatMap(([number, value]) => (without.includes(number) ? [] : [stringExtension(number, value())])),
    ],
    challenge: claim('sub'),
  }
}

/** .1–.6 (deprecated): the bytes of the string, no DER around them. */
function rawExtension(number: number, value: string): Buffer {
  return extension(`${ARC}.${number}`, false, Buffer.from(value))
}

/** .8 and up: a DER UTF8String. */
function stringExtension(number: number, value: string): Buffer {
  return extension(`${ARC}.${number}`, false, utf8String(value))
}

function text(claims: Claims, name: string): string {
  const value = claims[name]
  if (typeof value !== 'string' || value === '') throw new ClaimMissing(`map has no entry for key "${name}"`)
  return value
}
