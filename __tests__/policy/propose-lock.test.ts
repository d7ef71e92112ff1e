import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../src/model/dependency.ts'
import type { Evidence } from '../../src/model/evidence.ts'
import { NO_FACTS } from '../../src/model/facts.ts'
import type { SignerIdentity } from '../../src/model/identity.ts'
import { PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import { EMPTY_LOCK, type LockEntry, type LockedSigner, type TrustLock } from '../../src/model/trust-lock.ts'
import { nameSigner, proposeLock } from '../../src/policy/propose-lock.ts'
import type { Subject } from '../../src/policy/rule.ts'
import { accepted, dependencyOf, evidenceOf, signerWith, subjectOf, verified, WORKFLOW } from './support.ts'

const OTHER = 'https://github.com/acme/app/.github/workflows/other.yml'
const signedBy = (...signers: readonly SignerIdentity[]): Evidence =>
  evidenceOf({ accepted: signers.map((signer) => accepted(verified({}, signer))) })
const app = (version: string, evidence = signedBy(signerWith()), more: Partial<Subject> = {}) =>
  subjectOf({ id: `pkg:npm/%40acme/app@${version}`, evidence, ...more })
const bare = (version: string) => app(version, evidenceOf())
const REGISTRY_SILENT = evidenceOf({ registry: { kind: 'not-applicable' } })

function entryOf(subjects: readonly Subject[], lock: TrustLock = EMPTY_LOCK, codes?: readonly (readonly string[])[]) {
  const proposed = proposeLock(lock, subjects, codes)
  const [entry, ...others] = proposed.lock.entries
  if (entry === undefined || others.length > 0) throw new Error(`${others.length + 1} entries`)
  return { entry, lock: proposed.lock, changes: proposed.changes }
}

describe('the entry of a name that is new', () => {
  it.for<[string, readonly string[], string]>([
    ['the lowest version that is there', ['1.10.0', '1.9.0', '1.11.0'], '1.9.0'],
    ['the one that came first, of two that are equal', ['1.0.0+b', '1.0.0+a'], '1.0.0+b'],
  ])('starts with %s', ([, versions, first]) => {
    expect(entryOf(versions.map((version) => bare(version))).entry.first).toBe(first)
  })

  it('starts with any version where none is known, and keeps what it has', () => {
    const unversioned = (more: Partial<Dependency>) =>
      subjectOf({
        dependency: dependencyOf('hf://acme/model', {
          kind: 'model',
          source: 'registry',
          ecosystem: 'huggingface',
          ...more,
        }),
      })
    const { lock, entry } = entryOf([unversioned({})])
    expect(entry).toMatchObject({ ecosystem: 'huggingface', name: 'hf://acme/model', first: '*' })
    expect(entryOf([unversioned({})], lock).changes).toEqual([])
    expect(entryOf([subjectOf({ id: 'pkg:npm/left-pad' })]).entry).toMatchObject({ name: 'left-pad', first: '*' })
    const later = { ...lock, entries: [{ ...entry, first: '3' }] }
    expect(entryOf([unversioned({})], later).entry.first).toBe('3')
  })

  it('has the strongest evidence of its versions, in whatever order they come', () => {
    for (const subjects of [
      [app('1.2.3'), bare('1.2.4')],
      [bare('1.2.4'), app('1.2.3')],
    ]) {
      expect(entryOf(subjects).entry.best).toBe('provenance')
    }
  })

  it('has the owner of a model, where the hub names one', () => {
    const model = (ownerId: string | undefined): Subject =>
      subjectOf({
        dependency: dependencyOf('hf://acme/model', { kind: 'model', source: 'registry' }),
        facts: {
          ...NO_FACTS,
          model: {
            kind: 'known',
            from: 'api',
            observedAt: '2026-10-01T00:00:00Z',
            value: { ownerId } as Extract<Subject['facts']['model'], { kind: 'known' }>['value'],
          },
        },
      })
    expect(entryOf([model('5f1')]).entry.ownerId).toBe('5f1')
    expect(entryOf([model(undefined)]).entry).not.toHaveProperty('ownerId')
    expect(entryOf([subjectOf()]).entry).not.toHaveProperty('ownerId')
    const { lock } = entryOf([model('5f1')])
    expect(entryOf([model('666')], lock)).toMatchObject({ entry: { ownerId: '5f1' }, changes: [] })
  })

  it('is made also while another source is down, where something was accepted', () => {
    const unavailable = [{ source: 'github', fault: 'unreachable', message: 'x' }] as const
    expect(entryOf([app('1.2.3', { ...signedBy(signerWith()), unavailable })]).entry.best).toBe('provenance')
    expect(proposeLock(EMPTY_LOCK, [app('1.2.3', evidenceOf({ unavailable }))]).lock.entries).toEqual([])
  })

  it('is said with its evidence, its signers and what is unusual', () => {
    const [other, first] = [signerWith({ buildSignerUri: `${OTHER}@refs/tags/v1.2.3` }), signerWith()]
    const codes = [['RUN_FAILED', 'COMMIT_UNREACHABLE']]
    const { changes } = entryOf([app('1.2.3', signedBy(first, other))], EMPTY_LOCK, codes)
    const names = `${WORKFLOW} at refs/tags/v*, ${OTHER} at refs/tags/v*`
    const message = `provenance, signed by ${names}; unusual: 1.2.3 COMMIT_UNREACHABLE; unusual: 1.2.3 RUN_FAILED`
    expect(changes).toEqual([{ kind: 'entry-added', ecosystem: 'npm', name: '@acme/app', line: '1', message }])
    expect(entryOf([bare('1.2.3')]).changes).toMatchObject([{ kind: 'entry-added', message: 'registered' }])
  })
})

describe('what is recorded with a new entry', () => {
  it('is sorted, whatever order versions and rules come in', () => {
    const { entry } = entryOf([bare('1.3.0'), bare('1.2.0')], EMPTY_LOCK, [['B', 'A'], ['C']])
    expect(entry.unusual?.map(({ version, code }) => `${version} ${code}`)).toEqual(['1.2.0 C', '1.3.0 A', '1.3.0 B'])
  })

  it('is nothing where no rule objected, and nothing for want of a registry’s word', () => {
    expect(entryOf([bare('1.2.3')]).entry).not.toHaveProperty('unusual')
    expect(entryOf([bare('1.2.3'), app('1.2.4', REGISTRY_SILENT)]).entry).not.toHaveProperty('unusual')
    expect(entryOf([bare('1.2.3')], EMPTY_LOCK, []).entry).not.toHaveProperty('unusual')
  })

  it('is a version that is weaker than signed, too', () => {
    const wheel = (version: string, evidence: Evidence) => subjectOf({ id: `pkg:pypi/app@${version}`, evidence })
    const published = evidenceOf({ accepted: [accepted(verified({ predicateType: PYPI_PUBLISH, predicate: null }))] })
    const { entry } = entryOf([wheel('1.1', published), wheel('1.2', evidenceOf())])
    expect(entry).toMatchObject({ best: 'signed', unusual: [{ version: '1.2', code: 'ATTESTATION_LOST' }] })
  })

  it('is nothing of a tag, which can be moved', () => {
    const tag = subjectOf({
      dependency: dependencyOf('pkg:github/acme/do@v4', { kind: 'action', source: 'git', digests: {} }),
    })
    expect(entryOf([tag], EMPTY_LOCK, [['RUN_FAILED']]).entry).not.toHaveProperty('unusual')
  })
})

describe('the signers of an entry', () => {
  const knownBy = (...signers: readonly LockedSigner[]): TrustLock => ({
    version: 1,
    entries: [{ ...entryOf([app('1.2.3')]).entry, signers }],
  })
  const [LOCKED] = entryOf([app('1.2.3')]).entry.signers
  if (LOCKED === undefined) throw new Error('nobody signed')
  const guarded = (environment: string) => signerWith({ deploymentEnvironment: environment })

  it.for<[string, Parameters<typeof signerWith>[0], Partial<LockedSigner>]>([
    ['another ref', { sourceRepositoryRef: 'refs/heads/main' }, { refs: ['refs/heads/main', 'refs/tags/v*'] }],
    ['another trigger', { buildTrigger: 'dispatch' }, { triggers: ['dispatch', 'push'] }],
    [
      'another ref and trigger',
      { sourceRepositoryRef: 'refs/heads/main', buildTrigger: 'release' },
      { refs: ['refs/heads/main', 'refs/tags/v*'], triggers: ['push', 'release'] },
    ],
  ])('grow by %s, and are said', ([, claims, grown]) => {
    const { entry, changes } = entryOf([app('1.2.3', signedBy(signerWith(claims)))], knownBy(LOCKED))
    expect(entry.signers).toEqual([{ ...LOCKED, ...grown }])
    expect(changes).toMatchObject([{ kind: 'signer-added', message: expect.stringContaining('refs/tags/v*') }])
  })

  it('become more by somebody else, also with another ref', () => {
    const fork = signerWith({ sourceRepositoryRef: 'refs/heads/main', sourceRepositoryIdentifier: '99' })
    const { entry, changes } = entryOf([app('1.2.4', signedBy(fork))], knownBy(LOCKED))
    expect(entry.signers).toMatchObject([LOCKED, { repositoryId: '99', refs: ['refs/heads/main'] }])
    expect(changes).toHaveLength(1)
  })

  it('whose time is over are left as they are, and stand beside who came back', () => {
    const ended = { ...LOCKED, until: '1.2.0' }
    expect(entryOf([app('1.2.3')], knownBy(ended)).entry.signers).toEqual([ended, LOCKED])
    expect(entryOf([app('1.1.0')], knownBy(ended)).entry.signers).toEqual([ended])
  })

  it.for<[string, readonly Subject[], Partial<LockedSigner>, readonly string[]]>([
    ['that all versions have', [app('1.2.3', signedBy(guarded('release')))], {}, ['release']],
    [
      'of which there are several, each once and sorted',
      [
        app('1.2.3', signedBy(guarded('release'))),
        app('1.2.4', signedBy(guarded('canary'))),
        app('1.2.5', signedBy(guarded('release'))),
      ],
      {},
      ['canary', 'release'],
    ],
    ['that not all versions have', [app('1.2.3', signedBy(guarded('release'))), app('1.2.4')], {}, []],
    [
      'beside those it has',
      [app('1.2.3', signedBy(guarded('release')))],
      { environments: ['release', 'old'] },
      ['release', 'old'],
    ],
    ['of somebody else', [app('1.2.3', signedBy(guarded('release')))], { repositoryId: '99' }, []],
    ['that nobody has', [app('1.2.3')], {}, []],
    ['of no version', [bare('1.2.3')], {}, []],
  ])('are strengthened by an environment %s', ([, subjects, more, environments]) => {
    const before = { ...LOCKED, ...more }
    const { entry, changes } = entryOf(subjects, knownBy(before))
    expect(entry.signers[0]).toEqual({ ...before, environments })
    const added = changes.filter(({ kind }) => kind === 'environment-added')
    const grew = environments.length > before.environments.length
    expect(added).toEqual(
      grew
        ? [
            {
              kind: 'environment-added',
              ecosystem: 'npm',
              name: '@acme/app',
              line: '1',
              message: environments.join(', '),
            },
          ]
        : [],
    )
  })

  it.for<[Partial<LockedSigner>, string]>([
    [{ workflow: WORKFLOW, refs: ['refs/heads/main', 'refs/tags/v*'] }, `${WORKFLOW} at refs/heads/main, refs/tags/v*`],
    [{ identity: 'data@acme.example', key: 'ab' }, 'data@acme.example'],
    [{ key: 'ab' }, 'key ab'],
    [{}, 'key unknown'],
  ])('are named by what says most: %o', ([more, name]) => {
    expect(nameSigner({ refs: [], triggers: [], environments: [], ...more })).toBe(name)
  })
})

describe('an entry that is there', () => {
  const { lock } = entryOf([bare('1.2.3')])
  const [ENTRY] = lock.entries as readonly [LockEntry]

  it('is raised and never lowered, and starts earlier when an older version is used', () => {
    expect(entryOf([app('1.2.2')], lock)).toMatchObject({
      entry: { best: 'provenance', first: '1.2.2' },
      changes: [{ kind: 'best-raised', message: 'provenance' }, { kind: 'signer-added' }],
    })
    const raised = entryOf([app('1.2.2')], lock).lock
    expect(entryOf([bare('1.2.4')], raised)).toMatchObject({
      entry: { best: 'provenance', first: '1.2.2' },
      changes: [],
    })
  })

  it('is left alone by other lines and names', () => {
    const { lock: more, changes } = proposeLock(lock, [bare('2.0.0'), subjectOf({ id: 'pkg:npm/app@1.0.0' })])
    expect(more.entries).toMatchObject([ENTRY, { line: '2' }, { name: 'app' }])
    expect(changes.map(({ line, name }) => [line, name])).toEqual([
      ['2', '@acme/app'],
      ['1', 'app'],
    ])
  })
})
