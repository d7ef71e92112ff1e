import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkYaml, parseYamlDocument, type YamlKind } from '../../src/policy/yaml-document.ts'
import { catchError } from './support.ts'

const KIND: YamlKind = {
  what: 'the note',
  malformed: 'LOCK_MALFORMED',
  unknownKey: 'POLICY_UNKNOWN_KEY',
  maxBytes: 2_000,
}
const read = (text: string, kind = KIND) => parseYamlDocument(text, 'note.yml', kind)
const refusalOf = (text: string, kind = KIND) => catchError(() => read(text, kind))

describe('a YAML document', () => {
  it('is a plain value', () => {
    expect(read('a: 1\nb: [x, "2"]\nc:\n').value).toStrictEqual({ a: 1, b: ['x', '2'], c: null })
  })

  it('may have exactly as many bytes as its kind, and characters are not bytes', () => {
    const kind = { ...KIND, maxBytes: 8 }
    expect(read('a: äö\n', kind).value).toStrictEqual({ a: 'äö' })
    expect(refusalOf('a: äöü\n', kind)).toMatchObject({
      code: 'LOCK_MALFORMED',
      message: 'the note has more than 8 bytes',
      line: 1,
      column: 1,
    })
  })

  it.for(['<<<<<<<', '<<<<<<< ours', '>>>>>>> theirs', '>>>>>>>', '||||||| base'])(
    'with the marker %s is half of a merge, and which half counts is nobody’s guess',
    (marker) => {
      expect(refusalOf(`a: 1\n\n${marker}\nb: 2\n`)).toMatchObject({
        code: 'LOCK_MALFORMED',
        line: 3,
        column: 1,
        hint: 'Resolve the conflict first.',
      })
    },
  )

  it.for<[string, unknown]>([
    ['a: "x <<<<<<< ours"\n', { a: 'x <<<<<<< ours' }],
    ['>\nfolded\n', 'folded\n'],
    ['|\nliteral\n', 'literal\n'],
  ])('takes no other text for such a marker: %j', ([text, value]) => {
    expect(read(text).value).toStrictEqual(value)
  })

  it.for<[string, string, string, number, number]>([
    ['an alias', 'a: 1\nb: *x\n', 'has an alias', 2, 4],
    ['an anchor', 'a: 1\nb: &x 1\n', 'has an anchor', 2, 7],
    ['an anchor of a list', 'a: &x [1]\n', 'has an anchor', 1, 7],
    ['a tag', 'a: 1\nb: !!str 1\n', 'has a tag', 2, 10],
    ['a merge key', 'a: 1\nb:\n  <<: {}\n', 'has a merge key', 3, 3],
    ['a key that is a list', 'x: 1\n? [a]\n: b\n', 'has a key that is no text', 1, 1],
    ['a second document', 'a: 1\n---\nb: 1\n', 'holds a second document', 2, 1],
    ['a directive', '%YAML 1.2\n---\na: 1\n', 'has a directive', 1, 1],
    ['nothing', '', 'is empty', 1, 1],
    ['a comment alone', '# nothing\n', 'is empty', 1, 1],
    ['a key twice', 'a: 1\na: 2\n', 'is not valid YAML: the key "a" stands twice', 2, 1],
    ['an open bracket', 'a: [\n', 'is not valid YAML', 2, 1],
    ['an unknown tag', 'a: !x 1\n', 'is not plain YAML: Unresolved tag: !x', 1, 4],
  ])('with %s is refused where that stands', ([, text, message, line, column]) => {
    const refused = refusalOf(text) as Error
    expect(refused).toMatchObject({ code: 'LOCK_MALFORMED', file: 'note.yml', line, column })
    expect(refused.message.startsWith(`the note ${message}`), refused.message).toBe(true)
  })

  it.for<[string, (levels: number) => string, number, number]>([
    ['lists', (levels) => `${'['.repeat(levels)}x${']'.repeat(levels)}`, 1, 65],
    ['mappings', (levels) => `${'{ a: '.repeat(levels)}x${' }'.repeat(levels)}`, 1, 321],
    ['dashes', (levels) => `${'- '.repeat(levels)}x`, 1, 129],
    ['lines', (levels) => Array.from({ length: levels }, (_, at) => `${' '.repeat(at)}a:`).join('\n'), 65, 66],
  ])('holds 64 %s in one another at most, so that no reader runs out of stack', ([, nest, line, column]) => {
    const kind = { ...KIND, maxBytes: 1_000_000 }
    const refusal = { code: 'LOCK_MALFORMED', message: 'the note is not valid YAML: nested deeper than 64 levels' }
    expect(read(`${nest(64)}\n`, kind).value).toBeDefined()
    expect(refusalOf(`${nest(65)}\n`, kind)).toMatchObject({ ...refusal, line, column })
    expect(refusalOf(`${nest(1_300)}\n`, kind)).toMatchObject(refusal)
  })

  it('is refused before a hundred thousand brackets are read', () => {
    expect(refusalOf('['.repeat(100_000), { ...KIND, maxBytes: 100_000 })).toMatchObject({ line: 1, column: 65 })
  })

  it.for<[string, readonly PropertyKey[], number, number]>([
    ['the whole', [], 1, 1],
    ['a value', ['a'], 1, 4],
    ['an entry of a list', ['list', 1, 'x'], 4, 8],
    ['an empty value', ['none'], 5, 6],
    ['what is not there: the part above it', ['list', 0, 'y'], 3, 5],
    ['what is in a text: the text', ['a', 'b', 'c'], 1, 4],
    ['an entry that is not there: the list', ['list', 9], 3, 3],
  ])('says where a part stands: %s', ([, path, line, column]) => {
    expect(read('a: b\nlist:\n  - x: 1\n  - x: 2\nnone:\n').placeOf(path)).toStrictEqual({ line, column })
  })
})

