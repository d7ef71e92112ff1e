import { describe, expect, it } from 'vitest'
import {
  type ArchiveFact,
  type DependencyFacts,
  type Fact,
  NOT_ASKED,
  type TreeFact,
} from '../../../src/model/facts.ts'
import { findDrift } from '../../../src/policy/archive-drift.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  archiveOf,
  askRule,
  dependencyOf,
  gist,
  known,
  messageOf,
  sourceOf,
  subjectOf,
  treeOf,
  unknown,
} from '../../support/subjects.ts'

interface Four {
  readonly archive: Fact<ArchiveFact>
  readonly tree: Fact<TreeFact>
  readonly previousArchive: Fact<ArchiveFact>
  readonly previousTree: Fact<TreeFact>
}
/** A package with sources in git and a built `dist/`, the same in two versions. */
const SOURCES = ['package.json', 'README.md', 'src/index.ts', 'm4/acme.m4']
const BUILT = [...SOURCES, 'dist/index.js', 'dist/index.d.ts', 'm4/libtool.m4']
const ORDERLY: Four = {
  archive: known(archiveOf(BUILT)),
  tree: known(treeOf(SOURCES)),
  previousArchive: known(archiveOf(BUILT)),
  previousTree: known(treeOf(SOURCES)),
}
const ask = (more: Partial<Four> = {}) => {
  const { archive, tree, previousArchive, previousTree } = { ...ORDERLY, ...more }
  const facts = { ...sourceOf({ tree }), archive, previousArchive, previousTree }
  const previous = dependencyOf('pkg:npm/%40acme/app@1.2.2')
  return gist(askRule('source-matches-archive', subjectOf({ change: 'changed', previous, facts })))
}
const DRIFT = ['ARCHIVE_DRIFT invalid']
const BASELINE = ['ARCHIVE_DRIFT note']

