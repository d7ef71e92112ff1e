import { describe, expect, it } from 'vitest'
import { DEPENDENCY_KINDS } from '../../src/model/dependency.ts'
import type { Evidence } from '../../src/model/evidence.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { RUN_BUILD_TYPE } from '../../src/model/uris.ts'
import {
  EVIDENCE_KINDS,
  isOfKind,
  isWeaker,
  tierOf,
  wantedAttestations,
  wantedKinds,
} from '../../src/policy/evidence-kinds.ts'
import { accepted, dependencyOf, evidenceOf, RECORD, verified } from './support.ts'

/** Written out: a policy of today has to mean the same papers tomorrow. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  provenance: ['https://slsa.dev/provenance/v1', 'https://slsa.dev/provenance/v0.2'],
  publish: ['https://docs.pypi.org/attestations/publish/v1'],
  release: ['https://in-toto.io/attestation/release/v0.2', 'https://in-toto.io/attestation/release/v0.1'],
  signature: ['https://model_signing/signature/v1.0', 'https://sigstore.dev/cosign/sign/v1'],
  training: ['https://slsa.dev/provenance/v1'],
  evaluation: ['https://in-toto.io/attestation/test-result/v0.1', 'https://in-toto.io/attestation/svr/v0.2'],
  sbom: ['https://cyclonedx.org/bom', 'https://spdx.dev/Document', 'https://spdx.dev/Document/v2.3'],
  vsa: ['https://slsa.dev/verification_summary/v1'],
}
const PROVENANCE = 'https://slsa.dev/provenance/v1'
const training = (kind: string, buildType: string = RUN_BUILD_TYPE): JsonValue => ({
  buildDefinition: { buildType, externalParameters: { kind } },
  runDetails: { builder: { id: 'b' } },
})

describe('the kinds of evidence', () => {
  it('stand for these predicate types', () => {
    expect(EVIDENCE_KINDS).toStrictEqual(TYPES)
  })

  it.for(Object.entries(TYPES).flatMap(([kind, types]) => types.map((type) => [kind, type] as const)))(
    '%s is %s, and no near miss of it (T-PP-19)',
    ([kind, type]) => {
      const of = (predicateType: string) => isOfKind(verified({ predicateType, predicate: training('train') }), kind)
      expect([of(type), of(`${type}/`), of(type.toUpperCase()), of(type.slice(0, -1))]).toStrictEqual([
        true,
        false,
        false,
        false,
      ])
    },
  )

  it('may be a predicate type itself', () => {
    const own = verified({ predicateType: 'https://acme.example/audit/v1' })
    expect(isOfKind(own, 'https://acme.example/audit/v1')).toBe(true)
    expect(isOfKind(own, 'https://acme.example/audit/v2')).toBe(false)
  })

  it.for<[string, JsonValue, boolean]>([
    ['a run of ours that trained', training('train'), true],
    ['a run of ours that built', training('build'), false],
    ['somebody else’s word for it', training('train', 'https://evil.example/run/v1'), false],
    ['parameters of no kind', { buildDefinition: { buildType: RUN_BUILD_TYPE, externalParameters: {} } }, false],
    ['no parameters', { buildDefinition: { buildType: RUN_BUILD_TYPE } }, false],
    ['no definition', {}, false],
    ['a list', [], false],
    ['nothing', null, false],
  ])('training is %s: %j', ([, predicate, is]) => {
    expect(isOfKind(verified({ predicateType: PROVENANCE, predicate }), 'training')).toBe(is)
    expect(isOfKind(verified({ predicateType: PROVENANCE, predicate }), 'provenance')).toBe(true)
  })
})

describe('what counts where nothing else is asked for', () => {
  it.for(DEPENDENCY_KINDS.map((kind) => [kind] as const))('of the kind %s', ([kind]) => {
    const wanted = {
      package: ['provenance'],
      action: ['release', 'provenance'],
      'reusable-workflow': ['release', 'provenance'],
      image: ['provenance', 'signature'],
      model: ['signature', 'provenance'],
      dataset: ['signature', 'provenance'],
      file: ['provenance', 'signature', 'release'],
    }
    expect(wantedKinds({ kind, ecosystem: 'npm' })).toStrictEqual(wanted[kind])
    expect(wantedKinds({ kind, ecosystem: 'pypi' })).toStrictEqual(
      kind === 'package' ? ['provenance', 'publish'] : wanted[kind],
    )
  })

  it('leaves out what is something else', () => {
    const [provenance, bom] = [accepted(), accepted(verified({ predicateType: 'https://cyclonedx.org/bom' }))]
    const evidence = evidenceOf({ accepted: [bom, provenance] })
    expect(wantedAttestations(dependencyOf('pkg:npm/a@1'), evidence)).toStrictEqual([provenance])
  })
})

describe('the strength of what was found', () => {
  const [provenance, publish] = [
    verified(),
    verified({ predicateType: 'https://docs.pypi.org/attestations/publish/v1' }),
  ]
  const files = (checked: number) => ({ checked, attested: 0, pinned: 0 })
  const vouched: Evidence['registry'] = { kind: 'vouched', basis: 'signature', record: RECORD }
  const silent: Evidence['registry'] = { kind: 'not-vouched', message: 'has no such version' }

  it.for<[string, Partial<Evidence>, string]>([
    ['nothing', { registry: silent, files: files(1) }, 'none'],
    ['nothing of no files', { registry: silent, files: files(0) }, 'none'],
    ['the registry’s word', { registry: vouched, files: files(0) }, 'registered'],
    ['provenance of all of it', { accepted: [accepted(provenance)], files: files(2) }, 'provenance'],
    ['a publish attestation of all of it', { accepted: [accepted(publish)], files: files(2) }, 'signed'],
    [
      'provenance of each of two files',
      { accepted: [accepted(provenance, { file: 'a' }), accepted(provenance, { file: 'b' })], files: files(2) },
      'provenance',
    ],
    [
      'provenance of one of two files',
      { accepted: [accepted(provenance, { file: 'a' })], files: files(2) },
      'registered',
    ],
    [
      'provenance twice of one of two files',
      { accepted: [accepted(provenance, { file: 'a' }), accepted(provenance, { file: 'a' })], files: files(2) },
      'registered',
    ],
    [
      'provenance of one file and less of the other: an installer may take that one (T-SU-12)',
      { accepted: [accepted(provenance, { file: 'a' }), accepted(publish, { file: 'b' })], files: files(2) },
      'signed',
    ],
  ])('%s', ([, more, tier]) => {
    expect(tierOf(dependencyOf('pkg:pypi/a@1'), evidenceOf(more))).toBe(tier)
  })

  it('is weaker in this order only', () => {
    const order = ['none', 'registered', 'signed', 'provenance'] as const
    for (const [at, tier] of order.entries()) {
      expect(order.map((than) => isWeaker(tier, than))).toStrictEqual(order.map((_, than) => at < than))
    }
  })
})
