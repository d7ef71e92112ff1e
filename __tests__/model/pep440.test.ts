import { describe, expect, it } from 'vitest'
import {
  comparePythonVersions,
  normalizePythonVersion,
  parsePythonSpecifiers,
  parsePythonVersion,
} from '../../src/model/pep440.ts'

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
    ['1.0dev3', '1.dev3'],
    ['2!1.0', '2!1'],
    ['1.0+Ubuntu_01', '1+ubuntu.1'],
    ['1.0a1.post2.dev3', '1a1.post2.dev3'],
    [' 1.0 ', '1'],
    ['1.0-RC.1', '1rc1'],
    ['v1.2.post', '1.2.post0'],
    ['1!01.20', '1!1.20'],
    ['1.0.dev20261126120000999999', '1.dev20261126120000999999'],
    ['1.0.dev4+Ubuntu_1', '1.dev4+ubuntu.1'],
    ['1.0beta2', '1b2'],
    ['1.0_b_3', '1b3'],
    ['1.0pre', '1rc0'],
    ['1.0-alpha', '1a0'],
    ['1.0a01', '1a1'],
    ['1.0-r4', '1.post4'],
    ['1.0-12', '1.post12'],
    ['1.0_post_13', '1.post13'],
    ['1.0_dev_14', '1.dev14'],
    ['1.0rc15-16.dev17', '1rc15.post16.dev17'],
    ['12!10.0.20.0', '12!10.0.20'],
    ['0!1', '1'],
    ['1+007.0a.b-c_d', '1+7.0a.b.c.d'],
    ['1+10x.x10', '1+10x.x10'],
    [' NOT a version ', 'not a version'],
    ['not a version', 'not a version'],
    ['2004D', '2004d'],
    ['', ''],
  ])('%s is %s', (text, expected) => {
    expect(normalizePythonVersion(text)).toBe(expected)
  })
})

describe('parsePythonVersion', () => {
  it.each([
    ...['', 'abc', '1..0', '1.0-foo', '2004d', '1.0 .0', '9'.repeat(201)],
    ...[
      'x1.0',
      '1.0\n2.0',
      '!1.0',
      '1!',
      'vv1',
      '1.0+',
      '1.0+a..b',
      '1.0+a+b',
      '1.0+!',
      '1.0-',
      '1.0--1',
      '1.0dev1post1',
    ],
  ])('does not read %j', (text) => {
    expect(parsePythonVersion(text)).toBeUndefined()
  })

  it('reads a version of 200 characters', () => {
    expect(parsePythonVersion('9'.repeat(200))?.release).toStrictEqual([BigInt('9'.repeat(200))])
  })

  it('takes every part apart', () => {
    expect(parsePythonVersion('v2!01.20.0RC3.post4.dev5+Six.007')).toStrictEqual({
      ...{ epoch: 2n, release: [1n, 20n, 0n], pre: ['rc', 3n], post: 4n, dev: 5n, local: 'six.7' },
    })
    expect(parsePythonVersion('1')).toStrictEqual({
      ...{ epoch: 0n, release: [1n], pre: undefined, post: undefined, dev: undefined, local: undefined },
    })
  })
})

describe('comparePythonVersions', () => {
  const ORDER = [
    ...[
      '1.dev0',
      '1.dev2',
      '1.dev10',
      '1a0.dev1',
      '1a0',
      '1a1.dev2',
      '1a1',
      '1a1.post0.dev1',
      '1a1.post0',
      '1a1.post1',
      '1a2',
      '1a10',
      '1b1',
      '1rc1',
      '1',
      '1+10x',
      '1+2x',
      '1+local',
      '1+local.a',
      '1+local.x10',
      '1+local.x2',
      '1+local.2',
      '1+local.10',
      '1+3',
      '1+3.0',
      '1+12',
      '1.post0',
      '1.post1.dev1',
      '1.post1',
      '1.0.1',
      '1.1',
    ],
    ...['1.2.dev20261126120000999998', '1.2.dev20261126120000999999', '1.10', '2', '1!0'],
  ]

  it.each(ORDER.slice(1).map((later, index) => [ORDER[index] ?? '', later]))('puts %s before %s', (left, right) => {
    const [a, b] = [parsePythonVersion(left), parsePythonVersion(right)]
    if (a === undefined || b === undefined) throw new Error('one of them is no version')
    expect([comparePythonVersions(a, b), comparePythonVersions(b, a), comparePythonVersions(a, a)]).toStrictEqual([
      -1, 1, 0,
    ])
  })
  it.each([
    ['1', '1.0.0'],
    ['1.0.0', 'v1'],
    ['1.0-1', '1.post1'],
    ['1+a_b', '1.0+A.b'],
    ['1+01', '1+1'],
    ['0!1c1', '1.0RC1'],
  ])('takes %s and %s for one version', (left, right) => {
    const [a, b] = [parsePythonVersion(left), parsePythonVersion(right)]
    if (a === undefined || b === undefined) throw new Error('one of them is no version')
    expect([comparePythonVersions(a, b), comparePythonVersions(b, a)]).toStrictEqual([0, 0])
  })
})

