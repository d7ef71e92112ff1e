import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Match } from '../../src/model/policy.ts'
import { compareVersions, inRange, releaseLine } from '../../src/model/versions.ts'
import { isScoped, type MatchUse, matches, matchesAnyPurl, matchesPurl } from '../../src/policy/match.ts'
import { dependencyOf } from './support.ts'

let reads = 0
/** Patterns are remembered; what was read of one before must not decide. Qualifiers and fragments count for nothing. */
const fresh = (match: Match): Match =>
  match.purl?.startsWith('pkg:') ? { ...match, purl: `${match.purl}#${reads++}` } : match

describe('a match', () => {
  it.for<[Match, string, boolean]>([
    [{}, 'pkg:npm/left-pad@1.3.0', true],
    [{ purl: 'pkg:npm/left-pad' }, 'pkg:npm/left-pad@1.3.0', true],
    [{ purl: 'pkg:npm/left-pad@1.3.0' }, 'pkg:npm/left-pad@1.3.0', true],
    [{ purl: 'pkg:npm/left-pad@1.3.0' }, 'pkg:npm/left-pad@1.3.1', false],
    [{ purl: 'pkg:npm/left-*' }, 'pkg:npm/left-pad@1.3.0', true],
    [{ purl: 'pkg:npm/left-pad' }, 'pkg:npm/left-pad-evil@1.3.0', false],
    [{ purl: 'pkg:npm/@acme/**' }, 'pkg:npm/%40acme/app@1.0.0', true],
    [{ purl: 'pkg:npm/%40acme/*' }, 'pkg:npm/%40acme/app@1.0.0', true],
    [{ purl: 'pkg:npm/@acme/app@1.0.0' }, 'pkg:npm/%40acme/app@1.0.0', true],
    [{ purl: 'pkg:npm/@acme/**' }, 'pkg:npm/%40acme-evil/app@1.0.0', false],
    [{ purl: 'pkg:npm/@acme/**' }, 'pkg:pypi/acme@1', false],
    [{ purl: 'pkg:npm/*' }, 'pkg:npm/%40acme/app@1.0.0', false],
    [{ purl: 'pkg:npm/a/b' }, 'pkg:npm/a%2Fb@1.0.0', false],
    [{ purl: 'pkg:npm/**' }, 'pkg:npm/%40acme/app@1.0.0', true],
    [{ purl: '**' }, 'pkg:npm/%40acme/app@1.0.0', true],
    [{ purl: 'pkg:pypi/Zope.Interface' }, 'pkg:pypi/zope-interface@5.0', true],
    [{ purl: 'pkg:github/Actions/*' }, 'pkg:github/actions/checkout@v4', true],
    [{ purl: 'pkg:npm/x' }, 'workspace:packages/x', false],
    [{ versions: '>=2' }, 'pkg:npm/x@2.0.0', true],
    [{ versions: '>=2' }, 'pkg:npm/x@1.9.9', false],
    [{ versions: '>=2,<3' }, 'pkg:pypi/x@2.5.post1', true],
    [{ versions: '>=2,<3' }, 'pkg:pypi/x@3.0', false],
    [{ versions: '==2.*' }, 'pkg:pypi/x@2.5', true],
    [{ kind: 'package' }, 'pkg:npm/x@1.0.0', true],
    [{ kind: 'model' }, 'pkg:npm/x@1.0.0', false],
    [{ scope: 'runtime' }, 'pkg:npm/x@1.0.0', true],
    [{ scope: 'development' }, 'pkg:npm/x@1.0.0', false],
    [{ name: 'left-*' }, 'pkg:npm/left-pad@1.3.0', true],
    [{ name: 'left-*' }, 'pkg:npm/right-pad@1.3.0', false],
    // All that an entry says has to hold.
    [{ purl: 'pkg:npm/*', kind: 'package', name: 'other' }, 'pkg:npm/left-pad@1.3.0', false],
    // What is no package URL names nothing, least of all everything.
    [{ purl: 'left-pad' }, 'pkg:npm/left-pad@1.3.0', false],
    [{ purl: '' }, 'pkg:npm/left-pad@1.3.0', false],
    [{ purl: 'workspace:packages/x' }, 'workspace:packages/x', false],
    [{ purl: '**' }, 'workspace:packages/x', false],
    [{ purl: 'evil-pkg:npm/left-pad' }, 'pkg:npm/left-pad@1.3.0', false],
    [{ purl: 'pkg:npm/left-pad' }, 'evil-pkg:npm/left-pad@1.3.0', false],
    [{ purl: 'pkg:**' }, 'pkg:npm/%40acme/app@1.0.0', true],
    [{ purl: 'pkg:*' }, 'pkg:npm/%40acme/app@1.0.0', false],
    [{ purl: 'pkg:**' }, 'workspace:packages/x', false],
    [{ purl: 'pkg:npm/x?vcs_url=y' }, 'pkg:npm/x@1.0.0', true],
    [{ purl: 'pkg:*/left-pad' }, 'pkg:npm/left-pad@1.3.0', true],
    [{ purl: 'pkg://npm/left-pad' }, 'pkg:npm/left-pad@1.3.0', true],
    [{ purl: 'pkg:npm//left-pad/' }, 'pkg:npm/left-pad@1.3.0', true],
    // The sign of a scope is none of a version, wherever the scope stands.
    [{ purl: 'pkg:npm/@acme' }, 'pkg:npm/%40acme@1.0.0', true],
    [{ purl: 'pkg:npm/a/@b' }, 'pkg:npm/a/%40b@1.0.0', true],
    [{ purl: 'pkg:npm/a/@b' }, 'pkg:npm/a@1.0.0', false],
    [{ purl: 'pkg:npm/x@1%2B2' }, 'pkg:npm/x@1+2', true],
    // What no escape can be is what it is.
    [{ purl: 'pkg:npm/100%' }, 'pkg:npm/100%@1.0.0', true],
    [{ purl: 'pkg:npm/200%' }, 'pkg:npm/100%@1.0.0', false],
    // Names are folded as their registry folds them, and no further.
    [{ purl: 'pkg:PyPI/Zope.Interface' }, 'pkg:pypi/zope-interface@5.0', true],
    [{ purl: 'pkg:npm/a.b' }, 'pkg:npm/a-b@1.0.0', false],
    [{ purl: 'pkg:npm/JSONStream' }, 'pkg:npm/jsonstream@1.0.0', false],
    [{ purl: 'pkg:bitbucket/Acme/App' }, 'pkg:bitbucket/acme/app@1', true],
    [{ purl: 'pkg:oci/Node' }, 'pkg:oci/node@1', true],
    [{ purl: 'pkg:docker/Library/Node' }, 'pkg:docker/library/node@1', true],
    [{ purl: 'pkg:gitlab/Acme/App' }, 'pkg:gitlab/acme/app@1', false],
  ])('%o against %s is %s', ([match, id, expected]) => {
    expect(matches(fresh(match), dependencyOf(id))).toBe(expected)
  })

  it.for<[string, MatchUse, boolean]>([
    ['a pre-release counts for what is demanded', 'tighten', true],
    ['a pre-release does not count for what is let pass', 'loosen', false],
  ])('%s', ([, use, expected]) => {
    expect(matches({ versions: '>=2' }, dependencyOf('pkg:npm/x@2.1.0-beta.1'), use)).toBe(expected)
    expect(matches({ versions: '>=2' }, dependencyOf('pkg:npm/x@weird'), use)).toBe(expected)
    expect(matches({ scope: 'runtime' }, { ...dependencyOf('pkg:npm/x@1.0.0'), scope: 'unspecified' }, use)).toBe(
      expected,
    )
    expect(
      matches({ purl: 'pkg:npm/x' }, dependencyOf('pkg:npm/x@1.0.0?vcs_url=git%2Bhttps://evil.example/x'), use),
    ).toBe(expected)
  })

  it('demands where it is not said what it is for', () => {
    expect(matches({ scope: 'runtime' }, dependencyOf('pkg:npm/x@1.0.0', { scope: 'unspecified' }))).toBe(true)
    expect(matches({ versions: '>=2' }, dependencyOf('pkg:npm/x@weird'))).toBe(true)
    expect(matchesPurl('pkg:npm/x', dependencyOf('pkg:npm/x@1.0.0?download_url=https://evil.example/x.tgz'))).toBe(true)
  })

  it('of what runs takes no other scope for it, and of another scope none that is not said', () => {
    const of = (scope: 'runtime' | 'development', actual: 'development' | 'unspecified') =>
      matches({ scope }, dependencyOf('pkg:npm/x@1.0.0', { scope: actual }), 'tighten')
    expect([of('runtime', 'development'), of('development', 'unspecified')]).toEqual([false, false])
  })

  it('of versions counts where there is none only to demand', () => {
    const bare = dependencyOf('pkg:npm/x')
    expect([matches({ versions: '>=2' }, bare, 'tighten'), matches({ versions: '>=2' }, bare, 'loosen')]).toEqual([
      true,
      false,
    ])
  })

  it('of several package URLs is one of any', () => {
    const dependency = dependencyOf('pkg:npm/x@1.0.0')
    expect(matchesAnyPurl(['pkg:npm/y', 'pkg:npm/x'], dependency)).toBe(true)
    expect(matchesAnyPurl(['pkg:npm/y'], dependency)).toBe(false)
    expect(matchesAnyPurl([], dependency)).toBe(false)
    expect(matchesAnyPurl(undefined, dependency)).toBe(false)
  })

  it.for<[Match, boolean]>([
    [{}, false],
    [{ purl: 'left-pad' }, false],
    [{ purl: 'pkg:npm/@acme' }, true],
    [{ purl: '**' }, false],
    [{ purl: 'pkg:npm/**' }, false],
    [{ purl: 'pkg:npm' }, false],
    [{ purl: 'pkg:npm/*/*' }, false],
    [{ purl: 'pkg:**/*' }, false],
    [{ purl: 'pkg:*/x' }, true],
    [{ purl: 'pkg:npm/*x' }, true],
    [{ purl: 'pkg:npm/*/x*' }, true],
    [{ kind: 'package', versions: '>=1' }, false],
    [{ name: '*' }, false],
    [{ name: 'left-*' }, true],
    [{ purl: 'pkg:npm/@acme/**' }, true],
    [{ purl: 'pkg:npm/left-pad' }, true],
  ])('names something: %o is %s', ([match, expected]) => {
    expect(isScoped(match)).toBe(expected)
  })

  it('does not hang on a long pattern over a long name (T-PP-10)', () => {
    const started = performance.now()
    const id = `pkg:npm/${'a'.repeat(4000)}b@1.0.0`
    expect(matches({ purl: `pkg:npm/${'*a'.repeat(200)}` }, dependencyOf(id))).toBe(false)
    expect(performance.now() - started).toBeLessThan(2000)
  })
})

