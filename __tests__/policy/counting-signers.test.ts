import { describe, expect, it } from 'vitest'
import type { AcceptedAttestation } from '../../src/model/evidence.ts'
import type { KeylessIdentity, SignerIdentity } from '../../src/model/identity.ts'
import { PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import type { LockEntry } from '../../src/model/trust-lock.ts'
import { countingSigners, isAccepted, lockedSigners, speakersByFile } from '../../src/policy/counting-signers.ts'
import { signerOf } from '../../src/policy/locked-signer.ts'
import { isPipelineIdentity, sourceClaims } from '../../src/policy/pipeline-identity.ts'
import { accepted, dependencyOf, evidenceOf, signerWith, subjectOf, verified } from './support.ts'

const STRANGER = signerWith({ sourceRepositoryIdentifier: '99' })
const KEY: SignerIdentity = { kind: 'key', fingerprint: 'ab', source: 'key' }
const provenance = (file?: string, signer: SignerIdentity = signerWith()) =>
  accepted(verified({}, signer), file === undefined ? {} : { file })
const publish = (file?: string, signer: SignerIdentity = signerWith()) =>
  accepted(verified({ predicateType: PYPI_PUBLISH, predicate: null }, signer), file === undefined ? {} : { file })
const wheel = (list: readonly AcceptedAttestation[], lock?: LockEntry) =>
  subjectOf({
    dependency: dependencyOf('pkg:pypi/app@1.2.3'),
    evidence: evidenceOf({ accepted: list }),
    ...(lock === undefined ? {} : { lock }),
  })
const ENTRY: LockEntry = {
  ecosystem: 'pypi',
  name: 'app',
  line: '1',
  best: 'provenance',
  first: '1.0.0',
  signers: [signerOf(verified(), '1.2.3')],
}

describe('who speaks for each file', () => {
  const indexes = (...list: readonly AcceptedAttestation[]) =>
    speakersByFile(wheel(list)).map((all) => all.map(({ index }) => index))

  it.for<[string, readonly AcceptedAttestation[], number[][]]>([
    ['nobody, without attestations', [], []],
    ['each file on its own', [provenance('a'), provenance('b')], [[0], [1]]],
    ['all that speak for one file', [provenance('a'), provenance('b'), provenance('a')], [[0, 2], [1]]],
    ['provenance alone, where there is some', [publish('a'), provenance('a'), publish('a')], [[1]]],
    ['what else is signed, where there is none', [provenance('a'), publish('b')], [[0], [1]]],
    ['what is about the whole, on its own', [provenance(), publish('a')], [[0], [1]]],
    [
      'nothing that does not count',
      [accepted(verified({ predicateType: 'https://example.org/x' })), publish('a')],
      [[1]],
    ],
  ])('is %s', ([, list, expected]) => {
    expect(indexes(...list)).toEqual(expected)
  })

  it('is named with the ref as it is: it is compared with patterns', () => {
    const [[first] = []] = speakersByFile(wheel([provenance('a')]))
    expect(first?.signer.refs).toEqual(['refs/tags/v1.2.3'])
  })
})

describe('whose context counts', () => {
  const indexes = (list: readonly AcceptedAttestation[], lock?: LockEntry) =>
    countingSigners(wheel(list, lock)).map(({ index }) => index)

  it.for<[string, readonly AcceptedAttestation[], LockEntry | undefined, number[]]>([
    ['everybody’s, without a lock', [provenance('a'), provenance('a', STRANGER)], undefined, [0, 1]],
    ['whom the lock accepts', [provenance('a', STRANGER), provenance('a')], ENTRY, [1]],
    ['a stranger’s too, where nobody is accepted', [provenance('a', STRANGER), provenance('b')], ENTRY, [0, 1]],
    ['of each file its own', [provenance('a'), provenance('b', STRANGER), provenance('b')], ENTRY, [0, 2]],
    ['no key’s: it says nothing of a run', [provenance('a', KEY), provenance('b')], undefined, [1]],
  ])('is %s', ([, list, lock, expected]) => {
    expect(indexes(list, lock)).toEqual(expected)
  })

  it('is who the lock has for this version', () => {
    const ended = { ...ENTRY, signers: ENTRY.signers.map((one) => ({ ...one, until: '1.2.0' })) }
    expect(lockedSigners(wheel([]))).toEqual([])
    expect(lockedSigners(wheel([], ENTRY))).toEqual(ENTRY.signers)
    expect(lockedSigners(wheel([], ended))).toEqual([])
    const [[mine] = []] = speakersByFile(wheel([provenance()]))
    const [[strange] = []] = speakersByFile(wheel([provenance(undefined, STRANGER)]))
    if (mine === undefined || strange === undefined) throw new Error('nobody speaks')
    expect([isAccepted(mine, ENTRY.signers), isAccepted(strange, ENTRY.signers)]).toEqual([true, false])
    expect([isAccepted(mine, []), isAccepted(strange, [signerOf(verified({}, KEY)), ...ENTRY.signers])]).toEqual([
      false,
      false,
    ])
  })
})

describe('a run in CI', () => {
  const OLD: KeylessIdentity = {
    kind: 'certificate',
    subjectAlternativeName: {
      type: 'uri',
      value: 'https://github.com/acme/app/.github/workflows/x.yml@refs/heads/main',
    },
    issuer: 'https://token.actions.githubusercontent.com',
    claims: {},
    legacy: { repository: 'acme/app', ref: 'refs/heads/main', trigger: 'push' },
  }
  const now = { repository: 'https://github.com/acme/app', ref: 'refs/tags/v1.2.3', trigger: 'push' }

  it.for<[string, SignerIdentity, object, boolean]>([
    ['by its certificate', signerWith(), now, true],
    ['by a certificate of before 2023', OLD, { ...now, ref: 'refs/heads/main' }, true],
    [
      'by the newer claims, where a copy of the old ones says otherwise',
      { ...signerWith(), legacy: { repository: 'evil/app', ref: 'refs/heads/evil', trigger: 'evil' } },
      now,
      true,
    ],
    [
      'never by claims of both kinds mixed',
      { ...OLD, claims: { sourceRepositoryUri: 'https://github.com/acme/app' } },
      { repository: 'https://github.com/acme/app' },
      true,
    ],
    ['not by a person', { ...OLD, legacy: {} }, {}, false],
    ['not by a key that boasts', { ...KEY, claims: signerWith().claims, legacy: {} } as SignerIdentity, {}, false],
  ])('is known %s', ([, signer, claims, pipeline]) => {
    expect(sourceClaims(signer)).toStrictEqual(claims)
    expect(isPipelineIdentity(signer)).toBe(pipeline)
  })
})
