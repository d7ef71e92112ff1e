import fc from 'fast-check'
import { type ParseError, parse } from 'jsonc-parser'
import { describe, expect, it } from 'vitest'
import {
  compareCodePoints,
  decodeUtf8,
  type JsonLimits,
  parseJson,
  parseJsonObject,
  toSortedJson,
} from '../../src/model/json.ts'
import { codeOf } from '../support/real-signer.ts'

describe('parseJson', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['a key twice', '{"a":1,"b":{},"a":2}', 'JSON_AMBIGUOUS'],
    ['a key twice, once written with an escape', '{"a":1,"\\u0061":2}', 'JSON_AMBIGUOUS'],
    ['a key twice after a nested object', '{"a":{"a":1},"b":[{"c":1}],"a":2}', 'JSON_AMBIGUOUS'],
    ['a key twice in a list', '[{"x":1},{"y":1,"y":2}]', 'JSON_AMBIGUOUS'],
    ['the empty key twice', '{"":1,"":2}', 'JSON_AMBIGUOUS'],
    ['a key twice after a text that ends in a backslash', '{"a":"\\\\","a":1}', 'JSON_AMBIGUOUS'],
    ['__proto__', '{"a":{"__proto__":{}}}', 'JSON_AMBIGUOUS'],
    ['__proto__ and no other key', '{"__proto__":1}', 'JSON_AMBIGUOUS'],
    ['__proto__ with an escape', '{"\\u005f_proto__":{}}', 'JSON_AMBIGUOUS'],
    ['a comma too many', '{"a":1,}', 'JSON_MALFORMED'],
    ['two values', '{} {}', 'JSON_MALFORMED'],
    ['nothing', '', 'JSON_MALFORMED'],
    ['a byte order mark', '\uFEFF{}', 'JSON_MALFORMED'],
    ['too many levels', `${'['.repeat(65)}${']'.repeat(65)}`, 'LIMIT_EXCEEDED'],
  ]
  it.each(refused)('refuses %s', async (_, text, code) => {
    expect(await codeOf(() => parseJson(text, 'it'))).toBe(code)
  })

  it('says where a key stands for the second time, and where the text stops making sense', () => {
    expect(() => parseJson('{\n "a": 1,\n "a": 2\n}', 'it')).toThrow(expect.objectContaining({ line: 3, column: 2 }))
    expect(() => parseJson('{\n "a": 1,\n "b" 2\n}', 'it')).toThrow(expect.objectContaining({ line: 3 }))
  })

  it('takes equal keys of different objects, and values that look like keys', () => {
    const text = '{"a":{"a":"a"},"b":["a","a",{"a":"b,\\"a\\":1"}],"c":"\\\\"}'
    expect(parseJson(text, 'it')).toEqual(JSON.parse(text))
  })

  it('keeps the digits of integers that readers round', () => {
    expect(parseJson('{"id":12345678901234567890,"n":1234567890123456}', 'it')).toEqual({
      id: '12345678901234567890',
      n: 1234567890123456,
    })
  })

  it('reads what JSON.parse writes, and finds every key that is put in a second time', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.string(), (text, key) => {
        fc.pre(!text.includes('__proto__') && key !== 'other' && !/\d{16}/.test(text))
        expect(parseJson(text, 'it')).toEqual(JSON.parse(text))
        const quoted = JSON.stringify(key)
        const twice = `{${quoted}:${text},"other":[${text}],${quoted}:1}`
        expect(() => parseJson(twice, 'it')).toThrow(expect.objectContaining({ code: 'JSON_AMBIGUOUS' }))
      }),
      { numRuns: 300 },
    )
  })

  it('agrees with another reader about what is JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ maxLength: 2 }), (text, at, noise) => {
        const cut = at % (text.length + 1)
        const changed = text.slice(0, cut) + noise + text.slice(cut + 1)
        const errors: ParseError[] = []
        parse(changed, errors, { disallowComments: true, allowEmptyContent: false })
        let refused = false
        try {
          parseJson(changed, 'it')
        } catch {
          refused = true
        }
        if (errors.length > 0) expect(refused).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the limits of a document', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  it.each<[string, Uint8Array | string, JsonLimits, string | undefined]>([
    ['a text of as many bytes as may be', '"\u00e9"', { maxBytes: 4 }, undefined],
    ['a text whose characters are fewer than its bytes', '"\u00e9"', { maxBytes: 3 }, 'LIMIT_EXCEEDED'],
    ['as many bytes as may be', Buffer.from('"\u00e9"'), { maxBytes: 4 }, undefined],
    ['a byte too many', Buffer.from('"\u00e9"'), { maxBytes: 3 }, 'LIMIT_EXCEEDED'],
    ['as many levels as may be', nested(2), { maxBytes: 99, maxDepth: 2 }, undefined],
    ['a level too many', nested(3), { maxBytes: 99, maxDepth: 2 }, 'LIMIT_EXCEEDED'],
    ['64 levels where nothing else is said', nested(64), { maxBytes: 999 }, undefined],
    ['65 levels where nothing else is said', nested(65), { maxBytes: 999 }, 'LIMIT_EXCEEDED'],
    ['65 levels where they are allowed', nested(65), { maxBytes: 999, maxDepth: 65 }, undefined],
    ['many lists that are not in each other', `[${'[],'.repeat(99)}[]]`, { maxBytes: 999, maxDepth: 2 }, undefined],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), { maxBytes: 9 }, 'JSON_MALFORMED'],
    ['bytes with a byte order mark', Buffer.from('\uFEFF{}'), { maxBytes: 9 }, 'JSON_MALFORMED'],
  ])('are exact: %s', async (_, text, limits, code) => {
    expect(await codeOf(() => parseJson(text, 'it', limits))).toBe(code)
  })

  it('are 16 MiB where nothing else is said', async () => {
    const text = (bytes: number) => `"${'a'.repeat(bytes - 2)}"`
    expect(parseJson(text(16 * 1024 * 1024), 'it')).toHaveLength(16 * 1024 * 1024 - 2)
    expect(await codeOf(() => parseJson(text(16 * 1024 * 1024 + 1), 'it'))).toBe('LIMIT_EXCEEDED')
  })

  it.each<[number, JsonLimits]>([
    [2, { maxBytes: 999, maxDepth: 2 }],
    [64, { maxBytes: 999 }],
  ])('are named where they are exceeded: %i levels', (levels, limits) => {
    const message = `it is nested deeper than ${levels} levels`
    expect(() => parseJson(nested(levels + 1), 'it', limits)).toThrow(expect.objectContaining({ message }))
  })

  it('leave the reason why bytes are no UTF-8 to whoever looks for it', () => {
    expect(() => decodeUtf8(Uint8Array.of(0xff), 'it')).toThrow(
      expect.objectContaining({ code: 'JSON_MALFORMED', cause: expect.any(TypeError) }),
    )
  })
})

