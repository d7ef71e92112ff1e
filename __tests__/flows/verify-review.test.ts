import { createHash } from 'node:crypto'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { VerifyRequest } from '../../src/flows/verify.ts'
import { directoryManifest } from '../../src/model/build-provenance.ts'
import { buildOmsStatement, omsRoot, sortOmsResources } from '../../src/model/predicates/oms.ts'
import { codeOf, envelope, keyPair, type LooseJson, sha256, statementAbout } from '../support/real-signer.ts'
import { CLAIMS, LATE_MARK, provenance, REPO, startVerifyBench, type VerifyBench } from '../support/verify-bench.ts'

const PROVENANCE = 'https://slsa.dev/provenance/v1'
let bench: VerifyBench
beforeAll(async () => {
  bench = await startVerifyBench()
})
afterAll(() => bench.signer.close())

const codes = ({ limits }: { limits: readonly { code: string }[] }) => limits.map(({ code }) => code)
const resources = (files: Record<string, string>) =>
  Object.entries(files).map(([name, text]) => ({ name, digest: sha256(text), algorithm: 'sha256' as const }))
const rootOf = (files: Record<string, string>) => omsRoot(sortOmsResources(resources(files)))

async function makeDirectory(name: string, files: Record<string, string>) {
  for (const [path, text] of Object.entries(files)) await bench.write(`${name}/${path}`, text)
}

describe('a publish attestation of npm', () => {
  const publishType = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1'
  const pair = keyPair()
  const sha512 = createHash('sha512').update('hello').digest('hex')
  const subject = [{ name: 'pkg:npm/app@1.0.0', digest: { sha512 } }]

  function publish(): LooseJson {
    const statement = {
      ...statementAbout('hello', { subject, predicateType: publishType }),
      predicate: { name: 'app', version: '1.0.0' },
    }
    return {
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.3',
      verificationMaterial: { publicKey: { hint: 'npm-1' } },
      dsseEnvelope: envelope(statement, pair.privateKey, 'npm-1'),
    }
  }
  const document = (...entries: LooseJson[]) => ({ attestations: entries })
  const published = () => ({ predicateType: publishType, bundle: publish() })

  async function judge(lines: readonly unknown[], more: Partial<VerifyRequest> = {}) {
    const key = pair.pem.replace(/-----[^-]+-----|\s/g, '')
    await bench.write('npm-keys.json', { keys: [{ keyid: 'npm-1', scheme: 'x', key, expires: null }] })
    await bench.write('npm.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'))
    const trust = { ...bench.request().trust, npmKeys: 'npm-keys.json' }
    return await bench.verify({ bundles: ['npm.jsonl'], trust, ...more })
  }

  it('is no success on a later line than another bundle', async () => {
    const other = await bench.signer.sign(provenance(undefined, 'other'), { claims: CLAIMS })
    expect(await judge([other, document(published())])).toMatchObject({ verified: false, code: 'SUBJECT_MISMATCH' })
  })

  it('is no success by itself, whatever is asked for', async () => {
    for (const more of [{}, { predicateType: 'any' }, { predicateType: publishType }]) {
      expect((await judge([document(published())], more)).code).toBe('ATTESTATION_ABSENT')
      const anybody = { ...more, identity: { allowAnySigner: true } }
      expect((await judge([document(published())], anybody)).code).toBe('ATTESTATION_ABSENT')
    }
  })

  it('outside its document is a statement like any other: asked for by its type, from the signer that is named', async () => {
    expect((await judge([publish()], { predicateType: 'any' })).code).not.toBeNull()
    const github = { attestations: [{ bundle: publish() }] }
    expect((await judge([github, github])).code).not.toBeNull()
  })

  it('counts for the provenance of its own document and for no other line', async () => {
    const bundle = await bench.signer.sign({ ...provenance(), subject }, { claims: CLAIMS })
    const claimed = { predicateType: PROVENANCE, bundle }
    const other = await bench.signer.sign(provenance(undefined, 'other'), { claims: CLAIMS })
    expect((await judge([document(claimed), document(published())])).code).toBe('PUBLISH_ATTESTATION_MISSING')
    expect((await judge([other, document(claimed)])).code).toBe('PUBLISH_ATTESTATION_MISSING')
    expect((await judge([other, document(claimed, published())])).verified).toBe(true)
  })
})

