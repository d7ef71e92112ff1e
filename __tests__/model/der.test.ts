import { describe, expect, it } from 'vitest'
import { decodeText, readDer, readDerChildren, readDerExact, readDerUtf8String } from '../../src/model/der.ts'
import { errorOf } from './bundle-parts.ts'

const CONTEXT = { code: 'EXTENSION_MALFORMED', what: 'the claim' } as const
const filled = (head: number[], length: number) => Uint8Array.from([...head, ...new Array<number>(length).fill(0x61)])

describe('a DER value', () => {
  it.for<[string, number[], number]>([
    ['nothing in it', [0x0c, 0], 0],
    ['127 bytes, the most that one byte can say', [0x0c, 0x7f], 127],
    ['128 bytes, the least that needs a second one', [0x0c, 0x81, 0x80], 128],
    ['255 bytes', [0x0c, 0x81, 0xff], 255],
    ['256 bytes', [0x0c, 0x82, 1, 0], 256],
    ['65536 bytes', [0x0c, 0x83, 1, 0, 0], 65_536],
    ['16777216 bytes', [0x0c, 0x84, 1, 0, 0, 0], 16_777_216],
  ])('may hold %s', ([, head, length]) => {
    const bytes = new Uint8Array(head.length + length)
    bytes.set(head)
    const { tag, content, end } = readDer(bytes, 0, CONTEXT)
    expect([tag, content.length, end]).toEqual([0x0c, length, head.length + length])
  })

  it('is read from where it starts to where it ends', () => {
    const bytes = Uint8Array.of(0, 0, 0x0c, 2, 0x61, 0x62, 9)
    expect(readDer(bytes, 2, CONTEXT)).toEqual({ tag: 0x0c, content: Uint8Array.of(0x61, 0x62), end: 6 })
    // What stands before it says nothing about its length.
    const long = Uint8Array.from([1, 0, ...filled([0x0c, 0x81, 0x80], 128)])
    expect(readDer(long, 2, CONTEXT).content).toHaveLength(128)
  })

  it.for<[string, Uint8Array, string]>([
    ['no byte', Uint8Array.of(), 'ends early'],
    ['a tag alone', Uint8Array.of(0x0c), 'ends early'],
    ['one byte less than it says', Uint8Array.of(0x0c, 2, 0x61), 'ends early'],
    ['a long length and no content', Uint8Array.of(0x0c, 0x81, 0x80), 'ends early'],
    ['one byte less than a long length says', filled([0x0c, 0x81, 0x80], 127), 'ends early'],
    ['a tag of several bytes', Uint8Array.of(0x1f, 0), 'has a tag of several bytes'],
    ['a constructed tag of several bytes', Uint8Array.of(0xbf, 0), 'has a tag of several bytes'],
    ['an indefinite length', Uint8Array.of(0x30, 0x80, 0, 0), 'has an indefinite or oversized length'],
    ['a length of five bytes', filled([0x0c, 0x85, 1, 0, 0, 0, 0], 9), 'has an indefinite or oversized length'],
    ['a short length in two bytes', filled([0x0c, 0x81, 0x7f], 127), 'has a length that is not minimal'],
    ['a length with a zero before it', filled([0x0c, 0x82, 0, 0x80], 128), 'has a length that is not minimal'],
    ['a long length that is cut off', Uint8Array.of(0x0c, 0x81), 'has a length that is not minimal'],
  ])('is refused with %s', ([, bytes, why]) => {
    expect(errorOf(() => readDer(bytes, 0, CONTEXT))).toMatchObject({
      code: 'EXTENSION_MALFORMED',
      message: `the claim ${why}`,
    })
  })

  it('may have nothing after it where it is the whole', () => {
    expect(readDerExact(Uint8Array.of(5, 0), CONTEXT).end).toBe(2)
    expect(errorOf(() => readDerExact(Uint8Array.of(5, 0, 0), CONTEXT)).message).toBe(
      'the claim has bytes after its end',
    )
  })

  it('is one of its parent’s, in order and to the last', () => {
    expect(readDerChildren(Uint8Array.of(5, 0, 0x0c, 1, 0x61), CONTEXT).map(({ tag }) => tag)).toEqual([5, 0x0c])
    expect(readDerChildren(Uint8Array.of(), CONTEXT)).toEqual([])
    expect(errorOf(() => readDerChildren(Uint8Array.of(5, 0, 5), CONTEXT)).code).toBe('EXTENSION_MALFORMED')
  })

  it('is a text as UTF-8 alone, and keeps its byte order mark: two texts are two names', () => {
    expect(readDerUtf8String(Uint8Array.of(0x0c, 5, 0xef, 0xbb, 0xbf, 0xc3, 0xa9), CONTEXT)).toBe('\uFEFFé')
    expect(errorOf(() => readDerUtf8String(Uint8Array.of(0x13, 1, 0x61), CONTEXT)).message).toBe(
      'the claim is not a UTF8String',
    )
    const error = errorOf(() => decodeText(Uint8Array.of(0xff), CONTEXT))
    expect(error).toMatchObject({ code: 'EXTENSION_MALFORMED', message: 'the claim is not valid UTF-8' })
    expect(error.cause).toBeInstanceOf(TypeError)
  })
})
