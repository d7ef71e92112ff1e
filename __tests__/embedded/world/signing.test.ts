import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WorldAttestation, WorldPackage } from '../../../src/embedded/world/description.ts'
import { RELEASE_SIGNER } from '../../../src/embedded/world/make-state.ts'
import type { ServedFile, SignedDocument } from '../../../src/embedded/world/state.ts'
import type { VerifiedAttestation } from '../../../src/model/attestation.ts'
import { parseAttestations } from '../../../src/model/bundle.ts'
import { verifyAttestation } from '../../../src/verify/verify-attestation.ts'
import { verifyClaims } from '../../../src/verify/verify-claims.ts'
import { verifyNpmPublish } from '../../../src/verify/verify-npm.ts'
import { verifySubject } from '../../../src/verify/verify-subject.ts'
import { codeOf, toBytes } from '../../support/real-signer.ts'
import { startTestWorld, type TestWorld, worldClock } from '../../support/world.ts'

let world: TestWorld
beforeAll(async () => {
  world = await startTestWorld({
    repositories: [
      { name: 'acme/described', id: '42', ownerId: '7', tags: [{ name: 'v1', commit: 'c'.repeat(40) }] },
      { name: 'acme/listed', branches: { main: ['a'.repeat(40), 'b'.repeat(40)] } },
    ],
  })
})
afterAll(() => world.close())

const npm = (attestation?: WorldAttestation, more: Partial<WorldPackage> = {}): WorldPackage => ({
  ecosystem: 'npm',
  name: '@acme/tool',
  version: '1.0.0',
  ...(attestation === undefined ? {} : { attestation }),
  ...more,
})

interface Signed {
  readonly file: ServedFile
  readonly documents: readonly SignedDocument[]
}

async function signedFiles(pack: WorldPackage): Promise<Signed> {
  const [file] = world.state.filesOf(pack)
  if (file === undefined) throw new Error('no file')
  return { file, documents: await world.state.attestationsOf(pack, file) }
}

function verify(bundle: object): VerifiedAttestation {
  const [attestation] = parseAttestations(toBytes(bundle), 'world').attestations
  if (attestation === undefined) throw new Error('unreadable')
  const verified = verifyAttestation(attestation, world.trust)
  if (verified.statement === undefined) throw new Error('no statement')
  return verified
}

const of = (documents: readonly SignedDocument[], type: RegExp) => {
  const found = documents.find(({ predicateType }) => type.test(predicateType))
  if (found === undefined) throw new Error(`no ${type}`)
  return found.bundle
}

/** What a gate does with one file's provenance. */
async function judge(pack: WorldPackage, purl?: string): Promise<string | undefined> {
  const { file, documents } = await signedFiles(pack)
  return await codeOf(() => {
    const { statement, signer } = verify(of(documents, /provenance|pypi/))
    verifySubject(statement, { name: file.name, digests: [file.digests], purl })
    verifyClaims(statement, signer)
    if (pack.ecosystem !== 'npm') return
    const publish = documents.find(({ predicateType }) => predicateType.includes('npm/attestation'))
    if (publish === undefined) throw Object.assign(new Error(), { name: 'CleanbillError', code: 'none' })
    verifyNpmPublish(verify(publish.bundle), { name: file.name, digests: [file.digests], purl })
  })
}

const PURL = 'pkg:npm/%40acme/tool@1.0.0'

