import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  buildStatement,
  MAX_SUBJECTS,
  parseStatement,
  parseWith,
  preAuthEncoding,
  STATEMENT_PAYLOAD_TYPE,
  STATEMENT_TYPE,
  STATEMENT_TYPE_V01,
  type Subject,
  serializeStatement,
} from '../../src/model/statement.ts'
import { type LooseJson, sha256, statementAbout, toBytes } from '../support/real-signer.ts'
import { errorOf } from './bundle-parts.ts'

const digest = { sha256: sha256('x') }
const subjects = (count: number): Subject[] => Array.from({ length: count }, (_, i) => ({ name: `file-${i}`, digest }))
const parse = (change: (statement: LooseJson) => void = () => undefined) => {
  const statement = statementAbout('hello')
  change(statement)
  return parseStatement(toBytes(statement))
}

it('is of the types of in-toto', () => {
  expect([STATEMENT_TYPE, STATEMENT_TYPE_V01, STATEMENT_PAYLOAD_TYPE]).toEqual([
    'https://in-toto.io/Statement/v1',
    'https://in-toto.io/Statement/v0.1',
    'application/vnd.in-toto+json',
  ])
})

describe('parseStatement', () => {
  it('reads both versions, every field of a subject, and no predicate as null', () => {
    const subject = {
      name: 'a',
      uri: 'pkg:npm/a@1',
      digest,
      content: 'AA==',
      downloadLocation: 'https://a.example/',
      mediaType: 'text/plain',
      annotations: { key: 1 },
    }
    for (const _type of [STATEMENT_TYPE, STATEMENT_TYPE_V01]) {
      const read = parse((s) =>
        Object.assign(s, { _type, subject: [{ ...subject, surprise: 1 }], predicate: undefined }),
      )
      expect(read).toStrictEqual({
        _type,
        subject: [subject],
        predicateType: statementAbout('').predicateType,
        predicate: null,
      })
    }
    expect(parse((s) => (s.subject = [{ name: null, uri: null, annotations: null, digest }])).subject).toStrictEqual([
      { digest },
    ])
  })

  it.for<[string, (statement: LooseJson) => void, string, string]>([
    ['no list of subjects', (s) => delete s.subject, 'SUBJECT_EMPTY', 'the statement'],
    ['null for its subjects', (s) => (s.subject = null), 'SUBJECT_EMPTY', 'the statement'],
    ['an empty list of subjects', (s) => (s.subject = []), 'SUBJECT_EMPTY', 'the statement'],
    ['1025 subjects', (s) => (s.subject = subjects(1025)), 'SUBJECT_LIMIT', 'the statement'],
    [
      'another type',
      (s) => (s._type = 'https://in-toto.io/Statement/v2'),
      'STATEMENT_MALFORMED',
      'the statement at _type: ',
    ],
    ['an empty type', (s) => (s._type = ''), 'STATEMENT_MALFORMED', 'the statement at _type: '],
    [
      'an empty predicate type',
      (s) => (s.predicateType = ''),
      'STATEMENT_MALFORMED',
      'the statement at predicateType: ',
    ],
    ['no predicate type', (s) => delete s.predicateType, 'STATEMENT_MALFORMED', 'the statement at predicateType: '],
    ['a subject that is a text', (s) => (s.subject = ['a']), 'STATEMENT_MALFORMED', 'subject[0]: '],
    ['a subject without digest', (s) => s.subject.push({ name: 'b' }), 'STATEMENT_MALFORMED', 'subject[1]: '],
    [
      'a subject with null for a digest',
      (s) => (s.subject = [{ digest: null }]),
      'STATEMENT_MALFORMED',
      'subject[0]: ',
    ],
    ['a subject with no digest in it', (s) => (s.subject = [{ digest: {} }]), 'STATEMENT_MALFORMED', 'subject[0]: '],
    ['a digest that is none', (s) => (s.subject[0].digest.sha256 = 'x'), 'DIGEST_MALFORMED', 'subject[0] at digest: '],
    [
      'a digest that is a number',
      (s) => (s.subject[0].digest.sha256 = 1),
      'DIGEST_MALFORMED',
      'subject[0] at digest: ',
    ],
    ['a name that is a number', (s) => (s.subject[0].name = 1), 'STATEMENT_MALFORMED', 'subject[0] at name: '],
  ])('refuses %s', ([, change, code, start]) => {
    const error = errorOf(() => parse(change))
    expect(error.code).toBe(code)
    expect(error.message.slice(0, start.length)).toBe(start)
  })

  it('reads as many subjects as one statement may name', () => {
    expect(MAX_SUBJECTS).toBe(1024)
    expect(parse((s) => (s.subject = subjects(1024))).subject).toHaveLength(1024)
  })
})

