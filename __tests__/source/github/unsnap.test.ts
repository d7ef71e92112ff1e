import * as fc from 'fast-check'
import { compress } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { unsnap } from '../../../src/source/github/unsnap.ts'

const code = (bytes: readonly number[], max = 1000) => {
  try {
    return unsnap(Uint8Array.from(bytes), max)
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('a snappy block', () => {
  it('gives back what was compressed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(40), (bytes, times) => {
        const long = Buffer.concat(Array.from({ length: times + 1 }, () => bytes))
        expect(Buffer.from(unsnap(compress(new Uint8Array(long)), 1_000_000)).equals(long)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it.each([
    ['declares more than may be read', [0xff, 0xff, 0xff, 0xff, 0x0f], 'LIMIT_EXCEEDED'],
    ['declares nothing', [], 'BUNDLE_MALFORMED'],
    ['declares more than 32 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 'BUNDLE_MALFORMED'],
    ['has a literal past its end', [3, 8, 1, 2], 'BUNDLE_MALFORMED'],
    [
      'has a literal of four billion bytes, which the library takes for a negative one',
      [5, 0xfc, 0xf0, 0xff, 0xff, 0xff, 1],
      'BUNDLE_MALFORMED',
    ],
    ['copies from before its beginning', [8, 0, 65, 0x01, 0x05], 'BUNDLE_MALFORMED'],
    ['copies from offset zero', [8, 0, 65, 0x01, 0x00], 'BUNDLE_MALFORMED'],
    ['ends within an element', [8, 0, 65, 0x02, 0x01], 'BUNDLE_MALFORMED'],
    ['is shorter than it declares', [9, 0, 65], 'BUNDLE_MALFORMED'],
    ['is longer than it declares', [1, 4, 65, 66], 'BUNDLE_MALFORMED'],
  ])('is refused when it %s', (_, bytes, expected) => {
    expect(code(bytes)).toBe(expected)
  })

  it('never hangs and never throws anything else, whatever it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const result = code([...bytes], 4096)
        expect(typeof result === 'string' ? result : 'bytes').toMatch(/^(bytes|BUNDLE_MALFORMED|LIMIT_EXCEEDED)$/)
      }),
    )
  })
})
