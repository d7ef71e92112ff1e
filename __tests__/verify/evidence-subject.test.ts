import { describe, expect, it } from 'vitest'
import type { Origin, VerifiedAttestation } from '../../src/model/attestation.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import type { Target } from '../../src/model/evidence.ts'
import { NPM_PUBLISH, PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
import type { Subject } from '../../src/model/statement.ts'
import { verifyTarget } from '../../src/verify/evidence-subject.ts'
import { codeOf, sha256, statementAbout } from '../support/real-signer.ts'

const digest = { sha256: sha256('bytes') }
const COMMIT = 'a'.repeat(40)

function target(parts: Partial<Dependency>, file?: Target['file']): Target {
  const dependency: Dependency = {
    id: 'pkg:npm/app@1.0.0',
    kind: 'package',
    ecosystem: 'npm',
    name: 'app',
    version: '1.0.0',
    digests: digest,
    file: 'lock',
    line: 1,
    scope: 'runtime',
    source: 'registry',
    ...parts,
  }
  return { dependency, file, digests: file?.digests ?? dependency.digests }
}

interface Signed {
  readonly subject: Partial<Subject>
  readonly more?: object
  readonly origin?: Partial<Origin>
  readonly signer?: object
  /** Beside the first one. */
  readonly others?: readonly object[]
}

/** As if it had been verified: signatures are no business of this module. */
function attestation({ subject, more, origin, signer, others = [] }: Signed): VerifiedAttestation {
  return {
    statement: statementAbout('x', { subject: [{ digest, ...subject }, ...others], ...more }),
    signer: { kind: 'certificate', ...signer },
    origin: { form: 'sigstore-bundle', where: 'test', domain: 'sigstore', times: [], ...origin },
  } as unknown as VerifiedAttestation
}
const verify = (at: Target, source: string, signed: Signed) => verifyTarget(at, source, attestation(signed))
const code = (at: Target, source: string, signed: Signed) => codeOf(() => verifyTarget(at, source, attestation(signed)))

describe('verifyTarget of what is pinned in git', () => {
  const pinned = (parts: Partial<Dependency>) =>
    target({ ecosystem: 'github', name: 'o/r', digests: { gitCommit: COMMIT }, source: 'registry', ...parts })

  it.for<[string, Partial<Dependency>]>([
    ['an action', { kind: 'action' }],
    ['a reusable workflow', { kind: 'reusable-workflow' }],
    ['a package from git', { source: 'git' }],
  ])('compares the commit of %s', async ([, parts]) => {
    expect(await code(pinned(parts), 'github', { subject: { digest: { gitCommit: COMMIT } } })).toBeUndefined()
    expect(await code(pinned(parts), 'github', { subject: { digest: { gitCommit: 'b'.repeat(40) } } })).toBe(
      'SUBJECT_MISMATCH',
    )
  })

  it.for(['v0.1', 'v0.2'])('holds a release statement %s to the signer of GitHub', async (version) => {
    const more = { predicateType: `https://in-toto.io/attestation/release/${version}` }
    const subject = { digest: { gitCommit: COMMIT } }
    expect(await code(pinned({ kind: 'action' }), 'github', { subject, more })).toBe('IDENTITY_MISMATCH')
  })

  it('takes a release statement about a file for one about a file', async () => {
    const more = { predicateType: 'https://in-toto.io/attestation/release/v0.2' }
    const file = target({ kind: 'file', ecosystem: 'generic', source: 'url', name: 'tool', id: 'url:x' })
    expect(await code(file, 'github', { subject: { name: 'tool' }, more })).toBeUndefined()
  })
})

describe('verifyTarget of a package of npm', () => {
  const npm = (origin: Partial<Origin>, name: string): Signed => ({ subject: { name }, origin })

  it('wants the purl where npm gave it, and in the form that npm gives', async () => {
    const app = target({})
    for (const [source, form] of [
      ['npm', 'sigstore-bundle'],
      ['github', 'npm'],
    ] as const) {
      expect(await code(app, source, npm({ form }, 'pkg:npm/app@1.0.0'))).toBeUndefined()
      expect(await code(app, source, npm({ form }, 'app-1.0.0.tgz'))).toBe('SUBJECT_NAME_MISMATCH')
    }
  })

  it('takes the name of the archive where others gave it', async () => {
    const scoped = target({ name: '@acme/app', id: 'pkg:npm/%40acme/app@1.0.0' })
    expect(await code(scoped, 'github', npm({}, 'dist/acme-app-1.0.0.tgz'))).toBeUndefined()
    expect(await code(scoped, 'github', npm({}, 'acme-app-1.0.1.tgz'))).toBe('SUBJECT_NAME_MISMATCH')
    // Only the sign of a scope goes.
    const odd = target({ name: 'a@b' })
    expect(await code(odd, 'github', npm({}, 'ab-1.0.0.tgz'))).toBe('SUBJECT_NAME_MISMATCH')
  })

  it('asks nobody else for it', async () => {
    const crate = target({ ecosystem: 'cargo', id: 'pkg:cargo/app@1.0.0' })
    expect(await code(crate, 'npm', npm({ form: 'npm' }, 'app-1.0.0.crate'))).toBeUndefined()
  })

  it('is named by a strong digest', async () => {
    const weak = { subject: { name: 'pkg:npm/app@1.0.0', digest: { sha1: 'a'.repeat(40) } } }
    expect(await code(target({}), 'npm', weak)).toBe('DIGEST_WEAK')
    expect(await code(target({}), 'npm', { subject: {}, more: { subject: [] } })).toBe('SUBJECT_LIMIT')
  })
})

describe('verifyTarget of a file of PyPI', () => {
  const name = 'app-1.0-py3-none-any.whl'
  const app = target({ ecosystem: 'pypi', version: '1.0', id: 'pkg:pypi/app@1.0' }, { name, digests: digest })
  const signed = (subject: Partial<Subject>, origin: Partial<Origin> = {}, predicateType = PYPI_PUBLISH): Signed => ({
    subject,
    origin,
    more: { predicateType },
  })

  it('wants a type that PyPI takes where PyPI gave it, and in the form that PyPI gives', async () => {
    const other = 'https://in-toto.io/attestation/link/v0.3'
    expect(await code(app, 'pypi', signed({ name }))).toBeUndefined()
    expect(await code(app, 'pypi', signed({ name }, {}, other))).toBe('PREDICATE_TYPE')
    expect(await code(app, 'github', signed({ name }, { form: 'pep740' }, other))).toBe('PREDICATE_TYPE')
    expect(await code(app, 'github', signed({ name }, {}, other))).toBeUndefined()
    const crate = target({ ecosystem: 'cargo', id: 'pkg:cargo/app@1.0.0' })
    expect(await code(crate, 'pypi', signed({ name: 'app-1.0.0.crate' }, { form: 'pep740' }, other))).toBeUndefined()
  })

  it('is named by a strong digest', async () => {
    expect(await code(app, 'pypi', signed({ name, digest: { sha1: 'a'.repeat(40) } }))).toBe('DIGEST_WEAK')
  })

  it('is of this release by its signed name, any version where the lock has none', async () => {
    const bare = target({ ecosystem: 'pypi', version: '1.0', id: 'pkg:pypi/app@1.0' })
    expect(await code(bare, 'pypi', signed({ name }))).toBeUndefined()
    expect(await code(bare, 'pypi', signed({ name: 'app-1.1-py3-none-any.whl' }))).toBe('SUBJECT_NAME_MISMATCH')
    expect(await code(bare, 'pypi', signed({ name: 'readme.txt' }))).toBe('SUBJECT_NAME_MISMATCH')
    expect(await code(bare, 'pypi', signed({}))).toBe('SUBJECT_NAME_MISMATCH')
    const unversioned = target({ ecosystem: 'pypi', version: undefined, id: 'pkg:pypi/app' })
    expect(await code(unversioned, 'pypi', signed({ name }))).toBeUndefined()
    expect(await code(unversioned, 'pypi', signed({ name: 'readme.txt' }))).toBe('SUBJECT_NAME_MISMATCH')
  })
})

describe('verifyTarget of everything else', () => {
  it('takes an image that a statement does not name, or names by nothing', async () => {
    const image = target({ kind: 'image', ecosystem: 'oci', name: 'ghcr.io/acme/app', id: 'pkg:oci/app' })
    expect(await code(image, 'oci', { subject: {} })).toBeUndefined()
    expect(await code(image, 'oci', { subject: { name: '' } })).toBeUndefined()
    expect(await code(image, 'oci', { subject: { name: 'ghcr.io/acme/other' } })).toBe('SUBJECT_NAME_MISMATCH')
  })

  it('holds the name of a package to what its registry calls the archive, where it has such a rule', async () => {
    const crate = target({ ecosystem: 'cargo', id: 'pkg:cargo/app@1.0.0' })
    expect(await code(crate, 'github', { subject: {} })).toBeUndefined()
    expect(await code(crate, 'github', { subject: { name: 'app-1.0.0.tgz' } })).toBe('SUBJECT_NAME_MISMATCH')
    const gem = target({ ecosystem: 'gem', id: 'pkg:gem/app@1.0.0' })
    expect(await code(gem, 'github', { subject: { name: 'anything' } })).toBeUndefined()
    const unversioned = target({ ecosystem: 'cargo', id: 'pkg:cargo/app', version: undefined })
    expect(await code(unversioned, 'github', { subject: { name: 'anything' } })).toBeUndefined()
    const gemFile = target({ ecosystem: 'gem', id: 'pkg:gem/app@1.0.0' }, { name: 'app-1.0.0.gem', digests: digest })
    expect(await code(gemFile, 'github', { subject: { name: 'app-0.9.0.gem' } })).toBe('SUBJECT_NAME_MISMATCH')
  })

  it('takes a file by its bytes, whatever it is called, and never by the purl of something else', async () => {
    const file = target({ kind: 'file', ecosystem: 'generic', source: 'url', name: 'tool', id: 'pkg:generic/tool' })
    const listed = { ...file, file: { name: 'tool.bin', digests: digest } }
    expect(await code(listed, 'github', { subject: { name: 'tool-linux-amd64' } })).toBeUndefined()
    expect(await code(file, 'github', { subject: { name: 'pkg:npm/app@1.0.0' } })).toBe('SUBJECT_NAME_MISMATCH')
    const both = { name: 'pkg:generic/tool', uri: 'pkg:npm/app@1.0.0' }
    expect(await code(file, 'github', { subject: both })).toBe('SUBJECT_NAME_MISMATCH')
  })
})

describe('verifyTarget of a statement with several subjects', () => {
  const other = { name: 'other', digest: { sha256: sha256('x'), gitCommit: 'b'.repeat(40) } }

  it('finds the pinned commit among others', async () => {
    const pinned = target({ kind: 'action', ecosystem: 'github', name: 'o/r', digests: { gitCommit: COMMIT } })
    expect(
      await code(pinned, 'github', { subject: { digest: { gitCommit: COMMIT } }, others: [other] }),
    ).toBeUndefined()
  })

  it.for<[string, Partial<Dependency>, string]>([
    ['an image', { kind: 'image', ecosystem: 'oci', name: 'ghcr.io/acme/app', id: 'pkg:oci/app' }, 'ghcr.io/acme/app'],
    ['a package', { ecosystem: 'cargo', id: 'pkg:cargo/app@1.0.0' }, 'app-1.0.0.crate'],
  ])('takes %s whose bytes were signed under two names, of which one is its own', async ([, parts, name]) => {
    const at = target(parts)
    expect(await code(at, 'github', { subject: { name: 'elsewhere' }, others: [{ name, digest }] })).toBeUndefined()
    expect(await code(at, 'github', { subject: { name }, others: [{ name: 'elsewhere', digest }] })).toBeUndefined()
  })
})

describe('verifyTarget of the registries that take public signatures only', () => {
  it.for<[string, string, Partial<Dependency>]>([
    ['npm', 'npm', {}],
    ['PyPI', 'pypi', { ecosystem: 'pypi', id: 'pkg:pypi/app@1.0.0' }],
  ])('refuses what the instance of GitHub signed for %s', ([registry, source, parts]) => {
    const signed = { subject: {}, origin: { domain: 'github' as const } }
    expect(() => verify(target(parts), source, signed)).toThrow(
      expect.objectContaining({ code: 'TRUST_DOMAIN', message: expect.stringContaining(`${registry} takes`) }),
    )
  })
})

describe('verifyTarget of provenance for npm', () => {
  const name = 'pkg:npm/app@1.0.0'

  it.for<[string, object, string | undefined]>([
    ['the key of the registry, which knows no build', { kind: 'key', source: 'npm-keys' }, 'KEY_INVALID'],
    ['a key given by hand', { kind: 'key', source: 'key' }, undefined],
    ['a certificate', { kind: 'certificate', source: 'npm-keys' }, undefined],
  ])('signed by %s', async ([, signer, expected]) => {
    expect(await code(target({}), 'npm', { subject: { name }, signer })).toBe(expected)
  })

  it('is not taken by a name that is no package, or none', async () => {
    expect(await code(target({}), 'npm', { subject: {} })).toBe('SUBJECT_NAME_MISMATCH')
  })
})

describe('verifyTarget of a publish attestation', () => {
  const published = (registry: unknown): Signed => ({
    subject: { name: 'pkg:npm/app@1.0.0', digest: { ...digest, sha512: 'a'.repeat(128) } },
    signer: { kind: 'key', source: 'npm-keys' },
    more: {
      predicateType: NPM_PUBLISH,
      predicate: { name: 'app', version: '1.0.0', registry },
    },
  })
  const at = (registry?: string) => target({ registry, digests: { sha512: 'a'.repeat(128) } })

  it.for<[unknown, string | undefined]>([
    ['https://registry.npmjs.org', undefined],
    ['https://registry.npmjs.org/', undefined],
    ['https://mirror.example/npm', 'https://mirror.example/npm/'],
    ['https://mirror.example/npm/', 'https://mirror.example/npm'],
  ])('takes the registry %j where the lock says %j', async ([said, registry]) => {
    expect(await code(at(registry), 'npm', published(said))).toBeUndefined()
  })

  it.for<[string, unknown]>([
    ['another registry', 'https://evil.example'],
    ['a path below the registry', 'https://registry.npmjs.org/x'],
    ['a number', 1],
    ['a list of the right one', ['https://registry.npmjs.org']],
  ])('refuses %s', ([, registry]) => {
    expect(() => verify(at(), 'npm', published(registry))).toThrow(
      expect.objectContaining({
        code: 'PUBLISH_ATTESTATION_MISSING',
        hint: expect.stringContaining('another registry'),
      }),
    )
  })

  it('repeats no more than the beginning of a long name', () => {
    expect(() => verify(at(), 'npm', published('y'.repeat(300)))).toThrow(/"y{120}"/)
  })
})

describe('verifyTarget of a python file by another source', () => {
  const app = target(
    { ecosystem: 'pypi', version: '1.0', id: 'pkg:pypi/app@1.0' },
    { name: 'App-1.0.tar.gz', digests: digest },
  )

  it('compares the names as PyPI does', async () => {
    expect(await code(app, 'github', { subject: { name: 'dist/app-1.0.tar.gz' } })).toBeUndefined()
    expect(await code(app, 'github', { subject: { name: 'app-1.1.tar.gz' } })).toBe('SUBJECT_NAME_MISMATCH')
    const tool = target({ ecosystem: 'gem', id: 'pkg:gem/app@1.0' }, { name: 'App-1.0.tar.gz', digests: digest })
    expect(await code(tool, 'github', { subject: { name: 'app-1.0.tar.gz' } })).toBe('SUBJECT_NAME_MISMATCH')
  })
})

/** What is said to a reader: which bytes and which name were wanted, and never more than the beginning of a stranger's. */
describe('a refusal of verifyTarget names', () => {
  const python = (parts: Partial<Dependency>, file?: Target['file']) =>
    target({ ecosystem: 'pypi', version: '1.0', id: 'pkg:pypi/app@1.0', ...parts }, file)
  const more = { predicateType: PYPI_PUBLISH }
  const name = 'app-1.0-py3-none-any.whl'
  const held = { name, digests: { sha256: sha256('held') } }
  const pinned = target({ kind: 'action', ecosystem: 'github', name: 'o/r', digests: { gitCommit: COMMIT } })
  const gem = target({ ecosystem: 'gem', id: 'pkg:gem/app@1.0.0' })
  const longName = target({ kind: 'image', ecosystem: 'oci', name: `ghcr.io/${'y'.repeat(300)}`, id: 'pkg:oci/app' })

  it.for<[string, Target, string, Signed, string, RegExp]>([
    ['the commit', pinned, 'github', { subject: {} }, 'SUBJECT_MISMATCH', / than o\/r a{40}$/],
    [
      'the lack of a commit',
      target({ kind: 'action', ecosystem: 'github', name: 'o/r', digests: {} }),
      'github',
      { subject: {} },
      'SUBJECT_MISMATCH',
      / than o\/r no commit$/,
    ],
    [
      'the file',
      python({}, held),
      'pypi',
      { subject: { name }, more },
      'SUBJECT_MISMATCH',
      / than app-1.0-py3-none-any.whl [0-9a-f]{64}$/,
    ],
    ['the package', python({ digests: {} }), 'pypi', { subject: { name }, more }, 'SUBJECT_MISMATCH', / than app$/],
    [
      'the release',
      python({}),
      'pypi',
      { subject: { name: 'x' }, more },
      'SUBJECT_NAME_MISMATCH',
      /"x", not about "a file of app 1.0"$/,
    ],
    [
      'a release of any version',
      python({ version: undefined }),
      'pypi',
      { subject: { name: 'x' }, more },
      'SUBJECT_NAME_MISMATCH',
      /"x", not about "a file of app"$/,
    ],
    ['no name', python({}), 'pypi', { subject: {}, more }, 'SUBJECT_NAME_MISMATCH', /about "", not/],
    [
      'a URI',
      gem,
      'github',
      { subject: { uri: 'pkg:gem/x@1' } },
      'SUBJECT_NAME_MISMATCH',
      /about "pkg:gem\/x@1", not about "pkg:gem\/app@1.0.0"$/,
    ],
    [
      'the name before the URI',
      gem,
      'github',
      { subject: { name: 'pkg:gem/y@1', uri: 'pkg:gem/x@1' } },
      'SUBJECT_NAME_MISMATCH',
      /about "pkg:gem\/y@1"/,
    ],
    [
      '200 characters of what was said',
      gem,
      'github',
      { subject: { name: `pkg:gem/${'y'.repeat(300)}@1` } },
      'SUBJECT_NAME_MISMATCH',
      /"pkg:gem\/y{192}"/,
    ],
    [
      '200 characters of what was wanted',
      longName,
      'oci',
      { subject: { name: 'x' } },
      'SUBJECT_NAME_MISMATCH',
      /"ghcr.io\/y{192}"$/,
    ],
    [
      '120 characters of a type',
      python({}),
      'pypi',
      { subject: { name }, more: { predicateType: `https://${'y'.repeat(300)}` } },
      'PREDICATE_TYPE',
      /"https:\/\/y{112}";/,
    ],
  ])('%s', ([, at, source, signed, expected, message]) => {
    const hint = expected === 'PREDICATE_TYPE' ? undefined : expect.any(String)
    expect(() => verify(at, source, signed)).toThrow(
      expect.objectContaining({ code: expected, message: expect.stringMatching(message), hint }),
    )
  })

  it('the file that a package is locked by, where its bytes are others', () => {
    const at = target({ ecosystem: 'gem', id: 'pkg:gem/app@1.0.0' }, { name: 'app-1.0.0.gem', digests: held.digests })
    expect(() => verify(at, 'github', { subject: {} })).toThrow(/^app-1.0.0.gem is /)
    expect(() => verify({ ...at, file: undefined }, 'github', { subject: {} })).toThrow(/^app is /)
  })
})