describe('provenance of a directory', () => {
  const FILES = { 'a.bin': 'one', 'b.bin': 'two' }
  const SWAPPED = { 'c.bin': 'one', 'd.py': 'two' }

  function manifestOf(name: string, files: Record<string, string>) {
    const listed = Object.entries(files).map(([file, text]) => ({ name: file, sha256: sha256(text), bytes: 1 }))
    const output = { role: 'model', path: name, kind: 'directory' as const, digest: {}, bytes: 1, files: listed }
    return {
      digest: { sha256: sha256(directoryManifest(output)?.text ?? '') },
      annotations: { role: 'output-manifest', of: name },
    }
  }

  function about(name: string, manifests: readonly object[], annotations: object = { kind: 'directory' }) {
    const statement = provenance((p) => {
      p.runDetails.byproducts = manifests
    })
    return { ...statement, subject: [{ name, digest: { sha256: rootOf(FILES) }, annotations }] }
  }
  const of = (name: string) => ({ artifacts: [name], predicateType: PROVENANCE })

  beforeAll(async () => {
    await makeDirectory('d1', FILES)
    await makeDirectory('d2', SWAPPED)
  })

  it('holds for the files under the names that were signed, wherever the directory lies', async () => {
    const result = await bench.verifySigned(about('out/model', [manifestOf('out/model', FILES)]), of('d1'))
    expect(result).toMatchObject({ verified: true })
    expect(codes(result)).not.toContain('NAMES_NOT_SIGNED')
  })

  it('does not hold for the same files under other names', async () => {
    const result = await bench.verifySigned(about('out/model', [manifestOf('out/model', FILES)]), of('d2'))
    expect(result).toMatchObject({ verified: false, code: 'SUBJECT_MISMATCH' })
  })

  it('finds the subject with these names among several of one root', async () => {
    const statement = about('first', [manifestOf('first', SWAPPED), manifestOf('second', FILES)])
    statement.subject.push({ ...statement.subject[0], name: 'second' } as (typeof statement.subject)[number])
    expect(await bench.verifySigned(statement, of('d1'))).toMatchObject({ verified: true })
  })

  it('says so when it does not speak of names', async () => {
    for (const manifests of [[], [manifestOf('another', FILES)]]) {
      const result = await bench.verifySigned(about('m', manifests), of('d2'))
      expect(result).toMatchObject({ verified: true })
      expect(codes(result)).toContain('NAMES_NOT_SIGNED')
    }
  })

  it('is not taken for that of a file, nor the other way round', async () => {
    const bytes = Buffer.concat(resources(FILES).map(({ digest }) => Buffer.from(digest, 'hex')))
    await writeFile(join(bench.folder, 'forged'), bytes)
    expect((await bench.verifySigned(about('m', []), of('forged'))).code).toBe('SUBJECT_MISMATCH')
    expect((await bench.verifySigned(about('m', [], { kind: 'file' }), of('d1'))).code).toBe('SUBJECT_MISMATCH')
    expect((await bench.verifySigned(about('m', [], { kind: 'file' }), of('forged'))).verified).toBe(true)
  })

  it('leaves out what --ignore-path names with a slash behind it', async () => {
    await makeDirectory('d3', { ...FILES, 'cache/x': 'x' })
    const statement = about('m', [manifestOf('m', FILES)])
    expect((await bench.verifySigned(statement, of('d3'))).code).toBe('SUBJECT_MISMATCH')
    expect(await bench.verify({ ...of('d3'), ignorePaths: ['cache/'] })).toMatchObject({ verified: true })
  })
})

