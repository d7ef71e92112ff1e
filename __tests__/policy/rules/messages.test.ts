import { describe, expect, it } from 'vitest'
import { type ArchiveFact, NOT_ASKED, type TreeFact } from '../../../src/model/facts.ts'
import type { RuleSetting } from '../../../src/model/policy.ts'
import type { RuleId } from '../../../src/model/rules.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  archiveOf,
  askRule,
  attested,
  dependencyOf,
  evidenceOf,
  factsOf,
  GOOD_SOURCE,
  jobOf,
  known,
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
  vouched,
} from '../../support/subjects.ts'

/** What people read when a rule objects. Held here are the names, numbers and places in it, which come from what was seen. */
const said = (id: RuleId, subject: Subject, setting: RuleSetting = {}) =>
  askRule(id, subject, setting).map(({ message }) => message)
const one = (id: RuleId, subject: Subject, setting: RuleSetting = {}) => {
  const all = said(id, subject, setting)
  expect(all).toHaveLength(1)
  return all[0] ?? ''
}

describe('ref-allow-list names what was not allowed', () => {
  const about = (claims: object, more: Partial<Subject> = {}, setting = {}) =>
    one('ref-allow-list', signedSubject([attested(claims)], more), setting)
  const main = sourceOf({ repository: GOOD_SOURCE.repository })

  it.for<[string, object, string]>([
    ['a trigger', { buildTrigger: 'pull_request' }, 'a run that "pull_request" triggered, not'],
    ['no trigger', { buildTrigger: undefined }, 'a run that names no trigger, not'],
    ['a runner', { runnerEnvironment: 'self-hosted' }, 'built on a runner that is "self-hosted", not'],
    ['no runner', { runnerEnvironment: undefined }, 'built on a runner of which the certificate says nothing, not'],
    ['a ref', { sourceRepositoryRef: 'refs/heads/x' }, 'from "refs/heads/x", which is no tag, not the default branch'],
    [
      'no ref',
      { sourceRepositoryRef: undefined },
      'from a ref that the certificate does not name, which is no tag, not the default branch',
    ],
    [
      'the tag of another version',
      { sourceRepositoryRef: 'refs/tags/v1.2.2' },
      'from "refs/tags/v1.2.2", which is not the tag of version "1.2.3"',
    ],
  ])('%s', ([, claims, text]) => {
    expect(about(claims, { facts: main })).toMatch(/^"@acme\/app@1\.2\.3" was /)
    expect(about(claims, { facts: main })).toContain(text)
    expect(about(claims, { facts: main })).not.toContain('none of')
  })

  it('the patterns that it is none of', () => {
    const text = about(
      { sourceRepositoryRef: 'refs/heads/x' },
      { facts: main },
      { refs: ['refs/heads/a', 'refs/heads/b*'] },
    )
    expect(text).toMatch(/not the default branch and none of "refs\/heads\/a", "refs\/heads\/b\*"$/)
  })
})

