import { generateKeyPairSync, verify } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddedSigstore } from '../../src/embedded/embedded-sigstore.ts'
import { preAuthEncoding } from '../../src/model/statement.ts'
import { start } from '../embedded/signing.ts'
import { runCli, scratch } from '../support/built.ts'
import {
  type Document,
  type Job,
  makeJob,
  readJson,
  statementIn,
  verifyBundle,
  WORKFLOW,
} from '../support/github-job.ts'

const folder = scratch()
let sigstore: EmbeddedSigstore

beforeAll(async () => {
  sigstore = await start(folder.path('sigstore'))
})
afterAll(async () => {
  await sigstore.close()
  folder.remove()
})

const flags = () => [
  '--signing-config',
  sigstore.signingConfigPath,
  '--trusted-root',
  sigstore.trustedRootPath,
  '--store',
  'none',
]
const cli = (job: Job, argv: readonly string[]) => runCli(argv, { cwd: job.workspace, env: job.env })

const IMAGE = { role: 'image', kind: 'image', digest: { sha256: 'e'.repeat(64) }, bytes: 1 }
const FILE = { sha256: 'e'.repeat(64), bytes: 1 }

/** A first job that recorded and could not sign, and a second one that got its files. */
async function twoJobs(command = 'mkdir out; echo 1 > out/a; echo 2 > out/b; echo 3 > m', env = {}) {
  const first = makeJob({ folder: folder.path(), env })
  const outputs = ['--output', 'model:m', '--output', 'tree:out']
  const recorded = await cli(first, ['run', '--no-sign', ...outputs, '--', 'sh', '-c', command])
  const second = makeJob({ folder: folder.path(), sigstore })
  cpSync(first.workspace, second.workspace, { recursive: true })
  return { first, second, recorded }
}
const attest = (job: Job, more: readonly string[] = []) =>
  cli(job, ['attest', '--recording', '.cleanbill/recording.json', '--out', 'signed', '--json', ...flags(), ...more])

