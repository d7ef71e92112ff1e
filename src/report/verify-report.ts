import type { AttestationResult, VerifyResult } from '../model/verify-document.ts'
import { escapeTerminal } from './escape.ts'

type Signer = NonNullable<VerifyResult['signer']>

/**
 * The result of `verify` for people: what was proven and by whom, or why it was refused and what to do. Every string
 * that came out of an attestation is escaped.
 */
export function formatVerify(results: readonly VerifyResult[]): string {
  return `${results.map(formatResult).join('\n\n')}\n`
}

function formatResult(result: VerifyResult): string {
  const lines = result.verified ? formatVerified(result) : formatRefused(result)
  return lines.join('\n')
}

function formatVerified(result: VerifyResult): string[] {
  const { artifact, signer, statement, limits, attestations } = result
  const refused = attestations.filter(({ verified }) => !verified)
  return [
    `VERIFIED  ${escapeTerminal(artifact?.name ?? '')}`,
    ...formatDigest(artifact),
    ...(signer === null ? [] : formatSigner(signer)),
    ...(statement === null ? [] : [row('statement', statement.predicateType)]),
    ...formatSource(signer),
    ...limits.map(({ code, message }) => row('not proven', `${code}: ${message}`)),
    ...refused.map(formatOther),
  ]
}

function formatRefused(result: VerifyResult): string[] {
  const { artifact, code, message, hint, signer, attestations } = result
  return [
    `REFUSED   ${escapeTerminal(artifact?.name ?? '')}`,
    row('code', code ?? ''),
    row('why', message),
    ...(hint === null ? [] : [row('hint', hint)]),
    ...formatDigest(artifact),
    // Named because it helps to see whose it is; a refused signature vouches for nothing.
    ...(signer === null ? [] : formatSigner(signer)),
    ...(attestations.length > 1 ? attestations.map(formatOther) : []),
  ]
}

function formatDigest(artifact: VerifyResult['artifact']): string[] {
  const [first] = Object.entries(artifact?.digest ?? {})
  return first === undefined || artifact?.kind === 'digest' ? [] : [row(first[0], first[1])]
}

function formatSigner(signer: Signer): string[] {
  if (signer.kind === 'key') return [row('signed with', `key ${signer.fingerprint}`)]
  if (signer.kind === 'private-ca') return [row('signed by', signer.subject)]
  return [
    row('signed by', signer.subjectAlternativeName.value),
    ...(signer.issuer === undefined ? [] : [row('known from', signer.issuer)]),
  ]
}

function formatSource(signer: Signer | null): string[] {
  if (signer?.kind !== 'certificate') return []
  const { sourceRepositoryUri, sourceRepositoryRef, sourceRepositoryDigest, runInvocationUri } = signer.claims
  const source = [sourceRepositoryUri, sourceRepositoryRef, sourceRepositoryDigest].filter((part) => part !== undefined)
  return [
    ...(source.length > 0 ? [row('built from', source.join(' '))] : []),
    ...(runInvocationUri === undefined ? [] : [row('in the run', runInvocationUri)]),
  ]
}

function formatOther({ where, code, message, verified }: AttestationResult): string {
  return row(verified ? 'holds' : 'refused', `${where}${verified ? '' : `: ${code}: ${message}`}`)
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(12)}${escapeTerminal(text)}`
}