describe('a document that is not of its schema', () => {
  const check = (schema: z.ZodType, text: string) =>
    catchError(() => checkYaml(schema, read(text), 'note.yml', KIND)) as Error & { hint?: string }

  it('gives what the schema makes of it, if it is', () => {
    const schema = z.strictObject({ a: z.string().transform((text) => text.length) })
    expect(checkYaml(schema, read('a: four\n'), 'note.yml', KIND)).toStrictEqual({ a: 4 })
  })

  it('has an unknown key: the nearest known one is told, or all of them in order', () => {
    const schema = z.strictObject({
      zone: z.string().optional(),
      // Readable as input only: what comes out of it has no schema.
      part: z.strictObject({ size: z.string().transform(Number).optional(), about: z.string().optional() }).optional(),
    })
    expect(check(schema, 'zoen: x\n')).toMatchObject({
      code: 'POLICY_UNKNOWN_KEY',
      message: 'the note has an unknown key "zoen"',
      hint: 'Did you mean zone?',
    })
    expect(check(schema, 'part:\n  qqqqqqqqq: x\n')).toMatchObject({
      code: 'POLICY_UNKNOWN_KEY',
      message: 'the note has an unknown key "qqqqqqqqq" in part',
      hint: 'Known keys: about, size.',
      line: 2,
      column: 14,
    })
  })

  it('names the place, and the complaint of the schema', () => {
    const schema = z.strictObject({ list: z.array(z.strictObject({ size: z.int('is no size') })) })
    expect(check(schema, 'list:\n  - size: big\n')).toMatchObject({
      code: 'LOCK_MALFORMED',
      message: 'the note at list.0.size: is no size',
      file: 'note.yml',
      line: 2,
      column: 11,
      hint: undefined,
    })
    expect(check(z.array(z.string(), 'is no list'), 'a: 1\n').message).toBe('the note: is no list')
  })

  it('has the code and the hint of a rule of its own', () => {
    const refuse = (params?: object) =>
      z.strictObject({ a: z.string().superRefine((_, context) => context.addIssue({ code: 'custom', params })) })
    expect(check(refuse({ code: 'PATTERN_UNSAFE', hint: 'Write *.' }), 'a: b\n')).toMatchObject({
      code: 'PATTERN_UNSAFE',
      hint: 'Write *.',
    })
    expect(check(refuse(), 'a: b\n')).toMatchObject({ code: 'LOCK_MALFORMED', hint: undefined })
  })

  it('shows no more of a hostile text than fits a line', () => {
    const long = 'k'.repeat(500)
    expect(check(z.strictObject({}), `${long}: 1\n`).message).toBe(`the note has an unknown key "${long.slice(0, 80)}"`)
    expect(check(z.record(z.string(), z.int('is no number')), `${long}: x\n`).message).toBe(
      `the note at ${long.slice(0, 120)}: is no number`,
    )
  })

  const text = z.strictObject({ a: z.string('is no text') })
  const word = z.enum(['x'], 'is no word')
  it.for<[string, z.ZodType, string, string]>([
    ['of a text the complaint about texts', z.union([text, word]), 'y', 'the note: is no word'],
    ['of a mapping the complaint about its parts', z.union([word, text]), '{ a: 1 }', 'the note at a: is no text'],
    [
      'a part of the wrong type over a word that is not the one',
      z.union([word, z.strictObject({ b: z.string('is no text') }), z.int()]),
      '{ b: 1 }',
      'the note at b: is no text',
    ],
    [
      'the branch with the fewest unknown keys',
      z.union([z.strictObject({ a: z.int() }), z.strictObject({ a: z.int(), b: z.int() })]),
      '{ a: 1, b: 2, c: 3 }',
      'the note has an unknown key "c"',
    ],
    [
      'the branch that was read further, whatever its unknown keys',
      z.union([
        z.strictObject({ b: z.int().optional() }),
        z.strictObject({ a: z.strictObject({ z: z.int().optional() }) }),
      ]),
      '{ a: { x: 1, y: 2 } }',
      'the note has an unknown key "x" in a',
    ],
    [
      'a union within a union, from the top',
      z.strictObject({ p: z.union([z.int(), z.union([z.boolean(), text])]) }),
      'p: { a: 1 }',
      'the note at p.a: is no text',
    ],
    [
      'no branch at all',
      z.discriminatedUnion('k', [z.strictObject({ k: z.literal('a') }), z.strictObject({ k: z.literal('b') })]),
      'k: c',
      "the note at k: Invalid discriminator value. Expected 'a' | 'b'",
    ],
    [
      'a key known in a branch of a union',
      z.strictObject({ p: z.union([z.strictObject({ size: z.int().optional() }), z.string()]) }),
      'p: { sise: 1 }',
      'the note has an unknown key "sise" in p',
    ],
  ])('of a union is told what was meant: %s', ([, schema, written, message]) => {
    expect(check(schema, `${written}\n`).message).toBe(message)
  })

  it('looks for the nearest key in every branch of a union', () => {
    const schema = z.strictObject({
      list: z.array(z.union([z.strictObject({ size: z.int().optional() }), z.string()])),
    })
    expect(check(schema, 'list: [{ sise: 1 }]\n').hint).toBe('Did you mean size?')
  })
})