describe('attest --recording in a second job', () => {
  it('hashes again, signs, and names the builder of the separate job', async () => {
    const { second, recorded } = await twoJobs()
    expect(recorded.code).toBe(0)
    const result = await attest(second)
    expect(result.stderr).not.toContain('error')
    expect(result.code).toBe(0)
    const document = JSON.parse(result.stdout)
    expect(document).toMatchObject({ signed: true, pending: false, exitCode: 0 })
    const { statement } = verifyBundle(document.attestations[0].bundle, sigstore)
    expect(statement.subject.map(({ name }: Document) => name)).toStrictEqual(['m', 'out'])
    expect(statement.predicate.runDetails.builder.id).toBe(`https://github.com/${WORKFLOW}#separate-job`)
    const codes = statement.predicate.runDetails.cleanbill_limits.map(({ code }: Document) => code)
    expect(codes).not.toContain('SAME_JOB_SIGNING')
  })

  it.each([
    ['a file', 'm'],
    ['a file in a directory', 'out/b'],
    ['a new file in a directory', 'out/c'],
  ])('T-SU-14: signs nothing when %s changed between the jobs', async (_, name) => {
    const { second } = await twoJobs()
    second.file(name, 'changed')
    const result = await attest(second)
    expect(JSON.parse(result.stdout)).toMatchObject({ code: 'SUBJECT_CHANGED', exitCode: 2 })
    expect(result.code).toBe(2)
    expect(existsSync(join(second.workspace, 'signed'))).toBe(false)
  })

  it('signs nothing when an output is gone', async () => {
    const { second } = await twoJobs('mkdir out; echo 1 > out/a; echo 1 > m')
    cpSync(second.file('out/a'), second.file('elsewhere'))
    const { unlinkSync } = await import('node:fs')
    unlinkSync(second.file('m'))
    expect(JSON.parse((await attest(second)).stdout).code).toBe('FILE_NOT_FOUND')
  })

  it.each<[string, (r: Document) => void]>([
    ['an image that no registry holds', (r) => void r.outputs.push({ ...IMAGE, path: 'release.bin' })],
    ['an image of a registry that is not there', (r) => void r.outputs.push({ ...IMAGE, path: '127.0.0.1:1/x/y' })],
    ['files that are not in the directory', (r) => void r.outputs[1].files.push({ ...FILE, name: 'totally-else.py' })],
    ['a file with another name', (r) => void Object.assign(r.outputs[1].files[0], { name: 'other' })],
    ['a directory for a file', (r) => void Object.assign(r.outputs[0], { kind: 'directory', files: [] })],
  ])('T-SU-16: signs nothing that it has not seen: %s', async (_, change) => {
    const { second } = await twoJobs()
    const path = join(second.workspace, '.cleanbill/recording.json')
    const recording = readJson(path)
    change(recording)
    writeFileSync(path, JSON.stringify(recording))
    const result = await attest(second)
    expect(result.code).not.toBe(0)
    expect(existsSync(join(second.workspace, 'signed'))).toBe(false)
  })

  it('signs the digests it made itself and no other that the recording carries', async () => {
    const { second } = await twoJobs()
    const path = join(second.workspace, '.cleanbill/recording.json')
    const recording = readJson(path)
    recording.outputs[0].digest.sha512 = 'e'.repeat(128)
    recording.outputs[1].files[0].sha256 = 'e'.repeat(64)
    writeFileSync(path, JSON.stringify(recording))
    const { attestations } = JSON.parse((await attest(second)).stdout)
    expect(JSON.stringify(verifyBundle(attestations[0].bundle, sigstore).statement)).not.toContain('eeeeeeee')
  })

  it('signs what a self-hosted job recorded, and says where it was recorded', async () => {
    const { second } = await twoJobs(undefined, { RUNNER_ENVIRONMENT: 'self-hosted' })
    const { attestations } = JSON.parse((await attest(second)).stdout)
    const { buildDefinition, runDetails } = verifyBundle(attestations[0].bundle, sigstore).statement.predicate
    expect(buildDefinition.internalParameters.recorded).toEqual({ runner_environment: 'self-hosted' })
    expect(buildDefinition.internalParameters.github.runner_environment).toBe('github-hosted')
    expect(runDetails.cleanbill_limits.map(({ code }: Document) => code)).toContain('SELF_HOSTED_RUNNER')
  })

  it('believes nothing that the recording says about the platform', async () => {
    const { second } = await twoJobs()
    const path = join(second.workspace, '.cleanbill/recording.json')
    const recording = readJson(path)
    recording.builder.id = 'https://github.com/somebody/else/.github/workflows/x.yml@refs/heads/main#same-job'
    recording.invocationId = 'https://github.com/somebody/else/actions/runs/1/attempts/1'
    writeFileSync(path, JSON.stringify(recording))
    const { attestations } = JSON.parse((await attest(second)).stdout)
    const { runDetails } = verifyBundle(attestations[0].bundle, sigstore).statement.predicate
    expect(JSON.stringify(runDetails)).not.toContain('somebody')
  })

  it.each([
    ['a failed command', (r: Document) => ({ ...r, exit: { code: 1, signal: null } }), 'RECORDING_MALFORMED'],
    ['a killed command', (r: Document) => ({ ...r, exit: { code: null, signal: 'SIGKILL' } }), 'RECORDING_MALFORMED'],
    ['an unknown key', (r: Document) => ({ ...r, verdict: 'PASSED' }), 'RECORDING_MALFORMED'],
    [
      'an output outside',
      (r: Document) => ({ ...r, outputs: [{ ...r.outputs[0], path: '../../etc/hostname' }] }),
      'PATH_UNSAFE',
    ],
    [
      'an absolute output',
      (r: Document) => ({ ...r, outputs: [{ ...r.outputs[0], path: '/etc/hostname' }] }),
      'PATH_UNSAFE',
    ],
    ['no output', (r: Document) => ({ ...r, outputs: [] }), 'SUBJECT_EMPTY'],
    ['one output twice', (r: Document) => ({ ...r, outputs: [r.outputs[0], r.outputs[0]] }), 'SUBJECT_NAME_DUPLICATE'],
    [
      'a directory said to be a file',
      (r: Document) => ({ ...r, outputs: [{ ...r.outputs[1], kind: 'file', digest: { sha256: '0'.repeat(64) } }] }),
      'SUBJECT_CHANGED',
    ],
  ])('refuses a recording with %s, exit 2', async (_, change, code) => {
    const { second } = await twoJobs()
    const path = join(second.workspace, '.cleanbill/recording.json')
    writeFileSync(path, JSON.stringify(change(readJson(path))))
    const result = await attest(second)
    expect(JSON.parse(result.stdout)).toMatchObject({ code, exitCode: 2 })
    expect(result.code).toBe(2)
  })

  it('refuses a file that is no JSON with exit 2: nothing was judged', async () => {
    const { second } = await twoJobs()
    writeFileSync(join(second.workspace, '.cleanbill/recording.json'), 'not json')
    const result = await attest(second)
    expect(JSON.parse(result.stdout)).toMatchObject({ code: 'JSON_MALFORMED', exitCode: 2 })
    expect(result.code).toBe(2)
  })

  it('makes one bundle for each output in subject-mode single', async () => {
    const { second } = await twoJobs()
    const { attestations } = JSON.parse((await attest(second, ['--subject-mode', 'single'])).stdout)
    expect(attestations.map(({ subjects }: Document) => subjects.map(({ name }: Document) => name))).toStrictEqual([
      ['m'],
      ['out'],
    ])
    for (const { bundle } of attestations) verifyBundle(bundle, sigstore)
  })
})

