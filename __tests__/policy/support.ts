import type { VerifiedAttestation } from '../../src/model/attestation.ts'
import type { Dependency, Discovery } from '../../src/model/dependency.ts'
import { type AcceptedAttestation, type Evidence, NO_EVIDENCE, type RegistryRecord } from '../../src/model/evidence.ts'
import { NO_FACTS } from '../../src/model/facts.ts'
import type { KeylessIdentity, SignerIdentity } from '../../src/model/identity.ts'
import { PROVENANCE_V1 } from '../../src/model/predicates/provenance.ts'
import { parsePackageUrl } from '../../src/model/purl.ts'
import type { Objection, Rule, Subject } from '../../src/policy/rule.ts'

export const NOW = new Date('2026-10-01T12:00:00Z')
export const GITHUB = 'https://token.actions.githubusercontent.com'
export const WORKFLOW = 'https://github.com/acme/app/.github/workflows/release.yml'

/** The one of DESIGN §6, whole. */
export const DESIGN_POLICY = `version: 1
profile: recommended
extends: acme/.github//cleanbill.yml@0123456789abcdef0123456789abcdef01234567
trust:
  roots: [sigstore, github]
evidence:
  npm: https://npm.example
platforms: [linux-x64]
builders:
  - { signer: "acme/builders/.github/workflows/npm.yml", ref: "refs/tags/v*", level: 3 }
allow:
  - { kind: action, owner: [actions, acme], pinned: sha, immutable-release: true }
require:
  - match: { purl: "pkg:npm/@acme/**", versions: ">=2", scope: runtime }
    source: { repository: "acme/*", ref: "refs/tags/**" }
    signer: { workflow: "acme/builders/.github/workflows/npm.yml", ref: "refs/tags/v*" }
    level: 3
    trust: sigstore
  - match: { kind: dataset }
    signer: { any-of: [ { key: keys/data.pem }, { email: data@example.org, issuer: "https://accounts.example" } ] }
  - match: { kind: model }
    evidence: [signature, training, evaluation]
rules:
  no-downgrade: fail
  signer-continuity: fail
  cooldown: { level: fail, days: 3, except: ["pkg:npm/@acme/**"] }
verifiers:
  quorum: 1
  max-age: 30d
  any-of:
    - { issuer: "https://token.actions.githubusercontent.com", repository: coop-a/verify, workflow: .github/workflows/verify.yml }
waivers:
  - { match: { purl: "pkg:npm/left-pad@1.3.0" }, rule: missing-provenance, reason: "released before provenance", owner: platform, expires: 2027-01-31 }
waiver-limits: { max-days: 30, approvers: "@acme/security" }
`

export function dependencyOf(id: string, more: Partial<Dependency> = {}): Dependency {
  const purl = parsePackageUrl(id)
  const name = purl === undefined ? id : [purl.namespace, purl.name].filter((part) => part !== '').join('/')
  return {
    id,
    kind: 'package',
    ecosystem: purl?.type ?? 'generic',
    name,
    ...(purl?.version ? { version: purl.version } : {}),
    digests: { sha512: 'a'.repeat(128) },
    file: 'package-lock.json',
    line: 7,
    scope: 'runtime',
    source: purl === undefined ? 'workspace' : 'registry',
    ...more,
  }
}

export function signerWith(claims: Partial<KeylessIdentity['claims']> = {}): KeylessIdentity {
  const uri = `${WORKFLOW}@refs/tags/v1.2.3`
  return {
    kind: 'certificate',
    subjectAlternativeName: { type: 'uri', value: uri },
    issuer: GITHUB,
    claims: {
      buildSignerUri: uri,
      runnerEnvironment: 'github-hosted',
      sourceRepositoryUri: 'https://github.com/acme/app',
      sourceRepositoryDigest: 'b'.repeat(40),
      sourceRepositoryRef: 'refs/tags/v1.2.3',
      sourceRepositoryIdentifier: '42',
      sourceRepositoryOwnerUri: 'https://github.com/acme',
      sourceRepositoryOwnerIdentifier: '7',
      buildConfigUri: uri,
      buildTrigger: 'push',
      runInvocationUri: 'https://github.com/acme/app/actions/runs/11/attempts/1',
      ...claims,
    },
    legacy: {},
  }
}

/**
 * What `verify/` would have made of a good bundle. Policy is tested with made-up values, since it takes no bytes; that
 * only `verify/` makes real ones is held by the tests of that room.
 */
export function verified(
  statement: Partial<VerifiedAttestation['statement']> = {},
  signer: SignerIdentity = signerWith(),
  origin: Partial<VerifiedAttestation['origin']> = {},
): VerifiedAttestation {
  const value = {
    statement: {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'pkg:npm/%40acme/app@1.2.3', digest: { sha512: 'a'.repeat(128) } }],
      predicateType: PROVENANCE_V1,
      predicate: { buildDefinition: { buildType: 'x', externalParameters: {} }, runDetails: { builder: { id: 'b' } } },
      ...statement,
    },
    signer,
    origin: { form: 'npm', where: 'test', domain: 'sigstore', times: ['2026-09-21T00:00:00Z'], ...origin },
  }
  return value as unknown as VerifiedAttestation
}

export function accepted(
  attestation: VerifiedAttestation = verified(),
  more: Partial<AcceptedAttestation> = {},
): AcceptedAttestation {
  return { attestation, source: 'npm', payloadSha256: 'c'.repeat(64), ...more }
}

export const RECORD: RegistryRecord = {
  source: 'npm',
  origin: 'registry.npmjs.org',
  name: '@acme/app',
  version: '1.2.3',
  files: [],
  signatures: [],
  claimsAttestations: false,
}

export const evidenceOf = (more: Partial<Evidence> = {}): Evidence => ({
  ...NO_EVIDENCE,
  silent: ['npm'],
  registry: { kind: 'vouched', basis: 'signature', record: RECORD },
  files: { checked: 1, attested: more.accepted?.length ? 1 : 0, pinned: 0 },
  ...more,
})

export function subjectOf(more: Partial<Subject> & { readonly id?: string } = {}): Subject {
  const { id = 'pkg:npm/%40acme/app@1.2.3', ...fields } = more
  return {
    dependency: dependencyOf(id),
    change: more.lock === undefined ? 'first-sight' : 'known',
    evidence: evidenceOf(),
    facts: NO_FACTS,
    otherLines: [],
    ...fields,
  }
}

export function discoveryOf(subjects: readonly Subject[], more: Partial<Discovery> = {}): Discovery {
  const dependencies = subjects.map(({ dependency }) => dependency)
  return {
    files: [{ path: 'package-lock.json', finder: 'npm-lock', dependencies: dependencies.length }],
    dependencies,
    notices: [],
    skipped: [],
    ...more,
  }
}

export const QUIET: Rule = { id: 'revoked', docs: 'docs/policy.md#revoked', check: () => [] }

export const rule = (id: Rule['id'], ...objections: Objection[]): Rule => ({
  id,
  docs: `docs/policy.md#${id}`,
  check: () => objections,
})

export function catchError(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
