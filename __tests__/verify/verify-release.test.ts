import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { VerifiedAttestation } from '../../src/model/attestation.ts'
import { parseAttestations } from '../../src/model/bundle.ts'
import type { Dependency } from '../../src/model/dependency.ts'
import type { DigestSet } from '../../src/model/digest.ts'
import type { Target } from '../../src/model/evidence.ts'
import { parseTrustedRoots } from '../../src/verify/trust-material.ts'
import { verifyEvidence } from '../../src/verify/verify-evidence.ts'
import { GITHUB_RELEASE_SIGNER, releaseTag, verifyRelease } from '../../src/verify/verify-release.ts'
import { fixturePath } from '../support/fixtures.ts'
import { codeOf } from '../support/real-signer.ts'

const COMMIT = 'a'.repeat(40)
const TAG_OBJECT = 'b'.repeat(40)
const PURL = 'pkg:github/acme/action@v1.0.0'

function target(name = 'acme/action', digests: DigestSet = { gitCommit: COMMIT }): Target {
  const dependency: Dependency = {
    id: `pkg:github/${name}@${digests.gitCommit}`,
    kind: 'action',
    ecosystem: 'github',
    name,
    version: digests.gitCommit,
    digests,
    file: '.github/workflows/ci.yml',
    line: 1,
    scope: 'ci',
    source: 'git',
  }
  return { dependency, digests }
}

interface Parts {
  readonly uri?: string | undefined
  readonly name?: string
  readonly digest?: DigestSet
  readonly predicate?: object
  readonly signer?: string
  readonly nameType?: string
  readonly domain?: string
  readonly more?: readonly object[]
}

/** As if it had been verified: only GitHub can sign one for real, and its real ones are below. */
function release({ digest = { sha1: COMMIT }, ...parts }: Parts = {}) {
  const uri = 'uri' in parts ? parts.uri : PURL
  return {
    statement: {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ uri, name: parts.name, digest }, ...(parts.more ?? [])],
      predicateType: 'https://in-toto.io/attestation/release/v0.2',
      predicate: { purl: uri ?? PURL, tag: 'v1.0.0', repository: 'acme/action', ...parts.predicate },
    },
    signer: {
      kind: 'certificate',
      subjectAlternativeName: { type: parts.nameType ?? 'uri', value: parts.signer ?? GITHUB_RELEASE_SIGNER },
      claims: {},
      legacy: {},
    },
    origin: { form: 'sigstore-bundle', where: 'release', domain: parts.domain ?? 'github', times: [] },
  } as unknown as VerifiedAttestation
}

const code = (attestation: VerifiedAttestation, at = target()) => codeOf(() => verifyRelease(at, attestation))

describe('verifyRelease', () => {
  it('accepts a release at the pinned commit, and at the tag object that a source has looked up (T-SU-15)', async () => {
    expect(await code(release())).toBeUndefined()
    expect(await code(release({ digest: { gitCommit: COMMIT } }))).toBeUndefined()
    const annotated = release({ digest: { sha1: TAG_OBJECT } })
    expect(await code(annotated, target('acme/action', { gitCommit: COMMIT, gitTag: TAG_OBJECT }))).toBeUndefined()
    expect(await code(annotated)).toBe('SUBJECT_MISMATCH')
  })

  it('compares names as GitHub does, without case', async () => {
    expect(await code(release(), target('Acme/Action'))).toBeUndefined()
  })

  it('accepts a predicate that names neither tag nor repository beside its purl', async () => {
    expect(await code(release({ predicate: { tag: undefined, repository: undefined } }))).toBeUndefined()
  })

  it('compares nothing with an object that was not looked up', async () => {
    const tagOnly = release({ digest: { gitTag: TAG_OBJECT } })
    expect(await code(tagOnly)).toBe('SUBJECT_MISMATCH')
    expect(await code(tagOnly, target('acme/action', { gitCommit: COMMIT, gitTag: TAG_OBJECT }))).toBeUndefined()
  })

  it.for<[string, Parts, string]>([
    ['another commit', { digest: { sha1: 'c'.repeat(40) } }, 'SUBJECT_MISMATCH'],
    ['two commits at once', { digest: { sha1: COMMIT, gitCommit: 'c'.repeat(40) } }, 'SUBJECT_MISMATCH'],
    ['the commit twice', { more: [{ uri: 'pkg:github/a/b@v1', digest: { sha1: COMMIT } }] }, 'SUBJECT_MISMATCH'],
    ['another repository', { uri: 'pkg:github/acme/action-fork@v1.0.0' }, 'SUBJECT_NAME_MISMATCH'],
    ['no tag', { uri: 'pkg:github/acme/action' }, 'SUBJECT_NAME_MISMATCH'],
    ['another kind of package', { uri: 'pkg:npm/acme/action@v1.0.0' }, 'SUBJECT_NAME_MISMATCH'],
    ['another tag in its predicate', { predicate: { tag: 'v2' } }, 'CLAIM_CONFLICT'],
    ['another purl in its predicate', { predicate: { purl: 'pkg:github/acme/action@v2' } }, 'CLAIM_CONFLICT'],
    ['another repository in its predicate', { predicate: { repository: 'evil/action' } }, 'CLAIM_CONFLICT'],
    ['a signer that only begins like GitHub', { signer: `${GITHUB_RELEASE_SIGNER}.evil.example` }, 'IDENTITY_MISMATCH'],
    ['a signer whose name is that address as an e-mail', { nameType: 'email' }, 'IDENTITY_MISMATCH'],
    ['no commit', { digest: { sha256: 'd'.repeat(64) } }, 'SUBJECT_MISMATCH'],
    ['a purl that is none in its predicate', { predicate: { purl: 'acme/action' } }, 'PREDICATE_MALFORMED'],
    ['a purl without a name in its predicate', { predicate: { purl: 'pkg:@v1.0.0' } }, 'CLAIM_CONFLICT'],
    ['another package in its predicate', { predicate: { purl: 'pkg:github/evil/action@v1.0.0' } }, 'CLAIM_CONFLICT'],
    ['a repository in its predicate that is no text', { predicate: { repository: 1 } }, 'CLAIM_CONFLICT'],
    ['the public instance in place of GitHub', { domain: 'sigstore' }, 'TRUST_DOMAIN'],
  ])('refuses a statement about %s', async ([, parts, expected]) => {
    expect(await code(release(parts))).toBe(expected)
  })
})

