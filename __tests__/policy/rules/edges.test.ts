import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../../src/model/dependency.ts'
import type { DependencyFacts, ModelFact, VersionFact } from '../../../src/model/facts.ts'
import { RUN_BUILD_TYPE } from '../../../src/model/uris.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  accepted,
  archiveOf,
  askRule,
  attested,
  dependencyOf,
  evidenceOf,
  factsOf,
  GOOD_SOURCE,
  gist,
  jobOf,
  known,
  lockedFrom,
  lockOf,
  recordOf,
  runOf,
  signedSubject,
  sourceError,
  sourceOf,
  stepOf,
  subjectOf,
  treeOf,
  unknown,
  usesOf,
  verified,
  vouched,
} from '../../support/subjects.ts'

/** Where a rule begins and ends to hold, to the last case. */
const SILENT = { kind: 'unavailable', error: sourceError() } as const

describe('signer-continuity, at its edges', () => {
  const ask = (subject: Subject) => gist(askRule('signer-continuity', subject))
  const config = (name: string) => `https://github.com/${name}/.github/workflows/ci.yml@refs/heads/main`
  const signer = 'https://github.com/x/y/.github/workflows/z.yml@refs/heads/main'

  it('sees the other number also where only the calling workflow came back in another case', () => {
    const before = attested({ buildSignerUri: signer, buildConfigUri: config('acme/app') })
    const now = attested({
      buildSignerUri: signer,
      buildConfigUri: config('Acme/app'),
      sourceRepositoryUri: 'https://github.com/Acme/app',
      sourceRepositoryIdentifier: '43',
    })
    expect(ask(signedSubject([now], { lock: lockOf({ signers: [lockedFrom(before)] }) }))).toStrictEqual([
      'REPOSITORY_ID_MISMATCH changed',
    ])
  })

  it('is quiet about a new release line that one of the old signers signed too', () => {
    const stranger = attested({ runnerEnvironment: 'self-hosted' })
    const known = { otherLines: [lockOf({ line: '2' })] }
    expect(ask(signedSubject([attested(), stranger], known))).toStrictEqual([])
    expect(ask(signedSubject([stranger], known))).toStrictEqual(['SIGNER_CHANGED unusual'])
  })

  it.for<[string | undefined, string | undefined, readonly string[]]>([
    ['1', '2', ['OWNER_CHANGED changed']],
    ['1', '1', []],
    [undefined, '2', []],
    ['1', undefined, []],
  ])('holds the owner %s of the lock against the owner %s of the hub, where both are known', ([locked, now, said]) => {
    const model: ModelFact = { revision: 'a'.repeat(40), ownerId: now, files: [], signed: false }
    const lock = lockOf({ signers: [], ownerId: locked })
    expect(ask(subjectOf({ lock, facts: factsOf({ model: known(model) }) }))).toStrictEqual(said)
    const action = { tags: [], reachableFrom: null, repositoryId: '1', ownerId: now ?? '1' }
    expect(ask(subjectOf({ lock, facts: factsOf({ action: known(action) }) }))).toStrictEqual(said)
  })
})