describe('a document', () => {
  it.each(['[]', 'null', '1', '"a"'])('is no object: %s', async (text) => {
    expect(await codeOf(() => parseJsonObject(text, 'it'))).toBe('JSON_MALFORMED')
  })

  it('that is an object is returned', () => {
    expect(parseJsonObject(Buffer.from('{"a":1}'), 'it')).toEqual({ a: 1 })
  })

  it('keeps numbers that are no integers, and strings of digits, as they are', () => {
    const text = '[1.50000000000000000001,12345678901234567890.5,1e30,"12345678901234567890"]'
    expect(parseJson(text, 'it')).toEqual(JSON.parse(text))
    expect(parseJson('[-12345678901234567890]', 'it')).toEqual(['-12345678901234567890'])
  })

  it.each<[string, object]>([
    ['{\n "a": 1,\n "b" 2\n}', { code: 'JSON_MALFORMED', line: 3, column: 6 }],
    ['{\n "a": 1,\n "b" 2\n}', { message: 'it is not valid JSON (line 3, column 6)' }],
    ['{"a":1 /* a reader that skips comments */}', { code: 'JSON_MALFORMED', line: 1, column: 8 }],
    ['["\u0001"]', { code: 'JSON_MALFORMED' }],
    ['{"a":1,}', { code: 'JSON_MALFORMED', line: 1, column: 8 }],
    ['', { code: 'JSON_MALFORMED', line: 1, column: 1 }],
    [`{"${'k'.repeat(81)}":1,"${'k'.repeat(81)}":2}`, { message: `it has the key "${'k'.repeat(80)}" twice` }],
  ])('says what is wrong, and where: %s', (text, error) => {
    expect(() => parseJson(text, 'it')).toThrow(expect.objectContaining(error))
  })
})

describe('sorted JSON', () => {
  it('gives equal bytes for equal values, by code point and at every depth', () => {
    expect(toSortedJson({ b: [{ d: 1, c: null }], a: 'x', '\u{1F600}': 1, '\uFF5E': 2 })).toBe(
      '{"a":"x","b":[{"c":null,"d":1}],"\uFF5E":2,"\u{1F600}":1}',
    )
    expect(toSortedJson({ b: 1, a: 2 }, 2)).toBe('{\n  "a": 2,\n  "b": 1\n}')
  })

  it('orders by code point, not by UTF-16 unit', () => {
    expect(['\u{1F600}', '\uFF5E', 'b', 'a'].sort(compareCodePoints)).toEqual(['a', 'b', '\uFF5E', '\u{1F600}'])
    expect(compareCodePoints('a', 'a')).toBe(0)
  })
})
