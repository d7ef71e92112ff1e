import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { leafHash, MerkleTree } from '../../src/embedded/merkle-tree.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import type { RegistryFile, RegistryLookup, RegistryRecord } from '../../src/model/evidence.ts'
import { GO_SUMDB_KEY, parseNoteKey, verifyNote } from '../../src/verify/signed-note.ts'
import { parseRegistryKeys, type TrustedKey } from '../../src/verify/trust-material.ts'
import { DEFAULT_REGISTRY_KEYS, type RegistryKeys, verifyRegistryWord } from '../../src/verify/verify-registry.ts'
import { fixturePath } from '../support/fixtures.ts'
import { codeOf } from '../support/real-signer.ts'

const entry = (parts: Partial<Dependency>): Dependency => ({
  id: 'pkg:npm/left-pad@1.3.0',
  kind: 'package',
  ecosystem: 'npm',
  name: 'left-pad',
  version: '1.3.0',
  digests: {},
  file: 'lock',
  line: 1,
  scope: 'runtime',
  source: 'registry',
  ...parts,
})

const found = (parts: Partial<RegistryRecord>): RegistryLookup => ({
  kind: 'found',
  record: {
    source: 'npm',
    origin: 'registry.npmjs.org',
    name: 'left-pad',
    version: '1.3.0',
    files: [],
    signatures: [],
    claimsAttestations: false,
    ...parts,
  },
})

const hex = (bytes: string, algorithm: string): string => createHash(algorithm).update(bytes).digest('hex')
const sri = (bytes: string, algorithm = 'sha512'): string =>
  `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`

/** In short: the kind, with its basis or code. */
function word(dependency: Dependency, lookup: RegistryLookup, keys: RegistryKeys): string {
  const result = verifyRegistryWord(dependency, lookup, keys)
  if (result.kind === 'vouched') return `vouched ${result.basis}`
  if (result.kind === 'mismatch') return `mismatch ${result.code}`
  return result.kind === 'unavailable' ? `unavailable ${result.error.fault}` : result.kind
}