describe('ref-allow-list, at its edges', () => {
  const ask = (claims: object, more: Partial<Subject> = {}, setting = {}) =>
    gist(askRule('ref-allow-list', signedSubject([attested(claims)], more), setting))
  const main = { facts: sourceOf({ repository: GOOD_SOURCE.repository }) }
  /** A signer of the lock that differs in its issuer too, so that it does not pass as a whole. */
  const almost = (more: object) => ({ ...main, lock: lockOf({ signers: [{ ...lockedFrom(), issuer: 'x', ...more }] }) })

  it.for<[string, object, object, readonly string[]]>([
    ['a trigger of the lock', { buildTrigger: 'workflow_run' }, { triggers: ['workflow_run'] }, []],
    ['another trigger', { buildTrigger: 'workflow_run' }, { triggers: ['push'] }, ['TRIGGER_DENIED context changed']],
    ['a runner of the lock', { runnerEnvironment: 'self-hosted' }, { runner: 'self-hosted' }, []],
    ['another runner', { runnerEnvironment: 'self-hosted' }, { runner: 'x' }, ['RUNNER_DENIED context changed']],
    [
      'no runner on either side',
      { runnerEnvironment: undefined },
      { runner: undefined },
      ['RUNNER_DENIED context changed'],
    ],
    ['a tag', {}, { refs: ['refs/heads/main'] }, []],
  ])('lets pass what the lock has for one that differs elsewhere: %s', ([, claims, signer, said]) => {
    expect(ask(claims, almost(signer))).toStrictEqual(said)
  })

  it('does not believe a hosted signer whose command ran elsewhere, whatever the lock has', () => {
    const predicate = {
      buildDefinition: {
        buildType: RUN_BUILD_TYPE,
        externalParameters: {},
        internalParameters: { recorded: { runner_environment: 'self-hosted' } },
      },
      runDetails: { builder: { id: 'b' } },
    }
    const subject = (more: Partial<Subject>) =>
      gist(
        askRule('ref-allow-list', {
          ...subjectOf(more),
          evidence: evidenceOf({ accepted: [accepted(verified({ predicate }))] }),
        }),
      )
    expect(subject(main)).toStrictEqual(['RUNNER_DENIED context invalid'])
    expect(subject(almost({ runner: 'self-hosted' }))).toStrictEqual(['RUNNER_DENIED context changed'])
  })

  it('lets a tag pass that is known to be no default branch', () => {
    expect(ask({}, main)).toStrictEqual([])
  })

  it('asks a tag for no version that is not there', () => {
    expect(
      ask({}, { ...main, dependency: { ...dependencyOf('pkg:npm/%40acme/app@1.2.3'), version: undefined } }),
    ).toStrictEqual([])
  })

  it('takes any one of the refs that the policy names', () => {
    const byDate = { sourceRepositoryRef: 'refs/tags/release-2026-09' }
    expect(ask(byDate, main, { refs: ['refs/heads/x', 'refs/tags/release-*'] })).toStrictEqual([])
    expect(ask(byDate, main, { refs: ['refs/heads/x'] })).toStrictEqual(['REF_DENIED context invalid'])
  })
})