describe('--inputs', () => {
  const FILES = { 'test.csv': 'b', 'train.csv': 'a' }
  const RENAMED = { 'a.csv': 'b', 'b.csv': 'a' }
  const listOf = (files: Record<string, string>) =>
    resources(files).map(({ name, digest }) => ({ name, sha256: digest }))

  function given(annotations: object, byproducts: readonly object[] = []) {
    return provenance((p) => {
      p.buildDefinition.resolvedDependencies = [
        { digest: { sha256: rootOf(FILES) }, annotations: { path: 'data', kind: 'directory', ...annotations } },
      ]
      p.runDetails.byproducts = byproducts
    })
  }

  beforeAll(async () => {
    await makeDirectory('same/data', FILES)
    await makeDirectory('renamed/data', RENAMED)
  })

  it('refuses the files of a directory under other names', async () => {
    const statement = given({ manifest: listOf(FILES) })
    expect(await bench.verifySigned(statement, { inputs: 'same' })).toMatchObject({ verified: true })
    const result = await bench.verify({ inputs: 'renamed' })
    expect(result.code).toBe('INPUT_CHANGED')
    expect(result.message).toContain('data/train.csv')
  })

  it('refuses them where only the digest of the list was signed', async () => {
    const lines = resources(FILES).map(({ name, digest }) => `${digest} ${JSON.stringify(name)}\n`)
    const list = { digest: { sha256: sha256(lines.join('')) }, annotations: { role: 'manifest', path: 'data' } }
    expect(await bench.verifySigned(given({}, [list]), { inputs: 'same' })).toMatchObject({ verified: true })
    expect((await bench.verify({ inputs: 'renamed' })).code).toBe('INPUT_CHANGED')
  })

  it('refuses another root even where the list is the same', async () => {
    const statement = given({ manifest: listOf(RENAMED) })
    statement.predicate.buildDefinition.resolvedDependencies[0].digest.sha256 = 'd'.repeat(64)
    expect((await bench.verifySigned(statement, { inputs: 'renamed' })).code).toBe('INPUT_CHANGED')
  })
})

describe('who signed', () => {
  it('cannot be a key and a certificate at once', async () => {
    await bench.write('key.pem', keyPair().pem)
    const trust = { ...bench.request().trust, keys: ['key.pem'] }
    expect(await codeOf(() => bench.verify({ trust, identity: { repo: REPO } }))).toBe('ARGUMENT_INVALID')
  })

  it.for<[string | undefined, string | null]>([
    ['self-hosted', 'RUNNER_DENIED'],
    ['unknown', 'RUNNER_DENIED'],
    ['github-hosted', null],
    [undefined, null],
  ])('with --deny-self-hosted and a recording from the runner %s gives %s', async ([runner, code]) => {
    const statement = provenance((p) => {
      p.runDetails.builder.id = p.runDetails.builder.id.replace('#same-job', '#separate-job')
      if (runner !== undefined) p.buildDefinition.internalParameters.recorded = { runner_environment: runner }
    })
    const identity = { ...bench.request().identity, denySelfHosted: true }
    expect((await bench.verifySigned(statement, { identity })).code).toBe(code)
    expect((await bench.verify({ minLevel: 2 })).code).toBe(code === null ? null : 'BUILDER_UNTRUSTED')
    expect((await bench.verify({ minLevel: 1 })).verified).toBe(true)
  })
})