describe("verifyRegistryWord over npm's signatures (T-NS-19)", () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const trusted = (more: Partial<TrustedKey> = {}): TrustedKey => ({
    hint: 'SHA256:one',
    key: pair.publicKey,
    start: undefined,
    end: undefined,
    source: 'npm-keys',
    ...more,
  })
  const keys: RegistryKeys = { ...DEFAULT_REGISTRY_KEYS, npm: [trusted()] }
  const signed = (text: string, key: KeyObject = pair.privateKey, keyid = 'SHA256:one') => ({
    keyid,
    signature: sign('sha256', Buffer.from(text), key).toString('base64'),
  })
  const good = sri('bytes')
  const lock = entry({ digests: { sha512: hex('bytes', 'sha512') } })
  const record = (more: Partial<RegistryRecord> = {}, integrity = good) =>
    found({
      files: [{ digests: {}, integrity }],
      signatures: [signed(`left-pad@1.3.0:${integrity}`)],
      ...more,
    })

  it('takes a signature over the locked integrity', () => {
    expect(word(lock, record(), keys)).toBe('vouched signature')
  })

  it("refuses a lock that names another version's bytes, though the registry's signature holds", () => {
    expect(word(entry({ digests: { sha512: hex('other', 'sha512') } }), record(), keys)).toBe(
      'mismatch REGISTRY_DIGEST_MISMATCH',
    )
  })

  it.for<[string, Partial<RegistryRecord>]>([
    ['another name', { signatures: [signed(`left-pat@1.3.0:${good}`)] }],
    ['another version', { signatures: [signed(`left-pad@1.3.1:${good}`)] }],
    ['another integrity', { signatures: [signed(`left-pad@1.3.0:${sri('other')}`)] }],
    ['nothing that can be read', { signatures: [{ keyid: 'SHA256:one', signature: 'AAAA' }] }],
    ['a good and a bad one', { signatures: [signed(`left-pad@1.3.0:${good}`), signed('x')] }],
  ])('refuses a signature over %s as REGISTRY_SIGNATURE_INVALID', ([, more]) => {
    expect(word(lock, record(more), keys)).toBe('mismatch REGISTRY_SIGNATURE_INVALID')
  })

  it('gives nothing for a key that came with the answer, or for no signature at all', () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const bySelf = record({ signatures: [signed(`left-pad@1.3.0:${good}`, own.privateKey, 'SHA256:two')] })
    expect(word(lock, bySelf, keys)).toBe('not-vouched')
    expect(word(lock, record({ signatures: [] }), keys)).toBe('not-vouched')
    expect(word(lock, record(), DEFAULT_REGISTRY_KEYS)).toBe('not-vouched')
  })

  it('refuses a key that ended before the version was published, and takes one that began later', () => {
    const published = { publishedAt: '2025-02-01T00:00:00Z' }
    const ended = { ...keys, npm: [trusted({ end: new Date('2025-01-29T00:00:00Z') })] }
    expect(word(lock, record(published), ended)).toBe('mismatch REGISTRY_SIGNATURE_INVALID')
    expect(word(lock, record({ publishedAt: '2024-12-01T00:00:00Z' }), ended)).toBe('vouched signature')
    // Signed anew after a rotation.
    const later = { ...keys, npm: [trusted({ start: new Date('2025-01-13T00:00:00Z') })] }
    expect(word(lock, record({ publishedAt: '2020-01-01T00:00:00Z' }), later)).toBe('vouched signature')
  })

  it('compares the strongest hash of several, and every one that both name', () => {
    const both = `${sri('bytes', 'sha1')} ${good}`
    expect(word(lock, record({}, both), keys)).toBe('vouched signature')
    const twofold = entry({ digests: { sha1: hex('other', 'sha1'), sha512: hex('bytes', 'sha512') } })
    expect(word(twofold, record({}, both), keys)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
    const weaker = record({}, sri('bytes', 'sha1'))
    expect(word(lock, weaker, keys)).toBe('not-vouched')
  })

  it('vouches for nothing that a lock names by sha1 only, and still sees that it differs', () => {
    const files: RegistryFile[] = [{ digests: { sha1: hex('bytes', 'sha1') }, integrity: good }]
    const weak = (bytes: string) => word(entry({ digests: { sha1: hex(bytes, 'sha1') } }), record({ files }), keys)
    expect(weak('bytes')).toBe('not-vouched')
    expect(weak('other')).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
  })

  it('takes no other curve than P-256, and no signature in a looser notation', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const wide = { ...keys, npm: [trusted({ key: other.publicKey })] }
    const by = record({ signatures: [signed(`left-pad@1.3.0:${good}`, other.privateKey)] })
    expect(word(lock, by, wide)).toBe('mismatch REGISTRY_SIGNATURE_INVALID')
    const { signature } = signed(`left-pad@1.3.0:${good}`)
    const spaced = record({ signatures: [{ keyid: 'SHA256:one', signature: `${signature}\n` }] })
    expect(word(lock, spaced, keys)).toBe('mismatch REGISTRY_SIGNATURE_INVALID')
  })

  it('does not take a key without a name for the one of a signature without a name', () => {
    const nameless = { ...keys, npm: [trusted({ hint: '' })] }
    const by = record({ signatures: [signed(`left-pad@1.3.0:${good}`, pair.privateKey, '')] })
    expect(word(lock, by, nameless)).toBe('not-vouched')
  })

  it('cannot hold the end of a key against a version whose time nobody says', () => {
    const ended = { ...keys, npm: [trusted({ end: new Date('2025-01-29T00:00:00Z') })] }
    expect(word(lock, record(), ended)).toBe('vouched signature')
    expect(word(lock, record({ publishedAt: 'soon' }), ended)).toBe('vouched signature')
    const dated = { publishedAt: '2025-02-01T00:00:00Z' }
    expect(word(lock, record(dated), keys)).toBe('vouched signature')
  })

  it('vouches for nothing where the registry states no integrity', () => {
    const bare = record({ files: [{ digests: { sha512: hex('bytes', 'sha512') } }] })
    expect(word(lock, bare, keys)).toBe('not-vouched')
    expect(word({ ...lock, version: undefined }, record(), keys)).toBe('vouched signature')
  })

  it("vouches for nothing by yarn's checksum of its own archive, or where the lock names no digest", () => {
    expect(word(entry({ checksum: '10c0/ab' }), record(), keys)).toBe('not-vouched')
    expect(word(entry({}), record(), keys)).toBe('not-vouched')
  })

  it('does not believe an answer about another version, or an integrity that cannot be read', () => {
    expect(word(lock, record({ version: '1.2.0' }), keys)).toBe('unavailable malformed')
    expect(word(lock, record({ name: 'left-pat' }), keys)).toBe('unavailable malformed')
    expect(word(lock, record({}, 'sha512-!!'), keys)).toBe('unavailable malformed')
  })

  it('keeps "no such version", "could not ask" and "no registry stands behind it" apart', () => {
    const error = { source: 'npm', fault: 'unreachable' as const, message: 'down' }
    expect(word(lock, { kind: 'none', source: 'npm' }, keys)).toBe('not-vouched')
    expect(word(lock, { kind: 'unavailable', error }, keys)).toBe('unavailable unreachable')
    expect(word({ ...lock, source: 'git' }, record(), keys)).toBe('not-applicable')
    expect(word({ ...lock, ecosystem: 'toString' }, record(), keys)).toBe('not-applicable')
  })

  const said = (dependency: Dependency, lookup: RegistryLookup, by = keys) => {
    const result = verifyRegistryWord(dependency, lookup, by)
    return 'message' in result ? result.message : result.kind === 'unavailable' ? result.error.message : result.kind
  }

  it.for<[string, string, Dependency, RegistryLookup]>([
    ['no such version', 'the registry has no left-pad 1.3.0', lock, { kind: 'none', source: 'npm' }],
    [
      'no such package',
      'the registry has no left-pad',
      { ...lock, version: undefined },
      { kind: 'none', source: 'npm' },
    ],
    ['the name of another', 'the registry answered about left-pat 1.3.0', lock, record({ name: 'left-pat' })],
    [
      'other bytes',
      'as left-pad@1.3.0 than the lock names',
      entry({ digests: { sha512: hex('x', 'sha512') } }),
      record(),
    ],
    ['no digest in the lock', 'the lock names no digest', entry({}), record()],
    ["a manager's checksum", 'made of its own archive', entry({ checksum: '10c0/ab' }), record()],
    [
      'weak digests',
      'the lock names sha1, md5 only, for which',
      entry({ checksum: 'x', digests: { sha1: 'a', md5: 'b' } }),
      record(),
    ],
    ['no signature', 'of left-pad@1.3.0 has no signature', lock, record({ signatures: [] })],
    [
      'keys of nobody',
      'is signed with keys that are not trusted',
      lock,
      record({ signatures: [signed(`left-pad@1.3.0:${good}`, pair.privateKey, 'SHA256:two')] }),
    ],
    [
      'a wrong signature',
      'over left-pad@1.3.0 does not hold for the key SHA256:one',
      lock,
      record({ signatures: [signed('x')] }),
    ],
    ['an unreadable integrity', 'the integrity that the registry states cannot be read', lock, record({}, 'sha512-!!')],
  ])('says what it found: %s', ([, text, dependency, lookup]) => {
    expect(said(dependency, lookup)).toContain(text)
  })

  it('ends where there is no version to name', () => {
    expect(said({ ...lock, version: undefined }, { kind: 'none', source: 'npm' })).toBe('the registry has no left-pad')
  })

  it('vouches for nothing without a file, and by itself knows no key of npm', () => {
    expect(word(lock, record({ files: [] }), keys)).toBe('not-vouched')
    expect(DEFAULT_REGISTRY_KEYS.npm).toStrictEqual([])
  })

  it('takes the word on a weaker hash for none on the strongest one that the lock has', () => {
    const twofold = entry({ digests: { sha256: hex('bytes', 'sha256'), sha512: hex('bytes', 'sha512') } })
    expect(word(twofold, record({}, sri('bytes', 'sha256')), keys)).toBe('not-vouched')
    expect(word(twofold, record({}, sri('bytes', 'sha512')), keys)).toBe('vouched signature')
  })

  it('repeats no more than the beginning of what is long', () => {
    expect(said(lock, record({ name: 'y'.repeat(400) }))).toHaveLength(300)
    const algorithms = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`hash${n}`, 'a']))
    expect(said(entry({ digests: algorithms }), record())).toMatch(/^the lock names hash0, .{93} only,/)
    const hint = 'k'.repeat(300)
    const by = { ...keys, npm: [trusted({ hint })] }
    expect(said(lock, record({ signatures: [signed('x', pair.privateKey, hint)] }), by)).toMatch(/the key k{100}$/)
  })

  it('gives the record with every word about it, and its source with every failure', () => {
    const lookup = record()
    const own = lookup.kind === 'found' ? lookup.record : undefined
    expect(verifyRegistryWord(lock, lookup, keys)).toStrictEqual({ kind: 'vouched', basis: 'signature', record: own })
    expect(verifyRegistryWord(entry({}), lookup, keys)).toMatchObject({ record: own })
    expect(verifyRegistryWord(lock, lookup, DEFAULT_REGISTRY_KEYS)).toMatchObject({ record: own })
    for (const bad of [record({ version: '9' }), record({}, 'sha512-!!')]) {
      expect(verifyRegistryWord(lock, bad, keys)).toMatchObject({ error: { source: 'npm', fault: 'malformed' } })
    }
  })

  it('takes the time of a version from its file where the registry dates only that', () => {
    const end = new Date('2025-01-29T00:00:00Z')
    const ended = { ...keys, npm: [trusted({ end })] }
    const dated = (publishedAt: string) => record({ files: [{ digests: {}, integrity: good, publishedAt }] })
    expect(word(lock, dated('2025-01-29T00:00:00Z'), ended)).toBe('vouched signature')
    expect(word(lock, dated('2025-01-29T00:00:01Z'), ended)).toBe('mismatch REGISTRY_SIGNATURE_INVALID')
    // The time of the version counts before that of its file.
    const both = record({
      files: [{ digests: {}, integrity: good, publishedAt: '2025-02-01T00:00:00Z' }],
      publishedAt: '2024-01-01T00:00:00Z',
    })
    expect(word(lock, both, ended)).toBe('vouched signature')
  })

  it('takes no signature with a sign in front, and none in the alphabet for URLs', () => {
    const [{ signature } = { signature: '' }] = [signed(`left-pad@1.3.0:${good}`)]
    for (const text of [`\n${signature}`, `.${signature}`, `${signature}===`, '']) {
      const by = record({ signatures: [{ keyid: 'SHA256:one', signature: text }] })
      expect(word(lock, by, keys)).toBe('mismatch REGISTRY_SIGNATURE_INVALID')
    }
  })

  it('compares what the index says of the file beside what was signed', () => {
    const files: RegistryFile[] = [{ digests: { sha1: hex('other', 'sha1') }, integrity: good }]
    const twofold = entry({ digests: { sha1: hex('bytes', 'sha1'), sha512: hex('bytes', 'sha512') } })
    expect(word(twofold, record({ files }), keys)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
  })

  it("reads both usages from npm's own keys, each for itself", ({ skip }) => {
    const path = fixturePath('sigstore/trusted-roots/npm-registry-keys.json')
    if (!existsSync(path)) return skip('the fixtures are not there')
    const { attestations, signatures } = parseRegistryKeys(readFileSync(path), 'keys.json')
    expect(signatures.map(({ start }) => start?.getUTCFullYear())).toEqual([1999, 2025])
    expect(attestations.map(({ start }) => start?.getUTCFullYear())).toEqual([2022, 2025])
  })
})

