import { describe, expect, it } from 'vitest'
import { type ArchiveFact, type DependencyFacts, type Fact, NOT_ASKED } from '../../../src/model/facts.ts'
import type { Subject } from '../../../src/policy/rule.ts'
import {
  archiveOf,
  askRule,
  dependencyOf,
  evidenceOf,
  factsOf,
  gist,
  known,
  messageOf,
  sourceError,
  subjectOf,
  unknown,
  vouched,
} from '../../support/subjects.ts'

type Archive = ArchiveFact | Fact<ArchiveFact>
const fact = (archive: Archive): Fact<ArchiveFact> => ('kind' in archive ? archive : known(archive))
const ask = (now: Archive, before: Archive = archiveOf(['package.json']), more: Partial<Subject> = {}) =>
  gist(
    askRule(
      'new-entry-points',
      subjectOf({ change: 'changed', facts: factsOf({ archive: fact(now), previousArchive: fact(before) }), ...more }),
    ),
  )
const scripts = (all: Record<string, string>) => archiveOf(['package.json'], { scripts: all })
const NEW_SCRIPT = ['NEW_INSTALL_SCRIPT context changed']

describe('new-entry-points (R13)', () => {
  it('is quiet where nothing is new that runs on installation', () => {
    expect(ask(archiveOf(['package.json', 'index.js']))).toStrictEqual([])
    expect(ask(scripts({ postinstall: 'node a.js' }), scripts({ postinstall: 'node a.js' }))).toStrictEqual([])
    expect(ask(scripts({ test: 'vitest', prepack: 'tsc' }))).toStrictEqual([])
    expect(ask(NOT_ASKED, NOT_ASKED)).toStrictEqual([])
  })

  it.each(['preinstall', 'install', 'postinstall'])('T-PP-13: fires for a new %s', (name) => {
    expect(ask(scripts({ [name]: 'node setup.mjs' }))).toStrictEqual(NEW_SCRIPT)
    expect(ask(scripts({ test: 'x', [name]: 'node setup.mjs' }), scripts({ test: 'x' }))).toStrictEqual(NEW_SCRIPT)
  })

  it('counts prepare for git dependencies only: it does not run for an archive', () => {
    const dependency = dependencyOf('pkg:npm/%40acme/app@1.2.3', { source: 'git' })
    expect(ask(scripts({ prepare: 'node a.js' }))).toStrictEqual([])
    expect(ask(scripts({ prepare: 'node a.js' }), scripts({}), { dependency })).toStrictEqual(NEW_SCRIPT)
  })

  it.each([
    'binding.gyp',
    'acme-setup.pth',
    'acme-1.2.3.data/purelib/acme.pth',
    'sitecustomize.py',
    'build.rs',
    'ext/acme/extconf.rb',
  ])('T-PP-13: fires for a new %s, which needs no script', (path) => {
    expect(ask(archiveOf(['package.json', path]))).toStrictEqual(NEW_SCRIPT)
    expect(ask(archiveOf(['package.json', path]), archiveOf(['package.json', path]))).toStrictEqual([])
  })

  it('takes weights inside of a package for data, and a binding of another package for its own', () => {
    expect(ask(archiveOf(['acme/weights/model.pth', 'node_modules/a/binding.gyp', 'src/build.rs']))).toStrictEqual([])
  })

  it('fires for gypfile in the manifest', () => {
    expect(ask(archiveOf(['package.json'], { gypfile: true }))).toStrictEqual(NEW_SCRIPT)
    expect(ask(archiveOf(['package.json'], { gypfile: false }))).toStrictEqual([])
  })

  it('fires for a new program or plug-in', () => {
    expect(ask(archiveOf([], { entryPoints: ['acme'] }))).toStrictEqual(['NEW_ENTRY_POINT context changed'])
    expect(ask(archiveOf([], { entryPoints: ['acme'] }), archiveOf([], { entryPoints: ['acme'] }))).toStrictEqual([])
  })

  it('finds a script unusual that runs another command than before', () => {
    expect(ask(scripts({ install: 'node b.js' }), scripts({ install: 'node a.js' }))).toStrictEqual([
      'NEW_INSTALL_SCRIPT unusual',
    ])
  })

  it('shows what a dependency runs that is new itself, without a version to compare with', () => {
    const added = { change: 'added' } as const
    expect(ask(scripts({ postinstall: 'x' }), NOT_ASKED, added)).toStrictEqual(['NEW_INSTALL_SCRIPT unusual'])
    expect(ask(archiveOf([], { entryPoints: ['acme'] }), NOT_ASKED, added)).toStrictEqual([])
    const evidence = evidenceOf({ registry: vouched({ installScripts: ['postinstall'] }) })
    expect(ask(NOT_ASKED, NOT_ASKED, { ...added, evidence })).toStrictEqual(['NEW_INSTALL_SCRIPT unusual'])
    expect(ask(NOT_ASKED, NOT_ASKED, { evidence })).toStrictEqual([])
  })

  it('does not know what it could not read', () => {
    expect(ask(unknown())).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask(scripts({ postinstall: 'x' }), unknown())).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask(archiveOf(['a'], { truncated: true }))).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    // What the cut list before lacks may have been there; the manifest is whole.
    const cut = archiveOf(['a'], { truncated: true })
    expect(ask(archiveOf(['binding.gyp']), cut)).toStrictEqual(['CONTEXT_UNKNOWN unknown'])
    expect(ask(scripts({ postinstall: 'x' }), cut)).toStrictEqual(NEW_SCRIPT)
  })

  it.each([
    'preinstall',
    'install',
    'postinstall',
    'preprepare',
    'prepare',
    'postprepare',
    'prepublish',
    'prepack',
    'build',
  ])('fires for a new %s of a git dependency: npm runs it when it packs the clone', (name) => {
    const dependency = dependencyOf('pkg:npm/%40acme/app@1.2.3', { source: 'git' })
    expect(ask(scripts({ [name]: 'node a.js' }), scripts({}), { dependency })).toStrictEqual(NEW_SCRIPT)
  })

  it('takes no other hook of the version before for this one', () => {
    const before = archiveOf(['binding.gyp'])
    expect(ask(archiveOf(['binding.gyp'], { scripts: { postinstall: 'x' } }), before)).toStrictEqual(NEW_SCRIPT)
    // A program that is called like the script was there: the script was not.
    expect(ask(scripts({ install: 'x' }), archiveOf([], { entryPoints: ['install'] }))).toStrictEqual(NEW_SCRIPT)
  })

  it('knows what it has seen of a cut list, and what the manifest says', () => {
    const cut = { truncated: true }
    expect(ask(archiveOf(['binding.gyp'], cut))).toStrictEqual(NEW_SCRIPT)
    expect(ask(archiveOf([], { gypfile: true }), archiveOf(['a'], cut))).toStrictEqual(NEW_SCRIPT)
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
    expect(
      ask({}, { change: 'added', evidence: evidenceOf({ registry: { kind: 'unavailable', error: sourceError() } }) }),
    ).toStrictEqual([])
    expect(ask({}, { change: 'added', evidence: evidenceOf({ registry: vouched() }) })).toStrictEqual([])
  })
})

describe('new-entry-points names what runs', () => {
  const about = (now: ArchiveFact, before: ArchiveFact | undefined, more: Partial<Subject> = {}) =>
    messageOf(
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
    expect(messageOf('new-entry-points', subjectOf({ change: 'added', evidence }))).toContain(
      'is new here and has "preinstall": npm runs it',
    )
  })

  it('what is not known', () => {
    const facts = factsOf({ archive: known(scripts('x')), previousArchive: unknown() })
    expect(messageOf('new-entry-points', subjectOf({ facts }))).toMatch(
      /^what "@acme\/app@1\.2\.3" runs when it is installed before is not known/,
    )
  })
})