describe('a package of the world', () => {
  it('has provenance and publish attestation that verify for exactly its name and bytes', async () => {
    expect(await judge(npm({ repository: 'acme/tool' }), PURL)).toBeUndefined()
  })

  it('has a certificate that speaks as a job of GitHub would', async () => {
    const { documents } = await signedFiles(npm({ repository: 'acme/described', ref: 'refs/tags/v1' }))
    const { signer } = verify(of(documents, /provenance/))
    expect(signer).toMatchObject({
      issuer: 'https://token.actions.githubusercontent.com',
      subjectAlternativeName: {
        value: 'https://github.com/acme/described/.github/workflows/release.yml@refs/tags/v1',
      },
      claims: {
        sourceRepositoryUri: 'https://github.com/acme/described',
        sourceRepositoryIdentifier: '42',
        sourceRepositoryOwnerIdentifier: '7',
        sourceRepositoryDigest: 'c'.repeat(40),
        sourceRepositoryRef: 'refs/tags/v1',
        runnerEnvironment: 'github-hosted',
        buildTrigger: 'push',
        sourceRepositoryVisibility: 'public',
      },
    })
  })

  it('is signed by a reusable workflow of another repository where it says so', async () => {
    const attestation = {
      repository: 'acme/listed',
      signerRepository: 'acme/builders',
      signerWorkflow: '.github/workflows/npm.yml',
      signerRef: 'refs/tags/v2',
    }
    const pack = npm(attestation)
    const { signer } = verify(of((await signedFiles(pack)).documents, /provenance/))
    expect(signer).toMatchObject({
      claims: {
        buildSignerUri: 'https://github.com/acme/builders/.github/workflows/npm.yml@refs/tags/v2',
        buildConfigUri: 'https://github.com/acme/listed/.github/workflows/release.yml@refs/heads/main',
        sourceRepositoryDigest: 'b'.repeat(40),
      },
    })
    expect(await judge(pack, PURL)).toBeUndefined()
  })

  it('leaves the runner out of a certificate whose story says so', async () => {
    const { documents } = await signedFiles(npm({ repository: 'acme/tool', runner: null }))
    expect(verify(of(documents, /provenance/)).signer).toMatchObject({ claims: { buildTrigger: 'push' } })
    expect(verify(of(documents, /provenance/)).signer).not.toHaveProperty('claims.runnerEnvironment')
  })

  it('is signed in the past, with every time of that moment', async () => {
    const { documents } = await signedFiles(npm({ repository: 'acme/tool', signedAt: '2023-04-05T06:07:08Z' }))
    const { origin } = verify(of(documents, /provenance/))
    expect(origin.times).toStrictEqual(['2023-04-05T06:07:08.000Z'])
    expect(origin.domain).toBe('sigstore')
  })

  it('has on PyPI a publish attestation for each file of its own name', async () => {
    const pack: WorldPackage = {
      ecosystem: 'pypi',
      name: 'acme-tool',
      version: '1.0',
      files: [{ name: 'acme_tool-1.0-py3-none-any.whl' }, { name: 'acme_tool-1.0.tar.gz', attestation: null }],
      attestation: { repository: 'acme/tool' },
    }
    expect(await judge(pack)).toBeUndefined()
    const [wheel, archive] = world.state.filesOf(pack)
    expect(wheel && world.state.isAttested(pack, wheel)).toBe(true)
    expect(archive && (await world.state.attestationsOf(pack, archive))).toStrictEqual([])
  })

  it('is signed once: asking again gives the same bytes', async () => {
    const pack = npm({ repository: 'acme/tool' })
    expect((await signedFiles(pack)).documents).toBe((await signedFiles(pack)).documents)
  })

  it('keeps its signature when the story goes on', async () => {
    const pack = npm({ repository: 'acme/listed' })
    const before = (await signedFiles(pack)).documents
    const description = world.state.description()
    world.setDescription({
      packages: [pack],
      repositories: [{ name: 'acme/listed', branches: { main: ['d'.repeat(40)] } }],
    })
    expect((await signedFiles(pack)).documents).toBe(before)
    world.setDescription(description)
  })
})

