import type { AcceptedAttestation } from '../../../src/model/evidence.ts'
import type { KeylessIdentity } from '../../../src/model/identity.ts'
import type { Policy } from '../../../src/model/policy.ts'
import { defaultPolicy, parsePolicy } from '../../../src/policy/parse-policy.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  attested,
  evidenceOf,
  GOOD_SOURCE,
  known,
  lockOf,
  RECORD,
  signedSubject,
  sourceOf,
  verified,
} from '../../support/subjects.ts'

export type Claims = KeylessIdentity['claims']
export type Claim = keyof Claims

export interface Given {
  readonly subject: Subject
  readonly policy: Policy
}
export type Turn = (given: Given) => Given

/** In good order, and known to the lock. */
export const GOOD: Given = {
  subject: signedSubject([attested()], { lock: lockOf(), change: 'known', facts: sourceOf(GOOD_SOURCE) }),
  policy: defaultPolicy(),
}

export interface Attack {
  readonly title: string
  readonly code: string
  readonly turn: Turn
  /** Claims that make it one. */
  readonly keep?: readonly Claim[]
}

export const inSubject =
  (change: (subject: Subject) => Partial<Subject>): Turn =>
  ({ subject, policy }) => ({ subject: { ...subject, ...change(subject) }, policy })
export const inPolicy =
  (change: (policy: Policy) => Partial<Policy>): Turn =>
  ({ subject, policy }) => ({ subject, policy: { ...policy, ...change(policy) } })

/** Every attestation, signed by whoever the claims say; claims that are undefined are not there. */
export const claiming = (claims: { readonly [C in Claim]?: string | undefined }): Turn =>
  inSubject(({ evidence }) => ({
    evidence: { ...evidence, accepted: evidence.accepted.map((one) => withClaims(one, claims)) },
  }))

function withClaims(one: AcceptedAttestation, claims: object): AcceptedAttestation {
  const { statement, signer, origin } = one.attestation
  if (signer.kind !== 'certificate') return one
  const all = Object.entries({ ...signer.claims, ...claims }).filter(([, value]) => value !== undefined)
  return { ...one, attestation: verified(statement, { ...signer, claims: Object.fromEntries(all) }, origin) }
}

const stranger = {
  sourceRepositoryUri: 'https://github.com/mallory/app',
  sourceRepositoryIdentifier: '666',
  sourceRepositoryOwnerIdentifier: '667',
}
const IDENTITY = ['sourceRepositoryUri', 'sourceRepositoryIdentifier', 'sourceRepositoryOwnerIdentifier'] as const

export const ATTACKS: readonly Attack[] = [
  {
    ...{ title: 'another repository', code: 'SIGNER_CHANGED', keep: IDENTITY },
    turn: claiming(stranger),
  },
  {
    ...{ title: 'the same name with another number', code: 'REPOSITORY_ID_MISMATCH', keep: IDENTITY },
    turn: claiming({ sourceRepositoryIdentifier: '666' }),
  },
  {
    ...{ title: 'a throw-away branch', code: 'REF_DENIED', keep: ['sourceRepositoryRef'] },
    turn: claiming({ sourceRepositoryRef: 'refs/heads/snapshot-a1b2c3d4' }),
  },
  {
    ...{ title: 'a trigger from outside', code: 'TRIGGER_DENIED', keep: ['buildTrigger'] },
    turn: claiming({ buildTrigger: 'pull_request_target' }),
  },
  {
    ...{ title: 'a commit on no branch', code: 'COMMIT_UNREACHABLE', keep: [...IDENTITY, 'sourceRepositoryDigest'] },
    turn: inSubject(() => ({
      facts: sourceOf({ ...GOOD_SOURCE, reachability: known({ reachableFrom: null, tags: [] }) }),
    })),
  },
  {
    ...{ title: 'an attestation that is gone', code: 'ATTESTATION_LOST' },
    turn: inSubject(() => ({ evidence: evidenceOf() })),
  },
  {
    ...{ title: 'an attestation that does not hold', code: 'SIGNATURE_INVALID' },
    turn: inSubject(() => ({
      evidence: evidenceOf({ refused: [{ where: 'npm #1', source: 'npm', code: 'SIGNATURE_INVALID', message: 'no' }] }),
    })),
  },
  {
    ...{ title: 'other bytes than the registry', code: 'REGISTRY_DIGEST_MISMATCH' },
    turn: inSubject(({ evidence }) => ({
      evidence: {
        ...evidence,
        registry: { kind: 'mismatch', code: 'REGISTRY_DIGEST_MISMATCH', message: 'other', record: RECORD },
      },
    })),
  },
  {
    ...{ title: 'a source that the policy does not ask for', code: 'IDENTITY_MISMATCH', keep: IDENTITY },
    turn: inPolicy(() => ({ require: parsePolicy(REQUIRE, 'it').require })),
  },
]

const REQUIRE = `version: 1
require:
  - { match: { purl: "pkg:npm/@acme/app" }, source: { repository: acme/elsewhere } }
`
