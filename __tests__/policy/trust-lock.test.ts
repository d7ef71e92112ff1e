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
import { lockWidened } from '../../src/policy/lock-widened.ts'
import { matchesSigner, signerOf, signersFor } from '../../src/policy/locked-signer.ts'
import { proposeLock } from '../../src/policy/propose-lock.ts'
import { toRefPattern } from '../../src/policy/source-ref.ts'
import { formatTrustLock, parseTrustLock } from '../../src/policy/trust-lock.ts'
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
/** Without what is undefined, and in the order of the file. */
const plain = (lock: TrustLock): unknown => JSON.parse(JSON.stringify(parseTrustLock(formatTrustLock(lock), 'lock')))

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
        expect(JSON.parse(JSON.stringify(parseTrustLock(other, 'lock')))).toStrictEqual(plain(lock))
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

  it('of two thousand entries is read in a fraction of a second', () => {
    const many = Array.from({ length: 2000 }, (_, n) =>
      n % 5 < 2 ? { ...ENTRY, name: `p${n}` } : { ...LEFT_PAD, name: `p${n}` },
    )
    const written = formatTrustLock(lockOf(...many))
    const started = performance.now()
    expect(parseTrustLock(written, 'lock').entries).toHaveLength(2000)
    expect(performance.now() - started).toBeLessThan(500)
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
