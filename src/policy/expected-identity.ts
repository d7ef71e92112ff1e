import { CleanbillError, type ErrorCode } from '../model/error.ts'
import { matchesGlob } from '../model/glob.ts'
import type { CertificateClaims, KeylessIdentity, SignerIdentity } from '../model/identity.ts'
import { foreignRunner } from '../model/recorded-runner.ts'
import type { Statement } from '../model/statement.ts'

/** OIDC issuer of GitHub Actions on github.com. */
export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'
const GITHUB_SERVER = 'https://github.com'

/** The identity options as they were written (DESIGN §8); names follow gh and cosign. */
export interface IdentityOptions {
  readonly repo?: string | undefined
  readonly repoId?: string | undefined
  readonly owner?: string | undefined
  readonly signerRepo?: string | undefined
  readonly signerWorkflow?: string | undefined
  readonly certIdentity?: string | undefined
  readonly certIdentityPattern?: string | undefined
  /** An issuer URL, or `none` for certificates that carry no issuer (GitHub's release signer). */
  readonly certOidcIssuer?: string | undefined
  readonly sourceRef?: string | undefined
  readonly sourceDigest?: string | undefined
  readonly signerDigest?: string | undefined
  readonly denySelfHosted?: boolean | undefined
  readonly allowAnySigner?: boolean | undefined
  /** SHA-256 of the SubjectPublicKeyInfo of each key given with `--key`. */
  readonly keys?: readonly string[] | undefined
  /** Certificates of a private CA were given: then a name needs no OIDC issuer beside it. */
  readonly privateCa?: boolean | undefined
}

/** One objection to a signer. */
export interface IdentityFinding {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string | undefined
}

/** Who it must be: every requirement holds, or the finding of the first that does not. */
export interface ExpectedIdentity {
  readonly anySigner: boolean
  readonly keys: readonly string[]
  /** A name without an issuer: only a private CA can be meant, since any issuer of Fulcio's could hand the name out. */
  readonly privateCaOnly: boolean
  readonly denySelfHosted: boolean
  readonly requirements: readonly Requirement[]
}

type Requirement = (signer: KeylessIdentity) => IdentityFinding | undefined

/**
 * Reads the identity options. Somebody must be named: what anybody can have (an issuer, a ref, a pattern) only narrows.
 *
 * @throws {CleanbillError} `POLICY_NO_IDENTITY`, `PATTERN_UNSAFE`, `ARGUMENT_INVALID`; all usage errors
 */
export function parseExpectedIdentity(options: IdentityOptions): ExpectedIdentity {
  const { repo, repoId, owner, signerRepo, signerWorkflow, certIdentity, allowAnySigner = false } = options
  const keys = options.keys ?? []
  const hosted = [repo, repoId, owner, signerRepo, signerWorkflow].some((value) => value !== undefined)
  if (!hosted && certIdentity === undefined && keys.length === 0 && !allowAnySigner) throw nobodyNamed()
  if (allowAnySigner && (hosted || certIdentity !== undefined)) {
    throw usage('--allow-any-signer contradicts the options that name a signer')
  }
  if (keys.length > 0) refuseCertificateOptions(options)
  const issuer = expectedIssuer(options, hosted)
  return {
    anySigner: allowAnySigner,
    keys,
    privateCaOnly: certIdentity !== undefined && issuer === undefined,
    denySelfHosted: options.denySelfHosted === true,
    requirements: [
      issuer === undefined ? [] : [requireIssuer(issuer)],
      certIdentity === undefined ? [] : [requireName(certIdentity)],
      repoId === undefined ? [] : [requireRepositoryId(repoId)],
      repo === undefined ? [] : [claimIs('sourceRepositoryUri', repositoryUrl(repo, '--repo'), 'IDENTITY_MISMATCH')],
      owner === undefined ? [] : [claimIs('sourceRepositoryOwnerUri', ownerUrl(owner), 'IDENTITY_MISMATCH')],
      signerRepo === undefined ? [] : [requireSignerRepository(repositoryUrl(signerRepo, '--signer-repo'))],
      signerWorkflow === undefined ? [] : [requireSignerWorkflow(workflowUrl(signerWorkflow))],
      options.certIdentityPattern === undefined ? [] : [requirePattern(options.certIdentityPattern)],
      narrow('sourceRepositoryRef', options.sourceRef, '--source-ref', 'REF_DENIED'),
      narrow('sourceRepositoryDigest', options.sourceDigest, '--source-digest', 'SOURCE_DIGEST_MISMATCH'),
      narrow('buildSignerDigest', options.signerDigest, '--signer-digest', 'SIGNER_WORKFLOW'),
      options.denySelfHosted === true ? [claimIs('runnerEnvironment', 'github-hosted', 'RUNNER_DENIED')] : [],
    ].flat(),
  }
}

