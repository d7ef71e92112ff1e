import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonPlan, reduceJson } from '../../src/source/json-stream.ts'
import { codeOf } from '../support/real-signer.ts'

async function* cut(text: string, size: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Enters everything down to `depth` and keeps what is there, by path. */
async function read(text: string, depth: number, size = 7): Promise<Record<string, unknown[]>> {
  const found = new Map<string, unknown[]>()
  const plan: JsonPlan = {
    choose: (path) => (path.length < depth ? 'enter' : 'keep'),
    onValue: (path, bytes) => {
      const key = path.join('/')
      found.set(key, [...(found.get(key) ?? []), JSON.parse(Buffer.from(bytes).toString('utf8'))])
    },
  }
  await reduceJson(cut(text, size), 'a test', plan)
  return Object.fromEntries(found)
}

describe('reduceJson', () => {
  it('hands over what is wanted, wherever the pieces are cut', async () => {
    const value = {
      a: [1, { b: '"}]\\' }, []],
      'c"\u00e9': { d: null, e: 'x😀', f: -1.5e3, g: { h: [true] } },
      i: 'no',
    }
    const expected = { 'a/*': value.a, 'c"é/d': [null], 'c"é/e': ['x😀'], 'c"é/f': [-1500], 'c"é/g': [{ h: [true] }] }
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
      for (let size = 1; size < 20; size++) expect(await read(text, 2, size)).toStrictEqual(expected)
    }
  })

  it('agrees with JSON.parse about any document', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.jsonValue(),
        ),
        fc.integer({ min: 1, max: 40 }),
        async (value, size) => {
          const found = await read(JSON.stringify(value), 1, size)
          const expected = JSON.parse(JSON.stringify(value)) as Record<string, unknown>
          expect(Object.values(found).map(([one]) => one)).toStrictEqual(Object.keys(found).map((key) => expected[key]))
          expect(Object.keys(found)).toHaveLength(Object.keys(expected).length)
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([
    '',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":"x',
    '{"a":1,}',
    '{"a":1 "b":2}',
    '{a:1}',
    '{"a":}',
    '{"a":1}}',
    '{"a":1}{}',
    '{"a":[1}',
    '{"a":{"b":1]}',
    '[1,]',
    '[,1]',
    '[1 2]',
    ']',
    'nonsense: {"a":1}',
    '{"a" 1}',
    '{"\\x":1}',
    '{"a":=}',
  ])('refuses %j', async (text) => {
    for (const size of [1, 100]) expect(await codeOf(() => read(text, 1, size))).toBe('JSON_MALFORMED')
  })

  it.each(['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"__proto__":1}'])(
    'refuses %s, which readers read differently',
    async (text) => {
      expect(await codeOf(() => read(text, 1))).toBe('JSON_AMBIGUOUS')
    },
  )

  it('refuses invalid UTF-8 in a key', async () => {
    async function* bytes() {
      yield Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    }
    const plan: JsonPlan = { choose: () => 'enter', onValue: () => undefined }
    expect(await codeOf(() => reduceJson(bytes(), 'a test', plan))).toBe('JSON_MALFORMED')
  })

  it('T-NS-06: refuses nesting without end, entered or passed by, and values and keys without end', async () => {
    const deep = '['.repeat(100_000)
    expect(await codeOf(() => read(deep, 1_000_000, 10_000))).toBe('LIMIT_EXCEEDED')
    expect(await codeOf(() => read(`{"a":${deep}`, 1, 10_000))).toBe('LIMIT_EXCEEDED')
    const skip: JsonPlan = { choose: ([first]) => (first === undefined ? 'enter' : 'skip'), onValue: () => undefined }
    expect(await codeOf(() => reduceJson(cut(`{"a":${deep}`, 10_000), 'a test', skip))).toBe('LIMIT_EXCEEDED')
    const long = `{"a":"${'x'.repeat(9_000_000)}"}`
    expect(await codeOf(() => read(long, 1, 65_536))).toBe('LIMIT_EXCEEDED')
    await reduceJson(cut(long, 65_536), 'a test', skip)
    expect(await codeOf(() => read(`{"${'k'.repeat(5_000)}":1}`, 1))).toBe('LIMIT_EXCEEDED')
  })
})
