import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../src/model/dependency.ts'
import type { AllowEntry } from '../../src/model/policy.ts'
import { RELEASE_V01, RELEASE_V02 } from '../../src/model/predicates/release.ts'
import { checkAllowed } from '../../src/policy/allow.ts'
import { defaultPolicy } from '../../src/policy/parse-policy.ts'
import type { Subject } from '../../src/policy/rule.ts'
import { attested, dependencyOf, evidenceOf, factsOf, known, subjectOf, unknown } from '../support/subjects.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const SHA512 = { sha512: 'a'.repeat(128) }

const check = (subject: Subject, ...allow: readonly Partial<AllowEntry>[]) =>
  checkAllowed(subject, {
    ...defaultPolicy(),
    file: 'cleanbill.yml',
    allow: allow.map((entry) => ({ kind: subject.dependency.kind, line: 1, ...entry })),
  })
const with_ = (id: string, more: Partial<Dependency> = {}, rest: Partial<Subject> = {}) =>
  subjectOf({ ...rest, dependency: dependencyOf(id, more) })
const action = (more: Partial<Dependency> = {}, rest: Partial<Subject> = {}) =>
  with_(`pkg:github/actions/checkout@${COMMIT}`, { kind: 'action', source: 'git', ...more }, rest)

describe('an owner is', () => {
  it.for<[string, id: string, more: Partial<Dependency>, owner: string, allowed: boolean]>([
    ['the scope of npm', 'pkg:npm/%40acme/app@1.0.0', {}, '@acme', true],
    ['the scope of npm, without its sign', 'pkg:npm/%40acme/app@1.0.0', {}, 'acme', true],
    ['of npm in its own case', 'pkg:npm/%40acme/app@1.0.0', {}, 'Acme', false],
    ['of npm none without a scope', 'pkg:npm/acme@1.0.0', {}, 'acme', false],
    ['not a scope of nearly the name', 'pkg:npm/%40acme-evil/app@1.0.0', {}, 'acme', false],
    ['not a name with the sign inside', 'pkg:npm/ac%40me/app@1.0.0', { name: 'ac@me/app' }, 'acme', false],
    ['not a letter less than a name without a scope', 'pkg:github/acme/app@v1', { kind: 'action' }, 'cme', false],
    ['the user of GitHub in any case', 'pkg:github/ACME/app@v1', { kind: 'action', name: 'ACME/app' }, 'acme', true],
    ['the user of GitHub, however the policy writes it', 'pkg:github/acme/app@v1', { kind: 'action' }, 'AcMe', true],
    [
      'not a user whose name is the same in capitals only',
      'pkg:github/strasse/app@v1',
      { kind: 'action' },
      'straße',
      false,
    ],
    ['the group of Maven', 'pkg:maven/org.acme/app@1', { name: 'org.acme:app' }, 'org.acme', true],
    ['the group of Maven, with nothing behind', 'pkg:maven/org.acme/app@1', { name: 'org.acme:app' }, 'org', false],
    ['of Maven in its own case', 'pkg:maven/org.acme/app@1', { name: 'org.acme:app' }, 'Org.Acme', false],
    ['not the artifact of Maven', 'pkg:maven/org.evil/x@1', { name: 'acme/x:y' }, 'acme', false],
    [
      'host and folder of an image',
      'pkg:oci/node@1',
      { kind: 'image', ecosystem: 'oci', name: 'docker.io/library/node' },
      'docker.io/library',
      true,
    ],
    [
      'host and folder of an image in any case',
      'pkg:oci/node@1',
      { kind: 'image', ecosystem: 'oci', name: 'Docker.io/Library/node' },
      'docker.io/library',
      true,
    ],
    [
      'not the host of an image alone',
      'pkg:oci/node@1',
      { kind: 'image', ecosystem: 'oci', name: 'docker.io/evil/node' },
      'docker.io',
      false,
    ],
    [
      'host and folder for docker too',
      'pkg:docker/node@1',
      { kind: 'image', ecosystem: 'docker', name: 'GHCR.io/acme/node' },
      'ghcr.io/acme',
      true,
    ],
    [
      'not the host for docker alone',
      'pkg:docker/node@1',
      { kind: 'image', ecosystem: 'docker', name: 'ghcr.io/acme/node' },
      'ghcr.io',
      false,
    ],
    ['nobody for a bare image', 'pkg:oci/node@1', { kind: 'image', ecosystem: 'oci', name: 'node' }, 'node', false],
  ])('%s', ([, id, more, owner, allowed]) => {
    expect(check(with_(id, more), { owner: ['nobody', owner] }).length).toBe(allowed ? 0 : 1)
  })
})

