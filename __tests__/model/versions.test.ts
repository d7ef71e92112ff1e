import { describe, expect, it } from 'vitest'
import { compareVersions, inRange, isRange, releaseLine } from '../../src/model/versions.ts'

const UNORDERED = ['github', 'oci', 'docker', 'huggingface', 'generic', 'bitbucket']

describe('compareVersions', () => {
  it.each([
    ['npm', '1.9.0', '1.10.0'],
    ['npm', '1.0.0-rc.1', '1.0.0'],
    ['npm', 'v1.0.0', '1.0.1'],
    ['npm', '1.0.0-1', '1.0.0-v1'],
    ['npm', '1.0.0-0', '1.0.0-v'],
    ['golang', 'v1.2.3', 'v1.2.4'],
    ['pypi', '1.0rc1', '1.0'],
    ['pypi', '1.0', '1.0.post1'],
    ['pypi', '9', '1!0'],
    ['maven', '1.2.3.4', '1.2.3.10'],
    ['maven', '1.2', '1.2.0.1'],
    ['gem', 'v1', '2.0'],
    ['gem', '1.0', '1.0.0.1'],
    ['maven', '1.999999999', '2.0'],
    ['maven', `1${'.0'.repeat(20)}`, '1.0.1.1'],
  ])('in %s puts %s before %s', (ecosystem, earlier, later) => {
    expect(compareVersions(ecosystem, earlier, later)).toBe(-1)
    expect(compareVersions(ecosystem, later, earlier)).toBe(1)
    expect(compareVersions(ecosystem, later, later)).toBe(0)
  })

  it.each([
    ['npm', '1.0.0+one', '1.0.0+two'],
    ['golang', 'v1.0.0', '1.0.0'],
    ['pypi', '1', 'v1.0.0'],
    ['maven', '1.2', 'v1.2.0.0'],
    ['gem', '01.2', '1.02'],
  ])('in %s takes %s and %s for one version', (ecosystem, left, right) => {
    expect(compareVersions(ecosystem, left, right)).toBe(0)
    expect(compareVersions(ecosystem, right, left)).toBe(0)
  })

  it.each([
    ...UNORDERED.map((ecosystem) => [ecosystem, '1.0.0', '2.0.0']),
    ['pypi', '1.0', '2004d'],
    ['npm', 'next', '1.0.0'],
    ['maven', '1.0.Final', '1.0'],
    ['maven', '1.0', '1.0.Final'],
    ['maven', 'x1.0', '1.0'],
    ['maven', 'vv1.0', '1.0'],
    ['maven', '1..0', '1.0'],
    ['maven', '1.0.', '1.0'],
    ['maven', '', '1.0'],
    // Longer numbers would not be exact.
    ['maven', '1.9999999999', '2.0'],
    ['maven', '1111111111', '2.0'],
    ['maven', `1${'.0'.repeat(21)}`, '1.0.1.1'],
  ])('in %s has no order for %s and %s', (ecosystem, left, right) => {
    expect(compareVersions(ecosystem, left, right)).toBeUndefined()
    expect(compareVersions(ecosystem, right, left)).toBeUndefined()
  })
})

describe('releaseLine', () => {
  it.each<[ecosystem: string, version: string | undefined, line: string]>([
    ['npm', '1.14.1', '1'],
    ['npm', '1.0.0-rc.1', '1'],
    ['npm', '0.3.9', '0.3'],
    ['npm', '0.0.9', '0.0'],
    ['npm', '1234567890.1.0', '1234567890'],
    ['golang', 'v12.3.4', '12'],
    ['golang', 'v0.12.0', '0.12'],
    ['pypi', '2.31', '2'],
    ['pypi', '0.4.1', '0.4'],
    ['pypi', '0', '0.0'],
    ['pypi', '1!2.5', '1!2'],
    ['pypi', '2!0.5rc1', '2!0.5'],
    ['pypi', '2004d', '*'],
    ['maven', '33.0-jre', '33'],
    ['maven', 'v5', '5'],
    ['maven', '0.9.Final', '0.9'],
    ['maven', '0.12.3.4', '0.12'],
    ['maven', '0-beta', '0.0'],
    ['maven', '123456789.1', '123456789'],
    ['maven', '0.123456789.0.1', '0.123456789'],
    // A number cut short would be another line.
    ['maven', '1234567890.1', '*'],
    ['maven', 'x5', '*'],
    ['maven', 'vv5', '*'],
    ['maven', 'final', '*'],
    ['npm', '', '*'],
    ['npm', undefined, '*'],
    ['pypi', undefined, '*'],
    ...UNORDERED.map((ecosystem): [string, string, string] => [ecosystem, '1.0.0', '*']),
  ])('in %s of %s is %s', (ecosystem, version, line) => {
    expect(releaseLine(ecosystem, version)).toBe(line)
  })
})

describe('isRange', () => {
  it.each(['^1.2', '>=1 <2', '1.x', '*', '', '>=2,<3', '==1.*', '~=1.4', '===1.0'])('reads %j', (range) => {
    expect(isRange(range)).toBe(true)
  })

  it.each(['next', '>=next', '1.0 and later', 'https://example.com'])('does not read %j', (range) => {
    expect(isRange(range)).toBe(false)
  })

  it('reads 256 characters and no more', () => {
    const range = (length: number) => `>=1,${' '.repeat(length - 6)}<2`
    expect([isRange(range(256)), isRange(range(257))]).toStrictEqual([true, false])
  })
})

describe('inRange', () => {
  it.each<[string, string, string, boolean, boolean | undefined]>([
    ['npm', '1.2.3', '^1.0', false, true],
    ['npm', '2.0.0', '^1.0', false, false],
    ['golang', 'v1.2.3', '>=1 <2', false, true],
    ['npm', '2.1.0-beta', '>=2', true, true],
    ['npm', '2.1.0-beta', '>=2', false, false],
    ['npm', '1.2', '^1.0', true, undefined],
    ['npm', '1.2.3', '!=1.0', true, undefined],
    ['npm', '1.2.3', 'next', true, undefined],
    ['pypi', '1.2.3', '>=1,<2', false, true],
    ['pypi', '2.1b1', '>=2', false, true],
    ['pypi', '2', '>=1,<2', true, false],
    ['pypi', '2004d', '>=1', true, undefined],
    ['pypi', '1.2.3', '^1.0', true, undefined],
    ...UNORDERED.map((ecosystem): [string, string, string, boolean, undefined] => [
      ...([ecosystem, '1.0.0', '*', true, undefined] as const),
    ]),
  ])('in %s %s in %j (pre-releases: %s) is %s', (ecosystem, version, range, preReleases, expected) => {
    expect(inRange(ecosystem, version, range, preReleases)).toBe(expected)
  })
})
