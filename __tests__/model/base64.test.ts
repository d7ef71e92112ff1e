import { describe, expect, it } from 'vitest'
import { decodeBase64, encodeBase64 } from '../../src/model/base64.ts'
import { errorOf } from './bundle-parts.ts'

describe('decodeBase64', () => {
  it.for<[string, number[]]>([
    ['', []],
    ['AA==', [0]],
    ['AA', [0]],
    ['AAA=', [0, 0]],
    ['AAA', [0, 0]],
    ['AAAA', [0, 0, 0]],
    ['+/+/', [251, 255, 191]],
    ['-_-_', [251, 255, 191]],
    ['-w==', [251]],
    ['_w', [255]],
    ['Az09', [3, 61, 61]],
  ])('reads %j, of either alphabet, URL-safe padded or not', ([text, bytes]) => {
    expect([...decodeBase64(text, 'it')]).toEqual(bytes)
  })

  // Two texts for the same bytes would be two names for one signed thing: the attacker shows one and signs the other.
  it.for([
    'AAA==',
    'AA=',
    'AA===',
    'AAAA=',
    'AAAA==',
    'AAAA====',
    'A',
    '=',
    '==',
    '====',
    '+/',
    '/w',
    'AB==',
    '-x==',
    'AB',
    'AA==AA==',
    'AA=A',
    'AA\n==',
    ' AAAA',
    'AAAA ',
    '!AAAA',
    'AAAA!',
    '-_+/',
    '-w==!',
    'A=A',
    '_w=',
    '_=w=',
  ])('refuses %j', (text) => {
    expect(errorOf(() => decodeBase64(text, 'the payload'))).toMatchObject({
      code: 'BASE64_MALFORMED',
      message: 'the payload is not canonical base64',
    })
  })
})

it('writes the standard alphabet with padding, of a part of a buffer too', () => {
  expect(encodeBase64(Uint8Array.of(0, 251, 255, 0).subarray(1, 3))).toBe('+/8=')
})
