import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseIntegrity } from '../../src/model/integrity.ts'

const sri = (algorithm: string, text = 'x'): string =>
  `${algorithm}-${createHash(algorithm).update(text).digest('base64')}`
const hex = (algorithm: string, text = 'x'): string => createHash(algorithm).update(text).digest('hex')

describe('an integrity', () => {
  it('is hex by algorithm', () => {
    expect(parseIntegrity(`${sri('sha1')} ${sri('sha512')}?option`)).toStrictEqual({
      sha1: hex('sha1'),
      sha512: hex('sha512'),
    })
    expect(parseIntegrity(`${sri('sha512')}\t${sri('sha512')}`)).toStrictEqual({ sha512: hex('sha512') })
    expect(parseIntegrity(` \n${sri('sha1')}  `)).toStrictEqual({ sha1: hex('sha1') })
  })

  it.each([
    ['nothing', ''],
    ['an unknown algorithm', 'sha999-AAAA'],
    ['a value that is cut short', 'sha512-AAAA'],
    ['a value of another algorithm', sri('sha256').replace('sha256', 'sha512')],
    ['a value with junk in it', sri('sha512').replace('-', '-!!')],
    ['one good value and one that is not', `${sri('sha512')} sha512`],
    ['two values of one algorithm', `${sri('sha512')} ${sri('sha512', 'y')}`],
    ['hex in place of base64', `sha512-${hex('sha512')}`],
    ['blanks alone', ' \t\r\n'],
    ['a word before the algorithm', `x${sri('sha512')}`],
    ['an option with letters that none may have', `${sri('sha512')}?\u00e9`],
    ['another case', sri('sha512').replace('sha512', 'SHA512')],
  ])('of %s is refused', (_what, text) => {
    expect(() => parseIntegrity(text)).toThrow(expect.objectContaining({ code: 'DIGEST_MALFORMED' }))
  })

  it('that is long is repeated in part', () => {
    expect(() => parseIntegrity('x'.repeat(101))).toThrow(
      expect.objectContaining({ message: `"${'x'.repeat(100)}" is no integrity value` }),
    )
  })
})
