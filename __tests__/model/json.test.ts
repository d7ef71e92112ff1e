import fc from 'fast-check'
import { type ParseError, parse } from 'jsonc-parser'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../src/model/json.ts'
import { codeOf } from '../support/real-signer.ts'

describe('parseJson', () => {
  const refused: readonly (readonly [string, string, string])[] = [
    ['a key twice', '{"a":1,"b":{},"a":2}', 'JSON_AMBIGUOUS'],
    ['a key twice, once written with an escape', '{"a":1,"\\u0061":2}', 'JSON_AMBIGUOUS'],
    ['a key twice after a nested object', '{"a":{"a":1},"b":[{"c":1}],"a":2}', 'JSON_AMBIGUOUS'],
    ['a key twice in a list', '[{"x":1},{"y":1,"y":2}]', 'JSON_AMBIGUOUS'],
    ['the empty key twice', '{"":1,"":2}', 'JSON_AMBIGUOUS'],
    ['__proto__', '{"a":{"__proto__":{}}}', 'JSON_AMBIGUOUS'],
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