describe('what is said', () => {
  it('of a model signature is nothing about a package', async () => {
    const files = { 'a.bin': 'a' }
    await makeDirectory('m', files)
    const model = { artifacts: ['m'], purl: 'pkg:npm/app@1.0.0' }
    const statement = buildOmsStatement('m', resources(files))
    expect((await bench.verifySigned(statement, model)).code).toBe('SUBJECT_NAME_MISMATCH')
    const named = buildOmsStatement('pkg:npm/app@1.0.0', resources(files))
    expect(await bench.verifySigned(named, model)).toMatchObject({ verified: true })
  })

  it.for<[unknown]>([
    [false],
    [true],
    [null],
    ['yes'],
    [{}],
    [[]],
    [{ ...LATE_MARK, signedOn: undefined }],
    [{ ...LATE_MARK, reason: 1 }],
  ])('late is only what carries the mark of the outbox, and not %j', async ([mark]) => {
    const statement = provenance((p) => {
      p.runDetails.metadata.cleanbill_lateSigned = mark
    })
    expect((await bench.verifySigned(statement)).code).toBe('PREDICATE_MALFORMED')
    const other = { ...statementAbout('hello'), predicateType: 'https://example.com/x' }
    const more = { predicateType: 'any' }
    const bare = { ...other, predicate: { cleanbill_lateSigned: mark } }
    expect((await bench.verifySigned(bare, more)).code).toBe('PREDICATE_MALFORMED')
    const marked = { ...other, predicate: { cleanbill_lateSigned: LATE_MARK } }
    expect(codes(await bench.verifySigned(marked, more))).toContain('LATE_SIGNED')
  })

  it('by a verification summary counts: FAILED is a refusal, and one that is malformed says nothing', async () => {
    const predicateType = 'https://slsa.dev/verification_summary/v1'
    const summary = (result: string, levels: string[]) => ({
      ...statementAbout('hello', { predicateType }),
      predicate: {
        verifier: { id: 'https://verifier.example' },
        timeVerified: '2026-01-01T00:00:00Z',
        resourceUri: 'pkg:npm/app@1.0.0',
        policy: { uri: 'https://policy.example', digest: { sha256: 'a'.repeat(64) } },
        verificationResult: result,
        verifiedLevels: levels,
      },
    })
    const more = { predicateType }
    expect(await bench.verifySigned(summary('PASSED', ['SLSA_BUILD_LEVEL_2']), more)).toMatchObject({ verified: true })
    expect((await bench.verifySigned(summary('FAILED', ['FAILED']), more)).code).toBe('VSA_REJECTED')
    const wrong = summary('PASSED', ['FAILED'])
    expect((await bench.verifySigned(wrong, more)).code).toBe('PREDICATE_MALFORMED')
  })
})

describe('what was named', () => {
  it('may be a bundle with one byte order mark before it, and not with two', async () => {
    const text = JSON.stringify(await bench.signer.sign(provenance(), { claims: CLAIMS }))
    await bench.write('marked.json', `\uFEFF${text}`)
    expect(await bench.verify({ bundles: ['marked.json'] })).toMatchObject({ verified: true })
    await bench.write('marked.json', `\uFEFF\uFEFF${text}`)
    expect((await bench.verify({ bundles: ['marked.json'] })).code).not.toBeNull()
  })

  it('may be a symlink to a file, with the bundle beside the link', async () => {
    await mkdir(join(bench.folder, 'blobs'), { recursive: true })
    await bench.write('blobs/b1', 'hello')
    await symlink('blobs/b1', join(bench.folder, 'link.bin'))
    await bench.write('link.bin.sigstore.json', await bench.signer.sign(provenance(), { claims: CLAIMS }))
    expect(await bench.verify({ artifacts: ['link.bin'], bundles: [] })).toMatchObject({ verified: true })
    await bench.write('blobs/b1', 'hellp')
    expect((await bench.verify({ artifacts: ['link.bin'], bundles: [] })).code).toBe('SUBJECT_MISMATCH')
  })

  it('may not be a symlink to nothing or to a directory', async () => {
    await symlink('nowhere', join(bench.folder, 'dangling'))
    await symlink('blobs', join(bench.folder, 'folder-link'))
    for (const name of ['dangling', 'folder-link']) {
      expect(await codeOf(() => bench.verify({ artifacts: [name] }))).toBe('PATH_UNSAFE')
    }
  })

  it('as a model of one file by a symlink has the name of the link', async () => {
    await bench.write('blobs/m1', 'weights')
    await symlink('blobs/m1', join(bench.folder, 'weights.bin'))
    const statement = buildOmsStatement('weights.bin', resources({ 'weights.bin': 'weights' }))
    const more = { artifacts: ['weights.bin'], predicateType: 'any' }
    expect(await bench.verifySigned(statement, more)).toMatchObject({ verified: true })
  })
})