/** The options that speak of a certificate say nothing about a key: beside `--key` they would narrow nothing, silently. */
function refuseCertificateOptions(options: IdentityOptions): void {
  const given = CERTIFICATE_OPTIONS.find(([name]) => options[name] !== undefined && options[name] !== false)
  if (given === undefined) return
  throw usage(`--key contradicts --${given[1]}, which speaks of a certificate`, {
    hint: 'A key is an identity of its own: give either the key or what the certificate must say.',
  })
}

const CERTIFICATE_OPTIONS = [
  ['repo', 'repo'],
  ['repoId', 'repo-id'],
  ['owner', 'owner'],
  ['signerRepo', 'signer-repo'],
  ['signerWorkflow', 'signer-workflow'],
  ['certIdentity', 'cert-identity'],
  ['certIdentityPattern', 'cert-identity-pattern'],
  ['certOidcIssuer', 'cert-oidc-issuer'],
  ['sourceRef', 'source-ref'],
  ['sourceDigest', 'source-digest'],
  ['signerDigest', 'signer-digest'],
  ['denySelfHosted', 'deny-self-hosted'],
] as const satisfies readonly (readonly [keyof IdentityOptions, string])[]

/**
 * Is this the signer that was expected? Returns every objection; none means yes.
 *
 * A key that was given is an identity of its own: a certificate does not stand for the key.
 *
 * @param statement what was signed, where it is a statement: another job than the one that signed may have run the command
 */
export function checkExpectedIdentity(
  signer: SignerIdentity,
  expected: ExpectedIdentity,
  statement?: Statement,
): IdentityFinding[] {
  if (signer.kind === 'key') {
    if (expected.keys.includes(signer.fingerprint)) return []
    if (expected.anySigner && expected.keys.length === 0) return []
    return [
      { code: 'KEY_INVALID', message: `signed with the key ${signer.fingerprint}, which is not the one expected` },
    ]
  }
  if (expected.keys.length > 0) {
    return [{ code: 'KEY_INVALID', message: 'signed with a certificate, not with the expected key' }]
  }
  if (signer.kind === 'private-ca') return checkPrivateCa(signer, expected)
  const findings = expected.requirements.flatMap((requirement) => requirement(signer) ?? [])
  if (expected.privateCaOnly) findings.unshift(issuerUnnamed(signer))
  return [...findings, ...checkRecordedRunner(statement, expected)]
}

function issuerUnnamed({ issuer }: KeylessIdentity): IdentityFinding {
  return {
    code: 'ISSUER_MISMATCH',
    message: `the identity comes from ${show(issuer)}, and no issuer was named`,
    hint: 'Add --cert-oidc-issuer URL, if you trust it: without one only certificates of the private CA count.',
  }
}

function checkRecordedRunner(statement: Statement | undefined, expected: ExpectedIdentity): IdentityFinding[] {
  const runner = statement === undefined ? undefined : foreignRunner(statement)
  if (!expected.denySelfHosted || runner === undefined) return []
  return [{ code: 'RUNNER_DENIED', message: `the runner of the command is ${show(runner)}; another job signed for it` }]
}

/** A certificate of a private CA has no issuer and no claims: only `--cert-identity` can speak of it. */
function checkPrivateCa(
  signer: Extract<SignerIdentity, { kind: 'private-ca' }>,
  expected: ExpectedIdentity,
): IdentityFinding[] {
  const name = signer.subjectAlternativeName ?? {
    type: 'uri' as const,
    // Without a SAN the common name is the name; an empty one equals nothing that can be asked for.
    value: signer.commonName ?? '',
  }
  const shown: KeylessIdentity = { kind: 'certificate', subjectAlternativeName: name, claims: {}, legacy: {} }
  return expected.requirements.flatMap((requirement) => requirement(shown) ?? [])
}

