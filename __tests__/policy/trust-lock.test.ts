import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../src/model/dependency.ts'
import { PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import {
  EMPTY_LOCK,
  EVIDENCE_TIERS,
  type LockEntry,
  type LockedSigner,
  type TrustLock,
} from '../../src/model/trust-lock.ts'
import { findLockEntries, isRecorded, recordedAs } from '../../src/policy/lock-entries.ts'
import { lockJsonSchema } from '../../src/policy/lock-schema.ts'
import { lockWidened } from '../../src/policy/lock-widened.ts'
import { matchesSigner, signerOf, signersFor } from '../../src/policy/locked-signer.ts'
import { proposeLock } from '../../src/policy/propose-lock.ts'
import { toRefPattern } from '../../src/policy/source-ref.ts'
import { formatTrustLock, parseTrustLock, readCanonical } from '../../src/policy/trust-lock.ts'
import { accepted, catchError, dependencyOf, evidenceOf, signerWith, subjectOf, verified, WORKFLOW } from './support.ts'

const LOCKED: LockedSigner = {
  issuer: 'https://token.actions.githubusercontent.com',
  repository: 'https://github.com/acme/app',
  repositoryId: '42',
  ownerId: '7',
  workflow: WORKFLOW,
  runner: 'github-hosted',
  refs: ['refs/tags/v*'],
  triggers: ['push'],
  environments: [],
}
const ENTRY: LockEntry = {
  ecosystem: 'npm',
  name: '@acme/app',
  line: '1',
  best: 'provenance',
  first: '1.0.0',
  signers: [LOCKED],
}
const LEFT_PAD: LockEntry = {
  ecosystem: 'npm',
  name: 'left-pad',
  line: '1',
  best: 'registered',
  first: '1.3.0',
  signers: [],
}
const lockOf = (...entries: LockEntry[]): TrustLock => ({ version: 1, entries })

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const maybe = fc.option(text, { nil: undefined })
const signers = fc.record({
  issuer: maybe,
  repository: maybe,
  repositoryId: maybe,
  ownerId: maybe,
  workflow: maybe,
  buildConfig: maybe,
  runner: maybe,
  identity: maybe,
  key: maybe,
  until: maybe,
  refs: fc.uniqueArray(text, { maxLength: 3 }).map((list) => list.sort()),
  triggers: fc.uniqueArray(text, { maxLength: 3 }),
  environments: fc.uniqueArray(text, { maxLength: 2 }),
})
const records = fc.record({ version: text, code: fc.constantFrom('COMMIT_UNREACHABLE', 'RUN_FAILED', 'REF_DENIED') })
const entries = fc.record({
  ecosystem: text,
  name: text,
  line: text,
  best: fc.constantFrom(...EVIDENCE_TIERS),
  first: text,
  ownerId: maybe,
  signers: fc.array(signers, { maxLength: 3 }),
  unusual: fc.option(fc.array(records, { maxLength: 3 }), { nil: undefined }),
})
const keyOf = ({ ecosystem, name, line }: LockEntry) => JSON.stringify([ecosystem, name, line])
const locks = fc.uniqueArray(entries, { maxLength: 6, selector: keyOf }).map((list) => lockOf(...list))
describe('the trust lock', () => {
  it('is one block for each name and line, sorted, and one line where there is no signer', () => {
    const written = formatTrustLock(lockOf(LEFT_PAD, ENTRY))
    expect(written).toMatchInlineSnapshot(`
      "# Who each dependency is accepted from, by name and release line. Reviewed like code.
      # Written by \`cleanbill init\`; \`cleanbill gate --update-lock\` proposes changes.
      version: 1
      entries:
        - ecosystem: "npm"
          name: "@acme/app"
          line: "1"
          best: provenance
          first: "1.0.0"
          signers:
            - issuer: "https://token.actions.githubusercontent.com"
              repository: "https://github.com/acme/app"
              repository-id: "42"
              owner-id: "7"
              workflow: "https://github.com/acme/app/.github/workflows/release.yml"
              runner: "github-hosted"
              refs: ["refs/tags/v*"]
              triggers: ["push"]
              environments: []
        - { ecosystem: "npm", name: "left-pad", line: "1", best: registered, first: "1.3.0" }
      "
    `)
    expect(parseTrustLock(written, 'cleanbill.lock')).toStrictEqual(lockOf(ENTRY, LEFT_PAD))
  })

  it('records what was unusual beside the other fields, sorted', () => {
    const unusual = [
      { version: '1.3.0', code: 'RUN_FAILED' },
      { version: '1.2.3', code: 'COMMIT_UNREACHABLE' },
    ]
    const written = formatTrustLock(lockOf({ ...LEFT_PAD, unusual }, { ...ENTRY, unusual }))
    const list = 'unusual: ["1.2.3 COMMIT_UNREACHABLE", "1.3.0 RUN_FAILED"]'
    expect(written).toContain(`first: "1.0.0"\n    ${list}\n    signers:\n`)
    expect(written).toContain(`first: "1.3.0", ${list} }\n`)
    const [signed, bare] = parseTrustLock(written, 'lock').entries
    expect([signed?.unusual, bare?.unusual]).toStrictEqual([unusual.toReversed(), unusual.toReversed()])
    expect(formatTrustLock(lockOf({ ...LEFT_PAD, unusual: [] }))).toBe(formatTrustLock(lockOf(LEFT_PAD)))
  })

  it('round trips, whatever is in it', () => {
    fc.assert(
      fc.property(locks, (lock) => {
        const written = formatTrustLock(lock)
        expect(formatTrustLock(parseTrustLock(written, 'lock'))).toBe(written)
        expect(formatTrustLock(lockOf(...lock.entries.toReversed()))).toBe(written)
      }),
      { numRuns: 100 },
    )
  })

  it('is read the same by the quick reader and by the one for all of YAML', () => {
    fc.assert(
      fc.property(locks, (lock) => {
        const written = formatTrustLock(lock)
        const other = written.replace('version: 1\n', 'version:   1 # as somebody else writes it\n')
        expect(readCanonical(other)).toBeUndefined()
        expect(parseTrustLock(other, 'lock')).toStrictEqual(readCanonical(written))
      }),
      { numRuns: 60 },
    )
  })

  it('reads no entry that is not written: a line that is changed is refused or read as what it says', () => {
    const written = formatTrustLock(lockOf(ENTRY, LEFT_PAD))
    fc.assert(
      fc.property(fc.nat(written.length - 1), fc.string({ minLength: 1, maxLength: 3 }), (at, put) => {
        const changed = written.slice(0, at) + put + written.slice(at + 1)
        try {
          const read = parseTrustLock(changed, 'lock')
          expect(parseTrustLock(formatTrustLock(read), 'lock')).toStrictEqual(read)
        } catch (error) {
          expect(error).toMatchObject({ code: 'LOCK_MALFORMED' })
        }
      }),
      { numRuns: 150 },
    )
  })

  it.for<[string, string, number]>([
    ['the markers of a merge conflict', 'version: 1\nentries:\n<<<<<<< ours\n=======\n>>>>>>> theirs\n', 3],
    [
      'an unknown key',
      'version: 1\nentries:\n  - { ecosystem: npm, name: x, line: "1", best: none, first: "1", sigers: [] }\n',
      3,
    ],
    [
      'an unknown tier',
      'version: 1\nentries:\n  - { ecosystem: npm, name: x, line: "1", best: gold, first: "1" }\n',
      3,
    ],
    ['another version of the format', 'version: 2\nentries: []\n', 1],
    ['no entries', 'version: 1\n', 1],
    ['an alias', 'version: 1\nentries: &a []\n', 2],
    ['a key twice', 'version: 1\nversion: 1\nentries: []\n', 2],
    ['nothing', '', 1],
    ...['"COMMIT_UNREACHABLE"', '"1.2.3 commit"', '" COMMIT_UNREACHABLE"', '1.2', ''].map(
      (record): [string, string, number] => [
        `a record that is ${record === '' ? 'empty' : record}`,
        `version: 1\nentries:\n  - { ecosystem: "npm", name: "x", line: "1", best: none, first: "1", unusual: [${record}] }\n`,
        3,
      ],
    ),
    [
      'a number for a line',
      'version: 1\nentries:\n  - { ecosystem: npm, name: x, line: 1, best: none, first: "1" }\n',
      3,
    ],
  ])('with %s is refused with its line', ([, written, line]) => {
    const refused = catchError(() => parseTrustLock(written, 'cleanbill.lock'))
    expect(refused).toMatchObject({ code: 'LOCK_MALFORMED', file: 'cleanbill.lock', line })
  })

  it.for([formatTrustLock(lockOf(LEFT_PAD)), 'version: 1\nentries:\n'])('with one entry twice is refused', (head) => {
    const item = '  - { ecosystem: "npm", name: "left-pad", line: "1", best: registered, first: "1.3.0" }\n'
    const written = head.includes(item) ? head + item : head + item + item
    const refused = catchError(() => parseTrustLock(written, 'lock'))
    expect(refused).toMatchObject({ code: 'LOCK_MALFORMED', line: written.split('\n').length - 1 })
  })

  const COMPACT = '  - { ecosystem: "npm", name: "left-pad", line: "1", best: registered, first: "1.3.0" }\n'
  it.for<[string, (written: string) => string]>([
    [
      'its entries in another order',
      (written) => written.replace(COMPACT, '').replace('entries:\n', `entries:\n${COMPACT}`),
    ],
    ['an entry twice', (written) => written + COMPACT],
    ['a field twice', (written) => written.replace('    best: ', '    name: "other"\n    best: ')],
    ['a field that is not its own', (written) => written.replace('    best: ', '    colour: "red"\n    best: ')],
    ['a field that no signer has', (written) => written.replace('refs: [', 'colour: "red"\n        refs: [')],
    ['a list where a text belongs', (written) => written.replace('line: "1"', 'line: ["1"]')],
    ['a text where a list belongs', (written) => written.replace('refs: ["refs/tags/v*"]', 'refs: "refs/tags/v*"')],
    ['a number in a list', (written) => written.replace('["push"]', '[1]')],
    ['a tier that there is not', (written) => written.replace('best: provenance', 'best: gold')],
    ['a quoted tier', (written) => written.replace('best: provenance', 'best: "provenance"')],
    ['a signer before all entries', (written) => written.replace('  - ', '      - key: "ab"\n  - ')],
    ['a field before all entries', (written) => written.replace('entries:\n', 'entries:\n    name: "x"\n')],
    ['another indentation', (written) => written.replace('    best: ', '   best: ')],
    ['a comment behind a field', (written) => written.replace('best: provenance', 'best: provenance # yes')],
    ['a line of prose', (written) => `${written}and so on\n`],
    ['a half line', (written) => written.slice(0, -3)],
    ['a broken escape', (written) => written.replace('"1.0.0"', '"\\x"')],
    ['an escape that is not needed', (written) => written.replace('"npm"', '"\\u006epm"')],
    ['no line break at the end', (written) => written.trimEnd()],
    ['other words at the head', (written) => written.replace('Reviewed', 'Not reviewed')],
    ['an end of the list of signers', (written) => written.replace(COMPACT, `    signers:\n${COMPACT}`)],
  ])('with %s is left to the reader for all of YAML', ([, change]) => {
    const written = formatTrustLock(lockOf(ENTRY, { ...LEFT_PAD, name: 'a' }, LEFT_PAD))
    const changed = change(written)
    expect(changed).not.toBe(written)
    expect(readCanonical(changed)).toBeUndefined()
    expect(readCanonical(written)).toStrictEqual(lockOf(ENTRY, { ...LEFT_PAD, name: 'a' }, LEFT_PAD))
  })

  it('lists signers in one order, whoever was added first', () => {
    const key = { key: 'ab', refs: [], triggers: [], environments: [] }
    const other = { ...LOCKED, repository: 'https://github.com/acme/zzz' }
    const orders = [
      [LOCKED, other, key],
      [key, other, LOCKED],
      [other, key, LOCKED],
    ].map((list) => formatTrustLock(lockOf({ ...ENTRY, signers: list })))
    expect(new Set(orders).size).toBe(1)
    expect(readCanonical(orders[0] ?? '')?.entries[0]?.signers).toStrictEqual([LOCKED, other, key])
  })

  it('keeps the owner of a model, with signers and without', () => {
    const model = { ...LEFT_PAD, ecosystem: 'huggingface', ownerId: '5f1' }
    const written = formatTrustLock(lockOf(model, { ...ENTRY, ownerId: '7' }))
    expect(written).toContain('first: "1.3.0", owner-id: "5f1" }\n')
    expect(written).toContain('    first: "1.0.0"\n    owner-id: "7"\n    signers:\n')
    expect(readCanonical(written)).toStrictEqual(lockOf(model, { ...ENTRY, ownerId: '7' }))
  })

  it('is ASCII, whatever names are in it: no reader sees another text', () => {
    const name = 'é\u007f\u00a0\u2028\u{1f600}"\\\n'
    const written = formatTrustLock(lockOf({ ...LEFT_PAD, name }))
    expect(written).toContain(String.raw`name: "\u00e9\u007f\u00a0\u2028\ud83d\ude00\"\\\n"`)
    expect(written).toMatch(/^[\n -~]*$/)
    expect(readCanonical(written)?.entries[0]?.name).toBe(name)
  })

  it.for(['a - b', 'name: "x", line: "9"', '] }', '- { x', 'a", b', '['])(
    'is read quickly with a name like %s',
    (name) => {
      const lock = lockOf(
        { ...LEFT_PAD, name },
        { ...ENTRY, name: `${name}z`, unusual: [{ version: name, code: 'X' }] },
      )
      expect(
        readCanonical(formatTrustLock(lock))
          ?.entries.map((one) => one.name)
          .sort(),
      ).toStrictEqual([name, `${name}z`])
    },
  )

  it('is read also where lists of a signer are left out, as people write it', () => {
    const item = '- ecosystem: npm\n  name: x\n  line: "1"\n  best: signed\n  first: "1"\n  signers: [{ key: ab }]\n'
    const [entry] = parseTrustLock(`version: 1\nentries:\n${item}`, 'lock').entries
    expect(entry?.signers).toStrictEqual([{ key: 'ab', refs: [], triggers: [], environments: [] }])
  })

  /** Both forms: as it is written, and as somebody else writes it. */
  const bothForms = (lock: TrustLock) => {
    const written = formatTrustLock(lock)
    return [written, written.replace('version: 1\n', 'version:   1\n')]
  }
  const texts = (count: number) => Array.from({ length: count }, (_, n) => `x${n}`)
  const unusual = (count: number) => texts(count).map((version) => ({ version, code: 'RUN_FAILED' }))
  it.for<[string, number, (count: number) => Partial<LockEntry>]>([
    ['characters in a text', 2048, (count) => ({ name: 'x'.repeat(count) })],
    ['refs of a signer', 64, (count) => ({ signers: [{ ...LOCKED, refs: texts(count) }] })],
    ['signers of an entry', 64, (count) => ({ signers: texts(count).map((key) => ({ ...LOCKED, key })) })],
    ['records of an entry', 1024, (count) => ({ unusual: unusual(count) })],
  ])('has at most so many %s in either form: %i', ([, limit, more]) => {
    for (const written of bothForms(lockOf({ ...LEFT_PAD, ...more(limit) }))) {
      expect(parseTrustLock(written, 'lock').entries).toHaveLength(1)
    }
    for (const written of bothForms(lockOf({ ...LEFT_PAD, ...more(limit + 1) }))) {
      expect(catchError(() => parseTrustLock(written, 'lock'))).toMatchObject({ code: 'LOCK_MALFORMED', file: 'lock' })
    }
  })

  it.for<[string, Partial<LockEntry>]>([
    ['a ref', { signers: [{ ...LOCKED, refs: [''] }] }],
    ['a version of a record', { unusual: [{ version: '', code: 'RUN_FAILED' }] }],
    ['a code of a record', { unusual: [{ version: '1.3.0', code: '' }] }],
    ['a name', { name: '' }],
    ['a key', { signers: [{ ...LOCKED, key: '' }] }],
  ])('has no empty text in either form: %s', ([, more]) => {
    for (const written of bothForms(lockOf({ ...LEFT_PAD, ...more }))) {
      expect(catchError(() => parseTrustLock(written, 'lock'))).toMatchObject({ code: 'LOCK_MALFORMED' })
    }
  })

  it('with a text of megabytes is left to the reader that refuses it', () => {
    expect(readCanonical(formatTrustLock(lockOf({ ...LEFT_PAD, name: 'x'.repeat(12e6) })))).toBeUndefined()
  })

  it('is not larger than 32 MiB, whichever form it has', () => {
    const item = '  - { ecosystem: "npm", name: "a00000", line: "1", best: none, first: "1.3.0" }\n'
    const long = item.replace('"1.3.0"', `"${'0'.repeat(2000)}"`)
    const items = Array.from({ length: 17_000 }, (_, n) => long.replace('00000', String(n).padStart(5, '0')))
    const written = formatTrustLock(lockOf(LEFT_PAD)).replace('  - ', () => `${items.join('')}  - `)
    expect(written.length).toBeGreaterThan(32 * 1024 * 1024)
    expect(readCanonical(written)).toBeUndefined()
    const refused = catchError(() => parseTrustLock(written, 'lock'))
    expect(refused).toMatchObject({ code: 'LOCK_MALFORMED', line: 1, column: 1 })
  })

  it('names an entry that is there twice by its first characters: the name is anybody’s', () => {
    const item = `  - { ecosystem: npm, name: ${'x'.repeat(201)}, line: "1", best: none, first: "1" }\n`
    const refused = catchError(() => parseTrustLock(`version: 1\nentries:\n${item}${item}`, 'lock'))
    expect(refused).toMatchObject({ file: 'lock', line: 4, column: 5 })
    expect(refused).toHaveProperty('message', expect.stringContaining(`npm "${'x'.repeat(200)}" line 1`))
  })

  it('has a schema for editors, with its limits', () => {
    expect(lockJsonSchema()).toMatchObject({
      $id: expect.stringMatching(/lock-v1/),
      properties: { version: { const: 1 }, entries: { maxItems: 200_000 } },
      required: ['version', 'entries'],
      additionalProperties: false,
    })
  })

  it('of two thousand entries is read in a fraction of the time that the same lock takes in other YAML', () => {
    const many = Array.from({ length: 2000 }, (_, n) =>
      n % 5 < 2 ? { ...ENTRY, name: `p${n}` } : { ...LEFT_PAD, name: `p${n}` },
    )
    const written = formatTrustLock(lockOf(...many))
    const usedBy = (text: string): number => {
      const before = process.cpuUsage()
      expect(parseTrustLock(text, 'lock').entries).toHaveLength(2000)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    const general = usedBy(`# written by hand\n${written}`)
    expect(usedBy(written)).toBeLessThan(general / 3)
  })
})

describe('a locked signer', () => {
  it('holds what is constant over releases and nothing else', () => {
    expect(signerOf(verified(), '1.2.3')).toStrictEqual(LOCKED)
    const later = signerWith({
      buildSignerUri: `${WORKFLOW}@refs/tags/v1.2.4`,
      buildConfigUri: `${WORKFLOW}@refs/tags/v1.2.4`,
      sourceRepositoryRef: 'refs/tags/v1.2.4',
      sourceRepositoryDigest: 'd'.repeat(40),
      buildSignerDigest: 'd'.repeat(40),
      runInvocationUri: 'https://github.com/acme/app/actions/runs/12/attempts/1',
    })
    expect(signerOf(verified({}, later), '1.2.4')).toStrictEqual(LOCKED)
  })

  it.for([
    ['refs/tags/v1.2.3', '1.2.3', 'refs/tags/v*'],
    ['refs/tags/1.2.3', '1.2.3', 'refs/tags/*'],
    ['refs/tags/@acme/app@1.2.3', '1.2.3', 'refs/tags/@acme/app@*'],
    ['refs/tags/app-v1.2.3', '1.2.3', 'refs/tags/app-v*'],
    ['refs/tags/v11.2.3', '1.2.3', 'refs/tags/v11.2.3'],
    ['refs/tags/v0.1.2.3', '1.2.3', 'refs/tags/v0.1.2.3'],
    ['refs/tags/nightly', '1.2.3', 'refs/tags/nightly'],
    ['refs/heads/main', '1.2.3', 'refs/heads/main'],
    ['refs/heads/v1.2.3', '1.2.3', 'refs/heads/v1.2.3'],
    ['refs/tags/v1.2.3', 'v1.2.3', 'refs/tags/v*'],
    ['refs/tags/v1', '', 'refs/tags/v1'],
  ] as const)('turns %s of version %s into %s', ([ref, version, pattern]) => {
    expect(toRefPattern(ref, version)).toBe(pattern)
  })

  it.for<[string, Partial<LockedSigner>]>([
    ['issuer', { issuer: 'https://gitlab.com' }],
    ['repository-id', { repositoryId: '43' }],
    ['owner-id', { ownerId: '8' }],
    ['workflow', { workflow: `${WORKFLOW}x` }],
    ['build-config', { buildConfig: 'https://github.com/acme/other/.github/workflows/x.yml' }],
    ['runner', { runner: 'self-hosted' }],
    ['refs', { refs: ['refs/heads/snapshot-a1b2c3d4'] }],
    ['refs', { refs: [] }],
    ['triggers', { triggers: ['pull_request_target'] }],
    ['triggers', { triggers: [] }],
    ['identity', { identity: 'somebody@example.org' }],
    ['key', { key: 'e'.repeat(64) }],
  ])('differs by its %s (T-ID-08)', ([field, change]) => {
    expect(matchesSigner(LOCKED, LOCKED)).toStrictEqual({ matches: true, differs: [] })
    expect(matchesSigner(LOCKED, { ...LOCKED, ...change })).toStrictEqual({ matches: false, differs: [field] })
  })

  it.for(['issuer', 'repositoryId', 'ownerId', 'workflow', 'runner'] as const)(
    'without its %s is another one',
    (field) => {
      const { [field]: _, ...rest } = LOCKED
      expect(matchesSigner(LOCKED, rest).matches).toBe(false)
    },
  )

  it('is still the same when the repository was renamed, and another one when the name was taken again', () => {
    expect(matchesSigner(LOCKED, { ...LOCKED, repository: 'https://github.com/acme/renamed' }).matches).toBe(true)
    expect(matchesSigner(LOCKED, { ...LOCKED, repositoryId: '99' }).differs).toStrictEqual(['repository-id'])
  })

  it('gains by an environment that is new, and does not match without the one it had', () => {
    const guarded = { ...LOCKED, environments: ['release'] }
    expect(matchesSigner(LOCKED, guarded).matches).toBe(true)
    expect(matchesSigner(guarded, LOCKED).differs).toStrictEqual(['environments'])
    expect(matchesSigner(guarded, { ...LOCKED, environments: ['other'] }).differs).toStrictEqual(['environments'])
  })

  it('that names nobody matches nobody: unknown equals nothing', () => {
    const nobody: LockedSigner = { refs: [], triggers: [], environments: [] }
    expect(matchesSigner(nobody, nobody).matches).toBe(false)
  })

  it('that is a key, an e-mail address or a certificate of a private CA is known by that', () => {
    const key = { kind: 'key', fingerprint: 'f'.repeat(64), source: 'key' } as const
    expect(signerOf(verified({}, key))).toMatchObject({ key: 'f'.repeat(64), refs: [] })
    const person = {
      kind: 'certificate',
      subjectAlternativeName: { type: 'email', value: 'data@example.org' },
      issuer: 'https://accounts.example',
      claims: {},
      legacy: {},
    } as const
    expect(signerOf(verified({}, person))).toMatchObject({
      identity: 'data@example.org',
      issuer: 'https://accounts.example',
    })
    const ca = { kind: 'private-ca', subject: 'CN=Lab', commonName: 'Lab', fingerprint: 'a'.repeat(64) } as const
    expect(signerOf(verified({}, ca))).toMatchObject({ identity: 'Lab' })
  })

  it('counts only before the version that ends it', () => {
    const entry = { ...ENTRY, signers: [{ ...LOCKED, until: '1.5.0' }] }
    expect(signersFor(entry, '1.4.9')).toHaveLength(1)
    expect(signersFor(entry, '1.5.0')).toHaveLength(0)
    expect(signersFor(entry, undefined)).toHaveLength(0)
  })
})

describe('a proposal for the lock', () => {
  const attested = subjectOf({ evidence: evidenceOf({ accepted: [accepted()] }) })
  const plainPad = subjectOf({ id: 'pkg:npm/left-pad@1.3.0' })

  it('has every name that was answered for, with its best evidence and signers', () => {
    const { lock, changes } = proposeLock(EMPTY_LOCK, [plainPad, attested])
    expect(formatTrustLock(lock)).toBe(formatTrustLock(lockOf({ ...ENTRY, first: '1.2.3' }, LEFT_PAD)))
    expect(changes.map(({ kind, name }) => [kind, name])).toStrictEqual([
      ['entry-added', 'left-pad'],
      ['entry-added', '@acme/app'],
    ])
  })

  it('changes nothing the second time', () => {
    const { lock } = proposeLock(EMPTY_LOCK, [plainPad, attested])
    expect(proposeLock(lock, [attested, plainPad])).toStrictEqual({ lock, changes: [] })
  })

  it('adds a signer that is new, raises what is stronger, and never removes or lowers', () => {
    const other = signerWith({ sourceRepositoryIdentifier: '99' })
    const swapped = subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({}, other))] }) })
    const added = proposeLock(lockOf(ENTRY), [swapped])
    expect(added.lock.entries[0]?.signers).toHaveLength(2)
    expect(added.changes.map(({ kind }) => kind)).toStrictEqual(['signer-added'])
    const lost = proposeLock(lockOf(ENTRY), [subjectOf()])
    expect(lost).toStrictEqual({ lock: lockOf(ENTRY), changes: [] })
    const raised = proposeLock(lockOf({ ...LEFT_PAD, name: '@acme/app' }), [attested])
    expect(raised.changes.map(({ kind }) => kind)).toStrictEqual(['best-raised', 'signer-added'])
  })

  it('widens the refs of a signer that is otherwise the same, and says so', () => {
    const main = signerWith({ sourceRepositoryRef: 'refs/heads/main' })
    const { lock, changes } = proposeLock(lockOf(ENTRY), [
      subjectOf({ evidence: evidenceOf({ accepted: [accepted(verified({}, main))] }) }),
    ])
    expect(lock.entries[0]?.signers.map(({ refs }) => refs)).toStrictEqual([['refs/heads/main', 'refs/tags/v*']])
    expect(changes).toHaveLength(1)
    expect(lockWidened(lockOf(ENTRY), lock)).toHaveLength(1)
  })

  it('does not record "has none" of what could not be asked, nor anything of what was refused', () => {
    const error = { source: 'npm', fault: 'unreachable', message: 'x' } as const
    const refused = { where: 'x', source: 'npm', code: 'SIGNATURE_INVALID', message: 'x' } as const
    const unasked = subjectOf({ evidence: evidenceOf({ unavailable: [error] }) })
    const bad = subjectOf({ evidence: evidenceOf({ refused: [refused] }) })
    expect(proposeLock(EMPTY_LOCK, [unasked, bad]).lock.entries).toStrictEqual([])
  })

  it('keeps what has no publisher out: folders, files that nothing reads', () => {
    expect(proposeLock(EMPTY_LOCK, [subjectOf({ id: 'workspace:packages/a' })]).lock.entries).toStrictEqual([])
    const git = subjectOf({ id: 'pkg:npm/%40acme/app@1.2.3?vcs_url=git%2Bhttps://evil.example/x' })
    expect(proposeLock(EMPTY_LOCK, [git]).lock.entries).toStrictEqual([])
    expect(findLockEntries(lockOf(ENTRY))(git.dependency).lock).toBe(ENTRY)
  })

  it("takes PyPI's publish attestation for signed evidence", () => {
    const wheel = subjectOf({
      id: 'pkg:pypi/Acme.App@1.2.3',
      evidence: evidenceOf({ accepted: [accepted(verified({ predicateType: PYPI_PUBLISH, predicate: null }))] }),
    })
    const { lock } = proposeLock(EMPTY_LOCK, [wheel])
    expect(lock.entries[0]).toMatchObject({ ecosystem: 'pypi', name: 'acme-app', best: 'signed' })
    expect(findLockEntries(lock)(dependencyOf('pkg:pypi/acme_app@1.9')).lock).toBe(lock.entries[0])
  })

  it('is found again by name and release line', () => {
    const find = findLockEntries(lockOf(ENTRY, { ...ENTRY, line: '2' }))
    expect(find(dependencyOf('pkg:npm/%40acme/app@1.9.0')).lock?.line).toBe('1')
    expect(find(dependencyOf('pkg:npm/%40acme/app@3.0.0'))).toMatchObject({
      otherLines: [{ line: '1' }, { line: '2' }],
    })
    expect(find(dependencyOf('pkg:npm/app@1.9.0'))).toStrictEqual({ otherLines: [] })
  })
})

