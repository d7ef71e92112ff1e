import { describe, expect, it } from 'vitest'
import { comparePythonVersions, normalizePythonVersion, parsePythonVersion } from '../../src/model/pep440.ts'

describe('normalizePythonVersion', () => {
  it.each([
    ['1.0.0', '1'],
    ['1', '1'],
    ['v1.10', '1.10'],
    ['0', '0'],
    ['00.0', '0'],
    ['1.0-alpha.1', '1a1'],
    ['1.0.PREVIEW2', '1rc2'],
    ['1.0c', '1rc0'],
    ['1.0-1', '1.post1'],
    ['1.0.rev3', '1.post3'],
    ['1.0post', '1.post0'],
    ['1.0.dev', '1.dev0'],
    ['2!1.0', '2!1'],
    ['1.0+Ubuntu_01', '1+ubuntu.1'],
    ['1.0a1.post2.dev3', '1a1.post2.dev3'],
    [' 1.0 ', '1'],
    ['1.0-RC.1', '1rc1'],
    ['v1.2.post', '1.2.post0'],
    ['1!01.20', '1!1.20'],
    ['1.0.dev20261126120000999999', '1.dev20261126120000999999'],
    ['1.0.dev4+Ubuntu_1', '1.dev4+ubuntu.1'],
    ['not a version', 'not a version'],
    ['2004D', '2004d'],
    ['', ''],
  ])('%s is %s', (text, expected) => {
    expect(normalizePythonVersion(text)).toBe(expected)
  })
})

describe('parsePythonVersion', () => {
  it.each(['', 'abc', '1..0', '1.0-foo', '2004d', '1.0 .0', '9'.repeat(201)])('does not read %j', (text) => {
    expect(parsePythonVersion(text)).toBeUndefined()
  })
})

describe('comparePythonVersions', () => {
  const ORDER = [
    ...[
      '1.dev0',
      '1a1.dev2',
      '1a1',
      '1a2',
      '1rc1',
      '1',
      '1+local',
      '1+local.2',
      '1+3',
      '1.post1.dev1',
      '1.post1',
      '1.1',
    ],
    ...['1.2.dev20261126120000999998', '1.2.dev20261126120000999999', '2', '1!0'],
  ]

  it.each(ORDER.slice(1).map((later, index) => [ORDER[index] ?? '', later]))('puts %s before %s', (left, right) => {
    const [a, b] = [parsePythonVersion(left), parsePythonVersion(right)]
    if (a === undefined || b === undefined) throw new Error('one of them is no version')
    expect([comparePythonVersions(a, b), comparePythonVersions(b, a), comparePythonVersions(a, a)]).toStrictEqual([
      -1, 1, 0,
    ])
  })
})
