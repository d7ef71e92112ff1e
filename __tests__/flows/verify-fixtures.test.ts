import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type VerifyRequest, verifyArtifacts } from '../../src/flows/verify.ts'
import { isCleanbillError } from '../../src/model/error.ts'
import { type Fixture, fixturePath, loadFixtures, onlyFile } from '../support/fixtures.ts'
import { testHost } from '../support/test-host.ts'

const KINDS = [
  'sigstore-bundle',
  'npm-attestations',
  'bundle-jsonl',
  'github-attestations-api',
  'embedded-bundle',
  'pep740-attestation',
  'pep740-provenance',
  'oms-bundle',
  'dsse',
  'slsa-envelope',
]
const PUBLIC_GOOD = 'sigstore/trusted-roots/sigstore-prod.trusted_root.json'

const EMPTY = createHash('sha256').digest('hex')

let scratch = ''
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'cleanbill-fixtures-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const fixtures = loadFixtures().filter(({ kind }) => KINDS.includes(kind))

/** verdict and code of one fixture through the flow */
async function judge(fixture: Fixture): Promise<{ verdict: 'valid' | 'reject'; code: string; message: string }> {
  const { inputs } = fixture
  const folder = join(scratch, fixture.path)
  mkdirSync(folder, { recursive: true })
  const { observed } = fixture
  const root =
    inputs.trusted_root ?? observed.entries?.find((entry) => entry.result?.trusted_root)?.result?.trusted_root
  const oms = fixture.kind === 'oms-bundle'
  const identity = inputs.identity
  const request: VerifyRequest = {
    artifacts: [artifactOf(fixture, folder)],
    bundles: [bundleOf(fixture, folder)],
    trust: {
      trustedRoots: oms && inputs.method !== 'sigstore' ? [] : [fixturePath(root ?? PUBLIC_GOOD)],
      npmKeys: inputs.npm_keys === undefined ? undefined : fixturePath(inputs.npm_keys),
      keys: inputs.public_key === undefined ? [] : [fixturePath(inputs.public_key)],
      rootCertificates: (inputs.cert_chain ?? []).map(fixturePath),
      offline: true,
      cachePath: join(scratch, 'no-cache'),
    },
    identity:
      identity === undefined
        ? { allowAnySigner: true }
        : { certIdentity: identity.san, certOidcIssuer: identity.issuer ?? 'none' },
    // A directory's signature and the conformance cases need no type; the rest is of all kinds.
    predicateType: fixture.path.startsWith('sigstore/conformance/') || (oms && !isOneFile(fixture)) ? undefined : 'any',
    purl: inputs.purl,
    ignorePaths: inputs.ignore_paths ?? [],
    ignoreUnsignedFiles: false,
  }
  try {
    const [result] = await verifyArtifacts(request, testHost(folder))
    if (result === undefined) return { verdict: 'reject', code: 'NOTHING', message: '' }
    return { verdict: result.verified ? 'valid' : 'reject', code: result.code ?? '', message: result.message }
  } catch (error) {
    if (!isCleanbillError(error)) throw error
    return { verdict: 'reject', code: error.code, message: error.message }
  }
}

/** Before v1.0 a model of one file was signed as `.`: the file is the artifact there. */
const isOneFile = ({ path }: Pick<Fixture, 'path'>): boolean => path.includes('historical-v0.3.1')

function artifactOf({ path, inputs, observed }: Fixture, folder: string): string {
  if (inputs.model !== undefined) {
    const model = fixturePath(inputs.model)
    const changes = inputs.model_modifications
    if (changes === undefined) return isOneFile({ path }) ? (onlyFile(model) ?? model) : model
    cpSync(model, join(folder, 'model'), { recursive: true, mode: 0 })
    for (const name of changes.delete ?? []) rmSync(join(folder, 'model', name), { force: true })
    for (const [name, text] of Object.entries({ ...changes.tamper, ...changes.add })) {
      rmSync(join(folder, 'model', name), { force: true })
      writeFileSync(join(folder, 'model', name), text)
    }
    return join(folder, 'model')
  }
  if (inputs.artifact !== undefined) return fixturePath(inputs.artifact)
  if (observed.entries?.some((entry) => entry.message_digest?.hex === EMPTY) === true) {
    writeFileSync(join(folder, 'empty'), '')
    return join(folder, 'empty')
  }
  if (inputs.artifact_sha256 !== undefined) return `sha256:${inputs.artifact_sha256}`
  const digests = observed.entries?.flatMap(({ subjects }) => subjects ?? []).map(({ digest }) => digest ?? {}) ?? []
  for (const name of ['sha256', 'sha512']) {
    const found = digests.find((digest) => digest[name] !== undefined)
    if (found !== undefined) return `${name}:${found[name]}`
  }
  return `sha256:${'0'.repeat(64)}`
}