describe('source-matches-archive (R12)', () => {
  it('notes the drift that was always there, and is quiet where there is none', () => {
    expect(ask()).toStrictEqual(BASELINE)
    expect(ask({ archive: known(archiveOf(SOURCES)) })).toStrictEqual([])
  })

  it.each([
    ['a file at the root (router_init.js)', [...BUILT, 'router_init.js']],
    ['a file beside sources (libtool files were built, acme.m4 is in git)', [...BUILT, 'm4/build-to-host.m4']],
    ['another kind of file in the built folder', [...BUILT, 'dist/start.sh']],
    ['a file that is in git with another size', [...BUILT.slice(1), ['package.json', 101] as const]],
  ])('T-PP-13: fires for %s', (_, files) => {
    expect(ask({ archive: known(archiveOf(files)) })).toStrictEqual(DRIFT)
  })

  it('takes one more file of a kind that is always built for no news, and a manifest that is always rewritten', () => {
    expect(ask({ archive: known(archiveOf([...BUILT, 'dist/chunk-4f3a.js'])) })).toStrictEqual(BASELINE)
    const rewritten = (bytes: number) => known(archiveOf([['package.json', bytes]]))
    expect(ask({ archive: rewritten(120), previousArchive: rewritten(110) })).toStrictEqual(BASELINE)
  })

  it('compares paths without their version', () => {
    const wheel = (version: string) => known(archiveOf([`acme-${version}.dist-info/RECORD`, 'README.md']))
    expect(ask({ archive: wheel('1.2.3'), previousArchive: wheel('1.2.2') })).toStrictEqual(BASELINE)
    expect(ask({ archive: wheel('9.9.9'), previousArchive: wheel('1.2.2') })).toStrictEqual(DRIFT)
  })

  it('fires for a version without commit and tag, where the one before had them', () => {
    const missing = known(treeOf([], { missing: true }))
    expect(ask({ tree: missing })).toStrictEqual(['SOURCE_MISSING invalid'])
    expect(ask({ tree: missing, archive: NOT_ASKED })).toStrictEqual(['SOURCE_MISSING invalid'])
    expect(ask({ tree: missing, previousTree: missing })).toStrictEqual(['SOURCE_MISSING note'])
    expect(ask({ tree: missing, previousTree: NOT_ASKED })).toStrictEqual(['SOURCE_MISSING unusual'])
  })

  it('has nothing to compare with in a first version', () => {
    expect(ask({ previousArchive: NOT_ASKED, previousTree: NOT_ASKED })).toStrictEqual(BASELINE)
  })

  it.each(['archive', 'tree', 'previousArchive', 'previousTree'] as const)('does not know without the %s', (name) => {
    expect(ask({ [name]: unknown() })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask({ [name]: unknown('NOT_ASKED_BUDGET') })).toStrictEqual(['NOT_ASKED_BUDGET unknown'])
  })

  it('is silent only where nobody asked', () => {
    expect(ask({ tree: NOT_ASKED })).toStrictEqual([])
    expect(ask({ archive: NOT_ASKED })).toStrictEqual([])
  })

  it.each(['archive', 'tree', 'previousArchive', 'previousTree'] as const)(
    'does not judge by a cut list: %s',
    (name) => {
      const archive = archiveOf([...BUILT, 'evil.js'])
      const facts = { ...ORDERLY, archive: known(archive) }
      const cut = facts[name]
      if (cut.kind === 'unknown') throw new Error('known above')
      expect(ask({ ...facts, [name]: known({ ...cut.value, truncated: true }) })).toStrictEqual([
        'CONTEXT_UNKNOWN unknown',
      ])
    },
  )

  it('does not call a cut archive without drift a match', () => {
    expect(ask({ archive: known(archiveOf(SOURCES, { truncated: true })) })).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
  })

  it('says which files are new and which were altered, and on whose word the source is', () => {
    const said = (files: Parameters<typeof archiveOf>[0], tree: Partial<TreeFact> = {}) => {
      const facts = {
        ...sourceOf({ tree: known(treeOf(SOURCES, tree)) }),
        ...ORDERLY,
        archive: known(archiveOf(files)),
      }
      const previous = dependencyOf('pkg:npm/%40acme/app@1.2.2')
      const [objection] = askRule('source-matches-archive', subjectOf({ change: 'changed', previous, facts }))
      return objection?.message.split('did not hold: ')[1]
    }
    const altered = [...BUILT.slice(1), ['package.json', 101] as const]
    expect(said([...BUILT, 'evil.js'])).toBe('"evil.js" (not in the source)')
    expect(said(altered)).toBe('"package.json" (of another size)')
    expect(said([...altered, 'evil.js'])).toBe('"evil.js" (not in the source); "package.json" (of another size)')
    expect(said([...BUILT, 'evil.js'], { claimedBy: 'acme/app' })).toBe(
      '"evil.js" (not in the source); the source is "acme/app" by the registry\'s unsigned metadata alone',
    )
  })
})

describe('drift', () => {
  it('is looked for below the folder that most files come from', () => {
    const tree = treeOf(['package.json', 'packages/a/package.json', 'packages/a/src/x.ts', 'packages/b/router_init.js'])
    expect(findDrift(archiveOf(['package.json', 'src/x.ts']), tree)).toStrictEqual([])
    // The file of another package of the repository is no source of this one.
    expect(findDrift(archiveOf(['package.json', 'src/x.ts', 'router_init.js']), tree)).toStrictEqual([
      { path: 'router_init.js', kind: 'added' },
    ])
  })

  it('compares a large archive with a large tree in time', () => {
    const paths = Array.from({ length: 20_000 }, (_, n) => `src/${n % 200}/index-${n % 50}.js`)
    const many = Array.from({ length: 50_000 }, (_, n) => `packages/p${n % 1000}/src/${n % 200}/index-${n % 50}.js`)
    const [archive, tree] = [archiveOf(paths), treeOf(many)]
    const start = process.cpuUsage()
    findDrift(archive, tree)
    // Time of this process, not of the clock: other work on the machine does not count.
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(4)
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

describe('source-matches-archive names the files', () => {
  const about = (
    archive: ArchiveFact,
    tree: TreeFact,
    more: Partial<Subject['facts']> = {},
    rest: Partial<Subject> = {},
  ) =>
    messageOf(
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
