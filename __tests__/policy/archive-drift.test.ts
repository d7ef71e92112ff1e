import { describe, expect, it } from 'vitest'
import type { ArchiveFact, TreeFact } from '../../src/model/facts.ts'
import { type Drift, findDrift, newDrift } from '../../src/policy/archive-drift.ts'

type Sizes = Readonly<Record<string, number>>
const listed = (sizes: Sizes) => Object.entries(sizes).map(([path, bytes]) => ({ path, bytes }))
const archiveOf = (sizes: Sizes): ArchiveFact => ({ files: listed(sizes), entryPoints: [], truncated: false })
const treeOf = (sizes: Sizes): TreeFact => ({ paths: listed(sizes), truncated: false })

describe('an archive beside its source', () => {
  it.for<[string, Sizes, Sizes, readonly Drift[]]>([
    ['is the same files', { 'a.js': 1, 'lib/b.js': 2 }, { 'a.js': 1, 'lib/b.js': 2, 'test/c.js': 3 }, []],
    ['has a file more', { 'a.js': 1, 'evil.js': 2 }, { 'a.js': 1 }, [{ path: 'evil.js', kind: 'added' }]],
    [
      'has a file of another size',
      { 'a.js': 1, 'b.js': 3 },
      { 'a.js': 1, 'b.js': 2 },
      [{ path: 'b.js', kind: 'altered' }],
    ],
    ['is a folder of the source', { 'a.js': 1, 'lib/b.js': 2 }, { 'packages/x/a.js': 1, 'packages/x/lib/b.js': 2 }, []],
    [
      'is a folder, with the licence of the root',
      { 'a.js': 1, 'b.js': 2, LICENSE: 9 },
      { 'pkg/a.js': 1, 'pkg/b.js': 2, LICENSE: 9 },
      [],
    ],
    [
      'is the folder that has most of it, though another has the one file with the right size',
      { 'a.js': 1, 'b.js': 2, 'c.js': 3 },
      { 'x/a.js': 7, 'yy/a.js': 1, 'yy/b.js': 2, 'other/c.js': 3 },
      [{ path: 'c.js', kind: 'added' }],
    ],
    [
      'is the root, though a folder holds an old copy of a file',
      { 'a.js': 1, 'b.js': 2 },
      { 'old/a.js': 7, 'a.js': 1, 'b.js': 2 },
      [],
    ],
    [
      'is the folder with the shorter name, where two have as much of it',
      { 'a.js': 1 },
      { 'examples/a.js': 7, 'src/a.js': 1, 'templates/a.js': 7 },
      [],
    ],
    [
      'is no folder whose name only ends like a part of it',
      { 'lib/a.js': 1 },
      { 'mylib/a.js': 1 },
      [{ path: 'lib/a.js', kind: 'added' }],
    ],
    [
      'is no folder of a namesake that lies elsewhere',
      { 'lib/a.js': 1, 'b.js': 2 },
      { 'x/y/a.js': 1, 'p/lib/a.js': 1, 'p/b.js': 2 },
      [],
    ],
    [
      'has nothing of the source',
      { 'a.js': 1, 'b.js': 2 },
      { 'README.md': 1 },
      [
        { path: 'a.js', kind: 'added' },
        { path: 'b.js', kind: 'added' },
      ],
    ],
  ])('%s', ([, archive, tree, drift]) => {
    expect(findDrift(archiveOf(archive), treeOf(tree))).toStrictEqual(drift)
  })

  const copies = (count: number, name: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}${at}/index.js`, 1]))

  it('is found by its rare names, however many files of one name an attacker puts before them', () => {
    const drift = findDrift(
      archiveOf({ ...copies(1_100, 'a'), 'rare.js': 5 }),
      treeOf({ ...copies(500, 't'), 'pkg/rare.js': 5, 'rare.js': 6, 'pkg/other.js': 1, 'other.js': 2 }),
    )
    expect(drift.filter(({ kind }) => kind === 'altered')).toStrictEqual([{ path: 'rare.js', kind: 'altered' }])
    const deep = findDrift(
      archiveOf({ ...copies(1_100, 'a'), 'rare.js': 5 }),
      treeOf({ ...copies(500, 't'), 'pkg/rare.js': 5 }),
    )
    expect(deep.map(({ path }) => path)).not.toContain('rare.js')
  })

  it.for<[number, number]>([
    [1_000, 0],
    [1_001, 1],
  ])('of %i files, each with 500 namesakes, is compared to the bound and no further', ([files, missed]) => {
    // A name that the tree does not have costs no comparison.
    const archive = archiveOf({ 'only-here.bin': 1, ...copies(files - 1, 'a'), 'z/index.js': 1 })
    const drift = findDrift(archive, treeOf({ ...copies(499, 't'), 'pkg/z/index.js': 1 }))
    expect(drift.length - files).toBe(missed)
  })
})

describe('drift that the version before did not have', () => {
  const added = (path: string): Drift => ({ path, kind: 'added' })
  const altered = (path: string): Drift => ({ path, kind: 'altered' })
  interface Version {
    readonly drift: readonly Drift[]
    readonly version?: string
    /** What lies in the archive and in the source. */
    readonly same?: readonly string[]
  }

  it.for<[string, Version, Version, readonly string[]]>([
    ['none, where it is the same', { drift: [added('PKG-INFO')] }, { drift: [added('PKG-INFO')] }, []],
    ['a new file', { drift: [] }, { drift: [added('evil.js')] }, ['evil.js']],
    [
      'none, where only the version in its path is another',
      { drift: [added('p-1.2.dist-info/RECORD')], version: '1.2' },
      { drift: [added('p-1.3.dist-info/RECORD')], version: '1.3' },
      [],
    ],
    [
      'a path without the version, where the one before had it',
      { drift: [added('p-1.2/RECORD')], version: '1.2' },
      { drift: [added('p-/RECORD')], version: '1.3' },
      ['p-/RECORD'],
    ],
    [
      'none, where no version is known now',
      { drift: [added('a/b.js')], version: '1.2' },
      { drift: [added('a/b.js')] },
      [],
    ],
    [
      'none, where the version is an empty text',
      { drift: [added('a/b.js')], version: '1.2', same: ['a/c.js'] },
      { drift: [added('a/b.js')], version: '' },
      [],
    ],
    [
      'none, where a path says undefined and no version is known',
      { drift: [added('undefined.js')], version: '1.2', same: ['c.js'] },
      { drift: [added('undefined.js')] },
      [],
    ],
    [
      'none, where every script of the folder was built',
      { drift: [added('dist/a.js')] },
      { drift: [added('dist/b.js')] },
      [],
    ],
    [
      'another kind of file in the built folder',
      { drift: [added('dist/a.js')] },
      { drift: [added('dist/b.node')] },
      ['dist/b.node'],
    ],
    ['the same kind in another folder', { drift: [added('dist/a.js')] }, { drift: [added('lib/b.js')] }, ['lib/b.js']],
    [
      'a file in a folder of which not all was built',
      { drift: [added('lib/a.js')], same: ['lib/b.js'] },
      { drift: [added('lib/c.js')] },
      ['lib/c.js'],
    ],
    [
      'a file in a folder of which not all was built, whichever is listed first',
      { drift: [added('lib/z.js')], same: ['lib/a.js', 'lib/b.js'] },
      { drift: [added('lib/c.js')] },
      ['lib/c.js'],
    ],
    [
      'a file in a folder where one was altered, since its source is there',
      { drift: [altered('lib/a.js')] },
      { drift: [added('lib/c.js')] },
      ['lib/c.js'],
    ],
    [
      'an altered file in a built folder: its source is there, and it says something else',
      { drift: [added('dist/a.js')] },
      { drift: [altered('dist/b.js')] },
      ['dist/b.js'],
    ],
    ['none, where the scripts of the root were built', { drift: [added('a.js')] }, { drift: [added('bundle.js')] }, []],
    [
      'none, where files without extension were added',
      { drift: [added('LICENSE')] },
      { drift: [added('AUTHORS')] },
      [],
    ],
    ['another file that begins with a dot', { drift: [added('.npmrc')] }, { drift: [added('.env')] }, ['.env']],
    [
      'a file without extension beside scripts',
      { drift: [added('dist/a.js')] },
      { drift: [added('dist/run')] },
      ['dist/run'],
    ],
  ])('%s', ([, before, now, fresh]) => {
    const files = [...(before.same ?? []), ...before.drift.map(({ path }) => path)].map((path) => ({ path, bytes: 1 }))
    const found = newDrift(
      { drift: now.drift, version: now.version },
      { archive: { files, entryPoints: [], truncated: false }, drift: before.drift, version: before.version },
    )
    expect(found.map(({ path }) => path)).toStrictEqual(fresh)
  })
})
