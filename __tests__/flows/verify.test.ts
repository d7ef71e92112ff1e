import { readFileSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../src/entry/cli/main.ts'
import { type VerifyRequest, verifyArtifacts } from '../../src/flows/verify.ts'
import { buildOmsStatement } from '../../src/model/predicates/oms.ts'
import { toVerifyDocument, verifyDocumentSchema, verifyJsonSchema } from '../../src/model/verify-document.ts'
import {
  codeOf,
  envelope,
  keyPair,
  type LooseJson,
  type RealSigner,
  sha256,
  statementAbout,
} from '../support/real-signer.ts'
import { testHost } from '../support/test-host.ts'
import {
  CLAIMS,
  LATE_MARK,
  provenance,
  REPO,
  SERVER,
  startVerifyBench,
  type VerifyBench,
} from '../support/verify-bench.ts'

let bench: VerifyBench
let signer: RealSigner
let folder = ''
beforeAll(async () => {
  bench = await startVerifyBench()
  signer = bench.signer
  folder = bench.folder
})
afterAll(() => signer.close())

const write = (name: string, content: unknown) => bench.write(name, content)
const request = (more?: Partial<VerifyRequest>) => bench.request(more)
const verify = (more?: Partial<VerifyRequest>) => bench.verify(more)
const verifySigned = (statement: object, more?: Partial<VerifyRequest>) => bench.verifySigned(statement, more)

describe('verifyArtifacts', () => {
  it('accepts provenance of the expected repository and hands its limits on', async () => {
    const result = await verifySigned(provenance())
    expect(result).toMatchObject({ verified: true, code: null, signer: { kind: 'certificate' } })
    expect(result.limits.map(({ code }) => code)).toEqual(['DEPENDENCIES_TENANT_REPORTED', 'SAME_JOB'])
    expect(verifyDocumentSchema.parse(toVerifyDocument([result])).verified).toBe(true)
  })

  it('says late of what was signed late', async () => {
    const late = provenance((p) => {
      p.runDetails.metadata.cleanbill_lateSigned = LATE_MARK
    })
    expect((await verifySigned(late)).limits.map(({ code }) => code)).toContain('LATE_SIGNED')
  })

  describe('of a statement that was signed late', () => {
    const late = (change: (predicate: LooseJson) => void) =>
      provenance((p) => {
        p.runDetails.metadata.cleanbill_lateSigned = LATE_MARK
        change(p)
      })

    it('accepts that another run and commit of the same repository signed it', async () => {
      const statement = late((p) => {
        p.runDetails.metadata.invocationId = `${SERVER}/${REPO}/actions/runs/10/attempts/1`
        p.buildDefinition.resolvedDependencies[0].digest.gitCommit = 'b'.repeat(40)
        p.buildDefinition.internalParameters.github.event_name = 'schedule'
      })
      expect(await verifySigned(statement)).toMatchObject({ verified: true })
    })

    it.each<[string, (p: LooseJson) => void]>([
      [
        'repository',
        ({ buildDefinition: b }) =>
          Object.assign(b.externalParameters.workflow, { repository: `${SERVER}/acme/other` }),
      ],
      [
        'repository id',
        ({ buildDefinition: b }) => Object.assign(b.internalParameters.github, { repository_id: '43' }),
      ],
      [
        'owner id',
        ({ buildDefinition: b }) => Object.assign(b.internalParameters.github, { repository_owner_id: '8' }),
      ],
    ])('refuses another %s', async (_what, change) => {
      expect(await verifySigned(late(change))).toMatchObject({ verified: false, code: 'CLAIM_CONFLICT' })
    })
  })

  it.each([
    [1, 'github-hosted', true],
    [2, 'github-hosted', true],
    [3, 'github-hosted', false],
    [1, 'self-hosted', true],
    [2, 'self-hosted', false],
  ])('asked for level %i of a job on a %s runner says %s', async (minLevel, runner, verified) => {
    const statement = provenance((p) => {
      p.buildDefinition.internalParameters.github.runner_environment = runner
    })
    const claims = { ...CLAIMS, runner_environment: runner }
    await write('bundle.json', await signer.sign(statement, { claims }))
    const result = await verify({ minLevel })
    expect({ verified: result.verified, code: result.code }).toEqual({
      verified,
      code: verified ? null : 'BUILDER_UNTRUSTED',
    })
  })

  it('refuses provenance of ours with a parameter it does not know', async () => {
    const statement = provenance((p) => {
      p.buildDefinition.externalParameters.override = 'x'
    })
    expect((await verifySigned(statement)).code).toBe('PARAMETERS_UNKNOWN')
  })

  it('gives no level to a statement that is no provenance', async () => {
    const statement = { ...statementAbout('hello'), predicateType: 'https://cyclonedx.org/bom' }
    const result = await verifySigned(statement, { minLevel: 1, predicateType: 'any' })
    expect(result.code).toBe('BUILDER_UNTRUSTED')
  })

  it('takes an image by its digest, and refuses a tag', async () => {
    await write('bundle.json', await signer.sign(provenance(), { claims: CLAIMS }))
    const image = `oci://registry.example/app:v1@sha256:${sha256('hello')}`
    expect(await verify({ artifacts: [image] })).toMatchObject({ verified: true, artifact: { name: image } })
    expect(await codeOf(() => verify({ artifacts: ['oci://registry.example/app:v1'] }))).toBe('ARGUMENT_INVALID')
  })

  it('refuses a file with one byte changed', async () => {
    await write('bundle.json', await signer.sign(provenance(), { claims: CLAIMS }))
    await write('changed.txt', 'hellp')
    expect(await verify({ artifacts: ['changed.txt'] })).toMatchObject({ verified: false, code: 'SUBJECT_MISMATCH' })
  })

  it('accepts the digest in place of the file, and reads upper case in it', async () => {
    const digest = `sha256:${sha256('hello').toUpperCase()}`
    expect((await verifySigned(provenance(), { artifacts: [digest] })).verified).toBe(true)
    expect(await codeOf(() => verify({ artifacts: ['sha256:abc'] }))).toBe('DIGEST_MALFORMED')
  })

  it('refuses a subject whose digest is weak, malformed, or whose name belongs to another digest', async () => {
    for (const [digest, code] of [
      [{ sha1: 'a'.repeat(40) }, 'DIGEST_WEAK'],
      [{ md5: 'a'.repeat(32) }, 'DIGEST_WEAK'],
      [{ gitCommit: 'a'.repeat(40) }, 'DIGEST_WEAK'],
      [{ sha256: 'a'.repeat(63) }, 'DIGEST_MALFORMED'],
      [{ sha256: sha256('hello'), sha512: 'a'.repeat(128) }, 'SUBJECT_MISMATCH'],
    ] as const) {
      const statement = { ...provenance(), subject: [{ name: 'artifact.txt', digest }] }
      expect((await verifySigned(statement)).code).toBe(code)
    }
  })

  it('refuses the right bytes under another package or version, in either spelling', async () => {
    const named = {
      ...provenance(),
      subject: [{ name: 'pkg:npm/%40acme/app@1.0.0', digest: { sha256: sha256('hello') } }],
    }
    expect((await verifySigned(named, { purl: 'pkg:npm/@acme/app@1.0.0' })).code).toBeNull()
    expect((await verify({ purl: 'pkg:npm/%40acme/app@1.0.1' })).code).toBe('SUBJECT_NAME_MISMATCH')
    const split = {
      ...provenance(),
      subject: [
        { name: 'pkg:npm/b@1.0.0', digest: { sha256: sha256('hello') } },
        { name: 'pkg:npm/a@1.0.0', digest: { sha256: sha256('other') } },
      ],
    }
    expect((await verifySigned(split, { purl: 'pkg:npm/a@1.0.0' })).code).toBe('SUBJECT_NAME_MISMATCH')
  })

  it.for<[string, string, (predicate: LooseJson) => unknown]>([
    [
      'repository',
      'repository',
      (p) => {
        p.buildDefinition.externalParameters.workflow.repository = `${SERVER}/acme/other`
      },
    ],
    [
      'ref',
      'ref',
      (p) => {
        p.buildDefinition.externalParameters.workflow.ref = 'refs/heads/other'
      },
    ],
    [
      'workflow path',
      'workflow',
      (p) => {
        p.buildDefinition.externalParameters.workflow.path = '.github/workflows/other.yml'
      },
    ],
    [
      'event',
      'event',
      (p) => {
        p.buildDefinition.internalParameters.github.event_name = 'pull_request'
      },
    ],
    [
      'repository id',
      'repository id',
      (p) => {
        p.buildDefinition.internalParameters.github.repository_id = '43'
      },
    ],
    [
      'owner id',
      'owner id',
      (p) => {
        p.buildDefinition.internalParameters.github.repository_owner_id = '8'
      },
    ],
    [
      'commit',
      'commit',
      (p) => {
        p.buildDefinition.resolvedDependencies[0].digest.gitCommit = 'b'.repeat(40)
      },
    ],
    [
      'run',
      'run',
      (p) => {
        p.runDetails.metadata.invocationId = `${SERVER}/${REPO}/actions/runs/12/attempts/1`
      },
    ],
    [
      'builder',
      'builder',
      (p) => {
        p.runDetails.builder.id = `${SERVER}/acme/trusted/.github/workflows/l3.yml@refs/tags/v1`
      },
    ],
  ])('refuses provenance whose %s is not the certificate’s', async ([, label, change]) => {
    const result = await verifySigned(provenance((p) => void change(p)))
    expect(result.code).toBe('CLAIM_CONFLICT')
    expect(result.message).toContain(`the ${label} is`)
  })

  it('compares nothing that one side leaves out', async () => {
    const bare = provenance((p) => {
      p.buildDefinition.externalParameters = {}
      delete p.buildDefinition.internalParameters
      delete p.buildDefinition.resolvedDependencies
      delete p.runDetails.metadata
    })
    expect((await verifySigned(bare)).verified).toBe(true)
  })

  it('refuses another signer, and names the one it saw', async () => {
    const result = await verifySigned(provenance(), {
      identity: { repo: 'acme/other', certOidcIssuer: signer.sigstore.issuer },
    })
    expect(result).toMatchObject({ verified: false, code: 'IDENTITY_MISMATCH', signer: { kind: 'certificate' } })
  })

  it('refuses an issuer that was not named', async () => {
    const elsewhere = { repo: REPO, certOidcIssuer: 'https://issuer.example' }
    expect((await verifySigned(provenance(), { identity: elsewhere })).code).toBe('ISSUER_MISMATCH')
  })

  it('asks who must have signed before it reads anything', async () => {
    expect(await codeOf(() => verify({ identity: {}, artifacts: ['missing'] }))).toBe('POLICY_NO_IDENTITY')
  })

  it('accepts anybody only when told to, and says so', async () => {
    const result = await verifySigned(provenance(), { identity: { allowAnySigner: true } })
    expect(result.limits[0]?.code).toBe('ANY_SIGNER')
  })

  it('refuses a statement of another type unless it is named', async () => {
    const statement = { ...statementAbout('hello'), predicateType: 'https://example.com/other', predicate: {} }
    expect((await verifySigned(statement)).code).toBe('PREDICATE_TYPE')
    expect((await verify({ predicateType: 'any' })).verified).toBe(true)
    expect((await verify({ predicateType: 'https://example.com/other' })).verified).toBe(true)
  })

  it('is content with one good attestation of several, and reports each', async () => {
    const [good, bad] = [
      await signer.sign(provenance(), { claims: CLAIMS }),
      await signer.sign(provenance(undefined, 'other'), { claims: CLAIMS }),
    ]
    await write('many.jsonl', [bad, good, { mediaType: 'x' }].map((one) => JSON.stringify(one)).join('\n'))
    const result = await verify({ bundles: ['many.jsonl'] })
    expect(result.verified).toBe(true)
    expect(result.attestations.map(({ code }) => code).sort()).toEqual(
      ['BUNDLE_VERSION', 'SUBJECT_MISMATCH', null].sort(),
    )
  })

  it('finds the bundle beside the artifact, and says so when there is none', async () => {
    await write('beside.txt', 'hello')
    expect(await verify({ artifacts: ['beside.txt'], bundles: [] })).toMatchObject({ code: 'ATTESTATION_ABSENT' })
    await write('beside.txt.sigstore.json', await signer.sign(provenance(), { claims: CLAIMS }))
    expect((await verify({ artifacts: ['beside.txt'], bundles: [] })).verified).toBe(true)
  })

  it('cannot judge without a trusted root, and does not call that a forgery', async () => {
    await write('bundle.json', await signer.sign(provenance(), { claims: CLAIMS }))
    const trust = { ...request().trust, trustedRoots: [] }
    expect(await codeOf(() => verify({ trust }))).toBe('TRUST_ROOT_UNAVAILABLE')
    const root = JSON.parse(readFileSync(signer.sigstore.trustedRootPath, 'utf8'))
    delete root.tlogs[0].publicKey.validFor.start
    await write('no-start.json', root)
    expect(await codeOf(() => verify({ trust: { ...trust, trustedRoots: ['no-start.json'] } }))).toBe(
      'TRUST_ROOT_INVALID',
    )
  })

  it('judges several artifacts, and the document fails with the first that does', async () => {
    await write('bundle.json', await signer.sign(provenance(), { claims: CLAIMS }))
    await write('second.txt', 'second')
    const results = await verifyArtifacts(
      request({ artifacts: ['artifact.txt', 'second.txt'] }),
      testHost(folder, () => new Date()),
    )
    const document = toVerifyDocument(results)
    expect(document).toMatchObject({ verified: false, code: 'SUBJECT_MISMATCH', artifact: { name: 'second.txt' } })
    expect(document?.results).toHaveLength(2)
  })
})

describe('verify --inputs', () => {
  const inputs = (entries: object[]) =>
    provenance((p) => {
      p.buildDefinition.resolvedDependencies = entries
    })
  const file = (path: string, bytes: string, kind = 'file') => ({
    uri: `file:${path}`,
    digest: { sha256: sha256(bytes) },
    annotations: { role: 'dataset', path, kind },
  })

  beforeAll(async () => {
    await mkdir(join(folder, 'work/data'), { recursive: true })
    await write('work/train.csv', 'a,b')
    await write('work/data/x.bin', 'x')
  })

  it('accepts inputs that are the same', async () => {
    const root = sha256(Buffer.from(sha256('x'), 'hex'))
    const directory = { digest: { sha256: root }, annotations: { path: 'data', kind: 'directory' } }
    expect(await verifySigned(inputs([file('train.csv', 'a,b'), directory]), { inputs: 'work' })).toMatchObject({
      verified: true,
    })
  })

  it('refuses one that changed, one that is gone, and provenance that names none', async () => {
    expect((await verifySigned(inputs([file('train.csv', 'a,c')]), { inputs: 'work' })).code).toBe('INPUT_CHANGED')
    expect((await verifySigned(inputs([file('data', 'x', 'directory')]), { inputs: 'work' })).code).toBe(
      'INPUT_CHANGED',
    )
    expect((await verifySigned(inputs([file('gone.csv', 'a,b')]), { inputs: 'work' })).code).toBe('INPUT_MISSING')
    expect((await verifySigned(inputs([]), { inputs: 'work' })).code).toBe('INPUT_MISSING')
  })

  it('refuses a path that the signer wrote to lead out of the folder', async () => {
    expect((await verifySigned(inputs([file('../artifact.txt', 'hello')]), { inputs: 'work' })).code).toBe(
      'PATH_UNSAFE',
    )
  })
})

describe('verify of a directory', () => {
  const files = (entries: Record<string, string>) =>
    Object.entries(entries).map(([name, text]) => ({ name, digest: sha256(text), algorithm: 'sha256' as const }))
  const MODEL = { 'config.json': '{}', 'model.json': 'j', 'model/weights.bin': 'w', 'model-1.bin': 'm' }

  async function makeModel(name: string, entries: Record<string, string> = MODEL) {
    for (const [path, text] of Object.entries(entries)) {
      await mkdir(join(folder, name, path, '..'), { recursive: true })
      await write(`${name}/${path}`, text)
    }
    return { artifacts: [name] }
  }

  it('accepts the model that was signed, with its signature beside the files', async () => {
    const model = await makeModel('m1')
    await write('m1/model.sig', await signer.sign(buildOmsStatement('m1', files(MODEL)), { claims: CLAIMS }))
    expect(await verify({ ...model, bundles: [] })).toMatchObject({ verified: true })
  })

  it('names the files that changed or are missing', async () => {
    const model = await makeModel('m2', { ...MODEL, 'config.json': '{"evil":1}' })
    const result = await verifySigned(buildOmsStatement('m2', files({ ...MODEL, 'gone.bin': 'g' })), model)
    expect(result).toMatchObject({ code: 'SUBJECT_MISMATCH' })
    expect(result.message).toMatch(/changed: "config.json"; missing: "gone.bin"/)
  })

  it('refuses a file that nobody signed, unless told to leave it out', async () => {
    const model = await makeModel('m3', { ...MODEL, 'modeling_x.py': 'import os' })
    const statement = buildOmsStatement('m3', files(MODEL))
    expect((await verifySigned(statement, model)).code).toBe('FILE_UNLISTED')
    expect((await verify({ ...model, ignorePaths: ['modeling_x.py'] })).verified).toBe(true)
    const lax = await verify({ ...model, ignoreUnsignedFiles: true })
    expect(lax.limits.map(({ code }) => code)).toContain('FILES_NOT_SIGNED')
  })

  it('refuses files that carry each other’s names', async () => {
    const model = await makeModel('m4', { a: '2', b: '1' })
    expect((await verifySigned(buildOmsStatement('m4', files({ a: '1', b: '2' })), model)).code).toBe(
      'FILE_NAME_MISMATCH',
    )
  })

  it.for(['.', '', 'sub/..', '*', '/etc'])('refuses a signer who leaves out %j', async (path) => {
    const model = await makeModel('m5')
    const statement = buildOmsStatement('m5', files(MODEL), [path])
    expect((await verifySigned(statement, model)).code).toBe('IGNORE_TOO_WIDE')
  })

  it('refuses a signer who leaves out code that is there, and names what else was left out', async () => {
    const model = await makeModel('m6', { ...MODEL, 'modeling_x.py': 'import os', notes: 'n' })
    expect((await verifySigned(buildOmsStatement('m6', files(MODEL), ['modeling_x.py', 'notes']), model)).code).toBe(
      'IGNORE_TOO_WIDE',
    )
    const other = await makeModel('m7', { ...MODEL, notes: 'n' })
    const result = await verifySigned(buildOmsStatement('m7', files(MODEL), ['notes']), other)
    expect(result).toMatchObject({ verified: true })
    expect(result.limits.map(({ code }) => code)).toContain('FILES_NOT_SIGNED')
  })

  it('refuses a symlink and a name that leads out', async () => {
    const model = await makeModel('m8')
    await symlink('/etc/hostname', join(folder, 'm8/link'))
    expect((await verifySigned(buildOmsStatement('m8', files(MODEL)), model)).code).toBe('PATH_UNSAFE')
    const out = await makeModel('m9')
    expect((await verifySigned(buildOmsStatement('m9', files({ '../artifact.txt': 'hello' })), out)).code).toBe(
      'PATH_UNSAFE',
    )
  })

  it('refuses a manifest that does not add up to its subject, and a field nobody knows', async () => {
    const model = await makeModel('m10')
    const wrong = buildOmsStatement('m10', files(MODEL))
    const subject = [{ name: 'm10', digest: { sha256: sha256('x') } }]
    expect((await verifySigned({ ...wrong, subject }, model)).code).toBe('SUBJECT_MISMATCH')
    expect((await verifySigned({ ...wrong, surprise: 1 }, model)).code).toBe('STATEMENT_MALFORMED')
  })

  it('checks shards to the last byte', async () => {
    const model = await makeModel('m11', { w: 'abcde' })
    const shard = (name: string, text: string) => ({ name, digest: sha256(text), algorithm: 'sha256' as const })
    const statement = (resources: ReturnType<typeof shard>[]) => ({
      ...buildOmsStatement('m11', resources),
      predicate: {
        resources,
        serialization: { method: 'shards', shard_size: 2, hash_type: 'sha256', allow_symlinks: false },
      },
    })
    const whole = [shard('w:0:2', 'ab'), shard('w:2:4', 'cd'), shard('w:4:5', 'e')]
    expect(await verifySigned(statement(whole), model)).toMatchObject({ verified: true })
    expect((await verifySigned(statement(whole.slice(0, 2)), model)).code).toBe('SUBJECT_MISMATCH')
    expect((await verifySigned(statement([...whole.slice(0, 1), ...whole.slice(2)]), model)).code).toBe(
      'SUBJECT_MISMATCH',
    )
    await write('m11/empty', '')
    expect((await verifySigned(statement(whole), model)).code).toBe('FILE_UNLISTED')
  })

  it('accepts a directory as subject of provenance, by the root of either order', async () => {
    const model = await makeModel('m12')
    const sorted = ['config.json', 'model-1.bin', 'model.json', 'model/weights.bin'] as const
    const byParts = ['config.json', 'model/weights.bin', 'model-1.bin', 'model.json'] as const
    for (const order of [sorted, byParts]) {
      const root = sha256(Buffer.concat(order.map((name) => Buffer.from(sha256(MODEL[name]), 'hex'))))
      const statement = { ...provenance(), subject: [{ name: 'm12', digest: { sha256: root } }] }
      expect((await verifySigned(statement, model)).code).toBe('PREDICATE_TYPE')
      expect(await verify({ ...model, predicateType: 'https://slsa.dev/provenance/v1' })).toMatchObject({
        verified: true,
      })
    }
  })
})

describe('verify of an npm document', () => {
  const publishType = 'https://github.com/npm/attestation/tree/main/specs/publish/v0.1'
  const pair = keyPair()
  const subject = [{ name: 'pkg:npm/app@1.0.0', digest: { sha512: '' } }]

  async function npm(change: (document: LooseJson) => void, version = '1.0.0') {
    const { createHash } = await import('node:crypto')
    subject[0] = { name: 'pkg:npm/app@1.0.0', digest: { sha512: createHash('sha512').update('hello').digest('hex') } }
    const bundle = await signer.sign({ ...provenance(), subject }, { claims: CLAIMS })
    const signed = envelope(
      {
        _type: 'https://in-toto.io/Statement/v0.1',
        subject: [{ ...subject[0], name: `pkg:npm/app@${version}` }],
        predicateType: publishType,
        predicate: { name: 'app', version, registry: 'https://registry.npmjs.org' },
      },
      pair.privateKey,
      'npm-1',
    )
    const publish = {
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.3',
      verificationMaterial: { publicKey: { hint: 'npm-1' } },
      dsseEnvelope: signed,
    }
    const document = {
      attestations: [
        { predicateType: 'https://slsa.dev/provenance/v1', bundle },
        { predicateType: publishType, bundle: publish },
      ],
    }
    change(document)
    await write('npm.json', document)
    const der = Buffer.from(pair.pem.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('base64')
    await write('npm-keys.json', {
      keys: [{ keyid: 'npm-1', keytype: 'ecdsa-sha2-nistp256', scheme: 'x', key: der, expires: null }],
    })
    return await verify({
      bundles: ['npm.json'],
      trust: { ...request().trust, npmKeys: 'npm-keys.json' },
      purl: 'pkg:npm/app@1.0.0',
    })
  }

  it('accepts provenance and publish attestation together', async () => {
    expect(await npm(() => undefined)).toMatchObject({ verified: true, signer: { kind: 'certificate' } })
  })

  it('refuses provenance alone, the publish attestation alone, and one of another version', async () => {
    expect((await npm((d) => void d.attestations.pop())).code).toBe('PUBLISH_ATTESTATION_MISSING')
    expect((await npm((d) => void d.attestations.shift())).verified).toBe(false)
    expect((await npm(() => undefined, '1.0.1')).code).toBe('PUBLISH_ATTESTATION_MISSING')
  })

  it('refuses a publish attestation that somebody signed with a certificate', async () => {
    const statement = {
      ...statementAbout('hello', { subject, predicateType: publishType }),
      predicate: { name: 'app', version: '1.0.0' },
    }
    const bundle = await signer.sign(statement, { claims: CLAIMS })
    expect((await npm((d) => void d.attestations.splice(1, 1, { predicateType: publishType, bundle }))).code).toBe(
      'PUBLISH_ATTESTATION_MISSING',
    )
  })

  it('refuses a type beside the signature that is not the signed one', async () => {
    expect(
      (
        await npm((d) => {
          d.attestations[0].predicateType = publishType
        })
      ).code,
    ).toBe('PREDICATE_TYPE')
  })

  it('refuses provenance whose envelope names a key', async () => {
    expect(
      (
        await npm((d) => {
          d.attestations[0].bundle.dsseEnvelope.signatures[0].keyid = 'npm-1'
        })
      ).code,
    ).toBe('KEY_INVALID')
  })
})

describe('cleanbill verify', () => {
  async function cli(...argv: string[]) {
    const out = { stdout: '', stderr: '' }
    const stream = (name: 'stdout' | 'stderr') =>
      new Writable({
        write(chunk, _encoding, done) {
          out[name] += String(chunk)
          done()
        },
      })
    const code = await main({
      argv: ['verify', ...argv],
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      env: {},
      makeHost: (log) => ({ ...testHost(folder, () => new Date()), log }),
      onSignal: () => () => undefined,
      monotonic: () => 0,
      interactive: false,
    })
    return { code, ...out }
  }

  it('exits 0 with one document for what is good, 10 with a code for what is not, 2 without an identity', async () => {
    await write('bundle.json', await signer.sign(provenance(), { claims: CLAIMS }))
    const trust = ['--trusted-root', signer.sigstore.trustedRootPath, '--bundle', 'bundle.json']
    const who = ['--repo', REPO, '--cert-oidc-issuer', signer.sigstore.issuer]
    const good = await cli('artifact.txt', ...trust, ...who, '--json')
    expect(good.code).toBe(0)
    expect(verifyDocumentSchema.parse(JSON.parse(good.stdout))).toMatchObject({ verified: true, code: null })
    const refused = await cli(
      'artifact.txt',
      ...trust,
      '--repo',
      'acme/other',
      '--cert-oidc-issuer',
      signer.sigstore.issuer,
    )
    expect(refused.code).toBe(10)
    expect(refused.stdout).toMatch(/REFUSED {3}artifact.txt\n {2}code {8}IDENTITY_MISMATCH/)
    const nobody = await cli('artifact.txt', ...trust, '--json')
    expect(nobody.code).toBe(2)
    expect(JSON.parse(nobody.stdout)).toMatchObject({ code: 'POLICY_NO_IDENTITY' })
  })

  it('shows a hostile name without letting it write to the terminal', async () => {
    const hostile = {
      ...provenance(undefined, 'other'),
      subject: [{ name: 'x\u001b[2J\nVERIFIED \u202egood', digest: { sha256: sha256('other') } }],
    }
    await write('bundle.json', await signer.sign(hostile, { claims: CLAIMS }))
    const { stdout } = await cli(
      'artifact.txt',
      '--trusted-root',
      signer.sigstore.trustedRootPath,
      '--bundle',
      'bundle.json',
      '--allow-any-signer',
    )
    expect(stdout).not.toMatch(/\u001b|\u202e|\nVERIFIED/)
    expect(stdout).toContain('REFUSED')
  })

  it('has a schema in the repository that is the parser’s own', () => {
    const written = JSON.parse(readFileSync(join(import.meta.dirname, '../../schemas/verify-v1.schema.json'), 'utf8'))
    expect(written).toEqual(JSON.parse(JSON.stringify(verifyJsonSchema())))
  })
})