function bundleOf({ path, kind }: Fixture, folder: string): string {
  if (kind !== 'embedded-bundle') return fixturePath(path)
  const outer = JSON.parse(readFileSync(fixturePath(path), 'utf8')) as { attestations: { signatureBundle: unknown } }
  const target = join(folder, 'bundle.json')
  writeFileSync(target, JSON.stringify(outer.attestations.signatureBundle))
  return target
}

/** Where we judge otherwise than the file's origin, and why. */
const ACCEPTED_DIFFERENCES: Readonly<Record<string, { readonly code: string; readonly why: string }>> = {
  'sigstore/a2a/signed-georoute-agent.json': {
    code: 'LOG_ENTRY_UNSUPPORTED',
    why: 'log entry dsse 0.0.2 is withdrawn; sigstore-java refuses it too, and no verifier can do both',
  },
  'sigstore/real-world/openvex-public-good.sigstore.json': {
    code: 'STATEMENT_MALFORMED',
    why: 'writes `type` in place of `_type`: no in-toto statement',
  },
  'github/attestations-api-response.json': {
    code: 'STATEMENT_MALFORMED',
    why: 'writes `type` in place of `_type`: no in-toto statement',
  },
  'slsa/slsa-verifier/bundle/valid.intoto.sigstore': {
    code: 'STATEMENT_MALFORMED',
    why: 'its predicateType is empty',
  },
  'github/github-release-attestation.sigstore.json': {
    code: 'DIGEST_WEAK',
    why: 'names a git tag by sha1 and no file',
  },
  'slsa/vsa/gke-gce-pre.bcid-vsa.jsonl': {
    code: 'DIGEST_WEAK',
    why: 'its signature holds; its subject is the id of a VM image and no digest',
  },
  'oms/conformance/verify/historical/historical-v0.2.0-certificate/bundle.sig': {
    code: 'SIGNATURE_INVALID',
    why: 'signed over another encoding than DSSE says (before OMS was a standard)',
  },
}

/** Cases whose inputs are not among the fixtures: nothing can be said about them offline. */
function whyNotJudged({ path, kind, inputs, observed }: Fixture): string | undefined {
  const message =
    observed.entries?.some(({ message_digest: digest }) => digest !== undefined && digest.hex !== EMPTY) === true
  if (message && inputs.artifact === undefined) return 'a signature over a file that is not here'
  if (kind === 'slsa-envelope') return 'a bare envelope whose log entry must be asked from the log'
  if (inputs.method === 'schema') return 'a schema vector: no key'
  const missing = [inputs.public_key, inputs.trusted_root, inputs.artifact].find(
    (file) => file !== undefined && !existsSync(fixturePath(file)),
  )
  if (missing !== undefined) return `${missing} is not here`
  return kind === 'dsse' && inputs.public_key === undefined ? `no key for ${path}` : undefined
}

const judgeable = fixtures.filter(
  (fixture) => ['valid', 'reject'].includes(fixture.expected.verdict) && whyNotJudged(fixture) === undefined,
)
const codes = JSON.parse(
  readFileSync(join(import.meta.dirname, '../cases/verify/fixture-codes.json'), 'utf8'),
) as Readonly<Record<string, string>>

describe.runIf(fixtures.length > 0)('verify over real attestations', () => {
  it('says which cases it could not judge, and none of the conformance suite is among them', () => {
    const skipped = fixtures.flatMap((fixture) => {
      const why = whyNotJudged(fixture)
      return why === undefined ? [] : [{ path: fixture.path, why }]
    })
    const differences = Object.entries(ACCEPTED_DIFFERENCES).map(([path, { code, why }]) => ({
      path,
      why: `${code}: ${why}`,
    }))
    console.info(
      [
        `judged ${judgeable.length}, not judged ${skipped.length}, accepted differences ${differences.length}`,
        ...[...differences, ...skipped.filter(({ path }) => !path.startsWith('slsa/'))].map(
          ({ path, why }) => `  ${path}: ${why}`,
        ),
      ].join('\n'),
    )
    expect(skipped.filter(({ path }) => path.startsWith('sigstore/conformance/'))).toEqual([])
    expect(judgeable.length).toBeGreaterThan(150)
  })

  it.for(judgeable)('gives the expected verdict for $path', async (fixture) => {
    const accepted = ACCEPTED_DIFFERENCES[fixture.path]
    const { verdict, code, message } = await judge(fixture)
    if (fixture.expected.verdict === 'valid' && accepted === undefined) {
      expect({ verdict, code, message: code === '' ? '' : message }).toEqual({
        verdict: 'valid',
        code: '',
        message: '',
      })
      return
    }
    expect({ verdict, code }).toEqual({ verdict: 'reject', code: accepted?.code ?? codes[fixture.path] })
  })

  it('never lets anything but a coded refusal out for the cases that depend on policy', async () => {
    for (const fixture of fixtures.filter(({ path }) => !judgeable.some((one) => one.path === path))) {
      const { verdict, code } = await judge(fixture)
      expect(verdict === 'valid' || code !== '').toBe(true)
      expect(code).not.toBe('LIBRARY_FAULT')
    }
  })
})