describe('versions', () => {
  it('are ordered as PEP 440 says', () => {
    const ordered = [
      '1.dev0',
      '1a1',
      '1a2.dev3',
      '1a2',
      '1b1',
      '1rc1',
      '1',
      '1+local.2',
      '1+local.10',
      '1.post1.dev1',
      '1.post1',
      '1.0.1',
      '2',
      '1!0',
    ]
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect([a, b, Math.sign(compareVersions('pypi', a, b) ?? Number.NaN)]).toStrictEqual([a, b, Math.sign(i - j)])
      }
    }
  })

  it.for<[string, string, boolean | undefined]>([
    ['1.4', '~=1.2', true],
    ['2.0', '~=1.2', false],
    ['1.2.9', '~=1.2.3', true],
    ['1.3', '~=1.2.3', false],
    ['2rc1', '<2', false],
    ['1.9', '<2', true],
    ['1.0+cu1', '==1.0', true],
    ['1.0', '!=1.*', false],
    ['1.0.post1', '>1.0', false],
    ['1.0.1', '>1.0', true],
    ['1.0', '===1.0', true],
    ['nonsense', '>=1', undefined],
    ['1', '~=1', undefined],
    ['1', 'around 1', undefined],
  ])('%s in %s is %s', ([version, range, expected]) => {
    expect(inRange('pypi', version, range, true)).toBe(expected)
  })

  it.for([
    ['npm', '1.14.1', '1'],
    ['npm', '0.30.4', '0.30'],
    ['npm', '2.0.0-rc.1', '2'],
    ['npm', 'latest', '*'],
    ['pypi', '8.3.41', '8'],
    ['pypi', '0.1', '0.1'],
    ['pypi', '2024.1', '2024'],
    ['pypi', '1!3.0', '1!3'],
    ['go', 'v1.2.3', '1'],
    ['go', 'v0.0.0-20240101000000-abcdefabcdef', '0.0'],
    ['maven', '1.2.3.4-jre', '1'],
    ['rubygems', '7.1.3.2', '7'],
    ['github', 'v4.2.1', '*'],
    ['oci', '1.0', '*'],
  ] as const)('the line of %s %s is %s', ([ecosystem, version, line]) => {
    expect(releaseLine(ecosystem, version)).toBe(line)
  })

  it('are never compared by exception, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        for (const ecosystem of ['npm', 'pypi', 'maven', 'github']) {
          compareVersions(ecosystem, a, b)
          releaseLine(ecosystem, a)
          inRange(ecosystem, a, b, true)
        }
      }),
    )
  })
})