describe('attest --predicate', () => {
  const predicate = ['--predicate', 'p.json', '--predicate-type', 'https://example.com/type']
  const jobWith = (files: Record<string, string>) => {
    const job = makeJob({ folder: folder.path(), sigstore })
    for (const [name, text] of Object.entries({ 'p.json': '{"a":1}', ...files })) job.file(name, text)
    return job
  }

  it('signs any predicate about files and directories', async () => {
    const job = jobWith({ 'a.bin': '1', 'dir/x': '2' })
    const result = await cli(job, ['attest', ...predicate, ...flags(), '--json', 'a.bin', 'dir'])
    expect(result.code).toBe(0)
    const { statement } = verifyBundle(JSON.parse(result.stdout).attestations[0].bundle, sigstore)
    expect(statement).toMatchObject({
      predicateType: 'https://example.com/type',
      predicate: { a: 1 },
      subject: [{ name: 'a.bin' }, { name: 'dir' }],
    })
  })

  it.each([
    ['no file', [], 'SUBJECT_EMPTY'],
    ['a file that is not there', ['none'], 'FILE_NOT_FOUND'],
    ['a file outside', ['../x'], 'PATH_UNSAFE'],
    ['one file twice', ['a.bin', 'a.bin'], 'SUBJECT_NAME_DUPLICATE'],
    ['an empty directory', ['empty'], 'SUBJECT_EMPTY'],
  ])('refuses %s with exit 2', async (_, paths, code) => {
    const job = jobWith({ 'a.bin': '1' })
    mkdirSync(job.file('empty'))
    const result = await cli(job, ['attest', ...predicate, ...flags(), '--json', ...paths])
    expect(JSON.parse(result.stdout)).toMatchObject({ code, exitCode: 2 })
  })

  it.each([
    ['no type', ['--predicate', 'p.json'], 'ARGUMENT_INVALID'],
    ['a type that is no URI', ['--predicate', 'p.json', '--predicate-type', 'sbom'], 'ARGUMENT_INVALID'],
    [
      'a predicate that is no JSON',
      ['--predicate', 'a.bin', '--predicate-type', 'https://example.com/t'],
      'JSON_MALFORMED',
    ],
    [
      'a predicate that says one thing twice',
      ['--predicate', 'twice.json', '--predicate-type', 'https://example.com/t'],
      'JSON_AMBIGUOUS',
    ],
    [
      'a predicate with a number that would be signed as another',
      ['--predicate', 'big.json', '--predicate-type', 'https://example.com/t'],
      'JSON_AMBIGUOUS',
    ],
  ])('refuses %s with exit 2', async (_, options, code) => {
    const big = '{"id":12345678901234567890}'
    const job = jobWith({ 'a.bin': 'x', 'twice.json': '{"a":1,"a":2}', 'big.json': big })
    const result = await cli(job, ['attest', ...options, ...flags(), '--json', 'a.bin'])
    expect(JSON.parse(result.stdout)).toMatchObject({ code, exitCode: 2 })
    expect(readdirSync(job.workspace)).not.toContain('.cleanbill')
  })
})