describe('what was unusual on first sight', () => {
  const fault = (id: string, more = {}) => subjectOf({ id, ...more })
  const codes = [['COMMIT_UNREACHABLE', 'RUN_FAILED']]

  it('is recorded with an entry that is new, once for each version and code', () => {
    const { lock, changes } = proposeLock(
      EMPTY_LOCK,
      [fault('pkg:npm/left-pad@1.3.0'), fault('pkg:npm/left-pad@1.3.0'), fault('pkg:npm/left-pad@1.4.0')],
      [...codes, ...codes, ['RUN_FAILED']],
    )
    expect(lock.entries[0]?.unusual).toStrictEqual([
      { version: '1.3.0', code: 'COMMIT_UNREACHABLE' },
      { version: '1.3.0', code: 'RUN_FAILED' },
      { version: '1.4.0', code: 'RUN_FAILED' },
    ])
    expect(changes).toHaveLength(1)
    expect(changes[0]?.message).toContain('1.3.0 COMMIT_UNREACHABLE')
  })

  it('is never added to an entry that is there: a later version fails', () => {
    const known = proposeLock(lockOf(LEFT_PAD), [fault('pkg:npm/left-pad@1.4.0')], codes)
    expect(known).toStrictEqual({ lock: lockOf(LEFT_PAD), changes: [] })
  })

  it.for<[string, string, Partial<Dependency>, string | undefined]>([
    ['a package by its version', 'pkg:npm/left-pad@1.3.0', {}, '1.3.0'],
    ['an action by its commit', `pkg:github/acme/do@${'c'.repeat(40)}`, { kind: 'action' }, 'c'.repeat(40)],
    [
      'an image by its digest',
      'pkg:oci/base@1',
      { kind: 'image', digests: { sha256: 'd'.repeat(64) } },
      'd'.repeat(64),
    ],
    ['an action under a tag not at all', 'pkg:github/acme/do@v4', { kind: 'action', digests: {} }, undefined],
    ['a repository’s package not at all', 'pkg:npm/x@1.0.0?vcs_url=git%2Bhttps://evil.example/x', {}, undefined],
    ['a folder not at all', 'workspace:packages/a', { version: '1.0.0' }, undefined],
  ])('names %s', ([, id, more, version]) => {
    expect(recordedAs(dependencyOf(id, more))).toBe(version)
  })

  it('is of that version and code, and of no other', () => {
    const entry = { ...LEFT_PAD, unusual: [{ version: '1.3.0', code: 'RUN_FAILED' }] }
    const of = (id: string, code: string, lock: LockEntry | undefined = entry) =>
      isRecorded(lock, dependencyOf(id), code)
    expect(of('pkg:npm/left-pad@1.3.0', 'RUN_FAILED')).toBe(true)
    expect(of('pkg:npm/left-pad@1.3.1', 'RUN_FAILED')).toBe(false)
    expect(of('pkg:npm/left-pad@1.3.0', 'COMMIT_UNREACHABLE')).toBe(false)
    expect(of('pkg:npm/left-pad@1.3.0', 'RUN_FAILED', LEFT_PAD)).toBe(false)
    // The registry's version was looked at, not what a repository has under the same number.
    expect(of('pkg:npm/left-pad@1.3.0?vcs_url=git%2Bhttps://evil.example/x', 'RUN_FAILED')).toBe(false)
  })
})

