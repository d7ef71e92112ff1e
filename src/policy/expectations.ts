import { z } from 'zod'
import type { VerifiedAttestation } from '../model/attestation.ts'
import { DEPENDENCY_KINDS, DEPENDENCY_SCOPES, DEPENDENCY_SOURCES, type Dependency } from '../model/dependency.ts'
import type { Evidence, RegistryWord } from '../model/evidence.ts'
import { SOURCE_FAULTS } from '../model/evidence.ts'
import { NO_FACTS } from '../model/facts.ts'
import type { KeylessIdentity } from '../model/identity.ts'
import type { Policy } from '../model/policy.ts'
import { PROVENANCE_V1 } from '../model/predicates/provenance.ts'
import { parsePackageUrl } from '../model/purl.ts'
import { PROFILES } from '../model/rules.ts'
import { EMPTY_LOCK, type TrustLock } from '../model/trust-lock.ts'
import { RUN_BUILD_TYPE } from '../model/uris.ts'
import { EVIDENCE_STATES, type Verdict } from '../model/verdict.ts'
import { evaluate } from './evaluate.ts'
import { EVIDENCE_KINDS } from './evidence-kinds.ts'
import { GITHUB_ISSUER } from './expected-identity.ts'
import { findLockEntries } from './lock-entries.ts'
import type { Change, Rule, Subject } from './rule.ts'
import { checkYaml, parseYamlDocument, type YamlKind } from './yaml-document.ts'

const KIND: YamlKind = {
  what: 'the expectations file',
  malformed: 'CONFIG_MALFORMED',
  unknownKey: 'CONFIG_MALFORMED',
  maxBytes: 512 * 1024,
}
const CHANGES = ['added', 'changed', 'unchanged', 'known', 'first-sight'] as const satisfies readonly Change[]
const text = z.string().min(1).max(1024)

const attestation = z.strictObject({
  kind: z
    .enum(Object.keys(EVIDENCE_KINDS).filter((kind) => kind !== 'vsa'))
    .optional()
    .describe('Default: provenance'),
  repository: text.optional().describe('OWNER/NAME; default: the signer’s'),
  'repository-id': text.optional(),
  'owner-id': text.optional(),
  workflow: text.optional().describe('OWNER/NAME/.github/workflows/FILE of whoever signed'),
  ref: text.optional(),
  trigger: text.optional(),
  runner: text.optional(),
  environment: text.optional(),
  issuer: text.optional(),
  email: text.optional().describe('For a signer with an address instead of a workflow'),
  domain: z.enum(['sigstore', 'github']).optional(),
})
type AttestationText = z.infer<typeof attestation>

const expectationsSchema = z.strictObject({
  version: z.literal(1),
  cases: z
    .array(
      z.strictObject({
        name: text,
        dependency: text.describe('Package URL'),
        kind: z.enum(DEPENDENCY_KINDS).optional(),
        scope: z.enum(DEPENDENCY_SCOPES).optional(),
        source: z.enum(DEPENDENCY_SOURCES).optional(),
        change: z.enum(CHANGES).optional(),
        profile: z.enum(PROFILES).optional().describe('Default: the policy’s'),
        evidence: z
          .strictObject({
            accepted: z.array(attestation).max(32).optional(),
            refused: text.optional().describe('Code of the refusal, such as SIGNATURE_INVALID'),
            unavailable: z.enum(SOURCE_FAULTS).optional(),
            registry: z.enum(['vouched', 'mismatch', 'not-vouched', 'not-applicable']).optional(),
          })
          .optional(),
        expect: z.strictObject({
          state: z.enum(EVIDENCE_STATES).optional(),
          result: z.enum(['PASSED', 'FAILED']).optional(),
          codes: z.array(text).max(64).optional().describe('Codes of the findings that fail, all of them'),
        }),
      }),
    )
    .min(1)
    .max(1000),
})

/** One case of a user's own expectations: this dependency with this evidence has to be judged so. */
export type ExpectationCase = z.infer<typeof expectationsSchema>['cases'][number] & { readonly line: number }

