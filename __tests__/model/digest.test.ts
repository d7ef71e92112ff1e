import { describe, expect, it } from 'vitest'
import { digestsMatch, isCommit, isFileDigestAlgorithm, parseDigest, parseDigestValue } from '../../src/model/digest.ts'

const MALFORMED = expect.objectContaining({ code: 'DIGEST_MALFORMED' })
const LENGTHS: readonly (readonly [string, number])[] = [
  ...([
    ['md5', 32],
    ['sha1', 40],
    ['sha224', 56],
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ] as const),
  ...([
    ['sha512_224', 56],
    ['sha512_256', 64],
    ['sha3_224', 56],
    ['sha3_256', 64],
    ['sha3_384', 96],
  ] as const),
  ...([
    ['sha3_512', 128],
    ['blake2b', 128],
    ['blake3', 64],
    ['dirHash', 64],
    ['gitCommit', 40],
  ] as const),
  ...([
    ['gitCommit', 64],
    ['gitTree', 40],
    ['gitTree', 64],
    ['gitBlob', 40],
    ['gitBlob', 64],
  ] as const),
  ...([
    ['gitTag', 40],
    ['gitTag', 64],
  ] as const),
]

describe('parseDigestValue', () => {
  it.each(LENGTHS)('reads %s of %i digits, and no digit more or less', (algorithm, length) => {
    expect(parseDigestValue(algorithm, 'A'.repeat(length))).toBe('a'.repeat(length))
    for (const other of [length - 1, length + 1]) {
      expect(() => parseDigestValue(algorithm, 'a'.repeat(other))).toThrow(MALFORMED)
    }
  })

  it.each([
    ['no text', 1],
    ['nothing', undefined],
    ['an empty text', ''],
    ['another letter', `g${'0'.repeat(63)}`],
    ['another letter at its end', `${'0'.repeat(63)}g`],
    ['a newline at its end', `${'0'.repeat(63)}\n`],
    ['a blank before it', ` ${'0'.repeat(63)}`],
  ])('refuses %s', (_what, value) => {
    expect(() => parseDigestValue('sha256', value)).toThrow(MALFORMED)
  })

  it('says what is wrong with which digest', () => {
    expect(() => parseDigestValue('gitCommit', 'abc')).toThrow('the "gitCommit" digest has 3 digits, not 40 or 64')
    expect(() => parseDigestValue('sha256', 'xyz')).toThrow('is not hexadecimal')
    expect(() => parseDigestValue('x'.repeat(41), 1)).toThrow(`the "${'x'.repeat(40)}" digest is not a string`)
  })

  it('keeps the value of a name that is no hash as it is, where it is a text', () => {
    expect(parseDigestValue('svnRevision', 'R42')).toBe('R42')
    expect(() => parseDigestValue('svnRevision', 42)).toThrow(MALFORMED)
  })
})

describe('parseDigest', () => {
  it.each([
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ])('reads %s:<%i digits>', (algorithm, length) => {
    expect(parseDigest(`${algorithm}:${'B'.repeat(length)}`)).toStrictEqual({ algorithm, hex: 'b'.repeat(length) })
  })

  it.each([
    ...['', 'sha256', ':', 'sha256:', `:${'0'.repeat(64)}`, '0'.repeat(64), `sha256${'0'.repeat(64)}`],
    ...[`sha1:${'0'.repeat(40)}`, `md5:${'0'.repeat(32)}`, `gitCommit:${'0'.repeat(40)}`, `SHA256:${'0'.repeat(64)}`],
    ...[`sha256:sha256:${'0'.repeat(64)}`, `sha256: ${'0'.repeat(64)}`, `sha256x`, `sha512:${'0'.repeat(64)}`],
  ])('does not read %j', (text) => {
    expect(() => parseDigest(text)).toThrow(MALFORMED)
  })

  it('does not take a name without a colon for a digest', () => {
    expect(() => parseDigest('sha256x')).toThrow('not a digest: "sha256x"')
  })

  it('shows the beginning of what it could not read, and what to write', () => {
    expect(() => parseDigest('x'.repeat(101))).toThrow(
      expect.objectContaining({
        message: `not a digest: "${'x'.repeat(100)}"`,
        hint: expect.stringContaining('sha256:<64 hex digits>'),
      }),
    )
  })
})

describe('isCommit', () => {
  it.each(['a'.repeat(40), '0123456789abcdef'.repeat(4)])('takes %s', (text) => {
    expect(isCommit(text)).toBe(true)
  })

  it.each([
    ...[undefined, '', 'main', 'a'.repeat(39), 'a'.repeat(41), 'a'.repeat(63), 'a'.repeat(65), 'A'.repeat(40)],
    ...['g'.repeat(40), `${'a'.repeat(40)}\n`, `x${'a'.repeat(40)}`, `${'a'.repeat(40)}x`, `x${'a'.repeat(64)}`],
  ])('does not take %j', (text) => {
    expect(isCommit(text)).toBe(false)
  })
})

it('identifies a file by the strong algorithms only', () => {
  const names = ['sha256', 'sha384', 'sha512', 'sha1', 'md5', 'gitCommit', 'SHA256', '']
  expect(names.filter(isFileDigestAlgorithm)).toStrictEqual(['sha256', 'sha384', 'sha512'])
})

describe('digestsMatch', () => {
  it.each([
    ['one strong digest that agrees', { sha256: 'a' }, { sha256: 'a' }, true],
    ['another case', { sha512: 'AB' }, { sha512: 'ab' }, true],
    ['another case on the other side', { sha384: 'ab' }, { sha384: 'AB' }, true],
    ['a weak one that differs beside it', { sha256: 'a', sha1: 'x' }, { sha256: 'a', sha1: 'y' }, true],
    ['one that only one side has beside it', { sha256: 'a', sha512: 'x' }, { sha256: 'a' }, true],
    ['one that only the other side has beside it', { sha512: 'x' }, { sha256: 'a', sha512: 'x' }, true],
    ['all that agree', { sha256: 'a', sha512: 'x' }, { sha256: 'a', sha512: 'x' }, true],
    ['one of two that lies', { sha256: 'a', sha512: 'x' }, { sha256: 'a', sha512: 'y' }, false],
    ['one that differs', { sha256: 'a' }, { sha256: 'b' }, false],
    ['nothing in common', { sha256: 'a' }, { sha512: 'a' }, false],
    ['weak ones only', { sha1: 'a', md5: 'a', gitCommit: 'a' }, { sha1: 'a', md5: 'a', gitCommit: 'a' }, false],
    ['none on one side', {}, { sha256: 'a' }, false],
    ['none on the other side', { sha256: 'a' }, {}, false],
    ['none', {}, {}, false],
  ])('of %s', (_what, left, right, expected) => {
    expect(digestsMatch(left, right)).toBe(expected)
  })

  it('compares by other algorithms where it is told to', () => {
    expect(digestsMatch({ gitCommit: 'a' }, { gitCommit: 'A' }, ['gitCommit'])).toBe(true)
    expect(digestsMatch({ sha256: 'a', gitCommit: 'a' }, { sha256: 'a', gitCommit: 'b' }, ['gitCommit'])).toBe(false)
  })
})
