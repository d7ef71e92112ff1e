import fc from 'fast-check'
import type { KeylessIdentity } from '../../../src/model/identity.ts'
import { parsePolicy } from '../../../src/policy/parse-policy.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import { accepted, attested, lockedFrom, signerWith, verified } from '../../support/subjects.ts'
import { type Attack, type Claim, type Claims, claiming, inPolicy, inSubject, type Turn } from './subject-attacks.ts'

/** Each is another look of the same attack. */
export type Disguise = (attack: Attack) => Turn
const pick = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

const CLAIMS = Object.keys((attested().attestation.signer as KeylessIdentity).claims) as Claim[]

/** Claims are set to what others say, to the right thing of another, to anything, or left out. */
const claim: fc.Arbitrary<Disguise> = fc
  .tuple(
    pick([...CLAIMS, 'deploymentEnvironment' as Claim]),
    fc.oneof(
      fc.string(),
      fc.constant(undefined),
      pick([
        '42',
        '7',
        '',
        'push',
        'refs/heads/main',
        'refs/tags/v1.2.3',
        'self-hosted',
        'https://github.com/acme/app',
      ]),
      pick(['https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1.2.3', '**', 'refs/tags/v*']),
    ),
  )
  .map(
    ([name, value]): Disguise =>
      ({ keep = [] }) =>
        keep.includes(name) ? (given) => given : claiming({ [name]: value }),
  )

const digest = fc.oneof(
  fc.constant({ sha512: 'a'.repeat(128) }),
  fc.constant({ sha256: 'b'.repeat(64) }),
  fc.constant({ sha512: 'c'.repeat(128) }),
)
const statement: fc.Arbitrary<Disguise> = fc
  .record(
    {
      subject: fc.array(fc.record({ name: pick(['pkg:npm/%40acme/app@1.2.3', 'x', '']), digest }), {
        minLength: 1,
        maxLength: 3,
      }),
      predicate: fc.oneof(fc.object({ maxDepth: 2 }) as fc.Arbitrary<object>, fc.constant({})),
      predicateType: pick([
        'https://slsa.dev/provenance/v1',
        'https://slsa.dev/provenance/v0.2',
        'https://example.com/x',
      ]),
    },
    { requiredKeys: [] },
  )
  .map(
    (changed): Disguise =>
      () =>
        inSubject(({ evidence }) => ({
          evidence: {
            ...evidence,
            accepted: evidence.accepted.map(({ attestation, ...one }) => ({
              ...one,
              // Sound: a predicate is any JSON, and what fast-check makes here is that.
              attestation: verified(
                { ...attestation.statement, ...changed } as object,
                attestation.signer,
                attestation.origin,
              ),
            })),
          },
        })),
  )

const origin: fc.Arbitrary<Disguise> = fc
  .record({
    domain: pick(['sigstore', 'github'] as const),
    times: pick([['2026-09-01T00:00:00Z'], ['2026-10-01T11:59:00Z']]),
  })
  .map(
    (more): Disguise =>
      () =>
        inSubject(({ evidence }) => ({
          evidence: {
            ...evidence,
            accepted: evidence.accepted.map(({ attestation, ...one }) => ({
              ...one,
              attestation: verified(attestation.statement, attestation.signer, { ...attestation.origin, ...more }),
            })),
          },
        })),
  )

/** The same attestation again, which must not count for more than one. */
const doubled: fc.Arbitrary<Disguise> = fc.constant(() =>
  inSubject(({ evidence }) => ({ evidence: { ...evidence, accepted: [...evidence.accepted, ...evidence.accepted] } })),
)

const lock: fc.Arbitrary<Disguise> = fc
  .record(
    {
      first: pick(['1.0.0', '1.2.3', '0.0.1']),
      others: fc.array(pick([signerWith({ ...OTHER(), sourceRepositoryIdentifier: '99' }), signerWith(OTHER())]), {
        maxLength: 2,
      }),
      until: fc.boolean(),
    },
    { requiredKeys: ['first'] },
  )
  .map(
    ({ first, others = [] }): Disguise =>
      () =>
        inSubject(({ lock: entry }) => ({
          lock: entry && {
            ...entry,
            first,
            signers: [...entry.signers, ...others.map((one) => lockedFrom(accepted(verified({}, one))))],
          },
        })),
  )

/** Somebody whom nobody in these stories is. */
function OTHER(): Partial<Claims> {
  return {
    sourceRepositoryUri: 'https://github.com/acme/other',
    sourceRepositoryIdentifier: '98',
    buildSignerUri: 'https://github.com/acme/other/.github/workflows/other.yml@refs/tags/v1',
    buildConfigUri: 'https://github.com/acme/other/.github/workflows/other.yml@refs/tags/v1',
  }
}

const entry: fc.Arbitrary<Disguise> = fc
  .record(
    {
      scope: pick(['dev', 'optional', 'build', 'unspecified', 'runtime'] as const),
      line: fc.integer({ min: 1, max: 9_999 }),
      comment: fc.string(),
    },
    { requiredKeys: [] },
  )
  .map(
    (more): Disguise =>
      () =>
        inSubject(({ dependency }) => ({ dependency: { ...dependency, ...more } as Subject['dependency'] })),
  )

const WAIVABLE = [
  'signer-continuity',
  'ref-allow-list',
  'no-downgrade',
  'reachable-commit',
  'lock-matches-registry',
] as const
export const waivers = (purl: string, expires: string) =>
  `waivers:\n${WAIVABLE.map((rule) => `  - { match: { purl: "${purl}" }, rule: ${rule}, reason: r, owner: o, expires: ${expires} }\n`).join('')}`

/** Sections of a policy that allow something, and never this. */
const SECTIONS = [
  'builders:\n  - { signer: "mallory/app/.github/workflows/release.yml", level: 3 }\n',
  'accept-unsupported: [workspace, link, git, url]\n',
  'platforms: []\n',
  'rules: { cooldown: off, reviewed-source: off, independent-rebuild: off }\n',
  'rules: { signer-continuity: fail, ref-allow-list: { level: fail, refs: ["refs/heads/stable"], triggers: [push] } }\n',
  'waiver-limits: { max-days: 365, solo: true }\n',
  'allow:\n  - { kind: package, purl: "pkg:npm/**" }\n',
  waivers('pkg:npm/@acme/other@1.2.3', '2026-10-20'),
  waivers('pkg:npm/@acme/app@1.2.4', '2026-10-20'),
  waivers('pkg:npm/@acme/app@1.2.3', '2026-09-30'),
  waivers('pkg:npm/@acme/app@1.2.3', '2028-01-01'),
]

const policy: fc.Arbitrary<Disguise> = fc.tuple(pick(SECTIONS), pick(['recommended', 'strict'])).map(
  ([section, profile]): Disguise =>
    () =>
      inPolicy(({ require }) => ({ ...parsePolicy(`version: 1\nprofile: ${profile}\n${section}`, 'it'), require })),
)

export const disguise = fc.oneof(
  { weight: 6, arbitrary: claim },
  { weight: 3, arbitrary: statement },
  { weight: 1, arbitrary: origin },
  { weight: 1, arbitrary: doubled },
  { weight: 2, arbitrary: lock },
  { weight: 2, arbitrary: entry },
  { weight: 3, arbitrary: policy },
)