export interface ExpectationResult {
  readonly name: string
  readonly line: number
  readonly passed: boolean
  /** What is other than expected. */
  readonly differences: readonly string[]
}

/** @throws {CleanbillError} `CONFIG_MALFORMED` with line and column */
export function parseExpectations(written: string, file: string): readonly ExpectationCase[] {
  const document = parseYamlDocument(written, file, KIND)
  const { cases } = checkYaml(expectationsSchema, document, file, KIND)
  return cases.map((one, index) => ({ ...one, line: document.placeOf(['cases', index]).line }))
}

/** What a made-up attestation says. Only the caller can turn it into a value that looks verified. */
export type Suppose = (parts: Pick<VerifiedAttestation, 'statement' | 'signer' | 'origin'>) => VerifiedAttestation

export interface ExpectationContext {
  readonly policy: Policy
  readonly lock?: TrustLock | undefined
  readonly rules: readonly Rule[]
  readonly now: Date
  /** Nothing is verified in such a test, and no room but `verify/` makes what looks so: it has to be handed in. */
  readonly suppose: Suppose
}

/** Judges each case alone, as a gate over that one dependency would, and compares. */
export function runExpectations(
  cases: readonly ExpectationCase[],
  context: ExpectationContext,
): readonly ExpectationResult[] {
  return cases.map((one) => {
    const differences = compare(one, judge(one, context))
    return { name: one.name, line: one.line, passed: differences.length === 0, differences }
  })
}

function judge(one: ExpectationCase, { policy, lock = EMPTY_LOCK, rules, now, suppose }: ExpectationContext): Verdict {
  const dependency = dependencyOf(one)
  const { lock: entry, otherLines } = findLockEntries(lock)(dependency)
  const subject: Subject = {
    dependency,
    change: one.change ?? (entry === undefined ? 'first-sight' : 'known'),
    evidence: evidenceOf(one, dependency, suppose, now),
    facts: NO_FACTS,
    ...(entry === undefined ? {} : { lock: entry }),
    otherLines,
  }
  const discovery = {
    files: [{ path: dependency.file, dependencies: 1 }],
    dependencies: [dependency],
    notices: [],
    skipped: [],
  }
  const profile = one.profile ?? policy.profile
  // Entries about other packages are no fault here: each case has one dependency.
  const inherited = policy.require.map((required) => ({ ...required, file: required.file ?? policy.file }))
  const alone = { ...policy, profile, require: inherited }
  return evaluate({ subjects: [subject], discovery, policy: alone, now, rules, judged: 'all' })
}

function dependencyOf({ dependency: id, kind, scope, source, line }: ExpectationCase): Dependency {
  const purl = parsePackageUrl(id)
  const name = purl === undefined ? id : [purl.namespace, purl.name].filter((part) => part !== '').join('/')
  const actions = purl?.type === 'github'
  return {
    id,
    kind: kind ?? (actions ? 'action' : 'package'),
    ecosystem: purl?.type ?? 'generic',
    name,
    ...(purl === undefined || purl.version === '' ? {} : { version: purl.version }),
    digests: { sha256: '0'.repeat(64) },
    file: 'expectations',
    line,
    scope: scope ?? 'runtime',
    source: source ?? (actions ? 'git' : purl === undefined ? 'workspace' : 'registry'),
  }
}

function evidenceOf({ evidence = {} }: ExpectationCase, dependency: Dependency, suppose: Suppose, now: Date): Evidence {
  const { accepted = [], refused, unavailable, registry = 'vouched' } = evidence
  const source = 'expectations'
  const message = 'as the case says'
  return {
    accepted: accepted.map((one) => ({
      attestation: suppose(attestationOf(one, dependency, now)),
      source,
      payloadSha256: '0'.repeat(64),
    })),
    // Sound: a code that is none of ours only has to be compared with what is expected.
    refused: refused === undefined ? [] : [{ where: source, source, code: refused as 'SIGNATURE_INVALID', message }],
    silent: unavailable === undefined && dependency.source !== 'workspace' ? [source] : [],
    unavailable: unavailable === undefined ? [] : [{ source, fault: unavailable, message }],
    registry: registryOf(dependency.source === 'workspace' ? 'not-applicable' : registry, dependency),
    files: { checked: 1, attested: accepted.length > 0 ? 1 : 0, pinned: 0 },
  }
}