describe('source-matches-archive names the files', () => {
  const about = (
    archive: ArchiveFact,
    tree: TreeFact,
    more: Partial<Subject['facts']> = {},
    rest: Partial<Subject> = {},
  ) =>
    one(
      'source-matches-archive',
      subjectOf({ facts: { ...sourceOf({ tree: known(tree) }), archive: known(archive), ...more }, ...rest }),
    )

  it.for<[string, readonly string[], string]>([
    ['one', ['x.js'], 'holds 1 file other than its source does, and there is no version to compare with: "x.js"'],
    [
      'two',
      ['x.js', 'y.js'],
      'holds 2 files other than its source does, and there is no version to compare with: "x.js", "y.js"',
    ],
  ])('on first sight: %s', ([, more, text]) => {
    expect(about(archiveOf(['a.js', ...more]), treeOf(['a.js']))).toContain(text)
  })

  it('as before', () => {
    const before = { previousArchive: known(archiveOf(['a.js', 'x.js'])), previousTree: known(treeOf(['a.js'])) }
    // There may be no entry that it takes the place of.
    expect(about(archiveOf(['a.js', 'x.js']), treeOf(['a.js']), before)).toContain(
      '1 file other than its source does, as before: "x.js"',
    )
  })

  it('new ones, by what they are', () => {
    const before = { previousArchive: known(archiveOf(['a.js'])), previousTree: known(treeOf(['a.js'])) }
    expect(about(archiveOf([['a.js', 1], 'x.js']), treeOf(['a.js']), before)).toContain(
      'did not hold: "x.js" (not in the source); "a.js" (of another size)',
    )
  })

  const gone = (claimedBy?: string) => treeOf([], { missing: true, ...(claimedBy === undefined ? {} : { claimedBy }) })
  it.for<[string, TreeFact, Partial<Subject['facts']>, string]>([
    ['its repository', gone(), {}, 'has no commit and no tag in its repository'],
    [
      'what the registry calls its repository',
      gone('acme/app'),
      {},
      'no tag in "acme/app", which only the registry\'s unsigned metadata names as its repository',
    ],
    [
      'its repository, as before',
      gone(),
      { previousTree: known(gone()) },
      'has no commit and no tag in its repository',
    ],
    [
      'its repository, and the version before had one',
      gone(),
      { previousTree: known(treeOf(['a.js'])) },
      'no tag in its repository, and "1.2.2" had',
    ],
  ])('no source in %s', ([, tree, more, text]) => {
    const previous = dependencyOf('pkg:npm/%40acme/app@1.2.2')
    const message = about(archiveOf(['a.js']), tree, more, { previous })
    expect(message.endsWith(text), message).toBe(true)
  })

  it('no source, where nothing says which version was before', () => {
    expect(about(archiveOf([]), gone(), { previousTree: known(treeOf(['a.js'])) })).toContain(', and nothing had')
  })
})

describe('pinned-models names what can move or run', () => {
  const PIN = 'a'.repeat(40)
  const model = (version: string | undefined, more: object = {}) => ({
    ...dependencyOf(`pkg:huggingface/Author/Model${version === undefined ? '' : `@${version}`}`, {
      kind: 'model',
      digests: {},
      ...more,
    }),
  })
  const signed = evidenceOf({ accepted: [attested({}, { predicateType: 'https://model_signing/signature/v1.0' })] })

  it.for<[string, ReturnType<typeof model>, string]>([
    ['its revision', model('main', { location: 'hf://Author/Model' }), '"main" can be other bytes'],
    ['its location', model(undefined, { location: 'hf://Author/Model' }), '"hf://Author/Model" can be other bytes'],
    ['its name', model(undefined), '"Author/Model" can be other bytes'],
  ])('%s', ([, dependency, text]) => {
    expect(one('pinned-models', subjectOf({ dependency, evidence: signed }))).toContain(`is not pinned: ${text}`)
  })

  it.for<[string, readonly string[], boolean, RegExp]>([
    ['one file', ['x.py'], true, /holds "x\.py", which is code .* when loaded; signed by its owner$/],
    ['two files', ['x.py', 'y.bin'], false, /holds "x\.py", "y\.bin", which are code .* when loaded$/],
  ])('code: %s', ([, paths, isSigned, text]) => {
    const fact = known({ revision: PIN, files: paths.map((path) => ({ path })), signed: isSigned })
    const subject = subjectOf({
      dependency: model(PIN),
      facts: factsOf({ model: fact }),
      ...(isSigned ? { evidence: signed } : {}),
    })
    expect(said('pinned-models', subject).filter((message) => text.test(message))).toHaveLength(1)
  })
})

