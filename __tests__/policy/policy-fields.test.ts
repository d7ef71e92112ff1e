import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  alternativesName,
  date,
  digits,
  glob,
  httpsOrigin,
  namesOwner,
  path,
  plainText,
  signerName,
} from '../../src/policy/policy-fields.ts'

const takes = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success

interface Table {
  readonly schema: z.ZodType
  readonly taken: readonly unknown[]
  readonly refused: readonly unknown[]
}
const FIELDS: Readonly<Record<string, Table>> = {
  'plain text': {
    schema: plainText,
    taken: ['a', 'ab', 'two words', 'ä', 'x'.repeat(1024)],
    refused: ['', ' ', ' a', 'a ', 'a\tb', 'a\nb', '\na', 'a\n', 'a\u0085', 'x'.repeat(1025), 1],
  },
  'a glob': {
    schema: glob,
    taken: ['*', '**', 'a*b', 'a+b', '++', 'v1.0.0+x', 'refs/tags/v*', 'x'.repeat(512)],
    refused: [
      '',
      'x'.repeat(513),
      ...'()[]{}^$|\\?'.split('').map((one) => `a${one}b`),
      'a.+',
      'a*+',
      'x***',
      'a b',
      'a\u0000',
    ],
  },
  'the name of a signer': {
    schema: signerName,
    taken: ['acme/app/.github/workflows/x.yml', 'acme/*/x.yml', 'https://github.com/acme/app/x.yml'],
    refused: ['**', '*/app/x.yml', 'acme', '.github/workflows/x.yml', 'acme/(a|b)/x.yml'],
  },
  'a numeric id': {
    schema: digits,
    taken: ['1', '9'.repeat(19), 1, 42],
    refused: ['', '0', '01', '9'.repeat(20), '1x', 'x1', 0, -1, 1.5],
  },
  'a path below the repository': {
    schema: path,
    taken: ['keys/a.pem', 'a', 'keys/a:b.pem', '1:x', '.github/k.pem', 'a..b/c', 'a~'],
    refused: ['/etc/k.pem', '\\x', '~/.ssh/id', 'C:k.pem', 'c:/k.pem', 'a\\b', '..', '../k.pem', 'a/../b', 'a/..'],
  },
  'a date': {
    schema: date,
    taken: ['2027-01-31', '2028-02-29', '2027-12-01'],
    refused: [
      ...['2027-02-29', '2027-02-30', '2027-04-31', '2027-13-01', '2027-00-10', '2027-01-00', '2027-01-32'],
      ...[
        '27-01-31',
        '2027-1-31',
        '2027-01-1',
        '2027/01/31',
        '',
        'soon',
        ' 2027-01-31',
        '2027-01-31 ',
        '+012027-01-31',
      ],
      ...['2027-01-31 (x)', '2027-01-31(', '2027-01-31T00:00:00Z', '22027-01-31', '2027-01-312'],
    ],
  },
  'an origin': {
    schema: httpsOrigin,
    taken: [
      ...['https://npm.example', 'https://npm.example/', 'https://npm.example:8443/npm', 'https://[::1]:1/'],
      ...['http://localhost:4873', 'http://127.0.0.1', 'http://[::1]:9/x'],
    ],
    refused: [
      ...['http://npm.example', 'http://localhost.example', 'ftp://localhost', 'ws://127.0.0.1', 'file:///etc/passwd'],
      ...['https://user@npm.example', 'https://:pass@npm.example', 'https://user:pass@npm.example'],
      ...['https://npm.example/?token=x', 'https://npm.example/#x', 'npm.example', '', '//npm.example'],
    ],
  },
}

describe.for(Object.entries(FIELDS))('%s', ([, { schema, taken, refused }]) => {
  it.for(taken)('can be %j', (value) => expect(takes(schema, value)).toBe(true))
  it.for(refused)('cannot be %j', (value) => expect(takes(schema, value)).toBe(false))
})

