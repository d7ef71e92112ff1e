import { exec, lastLine } from './exec.ts'
import type { TrustFiles } from './trust-files.ts'

export const PROVENANCE = 'https://slsa.dev/provenance/v1'

/** One question to a verifier: is this the provenance of this artifact, signed by exactly this identity? */
export interface Question {
  readonly artifact: string
  readonly bundle: string
  readonly trust: TrustFiles
  readonly identity: string
  readonly issuer: string
}

export type Verdict = { readonly accepted: true } | { readonly accepted: false; readonly reason: string }

export type NegativeCase = 'identity' | 'issuer' | 'artifact' | 'payload'

export interface Judge {
  readonly name: string
  readonly version: string
  readonly footnote?: string
  readonly ask: (question: Question) => Promise<Verdict>
  /** What its refusal must say, so that a verifier that fails for another reason does not count as one that refused. */
  readonly refusals: Readonly<Record<NegativeCase, RegExp>>
}

const LIMIT_MS = 60_000

/** Exit code 0 is accepted, anything else refused, with what `reasonIn` finds in the output. */
async function askProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  reasonIn: (output: string) => string,
): Promise<Verdict> {
  const { code, stdout, stderr } = await exec(command, args, { env, timeoutMs: LIMIT_MS })
  if (code === 0) return { accepted: true }
  const said = `${stdout}\n${stderr}`
  return { accepted: false, reason: (reasonIn(said).replaceAll(/\s+/g, ' ').trim() || said.trim()).slice(0, 600) }
}

export function cosignJudge(path: string, version: string, env: NodeJS.ProcessEnv): Judge {
  return {
    name: 'cosign',
    version,
    ask: ({ artifact, bundle, trust, identity, issuer }) => {
      const trusted = ['--bundle', bundle, '--trusted-root', trust.trustedRoot]
      const signer = ['--certificate-identity', identity, '--certificate-oidc-issuer', issuer]
      const args = ['verify-blob-attestation', ...trusted, ...signer, '--type', 'slsaprovenance1', artifact]
      return askProgram(path, args, env, (said) => /^Error: (.*)$/m.exec(said)?.[1] ?? '')
    },
    refusals: {
      identity: /no matching CertificateIdentity found, last error: expected SAN value/,
      issuer: /no matching CertificateIdentity found, last error: expected issuer value/,
      artifact: /provided artifact digests do not match digests in statement/,
      // The log entry is compared first: its hash of the payload (Rekor v1), or the leaf made anew from it (v2).
      payload: /failed to verify log inclusion: .*(payload hash|calculated root)/,
    },
  }
}

export function pythonJudge(path: string, version: string, env: NodeJS.ProcessEnv): Judge {
  return {
    name: 'sigstore-python',
    version,
    ask: ({ artifact, bundle, trust, identity, issuer }) => {
      const signer = ['--cert-identity', identity, '--cert-oidc-issuer', issuer]
      const verify = ['verify', 'identity', '--offline', '--bundle', bundle, ...signer, artifact]
      const args = ['-m', 'sigstore', '--trust-config', trust.clientTrustConfig, ...verify]
      // Its log is drawn to the width of the terminal, with the source line at the right edge.
      return askProgram(path, args, { ...env, COLUMNS: '1000' }, (said) => {
        const lines = said
          .split('\n')
          .map((line) => line.replace(/^\[[\d:]+\]/, '').replace(/\s{2,}\S+\.py:\d+\s*$/, ''))
        const told = lines.map((line) => line.trim().replace(/^ERROR\s+/, ''))
        return told.filter((line) => !/^FAIL: |^For detailed error information/.test(line)).join(' ')
      })
    },
    refusals: {
      identity: /^Certificate's SANs do not match /,
      issuer: /^Certificate's OIDCIssuer does not match /,
      artifact: /^in-toto statement has no subject for digest /,
      payload: /^DSSE: invalid signature/,
    },
  }
}

/** Present where somebody has installed gh; it is never built here. */
export function ghJudge(version: string, env: NodeJS.ProcessEnv): Judge {
  // All that gh says of cryptography, identity and digest; a bundle that it cannot load is refused in other words.
  const unsaid = /^verifying with issuer "/
  return {
    name: 'gh attestation verify',
    version,
    footnote: 'gh names no reason but the issuer. Each case differs in one thing from the one that it accepted.',
    ask: ({ artifact, bundle, trust, identity, issuer }) => {
      const signer = ['--owner', 'octo-org', '--cert-identity', identity, '--cert-oidc-issuer', issuer]
      const trusted = ['--bundle', bundle, '--custom-trusted-root', trust.trustedRootLines]
      const args = ['attestation', 'verify', artifact, ...trusted, ...signer, '--predicate-type', PROVENANCE]
      // gh wants a token before it does anything; with bundle and root given it asks GitHub nothing.
      const own = { ...env, GH_TOKEN: 'unused', GH_PROMPT_DISABLED: '1', GH_NO_UPDATE_NOTIFIER: '1' }
      return askProgram('gh', args, own, (said) => /^Error: (.*)$/m.exec(said)?.[1] ?? '')
    },
    refusals: { identity: unsaid, issuer: /^expected Issuer to be /, artifact: unsaid, payload: unsaid },
  }
}

/** Our own verifier, as built. */
export function cleanbillJudge(cli: string, version: string, env: NodeJS.ProcessEnv): Judge {
  return {
    name: 'cleanbill verify',
    version,
    ask: async ({ artifact, bundle, trust, identity, issuer }) => {
      const trusted = ['--bundle', bundle, '--trusted-root', trust.trustedRoot, '--offline']
      const signer = ['--cert-identity', identity, '--cert-oidc-issuer', issuer]
      const args = [cli, 'verify', artifact, ...trusted, ...signer, '--json']
      const { code, stdout, stderr } = await exec(process.execPath, args, { env, timeoutMs: LIMIT_MS })
      if (code === 0) return { accepted: true }
      return { accepted: false, reason: `exit ${code}, ${codeIn(stdout) ?? lastLine(stderr)}` }
    },
    refusals: {
      identity: /^exit 10, IDENTITY_MISMATCH:/,
      issuer: /^exit 10, ISSUER_MISMATCH:/,
      artifact: /^exit 10, SUBJECT_MISMATCH:/,
      payload: /^exit 10, SIGNATURE_INVALID:/,
    },
  }
}

function codeIn(stdout: string): string | undefined {
  try {
    const { code, message } = JSON.parse(stdout) as { code?: string; message?: string }
    return `${code}: ${message}`
  } catch {
    return undefined
  }
}