describe('a changed lock (T-PP-08)', () => {
  it.for<[string, LockEntry | undefined]>([
    ['a new signer', { ...ENTRY, signers: [LOCKED, { ...LOCKED, repositoryId: '99' }] }],
    ['another signer in its place', { ...ENTRY, signers: [{ ...LOCKED, repositoryId: '99' }] }],
    ['no signer', { ...ENTRY, signers: [] }],
    ['a wider ref', { ...ENTRY, signers: [{ ...LOCKED, refs: ['refs/**'] }] }],
    ['any ref', { ...ENTRY, signers: [{ ...LOCKED, refs: [] }] }],
    ['one more trigger', { ...ENTRY, signers: [{ ...LOCKED, triggers: ['push', 'pull_request_target'] }] }],
    ['any runner', { ...ENTRY, signers: [omit(LOCKED, 'runner')] }],
    ['weaker evidence', { ...ENTRY, best: 'registered' }],
    ['a record of what was unusual', { ...ENTRY, unusual: [{ version: '1.2.3', code: 'RUN_FAILED' }] }],
    ['no entry', undefined],
  ])('with %s is found wider', ([, after]) => {
    expect(
      lockWidened(lockOf(ENTRY, LEFT_PAD), lockOf(...(after === undefined ? [] : [after]), LEFT_PAD)),
    ).not.toHaveLength(0)
  })

  it.for<[string, LockEntry[]]>([
    ['the same', [ENTRY, LEFT_PAD]],
    ['one more name', [ENTRY, LEFT_PAD, { ...ENTRY, name: 'new' }]],
    ['stronger evidence', [ENTRY, { ...LEFT_PAD, best: 'provenance' }]],
    ['an environment more', [{ ...ENTRY, signers: [{ ...LOCKED, environments: ['release'] }] }, LEFT_PAD]],
    ['an end', [{ ...ENTRY, signers: [{ ...LOCKED, until: '1.9.0' }] }, LEFT_PAD]],
    ['a narrower ref', [{ ...ENTRY, signers: [{ ...LOCKED, refs: ['refs/tags/v1*'] }] }, LEFT_PAD]],
  ])('with %s is not', ([, after]) => {
    expect(lockWidened(lockOf(ENTRY, LEFT_PAD), lockOf(...after))).toStrictEqual([])
  })

  it('that brings a name in with such a record is found wider, and one that drops a record is not', () => {
    const unusual = [{ version: '1.3.0', code: 'RUN_FAILED' }]
    const fresh = lockOf(ENTRY, { ...LEFT_PAD, unusual })
    expect(lockWidened(lockOf(ENTRY), fresh)).toMatchObject([{ name: 'left-pad' }])
    expect(lockWidened(fresh, lockOf(ENTRY, LEFT_PAD))).toStrictEqual([])
    expect(lockWidened(fresh, fresh)).toStrictEqual([])
    const more = lockOf(ENTRY, { ...LEFT_PAD, unusual: [...unusual, { version: '1.3.1', code: 'RUN_FAILED' }] })
    expect(lockWidened(fresh, more)).toHaveLength(1)
  })

  it('whose end is taken away is found wider', () => {
    const ended = { ...ENTRY, signers: [{ ...LOCKED, until: '1.9.0' }] }
    expect(lockWidened(lockOf(ended), lockOf(ENTRY))).toHaveLength(1)
  })
})

function omit<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value
  return rest
}