describe('whose name a pattern writes out', () => {
  it.for<[string, boolean]>([
    ['acme/app', true],
    ['acme/*', true],
    ['acme/**', true],
    ['acme', false],
    ['acme/', false],
    ['/app', false],
    ['*/app', false],
    ['ac*/app', false],
    ['**', false],
    ['.github/workflows/x.yml', false],
    ['git@github.com:acme/app', false],
    ['https://github.com/acme/app', true],
    ['https://ghe.example/acme/app/.github/workflows/x.yml', true],
    ['https://github.com/acme', false],
    ['https://github.com/*/app', false],
    ['https://github.com/**', false],
    ['https://*/acme/app', false],
    ['https://*.example/acme/app', false],
    ['https:///acme/app', false],
    ['https://github.com@evil.example/acme/app', false],
    ['*/https://github.com/acme/app', false],
    ['https://github.com', false],
  ])('%s: %s', ([text, named]) => {
    expect(namesOwner(text)).toBe(named)
  })
})

describe('a pattern that is refused', () => {
  it.for<[string, z.ZodType, string]>([
    ['PATTERN_UNSAFE', glob, `${'a'.repeat(400)}|`],
    ['POLICY_NO_IDENTITY', signerName, `*${'a'.repeat(400)}/x`],
  ])('has the code %s, stands where it is, and is shown in part', ([code, schema, text]) => {
    const [issue] = schema.safeParse(text).error?.issues ?? []
    expect(issue).toMatchObject({ path: [], params: { code } })
    expect(issue?.message).toContain(`${text.slice(0, 80)}" `)
    expect(issue?.message).not.toContain(text.slice(0, 81))
  })
})

describe('an entry', () => {
  const entry = z.unknown().superRefine((value, context) => alternativesName(value as object, context))
  const faultsOf = (value: object) =>
    entry.safeParse(value).error?.issues.map((issue) => {
      const { code } = issue.code === 'custom' ? (issue.params ?? {}) : {}
      return `${issue.path.join('.')}: ${code ?? 'malformed'}`
    }) ?? []
  const SIGNER = { workflow: 'acme/app/x.yml' }

  it.for<[string, object, readonly string[]]>([
    ['asks for nobody', {}, []],
    ['names a workflow', { signer: SIGNER }, []],
    ['names a key', { signer: { key: 'k.pem' } }, []],
    ['names an address with its issuer', { signer: { email: 'a@example.org', issuer: 'https://x' } }, []],
    ['names an identity with its issuer', { signer: { identity: 'a', issuer: 'https://x' } }, []],
    ['names an identity of any issuer', { signer: { identity: 'a' } }, ['signer: POLICY_NO_IDENTITY']],
    ['names an address of any issuer', { signer: { email: 'a@example.org' } }, ['signer: POLICY_NO_IDENTITY']],
    ['names an issuer alone', { signer: { issuer: 'https://x' } }, ['signer: POLICY_NO_IDENTITY']],
    ['names each of several', { signer: { 'any-of': [SIGNER, { key: 'k.pem' }] } }, []],
    ['names one of several', { signer: { 'any-of': [SIGNER, { issuer: 'x' }] } }, ['signer: POLICY_NO_IDENTITY']],
    ['names a repository', { source: { repository: 'acme/app' } }, []],
    ['names a repository by its number', { source: { 'repository-id': '1' } }, []],
    ['names an owner by its number', { source: { 'owner-id': 1 } }, []],
    ['names a ref of anybody', { source: {} }, ['source: POLICY_NO_IDENTITY']],
    ['names any owner', { source: { repository: '*/app' } }, ['source: POLICY_NO_IDENTITY']],
    ['narrows a named source by an issuer', { source: { repository: 'acme/app' }, signer: { issuer: 'x' } }, []],
    ['narrows a named signer by any source', { source: {}, signer: SIGNER }, []],
    ['takes the source from elsewhere', { source: 'publisher', signer: {} }, ['source: IDENTITY_SOURCE_UNTRUSTED']],
    ['takes the signer from elsewhere', { signer: 'registry' }, ['signer: IDENTITY_SOURCE_UNTRUSTED']],
    ['asks for a level of what counts by default', { level: 2 }, []],
    ['asks for a level of provenance', { level: 2, evidence: ['provenance'] }, []],
    ['asks for a level of a training run', { level: 2, evidence: ['training'] }, []],
    ['asks for a level of a summary', { level: 2, evidence: ['vsa'] }, []],
    ['asks for a level, and a signature beside provenance', { level: 2, evidence: ['signature', 'provenance'] }, []],
    ['asks for a level of what has none', { level: 2, evidence: ['signature', 'sbom'] }, ['level: malformed']],
    ['asks for a signature, and no level', { evidence: ['signature'] }, []],
  ])('that %s: %j', ([, value, faults]) => {
    expect(faultsOf(value)).toStrictEqual(faults)
  })
})
