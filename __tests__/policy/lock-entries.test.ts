import { describe, expect, it } from 'vitest'
import type { Dependency } from '../../src/model/dependency.ts'
import type { LockEntry } from '../../src/model/trust-lock.ts'
import {
  findLockEntries,
  isLockable,
  isRecordable,
  isRecorded,
  lockKey,
  recordedAs,
  weakerAs,
} from '../../src/policy/lock-entries.ts'
import { dependencyOf } from './support.ts'

const entryOf = (name: string, line: string, more: Partial<LockEntry> = {}): LockEntry => ({
  ...{ ecosystem: 'npm', name, line, best: 'none', first: '1.0.0', signers: [] },
  ...more,
})

describe('the key of an entry', () => {
  it.for<[string, string, string, string, string]>([
    ['npm', 'JSONStream', '1.2.3', 'JSONStream', '1'],
    ['pypi', 'Zope.Interface', '1.2', 'zope-interface', '1'],
    ['github', 'Actions/Checkout', 'v4', 'actions/checkout', '*'],
    ['oci', 'Library/Base', '1', 'library/base', '*'],
    ['docker', 'Library/Base', '1', 'library/base', '*'],
    ['cargo', 'Serde_Json', '0.3.1', 'Serde_Json', '0.3'],
  ])('of %s %s %s is %s, line %s: letters count where the registry says so', (parts) => {
    const [ecosystem, name, version, folded, line] = parts
    expect(lockKey({ ecosystem, name, version })).toEqual({ ecosystem, name: folded, line })
  })
})

describe('the entries of a dependency', () => {
  const [one, two, other] = [entryOf('app', '1'), entryOf('app', '2'), entryOf('other', '1')]
  const folders = entryOf('workspace:app', '1', { ecosystem: 'generic' })
  const find = findLockEntries({ version: 1, entries: [one, two, other, folders] })

  it.for<[string, string, object]>([
    ['its line and the others', 'pkg:npm/app@2.1.0', { lock: two, otherLines: [one] }],
    ['other lines alone', 'pkg:npm/app@3.0.0', { otherLines: [one, two] }],
    ['its line alone', 'pkg:npm/other@1.0.0', { lock: other, otherLines: [] }],
    ['nothing of this name', 'pkg:npm/else@1.0.0', { otherLines: [] }],
    ['nothing of this ecosystem', 'pkg:pypi/app@1.0.0', { otherLines: [] }],
  ])('are %s', ([, id, expected]) => {
    expect(find(dependencyOf(id))).toStrictEqual(expected)
  })

  it('are none of a folder, whatever it is called', () => {
    const folder = dependencyOf('workspace:app', { version: '1.0.0' })
    expect(find(folder)).toStrictEqual({ otherLines: [] })
    const named = dependencyOf('pkg:npm/app@1.0.0', { source: 'workspace' })
    expect(find(named)).toStrictEqual({ otherLines: [] })
  })
})

describe('what the lock can hold', () => {
  it.for<[string, Dependency['source'], boolean, boolean]>([
    ['pkg:npm/app@1.0.0', 'registry', true, true],
    ['pkg:github/acme/do@v4', 'git', true, true],
    ['hf://acme/model', 'registry', true, true],
    ['pkg:npm/app@1.0.0', 'workspace', false, false],
    ['pkg:npm/app@1.0.0', 'url', false, false],
    ['workspace:pkg:npm/app', 'registry', false, false],
    ['https://example.org/x.tgz', 'registry', false, false],
    ['pkg:npm/app@1.0.0?vcs_url=git%2Bhttps://evil.example/x', 'git', true, false],
    ['pkg:npm/app@1.0.0?arch=x&download_url=https://evil.example/x', 'registry', true, false],
    ['pkg:npm/vcs_url=x@1.0.0', 'registry', true, true],
  ])('%s from %s: looked up %s, recorded %s', ([id, source, lockable, recordable]) => {
    const dependency = dependencyOf(id, { source })
    expect([isLockable(dependency), isRecordable(dependency)]).toEqual([lockable, recordable])
  })
})

describe('what names one content', () => {
  const COMMIT = 'c'.repeat(40)
  const action = (more: Partial<Dependency>) =>
    dependencyOf('pkg:github/acme/do@v4', { kind: 'action', source: 'git', digests: {}, version: 'v4', ...more })

  it.for<[string, Dependency, string | undefined, string | undefined]>([
    ['a package’s version', dependencyOf('pkg:npm/app@1.0.0'), '1.0.0', '1.0.0'],
    ['an action’s commit', action({ digests: { gitCommit: COMMIT } }), COMMIT, COMMIT],
    ['an action’s version that is a commit', action({ version: COMMIT }), COMMIT, COMMIT],
    [
      'the commit rather than a digest',
      action({ digests: { gitCommit: COMMIT, sha256: 'd'.repeat(64) } }),
      COMMIT,
      COMMIT,
    ],
    [
      'an image’s digest',
      action({ kind: 'image', digests: { sha256: 'd'.repeat(64) } }),
      'd'.repeat(64),
      'd'.repeat(64),
    ],
    ['a tag: no content, but something that never had evidence', action({}), undefined, 'v4'],
    ['a folder', dependencyOf('workspace:app', { version: '1.0.0' }), undefined, undefined],
  ])('is %s', ([, dependency, content, weaker]) => {
    expect([recordedAs(dependency), weakerAs(dependency)]).toEqual([content, weaker])
  })

  const recorded = entryOf('acme/do', '4', {
    ecosystem: 'github',
    unusual: [
      { version: 'v4', code: 'ATTESTATION_LOST' },
      { version: 'v4', code: 'RUN_FAILED' },
      { version: COMMIT, code: 'REF_DENIED' },
    ],
  })
  it.for<[string, LockEntry | undefined, Dependency, string, boolean]>([
    ['a tag without evidence', recorded, action({}), 'ATTESTATION_LOST', true],
    ['a tag, of any other fault', recorded, action({}), 'RUN_FAILED', false],
    ['a commit', recorded, action({ version: COMMIT }), 'REF_DENIED', true],
    ['a commit, of another fault', recorded, action({ version: COMMIT }), 'RUN_FAILED', false],
    ['another tag', recorded, action({ version: 'v5' }), 'ATTESTATION_LOST', false],
    ['what the lock does not have', undefined, action({}), 'ATTESTATION_LOST', false],
    ['what has no records', entryOf('acme/do', '4'), action({}), 'ATTESTATION_LOST', false],
    ['a folder', recorded, dependencyOf('workspace:app'), 'ATTESTATION_LOST', false],
  ])('is recorded of %s', ([, lock, dependency, code, expected]) => {
    expect(isRecorded(lock, dependency, code)).toBe(expected)
  })
})