describe('source-matches-archive, at its edges', () => {
  const ask = (facts: Partial<DependencyFacts>, tree = treeOf(['a.js'])) =>
    gist(askRule('source-matches-archive', subjectOf({ facts: { ...sourceOf({ tree: known(tree) }), ...facts } })))
  const drifted = known(archiveOf(['a.js', 'x.js']))

  it('says of a cut listing what is in it, where that is nothing new', () => {
    const before = { previousArchive: drifted, previousTree: known(treeOf(['a.js'])) }
    expect(ask({ archive: drifted, ...before }, treeOf(['a.js'], { truncated: true }))).toStrictEqual([
      'ARCHIVE_DRIFT note',
    ])
  })

  it('says once why the version before is not known', () => {
    const before = { previousArchive: unknown(), previousTree: unknown('NOT_ASKED_BUDGET') }
    expect(ask({ archive: drifted, ...before })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })

  it('takes everything in a version that had no source for drift that is not new', () => {
    const before = { previousArchive: drifted, previousTree: known(treeOf([], { missing: true })) }
    expect(ask({ archive: drifted, ...before })).toStrictEqual(['ARCHIVE_DRIFT note'])
  })
})

describe('pinned-models, at its edges', () => {
  const PIN = 'a'.repeat(40)
  const SIGNED = evidenceOf({ accepted: [attested({}, { predicateType: 'https://model_signing/signature/v1.0' })] })
  const model = (more: Partial<ModelFact> = {}): ModelFact => ({ revision: PIN, files: [], signed: true, ...more })
  const ask = (dependency: Dependency, fact?: ModelFact) =>
    gist(
      askRule(
        'pinned-models',
        subjectOf({ dependency, evidence: SIGNED, facts: factsOf(fact && { model: known(fact) }) }),
      ),
    )
  const hub = (version: string, more: Partial<Dependency> = {}) =>
    dependencyOf(`pkg:huggingface/Author/Model@${version}`, { kind: 'model', digests: {}, ...more })

  it('leaves a model of the project itself to its commit', () => {
    expect(ask({ ...hub('x'), ecosystem: 'generic', source: 'file' })).toStrictEqual([])
    expect(ask({ ...hub('x'), ecosystem: 'generic', source: 'url' })).toStrictEqual(['REVISION_MUTABLE'])
  })

  it('takes no digest for the pin of a hub’s reference, which can be moved', () => {
    expect(ask(hub('main', { digests: { sha256: 'a'.repeat(64) } }))).toStrictEqual(['REVISION_MUTABLE'])
  })

  it('compares the revision of a commit only', () => {
    expect(ask(hub('main'), model())).toStrictEqual(['REVISION_MUTABLE'])
    expect(ask(hub('b'.repeat(40)), model())).toStrictEqual(['REVISION_MUTABLE changed'])
  })

  it('looks for pinned files by name or URL, and for no other', () => {
    const digests = { sha256: 'a'.repeat(64) }
    const files = (...all: NonNullable<Dependency['files']>) => ask(hub(PIN, { files: all }), model())
    expect(files({ digests })).toStrictEqual([])
    expect(files({ name: 'a.csv', digests })).toStrictEqual(['INPUT_MISSING invalid'])
    expect(files({ url: 'https://x/a.csv', digests })).toStrictEqual(['INPUT_MISSING invalid'])
  })

  const DATA = [
    ...[
      'LICENSE',
      'licence',
      'NOTICE',
      'README',
      'USAGE_POLICY',
      '.gitattributes',
      '.gitignore',
      'model.sig',
      'a/b/LICENSE',
    ],
    ...'safetensors gguf json jsonl md txt yml yaml toml model tiktoken vocab csv tsv parquet arrow png jpg jpeg gif svg'
      .split(' ')
      .map((extension) => `a.${extension}`),
    ...'webp wav flac mp3 mp4 pdf sig sigstore index JSON'.split(' ').map((extension) => `x/b.${extension}`),
  ]
  it.for(DATA)('T-MF-12: takes %s for data', (path) => {
    expect(ask(hub(PIN), model({ files: [{ path }] }))).toStrictEqual([])
  })

  it.for([
    ...[
      'xlicense',
      'licenxe',
      'LICENSE.py',
      'LICENSE/run',
      'notice.sh',
      'readme.exe',
      'gitignore',
      'json',
      'a.json.py',
    ],
    ...['a.json/x', 'ajson', 'a.jpegs', 'a.yaaml', 'xmodel.sig.py', 'a.mp5', 'a.xjson', 'model_sig'],
  ])('T-MF-12: takes %s for code', (path) => {
    expect(ask(hub(PIN), model({ files: [{ path }] }))).toStrictEqual(['MODEL_CODE unusual'])
  })
})

describe('closed-world-dependencies, at its edges', () => {
  const RULE = 'closed-world-dependencies'
  const ask = (more: Partial<Subject>) =>
    gist(askRule(RULE, subjectOf({ evidence: evidenceOf({ accepted: [attested()] }), ...more })))
  const from = (source: Dependency['source'], more: object = {}) =>
    dependencyOf('pkg:npm/%40acme/app@1.2.3', { source, ...more })
  const pulls = (range: string, more: Partial<Subject> = {}) =>
    ask({
      change: 'added',
      evidence: evidenceOf({ accepted: [attested()], registry: vouched({ dependencies: { x: range } }) }),
      ...more,
    })

  it.for<[string, Partial<Subject>, readonly string[]]>([
    ['changed, and nothing says from what', { change: 'changed', dependency: from('git') }, []],
    ['from git as before', { change: 'changed', dependency: from('git'), previous: from('git') }, []],
    [
      'out of an index into git: that it left the index is one finding',
      { change: 'changed', dependency: from('git'), previous: from('registry', { registry: 'https://x' }) },
      ['SOURCE_NOT_REGISTRY'],
    ],
    [
      'unchanged, whatever was before',
      { change: 'unchanged', dependency: from('registry'), previous: from('registry', { registry: 'https://x' }) },
      [],
    ],
    [
      'a registry that did not answer',
      { change: 'added', evidence: evidenceOf({ accepted: [attested()], registry: SILENT }) },
      [],
    ],
  ])('%s', ([, more, said]) => {
    expect(ask(more)).toStrictEqual(said)
  })

  it.for<[string, boolean]>([
    ['git+https://x/y', true],
    [' git+https://x/y', true],
    ['git@github.com:x/y', true],
    ['git://x/y', true],
    ['ssh://x', true],
    ['github:x/y', true],
    ['gitlab:x/y', true],
    ['bitbucket:x/y', true],
    ['gist:1', true],
    ['http://x/y.tgz', true],
    ['https://x/y.tgz', true],
    ['HTTPS://x/y.tgz', true],
    ['file:../x', true],
    ['@ git+https://x/y', true],
    ['@git+https://x/y', true],
    ['@  https://x/y.whl', true],
    ['x/y', true],
    ['x/y#main', true],
    ['^1.2.3', false],
    ['npm:x@^1', false],
    ['@scope https://x', false],
    ['>=1 file:x', false],
    ['x/y z', false],
    ['x/y/z', false],
    ['gitx', false],
  ])('%j leaves the registry: %s', ([range, leaves]) => {
    expect(pulls(range)).toStrictEqual(leaves ? ['SOURCE_NOT_REGISTRY'] : [])
    expect(pulls(range, { change: 'changed' })).toStrictEqual(leaves ? ['SOURCE_NOT_REGISTRY'] : [])
    expect(pulls(range, { change: 'known' })).toStrictEqual([])
  })

  it('takes what is exactly as old as the cooldown for old enough', () => {
    const at = (publishedAt: string) =>
      ask({ change: 'added', evidence: evidenceOf({ accepted: [attested()], registry: vouched({ publishedAt }) }) })
    expect(at('2026-09-28T12:00:00Z')).toStrictEqual([])
    expect(at('2026-09-28T12:00:01Z')).toStrictEqual(['NEW_UNATTESTED'])
  })
})

describe('cooldown, at its edges', () => {
  const ask = (more: Partial<Subject>, setting = {}) =>
    gist(askRule('cooldown', subjectOf({ change: 'added', ...more }), setting))

  it('is off at zero days, whatever is known', () => {
    expect(ask({ evidence: evidenceOf({ registry: vouched() }) }, { days: 0 })).toStrictEqual([])
    expect(
      ask({ evidence: evidenceOf({ registry: vouched({ publishedAt: '2027-01-01T00:00:00Z' }) }) }, { days: 0 }),
    ).toStrictEqual([])
  })

  it('asks for the age of nothing that nobody dates', () => {
    const none = { kind: 'not-applicable' } as const
    expect(ask({ evidence: evidenceOf({ registry: none }) })).toStrictEqual([])
    const undated = accepted(verified({}, undefined, { times: [] }))
    expect(ask({ evidence: evidenceOf({ registry: none, accepted: [undated] }) })).toStrictEqual([
      'CONTEXT_UNKNOWN unknown',
    ])
    expect(ask({ evidence: evidenceOf({ registry: vouched() }) })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })
})

describe('pinned-actions, at its edges', () => {
  const PIN = 'a'.repeat(40)
  const ask = (dependency: Dependency, facts = factsOf()) =>
    gist(askRule('pinned-actions', subjectOf({ dependency, facts })))
  const commented = (comment: string | undefined, ...tags: string[]) =>
    ask(
      usesOf(PIN, { comment }),
      factsOf({
        action: known({
          tags: tags.map((name) => ({ name, immutable: false })),
          reachableFrom: 'main',
          repositoryId: '1',
          ownerId: '2',
        }),
      }),
    ).length > 0

  it('leaves an image of no `uses:` to others', () => {
    expect(ask({ ...usesOf('v4'), kind: 'image', location: undefined })).toStrictEqual([])
    expect(ask({ ...usesOf('v4'), kind: 'image', location: 'acme/image' })).toStrictEqual([])
  })

  it('takes no digest for the pin of an action', () => {
    expect(ask(usesOf('v4', { digests: { sha256: 'a'.repeat(64) } }))).toStrictEqual(['UNPINNED_ACTION'])
  })

  it.for<[string | undefined, string, boolean]>([
    ['v4.2.1', 'v4.2.1', false],
    ['v4.2.1', 'refs/tags/v4.2.1', false],
    ['v4.2.1', '4.2.1', false],
    ['v4', 'v4.2.1', false],
    ['v4', 'v42.1', true],
    ['v4.2.1', 'v4.2.2', true],
    ['10.2.0', 'v9.0.0', true],
    ['tag=v4.2.1', 'v4.2.2', true],
    ['pin@v4.2.1', 'v4.2.2', true],
    ['pin @ v4.2.1', 'v4.2.2', true],
    ['pin @v4.2.1', 'v4.2.2', true],
    ['ratchet:acme/action@v4.2.1', 'v4.2.2', true],
    // No version is claimed.
    [undefined, 'v4.2.2', false],
    ['', 'v4.2.2', false],
    ['was v4.2.1 before', 'v4.2.2', false],
    ['2026-09-01', 'v4.2.2', false],
    ['42', 'v4.2.2', false],
    // Names that only come near.
    ['v4.2.1', 'v4.refs/tags/2.1', true],
    ['4.2-v1', '4.2-1', true],
    [`v1.${'1'.repeat(300)}`, `v1.${'1'.repeat(300)}`, true],
  ])('the comment %j with the tag %s misleads: %s', ([comment, tag, misleads]) => {
    expect(commented(comment, tag)).toBe(misleads)
  })
})

describe('run-outcome, at its edges', () => {
  const ask = (times: readonly string[], more: Partial<Subject> = {}) =>
    gist(
      askRule(
        'run-outcome',
        subjectOf({
          facts: sourceOf({ run: known(runOf({ jobs: [jobOf([stepOf('Publish', 'success')])] })) }),
          ...more,
          evidence: evidenceOf({
            accepted: [accepted(verified({}, undefined, { times }), { file: 'a.whl' })],
            ...more.evidence,
          }),
        }),
      ),
    )
  const saying = (registry: Subject['evidence']['registry']) => ({ evidence: { registry } as Subject['evidence'] })
  const DURING = '2026-09-01T00:00:00Z'
  const LATER = '2026-09-02T00:00:00Z'

  it('counts the first time that was signed', () => {
    expect(ask([DURING, LATER])).toStrictEqual([])
    expect(ask([LATER])).toStrictEqual(['RUN_FAILED context invalid'])
  })

  it('asks the registry where nothing was signed with a time', () => {
    expect(ask([], saying(SILENT))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask([], saying(vouched()))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask([], saying(vouched({ publishedAt: DURING })))).toStrictEqual([])
    const files = (name: string) =>
      saying({
        kind: 'vouched',
        basis: 'index',
        record: recordOf({ publishedAt: LATER, files: [{ name, digests: {}, publishedAt: DURING }] }),
      })
    expect(ask([], files('a.whl'))).toStrictEqual([])
    expect(ask([], files('b.whl'))).toStrictEqual(['RUN_FAILED context invalid'])
  })
})

describe('no-downgrade, at its edges', () => {
  const ask = (more: Partial<Subject>, setting = {}) => gist(askRule('no-downgrade', subjectOf(more), setting))
  const listed = (version: string, publishedAt?: string): VersionFact => ({
    version,
    claimsAttestations: true,
    publishedAt,
  })
  const history = (...versions: VersionFact[]): Partial<Subject> => ({
    change: 'changed',
    facts: factsOf({ history: known(versions) }),
  })
  const NOTHING = evidenceOf({ registry: { kind: 'not-applicable' } })

  it('is no matter of registries: their silence has a rule of its own', () => {
    expect(ask({ lock: lockOf({ best: 'registered' }), evidence: NOTHING })).toStrictEqual([])
  })

  it('looks at other lines only where this one never had anything', () => {
    const dependency = dependencyOf('pkg:pypi/app@1.2.3')
    const publish = attested({}, { predicateType: 'https://docs.pypi.org/attestations/publish/v1' })
    const evidence = evidenceOf({ accepted: [publish] })
    const otherLines = [lockOf({ line: '2' })]
    expect(ask({ dependency, evidence, otherLines })).toStrictEqual(['ATTESTATION_LOST unusual'])
    expect(ask({ dependency, evidence, otherLines, lock: lockOf({ best: 'signed' }) })).toStrictEqual([])
  })

  it('lowers what the lock recorded of this very version', () => {
    const unusual = [{ version: '1.2.3', code: 'ATTESTATION_LOST' }]
    expect(ask({ lock: lockOf({ unusual } as never) })).toStrictEqual(['ATTESTATION_LOST context lost'])
  })

  it.for<[string, Partial<Subject>, object, readonly string[]]>([
    ['a lower number', history(listed('1.2.2')), {}, ['ATTESTATION_LOST lost']],
    ['its own number', history(listed('1.2.3')), {}, []],
    ['a higher number', history(listed('1.2.4')), {}, []],
    [
      'a higher number from before',
      history(listed('1.2.4', '2026-01-01'), { ...listed('1.2.3', '2026-01-02'), claimsAttestations: false }),
      {},
      ['ATTESTATION_LOST lost'],
    ],
    [
      'a higher number of the same moment',
      history(listed('1.2.4', '2026-01-02'), { ...listed('1.2.3', '2026-01-02'), claimsAttestations: false }),
      {},
      [],
    ],
    [
      'one from before the day that counts',
      history(listed('1.2.2', '2025-12-31')),
      { ignoreOlderThan: '2026-01-01' },
      [],
    ],
    [
      'one of the day that counts',
      history(listed('1.2.2', '2026-01-01')),
      { ignoreOlderThan: '2026-01-01' },
      ['ATTESTATION_LOST lost'],
    ],
    [
      'nothing, where it has no version',
      { ...history(listed('1.2.2')), dependency: { ...dependencyOf('pkg:npm/%40acme/app'), version: undefined } },
      {},
      [],
    ],
  ])('compares with %s', ([, more, setting, said]) => {
    expect(ask(more, setting)).toStrictEqual(said)
  })
})

describe('new-entry-points, at its edges', () => {
  const ask = (facts: Partial<DependencyFacts>, more: Partial<Subject> = {}) =>
    gist(askRule('new-entry-points', subjectOf({ change: 'changed', facts: factsOf(facts), ...more })))
  const hooks = (path: string) =>
    ask({ archive: known(archiveOf([path])), previousArchive: known(archiveOf([])) }).length > 0

  it.for<[string, boolean]>([
    ['binding.gyp', true],
    ['x/binding.gyp', false],
    ['xbinding.gyp', false],
    ['binding.gypi', false],
    ['x.pth', true],
    ['pkg-1.0.data/purelib/x.pth', true],
    ['pkg-1.0.data/platlib/x.pth', true],
    ['pkg-1.0.data/scripts/x.pth', false],
    ['pkg/weights.pth', false],
    ['x.pth.txt', false],
    ['sitecustomize.py', true],
    ['usercustomize.py', true],
    ['pkg-1.0.data/purelib/sitecustomize.py', true],
    ['pkg/sitecustomize.py', false],
    ['mysitecustomize.py', false],
    ['sitecustomize.pyi', false],
    ['build.rs', true],
    ['src/build.rs', false],
    ['build.rsx', false],
    ['extconf.rb', true],
    ['ext/x/extconf.rb', true],
    ['myextconf.rb', false],
    ['extconf.rbx', false],
  ])('%s runs when it is installed: %s', ([path, runs]) => {
    expect(hooks(path)).toBe(runs)
  })

  it('asks for no version before where nothing runs', () => {
    expect(ask({ archive: known(archiveOf(['a.js'])), previousArchive: unknown() })).toStrictEqual([])
    expect(ask({ archive: known(archiveOf(['build.rs'])), previousArchive: unknown() })).toStrictEqual([
      'CONTEXT_UNKNOWN unknown',
    ])
  })

  it('says nothing for a registry that did not answer', () => {
    expect(ask({}, { change: 'added', evidence: evidenceOf({ registry: SILENT }) })).toStrictEqual([])
    expect(ask({}, { change: 'added', evidence: evidenceOf({ registry: vouched() }) })).toStrictEqual([])
  })
})

describe('reviewed-source, at its edges', () => {
  it('is content with a review that the policy asks for', () => {
    const request = { number: 5, merged: true, author: 'alice', approvers: ['bob'] }
    const facts = sourceOf({ review: known({ pullRequests: [request] }) })
    const setting = { requireFor: ['pkg:npm/@acme/*'] }
    expect(gist(askRule('reviewed-source', signedSubject([attested()], { facts }), setting))).toStrictEqual([])
    expect(gist(askRule('reviewed-source', subjectOf(), setting))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(gist(askRule('reviewed-source', subjectOf()))).toStrictEqual([])
  })
})