function expectedIssuer(options: IdentityOptions, hosted: boolean): string | null | undefined {
  const { certOidcIssuer: given, certIdentity, privateCa } = options
  if (given === 'none') return null
  if (given !== undefined) {
    if (URL.parse(given) === null)
      throw usage(`--cert-oidc-issuer is not a URL: ${JSON.stringify(given.slice(0, 200))}`)
    return given
  }
  if (hosted || certIdentity?.startsWith(`${GITHUB_SERVER}/`)) return GITHUB_ISSUER
  if (certIdentity !== undefined && privateCa !== true) {
    throw new CleanbillError('POLICY_NO_IDENTITY', '--cert-identity names somebody only together with an issuer', {
      hint: 'Add --cert-oidc-issuer URL: two issuers can hand out the same name.',
    })
  }
  return undefined
}

function requireIssuer(issuer: string | null): Requirement {
  return (signer) => {
    if ((signer.issuer ?? null) === issuer) return undefined
    return {
      code: 'ISSUER_MISMATCH',
      message: `the identity comes from ${show(signer.issuer)}, not from ${issuer ?? 'no issuer'}`,
      hint: 'Name another issuer with --cert-oidc-issuer, if you trust it.',
    }
  }
}

function requireName(name: string): Requirement {
  if (name === '') throw usage('--cert-identity is empty')
  return ({ subjectAlternativeName: { value } }) =>
    value === name
      ? undefined
      : { code: 'IDENTITY_MISMATCH', message: `signed by ${show(value)}, not by ${show(name)}` }
}

/** By the number that a repository keeps: a name can be given up and taken by somebody else. */
function requireRepositoryId(id: string): Requirement {
  if (!/^[1-9]\d{0,18}$/.test(id)) throw usage('--repo-id is not a repository id')
  return ({ claims }) =>
    claims.sourceRepositoryIdentifier === id
      ? undefined
      : {
          code: 'REPOSITORY_ID_MISMATCH',
          message: `built from the repository with id ${show(claims.sourceRepositoryIdentifier)}, not ${id}`,
          hint: 'A repository of the same name under another id is another repository.',
        }
}

function requireSignerRepository(url: string): Requirement {
  return ({ claims }) =>
    claims.buildSignerUri?.startsWith(`${url}/`) ? undefined : signerFinding(claims.buildSignerUri, url)
}