describe('verifyRegistryWord over an index of files', () => {
  const sha = (bytes: string) => ({ sha256: hex(bytes, 'sha256') })
  const names = { ecosystem: 'pypi', name: 'Foo.Bar', version: '1.0' }
  const python = (files: Dependency['files']) => entry({ ...names, id: 'pkg:pypi/foo-bar@1.0', files })
  const served: RegistryFile[] = [
    { name: 'foo_bar-1.0-py3-none-any.whl', digests: sha('wheel') },
    { name: 'foo_bar-1.0.tar.gz', digests: sha('sdist') },
  ]
  const record = (files = served) => found({ source: 'pypi', name: 'foo-bar', version: '1.0.0', files })
  const keys = DEFAULT_REGISTRY_KEYS

  it.for<[string, Dependency['files'], string]>([
    ['every file, by name', served, 'vouched index'],
    ['a file under another spelling', [{ name: 'Foo.Bar-1.0.0.tar.gz', digests: sha('sdist') }], 'vouched index'],
    ['bare hashes', [{ digests: sha('wheel') }, { digests: sha('sdist') }], 'vouched index'],
    [
      'a file with another digest',
      [{ name: 'foo_bar-1.0.tar.gz', digests: sha('evil') }],
      'mismatch REGISTRY_DIGEST_MISMATCH',
    ],
    [
      'a digest under the name of another file',
      [{ name: 'foo_bar-1.0.tar.gz', digests: sha('wheel') }],
      'mismatch REGISTRY_DIGEST_MISMATCH',
    ],
    [
      'a file that the registry does not have',
      [...served, { name: 'foo_bar-1.0-py2-none-any.whl', digests: sha('x') }],
      'mismatch REGISTRY_DIGEST_MISMATCH',
    ],
    [
      'one bare hash too many',
      [{ digests: sha('wheel') }, { digests: sha('evil') }],
      'mismatch REGISTRY_DIGEST_MISMATCH',
    ],
    ['a file by md5 only', [{ name: 'foo_bar-1.0.tar.gz', digests: { md5: hex('sdist', 'md5') } }], 'not-vouched'],
    ['nothing', [], 'not-vouched'],
  ])('judges a lock that names %s', ([, files, expected]) => {
    expect(word(python(files), record(), keys)).toBe(expected)
  })

  it('compares names as the index does, and takes no answer about another project or version', () => {
    const files = [{ name: 'foo_bar-1.0.tar.gz', digests: sha('sdist') }]
    const about = (parts: Partial<RegistryRecord>) =>
      word(python(files), found({ source: 'pypi', name: 'foo-bar', version: '1.0.0', files: served, ...parts }), keys)
    expect(about({})).toBe('vouched index')
    expect(about({ name: 'foo-baz' })).toBe('unavailable malformed')
    expect(about({ version: '1.1' })).toBe('unavailable malformed')
    const { version: _, ...unversioned } = python(files)
    expect(word({ ...unversioned, version: undefined }, record(), keys)).toBe('vouched index')
    expect(word({ ...python(files), ecosystem: 'cargo', name: 'foo-bar' }, record(), keys)).toBe(
      'unavailable malformed',
    )
  })

  it.for<[string, RegistryFile[], Dependency['files'], string]>([
    [
      'a file without a name that has the bytes',
      [{ digests: sha('sdist') }],
      [{ name: 'foo_bar-1.0.tar.gz', digests: sha('sdist') }],
      'vouched index',
    ],
    [
      'the bytes under another name only',
      [{ name: 'other-1.0.tar.gz', digests: sha('sdist') }],
      [{ name: 'foo_bar-1.0.tar.gz', digests: sha('sdist') }],
      'mismatch REGISTRY_DIGEST_MISMATCH',
    ],
    [
      'digests of another kind only',
      [{ name: 'other.tar.gz', digests: { sha512: hex('sdist', 'sha512') } }],
      [{ digests: sha('sdist') }],
      'not-vouched',
    ],
    [
      'the very name beside another spelling of it',
      [
        { name: 'foo_bar-1.0.tar.gz', digests: sha('sdist') },
        { name: 'Foo.Bar-1.0.tar.gz', digests: sha('other') },
      ],
      [{ name: 'Foo.Bar-1.0.tar.gz', digests: sha('sdist') }],
      'mismatch REGISTRY_DIGEST_MISMATCH',
    ],
    [
      'another spelling, a file without a name and another file',
      [{ digests: sha('x') }, { name: 'foo_bar-1.0.tar.gz', digests: sha('sdist') }, ...served.slice(0, 1)],
      [{ name: 'Foo.Bar-1.0.tar.gz', digests: sha('other') }],
      'mismatch REGISTRY_DIGEST_MISMATCH',
    ],
    [
      'a file by sha512 beside one by md5',
      [{ name: 'foo_bar-1.0.tar.gz', digests: { ...sha('sdist'), md5: hex('sdist', 'md5') } }],
      [
        { name: 'foo_bar-1.0.tar.gz', digests: sha('sdist') },
        { name: 'x', digests: { md5: hex('x', 'md5') } },
      ],
      'not-vouched',
    ],
  ])('judges an index that lists %s', ([, files, lockFiles, expected]) => {
    expect(word(python(lockFiles), record(files), keys)).toBe(expected)
  })

  it("compares an entry's own archive beside the files that it lists, once", () => {
    const both = (digests: Dependency['digests'], files: Dependency['files']) =>
      word({ ...python(files), digests }, record(), keys)
    expect(both(sha('wheel'), served)).toBe('vouched index')
    expect(both(sha('evil'), served)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
    expect(both(sha('sdist'), [{ name: 'foo_bar-1.0-py3-none-any.whl', digests: sha('evil') }])).toBe(
      'mismatch REGISTRY_DIGEST_MISMATCH',
    )
    // A second digest of its own makes it another entry.
    const strong = [{ digests: { ...sha('wheel'), sha512: hex('wheel', 'sha512') } }]
    const own = { ...sha('wheel'), sha512: hex('evil', 'sha512') }
    const twofold = { ...python([{ digests: sha('wheel') }]), digests: own }
    expect(word(twofold, record(strong), keys)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
  })

  it('says of how many files nothing can be said', () => {
    const weak = python([...served, { name: 'x', digests: { md5: hex('x', 'md5') } }])
    expect(verifyRegistryWord(weak, record(), keys)).toMatchObject({ message: expect.stringMatching(/names 1 of 3/) })
    // An entry's own archive that it lists too is one file.
    const md5 = { md5: hex('sdist', 'md5') }
    const twice = { ...python([{ name: 'x', digests: md5 }]), digests: md5 }
    expect(verifyRegistryWord(twice, record(), keys)).toMatchObject({ message: expect.stringMatching(/names 1 of 1/) })
  })

  it.for<[string, RegistryFile[], Dependency['files']]>([
    [
      'one name twice, once with the bytes',
      [
        { name: 'a.zip', digests: sha('x') },
        { name: 'a.zip', digests: sha('a') },
      ],
      [{ name: 'a.zip', digests: sha('a') }],
    ],
    [
      'the bytes without a name, and another file',
      [{ digests: sha('a') }, { name: 'b.zip', digests: sha('b') }],
      [{ name: 'a.zip', digests: sha('a') }],
    ],
  ])('takes an index that lists %s', ([, files, lockFiles]) => {
    expect(word(python(lockFiles), record(files), keys)).toBe('vouched index')
  })

  it('takes an archive for one that is listed only where all of its digests are the same', () => {
    const both = (bytes: string, other: string) => ({ sha256: hex(bytes, 'sha256'), sha512: hex(other, 'sha512') })
    const lock = { ...python([{ digests: both('wheel', 'wheel') }]), digests: both('wheel', 'evil') }
    expect(word(lock, record([{ digests: both('wheel', 'wheel') }]), keys)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
  })

  it('says which file the registry does not serve, and why', () => {
    const say = (files: Dependency['files'], answer = record()) => {
      const result = verifyRegistryWord(python(files), answer, keys)
      return 'message' in result ? result.message : result.kind
    }
    const [wheel = { digests: {} }] = served
    expect(say([{ name: 'foo_bar-1.0.tar.gz', digests: sha('evil') }])).toMatch(
      /serve foo_bar-1.0.tar.gz as .*: the file of that name has another digest$/,
    )
    expect(say([{ name: 'foo_bar-1.1.zip', digests: sha('evil') }])).toMatch(/: there is no file of that name$/)
    expect(say([{ digests: sha('evil') }])).toMatch(
      /serve Foo.Bar sha256:[0-9a-f]{16}… as .*: no file has that digest$/,
    )
    expect(say([{ name: 'y'.repeat(300), digests: sha('evil') }])).toMatch(/serve y{200} as/)
    expect(say([])).toBe('the lock names no digest')
    const silent = record([{ name: wheel.name, digests: {} } as RegistryFile])
    expect(say([wheel as { digests: object } as never], silent)).toMatch(
      /no digest of foo_bar-1.0-py3-none-any.whl that the lock has too$/,
    )
    const result = verifyRegistryWord(python([]), record(), keys)
    expect(result).toMatchObject({ record: { name: 'foo-bar' } })
  })

  it('spells names in two ways for Python only', () => {
    const files = [{ name: 'Foo.Bar-1.0.tar.gz', digests: sha('sdist') }]
    const lock = { ...python(files), ecosystem: 'gem', name: 'foo-bar', version: '1.0.0' }
    expect(word(lock, record(), keys)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
  })

  it('vouches for nothing that the index states no digest of', () => {
    const silent = record([{ name: 'foo_bar-1.0.tar.gz', digests: {} }])
    expect(word(python([{ name: 'foo_bar-1.0.tar.gz', digests: sha('sdist') }]), silent, keys)).toBe('not-vouched')
  })

  it.for(['cargo', 'gem'])('compares the one archive of %s', (ecosystem) => {
    const lock = (bytes: string) => entry({ ecosystem, digests: sha(bytes) })
    const answer = found({ source: ecosystem, files: [{ digests: sha('crate') }] })
    expect(word(lock('crate'), answer, keys)).toBe('vouched index')
    expect(word(lock('other'), answer, keys)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
  })
})

describe('verifyRegistryWord over the Go checksum database', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.concat([Uint8Array.of(1), publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)])
  const id = createHash('sha256').update('sum.example\n').update(raw).digest().subarray(0, 4)
  const sumdb = parseNoteKey(`sum.example+${id.toString('hex')}+${raw.toString('base64')}`)
  const keys = { ...DEFAULT_REGISTRY_KEYS, sumdb }
  const note = (text: string, key = privateKey) =>
    `${text}\n— sum.example ${Buffer.concat([id, sign(null, Buffer.from(text), key)]).toString('base64')}\n`

  const zip = hex('zip', 'sha256')
  const mod = hex('mod', 'sha256')
  const h1 = (digest: string) => `h1:${Buffer.from(digest, 'hex').toString('base64')}`
  const records = `example.com/m v1.2.0 ${h1(zip)}\nexample.com/m v1.2.0/go.mod ${h1(mod)}\n`

  /** The record at `index` of a log of `size`. */
  function entryAt(index: number, size: number, change: { records?: string; key?: KeyObject; text?: string } = {}) {
    const tree = new MerkleTree()
    for (let at = 0; at < size; at++) tree.append(leafHash(Buffer.from(at === index ? records : `other ${at}\n`)))
    const text = change.text ?? `go.sum database tree\n${size}\n${tree.root().toString('base64')}\n`
    return {
      records: change.records ?? records,
      signed: note(text, change.key),
      index: String(index),
      proof: tree.inclusionProof(index).map((hash) => hash.toString('base64')),
    }
  }
  const answer = (parts: ReturnType<typeof entryAt> | undefined) =>
    found({ source: 'go', name: 'example.com/m', version: 'v1.2.0', note: parts })
  const lock = (parts: Partial<Dependency> = {}) =>
    entry({ ecosystem: 'golang', name: 'example.com/m', version: 'v1.2.0', digests: { dirHash: zip }, ...parts })

  it('takes a hash that is proven to be in the signed log, at any place of trees of any size', () => {
    for (let size = 1; size <= 20; size++) {
      for (let index = 0; index < size; index++) {
        expect(word(lock(), answer(entryAt(index, size)), keys)).toBe('vouched checksum-database')
      }
    }
  })

  it('compares the hash of go.mod too, alone where only that is locked', () => {
    const files = (digest: string) => [{ name: 'go.mod', digests: { dirHash: digest } }]
    expect(word(lock({ files: files(mod) }), answer(entryAt(2, 7)), keys)).toBe('vouched checksum-database')
    expect(word(lock({ digests: {}, files: files(mod) }), answer(entryAt(2, 7)), keys)).toBe(
      'vouched checksum-database',
    )
    expect(word(lock({ files: files(zip) }), answer(entryAt(2, 7)), keys)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
  })

  it('refuses a lock with another hash than the log has', () => {
    expect(word(lock({ digests: { dirHash: mod } }), answer(entryAt(2, 7)), keys)).toBe(
      'mismatch REGISTRY_DIGEST_MISMATCH',
    )
  })

  it('refuses records that are not in the log, and a head that another key signed', () => {
    const forged = records.replace(h1(zip), h1(hex('evil', 'sha256')))
    const cases = [
      entryAt(2, 7, { records: forged }),
      entryAt(2, 7, { key: generateKeyPairSync('ed25519').privateKey }),
      { ...entryAt(2, 7), index: '3' },
      { ...entryAt(2, 7), index: '99' },
      { ...entryAt(2, 7), proof: [] },
      { ...entryAt(2, 7), proof: entryAt(2, 7).proof.slice(1) },
      { ...entryAt(2, 7), proof: [...entryAt(2, 7).proof, 'AAAA'] },
      entryAt(2, 7, { text: `go.sum database tree\n0x7\n${'A'.repeat(43)}=\n` }),
    ]
    for (const one of cases) {
      expect(word(lock(), answer(one), keys)).toBe('mismatch REGISTRY_SIGNATURE_INVALID')
    }
  })

  it('vouches for nothing without an entry, without a hash in the lock, or under a key that did not sign', () => {
    expect(word(lock(), answer(undefined), keys)).toBe('not-vouched')
    expect(word(lock({ digests: {} }), answer(entryAt(2, 7)), keys)).toBe('not-vouched')
    expect(word(lock(), answer(entryAt(2, 7)), DEFAULT_REGISTRY_KEYS)).toBe('not-vouched')
  })

  it('says what it found', () => {
    const say = (dependency: Dependency, lookup: RegistryLookup, by: RegistryKeys = keys) =>
      verifyRegistryWord(dependency, lookup, by)
    const about = answer(entryAt(2, 7))
    const record = about.kind === 'found' ? about.record : undefined
    expect(say(lock(), about)).toStrictEqual({ kind: 'vouched', basis: 'checksum-database', record })
    expect(say(lock(), answer(undefined))).toMatchObject({
      message: expect.stringContaining('no signed entry'),
      record: {},
    })
    expect(say(lock(), about, DEFAULT_REGISTRY_KEYS)).toMatchObject({
      message: 'the note is not signed with the key of sum.golang.org',
      record,
    })
    expect(say(lock({ digests: { dirHash: mod } }), about)).toMatchObject({
      message: expect.stringContaining('another hash of example.com/m v1.2.0 than'),
      record,
    })
    const spliced = answer({ ...entryAt(2, 7), index: '3' })
    expect(say(lock(), spliced)).toMatchObject({ message: expect.stringContaining('not in the log'), record: {} })
  })

  it('vouches for no hash of another kind, and needs every one of its own', () => {
    expect(word(lock({ digests: { sha256: zip } }), answer(entryAt(2, 7)), keys)).toBe('not-vouched')
    const other = [{ name: 'go.mod', digests: { dirHash: hex('x', 'sha256') } }]
    expect(word(lock({ files: other }), answer(entryAt(2, 7)), keys)).toBe('mismatch REGISTRY_DIGEST_MISMATCH')
  })

  it('compares a lock without a version with no record', () => {
    const { version: _, ...unversioned } = lock()
    expect(word({ ...unversioned, version: undefined }, answer(entryAt(2, 7)), keys)).toBe(
      'mismatch REGISTRY_DIGEST_MISMATCH',
    )
  })

  it('lets an error of the program through', () => {
    const broken = found({ source: 'go', name: 'example.com/m', version: 'v1.2.0', note: {} as never })
    expect(() => word(lock(), broken, keys)).toThrow(TypeError)
  })

  it('reads a note strictly', async () => {
    const good = note('text\n')
    expect(verifyNote(good, sumdb)).toBe('text\n')
    expect(await codeOf(() => verifyNote(good.replace('text', 'test'), sumdb))).toBe('SIGNATURE_INVALID')
    expect(await codeOf(() => verifyNote(good.trimEnd(), sumdb))).toBe('BUNDLE_MALFORMED')
    expect(await codeOf(() => verifyNote('text\n', sumdb))).toBe('BUNDLE_MALFORMED')
    expect(await codeOf(() => verifyNote(good.replace('— ', '- '), sumdb))).toBe('BUNDLE_MALFORMED')
    expect(await codeOf(() => verifyNote(good.replace('sum.example', 'sum.exampel'), sumdb))).toBe('KEY_INVALID')
  })

  it.for([
    '',
    'sum.example',
    GO_SUMDB_KEY.replace('033d', '033e'),
    GO_SUMDB_KEY.replace('+Ac', '+Bc'),
    'a+00000000+AAAA',
  ])('refuses %j as a key', async (text) => expect(await codeOf(() => parseNoteKey(text))).toBe('TRUST_ROOT_INVALID'))
})