describe('parseWith', () => {
  it('takes a complaint of another kind, with or without parameters, for the code of its caller', () => {
    for (const params of [undefined, {}, { cleanbill: 'BASE64_MALFORMED' }]) {
      const schema = z.string().superRefine((_, ctx) => ctx.addIssue({ code: 'custom', message: 'no', params }))
      expect(errorOf(() => parseWith(schema, 'x')).code).toBe('STATEMENT_MALFORMED')
      expect(errorOf(() => parseWith(schema, 'x', 'it', 'PREDICATE_MALFORMED'))).toMatchObject({
        code: 'PREDICATE_MALFORMED',
        message: 'it: no',
      })
    }
  })

  it('names the way to the fault, and at most 120 letters of it', () => {
    const schema = z.record(z.string(), z.object({ a: z.number('no') }))
    expect(errorOf(() => parseWith(schema, { x: { a: '' } }, 'it')).message).toBe('it at x.a: no')
    expect(errorOf(() => parseWith(schema, { ['k'.repeat(500)]: { a: '' } }, 'it')).message).toBe(
      `it at ${'k'.repeat(120)}: no`,
    )
  })
})

describe('buildStatement', () => {
  const build = (subject: readonly Subject[]) =>
    buildStatement({ subject, predicateType: 'https://p.example', predicate: 1 })

  it('makes a v1 statement of 1 to 1024 subjects, named or not', () => {
    for (const subject of [subjects(1), subjects(1024), [{ digest }, { digest }]]) {
      expect(build(subject)).toStrictEqual({
        _type: STATEMENT_TYPE,
        subject,
        predicateType: 'https://p.example',
        predicate: 1,
      })
    }
  })

  it.for(['sha256', 'sha384', 'sha512', 'gitCommit'])('takes a digest by %s, beside a weak one too', (algorithm) => {
    expect(() => build([{ name: 'a', digest: { sha1: 'x', [algorithm]: 'x' } }])).not.toThrow()
  })

  it.for<[string, Subject[], string, string]>([
    ['no subject', [], 'SUBJECT_EMPTY', 'usage'],
    ['1025 subjects', subjects(1025), 'SUBJECT_LIMIT', 'usage'],
    ['a subject without digest', [{ name: 'a', digest: {} }], 'DIGEST_WEAK', 'usage'],
    ['a subject with a weak digest', [{ name: 'a', digest: { sha1: 'x' } }], 'DIGEST_WEAK', 'usage'],
    ['a name twice', [...subjects(2), ...subjects(1)], 'SUBJECT_NAME_DUPLICATE', 'usage'],
  ])('refuses %s: the caller has to change it', ([, subject, code, kind]) => {
    expect(errorOf(() => build(subject))).toMatchObject({ code, class: kind })
  })

  it.for<[Subject[], string]>([
    [[], 'output'],
    [subjects(1025), 'directory'],
    [[...subjects(1), ...subjects(1)], 'once'],
  ])('says what to do %#', ([subject, word]) => {
    expect(errorOf(() => build(subject)).hint).toContain(word)
  })
})

it('signs compact JSON in the order of its fields', () => {
  const bytes = serializeStatement(buildStatement({ subject: [{ digest }], predicateType: 'p', predicate: {} }))
  expect(Buffer.from(bytes).toString()).toBe(
    `{"_type":"${STATEMENT_TYPE}","subject":[{"digest":{"sha256":"${digest.sha256}"}}],"predicateType":"p","predicate":{}}`,
  )
})

it.for([
  ['http://example.com/HelloWorld', 'hello world', 'DSSEv1 29 http://example.com/HelloWorld 11 hello world'],
  ['é', 'ü', 'DSSEv1 2 é 2 ü'],
  ['', '', 'DSSEv1 0  0 '],
] as const)('covers the type %j and the body %j with their lengths in bytes', ([type, body, covered]) => {
  expect(Buffer.from(preAuthEncoding(type, Buffer.from(body))).toString('utf8')).toBe(covered)
})