describe('signing with a key', () => {
  const keys = {
    'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    Ed25519: generateKeyPairSync('ed25519'),
  }
  const hash = { 'P-256': 'sha256', 'P-384': 'sha384', Ed25519: null } as const

  it.each(['P-256', 'P-384', 'Ed25519'] as const)(
    'makes a bundle that verifies with the %s public key, and asks no service',
    async (name) => {
      const workspace = folder.path()
      const { privateKey, publicKey } = keys[name]
      writeFileSync(join(workspace, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
      writeFileSync(join(workspace, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
      const place = { cwd: workspace, env: { HOME: workspace } }
      const run = [
        'run',
        '--signing-key',
        'key.pem',
        '--output',
        'model:a.bin',
        '--',
        'sh',
        '-c',
        'rm key.pem; echo 1 > a.bin',
      ]
      const result = await runCli(run, place)
      expect(result.stderr).not.toContain('error')
      expect(result.code).toBe(0)
      const path = join(workspace, '.cleanbill/attestation.json')
      const { dsseEnvelope, verificationMaterial } = readJson(path)
      expect(verificationMaterial.certificate).toBeUndefined()
      const signature = Buffer.from(dsseEnvelope.signatures[0].sig, 'base64')
      const signed = preAuthEncoding(dsseEnvelope.payloadType, Buffer.from(dsseEnvelope.payload, 'base64'))
      expect(verify(hash[name], signed, publicKey, signature)).toBe(true)
      expect(statementIn(path).subject).toMatchObject([{ name: 'a.bin' }])

      const check = (key: string) =>
        runCli(['verify', 'a.bin', '--bundle', path, '--key', key, '--offline', '--json'], place)
      const accepted = await check('key.pub')
      expect(accepted.stderr).not.toContain('error')
      expect(accepted.code).toBe(0)
      writeFileSync(
        join(workspace, 'other.pub'),
        generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }),
      )
      expect((await check('other.pub')).code).toBe(10)
    },
  )

  it('takes a passphrase from the environment, and never shows it', async () => {
    const workspace = folder.path()
    const pem = keys['P-256'].privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'open-sesame-1',
    })
    writeFileSync(join(workspace, 'key.pem'), pem)
    const run = ['run', '--signing-key', 'key.pem', '--output', 'model:a', '--', 'sh', '-c', 'env; echo 1 > a']
    const result = await runCli(run, {
      cwd: workspace,
      env: { HOME: workspace, CLEANBILL_KEY_PASSPHRASE: 'open-sesame-1' },
    })
    expect(result.code).toBe(0)
    expect(result.stdout + result.stderr).not.toContain('open-sesame-1')
    const wrong = await runCli(run, { cwd: workspace, env: { HOME: workspace, CLEANBILL_KEY_PASSPHRASE: 'no' } })
    expect(wrong.stderr).toContain('KEY_INVALID')
    expect(wrong.code).toBe(2)
  })

  it.each([
    [
      'RSA',
      () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    ],
    ['no key', () => 'hello'],
    ['a public key', () => keys['P-256'].publicKey.export({ type: 'spki', format: 'pem' })],
  ])('refuses %s before the command runs', async (_, pem) => {
    const workspace = folder.path()
    writeFileSync(join(workspace, 'key.pem'), pem())
    const run = ['run', '--signing-key', 'key.pem', '--output', 'model:a', '--', 'sh', '-c', 'touch ran; echo 1 > a']
    const result = await runCli(run, { cwd: workspace, env: { HOME: workspace } })
    expect(result.stderr).toContain('error KEY_INVALID')
    expect(result.code).toBe(2)
    expect(existsSync(join(workspace, 'ran'))).toBe(false)
  })
})