describe('parsePythonSpecifiers', () => {
  it.each<[specifiers: string, inside: readonly string[], outside: readonly string[]]>([
    ['==1.0', ['1', '1.0.0', '1.0+local'], ['1.0.1', '1.0.post1', '1.0rc1', '1.0.dev0', '1!1.0']],
    ['==1.0+local', ['1+local', '1.0+LOCAL'], ['1.0', '1.0+local.1']],
    ['==1.0.post1', ['1-1', '1.post1+x'], ['1.0', '1.0.post2']],
    ['!=1.0', ['1.0.1', '1.0.post1', '1.0rc1', '1!1'], ['1', '1.0+local']],
    ['==1.1.*', ['1.1', '1.1.9', '1.1.dev1', '1.1a1', '1.1.post1', '1.1+x'], ['1', '1.10', '1.2', '2.1.1', '1!1.1']],
    ['==1.0.*', ['1', '1.0.5'], ['1.1']],
    ['==2!1.*', ['2!1.5'], ['1.5', '2!2']],
    ['!=1.1.*', ['1.0', '1.10', '1!1.1'], ['1.1', '1.1a1', '1.1.5']],
    ['>=1.5', ['1.5', '1.5+x', '1.5.post1', '1.10', '2', '1!0'], ['1.5rc1', '1.5.dev1', '1.4.99']],
    ['<=1.5', ['1.5', '1.5+x', '1.5rc1', '1.4'], ['1.5.post1', '1.5.1', '1!0']],
    ['<2', ['1.9', '1.9rc1', '0'], ['2', '2.0rc1', '2.0.dev1', '2.0.0a1.post1', '2.0.1', '2+x']],
    ['<2rc2', ['2rc1', '2.dev1', '2rc2.dev1', '1'], ['2rc2', '2']],
    ['<2.dev5', ['2.dev4'], ['2.dev5', '2a1']],
    ['<1!2', ['1!1', '2', '2rc1'], ['1!2', '1!2rc1']],
    ['>1.7', ['1.7.1', '1.8', '1.7.1.post1', '1.8rc1', '1!0.post1'], ['1.7', '1.7.0.post1', '1.7+x', '1.7rc1']],
    ['>1.7.post1', ['1.7.post2', '1.7.1'], ['1.7.post1', '1.7', '1.7.post1+x']],
    ['>1.7rc1', ['1.7rc2', '1.7'], ['1.7rc1', '1.7.post1']],
    ['~=2.2', ['2.2', '2.3', '2.99.1', '2.2.post1'], ['2.1', '3', '2.2rc1', '1!2.2']],
    ['~=2.2.0', ['2.2', '2.2.9'], ['2.3', '2.1.9']],
    ['~=2.2.post3', ['2.2.post3', '2.3'], ['2.2', '2.2.post2', '3']],
    ['~=2.2rc1', ['2.2rc1', '2.2', '2.9'], ['2.2b1', '3.0']],
    ['~=1!2.2', ['1!2.5'], ['2.5', '1!3']],
    ['===1.0', ['1.0', ' 1.0 '], ['1', '1.0.0', '1.0+x', 'v1.0']],
    ['===1.0RC1', ['1.0rc1', '1.0RC1'], ['1.0-rc1']],
    ['===wild', [], ['1.0']],
    ['>=1, <2 ,!=1.5', ['1', '1.4', '1.5.1'], ['0.9', '1.5', '2']],
    ['>=  1', ['1'], ['0.9']],
    [' >=1 ', ['1'], ['0.9']],
  ])('of %j', (specifiers, inside, outside) => {
    const matches = parsePythonSpecifiers(specifiers)
    if (matches === undefined) throw new Error('no specifiers')
    expect(inside.filter((version) => matches(version) !== true)).toStrictEqual([])
    expect(outside.filter((version) => matches(version) !== false)).toStrictEqual([])
    expect(matches('2004d')).toBeUndefined()
  })

  it.each([
    ...[
      '',
      ',',
      '>=1,',
      ',>=1',
      '1.0',
      '=1',
      '>=',
      '=> 1',
      '==x',
      '>=1 <2',
      '>=1;<2',
      'x>=1',
      '^1',
      '>=2004d',
      '===',
      '>=1\n2',
    ],
    // A local version, a pre-release or a post-release has no prefix, and one number has no line to be compatible with.
    ...['==1+x.*', '!=1+x.*', '==1a1.*', '==1.post1.*', '==1.dev1.*', '==x.*', '==.*', '~=1', '~=1!2', '~=1rc1'],
    ...['>=1.*', '<=1.*', '>1.*', '<1.*', '~=1.1.*'],
  ])('does not read %j', (text) => {
    expect(parsePythonSpecifiers(text)).toBeUndefined()
  })

  it('reads 512 characters and no more', () => {
    const text = (length: number) => `>=1${' '.repeat(length - 6)},<2`
    expect(parsePythonSpecifiers(text(512))?.('1.5')).toBe(true)
    expect(parsePythonSpecifiers(text(513))).toBeUndefined()
  })
})
