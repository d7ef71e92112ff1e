import fc from 'fast-check'
import { PackageURL } from 'packageurl-js'
import { describe, expect, it } from 'vitest'
import { formatPackageUrl, normalizePythonName, parsePackageUrl, samePackage } from '../../src/model/purl.ts'

const same = (left: string, right: string): boolean => samePackage(parsePackageUrl(left), parsePackageUrl(right))

describe('a package URL', () => {
  it.each([
    [{ type: 'npm', namespace: '@acme', name: 'app', version: '1.0.0' }, 'pkg:npm/%40acme/app@1.0.0'],
    [{ type: 'npm', name: 'JSONStream', version: '1.3.5' }, 'pkg:npm/JSONStream@1.3.5'],
    [{ type: 'pypi', name: 'Zope.Interface', version: '1.0' }, 'pkg:pypi/zope-interface@1.0'],
    [
      { type: 'github', namespace: 'Acme', name: 'Tools', version: 'v1', subpath: 'a/b c' },
      'pkg:github/acme/tools@v1#a/b%20c',
    ],
    [
      { type: 'golang', namespace: 'github.com/Acme', name: 'x', version: 'v1.0.0+incompatible' },
      'pkg:golang/github.com/Acme/x@v1.0.0+incompatible',
    ],
    [
      {
        type: 'oci',
        name: 'node',
        version: 'sha256:00',
        qualifiers: { tag: '22', repository_url: 'docker.io/library/node', arch: undefined },
      },
      'pkg:oci/node@sha256:00?repository_url=docker.io%2Flibrary%2Fnode&tag=22',
    ],
    [{ type: 'npm', name: 'broken\ud800' }, 'pkg:npm/broken%EF%BF%BD'],
  ])('%j is written %s', (parts, text) => {
    expect(formatPackageUrl(parts)).toBe(text)
  })

  it('is the same package however its name is escaped or spelled, where its registry says so', () => {
    expect(same('pkg:npm/%40acme/app@1.0.0', 'pkg:npm/@acme/app@1.0.0')).toBe(true)
    expect(same('pkg:pypi/Zope.Interface@1.0', 'pkg:pypi/zope_interface@1.0')).toBe(true)
    expect(same('pkg:github/Acme/Tools@v1', 'pkg:github/acme/tools@v1')).toBe(true)
  })

  it('is another package with another case on npm, another version, or another type', () => {
    expect(same('pkg:npm/JSONStream@1.0.0', 'pkg:npm/jsonstream@1.0.0')).toBe(false)
    expect(same('pkg:npm/a@1.0.0', 'pkg:npm/a@1.0.1')).toBe(false)
    expect(same('pkg:npm/a@1.0.0', 'pkg:pypi/a@1.0.0')).toBe(false)
    expect(same('pkg:github/acme/tools@v1', 'pkg:github/acme/tools@V1')).toBe(false)
    expect(samePackage(undefined, undefined)).toBe(false)
  })

  it('comes back from text as what went in, for us and for another reader', () => {
    const part = fc
      .string({ minLength: 1, maxLength: 12, unit: fc.constantFrom(...'abcXYZ019._-~+@ %?#&=:ü') })
      .filter((text) => /[a-z0-9]/i.test(text))
    fc.assert(
      fc.property(part, part, (name, version) => {
        const text = formatPackageUrl({ type: 'npm', name, version })
        expect(parsePackageUrl(text)).toMatchObject({ type: 'npm', name, version })
        expect(PackageURL.parseString(text)[3]).toBe(version)
      }),
      { seed: 5 },
    )
  })
})

it('PEP 503 folds case and runs of separators', () => {
  expect(normalizePythonName('Foo__Bar.-baz')).toBe('foo-bar-baz')
})

describe('parsePackageUrl', () => {
  it.each(
    [
      ['pkg:NPM/%40Acme/App@1.0.0?a=b#c', { type: 'npm', namespace: '@Acme', name: 'App', version: '1.0.0' }],
      ['pkg://npm/app', { type: 'npm', namespace: '', name: 'app', version: '' }],
      ['pkg:npm/@acme/app', { type: 'npm', namespace: '@acme', name: 'app', version: '' }],
      ['pkg:golang/a//b/c/@v1', { type: 'golang', namespace: 'a/b', name: 'c', version: 'v1' }],
      ['pkg:npm/app@1%2B2', { type: 'npm', namespace: '', name: 'app', version: '1+2' }],
    ].map(([text, parts]) => ({ text: String(text), parts })),
  )('reads $text', ({ text, parts }) => {
    expect(parsePackageUrl(text)).toStrictEqual(parts)
  })

  it.each([
    '',
    'npm/app',
    'xpkg:npm/app',
    'pkg:npm',
    'pkg:npm/',
    'pkg:npm//',
    'pkg:npm/%zz',
    'pkg:npm/a@%zz',
    'pkg:1/a',
  ])('does not read %j', (text) => {
    expect(parsePackageUrl(text)).toBeUndefined()
  })
})

it.each([
  ['bitbucket', true],
  ['oci', true],
  ['docker', true],
  ['npm', false],
])('on %s the case of a name does not count: %s', (type, expected) => {
  expect(same(`pkg:${type}/Acme/App@1`, `pkg:${type}/acme/app@1`)).toBe(expected)
})

it('is the same package with neither another namespace nor nothing', () => {
  expect(same('pkg:npm/@acme/app@1', 'pkg:npm/@evil/app@1')).toBe(false)
  expect(same('pkg:npm/app@1', 'app')).toBe(false)
  expect(same('app', 'pkg:npm/app@1')).toBe(false)
})

it('leaves out empty qualifiers and sorts the others', () => {
  const qualifiers = { c: '3', a: '1', empty: '', b: '2' }
  expect(formatPackageUrl({ type: 'generic', name: 'x', qualifiers })).toBe('pkg:generic/x?a=1&b=2&c=3')
})
