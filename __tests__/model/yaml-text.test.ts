import { describe, expect, it } from 'vitest'
import { MAX_YAML_DEPTH, readYaml } from '../../src/model/yaml-text.ts'

const lists = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
const mappings = (depth: number) => Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}a:`).join('\n')

describe('YAML', () => {
  it.each([
    ['lists', lists],
    ['mappings', mappings],
    ['lists in blocks', (depth: number) => `${'- '.repeat(depth)}a`],
  ])('of %s is read as deep as it may be, and no deeper', (_, make) => {
    const fits = readYaml(make(MAX_YAML_DEPTH))
    expect(fits.fault).toBeUndefined()
    expect(fits.documents).toHaveLength(1)
    const { documents, fault } = readYaml(make(MAX_YAML_DEPTH + 1))
    expect(documents).toEqual([])
    expect(fault).toMatchObject({ message: 'nested deeper than 64 levels', hint: 'Write it with at most 64 levels.' })
  })

  it('says where it gets too deep', () => {
    const { fault, lines } = readYaml(`a: 1\nb: 2\nc: ${lists(200)}`)
    expect(lines.linePos(fault?.offset ?? 0)).toMatchObject({ line: 3, col: 3 + MAX_YAML_DEPTH })
  })

  it.each([
    ['in a block', 'b: 1\na: 1\n"a": 2\n', 10],
    ['in braces', '{ a: 1, b: 2, a: 3 }', 14],
    ['below', 'b:\n  - c: { a: 1, a: 2 }\n', 18],
    ['in a second document', 'a: 1\n---\na: 1\na: 2\n', 14],
    ['as a number', '1: a\n0x1: b\n', 5],
  ])('with a key that stands twice %s is refused', (_, text, offset) => {
    expect(readYaml(text).fault).toMatchObject({ message: expect.stringContaining('stands twice'), offset })
  })

  it('may say the same in two mappings, and name a text as a number is written', () => {
    expect(readYaml('a: { a: 1 }\nb: { a: 1 }\n1: x\n"1": y\n').fault).toBeUndefined()
  })

  it('leaves stacks of errors as they were', () => {
    const limit = Error.stackTraceLimit
    try {
      Error.stackTraceLimit = 7
      expect(readYaml('a: ]]]').fault).toBeDefined()
      readYaml(lists(1_000))
      expect(Error.stackTraceLimit).toBe(7)
    } finally {
      Error.stackTraceLimit = limit
    }
  })

  it('may have lists and mappings for keys, as many as it likes', () => {
    expect(readYaml('? [a]\n: 1\n? [b]\n: 2\n? { c: d }\n: 3\n').fault).toBeUndefined()
  })

  it('is refused with an alias for a key, which one reader replaces and another overlooks', () => {
    expect(readYaml('&k a: 1\n*k : 2\n').fault).toStrictEqual({
      message: 'an alias in place of a key',
      offset: 8,
      hint: 'Write the key itself.',
    })
    expect(readYaml('a: &v b\nc: *v\n').fault).toBeUndefined()
  })

  it('is called wrong in one line, whatever the text has in its own', () => {
    const message = 'Invalid escape sequence \\x'
    expect(readYaml('b: 1\na: "\\x\n 1"').fault).toStrictEqual({ message, offset: 9 })
  })

  it('has a long key that stands twice named in part', () => {
    const key = 'k'.repeat(81)
    expect(readYaml(`${key}: 1\n${key}: 2\n`).fault?.message).toBe(`the key "${'k'.repeat(80)}" stands twice`)
  })

  it('is not what is wrong where a caller hands over something else', () => {
    // Sound: what a caller without types could do; a fault of the program must not be told as one of a file.
    expect(() => readYaml(Buffer.from('a: 1') as never)).toThrow(TypeError)
  })
})
