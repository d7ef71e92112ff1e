import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Discovery } from '../../src/model/dependency.ts'
import { discoverJsonSchema, toDiscoverDocument } from '../../src/model/discover-document.ts'
import {
  type Expected,
  type ExpectedProfile,
  expectedSchema,
  museumJsonSchema,
  toMuseumDocument,
} from '../../src/model/museum-document.ts'
import { toVerifyDocument, type VerifyResult, verifyJsonSchema } from '../../src/model/verify-document.ts'
import { dependencyOf } from '../support/dependencies.ts'

describe('the schema of a document', () => {
  // Whoever reads a document validates it against the published file; a schema that drifts breaks them unseen.
  it.each([
    ['verify-v1', verifyJsonSchema],
    ['museum-v1', museumJsonSchema],
    ['discover-v1', discoverJsonSchema],
  ])('%s is the one that is published', (name, schema) => {
    const file = join(import.meta.dirname, `../../schemas/${name}.schema.json`)
    expect(JSON.parse(JSON.stringify(schema()))).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  })
})

describe('the document of verify', () => {
  const schema = 'https://github.com/cleanbill/cleanbill/schemas/verify-v1.schema.json'
  const resultOf = (name: string, verified: boolean): VerifyResult => ({
    verified,
    code: verified ? null : 'SIGNATURE_INVALID',
    message: name,
    hint: null,
    artifact: null,
    signer: null,
    statement: null,
    limits: [],
    attestations: [],
  })
  const good = resultOf('good', true)
  const bad = resultOf('bad', false)

  it.each<[string, readonly VerifyResult[], unknown]>([
    ['one artifact', [good], { schema, ...good }],
    [
      'two that are in order',
      [good, { ...good, message: 'b' }],
      { ...good, results: [good, { ...good, message: 'b' }] },
    ],
    ['one that is not, last', [good, bad], { ...bad, results: [good, bad] }],
    [
      'two that are not: the first',
      [bad, { ...bad, message: 'b' }],
      { ...bad, results: [bad, { ...bad, message: 'b' }] },
    ],
  ])('is verified only when every artifact is: %s', (_, results, document) => {
    expect(toVerifyDocument(results)).toEqual({ schema, ...(document as object) })
  })

  it('does not exist for no artifact: nothing verified is nothing said', () => {
    expect(toVerifyDocument([])).toBeUndefined()
  })
})

describe('the document of the museum', () => {
  const profile = (verdict: ExpectedProfile['verdict'], ...findings: string[]): ExpectedProfile => ({
    verdict,
    states: { 'pkg:npm/axios@1.0.0': 'absent' },
    findings,
    limits: [],
  })
  const actual: Expected = {
    signatureOnly: 'valid',
    rules: { 'no-downgrade': 'fire' },
    profiles: {
      baseline: profile('PASSED', 'warn no-downgrade A x', 'note cooldown B x', 'warning revoked C x'),
      recommended: profile(
        'FAILED',
        'warn cooldown B x',
        'fail revoked A x',
        'fail no-downgrade A x',
        'fail revoked B x',
      ),
      strict: profile('PASSED'),
    },
  }
  const profiles = {
    baseline: { verdict: 'PASSED', rules: ['no-downgrade'] },
    recommended: { verdict: 'FAILED', rules: ['no-downgrade', 'revoked'] },
    strict: { verdict: 'PASSED', rules: [] },
  }

  it('says of each profile what decided it, and of each exhibit whether that was expected', () => {
    const exhibit = { slug: 'axios/v1', title: 'Axios', actual }
    const shown = { slug: 'axios/v1', title: 'Axios', signatureOnly: 'valid', profiles }
    const { schema, exhibits } = toMuseumDocument([
      { ...exhibit, notCaught: undefined, differences: [] },
      { ...exhibit, notCaught: 'nobody could', differences: ['strict: PASSED'] },
    ])
    expect(schema).toBe('https://github.com/cleanbill/cleanbill/schemas/museum-v1.schema.json')
    // Strict: a key that is there and undefined would be an exhibit that says what was not caught.
    expect(exhibits).toStrictEqual([
      { ...shown, matchesExpected: true, differences: [] },
      { ...shown, notCaught: 'nobody could', matchesExpected: false, differences: ['strict: PASSED'] },
    ])
  })

  it.each<[string, boolean, unknown]>([
    ['as it is', true, actual],
    ['with a key of its own', false, { ...actual, more: 1 }],
    ['with no answer of a signature', false, { ...actual, signatureOnly: 'perhaps' }],
    ['with a rule that there is not', false, { ...actual, rules: { nothing: 'fire' } }],
    ['with a profile too few', false, { ...actual, profiles: { baseline: actual.profiles.baseline } }],
    [
      'with a verdict of its own',
      false,
      { ...actual, profiles: { ...actual.profiles, strict: { ...actual.profiles.strict, verdict: 'passed' } } },
    ],
  ])('reads what is expected %s: %s', (_, taken, expected) => {
    expect(expectedSchema.safeParse(expected).success).toBe(taken)
  })
})

describe('the document of discover', () => {
  const file = { path: 'package-lock.json', dependencies: 1 }
  const notice = { code: 'EXTRA_INDEX', message: 'another index', file: 'pip.conf', line: 2 } as const
  const digests = { sha256: 'a'.repeat(64) }

  it('says null where nothing is known, and all that is', () => {
    const several = dependencyOf({ ecosystem: 'npm', name: 'a', digests: {}, files: [{ name: 'a.whl', digests }] })
    const discovery: Discovery = {
      files: [
        { ...file, finder: 'npm' },
        { ...file, error: { code: 'JSON_MALFORMED', message: 'no', line: 3 } },
        { ...file, error: { code: 'LIMIT_EXCEEDED', message: 'large' } },
      ],
      dependencies: [several, dependencyOf({ ecosystem: 'npm', name: 'a', digests })],
      notices: [notice, { ...notice, hint: 'Remove it.' }],
      skipped: ['node_modules'],
    }
    expect(toDiscoverDocument(discovery)).toEqual({
      schema: 'https://github.com/cleanbill/cleanbill/schemas/discover-v1.schema.json',
      files: [
        { ...file, finder: 'npm', error: null },
        { ...file, finder: null, error: { code: 'JSON_MALFORMED', message: 'no', line: 3 } },
        { ...file, finder: null, error: { code: 'LIMIT_EXCEEDED', message: 'large', line: null } },
      ],
      dependencies: [several, dependencyOf({ ecosystem: 'npm', name: 'a', digests })],
      notices: [
        { ...notice, hint: null },
        { ...notice, hint: 'Remove it.' },
      ],
      skipped: ['node_modules'],
    })
  })
})