describe('a broken attestation is refused:', () => {
  const cases: readonly [NonNullable<WorldAttestation['broken']>, string][] = [
    ['signature', 'SIGNATURE_INVALID'],
    ['digest', 'SUBJECT_MISMATCH'],
    ['name', 'SUBJECT_NAME_MISMATCH'],
    ['claims', 'CLAIM_CONFLICT'],
    ['no-publish', 'none'],
    ['malformed', 'BUNDLE_MALFORMED'],
  ]
  it.each(cases)('%s → %s', async (broken, code) => {
    expect(await judge(npm({ repository: 'acme/tool', broken }), PURL)).toBe(code)
  })

  it('claims of a PyPI file → CLAIM_CONFLICT', async () => {
    const attestation = { repository: 'acme/tool', broken: 'claims' } as const
    expect(await judge({ ecosystem: 'pypi', name: 'a', version: '1', attestation })).toBe('CLAIM_CONFLICT')
  })
})

describe("GitHub's own instance", () => {
  it('signs an immutable release, without a log, in its own name', async () => {
    const { bundle } = await world.state.releaseAttestation(
      'acme/described',
      { tag: 'v1', immutable: true },
      'c'.repeat(40),
    )
    const { signer, origin, statement } = verify(bundle)
    expect(origin).toMatchObject({ domain: 'github', logIndex: undefined })
    expect(signer).toMatchObject({ subjectAlternativeName: { type: 'uri', value: RELEASE_SIGNER }, claims: {} })
    expect(signer).not.toHaveProperty('issuer')
    expect(statement).toMatchObject({
      predicateType: 'https://in-toto.io/attestation/release/v0.2',
      subject: [{ uri: 'pkg:github/acme/described@v1', digest: { sha1: 'c'.repeat(40) } }],
      predicate: { repositoryId: '42', ownerId: '7', tag: 'v1' },
    })
  })

  it('signs provenance of a repository that uses it', async () => {
    const pack: WorldPackage = {
      ecosystem: 'cargo',
      name: 'acme',
      version: '1.0.0',
      attestation: { repository: 'acme/tool', instance: 'github' },
    }
    const { documents } = await signedFiles(pack)
    expect(verify(of(documents, /provenance/)).origin.domain).toBe('github')
    expect(await judge(pack)).toBeUndefined()
  })
})

describe('what else is signed', () => {
  it('is an image, a file itself, a note of the checksum database', async () => {
    const attested = await world.state.attest(
      { name: 'ghcr.io/acme/app', digest: { sha256: 'e'.repeat(64) } },
      { repository: 'acme/tool' },
    )
    expect(verify(attested.bundle).statement.subject[0]?.name).toBe('ghcr.io/acme/app')
    const file = Buffer.from('a gem')
    const [message] = parseAttestations(
      toBytes(await world.state.signFile(file, { repository: 'acme/tool' })),
      'gem',
    ).attestations
    expect(message && verifyAttestation(message, world.trust, file).signer.kind).toBe('certificate')
    expect(world.state.signNote('1\nrecord\n')).toMatch(/^1\nrecord\n\n— sumdb\.cleanbill\.internal [\w+/=]+\n$/)
    expect(world.goSumdb).toMatch(/^sumdb\.cleanbill\.internal\+[0-9a-f]{8}\+[\w+/=]{44}$/)
  })

  it('is 800 packages in a moment (printed)', async () => {
    const packs = Array.from({ length: 800 }, (_, index) =>
      npm({ repository: `acme/r${index % 50}` }, { name: `p${index}` }),
    )
    const started = performance.now()
    for (const pack of packs) await signedFiles(pack)
    const each = (performance.now() - started) / packs.length
    console.info(`signing: ${each.toFixed(2)} ms a package, two attestations each`)
  })
})

it('opens its keys again: what was signed verifies after a restart', async () => {
  const stateDir = world.trustedRootPath.replace(/\/[^/]+$/, '')
  const again = await startTestWorld({}, { stateDir, clock: worldClock })
  const pack = npm({ repository: 'acme/tool' })
  const [file] = again.state.filesOf(pack)
  if (file === undefined) throw new Error('no file')
  const documents = await again.state.attestationsOf(pack, file)
  expect(verify(of(documents, /provenance/)).origin.domain).toBe('sigstore')
  expect(again.token).toBe(world.token)
  await again.close()
})