function registryOf(
  kind: 'vouched' | 'mismatch' | 'not-vouched' | 'not-applicable',
  { name, version = '' }: Dependency,
): RegistryWord {
  const message = 'as the case says'
  const common = {
    source: 'expectations',
    origin: 'expectations',
    files: [],
    signatures: [],
    claimsAttestations: false,
  }
  const record = { ...common, name, version }
  if (kind === 'vouched') return { kind, basis: 'index', record }
  if (kind === 'mismatch') return { kind, code: 'REGISTRY_DIGEST_MISMATCH', message, record }
  return kind === 'not-vouched' ? { kind, message, record } : { kind }
}

function attestationOf(one: AttestationText, dependency: Dependency, now: Date): Parameters<Suppose>[0] {
  const training = one.kind === 'training'
  const predicateType = EVIDENCE_KINDS[one.kind ?? 'provenance']?.[0] ?? PROVENANCE_V1
  return {
    statement: {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: dependency.id, digest: dependency.digests }],
      predicateType,
      predicate: {
        buildDefinition: training
          ? { buildType: RUN_BUILD_TYPE, externalParameters: { kind: 'train' } }
          : { buildType: 'expectations', externalParameters: {} },
        runDetails: { builder: { id: 'expectations' } },
      },
    },
    signer: signerOf(one),
    origin: {
      form: 'sigstore-bundle',
      where: 'expectations',
      domain: one.domain ?? 'sigstore',
      times: [now.toISOString()],
    },
  }
}

function signerOf(one: AttestationText): KeylessIdentity {
  const {
    workflow,
    repository,
    ref = 'refs/heads/main',
    trigger = 'push',
    runner = 'github-hosted',
    environment,
    issuer = GITHUB_ISSUER,
  } = one
  if (one.email !== undefined) {
    return {
      kind: 'certificate',
      subjectAlternativeName: { type: 'email', value: one.email },
      issuer,
      claims: {},
      legacy: {},
    }
  }
  const from = repository ?? workflow?.split('/').slice(0, 2).join('/') ?? 'unnamed/unnamed'
  const uri = `https://github.com/${workflow ?? `${from}/.github/workflows/release.yml`}@${ref}`
  return {
    kind: 'certificate',
    subjectAlternativeName: { type: 'uri', value: uri },
    issuer,
    claims: {
      buildSignerUri: uri,
      buildConfigUri: uri,
      runnerEnvironment: runner,
      sourceRepositoryUri: `https://github.com/${from}`,
      sourceRepositoryOwnerUri: `https://github.com/${from.split('/')[0] ?? ''}`,
      sourceRepositoryRef: ref,
      sourceRepositoryDigest: '0'.repeat(40),
      buildTrigger: trigger,
      ...(one['repository-id'] === undefined ? {} : { sourceRepositoryIdentifier: one['repository-id'] }),
      ...(one['owner-id'] === undefined ? {} : { sourceRepositoryOwnerIdentifier: one['owner-id'] }),
      ...(environment === undefined ? {} : { deploymentEnvironment: environment }),
    },
    legacy: {},
  }
}

function compare({ expect }: ExpectationCase, { result, dependencies, findings }: Verdict): string[] {
  const state = dependencies[0]?.state
  const codes = [...new Set(findings.filter(({ level }) => level === 'fail').map(({ code }) => code))].sort()
  const wanted = expect.codes === undefined ? undefined : [...new Set(expect.codes)].sort()
  return [
    ...(expect.state !== undefined && expect.state !== state ? [`state is ${state}, not ${expect.state}`] : []),
    ...(expect.result !== undefined && expect.result !== result ? [`result is ${result}, not ${expect.result}`] : []),
    ...(wanted !== undefined && wanted.join() !== codes.join()
      ? [`failing codes are ${codes.join(', ') || 'none'}, not ${wanted.join(', ') || 'none'}`]
      : []),
  ]
}