describe('closed-world-dependencies names where it comes from', () => {
  const previous = dependencyOf('pkg:npm/%40acme/app@1.2.2')
  const from = (source: 'git' | 'url' | 'registry', more: object = {}) =>
    dependencyOf('pkg:npm/%40acme/app@1.2.3', { source, ...more })
  const RULE = 'closed-world-dependencies'

  it.for<[string, Partial<Subject>, string]>([
    [
      'a new source',
      { change: 'added', dependency: from('git', { location: 'git://x' }) },
      'comes from a git repository ("git://x")',
    ],
    [
      'out of a registry',
      { change: 'changed', previous, dependency: from('git', { location: 'git://x' }) },
      'from a git repository ("git://x"), and came from a registry before',
    ],
    [
      'out of a URL',
      { change: 'changed', previous: from('url'), dependency: from('git', { location: 'git://x' }) },
      '("git://x"), and came from a URL before',
    ],
    [
      'another index',
      { change: 'changed', previous, dependency: from('registry', { registry: 'https://x' }) },
      'comes from the index "https://x", and came from the public registry before',
    ],
    [
      'the public registry',
      { change: 'changed', previous: from('registry', { registry: 'https://x' }), dependency: from('registry') },
      'comes from the public registry, and came from the index "https://x" before',
    ],
    [
      'what the manifest pulls in',
      {
        change: 'changed',
        previous,
        evidence: evidenceOf({
          registry: vouched({ dependencies: { left: 'github:x/y', right: '^1.0.0', up: 'http://x' } }),
        }),
      },
      'from no registry: "left: github:x/y", "up: http://x"',
    ],
    [
      'a newcomer, for both reasons',
      { change: 'added', evidence: evidenceOf({ registry: vouched({ publishedAt: '2026-09-30T00:00:00Z' }) }) },
      'is new here, and nothing about it is signed by its producer, and it was published only just now',
    ],
  ])('%s', ([, more, text]) => {
    const message = one(RULE, subjectOf(more))
    expect(message.endsWith(text), message).toBe(true)
  })
})

describe('pinned-actions names the reference', () => {
  it.for<[string, ReturnType<typeof usesOf>, string]>([
    ['an action', usesOf('v4'), '"acme/action@v4" is not pinned to a commit:'],
    [
      'an action without a location',
      { ...usesOf('v4'), location: undefined },
      '"acme/action" is not pinned to a commit:',
    ],
    [
      'an image',
      { ...usesOf('v4'), kind: 'image', location: 'docker://acme/image:1' },
      '"docker://acme/image:1" is not pinned to a digest:',
    ],
  ])('%s', ([, dependency, text]) => {
    const [objection] = askRule('pinned-actions', subjectOf({ dependency }))
    expect(objection?.message).toContain(text)
    expect(objection?.hint).toContain(dependency.kind === 'image' ? '@sha256:DIGEST' : '40 digits')
  })

  it.for<[readonly string[], string]>([
    [[], 'is called "v4.2.1" in its comment, and no tag is at this commit'],
    [['v3.0.0', 'refs/tags/v3'], 'is called "v4.2.1" in its comment, and "v3.0.0", "v3" is at this commit'],
  ])('the tags at the commit: %j', ([names, text]) => {
    const action = known({
      tags: names.map((name) => ({ name, immutable: false })),
      reachableFrom: 'main',
      repositoryId: '1',
      ownerId: '2',
    })
    const dependency = usesOf('a'.repeat(40), { comment: 'v4.2.1' })
    expect(one('pinned-actions', subjectOf({ dependency, facts: factsOf({ action }) }))).toContain(text)
  })
})