const REAL = 'github/github-release-attestation.sigstore.json'
const ROOT = 'sigstore/trusted-roots/github.trusted_root.json'

describe('a refusal of a release', () => {
  it('is of everything that GitHub did not sign under its one name for releases', () => {
    expect(GITHUB_RELEASE_SIGNER).toBe('https://dotcom.releases.github.com')
    // Whoever has a CA of his own writes into a certificate what he likes.
    const { signer } = release()
    const own = { ...release(), signer: { ...signer, kind: 'private-ca' } } as unknown as VerifiedAttestation
    expect(() => verifyRelease(target(), own)).toThrow(expect.objectContaining({ code: 'IDENTITY_MISMATCH' }))
  })

  it('says who alone signs releases, to a key too', () => {
    const byKey = { ...release(), signer: { kind: 'key', source: 'key', fingerprint: 'a' } } as VerifiedAttestation
    for (const attestation of [byKey, release({ signer: 'https://evil.example' })]) {
      expect(() => verifyRelease(target(), attestation)).toThrow(
        expect.objectContaining({ code: 'IDENTITY_MISMATCH', hint: expect.stringContaining(GITHUB_RELEASE_SIGNER) }),
      )
    }
  })

  it.for<[string, Parts, RegExp]>([
    ['another commit', { digest: { sha1: 'c'.repeat(40) } }, /^release is about another commit$/],
    ['one twice', { more: [{ uri: PURL, digest: { sha1: COMMIT } }] }, /^release is about this commit more than once$/],
  ])('tells %s', ([, parts, message]) => {
    expect(() => verifyRelease(target(), release(parts))).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(message),
        hint: expect.stringContaining('not the one that was released'),
      }),
    )
  })

  it('repeats the beginning of a name, and of no name nothing', () => {
    const long = release({ uri: `pkg:github/acme/${'y'.repeat(300)}@v1` })
    expect(() => verifyRelease(target(), long)).toThrow(/ is about "pkg:github\/acme\/y{184}", not/)
    const nameless = release({ uri: undefined })
    expect(() => verifyRelease(target(), nameless)).toThrow(
      expect.objectContaining({ code: 'SUBJECT_NAME_MISMATCH', message: expect.stringContaining(' is about "", not') }),
    )
  })
})

it('reads the package of a release from the name of its subject where there is no URI', async () => {
  expect(await code(release({ uri: undefined, name: PURL }))).toBeUndefined()
  expect(await code(release({ name: 'pkg:github/evil/action@v1.0.0' }))).toBeUndefined()
})

it('looks for the commit among other subjects, and compares nothing with a commit that nobody locked', async () => {
  const asset = { name: 'app.zip', digest: { sha256: 'd'.repeat(64) } }
  expect(await code(release({ more: [asset] }))).toBeUndefined()
  expect(await code(release({ digest: {} }), target('acme/action', {}))).toBe('SUBJECT_MISMATCH')
})

it('gives the tag of a release, and none where its purl is of nothing', () => {
  expect(releaseTag(release())).toBe('v1.0.0')
  expect(releaseTag(release({ predicate: { purl: 'pkg:@v1' } }))).toBe('')
})

describe.runIf(existsSync(fixturePath(REAL)))("verifyEvidence over GitHub's own release attestations", () => {
  const roots = existsSync(fixturePath(ROOT)) ? parseTrustedRoots(readFileSync(fixturePath(ROOT)), ROOT) : []
  const trust = { roots, keys: [], rootCertificates: [], now: new Date('2026-11-22T12:00:00Z') }
  const judge = (path: string, at: Target) => {
    const { accepted, refused } = verifyEvidence(
      at,
      'github',
      [parseAttestations(readFileSync(fixturePath(path)), path)],
      trust,
    )
    return accepted.length > 0 ? 'accepted' : refused[0]?.code
  }

  it.for<[string, string, string, string]>([
    [REAL, 'puerco/test-immutable-releases', '3ede92d1d86076be3e238618b5a54c8189668e3f', 'accepted'],
    [REAL, 'puerco/test-immutable-releases', '3ede92d1d86076be3e238618b5a54c8189668e30', 'SUBJECT_MISMATCH'],
    [REAL, 'puerco/test-immutable-releasez', '3ede92d1d86076be3e238618b5a54c8189668e3f', 'SUBJECT_NAME_MISMATCH'],
    ['github/jdx-communique.sigstore.json', 'jdx/communique', '43d0bd191f16d1fe3484a4b58aa69118f7692442', 'accepted'],
  ])('%s for %s@%s: %s', ([path, name, gitCommit, expected]) => {
    expect(judge(path, target(name, { gitCommit }))).toBe(expected)
  })
})