describe('a pin', () => {
  const files = (...digests: Dependency['digests'][]) => ({
    digests: {},
    files: digests.map((set) => ({ digests: set })),
  })

  it.for<[string, more: Partial<Dependency>, pinned: NonNullable<AllowEntry['pinned']>, allowed: boolean]>([
    ['by version is any version', { version: 'v4' }, 'version', true],
    ['by version is not none', { version: undefined }, 'version', false],
    ['by version is not an empty one', { version: '' }, 'version', false],
    ['by commit is its 40 digits', { version: COMMIT }, 'sha', true],
    ['by commit is the digest that the lock has', { version: 'v4', digests: { gitCommit: COMMIT } }, 'sha', true],
    ['by commit is no tag', { version: 'v4', digests: SHA512 }, 'sha', false],
    ['by commit is not nothing', { version: undefined, digests: {} }, 'sha', false],
    ['by digest is SHA-256', { digests: { sha256: 'a'.repeat(64) } }, 'digest', true],
    ['by digest is SHA-384', { digests: { sha384: 'a'.repeat(96) } }, 'digest', true],
    ['by digest is SHA-512', { digests: SHA512 }, 'digest', true],
    // Anybody can make two files of one SHA-1.
    ['by digest is not SHA-1', { digests: { sha1: 'a'.repeat(40) } }, 'digest', false],
    ['by digest is not a commit', { version: COMMIT, digests: { gitCommit: COMMIT } }, 'digest', false],
    ['by digest is the digest of each file', files(SHA512, SHA512), 'digest', true],
    ['by digest is not that of one file of two', files(SHA512, {}), 'digest', false],
    [
      'by digest is not that of the whole, where files have none',
      { digests: SHA512, files: [{ digests: {} }] },
      'digest',
      false,
    ],
    ['by digest is that of the whole, where there are no files', { digests: SHA512, files: [] }, 'digest', true],
    ['by digest is none, where there are no files', { digests: {}, files: [] }, 'digest', false],
  ])('%s', ([, more, pinned, allowed]) => {
    const found = check(action(more), { pinned })
    expect(found.map(({ message }) => message)).toEqual(
      allowed ? [] : [`actions are allowed by name, and this one is not pinned by ${pinned}`],
    )
  })

  it('is not asked for where the entry asks for none', () => {
    expect(check(action({ version: 'v4', digests: {} }), { owner: ['actions'] })).toEqual([])
  })
})

describe('an immutable release is', () => {
  const tags = (...immutable: boolean[]) =>
    factsOf({
      action: known({
        tags: immutable.map((one, index) => ({ name: `v${index}`, immutable: one })),
        reachableFrom: null,
        repositoryId: '1',
        ownerId: '2',
      }),
    })
  const released = (predicateType: string) => ({
    evidence: evidenceOf({ accepted: [attested({}, { predicateType })] }),
  })

  it.for<[string, Partial<Subject>, boolean]>([
    ['a tag that cannot move, among others', { facts: tags(false, true) }, true],
    ['no tag that can', { facts: tags(false, false) }, false],
    ['no commit without a tag', { facts: tags() }, false],
    ['nothing that nobody could ask for', { facts: factsOf({ action: unknown() }) }, false],
    ['what GitHub attested as one', released(RELEASE_V02), true],
    ['what GitHub attested as one, in the form before', released(RELEASE_V01), true],
    ['not what anybody else built', { evidence: evidenceOf({ accepted: [attested()] }) }, false],
  ])('%s', ([, more, allowed]) => {
    expect(check(action({}, more), { immutableRelease: true }).length).toBe(allowed ? 0 : 1)
    expect(check(action({}, more), { immutableRelease: false })).toEqual([])
  })
})

describe('what is on no entry', () => {
  const why = (subject: Subject, ...allow: readonly Partial<AllowEntry>[]) =>
    check(subject, ...allow).map(({ message }) => message.replace(/^.* this one /, ''))

  it('is refused with rule, code and where to add it', () => {
    expect(check(action(), { owner: ['acme'] })).toEqual([
      {
        rule: 'allowed',
        outcome: 'fire',
        code: 'NOT_ALLOWED',
        message: 'actions are allowed by name, and this one is on no entry',
        hint: expect.stringContaining('`allow` in cleanbill.yml'),
      },
    ])
  })

  it('hears of the entry that means it, before those that mean others', () => {
    const subject = action({ version: 'v4', digests: {} })
    expect(why(subject, { owner: ['acme'] }, { owner: ['actions'], pinned: 'sha' })).toEqual(['is not pinned by sha'])
    expect(why(subject, { owner: ['actions'], immutableRelease: true }, { owner: ['acme'] })).toEqual([
      'is not known to be an immutable release',
    ])
    expect(why(subject, { owner: ['acme'] }, { name: 'actions/cache' })).toEqual(['is on no entry'])
    expect(why(subject, { owner: ['actions'], pinned: 'sha' }, { owner: ['actions'] })).toEqual([])
  })

  it('by name or package is refused, and what is, is not', () => {
    expect(why(action(), { name: 'actions/*' })).toEqual([])
    expect(why(action(), { name: 'acme/*' })).toEqual(['is on no entry'])
    expect(why(action(), { purl: 'pkg:github/actions/*' })).toEqual([])
    expect(why(action(), { purl: 'pkg:github/acme/*' })).toEqual(['is on no entry'])
    // A fork under the same name is somebody else’s.
    const fork = with_('pkg:npm/left-pad@1.3.0?vcs_url=git%2Bhttps://evil.example/x')
    expect(why(fork, { purl: 'pkg:npm/left-pad' })).toEqual(['is on no entry'])
  })

  it('is free of a kind without entries, and where it is this repository’s own', () => {
    expect(check(action())).toEqual([])
    expect(check(action(), { kind: 'package', owner: ['acme'] })).toEqual([])
    expect(check(action({ source: 'workspace' }), { owner: ['acme'] })).toEqual([])
    expect(check(action({ source: 'link' }), { owner: ['acme'] })).toEqual([])
    expect(check(action({ source: 'url' }), { owner: ['acme'] })).toHaveLength(1)
  })
})