describe('run-outcome names the steps', () => {
  const about = (jobs: ReturnType<typeof jobOf>[]) =>
    one(
      'run-outcome',
      signedSubject([attested()], { facts: sourceOf({ run: known(runOf({ jobs, conclusion: 'failure' })) }) }),
    )
  const early = ['2026-08-31T20:00:00Z', '2026-08-31T20:01:00Z'] as const

  it('that were running, and at most three that were skipped', () => {
    const text = about([
      jobOf([
        stepOf('Test', 'failure'),
        stepOf('Lint', 'cancelled'),
        ...['a', 'b', 'c', 'd'].map((name) => stepOf(name, 'skipped', ...early)),
      ]),
    ])
    expect(text).toMatch(/running, but "Test" \("failure"\), "Lint" \("cancelled"\); skipped: "a", "b", "c"$/)
  })

  it('that were not running', () => {
    expect(about([jobOf([stepOf('Test', 'success', ...early)])])).toMatch(/running, but no step at all$/)
  })
})

describe('no-downgrade names what was lost, and where it was', () => {
  it.for<[string, Partial<Subject>, string]>([
    [
      'in the lock',
      { lock: lockOf() },
      'has the registry\'s own word and nothing signed by its producer, but the release line "1" in the trust lock (seen since "1.0.0") had build provenance',
    ],
    [
      'to nothing',
      { lock: lockOf({ best: 'signed' }), evidence: evidenceOf({ registry: { kind: 'not-applicable' } }) },
      'has no evidence, but the release line "1" in the trust lock (seen since "1.0.0") had a signature',
    ],
    [
      'in another line',
      { otherLines: [lockOf({ line: '2' })] },
      'has the registry\'s own word and nothing signed by its producer, and the release line "2" had build provenance',
    ],
    [
      'in the registry’s list',
      { change: 'changed', facts: factsOf({ history: known([{ version: '1.2.2', claimsAttestations: true }]) }) },
      'but "1.2.2", of the same release line by the registry\'s list, had a signature',
    ],
  ])('%s', ([, more, text]) => {
    const message = one('no-downgrade', subjectOf(more))
    expect(message.endsWith(text), message).toBe(true)
    expect(message).toMatch(/^"@acme\/app@1\.2\.3" has /)
  })
})

describe('new-entry-points names what runs', () => {
  const about = (now: ArchiveFact, before: ArchiveFact | undefined, more: Partial<Subject> = {}) =>
    one(
      'new-entry-points',
      subjectOf({
        change: 'changed',
        facts: factsOf({ archive: known(now), previousArchive: before === undefined ? NOT_ASKED : known(before) }),
        ...more,
      }),
    )
  const scripts = (postinstall: string) => archiveOf([], { scripts: { postinstall } })

  it.for<[string, ArchiveFact, ArchiveFact | undefined, string]>([
    [
      'a new file',
      archiveOf(['binding.gyp']),
      archiveOf([]),
      'has "binding.gyp", which the version before did not have: npm runs node-gyp',
    ],
    [
      'a new script',
      scripts('node a.js'),
      archiveOf([]),
      'has "postinstall", which the version before did not have: npm runs "node a.js"',
    ],
    [
      'another command',
      scripts('node b.js'),
      scripts('node a.js'),
      'runs another command in "postinstall" than the version before: "node b.js"',
    ],
    ['on first sight', scripts('node b.js'), undefined, 'is new here and has "postinstall": npm runs "node b.js"'],
    [
      'what was perhaps there',
      archiveOf(['build.rs', 'x.pth']),
      archiveOf([], { truncated: true }),
      '"build.rs", "x.pth" may be new, and the listing of the version before was cut',
    ],
  ])('%s', ([, now, before, text]) => {
    expect(about(now, before)).toContain(text)
  })

  it('what the registry says, where the archive is not known', () => {
    const evidence = evidenceOf({ registry: vouched({ installScripts: ['preinstall'] }) })
    expect(one('new-entry-points', subjectOf({ change: 'added', evidence }))).toContain(
      'is new here and has "preinstall": npm runs it',
    )
  })

  it('what is not known', () => {
    const facts = factsOf({ archive: known(scripts('x')), previousArchive: unknown() })
    expect(one('new-entry-points', subjectOf({ facts }))).toMatch(
      /^what "@acme\/app@1\.2\.3" runs when it is installed before is not known/,
    )
  })
})

