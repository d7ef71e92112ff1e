import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../../src/model/dependency.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  askPipeline,
  askRule,
  attested,
  dependencyOf,
  evidenceOf,
  gist,
  messageOf,
  noticed,
  sourceError,
  subjectOf,
  vouched,
} from '../../support/subjects.ts'

const ask = (subject: Subject) => gist(askRule('closed-world-dependencies', subject))
const of = (more: Partial<Dependency>) => dependencyOf('pkg:npm/%40acme/app@1.2.3', more)
const OLD_AND_ATTESTED = evidenceOf({
  accepted: [attested()],
  registry: vouched({ publishedAt: '2026-09-01T00:00:00Z' }),
})
const changed = (dependency: Dependency, previous: Dependency) =>
  subjectOf({ change: 'changed', dependency, previous, evidence: OLD_AND_ATTESTED })

describe('closed-world-dependencies (R9)', () => {
  it.each(['git', 'url', 'file'] as const)('fires for what is new from %s', (source) => {
    const dependency = of({ source, location: 'github:antvis/G2#7cb42f57' })
    expect(ask(subjectOf({ change: 'added', dependency }))).toStrictEqual(['SOURCE_NOT_REGISTRY'])
    expect(ask(changed(dependency, of({})))).toStrictEqual(['SOURCE_NOT_REGISTRY'])
    expect(ask(subjectOf({ change: 'first-sight', dependency }))).toStrictEqual(['SOURCE_NOT_REGISTRY context'])
  })

  it('is quiet about what was there before, and about what is no package', () => {
    const git = of({ source: 'git' })
    expect(ask(subjectOf({ change: 'unchanged', dependency: git }))).toStrictEqual([])
    expect(ask(subjectOf({ change: 'known', dependency: git }))).toStrictEqual([])
    expect(ask(changed(git, git))).toStrictEqual([])
    expect(ask(subjectOf({ change: 'added', dependency: of({ source: 'workspace' }) }))).toStrictEqual([])
    expect(ask(subjectOf({ change: 'added', dependency: of({ source: 'git', kind: 'action' }) }))).toStrictEqual([])
    expect(ask(changed(of({}), of({})))).toStrictEqual([])
  })

  it('fires where the same name comes from another index', () => {
    const mirror = of({ registry: 'https://npm.example' })
    expect(ask(changed(of({}), mirror))).toStrictEqual(['INDEX_CHANGED'])
    expect(ask(changed(mirror, of({})))).toStrictEqual(['INDEX_CHANGED'])
    expect(ask(changed(mirror, mirror))).toStrictEqual([])
    const added = subjectOf({ change: 'added', dependency: mirror, evidence: OLD_AND_ATTESTED })
    expect(ask(added)).toStrictEqual(['INDEX_CHANGED unusual'])
  })

  it.each([
    ['@tanstack/setup', 'github:tanstack/router#79ac49eedf774dd4b0cfa308722bc463cfe5885c'],
    ['a', 'git+https://github.com/a/b.git'],
    ['a', 'https://evil.example/a.tgz'],
    ['a', 'owner/name#commit'],
    ['a', 'file:../a'],
    ['a', 'git@github.com:a/b.git'],
  ])('fires where a changed version pulls %s in from %s', (name, range) => {
    const registry = vouched({ publishedAt: '2026-09-01T00:00:00Z', dependencies: { lodash: '^4', [name]: range } })
    const evidence = evidenceOf({ accepted: [attested()], registry })
    expect(ask(subjectOf({ change: 'changed', previous: of({}), evidence }))).toStrictEqual(['SOURCE_NOT_REGISTRY'])
    expect(ask(subjectOf({ change: 'known', evidence }))).toStrictEqual([])
  })

  it.each(['^1.2.3', '*', 'latest', '>=1 <2', 'npm:@scope/other@1', '1.x || 2.x', 'workspace:*', '@scope/x'])(
    'takes the range %s for one of a registry',
    (range) => {
      const registry = vouched({ publishedAt: '2026-09-01T00:00:00Z', dependencies: { a: range } })
      const evidence = evidenceOf({ accepted: [attested()], registry })
      expect(ask(subjectOf({ change: 'changed', previous: of({}), evidence }))).toStrictEqual([])
    },
  )

  it('T-PP-13: fires for a newcomer that is unattested or young', () => {
    const at = (accepted: boolean, publishedAt: string, change: Subject['change'] = 'added') => {
      const all = accepted ? [attested({}, { at: publishedAt })] : []
      return ask(subjectOf({ change, evidence: evidenceOf({ accepted: all, registry: vouched({ publishedAt }) }) }))
    }
    expect(at(true, '2026-09-01T00:00:00Z')).toStrictEqual([])
    expect(at(false, '2026-09-01T00:00:00Z')).toStrictEqual(['NEW_UNATTESTED'])
    expect(at(true, '2026-10-01T00:00:00Z')).toStrictEqual(['NEW_UNATTESTED'])
    expect(at(false, '2026-10-01T00:00:00Z')).toStrictEqual(['NEW_UNATTESTED'])
    expect(at(false, '2026-10-01T00:00:00Z', 'changed')).toStrictEqual([])
    expect(at(false, '2026-10-01T00:00:00Z', 'first-sight')).toStrictEqual([])
  })

  it('does not call a newcomer unattested whose evidence could not be asked for', () => {
    const registry = vouched({ publishedAt: '2026-09-01T00:00:00Z' })
    const evidence = evidenceOf({ silent: [], unavailable: [sourceError()], registry })
    expect(ask(subjectOf({ change: 'added', evidence }))).toStrictEqual(['SOURCE_UNREACHABLE unknown'])
  })

  it('T-PP-11: says of a newcomer that its name may not be the one that is meant', () => {
    const [objection] = askRule('closed-world-dependencies', subjectOf({ change: 'added' }))
    expect(objection).toMatchObject({ code: 'NEW_UNATTESTED', hint: expect.stringContaining('name') })
  })

  it('passes on a URL that delivers another package, and a further index', () => {
    const discovery = noticed('RESOLVED_MISMATCH', 'EXTRA_INDEX', 'UNLOCKED_INSTALL')
    expect(gist(askPipeline('closed-world-dependencies', discovery))).toStrictEqual([
      'RESOLVED_MISMATCH',
      'EXTRA_INDEX',
    ])
    expect(askPipeline('closed-world-dependencies', discovery)[0]).toMatchObject({
      file: '.github/workflows/ci.yml',
      line: 1,
    })
  })

  it('reads owner/name as a repository for npm only, which is the one that does', () => {
    const registry = vouched({ publishedAt: '2026-09-01T00:00:00Z', dependencies: { a: 'owner/name' } })
    const evidence = evidenceOf({ accepted: [attested()], registry })
    const dependency = dependencyOf('pkg:gem/app@1.2.3')
    expect(ask(subjectOf({ change: 'changed', dependency, previous: dependency, evidence }))).toStrictEqual([])
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
      {
        change: 'added',
        evidence: evidenceOf({ accepted: [attested()], registry: { kind: 'unavailable', error: sourceError() } }),
      },
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
    const message = messageOf(RULE, subjectOf(more))
    expect(message.endsWith(text), message).toBe(true)
  })
})
