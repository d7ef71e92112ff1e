import { describe, expect, it } from 'vitest'
import type { Origin, VerifiedAttestation } from '../../src/model/attestation.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import type { Target } from '../../src/model/evidence.ts'
import { PYPI_PUBLISH } from '../../src/model/predicates/registry.ts'
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
}

/** As if it had been verified: signatures are no business of this module. */
function attestation({ subject, more, origin }: Signed): VerifiedAttestation {
  return {
    statement: statementAbout('x', { subject: [{ digest, ...subject }], ...more }),
    signer: { kind: 'certificate' },
    origin: { form: 'sigstore-bundle', where: 'test', domain: 'sigstore', times: [], ...origin },
  } as unknown as VerifiedAttestation
}
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