describe('the other rules name what they saw', () => {
  const requests = (...all: readonly [number, string][]) =>
    signedSubject([attested()], {
      facts: sourceOf({
        review: known({
          pullRequests: all.map(([number, author]) => ({ number, author, merged: true, approvers: [] })),
        }),
      }),
    })
  const reach = (tags: readonly string[]) =>
    signedSubject([attested()], {
      facts: sourceOf({
        reachability: known({ reachableFrom: null, tags: tags.map((name) => ({ name, immutable: false })) }),
      }),
    })
  const COMMIT = 'b'.repeat(40)
  const registry = (more: Partial<Subject['evidence']>, rest: Partial<Subject> = {}) =>
    subjectOf({ evidence: evidenceOf(more), ...rest })

  it.for<[RuleId, Subject, RegExp]>([
    ['reviewed-source', requests(), /made from \(pushed without a pull request\)$/],
    ['reviewed-source', requests([5, 'alice'], [6, 'bob']), /made from \(merged with #5 by "alice", #6 by "bob"\)$/],
    ['reachable-commit', reach([]), new RegExp(`commit "${COMMIT}" is not on the default branch`)],
    ['reachable-commit', reach(['v1', 'v1.2.3']), /only under "v1", "v1\.2\.3", which can be moved$/],
    [
      'reachable-commit',
      signedSubject([attested()], { facts: sourceOf({ reachability: unknown() }) }),
      new RegExp(
        `^whether commit "${COMMIT}" of "https://github.com/acme/app" is on a branch that counts is not known`,
      ),
    ],
    [
      'reachable-commit',
      subjectOf({
        dependency: usesOf('v4', { digests: { gitCommit: COMMIT } }),
        facts: factsOf({ action: unknown() }),
      }),
      new RegExp(`^whether "${COMMIT}" is on a branch of "acme/action" is not known`),
    ],
    [
      'reachable-commit',
      subjectOf({ dependency: usesOf('v4'), facts: factsOf({ action: unknown() }) }),
      /^whether "v4" is on a branch/,
    ],
    [
      'cooldown',
      registry(
        { registry: { kind: 'unavailable', error: sourceError({ message: 'it said 502' }) } },
        { change: 'added' },
      ),
      /is is not known: "it said 502"$/,
    ],
    [
      'cooldown',
      registry({ registry: vouched() }, { change: 'added' }),
      /is is not known: no log and no registry gives a time$/,
    ],
    [
      'lock-matches-registry',
      registry({ registry: { kind: 'not-vouched', message: 'gone' } }),
      /^no registry vouches for "@acme\/app@1\.2\.3": "gone"$/,
    ],
    [
      'lock-matches-registry',
      registry({ registry: { kind: 'not-vouched', message: 'gone' } }, { lock: lockOf() }),
      /^no registry vouches for "@acme\/app@1\.2\.3", and one did before: "gone"$/,
    ],
  ])('%s', ([id, subject, text]) => {
    expect(one(id, subject)).toMatch(text)
  })

  it('and pass a source’s own hint on', () => {
    const hints = (hint?: string) =>
      askRule(
        'lock-matches-registry',
        registry({ registry: { kind: 'unavailable', error: sourceError(hint === undefined ? {} : { hint }) } }),
      ).map((objection) => objection.hint)
    expect(hints('Log in.')).toStrictEqual(['Log in.'])
    expect(hints()[0]).toContain('"evidence"')
  })

  it('and the registry whose bytes are others', () => {
    const mismatch = {
      kind: 'mismatch',
      code: 'REGISTRY_DIGEST_MISMATCH',
      message: 'other',
      record: recordOf(),
    } as const
    expect(one('lock-matches-registry', registry({ registry: mismatch }))).toContain(
      'than the registry "registry.npmjs.org" vouches for: "other"',
    )
  })
})
