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