/** `O/R/PATH` with any ref, or `O/R/PATH@REF` exactly. Only a ref may follow the `@`: `a.yml@b.yml` is another file. */
function requireSignerWorkflow(url: string): Requirement {
  return ({ claims: { buildSignerUri } }) => {
    const rest = buildSignerUri?.startsWith(`${url}@`) ? buildSignerUri.slice(url.length + 1) : undefined
    const holds =
      buildSignerUri === url || (rest !== undefined && /^(?:refs\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/.test(rest))
    return holds ? undefined : signerFinding(buildSignerUri, url)
  }
}

function signerFinding(actual: string | undefined, wanted: string): IdentityFinding {
  return {
    code: 'SIGNER_WORKFLOW',
    message: `signed by the workflow ${show(actual)}, not by one of ${wanted}`,
    hint: 'A reusable workflow signs under its own name, not under that of the repository that called it.',
  }
}

function requirePattern(pattern: string): Requirement {
  const host = /^https:\/\/([^/*@?#]+)\/([^/*]+)\/./.exec(pattern)
  const url = host === null ? null : URL.parse(`https://${host[1]}/`)
  if (url === null || url.host !== host?.[1] || pattern.length > 1024) {
    throw new CleanbillError(
      'PATTERN_UNSAFE',
      `--cert-identity-pattern needs a literal host and owner: ${show(pattern)}`,
      {
        hint: 'Write https://github.com/OWNER/**, with * within one segment and ** across.',
      },
    )
  }
  return ({ subjectAlternativeName: { value } }) =>
    matchesGlob(pattern, value)
      ? undefined
      : { code: 'IDENTITY_MISMATCH', message: `signed by ${show(value)}, which ${show(pattern)} does not match` }
}

function narrow(
  claim: keyof CertificateClaims,
  wanted: string | undefined,
  option: string,
  code: ErrorCode,
): Requirement[] {
  if (wanted === undefined) return []
  if (wanted === '') throw usage(`${option} is empty`)
  return [claimIs(claim, wanted, code)]
}

/** Claims are compared as text, whole and case-sensitive; one that is missing equals nothing. */
function claimIs(claim: keyof CertificateClaims, wanted: string, code: ErrorCode): Requirement {
  return ({ claims }) =>
    claims[claim] === wanted
      ? undefined
      : { code, message: `${LABELS[claim] ?? claim} is ${show(claims[claim])}, not ${show(wanted)}` }
}

const LABELS: Partial<Record<keyof CertificateClaims, string>> = {
  sourceRepositoryUri: 'the source repository',
  sourceRepositoryOwnerUri: 'the owner of the source repository',
  sourceRepositoryRef: 'the source ref',
  sourceRepositoryDigest: 'the source commit',
  buildSignerDigest: 'the commit of the signing workflow',
  runnerEnvironment: 'the runner',
}

/** `O/R` on github.com, or a whole https URL for another server. */
function repositoryUrl(text: string, option: string): string {
  const url = serverUrl(text, option)
  const segments = url.slice(url.indexOf('/', 8) + 1).split('/')
  const nested = text.includes('://')
  if (segments.length < 2 || (!nested && segments.length !== 2) || segments.includes('')) {
    throw usage(`${option} is not OWNER/REPOSITORY: ${JSON.stringify(text.slice(0, 200))}`)
  }
  return url
}

function ownerUrl(text: string): string {
  const url = serverUrl(text, '--owner')
  const segments = url.slice(url.indexOf('/', 8) + 1).split('/')
  if (segments.includes('') || (!text.includes('://') && segments.length !== 1)) {
    throw usage(`--owner is not the name of an owner: ${JSON.stringify(text.slice(0, 200))}`)
  }
  return url
}

function workflowUrl(text: string): string {
  const url = serverUrl(text, '--signer-workflow')
  const [owner, repository, ...path] = url.slice(url.indexOf('/', 8) + 1).split('/')
  // GitHub keeps workflows in one folder; a path alone (`.github/workflows/x.yml`) would read as owner and repository.
  const inPlace = !url.startsWith(`${GITHUB_SERVER}/`) || (path[0] === '.github' && !owner?.startsWith('.'))
  if (!owner || !repository || path.length === 0 || path.at(-1) === '' || !inPlace) {
    throw usage(`--signer-workflow is not OWNER/REPOSITORY/PATH: ${JSON.stringify(text.slice(0, 200))}`, {
      hint: 'A path alone names nobody: every repository can have that file.',
    })
  }
  return url
}

/**
 * Makes the URL that the certificate must have, and sees that a URL parser reads it as what it looks like: no other
 * host by user info, no `..`, no other case of the host.
 */
function serverUrl(text: string, option: string): string {
  const written = text.includes('://') ? text : `${GITHUB_SERVER}/${text}`
  const url = URL.parse(written)
  const honest =
    url !== null && url.protocol === 'https:' && url.username === '' && url.search === '' && url.hash === ''
  if (!honest || url.href !== written || text.includes('*')) {
    throw usage(`${option} is not a plain name or https URL: ${JSON.stringify(text.slice(0, 200))}`)
  }
  return written
}

function show(value: string | undefined): string {
  return value === undefined ? 'nobody knows (the certificate does not say)' : JSON.stringify(value.slice(0, 300))
}

function nobodyNamed(): CleanbillError {
  return new CleanbillError('POLICY_NO_IDENTITY', 'nobody is named who must have signed', {
    hint: 'Say who with --repo, --repo-id, --owner, --signer-repo, --signer-workflow, --cert-identity or --key; write --allow-any-signer if anybody will do.',
  })
}

function usage(message: string, details: { hint?: string } = {}): CleanbillError {
  return new CleanbillError('ARGUMENT_INVALID', message, details)
}
